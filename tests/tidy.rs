//! Rules of the architecture that no compiler checks.

use mtlc::diagnostics::codes;
use mtlc::kinds::heads;
use mtlc::kinds::layers;
use mtlc::kinds::lexicon;
use mtlc::kinds::metrics;
use mtlc::kinds::optimisers;
use mtlc::kinds::readers;
use mtlc::kinds::statements;
use mtlc::kinds::terms;
use mtlc::words;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|e| e.unwrap().path()) {
        match path.is_dir() {
            true => files(&path, out),
            false => out.push(path),
        }
    }
    out.sort();
}

/// Every file of `src`: its path from the crate's root, and its text without comments and without unit tests.
fn sources() -> Vec<(String, String)> {
    let mut all = vec![];
    files(&root().join("src"), &mut all);
    all.into_iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs") && p.file_stem().is_some_and(|s| s != "tests"))
        .filter(|p| p.parent().is_none_or(|p| !p.ends_with("tests")))
        .map(|p| {
            let text = fs::read_to_string(&p).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| format!("{l}\n"));
            (p.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"), lines.collect())
        })
        .collect()
}

/// Files outside `homes` that contain one of `words`.
fn strays(words: &[&str], homes: &[&str]) -> Vec<String> {
    let at_home = |path: &str| homes.iter().any(|h| path.starts_with(h));
    let hits = |(path, text): (String, String)| {
        let line = text.lines().find(|l| words.iter().any(|w| l.contains(w)))?;
        (!at_home(&path)).then(|| format!("{path}: {}", line.trim()))
    };
    sources().into_iter().filter_map(hits).collect()
}

#[test]
fn libraries_stay_where_they_belong() {
    let none: Vec<String> = vec![];
    assert_eq!(strays(&["pest::", "pest_derive", "use pest"], &["src/syntax/"]), none);
    assert_eq!(strays(&["miette"], &["src/diagnostics/"]), none);
    assert_eq!(strays(&["clap::", "anstream::", "indicatif::", "use clap"], &["src/cli/"]), none);
    let burn = ["src/ops/", "src/kinds/", "src/model/", "src/network/", "src/train/", "src/cli/"];
    assert_eq!(strays(&["burn::", "use burn"], &burn), none);
    // of a kind only its model, which needs the feature `train`
    for (path, text) in sources().iter().filter(|(p, _)| p.starts_with("src/kinds/") && !p.ends_with("/model.rs")) {
        let plain = text.split("mod model {").next().unwrap_or_default();
        assert!(!plain.contains("burn::"), "{path} names burn outside its model");
    }
    assert_eq!(strays(&["petgraph::"], &["src/analysis/", "src/hir/"]), none);
}

#[test]
fn long_functions_say_why() {
    const MOST: usize = 100;
    let mut all = vec![];
    files(&root().join("src"), &mut all);
    let mut without = vec![];
    for path in all.iter().filter(|p| p.extension().is_some_and(|e| e == "rs")) {
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let indent = &line[..line.len() - code.len()];
            let modifiers = ["pub ", "pub(crate) ", "pub(super) ", "const ", "unsafe "];
            let mut head = code;
            while let Some(rest) = modifiers.iter().find_map(|m| head.strip_prefix(m)) {
                head = rest;
            }
            if !head.starts_with("fn ") {
                continue;
            }
            // a declaration without a body ends with `;`
            let end = format!("{indent}}}");
            let body = lines[i..].iter().position(|l| {
                *l == end || l.starts_with(indent) && l.ends_with(';') && !l[indent.len()..].starts_with(' ')
            });
            let Some(n) = body.filter(|n| lines[i + n] == end) else { continue };
            if n + 1 > MOST && !lines[i.saturating_sub(3)..i].iter().any(|l| l.trim_start().starts_with("// long: ")) {
                without.push(format!("{}:{}: {} lines", path.display(), i + 1, n + 1));
            }
        }
    }
    assert!(without.is_empty(), "split them, or say why above them, `// long: ...`:\n{}", without.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    let words = ["println!", "eprintln!", " print!(", " eprint!(", "stdout()", "stderr()"];
    assert_eq!(strays(&words, &["src/cli/", "src/main.rs"]), Vec::<String>::new());
}

#[test]
fn codes_are_in_the_table_and_used() {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (path, text) in sources() {
        if path == "src/diagnostics/codes.rs" {
            continue;
        }
        for word in text.split('"') {
            let (letter, digits) = word.split_at_checked(1).unwrap_or_default();
            if word.len() == 5 && matches!(letter, "E" | "W") && digits.bytes().all(|b| b.is_ascii_digit()) {
                assert!(codes::find(word).is_some(), "{path} uses {word}, which is not in the table");
                used.insert(word.to_string());
            }
        }
    }
    let unused: Vec<&str> = codes::CODES.iter().map(|c| c.code).filter(|c| !used.contains(*c)).collect();
    assert!(unused.is_empty(), "no finding has these codes: {unused:?}");
    let mut pages = vec![];
    files(&root().join("docs/errors"), &mut pages);
    for p in pages {
        let code = p.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(codes::find(&code).is_some(), "the page {code} has no row in the table");
    }
}

