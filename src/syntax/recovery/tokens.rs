//! Tokens: words, numbers, strings, signs; comments are set aside, foreign signs read.

use super::*;

impl Reader<'_> {
    // long: an arm for each kind of token
    pub(super) fn read(&mut self) {
        let text = self.text;
        let bytes = text.as_bytes();
        let mut i = 0;
        while let Some(c) = text[i..].chars().next() {
            let rest = &text[i..];
            let n = c.len_utf8();
            let line_end = || i + rest.find(['\n', '\r']).unwrap_or(rest.len());
            match c {
                ' ' | '\t' => i += 1,
                '<' | '=' | '>' | '|' if self.conflicts(rest) && (i == 0 || matches!(bytes[i - 1], b'\n' | b'\r')) => {
                    i = self.conflict(i, line_end());
                }
                '\n' | '\r' => {
                    let n = if rest.starts_with("\r\n") { 2 } else { 1 };
                    self.push(Kind::Line, i, i + n);
                    i += n;
                }
                // a byte order mark
                '\u{feff}' if i == 0 => {
                    self.replace(i, i + n, " ");
                    i += n;
                }
                c if unseen(c) => {
                    // a run of them is one fault
                    let end = i + rest.find(|c| !unseen(c)).unwrap_or(rest.len());
                    let span = self.span(i, end);
                    let d = Diagnostic::new("E0104", format!("an invisible character stands here, U+{:04X}", c as u32));
                    self.diagnostics.push(d.at(span, "nobody sees it").help("remove it").fix(span, "", true));
                    // within a name it parts nothing
                    let word = |c: char| c.is_alphanumeric() || c == '_';
                    let within = self.text[..i].ends_with(word) && self.text[end..].starts_with(word);
                    self.replace(i, end, if within { "" } else { " " });
                    i = end;
                }
                c if c.is_whitespace() => {
                    self.replace(i, i + n, " ");
                    i += n;
                }
                '#' => {
                    let line_end = line_end();
                    let end = i + text[i..line_end].trim_end().len();
                    self.comments.push(Comment { text: text[i..end].into(), span: self.span(i, end) });
                    self.replace(i, line_end, "");
                    i = line_end;
                }
                // `-- a comment`
                '-' if rest.starts_with("-- ") && self.comment_begins(i) => {
                    i = self.foreign_comment(i, 2, line_end());
                }
                '/' if rest.starts_with("//") && (i == 0 || bytes[i - 1].is_ascii_whitespace()) => {
                    i = self.foreign_comment(i, 2, line_end());
                }
                '/' if rest.starts_with("/*") => {
                    let end = rest.find("*/").map_or_else(line_end, |e| i + e + 2);
                    let d = Diagnostic::new("E0108", "a comment begins with `#` and ends with its line");
                    self.diagnostics.push(
                        d.at(self.span(i, i + 2), "not a comment").help("begin each line of the comment with `#`"),
                    );
                    self.replace(i, end, " ");
                    i = end;
                }
                '＃' => i = self.foreign_comment(i, n, line_end()),
                c if is_wide(c) => {
                    let c = self.wide(c, i);
                    let kind = match c {
                        '(' | '[' | '{' => Kind::Open,
                        ')' | ']' | '}' => Kind::Close,
                        ';' => Kind::Semicolon,
                        c if c.is_ascii_digit() => Kind::Number,
                        c if c.is_ascii_alphabetic() => Kind::Word,
                        _ => Kind::Sign,
                    };
                    self.push(kind, i, i + n);
                    if let Some(t) = self.tokens.last_mut() {
                        t.byte = c as u8;
                    }
                    if matches!(c, '{' | '}') {
                        self.statement = self.tokens.len();
                    }
                    i += n;
                }
                '"' | '\'' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => i = self.read_text(c, i),
                '(' | '[' | '{' => {
                    self.push(Kind::Open, i, i + 1);
                    i += 1;
                }
                ')' | ']' | '}' => {
                    self.push(Kind::Close, i, i + 1);
                    i += 1;
                }
                ';' => {
                    self.push(Kind::Semicolon, i, i + 1);
                    i += 1;
                }
                c if c.is_ascii_alphabetic() || c == '_' => {
                    let end = i + rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                    self.push(Kind::Word, i, end);
                    i = end;
                }
                c if c.is_ascii_digit() => {
                    let points = points(rest);
                    if points > 0 {
                        // `60.0.1`
                        let span = self.span(i, i + points);
                        let d = Diagnostic::new("E0111", format!("`{}` is not a number", &rest[..points]));
                        self.diagnostics.push(d.at(span, "more than one point").help("a number has one point: `0.5`"));
                        self.push(Kind::Number, i, i + points);
                        self.replace(i, i + points, "1");
                        i += points;
                        continue;
                    }
                    let end = i + rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                    self.push(Kind::Number, i, end);
                    i = end;
                }
                _ => i = self.read_sign(rest, i, n),
            }
        }
    }

    /// Whether a line begins that goes on with nothing.
    fn comment_begins(&self, i: usize) -> bool {
        let line = self.text[..i].trim_end_matches([' ', '\t']);
        let before = line.trim_end().chars().next_back();
        (line.is_empty() || line.ends_with(['\n', '\r'])) && !before.is_some_and(|c| "*/+-,=&|>(<[:".contains(c))
    }

    /// A comment of another language, whose sign has `n` letters; returns its end.
    fn foreign_comment(&mut self, i: usize, n: usize, line_end: usize) -> usize {
        let span = self.span(i, i + n);
        let sign = &self.text[i..i + n];
        let d = Diagnostic::new("E0108", "a comment begins with `#`").at(span, "write `#`");
        self.diagnostics.push(d.help(format!("write `#` for `{sign}`")).fix(span, "#", true));
        let end = i + self.text[i..line_end].trim_end().len();
        self.comments.push(Comment { text: format!("#{}", &self.text[i + n..end]), span: self.span(i, end) });
        self.replace(i, line_end, "");
        line_end
    }

    /// Whether a line is one of those that mark a conflict of a merge.
    fn conflicts(&self, line: &str) -> bool {
        let middle = || line.lines().next().is_some_and(|l| l == "=======");
        line.starts_with("<<<<<<< ")
            || line.starts_with(">>>>>>> ")
            || line.starts_with("||||||| ") && self.merging
            || line.starts_with("=======") && (self.merging || middle())
    }

    /// A line of a merge that met a conflict, with the other side where there is one; returns its end.
    fn conflict(&mut self, i: usize, line_end: usize) -> usize {
        let begins = self.text[i..].starts_with('<');
        if begins || !self.merging {
            let d = Diagnostic::new("E0104", "a merge left its markers").at(self.span(i, i + 7), "one of them");
            self.diagnostics
                .push(d.help("keep one of the two sides, and remove the lines of `<<<<<<<`, `=======` and `>>>>>>>`"));
        }
        // the first side is read
        let other = self.text[i..].find("\n>>>>>>> ").filter(|_| !begins && self.merging);
        self.merging = begins;
        let end = match other.map(|at| i + at + 1) {
            Some(last) => last + self.text[last..].find(['\n', '\r']).unwrap_or(self.text.len() - last),
            None => line_end,
        };
        self.replace(i, end, "");
        end
    }

    /// Signs and letters of double width, up to the last of the line: one fault. Returns what the one at `i` stands for.
    fn wide(&mut self, c: char, i: usize) -> char {
        let narrow = |c: char| char::from_u32(c as u32 - 0xfee0).unwrap_or(' ');
        self.replace(i, i + c.len_utf8(), narrow(c));
        if self.widened > i {
            return narrow(c);
        }
        let line = &self.text[i..i + self.text[i..].find(['\n', '\r']).unwrap_or(self.text.len() - i)];
        let last = line.char_indices().rfind(|(_, c)| is_wide(*c)).map_or(0, |(at, c)| at + c.len_utf8());
        let right: String = line[..last].chars().map(|c| if is_wide(c) { narrow(c) } else { c }).collect();
        let span = self.span(i, i + c.len_utf8());
        let d = Diagnostic::new("E0104", format!("`{c}` is a sign of double width"));
        let d = d.at(span, format!("write `{}`", narrow(c))).help(format!("write `{right}`"));
        // the contents of a string are its own
        let quotes = line[..last].contains(['"', '\'']);
        self.diagnostics.push(if quotes { d } else { d.fix(self.span(i, i + last), right, true) });
        self.widened = i + last;
        narrow(c)
    }

    fn read_sign(&mut self, rest: &str, i: usize, n: usize) -> usize {
        let compares = matches!(self.statement(), "expect" | "constrain");
        // behind the name that a declaration gives stands its own sign
        let named = self.tokens.len() == self.statement + 2;
        let arrow = match self.statement() {
            "task" if named => ":",
            "encoder" | "let" | "param" | "data" | "loss" if named => "=",
            _ => "->",
        };
        // `1–9`
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let range = digit(self.text[..i].chars().next_back()) && digit(rest.chars().nth(1));
        let foreign = [
            ("=>", if compares { ">=" } else { arrow }),
            ("-->", arrow),
            ("→", "->"),
            ("⇒", "->"),
            ("⟶", "->"),
            ("≥", ">="),
            ("≤", "<="),
            ("=<", "<="),
            ("×", "*"),
            ("−", "-"),
            ("–", if range { ".." } else { "-" }),
            ("…", ".."),
        ];
        for (wrong, right) in foreign {
            if rest.starts_with(wrong) {
                let end = i + wrong.len();
                let span = self.span(i, end);
                let d = Diagnostic::new("E0104", format!("`{wrong}` is not a sign of the language"));
                self.diagnostics.push(
                    d.at(span, format!("write `{right}`"))
                        .help(format!("write `{right}` for `{wrong}`"))
                        .fix(span, right, true),
                );
                self.replace(i, end, right);
                self.push(Kind::Sign, i, end);
                return end;
            }
        }
        let double = ["->", "~>", "|>", ">=", "<=", "==", ".."].iter().any(|s| rest.starts_with(s));
        let end = i + if double { 2 } else { n };
        self.push(Kind::Sign, i, end);
        end
    }

    /// A string; returns the offset after it.
    fn read_text(&mut self, open: char, i: usize) -> usize {
        let n = open.len_utf8();
        let rest = &self.text[i + n..];
        let closing = |c: char| match open {
            '"' => c == '"',
            '\'' => c == '\'',
            '\u{201c}' | '\u{201d}' => matches!(c, '\u{201c}' | '\u{201d}' | '"'),
            _ => matches!(c, '\u{2018}' | '\u{2019}' | '\''),
        };
        let quote = if open == '"' { "\"".to_string() } else { format!("`{open}`") };
        let mut stop = rest.find(|c: char| closing(c) || matches!(c, '\n' | '\r'));
        // `"books, "dvd"`: where a word adjoins what closes it, it is the next one that opens there
        let opens = |s: usize| {
            let (inner, behind) = (&rest[..s], rest[s..].chars().nth(1));
            inner.contains(", ") && behind.is_some_and(|c| c.is_alphanumeric())
        };
        stop = stop.filter(|&s| !(rest[s..].starts_with(closing) && opens(s)));
        if let Some(len) = stop.filter(|&s| rest[s..].starts_with(closing)) {
            let close = i + n + len;
            let end = close + self.text[close..].chars().next().map_or(1, char::len_utf8);
            if open != '"' {
                let span = self.span(i, end);
                let right = format!("\"{}\"", self.text[i + n..close].replace('"', ""));
                let d = Diagnostic::new("E0107", "a string stands in double quotes");
                self.diagnostics.push(d.at(span, "other quotes").help(format!("write `{right}`")).fix(
                    span,
                    right.clone(),
                    true,
                ));
                self.requote(i, i + n, close, end);
            }
            self.push(Kind::Text, i, end);
            return end;
        }
        // `columns(data/atis")`
        if let Some(start) = self.path_before(i).filter(|_| rest.starts_with([')', ',', ';'])) {
            let right = format!("\"{}\"", &self.text[start..i]);
            let span = self.span(start, i + n);
            let d = Diagnostic::new("E0116", "a string is never opened").at(span, "the first quote is missing");
            self.diagnostics.push(d.help(format!("write `{right}`")).fix(span, right.clone(), true));
            self.tokens.truncate(self.tokens.partition_point(|t| t.end <= start));
            self.push(Kind::Text, start, i + n);
            self.replace(start, i + n, right);
            return i + n;
        }
        // never closed: it ends where something stands that a path or a name does not have
        let line = rest.lines().next().unwrap_or("");
        let mut len = line.len();
        for stop in [")", "]", ",", ";", " {", " #", " }"] {
            len = line.find(stop).map_or(len, |at| at.min(len));
        }
        let len = line[..len].trim_end().len();
        let end = i + n + len;
        let d = Diagnostic::new("E0116", "a string is never closed");
        self.diagnostics.push(
            d.at(self.span(i, end), format!("opened by {quote}")).help("close it with `\"` on the same line").fix(
                self.span(end, end),
                "\"",
                false,
            ),
        );
        self.requote(i, i + n, end, end);
        self.push(Kind::Text, i, end);
        end
    }

    /// Where the path begins that adjoins a place and stands behind a bracket, a comma or `=`.
    fn path_before(&self, i: usize) -> Option<usize> {
        let before = &self.text[..i];
        let path = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '{' | '}');
        let start = i - (before.len() - before.trim_end_matches(path).len());
        let behind = self.text[..start].trim_end_matches(' ').ends_with(['(', ',', '=']);
        (start < i && behind).then_some(start)
    }

    /// Double quotes at both ends of a string, none inside.
    fn requote(&mut self, start: usize, inner: usize, close: usize, end: usize) {
        self.replace(start, inner, "\"");
        let inside: Vec<usize> = self.text[inner..close].match_indices('"').map(|(i, _)| inner + i).collect();
        for at in inside {
            self.replace(at, at + 1, "");
        }
        self.replace(close, end, "\"");
    }
}

/// Forms of ASCII signs and letters in double width.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{ff01}'..='\u{ff5e}')
}

/// Characters without width: marks, joiners, direction signs, separators, control characters.
fn unseen(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
    control
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Length of digits with more than one point between them; zero where there are not.
fn points(text: &str) -> usize {
    let len = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let parts = || text[..len].split('.');
    if parts().count() > 2 && parts().all(|p| !p.is_empty()) { len } else { 0 }
}
