//! `mtlc compare SPEC [SPEC2]`: what each task, arrow and auxiliary task is worth.

use super::study::{Answered, Prepared, Trained, Variant, split_of};
use super::workshop::Workshop;
use super::{CompareArgs, ERRORS, FAILED, FINE, Look, device, findings, out, out_json, say, shown};
use crate::kinds::heads;
use crate::plan::{Plan, Score};
use crate::present::comparison::{Comparison, Contrast, Row, Verdict};
use crate::source::Sources;
use crate::train::RunError;
use crate::train::files;
use crate::train::paired::{self, Answers};
use crate::train::report::{show_score, table};
use crate::train::run_dir::dated_name;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

pub(super) fn command(a: &CompareArgs, look: Look) -> i32 {
    let device = match device(None, false) {
        Ok(d) => d,
        Err(code) => return code,
    };
    let shop = Workshop::open(&a.work, device, look);
    let found = match compare(a, &shop) {
        Ok(c) => c,
        Err(RunError::Interrupted(_)) => {
            say("stopped; the same command goes on");
            return super::INTERRUPTED;
        }
        Err(RunError::Failed(found)) => {
            findings(&Sources::default(), &found, look);
            return if found.is_empty() { ERRORS } else { FAILED };
        }
    };
    match a.json {
        true => out_json(serde_json::to_string(&found).unwrap_or_default()),
        false => out(found.text(&|head, rows| table(head, rows))),
    }
    match write(a, &found) {
        Ok(folder) => {
            say(format!("written: {}/compare.{{txt,json,md,tex,html}}", folder.display()));
            FINE
        }
        Err(d) => {
            findings(&Sources::default(), &[d], look);
            FAILED
        }
    }
}

/// All forms, side by side in a folder.
fn write(a: &CompareArgs, c: &Comparison) -> Result<PathBuf, crate::diagnostics::Diagnostic> {
    let dated = || Path::new("runs").join(dated_name(&format!("{}-compare", c.name), SystemTime::now()));
    let folder = a.out.clone().unwrap_or_else(dated);
    std::fs::create_dir_all(&folder).map_err(|e| files::unwritable(&folder, &e))?;
    let json = serde_json::to_string_pretty(c).unwrap_or_default() + "\n";
    let forms = [
        ("txt", c.text(&|head, rows| table(head, rows))),
        ("json", json),
        ("md", c.markdown()),
        ("tex", c.latex()),
        ("html", c.html()),
    ];
    for (ending, text) in forms {
        files::write_atomic(&folder.join(format!("compare.{ending}")), text.as_bytes())?;
    }
    Ok(folder)
}

/// What one of the contrasts asks.
enum Asked {
    /// the tasks alone, each a program
    Alone(Vec<usize>),
    /// without an arrow or a task
    Cut(String),
    /// another spec
    Other,
}

