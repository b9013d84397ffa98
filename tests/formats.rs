//! Findings for machines: JSON by its schema, SARIF by the structure that version 2.1.0 requires.

use crate::cases::{data_findings, failing_specs};
use crate::ui::compile_named;
use mtlc::diagnostics::codes::CODES;
use mtlc::diagnostics::{Diagnostic, render};
use mtlc::source::Sources;
use serde_json::Value;
use std::path::Path;

/// What is wrong with a value by a schema. Knows the words that the project's schema uses, and refuses others.
fn faults(root: &Value, schema: &Value, v: &Value, at: &str, out: &mut Vec<String>) {
    for (word, want) in schema.as_object().unwrap() {
        let mut fault = |what: String| out.push(format!("{at}: {what}"));
        match word.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let target = want.as_str().unwrap().trim_start_matches('#');
                faults(root, root.pointer(target).unwrap(), v, at, out);
            }
            "anyOf" => {
                let fits = |s: &Value| {
                    let mut own = vec![];
                    faults(root, s, v, at, &mut own);
                    own.is_empty()
                };
                if !want.as_array().unwrap().iter().any(fits) {
                    fault(format!("{v} fits none"));
                }
            }
            "type" => {
                let is = |t: &Value| match t.as_str().unwrap() {
                    "object" => v.is_object(),
                    "array" => v.is_array(),
                    "string" => v.is_string(),
                    "integer" => v.is_u64() || v.is_i64(),
                    "boolean" => v.is_boolean(),
                    "null" => v.is_null(),
                    other => panic!("the test does not know the type {other}"),
                };
                if !want.as_array().map_or_else(|| is(want), |all| all.iter().any(is)) {
                    fault(format!("{v} is not {want}"));
                }
            }
            "enum" if want.as_array().unwrap().contains(v) => {}
            "enum" => fault(format!("{v} is none of {want}")),
            "pattern" => {
                assert_eq!(want, "^[EW][0-9]{4}$", "the test knows this pattern alone");
                if !v.as_str().is_some_and(|s| CODES.iter().any(|c| c.code == s)) {
                    fault(format!("{v} is no code"));
                }
            }
            "minLength" if v.as_str().is_none_or(|s| !s.is_empty()) => {}
            "minLength" => fault("is empty".into()),
            "minimum" if v.as_i64().is_none_or(|n| n >= want.as_i64().unwrap()) => {}
            "minimum" => fault(format!("{v} is below {want}")),
            "minItems" | "maxItems" => {
                let (n, m) = (v.as_array().map_or(0, Vec::len) as u64, want.as_u64().unwrap());
                if (word == "minItems" && n < m) || (word == "maxItems" && n > m) {
                    fault(format!("{n} items"));
                }
            }
            "items" => {
                for (i, item) in v.as_array().into_iter().flatten().enumerate() {
                    faults(root, want, item, &format!("{at}[{i}]"), out);
                }
            }
            "required" => {
                for key in want.as_array().unwrap() {
                    if v.is_object() && v.get(key.as_str().unwrap()).is_none() {
                        fault(format!("{key} is missing"));
                    }
                }
            }
            "properties" => {
                for (key, inner) in want.as_object().unwrap() {
                    if let Some(value) = v.get(key) {
                        faults(root, inner, value, &format!("{at}.{key}"), out);
                    }
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                for key in v.as_object().into_iter().flat_map(|o| o.keys()) {
                    if !known.contains_key(key) {
                        fault(format!("`{key}` is not in the schema"));
                    }
                }
            }
            other => panic!("the test does not know the word {other}"),
        }
    }
}

/// The findings of every failing spec and data case.
fn all() -> Vec<(String, Sources, Vec<Diagnostic>)> {
    let specs = failing_specs().into_iter().map(|(name, text)| {
        let c = compile_named(&name, &text);
        (name, c.sources, c.diagnostics)
    });
    specs.chain(data_findings()).collect()
}

