//! A folder with data files, and specs compiled in it.

use mtlc::columns::{Corpus, SplitName};
use mtlc::diagnostics::Diagnostic;
use mtlc::driver::{self, Disk};
use mtlc::encode::{Examples, Tables};
use mtlc::hir::Options;
use mtlc::network::together::Share;
use mtlc::network::{Batch, BatchLoss, Job, Known, Moment, Network, Values};
use mtlc::ops::params::Params;
use mtlc::ops::value::Value;
use mtlc::passes::flow::Wanted;
use mtlc::plan::{Graph, Op, Phase, Plan};
use mtlc::train::evaluate::new_params;
use mtlc::train::report::Report;
use mtlc::train::{Quiet, RunError, RunOptions, run};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

pub struct World(pub tempfile::TempDir);

/// A program with its data.
pub struct Ready {
    pub plan: Plan,
    pub tables: Tables,
    pub examples: Examples,
    #[allow(dead_code)]
    pub corpora: Vec<Corpus>,
}

/// Findings as `CODE message`.
pub fn shown(found: &[Diagnostic]) -> String {
    found.iter().fold(String::new(), |mut s, d| {
        let _ = writeln!(s, "{} {}", d.code, d.message);
        s
    })
}

impl World {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// A folder of CoNLL-style columns; a sentence is a list of rows.
    pub fn columns(&self, folder: &str, splits: [&[Sentence]; 3]) -> &Self {
        for (name, sentences) in ["train", "dev", "test"].iter().zip(splits) {
            let rows = |s: &Sentence| s.iter().map(|t| format!("{}\n", t.join("\t"))).collect::<String>();
            let text: Vec<String> = sentences.iter().map(rows).collect();
            if !text.is_empty() {
                self.file(&format!("{folder}/{name}.txt"), &text.join("\n"));
            }
        }
        self
    }

    /// A folder of tab-separated values with headings.
    pub fn tsv(&self, folder: &str, head: &[&str], splits: [&[Vec<String>]; 3]) -> &Self {
        for (name, rows) in ["train", "dev", "test"].iter().zip(splits) {
            if !rows.is_empty() {
                let lines: String = rows.iter().map(|r| format!("{}\n", r.join("\t"))).collect();
                self.file(&format!("{folder}/{name}.tsv"), &format!("{}\n{lines}", head.join("\t")));
            }
        }
        self
    }

    pub fn try_build(&self, spec: &str, options: &Options) -> Result<Ready, Vec<Diagnostic>> {
        let mut c = driver::compile(&self.path().join("spec.mtl"), spec, &Disk, options);
        let data = driver::load(&mut c, true);
        match driver::plan(&mut c, &data) {
            Some(plan) => {
                let examples = Examples::encode(&plan, &data.tables, &data.corpora);
                Ok(Ready { plan, tables: data.tables, examples, corpora: data.corpora })
            }
            None => Err(c.diagnostics),
        }
    }

    pub fn build(&self, spec: &str) -> Ready {
        self.build_with(spec, &Options::default())
    }

    pub fn build_with(&self, spec: &str, options: &Options) -> Ready {
        self.try_build(spec, options).unwrap_or_else(|d| panic!("{spec}\n{}", shown(&d)))
    }

    /// Without an arrow.
    pub fn without(&self, spec: &str, from: &str, to: &str) -> Ready {
        self.build_with(spec, &Options { without: vec![(from.into(), to.into())], ..Options::default() })
    }

    /// The findings of a spec that cannot be run, by whichever stage before the first step.
    pub fn refused(&self, spec: &str) -> String {
        match self.try_build(spec, &Options::default()) {
            Err(d) => shown(&d),
            Ok(r) => match r.try_train(1) {
                Err(RunError::Failed(d)) => shown(&d),
                _ => String::new(),
            },
        }
    }
}

pub type Sentence = Vec<Vec<String>>;

/// `"play/O jazz/B-genre"` and the like: tokens between spaces, columns between slashes.
pub fn sentences(text: &[&str]) -> Vec<Sentence> {
    let row = |t: &str| t.split('/').map(String::from).collect();
    text.iter().map(|s| s.split_whitespace().map(row).collect()).collect()
}

/// `"a b|x"`: columns between bars.
pub fn rows(text: &[&str]) -> Vec<Vec<String>> {
    text.iter().map(|s| s.split('|').map(String::from).collect()).collect()
}

/// Loss of each task and the gradient of each parameter; empty where there is none.
pub struct Backward {
    pub losses: BTreeMap<String, f64>,
    pub grads: BTreeMap<String, Vec<f32>>,
    owners: BTreeMap<String, String>,
}

impl Backward {
    /// The gradients of an owner's parameters, one after the other, by name.
    pub fn of(&self, owner: &str) -> Vec<f32> {
        let own: Vec<&String> = self.owners.iter().filter(|(_, o)| *o == owner).map(|(n, _)| n).collect();
        assert!(!own.is_empty(), "nobody is called {owner}: {:?}", self.owners);
        own.into_iter().flat_map(|n| self.grads[n].clone()).collect()
    }

