//! Matrix products: through the crate `gemm`, and, where one factor is used many times (the recurrent weights at every time
//! step), through panels of that factor that are laid out once.

use super::buffer::Buffer;
use gemm::Parallelism;
use rayon::prelude::*;

/// A matrix as a view of a slice.
#[derive(Clone, Copy)]
pub(crate) struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Mat<'a> {
    /// Rows one after the other.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }
    /// Rows `stride` apart.
    pub fn strided(data: &'a [f32], rows: usize, cols: usize, stride: usize) -> Self {
        Self { data, rows, cols, row_stride: stride, col_stride: 1 }
    }
    /// The same view, `offset` values further on.
    pub fn at(self, offset: usize) -> Self {
        Self { data: &self.data[offset.min(self.data.len())..], ..self }
    }
    /// The transpose.
    pub fn t(self) -> Self {
        Self {
            data: self.data,
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }
    fn fits(&self) -> bool {
        self.rows == 0
            || self.cols == 0
            || (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride < self.data.len()
    }
}

/// `c = a·b`, or `c += a·b`; `c` has rows `stride` apart. `parallel`: over all threads if it is worth it.
pub(crate) fn mm(c: &mut [f32], stride: usize, a: Mat, b: Mat, add: bool, parallel: bool) {
    let (m, n) = (a.rows, b.cols);
    if m == 0 || n == 0 {
        return;
    }
    assert!(n <= stride && (m - 1) * stride + n <= c.len(), "matrix shapes");
    // SAFETY: the largest offset was checked, and `c` is borrowed mutably, hence apart from both factors
    unsafe { mm_raw(c.as_mut_ptr(), stride, a, b, add, parallel) }
}

/// `a·b`, in memory that is written once.
pub(crate) fn product(a: Mat, b: Mat, parallel: bool) -> Vec<f32> {
    let size = a.rows * b.cols;
    let mut c = Vec::with_capacity(size);
    if size > 0 {
        // SAFETY: there is room for `a.rows` rows of `b.cols` values; without `add` each of them is written and none
        // is read
        unsafe {
            mm_raw(c.as_mut_ptr(), b.cols, a, b, false, parallel);
            c.set_len(size);
        }
    }
    c
}

/// # Safety
/// `c` points to rows of `b.cols` values, `stride` apart, as many as `a` has, apart from both factors; with `add` they are
/// initialised.
unsafe fn mm_raw(c: *mut f32, stride: usize, a: Mat, b: Mat, add: bool, parallel: bool) {
    let (m, n, k) = (a.rows, b.cols, a.cols);
    assert!(b.rows == k && a.fits() && b.fits(), "matrix shapes");
    if k == 0 {
        for i in (0..m).filter(|_| !add) {
            // SAFETY: row i lies within `c`
            unsafe { c.add(i * stride).write_bytes(0, n) };
        }
        return;
    }
    let threads = if parallel { Parallelism::Rayon(0) } else { Parallelism::None };
    // SAFETY: the largest offset of each factor was checked above, that of `c` by the caller
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c,
            1,
            stride as isize,
            add,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            threads,
        )
    }
}

/// Vectors of a tile's row.
const VECTORS: usize = 3;

/// What tiles are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Plain,
}

impl Unit {
    fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if super::kernels::has_avx512() {
                return Unit::Avx512;
            }
            if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                return Unit::Avx2;
            }
        }
        #[cfg(target_arch = "aarch64")]
        return Unit::Neon;
        #[cfg(not(target_arch = "aarch64"))]
        Unit::Plain
    }
    fn lanes(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Unit::Avx512 => 16,
            #[cfg(target_arch = "x86_64")]
            Unit::Avx2 => 8,
            #[cfg(target_arch = "aarch64")]
            Unit::Neon => 4,
            Unit::Plain => 4,
        }
    }
}

/// A right factor in panels of some columns, each column of vectors behind the other, so that a tile reads it from the
/// beginning to the end.
pub(crate) struct Packed {
    k: usize,
    n: usize,
    unit: Unit,
    panels: Buffer,
}

