//! The loop on tiny programs.

mod fixture;
mod resume;
mod samplers;
mod sets;

use super::evaluate::{self, Answered, Figures, LoadedRun, best_file};
use super::paired::{Answers, Comparison};
use super::report::Report;
use super::run_dir::{METRICS, MODEL, RunDir};
use super::trainer::{RunOptions, check, rate, run, run_seeds};
use super::{Quiet, RunError};
use crate::columns::{Column, SplitName};
use crate::network::{Batch, Job, Moment, Network};
use crate::ops::value::Value;
use crate::passes::flow::Wanted;
use crate::plan::*;
use crate::records::Records;
use burn::tensor::Device;
use fixture::{Program, corpora, program, stage, tiny};
use std::path::Path;

fn options(dir: &Path, seed: u64) -> RunOptions {
    RunOptions::new(dir.join("run"), seed)
}

fn train(p: &Program, dir: &Path, seed: u64) -> Report {
    run(&p.plan, &p.tables, &p.examples, &options(dir, seed), &mut Quiet).unwrap()
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn codes(e: RunError) -> Vec<String> {
    match e {
        RunError::Failed(d) => {
            d.into_iter().map(|d| format!("{} {} / {}", d.code, d.message, d.help.unwrap_or_default())).collect()
        }
        RunError::Interrupted(_) => panic!("interrupted"),
    }
}

/// `metrics.jsonl` without times.
fn course(dir: &RunDir) -> Vec<serde_json::Value> {
    let text = dir.read_text(METRICS).unwrap();
    let line = |l: &str| {
        let mut v: serde_json::Value = serde_json::from_str(l).unwrap();
        v.as_object_mut().unwrap().retain(|k, _| !k.contains("second"));
        v
    };
    text.lines().map(line).collect()
}

#[test]
fn learns_and_is_the_same_after_loading() {
    let mut p = tiny(120, stage(vec![0, 1, 2], Length::Epochs(12.0)));
    p.plan.train.objective = Some(Score::Mean((0..3).map(|task| Score::Metric { task, metric: 0 }).collect()));
    p.plan.expects = vec![Expect {
        text: "slot.accuracy >= 95%".into(),
        claim: Claim::Figure { score: Score::Metric { task: 0, metric: 0 }, op: ">=".into(), value: 0.95 },
    }];
    let dir = temp();
    let report = train(&p, dir.path(), 1);
    for t in &report.tasks {
        assert!(t.test[0].value.unwrap() > 0.95, "{t:?}");
        assert!(dir.path().join("run").join(best_file(&t.name)).is_file());
    }
    assert_eq!(report.expects[0].held, Some(true));
    assert_eq!(report.tasks[0].examples, [120, 40, 40]);
    assert_eq!(report.frames.len(), 1);
    assert!(report.frames[0].test.unwrap() > 0.9);
    assert!(report.steps == 15 * 12 && report.stages[0].epochs == 12);
    let loaded = LoadedRun::open(&dir.path().join("run"), &Device::flex()).unwrap();
    assert_eq!((&loaded.plan, &loaded.tables), (&p.plan, &p.tables));
    let examples = crate::encode::Examples::encode(&loaded.plan, &loaded.tables, &p.corpora);
    for split in [SplitName::Dev, SplitName::Test] {
        assert_eq!(loaded.figures(&examples, split), Figures::of(&p.plan, &report, split));
    }
    // the state is left, with which the run could go on, and no snapshots
    assert!(loaded.dir.file("state.safetensors").exists() && !loaded.dir.file("state").exists());
    // and what it says of new texts
    let words = |s: &str| s.split(' ').map(str::to_string).collect::<Vec<_>>();
    let predictor = super::predict::Predictor::new(&loaded, None);
    let input = vec![("x".to_string(), words("play me Oslo")), ("y".to_string(), words("find the anna"))];
    let only_x = vec![("x".to_string(), words("book the bert"))];
    let said: Vec<_> = predictor.answer(&[input, only_x]).into_iter().map(Result::unwrap).collect();
    let name = |t: usize| p.plan.tasks[t].name.as_str();
    let json: Vec<String> = said[0].iter().map(|(t, s)| format!("{} {}", name(*t), s.json)).collect();
    assert_eq!(json[0], r#"slot ["O","O","B-city"]"#);
    assert!(json[1].starts_with(r#"intent {"label":"music","probs":{"music":0."#), "{}", json[1]);
    assert!(json[2].starts_with(r#"topic {"label":"people""#), "{}", json[2]);
    assert_eq!(said[1].iter().map(|(t, _)| name(*t)).collect::<Vec<_>>(), ["slot", "intent"]);
    let wrong = predictor.answer(&[vec![("z".to_string(), vec![])]]).remove(0).unwrap_err();
    assert_eq!((wrong.code, wrong.help.as_deref()), ("E0809", Some("give one or more of `x`, `y`")));
    assert_eq!(predictor.answer(&[vec![]]).remove(0).unwrap_err().code, "E0809");
}

#[test]
fn a_seed_is_a_run() {
    let p = tiny(40, stage(vec![0, 1, 2], Length::Epochs(2.0)));
    let runs: Vec<_> = [7, 7, 8]
        .into_iter()
        .map(|seed| {
            let dir = temp();
            train(&p, dir.path(), seed);
            let run = RunDir::at(dir.path().join("run"));
            (run.read(MODEL).unwrap(), course(&run), run.read(&best_file("slot")).unwrap())
        })
        .collect();
    assert!(runs[0] == runs[1]);
    assert!(runs[0].0 != runs[2].0);
    assert_eq!(runs[0].1.len(), 5, "the start, then an epoch line and an evaluation for each epoch");
    assert_eq!(runs[0].1[0]["event"], "start");
}

#[test]
fn several_seeds() {
    let p = tiny(30, stage(vec![0, 1, 2], Length::Epochs(1.0)));
    let dir = temp();
    let go = |o: &RunOptions| run_seeds(&p.plan, &p.tables, &p.examples, o, &[1, 2, 3], &mut Quiet);
    let mut o = options(dir.path(), 0);
    let report = go(&o).unwrap();
    assert_eq!(report.runs, ["seed-1", "seed-2", "seed-3"]);
    let f = &report.figures[0];
    let v: Vec<f64> = f.values.iter().map(|v| v.unwrap()).collect();
    let mean = v.iter().sum::<f64>() / 3.0;
    assert!((f.mean.unwrap() - mean).abs() < 1e-12);
    assert!(report.table().contains(" ± "), "{}", report.table());
    assert!(codes(go(&o).unwrap_err())[0].starts_with("E0806"), "a folder of seeds is no new folder");
    o.dir = Some(RunDir::at(&o.out).hold().unwrap());
    assert_eq!(go(&o).unwrap(), report, "finished runs are not run again");
    // seeds of another program are not taken for this one's
    let other = tiny(30, stage(vec![0, 1], Length::Epochs(1.0)));
    let mixed = run_seeds(&other.plan, &other.tables, &other.examples, &o, &[1, 2, 3], &mut Quiet);
    assert!(codes(mixed.unwrap_err())[0].starts_with("E0806"));
    drop(o);
    let e = LoadedRun::open(&dir.path().join("run"), &Device::flex()).err().unwrap();
    assert_eq!(e.code, "E0803");
}

fn forward(p: &Program, corpus: usize, wanted: &[usize]) -> Vec<Option<Value>> {
    let network = Network::new(&p.plan, &p.tables).unwrap();
    let params = evaluate::new_params(&p.plan, &p.tables, 1, &Device::flex());
    let graph = p.plan.graph(corpus, Phase::Train).unwrap();
    let split = p.examples.split(corpus, SplitName::Train).unwrap();
    let batch = Batch { forms: &p.examples.forms, split, examples: &[0, 1, 2] };
    network.forward(&Job { plan: &p.plan, graph, batch, params: &params, moment: Moment::default() }, wanted)
}

#[test]
fn only_what_is_needed_is_computed() {
    let p = tiny(12, stage(vec![0, 1, 2], Length::Epochs(1.0)));
    let some = |v: Vec<Option<Value>>| v.iter().map(Option::is_some).collect::<Vec<_>>();
    assert_eq!(some(forward(&p, 0, &[0])), [true, true, true, true, true, false, false]);
    assert_eq!(some(forward(&p, 0, &[1])), [true, true, true, true, false, true, true]);
    // an arrow: slot runs on the text of corpus b, where it has no gold
    assert_eq!(some(forward(&p, 1, &[2])), [true; 10]);
}

/// Puts a gold node in the place of the port of corpus b's slots; `b` gets slots of its own.
fn with_gold(share: (f64, f64)) -> Program {
    let mut p = tiny(30, stage(vec![0, 1, 2], Length::Epochs(1.0)));
    let slots = p.plan.corpora[0].fields[1].clone();
    p.plan.corpora[1]
        .fields
        .push(crate::columns::FieldDecl { ty: crate::columns::FieldType::Tags { on: "y".into() }, ..slots });
    let b = &mut p.corpora[1];
    for split in [&mut b.train, &mut b.dev, &mut b.test] {
        let Column::Tokens(texts) = &split.columns[0] else { panic!() };
        // every third example carries no gold; of the others the second token is masked
        let tags = texts.iter().enumerate().map(|(i, t)| {
            let tag = |j: usize| if j == 1 && i % 3 == 1 { String::new() } else { "B-city".to_string() };
            (i % 3 != 2).then(|| (0..t.len()).map(tag).collect())
        });
        split.columns.push(Column::Tags(tags.collect()));
    }
    p.plan.tasks[0].golds.push((1, 2));
    for g in p.plan.graphs.iter_mut().filter(|g| g.corpus == 1) {
        g.nodes[5].op = Op::Port { task: 0, port: Port::Labels };
        g.tasks[0].gold = Some(2);
        if g.phase == Phase::Train {
            // node 10 is the gold; the label embedding reads it (nodes stay in order: move it before 6)
            let gold = Node { op: Op::Gold { task: 0, field: 2, share }, inputs: vec![5], ..g.nodes[5].clone() };
            g.nodes.insert(6, gold);
            g.nodes[7].inputs = vec![6];
            g.nodes[8].inputs = vec![3, 7];
            g.nodes[9].inputs = vec![8];
            g.nodes[10].inputs = vec![9];
            g.tasks[1].head = 10;
        }
    }
    p.examples = crate::encode::Examples::encode(&p.plan, &p.tables, &p.corpora);
    p
}

#[test]
fn gold_instead_of_prediction() {
    let p = with_gold((1.0, 0.0));
    let network = Network::new(&p.plan, &p.tables).unwrap();
    let params = evaluate::new_params(&p.plan, &p.tables, 1, &Device::flex());
    let graph = p.plan.graph(1, Phase::Train).unwrap();
    let split = p.examples.split(1, SplitName::Train).unwrap();
    let city = p.tables.labels[0].id("B-city") as usize;
    let at = |progress: f64, step: u64, examples: &[usize]| {
        let batch = Batch { forms: &p.examples.forms, split, examples };
        let moment = Moment { seed: 5, step, progress };
        network.forward(&Job { plan: &p.plan, graph, batch, params: &params, moment }, &[2])
    };
    let rows = |v: &Option<Value>| -> Vec<Vec<f32>> {
        let Some(Value::Rows(t, _)) = v else { panic!("no value") };
        let k = t.dims()[1];
        t.to_data().try_to_vec::<f32>().unwrap().chunks(k).map(<[f32]>::to_vec).collect()
    };
    // all gold: the prediction is not even computed
    let v = at(0.0, 0, &[0, 3, 6]);
    assert!(v[4].is_none() && v[5].is_none());
    assert!(rows(&v[6]).iter().all(|r| r[city] == 1.0 && r.iter().sum::<f32>() == 1.0));
    // a masked token and an example without gold see the prediction
    let v = at(0.0, 0, &[0, 1, 2]);
    let (gold, predicted) = (rows(&v[6]), rows(&v[5]));
    let n: Vec<usize> = (0..3).map(|e| split.texts[&0].row(e).len()).collect();
    for (i, row) in gold.iter().enumerate() {
        let masked = i == n[0] + 1 || i >= n[0] + n[1];
        if masked {
            assert_eq!(row, &predicted[i]);
        } else {
            assert_eq!(row[city], 1.0);
        }
    }
    // scheduled: at the end of training never gold, half-way half of the time
    let v = at(1.0, 0, &[0, 1, 2]);
    assert_eq!(rows(&v[6]), rows(&v[5]));
    let seen = (0..400).filter(|s| at(0.5, *s, &[0])[5].is_none()).count();
    assert!((150..250).contains(&seen), "{seen}");
    // a draw is a function of seed and step
    assert_eq!(at(0.5, 9, &[0])[5].is_none(), at(0.5, 9, &[0])[5].is_none());
}

#[test]
fn rows_without_gold_do_not_count() {
    let all = corpora(60);
    let mut masked = all.clone();
    let Column::Tags(tags) = &mut masked[0].train.columns[1] else { panic!() };
    tags[1] = None;
    tags[2].as_mut().unwrap().iter_mut().for_each(String::clear);
    let (p, q) = (program(all, stage(vec![0], Length::Steps(1))), program(masked, stage(vec![0], Length::Steps(1))));
    let loss = |p: &Program, examples: &[usize]| {
        let network = Network::new(&p.plan, &p.tables).unwrap();
        let params = evaluate::new_params(&p.plan, &p.tables, 1, &Device::flex());
        let graph = p.plan.graph(0, Phase::Test).unwrap();
        let split = p.examples.split(0, SplitName::Train).unwrap();
        let batch = Batch { forms: &p.examples.forms, split, examples };
        let job = Job { plan: &p.plan, graph, batch, params: &params, moment: Moment::default() };
        let l = network.losses(&job, &Wanted::tasks(&[0]), &network.forward(&job, &[0]));
        l.into_iter().map(|l| (l.mean.into_scalar::<f32>(), l.count)).next()
    };
    assert_eq!(p.tables, q.tables, "the other examples show every class");
    let (a, b) = (loss(&p, &[0, 3]).unwrap(), loss(&q, &[0, 1, 2, 3]).unwrap());
    assert_eq!(a.1, b.1);
    assert!((a.0 - b.0).abs() < 1e-6, "{a:?} {b:?}");
    assert!(loss(&q, &[1, 2]).is_none());
}

#[test]
fn unseen_classes_are_errors_and_nothing_else() {
    let mut c = corpora(30);
    let Column::Label(dev) = &mut c[0].dev.columns[2] else { panic!() };
    dev.iter_mut().for_each(|l| *l = Some("weather".into()));
    let p = program(c, stage(vec![0, 1, 2], Length::Epochs(1.0)));
    assert_eq!(
        (p.tables.labels[1].len(), p.tables.labels[1].extra.as_slice()),
        (3, ["weather".to_string()].as_slice())
    );
    let report = train(&p, temp().path(), 1);
    assert_eq!(report.tasks[1].dev[0].value, Some(0.0));
    assert!(report.tasks[1].test[0].value.unwrap() > 0.0);
}

#[test]
fn the_objective_chooses_and_stops() {
    let mut s = stage(vec![0, 1, 2], Length::Epochs(40.0));
    s.early_stop = Some(3);
    let mut p = tiny(40, s);
    p.plan.train.objective = Some(Score::Metric { task: 1, metric: 0 });
    let dir = temp();
    let report = train(&p, dir.path(), 3);
    let best = report.objective.clone().unwrap();
    assert!(report.stages[0].stopped_early);
    let lines = course(&RunDir::at(dir.path().join("run")));
    let values: Vec<f64> = lines.iter().filter_map(|l| l["objective"].as_f64()).collect();
    let top = values.iter().copied().fold(0.0, f64::max);
    assert_eq!(best.value, top);
    let first = values.iter().position(|v| *v == top).unwrap();
    assert_eq!((best.epoch as usize, values.len()), (first + 1, first + 1 + 3));
    assert_eq!(report.tasks[1].dev[0].value, Some(top), "the kept weights are the best ones");
    assert_eq!(best.metric, "intent.accuracy");
}

#[test]
fn what_cannot_work_is_said_before_training() {
    let mut c = corpora(12);
    c[0].dev = Default::default();
    let Column::Label(topics) = &mut c[1].train.columns[1] else { panic!() };
    topics.iter_mut().for_each(|t| *t = None);
    let mut s = stage(vec![0, 1, 2], Length::Epochs(1.0));
    s.early_stop = Some(1);
    let mut p = program(c.clone(), s.clone());
    let found = |p: &Program| {
        check(&p.plan, &p.examples).iter().map(|d| format!("{} {}", d.code, d.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        found(&p),
        [
            "E0802 stage `train` stops early, but no objective says what is better",
            "E0808 no training example of `b` holds gold for `topic`"
        ]
    );
    p.plan.train.objective = Some(Score::Mean(vec![Score::Metric { task: 1, metric: 0 }, Score::Frame { corpus: 0 }]));
    assert_eq!(
        found(&p)[..2],
        [
            "E0802 the objective needs dev figures of `intent`, but `a` has no dev examples",
            "E0802 the objective needs dev figures of `a`, which has no dev examples"
        ]
    );
    let help = check(&p.plan, &p.examples)[0].help.clone().unwrap();
    assert!(help.contains("dev = split(10%)"), "{help}");
    let dir = temp();
    let e = run(&p.plan, &p.tables, &p.examples, &options(dir.path(), 1), &mut Quiet).unwrap_err();
    assert_eq!(codes(e).len(), 3);
    assert!(!dir.path().join("run").exists());
}

#[test]
fn losses_that_are_not_finite() {
    let mut s = stage(vec![0, 1, 2], Length::Epochs(30.0));
    s.optimizer.kind = "sgd".into();
    s.optimizer.settings.insert("lr", Setting::Real(1e30));
    s.clip = None;
    let p = tiny(24, s);
    let dir = temp();
    let e = codes(run(&p.plan, &p.tables, &p.examples, &options(dir.path(), 1), &mut Quiet).unwrap_err());
    assert_eq!(e.len(), 1);
    assert!(e[0].starts_with("E0801 the ") && e[0].contains("of stage `train` (last losses: slot "), "{}", e[0]);
    assert!(e[0].contains("`clip 1`") && e[0].contains("lr = 1e29"), "{}", e[0]);
    let kept = RunDir::at(dir.path().join("run")).read_tensors(MODEL).unwrap().0;
    assert_eq!(kept.len(), p.plan.params.len());
}

#[test]
fn folders_that_are_no_runs() {
    let p = tiny(12, stage(vec![0], Length::Steps(1)));
    let dir = temp();
    let open = |path: &Path| {
        let e = LoadedRun::open(path, &Device::flex()).err().unwrap();
        (e.code, e.message)
    };
    assert_eq!(open(dir.path()).0, "E0803");
    train(&p, dir.path(), 1);
    let again = run(&p.plan, &p.tables, &p.examples, &options(dir.path(), 1), &mut Quiet).unwrap_err();
    assert!(codes(again)[0].starts_with("E0806"));
    let path = dir.path().join("run");
    let spoil = |name: &str, text: &str| {
        let old = std::fs::read(path.join(name)).unwrap();
        std::fs::write(path.join(name), text).unwrap();
        let e = open(&path);
        std::fs::write(path.join(name), old).unwrap();
        e
    };
    for name in ["plan.json", "vocab/0-words.txt", "labels/1-intent.txt", "model.safetensors"] {
        let (code, message) = spoil(name, "x\n");
        assert!(code == "E0804" && message.contains(name) && message.contains("checksum"), "{message}");
    }
    // with a checksum of its own, what is wrong with a file is found all the same
    let forged = |name: &str, text: &str| {
        let run = RunDir::at(&path);
        let (old, sum) = (std::fs::read(path.join(name)).unwrap(), crate::train::files::checksum(text.as_bytes()));
        run.list([(name.to_string(), sum)]).unwrap();
        std::fs::write(path.join(name), text).unwrap();
        let e = open(&path);
        std::fs::write(path.join(name), old).unwrap();
        e
    };
    assert!(forged("vocab/0-words.txt", "x\n").1.contains("line 1 is not `item<TAB>count`"));
    assert!(forged("vocab/0-words.txt", "x\t1\n").1.contains("but the plan was made for"));
    assert!(forged("labels/1-intent.txt", "x\n").1.contains("not those of `plan.json`"));
    let plan = std::fs::read_to_string(path.join("plan.json")).unwrap();
    for (old, new) in
        [("\"layer\": 2", "\"layer\": 99"), ("\"task\": 1", "\"task\": 7"), ("\"batch\": 8", "\"batch\": 0")]
    {
        assert!(plan.contains(old), "{old}");
        assert_eq!(forged("plan.json", &plan.replacen(old, new, 1)).0, "E0804", "{new}");
    }
    let version = |n: u32| format!("\"version\": {n}");
    assert_eq!(forged("plan.json", &plan.replacen(&version(VERSION), &version(1), 1)).0, "E0812");
    let (code, message) = forged("plan.json", &plan.replace("\"joint\"", "\"jiont\""));
    assert!(code == "E0804" && message.contains("there is no sampler `jiont`"), "{message}");
    std::fs::remove_file(path.join("model.safetensors")).unwrap();
    assert_eq!(open(&path).0, "E0803");
}

#[test]
fn uncertainty_weights_settle_where_theory_says() {
    // with everything else frozen the loss L is constant, and exp(-s)·L + s/2 is least at s = log 2L
    let mut s = stage(vec![1], Length::Steps(400));
    s.freeze = vec!["enc".into(), "slot".into(), "intent".into()];
    s.optimizer.settings.insert("lr", Setting::Real(0.05));
    s.batch = 40;
    let mut p = tiny(40, s);
    p.plan.layers.iter_mut().filter(|l| l.kind == "dropout").for_each(|l| {
        l.settings.insert("p", Setting::Real(0.0));
    });
    p.plan.layers[0].settings.insert("unk", Setting::Real(0.0));
    p.plan.params.push(Param {
        name: "s".into(),
        shape: vec![1],
        init: Init::Zeros,
        owner: "weights".into(),
        also: vec![],
    });
    p.plan.train.stages[0].weights =
        Weighting { params: vec![(1, p.plan.params.len() - 1)], ..Weighting::new("uncertainty") };
    let dir = temp();
    train(&p, dir.path(), 1);
    let run = RunDir::at(dir.path().join("run"));
    let lines = course(&run);
    let loss = lines.iter().rev().find_map(|l| l["losses"]["intent"].as_f64()).unwrap();
    let tensors = run.read_tensors(MODEL).unwrap().0;
    let first = evaluate::new_params(&p.plan, &p.tables, 1, &Device::flex());
    for (i, spec) in first.specs().iter().enumerate().filter(|(_, s)| s.name != "s") {
        let now = tensors.iter().find(|(n, ..)| *n == spec.name).unwrap();
        assert_eq!(now.1, first.values(i), "frozen");
    }
    let found = tensors.iter().find(|(n, ..)| n == "s").unwrap().1[0];
    assert!((f64::from(found) - (2.0 * loss).ln()).abs() < 0.02, "{found}, loss {loss}");
}

fn decay(kind: &str, settings: &[(&'static str, f64)]) -> Decay {
    let settings = settings.iter().map(|(n, x)| (*n, Setting::Real(*x))).collect();
    Decay { kind: kind.into(), settings }
}

#[test]
fn rates_over_a_stage() {
    let mut s = stage(vec![0], Length::Steps(10));
    s.optimizer.warmup = 0.2;
    s.optimizer.decay = decay("linear", &[]);
    let r: Vec<f64> = (0..10).map(|i| rate(&s, i, Some(10), 0.0, 0)).collect();
    assert_eq!(r[..4], [0.5, 1.0, 1.0, 0.875]);
    assert_eq!(r[9], 0.125);
    s.optimizer.decay = decay("cosine", &[]);
    assert!((rate(&s, 6, Some(10), 0.0, 0) - 0.5).abs() < 1e-12);
    s.optimizer.decay = decay("exponential", &[("factor", 0.5)]);
    assert_eq!(rate(&s, 6, Some(10), 0.0, 3), 0.125);
    s.optimizer.decay = decay("inverse", &[("rate", 0.5)]);
    assert_eq!(rate(&s, 6, Some(10), 0.0, 2), 0.5);
    s.optimizer.warmup = 4.0;
    assert_eq!(rate(&s, 1, None, 0.5, 0), 0.5);
}

#[test]
fn a_stage_by_the_clock_ends() {
    let mut s = stage(vec![0, 1, 2], Length::Seconds(0.3));
    s.eval_every = Some(Length::Seconds(0.1));
    let p = tiny(24, s);
    let report = train(&p, temp().path(), 1);
    assert!(report.seconds >= 0.3 && report.seconds < 3.0, "{}", report.seconds);
}

/// The bootstrap of accuracies: the variance of the mean of independent differences, Var(d) / n. Programs that err on the same
/// examples differ by nothing but where they do not.
#[test]
fn a_paired_bootstrap_knows_the_variance() {
    let p = tiny(40, stage(vec![0, 1, 2], Length::Epochs(1.0)));
    let task = p.plan.tasks.iter().position(|t| t.head == "classify").unwrap();
    let corpus = p.plan.tasks[task].golds[0].0;
    let score = Score::Metric { task, metric: 0 };
    let n = 400;
    let answers = |wrong: &dyn Fn(i32) -> bool| {
        let said = Records::classes((0..n).map(|i| i32::from(wrong(i))));
        let all = Answered::of_records(task, corpus, Records::classes((0..n).map(|_| 0)), said);
        Answers { plan: p.plan.clone(), tables: p.tables.clone(), by_seed: vec![all] }
    };
    let with = answers(&|i| i % 4 == 0);
    for (wrong, mean, variance) in [
        // of 400, 100 more are right: d is 1 in a quarter
        (&(|i| i % 4 < 2) as &dyn Fn(i32) -> bool, 0.25, 0.25 * 0.75 / 400.0),
        // as many are wrong, but others: d is 1 in a quarter and −1 in a quarter
        (&|i| i % 4 == 1, 0.0, 0.5 / 400.0),
        (&|i| i % 4 == 0, 0.0, 0.0),
    ] {
        let c = Comparison::new(&score, &with, &[answers(wrong)]).unwrap();
        assert!((c.mean() - mean).abs() < 1e-12, "{c:?}");
        let found = c.examples.unwrap().variance;
        assert!((found - variance).abs() <= 0.15 * variance, "{found} {variance}");
    }
}
