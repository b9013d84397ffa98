//! What `check` and `run` say of a program.

use crate::check::Checked;
pub(crate) use crate::diagnostics::thousands;
use crate::diagnostics::visible::visible_line;
use crate::driver::{self, Data};
use crate::encode::{Tables, Vocab};
use crate::plan::VocabSpec;
use crate::types::dim::Size;
use std::collections::{BTreeSet, HashMap};

/// How many words have a vector of a file, a line for each file.
pub(crate) fn coverage(tables: &Tables, specs: &[VocabSpec]) -> String {
    let line = |(v, spec): (&Vocab, &VocabSpec)| {
        let ((with, words), file) = (v.coverage()?, spec.vectors.as_ref()?);
        let file = visible_line(file);
        Some(format!("  {file}: vectors of {} of the {} training words\n", thousands(with), thousands(words)))
    };
    tables.vocabs.iter().zip(specs).filter_map(line).collect()
}

/// The verdict, its reasons, the steps, the tasks.
pub(crate) fn checked(file: &str, c: &Checked, data: Option<&Data>) -> String {
    let mut out = format!("{file}: {}\n", verdict(c));
    let g = c.task_graph();
    let size = |s: Size| {
        let d = data?;
        Some(match s {
            Size::Labels(i) => d.tables.labels.get(i as usize)?.len(),
            Size::Vocab(i) => d.tables.vocabs.get(i as usize)?.len(),
            Size::Open(..) => return None,
        })
    };
    // of each owner in order; nothing where a size is not known, or where it is not elaborated through and through
    let mut owners: Vec<&str> = vec![];
    let mut counts: HashMap<&str, Option<usize>> = HashMap::new();
    for p in c.params() {
        let known = p.shape.iter().all(|d| d.sizes.iter().all(|(s, _)| size(*s).is_some()));
        let n = p.shape.iter().map(|d| d.resolve(&|s| size(s).unwrap_or(0))).product::<usize>();
        let sum = counts.entry(&p.owner).or_insert_with(|| {
            owners.push(&p.owner);
            Some(0)
        });
        *sum = sum.filter(|_| known).map(|sum| sum + n);
    }
    let count = |owner: &str| counts.get(owner).copied().flatten();
    let number = |n: Option<usize>| n.map_or("?".to_string(), thousands);
    let several = g.steps.len() > 1;
    let mut rows = vec![];
    for t in c.summaries() {
        let mut row = vec![
            t.name.clone(),
            t.head.clone(),
            t.target.clone(),
            data.and_then(|d| driver::first_metric(c, d, &t.name)).unwrap_or(&t.metric).to_string(),
            t.loss.clone(),
            number(count(&t.name)),
        ];
        if several {
            row.push((t.step + 1).to_string());
        }
        rows.push(row);
    }
    let mut head = vec!["task", "head", "target", "metric", "loss", "parameters"];
    if several {
        head.push("step");
    }
    out.push('\n');
    out.push_str(&indent(&table(&head, &rows)));
    let tasks: BTreeSet<&str> = c.summaries().iter().map(|t| t.name.as_str()).collect();
    owners.retain(|o| !tasks.contains(o));
    if !owners.is_empty() {
        let shown: Vec<String> = owners.iter().take(8).map(|o| format!("{o} {}", number(count(o)))).collect();
        let more = if owners.len() > 8 { format!(", and {} more", owners.len() - 8) } else { String::new() };
        out.push_str(&format!("\n  shared parameters: {}{more}\n", shown.join(", ")));
    }
    if let Some(data) = data {
        out.push_str(&coverage(&data.tables, c.vocabs()));
    }
    if !c.unsupported().is_empty() {
        out.push_str("\n  checked, but not trained by this version (an error of `mtlc run`):\n");
        let mut told = BTreeSet::new();
        for what in c.unsupported().iter().map(|d| d.message.trim_end_matches(" cannot be trained yet")) {
            if told.insert(what) {
                out.push_str(&format!("    {what}\n"));
            }
        }
    }
    out
}

/// `joint: no task needs another's output` and the like.
pub(crate) fn verdict(c: &Checked) -> String {
    let g = c.task_graph();
    let reasons = g.reasons();
    let notes: String = g.notes.iter().map(|n| format!("\n  while {n}")).collect();
    if !g.multi_step() {
        return format!("joint: {}{notes}", reasons.join(""));
    }
    let mut out = format!("multi_step, {} steps", g.steps.len());
    let chains: Vec<String> = g.components.iter().filter(|c| c.len() > 1).map(|c| g.chain(c)).collect();
    out.push_str(&format!(": {}", chains.join("; ")));
    let single: Vec<&str> =
        g.components.iter().filter(|c| c.len() == 1).filter_map(|c| g.tasks.get(c[0])).map(String::as_str).collect();
    if !single.is_empty() {
        out.push_str(&format!("; joint: {}", single.join(", ")));
    }
    let limit = 6;
    for r in reasons.iter().take(limit) {
        out.push_str(&format!("\n  because {r}"));
    }
    if reasons.len() > limit {
        let least = if g.complete { "" } else { "more than " };
        out.push_str(&format!("\n  and {least}{} more dependencies", reasons.len() - limit));
    }
    out + &notes
}

/// Columns; those that hold only numbers are aligned to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|r| r.iter().map(|c| visible_line(c).into()).collect()).collect();
    let rows = rows.as_slice();
    let width = |s: &str| s.chars().count();
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(i, h)| rows.iter().filter_map(|r| r.get(i)).map(|c| width(c)).max().unwrap_or(0).max(width(h)))
        .collect();
    let numeric: Vec<bool> = (0..head.len())
        .map(|i| {
            !rows.is_empty()
                && rows
                    .iter()
                    .all(|r| r.get(i).is_none_or(|c| c.chars().all(|x| x.is_ascii_digit() || ",.?% -±".contains(x))))
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut out = String::new();
        for (i, c) in cells.enumerate() {
            let pad = " ".repeat(widths[i].saturating_sub(width(c)));
            if i > 0 {
                out.push_str("  ");
            }
            if numeric[i] {
                out.push_str(&pad);
                out.push_str(c);
            } else {
                out.push_str(c);
                out.push_str(&pad);
            }
        }
        out.trim_end().to_string() + "\n"
    };
    let mut out = line(&mut head.iter().copied());
    for r in rows {
        out.push_str(&line(&mut r.iter().map(String::as_str)));
    }
    out
}

/// Two spaces before each line.
pub(crate) fn indent(text: &str) -> String {
    text.lines().map(|l| format!("  {l}\n")).collect()
}
