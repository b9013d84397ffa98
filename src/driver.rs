//! The whole pipeline on one screen.
//!
//! ```text
//! text ─parse→ File ─expand→ Program ─check→ Checked ─load→ Corpora, Tables ─build→ Plan
//! ```
//! A stage runs unless the one before left an error that blocks it; independent checks all still run, so one call
//! gives every finding.
//!
//! It is the one entry to the front end, for the command line as for an editor: [`compile`] keeps no state between
//! calls, never fails and reads no file but through a [`World`], so it can be called on each change of a text with the
//! texts as they stand in the editor.
//!
//! ```
//! use mtlc::driver;
//! use mtlc::hir::{Options, World};
//! use std::io::{Error, ErrorKind, Result};
//! use std::path::Path;
//!
//! struct Editor;
//! impl World for Editor {
//!     fn read(&self, path: &Path) -> Result<String> {
//!         match path.to_str() {
//!             Some("common.mtl") => Ok("encoder enc = embed(64) |> bilstm(64)".into()),
//!             _ => Err(Error::from(ErrorKind::NotFound)),
//!         }
//!     }
//! }
//!
//! let text = r#"use "common.mtl"
//! data d = columns("data") { x: tokens; y: tags on x }
//! task t : tag of d.y from encc
//! "#;
//! let c = driver::compile(Path::new("spec.mtl"), text, &Editor, &Options::default());
//! let finding = &c.diagnostics[0];
//! assert_eq!(finding.message, "nothing is called `encc`");
//! let place = finding.primary.as_ref().map(|l| c.sources.line_col(l.span));
//! assert_eq!(place, Some((3, 26)));
//!
//! // the help as an edit
//! let fix = finding.fix.as_ref().unwrap();
//! let mut mended = text.to_string();
//! mended.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
//! let c = driver::compile(Path::new("spec.mtl"), &mended, &Editor, &Options::default());
//! assert!(!c.checked.unwrap().task_graph().multi_step());
//! ```

use crate::check::{self, Checked};
use crate::data::cache::{self, Cache};
use crate::data::index::{Examples, Tables};
use crate::data::{self, Corpus};
use crate::diagnostics::{Diagnostic, Label};
use crate::hir::{self, Options, Program, World};
use crate::plan::{self, Plan, build, passes};
use crate::source::{FileId, Sources, Span};
use crate::syntax;
use crate::syntax::ast::{Comment, Expr, ExprKind, Item, ItemKind, Setting, SettingKind};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What compiling gave.
#[derive(Debug, Default)]
pub struct Compilation {
    /// every text that was read
    pub sources: Sources,
    /// the flat program
    pub program: Program,
    /// present when nothing is wrong
    pub checked: Option<Checked>,
    /// findings of every stage so far
    pub diagnostics: Vec<Diagnostic>,
    /// data files start here
    pub base: PathBuf,
    /// name of the spec, without its ending
    pub name: String,
    /// passes over the plan that are turned off
    pub no_pass: Vec<String>,
}

/// The data of a compilation.
#[derive(Debug, Default)]
pub struct Data {
    /// one for each declared data set, in order; empty where files are missing
    pub corpora: Vec<Corpus>,
    /// vocabularies and labels
    pub tables: Tables,
    /// whether every file was there
    pub complete: bool,
    /// the indexed examples, where a cache held them
    pub examples: Option<Examples>,
    /// from what a cache may keep them once they are indexed, and what was found in them
    pub keep: Option<(cache::Source, Vec<Diagnostic>)>,
}

