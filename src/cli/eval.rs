//! `mtlc eval RUN`

use super::answers::{self, Sheet};
use super::details::{self, WORST};
use super::predict::{corpus, fail};
use super::run::{placeless, unreadable};
use super::{EvalArgs, FINE, Look, SplitArg, USAGE, device, findings, out, out_json, say};
use crate::columns::reader::DataFile;
use crate::columns::{Corpus, Places, SplitName};
use crate::diagnostics::{Diagnostic, suggest};
use crate::driver;
use crate::encode::Examples;
use crate::encode::cache::Cache;
use crate::kinds::readers;
use crate::kinds::writers::{Example, Writing};
use crate::source::Sources;
use crate::train::LoadedRun;
use crate::train::evaluate::{best_file, named};
use crate::train::predict::Predictor;
use crate::train::report::{Figure, show_value, table};
use crate::train::run_dir::{MODEL, RunDir};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The corpora of other files in place of a data set, which alone is evaluated. The label sets of the run grow by the
/// classes that only these files have; what is odd in them is printed.
fn other_data(
    run: &mut LoadedRun,
    i: usize,
    path: &Path,
    split: SplitName,
    look: Look,
) -> Result<Vec<Corpus>, Vec<Diagnostic>> {
    let decl = crate::data::elsewhere(&run.plan.corpora[i], path);
    let loaded = crate::data::load(&decl, &std::env::current_dir().unwrap_or_default());
    let (found, mut odd): (Vec<_>, Vec<_>) = loaded.diagnostics.into_iter().partition(Diagnostic::is_error);
    if !found.is_empty() {
        return Err(found);
    }
    let mut corpora = vec![Corpus::default(); run.plan.corpora.len()];
    let c = &mut corpora[i];
    *c = loaded.corpus.unwrap_or_default();
    // a single file is a training split for a reader; here it is what is evaluated
    if c.split(split).len == 0 && c.train.len > 0 {
        *c.split_mut(split) = std::mem::take(&mut c.train);
        if let Some(places) = c.places.remove(&SplitName::Train) {
            c.places.insert(split, places);
        }
    }
    run.tables = run.tables.with_unseen(&run.plan.labels, &corpora);
    for (spec, set) in run.plan.labels.iter().zip(&run.tables.labels) {
        odd.extend(crate::encode::classes::oddities(spec, set, &run.plan.corpora, &corpora));
    }
    if !odd.is_empty() {
        placeless(&mut odd);
        findings(&Sources::default(), &odd, look);
    }
    Ok(corpora)
}

/// The run's own data with their texts, which a cache does not keep.
fn own_data(run: &LoadedRun, base: &Path) -> Result<Vec<Corpus>, Vec<Diagnostic>> {
    let (mut corpora, mut found) = (vec![], vec![]);
    for decl in &run.plan.corpora {
        let loaded = crate::data::load(decl, base);
        found.extend(loaded.diagnostics.into_iter().filter(Diagnostic::is_error));
        corpora.push(loaded.corpus.unwrap_or_default());
    }
    if found.is_empty() { Ok(corpora) } else { Err(found) }
}

/// Why a task cannot be named.
fn unknown_task(a: &EvalArgs, task: &str) -> Option<Diagnostic> {
    let (plan, _) = RunDir::open(&a.run).and_then(|d| d.read_start()).ok()?;
    if plan.tasks.iter().any(|t| t.name == task) {
        return None;
    }
    let names: Vec<&str> = plan.tasks.iter().map(|t| t.name.as_str()).collect();
    let near = suggest::question(&suggest::near(task, names.iter().copied()));
    let d = Diagnostic::new("E0809", format!("the run has no task `{task}`"));
    Some(d.help(near.unwrap_or_else(|| format!("its tasks are {}", names.join(", ")))))
}

