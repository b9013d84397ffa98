//! Documents that know where they may be broken, and their layout at a given width, after Wadler's "prettier printer".
//!
//! Comments are special: one at a line's end waits until the line is over, one on a line of its own breaks the line
//! where it stands, so that neither can swallow what follows it.

/// Something to lay out.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    Text(String),
    /// nothing or a space when flat, else a line break
    Line(&'static str),
    /// always a line break
    Hard,
    /// only when the group around it is broken
    IfBroken(&'static str),
    /// flat if it fits
    Group(Box<Doc>, bool),
    Indent(Box<Doc>),
    All(Vec<Doc>),
    /// contents and lines in turn: as many on a line as fit
    Fill(Vec<Doc>),
    /// a comment at the end of the line that is being written
    Suffix(String),
    /// a comment on a line of its own
    Own(String),
    /// as it stands, with its line breaks
    Raw(String),
}

/// Columns of one level of indentation.
pub(super) const STEP: usize = 2;

pub(super) fn text(s: impl Into<String>) -> Doc {
    Doc::Text(s.into())
}

pub(super) fn nothing() -> Doc {
    Doc::All(vec![])
}

pub(super) fn group(d: Doc) -> Doc {
    let broken = d.breaks_inside();
    Doc::Group(Box::new(d), broken)
}

pub(super) fn indent(d: Doc) -> Doc {
    Doc::Indent(Box::new(d))
}

impl Doc {
    /// Whether it cannot stand on one line.
    fn breaks(&self) -> bool {
        match self {
            Doc::Hard | Doc::Suffix(_) | Doc::Own(_) | Doc::Raw(_) => true,
            Doc::Group(d, _) | Doc::Indent(d) => d.breaks(),
            Doc::All(all) | Doc::Fill(all) => all.iter().any(Doc::breaks),
            Doc::Text(_) | Doc::Line(_) | Doc::IfBroken(_) => false,
        }
    }

    /// Whether it cannot stand on one line even if that line ends with it: a comment at its end is no obstacle.
    fn breaks_inside(&self) -> bool {
        match self {
            Doc::Suffix(_) => false,
            Doc::Group(d, _) | Doc::Indent(d) => d.breaks_inside(),
            Doc::All(all) | Doc::Fill(all) => {
                let last = all.iter().rposition(|d| !matches!(d, Doc::All(none) if none.is_empty()));
                all.iter().enumerate().any(|(i, d)| if Some(i) == last { d.breaks_inside() } else { d.breaks() })
            }
            _ => self.breaks(),
        }
    }

    /// The whole on one line, if it can.
    pub fn flat(&self) -> Option<String> {
        fn walk(d: &Doc, out: &mut String) -> bool {
            match d {
                Doc::Text(s) => out.push_str(s),
                Doc::Line(s) => out.push_str(s),
                Doc::IfBroken(_) => {}
                Doc::Group(d, _) | Doc::Indent(d) => return walk(d, out),
                Doc::All(all) | Doc::Fill(all) => return all.iter().all(|d| walk(d, out)),
                Doc::Hard | Doc::Suffix(_) | Doc::Own(_) | Doc::Raw(_) => return false,
            }
            true
        }
        let mut out = String::new();
        walk(self, &mut out).then_some(out)
    }
}

/// Lays a document out.
pub(super) fn render(doc: &Doc, width: usize) -> String {
    let mut r =
        Render { width, out: String::new(), column: 0, indent: 0, pending: None, fresh: true, must_break: false };
    let mut todo = vec![Todo { indent: 0, flat: false, doc }];
    while let Some(t) = todo.pop() {
        r.step(t, &mut todo);
    }
    r.flush();
    r.out
}

#[derive(Clone, Copy)]
struct Todo<'a> {
    indent: usize,
    flat: bool,
    doc: &'a Doc,
}

struct Render {
    width: usize,
    out: String,
    column: usize,
    /// of the line that has not been begun yet
    indent: usize,
    /// a comment that waits for the end of the line
    pending: Option<String>,
    /// nothing stands on this line yet
    fresh: bool,
    /// a comment was written: nothing may follow it on its line
    must_break: bool,
}

impl Render {
    fn flush(&mut self) {
        if let Some(c) = self.pending.take() {
            self.begin();
            self.out.push_str(&c);
        }
    }

