//! What can be said of a `data` declaration before any file is opened.

use super::files::split_word;
use crate::ast::UNREADABLE;
use crate::columns::reader::{OptionKind, Reader};
use crate::columns::words;
use crate::columns::{CorpusDecl, FieldDecl, FieldSource, FieldType, OptionValue, SplitName, SplitSource, type_word};
use crate::diagnostics::{Diagnostic, suggest};
use crate::kinds::readers;
use crate::source::Span;
use std::collections::HashMap;

/// The only name that can be meant stands in for the wrong one.
fn sole(d: Diagnostic, span: Span, near: &[&str]) -> Diagnostic {
    match near {
        [one] => d.fix(span, *one, true),
        _ => d,
    }
}

/// All findings in a declaration.
pub fn validate(decl: &CorpusDecl) -> Vec<Diagnostic> {
    let mut found = vec![];
    let Some(reader) = readers::find(&decl.reader) else {
        let names: Vec<&str> = readers::READERS.iter().map(|r| r.name).collect();
        let near = suggest::near(&decl.reader, names.iter().copied());
        let help = suggest::question(&near).unwrap_or_else(|| format!("the readers are {}", names.join(", ")));
        let message = format!("there is no reader `{}`", decl.reader);
        // the call begins with its name
        let word = Span { end: decl.reader_span.start + decl.reader.len() as u32, ..decl.reader_span };
        let fault = Diagnostic::new("E0611", message).at(word, "").help(help);
        return vec![sole(fault, word, &near)];
    };
    options(decl, reader, &mut found);
    splits(decl, &mut found);
    let mut seen: HashMap<&str, &FieldDecl> = HashMap::new();
    for field in decl.fields.iter().filter(|f| f.name != UNREADABLE) {
        let first = *seen.entry(&field.name).or_insert(field);
        if !std::ptr::eq(first, field) {
            let message = format!("the field `{}` is declared twice", field.name);
            let fault = Diagnostic::new("E0613", message).at(field.span, "again").with(first.span, "first here");
            found.push(fault.help("give one of the two another name"));
            continue;
        }
        if field.source == Some(FieldSource::Number(0)) {
            let help = format!("the first column is 1: `{}: {} = 1`", field.name, type_word(&field.ty));
            found.push(Diagnostic::new("E0613", "columns count from 1").at(field.span, "").help(help));
            continue;
        }
        if field.ty == FieldType::Vec(0) {
            found.push(Diagnostic::new("E0613", "a vector has at least one number").at(field.span, ""));
            continue;
        }
        if field.ty.is_unreadable() {
            continue;
        }
        found.extend(axis(decl, field));
        if let Some((code, message, help)) = (reader.field)(decl, field) {
            let mut fault = Diagnostic::new(code, message).at(field.span, "");
            fault.help = help;
            found.push(fault);
        }
    }
    found
}

fn options(decl: &CorpusDecl, reader: &Reader, found: &mut Vec<Diagnostic>) {
    for (name, value) in &decl.options {
        let Some(option) = reader.all_options().find(|o| o.name == name) else {
            let names = reader.all_options().map(|o| o.name).chain(["train", "dev", "test"]);
            let near = suggest::near(name, names);
            let owner = readers::READERS.iter().find(|r| r.options.iter().any(|o| o.name == name));
            let help = suggest::question(&near).or_else(|| {
                let all: Vec<&str> = reader.all_options().map(|o| o.name).collect();
                Some(match owner {
                    Some(r) => {
                        format!("`{name}` is an option of `{}`; `{}` has {}", r.name, reader.name, all.join(", "))
                    }
                    None => format!("`{}` has the options {}", reader.name, all.join(", ")),
                })
            });
            let mut fault = Diagnostic::new("E0611", format!("`{}` has no option `{name}`", reader.name));
            fault.help = help;
            let span = decl.option_span(name);
            found.push(sole(fault.at(span, ""), span, &near));
            continue;
        };
        let one_byte = matches!(value, OptionValue::Text(t) if t.len() == 1 || ["tab", "space", "comma", "\\t"].contains(&t.as_str()));
        let quoted = match decl.options.get("quote") {
            _ if !reader.options.iter().any(|o| o.name == "quote") => false,
            Some(OptionValue::Bool(b)) => *b,
            _ => reader.quoted,
        };
        let wanted = match (option.kind, value) {
            (OptionKind::Flag, OptionValue::Bool(_)) => continue,
            (OptionKind::Flag, _) => format!("`true` or `false`: `{name} = true`"),
            (OptionKind::Count, OptionValue::Number(n)) if *n >= 1.0 && n.fract() == 0.0 => continue,
            (OptionKind::Count, _) => format!("a whole number of at least 1: `{name} = 1000`"),
            (OptionKind::Text, OptionValue::Text(t)) if name == "separator" => {
                if !t.is_empty() && (!quoted || one_byte) {
                    continue;
                }
                format!("one character where cells may be quoted: `{name} = \";\"`")
            }
            (OptionKind::Text, OptionValue::Text(t)) if name == "normalize" => {
                if words::Form::find(t).is_some() {
                    continue;
                }
                "`nfc` or `nfd`: `normalize = nfc`".into()
            }
            (OptionKind::Text, OptionValue::Text(t)) if !t.is_empty() || ["missing", "none"].contains(&&name[..]) => {
                continue;
            }
            (OptionKind::Text, OptionValue::Number(_)) if ["missing", "none"].contains(&&name[..]) => continue,
            (OptionKind::Column, OptionValue::Number(n)) if *n >= 1.0 && n.fract() == 0.0 => continue,
            (OptionKind::Column, OptionValue::Text(t)) if !t.is_empty() => continue,
            (OptionKind::Column, _) => format!("a heading or the number of a column: `{name} = 1`"),
            (OptionKind::Text, _) => format!("a string: `{name} = \"...\"`"),
        };
        let message = format!("`{name}` of `{}` cannot take this value", reader.name);
        found.push(Diagnostic::new("E0612", message).at(decl.option_span(name), "").help(format!("it takes {wanted}")));
    }
}

