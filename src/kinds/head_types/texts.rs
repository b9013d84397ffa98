//! Heads that give words.

use super::*;

/// `gru(256)`: the decoder and its width.
fn decoder(c: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    if let ast::ExprKind::Call(_, args) = &*a.arg.value.value
        && let Some(first) = args.first()
        && first.name.is_none()
        && let Ok(d) = c.size(&first.value, a.env, "the width of a decoder")
    {
        settings.insert("width", Setting::Int(d as i64));
    }
}

pub(super) const RULES: &[HeadRule] = &[
    HeadRule {
        name: "generate",
        answers: |_| Answers::Words,
        width: |t| open(Letter::Words, t),
        space: "a word for each step",
        chooses: |_| Space::Words,
        option: decoder,
        ports: ports::OF_WRITERS,
        writes: true,
        ..BASE
    },
    HeadRule {
        name: "lm",
        takes: |_| Takes::PastWords,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Words, t),
        space: "the next word for each token",
        chooses: |_| Space::Words,
        ..BASE
    },
    HeadRule {
        name: "mlm",
        takes: |_| Takes::Words,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Words, t),
        space: "a word for each masked token",
        chooses: |_| Space::Words,
        ports: ports::OF_FILLERS,
        ..BASE
    },
    HeadRule {
        name: "denoise",
        takes: |_| Takes::Words,
        answers: |_| Answers::Words,
        width: |t| open(Letter::Words, t),
        space: "a word for each step",
        chooses: |_| Space::Words,
        ports: ports::OF_TEXTS,
        ..BASE
    },
    HeadRule {
        name: "detect",
        takes: |_| Takes::Words,
        answers: |_| Answers::Tokens,
        space: "whether each token was replaced",
        ..BASE
    },
];
