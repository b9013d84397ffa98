//! Recurrent layers over ragged batches as one operation (LSTM: Hochreiter and Schmidhuber 1997; GRU: Cho et al. 2014,
//! in PyTorch's form).
//!
//! Examples are sorted by length and laid out by time: the rows of time `t` are those of the examples that still have a
//! token, so that no step works on padding, every step is a contiguous block, and the state that it reads is the front of
//! the block before it.

use super::host::{Grads, fused, hosts};
use super::kernels::{Mat, add_rows, mm, sigmoid, simd, tanh};
use crate::model::value::Layout;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};

/// The kind of cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Lstm,
    Gru,
}

/// Weights of one direction: x·w_ih + h·w_hh + b. LSTM: gates i f g o, one bias; GRU: gates r z n, two biases.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    pub w_ih: Tensor<2>,
    pub w_hh: Tensor<2>,
    pub b: Tensor<1>,
    pub b_hh: Option<Tensor<1>>,
}

/// Runs a layer of one direction (`reverse`: from the end), or of two, whose results stand side by side.
pub(crate) fn rnn(x: &Tensor<2>, layout: &Layout, cell: Cell, weights: &[Weights], reverse: bool) -> Tensor<2> {
    let reversed = |i: usize| reverse || i == 1;
    let mut all = hosts!(x);
    for w in weights {
        let more = match &w.b_hh {
            None => hosts!(&w.w_ih, &w.w_hh, &w.b),
            Some(b_hh) => hosts!(&w.w_ih, &w.w_hh, &w.b, b_hh),
        };
        if let (Some(a), Some(m)) = (all.as_mut(), more) {
            a.extend(m);
        } else {
            all = None;
        }
    }
    let Some(all) = all else { return reference(x, layout, weights, reverse) };
    let [n, d] = x.dims();
    let h = weights[0].w_hh.dims()[0];
    let per = if cell == Cell::Lstm { 3 } else { 4 };
    let size = Size { d, h, cell, alone: weights.len() == 1 };
    let packs: Vec<Packing> = (0..weights.len()).map(|i| Packing::new(layout, reversed(i))).collect();
    fused(all, move |inputs| {
        let x = inputs[0];
        let run = |i: usize| forward(x, &inputs[1 + i * per..][..per], &packs[i], size);
        let saved = both(packs.len(), &run);
        let width = h * packs.len();
        let mut out = vec![0f32; n * width];
        for (i, (s, p)) in saved.iter().zip(&packs).enumerate() {
            for (row, token) in s.h.chunks_exact(h).zip(&p.token) {
                out[token * width + i * h..][..h].copy_from_slice(row);
            }
        }
        let back = move |b: super::host::Back| -> Grads {
            let states: Vec<_> = saved.into_iter().map(std::sync::Mutex::new).collect();
            let run = |i: usize| {
                let mut own = Saved::default();
                if let Ok(mut s) = states[i].lock() {
                    std::mem::swap(&mut *s, &mut own);
                }
                let needs = (b.needs[0], &b.needs[1 + i * per..][..per]);
                let weights = &b.inputs[1 + i * per..][..per];
                backward(b.inputs[0], weights, own, &packs[i], (b.grad, width, i * h), needs, size)
            };
            let results = both(packs.len(), &run);
            let mut dx: Option<Vec<f32>> = None;
            let mut grads: Grads = vec![None];
            for (r, p) in results.into_iter().zip(&packs) {
                if let Some(packed) = r.dx {
                    let dx = dx.get_or_insert_with(|| vec![0f32; n * d]);
                    for (row, token) in packed.chunks_exact(d).zip(&p.token) {
                        super::kernels::add_to(&mut dx[token * d..][..d], row);
                    }
                }
                grads.extend(r.weights);
            }
            grads[0] = dx;
            grads
        };
        (out, [n, width], back)
    })
}

/// One or two directions, the two at the same time.
fn both<T: Send>(n: usize, run: &(impl Fn(usize) -> T + Sync)) -> Vec<T> {
    if n == 1 {
        vec![run(0)]
    } else {
        let (a, b) = rayon::join(|| run(0), || run(1));
        vec![a, b]
    }
}

