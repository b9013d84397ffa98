//! Renderings of findings, found by their file names; no table lists them. `UPDATE=1 cargo test cases` rewrites them.
//!
//! | file | is |
//! |---|---|
//! | `docs/errors/CODE.md` | its first spec fails as `tests/ui/pages/CODE.txt` shows, its second is mended |
//! | `tests/ui/NAME.mtl` | a spec; its findings are `NAME.txt` (excerpts where the first line is `# human`) |
//! | with a first line `# run` | the same, with what only `mtlc run` refuses |
//! | with a first line `# --set a=b` | the same under this option; the mended spec too |
//! | `tests/ui/CODE_NAME.mtl` | the same, and among them is CODE; its fixes mend it, or `CODE_NAME.fixed.mtl` is the mended spec |
//! | `tests/ui/data/CODE_NAME.case` | a spec, then data files after lines `-- FILE --`; after `-- mended --` what is different in the mended case |

use crate::ui::{self, compile_named, plain};
use mtlc::diagnostics::codes::CODES;
use mtlc::diagnostics::{Diagnostic, render};
use mtlc::driver::{self, Disk};
use mtlc::hir::Options;
use mtlc::mend;
use mtlc::source::{FileId, Sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(name)
}

/// Files of a folder with an ending, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut all: Vec<PathBuf> = all.filter(|p| p.to_string_lossy().ends_with(ending)).collect();
    all.sort();
    all
}

fn stem(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().split('.').next().unwrap().to_string()
}

/// The code with which a file's name begins.
fn code_of(path: &Path) -> Option<&'static str> {
    let stem = stem(path);
    let (code, _) = stem.split_once('_')?;
    CODES.iter().find(|c| c.code == code).map(|c| c.code)
}

/// Compares a rendering with the saved one.
fn check(saved: &Path, got: &str, wrong: &mut Vec<String>) {
    // trailing blanks would be lost in editors
    let got: String = got.lines().map(|l| format!("{}\n", l.trim_end())).collect();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(saved.parent().unwrap()).unwrap();
        fs::write(saved, &got).unwrap();
    }
    let was = fs::read_to_string(saved).unwrap_or_default();
    if was != got {
        wrong.push(format!("{}: saved\n{was}\nnow\n{got}", saved.display()));
    }
}

fn has(found: &[Diagnostic], code: &str) -> bool {
    found.iter().any(|d| d.code == code)
}

// ---- pages

/// Codes with a failing and a mended spec on their page.
fn shown_by_pages(wrong: &mut Vec<String>) -> BTreeSet<&'static str> {
    let mut out = BTreeSet::new();
    for c in CODES {
        let all = ui::snippets(c.page);
        let [fails, mended, ..] = all.as_slice() else { continue };
        let (sources, found) = ui::findings(c.code, fails);
        if !has(&found, c.code) {
            continue; // data files and runs: their pages show what the case below shows with its files
        }
        check(&folder("pages").join(format!("{}.txt", c.code)), &render::render_human(&sources, &found, false), wrong);
        let (_, found) = ui::findings(c.code, mended);
        if !has(&found, c.code) {
            out.insert(c.code);
        }
    }
    out
}

// ---- specs

/// A spec under the option that its first line names.
fn compiled(name: &str, text: &str) -> driver::Compilation {
    let first = text.lines().next().unwrap_or_default();
    let set = first.strip_prefix("# --set ").and_then(|s| s.split_once('='));
    let set = set.map(|(n, v)| (n.to_string(), v.to_string())).into_iter().collect();
    let mut c = ui::compile_under(name, text, &Options { set, ..Options::default() });
    if first == "# run" {
        let later: Vec<Diagnostic> = c.checked.iter().flat_map(|k| k.unsupported().to_vec()).collect();
        c.diagnostics.extend(later);
    }
    c
}

/// Codes with a failing and a mended spec of their own.
fn shown_by_specs(wrong: &mut Vec<String>) -> BTreeSet<&'static str> {
    let mut out = BTreeSet::new();
    for path in files(&folder(""), ".mtl") {
        let (name, text) =
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
        if name.ends_with(".fixed.mtl") {
            continue;
        }
        let c = compiled(&name, &text);
        let mut got = match text.starts_with("# human") {
            true => render::render_human(&c.sources, &c.diagnostics, false),
            false => plain(&c),
        };
        if let Some(checked) = &c.checked {
            got.push_str(if checked.task_graph().multi_step() { "multi_step\n" } else { "joint\n" });
        }
        check(&path.with_extension("txt"), &got, wrong);
        let Some(code) = code_of(&path) else { continue };
        if !has(&c.diagnostics, code) {
            wrong.push(format!("{name} does not show {code}:\n{}", plain(&c)));
            continue;
        }
        let beside = path.with_extension("fixed.mtl");
        let (mended, how) = match fs::read_to_string(&beside) {
            Ok(text) => (text, "beside it"),
            Err(_) => (fixed(&name, &text, code), "by its fixes"),
        };
        let after = compiled(&name, &mended);
        if has(&after.diagnostics, code) || after.has_errors() {
            wrong.push(format!("{name} is not mended {how}:\n{mended}\n{}", plain(&after)));
        } else {
            out.insert(code);
        }
    }
    out
}

