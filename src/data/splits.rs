//! Splits that share examples: what is learned, chosen by and judged by must not be the same.

use crate::columns::faults::Faults;
use crate::columns::{Column, Corpus, CorpusDecl, FieldType, Split, SplitName};
use crate::diagnostics::Diagnostic;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Smaller splits hold the same by chance.
const FEWEST: usize = 10;

/// W0609: more than half of dev or test stands in another split, word for word with its golds.
pub(super) fn overlap(decl: &CorpusDecl, corpus: &Corpus, faults: &mut Faults) {
    if [&corpus.dev, &corpus.test].iter().all(|s| s.len < FEWEST) {
        return;
    }
    let [train, dev, test] = [&corpus.train, &corpus.dev, &corpus.test].map(|s| fingerprints(decl, s));
    let known = |of: &[u64]| of.iter().copied().collect::<HashSet<u64>>();
    let in_train = known(&train);
    let mut report = |(split, name): (&[u64], SplitName), (whole, other): (&HashSet<u64>, SplitName), why: &str| {
        let n = split.iter().filter(|h| whole.contains(h)).count();
        if split.len() < FEWEST || n * 2 <= split.len() {
            return false;
        }
        let message =
            format!("{n} of the {} {name} examples of `{}` are {} examples too", split.len(), decl.name, said(other));
        let d = Diagnostic::new("W0609", message).at(decl.reader_span, why);
        faults.plain(
            d.help(format!("give it a split of its own: files without common examples, or `{name} = split(10%)`")),
        );
        true
    };
    let seen = "what was learned by heart counts as right";
    let learned = [(&dev, SplitName::Dev), (&test, SplitName::Test)]
        .map(|(split, name)| report((split, name), (&in_train, SplitName::Train), seen));
    if learned == [false, false] {
        report((&test, SplitName::Test), (&known(&dev), SplitName::Dev), "what chooses the model then judges it");
    }
}

fn said(split: SplitName) -> String {
    if split == SplitName::Train { "training".into() } else { split.to_string() }
}

/// Of each example, of all fields but identifiers.
fn fingerprints(decl: &CorpusDecl, split: &Split) -> Vec<u64> {
    let columns: Vec<&Column> =
        decl.fields.iter().zip(&split.columns).filter(|(f, _)| f.ty != FieldType::Id).map(|(_, c)| c).collect();
    let one = |i: usize| {
        let mut hash = DefaultHasher::new();
        columns.iter().for_each(|c| feed(c, i, &mut hash));
        hash.finish()
    };
    (0..split.len).map(one).collect()
}

fn feed(column: &Column, i: usize, hash: &mut DefaultHasher) {
    match column {
        Column::Tokens(v) => v[i].hash(hash),
        Column::Lengths(v) => v[i].hash(hash),
        Column::Label(v) => v[i].hash(hash),
        Column::Labels(v) | Column::Tags(v) => v[i].hash(hash),
        Column::Real(v) => v[i].map(f64::to_bits).hash(hash),
        Column::Vector(v) => v[i].iter().flatten().for_each(|x| x.to_bits().hash(hash)),
        Column::Layers(v) => v[i].hash(hash),
        Column::Heads(v) => v[i].hash(hash),
        Column::Pairs(v) => v[i].hash(hash),
        Column::Json(v) => v[i].as_ref().map(ToString::to_string).hash(hash),
    }
}