#[derive(Clone, Copy)]
struct Size {
    d: usize,
    h: usize,
    cell: Cell,
    /// the only direction: products may use all threads
    alone: bool,
}

impl Size {
    fn gates(&self) -> usize {
        if self.cell == Cell::Lstm { 4 * self.h } else { 3 * self.h }
    }
}

/// Rows by time.
#[derive(Debug)]
struct Packing {
    /// rows of time `t`: `starts[t]..starts[t + 1]`
    starts: Vec<usize>,
    /// the token of each row
    token: Vec<usize>,
}

impl Packing {
    fn new(layout: &Layout, reverse: bool) -> Self {
        let mut examples: Vec<_> = layout.rows().filter(|r| !r.is_empty()).collect();
        examples.sort_by_key(|r| std::cmp::Reverse(r.len()));
        let mut packing = Self { starts: vec![0], token: Vec::with_capacity(layout.tokens()) };
        let mut active = examples.len();
        for t in 0..examples.first().map_or(0, |r| r.len()) {
            while examples[active - 1].len() <= t {
                active -= 1;
            }
            packing.token.extend(examples[..active].iter().map(|r| if reverse { r.end - 1 - t } else { r.start + t }));
            packing.starts.push(packing.token.len());
        }
        packing
    }
    fn times(&self) -> usize {
        self.starts.len() - 1
    }
    fn rows(&self, t: usize) -> std::ops::Range<usize> {
        self.starts[t]..self.starts[t + 1]
    }
    /// Examples with a token.
    fn first(&self) -> usize {
        self.starts.get(1).copied().unwrap_or(0)
    }
    fn gather(&self, x: &[f32], width: usize, stride: usize, offset: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.token.len() * width);
        for &token in &self.token {
            out.extend_from_slice(&x[token * stride + offset..][..width]);
        }
        out
    }
}

/// What the backward pass needs, rows by time.
#[derive(Debug, Default)]
struct Saved {
    /// gates after their activations
    gates: Vec<f32>,
    /// states
    h: Vec<f32>,
    /// LSTM: cells; GRU: h·w_hn + b_hn
    c: Vec<f32>,
    /// LSTM: tanh of the cells
    tanh_c: Vec<f32>,
}

simd! {
    fn lstm_cells(g: &mut [f32], before: &[f32], c: &mut [f32], tc: &mut [f32], out: &mut [f32], h: usize) {
        for r in 0..c.len() / h {
            let (gi, rest) = g[r * 4 * h..][..4 * h].split_at_mut(h);
            let (gf, rest) = rest.split_at_mut(h);
            let (gg, go) = rest.split_at_mut(h);
            let (c, tc, out) = (&mut c[r * h..][..h], &mut tc[r * h..][..h], &mut out[r * h..][..h]);
            gi.iter_mut().for_each(|v| *v = sigmoid(*v));
            gf.iter_mut().for_each(|v| *v = sigmoid(*v));
            gg.iter_mut().for_each(|v| *v = tanh(*v));
            go.iter_mut().for_each(|v| *v = sigmoid(*v));
            if before.is_empty() {
                for j in 0..h {
                    c[j] = gi[j] * gg[j];
                }
            } else {
                let before = &before[r * h..][..h];
                for j in 0..h {
                    c[j] = gf[j] * before[j] + gi[j] * gg[j];
                }
            }
            for j in 0..h {
                tc[j] = tanh(c[j]);
                out[j] = go[j] * tc[j];
            }
        }
    }
}

