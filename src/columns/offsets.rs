//! Spans by their places in a text, as annotation tools write them, as one tag for each token.

use super::FieldType;
use super::words::{tokens, words};
use serde_json::Value as Json;

/// A span: first character, character after the last, type.
type Span<'a> = (usize, usize, &'a str);

/// Whether a list holds spans: `[[0, 4, "PER"]]`, or objects that name start, end and label. An empty one holds none.
pub(super) fn are_spans(list: &[Json]) -> bool {
    list.iter().all(|j| span(j).is_some())
}

fn span(j: &Json) -> Option<Span<'_>> {
    let number = |j: &Json| j.as_u64().map(|n| n as usize);
    if let Json::Array(parts) = j {
        let [start, end, kind] = parts.as_slice() else { return None };
        return Some((number(start)?, number(end)?, kind.as_str()?));
    }
    let of = |names: &[&str]| names.iter().find_map(|n| j.get(*n));
    let kind = of(&["label", "type", "entity"])?.as_str()?;
    Some((number(of(&["start", "start_offset"])?)?, number(of(&["end", "end_offset"])?)?, kind))
}

/// The tags of spans, and whether some of them ends inside a token, which it then takes whole.
///
/// # Errors
/// A span that is outside the text, on no token, or overlaps another.
pub(super) fn tags(list: &[Json], ty: &FieldType, text: &str) -> Result<(Vec<String>, bool), String> {
    let parts: Vec<&str> = if *ty == FieldType::Text { words(text).collect() } else { tokens(text).collect() };
    // places count characters
    let (mut at, mut chars, mut places) = (0, 0, Vec::with_capacity(parts.len()));
    for part in parts {
        let byte = part.as_ptr() as usize - text.as_ptr() as usize;
        chars += text[at..byte].chars().count();
        let end = chars + part.chars().count();
        places.push((chars, end));
        (at, chars) = (byte + part.len(), end);
    }
    let all = chars + text[at..].chars().count();
    let mut spans: Vec<Span<'_>> = list.iter().filter_map(span).collect();
    spans.sort_unstable();
    let (mut out, mut inside) = (vec!["O".to_owned(); places.len()], false);
    for (start, end, kind) in spans {
        let shown = format!("the span {start} to {end} (`{kind}`)");
        if start >= end || end > all {
            return Err(format!("{shown} is outside the text of {all} characters"));
        }
        let under: Vec<usize> = (0..places.len()).filter(|t| places[*t].0 < end && places[*t].1 > start).collect();
        let (Some(first), Some(last)) = (under.first(), under.last()) else {
            return Err(format!("{shown} holds no token"));
        };
        if under.iter().any(|t| out[*t] != "O") {
            return Err(format!("{shown} overlaps another, and a token has one tag"));
        }
        inside |= places[*first].0 < start || places[*last].1 > end;
        for t in &under {
            out[*t] = format!("{}-{kind}", if t == first { "B" } else { "I" });
        }
    }
    Ok((out, inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str, list: &Json) -> Result<(String, bool), String> {
        let list = list.as_array().unwrap();
        assert!(are_spans(list), "{list:?}");
        tags(list, &FieldType::Text, text).map(|(t, inside)| (t.join(" "), inside))
    }

    #[test]
    fn spans_become_tags() {
        let text = "Zo\u{eb} lives in Torvald Bay.";
        let want = Ok(("B-PER O O B-LOC I-LOC O".to_string(), false));
        assert_eq!(read(text, &json!([[13, 24, "LOC"], [0, 3, "PER"]])), want);
        let objects =
            json!([{"start_offset": 0, "end_offset": 3, "label": "PER"}, {"start": 13, "end": 24, "type": "LOC"}]);
        assert_eq!(read(text, &objects), want);
        assert_eq!(read(text, &json!([])), Ok(("O O O O O O".to_string(), false)));
        assert_eq!(read(text, &json!([[0, 2, "PER"]])), Ok(("B-PER O O O O O".to_string(), true)));
        assert!(read(text, &json!([[0, 99, "PER"]])).unwrap_err().contains("outside the text of 25 characters"));
        assert!(read(text, &json!([[3, 4, "PER"]])).unwrap_err().contains("holds no token"));
        assert!(read(text, &json!([[0, 9, "A"], [4, 9, "B"]])).unwrap_err().contains("overlaps"));
        assert!(!are_spans(&[json!("B-PER")]) && !are_spans(&[json!([0, "x"])]));
    }
}
