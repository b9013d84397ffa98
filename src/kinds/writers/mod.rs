//! Writers: the formats of answers. A format is a file and a row of [`WRITERS`].
//!
//! Examples are written one by one. An example that was read from a file of the writer's own format keeps its lines: what
//! is predicted stands beside them, or in their place where the format says so.

mod cells;
mod conll;
mod conllu;
mod jsonl;

use crate::columns::reader::DataFile;
use crate::columns::{Column, CorpusDecl, FieldDecl};
use crate::diagnostics::visible::visible_line;
use crate::kinds::heads::Said;
use serde_json::{Value as Json, json};
use std::borrow::Cow;
use std::cell::OnceCell;

/// Every format.
pub static WRITERS: &[Writer] = &[conll::CONLL, conllu::CONLLU, cells::TSV, cells::CSV, jsonl::JSONL];

/// A format of answers.
pub struct Writer {
    /// `conllu`
    pub name: &'static str,
    /// other accepted names
    pub aliases: &'static [&'static str],
    /// endings of its files
    pub endings: &'static [&'static str],
    /// what it writes is JSON
    pub json: bool,
    /// what stands before the first example
    head: fn(&Writing<'_>) -> String,
    /// an example; for lines of the file to find, the number of its last line
    example: fn(&Writing<'_>, &Example<'_>) -> (String, usize),
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({})", self.name)
    }
}

/// The writer of this name.
pub fn find(name: &str) -> Option<&'static Writer> {
    WRITERS.iter().find(|w| w.name == name || w.aliases.contains(&name))
}

/// The writer of files with this ending.
pub fn of_ending(ending: &str) -> Option<&'static Writer> {
    WRITERS.iter().find(|w| w.endings.iter().any(|e| e.eq_ignore_ascii_case(ending)))
}

/// Every name.
pub fn names() -> impl Iterator<Item = &'static str> {
    WRITERS.iter().flat_map(|w| std::iter::once(w.name).chain(w.aliases.iter().copied()))
}

/// What is written beside the predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// the names of columns, first
    pub header: bool,
    /// the gold that a prediction takes the place of
    pub gold: bool,
    /// the probability of each prediction
    pub probs: bool,
    /// the most probable classes
    pub top: bool,
}

/// A task whose answers are written.
#[derive(Clone, Debug)]
pub struct Told {
    /// its name
    pub name: String,
    /// its columns for each token, by what stands after its name in a heading; none of what is said of examples
    pub columns: &'static [&'static str],
    /// it says something of each token: where it has no columns, several layers of tags
    pub tokens: bool,
    /// what it says has a probability
    pub odds: bool,
    /// the field of its gold
    pub gold: Option<FieldDecl>,
    /// the text that it reads, and beside whose tokens its columns stand
    pub text: Option<String>,
}

/// Answers on their way into one file.
#[derive(Debug)]
pub struct Writing<'a> {
    writer: &'static Writer,
    style: Style,
    /// the data set that the examples are of
    decl: Option<&'a CorpusDecl>,
    /// names of the members of an example, in order
    fields: Vec<String>,
    tasks: Vec<Told>,
    /// the file that the examples stand in, if it is of the writer's format
    file: Option<Own<'a>>,
    /// lines up to here are written
    done: usize,
}

/// A file whose lines are kept.
#[derive(Debug)]
struct Own<'a> {
    text: &'a str,
    /// where each line begins
    starts: Vec<usize>,
    headed: bool,
    /// cells of its widest row, once they were counted
    width: OnceCell<usize>,
}

impl<'a> Own<'a> {
    fn new(file: &'a DataFile, headed: bool) -> Self {
        let ends = file.text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text: &file.text, starts: std::iter::once(0).chain(ends).collect(), headed, width: OnceCell::new() }
    }

    /// The text from a line on, counted from 1.
    fn from(&self, line: usize) -> &'a str {
        self.starts.get(line.wrapping_sub(1)).and_then(|at| self.text.get(*at..)).unwrap_or_default()
    }

    /// A line without its end.
    fn line(&self, line: usize) -> &'a str {
        self.from(line).split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }

    fn is_blank(&self, line: usize) -> bool {
        self.line(line).trim_ascii().is_empty()
    }
}

