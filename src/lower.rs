//! Fixing the last unknown sizes: a checked program and its tables become a plan.

use crate::check::Checked;
use crate::columns::Corpus;
use crate::diagnostics::{Diagnostic, suggest};
use crate::encode::{Tables, number_range};
use crate::kinds::heads::{self, Fit};
use crate::kinds::layers::ZEROS;
use crate::kinds::terms::MEMBERS;
use crate::kinds::weightings;
use crate::plan::{self, Claim, Init, LabelSpec, Param, Plan, Score, Setting, VERSION, Verdict, VocabSpec};
use crate::types::dim::{Dim, InitRule, Size};

/// Builds the plan. `tables` must come from the program's own specs.
// long: puts in the sizes of one part of the plan after another
pub fn build(c: &Checked, name: &str, tables: &Tables, corpora: &[Corpus]) -> Plan {
    let size = |s: Size| match s {
        Size::Labels(i) => tables.labels.get(i as usize).map_or(0, |l| l.len()),
        Size::Vocab(i) => tables.vocabs.get(i as usize).map_or(0, |v| v.len()),
        // of what is not run yet: such a program has no plan
        Size::Open(..) => 0,
    };
    let n = |d: &Dim| d.resolve(&size);
    let vocabs: Vec<VocabSpec> =
        c.vocabs.iter().enumerate().map(|(i, v)| VocabSpec { size: size(Size::vocab(i)), ..v.clone() }).collect();
    let labels: Vec<LabelSpec> = c
        .labels
        .iter()
        .zip(&tables.labels)
        .map(|(spec, set)| LabelSpec { classes: set.classes.clone(), ..spec.clone() })
        .collect();
    let mut params: Vec<Param> = c
        .params
        .iter()
        .map(|p| Param {
            name: p.name.clone(),
            shape: p.shape.iter().map(n).collect(),
            init: match &p.init {
                InitRule::Fixed(i) => i.clone(),
                InitRule::FanIn(d) => Init::Uniform(1.0 / (n(d).max(1) as f64).sqrt()),
            },
            owner: p.owner.to_string(),
            also: p.also.iter().map(ToString::to_string).collect(),
        })
        .collect();
    let mut tasks = c.tasks.clone();
    let mut score_widths: Vec<Option<usize>> = vec![];
    let mut views = c.views.clone();
    for t in tasks.iter_mut().chain(&mut views) {
        let (labels, layers) = tables.of(t);
        let range = number_range(&t.golds, corpora);
        let fit = heads::find(&t.head).fit;
        let mut f = Fit { task: t, params: &mut params, labels, layers, range, width: None };
        fit(&mut f);
        score_widths.push(f.width);
    }
    let mut graphs = c.graphs.clone();
    let mut layers = c.layers.clone();
    for (at, (g, widths)) in graphs.iter_mut().zip(&c.widths).enumerate() {
        for (i, (node, w)) in g.nodes.iter_mut().zip(widths).enumerate() {
            node.name = c.node_name(at, i);
            node.shape = node.shape.with_width(n(w));
            // zeros in place of what a feedback arrow has not brought yet are as wide as it
            if let plan::Op::Layer { layer } = node.op
                && layers[layer].kind == ZEROS
            {
                layers[layer].settings.insert("width", Setting::Int(n(w) as i64));
            }
            if let plan::Op::Head { task } = node.op
                && let Some(wide) = score_widths[task]
            {
                node.shape = node.shape.with_width(wide);
            }
        }
    }
    // those from which only a width was wanted stand at no node
    for l in layers.iter_mut().filter(|l| l.kind == ZEROS && !l.settings.contains_key("width")) {
        l.settings.insert("width", Setting::Int(0));
    }
    let mut train = c.train.clone();
    for s in &mut train.stages {
        if weightings::find(&s.weights.kind).is_some_and(|w| w.learns) {
            s.weights.params = c.uncertainty.iter().map(|(t, p)| (*t, *p)).collect();
        }
    }
    let g = c.task_graph();
    let verdict = Verdict {
        multi_step: g.multi_step(),
        reasons: if g.multi_step() { g.reasons() } else { vec![] },
        steps: g.steps.iter().map(|s| s.iter().map(|t| g.tasks[*t].clone()).collect()).collect(),
    };
    let mut expects = c.expects.clone();
    first_metrics(c, tables, &mut tasks, &mut train, &mut expects);
    Plan {
        version: VERSION,
        name: name.into(),
        corpora: c.corpora.to_vec(),
        vocabs,
        labels,
        params,
        layers,
        tasks,
        views,
        terms: c.terms.clone(),
        losses: c.losses.clone(),
        penalties: c.penalties.clone(),
        graphs,
        train,
        expects,
        verdict,
        passes: vec![],
    }
}

/// E0207: classes that are weighed and that no training example shows; (task, finding).
pub fn unknown_classes(c: &Checked, tables: &Tables) -> Vec<(String, Diagnostic)> {
    let mut out = vec![];
    for t in &c.tasks {
        let Some(plan::ClassWeights::Named(named)) = &t.class_weights else { continue };
        let (labels, _) = tables.of(t);
        for (class, _) in named.iter().filter(|(class, _)| labels.id(class) < 0) {
            let d = Diagnostic::new("E0207", format!("no training example of `{}` has the class `{class}`", t.name));
            let d = match suggest::near(class, labels.classes.iter().map(String::as_str)).as_slice() {
                [] => d.help(format!("its classes are: {}", labels.classes.join(", "))),
                near => d.help(format!("did you mean `{}`?", near[0])),
            };
            out.push((t.name.clone(), d));
        }
    }
    out
}

