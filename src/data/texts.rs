//! What is odd about the texts of a corpus, and how long texts are cut.

use crate::columns::faults::Faults;
use crate::columns::{Column, Corpus, CorpusDecl, SplitName, words};
use crate::diagnostics::Diagnostic;
use std::collections::{HashMap, HashSet};

/// Keeps the first `n` tokens of each training text, and their labels; says how many texts lose some. What is scored is
/// never cut.
pub(super) fn cut(decl: &CorpusDecl, corpus: &mut Corpus, n: usize) -> Option<Diagnostic> {
    let long = |i: &usize| {
        let longer = |c: &Column| matches!(c, Column::Tokens(v) if v[*i].len() > n);
        corpus.train.columns.iter().any(longer)
    };
    let count = (0..corpus.train.len).filter(long).count();
    corpus.train.columns.iter_mut().for_each(|c| c.cut(n));
    let one = if count == 1 { "is" } else { "are" };
    let message =
        format!("{count} of {} training texts of `{}` {one} cut after {n} tokens", corpus.train.len, decl.name);
    let d = Diagnostic::new("W0612", message).at(decl.option_span("max_tokens"), "dev and test are scored whole");
    (count > 0).then(|| d.help("raise the limit if what is cut matters"))
}

/// W0617: words that are the same but for the form in which Unicode writes their letters.
pub(super) fn forms(decl: &CorpusDecl, corpus: &Corpus, faults: &mut Faults) {
    if decl.options.contains_key("normalize") {
        return;
    }
    for (i, field) in decl.fields.iter().enumerate() {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut words_by_form: HashMap<String, (&str, bool)> = HashMap::new();
        let (mut twice, mut first) = (0usize, None);
        for split in [SplitName::Train, SplitName::Dev, SplitName::Test] {
            let Column::Tokens(texts) = &corpus.split(split).columns[i] else { continue };
            for (example, text) in texts.iter().enumerate() {
                for (token, word) in text.iter().enumerate().filter(|(_, w)| !w.is_ascii()) {
                    if !seen.insert(word) {
                        continue;
                    }
                    let entry = words_by_form.entry(words::composed(word).into_owned()).or_insert((word, false));
                    if entry.0 != word && !entry.1 {
                        entry.1 = true;
                        twice += 1;
                        first.get_or_insert((split, example, token, word));
                    }
                }
            }
        }
        let Some((split, example, token, word)) = first else { continue };
        let some = if twice == 1 { "a word".into() } else { format!("{twice} words") };
        let message = format!("`{}.{}` holds {some} in two forms of Unicode that look alike", decl.name, field.name);
        let d = Diagnostic::new("W0617", message).at(field.span, "to a model they are different words");
        let note = format!("`{word}` stands elsewhere in the other form");
        let place = corpus.places.get(&split).and_then(|p| p.of(i, example, token, &note));
        let d = place.into_iter().fold(d, Diagnostic::data);
        faults.plain(d.help("let the reader write them alike: `normalize = nfc`"));
    }
}