#[test]
fn json_is_as_its_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/findings.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut fixes, mut places) = (0, 0);
    for (name, sources, found) in all() {
        let v: Value = serde_json::from_str(&render::render_json(&sources, &found)).unwrap();
        let mut wrong = vec![];
        faults(&schema, &schema, &v, &name, &mut wrong);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(v.as_array().unwrap().len(), found.len());
        for (d, o) in found.iter().zip(v.as_array().unwrap()) {
            assert_eq!((o["code"].as_str(), o["message"].as_str()), (Some(d.code), Some(d.message.as_str())));
            fixes += usize::from(!o["fix"].is_null());
            places += o["data"].as_array().unwrap().len();
        }
    }
    assert!(fixes > 20 && places > 10, "{fixes} fixes, {places} places in data files");
    // the schema refuses what it should
    let mut wrong = vec![];
    faults(&schema, &schema, &serde_json::json!([{ "code": "E9999", "line": 0 }]), "", &mut wrong);
    assert!(wrong.len() > 5, "{wrong:?}");
}

#[test]
fn sarif_has_what_version_2_1_0_requires() {
    for (name, sources, found) in all() {
        let v: Value = serde_json::from_str(&render::render_sarif(&sources, &found)).unwrap();
        assert_eq!(v["version"], "2.1.0");
        assert!(v["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
        let runs = v["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1);
        let driver = &runs[0]["tool"]["driver"];
        assert_eq!(driver["name"], "mtlc");
        assert_eq!(runs[0]["columnKind"], "unicodeCodePoints");
        let rules = driver["rules"].as_array().unwrap();
        for (i, r) in rules.iter().enumerate() {
            assert!(rules[..i].iter().all(|o| o["id"] != r["id"]), "{name}: {r} stands twice");
            assert!(matches!(r["defaultConfiguration"]["level"].as_str(), Some("error" | "warning")), "{name}: {r}");
            assert!(CODES.iter().any(|c| r["id"] == c.code), "{name}: {r}");
            assert!(!r["shortDescription"]["text"].as_str().unwrap().is_empty());
            assert!(r["help"]["text"].as_str().unwrap().len() > 40, "{name}: {r}");
        }
        let results = runs[0]["results"].as_array().unwrap();
        assert_eq!(results.len(), found.len());
        for (d, r) in found.iter().zip(results) {
            let rule = &rules[r["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!((&rule["id"], &r["ruleId"]), (&Value::from(d.code), &Value::from(d.code)));
            assert!(matches!(r["level"].as_str(), Some("error" | "warning")));
            assert!(r["message"]["text"].as_str().unwrap().starts_with(&d.message));
            let places = r["locations"].as_array().unwrap().iter().chain(r["relatedLocations"].as_array().unwrap());
            for l in places {
                let physical = &l["physicalLocation"];
                let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
                let fits = |c: char| c.is_ascii_alphanumeric() || "/-._~%".contains(c);
                let path = uri.strip_prefix("file://").unwrap_or(uri);
                assert!(!path.is_empty() && path.chars().all(fits), "{name}: {uri}");
                assert_eq!(path.starts_with('/'), path != uri, "{name}: {uri}");
                region(&physical["region"], &name);
            }
            // `uniqueItems` of the schema
            for key in ["locations", "relatedLocations"] {
                let all = r[key].as_array().unwrap();
                assert!((1..all.len()).all(|i| !all[..i].contains(&all[i])), "{name}: {key} of {r}");
            }
            assert_eq!(r["fixes"].as_array().map_or(0, Vec::len), usize::from(d.fix.is_some()));
            for f in r["fixes"].as_array().into_iter().flatten() {
                assert!(!f["description"]["text"].as_str().unwrap().is_empty());
                let change = &f["artifactChanges"][0];
                assert!(!change["artifactLocation"]["uri"].as_str().unwrap().is_empty());
                let replacement = &change["replacements"][0];
                region(&replacement["deletedRegion"], &name);
                let fix = d.fix.as_ref().unwrap();
                assert_eq!(replacement["insertedContent"]["text"], fix.replacement.as_str());
                let changes = f["artifactChanges"].as_array().unwrap();
                assert!((1..changes.len()).all(|i| !changes[..i].contains(&changes[i])), "{name}: {r}");
                let edits: usize = changes.iter().map(|c| c["replacements"].as_array().map_or(0, Vec::len)).sum();
                assert_eq!(edits, fix.places().count(), "{name}");
            }
        }
    }
}

/// Lines and columns count from 1, and the end is not before the start.
fn region(r: &Value, name: &str) {
    let n = |key: &str| r[key].as_u64();
    let start = (n("startLine").unwrap(), n("startColumn").unwrap_or(1));
    assert!(start.0 >= 1 && start.1 >= 1, "{name}: {r}");
    if let (Some(line), Some(column)) = (n("endLine"), n("endColumn")) {
        assert!((line, column) >= start, "{name}: {r}");
    }
}
