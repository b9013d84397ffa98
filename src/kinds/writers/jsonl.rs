//! `jsonl`: an object for each example.

use super::{Example, Writer, Writing};
use serde_json::{Map, Value as Json, json};

pub(super) const JSONL: Writer = Writer {
    name: "jsonl",
    aliases: &["json"],
    json: true,
    endings: &["jsonl", "json", "ndjson"],
    head: |_| String::new(),
    example,
};

/// Its line, its fields, and under `predicted` what each task says.
fn example(w: &Writing<'_>, e: &Example<'_>) -> (String, usize) {
    let mut object = Map::new();
    object.insert("line".into(), json!(e.line));
    if let Some(error) = e.error {
        object.insert("error".into(), json!(error));
    } else {
        object.extend(e.members.iter().map(|m| (m.name.clone(), m.json.clone())));
        let said = e.said.iter().filter_map(|(t, said)| Some((w.task(*t)?.name.clone(), said.json.clone())));
        object.insert("predicted".into(), Json::Object(said.collect()));
    }
    (format!("{}\n", Json::Object(object)), e.line)
}
