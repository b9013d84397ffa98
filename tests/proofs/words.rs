//! Language models: what they see, what they learn, and the systems of the survey that train them.

use super::world::{Dice, Sentence, World, sentences, values_of};
use mtlc::columns::SplitName;
use mtlc::plan::{Op, Phase};

/// The states from which a head predicts, by example.
fn states(w: &World, spec: &str, task: &str) -> Vec<Vec<Vec<f64>>> {
    let r = w.build(spec);
    let t = r.task(task);
    r.forward("d", Phase::Test, &[task], 0.0, |_, job, values, _| {
        let head = job.graph.tasks.iter().find(|g| g.task == t).unwrap().head;
        let input = job.graph.nodes[head].inputs[0];
        let mut rows = values_of(values[input].as_ref().unwrap()).into_iter();
        let split = r.examples.split(r.corpus("d"), SplitName::Train).unwrap();
        split.lengths.iter().map(|n| rows.by_ref().take(*n as usize).collect()).collect()
    })
}

/// Two texts that differ in one word: before it the one half is the same, behind it the other.
#[test]
fn no_direction_sees_the_word_that_it_predicts() {
    let w = World::new();
    w.columns("d", [&sentences(&["a b c d e", "a b x d e"]), &[], &[]]);
    let spec = |from: &str| {
        format!(
            "data d = columns(\"d\") {{ x: tokens = 1 }}\nencoder enc = embed(6) |> bilstm(6)\n\
             task lm : lm of d.x from {from}\ntrain {{ epochs 1 }}\n"
        )
    };
    for from in ["enc.sides", "enc.sides |> dense(4, tanh)", "enc.sides |> dense(6) |> dense(4)"] {
        let [a, b] = <[_; 2]>::try_from(states(&w, &spec(from), "lm")).unwrap();
        let d = a[0].len() / 2;
        for (t, (a, b)) in a.iter().zip(&b).enumerate() {
            assert_eq!(a[..d] == b[..d], t < 2, "{from}: forwards at {t}");
            assert_eq!(a[d..] == b[d..], t > 2, "{from}: backwards at {t}");
        }
    }
    for (from, told) in [
        ("enc.sides |> norm", "E0504"),
        ("enc.sides & enc.sides", "E0504"),
        ("enc.fwd |> shift(-1)", "E0504"),
        ("enc.sides |> shift(1)", "E0504"),
        ("enc", "E0504"),
    ] {
        assert!(w.refused(&spec(from)).contains(told), "{from}");
    }
    let arrow = "data d = columns(\"d\") { x: tokens = 1; t: tags on x = 1 }\nencoder enc = embed(6) |> bilstm(6)\n\
                 task tag : tag of d.t from enc\ntask lm : lm of d.x from enc.fwd\ntag.probs -> lm\n";
    assert!(w.refused(arrow).contains("E0504"));
}

/// Text in which a word depends on the two before it, and on one of them alone not at all: after u and v the word
/// 2u + v + 1 (mod 4) comes with a probability of 0.7, each other one with 0.1; after each word the text ends with 0.05.
fn markov(n: usize, seed: u64) -> Vec<Sentence> {
    let mut dice = Dice::new(seed);
    let mut text = || {
        let (mut u, mut v) = (0, dice.roll(4));
        let mut words = vec![v];
        while dice.roll(100) >= 5 {
            let likely = (2 * u + v + 1) % 4;
            let next = if dice.roll(10) < 7 { likely } else { (likely + 1 + dice.roll(3)) % 4 };
            (u, v) = (v, next);
            words.push(next);
        }
        words.into_iter().map(|w| vec![["p", "q", "r", "s"][w].to_string()]).collect()
    };
    (0..n).map(|_| text()).collect()
}

