//! The whole pipeline on one screen.
//!
//! ```text
//! text ─parse→ File ─expand→ Program ─check→ Checked ─load→ Corpora, Tables ─lower→ Plan
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

mod consequences;

use crate::analysis::reads::Reader;
use crate::ast::{Expr, ExprKind, Setting, SettingKind};
use crate::check::{self, Checked};
use crate::columns::Corpus;
use crate::data;
use crate::diagnostics::Diagnostic;
use crate::encode::cache::{self, Cache};
use crate::encode::{Examples, Tables, ahead, classes};
use crate::hir::{self, Options, Program, World};
use crate::plan::{self, Plan};
use crate::source::{Sources, Span};
use crate::syntax;
use crate::types::dim::{InitRule, SymParam};
use crate::{lower, passes};
use consequences::{Mended, cut_off, follow, gather, half_said, missing_names, names_lost, of_any_member, renamed};
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

    /// For what reads the program beside its texts.
    pub fn reader(&self) -> Reader<'_> {
        Reader { program: &self.program, sources: &self.sources }
    }
}

/// Reads files from the disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl World for Disk {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        crate::util::regular::read_text(path)
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
    let gaps = ["E0212", "E0307"];
    // arguments are missing only where something could not be read
    let line = |s: Span| out.sources.line(s);
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
    missing_names(&mut out.diagnostics, nameless);
    renamed(&mut out.diagnostics, &program);
    out.program = program;
    out
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
            out.corpora.push(Corpus::default());
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
        let losses = &c.program.losses;
        let at = |name: &str| losses.iter().find(|l| l.name == name).map(|l| l.value.span);
        c.diagnostics.extend(lower::uneven(checked, &tables).into_iter().map(|(name, d)| match at(&name) {
            Some(span) => d.at(span, "set side by side"),
            None => d,
        }));
        let weighed = |name: &str| {
            let t = c.program.tasks.iter().find(|t| t.name == name)?;
            let option =
                |s: &&Setting| matches!(&s.value, SettingKind::Attr { name, .. } if name.value == "class_weights");
            t.ast.options.iter().find(option).map(|s| s.span)
        };
        c.diagnostics.extend(lower::unknown_classes(checked, &tables).into_iter().map(|(name, d)| {
            match weighed(&name) {
                Some(span) => d.at(span, "weighs it"),
                None => d,
            }
        }));
        for (spec, set) in checked.labels().iter().zip(&tables.labels) {
            c.diagnostics.extend(classes::oddities(spec, set, checked.corpora(), &out.corpora));
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

/// The first metric of a task that names none, where the data tell which it is.
pub fn first_metric(c: &Checked, data: &Data, task: &str) -> Option<&'static str> {
    lower::first_metric_of(c, &data.tables, task)
}

/// Vectors from a file are as wide as the embedding that they begin.
fn narrow_vectors(checked: &Checked, tables: &Tables) -> Vec<Diagnostic> {
    let fault = |p: &SymParam| {
        let InitRule::Fixed(crate::plan::Init::Vectors(v, _)) = p.init else { return None };
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

/// What `run` would refuse of a plan without computing anything.
pub fn refused(plan: &Plan, data: &Data) -> Vec<Diagnostic> {
    match &data.examples {
        Some(examples) => ahead::refused(plan, &(plan, examples)),
        None => ahead::refused(plan, &(plan, data.corpora.as_slice())),
    }
}

/// The plan of a checked program with complete data; else nothing, and the findings say why.
pub fn plan(c: &mut Compilation, data: &Data) -> Option<Plan> {
    if let Some(checked) = &c.checked {
        c.diagnostics.extend(checked.unsupported().iter().cloned());
    }
    if c.has_errors() || !data.complete {
        return None;
    }
    let checked = c.checked.as_ref()?;
    let mut plan = lower::build(checked, &c.name, &data.tables, &data.corpora);
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
