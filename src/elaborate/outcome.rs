//! What elaboration gives.

use super::state::{Names, Places};
use super::*;
use crate::plan;

/// The graphs of a program, with all that later stages ask about them.
#[derive(Default)]
pub(crate) struct Elaborated {
    pub vocabs: Vec<VocabSpec>,
    pub params: Vec<SymParam>,
    pub layers: Vec<Layer>,
    pub graphs: Vec<Graph>,
    pub widths: Vec<Vec<Dim>>,
    pub types: Vec<Vec<NodeType>>,
    /// what travels along each arrow, by graph, ascending
    pub carried: Vec<Vec<(usize, SmallList<Carried>)>>,
    /// types of tasks, by graph, ascending
    pub task_types: Vec<Vec<(usize, TaskType)>>,
    /// what enters the head of each task
    pub inputs: Vec<HeadInput>,
    /// encoder layer → encoder layers directly below
    pub below: BTreeMap<(usize, u32), BTreeSet<(usize, u32)>>,
    pub used_encoders: BTreeSet<usize>,
    /// views of tasks that losses read
    pub views: Vec<ViewHead>,
    /// views on a changed input that losses read: task, and which option of it
    pub changed: BTreeSet<(usize, usize)>,
    pub terms: Vec<plan::Term>,
    pub losses: Vec<plan::Loss>,
    pub penalties: Vec<plan::Penalty>,
    /// layers with parameters that stand at each depth of an encoder
    pub stacks: BTreeMap<(usize, u32), Vec<usize>>,
    /// layers that mix what an encoder shares: its own, but none of its stack
    pub mixtures: BTreeSet<usize>,
    /// width of one direction of the states at each depth of an encoder
    pub side_widths: BTreeMap<(usize, u32), usize>,
    pub(super) tasks: HashMap<TaskKey, Featured>,
    pub(super) encoders: HashMap<EncoderKey, Result<Rc<Encoded>, Reported>>,
    pub(super) lets: HashMap<EncoderKey, Result<Val, Reported>>,
    /// where things stand, for who goes on
    pub(super) places: Places,
    pub(super) names: Names,
    pub(super) models: Vec<String>,
}

/// A view of a task on other features, with a head of its own.
#[derive(Clone, Debug)]
pub(crate) struct ViewHead {
    pub task: usize,
    /// which option of the task it is
    pub option: usize,
    /// `ner.view.fwd`
    pub name: String,
    pub width: Dim,
    pub params: Vec<usize>,
}

/// What enters the head of a task.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadInput {
    /// its width, once known, and where it was seen
    pub width: Option<(Dim, Phase)>,
    /// encoder layers (encoder, depth) directly below
    pub tops: SmallSet<(usize, u32)>,
    /// tapped with `@*`
    pub star: bool,
    /// passed through `reverse`
    pub reversed: bool,
    /// the parameters of the head
    pub params: Vec<usize>,
}

impl Elaborated {
    /// What each task reads at test, by task and data set, ascending.
    pub fn reads_at_test(&self) -> Vec<(usize, usize, SmallSet<usize>)> {
        let mut out = Vec::with_capacity(self.tasks.len() / 2);
        for ((task, graph, ..), value) in &self.tasks {
            let graph = &self.graphs[*graph];
            if let (Ok((v, _)), Phase::Test) = (value, graph.phase) {
                out.push((*task, graph.corpus, v.reads.clone()));
            }
        }
        out.sort_unstable();
        out
    }

    /// The tasks of which something could not be built.
    pub fn failed(&self) -> BTreeSet<usize> {
        self.tasks.iter().filter(|(_, v)| v.is_err()).map(|(k, _)| k.0).collect()
    }

