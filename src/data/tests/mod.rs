//! Readers on small files (`formats`, `faults`) and on the public corpora, where they are at hand (`corpora`).

#![allow(missing_docs)]

mod corpora;
mod faulty;
mod formats;

use super::*;
use crate::columns::*;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use std::collections::BTreeMap;

/// A declaration from text: `declare("columns", Some("p"), "x: tokens; y: tags on x = 2")`.
pub fn declare(reader: &str, path: Option<&str>, fields: &str) -> CorpusDecl {
    let field = |text: &str| {
        let (name, rest) = text.split_once(':').expect("name: type");
        let (ty, source) = match rest.split_once(" = ") {
            Some((ty, s)) => (ty.trim(), Some(s.trim())),
            None => (rest.trim(), None),
        };
        FieldDecl {
            name: name.trim().into(),
            ty: field_type(ty),
            source: source.map(|s| match s.parse() {
                Ok(n) => FieldSource::Number(n),
                Err(_) => FieldSource::Name(s.trim_matches('"').into()),
            }),
            // distinct places, so that faults of different fields stay apart
            span: Span::new(Default::default(), 100 + text.as_ptr() as usize % 1000, 2000),
            axis_span: None,
        }
    };
    CorpusDecl {
        name: "corpus".into(),
        reader: reader.into(),
        path: path.map(String::from),
        splits: BTreeMap::new(),
        options: BTreeMap::new(),
        fields: fields.split(';').filter(|f| !f.trim().is_empty()).map(field).collect(),
        span: Span::default(),
        reader_span: Span::default(),
        option_spans: BTreeMap::new(),
    }
}

fn field_type(text: &str) -> FieldType {
    let words: Vec<&str> = text.split_whitespace().collect();
    let on = words.get(2).map(|s| s.to_string());
    match words[0] {
        "text" => FieldType::Text,
        "tokens" => FieldType::Tokens,
        "label" => FieldType::Label,
        "labels" => FieldType::Labels { on },
        "real" => FieldType::Real,
        "id" => FieldType::Id,
        "tags" => FieldType::Tags { on: on.expect("on") },
        "heads" => FieldType::Heads { on: on.expect("on") },
        "pairs" => FieldType::Pairs { on: on.expect("on") },
        "layers" => FieldType::Layers { on: on.expect("on") },
        w if w.starts_with("vec<") => FieldType::Vec(w[4..w.len() - 1].parse().expect("number")),
        w => FieldType::Other { kind: w.into(), on, of: None },
    }
}

impl CorpusDecl {
    pub fn named(mut self, split: SplitName, file: &str) -> Self {
        self.splits.insert(split, SplitSource::File(file.into()));
        self
    }

    pub fn shared(mut self, split: SplitName, share: f64) -> Self {
        self.splits.insert(split, SplitSource::Share(share));
        self
    }

    pub fn option(mut self, name: &str, value: OptionValue) -> Self {
        self.options.insert(name.into(), value);
        self
    }
}

/// A folder with these files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    dir
}

/// Loads from a folder of such files.
pub fn try_load(decl: &CorpusDecl, files: &[(&str, &str)]) -> (Loaded, String) {
    let dir = folder(files);
    let loaded = load(decl, dir.path());
    let shown = show(&loaded.diagnostics).replace(&format!("{}/", dir.path().display()), "");
    (loaded, shown.replace(&dir.path().display().to_string(), "."))
}

/// A corpus that must load, with its warnings.
pub fn loaded(decl: &CorpusDecl, files: &[(&str, &str)]) -> Corpus {
    let (loaded, shown) = try_load(decl, files);
    loaded.corpus.unwrap_or_else(|| panic!("{shown}"))
}

/// The faults of a corpus that must not load.
pub fn faults(decl: &CorpusDecl, files: &[(&str, &str)]) -> String {
    let (loaded, shown) = try_load(decl, files);
    assert!(loaded.corpus.is_none(), "{shown}");
    shown
}

/// Findings as text: message, excerpts, help.
pub fn show(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in diagnostics {
        out += &format!("{}: {}\n", d.code, d.message);
        for p in &d.data {
            out += &format!("  {}:{} | {} | {}\n", p.file, p.line, p.text, p.note);
        }
        if let Some(help) = &d.help {
            out += &format!("  help: {help}\n");
        }
    }
    out
}

/// A split as text: fields between bars, examples on lines.
pub fn table(split: &Split) -> String {
    let cell = |c: &Column, i: usize| match c {
        Column::Tokens(v) => v[i].join(" "),
        Column::Lengths(v) => v[i].to_string(),
        Column::Label(v) => format!("{:?}", v[i]).replace("Some", ""),
        Column::Labels(v) => format!("{:?}", v[i]).replace("Some", ""),
        Column::Real(v) => format!("{:?}", v[i]).replace("Some", ""),
        Column::Vector(v) => format!("{:?}", v[i]).replace("Some", ""),
        Column::Tags(v) => v[i].as_ref().map_or("None".into(), |t| t.join(" ")),
        Column::Layers(v) => format!("{:?}", v[i]).replace("Some", ""),
        Column::Heads(v) => v[i].as_ref().map_or("None".into(), |h| format!("{h:?}")),
        Column::Pairs(v) => format!("{:?}", v[i]).replace("Some", ""),
        Column::Json(v) => v[i].as_ref().map_or("None".into(), |j| j.to_string()),
    };
    let row = |i| split.columns.iter().map(|c| cell(c, i)).collect::<Vec<_>>().join(" | ");
    (0..split.len).map(row).collect::<Vec<_>>().join("\n")
}