simd! {
    /// Gates become their gradients; `dh` is the gradient of the state, `dc` that of the cell, passed on to the step before.
    fn lstm_cells_back(g: &mut [f32], before: &[f32], tc: &[f32], dout: &[f32], dh: &[f32], dc: &mut [f32], h: usize) {
        for r in 0..tc.len() / h {
            let (gi, rest) = g[r * 4 * h..][..4 * h].split_at_mut(h);
            let (gf, rest) = rest.split_at_mut(h);
            let (gg, go) = rest.split_at_mut(h);
            let (tc, dout, dh, dc) = (&tc[r * h..][..h], &dout[r * h..][..h], &dh[r * h..][..h], &mut dc[r * h..][..h]);
            let go = &mut go[..h];
            for j in 0..h {
                let d = dh[j] + dout[j];
                dc[j] += d * go[j] * (1.0 - tc[j] * tc[j]);
                go[j] = d * tc[j] * go[j] * (1.0 - go[j]);
            }
            for j in 0..h {
                let (i, n) = (gi[j], gg[j]);
                gi[j] = dc[j] * n * i * (1.0 - i);
                gg[j] = dc[j] * i * (1.0 - n * n);
            }
            if before.is_empty() {
                gf.fill(0.0);
            } else {
                let before = &before[r * h..][..h];
                for j in 0..h {
                    let f = gf[j];
                    gf[j] = dc[j] * before[j] * f * (1.0 - f);
                    dc[j] *= f;
                }
            }
        }
    }
}

simd! {
    /// `g`: x·w_ih + b_ih, becomes the gates; `gh`: h·w_hh + b_hh; `hn`: its last part is kept.
    fn gru_cells(g: &mut [f32], gh: &[f32], before: &[f32], hn: &mut [f32], out: &mut [f32], h: usize) {
        for r in 0..out.len() / h {
            let (gr, rest) = g[r * 3 * h..][..3 * h].split_at_mut(h);
            let (gz, gn) = rest.split_at_mut(h);
            let gh = &gh[r * 3 * h..][..3 * h];
            let (hn, out) = (&mut hn[r * h..][..h], &mut out[r * h..][..h]);
            hn.copy_from_slice(&gh[2 * h..]);
            for j in 0..h {
                gr[j] = sigmoid(gr[j] + gh[j]);
            }
            for j in 0..h {
                gz[j] = sigmoid(gz[j] + gh[h + j]);
            }
            for j in 0..h {
                gn[j] = tanh(gn[j] + gr[j] * hn[j]);
            }
            if before.is_empty() {
                for j in 0..h {
                    out[j] = (1.0 - gz[j]) * gn[j];
                }
            } else {
                let before = &before[r * h..][..h];
                for j in 0..h {
                    out[j] = (1.0 - gz[j]) * gn[j] + gz[j] * before[j];
                }
            }
        }
    }
}

simd! {
    /// Gates become the gradient of x·w_ih + b_ih, `gh` that of h·w_hh + b_hh; `dh` becomes its direct part.
    fn gru_cells_back(
        g: &mut [f32],
        gh: &mut [f32],
        before: &[f32],
        hn: &[f32],
        dout: &[f32],
        dh: &mut [f32],
        h: usize,
    ) {
        for r in 0..hn.len() / h {
            let (gr, rest) = g[r * 3 * h..][..3 * h].split_at_mut(h);
            let (gz, gn) = rest.split_at_mut(h);
            let gh = &mut gh[r * 3 * h..][..3 * h];
            let (hn, dout, dh) = (&hn[r * h..][..h], &dout[r * h..][..h], &mut dh[r * h..][..h]);
            let before = if before.is_empty() { before } else { &before[r * h..][..h] };
            for j in 0..h {
                let (z, n, rr) = (gz[j], gn[j], gr[j]);
                let old = if before.is_empty() { 0.0 } else { before[j] };
                let d = dh[j] + dout[j];
                let dn = d * (1.0 - z) * (1.0 - n * n);
                dh[j] = d * z;
                gz[j] = d * (old - n) * z * (1.0 - z);
                gr[j] = dn * hn[j] * rr * (1.0 - rr);
                gn[j] = dn;
                gh[j] = gr[j];
                gh[h + j] = gz[j];
                gh[2 * h + j] = dn * rr;
            }
        }
    }
}

