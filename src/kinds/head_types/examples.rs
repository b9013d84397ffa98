//! Heads that answer once for each example.

use super::*;

fn classify_option(c: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    match a.word {
        "multi" | "san" | "capsule" => flag(c, a, settings),
        "threshold" => {
            if let Some(crate::types::Item::Number(t)) = c.constant(&a.arg.value, a.env) {
                settings.insert(a.word.to_string(), Setting::Real(t));
            }
        }
        _ => {}
    }
}

fn classify_gold(head: &Expr, settings: &Settings, ty: &FieldType, field: Span) -> Option<Diagnostic> {
    let (sets, multi) = (matches!(ty, FieldType::Labels { .. }), settings.contains_key("multi"));
    if settings.contains_key("threshold") && !multi {
        let d = Diagnostic::new("E0223", "`threshold` belongs to `classify(multi)`");
        return Some(d.at(head.span, "chooses the most probable class").help(match sets {
            true => "write `classify(multi, threshold = 0.5)`",
            false => "remove `threshold`",
        }));
    }
    match (sets, multi) {
        (true, false) => {
            let what = "several classes need a multi-label head";
            let help = "write `classify(multi)`";
            let d = differ(head.span, what, "chooses exactly one class", field, "a set of classes", help);
            // options that stand there already are kept
            let bare = matches!(&*head.value, ast::ExprKind::Name(_));
            Some(if bare { d.fix(head.span, "classify(multi)", true) } else { d })
        }
        (false, true) => {
            let what = "one class per example needs no multi-label head";
            let help = "write `classify`, or declare the field as `labels`";
            let d = differ(head.span, what, "chooses a set of classes", field, "one class", help);
            Some(if settings.len() == 1 { d.fix(head.span, "classify", false) } else { d })
        }
        _ => None,
    }
}

fn bins(c: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    let value = &a.arg.value;
    if a.arg.name.is_none() {
        let d = Diagnostic::new("E0229", "`bins` has no number").at(value.span, "");
        c.report(d.help("write `regress(bins = 5)`"));
    } else if let Some(crate::types::Item::Number(n)) = c.constant(value, a.env) {
        settings.insert(a.word.to_string(), Setting::Int(n as i64));
    }
}

pub(super) const RULES: &[HeadRule] = &[
    HeadRule {
        name: "classify",
        // a stochastic answer network attends to the tokens itself
        takes: |s| if on(s, "san") { Takes::Any } else { Takes::Example },
        classes: |_| Classes::Gold,
        width: classes,
        space: "a class",
        chooses: |t| Space::Classes(t.labels),
        params: linear,
        measures: |s| Some(if on(s, "multi") { metrics::SETS } else { metrics::CLASSES }),
        metric: |s| on(s, "multi").then_some("f1"),
        loss: |s| on(s, "multi").then_some("binary cross-entropy"),
        own_loss: Some("ce"),
        option: classify_option,
        gold: classify_gold,
        ..BASE
    },
    HeadRule {
        name: "regress",
        takes: |_| Takes::Example,
        width: |t| t.settings.get("bins").and_then(Setting::as_usize).map_or(Dim::of(1), Dim::of),
        space: "a number",
        chooses: |_| Space::Bins,
        params: linear,
        measures: |_| Some(metrics::REALS),
        loss: |s| s.contains_key("bins").then_some("KL to bins"),
        option: bins,
        ports: ports::OF_NUMBERS,
        ..BASE
    },
    HeadRule {
        name: "bag",
        takes: |_| Takes::Example,
        width: |t| open(Letter::Words, t),
        space: "words of a text",
        chooses: |_| Space::Words,
        ports: ports::OF_BAGS,
        ..BASE
    },
    HeadRule { name: "contrast", takes: |_| Takes::Joined(VIEWS), space: "the matching view", ..BASE },
    HeadRule { name: "energy", takes: |_| Takes::Joined(TRIPLE), space: "how plausible a triple is", ..BASE },
];
