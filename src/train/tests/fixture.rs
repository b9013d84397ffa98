//! A tiny program by hand: slots and intents on corpus `a`, topics on corpus `b`, one shared encoder, and an arrow from
//! slots to topics.

use crate::columns::{Column, Corpus, CorpusDecl, FieldDecl, FieldType, Split};
use crate::encode::{Examples, Tables};
use crate::plan::*;
use crate::random::generator;
use rand::RngExt;
use std::collections::BTreeMap;
use std::path::Path;

pub struct Program {
    pub plan: Plan,
    pub tables: Tables,
    pub examples: Examples,
    pub corpora: Vec<Corpus>,
}

fn field(name: &str, ty: FieldType) -> FieldDecl {
    FieldDecl { name: name.into(), ty, source: None, span: Default::default(), axis_span: None }
}

fn decl(name: &str, fields: Vec<FieldDecl>) -> CorpusDecl {
    CorpusDecl {
        name: name.into(),
        reader: "columns".into(),
        path: None,
        splits: BTreeMap::new(),
        options: BTreeMap::new(),
        fields,
        span: Default::default(),
        reader_span: Default::default(),
        option_spans: BTreeMap::new(),
    }
}

type Texts = Vec<Vec<String>>;
type Tags = Vec<Option<Vec<String>>>;

/// Sentences "VERB filler* NAME filler*": the verb decides the intent, the name the slot.
fn sentences(n: usize, seed: u64) -> (Texts, Tags, Vec<Option<String>>) {
    let mut rng = generator(seed, "sentences", &[]);
    let mut pick = |n: usize| rng.random_range(0..n);
    let (mut x, mut tags, mut intents) = (vec![], vec![], vec![]);
    for _ in 0..n {
        let verb = pick(3);
        let mut words = vec![["play", "book", "find"][verb].to_string()];
        let mut own = vec!["O".to_string()];
        for _ in 0..pick(4) {
            words.push(["the", "a", "some", "me"][pick(4)].into());
            own.push("O".into());
        }
        let kind = pick(2);
        words.push([["oslo", "rome", "paris"], ["anna", "bert", "carl"]][kind][pick(3)].into());
        own.push(["B-city", "B-person"][kind].into());
        if pick(3) == 0 {
            words.push("junior".into());
            own.push(["I-city", "I-person"][kind].into());
        }
        x.push(words);
        tags.push(Some(own));
        intents.push(Some(["music", "travel", "search"][verb].to_string()));
    }
    (x, tags, intents)
}

fn split_a(n: usize, seed: u64) -> Split {
    let (x, tags, intents) = sentences(n, seed);
    Split { len: n, columns: vec![Column::Tokens(x), Column::Tags(tags), Column::Label(intents)] }
}

/// The topic is whether a city is named, so slots tell it.
fn split_b(n: usize, seed: u64) -> Split {
    let (x, tags, _) = sentences(n, seed);
    let city = |t: &Option<Vec<String>>| t.as_ref().is_some_and(|t| t.iter().any(|t| t == "B-city"));
    let topics = tags.iter().map(|t| Some(if city(t) { "place" } else { "people" }.to_string())).collect();
    Split { len: n, columns: vec![Column::Tokens(x), Column::Label(topics)] }
}

pub fn corpora(n: usize) -> Vec<Corpus> {
    let corpus = |name: &str, split: fn(usize, u64) -> Split, n: usize, s: u64| Corpus {
        name: name.into(),
        train: split(n, s),
        dev: split(n / 3, s + 1),
        test: split(n / 3, s + 2),
        files: vec![],
        ..Corpus::default()
    };
    vec![corpus("a", split_a, n, 10), corpus("b", split_b, n / 2, 20)]
}

