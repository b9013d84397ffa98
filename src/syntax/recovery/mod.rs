//! The pass before the grammar: sets comments aside, reads foreign signs and what a few tokens show to be a habit of
//! another language ([`habits`], [`wrong`]), balances brackets and joins continued lines, so that one fault stays one
//! finding and the grammar needs no rule for any of them.
//!
//! The text is changed by edits that remember where each byte came from; [`Prepared::span`] leads back.

mod brackets;
mod habits;
mod lines;
mod missing;
mod paths;
mod tokens;
mod wrong;

use super::parser::ITEMS;
use crate::ast::Comment;
use crate::diagnostics::{Diagnostic, suggest};
use crate::kinds::heads;
use crate::kinds::layers;
use crate::kinds::lexicon;
use crate::kinds::optimisers;
use crate::kinds::readers;
use crate::source::{FileId, Span};
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

/// Text for the grammar, and the way back to the source.
pub(super) struct Prepared {
    /// balanced, without comments
    pub text: String,
    /// comments of the source
    pub comments: Vec<Comment>,
    /// what was mended
    pub diagnostics: Vec<Diagnostic>,
    /// places of brackets, strings and nests that were mended, ascending
    mended: Vec<Span>,
    /// places that were read as what was probably meant
    pub guessed: Vec<Span>,
    /// words of what could not be read
    pub lost: BTreeSet<String>,
    file: FileId,
    /// where `text` may be cut between declarations, ascending; its end is the last of them
    pub pieces: Vec<usize>,
    /// (offset in `text`, offset in the source), ascending
    map: Vec<(usize, usize)>,
    /// the entry of `map` that was looked up last: places are asked for in order
    last: Cell<usize>,
    source_len: usize,
}

impl Prepared {
    /// Whether a bracket, a string or a nest was mended within a place of the source.
    pub fn mended(&self, whole: Span) -> bool {
        let first = self.mended.partition_point(|s| s.start < whole.start);
        self.mended[first..].iter().take_while(|s| s.start <= whole.end).any(|s| s.end <= whole.end)
    }

    /// The text with parts replaced, which are given in order and do not overlap.
    pub fn edited(mut self, edits: &[(usize, usize, String)]) -> Self {
        let (old, pieces) = (std::mem::take(&mut self.text), std::mem::take(&mut self.pieces));
        let (mut text, mut map) = (String::with_capacity(old.len() + 64), vec![]);
        let mut entries = self.map.iter().copied().peekable();
        let mut cuts = pieces.into_iter().peekable();
        let mut at = 0;
        for (start, end, by) in edits {
            // a cut stands between statements, never within an edit
            while let Some(cut) = cuts.next_if(|c| c <= start) {
                self.pieces.push(text.len() + cut - at);
            }
            while let Some((o, s)) = entries.next_if(|e| e.0 <= *start) {
                map.push((text.len() + o.saturating_sub(at), s));
            }
            while entries.next_if(|e| e.0 <= *end).is_some() {}
            text.push_str(&old[at..*start]);
            map.push((text.len(), self.back(*start)));
            text.push_str(by);
            map.push((text.len(), self.back(*end)));
            at = *end;
        }
        self.pieces.extend(cuts.map(|cut| text.len() + cut - at));
        map.extend(entries.map(|(o, s)| (text.len() + o - at, s)));
        text.push_str(&old[at..]);
        (self.text, self.map, self.last) = (text, map, Cell::new(0));
        self
    }

    /// The last entry of `map` that does not stand behind `at`.
    fn entry(&self, at: usize) -> usize {
        let holds = |i: usize| self.map.get(i + 1).is_none_or(|&(o, _)| o > at);
        let mut i = self.last.get();
        if self.map[i].0 > at || !holds(i) {
            i = self.map.partition_point(|&(o, _)| o <= at).saturating_sub(1);
            self.last.set(i);
        }
        i
    }

    fn back(&self, at: usize) -> usize {
        let i = self.entry(at);
        let (o, s) = self.map[i];
        let limit = self.map.get(i + 1).map_or(self.source_len, |&(_, s)| s);
        (s + at.saturating_sub(o)).min(limit)
    }

    /// The place in the source of a range of `text`.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let from = self.back(start);
        // the end belongs to what stands before it, lest it jump over a comment or a joined line
        let at = end.checked_sub(1).map_or(0, |e| self.entry(e) + 1);
        let to = match self.map.get(at) {
            Some(&(o, s)) if o == end => s,
            _ => self.back(end),
        };
        Span::new(self.file, from, to.max(from))
    }
}

/// Deeper nesting than this is refused: parsing is recursive.
const DEEPEST: usize = 32;

/// About how many bytes are read at a time: what pest notes of them stays in the processor's cache.
const PIECE: usize = 4096;

/// Whether the first argument of a call is a path.
pub(super) fn takes_path(word: &str) -> bool {
    readers::find(word).is_some() || layers::function(word).is_some_and(|f| f.marks.open_depth)
}

/// Words behind which a name is declared.
const DECLARE: [&str; 9] = ["data", "encoder", "let", "task", "param", "loss", "for", "stage", "view"];

/// Words that begin a clause of a declaration, never an expression.
pub(super) const CLAUSES: [&str; 5] = ["of", "from", "on", "via", "by"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Text,
    Open,
    Close,
    Line,
    Semicolon,
    Sign,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    /// its first sign, as it is read
    byte: u8,
    start: usize,
    end: usize,
}

