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
        ("train {\n", "train\n", "add `{`"),
        ("conllu(\"data/wsj\") ", "conllu(data/wsj) ", "write `\"data/wsj\"`"),
        ("encoder l1 ", "encoder 1l ", "a name begins with a letter"),
        ("repeat 10 {", "repeat 10", "add `{`"),
        ("expect multi_step", "expect: multi_step", "remove `:`"),
        ("pos.probs", "pos.prob", "did you mean `probs`?"),
        ("stage grow for", "stage for", "write a name before `for`"),
        ("tasks t;", "tasks: t;", "write `tasks t`"),
    ]),
    ("liu2017_adversarial", &[
        ("for d in [", "for d of [", "write `in` for `of`"),
        ("label }", "label", "add `}`"),
        ("encoder private = ", "private = ", "write `let private = ...` or `encoder private = ...`"),
        ("|> reverse", "|> reversed", "did you mean `reverse`?"),
        ("train {", "train:", "write `{` for `:`"),
        ("objective mean(", "objective avg(", "several figures are joined by `mean(...)`"),
    ]),
    ("lewis2020_rag", &[
        ("let store =", "let store:", "write `=`"),
        ("loss nll =", "loss nll:", "write `=`"),
        ("marginal(", "marginalize(", "did you mean `marginal`?"),
        ("-> speak.q via", "-> speak.q by", "write `via` for `by`"),
        ("freeze passage", "freeze: passage", "write `freeze passage`"),
    ]),
    ("krishna2021_long_form", &[
        ("stage retriever {", "stage retriever", "add `{`"),
        ("contrast(infonce)", "contrast infonce", "write `contrast(infonce)`"),
        ("\"data/eli5\"", "'data/eli5'", "write `\"data/eli5\"`"),
        ("loss none", "loss None", "write `none`"),
    ]),
    ("dong2020_injtype", &[
        ("{ batch 32;", "batch 32;", "add `{`"),
        ("via embed(32) |> query", "via embed(32) > query", "write `|>`"),
        ("train gold; test", "train gold, test", "write `;` for `,`, before `test`"),
        ("tag   of", "tag", "write `tag of news.kind`"),
    ]),
    ("wu2019_duconv", &[
        ("when train", "when training", "did you mean `train`?"),
        ("loss select =", "select =", "write `loss select`"),
        ("via mix", "via mixx", "did you mean `mix`?"),
        ("kl(posterior.probs, prior.probs)", "kl(posterior.probs prior.probs)", "write `posterior.probs, prior.probs`"),
        ("{ when test }", "{ when tests }", "did you mean `test`?"),
        ("let f = enc(facts)", "def f = enc(facts)", "did you mean `let`?"),
        ("choose of duconv.facts", "choose duconv.facts", "write `choose of duconv.facts`"),
    ]),
    ("ruder2017_sluice", &[
        ("by sluice", "sluice", "write `b by sluice`"),
        ("b@*", "b@", "for example `task slot : tag of atis.slots from enc { metric"),
        ("layers = 3)", "layer = 3)", "did you mean `layers`?"),
    ]),
    ("xu2019b_mt_san", &[
        ("span(iterations = 5)", "span(iterations: 5)", "write `=`"),
        ("{d}", "{e}", "family variables here: d"),
    ]),
    ("bekoulis2018_multi_head", &[
        ("\"data/conll04\") {", "\"data/conll04\") [", "write `{` for `[`"),
        ("words |> bilstm", "words | bilstm", "write `|>` for `|`"),
        ("epochs 60;", "epochs 60.0.1;", "a number has one point: `0.5`"),
    ]),
    ("clark2018_cvt", &[
        ("steps 20k }", "steps 20k", "add `}`"),
    ]),
    ("aghajanyan2021_muppet", &[
        ("epochs 3 }", "epochs 3", "add `}`"),
        ("expect joint", "expects joint", "did you mean `expect`?"),
        ("for p in [", "for p of [", "write `in` for `of`"),
    ]),
    ("liu2019_mt_dnn", &[
        ("clip 1\n", "clip True\n", "for example `clip 5`"),
        ("\"mrpc\"] {", "\"mrpc\"]", "add `{`"),
    ]),
    ("caruana1997_multitask", &[
        ("train { batch 32;", "batch 32\ntrain {", "move `batch 32` into the braces of `train`"),
        ("from trunk { weight 0.5 }", "from trunk weight 0.5", "write `{ weight 0.5 }`"),
    ]),
    ("goo2018_slot_gated", &[
        ("attend(query = enc.last)", "attend(query: enc.last)", "write `=`"),
        ("{ metric span_f1 }", "{ metric: span_f1 }", "write `metric span_f1`"),
        ("intent_context & enc.last", "intent_context, enc.last", "write `&` for `,`"),
        ("lr = 1e-3", "lr = 1e-3f", "units are `%`, `k`, `M`, `s`, `min` and `h`; a name begins w"),
        ("enc |> self_attend", "enc |> self_attend |> |> norm", "remove one of them"),
        ("embed(64) |> bilstm(64)", "embed 64 |> bilstm(64)", "write `embed(64)`"),
        ("embed(64) |> bilstm(64)", "embed[64] |> bilstm(64)", "write `embed(64)`"),
        ("embed(64) |> bilstm(64)", "embed(64) |>\n  bilstm(64) |>", "remove the last `|>`"),
        ("embed(64) |> bilstm(64)", "embed（64） |> bilstm(64)", "write `(64)`"),
        ("tag      of", "tag + crf of", "for example `task slot : tag of atis.slots from enc { metric"),
        ("tag      of", "tag(crf = True) of", "write `true`"),
        ("optimizer adam(lr = 1e-3)", "optimizer adam(lr = 1e-3", "add `)`"),
        ("optimizer adam(lr = 1e-3)", "optimizer adam { lr = 1e-3 }", "write `adam(lr = 1e-3)`"),
        ("optimizer adam(lr = 1e-3)", "optimizer adam lr=1e-3", "write `adam(lr=1e-3)`"),
        ("optimizer adam(lr = 1e-3)", "optimizer adam(lr = 1e-3, weight-decay = 0.01)", "write `weight_decay` for `weight-decay`"),
        ("optimizer adam(lr = 1e-3)", "optimizer adam(lr = 0,001)", "write `0.001` for `0,001`"),
        ("task slot   :", "task slot-filling :", "write `slot_filling` for `slot-filling`"),
        ("let intent_context =", "let intent context =", "write `intent_context`"),
        ("let intent_context = enc", "let intent_context := enc", "write `=`"),
        ("task intent : classify of atis.intent from intent_context & enc.last", "task intent: classify of atis.intent, from intent_context & enc.last", "remove `,`"),
        ("task intent : classify of atis.intent from intent_context & enc.last", "task intent : classify for atis.intent from intent_context & enc.last", "write `of` for `for`"),
        ("expect joint", "expect intent.accuracy > 90 %", "write `90%` for `90 %`"),
        ("expect joint", "expect intent.accuracy => 90%", "write `>=` for `=>`"),
        ("expect joint", "expect intent.accuracy = 90%", "write `==`"),
        ("expect joint", "expect: joint", "remove `:`"),
    ]),
    ("sogaard2016_low_level", &[
        ("expect multi_step", "expect multi-step", "write `multi_step` for `multi-step`"),
    ]),
    ("sanh2019_hmtl", &[
        ("steps 20k", "steps 20K", "write `20k`"),
    ]),
    ("luong2016_seq2seq", &[
        ("lines(\"data/mono.en\")", "lines('data/mono.en')", "write `\"data/mono.en\"`"),
        ("steps 50k", "steps 50,000", "write `50000` for `50,000`"),
    ]),
    ("standley2020_groups", &[
        ("networks = 2", "networks == 2", "write `=`"),
        ("epochs 10;", "epochs = 10;", "write `epochs 10`"),
        ("topic, genre)", "topic, genre])", "remove it, or open what it closes"),
    ]),
    ("guo2019_autosem", &[
        ("tsv(\"data", "tsv(f\"data", "write `\"data/glue/{g}\"` for `f\"data/glue/{g}\"`"),
        ("stage select {", "stage: select {", "remove `:`"),
        ("tasks(utility > 0.5)", "tasks utility > 0.5", "write `tasks(utility > 0.5)`"),
        ("1..9", "1–9", "write `..` for `–`"),
    ]),
    ("rei2017_lm_auxiliary", &[
        ("dense(50, tanh)       {", "dense(50, activation: tanh) {", "write `=`"),
        ("objective error.f(0.5)", "objective error.f0.5", "write `f(0.5)` for `f0.5`"),
        ("columns(\"data/fce\")", "columns(“data/fce”)", "write `\"data/fce\"`"),
        ("metric f(0.5) }", "metric f0.5 }", "write `f(0.5)` for `f0.5`"),
    ]),
    ("xiao2018_gated", &[
        ("[3, 4, 5]", "(3, 4, 5)", "write `[3, 4, 5]`"),
        ("\"books\", \"dvd\"", "\"books, \"dvd\"", "close it with `\"` on the same line"),
        ("for d in [\"books\", \"dvd\", \"electronics\", \"kitchen\"] {", "for d in (\"books\", \"dvd\", \"electronics\", \"kitchen\") {", "write `[\"books\", \"dvd\", \"electronics\", \"kitchen\"]`"),
    ]),
    ("misra2016_cross_stitch", &[
        ("cross_stitch(", "cross-stitch(", "write `cross_stitch` for `cross-stitch`"),
        ("wsj = columns(\"data/wsj\") { x: tokens; pos", "wsj = columns(\"data/wsj\") { x: tokens pos", "write `;` or a new line before `pos`"),
        ("batch 32; epochs 20", "batch 32, epochs 20", "write `;` for `,`, before `epochs`"),
        ("batch 32; epochs 20", "batch 32 epochs 20", "write `;` or a new line before `epochs`"),
    ]),
    ("qin2020_agif", &[
        ("->", "=>", "write `->` for `=>`"),
        ("->", "→", "write `->` for `→`"),
    ]),
    ("zheng2017_hybrid", &[
        ("embed(100) |> bilstm", "embed(100), |> bilstm", "remove `,`"),
        ("expect multi_step", "expect == multi_step", "for example `expect slot.span_f1 >= 85%`"),
    ]),
    ("devlin2019_bert", &[
        ("words, next;", "words and next;", "write `,` for `and`"),
        ("expect joint", "assert joint", "did you mean `expect`?"),
        ("1e-4", "10^-4", "write `1e-4` for `10^-4`"),
        ("objective nli.accuracy\n", "objective nli.accuracy,\n", "write `;` for `,`, before `stage`"),
        ("# Masked words", "Masked words", "a comment begins with `#`: `# Masked words ...`"),
        ("from bert |> first\n", "from bert |> first; metric accuracy\n", "declarations are `data`, `encoder`, `let`, `task`, `share`, "),
        ("stage pretrain {", "stage \"pretrain\" {", "write `pretrain`"),
        ("{ a: tokens; b: tokens; y: label }", "{ tokens a; b: tokens; y: label }", "write `a: tokens`"),
        ("{ a: tokens; b: tokens; y: label }", "{ a: \"tokens\"; b: tokens; y: label }", "write `tokens`"),
    ]),
    ("clark2020_electra", &[
        ("fill.filled ->", "fill.filled - >", "write `->` for `- >`"),
        ("# A small", "// A small", "write `#` for `//`"),
        ("# A small", "-- A small", "write `#` for `--`"),
    ]),
    ("kendall2018_uncertainty", &[
        ("data reviews", "dataset reviews", "did you mean `data`?"),
        ("embed(64) |> bilstm", "embed(64) -> bilstm", "write `|>` for `->`"),
        ("tsv(\"data/reviews\")", "tsv(\"data/reviews)", "close it with `\"` on the same line"),
        ("train { ", "train = { ", "remove `=`"),
        ("train { ", "train: { ", "remove `:`"),
    ]),
    ("duong2015_parsers", &[
        ("enc[\"en\"], enc[\"de\"] by", "enc[\"en\"] & enc[\"de\"] by", "for example `share a, b by l2(1e-3)`"),
        ("\"data/ud/{l}\"", "\"data/ud/\" + l", "write `\"data/ud/{l}\"` for `\"data/ud/\" + l`"),
        ("\"en\", \"de\"]", "\"en\", \"de\")", "write `]` for `)`"),
    ]),
    ("yu2020b_contexts", &[
        ("vec<128>", "vec(128)", "write `<128>`"),
        ("let q = enc", "q = enc", "write `let q = ...` or `encoder q = ...`"),
        ("cited:     tokens", "\"cited\":   tokens", "write `cited`"),
        ("& (paper", "&& (paper", "write `&` for `&&`"),
        ("  { metric macro_f1 }\n", "  { metric macro_f1 )\n", "write `}` for `)`"),
    ]),
    ("dong2015_one_to_many", &[
        ("embed(256) |> bigru(256)", "embed(256) |> bigru(256)\n            |> norm |>", "remove the last `|>`"),
        ("{ metric bleu }", "[ metric bleu ]", "write `{ metric bleu }`"),
        ("translate[*].bleu", "translate.*.bleu", "write `[*]` for `.*`"),
    ]),
    ("vandergoot2021_xsid", &[
        ("\"models/mini-mbert\"", "models/mini-mbert", "write `\"models/mini-mbert\"`"),
        ("metric span_f1; also de }", "metric span_f1 also de }", "write `;` or a new line before `also`"),
        ("mean(slot.span_f1, intent.accuracy)", "(slot.span_f1 + intent.accuracy) / 2)", "remove it, or open what it closes"),
    ]),
    ("zhang2019_capsule_nlu", &[
        ("tags on x = \"seq.out\"", "tags on x: \"seq.out\"", "write `=` for `:`"),
        ("slot.hidden   ->", "slot.hidden   <-", "an arrow begins at its source: `intent -> slot.hidden`"),
    ]),
    ("tang2017_dual", &[
        ("answer.logp) * 0.1", "answer.logp) ** 0.1", "remove one of them"),
    ]),
    ("ahmad2019_unlabelled", &[
        ("union(en, raw[*])", "union[en, raw[*]]", "write `union(en, raw[*])`"),
        ("data raw = lines(\"data/raw.{l}\")", "data raw = lines(\"data/raw.\" {l})", "write `\"data/raw.{l}\"` for `\"data/raw.\" {l}`"),
        ("\"data/raw.{l}\"", "\"data/raw.${l}\"", "write `{l}`"),
        ("\"data/raw.{l}\"", "\"data/raw.%s\" % l", "write `\"data/raw.{l}\"` for `\"data/raw.%s\" % l`"),
        ("\"data/raw.{l}\"", "\"data/raw.{}\".format(l)", "write `\"data/raw.{l}\"` for `\"data/raw.{}\".format(l)`"),
        ("tree: heads on x }", "tree: heads on x }}", "remove it, or open what it closes"),
        ("for l in [\"de\", \"fr\", \"ru\"] {", "for l in [\"de\", \"fr\", \"ru\"]:", "write `{` for `:`"),
    ]),
    ("mao2020_adaptive", &[
        ("\"mr\",", "\"mr\",,", "remove one of them"),
        (">= 2.77,", "> = 2.77,", "write `>=` for `> =`"),
        ("  epochs 10\n", "  - epochs 10\n", "remove it"),
    ]),
    ("wang2021a_anil", &[
        ("stage adapt {", "stages adapt {", "did you mean `stage`?"),
        ("tasks sent[\"books\"], sent[\"dvd\"],", "tasks sent[\"books\", \"dvd\"],", "for example `epochs 20`"),
        ("encoder body =", "encoder body -=", "write `= -`"),
        ("task sent : classify of reviews.y from body", "task sent : classify of reviews.y (from body)", "write `from body`"),
        ("task sent : classify of reviews.y from body", "task sent_{d} : classify of reviews.y from body", "write `sent` for `sent_{d}`"),
        ("task sent : classify of reviews.y from body", "task sent[d] : classify of reviews.y from body", "write `sent` for `sent[d]`"),
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
        let mut taken = vec![];
        for (stands, written, help) in *slips {
            let at = right.find(stands).unwrap_or_else(|| panic!("{name}: `{stands}`"));
            let broken = right.replacen(stands, written, 1);
            let mut say = |what: String| wrong.push(format!("{name}: `{written}` for `{stands}`: {what}"));
            let found = error_list(&broken);
            let [d] = found.as_slice() else {
                say(format!("{found:?}"));
                continue;
            };
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
            // a slip on each line, together
            let here: Vec<usize> = (line(&right, at)..=line(&right, at + stands.len())).collect();
            if here.iter().all(|l| !taken.contains(l)) {
                taken.extend(here);
                let shift = together.len() as isize - right.len() as isize;
                together = match together
                    .match_indices(stands)
                    .map(|m| m.0)
                    .find(|m| line(&together, *m) >= line(&right, at))
                {
                    Some(m) if shift.abs() < 1000 => [&together[..m], written, &together[m + stands.len()..]].concat(),
                    _ => continue,
                };
                all.push((d.code, d.message.clone()));
            }
        }
        all.sort();
        let found = errors(&together);
        if found != all {
            wrong.push(format!("{name}: {found:#?}\nfor {all:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
