//! Loops over plain slices: elementary functions that vectorise, the counter-based generator.

/// A function compiled for several instruction sets, the widest that the machine has being chosen at run time. The
/// arithmetic is the same in all of them (no fused multiply-add), and so are the results.
macro_rules! simd {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $ty),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($arg: $ty),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
                #[allow(clippy::too_many_arguments)]
                fn v4($($arg: $ty),*) {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx2")]
                #[allow(clippy::too_many_arguments)]
                fn v3($($arg: $ty),*) {
                    body($($arg),*)
                }
                if $crate::ops::kernels::has_avx512() {
                    // SAFETY: the machine has the features that the function was compiled for
                    return unsafe { v4($($arg),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the machine has the features that the function was compiled for
                    return unsafe { v3($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
pub(crate) use simd;

/// Whether the widest form can run.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512dq")
}

/// eˣ to about 1e-7 (Cephes' polynomial), in a form that vectorises.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5·2²³: adding it rounds to an integer, held in the low bits
    let x = x.clamp(-87.0, 88.0);
    let z = x * std::f32::consts::LOG2_E + ROUND;
    let n = z - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4_f32;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 5e-1;
    let p = p * r * r + r + 1.0;
    p * f32::from_bits(z.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23)
}

/// σ(x)
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// tanh(x)
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    2.0 / (1.0 + exp(-2.0 * x)) - 1.0
}

/// erf(x) to 1.5e-7 (Abramowitz and Stegun 7.1.26).
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t + 0.254_829_6) * t;
    (1.0 - p * exp(-a * a)).copysign(x)
}

/// Sum in sixteen lanes, so that it vectorises; the order does not depend on the machine.
#[inline(always)]
pub(crate) fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    let chunks = x.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for c in chunks {
        for (l, v) in lanes.iter_mut().zip(c) {
            *l += v;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Inner product in sixteen lanes.
#[inline(always)]
pub(crate) fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    let (cx, cy) = (x.chunks_exact(16), y.chunks_exact(16));
    let rest: f32 = cx.remainder().iter().zip(cy.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in cx.zip(cy) {
        for ((l, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *l += a * b;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

simd! {
    /// `y += x`
    pub(crate) fn add_to(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

simd! {
    /// Column sums of rows of width `y.len()`, added to `y`.
    pub(crate) fn add_rows(y: &mut [f32], x: &[f32]) {
        for row in x.chunks_exact(y.len().max(1)) {
            for (y, x) in y.iter_mut().zip(row) {
                *y += x;
            }
        }
    }
}

simd! {
    /// Softmax of each row of width `k`, in place, after scaling.
    pub(crate) fn softmax_rows(x: &mut [f32], k: usize, scale: f32) {
        for row in x.chunks_exact_mut(k.max(1)) {
            let mut max = f32::NEG_INFINITY;
            for v in row.iter_mut() {
                *v *= scale;
                max = if *v > max { *v } else { max };
            }
            for v in row.iter_mut() {
                *v = exp(*v - max);
            }
            let norm = 1.0 / sum(row);
            for v in row.iter_mut() {
                *v *= norm;
            }
        }
    }
}

/// Mixes 64 bits (the finaliser of SplitMix64).
pub(crate) fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The `i`-th 32 random bits of a key: a function of both alone, so that nothing depends on order or threads.
#[inline(always)]
pub(crate) fn random_bits(key: u64, i: u32) -> u32 {
    #[inline(always)]
    fn round(mut x: u32) -> u32 {
        x ^= x >> 16;
        x = x.wrapping_mul(0x85EB_CA6B);
        x ^= x >> 13;
        x = x.wrapping_mul(0xC2B2_AE35);
        x ^ (x >> 16)
    }
    round(round(i ^ key as u32).wrapping_add((key >> 32) as u32))
}

/// Uniform in [0, 1) from key and index.
pub(crate) fn uniform(key: u64, i: usize) -> f64 {
    f64::from(random_bits(key, i as u32)) / 4_294_967_296.0
}

/// Inverted dropout as a multiplier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask {
    key: u64,
    below: u32,
    scale: f32,
}

impl Mask {
    /// Zero with probability `p`, else 1/(1−p); `None`: nothing is dropped.
    pub fn new(p: f64, key: u64) -> Option<Self> {
        let scale = if p < 1.0 { (1.0 / (1.0 - p)) as f32 } else { 0.0 };
        (p > 0.0).then_some(Self { key, below: (p.min(1.0) * 4_294_967_296.0) as u32, scale })
    }
    /// The multiplier of an element.
    #[inline(always)]
    pub fn at(self, i: usize) -> f32 {
        if random_bits(self.key, i as u32) >= self.below { self.scale } else { 0.0 }
    }
}

simd! {
    /// `y = x ∘ mask`, whose first element has the index `base`
    pub(crate) fn mask_to(y: &mut [f32], x: &[f32], mask: Mask, base: usize) {
        for (i, (y, x)) in y.iter_mut().zip(x).enumerate() {
            *y = *x * mask.at(base.wrapping_add(i));
        }
    }
}
