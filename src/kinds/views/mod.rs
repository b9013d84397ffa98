//! Views: what `view ... with` does to the input of a task. A view is a file with its row, and a line of [`VIEWS`]; what it puts
//! into a graph is a layer of `kinds::layers`.

mod cutoff;
mod mask;
mod perturb;

use crate::words::{Choice, Row};

/// A change of the input.
#[derive(Debug)]
pub struct View {
    /// the word and its arguments
    pub row: Choice,
    /// what is changed
    pub changes: Changes,
    /// the layer that stands there
    pub layer: &'static str,
}

/// What a view changes: all that depends on it is computed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// the words of a text
    Words,
    /// the first vectors that are made of the words of a text
    Vectors,
    /// the value of the encoder that this argument names
    Encoder(&'static str),
}

/// Views on a changed input.
pub static VIEWS: &[View] = &[cutoff::CUTOFF, mask::MASK, perturb::PERTURB];

/// The row of a view.
pub fn find(name: &str) -> Option<&'static View> {
    VIEWS.iter().find(|v| v.row.name == name)
}

impl Row for View {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "train")]
    #[test]
    fn every_view_has_its_layer() {
        use crate::kinds::layers;
        for v in super::VIEWS {
            assert!(v.row.runs && layers::built().any(|l| l.name == v.layer), "{}", v.row.name);
        }
    }
}