struct Edit {
    start: usize,
    end: usize,
    text: String,
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    tokens: Vec<Token>,
    /// braces that are opened more often than closed
    surplus: isize,
    /// whether a conflict of a merge is open
    merging: bool,
    /// up to where signs of double width are said
    widened: usize,
    /// the token that begins the statement being read
    statement: usize,
    edits: Vec<Edit>,
    /// where the text may be cut between declarations
    cuts: Vec<usize>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
    guessed: Vec<Span>,
    /// how often each word stands in the text, and those that it declares, once somebody asks
    known: OnceCell<(HashMap<&'a str, usize>, HashSet<&'a str>)>,
}

/// Options of tasks, arrows and losses.
const OPTIONS: [&str; 11] =
    ["metric", "weight", "loss", "when", "also", "dropout", "train", "test", "grad", "rounds", "view"];

/// Whether the language knows a call of this name.
pub(super) fn callable(word: &str) -> bool {
    const MORE: [&str; 4] = ["split", "sample", "gumbel", "tasks"];
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let choices = lexicon::choices().map(|c| c.name);
        let functions = layers::functions().map(|f| f.name);
        let heads = heads::rows().map(|h| h.name);
        let optimizers = optimisers::OPTIMIZERS.iter().map(|o| o.name);
        let readers = readers::READERS.iter().map(|r| r.name);
        choices.chain(functions).chain(heads).chain(optimizers).chain(readers).chain(MORE).collect()
    });
    ALL.contains(word)
}

/// Prepares a text for the grammar.
pub(super) fn prepare(file: FileId, text: &str) -> Prepared {
    let mut r = Reader {
        file,
        text,
        tokens: Vec::with_capacity(text.len() / 4),
        surplus: 0,
        merging: false,
        widened: 0,
        statement: 0,
        edits: vec![],
        cuts: vec![],
        comments: vec![],
        diagnostics: vec![],
        guessed: vec![],
        known: OnceCell::new(),
    };
    r.read();
    r.habits();
    r.quote_paths();
    r.limit_types();
    r.wrong();
    r.doubled();
    let closers = r.balance();
    r.join(&closers);
    for (at, c) in closers {
        r.edits.push(Edit { start: at, end: at, text: c.to_string() });
    }
    r.finish()
}

impl<'a> Reader<'a> {
    /// How often each word stands in the text, and those that it declares.
    fn known(&self) -> &(HashMap<&'a str, usize>, HashSet<&'a str>) {
        self.known.get_or_init(|| {
            let word = |t: &Token| &self.text[t.start..t.end];
            let mut all = HashMap::new();
            self.tokens.iter().for_each(|t| *all.entry(word(t)).or_default() += 1);
            let pairs = self.tokens.windows(2).filter(|w| DECLARE.contains(&word(&w[0])));
            (all, pairs.map(|w| word(&w[1])).collect())
        })
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn str(&self, t: Token) -> &str {
        &self.text[t.start..t.end]
    }

    fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.edits.push(Edit { start, end, text: text.into() });
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        // blank lines and lines of comments belong to the line break before them
        if let Some(last) = self.tokens.last_mut().filter(|t| kind == Kind::Line && t.kind == Kind::Line) {
            last.end = end;
            return;
        }
        self.tokens.push(Token { kind, byte: self.text.as_bytes()[start], start, end });
        if matches!(kind, Kind::Line | Kind::Semicolon) || matches!(self.text.as_bytes()[start], b'{' | b'}') {
            self.statement = self.tokens.len();
        }
    }

    /// The first word of the statement that is being read.
    fn statement(&self) -> &str {
        self.tokens.get(self.statement).map_or("", |&t| self.str(t))
    }

    fn finish(mut self) -> Prepared {
        self.edits.sort_by_key(|e| (e.start, e.end));
        let bracket = |d: &&Diagnostic| matches!(d.code, "E0109" | "E0116" | "E0114");
        let places = self.diagnostics.iter().filter(bracket).filter_map(|d| d.primary.as_ref());
        let mut mended: Vec<Span> = places.map(|l| l.span).collect();
        mended.sort_unstable();
        let mut out = Prepared {
            text: String::with_capacity(self.text.len() + 8),
            comments: self.comments,
            diagnostics: self.diagnostics,
            mended,
            guessed: self.guessed,
            lost: BTreeSet::new(),
            file: self.file,
            pieces: vec![],
            map: vec![(0, 0)],
            last: Cell::new(0),
            source_len: self.text.len(),
        };
        let mut at = 0;
        let mut cuts = self.cuts.into_iter().peekable();
        for e in self.edits {
            if e.start < at {
                continue;
            }
            while let Some(cut) = cuts.next_if(|c| *c <= e.start) {
                out.pieces.push(out.text.len() + cut - at);
            }
            out.text.push_str(&self.text[at..e.start]);
            out.map.push((out.text.len(), e.start));
            out.text.push_str(&e.text);
            out.map.push((out.text.len(), e.end));
            at = e.end;
        }
        out.pieces.extend(cuts.map(|cut| out.text.len() + cut - at));
        out.text.push_str(&self.text[at..]);
        out.pieces.push(out.text.len());
        out
    }
}
