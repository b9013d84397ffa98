//! The network: executes the nodes of a graph.

pub mod together;
mod worst;

use crate::columns::SplitName;
use crate::encode::{Encoded, Examples, Tables, Vocab};
use crate::kinds::heads::{self, GoldRows, Head};
use crate::kinds::layers;
use crate::kinds::terms::{self, Judged};
use crate::ops::layer::{Cx, Layer, axis, like};
use crate::ops::params::Params;
use crate::ops::value::{Axis, Text, Value};
use crate::passes;
use crate::passes::flow::Wanted;
use crate::plan::{ClassWeights, Drawn, Graph, GraphLoss, GraphTask, Node, NodeId, Op, Penalty, Phase, Plan, Port};
use crate::random::generator;
use crate::records::{Forms, Records, SEPARATOR_FORM};
use burn::tensor::{Tensor, TensorData};
use rand::{Rng, RngExt};
use std::collections::HashMap;
use std::sync::Arc;
use together::Share;

/// Layers and heads of a plan; the weights stand apart, in [`Params`].
pub struct Network {
    layers: Vec<Box<dyn Layer>>,
    heads: Vec<Box<dyn Head>>,
    terms: Vec<Box<dyn Layer>>,
    /// by task: how much each class counts in its loss
    class_weights: Vec<Vec<f64>>,
    vocab_counts: HashMap<usize, Arc<Vec<u32>>>,
}

/// Some examples of one split.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// the tokens' ids
    pub forms: &'a Forms,
    /// the split
    pub split: &'a Encoded,
    /// which of its examples
    pub examples: &'a [usize],
}

/// What is computed: a graph on a batch with these weights, at this moment.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// of the graph
    pub plan: &'a Plan,
    /// training or test
    pub graph: &'a Graph,
    /// its examples
    pub batch: Batch<'a>,
    /// [`Params::valid`] unless a gradient is wanted
    pub params: &'a Params,
    /// what randomness depends on
    pub moment: Moment,
}

/// Values of the nodes that were computed.
pub type Values = Vec<Option<Value>>;

/// A loss on a batch.
pub struct BatchLoss {
    /// whose
    pub of: Drawn,
    /// mean per token or example that counts
    pub mean: Tensor<1>,
    /// how many
    pub count: usize,
}

/// What dropout and gold ports depend on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// seed of the run
    pub seed: u64,
    /// optimiser step of the run
    pub step: u64,
    /// how much of training is over, 0 to 1
    pub progress: f64,
}

