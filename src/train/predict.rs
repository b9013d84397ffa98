//! Answers of every task to new texts.

use super::evaluate::{BATCH, LoadedRun, by_length};
use crate::columns::{Column, OptionValue, Split};
use crate::diagnostics::{Diagnostic, suggest};
use crate::encode::Examples;
use crate::kinds::heads::{self, Said, Shown};
use crate::kinds::writers::Told;
use crate::network::{Batch, Job, Moment};
use crate::ops::floats;
use crate::ops::layer::{axis, matrix};
use crate::plan::{Graph, NodeId, Op, Phase};
use crate::records::Records;
use std::collections::{BTreeMap, BTreeSet};

/// A new example: text fields with their tokens.
pub type Input = Vec<(String, Vec<String>)>;

/// What tasks say of one example, by index of task in the order of the program.
pub type Prediction = Vec<(usize, Said)>;

/// The tokens of a text of an example.
fn text<'i>(input: &'i Input, name: &str) -> Option<&'i Vec<String>> {
    input.iter().find(|(n, _)| n == name).map(|(_, tokens)| tokens)
}

/// Which tasks can be answered from which texts.
pub struct Predictor<'a> {
    run: &'a LoadedRun,
    /// what is said beside the decisions
    pub shown: Shown,
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
        Self { run, shown: Shown::default(), routes: (0..run.plan.tasks.len()).map(route).collect() }
    }

    fn name(&self, graph: &Graph, field: usize) -> &'a str {
        self.run.plan.corpora[graph.corpus].fields.get(field).map_or("", |f| &f.name)
    }

    /// The text fields that any task reads.
    pub fn fields(&self) -> BTreeSet<&'a str> {
        let all = self.routes.iter().flatten();
        all.flat_map(|(g, fields)| fields.iter().map(|f| self.name(g, *f))).collect()
    }

    /// Every task of the run as it is written, those that are not answered here included.
    pub fn tasks(&self) -> Vec<Told> {
        let task = |(task, routes): (&crate::plan::Task, &Vec<(&Graph, Vec<usize>)>)| {
            let head = heads::find(&task.head);
            let route = routes.first().map(|(graph, _)| *graph);
            let t = self.run.plan.tasks.iter().position(|x| x.name == task.name);
            let fields = route.map_or(&[][..], |g| &self.run.plan.corpora[g.corpus].fields);
            let gold = route.and_then(|g| g.tasks.iter().find(|x| Some(x.task) == t)?.gold);
            let tokens = (head.rule.answers)(&task.settings) == heads::Answers::Tokens;
            let columns = (head.columns)(&task.settings);
            Told {
                name: task.name.clone(),
                columns,
                tokens,
                odds: head.odds && (!columns.is_empty() || !tokens),
                gold: gold.and_then(|f| fields.get(f).cloned()),
                text: route.and_then(|g| self.text_of(g, t?)).map(|f| fields[f].name.clone()),
            }
        };
        self.run.plan.tasks.iter().zip(&self.routes).map(task).collect()
    }

    /// The text field beside whose tokens stands what a task says: that of its gold, else the first that it reads.
    fn text_of(&self, graph: &Graph, task: usize) -> Option<usize> {
        let fields = &self.run.plan.corpora[graph.corpus].fields;
        let own = graph.tasks.iter().find(|t| t.task == task)?;
        let axis = own.gold.and_then(|f| fields.get(f)?.ty.axis());
        let axis = axis.and_then(|on| fields.iter().position(|f| f.name == on));
        axis.or_else(|| fields_read(graph, own.head).first().copied())
    }

    /// Answers some inputs, each with every task whose texts are all given. A field that no task reads, or an input that
    /// no task can answer, is an error of that input.
    pub fn answer(&self, inputs: &[Input]) -> Vec<Result<Prediction, Diagnostic>> {
        let known = self.fields();
        let mut said: Vec<Result<Prediction, Diagnostic>> = vec![];
        // inputs and tasks that one graph answers, computed together
        let mut jobs: BTreeMap<usize, BTreeMap<Vec<usize>, Vec<usize>>> = BTreeMap::new();
        for (i, input) in inputs.iter().enumerate() {
            let all: Vec<&str> = known.iter().copied().collect();
            if let Some((name, _)) = input.iter().find(|(name, _)| !known.contains(name.as_str())) {
                let near = suggest::question(&suggest::near(name, known.iter().copied()));
                let d = Diagnostic::new("E0809", format!("no task of this run reads a text `{name}`"));
                said.push(Err(d.help(near.unwrap_or_else(|| format!("give one or more of `{}`", all.join("`, `"))))));
                continue;
            }
            let mut by_corpus: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (t, routes) in self.routes.iter().enumerate() {
                let given = |(g, fields): &&(&Graph, Vec<usize>)| {
                    fields.iter().all(|f| text(input, self.name(g, *f)).is_some())
                };
                if let Some((graph, _)) = routes.iter().find(given) {
                    by_corpus.entry(graph.corpus).or_default().push(t);
                }
            }
            if by_corpus.is_empty() {
                let d = Diagnostic::new("E0809", "texts that every task needs are not given");
                said.push(Err(d.help(format!("give `{}`", all.join("`, `")))));
                continue;
            }
            said.push(Ok(vec![]));
            for (corpus, tasks) in by_corpus {
                jobs.entry(corpus).or_default().entry(tasks).or_default().push(i);
            }
        }
        for (corpus, jobs) in jobs {
            for (tasks, rows) in jobs {
                let split = self.split(corpus, rows.iter().map(|i| &inputs[*i]));
                for (row, answers) in rows.iter().zip(self.answer_split(corpus, &split, &tasks)) {
                    if let Ok(said) = &mut said[*row] {
                        said.extend(answers);
                    }
                }
            }
        }
        said.iter_mut().flatten().for_each(|own| own.sort_by_key(|(t, _)| *t));
        said
    }

    /// Inputs as a split of a corpus without gold.
    fn split<'i>(&self, corpus: usize, inputs: impl Iterator<Item = &'i Input> + Clone) -> Split {
        let fields = &self.run.plan.corpora[corpus].fields;
        let len = inputs.clone().count();
        let column = |f: &crate::columns::FieldDecl| match f.ty.is_text() {
            true => Column::Tokens(inputs.clone().map(|i| text(i, &f.name).cloned().unwrap_or_default()).collect()),
            // no gold: every other column is empty of values
            false => Column::Json(vec![None; len]),
        };
        Split { len, columns: fields.iter().map(column).collect() }
    }

    /// The tasks that are computed on a corpus.
    pub fn tasks_on(&self, corpus: usize) -> Vec<usize> {
        let graph = self.run.plan.graph(corpus, Phase::Test);
        graph.map(|g| g.tasks.iter().map(|t| t.task).collect()).unwrap_or_default()
    }

    /// What some tasks say of the examples of a corpus.
    pub fn answer_split(&self, corpus: usize, examples: &Split, tasks: &[usize]) -> Vec<Prediction> {
        let LoadedRun { plan, network, weights, tables, .. } = self.run;
        let mut out: Vec<Prediction> = vec![vec![]; examples.len];
        let Some(graph) = plan.graph(corpus, Phase::Test) else { return out };
        let (forms, split) = Examples::encode_one(plan, tables, corpus, examples);
        let option = |name: &str| match plan.corpora[corpus].options.get(name) {
            Some(OptionValue::Text(t)) => Some(t.as_str()),
            _ => None,
        };
        let sets = (option("split").filter(|s| !s.is_empty()).unwrap_or(","), option("none").unwrap_or_default());
        let order = by_length(&split);
        let parts = weights.parts(tasks);
        for (rows, (_, params, tasks)) in order.chunks(BATCH).flat_map(|rows| parts.iter().map(move |p| (rows, p))) {
            let batch = Batch { forms: &forms, split: &split, examples: rows };
            let job = Job { plan, graph, batch, params, moment: Moment::default() };
            let values = network.forward(&job, tasks);
            for t in graph.tasks.iter().filter(|t| tasks.contains(&t.task)) {
                let (Some(head), Some(scores)) = (network.head(t.task), values[t.head].as_ref()) else { continue };
                let (cx, task) = (network.cx(&job, t.head), &plan.tasks[t.task]);
                let kind = heads::find(&task.head);
                let answers = head.decide(scores, &cx);
                let wanted = axis(scores).up.is_none() || self.shown.any() && kind.odds;
                let probs = if wanted { floats(matrix(&head.probs(scores, &cx))) } else { vec![] };
                let width = probs.len() / axis(scores).total().max(1);
                let names = heads::AnswerCx { shown: self.shown, sets, ..tables.cx(task) };
                // one token stands for a text of none, of whose tokens nothing is said
                let tokens = (kind.rule.answers)(&task.settings) == heads::Answers::Tokens;
                let beside = self.text_of(graph, t.task).filter(|_| tokens).map(|f| &examples.columns[f]);
                let empty = |e: usize| matches!(beside, Some(Column::Tokens(v)) if v[e] == [String::new()]);
                for (row, e) in rows.iter().enumerate() {
                    let (own, _) = axis(scores).cut(row..row + 1);
                    let own = probs.get(own.start * width..own.end * width).unwrap_or_default();
                    let said = match empty(*e) {
                        true => (kind.say)(&names, &Records::rows(answers.width, [vec![]]), 0, &[]),
                        false => (kind.say)(&names, &answers, row, own),
                    };
                    out[*e].push((t.task, said));
                }
            }
        }
        out.iter_mut().for_each(|own| own.sort_by_key(|(t, _)| *t));
        out
    }
}

