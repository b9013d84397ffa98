//! Sets of weights: copies, fresh starts, anchors, and what stays after a stage.

use super::fixture::{Program, stage, tiny};
use super::{temp, train};
use crate::columns::SplitName;
use crate::ops::params::Stored;
use crate::plan::*;
use crate::train::LoadedRun;
use crate::train::evaluate::{Figures, new_params};
use crate::train::predict::Predictor;
use crate::train::run_dir::{MODEL, RunDir};
use burn::tensor::Device;
use std::collections::BTreeMap;
use std::path::Path;

/// So many steps of plain gradient descent on some tasks.
fn steps(tasks: &[usize], n: u64, lr: f64) -> Stage {
    let mut s = stage(tasks.to_vec(), Length::Steps(n));
    s.optimizer.kind = "sgd".into();
    s.optimizer.settings = Settings::from([("lr", Setting::Real(lr))]);
    s.clip = None;
    s
}

fn forked(tasks: &[usize], n: u64, lr: f64) -> Stage {
    Stage { fork: true, ..steps(tasks, n, lr) }
}

/// The kept tensors of a run of some stages, by name.
fn kept(stages: Vec<Stage>, dir: &Path) -> (Program, BTreeMap<String, Vec<f32>>) {
    let mut p = tiny(32, stages[0].clone());
    p.plan.train.stages = stages;
    train(&p, dir, 1);
    let (tensors, _): (Vec<Stored>, _) = RunDir::at(dir.join("run")).read_tensors(MODEL).unwrap();
    (p, tensors.into_iter().map(|(name, values, _)| (name, values)).collect())
}

fn of_set<'a>(all: &'a BTreeMap<String, Vec<f32>>, set: &str) -> BTreeMap<&'a str, &'a Vec<f32>> {
    all.iter().filter_map(|(name, v)| Some((name.strip_prefix(set)?, v))).collect()
}

#[test]
fn tuning_a_copy_changes_no_other() {
    let run = |lr: f64| {
        let dir = temp();
        let stages = vec![steps(&[0, 1, 2], 4, 0.1), forked(&[0], 3, lr), forked(&[1], 3, 0.1)];
        kept(stages, dir.path()).1
    };
    let (a, b) = (run(0.1), run(0.4));
    let shared = |all: &BTreeMap<String, Vec<f32>>| {
        all.iter().filter(|(n, _)| !n.starts_with("set/")).map(|(n, v)| (n.clone(), v.clone())).collect::<Vec<_>>()
    };
    assert_eq!(shared(&a), shared(&b));
    assert_eq!(of_set(&a, "set/2/"), of_set(&b, "set/2/"));
    assert_ne!(of_set(&a, "set/1/"), of_set(&b, "set/1/"));
    // the copy of `slot` holds what moved, and not the heads of others
    let own = of_set(&a, "set/1/");
    assert!(own.contains_key("enc.filter") && own.contains_key("slot.out.weight"), "{own:?}");
    assert!(!own.contains_key("intent.out.weight") && !own.contains_key("topic.out.weight"), "{own:?}");
    // the shared weights are those before the copies were made
    let dir = temp();
    assert_eq!(shared(&a), shared(&kept(vec![steps(&[0, 1, 2], 4, 0.1)], dir.path()).1));
}

