//! Every trainable tensor, flat and by name.

use super::host::{Open, Values, read, tensor};
use super::rows::gather;
use crate::plan;
use burn::tensor::{Device, Gradients, Tensor};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, View};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::sync::{Arc, Mutex};

/// A tensor of one, two or three dimensions.
#[derive(Clone, Debug)]
pub enum Param {
    /// a bias
    One(Tensor<1>),
    /// a matrix
    Two(Tensor<2>),
    /// anything else
    Three(Tensor<3>),
}

/// The same for every rank.
macro_rules! each {
    ($param:expr, $t:ident => $body:expr) => {
        match $param {
            Param::One($t) => Param::One($body),
            Param::Two($t) => Param::Two($body),
            Param::Three($t) => Param::Three($body),
        }
    };
}

macro_rules! with {
    ($param:expr, $t:ident => $body:expr) => {
        match $param {
            Param::One($t) => $body,
            Param::Two($t) => $body,
            Param::Three($t) => $body,
        }
    };
}

impl Param {
    fn new(values: Vec<f32>, shape: &[usize], device: &Device) -> Self {
        match *shape {
            [a, b, c] => Param::Three(tensor(values, [a, b, c], device)),
            [a, b] => Param::Two(tensor(values, [a, b], device)),
            _ => Param::One(tensor(values, [shape.iter().product()], device)),
        }
    }
}

/// A parameter whose values change.
enum OpenParam {
    One(Open<1>),
    Two(Open<2>),
    Three(Open<3>),
}

/// Rows of a vectors file: (vocabulary, item) → its vector, if it has one.
pub type Vectors<'a> = dyn Fn(usize, usize) -> Option<Vec<f32>> + 'a;

/// Rows of a table that were read: in place of the table, they are what the graph takes the gradient of.
#[derive(Debug)]
struct Lookup {
    table: usize,
    /// distinct
    rows: Vec<i32>,
    /// their values
    leaf: Tensor<2>,
}

/// What was read since the last step. A clone has read nothing.
#[derive(Debug, Default)]
struct Lookups(Mutex<Vec<Lookup>>);

impl Clone for Lookups {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The gradient of a parameter.
pub(crate) enum Grad {
    /// of every value
    Dense(Values),
    /// of some rows of a table, in ascending order; the others have none
    Rows { rows: Vec<u32>, values: Vec<f32> },
}

impl Grad {
    /// The values that may differ from zero.
    pub fn values(&self) -> &[f32] {
        match self {
            Grad::Dense(v) => v.as_slice(),
            Grad::Rows { values, .. } => values,
        }
    }
    /// The inner product with another gradient of the same parameter.
    pub fn dot(&self, other: &Self) -> f64 {
        let dense = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        match (self, other) {
            (Grad::Dense(a), Grad::Dense(b)) => dense(a.as_slice(), b.as_slice()),
            (Grad::Rows { rows, values }, Grad::Dense(all)) | (Grad::Dense(all), Grad::Rows { rows, values }) => {
                let width = values.len().checked_div(rows.len()).unwrap_or(0);
                let at = |row: &u32| &all.as_slice()[*row as usize * width..][..width];
                rows.iter().zip(values.chunks_exact(width.max(1))).map(|(row, v)| dense(at(row), v)).sum()
            }
            (Grad::Rows { rows, values }, Grad::Rows { rows: others, values: theirs }) => {
                let width = values.len().checked_div(rows.len()).unwrap_or(0);
                let place = |row: &u32| others.binary_search(row).ok().map(|k| &theirs[k * width..][..width]);
                let pairs = rows.iter().zip(values.chunks_exact(width.max(1)));
                pairs.filter_map(|(row, v)| Some(dense(v, place(row)?))).sum()
            }
        }
    }

    /// Σ factor · gradient, of one parameter with `n` values.
    pub fn sum(parts: &[(f64, Grad)], n: usize) -> Grad {
        let mut rows: Vec<u32> = vec![];
        for (_, part) in parts {
            match part {
                Grad::Rows { rows: own, .. } => rows.extend(own),
                Grad::Dense(_) => {
                    let mut all = vec![0f32; n];
                    for (factor, part) in parts {
                        let values = part.to_dense(n);
                        all.iter_mut().zip(values).for_each(|(a, v)| *a += (factor * f64::from(v)) as f32);
                    }
                    return Grad::Dense(Values::Copied(all));
                }
            }
        }
        rows.sort_unstable();
        rows.dedup();
        let mut sum = vec![];
        for (factor, part) in parts {
            let Grad::Rows { rows: own, values } = part else { continue };
            let width = values.len().checked_div(own.len()).unwrap_or(0);
            sum.resize(rows.len() * width, 0f32);
            for (row, v) in own.iter().zip(values.chunks_exact(width.max(1))) {
                let Ok(at) = rows.binary_search(row) else { continue };
                sum[at * width..][..width].iter_mut().zip(v).for_each(|(s, v)| *s += (factor * f64::from(*v)) as f32);
            }
        }
        Grad::Rows { rows, values: sum }
    }

