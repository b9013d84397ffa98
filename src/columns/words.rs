//! How a `text` becomes tokens.

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
}