pub fn stage(tasks: Vec<usize>, length: Length) -> Stage {
    Stage {
        name: "train".into(),
        tasks,
        losses: vec![],
        length,
        batch: 8,
        sampler: Sampler::new("joint"),
        weights: Weighting::new("fixed"),
        gradients: None,
        optimizer: Optimizer {
            kind: "adam".into(),
            settings: Settings::from([("lr", Setting::Real(0.01))]),
            groups: vec![],
            warmup: 0.0,
            decay: crate::kinds::optimisers::Decay::usual(),
        },
        clip: Some(5.0),
        freeze: vec![],
        fork: false,
        restart: false,
        anchor: None,
        then_freeze: false,
        keep: None,
        kept: false,
        search: None,
        probe: None,
        eval_every: None,
        early_stop: None,
    }
}

pub fn decls() -> Vec<CorpusDecl> {
    vec![
        decl(
            "a",
            vec![
                field("x", FieldType::Tokens),
                field("slots", FieldType::Tags { on: "x".into() }),
                field("intent", FieldType::Label),
            ],
        ),
        decl("b", vec![field("y", FieldType::Tokens), field("topic", FieldType::Label)]),
    ]
}

#[derive(Default)]
struct Builder {
    params: Vec<Param>,
    layers: Vec<Layer>,
}

impl Builder {
    fn param(&mut self, owner: &str, name: &str, shape: &[usize], init: Init) -> usize {
        self.params.push(Param {
            name: format!("{owner}.{name}"),
            shape: shape.to_vec(),
            init,
            owner: owner.into(),
            also: vec![],
        });
        self.params.len() - 1
    }
    fn layer(&mut self, kind: &str, settings: &[(&str, Setting)], params: Vec<usize>) -> usize {
        let settings = settings.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
        self.layers.push(Layer { kind: kind.into(), name: format!("{kind}{}", self.layers.len()), settings, params });
        self.layers.len() - 1
    }
}

fn metric(name: &str) -> Metric {
    Metric::plain(name)
}