impl Network {
    /// Builds layers and heads; the error says which one cannot be built and why.
    pub fn new(plan: &Plan, tables: &Tables) -> Result<Self, String> {
        let layers = plan.layers.iter().map(|l| layers::build(l).map_err(|e| format!("layer {e}")));
        let all = plan.tasks.iter().chain(&plan.views);
        let heads = all.map(|t| heads::build(t, &plan.labels).map_err(|e| format!("task {e}")));
        let terms = plan.terms.iter().map(|t| terms::build(t).map_err(|e| format!("loss {e}")));
        let counts = |v: &Vocab| v.counts.iter().map(|n| u32::try_from(*n).unwrap_or(u32::MAX)).collect();
        let vocab_counts = tables.vocabs.iter().enumerate().map(|(i, v)| (i, Arc::new(counts(v)))).collect();
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            heads: heads.collect::<Result<_, _>>()?,
            terms: terms.collect::<Result<_, _>>()?,
            class_weights: vec![vec![]; plan.tasks.len()],
            vocab_counts,
        })
    }

    /// Reckons what losses need of the training data: how much each class counts.
    pub fn weigh_classes(&mut self, plan: &Plan, examples: &Examples) {
        for (t, task) in plan.tasks.iter().enumerate() {
            let Some(weights) = &task.class_weights else { continue };
            let classes = task.labels.and_then(|l| plan.labels.get(l)).map_or(&[][..], |l| &l.classes);
            self.class_weights[t] = match weights {
                ClassWeights::Named(named) => {
                    let of = |c: &String| named.iter().find(|(n, _)| n == c).map_or(1.0, |(_, w)| *w);
                    classes.iter().map(of).collect()
                }
                ClassWeights::Balanced => {
                    let mut counts = vec![0u64; classes.len()];
                    let splits = task
                        .golds
                        .iter()
                        .filter_map(|(c, f)| examples.split(*c, SplitName::Train)?.golds.get(&(t, *f)));
                    for id in splits.flat_map(|g| &g.ids).filter_map(|id| usize::try_from(*id).ok()) {
                        counts.get_mut(id).map(|n| *n += 1).unwrap_or_default();
                    }
                    let all: u64 = counts.iter().sum();
                    counts.iter().map(|n| all as f64 / (classes.len() as f64 * (*n).max(1) as f64)).collect()
                }
            };
        }
    }

    /// The loss of a task: its head's own, or the sum of those that it names.
    fn own_loss(
        &self,
        job: &Job<'_>,
        task: usize,
        scores: &Value,
        gold: &Records,
        cx: &Cx<'_>,
    ) -> Option<(Tensor<1>, usize)> {
        let (t, head) = (&job.plan.tasks[task], &self.heads[task]);
        let Some(parts) = &t.loss else { return head.loss(scores, gold, cx) };
        let mut total: Option<(Tensor<1>, usize)> = None;
        for part in parts {
            let plain = part.settings.is_empty() && self.class_weights[task].is_empty();
            let (loss, count) = match plain && heads::is_own_loss(&t.head, &part.kind) {
                true => head.loss(scores, gold, cx)?,
                false => {
                    let weights = self.class_weights[task].clone();
                    terms::of(part, &Judged { weights, ..head.judged(scores, gold)? })?
                }
            };
            let loss = if part.factor == 1.0 { loss } else { loss.mul_scalar(part.factor) };
            total = Some((total.map_or(loss.clone(), |(sum, _)| sum + loss), count));
        }
        total
    }

    /// The head of a task.
    pub fn head(&self, task: usize) -> Option<&dyn Head> {
        self.heads.get(task).map(AsRef::as_ref)
    }

    /// Computes what the heads of the wanted tasks need, every node once.
    pub fn forward(&self, job: &Job<'_>, wanted: &[usize]) -> Values {
        self.forward_with(Share { job: *job, wanted: Wanted::tasks(wanted), known: Known::default() })
    }

    /// [`Network::forward`] with what is known beforehand.
    pub fn forward_with(&self, share: Share<'_>) -> Values {
        let needed = self.needed(&share.job, &share.wanted, &share.known);
        self.compute(&share, &needed)
    }

    /// Computes some nodes, and what they need.
    pub fn nodes(&self, job: &Job<'_>, wanted: &[NodeId]) -> Values {
        let share = Share { job: *job, wanted: Wanted::default(), known: Known::default() };
        let needed = walk(job, wanted.iter().copied(), &share.known);
        self.compute(&share, &needed)
    }

    /// The values of some nodes, in their order, with what is known beforehand.
    pub fn nodes_of(&self, share: &Share<'_>, wanted: &[NodeId]) -> Vec<Option<Value>> {
        let values = self.compute(share, &walk(&share.job, wanted.iter().copied(), &share.known));
        wanted.iter().map(|n| values[*n].clone()).collect()
    }

    fn compute(&self, share: &Share<'_>, needed: &Needed) -> Values {
        let cx = self.cx(&share.job, 0);
        let mut values: Values = vec![None; share.job.graph.nodes.len()];
        for i in (0..values.len()).filter(|&i| needed.nodes[i]) {
            values[i] = Some(self.known_or_computed(share, i, &values, needed, cx));
        }
        values
    }

    /// Which nodes a share needs.
    fn needed(&self, job: &Job<'_>, wanted: &Wanted, known: &Known<'_>) -> Needed {
        let all = 0..job.graph.nodes.len();
        match job.plan.pass(passes::PRUNE) {
            true => walk(job, wanted.nodes(job.graph), known),
            false => walk(job, all, known),
        }
    }

    /// The value of a node, given those before it.
    fn known_or_computed<'a>(
        &self,
        share: &Share<'a>,
        i: NodeId,
        values: &Values,
        needed: &Needed,
        cx: Cx<'a>,
    ) -> Value {
        let Share { job, known, .. } = share;
        if let Some(value) = known.values.get(&i) {
            return value.clone();
        }
        let tracked = known.gradient(job, i);
        let inputs: Vec<Value> = job.graph.nodes[i]
            .inputs
            .iter()
            .filter_map(|n| Some(with_gradient(values.get(*n)?.as_ref()?, job, tracked)))
            .collect();
        let params = known.plain().filter(|_| !tracked).unwrap_or(job.params);
        let cx = Cx { node: job.graph.drawn_as(i), params, ..cx };
        let value = self.node(job, i, &inputs.iter().collect::<Vec<_>>(), needed, &cx);
        match (value, known.shifts.get(&i)) {
            (Value::Rows(t, axis), Some(shift)) if t.is_autodiff() => {
                Value::Rows(t + Tensor::from_inner(shift.clone()), axis)
            }
            (Value::Rows(t, axis), Some(shift)) => Value::Rows(t + shift.clone(), axis),
            (value, _) => value,
        }
    }

    /// The value of a layer.
    fn layer(&self, layer: usize, inputs: &[&Value], cx: &Cx<'_>) -> Value {
        self.layers[layer].forward(inputs, cx)
    }

    /// The surroundings of a node.
    pub fn cx<'a>(&'a self, job: &Job<'a>, node: NodeId) -> Cx<'a> {
        let counters = [job.moment.step, job.graph.corpus as u64];
        Cx {
            params: job.params,
            training: job.graph.phase == Phase::Train,
            dropout_key: generator(job.moment.seed, "dropout", &counters).next_u64(),
            node: job.graph.drawn_as(node),
            progress: job.moment.progress,
            forms: job.batch.forms,
            step: job.moment.step,
            vocab_counts: &self.vocab_counts,
            pieces: &[],
        }
    }

    fn node(&self, job: &Job<'_>, i: NodeId, inputs: &[&Value], needed: &Needed, cx: &Cx<'_>) -> Value {
        let Job { graph, batch, .. } = *job;
        let node = &graph.nodes[i];
        match &node.op {
            Op::Text { fields } => Value::Text(Arc::new(text(std::iter::once((batch, fields.as_slice()))))),
            Op::Layer { layer } => self.layer(*layer, inputs, cx),
            Op::Term { term } => self.terms[*term].forward(inputs, cx),
            Op::Head { task } => self.heads[*task].scores(inputs, cx),
            Op::Port { task, port } => {
                let (head, scores) = (&self.heads[*task], inputs[0]);
                match port {
                    Port::Logits => scores.clone(),
                    Port::Probs => head.probs(scores, cx),
                    Port::Labels => head.labels(scores, cx),
                    Port::Straight => head.straight(scores, cx),
                    // what it says needs no gold
                    Port::Value => match head.judged(scores, &Records::default()) {
                        Some(said) => like(scores, said.scores),
                        None => scores.clone(),
                    },
                    Port::Logp => logp(&**head, scores, &own_gold(job, *task), cx),
                    Port::Loss => match self.own_loss(job, *task, scores, &own_gold(job, *task), cx) {
                        Some((loss, _)) => terms::one(loss),
                        None => terms::one(Tensor::zeros([1], cx.params.device())),
                    },
                }
            }
            Op::Gold { task, field, .. } => {
                let gold = batch.split.golds.get(&(*task, *field));
                let rows = self.gold_rows(*task, gold, batch, &needed.gold[&i], node.shape.width());
                mix_gold(inputs.first().copied(), rows, node, batch, gold, cx)
            }
        }
    }

    /// Gold of the shown examples as rows of a task's label port.
    fn gold_rows(&self, task: usize, gold: Option<&Records>, b: Batch<'_>, shown: &[bool], width: usize) -> GoldRows {
        let mut rows = GoldRows { width, ..GoldRows::default() };
        for (&e, &shown) in b.examples.iter().zip(shown) {
            let start = rows.holds.len();
            match gold {
                Some(gold) => self.heads[task].gold_rows(gold, e, &mut rows),
                None => rows.push(false, [], 0.0),
            }
            if !shown {
                rows.hide(start);
            }
        }
        rows
    }

    /// The wanted losses that the batch has examples for: of tasks those with gold.
    pub fn losses(&self, job: &Job<'_>, wanted: &Wanted, values: &Values) -> Vec<BatchLoss> {
        let loss = |t: &GraphTask| {
            let gold = job.batch.split.golds.get(&(t.task, t.gold?))?.select(job.batch.examples.iter().copied());
            let scores = with_gradient(values.get(t.head)?.as_ref()?, job, job.params.device().is_autodiff());
            let (mean, count) = self.own_loss(job, t.task, &scores, &gold, &self.cx(job, t.head))?;
            Some(BatchLoss { of: Drawn::Task(t.task), mean, count })
        };
        let term = |l: &GraphLoss| {
            let value = with_gradient(values.get(l.node)?.as_ref()?, job, job.params.device().is_autodiff());
            let counts: Vec<bool> = job.batch.examples.iter().map(|e| has_golds(job.batch, &l.golds, *e)).collect();
            let (mean, count) = terms::mean(&value, &counts)?;
            Some(BatchLoss { of: Drawn::Loss(l.loss), mean, count })
        };
        let own = job.graph.tasks.iter().filter(|t| wanted.tasks.contains(&t.task)).filter_map(loss);
        own.chain(job.graph.losses.iter().filter(|l| wanted.losses.contains(&l.loss)).filter_map(term)).collect()
    }

    /// The value of a loss that reads weights alone.
    pub fn penalty(&self, penalty: &Penalty, params: &Params, forms: &Forms, moment: Moment) -> Option<BatchLoss> {
        let mut values: Vec<Value> = vec![];
        for (i, node) in penalty.nodes.iter().enumerate() {
            let inputs: Vec<&Value> = node.inputs.iter().map(|n| &values[*n]).collect();
            let cx = Cx {
                params,
                training: true,
                dropout_key: 0,
                node: i,
                progress: moment.progress,
                forms,
                step: moment.step,
                vocab_counts: &self.vocab_counts,
                pieces: &[],
            };
            let value = match node.op {
                Op::Term { term } => self.terms[term].forward(&inputs, &cx),
                Op::Layer { layer } => self.layer(layer, &inputs, &cx),
                _ => return None,
            };
            values.push(value);
        }
        let (mean, count) = terms::mean(values.last()?, &[true])?;
        Some(BatchLoss { of: Drawn::Loss(penalty.loss), mean, count })
    }
}