/// H = H(0.05) + 0.95 (0.7 ln 1/0.7 + 0.3 ln 10) = 1.092 nats a word: a perplexity of 2.98. Who knows no word before
/// has one of exp(H(0.05) + 0.95 ln 4) = 4.55.
#[test]
fn perplexity_comes_near_the_entropy_of_the_text() {
    let w = World::new();
    w.columns("d", [&markov(400, 1), &markov(60, 2), &markov(120, 3)]);
    let spec = "data d = columns(\"d\") { x: tokens = 1 }
encoder enc = embed(12) |> lstm(32)
encoder back = embed(12) |> bilstm(32)
task lm : lm of d.x from enc
task both : lm of d.x from back.sides |> dense(16, tanh)
train { batch 16; epochs 20; optimizer adam(lr = 1e-2); objective lm.ppl }
";
    let trained = w.build(spec).train(1);
    let ppl = trained.test("lm");
    assert!((2.85..3.25).contains(&ppl), "{ppl}");
    // backwards the text is no easier than for who knows one word
    let both = trained.test("both");
    assert!((2.85..4.6).contains(&both), "{both}");
}

/// Rare words are one class, and the most frequent ones are kept.
#[test]
fn the_vocabulary_is_as_large_as_is_said() {
    let w = World::new();
    w.columns("d", [&sentences(&["a a a b b c", "a b d"]), &sentences(&["a z"]), &[]]);
    let of = |head: &str| {
        let r = w.build(&format!(
            "data d = columns(\"d\") {{ x: tokens = 1 }}\ntask lm : {head} of d.x from embed(4) |> lstm(4)\n"
        ));
        let classes = r.plan.labels[0].classes.clone();
        assert_eq!(r.plan.params.iter().find(|p| p.name == "lm.out.weight").unwrap().shape, [4, classes.len()]);
        classes
    };
    assert_eq!(of("lm"), ["<unknown>", "<end>", "a", "b"]);
    assert_eq!(of("lm(vocab = 3)"), ["<unknown>", "<end>", "a", "b", "c"]);
    assert_eq!(of("lm(vocab = 1)"), ["<unknown>", "<end>", "a"]);
    // nothing of the scores of all words stands between two nodes
    let r = w.build("data d = columns(\"d\") { x: tokens = 1 }\ntask lm : lm of d.x from embed(4) |> lstm(4)\n");
    let heads = r.values("d", Phase::Train, &["lm"], 0.0, |op| matches!(op, Op::Head { .. }));
    assert!(heads.iter().flatten().all(|row| row.len() == 4));
}

fn system(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/systems").join(name);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn rei_2017_runs() {
    let w = World::new();
    let all = sentences(&["he/c go/i home/c", "she/c goes/c home/c", "they/c goes/i out/c", "we/c go/c out/c"]);
    w.columns("data/fce", [&all, &all, &all]);
    let trained = w.build(&system("rei2017_lm_auxiliary.mtl").replace("epochs 30", "epochs 3")).train(1);
    assert!(trained.test("lm").is_finite() && trained.test("error") >= 0.0);
}

/// A language model first, then four tasks, then a copy of all for each of them.
#[test]
fn liu_2016_runs() {
    let w = World::new();
    for d in ["sst1", "sst2", "subj", "imdb"] {
        let rows = super::world::rows(&["good film|pos", "bad film|neg", "good fun|pos", "no fun|neg"]);
        w.tsv(&format!("data/{d}"), &["x", "y"], [&rows, &rows, &rows]);
    }
    let spec = system("liu2016_recurrent.mtl").replace("epochs 10", "epochs 2");
    let trained = w.build(&spec).train(1);
    let file = safetensors::SafeTensors::deserialize(&trained.model).unwrap();
    let sets: std::collections::BTreeSet<&str> =
        file.names().into_iter().filter_map(|n| n.strip_prefix("set/")?.split('/').next()).collect();
    // whatever evaluation was the best one, it was scored with the copies that there were
    assert!(sets.len() <= 4 && trained.report.stages.len() == 6, "{sets:?}");
}