/// Words that are also the names of kinds: where they are compared, and what they are there.
const HOMONYMS: &[(&str, &[&str], &str)] = &[
    ("at", &["src/resolve/masked.rs"], "an argument of a head"),
    ("dot", &["src/cli/graph.rs"], "a format of drawings"),
    ("dropout", &["src/resolve/arguments/calls.rs"], "a setting"),
    ("layer", &["src/syntax/parser/repair/words.rs"], "a keyword of other languages"),
    ("match", &["src/schedule/claims.rs"], "a claim"),
    ("max", &["src/data/load.rs"], "an option of readers"),
    ("max", &["src/resolve/figures.rs"], "what a score cannot be"),
    ("mean", &["src/resolve/figures.rs"], "a score"),
    (
        "posterior",
        &["src/elaborate/names.rs", "src/lint/latents.rs", "src/schedule/losses/values.rs"],
        "a port, an argument",
    ),
    ("prior", &["src/elaborate/names.rs", "src/schedule/losses/values.rs"], "a port"),
    ("reverse", &["src/resolve/arrows.rs"], "an option `grad`"),
    ("sample", &["src/analysis/mod.rs", "src/resolve/modes.rs", "src/schedule/losses/values.rs"], "a port, a mode"),
    ("span", &["src/elaborate/names.rs", "src/schedule/losses/functions.rs"], "a type of field"),
    ("stop", &["src/resolve/arrows.rs"], "an option `grad`"),
    ("stop", &["src/schedule/losses/mod.rs"], "a term of a loss"),
    ("top", &["src/analysis/mod.rs", "src/resolve/arrows.rs"], "a port"),
    ("top", &["src/resolve/modes.rs", "src/schedule/losses/values.rs"], "a port"),
    ("weight", &["src/resolve/declare.rs", "src/syntax/recovery/lines.rs"], "an option of tasks and losses"),
    ("accuracy", &["src/lower.rs", "src/resolve/declare.rs"], "a default that the data change: the head is to say so"),
    ("span_f1", &["src/resolve/declare.rs"], "a default that the data change: the head is to say so"),
    ("constrain", &["src/syntax/recovery/tokens.rs"], "a statement in which signs compare"),
    ("early_stop", &["src/schedule/objective.rs"], "found in the tree, to be pointed at"),
    (
        "epochs",
        &["src/syntax/parser/repair/meant.rs", "src/syntax/parser/repair/said.rs"],
        "what other languages count",
    ),
    ("f", &["src/syntax/recovery/habits.rs"], "begins a string in Python"),
    ("freeze", &["src/lint/untrained.rs"], "found in the tree, to be pointed at"),
    ("joint", &["src/schedule/claims.rs", "src/syntax/parser/repair/words.rs"], "a verdict"),
    ("keep", &["src/schedule/unsupported.rs"], "found in the tree"),
    ("none", &["src/data/validate.rs"], "an option of readers"),
    ("none", &["src/ops/rows/dense.rs"], "an activation"),
    ("none", &["src/resolve/declare.rs"], "that a task has no loss"),
    ("none", &["src/syntax/parser/expressions.rs"], "a word of other languages"),
    ("objective", &["src/driver.rs", "src/driver/consequences.rs"], "found in the tree"),
    ("objective", &["src/syntax/parser/repair/words.rs"], "a keyword of other languages"),
    ("probe", &["src/schedule/claims.rs"], "a claim"),
    ("sentence_accuracy", &["src/resolve/figures.rs"], "a figure of a data set"),
    ("steps", &["src/syntax/parser/repair/meant.rs", "src/syntax/parser/repair/said.rs"], "what other languages count"),
    ("sum", &["src/resolve/figures.rs"], "what a score cannot be"),
    ("tasks", &["src/schedule/unsupported.rs"], "found in the tree"),
    ("weights", &["src/schedule/losses/values.rs"], "a port"),
    (
        "weights",
        &["src/syntax/parser/repair/meant.rs", "src/syntax/recovery/wrong.rs"],
        "lists of weights of other languages",
    ),
];

/// Whether a literal that stands between two parts of a line is compared there, or matched against.
fn is_compared(before: &str, after: &str) -> bool {
    let (end, start) = (before.trim_end(), after.trim_start());
    let open = |word: &str| {
        before.rfind(word).is_some_and(|at| {
            let inside = &before[at + word.len()..];
            inside.matches('(').count() >= inside.matches(')').count()
        })
    };
    ["==", "!=", "|", "Some(", "Some(("].iter().any(|sign| end.ends_with(sign))
        || ["==", "!=", "=>", "|"].iter().any(|sign| start.starts_with(sign))
        || open("matches!(")
        || open("is_name(")
        || open(".contains(&")
        || end.rfind('[').is_some_and(|at| !end[at..].contains(']')) && after.contains("].contains(")
}

