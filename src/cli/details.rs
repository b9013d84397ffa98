//! `mtlc eval --details`: what stands behind the figures, as text and as JSON.

use super::answers::members;
use super::view::table;
use crate::columns::{Corpus, SplitName};
use crate::kinds::heads::Said;
use crate::kinds::metrics::Row;
use crate::plan::Plan;
use crate::train::details::{TaskDetails, Wrong};
use serde_json::{Map, Value, json};

/// So many errors of a task are shown.
pub(super) const WORST: usize = 10;
/// So many cells of what is taken for what.
const CELLS: usize = 10;
/// A longer text is cut in a table.
const WIDTH: usize = 72;

/// An error with its place and its words.
struct Shown {
    line: usize,
    text: String,
    gold: String,
    said: String,
}

impl Shown {
    fn of(w: &Wrong, plan: &Plan, corpora: &[Corpus], split: SplitName) -> Self {
        let (decl, corpus) = (&plan.corpora[w.corpus], &corpora[w.corpus]);
        let members = members(decl, corpus.split(split), w.example);
        let texts: Vec<&str> = members.iter().filter(|m| m.tokens.is_some()).map(|m| m.text.as_str()).collect();
        let tokens = members.iter().filter_map(|m| m.tokens.as_deref());
        let n = w.gold.cells.first().map_or(0, Vec::len);
        let tokens = tokens.filter(|t| t.len() == n).max_by_key(|t| t.len());
        let lines = corpus.places.get(&split).map(|p| &p.lines);
        Self {
            line: lines.and_then(|l| l.get(w.example)).map_or(w.example + 1, |l| *l as usize),
            text: texts.join(" | "),
            gold: of_tokens(&w.gold, &w.said, tokens).unwrap_or_else(|| w.gold.text.clone()),
            said: of_tokens(&w.said, &w.gold, tokens).unwrap_or_else(|| w.said.text.clone()),
        }
    }
}

/// Of what is said token by token, the tokens that differ.
fn of_tokens(one: &Said, other: &Said, tokens: Option<&[String]>) -> Option<String> {
    let n = one.cells.first()?.len();
    let row = |said: &Said, t: usize| said.cells.iter().filter_map(|c| c.get(t).cloned()).collect::<Vec<_>>().join(" ");
    let differ = (0..n).filter(|t| row(one, *t) != row(other, *t));
    let cell = |t: usize| match tokens.and_then(|all| all.get(t)) {
        Some(token) => format!("{token}: {}", row(one, t)),
        None => row(one, t),
    };
    Some(differ.map(cell).collect::<Vec<_>>().join(", "))
}

/// As text, a part for each task.
pub(super) fn text(all: &[TaskDetails], plan: &Plan, corpora: &[Corpus], split: SplitName) -> String {
    all.iter().map(|d| format!("\n{}", task_text(d, plan, corpora, split))).collect()
}

fn task_text(d: &TaskDetails, plan: &Plan, corpora: &[Corpus], split: SplitName) -> String {
    let mut out = format!("{}: {} examples", plan.tasks[d.task].name, d.examples);
    if let Some(wrong) = d.wrong {
        out.push_str(&format!(", {wrong} with an error"));
    }
    out.push('\n');
    if let Some(c) = &d.classes {
        let of = |r: &Row| {
            let share = |x: f64| format!("{:.2}", x * 100.0);
            vec![r.name.clone(), share(r.precision), share(r.recall), share(r.f1), r.support.to_string()]
        };
        let means = [&c.macro_mean, &c.weighted_mean].map(of);
        let rows: Vec<Vec<String>> = c.classes.iter().map(of).chain(means).collect();
        out.push_str(&format!("\n{}", table(&["class", "precision", "recall", "f1", c.counted], &rows)));
        if !c.confused.is_empty() {
            let cells = c.confused.iter().take(CELLS);
            let rows: Vec<Vec<String>> =
                cells.map(|x| vec![x.gold.clone(), x.predicted.clone(), x.count.to_string()]).collect();
            out.push_str(&format!("\n{}", table(&["gold", "predicted", "times"], &rows)));
            if c.confused.len() > CELLS {
                out.push_str(&format!("and {} more pairs of classes\n", c.confused.len() - CELLS));
            }
        }
    }
    if !d.worst.is_empty() {
        out.push_str("\nworst errors, by the log-probability of their gold\n");
    }
    for w in &d.worst {
        let s = Shown::of(w, plan, corpora, split);
        let place = match plan.corpora.len() {
            1 => format!("line {}", s.line),
            _ => format!("{}, line {}", plan.corpora[w.corpus].name, s.line),
        };
        let cut = |text: &str| match text.char_indices().nth(WIDTH) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text.to_string(),
        };
        out.push_str(&format!("  {:>8.3}  {place}: {}\n", w.logp, cut(&s.text)));
        out.push_str(&format!("            gold {}\n            said {}\n", cut(&s.gold), cut(&s.said)));
    }
    out
}

/// As JSON, by task.
pub(super) fn to_json(all: &[TaskDetails], plan: &Plan, corpora: &[Corpus], split: SplitName) -> Value {
    let task = |d: &TaskDetails| {
        let worst: Vec<Value> = d
            .worst
            .iter()
            .map(|w| {
                let s = Shown::of(w, plan, corpora, split);
                json!({
                    "data": plan.corpora[w.corpus].name,
                    "line": s.line,
                    "logp": w.logp,
                    "text": s.text,
                    "gold": w.gold.json,
                    "predicted": w.said.json,
                })
            })
            .collect();
        let mut own = json!({ "examples": d.examples, "wrong": d.wrong });
        if let (Some(own), Some(c)) = (own.as_object_mut(), &d.classes) {
            own.extend([
                ("counted".to_string(), json!(c.counted)),
                ("classes".to_string(), json!(c.classes)),
                ("macro".to_string(), json!(c.macro_mean)),
                ("weighted".to_string(), json!(c.weighted_mean)),
                ("confused".to_string(), json!(c.confused)),
            ]);
        }
        own["worst"] = json!(worst);
        (plan.tasks[d.task].name.clone(), own)
    };
    Value::Object(all.iter().map(task).collect::<Map<_, _>>())
}
