//! Tag schemes: IOB1, BIO, BIOES (BILOU) and IOE are recognised on the training examples and written as BIO, in whatever
//! spelling the files have them (`B-PER`, `B_PER`, `PER-B`, `b-per`).

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How tags mark spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// no spans: parts of speech and the like, left alone
    Plain,
    /// `B-` only between touching spans of one type
    Iob1,
    /// `B-` at every start (IOB2)
    Bio,
    /// `E-`/`L-` at ends and `S-`/`U-` on single tokens too
    Bioes,
    /// `E-` at ends, no `B-`
    Ioe,
}

/// The tag outside every span.
const OUTSIDE: &str = "O";

/// Prefix and type of a tag that can belong to a span scheme: `B-PER`, `I`, `O`.
fn parts(tag: &str) -> Option<(u8, &str)> {
    let prefix = *tag.as_bytes().first()?;
    if !matches!(prefix, b'B' | b'I' | b'O' | b'E' | b'S' | b'L' | b'U') {
        return None;
    }
    match tag.get(1..)? {
        "" => Some((prefix, "")),
        rest if prefix != b'O' => rest.strip_prefix('-').filter(|t| !t.is_empty()).map(|t| (prefix, t)),
        _ => None,
    }
}

/// A tag in another spelling, as the schemes write it: `B_PER`, `PER-B` and `b-PER` are `B-PER`; `o` and `0` are `O`.
fn respelt(tag: &str) -> Option<String> {
    if matches!(tag, "o" | "0") {
        return Some(OUTSIDE.into());
    }
    let prefix = |c: char| c.to_ascii_uppercase().to_string();
    let marks = |c: &char| matches!(c.to_ascii_uppercase(), 'B' | 'I' | 'E' | 'S' | 'L' | 'U');
    let parted = |c: &char| matches!(c, '-' | '_' | ':');
    let chars: Vec<char> = tag.chars().collect();
    match chars.as_slice() {
        [first, sep, kind @ ..] if marks(first) && parted(sep) && !kind.is_empty() => {
            Some(format!("{}-{}", prefix(*first), kind.iter().collect::<String>()))
        }
        [kind @ .., sep, last] if marks(last) && parted(sep) && !kind.is_empty() => {
            Some(format!("{}-{}", prefix(*last), kind.iter().collect::<String>()))
        }
        _ => None,
    }
}

/// What stands before the tag at hand.
#[derive(Clone, Copy)]
enum Before<'a> {
    /// the start of the text, or a tag that is known
    Known(Option<(u8, &'a str)>),
    /// a tag of which nothing is known: a span may go on from it
    Unknown,
}

fn starts(before: Before<'_>, (p, ty): (u8, &str)) -> bool {
    let after = match before {
        Before::Unknown => false,
        Before::Known(None | Some((b'O', _))) => true,
        Before::Known(Some((q, t))) => t != ty || matches!(q, b'E' | b'S' | b'L' | b'U'),
    };
    p != b'O' && (matches!(p, b'B' | b'S' | b'U') || after)
}

/// How the tags of one field are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// how they mark spans
    pub scheme: Scheme,
    /// all of them are spelt otherwise
    other: bool,
    /// the types of spans
    types: BTreeSet<String>,
}

/// Tags of a span scheme that are none as they stand, with their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Odd {
    /// read as another tag
    pub read: BTreeMap<(String, String), usize>,
    /// kept: a class of its own on each token
    pub kept: BTreeMap<String, usize>,
}

impl Odd {
    /// Whether a tag, as it stood, is among them.
    pub fn holds(&self, tag: &str) -> bool {
        self.kept.contains_key(tag) || self.read.keys().any(|(t, _)| t == tag)
    }
}

