//! Vectors of words from a file.

use crate::diagnostics::{DataPlace, Diagnostic};
use crate::util::regular;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// At most so many faults of one vectors file are shown.
const MAX_FAULTS: usize = 10;

/// The vectors of the wanted words in a file of GloVe's or word2vec's text format (the latter has a line `count width`
/// at its head). A word may contain spaces, so the numbers are counted from the end.
pub(super) fn read_vectors(
    path: &Path,
    shown: &str,
    wanted: &HashSet<&str>,
    findings: &mut Vec<Diagnostic>,
) -> HashMap<String, Vec<f32>> {
    let mut vectors = HashMap::new();
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
        let width = *width.get_or_insert(parts.saturating_sub(1));
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
                vectors.entry(word).or_insert(v);
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
    vectors
}