impl Packed {
    /// Lays out a matrix.
    pub fn new(b: Mat) -> Self {
        Self::for_unit(b, Unit::best())
    }

    fn for_unit(b: Mat, unit: Unit) -> Self {
        assert!(b.fits(), "matrix shapes");
        let (k, n) = (b.rows, b.cols);
        let lanes = unit.lanes();
        let mut panels = Buffer::stale(n.div_ceil(lanes) * lanes * k);
        let mut rest: &mut [f32] = &mut panels;
        for (from, width) in panels_of(n, lanes) {
            let (panel, others) = std::mem::take(&mut rest).split_at_mut(width * k);
            rest = others;
            let used = width.min(n - from);
            if used < width {
                panel.fill(0.0);
            }
            if b.col_stride == 1 {
                for (p, row) in panel.chunks_exact_mut(width).enumerate() {
                    row[..used].copy_from_slice(&b.data[p * b.row_stride + from..][..used]);
                }
            } else {
                // few rows at a time, so that their lines stay in the cache
                for (block, part) in panel.chunks_mut(16 * width).enumerate() {
                    for j in 0..used {
                        let start = (from + j) * b.col_stride + block * 16 * b.row_stride;
                        for (p, row) in part.chunks_exact_mut(width).enumerate() {
                            row[j] = b.data[start + p * b.row_stride];
                        }
                    }
                }
            }
        }
        Self { k, n, unit, panels }
    }

    /// `c = a·b`, or `c += a·b`, all rows one after the other. A row's value depends neither on the other rows nor on the
    /// number of threads.
    pub fn multiply(&self, c: &mut [f32], a: &[f32], add: bool, parallel: bool) {
        let (n, m) = (self.n, c.len() / self.n.max(1));
        if m == 0 {
            return;
        }
        assert!(c.len() == m * n && a.len() == m * self.k, "matrix shapes");
        // about as much work as it costs to wake a thread, times ten
        const WORTH: usize = 1 << 22;
        const ROWS: usize = 32;
        if parallel && m > ROWS && m * n * self.k >= WORTH {
            c.par_chunks_mut(ROWS * n).zip(a.par_chunks(ROWS * self.k)).for_each(|(c, a)| self.serial(c, a, add));
        } else {
            self.serial(c, a, add);
        }
    }

    fn serial(&self, c: &mut [f32], a: &[f32], add: bool) {
        // SAFETY: the machine has the unit (it was asked in `best`), and `multiply` checked that all rows of `a` and `c`
        // lie within their slices
        unsafe {
            match self.unit {
                #[cfg(target_arch = "x86_64")]
                Unit::Avx512 => with_avx512(self, c, a, add),
                #[cfg(target_arch = "x86_64")]
                Unit::Avx2 => with_avx2(self, c, a, add),
                #[cfg(target_arch = "aarch64")]
                Unit::Neon => all_tiles::<std::arch::aarch64::float32x4_t, 8>(self, c, a, add),
                Unit::Plain => all_tiles::<[f32; 4], 4>(self, c, a, add),
            }
        }
    }
}

/// Where panels begin, and how wide they are.
fn panels_of(n: usize, lanes: usize) -> impl Iterator<Item = (usize, usize)> {
    let wide = VECTORS * lanes;
    (0..n).step_by(wide).map(move |from| (from, (n - from).min(wide).div_ceil(lanes) * lanes))
}

/// A vector of floats.
///
/// # Safety
/// The functions may be called only where the machine has the instructions, and with pointers to [`Lanes::N`] values.
unsafe trait Lanes: Copy {
    const N: usize;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(p: *const f32) -> Self;
    unsafe fn store(self, p: *mut f32);
    /// a·b + self
    unsafe fn plus(self, a: Self, b: Self) -> Self;
}