impl Reading {
    /// Of all the tags of one field (empty tags are unknown and say nothing).
    pub fn of<'a, I: Iterator<Item = &'a [String]> + Clone>(examples: I) -> Self {
        let mut distinct: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in examples.clone().flatten().filter(|t| !t.is_empty()) {
            *distinct.entry(tag).or_default() += 1;
        }
        let plain = Reading { scheme: Scheme::Plain, other: false, types: BTreeSet::new() };
        let typed = |tag: &str| parts(tag).filter(|(_, ty)| !ty.is_empty()).map(|(p, ty)| (p, ty.to_owned()));
        let sound = distinct.keys().all(|t| parts(t).is_some());
        if sound {
            let scheme = detect(examples.map(|tags| tags.iter().map(|t| parts_or_gap(t))));
            let types = distinct.keys().filter_map(|t| Some(typed(t)?.1)).collect();
            return Reading { scheme, other: false, types };
        }
        // every tag in the same other spelling, `O` among them
        let other: Option<BTreeMap<&str, String>> =
            distinct.keys().map(|t| Some((*t, if *t == OUTSIDE { OUTSIDE.into() } else { respelt(t)? }))).collect();
        let standard = distinct.keys().any(|t| typed(t).is_some());
        if let Some(other) = other.filter(|_| !standard) {
            let has = |mark: &str| other.values().any(|t| t.starts_with(mark));
            if other.values().any(|t| t == OUTSIDE) && (has("B-") || has("I-")) {
                let spelt = |t: &String| other.get(t.as_str()).map_or(Tag::Gap, |t| parts_or_gap(t));
                let scheme = detect(examples.map(|tags| tags.iter().map(spelt)));
                let types = other.values().filter_map(|t| Some(typed(t)?.1)).collect();
                return Reading { scheme, other: true, types };
            }
        }
        // most are tags of a scheme, some are not
        let types: BTreeSet<String> = distinct.keys().filter_map(|t| Some(typed(t)?.1)).collect();
        let meant =
            |t: &str| respelt(t).is_some_and(|t| t == OUTSIDE || typed(&t).is_some_and(|(_, ty)| types.contains(&ty)));
        let spans: usize = distinct.iter().filter(|(t, _)| parts(t).is_some() || meant(t)).map(|(_, n)| n).sum();
        let outside = [OUTSIDE, "o", "0"].iter().any(|t| distinct.contains_key(t));
        let has = |mark: u8| distinct.keys().any(|t| typed(t).is_some_and(|(p, _)| p == mark));
        let marked = has(b'I') && (has(b'B') || outside) || has(b'B') && (outside || has(b'E') || has(b'L'));
        if !marked || spans * 2 <= distinct.values().sum() {
            return plain;
        }
        let odd = distinct.keys().filter(|t| parts(t).is_none() && meant(t));
        let read: BTreeMap<&str, String> = odd.filter_map(|t| Some((*t, respelt(t)?))).collect();
        let scheme = detect(
            examples.map(|tags| tags.iter().map(|t| read.get(t.as_str()).unwrap_or(t)).map(|t| parts_or_gap(t))),
        );
        Reading { scheme, other: false, types }
    }

    /// Writes every tag of a text as the scheme has it, where it is one in another spelling; counts those that are not as
    /// the others.
    pub fn respell(&self, tags: &mut [String], odd: &mut Odd) {
        if self.scheme == Scheme::Plain {
            return;
        }
        for tag in tags.iter_mut().filter(|t| !t.is_empty()) {
            if parts(tag).is_some() && !(self.other && tag != OUTSIDE) {
                continue;
            }
            let known =
                |t: &String| self.other || t == OUTSIDE || parts(t).is_some_and(|(_, ty)| self.types.contains(ty));
            match respelt(tag).filter(known) {
                Some(right) if self.other => *tag = right,
                Some(right) => {
                    *odd.read.entry((tag.clone(), right.clone())).or_default() += 1;
                    *tag = right;
                }
                None if parts(tag).is_some() => {}
                None => *odd.kept.entry(tag.clone()).or_default() += 1,
            }
        }
    }
}

