//! The documentation is true: snippets check, tables are those of the code, shown output is what the program prints.
//!
//! Fences: ```` ```mtl ```` is a whole program, `mtl,fragment` is read after the second whole program of
//! `docs/language.md`, `mtl,error=E0405` must fail with this code, `mtl,file=NAME` is also written to a folder in which
//! the `console` blocks of the same page run. Of those, `mtlc check`, `explain`, `plan` and `graph` are run.
//! `UPDATE=1 cargo test docs` writes the generated tables anew.

use mtlc::diagnostics::{Diagnostic, codes};
use mtlc::driver;
use mtlc::hir::{Options, World};
use mtlc::kinds::gradients;
use mtlc::kinds::heads::{self, Reads};
use mtlc::kinds::layers;
use mtlc::kinds::lexicon;
use mtlc::kinds::optimisers;
use mtlc::kinds::samplers;
use mtlc::kinds::statements;
use mtlc::kinds::terms;
use mtlc::kinds::weightings;
use mtlc::words;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README and every page of `docs/`, with its path.
fn pages() -> Vec<(String, String)> {
    let mut all = vec!["README.md".to_string()];
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    all.extend(
        docs.map(|e| format!("docs/{}", e.unwrap().file_name().to_string_lossy())).filter(|p| p.ends_with(".md")),
    );
    all.sort();
    all.into_iter().map(|p| (p.clone(), std::fs::read_to_string(root().join(p)).unwrap())).collect()
}

/// Fenced blocks: line, words after the fence, text.
pub(crate) fn blocks(page: &str) -> Vec<(usize, String, String)> {
    let mut out = vec![];
    let mut open: Option<(usize, String, String)> = None;
    for (i, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((i + 1, info.trim().to_string(), String::new())),
            (Some(_), Some(_)) => out.extend(open.take()),
            (Some((_, _, text)), None) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    out
}

/// Files that snippets name by `use`.
struct Library;

impl World for Library {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Ok("param shared_width = 64\n".into())
    }
}

fn errors(text: &str) -> Vec<Diagnostic> {
    let c = driver::compile(Path::new("snippet.mtl"), text, &Library, &Options::default());
    c.diagnostics.into_iter().filter(Diagnostic::is_error).collect()
}

fn prelude() -> String {
    let page = std::fs::read_to_string(root().join("docs/language.md")).unwrap();
    let whole = blocks(&page).into_iter().filter(|(_, info, _)| info == "mtl").map(|(.., text)| text);
    { whole }.nth(1).unwrap()
}

