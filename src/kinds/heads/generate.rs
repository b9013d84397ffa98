//! A text, word by word.

use super::prelude::*;

pub(super) const GENERATE: HeadKind = HeadKind {
    row: Row {
        args: &[
            Argument::later(may("attention", Word(&["additive", "dot", "dual"])), "attention = additive"),
            Argument::later(may("layers", Number(LAYERS)), "layers = 2"),
            Argument::later(may("copy", Flag), "copy = true"),
            Argument::later(may("fuse", Word(&["gate", "in_decoder"])), "fuse = gate"),
            Argument::word("lstm"),
            Argument::word("gru"),
            Argument::word("transformer"),
            Argument::later(may("t5", Flag), "t5"),
        ],
        later: &["ppl", "bleu", "rouge", "distinct"],
        losses: &["ce"],
        name: "generate",
        golds: &["tokens", "text", "list"],
        metrics: &["ppl", "bleu", "rouge", "f1", "distinct"],
        ports: &["text", "soft", "states"],
        slots: &["init", "memory", "docs"],
        loss: "cross-entropy per token",
        doc: "a text",
        ..ROW
    },
    rule: Rule {
        answers: |_| Answers::Words,
        width: |t| open(Letter::Words, t),
        space: "a word for each step",
        chooses: |_| Space::Words,
        option: decoder,
        ports: ports::OF_WRITERS,
        writes: true,
        ..RULE
    },
    ..HEAD
};

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
