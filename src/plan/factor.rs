//! Factors that may change over training.

use serde::{Deserialize, Serialize};

/// How much something counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// the same in every step
    Fixed(f64),
    /// from one number to another in equal steps, then the other: a function of the step alone
    Anneal {
        /// at the first step of the run
        from: f64,
        /// from step `over` on
        to: f64,
        /// steps
        over: f64,
    },
}

impl Factor {
    /// Its value at a step of the run, counted from 0.
    pub fn at(&self, step: u64) -> f64 {
        match *self {
            Self::Fixed(x) => x,
            Self::Anneal { from, to, over } => from + (to - from) * (step as f64 / over.max(1.0)).min(1.0),
        }
    }
}

impl std::fmt::Display for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(x) => write!(f, "{x}"),
            Self::Anneal { from, to, over } => write!(f, "anneal({from}, {to}, over = {over})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annealing_is_linear_and_ends() {
        let f = Factor::Anneal { from: 1.0, to: 0.0, over: 4.0 };
        assert_eq!([0, 1, 2, 4, 9].map(|s| f.at(s)), [1.0, 0.75, 0.5, 0.0, 0.0]);
        assert_eq!(Factor::Fixed(0.5).at(7), 0.5);
    }
}
