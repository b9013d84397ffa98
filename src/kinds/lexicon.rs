//! Every word of every list: what the parser asks when it guesses.

use super::optimisers::{OPTIMIZER_COMMON, OPTIMIZERS};
use super::{gradients, heads, layers, probes, samplers, searches, sharing, statements, terms, views, weightings};
use crate::words::{Choice, Row, Takes};
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Every word with arguments, by table.
pub fn choices() -> impl Iterator<Item = &'static Choice> {
    let samplers = samplers::SAMPLERS.iter().map(Row::choice);
    let weightings = weightings::WEIGHTINGS.iter().map(Row::choice);
    let methods = gradients::GRADIENTS.iter().map(Row::choice);
    let changes = views::VIEWS.iter().map(Row::choice);
    let schemes = sharing::SHARES.iter().map(Row::choice);
    let terms = terms::TERMS.iter().map(Row::choice);
    let searches = searches::SEARCHES.iter().map(Row::choice);
    let probes = probes::PROBES.iter().map(Row::choice);
    let others: [&[Choice]; 5] =
        [statements::ANCHORS, statements::KEEPS, statements::REWEIGHTS, statements::CONSTRAINTS, statements::INNERS];
    samplers
        .chain(weightings)
        .chain(methods)
        .chain(changes)
        .chain(searches)
        .chain(probes)
        .chain(schemes)
        .chain(others.into_iter().flatten())
        .chain(terms)
}

/// Whether a word names an argument of a function, a head or a choice that takes a value.
pub fn is_argument(word: &str) -> bool {
    static ALL: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
        let of_choices = choices().flat_map(|c| c.args);
        let of_heads = heads::rows().flat_map(|h| h.args).filter_map(|a| a.value.as_ref()).map(|v| &v.0);
        let of_optimizers = OPTIMIZERS.iter().flat_map(|o| o.settings.iter().map(|a| &a.0)).chain(OPTIMIZER_COMMON);
        let of_functions = layers::functions().flat_map(|f| f.args);
        let all = of_functions.chain(of_heads).chain(of_choices).chain(of_optimizers);
        all.filter(|a| a.takes != Takes::Flag).map(|a| a.name).collect()
    });
    ALL.contains(word)
}

/// Whether a word names an argument that is a list of numbers.
pub fn takes_numbers(word: &str) -> bool {
    let shown = format!("{word} = [");
    let of_choices = choices().flat_map(|c| c.args);
    layers::functions().any(|f| f.example.contains(&shown))
        || of_choices.into_iter().any(|a| a.name == word && matches!(a.takes, Takes::Numbers(_)))
}