/// A spec after the fixes of one code, unsafe ones too.
fn fixed(name: &str, text: &str, code: &str) -> String {
    let mut text = text.to_string();
    for _ in 0..20 {
        let c = compiled(name, &text);
        let fixes = c.diagnostics.iter().filter(|d| d.code == code).filter_map(|d| Some((d.code, d.fix.as_ref()?)));
        let (new, done) = mend::apply(&text, FileId(0), fixes);
        if done.is_empty() {
            break;
        }
        text = new;
    }
    text
}

// ---- data files

/// A spec and its data files, with what `check` finds.
struct Case {
    spec: String,
    files: Vec<(String, Vec<u8>)>,
}

impl Case {
    /// The failing and the mended case of a text.
    fn both(text: &str) -> (Case, Case) {
        let (first, second) = text.split_once("-- mended --\n").unwrap_or((text, ""));
        let (fails, changes) = (Case::read(first), Case::read(second));
        let mut mended = Case { spec: fails.spec.clone(), files: fails.files.clone() };
        if !changes.spec.trim().is_empty() {
            mended.spec = changes.spec;
        }
        for (name, bytes) in changes.files {
            match mended.files.iter_mut().find(|f| f.0 == name) {
                Some(f) => f.1 = bytes,
                None => mended.files.push((name, bytes)),
            }
        }
        (fails, mended)
    }

    fn read(text: &str) -> Case {
        let mut case = Case { spec: String::new(), files: vec![] };
        let mut latin1 = false;
        for line in text.split_inclusive('\n') {
            if let Some(name) = line.trim_end().strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
                latin1 = name.ends_with(" latin1");
                case.files.push((name.trim_end_matches(" latin1").to_string(), vec![]));
                continue;
            }
            match case.files.last_mut() {
                None => case.spec.push_str(line),
                Some(f) if latin1 => {
                    f.1.extend(line.replace("<TAB>", "\t").chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')))
                }
                Some(f) => f.1.extend(line.replace("<TAB>", "\t").as_bytes()),
            }
        }
        case
    }

    fn findings(&self) -> (Sources, Vec<Diagnostic>, String) {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in &self.files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let path = dir.path().join("spec.mtl");
        let mut c = driver::compile(&path, &self.spec, &Disk, &Options::default());
        // `check` only warns of missing files, `run` needs them
        driver::load(&mut c, self.spec.starts_with("# run"));
        let place = format!("{}/", dir.path().display());
        let shown = render::render_human(&c.sources, &c.diagnostics, false)
            .replace(&place, "")
            .replace(&place[..place.len() - 1], ".");
        (c.sources, c.diagnostics, shown)
    }
}

/// Codes with a failing and a mended case of data.
fn shown_by_data(wrong: &mut Vec<String>) -> BTreeSet<&'static str> {
    let mut out = BTreeSet::new();
    for path in files(&folder("data"), ".case") {
        let name = stem(&path);
        let Some(code) = code_of(&path) else {
            wrong.push(format!("{name} does not begin with a code"));
            continue;
        };
        let (fails, mended) = Case::both(&fs::read_to_string(&path).unwrap());
        let (_, found, shown) = fails.findings();
        check(&path.with_extension("txt"), &shown, wrong);
        if !has(&found, code) {
            wrong.push(format!("{name} does not show {code}:\n{shown}"));
            continue;
        }
        let (_, found, shown) = mended.findings();
        if found.is_empty() {
            out.insert(code);
        } else {
            wrong.push(format!("{name} is not mended:\n{shown}"));
        }
    }
    out
}

