//! Slips that show what was meant: the edit for each.

use super::super::*;
use super::HOLE;
use super::edits::{Edits, Kind};
use super::words::{is_word, option, owns_option, words, words_of};
use crate::kinds::layers;
use crate::kinds::lexicon;
use crate::kinds::statements;
use crate::syntax::recovery::{CLAUSES, callable};

impl Edits<'_> {
    /// Edits for slips that show what was meant; `fixed` are the words and signs that were expected.
    pub(super) fn meant(&mut self, fixed: &[&'static str]) {
        let (f, fault) = (self.at, self.fault);
        self.bare_options();
        self.bare_arguments();
        self.name_of_two_words();
        // `batch 32; 20`
        let setting = fault.rule == Some(Rule::only_attr) && f == self.first && f > 0 && self.word(f - 1) == ";";
        if setting && self.word(f).starts_with(|c: char| c.is_ascii_digit()) {
            self.insert(f, HOLE, Kind::Hole);
        }
        // `tasks t fork`
        let attr = fault.rule == Some(Rule::only_attr) && f > self.first + 1;
        let moved = self.word(f + 1) == ";" && !statements::stands_alone(self.word(f));
        if attr && option(self.word(f)) && !moved && fault.expected().contains(&Rule::EOI) {
            self.put(self.gap(f), "; ", Kind::Part);
        }
        // `let x = let x = ...`
        let word = |k: usize| self.word(self.first + k);
        if crate::words::is_reserved(word(0)) && (0..3).all(|k| word(k) == word(k + 3)) {
            let (from, to) = (self.tokens[self.first + 2].end, self.tokens[self.first + 5].end);
            self.put(from..to, "", Kind::Doubled);
        }
        // `loss a = 0.5 kl(...)`, `kl(...) 0.5`
        let number = |k: usize| self.word(k).starts_with(|c: char| c.is_ascii_digit());
        let product = fault.rule == Some(Rule::only_loss) && f > 0 && fault.expected().contains(&Rule::mul_op);
        if product
            && (number(f) && self.word(f - 1) == ")" || number(f - 1) && is_word(self.word(f)) && self.word(f) != "on")
        {
            self.insert(f, "*", Kind::Insert("*"));
        }
        // `{ tokens x; ... }`
        let ty = |k: usize| crate::words::FIELD_TYPES.iter().any(|t| t.name == self.word(k));
        if fault.rule == Some(Rule::only_field) && f == self.first + 1 && ty(self.first) && !ty(f) && self.operand(f) {
            let by = format!("{}: {}", self.word(f), self.word(self.first));
            self.put(self.tokens[self.first].start..self.tokens[f].end, &by, Kind::Swap);
        }
        // `embed(100), |> lstm(64)`, `-> detect.x, via sample`
        for k in [f, f + 1, f.wrapping_sub(1)] {
            let behind = self.operator(k) || CLAUSES.contains(&self.word(k)) || self.word(k) == "{";
            if k > 0 && k < self.tokens.len() && behind && self.word(k - 1) == "," {
                self.put(self.tokens[k - 1].clone(), " ", Kind::Delete);
            }
        }
        // `of a.b on enc |> max`
        let task = fault.rule == Some(Rule::only_task) && (self.operator(f) || self.word(f) == "(");
        let clause = (self.first..f).rev().find(|&k| task && CLAUSES.contains(&self.word(k)));
        let from = words_of(&self.text[fault.place.clone()]).contains(&"from");
        if let Some(k) = clause.filter(|&k| !from && matches!(self.word(k), "on" | "of")) {
            self.put(self.tokens[k].clone(), "from", Kind::Replace);
        }
        // `by sample` for `via sample`
        if crate::words::is_reserved(self.word(f)) && f > self.first {
            let words = fixed.iter().filter(|w| w.starts_with(char::is_alphabetic));
            words.for_each(|w| self.put(self.tokens[f].clone(), w, Kind::Replace));
        }
        // `warmup = 1k steps`
        let counted = matches!(self.word(f), "steps" | "epochs" | "updates" | "examples") && self.within(f);
        if counted && self.word(f - 1).starts_with(|c: char| c.is_ascii_digit()) {
            self.put(self.tokens[f].clone(), "", Kind::Delete);
        }
        // `"batch" 32`, `a: "tokens"`
        let inner = self.word(f).trim_matches('"');
        if self.word(f).starts_with('"') && is_word(inner) && inner.chars().all(|c| c.is_alphanumeric() || c == '_') {
            self.put(self.tokens[f].clone(), inner, Kind::Unquote);
        }
        // `t.*.f1`
        if f > 0 && self.word(f) == "*" && self.word(f - 1) == "." {
            self.put(self.tokens[f - 1].start..self.tokens[f].end, "[*]", Kind::Sign("[*]"));
        }
        // `sent[*] accuracy`
        let part = is_word(self.word(f)) && !crate::words::is_reserved(self.word(f)) && !option(self.word(f));
        if part && f > 0 && self.word(f - 1) == "]" && fault.expected().contains(&Rule::dot_sign) {
            self.insert(f, ".", Kind::Insert("."));
        }
        // `a.probs -> b.x sample`
        if fault.rule == Some(Rule::only_edge) && layers::function(self.word(f)).is_some() && fixed.contains(&"via") {
            self.insert(f, "via", Kind::Insert("via"));
        }
    }

    /// `adam lr = 1e-3`, `attention enc`, `margin 0.8, 0.2`: arguments without parentheses.
    fn bare_arguments(&mut self) {
        let f = self.at;
        let attr = self.fault.rule == Some(Rule::only_attr);
        // `early_stop patience = 5`
        let of_setting = |k: usize| attr && k == self.first + 1;
        let named = |s: &Self, k: usize| (of_setting(k) || lexicon::is_argument(s.word(k))) && s.word(k + 1) == "=";
        let from = if f > self.first + 1 && named(self, f - 1) { f - 1 } else { f };
        if from <= self.first || self.bracket(from - 1) || !self.operand(from) || option(self.word(from)) {
            return;
        }
        let of = self.word(from - 1);
        let within = self.within(from);
        // `( adam lr = 1e-3)`, `mix(denoise 8)`, `metric em f1`
        let moved = from > 2 && self.word(from - 2) == "(" && !callable(self.word(from.wrapping_sub(3)));
        let rate = within && (layers::function(of).is_none() || lexicon::is_argument(of));
        let ends = self.fault.rule == Some(Rule::only_edge) && !(self.first..f).any(|k| self.word(k) == "via");
        if moved || rate || ends || attr && self.word(self.first) == "metric" {
            return;
        }
        let call = matches!(self.word(from + 1), "(" | ".") || crate::words::is_reserved(self.word(from));
        if !(callable(of) || of_setting(from) && named(self, from)) || call {
            return;
        }
        // `self_attend enc`: a layer reads what is piped into it
        let layer = layers::function(of).is_some_and(|row| {
            let first = row.example.strip_prefix(of).and_then(|rest| rest.strip_prefix('('));
            first.is_none_or(|rest| !rest.starts_with(char::is_alphabetic))
        });
        if layer && !within && is_word(self.word(from)) && !named(self, from) {
            let by = format!("{} |> {of}", self.word(from));
            self.put(self.tokens[from - 1].start..self.tokens[from].end, &by, Kind::Swap);
            return;
        }
        let mut to = from;
        while to < self.tokens.len() && self.tokens[to].end <= self.fault.place.end {
            let ends = match self.word(to) {
                "|>" | "&" | "{" | "}" | ")" | "]" => true,
                word => CLAUSES.contains(&word),
            };
            let goes_on = named(self, from) || !within && (self.word(to - 1) == "," || self.parts(to));
            if ends || to > from && !goes_on {
                break;
            }
            to += 1;
        }
        let range = self.gap(from).start..self.tokens[to - 1].end;
        // weights of tasks stand in a call of their own
        let call = if of == "weights" { " fixed" } else { "" };
        let by = format!("{call}({})", self.text[range.clone()].trim());
        self.put(range, &by, Kind::Arguments);
    }

    /// Whether what stands before a token goes on with it.
    fn parts(&self, k: usize) -> bool {
        matches!(self.word(k), "," | ">" | ">=" | "<" | "<=") || matches!(self.word(k - 1), ">" | ">=" | "<" | "<=")
    }

    /// `{ loss none } on nq`: a clause behind the block.
    pub(super) fn clause_behind_a_block(&mut self) {
        let f = self.at;
        if f == 0 || !CLAUSES.contains(&self.word(f)) || self.word(f - 1) != "}" {
            return;
        }
        let mut depth = 0usize;
        let open = (0..f).rev().find(|&k| {
            match self.word(k) {
                "}" => depth += 1,
                "{" => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some(open) = open else { return };
        let (start, middle) = (self.tokens[open].start, self.tokens[f].start);
        let end = self.text[middle..].find(';').map_or(self.text.len(), |n| middle + n);
        let by = format!("{} {}", self.text[middle..end].trim(), self.text[start..middle].trim());
        self.put(start..end, &by, Kind::Move);
    }

    /// `adam, lr = 1e-3`
    pub(super) fn arguments_behind_a_comma(&mut self) {
        let f = self.at;
        let next = self.word(f + 1);
        if f == 0
            || statements::is_setting(next)
            || !lexicon::is_argument(next)
            || !matches!(self.word(f + 2), "=" | ":")
        {
            return;
        }
        let rest = self.text[self.tokens[f].end..].split([';', '}']).next().unwrap_or("");
        let end = self.tokens[f].end + rest.len();
        if callable(self.word(f - 1)) {
            self.put(self.tokens[f].start..end, &format!("({})", rest.trim()), Kind::Arguments);
        } else if self.word(f - 1) == ")" {
            self.put(self.tokens[f - 1].start..end, &format!(", {})", rest.trim()), Kind::Arguments);
        }
    }

    /// `let intent context = ...`
    fn name_of_two_words(&mut self) {
        let f = self.at;
        let named = matches!(
            self.fault.rule,
            Some(
                Rule::only_let
                    | Rule::only_encoder
                    | Rule::only_data
                    | Rule::only_task
                    | Rule::only_param
                    | Rule::only_loss
            )
        );
        let free = |k: usize| is_word(self.word(k)) && !crate::words::is_reserved(self.word(k));
        if named
            && f == self.first + 2
            && free(f - 1)
            && free(f)
            && matches!(self.word(f + 1), "=" | ":")
            && self.word(f + 2) != "("
        {
            let by = format!("{}_{}", self.word(f - 1), self.word(f));
            self.put(self.tokens[f - 1].start..self.tokens[f].end, &by, Kind::Join);
        }
    }

    /// `from enc weight 0.5; metric f1`: options without braces.
    fn bare_options(&mut self) {
        let owner = matches!(self.fault.rule, Some(Rule::only_task | Rule::only_edge | Rule::only_loss));
        let valued = self.operand(self.at + 1);
        if !owner || !valued || !self.fault.expected().contains(&Rule::l_brace) || !owns_option(self.word(self.at)) {
            return;
        }
        let mut end = self.fault.place.end;
        // those behind a semicolon belong to them
        while let Some(rest) = self.text[end..].trim_start().strip_prefix(';')
            && words(rest).first().is_some_and(|w| owns_option(w))
        {
            let from = self.text.len() - rest.len();
            end = from + rest.find(';').unwrap_or(rest.len());
        }
        let range = self.gap(self.at).start..end;
        let by = format!(" {{ {} }}", self.text[range.clone()].trim());
        self.put(range, &by, Kind::Braces);
    }
}