/// Findings that were printed stand for an empty list.
fn compare(a: &CompareArgs, shop: &Workshop<'_>) -> Result<Comparison, RunError> {
    let cache = a.work.cache();
    let prepare = |v: &Variant, file: &Path| -> Result<Arc<Prepared>, RunError> {
        if let Err(d) = v.check(file, shop.look) {
            return Err(RunError::Failed(if d.code == "E0810" { vec![] } else { vec![d] }));
        }
        Ok(Arc::new(v.prepare(file, shop.look, cache.as_ref())?))
    };
    let program = prepare(&Variant::whole(&a.changes), &a.file)?;
    let plan = &program.plan;
    let mut asked: Vec<(Asked, Vec<Arc<Prepared>>)> = vec![];
    let tasks = compared(plan);
    if plan.tasks.len() > 1 {
        let alone: Result<Vec<_>, _> =
            tasks.iter().map(|t| prepare(&Variant::single(&plan.tasks[*t].name, &a.changes), &a.file)).collect();
        asked.push((Asked::Alone(tasks.clone()), alone?));
        for arrow in program.arrows.iter().collect::<BTreeSet<_>>() {
            let v = Variant::without_arrow(arrow, &a.changes);
            asked.push((Asked::Cut(format!("without {arrow}")), vec![prepare(&v, &a.file)?]));
        }
        for t in (0..plan.tasks.len()).filter(|t| !tasks.contains(t)) {
            let v = Variant::without(std::slice::from_ref(&plan.tasks[t].name), &a.changes);
            asked.push((Asked::Cut(format!("without {}", plan.tasks[t].name)), vec![prepare(&v, &a.file)?]));
        }
        for loss in &plan.losses {
            let v = Variant::without(std::slice::from_ref(&loss.name), &a.changes);
            asked.push((Asked::Cut(format!("without {}", loss.name)), vec![prepare(&v, &a.file)?]));
        }
    }
    let other = a.other.as_deref().map(|file| prepare(&Variant::whole(&a.changes), file)).transpose()?;
    let runs = asked.iter().map(|(_, p)| p.len()).sum::<usize>() as u64 + 1 + u64::from(other.is_some());
    if !a.work.quiet {
        say(format!("{}: {runs} programs, {} seeds each", shown(&a.file), a.work.seeds));
    }
    let whole = shop.whole(&program)?;
    let all: Vec<Arc<Prepared>> = asked.iter().flat_map(|(_, p)| p.iter().cloned()).collect();
    let mut beside = shop.beside(&all, &whole)?.into_iter();
    let mut answered = Answered::default();
    let (mut contrasts, mut words, mut delta_m) = (vec![], vec![], None);
    let asked = asked.into_iter().map(|(what, p)| (what, beside.by_ref().take(p.len()).collect::<Vec<_>>()));
    let mut asked: Vec<(Asked, Vec<Trained>)> = asked.collect();
    if let Some(other) = &other {
        asked.push((Asked::Other, vec![shop.whole(other)?.0]));
    }
    for (what, trained) in &asked {
        let (other, scores) = match what {
            Asked::Alone(tasks) => ("each task alone".to_string(), metrics(plan, tasks, usize::MAX)),
            Asked::Cut(name) => (name.clone(), metrics(plan, &tasks, 1)),
            Asked::Other => (shown(a.other.as_deref().unwrap_or(&a.file)), metrics(plan, &tasks, usize::MAX)),
        };
        // several figures in one, unless it is one of examples that a task alone does not have
        let whole_score = plan.train.objective.clone().filter(|s| !matches!(s, Score::Metric { .. }));
        let whole_score = whole_score.filter(|s| !matches!(what, Asked::Alone(_)) || s.reads().1.is_empty());
        let scores = scores.into_iter().chain(whole_score);
        let mut rows = vec![];
        for s in scores {
            let split = split_of(&s, plan, &program.examples);
            let mut parts: Vec<Answers> = vec![];
            for t in trained {
                // two specs may both be called by the same name
                let own = match what {
                    Asked::Other => t.answers(split, &shop.device)?,
                    Asked::Alone(_) | Asked::Cut(_) => answered.of(t, split, &shop.device)?.clone(),
                };
                parts.push(own);
            }
            let with = answered.of(&whole.0, split, &shop.device)?;
            rows.extend(paired::Comparison::new(&s, with, &parts).map(|c| row(&s, plan, &c)));
        }
        words.extend(told(what, &rows));
        if matches!(what, Asked::Alone(_)) {
            delta_m = relative(&rows, plan);
        }
        if !rows.is_empty() {
            contrasts.push(Contrast { other, rows });
        }
    }
    if matches!(asked.first(), None | Some((Asked::Other, _))) {
        words.push("The program has one task, so there is nothing to compare it with but another program.".into());
    }
    let seeds = whole.1.iter().map(|r| r.seed).collect();
    Ok(Comparison { name: plan.name.clone(), seeds, contrasts, delta_m, words })
}

/// The tasks that the objective speaks of, or all: the others are auxiliary.
fn compared(plan: &Plan) -> Vec<usize> {
    let (metrics, frames) = plan.train.objective.as_ref().map_or((vec![], vec![]), Score::reads);
    let of_frame = |t: usize| plan.tasks[t].golds.iter().any(|(c, _)| frames.contains(c));
    let named = |t: usize| metrics.iter().any(|(m, _)| *m == t) || of_frame(t);
    let all: Vec<usize> = (0..plan.tasks.len()).filter(|t| named(*t)).collect();
    if all.is_empty() { (0..plan.tasks.len()).collect() } else { all }
}

/// So many metrics of each task.
fn metrics(plan: &Plan, tasks: &[usize], most: usize) -> Vec<Score> {
    let of = |t: &usize| {
        let n = plan.tasks[*t].metrics.len().min(most);
        let task = *t;
        (0..n).map(move |metric| Score::Metric { task, metric })
    };
    tasks.iter().flat_map(of).collect()
}