#[test]
fn snippets_check() {
    let prelude = prelude();
    let mut faults = String::new();
    let mut seen = 0;
    for (path, page) in pages() {
        for (line, info, text) in blocks(&page) {
            let mut words = info.split(',');
            if words.next() != Some("mtl") {
                continue;
            }
            seen += 1;
            let (mut wanted, mut program) = (None, text.clone());
            for w in words {
                match w.split_once('=') {
                    Some(("error", code)) => wanted = Some(code.to_string()),
                    Some(("file", _)) => {}
                    _ if w == "fragment" => program = format!("{prelude}\n{text}"),
                    _ => panic!("{path}:{line}: `{w}` means nothing after ```mtl"),
                }
            }
            let found = errors(&program);
            match wanted {
                Some(code) if found.iter().any(|d| d.code == code) => {}
                Some(code) => writeln!(faults, "{path}:{line}: expected {code}, got {found:?}").unwrap(),
                None if found.is_empty() => {}
                None => {
                    for d in found {
                        writeln!(faults, "{path}:{line}: {} {} {:?}", d.code, d.message, d.help).unwrap();
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(seen > 15, "only {seen} snippets");
}

fn tick(runs: bool) -> &'static str {
    if runs { "✓" } else { "" }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    row(&head) + &rule + &rows.into_iter().map(|r| row(&r)).collect::<String>()
}

pub(crate) fn code(text: impl AsRef<str>) -> String {
    format!("`{}`", text.as_ref())
}

fn list(words: &[&str]) -> String {
    words.iter().map(code).collect::<Vec<_>>().join(" ")
}

/// Every number that something takes, with its range: those of one name and range together.
fn numbers() -> Vec<Vec<String>> {
    let mut rows: Vec<(String, Vec<&str>, String)> = vec![];
    let mut add = |name: &str, of: &'static str, takes: words::Takes| {
        let value = match takes {
            words::Takes::Number(ranges) => words::numbers::words(ranges),
            words::Takes::Numbers(ranges) => format!("a list, each {}", words::numbers::words(ranges)),
            _ => return,
        };
        match rows.iter_mut().find(|(n, _, v)| n == name && *v == value) {
            Some((_, owners, _)) if owners.contains(&of) => {}
            Some((_, owners, _)) => owners.push(of),
            None => rows.push((name.into(), vec![of], value)),
        }
    };
    statements::SETTINGS.iter().for_each(|s| add(s.name, "train", s.takes));
    words::TASK_OPTIONS.iter().for_each(|o| add(o.name, "task", o.takes));
    words::EDGE_OPTIONS.iter().for_each(|o| add(o.name, "arrow", o.takes));
    words::LOSS_OPTIONS.iter().for_each(|o| add(o.name, "loss", o.takes));
    layers::functions().for_each(|f| f.args.iter().for_each(|a| add(a.name, f.name, a.takes)));
    for h in heads::rows() {
        let own = h.args.iter().filter_map(|a| a.value.as_ref());
        own.for_each(|(a, _)| add(a.name, h.name, a.takes));
    }
    for o in optimisers::OPTIMIZERS {
        o.settings.iter().for_each(|(a, _)| add(a.name, o.name, a.takes));
    }
    optimisers::OPTIMIZER_COMMON.iter().for_each(|a| add(a.name, "optimizer", a.takes));
    let decays = optimisers::DECAYS.iter().map(|d| &d.row);
    let choices = decays.chain(lexicon::choices()).chain(terms::TASK_LOSSES.iter().map(mtlc::words::Row::choice));
    choices.for_each(|c| c.args.iter().for_each(|a| add(a.name, c.name, a.takes)));
    rows.into_iter().map(|(name, of, value)| vec![code(name), list(&of), value]).collect()
}

/// The tables of `docs/language.md`, by name.
fn tables() -> Vec<(&'static str, String)> {
    let choices = |all: Vec<&words::Choice>| {
        table(
            &["word", "options", "runs"],
            all.iter().map(|c| {
                vec![code(c.name), list(&c.args.iter().map(|a| a.name).collect::<Vec<_>>()), tick(c.runs).into()]
            }),
        )
    };
    let head = |h: &'static heads::Row| {
        let options = |a: &heads::Argument| if a.runs { code(a.name) } else { format!("(`{}`)", a.name) };
        vec![
            code(h.name),
            h.doc.into(),
            match h.reads {
                Reads::Seq => "Seq",
                Reads::Vec => "Vec",
                Reads::Any => "either",
            }
            .into(),
            list(h.golds),
            h.args.iter().map(options).collect::<Vec<_>>().join(" "),
            code(h.metrics[0]),
            tick(h.runs).into(),
        ]
    };
    let optimiser = |o: &optimisers::Optimiser| {
        let (name, settings) = (&o.name, &o.settings);
        let show = |(arg, value): &(words::Arg, f64)| match arg.name {
            "nesterov" => "`nesterov = false`".to_string(),
            key if *value != 0.0 && *value < 1e-3 => format!("`{key} = {value:e}`"),
            key => format!("`{key} = {value}`"),
        };
        vec![code(name), settings.iter().map(show).collect::<Vec<_>>().join(", ")]
    };
    vec![
        ("keywords", list(words::KEYWORDS) + "\n"),
        (
            "field types",
            table(
                &["type", "written", "meaning"],
                words::FIELD_TYPES.iter().map(|t| vec![code(t.name), code(t.example), t.doc.into()]),
            ),
        ),
        (
            "functions",
            table(
                &["function", "arguments", "layer", "runs", "meaning"],
                layers::functions().map(|f| {
                    vec![code(f.example), list(&f.names()), tick(f.deep).into(), tick(f.runs).into(), f.doc.into()]
                }),
            ),
        ),
        (
            "heads",
            table(&["head", "gives", "reads", "gold", "options", "first metric", "runs"], heads::rows().map(head)),
        ),
        (
            "settings",
            table(
                &["setting", "meaning", "where", "runs"],
                statements::SETTINGS.iter().map(|s| {
                    let place = if s.stage_only { "stage" } else { "" };
                    vec![code(s.example), s.doc.into(), place.into(), tick(s.runs).into()]
                }),
            ),
        ),
        ("optimisers", table(&["optimiser", "settings"], optimisers::OPTIMIZERS.iter().map(optimiser))),
        ("numbers", table(&["number", "of", "value"], numbers())),
        ("samplers", choices(samplers::SAMPLERS.iter().map(|s| &s.row).collect())),
        ("gradients", choices(gradients::GRADIENTS.iter().map(|m| &m.row).collect())),
        ("weightings", choices(weightings::WEIGHTINGS.iter().map(|w| &w.row).collect())),
        (
            "codes",
            table(
                &["code", "finding"],
                codes::CODES
                    .iter()
                    .filter(|c| ["E03", "E04", "E05", "W01", "W06"].iter().any(|p| c.code.starts_with(p)))
                    .map(|c| vec![format!("[{0}](errors/{0}.md)", c.code), c.title.into()]),
            ),
        ),
    ]
}

#[test]
fn tables_are_those_of_the_code() {
    generated("docs/language.md", &tables());
}

/// Holds the generated parts of a page to what they should be; `UPDATE=1` writes them.
pub(crate) fn generated(page: &str, parts: &[(&'static str, String)]) {
    let path = root().join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut mended = text.clone();
    for (name, part) in parts {
        let start = format!("<!-- generated: {name} -->\n");
        let (before, rest) = mended.split_once(&start).unwrap_or_else(|| panic!("no table `{name}` in {page}"));
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        mended = format!("{before}{start}{part}<!-- end -->{after}");
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &mended).unwrap();
    } else {
        assert!(text == mended, "{page} is not what the code says: run `UPDATE=1 cargo test`");
    }
}

#[test]
fn every_code_and_link_has_its_page() {
    for c in codes::CODES {
        assert!(root().join(format!("docs/errors/{}.md", c.code)).is_file(), "{}", c.code);
    }
    for (path, page) in pages() {
        let folder = root().join(&path).parent().unwrap().to_path_buf();
        for part in page.split("](").skip(1) {
            let Some((link, _)) = part.split_once(')') else { continue };
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let target = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            assert!(target.exists(), "{path} links to {link}");
            if !anchor.is_empty() && target.is_file() {
                let text = std::fs::read_to_string(&target).unwrap();
                let anchors: Vec<String> =
                    text.lines().filter(|l| l.starts_with('#')).map(|l| slug(l.trim_start_matches('#'))).collect();
                assert!(anchors.iter().any(|a| a == anchor), "{path} links to {link}: anchors are {anchors:?}");
            }
        }
    }
}

/// GitHub's name of a heading.
fn slug(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Commands of a `console` block with the output shown below each.
pub(crate) fn shown(block: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = vec![];
    for line in block.lines() {
        match (line.strip_prefix("$ "), out.last_mut()) {
            (Some(command), _) => out.push((command.to_string(), String::new())),
            (None, Some((_, text))) => *text += &format!("{line}\n"),
            (None, None) => panic!("a console block begins with a command: {line}"),
        }
    }
    out
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for e in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(e.file_name());
        if e.path().is_dir() {
            copy(&e.path(), &target);
        } else {
            std::fs::copy(e.path(), target).unwrap();
        }
    }
}

#[test]
fn console_blocks_show_what_is_printed() {
    let mut ran = 0;
    for (path, page) in pages() {
        let all = blocks(&page);
        let files: Vec<(&str, &str)> = all
            .iter()
            .filter_map(|(_, info, text)| Some((info.split(',').find_map(|w| w.strip_prefix("file="))?, text.as_str())))
            .collect();
        // pages with files of their own have a folder, with the example data beside them
        let own = tempfile::tempdir().unwrap();
        let folder = if files.is_empty() { root() } else { own.path().to_path_buf() };
        if !files.is_empty() {
            copy(&root().join("examples/data"), &folder.join("data"));
            copy(&root().join("examples/data"), &folder.join("examples/data"));
        }
        for (name, text) in &files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        // `tests/tutorial.rs` follows these pages from their beginnings
        let followed = ["docs/tutorial.md", "docs/cookbook.md"].contains(&path.as_str());
        let console = all.iter().filter(|(_, info, _)| info == "console" && !followed);
        for (line, _, text) in console {
            for (command, wanted) in shown(text) {
                let words: Vec<&str> = command.split_whitespace().collect();
                let ["mtlc", "check" | "explain" | "plan" | "graph" | "init", ..] = words.as_slice() else { continue };
                let run =
                    Command::new(env!("CARGO_BIN_EXE_mtlc")).args(&words[1..]).current_dir(&folder).output().unwrap();
                let got = String::from_utf8(run.stderr).unwrap() + &String::from_utf8(run.stdout).unwrap();
                assert_eq!(got.trim(), wanted.trim(), "{path}:{line}: {command}");
                ran += 1;
            }
        }
    }
    assert!(ran >= 3, "only {ran} commands");
}

#[test]
fn the_readme_has_the_two_commands() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(page.contains("\ncargo run --release -- run examples/assistant.mtl\n"));
    assert!(page.contains("\ncargo test --release\n"));
}

#[test]
fn the_architecture_names_every_layer() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    #[cfg(feature = "train")]
    for kind in layers::built().map(|l| l.name) {
        assert!(page.contains(&format!("`{kind}`")), "docs/architecture.md says nothing of the layer `{kind}`");
    }
    for word in ["src/kinds", "src/check", "src/plan", "src/train"] {
        assert!(page.contains(word), "{word}");
    }
}
