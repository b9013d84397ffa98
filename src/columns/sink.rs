//! Where readers put their rows: values become typed columns here, the same way for every format.

use super::faults::{Faults, Place};
use super::reader::Options;
use crate::columns::{Column, CorpusDecl, FieldDecl, FieldType, Split, SplitName};
use crate::columns::{offsets, words};
use crate::diagnostics::{DataPlace, Diagnostic};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One value as a format holds it.
#[derive(Clone, Debug, Default)]
pub enum Value<'a> {
    /// no value: masked
    #[default]
    Missing,
    /// a cell or a line
    Text(Cow<'a, str>),
    /// one item for each token
    Items(Vec<&'a str>),
    /// head and relation of each token
    Heads(Vec<usize>, Vec<String>),
    /// named layers of tags
    Layers(BTreeMap<String, Vec<String>>),
    /// a member of a JSON object
    Json(&'a serde_json::Value),
}

/// A value of a field's type.
enum Item {
    Tokens(Vec<String>),
    Label(Option<String>),
    Labels(Option<Vec<String>>),
    Real(Option<f64>),
    Vector(Option<Vec<f32>>),
    Tags(Option<Vec<String>>),
    Layers(Option<BTreeMap<String, Vec<String>>>),
    Heads(Option<(Vec<usize>, Vec<String>)>),
    Pairs(Option<Vec<(usize, usize, String)>>),
    Json(Option<serde_json::Value>),
}

/// Collects the examples of one split.
pub struct Sink<'a> {
    /// the corpus
    pub decl: &'a CorpusDecl,
    /// its options
    pub options: &'a Options,
    /// findings
    pub faults: &'a mut Faults,
    /// the examples so far
    pub split: Split,
    /// first line of each example
    pub lines: Vec<u32>,
    /// no more examples than this
    pub limit: usize,
    /// the split that is read
    pub part: SplitName,
    /// the file begins with a line of headings
    pub headed: bool,
    /// examples with an empty text
    empty: Counted,
    /// by field: cells that hold JSON
    json: Vec<Counted>,
    /// by field: sets of classes of which nothing is known
    unknown: Vec<Counted>,
    /// by field: spans that do not end where tokens do
    inside: Vec<Counted>,
    axes: Vec<Option<usize>>,
}

/// How many examples have something, and where the first of them stands.
#[derive(Clone, Debug, Default)]
struct Counted {
    count: usize,
    first: Option<DataPlace>,
}

impl Counted {
    fn add(&mut self, place: impl FnOnce() -> DataPlace) {
        self.count += 1;
        self.first.get_or_insert_with(place);
    }
}

impl<'a> Sink<'a> {
    /// An empty sink.
    pub fn new(
        decl: &'a CorpusDecl,
        options: &'a Options,
        faults: &'a mut Faults,
        limit: usize,
        part: SplitName,
    ) -> Self {
        let columns = decl.fields.iter().map(|f| column(&f.ty)).collect();
        let axis = |f: &FieldDecl| {
            let token_level = matches!(
                f.ty,
                FieldType::Tags { .. } | FieldType::Layers { .. } | FieldType::Heads { .. } | FieldType::Pairs { .. }
            );
            f.ty.axis().filter(|_| token_level).and_then(|on| decl.fields.iter().position(|g| g.name == on))
        };
        let axes: Vec<Option<usize>> = decl.fields.iter().map(axis).collect();
        let split = Split { len: 0, columns };
        let none = vec![Counted::default(); axes.len()];
        Self {
            decl,
            options,
            faults,
            split,
            lines: vec![],
            limit,
            part,
            headed: false,
            empty: Counted::default(),
            json: none.clone(),
            unknown: none.clone(),
            inside: none,
            axes,
        }
    }

    /// Whether this file may lack a field: one of test that is no text has no gold then.
    pub fn may_lack(&self, field: &FieldDecl) -> bool {
        self.part == SplitName::Test && !field.ty.is_text()
    }

    /// W0613: a file of test has no gold of a field.
    pub fn without_gold(&mut self, field: &FieldDecl, place: Place<'_>, lacks: &str) {
        let message = format!("`{}` has no gold of `{}`: there is no {lacks}", place.file, field.name);
        let d = Diagnostic::new("W0613", message).at(field.span, "its texts are read, and give no figures");
        self.faults.plain(d.data(place.data("the first line")));
    }

    /// Whether the limit is reached.
    pub fn full(&self) -> bool {
        self.split.len >= self.limit
    }

    /// Adds an example: one value for each field, and where a field's value stands. A faulty example is reported and
    /// left out.
    pub fn push<'p>(&mut self, values: Vec<Value<'_>>, place: impl Fn(usize) -> Place<'p>) {
        if self.full() {
            return;
        }
        let mut items = Vec::with_capacity(values.len());
        let mut sound = true;
        let raw: Vec<Option<String>> = self.raw_texts(&values);
        for (i, (field, value)) in self.decl.fields.iter().zip(values).enumerate() {
            if let Value::Text(t) = &value
                && holds_json(&field.ty, t)
            {
                self.json[i].add(|| place(i).data("a cell that holds JSON"));
            }
            let item = match (&value, raw.get(i).and_then(Option::as_ref), self.axes[i]) {
                (Value::Json(serde_json::Value::Array(spans)), Some(text), Some(axis)) => {
                    offsets::tags(spans, &self.decl.fields[axis].ty, text).map(|(tags, inside)| {
                        if inside {
                            self.inside[i].add(|| place(i).data("a span that ends inside a token"));
                        }
                        Item::Tags(Some(tags))
                    })
                }
                _ => convert(field, value, self.options),
            };
            match item {
                Ok(item) => items.push(item),
                Err(note) => {
                    sound = false;
                    items.push(Item::Json(None));
                    let at = place(i);
                    self.faults.at("E0606", field.span, at, &note, || {
                        (format!("`{}` at {}:{}: {note}", field.name, at.file, at.line), None)
                    });
                }
            }
        }
        if !sound {
            return;
        }
        for (i, field) in self.decl.fields.iter().enumerate() {
            sound &= self.aligned(&items, i, field, &place);
            if let Some(note) = self.outside(&items, i, field) {
                sound = false;
                let at = place(i);
                self.faults.at("E0606", field.span, at, &note, || {
                    (format!("`{}` at {}:{}: {note}", field.name, at.file, at.line), None)
                });
            }
        }
        if !sound {
            return;
        }
        if let Some(i) = items.iter().position(|i| matches!(i, Item::Tokens(t) if t.is_empty())) {
            self.empty.add(|| place(i).data(format!("`{}` is empty here", self.decl.fields[i].name)));
            self.stand_in(&mut items);
        }
        for (i, item) in items.iter().enumerate() {
            if matches!(item, Item::Labels(None)) {
                self.unknown[i].add(|| place(i).data(format!("no classes of `{}` here", self.decl.fields[i].name)));
            }
        }
        self.lines.push(place(0).line as u32);
        self.split.len += 1;
        for (column, item) in self.split.columns.iter_mut().zip(items) {
            match (column, item) {
                (Column::Tokens(c), Item::Tokens(v)) => c.push(v),
                (Column::Label(c), Item::Label(v)) => c.push(v),
                (Column::Labels(c), Item::Labels(v)) => c.push(v),
                (Column::Real(c), Item::Real(v)) => c.push(v),
                (Column::Vector(c), Item::Vector(v)) => c.push(v),
                (Column::Tags(c), Item::Tags(v)) => c.push(v),
                (Column::Layers(c), Item::Layers(v)) => c.push(v),
                (Column::Heads(c), Item::Heads(v)) => c.push(v),
                (Column::Pairs(c), Item::Pairs(v)) => c.push(v),
                (Column::Json(c), Item::Json(v)) => c.push(v),
                // `convert` and `column` follow the same field type
                _ => {}
            }
        }
    }

    /// By field of tags that stands as spans: the text that they are places of.
    fn raw_texts(&self, values: &[Value<'_>]) -> Vec<Option<String>> {
        use serde_json::Value as J;
        let text = |i: usize| match (&self.decl.fields[i].ty, &values[i], self.axes[i]) {
            (FieldType::Tags { .. }, Value::Json(J::Array(list)), Some(axis)) if offsets::are_spans(list) => {
                match &values[axis] {
                    // an empty list is as well no tags of a text whose tokens the file has
                    Value::Json(J::String(s)) if !list.is_empty() || self.decl.fields[axis].ty == FieldType::Text => {
                        Some(s.clone())
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        (0..values.len()).map(text).collect()
    }

    /// One token for each empty text, whose tags are unknown.
    fn stand_in(&self, items: &mut [Item]) {
        let empty: Vec<bool> = items.iter().map(|i| matches!(i, Item::Tokens(t) if t.is_empty())).collect();
        for (i, item) in items.iter_mut().enumerate() {
            match item {
                Item::Tokens(t) => *t = words::or_empty(std::mem::take(t)),
                Item::Tags(t) if self.axes[i].is_some_and(|a| empty[a]) => *t = None,
                Item::Layers(t) if self.axes[i].is_some_and(|a| empty[a]) => *t = None,
                Item::Heads(t) if self.axes[i].is_some_and(|a| empty[a]) => *t = None,
                Item::Pairs(t) if self.axes[i].is_some_and(|a| empty[a]) => *t = None,
                _ => {}
            }
        }
    }

    /// What is wrong with an `index in` a list that has no such member, or a pair of tokens that a text does not have.
    fn outside(&self, items: &[Item], i: usize, field: &FieldDecl) -> Option<String> {
        if let (Item::Pairs(Some(pairs)), Some(Item::Tokens(t))) = (&items[i], self.axes[i].and_then(|a| items.get(a)))
        {
            let n = t.len();
            let (k, (a, b, _)) = pairs.iter().enumerate().find(|(_, (a, b, _))| *a >= n || *b >= n || a == b)?;
            let some = format!("{n} token{}", if n == 1 { "" } else { "s" });
            return Some(match a == b {
                true => format!("pair {} joins token {a} to itself", k + 1),
                false => format!("pair {} names token {}, and the text has {some}, counted from 0", k + 1, a.max(b)),
            });
        }
        let (FieldType::Other { kind, on: Some(list), .. }, Item::Json(Some(chosen))) = (&field.ty, &items[i]) else {
            return None;
        };
        let at = self.decl.fields.iter().position(|f| f.name == *list).filter(|_| kind == "index")?;
        let members = match &items[at] {
            Item::Json(Some(j)) => j.as_array()?.len(),
            Item::Tokens(t) => t.len(),
            _ => return None,
        };
        let some = format!("{members} member{}", if members == 1 { "" } else { "s" });
        let fits = chosen.as_u64().is_some_and(|k| (k as usize) < members);
        (!fits).then(|| {
            format!("`{list}` has {some}, counted from 0, and none is {}", json_word(chosen).trim_matches('`'))
        })
    }

    /// Whether a token-level value has as many members as its text; reports it if not.
    fn aligned<'p>(
        &mut self,
        items: &[Item],
        i: usize,
        field: &FieldDecl,
        place: &impl Fn(usize) -> Place<'p>,
    ) -> bool {
        let Some(axis) = self.axes[i] else { return true };
        let Some(Item::Tokens(tokens)) = items.get(axis) else { return true };
        let n = tokens.len();
        let (at, on) = (place(i), &self.decl.fields[axis]);
        let got = match &items[i] {
            Item::Tags(Some(v)) => v.len(),
            Item::Heads(Some((v, _))) => v.len(),
            Item::Layers(Some(l)) => l.values().map(Vec::len).find(|&k| k != n).unwrap_or(n),
            _ => n,
        };
        if got != n {
            let some = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
            let note = format!("{} here, {} in `{}`", some(got, "tag"), some(n, "token"), on.name);
            self.faults.at("E0607", field.span, at, &note, || {
                let message = format!(
                    "`{}` has {} for {} of `{}` at {}:{}",
                    field.name,
                    some(got, "tag"),
                    some(n, "token"),
                    on.name,
                    at.file,
                    at.line
                );
                let help = match on.ty {
                    FieldType::Text => Some(format!("declare `{}: tokens` if the text is tokenised already", on.name)),
                    _ => None,
                };
                (message, help)
            });
            return false;
        }
        if let Item::Heads(Some((heads, _))) = &items[i]
            && let Some((token, note)) = tree_fault(heads)
        {
            self.faults.at("E0609", field.span, at, &note, || {
                (format!("`{}` is no tree at {}:{}, token {}: {note}", field.name, at.file, at.line, token + 1), None)
            });
            return false;
        }
        true
    }

    /// Ends the split: reports what is odd in it, gives the examples and their lines.
    pub fn finish(self) -> (Split, Vec<u32>) {
        if let Some(first) = self.empty.first {
            let (n, file) = (self.empty.count, first.file.clone());
            let message = if n == 1 {
                format!("an example of `{file}` has an empty text, which is read as one unknown token")
            } else {
                format!("{n} examples of `{file}` have an empty text, each of which is read as one unknown token")
            };
            self.faults.plain(Diagnostic::new("W0603", message).at(self.decl.reader_span, "").data(first));
        }
        for (field, json) in self.decl.fields.iter().zip(self.json) {
            let Some(first) = json.first else { continue };
            let message = match json.count {
                1 => format!("a cell of `{}` in `{}` holds JSON, which is read as text", field.name, first.file),
                n => format!("{n} cells of `{}` in `{}` hold JSON, which is read as text", field.name, first.file),
            };
            let help = "write the values as this reader takes them, or the examples as JSON for `jsonl(...)`";
            self.faults.plain(Diagnostic::new("W0614", message).at(field.span, "").data(first).help(help));
        }
        for (field, inside) in self.decl.fields.iter().zip(self.inside) {
            let Some(first) = inside.first else { continue };
            let (n, file) = (inside.count, &first.file);
            let message = match n {
                1 => format!("an example of `{file}` has a span of `{}` that ends inside a token", field.name),
                _ => format!("{n} examples of `{file}` have spans of `{}` that end inside a token", field.name),
            };
            let why = "such a token belongs to the span as a whole";
            self.faults.plain(Diagnostic::new("W0618", message).at(field.span, why).data(first));
        }
        for (field, unknown) in self.decl.fields.iter().zip(self.unknown) {
            let own = self.options.missing.is_some() || self.options.none.is_some();
            let Some(first) = unknown.first.filter(|_| !own && unknown.count < self.split.len) else { continue };
            let message = format!(
                "nothing is known of `{}` in {} of the {} examples of `{}`: they are neither learned nor counted",
                field.name, unknown.count, self.split.len, first.file
            );
            let help = "write `none = \"\"` if an empty cell means that the example is of no class (`[]` in JSON), or \
                        `missing = \"\"` if it is right so";
            self.faults.plain(Diagnostic::new("W0616", message).at(field.span, "").data(first).help(help));
        }
        (self.split, self.lines)
    }
}

/// Whether a cell holds a list or an object where its field takes words.
fn holds_json(ty: &FieldType, cell: &str) -> bool {
    let cell = cell.trim();
    let words = !matches!(
        ty,
        FieldType::Other { .. } | FieldType::Layers { .. } | FieldType::Heads { .. } | FieldType::Pairs { .. }
    );
    if !words || !cell.starts_with(['[', '{']) || !cell.ends_with([']', '}']) {
        return false;
    }
    let inner = cell[1..].trim_start();
    if !inner.starts_with(['"', '\'', '[', '{']) {
        return false;
    }
    // as Python prints a list of strings
    let python = inner.starts_with('\'') && cell[..cell.len() - 1].trim_end().ends_with('\'');
    python || serde_json::from_str::<serde::de::IgnoredAny>(cell).is_ok()
}

/// An empty column for a type.
pub fn column(ty: &FieldType) -> Column {
    match ty {
        FieldType::Text | FieldType::Tokens => Column::Tokens(vec![]),
        FieldType::Label | FieldType::Id => Column::Label(vec![]),
        FieldType::Labels { .. } => Column::Labels(vec![]),
        FieldType::Real => Column::Real(vec![]),
        FieldType::Vec(_) => Column::Vector(vec![]),
        FieldType::Tags { .. } => Column::Tags(vec![]),
        FieldType::Layers { .. } => Column::Layers(vec![]),
        FieldType::Heads { .. } => Column::Heads(vec![]),
        FieldType::Pairs { .. } => Column::Pairs(vec![]),
        FieldType::Other { .. } => Column::Json(vec![]),
    }
}

/// The first fault of a list of heads (0 is the root): token and what is wrong.
pub fn tree_fault(heads: &[usize]) -> Option<(usize, String)> {
    let n = heads.len();
    if let Some(i) = heads.iter().position(|&h| h > n) {
        return Some((i, format!("head {} is outside the sentence, whose last token is {n}", heads[i])));
    }
    let mut roots = (0..n).filter(|&i| heads[i] == 0);
    let Some(_) = roots.next() else {
        return (n > 0).then(|| (0, "no token has head 0, the root".into()));
    };
    if let Some(second) = roots.next() {
        return Some((second, "a second token with head 0: a tree has one root".into()));
    }
    // 0 unknown, 1 on the way up from here, 2 reaches the root
    let mut state = vec![0u8; n];
    for i in 0..n {
        let (mut at, mut path) = (i, vec![]);
        while state[at] == 0 {
            state[at] = 1;
            path.push(at);
            match heads[at] {
                0 => break,
                h => at = h - 1,
            }
        }
        if state[at] == 1 && heads[at] != 0 {
            return Some((at, "the heads run in a circle".into()));
        }
        path.into_iter().for_each(|p| state[p] = 2);
    }
    None
}

// long: an arm for each type of field and form of value
fn convert(field: &FieldDecl, value: Value<'_>, options: &Options) -> Result<Item, String> {
    use serde_json::Value as J;
    let value = match value {
        Value::Json(J::Null) => Value::Missing,
        Value::Json(J::String(s)) => Value::Text(Cow::Borrowed(s)),
        // what `none` means is known
        Value::Text(t)
            if !field.ty.is_text()
                && options.is_missing(t.trim())
                && !(matches!(field.ty, FieldType::Labels { .. }) && options.none == options.missing) =>
        {
            Value::Missing
        }
        v => v,
    };
    Ok(match (&field.ty, value) {
        (FieldType::Text | FieldType::Tokens, Value::Missing) => Item::Tokens(vec![]),
        (ty @ (FieldType::Text | FieldType::Tokens), Value::Text(t)) => Item::Tokens(options.text.split(ty, &t)),
        // of a format with a token per row, whatever the type
        (FieldType::Text | FieldType::Tokens, Value::Items(v)) => {
            Item::Tokens(options.text.list(&FieldType::Tokens, filled(v.into_iter())?))
        }
        (ty @ (FieldType::Text | FieldType::Tokens), Value::Json(J::Array(v))) => {
            let one = |(i, j)| scalar(j).ok_or_else(|| member("a list of strings", i, j));
            let items: Vec<String> = v.iter().enumerate().map(one).collect::<Result<_, _>>()?;
            let items = items.iter().map(String::as_str);
            let items: Vec<&str> = if *ty == FieldType::Tokens { filled(items)?.collect() } else { items.collect() };
            Item::Tokens(options.text.list(ty, items.into_iter()))
        }
        (FieldType::Text | FieldType::Tokens, Value::Json(j)) => {
            return Err(expected("a string or a list of strings", j));
        }

        (FieldType::Label | FieldType::Id, Value::Missing) => Item::Label(None),
        (FieldType::Label | FieldType::Id, Value::Text(t)) => {
            let t = t.trim();
            Item::Label((!t.is_empty()).then(|| t.to_owned()))
        }
        (FieldType::Label | FieldType::Id, Value::Json(j)) => {
            Item::Label(Some(scalar(j).ok_or_else(|| expected("a string, a number, true or false", j))?))
        }

        (FieldType::Labels { .. }, Value::Missing) => Item::Labels(None),
        (FieldType::Labels { .. }, Value::Text(t)) if options.none.as_deref() == Some(t.trim()) => {
            Item::Labels(Some(vec![]))
        }
        (FieldType::Labels { .. }, Value::Text(t)) if t.trim().is_empty() => Item::Labels(None),
        (FieldType::Labels { .. }, Value::Text(t)) => {
            let parts = t.split(options.split.as_str()).map(str::trim).filter(|p| !p.is_empty());
            Item::Labels(Some(parts.map(String::from).collect()))
        }
        (FieldType::Labels { on }, Value::Json(J::Array(v))) => {
            let one = |(i, j): (usize, &J)| match (on, j) {
                (Some(_), J::Bool(b)) => Ok(String::from(if *b { "1" } else { "0" })),
                _ => scalar(j).ok_or_else(|| member("a list of strings", i, j)),
            };
            Item::Labels(Some(v.iter().enumerate().map(one).collect::<Result<_, _>>()?))
        }
        (FieldType::Labels { .. }, Value::Json(j)) => return Err(expected("a list of strings", j)),

        (FieldType::Real, Value::Missing) => Item::Real(None),
        (FieldType::Real, Value::Text(t)) if t.trim().is_empty() => Item::Real(None),
        (FieldType::Real, Value::Text(t)) => Item::Real(Some(number(&t)?)),
        (FieldType::Real, Value::Json(j)) => Item::Real(Some(match j {
            J::Bool(b) => f64::from(u8::from(*b)),
            j => in_range(j.as_f64().ok_or_else(|| expected("a number", j))?)?,
        })),

        (FieldType::Vec(_), Value::Missing) => Item::Vector(None),
        (FieldType::Vec(_), Value::Text(t)) if t.trim().is_empty() => Item::Vector(None),
        (FieldType::Vec(d), Value::Text(t)) => {
            let parts = t.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|p| !p.is_empty());
            Item::Vector(Some(sized(*d, parts.map(|p| Ok(number(p)? as f32)).collect::<Result<_, String>>()?)?))
        }
        (FieldType::Vec(d), Value::Json(J::Array(v))) => {
            let one = |(i, j): (usize, &J)| match j.as_f64() {
                Some(x) => Ok(in_range(x)? as f32),
                None => Err(member("a list of numbers", i, j)),
            };
            Item::Vector(Some(sized(*d, v.iter().enumerate().map(one).collect::<Result<_, String>>()?)?))
        }
        (FieldType::Vec(_), Value::Json(j)) => return Err(expected("a list of numbers", j)),

        (FieldType::Tags { .. }, Value::Missing) => Item::Tags(None),
        (FieldType::Tags { .. }, Value::Items(v)) => {
            Item::Tags(Some(v.into_iter().map(|t| options.tag(t)).collect::<Result<_, _>>()?))
        }
        (FieldType::Tags { .. }, Value::Text(t)) if t.trim().is_empty() => Item::Tags(None),
        (FieldType::Tags { .. }, Value::Text(t)) => {
            Item::Tags(Some(words::tokens(&t).map(|t| options.tag(t)).collect::<Result<_, _>>()?))
        }
        (FieldType::Tags { .. }, Value::Json(j)) => Item::Tags(Some(tags(j, options)?)),

        (FieldType::Layers { .. }, Value::Missing) => Item::Layers(None),
        (FieldType::Layers { .. }, Value::Layers(l)) => Item::Layers(Some(l)),
        (FieldType::Layers { .. }, Value::Json(J::Object(o))) => Item::Layers(Some(
            o.iter().map(|(k, j)| Ok((k.clone(), tags(j, options)?))).collect::<Result<_, String>>()?,
        )),
        (FieldType::Layers { .. }, Value::Json(j)) => {
            return Err(expected("an object with a list of tags per layer", j));
        }

        (FieldType::Heads { .. }, Value::Missing) => Item::Heads(None),
        (FieldType::Heads { .. }, Value::Heads(h, r)) => Item::Heads(Some((h, r))),
        (FieldType::Heads { .. }, Value::Json(j)) => Item::Heads(Some(heads(j)?)),

        (FieldType::Pairs { .. }, Value::Missing) => Item::Pairs(None),
        (FieldType::Pairs { .. }, Value::Text(t)) if t.trim().is_empty() => Item::Pairs(None),
        (FieldType::Pairs { .. }, Value::Text(t)) => match serde_json::from_str(&t) {
            Ok(j) => Item::Pairs(Some(pairs(&j)?)),
            Err(_) => return Err(format!("expected {PAIRS}, found `{}`", short(&t))),
        },
        (FieldType::Pairs { .. }, Value::Json(j)) => Item::Pairs(Some(pairs(j)?)),

        (FieldType::Other { .. }, Value::Missing | Value::Json(J::Null)) => Item::Json(None),
        (FieldType::Other { kind, .. }, Value::Json(j)) if kind == "list" && !j.is_array() => {
            return Err(expected("a list", j));
        }
        (FieldType::Other { .. }, Value::Json(j)) => Item::Json(Some(j.clone())),
        (FieldType::Other { kind, of, .. }, Value::Text(t)) => match serde_json::from_str(&t) {
            Ok(j) => Item::Json(Some(j)),
            // a JSON string where one is wanted is legal; in other formats the cell must hold JSON
            Err(_) if of.is_some() || kind != "index" => {
                return Err(format!("expected JSON for `{kind}`, found `{}`", short(&t)));
            }
            Err(_) => return Err(format!("expected a number, found `{}`", short(&t))),
        },
        (ty, _) => return Err(format!("a value that `{}` cannot take", crate::columns::type_word(ty))),
    })
}

fn tags(j: &serde_json::Value, options: &Options) -> Result<Vec<String>, String> {
    let want = "a list of strings";
    let one = |(i, j): (usize, &serde_json::Value)| match j {
        serde_json::Value::Null => Ok(String::new()),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => Err(format!(
            "{}; write one tag for each token, or spans of a text that is one string: [[0, 4, \"PER\"]]",
            member(want, i, j)
        )),
        j => options.tag(&scalar(j).ok_or_else(|| member(want, i, j))?),
    };
    j.as_array().ok_or_else(|| expected(want, j))?.iter().enumerate().map(one).collect()
}

/// `[[2, "nsubj"], [0, "root"]]` or `{"head": [2, 0], "deprel": ["nsubj", "root"]}`.
fn heads(j: &serde_json::Value) -> Result<(Vec<usize>, Vec<String>), String> {
    let want = r#"[[head, "relation"], ...] or {"head": [...], "deprel": [...]}"#;
    let bad = || expected(want, j);
    let list = |key: &str| j.get(key).and_then(|v| v.as_array());
    let pairs: Vec<_> = match (list("head"), list("deprel"), j.as_array()) {
        (Some(h), Some(r), _) if h.len() == r.len() => h.iter().zip(r).collect(),
        (_, _, Some(rows)) => {
            let pair = |row: &'_ serde_json::Value| row.as_array().filter(|p| p.len() == 2).is_some();
            if !rows.iter().all(pair) {
                return Err(bad());
            }
            rows.iter().map(|row| (&row[0], &row[1])).collect()
        }
        _ => return Err(bad()),
    };
    let mut out = (vec![], vec![]);
    for (h, r) in pairs {
        out.0.push(h.as_u64().ok_or_else(bad)? as usize);
        out.1.push(r.as_str().ok_or_else(bad)?.to_owned());
    }
    Ok(out)
}

/// How pairs of tokens are written.
const PAIRS: &str = r#"[[from, to, "class"], ...] with tokens counted from 0"#;

fn pairs(j: &serde_json::Value) -> Result<Vec<(usize, usize, String)>, String> {
    let one = |(i, j): (usize, &serde_json::Value)| match j.as_array().map(Vec::as_slice) {
        Some([a, b, class]) => match (a.as_u64(), b.as_u64(), class.as_str()) {
            (Some(a), Some(b), Some(class)) => Ok((a as usize, b as usize, class.to_owned())),
            _ => Err(member(PAIRS, i, j)),
        },
        _ => Err(member(PAIRS, i, j)),
    };
    j.as_array().ok_or_else(|| expected(PAIRS, j))?.iter().enumerate().map(one).collect()
}

fn scalar(j: &serde_json::Value) -> Option<String> {
    match j {
        serde_json::Value::String(s) => Some(s.clone()),
        serde_json::Value::Number(n) => Some(n.to_string()),
        serde_json::Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

fn number(text: &str) -> Result<f64, String> {
    let digits = text.contains(|c: char| c.is_ascii_digit());
    let parsed = text.trim().parse::<f64>().ok().filter(|x| x.is_finite() || digits);
    in_range(parsed.ok_or_else(|| format!("expected a number, found `{}`", short(text)))?)
}

/// The models compute with 32 bits.
fn in_range(x: f64) -> Result<f64, String> {
    if x.abs() <= f64::from(f32::MAX) { Ok(x) } else { Err(format!("{x:e} is out of range: at most {:e}", f32::MAX)) }
}

/// Tokens that stand one by one, none of which may be empty.
fn filled<'a>(items: impl Iterator<Item = &'a str> + Clone) -> Result<impl Iterator<Item = &'a str>, String> {
    match items.clone().position(str::is_empty) {
        Some(i) => Err(format!("token {} is empty", i + 1)),
        None => Ok(items),
    }
}

fn sized(d: usize, v: Vec<f32>) -> Result<Vec<f32>, String> {
    if v.len() == d { Ok(v) } else { Err(format!("expected {d} numbers, found {}", v.len())) }
}

fn expected(what: &str, found: &serde_json::Value) -> String {
    format!("expected {what}, found {}", json_word(found))
}

/// What is wrong with one member of a list.
fn member(what: &str, i: usize, found: &serde_json::Value) -> String {
    format!("{}, number {} in the list", expected(what, found), i + 1)
}

fn json_word(j: &serde_json::Value) -> String {
    use serde_json::Value as J;
    match j {
        J::Null => "null".into(),
        J::Bool(b) => format!("`{b}`"),
        J::Number(n) => format!("`{n}`"),
        J::String(s) => format!("\"{}\"", short(s)),
        J::Array(_) => "a list".into(),
        J::Object(_) => "an object".into(),
    }
}

/// A value short enough for a message.
pub fn short(text: &str) -> String {
    let text = text.trim();
    let mut s: String = text.chars().take(40).collect();
    if s.len() < text.len() {
        s.push('…');
    }
    s
}