/// The gold of a task for the examples of a batch; none where its data have none.
fn own_gold(job: &Job<'_>, task: usize) -> Records {
    let golds = job.plan.tasks.get(task).map_or(&[][..], |t| &t.golds);
    let field = golds.iter().find(|(c, _)| *c == job.graph.corpus);
    let gold = field.and_then(|(_, f)| job.batch.split.golds.get(&(task, *f)));
    gold.map_or_else(Records::default, |g| g.select(job.batch.examples.iter().copied()))
}

/// Whether an example holds some golds.
fn has_golds(batch: Batch<'_>, golds: &[(usize, usize)], example: usize) -> bool {
    golds.iter().all(|at| batch.split.golds.get(at).is_some_and(|g| g.present(example)))
}

/// The log-probability of the gold of each example: the sum over its tokens.
fn logp(head: &dyn Head, scores: &Value, gold: &Records, cx: &Cx<'_>) -> Value {
    let mut values = head.logp(scores, gold, cx).values;
    let (rows, tokens) = (values.dims()[0], axis(scores).total());
    // several decisions a token: of each layer of tags one
    if tokens > 0 && rows > tokens {
        values = values.reshape([tokens, rows / tokens]).sum_dim(1);
    }
    match &axis(scores).up {
        // a chain's is that of its text already
        Some(texts) if values.dims()[0] == texts.total() => Value::Rows(values, texts.clone()),
        Some(texts) => Value::Rows(terms::sum_by_text(&values, axis(scores)), texts.clone()),
        None => like(scores, values),
    }
}

