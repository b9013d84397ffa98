//! A run that is stopped, at whatever moment, goes on to the result of one that was not.

use super::fixture::{Program, stage, tiny};
use super::{course, options, temp};
use crate::kinds::weightings;
use crate::plan::*;
use crate::train::evaluate::best_file;
use crate::train::files::kill;
use crate::train::run_dir::{MODEL, RunDir};
use crate::train::trainer::{RunOptions, resume, run};
use crate::train::{Quiet, RunError};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Two stages, an objective, early stopping, a random sampler: everything that a state must hold.
fn demanding() -> Program {
    let mut first = stage(vec![0, 1, 2], Length::Epochs(2.0));
    first.sampler = Sampler::new("random");
    first.eval_every = Some(Length::Steps(3));
    let mut second = stage(vec![0, 2], Length::Epochs(3.0));
    second.name = "second".into();
    second.sampler = Sampler::new("alternate");
    second.early_stop = Some(2);
    second.freeze = vec!["intent".into()];
    second.optimizer.kind = "adamw".into();
    second.optimizer.warmup = 0.3;
    let mut p = tiny(16, first);
    p.plan.train.stages.push(second);
    p.plan.train.objective = Some(Score::Metric { task: 2, metric: 0 });
    // two words have vectors from a file, which the run folder does not hold
    p.plan.params[0].init = Init::Vectors(0, 0.3);
    p.tables.vocabs[0].vectors = [(2, vec![0.5; 8]), (4, vec![-0.5; 8])].into();
    p
}

/// Copies of the weights, fresh ones, and weights that a stage is tied to.
fn with_sets() -> Program {
    let mut p = demanding();
    let of = |tasks: Vec<usize>| Stage { batch: 8, ..stage(tasks, Length::Steps(3)) };
    let first = Stage { freeze: vec!["intent".into()], ..of(vec![0, 1, 2]) };
    p.plan.train.stages = vec![
        first,
        Stage { fork: true, anchor: Some(0.1), ..of(vec![0]) },
        Stage { fork: true, ..of(vec![2]) },
        Stage { restart: true, then_freeze: true, ..of(vec![1]) },
        Stage { fork: true, restart: true, anchor: Some(0.1), ..of(vec![0]) },
        of(vec![1, 2]),
    ];
    p
}

/// Rounds with rewards, tasks that remain, trials.
fn with_controllers() -> Program {
    let mut p = demanding();
    let of = |n: u64| Stage { eval_every: Some(Length::Steps(2)), ..stage(vec![0, 1, 2], Length::Steps(n)) };
    let bandit = Sampler {
        settings: Settings::from([("decay", Setting::Real(0.9))]),
        tasks: vec![(2, 1.0), (0, 1.0), (1, 1.0)],
        ..Sampler::new("bandit")
    };
    let select = Stage { sampler: bandit, keep: Some(Keep { above: 0.4, or_equal: false }), ..of(11) };
    let objective = Score::Metric { task: 2, metric: 0 };
    let trial = |trial: usize| Stage {
        kept: true,
        restart: true,
        search: Some(Search {
            kind: "gaussian_process".into(),
            trial,
            trials: 5,
            bounds: (1.0, 9.0),
            objective: objective.clone(),
        }),
        ..of(3)
    };
    p.plan.train.stages = std::iter::once(select)
        .chain((0..5).map(trial))
        .chain([Stage { probe: Some(Probe::Affinity { every: 2 }), ..of(4) }])
        .collect();
    p
}

/// What two runs must agree on, bit for bit.
fn result(dir: &Path) -> (Vec<u8>, Vec<u8>, Vec<serde_json::Value>, serde_json::Value) {
    let run = RunDir::at(dir.to_path_buf());
    let mut report: serde_json::Value = run.read_json("report.json").unwrap();
    for key in ["seconds", "seconds_per_epoch", "peak_memory"] {
        report.as_object_mut().unwrap().remove(key);
    }
    for s in report["stages"].as_array_mut().unwrap() {
        s.as_object_mut().unwrap().remove("seconds");
    }
    (run.read(MODEL).unwrap(), run.read(&best_file("slot")).unwrap(), course(&run), report)
}

/// Goes on, or begins if the folder is not a run yet.
fn go(p: &Program, o: &RunOptions) -> Result<(), RunError> {
    match RunDir::open(&o.out) {
        Ok(dir) => {
            let (plan, tables) = dir.read_start()?;
            let examples = crate::encode::Examples::encode(&plan, &tables, &p.corpora);
            resume(&dir, &plan, &tables, &examples, o, &mut Quiet)
        }
        Err(_) => run(&p.plan, &p.tables, &p.examples, o, &mut Quiet),
    }
    .map(drop)
}