/// A program with the given corpora and one stage; tasks 0 slot, 1 intent, 2 topic.
// long: a program written out
pub fn program(corpora: Vec<Corpus>, stage: Stage) -> Program {
    let corpora_decls = decls();
    let mut vocabs = vec![VocabSpec {
        name: "words".into(),
        unit: Unit::Word,
        fields: vec![(0, 0), (1, 0)],
        lower: true,
        min_count: 1,
        max_size: 0,
        vectors: None,
        size: 0,
    }];
    let label = |name: &str, at| LabelSpec {
        name: name.into(),
        fields: vec![at],
        layer_names: false,
        words: None,
        classes: vec![],
    };
    let mut labels = vec![label("slots", (0, 1)), label("intent", (0, 2)), label("topic", (1, 1))];
    let (tables, faults) = Tables::build(&vocabs, &labels, &corpora_decls, &corpora, Path::new("."));
    assert!(faults.is_empty());
    vocabs[0].size = tables.vocabs[0].len();
    for (spec, set) in labels.iter_mut().zip(&tables.labels) {
        spec.classes = set.classes.clone();
    }
    let k: Vec<usize> = labels.iter().map(|l| l.classes.len()).collect();
    let (d, h) = (8, 12);
    let mut b = Builder::default();
    let emb = b.param("enc", "weight", &[vocabs[0].size, d], Init::Normal(0.3));
    let embed = b.layer(
        "embed",
        &[("vocab", Setting::Int(0)), ("width", Setting::Int(d as i64)), ("unk", Setting::Real(0.2))],
        vec![emb],
    );
    let filter = b.param("enc", "filter", &[3 * d, h], Init::Xavier);
    let bias = b.param("enc", "bias", &[h], Init::Zeros);
    let windows = Setting::Ints(vec![3]);
    let cnn = b.layer("cnn", &[("width", Setting::Int(h as i64)), ("windows", windows)], vec![filter, bias]);
    let dropout = b.layer("dropout", &[("p", Setting::Real(0.1))], vec![]);
    let mean = b.layer("mean", &[], vec![]);
    let label_in = b.param("slot -> topic", "embed", &[k[0], 4], Init::Xavier);
    let label_embed = b.layer(
        "dense",
        &[("width", Setting::Int(4)), ("activation", Setting::Text("none".into())), ("bias", Setting::Bool(false))],
        vec![label_in],
    );
    let concat = b.layer("concat", &[], vec![]);
    let max = b.layer("max", &[], vec![]);
    let mut head = |owner: &str, d: usize, k: usize| {
        vec![b.param(owner, "out.weight", &[d, k], Init::Xavier), b.param(owner, "out.bias", &[k], Init::Zeros)]
    };
    let heads = [head("slot", h, k[0]), head("intent", h, k[1]), head("topic", h + 4, k[2])];
    let task = |name: &str, kind: &str, i: usize, gold: (usize, usize)| Task {
        name: name.into(),
        head: kind.into(),
        settings: Settings::new(),
        params: heads[i].clone(),
        labels: Some(i),
        layers: None,
        weight: Factor::Fixed(1.0),
        loss: None,
        class_weights: None,
        golds: vec![gold],
        metrics: vec![metric("accuracy")],
        step: usize::from(i == 2),
    };
    let tasks = vec![
        task("slot", "tag", 0, (0, 1)),
        task("intent", "classify", 1, (0, 2)),
        task("topic", "classify", 2, (1, 1)),
    ];
    let node =
        |op: Op, inputs: &[NodeId], shape: Shape| Node { op, inputs: inputs.to_vec(), shape, name: String::new() };
    let layer = |layer: usize| Op::Layer { layer };
    let trunk = || {
        vec![
            node(Op::Text { fields: vec![0] }, &[], Shape::TEXT),
            node(layer(embed), &[0], Shape::tokens(d)),
            node(layer(cnn), &[1], Shape::tokens(h)),
            node(layer(dropout), &[2], Shape::tokens(h)),
            node(Op::Head { task: 0 }, &[3], Shape::tokens(k[0])),
        ]
    };
    let graph = |corpus: usize, phase: Phase| {
        let mut nodes = trunk();
        let gold = |task: usize, head: NodeId, gold: Option<usize>| GraphTask { task, head, gold };
        let tasks = if corpus == 0 {
            nodes.push(node(layer(mean), &[3], Shape::example(h)));
            nodes.push(node(Op::Head { task: 1 }, &[5], Shape::example(k[1])));
            vec![gold(0, 4, Some(1)), gold(1, 6, Some(2))]
        } else {
            nodes.push(node(Op::Port { task: 0, port: Port::Probs }, &[4], Shape::tokens(k[0])));
            nodes.push(node(layer(label_embed), &[5], Shape::tokens(4)));
            nodes.push(node(layer(concat), &[3, 6], Shape::tokens(h + 4)));
            nodes.push(node(layer(max), &[7], Shape::example(h + 4)));
            nodes.push(node(Op::Head { task: 2 }, &[8], Shape::example(k[2])));
            vec![gold(0, 4, None), gold(2, 9, Some(1))]
        };
        Graph { corpus, phase, nodes, tasks, losses: vec![], twins: vec![] }
    };
    let graphs = vec![graph(0, Phase::Train), graph(0, Phase::Test), graph(1, Phase::Train), graph(1, Phase::Test)];
    let plan = Plan {
        version: VERSION,
        name: "tiny.mtl".into(),
        corpora: corpora_decls,
        vocabs,
        labels,
        params: b.params,
        layers: b.layers,
        tasks,
        views: vec![],
        terms: vec![],
        losses: vec![],
        penalties: vec![],
        graphs,
        train: Train { stages: vec![stage], objective: None, seed: 1 },
        expects: vec![],
        verdict: Verdict::default(),
        passes: vec![],
    };
    let examples = Examples::encode(&plan, &tables, &corpora);
    Program { plan, tables, examples, corpora }
}

/// The usual one.
pub fn tiny(n: usize, stage: Stage) -> Program {
    program(corpora(n), stage)
}
