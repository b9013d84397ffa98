//! How a text becomes tokens: one way for the files of a corpus and for what is predicted.

use super::{CorpusDecl, FieldType, OptionValue};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Splits at the word boundaries of Unicode (UAX #29) and drops white space: words keep their inner apostrophes and
/// numbers their decimal points, every other punctuation mark is a token of its own.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_word_bounds().filter(|w| !w.trim().is_empty())
}

/// The tokens of a text that is tokenised already: split at spaces, tabs and line ends. Other white space (U+00A0,
/// U+0085) stays inside tokens, since tag files were aligned to plain spaces.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_ascii_whitespace()
}

/// A form in which Unicode writes letters with marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// one sign for a letter with its mark
    Nfc,
    /// the letter, then its mark
    Nfd,
}

impl Form {
    /// By its name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "nfc" => Some(Form::Nfc),
            "nfd" => Some(Form::Nfd),
            _ => None,
        }
    }
}

/// A text in the form NFC.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// How the texts of a corpus are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextReading {
    lower: bool,
    form: Option<Form>,
}

impl TextReading {
    /// As the options of a declaration say: `lower`, `normalize`.
    pub fn of(decl: &CorpusDecl) -> Self {
        let form = match decl.options.get("normalize") {
            Some(OptionValue::Text(t)) => Form::find(t),
            _ => None,
        };
        Self { lower: matches!(decl.options.get("lower"), Some(OptionValue::Bool(true))), form }
    }

    /// A token, or a text before it is split, in the wanted form and case.
    pub fn token<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = match self.form {
            Some(Form::Nfc) if !text.is_ascii() => Cow::Owned(text.nfc().collect()),
            Some(Form::Nfd) if !text.is_ascii() => Cow::Owned(text.nfd().collect()),
            _ => Cow::Borrowed(text),
        };
        if self.lower { Cow::Owned(text.to_lowercase()) } else { text }
    }

    /// The tokens of a text of a field: words and punctuation of a `text`, what stands between spaces of `tokens`.
    pub fn split(&self, ty: &FieldType, text: &str) -> Vec<String> {
        let text = self.token(text);
        match ty {
            FieldType::Text => words(&text).map(String::from).collect(),
            _ => tokens(&text).map(String::from).collect(),
        }
    }

    /// The tokens of a text that stands as a list of strings: each is split further if the field is a `text`.
    pub fn list<'a>(&self, ty: &FieldType, items: impl Iterator<Item = &'a str>) -> Vec<String> {
        match ty {
            FieldType::Text => items.flat_map(|t| self.split(ty, t)).collect(),
            _ => items.map(|t| self.token(t).into_owned()).collect(),
        }
    }
}

/// A text of no tokens as the models read it: one token that no vocabulary knows, so that it is answered and counts.
pub fn or_empty(tokens: Vec<String>) -> Vec<String> {
    if tokens.is_empty() { vec![String::new()] } else { tokens }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_punctuation_are_tokens() {
        let got: Vec<&str> = words("Don't pay $3.50, @user!  ").collect();
        assert_eq!(got, ["Don't", "pay", "$", "3.50", ",", "@", "user", "!"]);
        assert_eq!(words(" \u{a0} ").count(), 0);
        assert_eq!(tokens("a\u{a0}b  c\u{85}").collect::<Vec<_>>(), ["a\u{a0}b", "c\u{85}"]);
    }

    #[test]
    fn texts_are_normalised_then_folded_then_split() {
        let nfc = TextReading { lower: true, form: Some(Form::Nfc) };
        assert_eq!(nfc.split(&FieldType::Tokens, "Zu\u{308}rich A\u{a0}B"), ["z\u{fc}rich", "a\u{a0}b"]);
        let nfd = TextReading { lower: false, form: Some(Form::Nfd) };
        assert_eq!(nfd.split(&FieldType::Text, "Z\u{fc}rich!"), ["Zu\u{308}rich", "!"]);
        assert_eq!(nfd.list(&FieldType::Tokens, ["\u{fc} x"].into_iter()), ["u\u{308} x"]);
    }
}
