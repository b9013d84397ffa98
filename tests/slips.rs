//! Slips that people make: each is one finding where it stands, whose help says what to write and whose fix mends it.

use crate::recovery::{compile, errors};
use mtlc::diagnostics::Diagnostic;
use std::path::Path;

/// What stands there, what they write, and a part of the help.
type Slip = (&'static str, &'static str, &'static str);

/// In specs of the repository.
#[rustfmt::skip]
const SLIPS: &[(&str, &[Slip])] = &[
    ("hashimoto2017_jmt", &[
        ("train {\n", "train\n", ""),
        ("conllu(\"data/wsj\") ", "conllu(data/wsj) ", ""),
        ("encoder l1 ", "encoder 1l ", ""),
        ("repeat 10 {", "repeat 10", ""),
        ("expect multi_step", "expect: multi_step", ""),
        ("pos.probs", "pos.prob", ""),
        ("stage grow for", "stage for", ""),
        ("tasks t;", "tasks: t;", ""),
    ]),
    ("liu2017_adversarial", &[
        ("for d in [", "for d of [", ""),
        ("label }", "label", ""),
        ("encoder private = ", "private = ", ""),
        ("|> reverse", "|> reversed", ""),
        ("train {", "train:", ""),
        ("objective mean(", "objective avg(", ""),
    ]),
    ("lewis2020_rag", &[
        ("let store =", "let store:", ""),
        ("loss nll =", "loss nll:", ""),
        ("marginal(", "marginalize(", ""),
        ("-> speak.q via", "-> speak.q by", ""),
        ("freeze passage", "freeze: passage", ""),
    ]),
    ("krishna2021_long_form", &[
        ("stage retriever {", "stage retriever", ""),
        ("contrast(infonce)", "contrast infonce", ""),
        ("\"data/eli5\"", "'data/eli5'", ""),
        ("loss none", "loss None", ""),
    ]),
    ("dong2020_injtype", &[
        ("{ batch 32;", "batch 32;", ""),
        ("via embed(32) |> query", "via embed(32) > query", ""),
        ("train gold; test", "train gold, test", ""),
        ("tag   of", "tag", ""),
    ]),
    ("wu2019_duconv", &[
        ("when train", "when training", ""),
        ("loss select =", "select =", ""),
        ("via mix", "via mixx", ""),
        ("kl(posterior.probs, prior.probs)", "kl(posterior.probs prior.probs)", ""),
        ("{ when test }", "{ when tests }", ""),
        ("let f = enc(facts)", "def f = enc(facts)", ""),
        ("choose of duconv.facts", "choose duconv.facts", ""),
    ]),
    ("ruder2017_sluice", &[
        ("by sluice", "sluice", ""),
        ("b@*", "b@", ""),
        ("layers = 3)", "layer = 3)", ""),
    ]),
    ("xu2019b_mt_san", &[
        ("span(iterations = 5)", "span(iterations: 5)", ""),
        ("metric em, f1", "metric em f1", ""),
        ("{d}", "{e}", ""),
    ]),
    ("bekoulis2018_multi_head", &[
        ("\"data/conll04\") {", "\"data/conll04\") [", ""),
        ("words |> bilstm", "words | bilstm", ""),
        ("epochs 60;", "epochs 60.0.1;", ""),
    ]),
    ("clark2018_cvt", &[
        ("view bwd    from", "view bwd   ", ""),
        ("steps 20k }", "steps 20k", ""),
    ]),
    ("aghajanyan2021_muppet", &[
        ("epochs 3 }", "epochs 3", ""),
        ("expect joint", "expects joint", ""),
        ("for p in [", "for p of [", ""),
        ("decay = linear)", "decay = \"linear\")", ""),
    ]),
    ("liu2019_mt_dnn", &[
        ("clip 1\n", "clip True\n", ""),
        ("\"mrpc\"] {", "\"mrpc\"]", ""),
    ]),
    ("caruana1997_multitask", &[
        ("train { batch 32;", "batch 32\ntrain {", ""),
        ("from trunk { weight 0.5 }", "from trunk weight 0.5", ""),
    ]),
];

fn error_list(text: &str) -> Vec<Diagnostic> {
    compile(text).diagnostics.into_iter().filter(Diagnostic::is_error).collect()
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[test]
fn slips_are_one_finding_each_alone_and_together() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/systems");
    let mut wrong = vec![];
    for (name, slips) in SLIPS {
        let right = std::fs::read_to_string(root.join(format!("{name}.mtl"))).unwrap();
        let mut together = right.clone();
        let mut all = vec![];
        for (stands, written, help) in *slips {
            let at = right.find(stands).unwrap_or_else(|| panic!("{name}: `{stands}`"));
            let broken = right.replacen(stands, written, 1);
            let mut say = |what: String| wrong.push(format!("{name}: `{written}` for `{stands}`: {what}"));
            let found = error_list(&broken);
            let [d] = found.as_slice() else {
                say(format!("{found:?}"));
                continue;
            };
            all.push((d.code, d.message.clone()));
            let lines = line(&right, at)..=line(&right, at) + written.matches('\n').count();
            let places = d.primary.iter().chain(&d.secondary).map(|l| line(&broken, l.span.start as usize));
            if !places.clone().any(|l| lines.contains(&l)) {
                say(format!("line {lines:?}, found at {:?}", places.collect::<Vec<_>>()));
            }
            let said = d.help.as_deref().unwrap_or("");
            if !said.contains(help) || help.is_empty() {
                say(format!("help: {said}"));
            }
            if let Some(fix) = &d.fix {
                let mut mended = broken.clone();
                let mut places: Vec<_> = fix.places().collect();
                places.sort_by_key(|p| std::cmp::Reverse(p.start));
                for place in places {
                    mended.replace_range(place.start as usize..place.end as usize, &fix.replacement);
                }
                let left = errors(&mended);
                if !left.is_empty() {
                    say(format!("its fix leaves {left:?}"));
                }
            }
            together = together.replacen(stands, written, 1);
        }
        all.sort();
        let found = errors(&together);
        if found != all {
            wrong.push(format!("{name}: {found:#?}\nfor {all:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
