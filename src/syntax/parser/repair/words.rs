//! The tokens of a line, and what may be missing in it.

use super::super::*;
use super::{Fault, HOLE};
use crate::kinds::layers;
use crate::kinds::lexicon;
use crate::kinds::statements;
use crate::kinds::terms;
use crate::kinds::views;
use crate::syntax::recovery::takes_path;
use std::ops::Range;

/// Signs and words that were expected, in the order in which they are tried.
pub(super) fn fixed(fault: &Fault, before: &str, next: &str, statement: &str) -> Vec<&'static str> {
    let (expected, field) = (fault.expected(), fault.kind == Rule::error_field);
    let all: Vec<&str> = words_of(statement);
    let has = |w: &str| all.contains(&w);
    let value = next.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '"' | '[' | '.'));
    let flag = matches!(next, "true" | "false" | "yes" | "no");
    let named = value || flag || before.len() > 1 && lexicon::is_argument(before);
    let unless = |no: bool, rules: &'static [Rule]| if no { &[] } else { rules };
    // `view past enc@1.bwd` and `view cut cutoff(token)`
    let changed = all.iter().any(|w| crate::words::choice(views::VIEWS, w).is_some());
    let order: [(&'static str, &[Rule]); 15] = [
        (if has("index") { "in" } else { "on" }, unless(!field || value, &[Rule::axis, Rule::k_on])),
        (",", unless(named, &[Rule::comma])),
        ("=", &[Rule::equals]),
        (",", unless(!named, &[Rule::comma])),
        (":", &[Rule::colon]),
        (if has("rounds") { "~>" } else { "->" }, &[Rule::arrow]),
        ("in", &[Rule::k_in]),
        ("by", &[Rule::k_by]),
        ("with", unless(!changed, &[Rule::k_with])),
        ("of", unless(has("of"), &[Rule::of, Rule::k_of])),
        (
            "from",
            unless(
                has("from") || fault.rule == Some(Rule::only_view) && (has("with") || changed),
                &[Rule::from, Rule::k_from],
            ),
        ),
        ("via", unless(has("via"), &[Rule::via, Rule::k_via])),
        ("for", &[Rule::k_for]),
        (">", &[Rule::greater]),
        ("<", &[Rule::less]),
    ];
    order.into_iter().filter(|(_, rules)| rules.iter().any(|r| expected.contains(r))).map(|o| o.0).collect()
}

/// What stands for a name or a value that was expected.
pub(super) fn hole(expected: &[Rule], rule: Option<Rule>) -> Option<&'static str> {
    let any = |rules: &[Rule]| expected.iter().any(|r| rules.contains(r));
    if any(&[
        Rule::name,
        Rule::expr,
        Rule::term,
        Rule::value,
        Rule::path,
        Rule::head,
        Rule::ftype,
        Rule::arg,
        Rule::field,
        Rule::worded,
        Rule::source,
        Rule::edge,
        Rule::attr,
        Rule::attr_call,
    ]) {
        return Some(HOLE);
    }
    if any(&[Rule::string]) {
        return Some("\"\"");
    }
    (any(&[Rule::number, Rule::num, Rule::int]) || rule == Some(Rule::only_repeat)).then_some("1")
}

/// The word of the language that one of another stands for, by what follows it.
pub(super) fn meant_word(words: &[&str]) -> Option<&'static str> {
    let sign = words.get(2).copied().unwrap_or("");
    Some(match words.first().copied().unwrap_or("") {
        "dataset" | "corpus" | "source" if sign == "=" => "data",
        "model" | "layer" | "module" | "network" | "class" if sign == "=" => "encoder",
        "def" | "var" | "const" | "val" | "set" if sign == "=" => "let",
        "def" | "class" | "model" | "head" | "decoder" | "classifier" if sign == ":" => "task",
        "import" | "include" | "from" if words.get(1).is_some_and(|w| w.starts_with('"')) => "use",
        "foreach" => "for",
        "assert" | "require" | "claim" => "expect",
        "training" | "trainer" | "fit" if words.get(1) == Some(&"{") => "train",
        "objective" | "criterion" if sign == "=" => "loss",
        _ => return None,
    })
}

/// Words that may have been lost before a statement which begins with none.
pub(super) fn begin(words: &[&str], statement: &str, known: &[&'static str]) -> Vec<&'static str> {
    let sign = words.get(1).copied().unwrap_or("");
    let first = words.first().copied().unwrap_or("");
    let third = words.get(2).copied().unwrap_or("");
    let meant: &[&'static str] = match (first, sign) {
        ("{", s) if s != "train" => &["train"],
        (f, _) if f.starts_with('"') => &["use"],
        ("multi_step" | "joint", _) => &["expect"],
        (_, ":") => &["task"],
        (_, "=") if takes_path(third) && layers::function(third).is_none() => &["data"],
        (_, "=") if terms::find(third).is_some() => &["loss"],
        (_, "=") => &["let"],
        (_, "in") => &["for"],
        (_, "{" | "for") => &["stage", "repeat"],
        (_, "with" | "from") => &["view"],
        _ if statement.contains(">=") || statement.contains("==") || statement.contains("<=") => &["expect"],
        _ if words_of(statement).contains(&"by") => &["share"],
        _ => &[],
    };
    meant.iter().copied().filter(|m| known.contains(m)).collect()
}

pub(super) fn is_word(w: &str) -> bool {
    w.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

pub(super) fn words_of(text: &str) -> Vec<&str> {
    tokens(text).into_iter().map(|t| &text[t]).collect()
}

/// The first three words of a slice, signs included.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut all = words_of(text);
    all.truncate(3);
    all
}

/// The tokens of a line. A number is one token with its unit.
pub(super) fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut out = vec![];
    let mut at = 0;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let len = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' => rest[1..].find('"').map_or(1, |i| i + 2),
            c if c.is_ascii_digit() => {
                let run = |from: usize| from + rest[from..].find(|c| !word(c)).unwrap_or(rest.len() - from);
                let digit = |at: usize| rest[at..].starts_with(|c: char| c.is_ascii_digit());
                let mut end = run(0);
                if rest[end..].starts_with('.') && digit(end + 1) {
                    end = run(end + 1);
                }
                if rest[..end].ends_with(['e', 'E']) && rest[end..].starts_with(['-', '+']) && digit(end + 1) {
                    end = run(end + 1);
                }
                end + usize::from(rest[end..].starts_with('%'))
            }
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            _ if ["->", "~>", "|>", ">=", "<=", "==", "..", "&&", "||", ":=", "<-"]
                .iter()
                .any(|s| rest.starts_with(s)) =>
            {
                2
            }
            c => c.len_utf8(),
        };
        out.push(at..at + len);
        at += len;
    }
    out
}

/// Whether what follows a comma in a block begins no setting.
pub(in crate::syntax::parser) fn stray_comma(after: &str) -> bool {
    let word = words_of(after.lines().next().unwrap_or("")).first().copied().unwrap_or("");
    word == "," || is_word(word) && !option(word) && !matches!(word, "stage" | "repeat")
}

/// Whether a word begins a setting or an option.
pub(super) fn option(word: &str) -> bool {
    owns_option(word) || statements::is_setting(word)
}

/// Whether a word begins an option of a task, an arrow or a loss.
pub(super) fn owns_option(word: &str) -> bool {
    let mut options =
        crate::words::TASK_OPTIONS.iter().chain(crate::words::EDGE_OPTIONS).chain(crate::words::LOSS_OPTIONS);
    word == "view" || options.any(|o| o.name == word)
}