impl Compilation {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads files from the disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl World for Disk {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Parses, expands and checks a text. Reads no data.
pub fn compile(path: &Path, text: &str, world: &dyn World, options: &Options) -> Compilation {
    let work = || compile_here(path, text, world, options);
    // expressions, chains of encoders and of arrows are followed by recursion: on a stack that no spec exhausts
    std::thread::scope(|s| match std::thread::Builder::new().stack_size(STACK).spawn_scoped(s, work) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(_) => compile_here(path, text, world, options),
    })
}

/// Reserved, not used up: pages are touched only as the recursion deepens.
const STACK: usize = 256 << 20;

fn compile_here(path: &Path, text: &str, world: &dyn World, options: &Options) -> Compilation {
    let mut out = Compilation {
        base: path.parent().unwrap_or(Path::new("")).to_path_buf(),
        name: path.file_stem().map_or_else(|| "spec".into(), |s| s.to_string_lossy().into_owned()),
        no_pass: options.no_pass.clone(),
        ..Compilation::default()
    };
    let file = out.sources.add(path.to_string_lossy(), text);
    let parsed = syntax::parse(file, text);
    out.diagnostics = parsed.diagnostics;
    let mut lost = parsed.lost;
    let syntax_errors = out.has_errors();
    let (mut program, findings) = hir::expand(&parsed.file, path, world, &mut out.sources, options);
    lost.append(&mut program.lost);
    let nameless = parsed.nameless + program.nameless;
    program.guessed.extend(parsed.guessed);
    let mended = Mended::new(&out.diagnostics, &findings, &program.guessed);
    let syntax = |d: &Diagnostic| d.code.starts_with("E01");
    let kept = findings.into_iter().filter(|d| syntax(d) || !(names_lost(d, &lost) || mended.covers(d)));
    out.diagnostics.extend(kept);
    program.faulty |= syntax_errors;
    program.lost = lost;
    let (checked, findings) = check::check(&program, options);
    let faulty = out.has_errors();
    // a part that could not be read leaves gaps: of those nothing more is said, nor twice of one place
    let gaps = ["E0212", "E0222", "E0224", "E0307"];
    // arguments are missing only where something could not be read
    let line = |s: Span| out.sources.line_col(s).0;
    let broken: BTreeSet<_> = out
        .diagnostics
        .iter()
        .filter(|d| d.is_error() && d.code.starts_with("E01"))
        .filter_map(|d| d.primary.as_ref())
        .map(|l| (l.span.file.0, line(l.span)))
        .collect();
    let beside =
        |s: Span| broken.range((s.file.0, line(s).saturating_sub(1))..=(s.file.0, line(s) + 1)).next().is_some();
    let gap = |d: &Diagnostic| {
        syntax_errors && gaps.contains(&d.code)
            // the verdict, and what trains an encoder, are matters of the whole graph
            || faulty && matches!(d.code, "E0308" | "E0508")
            || d.code == "E0236" && d.primary.as_ref().is_some_and(|l| beside(l.span))
            || faulty && !d.is_error()
    };
    let findings: Vec<Diagnostic> = findings.into_iter().filter(|d| !gap(d) && !mended.covers(d)).collect();
    out.diagnostics.extend(findings);
    out.checked = checked.filter(|_| !out.has_errors());
    let mut seen = std::collections::HashSet::new();
    out.diagnostics.retain(|d| seen.insert((d.code, of_any_member(&d.message), d.primary.as_ref().map(|l| l.span))));
    follow(&mut out.diagnostics, &out.sources);
    half_said(&mut out.diagnostics, &parsed.file.items);
    if !text.trim_end_matches([' ', '\t']).ends_with('\n') {
        cut_off(&mut out.diagnostics, &parsed.comments, file, text);
    }
    out.diagnostics.sort_by_key(|d| d.primary.as_ref().map_or((u32::MAX, 0), |l| (l.span.file.0, l.span.start)));
    gather(&mut out.diagnostics);
    // a name that nobody declares may be the one that is missing
    let mut nameless = nameless;
    out.diagnostics.retain(|d| {
        let short = d.message.split('`').nth(1).is_some_and(|n| n.len() <= 3);
        let missing = nameless > 0 && d.code == "E0201" && (d.fix.is_none() || short);
        nameless -= usize::from(missing);
        !missing
    });
    out.program = program;
    out
}

/// A message without the keys of families: of one place in a family one member speaks for all.
fn of_any_member(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("[\"") {
        let end = rest[at..].find("\"]").map_or(rest.len(), |e| at + e + 2);
        out.push_str(&rest[..at]);
        rest = &rest[end..];
    }
    out + rest
}

/// Findings that say what a declaration lacks, which may stand in a part of it that could not be read.
fn half_said(all: &mut Vec<Diagnostic>, items: &[Item]) {
    const LACKS: [&str; 6] = ["E0222", "E0224", "E0246", "E0415", "E0502", "E0507"];
    if !all.iter().any(|d| LACKS.contains(&d.code)) {
        return;
    }
    let holds = |s: Span, at: Span| s.file == at.file && s.start <= at.start && at.start <= s.end;
    let innermost = |at: Span| {
        let mut found = None;
        let mut list = items;
        while let Some(item) = list.iter().find(|i| holds(i.span, at)) {
            found = Some(item);
            list = match &item.value {
                ItemKind::For { items, .. } => items,
                _ => &[],
            };
        }
        found
    };
    let arrow = |i: &Item| matches!(i.value, ItemKind::Edge(_));
    // where something could not be read, and where an option is not known
    let unread = |d: &&Diagnostic| d.code.starts_with("E01") || matches!(d.code, "E0215" | "E0227" | "E0233");
    let places = |of: &dyn Fn(&&Diagnostic) -> bool| -> Vec<(&'static str, Span)> {
        all.iter().filter(of).filter_map(|d| Some((d.code, d.primary.as_ref()?.span))).collect()
    };
    let faults = places(&unread);
    let arrow_lost =
        places(&|d| d.is_error() && d.code != "E0502").iter().any(|(_, s)| innermost(*s).is_some_and(arrow));
    all.retain(|d| {
        let mut around = d.primary.iter().chain(&d.secondary).filter_map(|l| innermost(l.span));
        match d.code {
            // an arrow that could not be read may have carried the answer
            "E0502" => !arrow_lost || around.next().is_none_or(arrow),
            code if LACKS.contains(&code) => {
                let counts = |c: &str| c.starts_with("E01") || code != "E0246";
                !around.any(|item| faults.iter().any(|(c, f)| counts(c) && holds(item.span, *f)))
            }
            _ => true,
        }
    });
}

/// A text that ends within a line was probably cut there: the word at its end and what is missing behind it are one
/// fault.
fn cut_off(all: &mut Vec<Diagnostic>, comments: &[Comment], file: FileId, text: &str) {
    let end = text.trim_end().len() as u32;
    if end == 0 || comments.last().is_some_and(|c| c.span.end >= end) {
        return;
    }
    let line = text[..end as usize].rfind('\n').map_or(0, |i| i + 1) as u32;
    let place = |d: &Diagnostic| d.primary.as_ref().map(|l| l.span).filter(|s| s.file == file);
    let open = |d: &Diagnostic| d.code == "E0109" && d.fix.as_ref().is_some_and(|f| f.span.end >= end);
    let last = |d: &Diagnostic| place(d).is_some_and(|s| s.start >= line);
    let lacks = |d: &Diagnostic| {
        const LACKS: [&str; 10] =
            ["E0101", "E0110", "E0212", "E0213", "E0222", "E0224", "E0229", "E0235", "E0507", "E0305"];
        last(d) && LACKS.contains(&d.code)
    };
    // of several parts that are missing the first speaks
    let says = all.iter().position(open).or_else(|| all.iter().position(lacks));
    // within what is left open, the statement that was cut
    let statement = text[..end as usize].rfind(['\n', ';', '{']).map_or(0, |i| i + 1) as u32;
    let cut = says.is_some_and(|s| open(&all[s]));
    let at_end = |d: &Diagnostic| place(d).is_some_and(|s| s.end >= end || cut && s.start >= statement);
    let any = all.iter().any(at_end);
    // what a later line would have brought
    let elsewhere = ["E0307", "E0510"];
    let mut k = 0;
    all.retain(|d| {
        k += 1;
        match says {
            Some(s) if s + 1 == k => true,
            Some(_) => !(lacks(d) || at_end(d) || elsewhere.contains(&d.code)),
            None => !(any && elsewhere.contains(&d.code)),
        }
    });
}

/// Further uses of an unknown name that are shown.
const MOST_USES: usize = 3;

/// One finding for each unknown name or field: it stands at the first use, in order of the text, and shows further ones. Most
/// often the declaration is misspelt, which is one fault.
fn gather(all: &mut Vec<Diagnostic>) {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(all.len());
    let mut uses: Vec<usize> = Vec::with_capacity(all.len());
    for d in all.drain(..) {
        let place = d.primary.as_ref().filter(|_| matches!(d.code, "E0201" | "E0217")).map(|l| l.span);
        let Some(place) = place else {
            kept.push(d);
            uses.push(0);
            continue;
        };
        match first.get(&d.message) {
            Some(&k) => {
                // one edit mends every use for which it is the right one
                if let (Some(all), Some(one)) = (&mut kept[k].fix, &d.fix)
                    && (&all.replacement, all.safe) == (&one.replacement, one.safe)
                {
                    all.also.push(one.span);
                }
                uses[k] += 1;
                if uses[k] <= MOST_USES {
                    kept[k].secondary.push(Label { span: place, text: "used here too".into() });
                }
            }
            None => {
                first.insert(d.message.clone(), kept.len());
                kept.push(d);
                uses.push(0);
            }
        }
    }
    for (d, n) in kept.iter_mut().zip(uses) {
        if let (Some(last), true) = (d.secondary.last_mut(), n > MOST_USES) {
            last.text = format!("used here too, and {} more", n - MOST_USES);
        }
    }
    *all = kept;
}

/// Leaves out what is only a consequence of another finding.
fn follow(all: &mut Vec<Diagnostic>, sources: &Sources) {
    let place = |d: &Diagnostic| d.primary.as_ref().map(|l| l.span);
    let name = |d: &Diagnostic| d.message.split('`').nth(1).unwrap_or("").to_string();
    let ends = |s: Span| (s.file, s.end);
    // where a bracket is missing, what stands before that place may be only half of something
    let unclosed: Vec<_> = all
        .iter()
        .filter(|d| d.code == "E0109")
        .flat_map(|d| d.secondary.iter().filter(|l| l.text.contains("missing")))
        .map(|l| (l.span.file, l.span.start))
        .collect();
    // `slot-2`: a name that goes on with a sign that it cannot hold was cut there
    let dash = |d: &&Diagnostic| d.code == "E0101" && d.message.starts_with("`-` cannot stand here in a");
    let cut: Vec<Span> = all.iter().filter(dash).filter_map(place).collect();
    let twice: Vec<String> = all.iter().filter(|d| d.code == "E0202").map(name).collect();
    let of =
        |codes: &[&str]| -> Vec<Span> { all.iter().filter(|d| codes.contains(&d.code)).filter_map(place).collect() };
    let line = |s: Span| (s.file, sources.line_col(s).0);
    let ports = of(&["E0304"]);
    let settings: Vec<_> = of(&["E0106"]).iter().map(|s| (s.file, s.start)).collect();
    // an option of an arrow that could not be read is said once, not what it would have changed
    let options: Vec<_> = of(&["E0229", "E0233"]).into_iter().map(line).collect();
    let heads = of(&["E0221"]);
    // perhaps `bins`, which would have given a distribution
    let bins = all.iter().any(|d| d.code == "E0215" && d.message.ends_with("option of `regress`"));
    let strings: Vec<_> = of(&["E0116"]).into_iter().map(line).collect();
    let readers: Vec<_> = of(&["E0109", "E0116", "E0213"]).into_iter().map(line).collect();
    let axes: Vec<String> = all
        .iter()
        .filter(|d| d.code == "E0613")
        .filter_map(|d| d.message.split("has no field ").nth(1))
        .map(str::to_string)
        .collect();
    let bare: Vec<Span> = all.iter().filter(|d| d.code == "E0206").filter_map(place).collect();
    // names that are called wrong: who only needs one of them needs it right
    let wrong: BTreeSet<&str> = all
        .iter()
        .filter(|d| matches!(d.code, "E0613" | "E0204"))
        .filter_map(|d| d.message.split('`').nth(1))
        .collect();
    let wrong: BTreeSet<String> = wrong.into_iter().map(String::from).collect();
    // a field that is misspelt is one fault, whoever reads it
    let fieldless: BTreeSet<String> = all
        .iter()
        .filter(|d| d.code == "E0613")
        .filter_map(|d| d.message.split("has no field `").nth(1))
        .map(|rest| rest.trim_end_matches('`').to_string())
        .collect();
    // what a misspelt name probably means is not left out
    let meant: BTreeSet<String> =
        all.iter().filter(|d| d.code == "E0201").filter_map(|d| Some(d.fix.as_ref()?.replacement.clone())).collect();
    all.retain(|d| {
        let Some(s) = place(d) else { return true };
        if d.code == "E0201" && fieldless.contains(&name(d)) {
            return false;
        }
        if d.code == "E0217" && d.fix.as_ref().is_some_and(|f| wrong.contains(&f.replacement)) {
            return false;
        }
        match d.code {
            "E0202" => {
                let mut labels = d.primary.iter().chain(&d.secondary).map(|l| l.span);
                !labels.any(|l| cut.iter().any(|c| c.file == l.file && (l.start..=l.end).contains(&c.start)))
            }
            // it is one of the two, and perhaps the one that is meant
            "E0244" => !twice.contains(&name(d)),
            "E0506" | "E0507" | "E0503" if options.contains(&line(s)) => false,
            "E0506" | "E0507" => {
                let mut labels = d.primary.iter().chain(&d.secondary).map(|l| l.span);
                !labels.any(|l| ports.iter().any(|p| p.file == l.file && l.start <= p.start && p.end <= l.end))
            }
            "E0227" | "E0233" | "E0239" if settings.contains(&(s.file, s.start)) => false,
            "E0304" => !(bins && d.message.ends_with("no distribution")),
            "E0510" => heads.is_empty() && !meant.contains(&name(d)),
            // a string that goes on to the end of the line takes the bracket with it
            "E0109" => !(strings.contains(&line(s)) && d.message.ends_with("is never closed")),
            "E0212" => !readers.contains(&line(s)),
            "E0406" => !axes.iter().any(|a| d.message.contains(a.as_str())),
            // brackets behind a type that holds nothing
            "E0104" => !bare.iter().any(|b| b.file == s.file && b.start <= s.start && s.start <= b.end),
            c if c.starts_with("E01") => true,
            _ => !unclosed.contains(&ends(s)),
        }
    });
}

/// Places that were read as what was probably meant: what they mean is not known. In order of the text.
struct Mended(Vec<Span>);

impl Mended {
    /// Of strings and numbers that syntax findings have mended, and of statements that were guessed.
    fn new(syntax: &[Diagnostic], used: &[Diagnostic], guessed: &[Span]) -> Self {
        let places = syntax.iter().chain(used).filter(|d| matches!(d.code, "E0111" | "E0116"));
        let mut all: Vec<Span> = places.filter_map(|d| d.primary.as_ref()).map(|l| l.span).collect();
        all.extend(guessed);
        all.sort_unstable_by_key(|s| (s.file.0, s.start));
        // what overlaps is one place
        all.dedup_by(|b, a| {
            let one = a.file == b.file && b.start <= a.end;
            a.end = if one { a.end.max(b.end) } else { a.end };
            one
        });
        Self(all)
    }