#[test]
fn renderings_are_as_saved_and_every_code_has_one() {
    let mut wrong = vec![];
    let mut shown = shown_by_pages(&mut wrong);
    shown.extend(shown_by_specs(&mut wrong));
    shown.extend(shown_by_data(&mut wrong));
    for c in CODES {
        // failures of runs arise in runs, two codes are of files that the command line reads: they are tested there
        let elsewhere = c.code.starts_with("E08") || ["E0102", "E0103"].contains(&c.code);
        if !elsewhere && !shown.contains(c.code) {
            wrong.push(format!("{} has no failing rendering with a mended counterpart", c.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_rendering_is_left_behind() {
    for path in files(&folder(""), ".txt").into_iter().chain(files(&folder("data"), ".txt")) {
        let source = |ending: &str| path.with_extension(ending).exists();
        assert!(source("mtl") || source("case"), "{} belongs to no test", path.display());
    }
    for path in files(&folder("pages"), ".txt") {
        assert!(CODES.iter().any(|c| c.code == stem(&path)), "{} belongs to no page", path.display());
    }
}

/// Every spec that the tests show failing.
pub(crate) fn failing_specs() -> Vec<(String, String)> {
    let specs = files(&folder(""), ".mtl").into_iter().filter(|p| !p.to_string_lossy().ends_with(".fixed.mtl"));
    let mut out: Vec<(String, String)> = specs
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&p).unwrap()))
        .collect();
    for c in CODES {
        out.extend(ui::snippets(c.page).into_iter().next().map(|text| (format!("{}.mtl", c.code), text)));
    }
    out
}

/// The findings of every failing case of data.
pub(crate) fn data_findings() -> Vec<(String, Sources, Vec<Diagnostic>)> {
    let found = |path: &PathBuf| {
        let (sources, found, _) = Case::both(&fs::read_to_string(path).unwrap()).0.findings();
        (stem(path), sources, found)
    };
    files(&folder("data"), ".case").iter().map(found).collect()
}

#[test]
fn each_fix_mends_its_finding() {
    for (name, text) in failing_specs() {
        let c = compile_named(&name, &text);
        for d in &c.diagnostics {
            let Some(fix) = d.fix.as_ref().filter(|f| f.span.file.0 == 0) else { continue };
            let (mended, done) = mend::apply(&text, FileId(0), [(d.code, fix)]);
            assert_eq!(done.len(), fix.places().count(), "{name}: the fix of {} changes nothing", d.code);
            let after = compile_named(&name, &mended);
            let count = |c: &driver::Compilation| {
                c.diagnostics.iter().filter(|o| o.code == d.code && o.message == d.message).count()
            };
            assert!(
                count(&after) < count(&c),
                "{name}: after the fix of {} ({}) is the same finding:\n{mended}\n{}",
                d.code,
                d.message,
                plain(&after)
            );
        }
    }
}

#[test]
fn mending_leaves_no_safe_fix() {
    for (name, text) in failing_specs() {
        let m = mend::mend(Path::new(&name), &text, &ui::no_files(), &|text, _| compile_named(&name, text));
        let left =
            m.compilation.diagnostics.iter().find(|d| d.fix.as_ref().is_some_and(|f| f.safe && f.span.file.0 == 0));
        assert!(left.is_none(), "{name}: {left:?} is left in\n{:?}", m.files);
    }
}

/// Words of the language, each misspelt in one way that leaves a single near word.
const MISSPELT: &[(&str, &str)] = &[
    ("classify", "clasify"),
    ("generate", "genrate"),
    ("metric ", "metrc "),
    ("span_f1", "spam_f1"),
    ("epochs", "epohcs"),
    ("optimizer", "optimiser"),
    ("objective", "objectve"),
    ("bilstm(", "bilsmt("),
    ("transformer(", "transfomer("),
    ("attention = additive", "attention = aditive"),
    (".probs", ".porbs"),
    ("predicted", "predcited"),
    ("tokens", "tokns"),
    ("columns(", "colums("),
    ("reinforce(", "reinforc("),
    ("baseline", "baselin"),
    ("tensor_normal(", "tensor_norml("),
    ("uncertainty", "uncertanty"),
    ("alternate", "alternat"),
    ("cross_stitch", "cross_stich"),
    ("augmented_lagrangian", "augmented_lagrange"),
    ("cutoff", "cutof"),
    ("multi_step", "multistep"),
];

#[test]
fn a_misspelt_word_is_mended_back() {
    let (mut tried, mut back, mut left) = (0, 0, vec![]);
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/systems"), ".mtl") {
        let (name, text) = (stem(&path), fs::read_to_string(&path).unwrap());
        for (right, wrong) in MISSPELT {
            let Some(at) =
                text.find(right).filter(|at| !text[..*at].lines().last().is_some_and(|l| l.starts_with('#')))
            else {
                continue;
            };
            let broken = format!("{}{wrong}{}", &text[..at], &text[at + right.len()..]);
            let m =
                mend::mend(Path::new("spec.mtl"), &broken, &ui::no_files(), &|text, _| compile_named("spec.mtl", text));
            tried += 1;
            if m.files.get(Path::new("spec.mtl")) == Some(&text) {
                back += 1;
            } else {
                // a fix that leads elsewhere would be worse than none
                assert!(m.applied.is_empty(), "{name}: `{wrong}` became\n{:?}", m.applied);
                left.push(format!("{name}: `{wrong}`: {}", plain(&m.compilation).lines().next().unwrap_or_default()));
            }
        }
    }
    eprintln!("{back} of {tried} are mended back; left:\n{}", left.join("\n"));
    assert!(back * 100 >= tried * 95, "{back} of {tried}:\n{}", left.join("\n"));
}
