//! Which module of `src` imports which, read from the code's own paths and held to a table. A module imports only what
//! stands above it in the table: so there is no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module with what it imports.
type Row = (&'static str, &'static [&'static str]);

/// The modules from the ground up, by layer, each with all that it imports. What `docs/architecture.md` says of them in
/// words.
#[rustfmt::skip]
const TABLE: &[(&str, &[Row])] = &[
    ("base", &[
        ("source", &[]),
        ("random", &[]),
        ("util", &[]),
        ("diagnostics", &["source"]),
        ("ast", &["source"]),
        ("words", &["ast"]),
        ("columns", &["source", "diagnostics", "ast"]),
        ("records", &[]),
        ("plan", &["util", "columns"]),
        ("types", &["source", "util", "diagnostics", "ast", "words", "plan"]),
        ("ops", &["records", "plan"]),
    ]),
    ("kinds", &[
        ("kinds::layers", &["source", "util", "diagnostics", "ast", "words", "records", "plan", "types", "ops"]),
        ("kinds::terms", &["words", "plan", "ops"]),
        ("kinds::sharing", &["diagnostics", "words", "plan", "types", "kinds::layers", "kinds::terms"]),
        ("kinds::views", &["words", "kinds::layers"]),
        ("kinds::samplers", &["random", "diagnostics", "words", "plan"]),
        ("kinds::searches", &["random", "words"]),
        ("kinds::probes", &["words", "plan"]),
        ("kinds::weightings", &["random", "words", "plan"]),
        ("kinds::gradients", &["random", "words", "plan"]),
        ("kinds::optimisers", &["words", "plan", "ops"]),
        ("kinds::metrics", &["records"]),
        ("kinds::heads", &["source", "diagnostics", "ast", "words", "columns", "records", "plan", "types", "ops", "kinds::terms", "kinds::metrics"]),
        ("kinds::readers", &["diagnostics", "columns"]),
        ("kinds::writers", &["diagnostics", "columns", "kinds::heads", "kinds::readers"]),
        ("kinds::statements", &["words"]),
        ("kinds::lexicon", &["words", "kinds::layers", "kinds::terms", "kinds::sharing", "kinds::views", "kinds::samplers", "kinds::searches", "kinds::probes", "kinds::weightings", "kinds::gradients", "kinds::optimisers", "kinds::heads", "kinds::statements"]),
    ]),
    ("engines", &[
        ("data", &["source", "diagnostics", "ast", "columns", "kinds::readers"]),
        ("encode", &["source", "util", "diagnostics", "columns", "records", "plan", "kinds::samplers", "kinds::heads", "kinds::readers", "data"]),
        ("syntax", &["source", "diagnostics", "ast", "words", "kinds::layers", "kinds::terms", "kinds::views", "kinds::optimisers", "kinds::heads", "kinds::readers", "kinds::statements", "kinds::lexicon"]),
        ("fmt", &["source", "diagnostics", "ast", "syntax"]),
        ("hir", &["source", "diagnostics", "ast", "words", "columns", "types", "kinds::readers", "data", "syntax"]),
        ("analysis", &["source", "util", "diagnostics", "ast", "plan", "types", "kinds::layers", "hir"]),
        ("resolve", &["source", "util", "diagnostics", "ast", "words", "columns", "plan", "types", "kinds::layers", "kinds::terms", "kinds::sharing", "kinds::views", "kinds::metrics", "kinds::heads", "kinds::statements", "hir"]),
        ("elaborate", &["source", "util", "diagnostics", "ast", "words", "columns", "plan", "types", "kinds::layers", "kinds::terms", "kinds::sharing", "kinds::views", "kinds::metrics", "kinds::heads", "hir", "analysis", "resolve"]),
        ("schedule", &["source", "diagnostics", "ast", "words", "columns", "plan", "types", "kinds::layers", "kinds::terms", "kinds::sharing", "kinds::samplers", "kinds::searches", "kinds::probes", "kinds::weightings", "kinds::gradients", "kinds::optimisers", "kinds::metrics", "kinds::heads", "kinds::statements", "hir", "analysis", "resolve", "elaborate"]),
        ("lint", &["source", "diagnostics", "ast", "columns", "plan", "types", "kinds::layers", "kinds::heads", "hir", "resolve", "elaborate", "schedule"]),
        ("check", &["util", "diagnostics", "ast", "words", "columns", "plan", "types", "kinds::weightings", "hir", "analysis", "resolve", "elaborate", "schedule", "lint"]),
        ("passes", &["plan", "kinds::layers", "kinds::samplers", "kinds::weightings", "kinds::gradients", "kinds::heads"]),
        ("batches", &["random", "diagnostics", "columns", "plan", "kinds::samplers", "encode", "passes"]),
        ("lower", &["diagnostics", "columns", "plan", "types", "kinds::layers", "kinds::terms", "kinds::weightings", "kinds::heads", "encode", "check"]),
        ("model", &["plan", "ops", "kinds::optimisers"]),
        ("network", &["random", "columns", "records", "plan", "ops", "kinds::layers", "kinds::terms", "kinds::heads", "encode", "passes"]),
        ("train", &["random", "diagnostics", "columns", "records", "plan", "ops", "kinds::samplers", "kinds::searches", "kinds::probes", "kinds::weightings", "kinds::gradients", "kinds::optimisers", "kinds::metrics", "kinds::heads", "kinds::writers", "encode", "passes", "batches", "model", "network"]),
        ("present", &["diagnostics", "ast", "columns", "plan", "types", "kinds::layers", "kinds::heads", "encode", "hir", "analysis", "check", "passes", "batches"]),
    ]),
    ("shell", &[
        ("driver", &["source", "util", "diagnostics", "ast", "columns", "plan", "types", "kinds::layers", "data", "encode", "syntax", "hir", "analysis", "check", "passes", "lower"]),
        ("mend", &["source", "diagnostics", "hir", "driver"]),
        ("cli", &["source", "util", "diagnostics", "ast", "columns", "plan", "types", "ops", "kinds::metrics", "kinds::heads", "kinds::readers", "kinds::writers", "data", "encode", "syntax", "fmt", "hir", "check", "passes", "batches", "train", "present", "driver", "mend"]),
    ]),
];

/// Imports that run up the table, each with the reason why it still stands. None is to be added.
const CIRCLES: &[(&str, &str, &str)] = &[];

/// Modules whose folders are rooms of their own.
const FOLDERS_OF_ROOMS: &[&str] = &["kinds"];

/// Where a path leads: segments from the root of the crate.
type Place = Vec<String>;

/// A file's paths into the crate, and the names that it hands on.
#[derive(Default)]
struct File {
    module: Place,
    paths: Vec<Place>,
    /// of `pub use`: the name here, and what it is
    handed_on: Vec<(String, Place)>,
}

fn source_files() -> Vec<File> {
    let src = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![src.clone()], vec![]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            match path.is_dir() {
                true if path.ends_with("tests") => {}
                true => folders.push(path),
                false if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    files.iter().map(|path| read(path, &src)).collect()
}

fn read(path: &Path, src: &Path) -> File {
    let mut module: Place = path.strip_prefix(src).unwrap().with_extension("").iter().map(text_of).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        module.pop();
    }
    let text = fs::read_to_string(path).unwrap();
    let tokens = tokens(without_tests(&text));
    let mut file = File { module, ..File::default() };
    let mut at = 0;
    while at < tokens.len() {
        let starts = matches!(tokens[at].as_str(), "crate" | "super") && tokens.get(at + 1).is_some_and(|t| t == "::");
        let public_use = tokens[at] == "use" && at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
        if starts || public_use {
            let from = if public_use { at + 1 } else { at };
            let mut leaves = vec![];
            at = tree(&tokens, from, &[], &mut leaves);
            for (name, path) in leaves {
                let path = absolute(&path, &file.module);
                if public_use {
                    file.handed_on.push((name, path.clone()));
                }
                file.paths.push(path);
            }
        } else {
            at += 1;
        }
    }
    file
}

/// The code before the unit tests, which stand last.
fn without_tests(text: &str) -> &str {
    let tests = text.match_indices("#[cfg(test)]\nmod ").find(|(at, _)| {
        let line = text[at + "#[cfg(test)]\n".len()..].lines().next();
        line.is_some_and(|l| l.ends_with('{'))
    });
    tests.map_or(text, |(at, _)| &text[..at])
}

fn text_of(part: &std::ffi::OsStr) -> String {
    part.to_string_lossy().into_owned()
}

/// The code as words and signs, without comments, strings and characters.
fn tokens(text: &str) -> Vec<String> {
    let c: Vec<char> = text.chars().collect();
    let at = |i: usize| c.get(i).copied().unwrap_or('\0');
    let (mut out, mut i): (Vec<String>, usize) = (vec![], 0);
    while i < c.len() {
        let start = i;
        match c[i] {
            '/' if at(i + 1) == '/' => i += c[i..].iter().position(|x| *x == '\n').unwrap_or(c.len() - i),
            'r' if at(i + 1) == '"' || at(i + 1) == '#' && matches!(at(i + 2), '"' | '#') => {
                let marks = c[i + 1..].iter().take_while(|x| **x == '#').count();
                let end: String = format!("\"{}", "#".repeat(marks));
                let rest: String = c[i + marks + 2..].iter().collect();
                i += marks + 2 + rest.split(&end).next().unwrap_or("").chars().count() + marks + 1;
            }
            '"' => {
                i += 1;
                while i < c.len() && c[i] != '"' {
                    i += if c[i] == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            '\'' if at(i + 1) == '\\' => i += 2 + c[i + 2..].iter().skip(1).position(|x| *x == '\'').unwrap_or(0) + 2,
            '\'' if at(i + 2) == '\'' => i += 3,
            x if x.is_alphanumeric() || x == '_' => {
                while i < c.len() && (c[i].is_alphanumeric() || c[i] == '_') {
                    i += 1;
                }
                out.push(c[start..i].iter().collect());
            }
            ':' if at(i + 1) == ':' => {
                i += 2;
                out.push("::".into());
            }
            x => {
                i += 1;
                if !x.is_whitespace() {
                    out.push(x.into());
                }
            }
        }
    }
    out
}

/// The leaves of a path or tree of `use`, each with the name that it has here; gives where it ends.
fn tree(tokens: &[String], mut at: usize, before: &[String], out: &mut Vec<(String, Place)>) -> usize {
    let is = |at: usize, sign: &str| tokens.get(at).is_some_and(|t| t == sign);
    let word =
        |at: usize| tokens.get(at).filter(|t| t.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '*'));
    let mut path = before.to_vec();
    loop {
        if is(at, "{") {
            at += 1;
            while at < tokens.len() && !is(at, "}") {
                at = if is(at, ",") { at + 1 } else { tree(tokens, at, &path, out).max(at + 1) };
            }
            return at + 1;
        }
        let Some(name) = word(at) else { return at };
        if name != "self" {
            path.push(name.clone());
        }
        at += 1;
        if is(at, "::") && (is(at + 1, "{") || word(at + 1).is_some()) {
            at += 1;
            continue;
        }
        let mut known_as = path.last().cloned().unwrap_or_default();
        if is(at, "as") {
            known_as = tokens.get(at + 1).cloned().unwrap_or_default();
            at += 2;
        }
        out.push((known_as, path));
        return at;
    }
}

/// A path from the root of the crate.
fn absolute(path: &[String], module: &[String]) -> Place {
    let ups = path.iter().take_while(|p| *p == "super").count();
    match path.first().map(String::as_str) {
        Some("crate") => path[1..].to_vec(),
        _ => module[..module.len().saturating_sub(ups)].iter().chain(&path[ups..]).cloned().collect(),
    }
}

/// The room in which a place lies.
fn room(place: &[String]) -> Option<String> {
    let first = place.first()?;
    match place.get(1) {
        Some(second) if FOLDERS_OF_ROOMS.contains(&first.as_str()) && second.starts_with(char::is_lowercase) => {
            Some(format!("{first}::{second}"))
        }
        _ => Some(first.clone()),
    }
}

/// Every import of one room by another, with a file in which it stands.
fn imports() -> BTreeMap<(String, String), String> {
    let files = source_files();
    let rooms: BTreeSet<String> = files.iter().filter_map(|f| room(&f.module)).collect();
    let mut handed_on: BTreeMap<Place, Place> = BTreeMap::new();
    for f in files.iter() {
        for (name, path) in &f.handed_on {
            handed_on.insert(f.module.iter().chain([name]).cloned().collect(), path.clone());
        }
    }
    let mut out = BTreeMap::new();
    for f in &files {
        let Some(from) = room(&f.module) else { continue };
        for path in &f.paths {
            let mut path = path.clone();
            // a name may be handed on several times
            for _ in 0..8 {
                if let Some(to) = room(&path).filter(|to| *to != from && rooms.contains(to)) {
                    out.entry((from.clone(), to)).or_insert_with(|| f.module.join("/"));
                }
                let Some((n, to)) = (1..=path.len()).find_map(|n| Some((n, handed_on.get(&path[..n])?))) else { break };
                path = to.iter().chain(&path[n..]).cloned().collect();
            }
        }
    }
    out
}

#[test]
fn modules_import_what_the_table_says() {
    let rows: Vec<(&str, &[&str])> = TABLE.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
    let place = |name: &str| rows.iter().position(|(n, _)| *n == name);
    let up = |from: &str, to: &str| CIRCLES.iter().any(|(f, t, _)| (*f, *t) == (from, to));
    let imports = imports();
    let mut wrong = vec![];
    for ((from, to), file) in &imports {
        match rows.iter().find(|(n, _)| n == from) {
            None => wrong.push(format!("`{from}` is not in the table")),
            Some((_, row)) if !row.contains(&to.as_str()) && !up(from, to) => {
                wrong.push(format!("`{from}` imports `{to}` (in {file}), which its row lacks"));
            }
            Some(_) => {}
        }
    }
    let needed = |from: &str, to: &str| imports.contains_key(&(from.to_string(), to.to_string()));
    for (at, (name, row)) in rows.iter().enumerate() {
        for to in row.iter() {
            if !needed(name, to) {
                wrong.push(format!("`{name}` does not import `{to}`: take it from its row"));
            }
            if place(to).is_none_or(|p| p >= at) {
                wrong.push(format!("`{to}` does not stand above `{name}` in the table"));
            }
        }
    }
    for (from, to, _) in CIRCLES {
        if !needed(from, to) {
            wrong.push(format!("`{from}` no longer imports `{to}`: take it from the circles"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_is_described() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let list = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    for name in TABLE.iter().flat_map(|(_, rows)| rows.iter()).map(|(name, _)| name.split("::").next().unwrap()) {
        let on_page = page.contains(&format!("| `src/{name}`")) || page.contains(&format!("| `src/{name}.rs`"));
        assert!(on_page, "docs/architecture.md does not say what `{name}` takes and gives");
        assert!(list.contains(&format!("`{name}`")), "the list of src/lib.rs lacks `{name}`");
    }
}

#[test]
fn paths_are_read_from_code() {
    let leaves = |text: &str| {
        let tokens = tokens(text);
        let start = tokens.iter().position(|t| t == "crate").unwrap();
        let mut out = vec![];
        tree(&tokens, start, &[], &mut out);
        out.into_iter().map(|(name, path)| format!("{name}: {}", path.join("::"))).collect::<Vec<_>>()
    };
    assert_eq!(
        leaves("use crate::a::{self, B as C, d::{E, f}};"),
        ["a: crate::a", "C: crate::a::B", "E: crate::a::d::E", "f: crate::a::d::f"]
    );
    assert_eq!(leaves("let x = '\"'; // crate::no\n \"crate::no\"; crate::a::b(x)"), ["b: crate::a::b"]);
    assert_eq!(leaves("fn f<'a>(x: &'a str) { r#\"crate::no\"#; crate::a::B::<u8>::new() }"), ["B: crate::a::B"]);
    let module: Place = vec!["a".into(), "b".into()];
    let names = |p: &[&str]| p.iter().map(|s| (*s).to_string()).collect::<Place>();
    assert_eq!(absolute(&names(&["super", "super", "c"]), &module), ["c"]);
    assert_eq!(absolute(&names(&["c"]), &module), ["a", "b", "c"]);
}