/// An example and what is said of it.
#[derive(Debug)]
pub struct Example<'a> {
    /// the line where it begins, from 1
    pub line: usize,
    /// its fields, in the order of the data set
    pub members: Vec<Member>,
    /// answers by index of task, in order
    pub said: &'a [(usize, Said)],
    /// why it is not answered
    pub error: Option<&'a str>,
}

/// A field of an example.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// as declared
    pub name: String,
    /// its tokens, if it is a text
    pub tokens: Option<Vec<String>>,
    /// its value
    pub json: Json,
    /// columns of one cell for each token
    pub cells: Vec<Vec<String>>,
    /// named layers of tags
    pub layers: Vec<(String, Vec<String>)>,
    /// in short
    pub text: String,
}

impl Member {
    /// A text. One token that is empty stands for no token.
    pub fn of_text(name: &str, tokens: &[String]) -> Self {
        let tokens = if tokens == [String::new()] { vec![] } else { tokens.to_vec() };
        Self { name: name.into(), json: json!(tokens), text: tokens.join(" "), tokens: Some(tokens), ..Self::default() }
    }

    /// A value that no text is.
    pub fn of_json(name: &str, json: Json) -> Self {
        let text = match &json {
            Json::String(s) => s.clone(),
            Json::Null => String::new(),
            j => j.to_string(),
        };
        Self { name: name.into(), json, text, ..Self::default() }
    }

    /// The value of an example in a column; `between` stands between classes.
    pub fn of_column(name: &str, column: &Column, i: usize, between: &str) -> Self {
        let plain = |json: Json| Self::of_json(name, json);
        match column {
            Column::Tokens(v) => Self::of_text(name, v.get(i).map_or(&[], Vec::as_slice)),
            Column::Lengths(_) => plain(Json::Null),
            Column::Label(v) => plain(json!(v.get(i).cloned().flatten())),
            Column::Labels(v) => {
                let set = v.get(i).cloned().flatten();
                let text = set.as_ref().map(|s| s.join(between)).unwrap_or_default();
                Self { text, ..plain(json!(set)) }
            }
            Column::Real(v) => plain(json!(v.get(i).copied().flatten())),
            Column::Vector(v) => plain(json!(v.get(i).cloned().flatten())),
            Column::Tags(v) => match v.get(i).cloned().flatten() {
                None => plain(Json::Null),
                Some(tags) => Self { text: tags.join(" "), cells: vec![tags.clone()], ..plain(json!(tags)) },
            },
            Column::Layers(v) => match v.get(i).cloned().flatten() {
                None => plain(Json::Null),
                Some(layers) => Self { layers: layers.clone().into_iter().collect(), ..plain(json!(layers)) },
            },
            Column::Heads(v) => match v.get(i).cloned().flatten() {
                None => plain(Json::Null),
                Some((heads, relations)) => Self {
                    cells: vec![heads.iter().map(usize::to_string).collect(), relations.clone()],
                    ..plain(json!({ "head": heads, "deprel": relations }))
                },
            },
            Column::Pairs(v) => plain(json!(v.get(i).cloned().flatten())),
            Column::Json(v) => plain(v.get(i).cloned().flatten().unwrap_or(Json::Null)),
        }
    }
}