#[test]
fn stopped_after_every_step() {
    stopped_after_steps(&demanding());
}

#[test]
fn stopped_after_every_step_with_sets_of_weights() {
    stopped_after_steps(&with_sets());
}

#[test]
fn stopped_after_every_step_with_controllers() {
    stopped_after_steps(&with_controllers());
}

#[test]
fn stopped_between_file_operations_with_controllers() {
    stopped_between_operations(&with_controllers());
}

/// The trial that counts is the best one, whose weights go on; what follows is a function of what was found.
#[test]
fn a_search_ends_with_its_best_trial() {
    let mut p = with_controllers();
    // weights that do not move after the search are those that it found
    let last = p.plan.train.stages.last_mut().unwrap();
    last.optimizer.kind = "sgd".into();
    last.optimizer.settings = Settings::from([("lr", Setting::Real(0.0))]);
    p.plan.train.objective = None;
    let dir = temp();
    let report = super::train(&p, dir.path(), 1);
    let (first, trials) = (&report.stages[0], &report.stages[1..6]);
    assert_eq!(first.utility.len(), 3);
    let kept = first.kept.as_ref().unwrap();
    assert!(kept.contains(&"topic".to_string()));
    for s in trials {
        assert!(s.rates.keys().all(|t| kept.contains(t)) && s.rates.len() == kept.len(), "{:?} {kept:?}", s.rates);
        assert!(s.rates.values().all(|r| (1.0..=9.0).contains(r)));
    }
    let best = trials.iter().filter_map(|s| s.figure).fold(0.0, f64::max);
    let topic = report.tasks.iter().find(|t| t.name == "topic").unwrap();
    assert_eq!(topic.dev[0].value, Some(best), "{trials:?}");
}

fn stopped_after_steps(p: &Program) {
    let whole = temp();
    go(p, &options(whole.path(), 1)).unwrap();
    let expected = result(&whole.path().join("run"));
    let steps = expected.3["steps"].as_u64().unwrap();
    assert!(steps > 12, "{steps}");
    for (k, save_every) in (1..steps).map(|k| (k, 1000)).chain([(1, 0), (2, 0), (5, 0)]) {
        let dir = temp();
        let mut o = options(dir.path(), 1);
        o.save_every = Duration::from_secs(save_every);
        o.kill_after = Some(k);
        assert!(go(p, &o).is_err());
        // saved at every step, it may be killed again and again
        while save_every == 0 && go(p, &o).is_err() {}
        o.kill_after = None;
        go(p, &o).unwrap();
        assert!(result(&o.out) == expected, "stopped after {k} steps");
    }
}

/// What the weighting of a stage remembers goes on too.
#[test]
fn weightings_go_on() {
    for kind in weightings::WEIGHTINGS.iter().filter(|w| w.row.runs && w.moves) {
        let mut s = stage(vec![0, 1, 2], Length::Epochs(4.0));
        s.weights = Weighting::new(kind.row.name);
        s.weights.settings.insert("main", Setting::Int(0));
        s.weights.settings.insert("by", Setting::Int(1));
        let p = tiny(16, s);
        let whole = temp();
        go(&p, &options(whole.path(), 1)).unwrap();
        let expected = result(&whole.path().join("run"));
        assert!(expected.2.iter().any(|line| line["weights"]["slot"].is_f64()), "{}", kind.row.name);
        let steps = expected.3["steps"].as_u64().unwrap();
        assert!(steps >= 8, "{steps}");
        for k in 1..steps {
            let dir = temp();
            let mut o = options(dir.path(), 1);
            o.save_every = Duration::ZERO;
            o.kill_after = Some(k);
            assert!(go(&p, &o).is_err());
            o.kill_after = None;
            go(&p, &o).unwrap();
            assert!(result(&o.out) == expected, "`{}` stopped after {k} steps", kind.row.name);
        }
    }
}

