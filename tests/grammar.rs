//! `grammar/mtl.tmLanguage.json`: the TextMate grammar for editors. It is made of the tables of the language;
//! `UPDATE=1 cargo test grammar` writes it anew.

use mtlc::kinds::heads;
use mtlc::kinds::layers;
use mtlc::kinds::optimisers;
use mtlc::kinds::readers::READERS;
use mtlc::kinds::samplers;
use mtlc::kinds::statements;
use mtlc::kinds::weightings;
use mtlc::words;
use serde_json::{Value, json};
use std::path::Path;

/// `\b(?:a|b)\b`
fn any<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = words.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    format!("\\b(?:{})\\b", all.join("|"))
}

/// Keywords that begin a declaration that has a name.
const NAMED: [&str; 7] = ["param", "let", "data", "encoder", "task", "loss", "for"];

fn grammar() -> Value {
    let settings = statements::SETTINGS.iter().map(|r| r.name);
    let options = settings.chain(words::TASK_OPTIONS.iter().chain(words::EDGE_OPTIONS).map(|o| o.name));
    let functions = layers::functions().map(|r| r.name).chain(READERS.iter().map(|r| r.name));
    let values = samplers::SAMPLERS.iter().map(|r| r.row.name).chain(weightings::WEIGHTINGS.iter().map(|r| r.row.name));
    let values = values.chain(optimisers::OPTIMIZERS.iter().map(|r| r.name)).chain(["joint", "multi_step"]);
    let ports = heads::PORTS.iter().chain(heads::HARD_PORTS).copied();
    let named = format!("({})\\s+([A-Za-z_]\\w*)", any(NAMED));
    let rule = |name: &str, pattern: String| json!({ "name": format!("{name}.mtl"), "match": pattern });
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "mtl",
        "scopeName": "source.mtl",
        "fileTypes": ["mtl"],
        "patterns": [
            rule("comment.line.number-sign", "#.*$".into()),
            {
                "name": "string.quoted.double.mtl",
                "begin": "\"",
                "end": "\"|$",
                "patterns": [rule("variable.other.interpolated", "\\{\\s*[A-Za-z_]\\w*\\s*\\}".into())],
            },
            {
                "match": named,
                "captures": {
                    "1": { "name": "keyword.declaration.mtl" },
                    "2": { "name": "entity.name.definition.mtl" },
                },
            },
            rule("keyword.operator", "->|~>|\\|>|>=|<=|==|\\.\\.|[&+*/=<>@:-]".into()),
            // an argument `metric = f1`, not an option
            rule("variable.parameter", "\\b[A-Za-z_]\\w*(?=\\s*=(?!=))".into()),
            rule("variable.language.port", format!("(?<=\\.){}", any(ports))),
            rule("variable.other.member", "(?<=\\.)[A-Za-z_]\\w*".into()),
            rule("entity.name.type.head", format!("(?<=:)\\s*{}", any(heads::rows().map(|r| r.name)))),
            rule("support.type.field", format!("(?<=[:<])\\s*{}", any(words::FIELD_TYPES.iter().map(|r| r.name)))),
            rule("keyword.other.setting", format!("(?<=[{{;])\\s*{}|^\\s*{}(?=\\s+[^:\\s])", any(options.clone()), any(options))),
            rule("keyword.control", any(words::KEYWORDS.iter().copied())),
            rule("support.function", format!("{}(?=\\s*\\()|(?<=\\|>)\\s*{}", any(functions.clone()), any(functions))),
            rule("support.constant", any(values)),
            rule(
                "constant.numeric",
                "\\b(?:\\d[\\d_]*(?:\\.\\d+)?|\\.\\d+)(?:[eE][+-]?\\d+)?(?:%|(?:min|k|M|s|h)\\b)?".into(),
            ),
        ],
    })
}

#[test]
fn the_grammar_is_that_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar/mtl.tmLanguage.json");
    let made = serde_json::to_string_pretty(&grammar()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == made, "run `UPDATE=1 cargo test grammar`");
    let reserved: Vec<&str> = NAMED.iter().copied().filter(|w| !words::is_reserved(w)).collect();
    assert!(reserved.is_empty(), "no keywords: {reserved:?}");
}