    fn covers(&self, d: &Diagnostic) -> bool {
        let Some(l) = &d.primary else { return false };
        let before = |s: &Span| (s.file.0, s.end) <= (l.span.file.0, l.span.start);
        self.0.get(self.0.partition_point(before)).is_some_and(|s| s.file == l.span.file && s.start < l.span.end)
    }
}

/// Whether a name is called unknown that may be declared in what could not be read.
fn names_lost(d: &Diagnostic, lost: &BTreeSet<String>) -> bool {
    let name = d.message.rsplit('`').nth(1).unwrap_or("");
    matches!(d.code, "E0201" | "E0613") && lost.contains(name)
}

/// Loads every data set and builds the tables. Findings go to the compilation; missing files are warnings unless
/// `needed`.
pub fn load(c: &mut Compilation, needed: bool) -> Data {
    let mut out = Data { complete: true, ..Data::default() };
    let mut absent: HashMap<Span, Vec<&str>> = HashMap::new();
    for decl in c.program.data.iter() {
        // a path that names what is not known has its finding
        if c.program.faulty && decl.path.as_ref().is_some_and(|p| p.contains(crate::hir::UNKNOWN_MEMBER)) {
            out.complete = false;
            out.corpora.push(data::Corpus::default());
            continue;
        }
        let loaded = data::load(decl, &c.base);
        for mut d in loaded.diagnostics {
            // of a family whose files are not there its first member speaks for all
            let place = d.primary.as_ref().filter(|_| d.code == "E0601").map(|l| l.span);
            if let Some(place) = place {
                let members = absent.entry(place).or_default();
                if !members.contains(&decl.name.as_str()) {
                    members.push(&decl.name);
                }
                if members.len() > 1 {
                    continue;
                }
            }
            if loaded.missing && !needed && d.code == "E0601" {
                d.code = "W0601";
                d.severity = crate::diagnostics::Severity::Warning;
            }
            c.diagnostics.push(d);
        }
        out.complete &= !loaded.missing && loaded.corpus.is_some();
        out.corpora.push(loaded.corpus.unwrap_or_default());
    }
    for label in c.diagnostics.iter_mut().filter_map(|d| d.primary.as_mut()) {
        if let Some(more) = absent.get(&label.span).map(|m| m.len() - 1).filter(|n| *n > 0) {
            label.text = format!("and {more} more of the family");
        }
    }
    if let Some(checked) = &c.checked
        && out.complete
        && !c.diagnostics.iter().any(Diagnostic::is_error)
    {
        let (tables, findings) =
            Tables::build(checked.vocabs(), checked.labels(), checked.corpora(), &out.corpora, &c.base);
        let vectors: Vec<Diagnostic> = findings.into_iter().chain(narrow_vectors(checked, &tables)).collect();
        c.diagnostics.extend(vectors.into_iter().map(|d| placed(d, checked, &c.program)));
        for (spec, set) in checked.labels().iter().zip(&tables.labels) {
            c.diagnostics.extend(data::classes::oddities(spec, set, checked.corpora(), &out.corpora));
        }
        out.tables = tables;
    }
    out
}

/// [`load`], from a cache where it holds these data: what was found in them is said again.
pub fn load_cached(c: &mut Compilation, cache: Option<&Cache>, needed: bool) -> Data {
    let source = cache.filter(|_| !c.has_errors()).and_then(|_| {
        let k = c.checked.as_ref()?;
        cache::source(&c.program.data, &c.base, k.vocabs(), k.labels(), &k.tasks)
    });
    if let (Some(cache), Some(s)) = (cache, &source)
        && let Some(mut entry) = cache.get(&s.key)
        && let Some(found) = entry.findings(s)
    {
        c.diagnostics.extend(found);
        let corpora = entry.corpora(&c.program.data);
        return Data { corpora, tables: entry.tables, complete: true, examples: Some(entry.examples), keep: None };
    }
    let before = c.diagnostics.len();
    let data = load(c, needed);
    let keep = source.filter(|_| data.complete && !c.has_errors()).map(|s| (s, c.diagnostics[before..].to_vec()));
    Data { keep, ..data }
}

/// The examples of a plan as ids, from the cache or for it. Of texts, `data` knows only the lengths from then on.
pub fn examples(plan: &Plan, data: &mut Data, cache: Option<&Cache>) -> Examples {
    if let Some(ready) = data.examples.take() {
        return ready;
    }
    let examples = Examples::encode(plan, &data.tables, &data.corpora);
    data.corpora.iter_mut().for_each(Corpus::forget_texts);
    let Some((cache, (source, found))) = cache.zip(data.keep.take()) else { return examples };
    cache.put(&source, &data.tables, &examples, &data.corpora, &found);
    examples
}

/// The data of a plan that was made before, as ids; `tables` are those of its run. What was found in them was said then,
/// errors apart.
pub fn examples_of_run(
    plan: &Plan,
    tables: &Tables,
    base: &Path,
    cache: Option<&Cache>,
) -> Result<Examples, Vec<Diagnostic>> {
    let source = || cache::source(&plan.corpora, base, &plan.vocabs, &plan.labels, &plan.tasks);
    if let Some(entry) = cache.and_then(|c| c.get(&source()?.key))
        && entry.tables.same_ids(tables)
    {
        return Ok(entry.examples);
    }
    let (mut corpora, mut found) = (vec![], vec![]);
    for decl in &plan.corpora {
        let loaded = data::load(decl, base);
        found.extend(loaded.diagnostics.into_iter().filter(Diagnostic::is_error));
        corpora.push(loaded.corpus.unwrap_or_default());
    }
    if found.is_empty() { Ok(Examples::encode(plan, tables, &corpora)) } else { Err(found) }
}

/// Vectors from a file are as wide as the embedding that they begin.
fn narrow_vectors(checked: &Checked, tables: &Tables) -> Vec<Diagnostic> {
    let fault = |p: &check::dim::SymParam| {
        let check::dim::InitRule::Fixed(crate::plan::Init::Vectors(v, _)) = p.init else { return None };
        let (file, found) = (checked.vocabs().get(v)?.vectors.as_ref()?, tables.vocabs.get(v)?.vector_width()?);
        let d = p.shape.last()?.known()?;
        (d != found).then(|| {
            let what = format!("the vectors of `{file}` have {found} numbers, the embedding has {d}");
            Diagnostic::new("E0651", what).help(format!("write `embed({found}, vectors = \"{file}\")`"))
        })
    };
    checked.params().iter().filter_map(fault).collect()
}

/// A finding about a vectors file, at the `vectors = "..."` that names it.
fn placed(d: Diagnostic, checked: &Checked, p: &Program) -> Diagnostic {
    fn find(e: &Expr, file: &str, p: &Program, env: &hir::Env) -> Option<Span> {
        match &*e.value {
            ExprKind::Call(f, args) => find(f, file, p, env).or_else(|| {
                args.iter().find_map(|a| match (&a.name, p.constant(&a.value, env)) {
                    (Some(n), Some(hir::Item::Text(t))) if n.value == "vectors" && t == file => Some(a.value.span),
                    _ => find(&a.value, file, p, env),
                })
            }),
            ExprKind::Pipe(a, b) | ExprKind::Cat(a, b) | ExprKind::Binary(_, a, b) => {
                find(a, file, p, env).or_else(|| find(b, file, p, env))
            }
            ExprKind::Paren(a) | ExprKind::Neg(a) | ExprKind::Tap(a, _) | ExprKind::Dot(a, _) => find(a, file, p, env),
            _ => None,
        }
    }
    let named = |v: &&String| d.message.contains(&format!("`{v}`"));
    let file = checked.vocabs().iter().filter_map(|v| v.vectors.as_ref()).find(named);
    let Some(file) = file.filter(|_| d.primary.is_none()) else { return d };
    let named = p.encoders.iter().chain(&p.lets).map(|n| (&n.value, &n.env));
    let tasks = p.tasks.iter().filter_map(|t| Some((t.ast.from.as_ref()?, &t.env)));
    match named.chain(tasks).find_map(|(e, env)| find(e, file, p, env)) {
        Some(span) => d.at(span, ""),
        None => d,
    }
}

/// The plan of a checked program with complete data; else nothing, and the findings say why.
pub fn plan(c: &mut Compilation, data: &Data) -> Option<Plan> {
    if let Some(checked) = &c.checked {
        c.diagnostics.extend(checked.not_yet().iter().cloned());
    }
    if c.has_errors() || !data.complete {
        return None;
    }
    let checked = c.checked.as_ref()?;
    let mut plan = build::build(checked, &c.name, &data.tables, &data.corpora);
    // the objective that a single task has by default needs dev examples; one that is declared must have them
    let declared = |s: &Setting| matches!(&s.value, SettingKind::Attr { name, .. } if name.value == "objective");
    let dev = |t: &plan::Task| t.golds.iter().any(|(i, _)| data.corpora[*i].dev.len > 0);
    let stops = plan.train.stages.iter().any(|s| s.early_stop.is_some());
    if let [task] = plan.tasks.as_slice()
        && !dev(task)
        && !stops
        && !c.program.train.iter().any(declared)
    {
        let name = task.golds.first().map_or("", |(i, _)| plan.corpora[*i].name.as_str());
        let d =
            Diagnostic::new("W0101", format!("`{name}` has no dev examples: the last weights are kept, not the best"));
        c.diagnostics.push(d.help("give it a dev split, as in `dev = split(10%)`"));
        plan.train.objective = None;
    }
    passes::apply(&mut plan, &c.no_pass);
    Some(plan)
}

#[cfg(test)]
mod tests {
    #![allow(missing_docs)]

