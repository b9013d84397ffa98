//! Text from data, names, paths and arguments as it may be shown: characters that a terminal would obey are written, not
//! sent.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal, or the order of what stands beside it, would obey a character: control characters of ASCII and
/// Latin-1, overrides and isolates of the writing direction; and what no XML may hold.
fn obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

fn written(text: &str, keep: impl Fn(char, Option<&char>) -> bool, write: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(obeyed) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !obeyed(c) || keep(c, chars.peek()) {
            out.push(c);
        } else {
            write(&mut out, c);
        }
    }
    out.into()
}

/// Several lines: ends of lines and tabs stay, `\u{1b}` stands for an escape.
pub fn visible(text: &str) -> Cow<'_, str> {
    let keep = |c, next: Option<&char>| matches!(c, '\n' | '\t') || (c == '\r' && next == Some(&'\n'));
    written(text, keep, |out, c| out.extend(c.escape_default()))
}

/// A name, or a part of a line: ends of lines and tabs are written too.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    written(text, |_, _| false, |out, c| out.extend(c.escape_default()))
}

/// A text in JSON, which stays the same JSON.
pub fn visible_json(text: &str) -> Cow<'_, str> {
    written(
        text,
        |c, _| matches!(c, '\n' | '\t' | '\r'),
        |out, c| {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written() {
        let raw = "a\u{1b}]0;x\u{7}b\u{8}\tc\r\nd\re\u{9b}f\u{202e}g\u{2066}é";
        assert_eq!(visible(raw), "a\\u{1b}]0;x\\u{7}b\\u{8}\tc\r\nd\\re\\u{9b}f\\u{202e}g\\u{2066}é");
        assert_eq!(visible_line("a\tb\nc"), "a\\tb\\nc");
        assert!(matches!(visible("plain, naïve — 日本語"), Cow::Borrowed(_)));
        let json = serde_json::to_string("a\u{1b}\u{9b}\u{202e}\u{7f}\"").unwrap();
        let shown = visible_json(&json);
        assert!(!shown.contains(obeyed), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), "a\u{1b}\u{9b}\u{202e}\u{7f}\"");
    }
}