impl<'a> Writing<'a> {
    /// Into a new file. `file`: that which the examples stand in, and whether it begins with headings.
    pub fn new(
        writer: &'static Writer,
        style: Style,
        decl: Option<&'a CorpusDecl>,
        own: bool,
        file: Option<(&'a DataFile, bool)>,
        (fields, tasks): (Vec<String>, Vec<Told>),
    ) -> Self {
        let file = file.filter(|_| own).map(|(file, headed)| Own::new(file, headed));
        Self { writer, style, decl, fields, tasks, file, done: 0 }
    }

    /// What stands before the first example.
    pub fn head(&self) -> String {
        (self.writer.head)(self)
    }

    /// An example, and what is said of it.
    pub fn example(&mut self, example: &Example<'_>) -> String {
        let (text, last) = (self.writer.example)(self, example);
        self.done = self.done.max(last);
        text
    }

    /// A task, if it exists.
    fn task(&self, t: usize) -> Option<&Told> {
        self.tasks.get(t)
    }

    /// What the column of a task is called: a field may have the same name.
    fn title(&self, told: &Told) -> String {
        let name = visible_line(&told.name);
        if self.fields.contains(&told.name) { format!("predicted.{name}") } else { name.into_owned() }
    }

    /// The headings of what a task says.
    fn titles(&self, told: &Told) -> Vec<String> {
        let title = self.title(told);
        let own = |column: &&str| if column.is_empty() { title.clone() } else { format!("{title}.{column}") };
        let columns: &[&str] = if told.columns.is_empty() { &[""] } else { told.columns };
        let mut out: Vec<String> = columns.iter().map(own).collect();
        out.extend((told.odds && self.style.probs).then(|| format!("{title}.prob")));
        out.extend((told.odds && self.style.top).then(|| format!("{title}.top")));
        out
    }

    /// What stands under these headings for a token; `_` where nothing is said.
    fn token(&self, told: &Told, said: Option<&Said>, token: usize) -> Vec<String> {
        let none = || "_".to_string();
        let cell = |c: usize| said.and_then(|s| s.cells.get(c)?.get(token)).map_or_else(none, |c| shown(c));
        let odds = said.and_then(|s| s.odds.get(token));
        let mut out: Vec<String> = (0..told.columns.len()).map(cell).collect();
        out.extend((told.odds && self.style.probs).then(|| odds.map_or_else(none, |o| o.said.clone())));
        out.extend((told.odds && self.style.top).then(|| odds.map_or_else(none, |o| shown(&o.top))));
        out
    }

    /// What stands under these headings for an example: what is said of its tokens between spaces.
    fn whole(&self, told: &Told, said: Option<&Said>) -> Vec<String> {
        if !told.columns.is_empty() {
            let n = said.and_then(|s| s.cells.first()).map_or(0, Vec::len);
            let rows: Vec<Vec<String>> = (0..n).map(|t| self.token(told, said, t)).collect();
            let column = |c: usize| rows.iter().map(|r| r[c].as_str()).collect::<Vec<_>>().join(" ");
            return (0..self.titles(told).len()).map(column).collect();
        }
        let odds = said.and_then(|s| s.odds.first()).cloned().unwrap_or_default();
        let mut out = vec![said.map(|s| shown(&s.text)).unwrap_or_default()];
        out.extend((told.odds && self.style.probs).then_some(odds.said));
        out.extend((told.odds && self.style.top).then(|| shown(&odds.top)));
        out
    }

    /// The text beside whose tokens columns stand, and the tasks that have some there.
    fn rows<'e>(&self, e: &'e Example<'_>) -> (Option<&'e Member>, Vec<usize>) {
        let with = |t: &usize| self.task(*t).is_some_and(|told| !told.columns.is_empty());
        let all: Vec<usize> = e.said.iter().map(|(t, _)| *t).filter(with).collect();
        let text = |t: &usize| self.task(*t).and_then(|told| told.text.as_deref());
        let name = all.first().and_then(text);
        let member = name.and_then(|name| e.members.iter().find(|m| m.name == name && m.tokens.is_some()));
        (member, all.into_iter().filter(|t| text(t) == name).collect())
    }

    /// What is said of an example as a whole, as comments: `# task = value`.
    fn comments(&self, e: &Example<'_>, beside: &[usize]) -> String {
        let mut out = String::new();
        for (t, said) in e.said.iter().filter(|(t, _)| !beside.contains(t)) {
            let Some(told) = self.task(*t) else { continue };
            for (title, value) in self.titles(told).iter().zip(self.whole(told, Some(said))) {
                out.push_str(&format!("# {title} = {value}\n"));
            }
        }
        out
    }

    /// The fields of an example that are no columns, as comments.
    fn fields(&self, e: &Example<'_>, rows: Option<&Member>) -> String {
        let beside = |m: &&Member| m.cells.is_empty() && m.layers.is_empty();
        let alone = e.members.iter().filter(beside).filter(|m| rows.is_none_or(|r| r.name != m.name));
        let told = alone.filter(|m| m.tokens.is_some() || !m.json.is_null());
        told.map(|m| format!("# {} = {}\n", visible_line(&m.name), shown(&m.text))).collect()
    }

    /// The answer to an example of a token in each row that cannot be read.
    fn error(&self, e: &Example<'_>) -> Option<String> {
        e.error.map(|what| format!("# error = {}\n\n", shown(what)))
    }
}

/// A value that stays within its cell and line.
fn shown(value: &str) -> String {
    let value: Cow<'_, str> = visible_line(value);
    value.into_owned()
}
