//! Words of the language: what the row of a table says of one, and those words that no kind owns.
//!
//! The tables of open sets stand in `kinds`, one room for each.

mod fields;
pub mod numbers;
mod options;

pub use fields::{Axis, FIELD_TYPES, FieldTypeRow};
pub use options::{EDGE_OPTIONS, LOSS_OPTIONS, OptionRow, TASK_OPTIONS};

use numbers::Range;

/// Keywords: no name may be one of them.
pub const KEYWORDS: &[&str] = &[
    "use", "param", "let", "data", "encoder", "task", "share", "loss", "for", "train", "expect", "in", "on", "of",
    "from", "via", "by", "with", "view", "stage", "repeat",
];

/// Whether a word cannot be a name.
pub fn is_reserved(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// a number in one of these ranges
    Number(&'static [Range]),
    /// `true` or `false`; the name alone means `true`
    Flag,
    /// one of these words
    Word(&'static [&'static str]),
    /// a list of numbers, each in one of these ranges: `[3, 1]`
    Numbers(&'static [Range]),
    /// a list of strings: `["size"]`
    Texts,
    /// from one whole number to another: `1..9`
    Between,
    /// one task
    Task,
    /// a dev figure: `slot.span_f1`
    Figure,
    /// an encoder
    Encoder,
    /// the port of a task: `slot.hidden`
    Port,
    /// a figure on dev: `dev(slot.f1)`
    Dev,
    /// read where the call stands, in its own way
    Own,
}

/// An argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// `ratio`
    pub name: &'static str,
    /// what it may be
    pub takes: Takes,
    /// it cannot be left out
    pub needed: bool,
}

/// A word with arguments.
#[derive(Debug)]
pub struct Choice {
    /// `proportional`
    pub name: &'static str,
    /// in order; each may also be named
    pub args: &'static [Arg],
    /// the trainer obeys it
    pub runs: bool,
    /// as written
    pub example: &'static str,
}

/// A row that says how its word is called.
pub trait Row: 'static {
    /// The word and its arguments.
    fn choice(&self) -> &Choice;
}

impl Row for Choice {
    fn choice(&self) -> &Choice {
        self
    }
}

/// The row of a word.
pub fn choice<R: Row>(table: &'static [R], name: &str) -> Option<&'static Choice> {
    table.iter().map(Row::choice).find(|c| c.name == name)
}

/// How a call names tasks, besides the arguments of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// it names none
    None,
    /// in order, without a name of their own: `alternate(a, b)`
    InOrder,
    /// each with a number, and what that is: `mix(a = 2, b = 1)`, "a rate"
    Numbers(&'static str),
}

/// What a call gave, held to its row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// nothing stood between its parentheses
    pub none_given: bool,
    /// numbers by argument
    pub numbers: Vec<(&'static str, f64)>,
    /// lists of numbers by argument
    pub lists: Vec<(&'static str, Vec<f64>)>,
    /// words by argument
    pub words: Vec<(&'static str, String)>,
    /// tasks by argument
    pub named: Vec<(&'static str, usize)>,
    /// lists of strings by argument
    pub texts: Vec<(&'static str, Vec<String>)>,
    /// tasks that it names, with their numbers (1 where it gives none)
    pub tasks: Vec<(usize, f64)>,
}

impl Values {
    /// The number that an argument was given.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(n, _)| *n == name).map(|(_, x)| *x)
    }

    /// The strings that an argument was given; none where it was left out.
    pub fn texts(&self, name: &str) -> &[String] {
        self.texts.iter().find(|(n, _)| *n == name).map_or(&[], |(_, all)| all)
    }

    /// The task that an argument was given.
    pub fn task(&self, name: &str) -> Option<usize> {
        self.named.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
    }

    /// The numbers that an argument was given; none where it was left out.
    pub fn list(&self, name: &str) -> &[f64] {
        self.lists.iter().find(|(n, _)| *n == name).map_or(&[], |(_, all)| all)
    }
}

/// A row.
pub const fn c(name: &'static str, args: &'static [Arg], runs: bool, example: &'static str) -> Choice {
    Choice { name, args, runs, example }
}

/// An argument that may be left out.
pub const fn may(name: &'static str, takes: Takes) -> Arg {
    Arg { name, takes, needed: false }
}

/// An argument that must be given.
pub const fn must(name: &'static str, takes: Takes) -> Arg {
    Arg { name, takes, needed: true }
}
