//! Where tensors live. A device is a row: its name on the command line, the Cargo feature that brings it, and its
//! constructor where this build has it.

use burn::tensor::Device;

/// A kind of device.
pub struct Row {
    /// as in `--device flex`
    pub name: &'static str,
    /// the Cargo feature without which it is not there
    pub feature: &'static str,
    /// one line
    pub doc: &'static str,
    /// the same bits for any number of threads
    pub deterministic: bool,
    /// `None`: not in this build
    pub open: Option<fn() -> Device>,
}

/// Every device that the program knows; the first one is the default.
pub const DEVICES: &[Row] = &[
    Row {
        name: "flex",
        feature: "train",
        doc: "the CPU, in pure Rust, with fused operations",
        deterministic: true,
        open: Some(Device::flex),
    },
    Row { name: "tch", feature: "tch", doc: "the CPU, through libtorch 2.9", deterministic: false, open: tch() },
    Row { name: "cuda", feature: "cuda", doc: "the first NVIDIA GPU", deterministic: false, open: cuda() },
    Row {
        name: "wgpu",
        feature: "wgpu",
        doc: "a GPU through Vulkan, Metal or DirectX",
        deterministic: false,
        open: wgpu(),
    },
];

/// The row of a name.
pub fn find(name: &str) -> Option<&'static Row> {
    DEVICES.iter().find(|d| d.name == name)
}

/// So many threads for the devices that have a pool of their own.
pub fn set_threads(n: u64) {
    #[cfg(feature = "tch")]
    tch::set_num_threads(i32::try_from(n).unwrap_or(i32::MAX));
    #[cfg(not(feature = "tch"))]
    let _ = n;
}

const fn tch() -> Option<fn() -> Device> {
    #[cfg(feature = "tch")]
    #[allow(deprecated, reason = "burn deprecates libtorch; it stays while the pinned release has it")]
    return Some(Device::libtorch);
    #[cfg(not(feature = "tch"))]
    None
}

const fn cuda() -> Option<fn() -> Device> {
    #[cfg(feature = "cuda")]
    return Some(|| Device::cuda(0));
    #[cfg(not(feature = "cuda"))]
    None
}

const fn wgpu() -> Option<fn() -> Device> {
    #[cfg(feature = "wgpu")]
    return Some(|| Device::wgpu(burn::tensor::DeviceKind::DefaultDevice));
    #[cfg(not(feature = "wgpu"))]
    None
}