fn splits(decl: &CorpusDecl, found: &mut Vec<Diagnostic>) {
    let train = decl.splits.get(&SplitName::Train);
    if decl.path.is_none() && train.is_none() {
        let message = format!("`{}` has no training data", decl.name);
        let help = format!("give a path or a file: `{}(train = \"train.txt\")`", decl.reader);
        found.push(Diagnostic::new("E0612", message).at(decl.reader_span, "").help(help));
    }
    let file = |s: &SplitSource| match s {
        SplitSource::File(f) => Some(f.clone()),
        SplitSource::Share(_) => None,
    };
    let paths = decl.path.clone().into_iter().chain(decl.splits.values().filter_map(file));
    if paths.into_iter().any(|p| p.trim().is_empty()) {
        let help = format!("name a folder or a file: `{}(\"data/{}\")`", decl.reader, decl.name);
        let fault = Diagnostic::new("E0612", format!("a path of `{}` is empty", decl.name));
        found.push(fault.at(decl.reader_span, "").help(help));
    }
    let mut total = 0.0;
    for (&name, source) in &decl.splits {
        let SplitSource::Share(share) = source else { continue };
        total += share;
        let word = split_word(name);
        if name == SplitName::Train {
            let message = "`split` takes a share of the training examples, so it cannot be the training split";
            let help = "name the file: `train = \"train.txt\"`, and take a share for dev: `dev = split(10%)`";
            found.push(Diagnostic::new("E0612", message).at(decl.reader_span, "").help(help));
        } else if !(*share > 0.0 && *share < 1.0) {
            let message = format!("`{word}` cannot be {}% of the training examples", share * 100.0);
            found.push(
                Diagnostic::new("E0612", message).at(decl.reader_span, "").help(format!("write `{word} = split(10%)`")),
            );
        }
    }
    if total >= 1.0 && !found.iter().any(|f| f.code == "E0612") {
        let message = "the shares of dev and test leave no training examples";
        found.push(Diagnostic::new("E0612", message).at(decl.reader_span, "").help("take less: `dev = split(10%)`"));
    }
}

/// `on x` must name a text (or a list) of the same corpus.
fn axis(decl: &CorpusDecl, field: &FieldDecl) -> Option<Diagnostic> {
    let axis = field.ty.axis().filter(|a| *a != UNREADABLE)?;
    let target = decl.fields.iter().find(|f| f.name == axis);
    let listlike =
        |ty: &FieldType| matches!(ty, FieldType::Other { kind, .. } if ["list", "graph", "?"].contains(&kind.as_str()));
    let text_only = matches!(field.ty, FieldType::Layers { .. } | FieldType::Heads { .. });
    let fits = |ty: &FieldType| ty.is_text() || (!text_only && listlike(ty));
    let kind = if text_only { "text" } else { "text or list" };
    match target {
        Some(t) if fits(&t.ty) => None,
        Some(t) => {
            let texts: Vec<&str> = decl.fields.iter().filter(|f| fits(&f.ty)).map(|f| f.name.as_str()).collect();
            let message = format!("`{axis}` is `{}`, no {kind}", type_word(&t.ty));
            let on_it: Vec<&FieldDecl> = decl.fields.iter().filter(|f| f.ty.axis() == Some(axis)).collect();
            // what several fields call their text is one: it is declared wrong, and said once
            if texts.is_empty() || on_it.len() > 1 {
                let fault = Diagnostic::new("E0613", message).at(t.span, "declared here");
                let fault = on_it.iter().fold(fault, |d, f| d.with(f.span, format!("stands on `{axis}`")));
                let first = on_it.first().is_some_and(|f| f.name == field.name);
                return first.then(|| fault.help(format!("declare it as a text: `{axis}: tokens`")));
            }
            let mut fault = Diagnostic::new("E0613", message).at(field.span, "").with(t.span, "declared here");
            fault.help = texts.first().map(|x| format!("`{}` must refer to a {kind}: `on {x}`", field.name));
            Some(fault)
        }
        None => {
            let texts: Vec<&str> = decl.fields.iter().filter(|f| fits(&f.ty)).map(|f| f.name.as_str()).collect();
            let near = suggest::near(axis, texts.iter().copied());
            // perhaps the name is that of a field that could not be read
            if near.is_empty() && decl.fields.iter().any(|f| f.ty.is_unreadable() || f.name == UNREADABLE) {
                return None;
            }
            let span = field.axis_span.unwrap_or(field.span);
            let mut fault = Diagnostic::new("E0613", format!("`{}` has no field `{axis}`", decl.name)).at(span, "");
            if field.axis_span.is_some() {
                fault = sole(fault, span, &near);
            }
            fault.help = suggest::question(&near).or_else(|| match &texts[..] {
                [] => Some(format!("declare the {kind} first: `{axis}: tokens`")),
                all => Some(format!("its {kind} fields are {}", all.join(", "))),
            });
            Some(fault)
        }
    }
}