    pub fn nothing(&self, owner: &str) -> bool {
        self.of(owner).iter().all(|g| *g == 0.0)
    }
}

pub fn values_of(v: &Value) -> Vec<Vec<f64>> {
    let t = match v {
        Value::Rows(t, _) => t.clone(),
        Value::Text(_) => panic!("a text"),
    };
    let [n, d] = t.dims();
    let flat = t.into_data().try_to_vec::<f32>().unwrap();
    (0..n).map(|i| flat[i * d..(i + 1) * d].iter().map(|x| f64::from(*x)).collect()).collect()
}

impl Ready {
    pub fn task(&self, name: &str) -> usize {
        let all: Vec<&String> = self.plan.tasks.iter().map(|t| &t.name).collect();
        self.plan.tasks.iter().position(|t| t.name == name).unwrap_or_else(|| panic!("{name} of {all:?}"))
    }

    pub fn corpus(&self, name: &str) -> usize {
        self.plan.corpora.iter().position(|c| c.name == name).unwrap()
    }

    pub fn graph(&self, corpus: &str, phase: Phase) -> &Graph {
        self.plan.graph(self.corpus(corpus), phase).unwrap()
    }

    pub fn params(&self) -> Params {
        new_params(&self.plan, &self.tables, 3, &burn::tensor::Device::flex())
    }

    /// As a run with this seed begins.
    pub fn params_at(&self, seed: u64) -> Params {
        new_params(&self.plan, &self.tables, seed, &burn::tensor::Device::flex())
    }

    pub fn param(&self, p: &Params, name: &str) -> Vec<Vec<f64>> {
        let names: Vec<&String> = self.plan.params.iter().map(|p| &p.name).collect();
        let i = self.plan.params.iter().position(|p| p.name == name).unwrap_or_else(|| panic!("{name} of {names:?}"));
        let w = self.plan.params[i].shape.last().copied().unwrap();
        p.values(i).chunks(w).map(|r| r.iter().map(|x| f64::from(*x)).collect()).collect()
    }

