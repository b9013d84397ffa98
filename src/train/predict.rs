//! Answers of every task to new texts.

use super::evaluate::{BATCH, LoadedRun, by_length};
use crate::columns::{Column, Split};
use crate::diagnostics::{Diagnostic, suggest};
use crate::encode::{Encoded, Examples};
use crate::kinds::heads::{self, Said};
use crate::network::{Batch, Job, Moment};
use crate::ops::floats;
use crate::ops::layer::matrix;
use crate::ops::value::Value;
use crate::plan::{Graph, NodeId, Op, Phase};
use crate::records::Forms;
use std::collections::{BTreeMap, BTreeSet};

/// A new example: tokens by name of text field.
pub type Input = BTreeMap<String, Vec<String>>;

/// What every task says of one example, in the order of the program.
pub type Prediction = Vec<(String, Said)>;

/// Which tasks can be answered from which texts.
pub struct Predictor<'a> {
    run: &'a LoadedRun,
    /// by task: the test graphs that compute it, with the fields that they read
    routes: Vec<Vec<(&'a Graph, Vec<usize>)>>,
}

/// The text fields that a node reads, itself or through others.
fn fields_read(graph: &Graph, head: NodeId) -> Vec<usize> {
    let (mut seen, mut open, mut fields) = (BTreeSet::new(), vec![head], BTreeSet::new());
    while let Some(n) = open.pop() {
        if !seen.insert(n) {
            continue;
        }
        let Some(node) = graph.nodes.get(n) else { continue };
        if let Op::Text { fields: own } = &node.op {
            fields.extend(own.iter().copied());
        }
        open.extend(&node.inputs);
    }
    fields.into_iter().collect()
}

impl<'a> Predictor<'a> {
    /// For a loaded run. With `corpus`, only through the graph of that corpus.
    pub fn new(run: &'a LoadedRun, corpus: Option<usize>) -> Self {
        let graphs = || run.plan.graphs.iter().filter(|g| g.phase == Phase::Test);
        let route = |t: usize| {
            let graphs = graphs().filter(|g| corpus.is_none_or(|c| g.corpus == c));
            let routes = graphs.filter_map(|g| {
                let own = g.tasks.iter().find(|x| x.task == t)?;
                Some((g, fields_read(g, own.head), own.gold.is_none()))
            });
            let mut routes: Vec<_> = routes.collect();
            // the task's own corpora before those where it only serves others
            routes.sort_by_key(|(_, _, serves)| *serves);
            routes.into_iter().map(|(g, f, _)| (g, f)).collect()
        };
        Self { run, routes: (0..run.plan.tasks.len()).map(route).collect() }
    }