    /// All `n` values.
    pub fn to_dense(&self, n: usize) -> Vec<f32> {
        match self {
            Grad::Dense(v) => v.as_slice().to_vec(),
            Grad::Rows { rows, values } => {
                let mut all = vec![0.0; n];
                if let Some(width) = values.len().checked_div(rows.len()) {
                    for (row, values) in rows.iter().zip(values.chunks_exact(width)) {
                        all[*row as usize * width..][..width].copy_from_slice(values);
                    }
                }
                all
            }
        }
    }
}

/// Distinct ids in the order of first occurrence, and each id's place among them; −1 stays.
fn distinct(ids: &[i32], n: usize) -> (Vec<i32>, Vec<i32>) {
    let mut place = vec![-1; n];
    let mut rows = vec![];
    let index = ids.iter().map(|&id| {
        let Ok(i) = usize::try_from(id) else { return -1 };
        if place[i] < 0 {
            place[i] = rows.len() as i32;
            rows.push(id);
        }
        place[i]
    });
    let index = index.collect();
    (rows, index)
}

/// The parameters of a program. Clones share their values until one of them changes.
#[derive(Clone, Debug)]
pub struct Params {
    specs: Arc<Vec<plan::Param>>,
    values: Vec<Param>,
    frozen: Vec<bool>,
    /// with autodiff while training
    device: Device,
    lookups: Lookups,
}

impl Params {
    /// Initial values, each drawn from a generator seeded by (seed, name). `device` without autodiff; the parameters
    /// are on its autodiff form until [`Params::valid`].
    pub fn new(specs: &[plan::Param], seed: u64, device: &Device, vectors: &Vectors) -> Self {
        let device = device.clone().autodiff();
        let values = specs
            .iter()
            .map(|p| {
                let values = initial(p, seed, vectors);
                each!(Param::new(values, &p.shape, &device), t => t.require_grad())
            })
            .collect();
        Self {
            specs: Arc::new(specs.to_vec()),
            values,
            frozen: vec![false; specs.len()],
            device,
            lookups: Lookups::default(),
        }
    }