pub(super) fn command(a: &EvalArgs, look: Look) -> i32 {
    let w = &a.write;
    let written = w.output.is_some() || w.out.is_some();
    if !written && (w.header || w.probs || w.gold || w.top.is_some()) {
        say("error: `--header`, `--probs`, `--top` and `--gold` belong to answers: add `--output FORMAT` or `-o FILE`");
        return USAGE;
    }
    if let Some(d) = a.best.as_deref().and_then(|task| unknown_task(a, task)) {
        return fail(d, look);
    }
    let device = match device(a.device.as_deref(), false) {
        Ok(d) => d,
        Err(code) => return code,
    };
    let weights = a.best.as_deref().map_or(MODEL.to_string(), best_file);
    let mut run = match LoadedRun::open_weights(&a.run, &weights, &device) {
        Ok(r) => r,
        Err(d) => return fail(d, look),
    };
    let info = match crate::train::trainer::info(&run.dir) {
        Ok(i) => i,
        Err(d) => return fail(d, look),
    };
    let split = match a.split {
        SplitArg::Train => SplitName::Train,
        SplitArg::Dev => SplitName::Dev,
        SplitArg::Test => SplitName::Test,
    };
    // one data set is named, replaced or written
    let chosen = match a.data.is_some() || a.corpus.is_some() || written {
        true => match corpus(&run.plan, a.corpus.as_deref()) {
            Ok(i) => Some(i),
            Err(d) => return fail(d, look),
        },
        false => None,
    };
    let corpora = match (&a.data, chosen) {
        (Some(path), Some(i)) => other_data(&mut run, i, path, split, look).map(Some),
        _ if written || a.details => own_data(&run, &info.base).map(Some),
        _ => Ok(None),
    };
    let examples = corpora.and_then(|corpora| {
        let examples = match &corpora {
            Some(corpora) => Examples::encode(&run.plan, &run.tables, corpora),
            None => driver::examples_of_run(&run.plan, &run.tables, &info.base, Cache::of_user().as_ref())?,
        };
        Ok((corpora, examples))
    });
    let (corpora, mut examples) = match examples {
        Ok(examples) => examples,
        Err(found) => return unreadable(found, look),
    };
    if let Some(chosen) = chosen {
        let others = examples.corpora.iter_mut().enumerate().filter(|(i, _)| *i != chosen);
        others.for_each(|(_, splits)| *splits = Default::default());
    }
    let measured = run.figures(&examples, split);
    let mut shown = named(&run.plan, &measured);
    // as in the table of a run
    shown.extend(measured.frames.iter().map(|(c, value)| {
        let figure = Figure { metric: "frame_accuracy".into(), value: Some(*value) };
        (format!("({})", run.plan.corpora[*c].name), vec![figure])
    }));
    let behind = match (&corpora, a.details) {
        (Some(corpora), true) => Some((crate::train::details::details(&run, &examples, split, WORST), corpora)),
        _ => None,
    };
    let mut told = figures(a, split, &shown);
    if let Some((all, corpora)) = &behind {
        told = match a.json {
            true => format!("{{\"figures\":{told},\"details\":{}}}", details::to_json(all, &run.plan, corpora, split)),
            false => told + &details::text(all, &run.plan, corpora, split),
        };
    }
    if let (Some(corpora), Some(i), true) = (&corpora, chosen, written) {
        if let Err(code) = write(a, &run, i, &corpora[i], split) {
            return code;
        }
        if w.out.is_none() {
            // standard output holds the answers
            say(told);
            return FINE;
        }
    }
    if a.json {
        out_json(told)
    } else {
        out(told)
    }
    FINE
}

/// Figures as JSON or as a table.
fn figures(a: &EvalArgs, split: SplitName, shown: &[(String, Vec<Figure>)]) -> String {
    if a.json {
        let all: Map<String, Value> = shown
            .iter()
            .map(|(t, f)| {
                let f: Map<String, Value> = f.iter().map(|f| (f.metric.clone(), json!(f.value))).collect();
                (t.clone(), Value::Object(f))
            })
            .collect();
        return Value::Object(all).to_string();
    }
    let rows: Vec<Vec<String>> = shown
        .iter()
        .flat_map(|(t, f)| f.iter().map(move |f| vec![t.clone(), f.metric.clone(), show_value(&f.metric, f.value)]))
        .collect();
    table(&["task", "metric", &split.to_string()], &rows)
}

/// Writes the answers to a split of a data set beside its gold; `Err` is the exit code.
fn write(a: &EvalArgs, run: &LoadedRun, i: usize, corpus: &Corpus, split: SplitName) -> Result<(), i32> {
    let decl = &run.plan.corpora[i];
    let format = readers::find(&decl.reader).map_or("jsonl", |r| r.written);
    let writer = answers::writer(&a.write, format)?;
    let places = corpus.places.get(&split).cloned().unwrap_or_default();
    let file = text_of(&places).filter(|_| writer.name == format);
    let mut predictor = Predictor::new(run, Some(i));
    predictor.shown = answers::shown(&a.write);
    let names = decl.fields.iter().map(|f| f.name.clone()).collect();
    let (style, own) = (answers::style(&a.write), file.is_some());
    let file = file.as_ref().map(|f| (f, places.headed));
    let writing = Writing::new(writer, style, Some(decl), own, file, (names, predictor.tasks()));
    let mut sheet = Sheet::begin(&a.write, writer, writing)?;
    let examples = corpus.split(split);
    for (e, said) in predictor.answer_split(i, examples, &predictor.tasks_on(i)).iter().enumerate() {
        let line = places.lines.get(e).map_or(e + 1, |l| *l as usize);
        sheet.example(&Example { line, members: answers::members(decl, examples, e), said, error: None })?;
    }
    sheet.end()
}

/// The file of a split, if it is one.
fn text_of(places: &Places) -> Option<DataFile> {
    let [path] = places.files.as_slice() else { return None };
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text);
    Some(DataFile { name: path.display().to_string(), text })
}