/// So does what a gradient method remembers, and the counts of conflicts.
#[test]
fn gradient_methods_go_on() {
    for kind in ["gradvac", "pcgrad"] {
        let mut s = stage(vec![0, 1, 2], Length::Epochs(4.0));
        s.gradients = Some(Combining { kind: kind.into(), settings: Settings::new() });
        let p = tiny(16, s);
        let whole = temp();
        go(&p, &options(whole.path(), 1)).unwrap();
        let expected = result(&whole.path().join("run"));
        assert_eq!(expected.3["stages"][0]["conflicts"].as_array().unwrap().len(), 4);
        for k in 1..expected.3["steps"].as_u64().unwrap() {
            let dir = temp();
            let mut o = options(dir.path(), 1);
            o.save_every = Duration::ZERO;
            o.kill_after = Some(k);
            assert!(go(&p, &o).is_err());
            o.kill_after = None;
            go(&p, &o).unwrap();
            assert!(result(&o.out) == expected, "`{kind}` stopped after {k} steps");
        }
    }
}

#[test]
fn stopped_between_file_operations() {
    stopped_between_operations(&demanding());
}

#[test]
fn stopped_between_file_operations_with_sets_of_weights() {
    stopped_between_operations(&with_sets());
}

fn stopped_between_operations(p: &Program) {
    let whole = temp();
    go(p, &options(whole.path(), 1)).unwrap();
    let expected = result(&whole.path().join("run"));
    let (mut n, mut kills) = (0, 0);
    loop {
        let dir = temp();
        let mut o = options(dir.path(), 1);
        o.save_every = Duration::ZERO;
        kill::AFTER.set(Some(n));
        let stopped = go(p, &o);
        kill::AFTER.set(None);
        if stopped.is_ok() {
            break;
        }
        kills += 1;
        go(p, &o).unwrap();
        assert!(result(&o.out) == expected, "stopped before file operation {n}");
        // every early operation, then a sample
        n += if n < 60 { 1 } else { 13 };
    }
    assert!(kills > 60, "{kills}");
}

#[test]
fn stopped_on_request() {
    let p = demanding();
    let whole = temp();
    go(&p, &options(whole.path(), 1)).unwrap();
    let dir = temp();
    let o = options(dir.path(), 1);
    struct StopAt<'a>(&'a AtomicBool, u64);
    impl crate::train::Progress for StopAt<'_> {
        fn step(&mut self, news: &crate::train::StepNews<'_>) {
            if news.step == self.1 {
                self.0.store(true, Ordering::Relaxed);
            }
        }
    }
    let e = run(&p.plan, &p.tables, &p.examples, &o, &mut StopAt(&o.stop, 4)).unwrap_err();
    assert!(matches!(&e, RunError::Interrupted(at) if *at == o.out) && e.exit_code() == 130);
    o.stop.store(false, Ordering::Relaxed);
    go(&p, &o).unwrap();
    assert!(result(&o.out) == result(&whole.path().join("run")));
    go(&p, &o).unwrap();
}

#[test]
fn killed_by_the_system() {
    const DIR: &str = "MTLC_TEST_KILLED_RUN";
    let p = demanding();
    if let Some(dir) = std::env::var_os(DIR) {
        let mut o = options(Path::new(&dir), 1);
        o.save_every = Duration::ZERO;
        // slow enough to be killed in its midst
        struct Slow;
        impl crate::train::Progress for Slow {
            fn step(&mut self, _: &crate::train::StepNews<'_>) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = match RunDir::open(&o.out) {
            Ok(d) => resume(&d, &p.plan, &p.tables, &p.examples, &o, &mut Slow),
            Err(_) => run(&p.plan, &p.tables, &p.examples, &o, &mut Slow),
        };
        return;
    }
    let whole = temp();
    go(&p, &options(whole.path(), 1)).unwrap();
    let expected = result(&whole.path().join("run"));
    let dir = temp();
    let mut kills = 0;
    for i in 0..40 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "train::tests::resume::killed_by_the_system"])
            .env(DIR, dir.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(60 + 13 * i));
        let done = child.try_wait().unwrap().is_some();
        child.kill().ok();
        child.wait().unwrap();
        if done {
            break;
        }
        kills += 1;
    }
    go(&p, &options(dir.path(), 1)).unwrap();
    assert!(result(&dir.path().join("run")) == expected, "after {kills} kills");
    assert!(kills > 0);
}

#[test]
fn other_data_are_refused() {
    let p = demanding();
    let dir = temp();
    let mut o = options(dir.path(), 1);
    o.kill_after = Some(4);
    assert!(go(&p, &o).is_err());
    o.kill_after = None;
    let other = tiny(18, stage(vec![0], Length::Steps(1)));
    let run = RunDir::open(&o.out).unwrap();
    let e = resume(&run, &p.plan, &p.tables, &other.examples, &o, &mut Quiet).unwrap_err();
    assert!(super::codes(e)[0].starts_with("E0807"));
}