/// E0420: members whose weights a loss sets side by side have equally many classes, which only the data tell.
pub fn uneven(c: &Checked, tables: &Tables) -> Vec<(String, Diagnostic)> {
    let size = |s: Size| match s {
        Size::Labels(i) => tables.labels.get(i as usize).map_or(0, |l| l.len()),
        Size::Vocab(i) => tables.vocabs.get(i as usize).map_or(0, |v| v.len()),
        Size::Open(..) => 0,
    };
    let shape = |p: &usize| c.params[*p].shape.iter().map(|d| d.resolve(&size)).collect::<Vec<_>>();
    let mut out = vec![];
    let penalties = c.penalties.iter().flat_map(|p| p.nodes.iter().map(|n| (p.loss, n)));
    let within = c.graphs.iter().flat_map(|g| g.losses.iter().flat_map(|l| g.nodes.iter().map(|n| (l.loss, n))));
    for (loss, node) in penalties.chain(within) {
        let plan::Op::Term { term } = node.op else { continue };
        let all = &c.terms[term].params;
        // those of one member after those of another
        let Some(members) = c.terms[term].settings.get(MEMBERS).and_then(Setting::as_usize) else { continue };
        let each = (all.len() / members.max(1)).max(1);
        let mut pairs = all.iter().enumerate().map(|(i, p)| (&all[i % each], p));
        let Some((first, other)) = pairs.find(|(a, b)| shape(a) != shape(b)) else { continue };
        let (a, b) = (&c.params[*first], &c.params[*other]);
        let what =
            format!("`{}` and `{}` differ in shape, and `{}` needs equals", a.owner, b.owner, c.terms[term].kind);
        let sizes = format!("{:?} numbers here, {:?} there", shape(first), shape(other));
        let d = Diagnostic::new("E0420", what).help(format!("compare tasks with equally many classes: {sizes}"));
        if !out.iter().any(|(_, known)| *known == d) {
            out.push((c.losses[loss].name.clone(), d));
        }
    }
    out
}

/// Settles the first metric of the tasks that name none.
fn first_metrics(
    c: &Checked,
    tables: &Tables,
    tasks: &mut [plan::Task],
    train: &mut plan::Train,
    expects: &mut [plan::Expect],
) {
    for (i, t) in tasks.iter_mut().enumerate().filter(|(_, t)| c.metric_by_data.contains(&t.name)) {
        let spans = marks_spans(t, tables);
        if let Some(moved) = first_metric(t, spans) {
            train.objective.iter_mut().for_each(|s| renumber(s, i, moved));
            expects.iter_mut().filter_map(|e| score_of(&mut e.claim)).for_each(|s| renumber(s, i, moved));
        }
    }
}

/// Whether the tags of a task mark spans.
fn marks_spans(t: &plan::Task, tables: &Tables) -> bool {
    t.layers.is_none() && t.labels.and_then(|l| tables.labels.get(l)).is_some_and(|l| l.is_bio())
}

/// The first metric of a task that names none, where the data tell which it is.
pub fn first_metric_of(c: &Checked, tables: &Tables, task: &str) -> Option<&'static str> {
    let t = c.tasks().iter().find(|t| t.name == task && c.metric_by_data.contains(task))?;
    marks_spans(t, tables).then_some(SPANS)
}

/// The metric of tags that mark spans.
const SPANS: &str = "span_f1";

/// What stands for a tagger that names no metric: chunks where its tags mark spans, with the accuracy beside them. Gives
/// the place of a metric that was named elsewhere and is the first now.
fn first_metric(task: &mut plan::Task, spans: bool) -> Option<usize> {
    let metric = plan::Metric::plain;
    task.metrics[0] = metric(if spans { SPANS } else { "accuracy" });
    let again = task.metrics.iter().skip(1).position(|m| *m == task.metrics[0]).map(|i| i + 1);
    if let Some(at) = again {
        task.metrics.remove(at);
    }
    if !task.metrics.iter().any(|m| m.name == "accuracy") {
        task.metrics.push(metric("accuracy"));
    }
    again
}

/// A metric of a task has become its first.
fn renumber(score: &mut Score, of: usize, moved: usize) {
    match score {
        Score::Metric { task, metric } if *task == of && *metric >= moved => {
            *metric = if *metric == moved { 0 } else { *metric - 1 };
        }
        Score::Metric { .. } | Score::Frame { .. } | Score::Number(_) => {}
        Score::Mean(xs) => xs.iter_mut().for_each(|x| renumber(x, of, moved)),
        Score::Add(a, b) | Score::Sub(a, b) | Score::Mul(a, b) | Score::Div(a, b) => {
            renumber(a, of, moved);
            renumber(b, of, moved);
        }
    }
}

fn score_of(claim: &mut Claim) -> Option<&mut Score> {
    match claim {
        Claim::Verdict | Claim::Probe { .. } => None,
        Claim::Figure { score, .. } | Claim::Gain { score, .. } | Claim::Drop { score, .. } => Some(score),
    }
}
