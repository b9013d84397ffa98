//! Readers on small files (`formats`, `faults`) and on the public corpora, where they are at hand (`corpora`).

#![allow(missing_docs)]

mod corpora;

use super::*;
use crate::source::Span;

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
