//! Inputs and what is said of them.

use super::*;
use std::path::Path;

/// Every finding on one line: place, code, message, label, help.
fn findings(text: &str) -> String {
    let mut sources = crate::source::Sources::default();
    let id = sources.add("a.mtl", text);
    let mut out = String::new();
    for d in parse(id, text).diagnostics {
        let label = d.primary.clone().unwrap_or_else(|| panic!("no place: {d:?}"));
        let (line, col) = sources.line_col(label.span);
        out += &format!("{line}:{col} {} {}", d.code, d.message);
        if !label.text.is_empty() {
            out += &format!(" | {}", label.text);
        }
        if let Some(h) = d.help {
            out += &format!(" | {h}");
        }
        out += "\n";
    }
    out
}

fn drafts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/design/systems");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no {}", folder.display());
        return vec![];
    };
    let mut out: Vec<(String, String)> = entries
        .filter_map(|e| {
            let path = e.unwrap().path();
            Some((path.file_name()?.to_str()?.to_string(), std::fs::read_to_string(&path).ok()?))
        })
        .collect();
    out.sort();
    out
}

#[test]
fn drafts_parse() {
    for (name, text) in drafts() {
        let p = parse(FileId(0), &text);
        assert!(p.diagnostics.is_empty(), "{name}:\n{}", findings(&text));
        assert!(p.file.items.len() >= 3, "{name}");
        let crlf = text.replace('\n', "\r\n");
        let q = parse(FileId(0), &format!("\u{feff}{}", crlf.trim_end()));
        assert!(q.diagnostics.is_empty(), "{name} with CRLF");
        assert!(p.file == q.file, "{name} with CRLF");
    }
}