fn forward(x: &[f32], w: &[&[f32]], p: &Packing, size: Size) -> Saved {
    let Size { d, h, cell, alone } = size;
    let (n, g) = (p.token.len(), size.gates());
    let packed = p.gather(x, d, d, 0);
    let mut s = Saved { gates: Vec::with_capacity(n * g), h: vec![0.0; n * h], c: vec![0.0; n * h], tanh_c: vec![] };
    for _ in 0..n {
        s.gates.extend_from_slice(w[2]);
    }
    mm(&mut s.gates, g, Mat::new(&packed, n, d), Mat::new(w[0], d, g), true, alone);
    let mut hidden = vec![];
    match cell {
        Cell::Lstm => s.tanh_c = vec![0.0; n * h],
        Cell::Gru => hidden = vec![0.0; p.first() * g],
    }
    for t in 0..p.times() {
        let rows = p.rows(t);
        let m = rows.len();
        let from = if t == 0 { 0 } else { p.starts[t - 1] };
        let (done, now) = s.h.split_at_mut(rows.start * h);
        let before: &[f32] = if t == 0 { &[] } else { &done[from * h..][..m * h] };
        let out = &mut now[..m * h];
        let gates = &mut s.gates[rows.start * g..][..m * g];
        match cell {
            Cell::Lstm => {
                if t > 0 {
                    mm(gates, g, Mat::new(before, m, h), Mat::new(w[1], h, g), true, alone);
                }
                let (cells, now) = s.c.split_at_mut(rows.start * h);
                let cells: &[f32] = if t == 0 { &[] } else { &cells[from * h..][..m * h] };
                lstm_cells(gates, cells, &mut now[..m * h], &mut s.tanh_c[rows.start * h..][..m * h], out, h);
            }
            Cell::Gru => {
                let hidden = &mut hidden[..m * g];
                hidden.chunks_exact_mut(g).for_each(|row| row.copy_from_slice(w[3]));
                if t > 0 {
                    mm(hidden, g, Mat::new(before, m, h), Mat::new(w[1], h, g), true, alone);
                }
                gru_cells(gates, hidden, before, &mut s.c[rows.start * h..][..m * h], out, h);
            }
        }
    }
    s
}

struct Result {
    dx: Option<Vec<f32>>,
    weights: Grads,
}

fn backward(
    x: &[f32],
    w: &[&[f32]],
    mut s: Saved,
    p: &Packing,
    (dout, width, offset): (&[f32], usize, usize),
    (need_x, need): (bool, &[bool]),
    size: Size,
) -> Result {
    let Size { d, h, cell, alone } = size;
    let (n, g) = (p.token.len(), size.gates());
    let dout = p.gather(dout, h, width, offset);
    let mut dh = vec![0f32; p.first() * h];
    let mut dc = vec![0f32; if cell == Cell::Lstm { p.first() * h } else { 0 }];
    let mut hidden = vec![0f32; if cell == Cell::Gru { n * g } else { 0 }];
    // w_hhᵀ, contiguous: it is read at every step
    let mut w_t = vec![0f32; g * h];
    for (i, row) in w[1].chunks_exact(g).enumerate() {
        for (j, v) in row.iter().enumerate() {
            w_t[j * h + i] = *v;
        }
    }
    for t in (0..p.times()).rev() {
        let rows = p.rows(t);
        let m = rows.len();
        let from = if t == 0 { 0 } else { p.starts[t - 1] };
        let gates = &mut s.gates[rows.start * g..][..m * g];
        let dout = &dout[rows.start * h..][..m * h];
        let dh = &mut dh[..m * h];
        match cell {
            Cell::Lstm => {
                let before: &[f32] = if t == 0 { &[] } else { &s.c[from * h..][..m * h] };
                let tanh_c = &s.tanh_c[rows.start * h..][..m * h];
                lstm_cells_back(gates, before, tanh_c, dout, dh, &mut dc[..m * h], h);
                if t > 0 {
                    mm(dh, h, Mat::new(gates, m, g), Mat::new(&w_t, g, h), false, alone);
                }
            }
            Cell::Gru => {
                let before: &[f32] = if t == 0 { &[] } else { &s.h[from * h..][..m * h] };
                let hidden = &mut hidden[rows.start * g..][..m * g];
                gru_cells_back(gates, hidden, before, &s.c[rows.start * h..][..m * h], dout, dh, h);
                if t > 0 {
                    mm(dh, h, Mat::new(hidden, m, g), Mat::new(&w_t, g, h), true, alone);
                }
            }
        }
    }
    let (d_in, d_hidden) = (&s.gates, if cell == Cell::Lstm { &s.gates } else { &hidden });
    let dx = need_x.then(|| {
        let mut dx = vec![0f32; n * d];
        mm(&mut dx, d, Mat::new(d_in, n, g), Mat::new(w[0], d, g).t(), false, alone);
        dx
    });
    let d_ih = need[0].then(|| {
        let packed = p.gather(x, d, d, 0);
        let mut out = vec![0f32; d * g];
        mm(&mut out, g, Mat::new(&packed, n, d).t(), Mat::new(d_in, n, g), false, alone);
        out
    });
    let d_hh = need[1].then(|| {
        let later = n - p.first();
        let mut before = Vec::with_capacity(later * h);
        for t in 1..p.times() {
            before.extend_from_slice(&s.h[p.starts[t - 1] * h..][..p.rows(t).len() * h]);
        }
        let mut out = vec![0f32; h * g];
        let d = &d_hidden[p.first() * g..];
        mm(&mut out, g, Mat::new(&before, later, h).t(), Mat::new(d, later, g), false, alone);
        out
    });
    let sums = |x: &[f32]| {
        let mut out = vec![0f32; g];
        add_rows(&mut out, x);
        out
    };
    let mut weights = vec![d_ih, d_hh, need[2].then(|| sums(d_in))];
    if cell == Cell::Gru {
        weights.push(need[3].then(|| sums(d_hidden)));
    }
    Result { dx, weights }
}

