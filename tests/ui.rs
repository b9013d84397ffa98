//! What users see. Every page of `docs/errors` is a test: its first spec gives exactly that finding, its second none.
//! Rendered findings are in `tests/cases.rs`.

use mtlc::diagnostics::codes::CODES;
use mtlc::diagnostics::{Diagnostic, render};
use mtlc::driver::{self, Compilation};
use mtlc::hir::{Options, World};
use mtlc::source::Sources;
use mtlc::syntax;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a spec, in memory.
struct Files(BTreeMap<String, String>);

impl World for Files {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        let found = self.0.get(&*path.to_string_lossy()).cloned();
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such file"))
    }
}

fn compile_with(text: &str, options: &Options) -> Compilation {
    let common = "encoder enc = embed(64) |> bilstm(64)\n";
    let files = [("spec.mtl", text), ("common.mtl", common)].map(|(n, t)| (n.to_string(), t.to_string()));
    driver::compile(Path::new("spec.mtl"), text, &Files(files.into()), options)
}

/// A world without files.
pub(crate) fn no_files() -> impl World {
    Files(BTreeMap::new())
}

/// Compiles a text under a name; `common.mtl` can be used.
pub(crate) fn compile_named(name: &str, text: &str) -> Compilation {
    compile_under(name, text, &Options::default())
}

pub(crate) fn compile_under(name: &str, text: &str, options: &Options) -> Compilation {
    let common = "encoder enc = embed(64) |> bilstm(64)\n";
    let files = [("spec.mtl", text), (name, text), ("common.mtl", common)].map(|(n, t)| (n.to_string(), t.to_string()));
    driver::compile(Path::new(name), text, &Files(files.into()), options)
}

fn compile(text: &str) -> Compilation {
    compile_with(text, &Options::default())
}

pub(crate) fn plain(c: &Compilation) -> String {
    render::render_plain(&c.sources, &c.diagnostics)
}

// ---- pages

/// Codes that no text of a spec alone can show, and where they are tested instead.
pub(crate) const ELSEWHERE: &[(&str, &str)] = &[
    ("E0102", "the command line reads files: `tests/tools/fix.rs`"),
    ("E0103", "the command line reads files: `tests/tools/fix.rs`"),
    ("E0114", "no page holds hundreds of brackets: `tests/ui/E0114_brackets.mtl`"),
    ("E0210", "`--set`: `tests/ui/E0210_set.mtl`"),
    ("E0701", "an error of `run`, not of `check`: `tests/ui/E0701_transition.mtl`"),
];

/// Codes found in data files, run folders and runs: tested where they arise.
fn of_data_or_run(code: &str) -> bool {
    let declared = ["E0611", "E0612", "E0613", "E0614"];
    (code.starts_with("E06") || code.starts_with("W06") || code.starts_with("E08")) && !declared.contains(&code)
}

pub(crate) fn snippets(page: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    let mut inside = false;
    for line in page.lines() {
        match line {
            l if !inside && l.starts_with("```mtl") => {
                out.push(String::new());
                inside = true;
            }
            "```" => inside = false,
            l if inside => {
                let last = out.last_mut().unwrap();
                last.push_str(l);
                last.push('\n');
            }
            _ => {}
        }
    }
    out
}

/// Findings of a snippet of a page: E01 pages show texts, E06 pages declarations, all others whole specs.
pub(crate) fn findings(code: &str, text: &str) -> (Sources, Vec<Diagnostic>) {
    if code.starts_with("E01") {
        let mut sources = Sources::default();
        let file = sources.add("spec.mtl", text);
        return (sources, syntax::parse(file, text).diagnostics);
    }
    let c = compile(text);
    let mut found = c.diagnostics;
    if code.starts_with("E06") {
        found.retain(|d| d.code != "E0307");
    }
    (c.sources, found)
}

