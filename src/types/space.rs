//! What heads choose among.

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
    pub(crate) fn words(&self) -> &'static str {
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

    pub(crate) fn agrees(&self, other: &Space) -> bool {
        match (self, other) {
            (Space::Unknown, _) | (_, Space::Unknown) => true,
            (Space::Classes(a), Space::Classes(b)) | (Space::Tags(a), Space::Tags(b)) => {
                a.is_none() || b.is_none() || a == b
            }
            (a, b) => a == b,
        }
    }
}
