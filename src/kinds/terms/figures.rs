//! `f1`, `em`, `rouge`, `bleu` of what a task says: rewards.

use super::{Rule, TERM, TermKind};
use crate::words::Takes::Own;
use crate::words::{Arg, Choice, c, must};

const ARGS: &[Arg] = &[must("said", Own), must("gold", Own)];

const fn figure(row: Choice) -> TermKind {
    TermKind { row, rule: Rule::Figure, ..TERM }
}

pub(super) const F1: TermKind = figure(c("f1", ARGS, false, "f1(read.text, qa.answer)"));
pub(super) const EM: TermKind = figure(c("em", ARGS, false, "em(read.text, qa.answer)"));
pub(super) const ROUGE: TermKind = figure(c("rouge", ARGS, false, "rouge(write.text, giga.y)"));
pub(super) const BLEU: TermKind = figure(c("bleu", ARGS, false, "bleu(write.text, mt.tgt)"));