#[test]
fn every_page_fails_and_is_mended() {
    let mut wrong = vec![];
    for c in CODES {
        let said = c.page.trim_start_matches(['#', ' ']).split_once('\n').map_or("", |(_, rest)| rest.trim());
        if !c.page.starts_with(&format!("# {}: {}\n", c.code, c.title)) {
            wrong.push(format!("{}: the first line is not `# {}: {}`", c.code, c.code, c.title));
        }
        if said.len() < 40 {
            wrong.push(format!("{}: the page says nothing", c.code));
            continue;
        }
        if of_data_or_run(c.code) || ELSEWHERE.iter().any(|(e, _)| *e == c.code) {
            continue;
        }
        let all = snippets(c.page);
        let [fails, mended, ..] = all.as_slice() else {
            wrong.push(format!("{}: a failing and a mended spec are missing", c.code));
            continue;
        };
        let (sources, found) = findings(c.code, fails);
        // a warning that comes with an error belongs to the spec, not to the page
        let counted: Vec<&str> = found.iter().map(|d| d.code).filter(|d| d[..1] == c.code[..1]).collect();
        // declarations of data show several faults at once
        let as_said = counted == [c.code] || c.code.starts_with("E06") && counted.contains(&c.code);
        if !as_said {
            wrong.push(format!("{} fails otherwise:\n{}", c.code, render::render_plain(&sources, &found)));
        }
        let (sources, found) = findings(c.code, mended);
        if found.iter().any(|d| d.is_error() || c.code.starts_with('W')) {
            wrong.push(format!("{} is not mended:\n{}", c.code, render::render_plain(&sources, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn checked_specs_are_built_whole() {
    for c in CODES.iter().filter(|c| !c.code.starts_with("E01")) {
        let Some(text) = snippets(c.page).into_iter().nth(1) else { continue };
        let Some(checked) = compile(&text).checked else { continue };
        if checked.unsupported().is_empty() {
            for t in checked.tasks() {
                assert!(!t.params.is_empty(), "the task `{}` of the page {} has no head", t.name, c.code);
            }
        }
    }
}

#[test]
fn safe_fixes_mend() {
    for c in CODES.iter().filter(|c| !c.code.starts_with("E01")) {
        let Some(text) = snippets(c.page).into_iter().next() else { continue };
        for d in compile(&text).diagnostics {
            let Some(fix) = d.fix.as_ref().filter(|f| f.safe) else { continue };
            let (mended, _) = mtlc::mend::apply(&text, mtlc::source::FileId(0), [(d.code, fix)]);
            let after = compile(&mended);
            assert!(!after.has_errors(), "the fix of {} gives\n{mended}\n{}", d.code, plain(&after));
        }
    }
}

// ---- findings that need options or a run

const TWO: &str = "\
param width = 64
data bank = columns(\"data/bank\") { x: tokens; pos: tags on x; chunk: tags on x }
encoder enc = embed(width) |> bilstm(64)
task pos   : tag of bank.pos   from enc
task chunk : tag of bank.chunk from enc
pos.probs -> chunk via embed(16)
train { objective chunk.accuracy }
";

fn codes(c: &Compilation) -> Vec<&str> {
    c.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn options_of_the_command_line() {
    assert!(codes(&compile(TWO)).is_empty(), "{}", plain(&compile(TWO)));
    let set = |name: &str, to: &str| Options { set: vec![(name.into(), to.into())], ..Options::default() };
    assert!(codes(&compile_with(TWO, &set("width", "32"))).is_empty());
    let wrong = compile_with(TWO, &set("widht", "32"));
    assert_eq!(codes(&wrong), ["E0210"]);
    assert_eq!(wrong.diagnostics[0].help.as_deref(), Some("did you mean `width`?"));
    assert_eq!(
        plain(&wrong).lines().next(),
        Some("--set:1:1: error[E0210]: `--set widht` names no `param` of the program")
    );
    let wide = compile_with(TWO, &set("width", "\"wide\""));
    assert_eq!(codes(&wide), ["E0207"]);
    assert!(
        plain(&wide).starts_with("--set:1:7: error[E0207]: `d` must be a whole number of at least 1\n"),
        "{}",
        plain(&wide)
    );
    let half = compile_with(TWO, &set("width", "50%"));
    assert!(plain(&half).starts_with("--set:1:7: error[E0207]: `d` must be a whole number"), "{}", plain(&half));
    assert!(plain(&half).contains("used here"), "{}", plain(&half));
    // a string needs no quotes, even where its word names something
    let root = format!("param root = \"data\"\n{}", TWO.replace("columns(\"data", "columns(\"{root}"));
    assert_ne!(root.matches("{root}").count(), 0);
    for value in ["bank", "\"bank\"", "../bank/2018", "2018"] {
        let c = compile_with(&root, &set("root", value));
        let path = format!("{}/", value.trim_matches('"'));
        assert!(c.program.data.iter().any(|d| d.path.as_ref().is_some_and(|p| p.starts_with(&path))), "{value}");
        assert!(codes(&c).is_empty(), "{}", plain(&c));
    }
    let without = |s: &str, t: &str| Options { without: vec![(s.into(), t.into())], ..Options::default() };
    let cut = compile_with(TWO, &without("pos", "chunk"));
    assert!(!cut.checked.unwrap().task_graph().multi_step());
    assert_eq!(codes(&compile_with(TWO, &without("chunk", "pos"))), ["E0309"]);
    let only = |t: &str| Options { only: vec![t.into()], ..Options::default() };
    assert!(!compile_with(TWO, &only("pos")).has_errors());
    assert_eq!(codes(&compile_with(TWO, &only("post"))), ["E0201"]);
}

#[test]
fn what_the_trainer_cannot_run_is_no_error_of_check() {
    let page = CODES.iter().find(|c| c.code == "E0701").unwrap().page;
    let [fails, mended] = snippets(page).try_into().unwrap();
    let c = compile(&fails);
    assert!(!c.has_errors(), "{}", plain(&c));
    let later: Vec<&str> = c.checked.as_ref().unwrap().unsupported().iter().map(|d| d.code).collect();
    assert_eq!(later, ["E0701"]);
    assert!(compile(&mended).checked.unwrap().unsupported().is_empty());
}

// ---- examples

#[test]
fn examples_check() {
    for e in fs::read_dir(root().join("examples")).unwrap() {
        let path = e.unwrap().path();
        if path.extension().is_some_and(|e| e == "mtl") {
            let c = driver::compile(&path, &fs::read_to_string(&path).unwrap(), &driver::Disk, &Options::default());
            assert!(c.diagnostics.is_empty(), "{}", plain(&c));
        }
    }
}

// ---- no input may panic, overflow the stack or take long

#[test]
fn hostile_texts_end_in_findings() {
    let data = "data d = tsv(\"d\") { x: tokens; y: label; z: tags on x }\n";
    let task = "task t : classify of d.y from ";
    let mut all: Vec<String> =
        ["", "\n", "# nothing\n", "\u{feff}", "\0", "é", "}", "{", "task", "->", "train {", "\""]
            .map(String::from)
            .into();
    let cycles = [
        "let a = b\nlet b = a\n{T}a |> max",
        "let a = a\n{T}a |> max",
        "encoder a = b\nencoder b = a\n{T}a |> max",
        "encoder a = a |> bilstm(8)\n{T}a |> max",
        "encoder a = l |> bilstm(8)\nlet l = a |> dense(8)\n{T}a |> max",
        "let a = embed(8) |> b\nlet b = dense(8) |> a\n{T}a |> max",
        "param a = b\nparam b = a\n{T}embed(a) |> max",
        "param a = a + 1\n{T}embed(a) |> max\ntrain { batch a }",
        "let a = [b]\nlet b = a\nfor d in a { encoder e = embed(8) }\n{T}embed(8) |> max",
        "let a = b\nlet b = a\nfor d in a { encoder e = embed(8) }\n{T}embed(8) |> max",
        "let a = b\nlet b = a\n{T}embed(a) |> max",
        "let a = b\nlet b = a\n{T}embed(8) |> max\ntrain { stage s for k in a { epochs 1 } }",
        "let a = b & b\nlet b = a & a\n{T}a |> max",
        "use \"spec.mtl\"\n{T}embed(8) |> max",
    ];
    all.extend(cycles.map(|c| format!("{data}{}", c.replace("{T}", task))));
    let many = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    all.push(format!("{data}{task}{}", "(".repeat(1000)));
    all.push(format!("{data}{task}{}embed(8){}", "(".repeat(1000), ")".repeat(1000)));
    all.push(format!("{data}{task}embed(8){}", " |> dense(8)".repeat(1000)));
    all.push(format!("{data}{task}embed(8){} |> max", " |> dense(8)".repeat(200)));
    all.push(format!("{data}{task}embed(8){}", " & embed(8)".repeat(1000)));
    all.push(format!("{data}{task}{}embed(8)", "-".repeat(1000)));
    all.push(format!("{data}{task}embed({}1)", "1 + ".repeat(1000)));
    all.push(format!("{data}{task}a{}", ".b".repeat(1000)));
    all.push(format!("{data}{task}a{}", "[0]".repeat(1000)));
    all.push(many(300, &|i| format!("for v{i} in [1] {{ ")));
    all.push(format!("train {{ {} }}", "repeat 100 { ".repeat(20)));
    all.push(format!("{data}{task}embed(8) |> max\ntrain {{ repeat 10000 {{ repeat 10000 {{ repeat 10000 {{ stage s {{ }} }} }} }} }}"));
    all.push(format!("{data}for i in 1..999999 {{ encoder e = embed(i) }}\n{task}embed(8) |> max"));
    all.push(format!(
        "{data}{}{task}embed(8) |> max",
        "for i in 1..99 { for j in 1..99 { for k in 1..99 { let a = i } } }\n"
    ));
    all.push(format!("{data}{task}embed(8) |> bilstm(8, layers = 1000000) |> max"));
    all.push(format!("{data}encoder e = embed(8) |> bilstm(8, layers = 1000000)\n{task}e |> max"));
    all.push(format!(
        "{data}encoder e = embed(999999999) |> bilstm(999999999, layers = 2)\n{task}match(e |> max, e |> max)"
    ));
    all.push(format!("{data}encoder e = embed(8) |> bilstm(8)\n{task}e@99999999999 |> max"));
    all.push(format!("{data}encoder e = embed(8) |> bilstm(8)\n{task}e@0..99999999999 |> mix_layers |> max"));
    all.push(format!("{data}encoder e = embed(8) |> cnn(8, widths = [1e18])\n{task}e |> max"));
    // long chains: of encoders, of lets, of arrows
    let chain = many(1000, &|i| format!("encoder e{} = e{i} |> dense(8)\n", i + 1));
    all.push(format!("{data}encoder e0 = embed(8)\n{chain}{task}e1000 |> max"));
    let chain = many(1000, &|i| format!("let l{} = l{i} |> dense(8)\n", i + 1));
    all.push(format!("{data}let l0 = embed(8)\n{chain}{task}l1000 |> max"));
    let chain = many(40, &|i| format!("let l{} = l{i} + l{i}\n", i + 1));
    all.push(format!("{data}let l0 = embed(8)\n{chain}{task}l40 |> max"));
    let chain = many(40, &|i| format!("param p{} = p{i} + p{i}\n", i + 1));
    all.push(format!("{data}param p0 = 1\n{chain}{task}embed(p40) |> max"));
    let tasks = many(1000, &|i| format!("task t{i} : tag of d.z from embed(8)\n"));
    all.push(format!("{data}{tasks}"));
    let arrows = many(999, &|i| format!("t{i}.probs -> t{}\n", i + 1));
    all.push(format!("{data}{tasks}{arrows}"));
    all.push(format!("{data}{tasks}{arrows}t999.probs -> t0\n"));
    for text in &all {
        let begin = std::time::Instant::now();
        let c = compile(text);
        let rendered = render::render_human(&c.sources, &c.diagnostics, false).len() + plain(&c).len();
        let head: String = text.chars().take(200).collect();
        let seconds = begin.elapsed().as_secs_f64();
        eprintln!("{seconds:.2} s, {rendered} bytes: {head:?}");
        assert!(seconds < 20.0, "{seconds} s for {head}");
    }
}
