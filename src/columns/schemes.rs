//! Tag schemes: IOB1, BIO, BIOES (BILOU) and IOE are recognised on the training examples and written as BIO.

use serde::{Deserialize, Serialize};

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

fn starts(prev: Option<(u8, &str)>, (p, ty): (u8, &str)) -> bool {
    let after = |prev: Option<(u8, &str)>| match prev {
        None | Some((b'O', _)) => true,
        Some((q, t)) => t != ty || matches!(q, b'E' | b'S' | b'L' | b'U'),
    };
    p != b'O' && (matches!(p, b'B' | b'S' | b'U') || after(prev))
}

/// The scheme of all the tags of one field (empty tags are unknown and say nothing).
pub fn detect<'a>(examples: impl Iterator<Item = &'a [String]>) -> Scheme {
    let (mut seen, mut late_b, mut bare_start) = ([false; 256], 0usize, 0usize);
    for tags in examples {
        let mut prev = None;
        for tag in tags {
            if tag.is_empty() {
                prev = None;
                continue;
            }
            let Some(now) = parts(tag) else { return Scheme::Plain };
            seen[now.0 as usize] = true;
            let touches = prev.is_some_and(|(q, t)| q != b'O' && t == now.1);
            late_b += usize::from(now.0 == b'B' && !touches);
            bare_start += usize::from(now.0 == b'I' && !touches);
            prev = Some(now);
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

/// Rewrites one example as BIO, as conlleval reads it; gives the tokens whose tag cannot follow its predecessor.
pub fn normalise(tags: &mut [String], scheme: Scheme) -> Vec<usize> {
    let mut odd = vec![];
    if scheme == Scheme::Plain {
        return odd;
    }
    let mut prev: Option<(u8, String)> = None;
    for (i, tag) in tags.iter_mut().enumerate() {
        let Some((p, ty)) = parts(tag) else {
            // an unknown tag, or one that the training examples never had: it ends a span
            prev = None;
            continue;
        };
        let before = prev.as_ref().map(|(q, t)| (*q, t.as_str()));
        let start = starts(before, (p, ty));
        let open = matches!(before, Some((b'B' | b'I', _)));
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
        prev = Some((p, ty));
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(tags: &str) -> (Scheme, String, Vec<usize>) {
        let mut tags: Vec<String> = tags.split(' ').map(String::from).collect();
        let scheme = detect([&tags[..]].into_iter());
        let odd = normalise(&mut tags, scheme);
        (scheme, tags.join(" "), odd)
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
}
