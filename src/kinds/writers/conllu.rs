//! `conllu`: CoNLL-U. What a task predicts stands in the column of its field; what no column holds stands in MISC, and
//! what is said of the sentence in a comment.

use super::{Example, Member, Own, Told, Writer, Writing, shown};
use crate::kinds::heads::Said;
use crate::kinds::readers::{self, Place};

pub(super) const CONLLU: Writer =
    Writer { name: "conllu", aliases: &[], json: false, endings: &["conllu"], head: |_| String::new(), example };

const COLUMNS: [&str; 10] = ["ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"];
const FEATS: usize = 5;
const HEAD: usize = 6;
const DEPREL: usize = 7;
const MISC: usize = 9;

fn example(w: &Writing<'_>, e: &Example<'_>) -> (String, usize) {
    if let Some(error) = w.error(e) {
        return (error, e.line);
    }
    let (text, mut beside) = w.rows(e);
    // layers are features of tokens
    let layered = |t: &usize| w.task(*t).is_some_and(|told| told.tokens && told.columns.is_empty());
    beside.extend(e.said.iter().map(|(t, _)| *t).filter(layered));
    match &w.file {
        Some(file) => own(w, e, file, &beside),
        None => {
            let text = text.or_else(|| e.members.iter().find(|m| m.tokens.is_some()));
            let tokens = text.and_then(|t| t.tokens.as_deref()).unwrap_or_default();
            let mut out = w.fields(e, text) + &w.comments(e, &beside);
            out.push_str(&format!("# text = {}\n", shown(&tokens.join(" "))));
            for (i, token) in tokens.iter().enumerate() {
                let mut row: Vec<String> = vec!["_".into(); COLUMNS.len()];
                (row[0], row[1]) = ((i + 1).to_string(), shown(token));
                fill(w, e, &beside, i, &mut row);
                out.push_str(&format!("{}\n", row.join("\t")));
            }
            (out + "\n", e.line)
        }
    }
}

/// Ids, comments, ranges, empty nodes and all columns that no task predicts stay as they are.
fn own(w: &Writing<'_>, e: &Example<'_>, file: &Own<'_>, beside: &[usize]) -> (String, usize) {
    let first = (w.done + 1..e.line).rev().take_while(|n| !file.is_blank(*n)).last().unwrap_or(e.line);
    let above = (first..e.line).map(|n| format!("{}\n", file.line(n)));
    // a range may stand above the first token
    let (comments, ranges): (Vec<String>, Vec<String>) = above.partition(|l| l.starts_with('#'));
    let mut out = comments.concat() + &w.comments(e, beside) + &ranges.concat();
    let (mut at, mut token) = (e.line, 0);
    while !file.is_blank(at) {
        let line = file.line(at);
        let mut row: Vec<String> = line.split('\t').map(String::from).collect();
        if !line.starts_with('#') && !row[0].contains(['-', '.']) {
            row.resize(row.len().max(COLUMNS.len()), "_".into());
            fill(w, e, beside, token, &mut row);
            token += 1;
            out.push_str(&row.join("\t"));
        } else {
            out.push_str(line);
        }
        out.push('\n');
        at += 1;
    }
    (out + "\n", at.saturating_sub(1))
}

/// Puts what is said of a token in its place; a place that is taken, and what has none, goes to MISC.
fn fill(w: &Writing<'_>, e: &Example<'_>, beside: &[usize], token: usize, row: &mut [String]) {
    let is_own = w.decl.is_some_and(|d| d.reader == "conllu");
    let (mut taken, mut misc): (Vec<Place>, Vec<(String, String)>) = (vec![], vec![]);
    for (t, said) in e.said.iter().filter(|(t, _)| beside.contains(t)) {
        let Some(told) = w.task(*t) else { continue };
        let place = told.gold.as_ref().and_then(|f| readers::place(f, is_own)).filter(|p| !taken.contains(p));
        let gold =
            told.gold.as_ref().and_then(|f| e.members.iter().find(|m| m.name == f.name)).filter(|_| w.style.gold);
        put(w, told, said, gold, token, (place.as_ref(), row), &mut misc);
        let titles = w.titles(told);
        // after the columns come probabilities
        let odds = w.token(told, Some(said), token).into_iter().zip(&titles).skip(told.columns.len());
        misc.extend(odds.map(|(value, title)| (title.clone(), value)).filter(|_| !told.columns.is_empty()));
        taken.extend(place);
    }
    for (name, value) in misc {
        set(&mut row[MISC], &name, Some(&value.replace(['|', '\t'], "_")));
    }
}

fn put(
    w: &Writing<'_>,
    told: &Told,
    said: &Said,
    gold: Option<&Member>,
    token: usize,
    (place, row): (Option<&Place>, &mut [String]),
    misc: &mut Vec<(String, String)>,
) {
    let of = |cells: &[Vec<String>], c: usize| cells.get(c).and_then(|c| c.get(token)).cloned();
    let said_of = |c: usize| of(&said.cells, c).map_or("_".to_string(), |cell| shown(&cell));
    let mut keep = |name: &str, gold: Option<String>| {
        misc.extend(gold.filter(|g| !g.is_empty()).map(|g| (format!("gold.{name}"), g)));
    };
    let gold_of = |c: usize| gold.and_then(|m| of(&m.cells, c));
    match place {
        Some(Place::Column(c)) => {
            keep(COLUMNS[*c], gold_of(0));
            row[*c] = said_of(0);
        }
        Some(Place::Tree) => {
            keep(COLUMNS[HEAD], gold_of(0));
            keep(COLUMNS[DEPREL], gold_of(1));
            (row[HEAD], row[DEPREL]) = (said_of(0), said_of(1));
        }
        Some(Place::Feature(c, name)) => {
            keep(name, gold_of(0));
            let value = said_of(0);
            set(&mut row[*c], name, Some(value.as_str()).filter(|v| !matches!(*v, "_" | "O")));
        }
        Some(Place::Features(c)) => {
            for (name, layer) in gold.map_or(&[][..], |m| &m.layers) {
                keep(name, layer.get(token).filter(|v| *v != "_").cloned());
            }
            // features that no layer predicts are not of this analysis
            if *c == FEATS {
                row[*c] = "_".into();
            }
            for (name, layer) in &said.layers {
                let value = layer.get(token).map(|v| shown(v)).filter(|v| v != "_" && v != "O");
                set(&mut row[*c], name, value.as_deref());
            }
        }
        None => {
            let titles = w.titles(told);
            misc.extend(titles.iter().zip(0..told.columns.len()).map(|(title, c)| (title.clone(), said_of(c))));
            for (name, layer) in &said.layers {
                misc.extend(layer.get(token).map(|v| (format!("{}.{name}", w.title(told)), shown(v))));
            }
        }
    }
}

/// Puts a feature into a cell, in the order of the alphabet for FEATS' sake, or takes it out.
fn set(cell: &mut String, name: &str, value: Option<&str>) {
    let mut all: Vec<String> = cell.split('|').filter(|f| *f != "_" && !f.is_empty()).map(String::from).collect();
    all.retain(|f| f.split('=').next() != Some(name));
    if let Some(value) = value {
        let key = |f: &String| f.split('=').next().unwrap_or_default().to_lowercase();
        let at = all.iter().position(|f| key(f) > name.to_lowercase()).unwrap_or(all.len());
        all.insert(at, format!("{name}={value}"));
    }
    *cell = if all.is_empty() { "_".into() } else { all.join("|") };
}
