//! What the samplers draw.

use super::fixture::{Program, stage, tiny};
use crate::batches::{Draw, Schedule};
use crate::encode::Examples;
use crate::plan::*;
use crate::records::LabelSet;
use std::collections::BTreeMap;

/// 40 examples of slot and intent on corpus a (5 batches), 20 of topic on corpus b (3 batches).
fn sampler(kind: &str, settings: &[(&'static str, f64)], tasks: &[(usize, f64)]) -> Sampler {
    let settings = settings.iter().map(|(n, x)| (*n, Setting::Real(*x))).collect();
    Sampler { settings, tasks: tasks.to_vec(), ..Sampler::new(kind) }
}

fn with(sampler: Sampler) -> Program {
    let mut s = stage(vec![0, 1, 2], Length::Epochs(1.0));
    s.sampler = sampler;
    tiny(40, s)
}

fn schedule(p: &Program) -> Schedule {
    Schedule::new(&p.plan, 0, &p.examples, 1)
}

/// The steps of some epochs.
fn epochs(p: &Program, n: u64) -> Vec<Vec<Draw>> {
    let mut s = schedule(p);
    let mut cursor = s.cursor();
    let mut steps = vec![];
    while cursor.epoch < n {
        steps.push(s.next(&mut cursor));
    }
    steps
}

/// How often each example was drawn for the given tasks.
fn seen(steps: &[Vec<Draw>], corpus: usize, tasks: &[usize]) -> Vec<usize> {
    let mut counts = BTreeMap::new();
    for d in steps.iter().flatten().filter(|d| d.corpus == corpus && d.wanted.tasks == tasks) {
        d.examples.iter().for_each(|e| *counts.entry(*e).or_insert(0) += 1);
    }
    counts.into_values().collect()
}

#[test]
fn joint() {
    let p = with(sampler("joint", &[], &[]));
    let steps = epochs(&p, 1);
    assert_eq!(steps.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1, 2, 2], "spread evenly");
    assert_eq!(seen(&steps, 0, &[0, 1]), [1; 40]);
    assert_eq!(seen(&steps, 1, &[2]), [1; 20]);
    let d = schedule(&p).describe(&p.plan, &p.plan.train.stages[0]);
    assert!(d.notes.is_empty());
    assert_eq!(d.to_string().lines().nth(1), Some("  a: 40 examples, 5 batches an epoch, for slot, intent"));
}

#[test]
fn alternate() {
    let p = with(sampler("alternate", &[], &[]));
    let steps = epochs(&p, 2);
    // slot, intent, topic in turn until slot and intent have had their 5 batches
    assert_eq!(steps.len(), 2 * 14);
    let order: Vec<usize> = steps.iter().map(|s| s[0].wanted.tasks[0]).collect();
    assert_eq!(order[..6], [0, 1, 2, 0, 1, 2]);
    assert_eq!(order[14..17], [0, 1, 2], "an epoch begins anew");
    for epoch in [&steps[..14], &steps[14..]] {
        assert_eq!(seen(epoch, 0, &[0]), [1; 40]);
        assert_eq!(seen(epoch, 0, &[1]), [1; 40]);
        assert!(seen(epoch, 1, &[2]).iter().all(|n| (1..=2).contains(n)));
    }
    let d = schedule(&p).describe(&p.plan, &p.plan.train.stages[0]);
    assert_eq!(d.notes, ["`topic` starts again: 1.33 passes an epoch"]);

    let p = with(sampler("alternate", &[], &[(0, 2.0), (2, 1.0)]));
    let steps = epochs(&p, 1);
    assert_eq!(steps.iter().map(|s| s[0].wanted.tasks[0]).collect::<Vec<_>>(), [0, 0, 2, 0, 0, 2, 0, 0, 2]);
    let d = schedule(&p).describe(&p.plan, &p.plan.train.stages[0]);
    assert!(d.notes.contains(&"`intent` is never drawn".to_string()), "{d}");
}

/// Shares of the steps by unit: (corpus, tasks) in order.
fn shares(p: &Program, n: u64) -> Vec<f64> {
    let steps = epochs(p, n);
    let mut counts: BTreeMap<(usize, Vec<usize>), usize> = BTreeMap::new();
    steps.iter().flatten().for_each(|d| *counts.entry((d.corpus, d.wanted.tasks.clone())).or_default() += 1);
    counts.into_values().map(|c| c as f64 / steps.len() as f64).collect()
}

#[test]
fn drawn() {
    let near = |sampler: Sampler, expected: &[f64]| {
        let p = with(sampler.clone());
        let found = shares(&p, 400);
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() < 0.03, "{sampler:?}: {found:?}, not {expected:?}");
        }
    };
    near(sampler("random", &[], &[]), &[1.0 / 3.0; 3]);
    near(sampler("proportional", &[("temperature", 1.0)], &[]), &[2.0 / 3.0, 1.0 / 3.0]);
    near(sampler("proportional", &[("cap", 20.0), ("temperature", 1.0)], &[]), &[0.5, 0.5]);
    let r = 2f64.sqrt();
    near(sampler("proportional", &[("temperature", 2.0)], &[]), &[r / (1.0 + r), 1.0 / (1.0 + r)]);
    near(sampler("smoothed", &[("alpha", 0.5)], &[]), &[r / (1.0 + r), 1.0 / (1.0 + r)]);
    near(sampler("smoothed", &[("alpha", 0.0)], &[]), &[0.5, 0.5]);
    near(sampler("mix", &[], &[(0, 3.0), (2, 1.0)]), &[0.75, 0.25]);
    // every pass shows every example once, over the ends of epochs
    let p = with(sampler("random", &[], &[]));
    let counts = seen(&epochs(&p, 40), 1, &[2]);
    assert!(counts.len() == 20 && counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
    let d = schedule(&p).describe(&p.plan, &p.plan.train.stages[0]);
    assert!(d.notes.contains(&"`topic` is expected to be seen 1.44 times an epoch".to_string()), "{d}");
}