/// What is known of a job beforehand.
#[derive(Default)]
pub struct Known<'a> {
    /// values of nodes: neither they nor what only they need is computed
    pub values: HashMap<NodeId, Value>,
    /// by node, whether a gradient through it is wanted, and the parameters for where none is ([`Params::valid`]).
    /// `None`: as the job's parameters are
    pub gradients: Option<(&'a [bool], &'a Params)>,
    /// what is added to the values of nodes, without a gradient
    pub shifts: HashMap<NodeId, Tensor<2>>,
}

impl<'a> Known<'a> {
    /// Whether a node is computed with autodiff.
    fn gradient(&self, job: &Job<'_>, node: NodeId) -> bool {
        self.gradients.map_or(job.params.device().is_autodiff(), |(wanted, _)| wanted[node])
    }

    /// Parameters without autodiff.
    fn plain(&self) -> Option<&'a Params> {
        self.gradients.map(|(_, plain)| plain)
    }
}

/// A value with or without autodiff; as it is where the job has none.
fn with_gradient(v: &Value, job: &Job<'_>, tracked: bool) -> Value {
    let turn = |t: &Tensor<2>| match (t.is_autodiff(), tracked) {
        (true, false) => t.clone().inner(),
        (false, true) => Tensor::from_inner(t.clone()),
        _ => t.clone(),
    };
    match v {
        _ if !job.params.device().is_autodiff() => v.clone(),
        Value::Text(_) => v.clone(),
        Value::Rows(t, axis) => Value::Rows(turn(t), axis.clone()),
    }
}

