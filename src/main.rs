//! Arguments in, exit code out.

#[cfg(feature = "train")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(feature = "train")]
unsafe extern "C" {
    /// mimalloc's own; sets a number, whatever the option.
    safe fn mi_option_set(option: std::ffi::c_int, value: std::ffi::c_long);
}

/// `mi_option_purge_delay` of mimalloc.h.
#[cfg(feature = "train")]
const PURGE_DELAY: std::ffi::c_int = 15;

fn main() -> std::process::ExitCode {
    // every step needs the memory of the step before: to give it back and take it again, cleared by the kernel page by page,
    // would be a tenth of the time
    #[cfg(feature = "train")]
    mi_option_set(PURGE_DELAY, -1);
    let code = mtlc::cli::main(std::env::args_os());
    std::process::ExitCode::from(u8::try_from(code).unwrap_or(1))
}