    /// What the tensors are on: an autodiff device, except after [`Params::valid`].
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The declarations, by index.
    pub fn specs(&self) -> &[plan::Param] {
        &self.specs
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The same values without autodiff: what is computed from them builds no graph.
    pub fn valid(&self) -> Self {
        Self {
            specs: self.specs.clone(),
            values: self.values.iter().map(|p| each!(p, t => t.clone().inner())).collect(),
            frozen: self.frozen.clone(),
            device: self.device.clone().inner(),
            lookups: Lookups::default(),
        }
    }

    /// A vector.
    pub fn get1(&self, id: usize) -> Tensor<1> {
        match &self.values[id] {
            Param::One(t) => t.clone(),
            other => with!(other, t => t.clone().flatten(0, -1)),
        }
    }

    /// A matrix.
    pub fn get2(&self, id: usize) -> Tensor<2> {
        match &self.values[id] {
            Param::Two(t) => t.clone(),
            Param::One(t) => t.clone().unsqueeze(),
            Param::Three(t) => t.clone().flatten(0, 1),
        }
    }

    /// A tensor of three dimensions.
    pub fn get3(&self, id: usize) -> Tensor<3> {
        match &self.values[id] {
            Param::Three(t) => t.clone(),
            other => with!(other, t => t.clone().unsqueeze()),
        }
    }

    /// Freezes exactly these: no gradient is computed for them, and the optimiser leaves them alone.
    pub fn freeze(&mut self, ids: &[usize]) {
        self.freeze_with(ids, false);
    }

    /// Freezes exactly these; with `gradients`, those are computed all the same, for nothing.
    pub fn freeze_with(&mut self, ids: &[usize], gradients: bool) {
        for (i, value) in self.values.iter_mut().enumerate() {
            self.frozen[i] = ids.contains(&i);
            let tracked = gradients || !self.frozen[i];
            if self.device.is_autodiff() {
                *value = each!(&*value, t => t.clone().detach().set_require_grad(tracked));
            }
        }
    }

    /// Whether a parameter is frozen.
    pub fn is_frozen(&self, id: usize) -> bool {
        self.frozen[id]
    }

    /// The values of a tensor, row-major.
    pub fn values(&self, id: usize) -> Vec<f32> {
        with!(&self.values[id], t => read(t, <[f32]>::to_vec))
    }

    /// Σ(θ − θ′)² of a tensor here (θ) and in another set of the same parameters (θ′, which has no gradient): `[1]`.
    pub fn distance(&self, other: &Self, id: usize) -> Tensor<1> {
        macro_rules! squares {
            ($a:expr, $b:expr) => {{
                let apart = $a.clone() - $b.clone().detach();
                (apart.clone() * apart).sum()
            }};
        }
        match (&self.values[id], &other.values[id]) {
            (Param::One(a), Param::One(b)) => squares!(a, b),
            (Param::Two(a), Param::Two(b)) => squares!(a, b),
            (Param::Three(a), Param::Three(b)) => squares!(a, b),
            // sets of one program have the same ranks
            _ => Tensor::zeros([1], &self.device),
        }
    }

    /// Rows of a table by index, −1 giving zeros. Of a large table only these rows get a gradient.
    pub(crate) fn rows(&self, id: usize, ids: &Arc<Vec<i32>>) -> Tensor<2> {
        let table = self.get2(id);
        if !self.device.is_autodiff() || self.frozen[id] {
            return gather(&table, ids.clone());
        }
        let (rows, index) = distinct(ids, table.dims()[0]);
        let rows = Arc::new(rows);
        let leaf = Tensor::from_inner(gather(&table.inner(), rows.clone())).require_grad();
        let x = gather(&leaf, Arc::new(index));
        if let Ok(mut lookups) = self.lookups.0.lock() {
            lookups.push(Lookup { table: id, rows: Arc::unwrap_or_clone(rows), leaf });
        }
        x
    }

    /// Takes a gradient out of a backward pass's result.
    pub(crate) fn take_grad(&self, id: usize, grads: &mut Gradients) -> Option<Grad> {
        if self.frozen[id] {
            return None;
        }
        let dense = with!(&self.values[id], t => t.grad_remove(grads).map(|g| Values::of(&g)));
        let mut parts: Vec<(Vec<i32>, Values)> = vec![];
        if let Ok(mut lookups) = self.lookups.0.lock() {
            // those of another loss stay: their gradient comes by its own backward pass
            lookups.retain_mut(|l| match (l.table == id).then(|| l.leaf.grad_remove(grads)).flatten() {
                Some(g) => {
                    parts.push((std::mem::take(&mut l.rows), Values::of(&g)));
                    false
                }
                None => true,
            });
        }
        if parts.is_empty() {
            return dense.map(Grad::Dense);
        }
        let width = self.specs[id].shape.last().copied().unwrap_or(1);
        // (row, part, its place there): equal rows of several parts come one after the other, in the order of the parts
        let mut order: Vec<(i32, usize, usize)> = vec![];
        for (p, (rows, _)) in parts.iter().enumerate() {
            order.extend(rows.iter().enumerate().map(|(i, r)| (*r, p, i)));
        }
        order.sort_unstable();
        let (mut rows, mut values): (Vec<u32>, Vec<f32>) = (vec![], Vec::with_capacity(order.len() * width));
        for (row, part, i) in order {
            let new = &parts[part].1.as_slice()[i * width..][..width];
            if rows.last() == Some(&(row as u32)) {
                let at = values.len() - width;
                values[at..].iter_mut().zip(new).for_each(|(v, n)| *v += n);
            } else {
                rows.push(row as u32);
                values.extend_from_slice(new);
            }
        }
        let sparse = Grad::Rows { rows, values };
        // a table that is also read as a matrix
        Some(match dense {
            None => sparse,
            Some(dense) => {
                let mut sum = sparse.to_dense(dense.as_slice().len());
                sum.iter_mut().zip(dense.as_slice()).for_each(|(s, d)| *s += d);
                Grad::Dense(Values::Copied(sum))
            }
        })
    }

    /// Takes every gradient out of a backward pass's result, by parameter.
    pub(crate) fn take_grads(&self, grads: &mut Gradients) -> Vec<(usize, Grad)> {
        (0..self.len()).filter_map(|i| Some((i, self.take_grad(i, grads)?))).collect()
    }

    /// Forgets which rows were read.
    pub(crate) fn forget_lookups(&mut self) {
        if let Ok(lookups) = self.lookups.0.get_mut() {
            lookups.clear();
        }
    }

    /// Changes a tensor's values, in place where nothing else shares them.
    pub(crate) fn update(&mut self, id: usize, f: impl FnOnce(&mut [f32])) {
        self.update_all(&[id], |mut all| {
            if let Some(values) = all.pop() {
                f(values);
            }
        });
    }

    /// Changes several tensors' values at once; `ids` are distinct.
    pub(crate) fn update_all(&mut self, ids: &[usize], f: impl FnOnce(Vec<&mut [f32]>)) {
        let autodiff = self.device.is_autodiff();
        let mut open: Vec<OpenParam> = ids
            .iter()
            .map(|&id| {
                let empty = Param::One(Tensor::empty([0], &self.device.clone().inner()));
                match std::mem::replace(&mut self.values[id], empty) {
                    Param::One(t) => OpenParam::One(Open::new(t.inner())),
                    Param::Two(t) => OpenParam::Two(Open::new(t.inner())),
                    Param::Three(t) => OpenParam::Three(Open::new(t.inner())),
                }
            })
            .collect();
        f(open
            .iter_mut()
            .map(|p| match p {
                OpenParam::One(t) => t.values(),
                OpenParam::Two(t) => t.values(),
                OpenParam::Three(t) => t.values(),
            })
            .collect());
        for (p, &id) in open.into_iter().zip(ids) {
            let closed = match p {
                OpenParam::One(t) => Param::One(t.close()),
                OpenParam::Two(t) => Param::Two(t.close()),
                OpenParam::Three(t) => Param::Three(t.close()),
            };
            let frozen = self.frozen[id];
            self.values[id] =
                each!(closed, t => if autodiff { Tensor::from_inner(t).set_require_grad(!frozen) } else { t });
        }
    }

    /// All tensors, under their names in the plan, to be written.
    pub fn outgoing(&self) -> Vec<Outgoing<'_>> {
        let specs = self.specs.iter().enumerate();
        specs.map(|(i, s)| Outgoing::new(s.name.clone(), s.shape.clone(), move || self.values(i).into())).collect()
    }
}

/// A stored tensor: name, values, shape.
pub type Stored = (String, Vec<f32>, Vec<usize>);

/// A tensor on its way to a file: its values are fetched when their turn comes, so that a file of weights and moments
/// never lies in memory as a whole.
pub struct Outgoing<'a> {
    name: String,
    shape: Vec<usize>,
    values: Box<dyn Fn() -> Cow<'a, [f32]> + 'a>,
}

