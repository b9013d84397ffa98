//! Heads that answer for each token, or for pairs of tokens.

use super::*;

fn tag_params(t: &Headed<'_>, h: &Val, k: Dim) -> Vec<SymParam> {
    // of several layers of tags there are R·K columns: that product is made with the plan
    let mut all = linear(t, h, k.clone());
    if on(t.settings, "crf") {
        let zero = InitRule::Fixed(Init::Zeros);
        all.push(param(t, "transitions", vec![k.clone(), k.clone()], zero.clone()));
        all.push(param(t, "start", vec![k.clone()], zero.clone()));
        all.push(param(t, "end", vec![k], zero));
    }
    all
}

fn tag_option(c: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    match a.word {
        "crf" => flag(c, a, settings),
        "per" => {
            settings.insert("per_layer", Setting::Bool(true));
        }
        _ => {}
    }
}

fn tag_gold(head: &Expr, settings: &Settings, ty: &FieldType, field: Span) -> Option<Diagnostic> {
    let per = settings.contains_key("per_layer");
    if matches!(ty, FieldType::Layers { .. }) == per {
        return None;
    }
    let what = "several layers of tags need `tag(per = relation)`, one layer needs `tag`";
    let help = if per { "write `tag`" } else { "write `tag(per = relation)`" };
    let d = differ(head.span, what, "", field, "the target", help);
    let bare = matches!(&*head.value, ast::ExprKind::Name(_));
    Some(match (per, bare, settings.len()) {
        (false, true, _) => d.fix(head.span, "tag(per = relation)", true),
        (true, _, 1) => d.fix(head.span, "tag", true),
        _ => d,
    })
}

pub(super) const RULES: &[HeadRule] = &[
    HeadRule {
        name: "tag",
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        classes: |s| if s.contains_key("per_layer") { Classes::Layers } else { Classes::Gold },
        width: classes,
        space: "a class for each token",
        chooses: |t| Space::Tags(t.labels),
        params: tag_params,
        measures: |_| Some(metrics::TAGS),
        loss: |s| on(s, "crf").then_some("CRF likelihood per token"),
        own_loss: Some("ce"),
        option: tag_option,
        gold: tag_gold,
        ..BASE
    },
    HeadRule {
        name: "relate",
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Relations, t),
        space: "a relation for each pair of tokens",
        ..BASE
    },
    HeadRule {
        name: "parse",
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Tokens, t),
        space: "a governor for each token",
        ..BASE
    },
    HeadRule {
        name: "antecedent",
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Tokens, t),
        space: "an antecedent for each mention",
        ..BASE
    },
    HeadRule {
        name: "transition",
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Actions, t),
        space: "an action for each step",
        ..BASE
    },
    HeadRule {
        name: "span",
        takes: |_| Takes::Passages,
        answers: |_| Answers::Tokens,
        width: |_| Dim::of(2),
        space: "a start and an end",
        chooses: |_| Space::Spans,
        ports: ports::OF_SPANS,
        ..BASE
    },
    HeadRule {
        name: "point",
        takes: |_| Takes::Any,
        answers: |_| Answers::GoldTokens,
        width: |t| open(Letter::Tokens, t),
        space: "a position for each query",
        chooses: |_| Space::Tokens,
        ..BASE
    },
];