    /// Runs a graph on every training example of its corpus.
    pub fn forward<T>(
        &self,
        corpus: &str,
        phase: Phase,
        tasks: &[&str],
        progress: f64,
        then: impl FnOnce(&Network, &Job<'_>, &Values, &[usize]) -> T,
    ) -> T {
        let split = self.examples.split(self.corpus(corpus), SplitName::Train).unwrap();
        let all: Vec<usize> = (0..split.len).collect();
        self.compute(corpus, phase, &all, tasks, progress, then)
    }

    /// Runs a graph on some of them.
    pub fn forward_on<T>(
        &self,
        corpus: &str,
        phase: Phase,
        examples: &[usize],
        tasks: &[&str],
        then: impl FnOnce(&Network, &Job<'_>, &Values, &[usize]) -> T,
    ) -> T {
        self.compute(corpus, phase, examples, tasks, 0.0, then)
    }

    fn compute<T>(
        &self,
        corpus: &str,
        phase: Phase,
        examples: &[usize],
        tasks: &[&str],
        progress: f64,
        then: impl FnOnce(&Network, &Job<'_>, &Values, &[usize]) -> T,
    ) -> T {
        let network = Network::new(&self.plan, &self.tables).unwrap();
        let params = self.params();
        let valid = params.valid();
        let c = self.corpus(corpus);
        let split = self.examples.split(c, SplitName::Train).unwrap();
        let batch = Batch { forms: &self.examples.forms, split, examples };
        let moment = Moment { seed: 1, step: 0, progress };
        let p = if phase == Phase::Train { &params } else { &valid };
        let job = Job { plan: &self.plan, graph: self.graph(corpus, phase), batch, params: p, moment };
        let wanted: Vec<usize> = tasks.iter().map(|t| self.task(t)).collect();
        let values = network.forward(&job, &wanted);
        then(&network, &job, &values, &wanted)
    }

    /// Losses and gradients of some tasks on the training examples of a corpus.
    pub fn backward(&self, corpus: &str, tasks: &[&str]) -> Backward {
        self.backward_of(corpus, tasks, &[], 0)
    }

    pub fn loss(&self, name: &str) -> usize {
        self.plan.losses.iter().position(|l| l.name == name).unwrap_or_else(|| panic!("no loss {name}"))
    }

    /// Losses of tasks, and those declared by `loss`, as at a step of the run, with the gradients of their sum.
    pub fn backward_of(&self, corpus: &str, tasks: &[&str], losses: &[&str], step: u64) -> Backward {
        let mut network = Network::new(&self.plan, &self.tables).unwrap();
        network.weigh_classes(&self.plan, &self.examples);
        let params = self.params();
        let split = self.examples.split(self.corpus(corpus), SplitName::Train).unwrap();
        let all: Vec<usize> = (0..split.len).collect();
        let batch = Batch { forms: &self.examples.forms, split, examples: &all };
        let moment = Moment { seed: 1, step, progress: 0.0 };
        let job = Job { plan: &self.plan, graph: self.graph(corpus, Phase::Train), batch, params: &params, moment };
        let wanted = Wanted {
            tasks: tasks.iter().map(|t| self.task(t)).collect(),
            losses: losses.iter().map(|l| self.loss(l)).collect(),
        };
        let values = network.forward_with(Share { job, wanted: wanted.clone(), known: Known::default() });
        let mut found = network.losses(&job, &wanted, &values);
        let own = self.plan.penalties.iter().filter(|p| wanted.losses.contains(&p.loss));
        found.extend(own.filter_map(|p| network.penalty(p, &params, &self.examples.forms, moment)));
        let value = |l: &BatchLoss| f64::from(l.mean.clone().into_scalar::<f32>());
        let named = found.iter().map(|l| (self.plan.name_of(l.of).to_string(), value(l))).collect();
        let total = found.into_iter().map(|l| l.mean).reduce(|a, b| a + b).expect("a loss");
        self.gradients(&params, total, named)
    }

    pub fn gradients(&self, p: &Params, total: burn::tensor::Tensor<1>, losses: BTreeMap<String, f64>) -> Backward {
        let grads = total.backward();
        let of = |i: usize| match self.plan.params[i].shape.len() {
            1 => p.get1(i).grad(&grads).map(|t| t.into_data().try_to_vec::<f32>().unwrap()),
            2 => p.get2(i).grad(&grads).map(|t| t.into_data().try_to_vec::<f32>().unwrap()),
            _ => p.get3(i).grad(&grads).map(|t| t.into_data().try_to_vec::<f32>().unwrap()),
        };
        let specs = &self.plan.params;
        Backward {
            losses,
            grads: specs.iter().enumerate().map(|(i, s)| (s.name.clone(), of(i).unwrap_or_default())).collect(),
            owners: specs.iter().map(|s| (s.name.clone(), s.owner.clone())).collect(),
        }
    }

    /// The values of the nodes whose operation is wanted, in order.
    pub fn values(
        &self,
        corpus: &str,
        phase: Phase,
        tasks: &[&str],
        progress: f64,
        wanted: impl Fn(&Op) -> bool,
    ) -> Vec<Vec<Vec<f64>>> {
        self.forward(corpus, phase, tasks, progress, |_, job, values, _| {
            let nodes = job.graph.nodes.iter().zip(values);
            nodes.filter(|(n, _)| wanted(&n.op)).filter_map(|(_, v)| v.as_ref().map(values_of)).collect()
        })
    }

    /// The scores of a task's (last) head.
    pub fn scores(&self, corpus: &str, phase: Phase, task: &str) -> Vec<Vec<f64>> {
        let t = self.task(task);
        let head = self.graph(corpus, phase).tasks.iter().find(|g| g.task == t).unwrap().head;
        self.forward(corpus, phase, &[task], 0.0, |_, _, values, _| values_of(values[head].as_ref().unwrap()))
    }

    pub fn try_train(&self, seed: u64) -> Result<Report, RunError> {
        let dir = tempfile::tempdir().unwrap();
        let options = RunOptions::new(dir.path().join("run"), seed);
        run(&self.plan, &self.tables, &self.examples, &options, &mut Quiet)
    }

    pub fn train(&self, seed: u64) -> Trained {
        let dir = tempfile::tempdir().unwrap();
        let options = RunOptions::new(dir.path().join("run"), seed);
        let report = match run(&self.plan, &self.tables, &self.examples, &options, &mut Quiet) {
            Ok(r) => r,
            Err(RunError::Failed(d)) => panic!("{}", shown(&d)),
            Err(_) => panic!("interrupted"),
        };
        let model = std::fs::read(dir.path().join("run/model.safetensors")).unwrap();
        Trained { report, model, _dir: dir }
    }
}

pub struct Trained {
    pub report: Report,
    pub model: Vec<u8>,
    _dir: tempfile::TempDir,
}

impl Trained {
    /// The first test figure of a task.
    pub fn test(&self, task: &str) -> f64 {
        let t = self.report.tasks.iter().find(|t| t.name == task).unwrap();
        t.test[0].value.unwrap_or_else(|| panic!("{task} has no test figure"))
    }

    /// What the lines of its course that have it say of something.
    pub fn course(&self, what: &str) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self._dir.path().join("run/metrics.jsonl")).unwrap();
        let lines = text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        lines.filter_map(|l| l.get(what).cloned()).collect()
    }

    /// A weight.
    pub fn weight(&self, name: &str) -> Vec<f32> {
        let file = safetensors::SafeTensors::deserialize(&self.model).unwrap();
        let t = file.tensor(name).unwrap();
        t.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    }
}

/// Near enough for sums of 32-bit numbers.
pub fn near(a: &[f32], b: &[f32], tolerance: f32) -> bool {
    let size = a.iter().chain(b).fold(0.0f32, |m, x| m.max(x.abs()));
    a.len() == b.len() && size > 0.0 && a.iter().zip(b).all(|(x, y)| (x - y).abs() <= tolerance * size)
}

/// Reproducible numbers below n.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    pub fn roll(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }
}