    fn name(&self, graph: &Graph, field: usize) -> &'a str {
        self.run.plan.corpora[graph.corpus].fields.get(field).map_or("", |f| &f.name)
    }

    /// The text fields that any task reads.
    pub fn fields(&self) -> BTreeSet<&'a str> {
        let all = self.routes.iter().flatten();
        all.flat_map(|(g, fields)| fields.iter().map(|f| self.name(g, *f))).collect()
    }

    /// Answers some inputs with every task whose texts are all given. A field that no task reads, or an input that no
    /// task can answer, is an error.
    pub fn answer(&self, inputs: &[Input]) -> Result<Vec<Prediction>, Diagnostic> {
        let known = self.fields();
        for name in inputs.iter().flat_map(BTreeMap::keys) {
            if !known.contains(name.as_str()) {
                let near = suggest::question(&suggest::near(name, known.iter().copied()));
                let all: Vec<&str> = known.iter().copied().collect();
                return Err(Diagnostic::new("E0809", format!("no task of this run reads a text `{name}`"))
                    .help(near.unwrap_or_else(|| format!("give one or more of `{}`", all.join("`, `")))));
            }
        }
        let mut said: Vec<Vec<Option<Said>>> = vec![vec![None; self.routes.len()]; inputs.len()];
        // inputs and tasks that one graph answers, computed together
        let mut jobs: BTreeMap<usize, BTreeMap<Vec<usize>, Vec<usize>>> = BTreeMap::new();
        for (i, input) in inputs.iter().enumerate() {
            let mut by_corpus: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (t, routes) in self.routes.iter().enumerate() {
                let given =
                    |(g, fields): &&(&Graph, Vec<usize>)| fields.iter().all(|f| input.contains_key(self.name(g, *f)));
                if let Some((graph, _)) = routes.iter().find(given) {
                    by_corpus.entry(graph.corpus).or_default().push(t);
                }
            }
            if by_corpus.is_empty() {
                let all: Vec<&str> = known.iter().copied().collect();
                return Err(Diagnostic::new("E0809", format!("input {} lacks texts that every task needs", i + 1))
                    .help(format!("give `{}`", all.join("`, `"))));
            }
            for (corpus, tasks) in by_corpus {
                jobs.entry(corpus).or_default().entry(tasks).or_default().push(i);
            }
        }
        for (corpus, jobs) in jobs {
            let Some(graph) = self.run.plan.graph(corpus, Phase::Test) else { continue };
            for (tasks, rows) in jobs {
                let split = self.split(corpus, rows.iter().map(|i| &inputs[*i]));
                let (forms, encoded) = Examples::encode_one(&self.run.plan, &self.run.tables, corpus, &split);
                for (row, answers) in rows.iter().zip(self.compute(graph, &forms, &encoded, &tasks)) {
                    for (t, a) in answers {
                        said[*row][t] = Some(a);
                    }
                }
            }
        }
        let named = |row: Vec<Option<Said>>| {
            let tasks = self.run.plan.tasks.iter();
            tasks.zip(row).filter_map(|(t, s)| Some((t.name.clone(), s?))).collect()
        };
        Ok(said.into_iter().map(named).collect())
    }

    /// Inputs as a split of a corpus without gold.
    fn split<'i>(&self, corpus: usize, inputs: impl Iterator<Item = &'i Input> + Clone) -> Split {
        let fields = &self.run.plan.corpora[corpus].fields;
        let len = inputs.clone().count();
        let column = |f: &crate::columns::FieldDecl| match f.ty.is_text() {
            true => Column::Tokens(inputs.clone().map(|i| i.get(&f.name).cloned().unwrap_or_default()).collect()),
            // no gold: every other column is empty of values
            false => Column::Json(vec![None; len]),
        };
        Split { len, columns: fields.iter().map(column).collect() }
    }

    fn compute(&self, graph: &Graph, forms: &Forms, split: &Encoded, tasks: &[usize]) -> Vec<Vec<(usize, Said)>> {
        let LoadedRun { plan, network, params, .. } = self.run;
        let mut out: Vec<Vec<(usize, Said)>> = vec![vec![]; split.len];
        for examples in by_length(split).chunks(BATCH) {
            let batch = Batch { forms, split, examples };
            let job = Job { plan, graph, batch, params, moment: Moment::default() };
            let values = network.forward(&job, tasks);
            for t in graph.tasks.iter().filter(|t| tasks.contains(&t.task)) {
                let (Some(head), Some(scores)) = (network.head(t.task), values[t.head].as_ref()) else { continue };
                let cx = network.cx(&job, t.head);
                let answers = head.decide(scores, &cx);
                // of what is said token by token, no probabilities are shown
                let probs = match scores {
                    Value::Rows(_, axis) if axis.up.is_none() => floats(matrix(&head.probs(scores, &cx))),
                    Value::Rows(..) | Value::Text(_) => vec![],
                };
                let width = probs.len() / examples.len().max(1);
                let task = &plan.tasks[t.task];
                let (say, names) = (heads::find(&task.head).say, self.run.tables.cx(task));
                for (row, e) in examples.iter().enumerate() {
                    let own = probs.get(row * width..(row + 1) * width).unwrap_or_default();
                    out[*e].push((t.task, say(&names, &answers, row, own)));
                }
            }
        }
        out
    }
}

/// So many inputs are read before they are answered.
const CHUNK: usize = 1024;
/// Or fewer, as soon as their texts have so many bytes: what is computed of them takes a multiple of that.
const BYTES: usize = 1 << 20;

/// Answers a stream of inputs, chunk by chunk, and hands each prediction on in order.
pub fn predict<E: From<Diagnostic>>(
    run: &LoadedRun,
    corpus: Option<usize>,
    inputs: impl Iterator<Item = Result<Input, E>>,
    mut each: impl FnMut(&Input, Prediction) -> Result<(), E>,
) -> Result<(), E> {
    let predictor = Predictor::new(run, corpus);
    let (mut chunk, mut bytes) = (vec![], 0);
    let mut inputs = inputs.peekable();
    while let Some(input) = inputs.next() {
        let input = input?;
        bytes += input.values().flatten().map(String::len).sum::<usize>();
        chunk.push(input);
        if chunk.len() == CHUNK || bytes >= BYTES || inputs.peek().is_none() {
            for (input, prediction) in chunk.iter().zip(predictor.answer(&chunk)?) {
                each(input, prediction)?;
            }
            chunk.clear();
            bytes = 0;
        }
    }
    Ok(())
}