#[test]
fn a_task_over_several_corpora_learns_along() {
    let mut p = with(sampler("alternate", &[], &[]));
    // which corpus an example comes from
    let fields = vec![(0, SOURCE_FIELD), (1, SOURCE_FIELD)];
    let classes = vec!["a".to_string(), "b".to_string()];
    p.tables.labels.push(LabelSet::new("source", classes.clone(), vec![]));
    p.plan.labels.push(LabelSpec {
        name: "source".into(),
        fields: fields.clone(),
        layer_names: false,
        words: None,
        classes,
    });
    p.plan.tasks.push(Task { name: "domain".into(), golds: fields, labels: Some(3), ..p.plan.tasks[1].clone() });
    for g in &mut p.plan.graphs {
        g.tasks.push(GraphTask { task: 3, head: 4, gold: Some(SOURCE_FIELD) });
    }
    p.plan.train.stages[0].tasks.push(3);
    p.examples = Examples::encode(&p.plan, &p.tables, &p.corpora);
    let tasks: Vec<Vec<usize>> = epochs(&p, 1)[..3].iter().map(|s| s[0].wanted.tasks.clone()).collect();
    assert_eq!(tasks, [vec![0, 3], vec![1, 3], vec![2, 3]]);
    // it is drawn itself where nothing else learns on one of its corpora
    p.plan.train.stages[0].tasks = vec![0, 3];
    let steps = epochs(&p, 1);
    let alone = steps.iter().flatten().filter(|d| d.wanted.tasks == [3]).count();
    assert_eq!(alone, 8, "5 batches of a, 3 of b: {steps:?}");
}

#[test]
fn batches_are_of_similar_lengths_and_functions_of_the_cursor() {
    let mut p = tiny(400, stage(vec![0], Length::Epochs(1.0)));
    let steps = epochs(&p, 2);
    let lengths = &p.examples.split(0, crate::columns::SplitName::Train).unwrap().lengths;
    let spread = |d: &Draw| {
        let l = d.examples.iter().map(|e| lengths[*e]);
        l.clone().max().unwrap() - l.min().unwrap()
    };
    let mean = steps.iter().flatten().map(|d| f64::from(spread(d))).sum::<f64>() / steps.len() as f64;
    assert!(mean < 1.0, "{mean}");
    assert_ne!(steps[..50], steps[50..], "epochs differ");
    for k in [1, 49, 50, 51] {
        let mut s = schedule(&p);
        let mut cursor = s.cursor();
        (0..k).for_each(|_| drop(s.next(&mut cursor)));
        let json = serde_json::to_string(&cursor).unwrap();
        let mut cursor = serde_json::from_str(&json).unwrap();
        assert_eq!(schedule(&p).next(&mut cursor), steps[k]);
    }
    p.plan.train.seed = 2;
    let mut other = Schedule::new(&p.plan, 0, &p.examples, 2);
    let mut cursor = other.cursor();
    assert_ne!(other.next(&mut cursor), steps[0]);
}