/// Which nodes a batch needs, and which examples see gold at which node.
struct Needed {
    nodes: Vec<bool>,
    gold: HashMap<NodeId, Vec<bool>>,
}

/// Walks back from some nodes. A prediction that gold replaces in every example is not computed, nor what is known.
fn walk(job: &Job<'_>, roots: impl Iterator<Item = NodeId>, known: &Known<'_>) -> Needed {
    let Job { graph, batch, moment, .. } = *job;
    let mut n = Needed { nodes: vec![false; graph.nodes.len()], gold: HashMap::new() };
    roots.for_each(|i| n.nodes[i] = true);
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        if !n.nodes[i] || known.values.contains_key(&i) {
            continue;
        }
        let mut inputs = true;
        if let Op::Gold { task, field, share } = &node.op {
            let shown = shown(graph, batch, *task, *field, *share, moment);
            inputs = !complete(batch, *task, *field, &shown);
            n.gold.insert(i, shown);
        }
        if inputs {
            node.inputs.iter().for_each(|&input| n.nodes[input] = true);
        }
    }
    n
}

/// The examples that see gold: those that carry some and whose draw falls below the share of this moment.
fn shown(graph: &Graph, b: Batch<'_>, task: usize, field: usize, share: (f64, f64), m: Moment) -> Vec<bool> {
    let gold = b.split.golds.get(&(task, field));
    let share = share.0 + (share.1 - share.0) * m.progress.clamp(0.0, 1.0);
    let mut rng = generator(m.seed, "gold", &[m.step, graph.corpus as u64, task as u64]);
    let mut draw = |e: &usize| {
        // drawn for every example, so that one without gold moves no other's draw
        let below = rng.random::<f64>() < share;
        below && gold.is_some_and(|g| g.present(*e))
    };
    b.examples.iter().map(&mut draw).collect()
}

/// Whether gold stands in every row, masked tokens and unseen classes being none.
fn complete(b: Batch<'_>, task: usize, field: usize, shown: &[bool]) -> bool {
    let full = |g: &Records, e: usize| g.row(e).iter().all(|c| *c >= 0);
    let gold = b.split.golds.get(&(task, field));
    shown.iter().zip(b.examples).all(|(s, e)| *s && gold.is_some_and(|g| full(g, *e)))
}

/// Gold rows where they hold, the prediction elsewhere.
fn mix_gold(
    predicted: Option<&Value>,
    rows: GoldRows,
    node: &Node,
    batch: Batch<'_>,
    gold: Option<&Records>,
    cx: &Cx<'_>,
) -> Value {
    let (n, w) = (rows.holds.len(), node.shape.width());
    let device = match predicted {
        Some(Value::Rows(t, _)) => t.device(),
        _ => cx.params.device().clone(),
    };
    let values = Tensor::<2>::from_data(TensorData::new(rows.values, [n, w]), &device);
    let mixed = |t: &Tensor<2>| {
        let keep = rows.holds.iter().map(|h| 1.0 - h).collect::<Vec<f32>>();
        let keep = Tensor::<2>::from_data(TensorData::new(keep, [n, 1]), &device);
        t.clone() * keep + values.clone()
    };
    match predicted {
        Some(Value::Rows(t, axis)) => Value::Rows(mixed(t), axis.clone()),
        _ if node.shape.per_token() => {
            let records = |e: &usize| gold.map_or(0, |g| g.range(*e).len());
            Value::Rows(values, Arc::new(Axis::from_lengths(batch.examples.iter().map(records))))
        }
        _ => Value::Rows(values, Axis::examples(n)),
    }
}

/// The texts of several batches, one after the other: of each example the given fields, joined.
fn text<'a>(parts: impl Iterator<Item = (Batch<'a>, &'a [usize])>) -> Text {
    let (mut lengths, mut forms) = (vec![], vec![]);
    for (batch, fields) in parts {
        for &e in batch.examples {
            let start = forms.len();
            for (k, f) in fields.iter().enumerate() {
                if k > 0 {
                    forms.push(SEPARATOR_FORM);
                }
                if let Some(rows) = batch.split.texts.get(f) {
                    forms.extend_from_slice(rows.row(e));
                }
            }
            lengths.push(forms.len() - start);
        }
    }
    Text::new(Arc::new(Axis::from_lengths(lengths)), forms)
}
