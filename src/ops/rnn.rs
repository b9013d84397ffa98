//! Recurrent layers over ragged batches as one operation (LSTM: Hochreiter and Schmidhuber 1997; GRU: Cho et al. 2014,
//! in PyTorch's form).
//!
//! Examples are sorted by length and laid out by time: the rows of time `t` are those of the examples that still have a
//! token, so that no step works on padding, every step is a contiguous block, and the state that it reads is the front of
//! the block before it.

use super::buffer::Buffer;
use super::host::{Grads, fused, hosts};
use super::kernels::{add_rows, sigmoid, simd, tanh};
use super::matmul::{Mat, Packed, mm, product};
use crate::ops::value::Axis;
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
pub(crate) fn rnn(x: &Tensor<2>, layout: &Axis, cell: Cell, weights: &[Weights], reverse: bool) -> Tensor<2> {
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
    let (sides, per) = (weights.len(), if cell == Cell::Lstm { 3 } else { 4 });
    let jobs = Job::all(layout, sides, reverse);
    let size = Size { d, h, cell, alone: jobs.len() == 1 };
    let places = places(n, sides, &jobs);
    fused(all, move |inputs| {
        let weights = move |side: usize| 1 + side * per..1 + (side + 1) * per;
        let saved = at_once(&jobs, |job| forward(inputs[0], &inputs[weights(job.side)], &job.packing, size));
        let width = h * sides;
        let mut out = Vec::with_capacity(n * width);
        for place in places.chunks_exact(sides) {
            for &(job, row) in place {
                out.extend_from_slice(&saved[job].h[row * h..][..h]);
            }
        }
        let back = move |b: super::host::Back| -> Grads {
            let states: Vec<_> = saved.into_iter().map(std::sync::Mutex::new).collect();
            let results = at_once(&jobs, |job| {
                let own = states[job.index].lock().map(|mut s| std::mem::take(&mut *s)).unwrap_or_default();
                let needs = (b.needs[0], &b.needs[weights(job.side)]);
                let out = Out { grad: b.grad, width, offset: job.side * h };
                backward(b.inputs[0], &b.inputs[weights(job.side)], own, &job.packing, out, needs, size)
            });
            let mut grads: Grads = vec![b.needs[0].then(|| {
                let row = |&(job, row): &(usize, usize)| &results[job].dx[row * d..][..d];
                let mut dx = Vec::with_capacity(n * d);
                for place in places.chunks_exact(sides) {
                    match place {
                        [one, two] => dx.extend(row(one).iter().zip(row(two)).map(|(a, b)| a + b)),
                        _ => place.iter().for_each(|one| dx.extend_from_slice(row(one))),
                    }
                }
                dx
            })];
            let mut sums: Vec<Option<Grads>> = vec![None; sides];
            for (result, job) in results.into_iter().zip(&jobs) {
                match &mut sums[job.side] {
                    None => sums[job.side] = Some(result.weights),
                    Some(sum) => {
                        for (sum, part) in sum.iter_mut().flatten().zip(result.weights.iter().flatten()) {
                            super::kernels::add_to(sum, part);
                        }
                    }
                }
            }
            grads.extend(sums.into_iter().flatten().flatten());
            grads
        };
        (out, [n, width], back)
    })
}

/// What one thread does from the first time step to the last: a direction, or half of the examples of the only one. The
/// division does not depend on the number of threads, and so the sums do not.
#[derive(Debug)]
struct Job {
    index: usize,
    side: usize,
    packing: Packing,
}

impl Job {
    fn all(layout: &Axis, sides: usize, reverse: bool) -> Vec<Self> {
        let parts = if sides > 1 || layout.rows().filter(|r| !r.is_empty()).count() < 2 { 1 } else { 2 };
        let job = |index: usize| {
            let side = index / parts;
            Self { index, side, packing: Packing::part(layout, reverse || side == 1, index % parts, parts) }
        };
        (0..sides * parts).map(job).collect()
    }
}

/// For each token and direction the job that computes it, and its row there.
fn places(n: usize, sides: usize, jobs: &[Job]) -> Vec<(usize, usize)> {
    let mut places = vec![(0, 0); n * sides];
    for job in jobs {
        for (row, token) in job.packing.token.iter().enumerate() {
            places[token * sides + job.side] = (job.index, row);
        }
    }
    places
}

fn at_once<T: Send>(jobs: &[Job], run: impl Fn(&Job) -> T + Sync) -> Vec<T> {
    match jobs {
        [one, two] => <[T; 2]>::from(rayon::join(|| run(one), || run(two))).into(),
        _ => jobs.iter().map(run).collect(),
    }
}

