//! Vectors of words from a file.

use crate::diagnostics::{DataPlace, Diagnostic};
use crate::util::regular;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// At most so many faults of one vectors file are shown.
const MAX_FAULTS: usize = 10;

/// So many lines tell how many numbers a vector has.
const SAMPLE: usize = 20;

/// What a vectors file has.
#[derive(Default)]
pub(super) struct Found {
    /// by word, of those that are wanted
    pub vectors: HashMap<String, Vec<f32>>,
    /// a word of the file, and a wanted one that differs only in case
    pub folded: Option<(String, String)>,
}

/// How many numbers follow a word in most of the first lines.
fn usual_width(path: &Path) -> Option<usize> {
    let lines = BufReader::new(regular::open(path).ok()?).split(b'\n').take(SAMPLE).filter_map(Result::ok);
    let mut widths: Vec<usize> = vec![];
    for line in lines {
        let text = String::from_utf8_lossy(&line);
        widths.push(text.trim_end().split([' ', '\t']).filter(|p| !p.is_empty()).count().saturating_sub(1));
    }
    let count = |w: &usize| widths.iter().filter(|o| *o == w).count();
    // of two that are even, the wider: a heading is narrow
    widths.iter().copied().filter(|w| *w > 0).max_by_key(|w| (count(w), *w))
}

/// The vectors of the wanted words in a file of GloVe's or word2vec's text format (the latter has a line `count width`
/// at its head). A word may contain spaces, so the numbers are counted from the end.
pub(super) fn read_vectors(path: &Path, shown: &str, wanted: &HashSet<&str>, findings: &mut Vec<Diagnostic>) -> Found {
    let mut vectors = Found::default();
    let lowered: HashMap<String, &str> = wanted.iter().map(|w| (w.to_lowercase(), *w)).collect();
    let unreadable = |e: std::io::Error| {
        Diagnostic::new("E0651", format!("the vectors file `{shown}` cannot be read: {e}"))
            .help("name a text file of vectors, as in `embed(100, vectors = \"glove.6B.100d.txt\")`")
    };
    let file = match regular::open(path) {
        Ok(f) => f,
        Err(e) => {
            findings.push(unreadable(e));
            return vectors;
        }
    };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut bytes, mut number, mut width, mut faults) = (vec![], 0, None::<usize>, 0usize);
    let usual = usual_width(path);
    loop {
        bytes.clear();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) => break,
            Ok(_) => number += 1,
            Err(e) => {
                findings.push(unreadable(e));
                return vectors;
            }
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        let parts = line.split([' ', '\t']).filter(|p| !p.is_empty()).count();
        if number == 1 && parts == 2 {
            let mut head = line.split_ascii_whitespace().map(str::parse::<usize>);
            if let (Some(Ok(_)), Some(Ok(w))) = (head.next(), head.next()) {
                width = Some(w);
                continue;
            }
        }
        let width = *width.get_or_insert(usual.unwrap_or(parts.saturating_sub(1)));
        let fault = |note: String| {
            let text: String = line.chars().take(80).collect();
            Diagnostic::new("E0652", format!("line {number} of `{shown}` is not a word with {width} numbers"))
                .data(DataPlace { file: shown.to_string(), line: number, text, range: (0, 0), note })
                .help("write one word and its vector on each line, separated by spaces")
        };
        let found = if width == 0 || parts < width + 1 {
            Err(fault(format!("{} numbers", parts.saturating_sub(1))))
        } else {
            let mut rest = line;
            for _ in 0..width {
                rest = rest.rfind([' ', '\t']).map_or("", |i| rest[..i].trim_end_matches([' ', '\t']));
            }
            if !wanted.contains(rest) {
                if vectors.folded.is_none()
                    && let Some(other) = lowered.get(&rest.to_lowercase())
                {
                    vectors.folded = Some((rest.to_string(), (*other).to_string()));
                }
                continue;
            }
            let numbers = &line[rest.len()..];
            let values: Result<Vec<f32>, _> = numbers.split_ascii_whitespace().map(str::parse::<f32>).collect();
            match values {
                Ok(v) if v.iter().all(|x| x.is_finite()) => Ok((rest.to_string(), v)),
                _ => Err(fault("not all of these are numbers".to_string())),
            }
        };
        match found {
            Ok((word, v)) => {
                vectors.vectors.entry(word).or_insert(v);
            }
            Err(d) => {
                faults += 1;
                if faults <= MAX_FAULTS {
                    findings.push(d);
                }
            }
        }
    }
    if faults > MAX_FAULTS {
        let more = faults - MAX_FAULTS;
        findings.push(Diagnostic::new("E0652", format!("{more} more lines of `{shown}` are not vectors")));
    }
    if number == 0 {
        let d = Diagnostic::new("E0651", format!("the vectors file `{shown}` is empty"));
        findings.push(d.help("name a text file with a word and its vector on each line"));
    }
    vectors
}