/// The same in tensor operations, for devices other than the host and for tests.
pub(crate) fn reference(x: &Tensor<2>, layout: &Layout, weights: &[Weights], reverse: bool) -> Tensor<2> {
    let device = x.device();
    let mut sides = vec![];
    for (i, w) in weights.iter().enumerate() {
        let p = Packing::new(layout, reverse || i == 1);
        if p.token.is_empty() {
            sides.push(Tensor::zeros([0, w.w_hh.dims()[0]], &device));
            continue;
        }
        let input = x.clone().select(0, index(p.token.iter().copied(), &device)).matmul(w.w_ih.clone())
            + w.b.clone().unsqueeze();
        let h = w.w_hh.dims()[0];
        let mut state = Tensor::<2>::zeros([p.first(), h], &device);
        let mut memory = Tensor::<2>::zeros([p.first(), h], &device);
        let mut outputs = vec![];
        for t in 0..p.times() {
            let m = p.rows(t).len();
            let (old, gx) = (state.clone().narrow(0, 0, m), input.clone().narrow(0, p.starts[t], m));
            let gh = old.clone().matmul(w.w_hh.clone());
            let part = |g: &Tensor<2>, k: usize| g.clone().narrow(1, k * h, h);
            state = match &w.b_hh {
                None => {
                    let g = gx + gh;
                    let s = |k| activation::sigmoid(part(&g, k));
                    memory = s(1) * memory.clone().narrow(0, 0, m) + s(0) * part(&g, 2).tanh();
                    s(3) * memory.clone().tanh()
                }
                Some(b_hh) => {
                    let gh = gh + b_hh.clone().unsqueeze();
                    let r = activation::sigmoid(part(&gx, 0) + part(&gh, 0));
                    let z = activation::sigmoid(part(&gx, 1) + part(&gh, 1));
                    let n = (part(&gx, 2) + r * part(&gh, 2)).tanh();
                    n.clone() - z.clone() * n + z * old
                }
            };
            outputs.push(state.clone());
        }
        let mut row = vec![0; p.token.len()];
        p.token.iter().enumerate().for_each(|(r, &token)| row[token] = r);
        sides.push(Tensor::cat(outputs, 0).select(0, index(row.into_iter(), &device)));
    }
    Tensor::cat(sides, 1)
}

/// Indices as a tensor.
pub(crate) fn index(values: impl ExactSizeIterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.map(|v| v as i32).collect();
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}
