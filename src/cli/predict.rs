//! `mtlc predict RUN`

use super::answers::{self, Sheet};
use super::run::placeless;
use super::{ERRORS, FAILED, FINE, InputArg, Look, PredictArgs, USAGE, device, findings, say};
use crate::columns::reader::Layout;
use crate::columns::words::{TextReading, or_empty};
use crate::columns::{CorpusDecl, FieldType};
use crate::data::one_file;
use crate::diagnostics::{Diagnostic, suggest, thousands};
use crate::kinds::readers;
use crate::kinds::writers::{Example, Member, Writing};
use crate::plan::{Op, Phase, Plan};
use crate::source::Sources;
use crate::train::LoadedRun;
use crate::train::predict::{Input, Predictor, predict as answer};
use serde_json::{Map, Value};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

pub(super) fn fail(d: Diagnostic, look: Look) -> i32 {
    findings(&Sources::default(), &[d], look);
    FAILED
}

/// The index of a data set by name; the only one when none is named.
pub(super) fn corpus(plan: &Plan, name: Option<&str>) -> Result<usize, Diagnostic> {
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

pub(super) fn command(a: &PredictArgs, look: Look) -> i32 {
    let device = match device(a.device.as_deref(), false) {
        Ok(d) => d,
        Err(code) => return code,
    };
    let run = match LoadedRun::open(&a.run, &device) {
        Ok(r) => r,
        Err(d) => return fail(d, look),
    };
    let chosen = match a.corpus.as_deref().map(|n| corpus(&run.plan, Some(n))) {
        Some(Ok(i)) => Some(i),
        Some(Err(d)) => return fail(d, look),
        None => None,
    };
    let data = match data_set(a, &run.plan, chosen) {
        Ok(data) => data,
        Err(d) => return fail(d, look),
    };
    if let (Some(out), Some(file)) = (&a.write.out, &a.file)
        && let (Ok(out), Ok(file)) = (out.canonicalize(), file.canonicalize())
        && out == file
    {
        say(format!("error: `{}` is the input: name another file for the answers", file.display()));
        return USAGE;
    }
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
    let mut predictor = Predictor::new(&run, data.or(chosen));
    predictor.shown = answers::shown(&a.write);
    let done = match data {
        Some(i) => of_data(a, &run, &predictor, i, reader, look),
        None => of_texts(a, &run, &predictor, chosen, reader),
    };
    match done {
        Ok(bad) if bad.is_empty() => FINE,
        Ok(bad) => {
            let lines: Vec<String> = bad.iter().take(SHOWN).map(usize::to_string).collect();
            let more = if bad.len() > SHOWN { ", ..." } else { "" };
            let (lines, n) = (lines.join(", "), bad.len());
            let (what, word) = if n == 1 { ("line is", "line") } else { ("lines are", "lines") };
            say(format!(
                "{n} {what} not answered, and what is wrong stands in the place of the answer: {word} {lines}{more}"
            ));
            ERRORS
        }
        Err(code) => code,
    }
}

/// So many lines are named that are not answered.
const SHOWN: usize = 10;

/// The data set whose reader reads the input; none: it holds a text on each line.
fn data_set(a: &PredictArgs, plan: &Plan, chosen: Option<usize>) -> Result<Option<usize>, Diagnostic> {
    let one_file = |c: &CorpusDecl| readers::find(&c.reader).is_some_and(|r| r.layout == Layout::OneFile);
    let ending = a.file.as_deref().and_then(Path::extension).and_then(|e| e.to_str()).map(str::to_lowercase);
    // everything may be called .txt
    let ending = ending.filter(|e| e != "txt");
    let ends_so =
        |name: &str| readers::find(name).is_some_and(|r| ending.as_deref().is_some_and(|e| r.extensions.contains(&e)));
    let all = || (0..plan.corpora.len()).filter(|i| chosen.is_none_or(|c| c == *i));
    let fit: Vec<usize> = match a.input {
        Some(InputArg::Texts) => return Ok(None),
        Some(InputArg::Data) => all().filter(|i| one_file(&plan.corpora[*i])).collect(),
        None => all().filter(|i| one_file(&plan.corpora[*i]) && ends_so(&plan.corpora[*i].reader)).collect(),
    };
    match fit.as_slice() {
        [one] => Ok(Some(*one)),
        [first, ..] => {
            let names: Vec<&str> = fit.iter().map(|i| plan.corpora[*i].name.as_str()).collect();
            let d = Diagnostic::new("E0809", "several data sets of the run are read from such a file");
            Err(d.help(format!(
                "name one: `--corpus {}` (known: {}); `--input texts` reads each line as a text",
                plan.corpora[*first].name,
                names.join(", ")
            )))
        }
        [] if a.input == Some(InputArg::Data) => {
            let d = Diagnostic::new("E0809", "the examples of the data set do not stand in one file");
            Err(d.help("give texts, one per line: `--input texts`"))
        }
        [] => {
            let readers: Vec<_> = readers::READERS.iter().filter(|r| ends_so(r.name)).collect();
            match !readers.is_empty() && readers.iter().all(|r| r.token_lines) {
                true => {
                    let what = "the input has a token in each row, and no data set of the run is read from such files";
                    Err(Diagnostic::new("E0809", what).help("`--input texts` reads each line as a text"))
                }
                false => Ok(None),
            }
        }
    }
}

/// Answers the examples of a file as the data set holds them. Gives the lines that are not answered, or the exit code.
fn of_data(
    a: &PredictArgs,
    run: &LoadedRun,
    predictor: &Predictor<'_>,
    i: usize,
    mut reader: Box<dyn Read>,
    look: Look,
) -> Result<Vec<usize>, i32> {
    let decl = &run.plan.corpora[i];
    let name = a.file.as_ref().map_or("<stdin>".into(), |f| f.display().to_string());
    let mut bytes = vec![];
    if let Err(e) = reader.read_to_end(&mut bytes) {
        say(format!("error: `{name}` cannot be read: {e}"));
        return Err(USAGE);
    }
    let mut one = one_file(decl, &name, bytes);
    placeless(&mut one.findings);
    if !one.findings.is_empty() {
        findings(&Sources::default(), &one.findings, look);
    }
    if one.examples.len == 0 && one.findings.iter().any(Diagnostic::is_error) {
        if a.input.is_none() {
            say(format!(
                "`{name}` was read as a file of `{}`, by its ending: `--input texts` reads each line as a text",
                decl.name
            ));
        }
        return Err(ERRORS);
    }
    let format = readers::find(&decl.reader).map_or("jsonl", |r| r.written);
    let writer = answers::writer(&a.write, format)?;
    let names = decl.fields.iter().map(|f| f.name.clone()).collect();
    let answered = predictor.tasks_on(i);
    let file = one.file.as_ref().map(|f| (f, one.headed));
    let (style, own) = (answers::style(&a.write), writer.name == format);
    let writing = Writing::new(writer, style, Some(decl), own, file, (names, predictor.tasks()));
    let mut sheet = Sheet::begin(&a.write, writer, writing)?;
    let said = predictor.answer_split(i, &one.examples, &answered);
    let mut bad = one.bad.iter().peekable();
    let wrong = |(line, what): &(usize, String), sheet: &mut Sheet<'_>| {
        sheet.example(&Example { line: *line, members: vec![], said: &[], error: Some(what) })
    };
    for (e, said) in said.iter().enumerate() {
        let line = one.lines.get(e).map_or(0, |l| *l as usize);
        while let Some(fault) = bad.next_if(|(at, _)| *at < line) {
            wrong(fault, &mut sheet)?;
        }
        let members = answers::members(decl, &one.examples, e);
        sheet.example(&Example { line, members, said, error: None })?;
    }
    bad.try_for_each(|fault| wrong(fault, &mut sheet))?;
    sheet.end()?;
    Ok(one.bad.iter().map(|(line, _)| *line).collect())
}

