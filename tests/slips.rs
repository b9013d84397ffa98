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
        ("task relate : regress(bins = 5) of sick.score   from match(l4(a) |> max, l4(b) |> max)", "task relate : regress(bins = 5) of sick.score   from match(l4(a) |> max, l4(b) |> max", "add `)`"),
        ("pos.probs    -> l2, l3, l4, l5 via embed(50)", "pos.probs    -> [l2, l3, l4, l5] via embed(50)", "write `l2, l3, l4, l5`"),
        ("  objective entail.accuracy", "  objective = entail.accuracy", "write `objective entail.accuracy`"),
        ("encoder words = embed(100) & chars(ngram, 100)", "encoder words = embed(100) & chars(ngrams, 100)", "did you mean `ngram`?"),
        ("data sick   = tsv(\"data/sick\")          { a: tokens; b: tokens; score: real; verdict: label }", "data sick   = tsv(\"data/sick\")          { a: tokens; b: tokens; score: float; verdict: label }", "did you mean `real`?"),
    ]),
    ("liu2017_adversarial", &[
        ("for d in [", "for d of [", "write `in` for `of`"),
        ("label }", "label", "add `}`"),
        ("encoder private = ", "private = ", "write `let private = ...` or `encoder private = ...`"),
        ("|> reverse", "|> reversed", "did you mean `reverse`?"),
        ("train {", "train:", "write `{` for `:`"),
        ("objective mean(", "objective avg(", "several figures are joined by `mean(...)` or by `+ - * /`"),
        ("  task sent : classify of reviews.y from shared & private", "  task sent : classify reviews.y from shared & private", "write `classify of reviews.y`"),
        ("task domain : classify of reviews[*].source from shared |> reverse(0.05)", "task domain : classify of reviews[*].source from shared > reverse(0.05)", "to pipe the one into the other write `|>`"),
        ("  loss apart = orthogonal(shared, private) * 0.01", "  loss apart = orthogonality(shared, private) * 0.01", "did you mean `orthogonal`?"),
        ("  data reviews = tsv(\"data/fdu-mtl/{d}\") { x: tokens; y: label }", "  data reviews = tsv(\"data/fdu-mtl/{d}\") { x: tokens; y: lable }", "did you mean `label`?"),
    ]),
    ("lewis2020_rag", &[
        ("let store =", "let store:", "write `=`"),
        ("loss nll =", "loss nll:", "write `=`"),
        ("marginal(", "marginalize(", "did you mean `marginal`?"),
        ("-> speak.q via", "-> speak.q by", "write `via` for `by`"),
        ("freeze passage", "freeze: passage", "write `freeze passage`"),
        ("\"models/dpr-passage\"", "'models/dpr-passage'", "write `\"models/dpr-passage\"`"),
        ("passage(wiki.p))", "passage(wiki.p)))", "remove it, or open what it closes"),
        ("on nq         { loss none }", "{ loss none } on nq", "write `on nq { loss none }`"),
        ("nq.a from enc(q)", "nq.a from enc(query)", "its texts are `q`, `a`"),
        ("over = find", "over = retriever", "known here: find, speak"),
        ("freeze passage;", "freeze passages;", "did you mean `passage`?"),
    ]),
    ("krishna2021_long_form", &[
        ("stage retriever {", "stage retriever", "add `{`"),
        ("contrast(infonce)", "contrast infonce", "write `contrast(infonce)`"),
        ("\"data/eli5\"", "'data/eli5'", "write `\"data/eli5\"`"),
        ("loss none", "loss None", "write `none`"),
    ]),
    ("dong2020_injtype", &[
        ("{ batch 32;", "batch 32;", "add `{`"),
        ("via embed(32) |> query", "via embed(32) > query", "to pipe the one into the other write `|>`"),
        ("train gold; test", "train gold, test", "write `;` for `,`, before `test`"),
        ("tag   of", "tag", "write `tag of news.kind`"),
    ]),
    ("wu2019_duconv", &[
        ("when train", "when training", "did you mean `train`?"),
        ("loss select =", "select =", "write `loss select`"),
        ("kl(posterior.probs, prior.probs)", "kl(posterior.probs prior.probs)", "write `posterior.probs, prior.probs`"),
        ("{ when test }", "{ when tests }", "did you mean `test`?"),
        ("let f = enc(facts)", "def f = enc(facts)", "did you mean `let`?"),
        ("choose of duconv.facts", "choose duconv.facts", "write `choose of duconv.facts`"),
        ("let c = enc(context) |> last", "c = enc(context) |> last", "write `let c = ...` or `encoder c = ...`"),
        ("task posterior : choose of duconv.facts from dot(c & (enc(reply) |> last) |> dense(256), f) {", "task posterior : choose of duconv.facts from dot(c & (enc(reply) |> last) |> dense(256), f {", "add `)`"),
        ("posterior.probs -> speak.memory, words via mix(f) { when train }", "posterior.probs -> speak.memory & words via mix(f) { when train }", "write `,` for `&`"),
        ("task words : bag of duconv.reply from c { when train }", "task words : bag of duconv.reply from c { when training }", "did you mean `train`?"),
        ("task speak : generate(gru(256), attention = additive, fuse = gate) of duconv.reply from enc(context) {", "task speak : generate(gru(256), attention = bahdanau, fuse = gate) of duconv.reply from enc(context) {", "known are: additive, dot, dual"),
    ]),
    ("ruder2017_sluice", &[
        ("b@*", "b@", "for example `task slot : tag of atis.slots from enc { metric"),
        ("layers = 3)", "layer = 3)", "did you mean `layers`?"),
        ("optimizer sgd", "optimizer\n    sgd", "write `optimizer sgd(lr = 0.1)` on one line"),
        ("ner: tags on x }", "ner: tags on x )", "write `}` for `)`"),
        ("share a, b by", "share a and b by", "write `,` for `and`"),
        ("epochs 20", "epochs 20min", "for example `epochs 20`"),
        ("encoder b     =", "encoder a     =", "give one of the two another name"),
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
        ("steps 400 }", "steps 400", "add `}`"),
    ]),
    ("aghajanyan2021_muppet", &[
        ("expect joint", "expects joint", "did you mean `expect`?"),
        ("for p in [", "for p of [", "write `in` for `of`"),
    ]),
    ("liu2019_mt_dnn", &[
        ("clip 1\n", "clip True\n", "for example `clip 5`"),
        ("\"mrpc\"] {", "\"mrpc\"]", "add `{`"),
        ("[\"rte\", \"mnli\", \"qqp\", \"mrpc\"]", "\"rte\", \"mnli\", \"qqp\", \"mrpc\"", "write `[\"rte\", \"mnli\", \"qqp\", \"mrpc\"]` for `\"rte\", \"mnli\", \""),
        ("batch 32\n  optimizer", "batch 32  optimizer", "write `;` or a new line before `optimizer`"),
        ("stage together {", "stage together: {", "remove `:`"),
        ("y: real", "y: float", "did you mean `real`?"),
    ]),
    ("caruana1997_multitask", &[
        ("train { batch 32;", "batch 32\ntrain {", "move `batch 32` into the braces of `train`"),
        ("from trunk { weight 0.5 }", "from trunk weight 0.5", "write `{ weight 0.5 }`"),
        ("tsv(\"data/reviews\") {", "tsv(\"data/reviews) {", "close it with `\"` on the same line"),
        ("{ weight 0.5 }", "{ weight: 0.5 }", "write `weight 0.5`"),
        ("classify        of", "clasify        of", "did you mean `classify`?"),
        ("of reviews.aspects ", "of reviews.aspect ", "did you mean `aspects`?"),
    ]),
    ("goo2018_slot_gated", &[
        ("attend(query = enc.last)", "attend(query: enc.last)", "write `=`"),
        ("intent_context & enc.last", "intent_context, enc.last", "write `&` for `,`"),
        ("lr = 1e-3", "lr = 1e-3f", "units are `%`, `k`, `M`, `s`, `min` and `h`; a name begins w"),
        ("enc |> self_attend", "enc |> self_attend |> |> norm", "remove one of them"),
        ("embed(64) |> bilstm(64)", "embed 64 |> bilstm(64)", "write `embed(64)`"),
        ("embed(64) |> bilstm(64)", "embed[64] |> bilstm(64)", "write `embed(64)`"),
        ("embed(64) |> bilstm(64)", "embed(64) |>\n  bilstm(64) |>", "remove the last `|>`, or go on after it"),
        ("tag      of", "tag + crf of", "for example `task slot : tag of atis.slots from enc { metric"),
        ("tag      of", "tag(crf = True) of", "write `true`"),
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
        ("expect joint", "expect join", "did you mean `joint`?"),
        ("enc |> self_attend", "self_attend enc", "write `enc |> self_attend`"),
        ("embed(64) |> bilstm(64)", "bilstm(64)", "embed the words first: `embed(100) |> bilstm(128)`"),
        ("enc |> self_attend", "self_attend(enc)", "write `enc |> self_attend`"),
        ("adam(lr", "Adam(lr", "did you mean `adam`?"),
        ("tags on x = \"seq.out\"", "tags on x = seq.out", "write `\"seq.out\"`"),
        ("let slot_context ", "slot_context ", "write `let slot_context = ...` or `encoder slot_context = .."),
        ("|> bilstm(64)\n", "|> bilstm(64) |>\n", "remove the last `|>`, or go on after it"),
        ("query = enc.last", "query = enc", "pool it: `.last`, `|> mean`"),
        ("embed(64) |> bilstm(64)", "embed（64） |> bilstm(64)", "write `(64)`"),
    ]),
    ("sogaard2016_low_level", &[
        ("expect multi_step", "expect multi-step", "write `multi_step` for `multi-step`"),
        ("data chunks = columns(\"data/conll2000\") { x: tokens; chunk: tags on x }", "data chunks = columns(\"data/conll2000\") { x: tokens chunk: tags on x }", "write `;` or a new line before `chunk`"),
        ("task pos   : tag of wsj.pos      from enc@1", "task pos   : tag of wsj.pos      form enc@1", "did you mean `from`?"),
        ("train { sample random; batch 8; epochs 30; optimizer sgd(lr = 0.1); objective chunk.span_f1 }", "train { sample random; batch 8; epochs 30; optimizer sgd lr=0.1; objective chunk.span_f1 }", "write `sgd(lr=0.1)`"),
        ("task chunk : tag of chunks.chunk from enc@3 { metric span_f1 }", "task chunk : tag of chunks.chunk from enc@4 { metric span_f1 }", "tap 1 to 3 (0 is the input of the first layer)"),
        ("data wsj    = columns(\"data/wsj\")       { x: tokens; pos: tags on x }", "data wsj    = conll(\"data/wsj\")       { x: tokens; pos: tags on x }", "did you mean `conllu`?"),
        ("expect multi_step", "expect multistep", "did you mean `multi_step`?"),
        ("from enc@3", "from enc@4", "tap 1 to 3 (0 is the input of the first layer)"),
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
        ("topic, genre)", "topic, genre])", "remove it, or open what it closes"),
        ("data reviews = tsv", "data reviews : tsv", "write `=`"),
        ("classify of reviews.topic", "regress of reviews.topic", "write `classify`"),
        ("networks = 2", "network = 2", "did you mean `networks`?"),
    ]),
    ("guo2019_autosem", &[
        ("tsv(\"data", "tsv(f\"data", "write `\"data/glue/{g}\"` for `f\"data/glue/{g}\"`"),
        ("stage select {", "stage: select {", "remove `:`"),
        ("1..9", "1–9", "write `..` for `–`"),
    ]),
    ("rei2017_lm_auxiliary", &[
        ("dense(50, tanh)       {", "dense(50, activation: tanh) {", "write `=`"),
        ("objective error.f(0.5)", "objective error.f0.5", "write `f(0.5)` for `f0.5`"),
        ("metric f(0.5) }", "metric f0.5 }", "write `f(0.5)` for `f0.5`"),
        ("train { batch 64; epochs 30; optimizer adadelta; objective error.f(0.5) }", "train { batch 64; epochs 30; optimizer adadelta; objective error.f(0.5) }}", "remove it, or open what it closes"),
        ("task lm    : lm(vocab = 7500) of fce.x     from enc.sides |> dense(50, tanh) { weight 0.1 }", "task lm    : lm(vocab = 7500) of fce.x     from enc |> dense(50, tanh) { weight 0.1 }", "read one direction of the first layer: `enc@1.fwd`, `enc@1.s"),
        ("data fce = columns(\"data/fce\") { x: tokens; error: tags on x }", "data fce = columns(\"data/fce\") { x: tokens; error: tags on y }", "its text or list fields are x"),
        ("expect joint", "except joint", "did you mean `expect`?"),
        ("columns(\"data/fce\")", "columns(“data/fce”)", "write `\"data/fce\"`"),
    ]),
    ("xiao2018_gated", &[
        ("[3, 4, 5]", "(3, 4, 5)", "write `[3, 4, 5]`"),
        ("\"books\", \"dvd\"", "\"books, \"dvd\"", "close it with `\"` on the same line"),
        ("for d in [\"books\", \"dvd\", \"electronics\", \"kitchen\"] {", "for d in (\"books\", \"dvd\", \"electronics\", \"kitchen\") {", "write `[\"books\", \"dvd\", \"electronics\", \"kitchen\"]`"),
        ("for d in [\"books\", \"dvd\", \"electronics\", \"kitchen\"] {", "for d in [\"books\", \"dvd\", \"electronics\", \"kitchen\") {", "write `]` for `)`"),
        ("  encoder own = words |> cnn(100, widths = [3, 4, 5])", "  encoder own = words |> cnn(100, widths = 3, 4, 5)", "write `[3, 4, 5]` for `3, 4, 5`"),
        ("train { sample alternate; batch 32; epochs 20; objective mean(sent[*].accuracy) }", "train { sample alternate, batch 32; epochs 20; objective mean(sent[*].accuracy) }", "write `;` for `,`, before `batch`"),
        ("  data reviews = tsv(\"data/amazon/{d}\") { x: tokens; y: label }", "  data reviews = tsv(\"data/amazon/{domain}\") { x: tokens; y: label }", "family variables here: d"),
        ("  task sent : classify of reviews.y from own |> max", "  task sent : classify of reviews.y from own", "pool over the tokens: `from own |> attend` (or `mean`, `max`"),
    ]),
    ("misra2016_cross_stitch", &[
        ("cross_stitch(", "cross-stitch(", "write `cross_stitch` for `cross-stitch`"),
        ("wsj = columns(\"data/wsj\") { x: tokens; pos", "wsj = columns(\"data/wsj\") { x: tokens pos", "write `;` or a new line before `pos`"),
        ("batch 32; epochs 20", "batch 32, epochs 20", "write `;` for `,`, before `epochs`"),
        ("batch 32; epochs 20", "batch 32 epochs 20", "write `;` or a new line before `epochs`"),
        ("metric span_f1 }", "metric bleu }", "its metrics are: accuracy, sentence_accuracy, span_f1, span_"),
    ]),
    ("qin2020_agif", &[
        ("->", "=>", "write `->` for `=>`"),
        ("enc |> attend {", "enc {", "pool over the tokens: `from enc |> attend` (or `mean`, `max`"),
        ("intent.labels", "intent", "write `intent.probs`, `intent.hidden` or `intent.labels`"),
        ("->", "→", "write `->` for `→`"),
    ]),
    ("zheng2017_hybrid", &[
        ("embed(100) |> bilstm", "embed(100), |> bilstm", "remove `,`"),
        ("expect multi_step", "expect == multi_step", "for example `expect slot.span_f1 >= 85%`"),
        ("widths = [3, 4, 5]", "widths = 3, 4, 5", "write `[3, 4, 5]` for `3, 4, 5`"),
    ]),
    ("devlin2019_bert", &[
        ("expect joint", "assert joint", "did you mean `expect`?"),
        ("1e-4", "10^-4", "write `1e-4` for `10^-4`"),
        ("objective nli.accuracy\n", "objective nli.accuracy,\n", "write `;` for `,`, before `stage`"),
        ("# Masked words", "Masked words", "a comment begins with `#`: `# Masked words ...`"),
        ("from bert |> first\n", "from bert |> first; metric accuracy\n", "declarations are `data`, `encoder`, `let`, `task`, `share`, "),
        ("stage pretrain {", "stage \"pretrain\" {", "write `pretrain`"),
        ("{ a: tokens; b: tokens; y: label }", "{ tokens a; b: tokens; y: label }", "write `a: tokens`"),
        ("{ a: tokens; b: tokens; y: label }", "{ a: \"tokens\"; b: tokens; y: label }", "write `tokens`"),
        ("objective nli.accuracy", "metric accuracy", "the figure that chooses the model is `objective accuracy`"),
        ("mlm(15%)", "mlm(15)", "write `15%`"),
    ]),
    ("clark2020_electra", &[
        ("fill.filled ->", "fill.filled - >", "write `->` for `- >`"),
        ("# A small", "// A small", "write `#` for `//`"),
        ("# A small", "-- A small", "write `#` for `--`"),
        ("heads = 4)", "heads = 3)", "write `heads = 2`"),
    ]),
    ("kendall2018_uncertainty", &[
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
        ("  { metric macro_f1 }\n", "  { metric macro_f1 )\n", "write `}` for `)`"),
    ]),
    ("dong2015_one_to_many", &[
        ("embed(256) |> bigru(256)", "embed(256) |> bigru(256)\n            |> norm |>", "remove the last `|>`, or go on after it"),
        ("{ metric bleu }", "[ metric bleu ]", "write `{ metric bleu }`"),
        ("  data mt = parallel(\"data/europarl.en-{l}\") { src: tokens; tgt: tokens }", "  data mt = paralel(\"data/europarl.en-{l}\") { src: tokens; tgt: tokens }", "did you mean `parallel`?"),
    ]),
    ("vandergoot2021_xsid", &[
        ("\"models/mini-mbert\"", "models/mini-mbert", "write `\"models/mini-mbert\"`"),
        ("metric span_f1; also de }", "metric span_f1 also de }", "write `;` or a new line before `also`"),
        ("mean(slot.span_f1, intent.accuracy)", "(slot.span_f1 + intent.accuracy) / 2)", "remove it, or open what it closes"),
        ("mean(slot.span_f1, intent.accuracy)", "slot.span_f1, intent.accuracy", "write `objective mean(slot.span_f1, intent.accuracy)`"),
    ]),
    ("zhang2019_capsule_nlu", &[
        ("slot.hidden   ->", "slot.hidden   <-", "an arrow begins at its source: `intent -> slot.hidden`"),
        ("~> slot", "-> slot", "write `~>` instead of `->`, or remove `rounds`"),
        ("slot.hidden   ->", "hidden   ->", "known here: intent, slot"),
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
        ("for l in [\"de\", \"fr\", \"ru\"] {", "for l in [\"de\", \"fr\", \"ru\"]:", "write `{` for `:`"),
        ("lines(\"data", "lines(f\"data", "write `\"data/raw.{l}\"` for `f\"data/raw.{l}\"`"),
        ("|> mean |> reverse", "|> reverse", "pool over the tokens: `from enc |> reverse(0.01) |> attend` "),
        ("layers = 2", "n_layers = 2", "did you mean `layers`?"),
        ("dep.las", "dep.accuracy", "its metrics are: las, uas"),
    ]),
    ("mao2020_adaptive", &[
        ("\"mr\",", "\"mr\",,", "remove one of them"),
        (">= 2.77,", "> = 2.77,", "write `>=` for `> =`"),
        ("  epochs 10\n", "  - epochs 10\n", "remove it"),
        ("  \"magazines\", \"software\", \"sports\", \"imdb\", \"mr\",", "  \"magazines\", \"software\", \"sports\", \"imdb\", \"mr,", "close it with `\"` on the same line"),
        ("  constrain domain.loss >= 2.77, augmented_lagrangian(0.1)", "  constrain domain.loss >= 2.77, augmented_lagrange(0.1)", "did you mean `augmented_lagrangian`?"),
    ]),
    ("wang2021a_anil", &[
        ("stage adapt {", "stages adapt {", "did you mean `stage`?"),
        ("tasks sent[\"books\"], sent[\"dvd\"],", "tasks sent[\"books\", \"dvd\"],", "for example `epochs 20`"),
        ("encoder body =", "encoder body -=", "write `= -`"),
        ("task sent : classify of reviews.y from body", "task sent : classify of reviews.y (from body)", "write `from body`"),
        ("task sent : classify of reviews.y from body", "task sent_{d} : classify of reviews.y from body", "write `sent` for `sent_{d}`"),
        ("task sent : classify of reviews.y from body", "task sent[d] : classify of reviews.y from body", "write `sent` for `sent[d]`"),
    ]),
    ("gui2020_mutual", &[
        ("loss mutual", "loss elbo", "give one of the two another name"),
        ("task words     : bag      of yelp.x from topic", "task words     : bow      of yelp.x from topic", "known are: tag, classify, regress, relate, parse, antecedent"),
    ]),
    ("cho2019_mixture_selection", &[
        ("focus.labels ->", "focus.label ->", "did you mean `labels`?"),
        ("objective ask.bleu", "objective ask.belu", "did you mean `bleu`?"),
        ("task focus : tag(mixture = 3, em = hard) of qg.focus from enc { metric f1 }", "task focus : tag(mixture = 3, em = hard) of qg.focus from enc { metric rouge }", "its metrics are: accuracy, sentence_accuracy, span_f1, span_"),
        ("train { batch 64; epochs 20; objective ask.bleu }", "train { batch 64; epochs 20; objective ask.blue }", "did you mean `bleu`?"),
    ]),
    ("fan2018_question_type", &[
        ("vec<2048>", "vec(2048)", "write `<2048>`"),
        ("of vqg.qtype    from", "of vqg.qtype    form", "did you mean `from`?"),
        ("test sample }", "test sampled }", "did you mean `sample`?"),
        ("over = 5k", "over = 5K", "write `5k`"),
    ]),
    ("fifty2021_affinity", &[
        ("regress  of reviews.stars", "regress  on reviews.stars", "a target is named with `of`: write `of reviews.stars`"),
        ("reviews.sentiment from trunk", "reviews.sentiment from trunk from trunk", "keep one of the two"),
        ("of reviews.topic ", "of reviews.topics ", "did you mean `topic`?"),
        ("every = 10", "evry = 10", "did you mean `every`?"),
    ]),
    ("lin2019_transfer_languages", &[
        ("chars(cnn, 50)", "chars(\"cnn\", 50)", "write it without quotes: `cnn`"),
        ("\"it\"] {", "\"it\"]:", "write `{` for `:`"),
        ("objective pos[\"gl\"]", "objective pos.gl", "write `pos[\"gl\"]`"),
    ]),
    ("raffel2020_t5", &[
        ("{ x: tokens }\n\nencoder", "{ x: tokens } encoder", "begin a new line, or remove this"),
        ("text2text/{t}", "text2text/{task}", "family variables here: t"),
        ("  data ex = tsv(\"data/text2text/{t}\") { x: text; y: text }", "  data ex = tsv(f\"data/text2text/{t}\") { x: text; y: text }", "write `\"data/text2text/{t}\"` for `f\"data/text2text/{t}\"`"),
        ("  task t2t : generate(transformer(256, layers = 4)) of ex.y from enc(x) { metric rouge }", "  task t2t : generate(transformer(256, layers = 4)) of ex.y from enc(x) from enc(x) { metric rouge }", "keep one of the two"),
        ("  sample proportional(cap = 300k, temperature = 2)", "  sample proportional(cap = 300K, temperature = 2)", "write `300k`"),
        ("  steps 100k", "  steps 30min", "for example `steps 20k`"),
    ]),
    ("sun2020_adashare", &[
        ("x: tokens; sentiment", "x: tokens sentiment", "write `;` or a new line before `sentiment`"),
        ("curriculum = true", "curriculum = True", "write `true`"),
        ("batch 32", "batch_size 32", "did you mean `batch`?"),
    ]),
    ("wang2021b_kepler", &[
        ("mlm(15%)", "mlm(p = 15)", "write `15%`"),
    ]),
    ("xiong2018_dcn_plus", &[
        ("span on doc ", "span on document ", "its text or list fields are q, doc"),
        ("optimizer adam", "optimizer\nadam", "write `optimizer adam(lr = 1e-3)` on one line"),
        ("loss policy = reinforce(read, reward = f1(read.text, squad.answer), baseline = greedy)\n", "<<<<<<< HEAD\nloss policy = reinforce(read, reward = f1(read.text, squad.answer), baseline = greedy)\n=======\nloss policy = reinforce(read, reward = f1(read.text, squad.answer))\n>>>>>>> no-baseline\n", "keep one of the two sides, and remove the lines of `<<<<<<<`"),
        ("expect joint", "expect: joint", "remove `:`"),
        ("bilstm(100)", "bilstm(hidden = 100)", "known are: d, layers, dropout"),
    ]),
    ("yu2018a_datn", &[
        ("metric jaccard", "metric jacard", "did you mean `jaccard`?"),
        ("* 0.05 on emo", "on emo * 0.05", "`on` stands last: write what belongs to `*` before it"),
    ]),
    ("zeng2020_tri_train", &[
        ("columns(\"data/selected\")", "columns(data/selected\")", "write `\"data/selected\"`"),
        ("ner: tags on x }", "ner: tags(x) }", "write `tags on x`"),
    ]),
    ("long2015_deep_relationship", &[
        ("[3, 4, 5]", "(3, 4, 5)", "write `[3, 4, 5]`"),
        ("[\"books\", \"dvd\", \"electronics\"]", "\"books\", \"dvd\", \"electronics\"", "write `[\"books\", \"dvd\", \"electronics\"]` for `\"books\", \"dvd\","),
        ("dense(64) |> dense(64)", "dense(64) |> dense(64) |>", "remove the last `|>`, or go on after it"),
        ("own[*].weights", "own[*].weight", "name them: `covariance(t[*].weights)`"),
        ("epochs 10", "epoch 10", "did you mean `epochs`?"),
        ("task sent :", "task :", "for example `task slot : tag of atis.slots from enc { metric"),
    ]),
    ("liu2016_recurrent", &[
        ("words |> bilstm", "words |> |> bilstm", "remove one of them"),
        ("gate(shared)", "gate[shared]", "write `gate(shared)`"),
        ("optimizer adadelta", "optimizer \"adadelta\"", "write it without quotes: `adadelta`"),
        ("objective mean", "obejctive mean", "did you mean `objective`?"),
    ]),
    ("song2019_emods", &[
        ("reply: tokens }", "reply: string }", "did you mean `text`?"),
        ("objective mood.accuracy", "metric mood.accuracy", "the figure that chooses the model is `objective mood.accurac"),
        ("lexis; epochs 5", "lexis epochs 5", "write `;` or a new line before `epochs`"),
    ]),
    ("sutskever2014_seq2seq", &[
        ("enc(src)", "enc(source)", "its texts are: src, tgt"),
        ("# Sutskever", "// Sutskever", "write `#` for `//`"),
    ]),
    ("duan2017_qg_for_qa", &[
        ("lines(\"data/web\")", "lines(data/web)", "write `\"data/web\"`"),
        ("encoder words =", "encoder =", "for example `encoder enc = embed(64) |> bilstm(128)`"),
        ("metric map", "metrics map", "did you mean `metric`?"),
        ("stage ask    {", "stage ask:    {", "remove `:`"),
    ]),
    ("kim2020_skt", &[
        ("turns:     list<tokens>", "turns:     list[tokens]", "write `<tokens>`"),
        ("{ when train }", "{ when training }", "did you mean `train`?"),
        ("list<list<tokens>>", "list<list<tokens>", "write `> >`"),
        ("grad straight", "grad straigth", "did you mean `straight`?"),
        ("prior.accuracy", "prior.ppl", "its metrics are: accuracy, em, f1, ndcg, mrr"),
    ]),
    ("yu2022b_dict_bert", &[
        ("jsonl(", "jsonlines(", "the readers are columns, conllu, tsv, csv, jsonl, json, para"),
        ("{ metric matthews }", "{ metric matthews } { metric matthews }", "put what it holds into the first block, or remove it"),
        ("warmup = 10%", "warmup = 1k steps", "remove `steps`"),
    ]),
    ("zheng2017_stated", &[
        ("train {", "train = {", "remove `=`"),
        ("expect joint", "expect \"joint\"", "write `expect joint`, `expect multi_step` or `expect slot.sp"),
        ("task relations : relate(biaffine) of nyt.relations from enc { metric f1 }", "task relations : relate(bilinear) of nyt.relations from enc { metric f1 }", "known are: biaffine, multi, sigmoid"),
        ("expect joint", "expect ner.span_f1 >= 90", "write `90%`"),
    ]),
    ("dinan2019_wizard", &[
        ("knowledge: list<tokens>", "knowledge: list[tokens]", "write `<tokens>`"),
        ("encoder enc = embed(128) |> transformer(128, layers = 2)", "encoder enc = embed(128) |> transformer(128, layers = 2, heads = 3)", "write `heads = 2`"),
        ("select.top(1)", "reply.top(1)", "known are: hidden, logits, probs, labels, text, soft, states"),
        ("epochs 10;", "epochs 10; metric accuracy;", "the figure that chooses the model is `objective accuracy`"),
    ]),
    ("fevry2020_eae", &[
        ("bert@4 { metric", "bert[4] { metric", "for its layer 4 write `bert@4`"),
        ("wiki.entity  from bert@4", "wiki.entity  from bert@9", "tap 1 to 8 (0 is the input of the first layer)"),
        ("adam(lr =", "adam(learning_rate =", "did you mean `lr`?"),
        ("mlm(15%)", "mlm(15)", "write `15%`"),
        ("task link    : tag      of wiki.entity  from bert@4", "task link    : tag      of wiki.entities  from bert@4", "use one of them, or declare it: `entities: tags on x`"),
    ]),
    ("guo2018_soft_layers", &[
        ("copy = true", "copy = True", "write `true`"),
        ("metric rouge", "metric rogue", "did you mean `rouge`?"),
        ("[4, 3, 3]", "[4, 3]", "give one number for each task, in their order"),
        ("\"snli\"] {", "\"snli\"]:", "write `{` for `:`"),
    ]),
    ("lin2018_denoising", &[
        ("task read   : span   of", "task read   : tag    of", "heads for `spans`: span, choose"),
        ("select.probs -> read", "select.prob -> read", "did you mean `probs`?"),
    ]),
    ("nishida2018_retrieve_read", &[
        ("metric recall(5)", "metric recall@5", "write `recall(5)`"),
        ("objective read.f1", "objective read.recall(5)", "its metrics are: em, f1"),
        ("labels on docs", "labels on doc", "did you mean `docs`?"),
    ]),
    ("sun2021_pragmatic_features", &[
        ("objective sent[\"ko\"]", "objective sent[\"kr\"]", "did you mean `ko`?"),
    ]),
    ("wang2018c_evidence", &[
        ("read.top(50) -> rerank", "read.top(50) - > rerank", "write `->` for `- >`"),
        ("loss distant", "loss distance", "did you mean `distant`?"),
    ]),
    ("shen2020_cutoff", &[
        ("translate.view[*]", "translate.views[*]", "did you mean `view`?"),
        ("cutoff(span, 10%)", "cutoff(sentence, 10%)", "known are: token, feature, span"),
        ("tgt: tokens", "target: tokens", "use one of them, or declare it: `tgt: tokens`"),
    ]),
    ("wang2018b_r3", &[
        ("task read : span   of qa.answer from m |> bilstm(100) { loss distant; metric em, f1 }", "task read : span   of qa.answer from m |> bilstm(100) { loss distant; metric [em, f1] }", "write `metric em, f1`, without brackets"),
        ("pick.sample(1) -> read.docs { test top(5) }", "pick.samples(1) -> read.docs { test top(5) }", "did you mean `sample`?"),
        ("loss policy = reinforce(pick, reward = f1(read.text, qa.answer), baseline = mean)", "loss policy = reinforce(pick, reward = f1(read.text, qa.answer), baseline = average)", "did you mean `mean`?"),
        ("  optimizer adamax(lr = 2e-3)", "  optimizer adamax(learning_rate = 2e-3)", "did you mean `lr`?"),
    ]),
    ("yu2022a_kg_fid", &[
        ("train { batch 64; epochs 5; optimizer adamw(lr = 1e-4, warmup = 10%); objective answer.f1 }", "train { batch 64; epochs 5; optimizer adamw(lr = 1e-4, warm_up = 10%); objective answer.f1 }", "did you mean `warmup`?"),
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

/// Programs that look like slips and are none.
#[test]
fn what_only_looks_like_a_slip_is_read_as_it_stands() {
    let data = "data d = tsv(\"d\") { x: tokens; y: tags on x; z: tags on x; c: label }\n";
    let tasks = "encoder enc = embed(8)\ntask a : tag of d.y from enc\ntask b : tag of d.z from enc\n";
    for text in [
        // differences over two lines, in brackets and after an operator
        "train { objective (a.accuracy\n  - b.accuracy) }",
        "train { objective a.accuracy *\n  -b.accuracy * -1 }",
        "train { objective a.accuracy -- b.accuracy }",
        // and of names
        "param p = 3\nparam q = 1\nparam p_q = 4\ntask w : classify of d.c from embed(p-q) |> max",
        "param min = 3\nparam count = 1\ntask w : classify of d.c from embed(8, min_count = min-count) |> max",
        "train { objective a.accuracy-b.accuracy }",
        // names of builtins and of other languages
        "for i in 1..2 { task lm : tag of d.y from enc }\ntrain { objective mean(lm[*].accuracy) + lm[1].accuracy }",
        "encoder f = embed(8)\ntask w : classify of d.c from f |> max",
        "encoder concat = embed(8)\na.probs -> b via concat |> dense(8)",
        "task w : classify of d.c from enc |> max { weight 0.5; metric f(0.5) }",
        // spaces and numbers
        "encoder deep = embed(8) |> bilstm(8)\ntask w : tag of d.y from deep@1. fwd",
        "task w : classify of d.c from enc |> cnn(8, widths = [1,3,5]) |> max",
        "data e = jsonl(\"e\") { s: list<list<tokens>>; k: label = \"k-2\" }",
        "data g = tsv(\"g - 1/10,5/**/x\") { x: tokens; c: label }",
        // comments
        "# <<<<<<< not a conflict\n# -- nor this\n#======= nor that",
    ] {
        let whole = format!("{data}{tasks}{text}\n");
        let found = errors(&whole);
        assert!(found.is_empty(), "{whole}\n{found:?}");
    }
}
