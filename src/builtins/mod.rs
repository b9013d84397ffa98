//! Open sets are tables: every word that the language knows stands here once, with what the checker, `explain`,
//! completion and the reference need. A new head, layer, sampler or optimiser begins with a row.

mod choices;
mod functions;
mod heads;
pub mod numbers;
mod settings;

pub use choices::*;
pub use functions::*;
pub use heads::*;
pub use settings::*;

use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Whether a type of field names a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Axis {
    Needed,
    Optional,
    Never,
}

/// A type of field.
#[derive(Debug)]
pub struct FieldTypeRow {
    /// `tags`
    pub name: &'static str,
    /// whether `on x` follows
    pub axis: Axis,
    /// `on` or `in`
    pub word: &'static str,
    /// whether `<...>` follows
    pub of: bool,
    /// as written
    pub example: &'static str,
    /// one line
    pub doc: &'static str,
}

const fn ty(
    name: &'static str,
    axis: Axis,
    word: &'static str,
    of: bool,
    example: &'static str,
    doc: &'static str,
) -> FieldTypeRow {
    FieldTypeRow { name, axis, word, of, example, doc }
}

/// Types of fields.
pub const FIELD_TYPES: &[FieldTypeRow] = &[
    ty("text", Axis::Never, "on", false, "text", "raw text, split into words and punctuation"),
    ty("tokens", Axis::Never, "on", false, "tokens", "text that is split at spaces, or a list of strings"),
    ty("label", Axis::Never, "on", false, "label", "one class"),
    ty("labels", Axis::Optional, "on", false, "labels", "a set of classes; `labels on docs`: one flag per member"),
    ty("real", Axis::Never, "on", false, "real", "a number"),
    ty("id", Axis::Never, "on", false, "id", "an identifier"),
    ty("vec", Axis::Never, "on", true, "vec<300>", "a vector of numbers"),
    ty("tags", Axis::Needed, "on", false, "tags on x", "one class per token"),
    ty("layers", Axis::Needed, "on", true, "layers<tags> on x", "several layers of tags"),
    ty("heads", Axis::Needed, "on", false, "heads on x", "a dependency tree"),
    ty("span", Axis::Needed, "on", false, "span on x", "one stretch of tokens"),
    ty("spans", Axis::Needed, "on", false, "spans on x", "several stretches of tokens"),
    ty("pairs", Axis::Needed, "on", false, "pairs on x", "labelled pairs of tokens"),
    ty("spanpair", Axis::Needed, "on", false, "spanpair on x", "two stretches of tokens"),
    ty("clusters", Axis::Needed, "on", false, "clusters on x", "coreferent mentions"),
    ty("pointers", Axis::Needed, "on", false, "pointers on y", "one position per token"),
    ty("index", Axis::Needed, "in", false, "index in docs", "the chosen member of a list"),
    ty("graph", Axis::Optional, "on", false, "graph", "nodes and labelled edges"),
    ty("list", Axis::Never, "on", true, "list<tokens>", "passages, candidates, turns"),
];

/// Keywords: no name may be one of them.
pub const KEYWORDS: &[&str] = &[
    "use", "param", "let", "data", "encoder", "task", "share", "loss", "for", "train", "expect", "in", "on", "of",
    "from", "via", "by", "with", "view", "stage", "repeat",
];

/// The tables of words with arguments.
pub const CHOICES: [&[Choice]; 13] = [
    SAMPLERS,
    WEIGHTINGS,
    GRADIENTS,
    SHARES,
    VIEWS,
    ANCHORS,
    KEEPS,
    SEARCHES,
    REWEIGHTS,
    CONSTRAINTS,
    PROBES,
    INNERS,
    LOSS_FUNCTIONS,
];

/// Whether a word names an argument of a function, a head or a choice that takes a value.
pub fn is_argument(word: &str) -> bool {
    static ALL: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
        let of_choices = CHOICES.iter().copied().flatten().flat_map(|c| c.args);
        let of_heads = HEAD_ARGUMENTS.iter().map(|a| &a.0);
        let of_optimizers = OPTIMIZERS.iter().flat_map(|o| o.1.iter().map(|a| &a.0)).chain(OPTIMIZER_COMMON);
        let of_functions = FUNCTIONS.iter().flat_map(|f| f.args);
        let all = of_functions.chain(of_heads).chain(of_choices).chain(of_optimizers);
        all.filter(|a| a.takes != Takes::Flag).map(|a| a.name).collect()
    });
    ALL.contains(word)
}

/// Whether a word names an argument that is a list of numbers.
pub fn takes_numbers(word: &str) -> bool {
    let shown = format!("{word} = [");
    let of_choices = CHOICES.iter().copied().flatten().flat_map(|c| c.args);
    FUNCTIONS.iter().any(|f| f.example.contains(&shown))
        || of_choices.into_iter().any(|a| a.name == word && matches!(a.takes, Takes::Numbers(_)))
}

/// Whether a word is a setting of `train` or of a stage.
pub fn is_setting(word: &str) -> bool {
    SETTINGS.iter().any(|s| s.name == word)
}

/// Whether a word cannot be a name.
pub fn is_reserved(name: &str) -> bool {
    KEYWORDS.contains(&name)
}
