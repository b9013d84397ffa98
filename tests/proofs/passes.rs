//! A pass changes how a plan is computed, not what comes out.

use super::world::{Dice, Ready, World, shown};
use mtlc::columns::SplitName;
use mtlc::hir::Options;
use mtlc::network::{Batch, Job, Moment, Network};
use mtlc::passes::flow::Wanted;
use mtlc::passes::{self, flow};
use mtlc::plan::{Applied, Phase, Plan};
use mtlc::train::frozen::Frozen;
use mtlc::train::report::Report;
use mtlc::train::run_dir::RunDir;
use mtlc::train::{Progress, RunError, RunOptions, StepNews, resume, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Two tagged corpora and one of pairs, with words that say what they are.
fn world() -> World {
    let w = World::new();
    let mut dice = Dice::new(7);
    let mut text = |n: usize| -> Vec<(String, usize)> {
        (0..1 + dice.roll(n)).map(|_| dice.roll(12)).map(|k| (format!("w{k}"), k)).collect()
    };
    for name in ["a", "b"] {
        let mut split = |n: usize| -> Vec<Vec<Vec<String>>> {
            let row = |(w, k): (String, usize)| vec![w, ["A", "B", "C"][k % 3].into(), ["X", "Y"][k / 6].into()];
            (0..n).map(|_| text(9).into_iter().map(row).collect()).collect()
        };
        let (train, dev, test) = (split(40), split(15), split(15));
        w.columns(name, [&train, &dev, &test]);
    }
    let join = |t: Vec<(String, usize)>| t.into_iter().map(|(w, _)| w).collect::<Vec<_>>().join(" ");
    let mut pairs = |n: usize| -> Vec<Vec<String>> {
        type Figures = Vec<(String, usize)>;
        let row = |(p, q): (Figures, Figures)| {
            let same = p[0].1 % 2 == q[0].1 % 2;
            vec![join(p), join(q), if same { "yes" } else { "no" }.into()]
        };
        (0..n).map(|_| row((text(6), text(6)))).collect()
    };
    let (train, dev, test) = (pairs(30), pairs(10), pairs(10));
    w.tsv("p", &["l", "r", "y"], [&train, &dev, &test]);
    w
}

const SPEC: &str = "data a = columns(\"a\") { x: tokens = 1; t: tags on x = 2; u: tags on x = 3 }
data b = columns(\"b\") { x: tokens = 1; t: tags on x = 2 }
data p = tsv(\"p\") { l: tokens; r: tokens; y: label }
encoder e = embed(8) & chars(cnn, 6) |> bilstm(7)
encoder f = e |> transformer(14, heads = 2, dropout = 0)
encoder own = e |> bigru(5)
task t : tag(crf) of a.t from e
task u : tag of a.u from e & own { dropout 0.2 }
task v : tag of b.t from f
task y : classify of p.y from match(f(l) |> attend, f(r) |> attend)
t.probs -> u via embed(3) { grad stop }
u.labels -> v via embed(3) { train predicted }
train {
  batch 8; dropout DROP; sample joint; clip 5; optimizer sgd(lr = 0.2)
  objective mean(t.accuracy, u.accuracy, v.accuracy, y.accuracy)
  stage all { epochs 2 }
  stage some { tasks u; epochs 2 }
  stage still { tasks v, y; epochs 3; freeze e, u; sample proportional }
  stage heads { tasks t, v, y; epochs 2; freeze e, f }
}
";

fn spec(dropout: &str) -> String {
    SPEC.replace("DROP", dropout)
}

fn build(w: &World, spec: &str, off: &[&str]) -> Ready {
    w.build_with(spec, &Options { no_pass: off.iter().map(|s| s.to_string()).collect(), ..Options::default() })
}

/// Losses of every step; stops the run after so many.
#[derive(Default)]
struct Watch {
    losses: Vec<(String, f64)>,
    steps: usize,
    stop: Option<(usize, Arc<AtomicBool>)>,
}

impl Progress for Watch {
    fn step(&mut self, news: &StepNews<'_>) {
        self.losses.extend(news.losses.iter().map(|(t, l)| (format!("{} {t}", news.stage), *l)));
        self.steps += 1;
        if let Some((after, flag)) = &self.stop {
            flag.store(self.steps >= *after, Ordering::Relaxed);
        }
    }
}

struct Done {
    losses: Vec<(String, f64)>,
    report: Report,
    model: Vec<u8>,
}

fn train(r: &Ready, memory: usize, stop_after: Option<usize>) -> Done {
    let dir = tempfile::tempdir().unwrap();
    let mut options = RunOptions::new(dir.path().join("run"), 5);
    options.cache_memory = memory;
    let mut watch = Watch { stop: stop_after.map(|n| (n, options.stop.clone())), ..Watch::default() };
    let mut report = run(&r.plan, &r.tables, &r.examples, &options, &mut watch);
    while let Err(RunError::Interrupted(_)) = report {
        let run = RunDir::open(&options.out).unwrap();
        let (plan, tables) = run.read_start().unwrap();
        assert_eq!(plan.passes, r.plan.passes, "a resumed run acts as it began");
        options.stop.store(false, Ordering::Relaxed);
        watch.steps = 0;
        report = resume(&run, &plan, &tables, &r.examples, &options, &mut watch);
    }
    let report = match report {
        Ok(r) => r,
        Err(RunError::Failed(d)) => panic!("{}", shown(&d)),
        Err(_) => unreachable!(),
    };
    let left: Vec<_> = std::fs::read_dir(&options.out).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(left.iter().all(|f| f == ".lock" || !f.to_string_lossy().starts_with('.')), "{left:?}");
    Done { losses: watch.losses, report, model: std::fs::read(options.out.join("model.safetensors")).unwrap() }
}

fn applied<'a>(plan: &'a Plan, name: &str) -> &'a Applied {
    plan.passes.iter().find(|p| p.name == name).unwrap()
}

fn same(a: &Done, b: &Done, what: &str) {
    assert_eq!(a.losses.len(), b.losses.len());
    for (i, ((n, x), (m, y))) in a.losses.iter().zip(&b.losses).enumerate() {
        assert!(n == m && (x - y).abs() <= 1e-5 * x.abs().max(1.0), "{what}: {n} {x} and {m} {y} at {i}");
    }
    for (t, s) in a.report.tasks.iter().zip(&b.report.tasks) {
        for (f, g) in t.test.iter().zip(&s.test) {
            assert_eq!(f.value, g.value, "{what}: {} of {}", f.metric, t.name);
        }
    }
}

#[test]
fn results_agree_with_and_without_each() {
    let w = world();
    for dropout in ["0", "0.3"] {
        let spec = spec(dropout);
        let all = build(&w, &spec, &[]);
        let with = train(&all, 1 << 30, None);
        for name in [passes::SHARE, passes::MERGE, passes::PRUNE, passes::GRADIENTS, passes::FROZEN] {
            let finds = applied(&all.plan, name);
            let idle = name == passes::FROZEN && dropout != "0";
            assert!(finds.on && (idle || !finds.what.is_empty()), "{name} has nothing to do here: {finds:?}");
            let off = build(&w, &spec, &[name]);
            assert!(!applied(&off.plan, name).on);
            same(&with, &train(&off, 1 << 30, None), name);
        }
        let none: Vec<&str> = passes::PASSES.iter().map(|p| p.name).filter(|n| *n != passes::BUCKET).collect();
        same(&with, &train(&build(&w, &spec, &none), 1 << 30, None), "none");
    }
}

#[test]
fn lengths_decide_which_examples_meet_and_nothing_else() {
    let w = world();
    // one batch holds all of a data set, so that they meet in any case; draws depend on the place in a batch
    let spec = spec("0").replace("batch 8", "batch 64").replace("embed(8)", "embed(8, unk = 0)");
    let spec = spec.replace(" { dropout 0.2 }", "");
    let (with, without) = (build(&w, &spec, &[]), build(&w, &spec, &[passes::BUCKET]));
    same(&train(&with, 1 << 30, None), &train(&without, 1 << 30, None), passes::BUCKET);
    // and smaller ones are others, which hold the same examples
    let passes_of = |off: &[&str]| {
        let r = build(&w, &SPEC.replace("DROP", "0"), off);
        let mut s = mtlc::batches::Schedule::new(&r.plan, 0, &r.examples, 1);
        let mut cursor = s.cursor();
        let mut out: Vec<(usize, Vec<usize>)> = vec![];
        for _ in 0..s.steps_per_epoch {
            out.extend(s.next(&mut cursor).into_iter().map(|d| (d.corpus, d.examples)));
        }
        let mut flat: Vec<(usize, usize)> = out.iter().flat_map(|(c, e)| e.iter().map(|e| (*c, *e))).collect();
        flat.sort_unstable();
        (out, flat)
    };
    let (sorted, not) = (passes_of(&[]), passes_of(&[passes::BUCKET]));
    assert_ne!(sorted.0, not.0);
    assert_eq!(sorted.1, not.1);
}

#[test]
fn kept_values_are_the_same_from_memory_disk_and_after_a_stop() {
    let w = world();
    let r = build(&w, &spec("0"), &[]);
    let memory = train(&r, 1 << 30, None);
    for (limit, stop) in [(0, None), (5000, None), (1 << 30, Some(3)), (5000, Some(7))] {
        let other = train(&r, limit, stop);
        assert!(other.model == memory.model, "other weights with {limit} bytes, stopped after {stop:?}");
    }
}

#[test]
fn a_frozen_encoder_is_computed_once_for_each_example() {
    let w = world();
    let r = build(&w, &spec("0"), &[]);
    let network = Network::new(&r.plan, &r.tables).unwrap();
    // no unknown words are drawn from a frozen table
    let mut params = r.params();
    let still = flow::frozen(&r.plan, 3);
    params.freeze(&(0..still.len()).filter(|i| still[*i]).collect::<Vec<_>>());
    let params = params.valid();
    let folder = tempfile::tempdir().unwrap();
    let (corpus, wanted) = (r.corpus("p"), [r.task("y")]);
    let split = r.examples.split(corpus, SplitName::Train).unwrap();
    let graph = r.graph("p", Phase::Train);
    let all: Vec<usize> = (0..split.len).rev().collect();
    let some = [4, 0, 9];
    let job = |examples| Job {
        plan: &r.plan,
        graph,
        batch: Batch { forms: &r.examples.forms, split, examples },
        params: &params,
        moment: Moment::default(),
    };
    for limit in [1 << 20, 300] {
        let mut frozen = Frozen::new(limit, folder.path());
        // everything learns in the first stage; in the third `f` does, above `e`; in the last only what pools its states
        for (stage, kept) in [(0, 0), (2, 2), (3, 2)] {
            frozen.begin(&r.plan, stage);
            assert_eq!(frozen.any(corpus, Phase::Train), kept > 0);
            let known = frozen.values(&network, &job(&all), SplitName::Train, &Wanted::tasks(&wanted)).unwrap();
            assert!(known.len() == kept, "{} kept in stage {stage}", known.len());
            let (size, values) = (frozen.size(), network.forward(&job(&all), &wanted));
            for (node, value) in &known {
                let (a, b) = (super::world::values_of(value), super::world::values_of(values[*node].as_ref().unwrap()));
                assert_eq!(a.len(), b.len());
                for (x, y) in a.iter().flatten().zip(b.iter().flatten()) {
                    assert!((x - y).abs() < 1e-6, "{x} and {y}");
                }
            }
            // a second look computes nothing and keeps nothing more, and a part is a part
            let part = frozen.values(&network, &job(&some), SplitName::Train, &Wanted::tasks(&wanted)).unwrap();
            assert_eq!(frozen.size(), size);
            if kept > 0 {
                assert_eq!(limit < 1000, size.1 > 0, "{size:?}");
            }
            for (node, value) in &part {
                let (mtlc::ops::value::Value::Rows(_, l), mtlc::ops::value::Value::Rows(_, m)) = (value, &known[node])
                else {
                    panic!("no rows");
                };
                let (rows, whole) = (super::world::values_of(value), super::world::values_of(&known[node]));
                for (k, e) in some.iter().enumerate() {
                    let at = split.len - 1 - e;
                    assert_eq!(rows[l.cut(k..k + 1).0], whole[m.cut(at..at + 1).0]);
                }
            }
        }
    }
}

#[test]
fn what_is_kept_and_what_cannot_be_is_said() {
    let w = world();
    let own = |dropout: &str| spec(dropout).replace(" { dropout 0.2 }", "");
    let kept = |dropout: &str| applied(&build(&w, &own(dropout), &[]).plan, passes::FROZEN).what.clone();
    let (off, on) = (kept("0"), kept("0.3"));
    assert!(off.contains("stage still: ") && off.contains("stage heads: ") && !off.contains("not kept"), "{off}");
    assert!(on.contains("is not kept: it is drawn at random while training"), "{on}");
    // an embedding that learns draws unknown words, a frozen one has no use for them
    let one = "data a = columns(\"a\") { x: tokens = 1; t: tags on x = 2 }
               encoder e = embed(8) |> bilstm(7)
               task t : tag of a.t from e
               train { epochs 2; FREEZE }";
    let what =
        |freeze: &str| applied(&build(&w, &one.replace("FREEZE", freeze), &[]).plan, passes::FROZEN).what.clone();
    assert_eq!(what(""), "");
    assert!(what("freeze e").contains("bilstm"), "{}", what("freeze e"));
}

#[test]
fn gradients_go_where_something_learns() {
    let w = world();
    let r = build(&w, &spec("0"), &[]);
    let named = |stage: usize, corpus: &str, yes: bool| -> Vec<String> {
        let g = r.graph(corpus, Phase::Train);
        let with = flow::with_gradient(&r.plan, g, stage);
        g.nodes.iter().zip(with).filter(|(_, w)| *w == yes).map(|(n, _)| n.name.clone()).collect()
    };
    let has = |all: &[String], part: &str| all.iter().any(|n| n.contains(part));
    // in the second stage `u` alone has a loss: the head of `t`, behind `grad stop`, learns nothing
    assert!(has(&named(1, "a", false), "t(x)"), "{:?}", named(1, "a", false));
    assert!(has(&named(1, "a", true), "u(x)"));
    let learning = flow::learning(&r.plan, 1);
    for (p, l) in r.plan.params.iter().zip(learning) {
        let expected = ["e", "own", "u"].contains(&p.owner.as_str()) || p.owner.starts_with("t.probs");
        assert_eq!(l, expected, "{} of {}", p.name, p.owner);
    }
    // in the last, nothing before the heads does
    assert!(!has(&named(3, "p", true), "bilstm") && has(&named(3, "p", true), "match"));
}

#[test]
fn eight_tasks_on_one_text_share_its_encoding() {
    let w = world();
    let tasks: String = (1..=8).map(|i| format!("task t{i} : tag of a.t from e\n")).collect();
    let spec = format!(
        "data a = columns(\"a\") {{ x: tokens = 1; t: tags on x = 2 }}
         encoder e = embed(8) |> bilstm(7)
         {tasks}
         train {{ epochs 2; optimizer sgd }}"
    );
    let (shared, alone) = (build(&w, &spec, &[]), build(&w, &spec, &[passes::SHARE]));
    let counts = &applied(&shared.plan, passes::SHARE).counts;
    // an embedding and an LSTM once, and eight heads; instead of all of them eight times
    assert_eq!((counts["nodes"], counts["nodes without"]), (10, 24));
    same(&train(&shared, 1 << 30, None), &train(&alone, 1 << 30, None), passes::SHARE);
}

#[test]
fn a_pass_that_is_none_is_refused() {
    let w = world();
    w.file("spec.mtl", &spec("0"));
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"))
        .args(["run", "spec.mtl", "--no-pass", "cache"])
        .current_dir(w.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{text}");
    assert!(passes::PASSES.iter().all(|p| text.contains(p.name)), "{text}");
}
