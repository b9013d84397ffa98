//! `mtlc eval RUN` and `mtlc predict RUN`

use super::output::{self, out_text};
use super::run::{placeless, unreadable};
use super::{EvalArgs, FAILED, FINE, Look, OutputArg, PredictArgs, SplitArg, USAGE, device, findings};
use super::{out, out_json, say};
use crate::columns::words::{TextReading, or_empty};
use crate::columns::{Corpus, FieldType, SplitName};
use crate::diagnostics::visible::visible_line;
use crate::diagnostics::{Diagnostic, suggest, thousands};
use crate::driver;
use crate::encode::Examples;
use crate::encode::cache::Cache;
use crate::plan::{Phase, Plan};
use crate::source::Sources;
use crate::train::LoadedRun;
use crate::train::evaluate::{best_file, named};
use crate::train::predict::{Input, Prediction, predict as answer};
use crate::train::report::{show_value, table};
use burn::tensor::Device;
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

fn fail(d: Diagnostic, look: Look) -> i32 {
    findings(&Sources::default(), &[d], look);
    FAILED
}

fn open(a: &Path, weights: Option<&str>, device: &Device) -> Result<LoadedRun, Diagnostic> {
    match weights {
        Some(w) => LoadedRun::open_weights(a, w, device),
        None => LoadedRun::open(a, device),
    }
}

/// The index of a data set by name; the only one when none is named.
fn corpus(plan: &Plan, name: Option<&str>) -> Result<usize, Diagnostic> {
    let names: Vec<&str> = plan.corpora.iter().map(|c| c.name.as_str()).collect();
    match name {
        Some(n) => names.iter().position(|x| *x == n).ok_or_else(|| {
            let q = suggest::question(&suggest::near(n, names.iter().copied()));
            Diagnostic::new("E0809", format!("the run has no data set `{n}`"))
                .help(q.unwrap_or_else(|| format!("name one of {}", names.join(", "))))
        }),
        None if names.len() == 1 => Ok(0),
        None => Err(Diagnostic::new("E0809", "the run has several data sets").help(format!(
            "name one: `--corpus {}` (known: {})",
            names[0],
            names.join(", ")
        ))),
    }
}

/// The examples of other files in place of a data set, which alone is evaluated. The label sets of the run grow by the
/// classes that only these files have; what is odd in them is printed.
fn other_data(
    run: &mut LoadedRun,
    i: usize,
    path: &Path,
    split: SplitName,
    look: Look,
) -> Result<Examples, Vec<Diagnostic>> {
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
    }
    run.tables = run.tables.with_unseen(&run.plan.labels, &corpora);
    for (spec, set) in run.plan.labels.iter().zip(&run.tables.labels) {
        odd.extend(crate::encode::classes::oddities(spec, set, &run.plan.corpora, &corpora));
    }
    if !odd.is_empty() {
        placeless(&mut odd);
        findings(&Sources::default(), &odd, look);
    }
    Ok(Examples::encode(&run.plan, &run.tables, &corpora))
}