    fn newline(&mut self, indent: usize) {
        self.flush();
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        (self.column, self.indent, self.fresh, self.must_break) = (indent, indent, true, false);
    }

    fn begin(&mut self) {
        if self.fresh {
            self.out.extend(std::iter::repeat_n(' ', self.indent));
            self.fresh = false;
        }
    }

    fn write(&mut self, s: &str, indent: usize) {
        if self.must_break {
            self.newline(indent);
        }
        let s = if self.fresh { s.trim_start_matches(' ') } else { s };
        if !s.is_empty() {
            self.begin();
            self.out.push_str(s);
            self.column += s.chars().count();
        }
    }

    fn own(&mut self, c: &str, indent: usize) {
        if !self.fresh || self.pending.is_some() || self.must_break {
            self.newline(indent);
        }
        self.write(c, indent);
        self.must_break = true;
    }

    fn step<'a>(&mut self, t: Todo<'a>, todo: &mut Vec<Todo<'a>>) {
        let Todo { indent, flat, doc } = t;
        match doc {
            Doc::Text(s) => self.write(s, indent),
            Doc::Line(s) if flat => {
                if !self.fresh && !self.must_break {
                    self.write(s, indent);
                }
            }
            Doc::Line(_) | Doc::Hard => self.newline(indent),
            Doc::IfBroken(s) => {
                if !flat {
                    self.write(s, indent);
                }
            }
            Doc::Group(d, broken) => {
                let inner = Todo { indent, flat: true, doc: d };
                let flat = flat || (!broken && self.fits(inner, todo));
                todo.push(Todo { flat, ..inner });
            }
            Doc::Indent(d) => todo.push(Todo { indent: indent + STEP, flat, doc: d }),
            Doc::All(all) => todo.extend(all.iter().rev().map(|doc| Todo { indent, flat, doc })),
            Doc::Fill(all) => self.fill(all, indent, flat, todo),
            Doc::Suffix(c) if self.pending.is_none() && !self.must_break => self.pending = Some(c.clone()),
            Doc::Suffix(c) | Doc::Own(c) => self.own(c.trim_start(), indent),
            Doc::Raw(s) => {
                self.write("", indent);
                self.begin();
                self.out.push_str(s);
                self.column = s.rsplit('\n').next().unwrap_or("").chars().count();
            }
        }
    }

    fn fill<'a>(&mut self, all: &'a [Doc], indent: usize, flat: bool, todo: &mut Vec<Todo<'a>>) {
        for (i, doc) in all.iter().enumerate() {
            let mut here = flat;
            if !flat && matches!(doc, Doc::Line(_)) {
                // on this line, if what follows up to the next place for a break fits there
                let next = all.get(i + 1..(i + 3).min(all.len())).unwrap_or_default();
                let width: usize = next.iter().filter_map(Doc::flat).map(|s| s.trim_end().chars().count()).sum();
                here = self.pending.is_none() && !self.must_break && self.column + 1 + width <= self.width;
            }
            // laid out at once: the next decision needs the column
            let before = todo.len();
            todo.push(Todo { indent, flat: here, doc });
            while todo.len() > before {
                if let Some(t) = todo.pop() {
                    self.step(t, todo);
                }
            }
        }
    }

    /// Whether this, flat, and what follows up to the next line break fit on the line.
    fn fits(&self, first: Todo, rest: &[Todo]) -> bool {
        let mut left = self.width.saturating_sub(self.column) as isize;
        let mut rest = rest.iter().rev();
        let mut todo = vec![first];
        loop {
            let Some(Todo { flat, doc, indent }) = todo.pop().or_else(|| rest.next().copied()) else { return true };
            match doc {
                Doc::Text(s) => left -= s.chars().count() as isize,
                Doc::Line(s) if flat => left -= s.len() as isize,
                Doc::Line(_) | Doc::Hard | Doc::Own(_) | Doc::Raw(_) => return true,
                Doc::IfBroken(s) => left -= if flat { 0 } else { s.len() as isize },
                Doc::Group(d, broken) => todo.push(Todo { flat: flat && !broken, doc: d, indent }),
                Doc::Indent(d) => todo.push(Todo { flat, doc: d, indent }),
                Doc::All(all) | Doc::Fill(all) => todo.extend(all.iter().rev().map(|doc| Todo { flat, doc, indent })),
                Doc::Suffix(_) => {}
            }
            if left < 0 {
                return false;
            }
        }
    }
}