impl<'a> Outgoing<'a> {
    /// `values` gives as many numbers as `shape` says.
    pub fn new(name: String, shape: Vec<usize>, values: impl Fn() -> Cow<'a, [f32]> + 'a) -> Self {
        Self { name, shape, values: Box::new(values) }
    }

    /// The same under a longer name.
    pub fn prefixed(mut self, prefix: &str) -> Self {
        self.name.insert_str(0, prefix);
        self
    }

    /// Its values as a file holds them.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        (self.values)().iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>().into()
    }

    /// Its name in the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it would be read back.
    pub fn stored(&self) -> Stored {
        (self.name.clone(), (self.values)().into_owned(), self.shape.clone())
    }
}

impl View for &Outgoing<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.bytes()
    }

    fn data_len(&self) -> usize {
        self.shape.iter().product::<usize>() * size_of::<f32>()
    }
}

/// Draws a tensor's initial values.
fn initial(p: &plan::Param, seed: u64, vectors: &Vectors) -> Vec<f32> {
    let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(p.name.as_bytes()).finalize();
    let mut rng = ChaCha8Rng::from_seed(hash.into());
    let mut unit = || (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0;
    let n = p.shape.iter().product();
    // Box and Muller 1958
    let mut normal = |s: f64| {
        let (u, v) = (unit(), unit());
        (s * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
    };
    match p.init {
        plan::Init::Zeros => vec![0.0; n],
        plan::Init::Constant(c) => vec![c as f32; n],
        plan::Init::Blend { own, from } => {
            let columns = p.shape.last().copied().unwrap_or(1).max(1);
            let others = (1.0 - own) / columns.saturating_sub(1).max(1) as f64;
            (0..n).map(|i| if i % columns == from + i / columns { own as f32 } else { others as f32 }).collect()
        }
        plan::Init::Normal(s) => (0..n).map(|_| normal(s)).collect(),
        plan::Init::Vectors(vocab, s) => {
            let width = p.shape.last().copied().unwrap_or(1).max(1);
            let mut out = Vec::with_capacity(n);
            for row in 0..n / width {
                // drawn in any case: a row does not depend on which others have vectors
                let drawn: Vec<f32> = (0..width).map(|_| normal(s)).collect();
                out.extend(vectors(vocab, row).filter(|v| v.len() == width).unwrap_or(drawn));
            }
            out
        }
        plan::Init::Uniform(_) | plan::Init::Xavier => {
            let fans: usize = p.shape.iter().rev().take(2).sum();
            let a = if let plan::Init::Uniform(a) = p.init { a } else { (6.0 / fans.max(1) as f64).sqrt() };
            (0..n).map(|_| ((2.0 * unit() - 1.0) * a) as f32).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Init;

    fn spec(name: &str, shape: &[usize], init: Init) -> plan::Param {
        plan::Param { name: name.into(), shape: shape.to_vec(), init, owner: "x".into(), also: vec![] }
    }

    fn new(specs: &[plan::Param], seed: u64) -> Params {
        Params::new(specs, seed, &Device::flex(), &|_, row| (row == 1).then(|| vec![1.0, 2.0, 3.0]))
    }

    #[test]
    fn values_depend_on_seed_and_name_alone() {
        let (a, b) = (spec("a", &[4, 3], Init::Xavier), spec("b", &[5], Init::Normal(2.0)));
        let both = new(&[a.clone(), b.clone()], 7);
        assert_eq!(both.values(1), new(std::slice::from_ref(&b), 7).values(0));
        assert_ne!(both.values(1), new(&[b], 8).values(0));
        let bound = (6.0f32 / 7.0).sqrt();
        assert!(both.values(0).iter().all(|v| v.abs() <= bound));
        assert_eq!(both.get2(0).dims(), [4, 3]);
    }

    #[test]
    fn moments_of_the_generators() {
        let p = new(&[spec("n", &[20_000], Init::Normal(0.5)), spec("u", &[20_000], Init::Uniform(0.3))], 1);
        for (i, sd) in [(0, 0.5f64), (1, 0.3 / 3f64.sqrt())] {
            let v: Vec<f64> = p.values(i).into_iter().map(f64::from).collect();
            let mean = v.iter().sum::<f64>() / v.len() as f64;
            let var = v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / v.len() as f64;
            assert!(mean.abs() < 0.02 * sd.max(0.3) * 2.0, "{mean}");
            assert!((var.sqrt() / sd - 1.0).abs() < 0.02, "{var}");
        }
    }

    #[test]
    fn rows_of_a_vectors_file() {
        let p = new(&[spec("e", &[3, 3], Init::Vectors(0, 0.1))], 1);
        assert_eq!(p.values(0)[3..6], [1.0, 2.0, 3.0]);
        assert!(p.values(0)[0] != 0.0 && p.values(0)[8] != 0.0);
    }

    #[test]
    fn values_change_in_place_unless_shared() {
        let mut p = new(&[spec("a", &[64, 64], Init::Xavier)], 3);
        let place = |p: &Params| read(&p.get2(0), |v| v.as_ptr() as usize);
        let before = place(&p);
        let y = p.get2(0).matmul(p.get2(0)).sum();
        let mut grads = y.backward();
        let g = p.take_grad(0, &mut grads);
        p.update(0, |v| v[0] = 1.0);
        assert_eq!(place(&p), before);
        let kept = p.valid();
        p.update(0, |v| v[0] = 2.0);
        assert_ne!(place(&p), before);
        assert_eq!((kept.values(0)[0], p.values(0)[0]), (1.0, 2.0));
        assert!(g.is_some());
    }

    #[test]
    fn frozen_and_valid_tensors_have_no_gradient() {
        let mut p = new(&[spec("a", &[2, 2], Init::Xavier), spec("b", &[2, 2], Init::Xavier)], 3);
        p.freeze(&[0]);
        let mut grads = (p.get2(0) * p.get2(1)).sum().backward();
        assert!(p.take_grad(0, &mut grads).is_none());
        assert!(p.take_grad(1, &mut grads).is_some());
        assert!(!p.valid().get2(1).is_autodiff());
        p.freeze(&[]);
        let mut grads = (p.get2(0) * p.get2(1)).sum().backward();
        assert!(p.take_grad(0, &mut grads).is_some());
    }
}