macro_rules! lanes {
    ($ty:ty, $n:expr, $splat:path, $load:path, $store:path, |$s:ident, $a:ident, $b:ident| $fma:expr) => {
        // SAFETY: each function is one instruction with the meaning that its name says
        unsafe impl Lanes for $ty {
            const N: usize = $n;
            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                // SAFETY: the caller's
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(p: *const f32) -> Self {
                // SAFETY: the caller's
                unsafe { $load(p) }
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut f32) {
                // SAFETY: the caller's
                unsafe { $store(p, self) }
            }
            #[inline(always)]
            unsafe fn plus(self, $a: Self, $b: Self) -> Self {
                let $s = self;
                // SAFETY: the caller's
                unsafe { $fma }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::*;
    lanes!(__m512, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, |s, a, b| _mm512_fmadd_ps(a, b, s));
    lanes!(__m256, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, |s, a, b| _mm256_fmadd_ps(a, b, s));
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::Lanes;
    use std::arch::aarch64::*;
    lanes!(float32x4_t, 4, vdupq_n_f32, vld1q_f32, vst1q_f32, |s, a, b| vfmaq_f32(s, a, b));
}

// SAFETY: plain arithmetic, which every machine has
unsafe impl Lanes for [f32; 4] {
    const N: usize = 4;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        [x; 4]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller's
        unsafe { p.cast::<Self>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: the caller's
        unsafe { p.cast::<Self>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn plus(self, a: Self, b: Self) -> Self {
        std::array::from_fn(|i| self[i] + a[i] * b[i])
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
unsafe fn with_avx512(b: &Packed, c: &mut [f32], a: &[f32], add: bool) {
    // SAFETY: the caller's
    unsafe { all_tiles::<std::arch::x86_64::__m512, 8>(b, c, a, add) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(b: &Packed, c: &mut [f32], a: &[f32], add: bool) {
    // SAFETY: the caller's
    unsafe { all_tiles::<std::arch::x86_64::__m256, 4>(b, c, a, add) }
}

/// Tiles of `R` rows, then of fewer.
#[inline(always)]
unsafe fn all_tiles<V: Lanes, const R: usize>(b: &Packed, c: &mut [f32], a: &[f32], add: bool) {
    let (k, n) = (b.k, b.n);
    let m = c.len() / n;
    let mut panel = b.panels.as_ptr();
    for (from, width) in panels_of(n, V::N) {
        let used = width.min(n - from);
        let mut i = 0;
        while i < m {
            let left = m - i;
            // SAFETY: rows i.. of `a` and `c` exist (`Packed::multiply`), `panel` has `width`·k values
            unsafe {
                let (a, c) = (a.as_ptr().add(i * k), c.as_mut_ptr().add(i * n + from));
                let job = Tile { k, n, used, width, add, panel, c, a };
                i += match left {
                    _ if left >= R => job.columns::<V, R>(),
                    4.. if R > 4 => job.columns::<V, 4>(),
                    2.. => job.columns::<V, 2>(),
                    _ => job.columns::<V, 1>(),
                };
            }
        }
        // SAFETY: panels lie one behind the other
        panel = unsafe { panel.add(width * k) };
    }
}

/// A tile to be computed.
struct Tile {
    k: usize,
    n: usize,
    used: usize,
    width: usize,
    add: bool,
    panel: *const f32,
    c: *mut f32,
    a: *const f32,
}

impl Tile {
    #[inline(always)]
    unsafe fn columns<V: Lanes, const R: usize>(&self) -> usize {
        // SAFETY: the caller's
        unsafe {
            match self.width / V::N {
                1 => self.compute::<V, R, 1>(),
                2 => self.compute::<V, R, 2>(),
                _ => self.compute::<V, R, VECTORS>(),
            }
        }
        R
    }

    /// The sums are kept in registers while k goes on; each is taken in the order of k, whatever the tile.
    ///
    /// # Safety
    /// `R` rows of `a` have k values each, `panel` has k rows of `C` vectors, `c` points to `R` rows of at least `used`
    /// values, `n` apart.
    #[allow(clippy::needless_range_loop, reason = "rows and columns of a tile")]
    #[inline(always)]
    unsafe fn compute<V: Lanes, const R: usize, const C: usize>(&self) {
        // SAFETY: as above
        unsafe {
            let rows: [*const f32; R] = std::array::from_fn(|r| self.a.add(r * self.k));
            let mut sums = [[V::splat(0.0); C]; R];
            let whole = self.used == C * V::N;
            let mut last = [[0f32; 64]; R];
            if self.add {
                for r in 0..R {
                    let from = self.c.add(r * self.n);
                    let from = if whole {
                        from.cast_const()
                    } else {
                        last[r].as_mut_ptr().copy_from_nonoverlapping(from, self.used);
                        last[r].as_ptr()
                    };
                    for v in 0..C {
                        sums[r][v] = V::load(from.add(v * V::N));
                    }
                }
            }
            let mut b = self.panel;
            for p in 0..self.k {
                let columns: [V; C] = std::array::from_fn(|v| V::load(b.add(v * V::N)));
                for r in 0..R {
                    let x = V::splat(*rows[r].add(p));
                    for v in 0..C {
                        sums[r][v] = sums[r][v].plus(x, columns[v]);
                    }
                }
                b = b.add(C * V::N);
            }
            for r in 0..R {
                let to = self.c.add(r * self.n);
                let target = if whole { to } else { last[r].as_mut_ptr() };
                for v in 0..C {
                    sums[r][v].store(target.add(v * V::N));
                }
                if !whole {
                    to.copy_from_nonoverlapping(last[r].as_ptr(), self.used);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernels::{mix, uniform};
    use super::*;
    use proptest::prelude::*;

    fn random(n: usize, seed: u64) -> Vec<f32> {
        (0..n).map(|i| (2.0 * uniform(mix(seed), i) - 1.0) as f32).collect()
    }

    fn units() -> Vec<Unit> {
        let mut units = vec![Unit::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            units.extend((has!("avx2") && has!("fma")).then_some(Unit::Avx2));
            units.extend(super::super::kernels::has_avx512().then_some(Unit::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        units.push(Unit::Neon);
        units
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 200 }))]
        #[test]
        fn panels_against_sums(
            (m, k, n) in (0usize..40, 0usize..40, 1usize..110),
            add: bool,
            transposed: bool,
            seed: u64,
        ) {
            let (a, b, old) = (random(m * k, seed), random(k * n, seed ^ 1), random(m * n, seed ^ 2));
            let matrix = if transposed { Mat::new(&b, n, k).t() } else { Mat::new(&b, k, n) };
            let at = |p: usize, j: usize| f64::from(if transposed { b[j * k + p] } else { b[p * n + j] });
            for unit in units() {
                let packed = Packed::for_unit(matrix, unit);
                let mut c = old.clone();
                packed.multiply(&mut c, &a, add, true);
                for i in 0..m {
                    let row = &a[i * k..(i + 1) * k];
                    for j in 0..n {
                        let sum: f64 = row.iter().enumerate().map(|(p, a)| f64::from(*a) * at(p, j)).sum();
                        let sum = sum + if add { f64::from(old[i * n + j]) } else { 0.0 };
                        prop_assert!((f64::from(c[i * n + j]) - sum).abs() < 1e-5, "{unit:?} {i} {j}");
                    }
                    // alone it has the same bits
                    let mut alone = old[i * n..(i + 1) * n].to_vec();
                    packed.multiply(&mut alone, row, add, false);
                    prop_assert_eq!(&alone, &c[i * n..(i + 1) * n]);
                }
            }
        }

        #[test]
        fn products((m, k, n) in (0usize..30, 0usize..30, 0usize..30), seed: u64) {
            let (a, b) = (random(m * k, seed), random(k * n, seed ^ 1));
            let c = product(Mat::new(&a, m, k), Mat::new(&b, k, n), true);
            let mut d = vec![f32::NAN; m * n];
            mm(&mut d, n, Mat::new(&a, m, k), Mat::new(&b, k, n), false, false);
            prop_assert_eq!(&c, &d);
            for (i, v) in c.iter().enumerate() {
                let sum: f64 = (0..k).map(|p| f64::from(a[i / n * k + p]) * f64::from(b[p * n + i % n])).sum();
                prop_assert!((f64::from(*v) - sum).abs() < 1e-5);
            }
        }
    }
}