/// A tag as [`detect`] looks at it.
enum Tag<'a> {
    Known(u8, &'a str),
    Gap,
}

fn parts_or_gap(tag: &str) -> Tag<'_> {
    parts(tag).map_or(Tag::Gap, |(p, ty)| Tag::Known(p, ty))
}

fn detect<'a, T: Iterator<Item = Tag<'a>>>(examples: impl Iterator<Item = T>) -> Scheme {
    let (mut seen, mut late_b, mut bare_start) = ([false; 256], 0usize, 0usize);
    for tags in examples {
        let mut prev = Some((b'O', ""));
        for tag in tags {
            let Tag::Known(p, ty) = tag else {
                // what stands before the next one is not known
                prev = None;
                continue;
            };
            seen[p as usize] = true;
            if let Some((q, t)) = prev {
                let touches = q != b'O' && t == ty;
                late_b += usize::from(p == b'B' && !touches);
                bare_start += usize::from(p == b'I' && !touches);
            }
            prev = Some((p, ty));
        }
    }
    let has = |any: &[u8]| any.iter().any(|&c| seen[c as usize]);
    match () {
        () if !has(b"BIESLU") => Scheme::Plain,
        () if has(b"SLU") || has(b"E") && has(b"B") => Scheme::Bioes,
        () if has(b"E") => Scheme::Ioe,
        () if bare_start > 0 && late_b == 0 => Scheme::Iob1,
        () => Scheme::Bio,
    }
}