pub(super) fn eval(a: &EvalArgs, look: Look) -> i32 {
    if let Some(task) = &a.best {
        let plan = crate::train::run_dir::RunDir::open(&a.run).and_then(|d| d.read_start());
        if let Ok((plan, _)) = plan
            && !plan.tasks.iter().any(|t| t.name == *task)
        {
            let names: Vec<&str> = plan.tasks.iter().map(|t| t.name.as_str()).collect();
            let near = suggest::question(&suggest::near(task, names.iter().copied()));
            let d = Diagnostic::new("E0809", format!("the run has no task `{task}`"));
            return fail(d.help(near.unwrap_or_else(|| format!("its tasks are {}", names.join(", ")))), look);
        }
    }
    let weights = a.best.as_deref().map(best_file);
    let device = match device(a.device.as_deref(), false) {
        Ok(d) => d,
        Err(code) => return code,
    };
    let mut run = match open(&a.run, weights.as_deref(), &device) {
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
    let replaced = match &a.data {
        Some(_) => match corpus(&run.plan, a.corpus.as_deref()) {
            Ok(i) => Some(i),
            Err(d) => return fail(d, look),
        },
        None => None,
    };
    let examples = match (&a.data, replaced) {
        (Some(path), Some(i)) => other_data(&mut run, i, path, split, look),
        _ => driver::examples_of_run(&run.plan, &run.tables, &info.base, Cache::of_user().as_ref()),
    };
    let examples = match examples {
        Ok(examples) => examples,
        Err(found) => return unreadable(found, look),
    };
    let figures = run.figures(&examples, split);
    let shown = named(&run.plan, &figures);
    if a.json {
        let all: Map<String, Value> = shown
            .iter()
            .map(|(t, f)| {
                let f: Map<String, Value> = f.iter().map(|f| (f.metric.clone(), json!(f.value))).collect();
                (t.clone(), Value::Object(f))
            })
            .collect();
        out_json(Value::Object(all).to_string());
        return FINE;
    }
    let rows: Vec<Vec<String>> = shown
        .iter()
        .flat_map(|(t, f)| f.iter().map(move |f| vec![t.clone(), f.metric.clone(), show_value(&f.metric, f.value)]))
        .collect();
    let word = match split {
        SplitName::Train => "train",
        SplitName::Dev => "dev",
        SplitName::Test => "test",
    };
    out(table(&["task", "metric", word], &rows));
    FINE
}

pub(super) fn predict(a: &PredictArgs, look: Look) -> i32 {
    let device = match device(a.device.as_deref(), false) {
        Ok(d) => d,
        Err(code) => return code,
    };
    let run = match open(&a.run, None, &device) {
        Ok(r) => r,
        Err(d) => return fail(d, look),
    };
    let chosen = match a.corpus.as_deref().map(|n| corpus(&run.plan, Some(n))) {
        Some(Ok(i)) => Some(i),
        Some(Err(d)) => return fail(d, look),
        None => None,
    };
    let fields = fields(&run.plan, chosen);
    let reader: Box<dyn Read> = match &a.file {
        Some(f) => match std::fs::File::open(f) {
            Ok(f) => Box::new(f),
            Err(e) => {
                say(format!("error: `{}` cannot be read: {e}", f.display()));
                return USAGE;
            }
        },
        None => Box::new(std::io::stdin()),
    };
    let mut number = 0;
    let inputs = short_lines(BufReader::new(reader)).filter_map(|line| {
        number += 1;
        let at = |what: String| Diagnostic::new("E0809", format!("line {number}: {what}"));
        let bytes = match line {
            Ok(Some(b)) => b,
            Ok(None) => {
                let limit = thousands(LONGEST_LINE);
                return Some(Err(at(format!("longer than {limit} bytes")).help("give a text as several shorter ones")));
            }
            Err(e) => return Some(Err(at(e.to_string()))),
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return Some(Err(at("not UTF-8".into()).help("save the texts as UTF-8")));
        };
        let text = text.trim_end_matches('\r');
        if text.trim().is_empty() {
            return None;
        }
        Some(input(text, &fields).map_err(at))
    });
    let done = answer(&run, chosen, inputs, |input, said| {
        match a.output {
            OutputArg::Json => out_json(json(&said)),
            OutputArg::Columns => out_text(&format!("{}\n", columns(input, &said))),
        }
        match output::is_closed() {
            true => Err(Diagnostic::new("E0805", "the answers cannot be written")),
            false => Ok(()),
        }
    });
    match done {
        // why, is said at the end
        Err(_) if output::is_closed() => FINE,
        Ok(()) => FINE,
        Err(d) => fail(d, look),
    }
}

/// A line of more bytes is no text: what is computed of a text takes hundreds of times its size.
const LONGEST_LINE: usize = 1 << 20;

/// Lines without their ends; none for one that is too long, of which no more is kept in memory than is allowed.
fn short_lines(mut reader: impl BufRead) -> impl Iterator<Item = std::io::Result<Option<Vec<u8>>>> {
    std::iter::from_fn(move || {
        let mut line = vec![];
        let read = reader.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return None,
            Err(e) => return Some(Err(e)),
            Ok(_) => {}
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() > LONGEST_LINE {
            return Some(reader.skip_until(b'\n').map(|_| None));
        }
        Some(Ok(Some(line)))
    })
}

/// The text fields that test graphs read, with their kinds, in the order of the data set.
fn fields(plan: &Plan, chosen: Option<usize>) -> Vec<TextField> {
    let mut out: Vec<TextField> = vec![];
    for g in plan.graphs.iter().filter(|g| g.phase == Phase::Test && chosen.is_none_or(|c| c == g.corpus)) {
        for n in &g.nodes {
            if let crate::plan::Op::Text { fields } = &n.op {
                for f in fields {
                    let Some(d) = plan.corpora[g.corpus].fields.get(*f) else { continue };
                    if !out.iter().any(|f| f.name == d.name) {
                        let reading = TextReading::of(&plan.corpora[g.corpus]);
                        out.push(TextField { name: d.name.clone(), ty: d.ty.clone(), reading });
                    }
                }
            }
        }
    }
    out
}

/// A text that a run reads, and how the files of its corpus are read.
struct TextField {
    name: String,
    ty: FieldType,
    reading: TextReading,
}

/// One line: a JSON object, or texts separated by tabs.
fn input(line: &str, fields: &[TextField]) -> Result<Input, String> {
    if line.trim_start().starts_with('{') {
        let object: Map<String, Value> = serde_json::from_str(line).map_err(|e| {
            // it counts lines of its own
            let what = e.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            format!("not a JSON object: {what} at column {}", e.column())
        })?;
        let mut out = Input::new();
        // lines of a data file hold labels too: they are passed over where the texts are there
        let known = |k: &str| fields.iter().any(|f| f.name == k);
        let texts = object.keys().any(|k| known(k));
        for (k, v) in object.into_iter().filter(|(k, _)| !texts || known(k)) {
            let unknown = TextField { name: k.clone(), ty: FieldType::Tokens, reading: TextReading::default() };
            let field = fields.iter().find(|f| f.name == k).unwrap_or(&unknown);
            let value = match &v {
                Value::String(s) => field.reading.split(&field.ty, s),
                Value::Array(items) => {
                    let one =
                        |i: &'_ Value| i.as_str().map(String::from).ok_or(format!("`{k}` holds {i}, not a string"));
                    let items: Vec<String> = items.iter().map(one).collect::<Result<_, _>>()?;
                    field.reading.list(&field.ty, items.iter().map(String::as_str))
                }
                other => return Err(format!("`{k}` is {other}, not a text")),
            };
            out.insert(k, or_empty(value));
        }
        return Ok(out);
    }
    let parts: Vec<&str> = if fields.len() > 1 { line.split('\t').collect() } else { vec![line] };
    if parts.len() > fields.len() {
        return Err(format!("{} texts separated by tabs, but the run reads {}", parts.len(), fields.len()));
    }
    let pairs = parts.iter().zip(fields).filter(|(p, _)| !p.trim().is_empty());
    Ok(pairs.map(|(p, f)| (f.name.clone(), or_empty(f.reading.split(&f.ty, p)))).collect())
}

fn json(said: &Prediction) -> String {
    let all: Map<String, Value> = said.iter().map(|(t, s)| (t.clone(), s.json.clone())).collect();
    Value::Object(all).to_string()
}

/// Tags become columns beside the tokens, everything else a comment above them.
fn columns(input: &Input, said: &Prediction) -> String {
    let mut out = String::new();
    let mut tags: Vec<&Vec<String>> = vec![];
    for (task, s) in said {
        match s.cells.is_empty() {
            true => out.push_str(&format!("# {task} = {}\n", visible_line(&s.text))),
            false => tags.extend(&s.cells),
        }
    }
    let rows = tags.first().map_or(0, |t| t.len());
    let text = input.values().find(|t| t.len() == rows && rows > 0);
    match text {
        Some(tokens) => {
            for (i, token) in tokens.iter().enumerate() {
                let tags = tags.iter().filter_map(|t| t.get(i));
                let row: Vec<_> = std::iter::once(token).chain(tags).map(|cell| visible_line(cell)).collect();
                out.push_str(&format!("{}\n", row.join("\t")));
            }
        }
        None => {
            for t in input.values() {
                out.push_str(&format!("# text = {}\n", visible_line(&t.join(" "))));
            }
        }
    }
    out
}
