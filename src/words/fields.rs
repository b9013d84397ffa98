//! Types of fields.

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