#[test]
fn no_engine_compares_the_name_of_a_kind() {
    let mut names: BTreeSet<&str> =
        layers::functions().map(|f| f.name).chain(layers::layers().map(|l| l.name)).collect();
    names.extend(lexicon::choices().chain(terms::TASK_LOSSES.iter().map(mtlc::words::Row::choice)).map(|c| c.name));
    names.extend(optimisers::OPTIMIZERS.iter().map(|o| o.name).chain(optimisers::DECAYS.iter().map(|d| d.row.name)));
    names.extend(statements::SETTINGS.iter().map(|s| s.name));
    names.extend(readers::READERS.iter().map(|r| r.name));
    names.extend(metrics::METRICS.iter().map(|m| m.name));
    names.extend(heads::rows().map(|h| h.name));
    let (mut found, mut met) = (vec![], BTreeSet::new());
    for (path, text) in sources().iter().filter(|(p, _)| !p.starts_with("src/kinds/")) {
        for line in text.lines() {
            let quotes: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
            for pair in quotes.windows(2) {
                let word = &line[pair[0] + 1..pair[1]];
                if !names.contains(word) || !is_compared(&line[..pair[0]], &line[pair[1] + 1..]) {
                    continue;
                }
                match HOMONYMS.iter().position(|(w, paths, _)| *w == word && paths.contains(&path.as_str())) {
                    Some(row) => _ = met.insert((row, path.clone())),
                    None => found.push(format!("{path}: {}", line.trim())),
                }
            }
        }
    }
    assert_eq!(found, Vec::<String>::new(), "ask the row of the kind");
    let all = HOMONYMS.iter().enumerate().flat_map(|(i, h)| h.1.iter().map(move |p| (i, p.to_string())));
    let stale: Vec<(usize, String)> = all.filter(|h| !met.contains(h)).collect();
    assert_eq!(stale, vec![], "no longer compared there: take them from the table");
}

#[test]
fn rules_of_heads_are_tables() {
    let mut arms = vec![];
    for (path, text) in sources().into_iter().filter(|(p, _)| p.starts_with("src/kinds/heads/")) {
        let arm = |n: &&str| text.contains(&format!("\"{n}\" =>")) || text.contains(&format!("\"{n}\" |"));
        arms.extend(heads::rows().map(|h| h.name).filter(arm).map(|n| format!("{path}: {n}")));
    }
    assert_eq!(arms, Vec::<String>::new(), "a rule stands in the table, not in a `match` over names");
}

#[test]
fn no_file_names_a_machine() {
    let mut all = vec![];
    for folder in ["src", "tests", "docs", "examples", "grammar", "benches", ".github"] {
        files(&root().join(folder), &mut all);
    }
    all.extend(["Cargo.toml", "README.md", "CONTRIBUTING.md"].map(|f| root().join(f)));
    // written in two parts, so that this file may be searched too
    let paths = [["/wo", "rk/"], ["/t", "mp/"], ["/ho", "me/"], ["/ro", "ot/"], ["C:", "\\Users"]].map(|p| p.concat());
    for path in all {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let line = text.lines().find(|l| paths.iter().any(|p| l.contains(p)));
        assert!(line.is_none(), "{}: {}", path.display(), line.unwrap_or_default());
    }
}

#[test]
fn every_word_is_in_the_reference() {
    let Ok(text) = fs::read_to_string(root().join("docs/language.md")) else {
        eprintln!("skipped: docs/language.md is missing");
        return;
    };
    let mut words: BTreeSet<&str> = BTreeSet::new();
    words.extend(words::KEYWORDS);
    words.extend(words::FIELD_TYPES.iter().map(|r| r.name));
    words.extend(layers::functions().map(|r| r.name));
    words.extend(heads::rows().map(|r| r.name));
    words.extend(statements::SETTINGS.iter().map(|r| r.name));
    words.extend(optimisers::OPTIMIZERS.iter().map(|r| r.name));
    let choices = lexicon::choices().chain(terms::TASK_LOSSES.iter().map(mtlc::words::Row::choice));
    words.extend(choices.flat_map(|c| std::iter::once(c.name).chain(c.args.iter().map(|a| a.name))));
    words.extend(words::TASK_OPTIONS.iter().chain(words::EDGE_OPTIONS).map(|o| o.name));
    words.extend(heads::PORTS);
    let known: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let missing: Vec<&&str> = words.iter().filter(|w| !known.contains(**w)).collect();
    assert!(missing.is_empty(), "docs/language.md does not mention {missing:?}");
}