    /// The names of the fields that a task's features read in its own data.
    pub fn read_by(&self, r: &Resolver<'_>, task: usize) -> Vec<String> {
        let mut out = vec![];
        for (k, v) in &self.tasks {
            let (Ok((v, _)), corpus) = (v, self.graphs[k.1].corpus) else { continue };
            if k.0 == task && r.tasks[task].corpora.contains(&corpus) {
                out.extend(v.reads.iter().filter_map(|f| Some(r.p.data[corpus].fields.get(*f)?.name.clone())));
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// An encoder as it was elaborated first.
    fn encoded(&self, encoder: usize) -> Option<&Encoded> {
        let all = self.encoders.iter().filter(|(k, v)| k.0 == encoder && v.is_ok());
        all.min_by_key(|(k, _)| *k).and_then(|(_, v)| v.as_deref().ok())
    }

    /// The width of an encoder, or of one of its layers, where it is known.
    pub fn width_after(&self, encoder: usize, layer: Option<usize>) -> Option<Dim> {
        let (value, taps) = self.encoded(encoder)?;
        let v = match layer {
            None => value,
            Some(k) => taps.get(k)?.as_ref()?,
        };
        (v.kind != VKind::Opaque).then(|| v.width.clone())
    }

    /// The widths of an encoder's layers, where it was elaborated through and through.
    pub fn layers_of(&self, encoder: usize) -> Option<Vec<Dim>> {
        let (value, taps) = self.encoded(encoder)?;
        if value.kind == VKind::Opaque {
            return None;
        }
        taps.iter().skip(1).map(|t| t.as_ref().filter(|t| t.kind != VKind::Opaque).map(|t| t.width.clone())).collect()
    }

    /// The layers with parameters of an encoder, in the order in which they were met; or those of one of its depths.
    pub fn layers_with_params(&self, p: &Program, (encoder, depth): (usize, Option<u64>)) -> Vec<usize> {
        if let Some(depth) = depth.and_then(|k| u32::try_from(k).ok()) {
            return self.stacks.get(&(encoder, depth)).cloned().unwrap_or_default();
        }
        let owner = |l: &usize| self.layers[*l].params.first().map(|p| &*self.params[*p].owner);
        let of_stack = |l: &usize| owner(l) == Some(p.encoders[encoder].name.as_str()) && !self.mixtures.contains(l);
        (0..self.layers.len()).filter(of_stack).collect()
    }

    /// Every list of parameters: of layers, heads, views and terms.
    pub fn param_lists(&mut self) -> impl Iterator<Item = &mut Vec<usize>> {
        let layers = self.layers.iter_mut().map(|l| &mut l.params);
        let heads = self.inputs.iter_mut().map(|i| &mut i.params);
        let views = self.views.iter_mut().map(|v| &mut v.params);
        layers.chain(heads).chain(views).chain(self.terms.iter_mut().map(|t| &mut t.params))
    }

    /// Shapes of encoders and `let`s as they were elaborated first.
    pub fn shapes(&self) -> BTreeMap<Place, (Shape, Dim)> {
        let known = |v: &Val| (v.kind != VKind::Opaque).then(|| (Elaborator::shape(v), v.width.clone()));
        let mut out = BTreeMap::new();
        let mut keys: Vec<&EncoderKey> = self.encoders.keys().collect();
        keys.sort_unstable();
        for k in keys {
            let Some(Ok((v, taps))) = self.encoders.get(k).map(|r| r.as_deref()) else { continue };
            let layers = taps.iter().enumerate().filter_map(|(d, v)| Some((d as u32, v.as_ref()?)));
            for (d, v) in layers.chain([(u32::MAX, v)]) {
                if let Some(s) = known(v) {
                    out.entry(Place::Encoder(k.0, d)).or_insert(s);
                }
            }
        }
        let mut keys: Vec<&EncoderKey> = self.lets.keys().collect();
        keys.sort_unstable();
        for k in keys {
            if let Some(Ok(v)) = self.lets.get(k)
                && let Some(s) = known(v)
            {
                out.entry(Place::Let(k.0)).or_insert(s);
            }
        }
        out
    }
}