#[test]
fn a_task_is_scored_and_answered_with_its_own_copy() {
    let (whole, alone) = (temp(), temp());
    let before = steps(&[0, 1, 2], 3, 0.1);
    // the copy of `intent` learns; the others do not notice
    let (p, _) = kept(vec![before.clone(), forked(&[1], 60, 0.5)], whole.path());
    kept(vec![before], alone.path());
    let open = |dir: &Path| LoadedRun::open(&dir.join("run"), &Device::flex()).unwrap();
    let (with, without) = (open(whole.path()), open(alone.path()));
    let report = with.dir.read_json("report.json").unwrap();
    let figures = |run: &LoadedRun| run.figures(&p.examples, SplitName::Test);
    let (mut a, mut b) = (figures(&with), figures(&without));
    assert_eq!(a, Figures::of(&p.plan, &report, SplitName::Test));
    assert!(a.tasks[&1] > b.tasks[&1], "{a:?} {b:?}");
    a.tasks.remove(&1);
    b.tasks.remove(&1);
    assert_eq!(a.tasks, b.tasks);
    let input = |words: &str| vec![("x".to_string(), words.split(' ').map(str::to_string).collect())];
    let inputs: Vec<_> = ["play the oslo", "find me anna junior", "book a rome"].map(input).to_vec();
    let answers = |run: &LoadedRun| {
        let all = Predictor::new(run, None).answer(&inputs);
        all.into_iter()
            .map(|said| said.unwrap().into_iter().map(|(t, s)| (t, format!("{s:?}"))).collect::<BTreeMap<_, _>>())
            .collect::<Vec<_>>()
    };
    let (a, b) = (answers(&with), answers(&without));
    assert!(a.iter().zip(&b).all(|(a, b)| a[&0] == b[&0]));
    assert!(a.iter().zip(&b).any(|(a, b)| a[&1] != b[&1]), "{a:?}");
}

#[test]
fn a_later_stage_without_a_copy_trains_what_is_shared() {
    let dir = temp();
    let (_, all) = kept(vec![steps(&[0, 1], 2, 0.1), forked(&[0], 3, 0.1), steps(&[0], 1, 0.1)], dir.path());
    assert!(all.keys().all(|n| !n.starts_with("set/")), "{:?}", all.keys());
}

#[test]
fn a_restart_gives_the_initial_weights() {
    let dir = temp();
    let again = Stage { restart: true, ..steps(&[0, 1, 2], 2, 0.0) };
    let (p, all) = kept(vec![steps(&[0, 1, 2], 4, 0.1), again], dir.path());
    let initial = new_params(&p.plan, &p.tables, 1, &Device::flex());
    for (i, spec) in p.plan.params.iter().enumerate() {
        assert_eq!(all[&spec.name], initial.values(i), "{}", spec.name);
    }
}

/// One step from θ′ to θ₁ is the same with and without: the pull begins at 0. The next one differs by −2 η δ (θ₁ − θ′).
#[test]
fn an_anchor_pulls_towards_the_weights_before() {
    let (lr, weight) = (0.05, 3.0);
    let run = |n: u64, anchor: Option<f64>| {
        let dir = temp();
        // of `intent` alone, so that two other heads do not move
        let second = Stage { anchor, ..steps(&[1], n, lr) };
        kept(vec![steps(&[0, 1, 2], 3, 0.1), second], dir.path()).1
    };
    let dir = temp();
    let before = kept(vec![steps(&[0, 1, 2], 3, 0.1)], dir.path()).1;
    let (one, plain, tied) = (run(1, None), run(2, None), run(2, Some(weight)));
    assert_eq!(one, run(1, Some(weight)));
    let mut moved = 0;
    for (name, tied) in &tied {
        let [before, one, plain] = [&before, &one, &plain].map(|all| &all[name]);
        for (i, tied) in tied.iter().enumerate() {
            let pull = -2.0 * lr * weight * f64::from(one[i] - before[i]);
            let apart = f64::from(*tied) - f64::from(plain[i]);
            assert!((apart - pull).abs() < 1e-5, "{name}: {apart} {pull}");
            moved += usize::from(pull.abs() > 2e-4);
        }
    }
    assert!(moved > 20, "{moved}");
    assert_eq!(before["topic.out.weight"], tied["topic.out.weight"]);
}

#[test]
fn what_a_stage_trained_stays_when_it_is_frozen_afterwards() {
    let run = |stages: Vec<Stage>| {
        let dir = temp();
        kept(stages, dir.path()).1
    };
    let first = Stage { then_freeze: true, freeze: vec!["intent".into()], ..steps(&[0, 1], 4, 0.1) };
    let before = run(vec![first.clone()]);
    let after = run(vec![first, steps(&[0, 1, 2], 4, 0.1)]);
    for name in ["enc.weight", "enc.filter", "enc.bias", "slot.out.weight", "slot.out.bias"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    // what it held still itself, and what it did not reach
    for name in ["intent.out.weight", "topic.out.weight", "slot -> topic.embed"] {
        assert_ne!(before[name], after[name], "{name}");
    }
}