#[derive(Clone, Copy)]
struct Size {
    d: usize,
    h: usize,
    cell: Cell,
    /// the only job: products may use all threads
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
    fn new(layout: &Axis, reverse: bool) -> Self {
        Self::part(layout, reverse, 0, 1)
    }
    /// One of `parts` parts of the examples, with lengths as in the others.
    fn part(layout: &Axis, reverse: bool, part: usize, parts: usize) -> Self {
        let mut examples: Vec<_> = layout.rows().filter(|r| !r.is_empty()).collect();
        examples.sort_by_key(|r| std::cmp::Reverse(r.len()));
        let examples: Vec<_> = examples.into_iter().skip(part).step_by(parts).collect();
        let mut packing = Self { starts: vec![0], token: Vec::with_capacity(layout.total()) };
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
    fn gather(&self, x: &[f32], width: usize) -> Buffer {
        let mut out = Buffer::stale(self.token.len() * width);
        for (&token, row) in self.token.iter().zip(out.chunks_exact_mut(width)) {
            row.copy_from_slice(&x[token * width..][..width]);
        }
        out
    }
}

/// What the backward pass needs, rows by time.
#[derive(Debug, Default)]
struct Saved {
    /// gates after their activations
    gates: Buffer,
    /// states
    h: Buffer,
    /// LSTM: cells; GRU: h·w_hn + b_hn
    c: Buffer,
    /// LSTM: tanh of the cells
    tanh_c: Buffer,
}

simd! {
    /// `g`: x·w_ih + h·w_hh, becomes the gates; `b`: the bias.
    fn lstm_cells(g: &mut [f32], b: &[f32], before: &[f32], c: &mut [f32], tc: &mut [f32], out: &mut [f32], h: usize) {
        let (bi, rest) = b.split_at(h);
        let (bf, rest) = rest.split_at(h);
        let (bg, bo) = rest.split_at(h);
        for r in 0..c.len() / h {
            let (gi, rest) = g[r * 4 * h..][..4 * h].split_at_mut(h);
            let (gf, rest) = rest.split_at_mut(h);
            let (gg, go) = rest.split_at_mut(h);
            let (c, tc, out) = (&mut c[r * h..][..h], &mut tc[r * h..][..h], &mut out[r * h..][..h]);
            for j in 0..h {
                gi[j] = sigmoid(gi[j] + bi[j]);
            }
            for j in 0..h {
                gf[j] = sigmoid(gf[j] + bf[j]);
            }
            for j in 0..h {
                gg[j] = tanh(gg[j] + bg[j]);
            }
            for j in 0..h {
                go[j] = sigmoid(go[j] + bo[j]);
            }
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

/// The gradient of a layer's output: rows by token, in which this direction has its columns.
#[derive(Clone, Copy)]
struct Out<'a> {
    grad: &'a [f32],
    width: usize,
    offset: usize,
}

simd! {
    /// Gates become their gradients; `dh` is the gradient of the state, `dc` that of the cell, passed on to the step
    /// before.
    fn lstm_cells_back(
        g: &mut [f32],
        before: &[f32],
        tc: &[f32],
        dout: Out,
        token: &[usize],
        dh: &[f32],
        dc: &mut [f32],
        h: usize,
    ) {
        for r in 0..tc.len() / h {
            let (gi, rest) = g[r * 4 * h..][..4 * h].split_at_mut(h);
            let (gf, rest) = rest.split_at_mut(h);
            let (gg, go) = rest.split_at_mut(h);
            let dout = &dout.grad[token[r] * dout.width + dout.offset..][..h];
            let (tc, dh, dc) = (&tc[r * h..][..h], &dh[r * h..][..h], &mut dc[r * h..][..h]);
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
    /// `g`: x·w_ih, becomes the gates; `gh`: h·w_hh; `b`, `b_hh`: their biases; `hn`: the last part of `gh` is kept.
    fn gru_cells(
        g: &mut [f32],
        gh: &[f32],
        b: &[f32],
        b_hh: &[f32],
        before: &[f32],
        hn: &mut [f32],
        out: &mut [f32],
        h: usize,
    ) {
        let (b, b_hh) = (&b[..3 * h], &b_hh[..3 * h]);
        for r in 0..out.len() / h {
            let (gr, rest) = g[r * 3 * h..][..3 * h].split_at_mut(h);
            let (gz, gn) = rest.split_at_mut(h);
            let gh = &gh[r * 3 * h..][..3 * h];
            let (hn, out) = (&mut hn[r * h..][..h], &mut out[r * h..][..h]);
            for j in 0..h {
                hn[j] = gh[2 * h + j] + b_hh[2 * h + j];
            }
            for j in 0..h {
                gr[j] = sigmoid((gr[j] + b[j]) + (gh[j] + b_hh[j]));
            }
            for j in 0..h {
                gz[j] = sigmoid((gz[j] + b[h + j]) + (gh[h + j] + b_hh[h + j]));
            }
            for j in 0..h {
                gn[j] = tanh(gn[j] + b[2 * h + j] + gr[j] * hn[j]);
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
        dout: Out,
        token: &[usize],
        dh: &mut [f32],
        h: usize,
    ) {
        for r in 0..hn.len() / h {
            let (gr, rest) = g[r * 3 * h..][..3 * h].split_at_mut(h);
            let (gz, gn) = rest.split_at_mut(h);
            let gh = &mut gh[r * 3 * h..][..3 * h];
            let dout = &dout.grad[token[r] * dout.width + dout.offset..][..h];
            let (hn, dh) = (&hn[r * h..][..h], &mut dh[r * h..][..h]);
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
    let state = |wanted: bool| if wanted { Buffer::stale(n * h) } else { Buffer::default() };
    let mut s =
        Saved { gates: Buffer::stale(n * g), h: state(true), c: state(true), tanh_c: state(cell == Cell::Lstm) };
    mm(&mut s.gates, g, Mat::new(&p.gather(x, d), n, d), Mat::new(w[0], d, g), false, alone);
    // read at every step
    let w_hh = Packed::new(Mat::new(w[1], h, g));
    let mut hidden = if cell == Cell::Gru { Buffer::zeros(p.first() * g) } else { Buffer::default() };
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
                    w_hh.multiply(gates, before, true, alone);
                }
                let (cells, now) = s.c.split_at_mut(rows.start * h);
                let cells: &[f32] = if t == 0 { &[] } else { &cells[from * h..][..m * h] };
                lstm_cells(gates, w[2], cells, &mut now[..m * h], &mut s.tanh_c[rows.start * h..][..m * h], out, h);
            }
            Cell::Gru => {
                let hidden = &mut hidden[..m * g];
                if t > 0 {
                    w_hh.multiply(hidden, before, false, alone);
                }
                gru_cells(gates, hidden, w[2], w[3], before, &mut s.c[rows.start * h..][..m * h], out, h);
            }
        }
    }
    s
}

struct Result {
    /// empty if not needed
    dx: Buffer,
    weights: Grads,
}

fn backward(
    x: &[f32],
    w: &[&[f32]],
    mut s: Saved,
    p: &Packing,
    dout: Out,
    (need_x, need): (bool, &[bool]),
    size: Size,
) -> Result {
    let Size { d, h, cell, alone } = size;
    let (n, g) = (p.token.len(), size.gates());
    let mut dh = Buffer::zeros(p.first() * h);
    let mut dc = Buffer::zeros(if cell == Cell::Lstm { p.first() * h } else { 0 });
    let mut hidden = Buffer::stale(if cell == Cell::Gru { n * g } else { 0 });
    let w_hh = Packed::new(Mat::new(w[1], h, g).t());
    for t in (0..p.times()).rev() {
        let rows = p.rows(t);
        let m = rows.len();
        let from = if t == 0 { 0 } else { p.starts[t - 1] };
        let gates = &mut s.gates[rows.start * g..][..m * g];
        let token = &p.token[rows.clone()];
        let dh = &mut dh[..m * h];
        match cell {
            Cell::Lstm => {
                let before: &[f32] = if t == 0 { &[] } else { &s.c[from * h..][..m * h] };
                let tanh_c = &s.tanh_c[rows.start * h..][..m * h];
                lstm_cells_back(gates, before, tanh_c, dout, token, dh, &mut dc[..m * h], h);
                if t > 0 {
                    w_hh.multiply(dh, gates, false, alone);
                }
            }
            Cell::Gru => {
                let before: &[f32] = if t == 0 { &[] } else { &s.h[from * h..][..m * h] };
                let hidden = &mut hidden[rows.start * g..][..m * g];
                gru_cells_back(gates, hidden, before, &s.c[rows.start * h..][..m * h], dout, token, dh, h);
                if t > 0 {
                    w_hh.multiply(dh, hidden, true, alone);
                }
            }
        }
    }
    let (d_in, d_hidden) = (&s.gates, if cell == Cell::Lstm { &s.gates } else { &hidden });
    let mut dx = Buffer::stale(if need_x { n * d } else { 0 });
    if need_x {
        mm(&mut dx, d, Mat::new(d_in, n, g), Mat::new(w[0], d, g).t(), false, alone);
    }
    let d_ih = need[0].then(|| product(Mat::new(&p.gather(x, d), n, d).t(), Mat::new(d_in, n, g), alone));
    let d_hh = need[1].then(|| {
        let later = n - p.first();
        let mut before = Buffer::stale(later * h);
        for t in 1..p.times() {
            let rows = p.rows(t);
            let to = &mut before[(rows.start - p.first()) * h..(rows.end - p.first()) * h];
            to.copy_from_slice(&s.h[p.starts[t - 1] * h..][..rows.len() * h]);
        }
        product(Mat::new(&before, later, h).t(), Mat::new(&d_hidden[p.first() * g..], later, g), alone)
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
pub(crate) fn reference(x: &Tensor<2>, layout: &Axis, weights: &[Weights], reverse: bool) -> Tensor<2> {
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