/// So many inputs are read before they are answered.
const CHUNK: usize = 1024;
/// Or fewer, as soon as their texts have so many bytes: what is computed of them takes a multiple of that.
const BYTES: usize = 1 << 20;

/// An input as a stream holds it: what it was read from, and its texts or why it has none.
pub type Read<T> = (T, Result<Input, String>);

/// Answers a stream of inputs, chunk by chunk, and hands each on in order, with what is said of it or why nothing is.
///
/// # Errors
/// That of `each`, which ends it.
pub fn predict<T, E>(
    predictor: &Predictor<'_>,
    inputs: impl Iterator<Item = Read<T>>,
    mut each: impl FnMut(T, Result<(&Input, Prediction), String>) -> Result<(), E>,
) -> Result<(), E> {
    let (mut chunk, mut bytes): (Vec<Read<T>>, usize) = (vec![], 0);
    let mut inputs = inputs.peekable();
    while let Some((from, input)) = inputs.next() {
        bytes += input.iter().flatten().flat_map(|(_, tokens)| tokens).map(String::len).sum::<usize>();
        chunk.push((from, input));
        if chunk.len() == CHUNK || bytes >= BYTES || inputs.peek().is_none() {
            let sound: Vec<Input> = chunk.iter().filter_map(|(_, i)| i.as_ref().ok().cloned()).collect();
            let mut answers = predictor.answer(&sound).into_iter();
            for (from, input) in chunk.drain(..) {
                match input {
                    Err(what) => each(from, Err(what))?,
                    Ok(input) => {
                        let said = answers.next().unwrap_or_else(|| Ok(vec![]));
                        let why = |d: Diagnostic| match d.help {
                            Some(help) => format!("{}: {help}", d.message),
                            None => d.message,
                        };
                        each(from, said.map(|said| (&input, said)).map_err(why))?;
                    }
                }
            }
            bytes = 0;
        }
    }
    Ok(())
}