    use super::*;
    use crate::plan::Op;

    #[test]
    fn only_leaves_no_trace_of_other_tasks() {
        let text = "data d = columns(\"none\") { x: tokens; a: tags on x; b: tags on x }\n\
                    encoder enc = embed(4)\n\
                    task first : tag of d.a from enc\n\
                    task second : tag(crf) of d.b from enc\n\
                    first.probs -> second via embed(2)\n\
                    train { weights uncertainty; sample alternate(ratio = [2, 1]); objective mean(first.accuracy, second.accuracy) }\n\
                    expect multi_step\n\
                    expect second.accuracy >= 1%\n";
        let options = Options { only: vec!["second".into()], ..Options::default() };
        let c = compile(Path::new("a.mtl"), text, &Disk, &options);
        assert!(!c.has_errors(), "{:?}", c.diagnostics);
        let checked = c.checked.expect("a checked program");
        let names: Vec<&str> = checked.tasks.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["second"]);
        assert!(!checked.task_graph().multi_step());
        assert!(checked.graphs.iter().all(|g| g.tasks.iter().all(|t| t.task == 0)));
        let heads = checked.graphs.iter().flat_map(|g| &g.nodes).filter(|n| matches!(n.op, Op::Head { task: 0 }));
        assert_eq!(heads.count(), 2, "one in each phase");
        assert_eq!(checked.train.stages[0].tasks, [0]);
        assert_eq!(checked.uncertainty.keys().collect::<Vec<_>>(), [&0]);
        let claims: Vec<&str> = checked.expects.iter().map(|e| e.text.as_str()).collect();
        assert_eq!(claims, ["second.accuracy >= 1%"]);
    }

    #[test]
    fn one_member_speaks_for_a_family_without_files() {
        let text = "for d in [\"a\", \"b\", \"c\"] {\n  data set = tsv(\"no-such-folder/{d}\") { x: tokens; y: label }\n  \
                    task t : classify of set.y from embed(4) |> mean\n}\ntrain { objective mean(t[*]) }\n";
        let mut c = compile(Path::new("a.mtl"), text, &Disk, &Options::default());
        load(&mut c, false);
        let [d] = c.diagnostics.as_slice() else { panic!("{:?}", c.diagnostics) };
        assert_eq!(d.code, "W0601");
        assert_eq!(d.primary.as_ref().map(|l| l.text.as_str()), Some("and 2 more of the family"));
    }
}