/// Answers texts line by line. Gives the lines that are not answered, or the exit code.
fn of_texts(
    a: &PredictArgs,
    run: &LoadedRun,
    predictor: &Predictor<'_>,
    chosen: Option<usize>,
    reader: Box<dyn Read>,
) -> Result<Vec<usize>, i32> {
    let fields = fields(&run.plan, chosen);
    let writer = answers::writer(&a.write, "jsonl")?;
    let decl = chosen.or((run.plan.corpora.len() == 1).then_some(0)).map(|i| &run.plan.corpora[i]);
    let names = fields.iter().map(|f| f.name.clone()).collect();
    let style = answers::style(&a.write);
    let writing = Writing::new(writer, style, decl, false, None, (names, predictor.tasks()));
    let mut sheet = Sheet::begin(&a.write, writer, writing)?;
    let mut number = 0;
    let inputs = short_lines(BufReader::new(reader)).map(|line| {
        number += 1;
        let read = match line {
            Ok(Some(b)) => String::from_utf8(b).map_err(|_| "not UTF-8: save the texts as UTF-8".to_string()),
            Ok(None) => {
                let limit = thousands(LONGEST_LINE);
                Err(format!("longer than {limit} bytes: give a text as several shorter ones"))
            }
            Err(e) => Err(e.to_string()),
        };
        match read.and_then(|text| input(text.trim_end_matches('\r'), &fields)) {
            Ok((input, ids)) => ((number, ids), Ok(input)),
            Err(what) => ((number, vec![]), Err(what)),
        }
    });
    let mut bad = vec![];
    answer(predictor, inputs, |(line, ids), said| match said {
        Err(what) => {
            bad.push(line);
            sheet.example(&Example { line, members: vec![], said: &[], error: Some(&format!("line {line}: {what}")) })
        }
        Ok((input, said)) => {
            let member = |f: &Field| {
                let text = input.iter().find(|(name, _)| *name == f.name);
                let id = || ids.iter().find(|(name, _)| *name == f.name).map(|(n, j)| Member::of_json(n, j.clone()));
                text.map(|(name, tokens)| Member::of_text(name, tokens)).or_else(id)
            };
            let members = fields.iter().filter_map(member).collect();
            sheet.example(&Example { line, members, said: &said, error: None })
        }
    })?;
    sheet.end()?;
    Ok(bad)
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

/// The text fields that test graphs read, and the ids of their data sets, in the order of these.
fn fields(plan: &Plan, chosen: Option<usize>) -> Vec<Field> {
    let mut out: Vec<Field> = vec![];
    for g in plan.graphs.iter().filter(|g| g.phase == Phase::Test && chosen.is_none_or(|c| c == g.corpus)) {
        let texts = |f: usize| g.nodes.iter().any(|n| matches!(&n.op, Op::Text { fields } if fields.contains(&f)));
        let decl = &plan.corpora[g.corpus];
        for (f, d) in decl.fields.iter().enumerate() {
            let wanted = d.ty == FieldType::Id || texts(f);
            if wanted && !out.iter().any(|f| f.name == d.name) {
                out.push(Field { name: d.name.clone(), ty: d.ty.clone(), reading: TextReading::of(decl) });
            }
        }
    }
    out
}

/// A text that a run reads, and how the files of its corpus are read; or an id.
struct Field {
    name: String,
    ty: FieldType,
    reading: TextReading,
}

/// Ids by name of field.
type Ids = Vec<(String, Value)>;

/// One line: a JSON object, or texts separated by tabs. A blank line is an empty text.
fn input(line: &str, fields: &[Field]) -> Result<(Input, Ids), String> {
    if line.trim_start().starts_with('{') {
        let object: Map<String, Value> = serde_json::from_str(line).map_err(|e| {
            // it counts lines of its own
            let what = e.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            format!("not a JSON object: {what} at column {}", e.column())
        })?;
        let (mut out, mut ids) = (Input::new(), Ids::new());
        // lines of a data file hold labels too: they are passed over where the texts are there
        let known = |k: &str| fields.iter().find(|f| f.name == k);
        let texts = object.keys().any(|k| known(k).is_some_and(|f| f.ty.is_text()));
        for (k, v) in object.into_iter().filter(|(k, _)| !texts || known(k).is_some()) {
            if known(&k).is_some_and(|f| !f.ty.is_text()) {
                ids.push((k, v));
                continue;
            }
            let unknown = Field { name: k.clone(), ty: FieldType::Tokens, reading: TextReading::default() };
            let field = known(&k).unwrap_or(&unknown);
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
            out.push((k, or_empty(value)));
        }
        return Ok((out, ids));
    }
    let fields: Vec<&Field> = fields.iter().filter(|f| f.ty.is_text()).collect();
    let parts: Vec<&str> = if fields.len() > 1 { line.split('\t').collect() } else { vec![line] };
    if parts.len() > fields.len() {
        return Err(format!("{} texts separated by tabs, but the run reads {}", parts.len(), fields.len()));
    }
    // a text that is not given among others is not empty, it is not there
    let blank = line.trim().is_empty();
    let empty = |f: &&Field| (f.name.clone(), or_empty(vec![]));
    if blank {
        return Ok((fields.iter().map(empty).collect(), vec![]));
    }
    let pairs = parts.iter().zip(fields).filter(|(p, _)| !p.trim().is_empty());
    Ok((pairs.map(|(p, f)| (f.name.clone(), or_empty(f.reading.split(&f.ty, p)))).collect(), vec![]))
}