fn row(score: &Score, plan: &Plan, c: &paired::Comparison) -> Row {
    let Score::Metric { task, metric } = score else {
        // of shares, which it is in all that people write
        let share = !c.with.iter().chain(&c.without).any(|v| v.abs() > 1.0);
        let (with, without, verdict) = (c.with.clone(), c.without.clone(), Verdict::of(c.interval(), true));
        let (task, metric) = (show_score(score, plan), String::new());
        return Row { task, metric, share, with, without, difference: c.mean(), interval: c.interval(), verdict };
    };
    let m = &plan.tasks[*task].metrics[*metric];
    let known = heads::metric(&m.name);
    let better = known.is_none_or(|k| k.higher_is_better);
    Row {
        task: plan.tasks[*task].name.clone(),
        metric: m.label.clone(),
        share: known.is_none_or(|k| k.range.1 <= 1.0),
        with: c.with.clone(),
        without: c.without.clone(),
        difference: c.mean(),
        interval: c.interval(),
        verdict: Verdict::of(c.interval(), better),
    }
}

/// Δm in per cent, over the first metrics of the tasks.
fn relative(rows: &[Row], plan: &Plan) -> Option<f64> {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    let first = |r: &&Row| plan.tasks.iter().any(|t| t.name == r.task && t.metrics[0].label == r.metric);
    let change = |r: &Row| {
        let name = plan.tasks.iter().find(|t| t.name == r.task).map(|t| t.metrics[0].name.as_str())?;
        let sign = if heads::metric(name).is_none_or(|m| m.higher_is_better) { 100.0 } else { -100.0 };
        let change = sign * (mean(&r.with) - mean(&r.without)) / mean(&r.without).abs();
        change.is_finite().then_some(change)
    };
    let all: Vec<f64> = rows.iter().filter(first).map(change).collect::<Option<_>>()?;
    (!all.is_empty()).then(|| mean(&all))
}

/// What a contrast says, in sentences.
fn told(what: &Asked, rows: &[Row]) -> Vec<String> {
    let of = |v: Verdict| rows.iter().filter(move |r| r.verdict == v);
    let figure = |r: &Row| format!("{}.{}", r.task, r.metric);
    let mut out = vec![];
    if rows.is_empty() {
        let other = match what {
            Asked::Alone(_) => "the tasks alone".to_string(),
            Asked::Cut(name) => format!("the program {name}"),
            Asked::Other => "the other spec".into(),
        };
        return vec![format!("With {other} the program has no figure in common.")];
    }
    match what {
        Asked::Alone(_) => {
            let each =
                |r: &Row, verb: &str| format!("`{}` {verb} {} by being trained with the others.", figure(r), r.told());
            out.extend(of(Verdict::Gains).map(|r| each(r, "gains")));
            out.extend(of(Verdict::Suffers).map(|r| each(r, "loses")));
            let open: Vec<String> = of(Verdict::Undecided).map(|r| format!("`{}`", figure(r))).collect();
            if !open.is_empty() {
                out.push(format!("No difference beyond chance was seen for {}.", open.join(", ")));
            }
        }
        Asked::Cut(name) => {
            let part = name.strip_prefix("without ").unwrap_or(name);
            let gains: Vec<String> = of(Verdict::Gains).map(|r| format!("`{}` {}", figure(r), r.told())).collect();
            let loses: Vec<String> = of(Verdict::Suffers).map(|r| format!("`{}` {}", figure(r), r.told())).collect();
            if !gains.is_empty() {
                out.push(format!("`{part}` earns its place: without it, worse are {}.", gains.join(", ")));
            }
            if !loses.is_empty() {
                out.push(format!("`{part}` costs: without it, better are {}.", loses.join(", ")));
            }
            if gains.is_empty() && loses.is_empty() {
                out.push(format!("Of `{part}` no effect beyond chance was seen."));
            }
        }
        Asked::Other => {
            let each =
                |r: &Row, verb: &str| format!("`{}` is {verb} by {} than in the other spec.", figure(r), r.told());
            out.extend(of(Verdict::Gains).map(|r| each(r, "better")));
            out.extend(of(Verdict::Suffers).map(|r| each(r, "worse")));
            if of(Verdict::Undecided).count() == rows.len() {
                out.push("No difference beyond chance was seen between the two specs.".into());
            }
        }
    }
    out
}
