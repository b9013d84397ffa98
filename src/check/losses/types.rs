//! Types of values in a loss.

/// What a distribution ranges over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Space {
    /// the classes of an example, of one label set where it is known
    Classes(Option<usize>),
    /// the classes of each token
    Tags(Option<usize>),
    /// the members of a list
    Members,
    /// stretches of tokens
    Spans,
    /// the tokens of a text
    Tokens,
    /// a vocabulary
    Words,
    /// the values of a latent variable
    Latent(usize),
    /// the bins of a number
    Bins,
    /// cannot be told
    Unknown,
}

impl Space {
    pub(super) fn words(&self) -> &'static str {
        match self {
            Space::Classes(_) => "the classes of an example",
            Space::Tags(_) => "the classes of each token",
            Space::Members => "the members of a list",
            Space::Spans => "stretches of tokens",
            Space::Tokens => "the tokens of a text",
            Space::Words => "the words of a vocabulary",
            Space::Latent(_) => "the values of a latent variable",
            Space::Bins => "the bins of a number",
            Space::Unknown => "something",
        }
    }

    pub(super) fn agrees(&self, other: &Space) -> bool {
        match (self, other) {
            (Space::Unknown, _) | (_, Space::Unknown) => true,
            (Space::Classes(a), Space::Classes(b)) | (Space::Tags(a), Space::Tags(b)) => {
                a.is_none() || b.is_none() || a == b
            }
            (a, b) => a == b,
        }
    }
}

/// The type of a value in a loss.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Scalar,
    /// a figure: known, but without a gradient
    Figure,
    Dist(Space),
    Features,
    /// the weights of so many heads or encoders
    Weights(usize),
    Text,
    Gold(String),
}

impl Ty {
    pub(super) fn a(&self) -> String {
        match self {
            Ty::Scalar => "a number".into(),
            Ty::Figure => "a figure, which has no gradient".into(),
            Ty::Dist(s) => format!("a distribution over {}", s.words()),
            Ty::Features => "features".into(),
            Ty::Weights(1) => "the weights of one alone".into(),
            Ty::Weights(n) => format!("the weights of {n} members"),
            Ty::Text => "a text".into(),
            Ty::Gold(w) => format!("gold of type `{w}`"),
        }
    }
}

/// A typed value.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub ty: Ty,
    /// a gradient flows into it
    pub trains: bool,
    /// tasks that are computed for it
    pub tasks: Vec<usize>,
    /// the value of several members at once
    pub several: bool,
}

impl Term {
    pub(super) fn new(ty: Ty, trains: bool) -> Self {
        Term { ty, trains, tasks: vec![], several: false }
    }
}
