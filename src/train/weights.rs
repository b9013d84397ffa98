//! Weight sets: the weights that tasks share, and the copies that stages with `fork` train, each for its tasks.
//!
//! A task is scored and answered with the weights of the last stage that trained it. In a file the shared tensors bear
//! their own names, and those of a copy `set/STAGE/NAME`, where they differ from the shared ones; the metadata say which
//! tasks have which copy.

use super::evaluate::{new_params, set_some};
use super::files;
use crate::encode::Tables;
use crate::ops::params::{Outgoing, Params};
use crate::plan::Plan;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Which copy tasks have: the index of the stage that made it, by task. Tasks without one have the shared weights.
pub type Owners = BTreeMap<usize, usize>;

/// Begins the names of tensors of a set other than that which stands first in its file.
const SET: &str = "set/";

/// All weights of a run.
#[derive(Clone, Debug)]
pub struct Weights {
    /// of the tasks that have no copy
    pub shared: Params,
    /// by the stage that made them
    copies: BTreeMap<usize, Params>,
    owners: Owners,
}

/// What a file of weights says beside its tensors.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Metadata {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    owners: Owners,
    step: u64,
    version: String,
}

impl Weights {
    /// Of tasks that share all.
    pub fn shared(params: Params) -> Self {
        Self { shared: params, copies: BTreeMap::new(), owners: BTreeMap::new() }
    }

    /// With copies; an owner whose copy is missing has the shared weights.
    pub fn new(shared: Params, copies: BTreeMap<usize, Params>, mut owners: Owners) -> Self {
        owners.retain(|_, stage| copies.contains_key(stage));
        Self { shared, copies, owners }
    }

    /// Those of a task.
    pub fn of(&self, task: usize) -> &Params {
        self.owners.get(&task).and_then(|stage| self.copies.get(stage)).unwrap_or(&self.shared)
    }

    /// Some tasks by their copy (none: the shared weights), each with its weights.
    pub fn parts(&self, tasks: &[usize]) -> Vec<(Option<usize>, &Params, Vec<usize>)> {
        let mut parts: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        tasks.iter().for_each(|t| parts.entry(self.owners.get(t).copied()).or_default().push(*t));
        let params = |stage: Option<usize>| stage.and_then(|s| self.copies.get(&s)).unwrap_or(&self.shared);
        parts.into_iter().map(|(stage, tasks)| (stage, params(stage), tasks)).collect()
    }

    /// The same without autodiff.
    #[must_use]
    pub fn valid(&self) -> Self {
        let valid = |p: &Params| if p.device().is_autodiff() { p.valid() } else { p.clone() };
        let copies = self.copies.iter().map(|(stage, p)| (*stage, valid(p))).collect();
        Self { shared: valid(&self.shared), copies, owners: self.owners.clone() }
    }

    /// Every tensor, to be written.
    pub fn outgoing(&self) -> Vec<Outgoing<'_>> {
        let copies = self.copies.iter().flat_map(|(stage, p)| differing(&stage.to_string(), p, &self.shared));
        self.shared.outgoing().into_iter().chain(copies).collect()
    }

    /// What is written beside them.
    pub fn metadata(&self, step: u64) -> String {
        let own = Metadata { version: env!("CARGO_PKG_VERSION").into(), step, owners: self.owners.clone() };
        serde_json::to_string(&own).unwrap_or_default()
    }

    /// Reads a file that [`Weights::outgoing`] and [`Weights::metadata`] made; the error names every tensor that does not
    /// fit.
    pub fn read(plan: &Plan, tables: &Tables, device: &Device, file: &[u8]) -> Result<Self, String> {
        let Metadata { owners, .. } = serde_json::from_str(&files::metadata(file)?).unwrap_or_default();
        if owners.iter().any(|(t, s)| *t >= plan.tasks.len() || *s >= plan.train.stages.len()) {
            return Err("it names stages or tasks that the plan does not have".into());
        }
        let mut shared = new_params(plan, tables, 0, device);
        let names: Vec<String> = owners.values().map(usize::to_string).collect();
        // of the file no second copy is made
        let tensors = files::tensors(file)?;
        let tensors = tensors.iter().map(|(n, view)| (n.to_string(), files::floats(&view), view.shape().to_vec()));
        let (own, mut sets) = part(tensors, names)?;
        set_some(&mut shared, own, true)?;
        let mut copies = BTreeMap::new();
        for stage in owners.values() {
            if let Some(tensors) = sets.remove(&stage.to_string()) {
                let mut copy = shared.clone();
                set_some(&mut copy, tensors, false)?;
                copies.insert(*stage, copy);
            }
        }
        Ok(Self { shared, copies, owners })
    }
}

/// The tensors of a set in which it differs from another, under names of its own.
pub fn differing<'a>(set: &str, own: &'a Params, other: &Params) -> Vec<Outgoing<'a>> {
    // bit for bit: zero has two signs
    let bits = |p: &Params, i: usize| p.values(i).into_iter().map(f32::to_bits).collect::<Vec<_>>();
    let differs = |i: &usize| bits(own, *i) != bits(other, *i);
    let tensor = |(i, t): (usize, Outgoing<'a>)| differs(&i).then(|| t.prefixed(&format!("{SET}{set}/")));
    own.outgoing().into_iter().enumerate().filter_map(tensor).collect()
}

/// A tensor: name, values, shape.
type Named<V> = (String, V, Vec<usize>);
/// Tensors by the name of their set.
type Sets<V> = HashMap<String, Vec<Named<V>>>;

/// Tensors parted into those of the first set and those of others, by the names of these; every one of these is there.
pub fn part<V>(
    tensors: impl IntoIterator<Item = Named<V>>,
    names: impl IntoIterator<Item = String>,
) -> Result<(Vec<Named<V>>, Sets<V>), String> {
    let mut sets: Sets<V> = names.into_iter().map(|n| (n, vec![])).collect();
    let mut first = vec![];
    for (name, values, shape) in tensors {
        match name.strip_prefix(SET).and_then(|rest| rest.split_once('/')) {
            None => first.push((name, values, shape)),
            Some((set, own)) => match sets.get_mut(set) {
                Some(all) => all.push((own.to_string(), values, shape)),
                None => return Err(format!("`{name}` belongs to no set of weights that it has")),
            },
        }
    }
    Ok((first, sets))
}