/// Rewrites one example as BIO, as conlleval reads it; gives the tokens whose tag cannot follow its predecessor. After a
/// tag of which nothing is known, `I-X` stays.
pub fn normalise(tags: &mut [String], scheme: Scheme) -> Vec<usize> {
    let mut odd = vec![];
    if scheme == Scheme::Plain {
        return odd;
    }
    let mut prev: Option<Option<(u8, String)>> = Some(None);
    for (i, tag) in tags.iter_mut().enumerate() {
        let Some((p, ty)) = parts(tag) else {
            prev = None;
            continue;
        };
        let before = match &prev {
            Some(known) => Before::Known(known.as_ref().map(|(q, t)| (*q, t.as_str()))),
            None => Before::Unknown,
        };
        let start = starts(before, (p, ty));
        let open = matches!(before, Before::Known(Some((b'B' | b'I', _))));
        odd.extend(match scheme {
            Scheme::Bio if start && p == b'I' => Some(i),
            Scheme::Bioes if start && matches!(p, b'I' | b'E' | b'L') || (scheme == Scheme::Bioes && open && start) => {
                Some(i)
            }
            Scheme::Bioes if open && p == b'O' => Some(i),
            _ => None,
        });
        let ty = ty.to_owned();
        if p != b'O' {
            let want = if start { 'B' } else { 'I' };
            if !tag.starts_with(want) {
                tag.replace_range(..1, want.encode_utf8(&mut [0; 4]));
            }
        }
        prev = Some(Some((p, ty)));
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(tags: &str) -> (Scheme, String, Vec<usize>) {
        let mut tags: Vec<String> = tags.split(' ').map(|t| if t == "?" { "" } else { t }.to_owned()).collect();
        let reading = Reading::of([&tags[..]].into_iter());
        reading.respell(&mut tags, &mut Odd::default());
        let odd = normalise(&mut tags, reading.scheme);
        let tags: Vec<&str> = tags.iter().map(|t| if t.is_empty() { "?" } else { t }).collect();
        (reading.scheme, tags.join(" "), odd)
    }

    #[test]
    fn every_scheme_becomes_bio() {
        assert_eq!(run("I-A I-A B-A O I-B"), (Scheme::Iob1, "B-A I-A B-A O B-B".into(), vec![]));
        assert_eq!(run("B-A I-A B-A O B-B"), (Scheme::Bio, "B-A I-A B-A O B-B".into(), vec![]));
        assert_eq!(run("B-A E-A S-A O S-B"), (Scheme::Bioes, "B-A I-A B-A O B-B".into(), vec![]));
        assert_eq!(run("B-A I-A L-A O U-B"), (Scheme::Bioes, "B-A I-A I-A O B-B".into(), vec![]));
        assert_eq!(run("I-A E-A E-A O E-B"), (Scheme::Ioe, "B-A I-A B-A O B-B".into(), vec![]));
        assert_eq!(run("NN I VB O"), (Scheme::Plain, "NN I VB O".into(), vec![]));
        assert_eq!(run("B I O B"), (Scheme::Bio, "B I O B".into(), vec![]));
        assert_eq!(run("O O"), (Scheme::Plain, "O O".into(), vec![]));
    }

    #[test]
    fn malformed_transitions_are_read_as_conlleval_does() {
        assert_eq!(run("B-A O I-A I-B"), (Scheme::Bio, "B-A O B-A B-B".into(), vec![2, 3]));
        assert_eq!(run("S-A B-A O I-A"), (Scheme::Bioes, "B-A B-A O B-A".into(), vec![2, 3]));
    }

    #[test]
    fn an_unknown_tag_is_not_outside() {
        assert_eq!(run("B-A ? I-A O B-A"), (Scheme::Bio, "B-A ? I-A O B-A".into(), vec![]));
        assert_eq!(run("? I-A I-B O I-A"), (Scheme::Iob1, "? I-A B-B O B-A".into(), vec![]));
        assert_eq!(run("? E-A O S-A B-A E-A"), (Scheme::Bioes, "? I-A O B-A B-A I-A".into(), vec![]));
    }

    #[test]
    fn tags_in_other_spellings_are_tags() {
        for tags in
            ["B_A I_A B_A O B_C", "A-B A-I A-B O C-B", "A_B A_I A_B O C_B", "b-A i-A b-A o b-C", "B:A I:A B:A 0 B:C"]
        {
            assert_eq!(run(tags), (Scheme::Bio, "B-A I-A B-A O B-C".into(), vec![]), "{tags}");
        }
        assert_eq!(run("A-B A-E A-S O C-S").1, "B-A I-A B-A O B-C");
        // parts of speech are none, whatever they look like
        for tags in ["NN_S VB_S NN", "s-VB o NN", "1 0 2", "N-S V-S O", "I PRP B"] {
            assert_eq!(run(tags), (Scheme::Plain, tags.into(), vec![]));
        }
    }

    #[test]
    fn a_few_odd_tags_switch_nothing_off() {
        assert_eq!(run("I-A I-A B-A 0 o I-B O"), (Scheme::Iob1, "B-A I-A B-A O O B-B O".into(), vec![]));
        assert_eq!(run("B-A I_A O B-A A-I O"), (Scheme::Bio, "B-A I-A O B-A I-A O".into(), vec![]));
        let mut tags: Vec<String> = "B-A I-A O - B-A 0 B_A A B_C O O".split(' ').map(String::from).collect();
        let (reading, mut odd) = (Reading::of([&tags[..]].into_iter()), Odd::default());
        reading.respell(&mut tags, &mut odd);
        assert_eq!(tags.join(" "), "B-A I-A O - B-A O B-A A B_C O O");
        let tags = ["B-A I-A 0 0 0 0 B-A 0"].map(|t| t.split(' ').map(String::from).collect::<Vec<_>>());
        assert_eq!(Reading::of([&tags[0][..]].into_iter()).scheme, Scheme::Bio, "`0` for `O` throughout");
        let kept: Vec<_> = odd.kept.keys().map(String::as_str).collect();
        assert_eq!(kept, ["-", "A", "B_C"]);
        assert_eq!(odd.read[&("0".into(), "O".into())], 1);
    }
}
