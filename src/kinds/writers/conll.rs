//! `conll`: a token in each row, a blank line after each example. Predictions are further columns; what is said of the
//! example as a whole is a comment `# task = value` above.

use super::{Example, Own, Writer, Writing, shown};
use crate::columns::reader::Options;
use crate::columns::{FieldDecl, FieldType};
use crate::kinds::heads::Said;

pub(super) const CONLL: Writer = Writer {
    name: "conll",
    aliases: &["columns"],
    json: false,
    endings: &["conll", "iob", "iob2", "bio", "txt"],
    head,
    example,
};

/// `# global.columns = token slots slot`: as CoNLL-U Plus names columns.
fn head(w: &Writing<'_>) -> String {
    if !w.style.header {
        return String::new();
    }
    let columns = w.tasks.iter().filter(|t| !t.columns.is_empty()).flat_map(|t| w.titles(t));
    let columns: Vec<String> = given(w).into_iter().chain(columns).collect();
    format!("# global.columns = {}\n", columns.join(" "))
}

/// The names of the columns before the predicted ones.
fn given(w: &Writing<'_>) -> Vec<String> {
    let token = w.tasks.iter().find(|t| !t.columns.is_empty()).and_then(|t| t.text.clone());
    let token = token.unwrap_or_else(|| "token".into());
    match (&w.file, w.decl) {
        (Some(file), Some(decl)) => {
            let first = (1..=file.starts.len()).map(|n| file.line(n)).find(|l| !l.is_empty() && !l.starts_with('#'));
            let (line, names) = (first.unwrap_or_default(), crate::kinds::readers::column_names(decl));
            let n = line.split(separator(w, line).as_str()).count();
            (0..n).map(|c| names.get(&c).cloned().unwrap_or_else(|| format!("column{}", c + 1))).collect()
        }
        (None, Some(decl)) => {
            let gold = decl.fields.iter().filter(|f| is_gold(w, f, &token));
            let gold: Vec<String> = gold.flat_map(columns_of).collect();
            std::iter::once(token.clone()).chain(gold).collect()
        }
        _ => vec![token],
    }
}

/// Whether an example has a field with gold of the tokens of a text.
fn is_gold(w: &Writing<'_>, field: &FieldDecl, text: &str) -> bool {
    field.ty.axis() == Some(text) && w.fields.contains(&field.name)
}

/// What the columns of a field are called, if it has one for each token.
fn columns_of(field: &FieldDecl) -> Vec<String> {
    match &field.ty {
        FieldType::Tags { .. } => vec![field.name.clone()],
        FieldType::Heads { .. } => {
            vec![format!("{}.head", field.name), format!("{}.deprel", field.name)]
        }
        _ => vec![],
    }
}

/// What parts the columns of a line of the file.
fn separator(w: &Writing<'_>, line: &str) -> String {
    let own = w.decl.and_then(|d| Options::of(d).separator);
    own.unwrap_or_else(|| if line.contains('\t') { "\t".into() } else { " ".into() })
}

fn example(w: &Writing<'_>, e: &Example<'_>) -> (String, usize) {
    if let Some(error) = w.error(e) {
        return (error, e.line);
    }
    let (text, beside) = w.rows(e);
    match &w.file {
        Some(file) => own(w, e, file, &beside),
        None => {
            let mut out = w.fields(e, text) + &w.comments(e, &beside);
            let tokens = text.and_then(|t| t.tokens.as_deref()).unwrap_or_default();
            if let (Some(text), true) = (text, tokens.is_empty()) {
                out.push_str(&format!("# {} =\n", shown(&text.name)));
            }
            let fields = w.decl.map_or(&[][..], |d| &d.fields);
            let name = text.map_or("", |t| t.name.as_str());
            for (i, token) in tokens.iter().enumerate() {
                let mut row = vec![shown(token)];
                for field in fields.iter().filter(|f| is_gold(w, f, name)) {
                    let gold = e.members.iter().find(|m| m.name == field.name);
                    let cell = |c: usize| gold.and_then(|m| m.cells.get(c)?.get(i)).filter(|g| !g.is_empty());
                    row.extend((0..columns_of(field).len()).map(|c| cell(c).map_or("_".into(), |g| shown(g))));
                }
                row.extend(predicted(w, e, &beside, i));
                out.push_str(&row.join("\t"));
                out.push('\n');
            }
            (out + "\n", e.line)
        }
    }
}

/// What the tasks say of a token.
fn predicted(w: &Writing<'_>, e: &Example<'_>, beside: &[usize], token: usize) -> Vec<String> {
    let said = |t: usize| e.said.iter().find(|(own, _)| *own == t).map(|(_, said)| said);
    let cells = |(t, told): (usize, &super::Told)| {
        let said: Option<&Said> = said(t).filter(|_| beside.contains(&t));
        w.token(told, said, token)
    };
    w.tasks.iter().enumerate().filter(|(_, told)| !told.columns.is_empty()).flat_map(cells).collect()
}

/// The rows as they stand, with further columns; comments above and what stands below the rows are kept.
fn own(w: &Writing<'_>, e: &Example<'_>, file: &Own<'_>, beside: &[usize]) -> (String, usize) {
    let first = (w.done + 1..e.line).rev().take_while(|n| file.line(*n).starts_with('#')).last().unwrap_or(e.line);
    let mut out: String = (first..e.line).map(|n| format!("{}\n", file.line(n))).collect();
    out.push_str(&w.comments(e, beside));
    let n = e.members.iter().filter_map(|m| m.tokens.as_ref()).map(Vec::len).max().unwrap_or(0);
    for i in 0..n {
        let line = file.line(e.line + i);
        let separator = separator(w, line);
        // between tabs an empty cell is a cell
        out.push_str(if separator.trim_matches(' ').is_empty() { line.trim_end() } else { line });
        for cell in predicted(w, e, beside, i) {
            // a class may hold what parts columns
            let cell = if cell.contains(&separator) { cell.replace(&separator, "_") } else { cell };
            out.push_str(&separator);
            out.push_str(&cell);
        }
        out.push('\n');
    }
    let mut at = e.line + n;
    // a class on a line of its own, or what a limit cut off
    while !file.is_blank(at) && !file.line(at).starts_with('#') {
        out.push_str(&format!("{}\n", file.line(at)));
        at += 1;
    }
    (out + "\n", at.saturating_sub(1))
}
