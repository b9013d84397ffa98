//! Three kinds of check: figures computed by scikit-learn 1.9 and scipy, cases counted by hand, and agreement with
//! slow second implementations on random input.

use super::*;
use proptest::prelude::*;

fn names(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|l| l.to_string()).collect()
}

enum Arg {
    Number(f64),
    Label(String),
}

fn split(args: &[Arg]) -> (Vec<f64>, Vec<String>) {
    let (mut numbers, mut names) = (vec![], vec![]);
    for arg in args {
        match arg {
            Arg::Number(n) => numbers.push(*n),
            Arg::Label(l) => names.push(l.clone()),
        }
    }
    (numbers, names)
}

/// Gold id of a token or example that has no gold.
const MASKED: u32 = u32::MAX;

/// Gold beside prediction as plain numbers.
#[derive(Clone, Copy, Debug)]
enum Sides<'a> {
    Classes { gold: &'a [u32], pred: &'a [u32], labels: &'a [String] },
    Sets { gold: &'a [Vec<u32>], pred: &'a [Vec<u32>], labels: &'a [String] },
    Tags { gold: &'a [Vec<u32>], pred: &'a [Vec<u32>], labels: &'a [String] },
    Reals { gold: &'a [f64], pred: &'a [f64] },
}

impl Sides<'_> {
    fn with<R>(&self, f: impl FnOnce(&Scored) -> R) -> R {
        let id = |c: &u32| if *c == MASKED { -1 } else { *c as i32 };
        let rows = |rows: &[Vec<u32>]| Records::rows(1, rows.iter().map(|r| r.iter().map(id)));
        let set = |r: &Vec<u32>| (!r.contains(&MASKED)).then(|| r.iter().map(id).collect::<Vec<_>>());
        let (kind, gold, pred, labels): (_, _, _, &[String]) = match *self {
            Sides::Classes { gold, pred, labels } => {
                (CLASSES, Records::classes(gold.iter().map(id)), Records::classes(pred.iter().map(id)), labels)
            }
            Sides::Sets { gold, pred, labels } => {
                (SETS, Records::sets(gold.iter().map(set)), Records::sets(pred.iter().map(set)), labels)
            }
            Sides::Tags { gold, pred, labels } => (super::TAGS, rows(gold), rows(pred), labels),
            Sides::Reals { gold, pred } => {
                (REALS, Records::numbers(gold.iter().copied()), Records::numbers(pred.iter().copied()), &[])
            }
        };
        f(&Scored { kind, gold: &gold, pred: &pred, labels, ranking: None, likelihood: None })
    }
}

fn value(metric: &str, s: &Sides, args: &[Arg]) -> Option<f64> {
    let (numbers, names) = split(args);
    s.with(|s| find(metric).unwrap().compute(s, &numbers, &names))
}

fn near(got: Option<f64>, want: f64) {
    assert!(got.is_some_and(|g| (g - want).abs() < 1e-12), "{got:?} is not {want}");
}

fn label(name: &str) -> Arg {
    Arg::Label(name.into())
}

const GOLD: [u32; 40] = [
    2, 1, 3, 0, 0, 0, 2, 0, 1, 0, 0, 3, 3, 0, 1, 0, 3, 0, 0, 1, 0, 3, 0, 1, 0, 1, 2, 3, 1, 0, 2, 1, 0, 1, 2, 0, 0, 0,
    1, 3,
];
const PRED: [u32; 40] = [
    3, 3, 3, 0, 0, 1, 2, 0, 1, 0, 0, 0, 3, 0, 1, 3, 3, 2, 0, 1, 0, 0, 2, 1, 0, 2, 3, 3, 1, 0, 2, 1, 0, 1, 1, 3, 0, 0,
    1, 3,
];

#[test]
fn classes_as_scikit_learn() {
    let labels = names(&["O", "b", "c", "d"]);
    let s = Sides::Classes { gold: &GOLD, pred: &PRED, labels: &labels };
    near(value("accuracy", &s, &[]), 0.7);
    near(value("mcc", &s, &[]), 0.5818373312433698);
    near(value("f1", &s, &[]), 0.6440285204991087);
    near(value("macro_f1", &s, &[]), 0.6440285204991087);
    near(value("micro_f1", &s, &[]), 0.7);
    near(value("micro_f1", &s, &[label("O")]), 0.6382978723404256);
    near(value("f", &s, &[Arg::Number(0.5)]), 0.6413120567375886);
    near(value("f", &s, &[Arg::Number(2.0)]), 0.6512552934059286);
    near(value("f1", &s, &[label("c")]), 0.4);
    near(value("precision", &s, &[]), 0.6416666666666667);
    near(value("recall", &s, &[]), 0.6591269841269841);
    assert_eq!(value("f1", &s, &[label("nothing")]), None);
    // the same decisions as tokens of two sentences: `O` leaves the averages, not the accuracy
    let cut = |v: &[u32]| vec![v[..15].to_vec(), v[15..].to_vec()];
    let (gold, pred) = (cut(&GOLD), cut(&PRED));
    let t = Sides::Tags { gold: &gold, pred: &pred, labels: &labels };
    near(value("accuracy", &t, &[]), 0.7);
    near(value("matthews", &t, &[]), 0.5818373312433698);
    near(value("micro_f1", &t, &[]), 0.6382978723404256);
}

#[test]
fn sets_as_scikit_learn() {
    let gold: Vec<Vec<u32>> = [
        &[1][..],
        &[0, 1],
        &[2, 4],
        &[3],
        &[0, 4],
        &[0],
        &[2, 3],
        &[1],
        &[2, 4],
        &[2, 4],
        &[0, 2],
        &[1, 3],
        &[1, 2, 4],
        &[3],
        &[3, 4],
        &[1],
        &[4],
        &[1, 4],
        &[1, 3],
        &[0, 1, 4],
    ]
    .map(<[u32]>::to_vec)
    .to_vec();
    let pred: Vec<Vec<u32>> = [
        &[4][..],
        &[0, 3, 4],
        &[2, 3],
        &[1, 3],
        &[0, 4],
        &[1],
        &[2],
        &[],
        &[1, 2, 4],
        &[0, 1, 3, 4],
        &[0, 2],
        &[1, 3, 4],
        &[0, 1, 2, 4],
        &[],
        &[4],
        &[1],
        &[4],
        &[0, 1, 2],
        &[1, 2, 3, 4],
        &[3, 4],
    ]
    .map(<[u32]>::to_vec)
    .to_vec();
    let labels = names(&["a", "b", "c", "d", "e"]);
    let s = Sides::Sets { gold: &gold, pred: &pred, labels: &labels };
    near(value("f1", &s, &[]), 0.6133333333333333);
    near(value("micro_f1", &s, &[]), 0.6133333333333333);
    near(value("macro_f1", &s, &[]), 0.6063558663558665);
    near(value("jaccard", &s, &[]), 0.4683333333333334);
    near(value("hamming", &s, &[]), 0.29);
    near(value("exact_match", &s, &[]), 0.2);
    near(value("accuracy", &s, &[]), 0.2);
    let (none, some) = (vec![vec![]], vec![vec![2]]);
    near(value("jaccard", &Sides::Sets { gold: &none, pred: &none, labels: &labels }, &[]), 1.0);
    near(value("jaccard", &Sides::Sets { gold: &none, pred: &some, labels: &labels }, &[]), 0.0);
}

#[test]
fn reals_as_scipy() {
    let x = [
        -0.1, 0.5, -1.1, 0.5, -0.8, -2.8, -0.4, -0.9, 0.1, 0.4, 0.9, 1.2, 1.9, 0.1, 0.3, 0.7, 0.8, 1.0, -0.7, -0.6,
        1.4, 1.4, 1.4, -0.4, -0.1,
    ];
    let y = [
        -0.7, 1.4, -1.8, 0.0, -1.3, -2.4, 0.1, -1.2, 0.1, 0.9, 2.2, 0.6, 1.4, -0.2, 0.0, -0.2, 0.3, 1.5, -0.8, -0.0,
        1.2, 0.4, 1.6, 0.5, -0.3,
    ];
    let s = Sides::Reals { gold: &x, pred: &y };
    near(value("pearson", &s, &[]), 0.8407017982188733);
    near(value("mse", &s, &[]), 0.36);
    near(value("rmse", &s, &[]), 0.6);
    near(value("mae", &s, &[]), 0.52);
    // -0.0 and 0.0 are one value, so they tie
    near(value("spearman", &s, &[]), 0.8162005937720095);
    let constant = [0.1; 25];
    let flat = Sides::Reals { gold: &x, pred: &constant };
    assert_eq!(value("pearson", &flat, &[]), None);
    assert_eq!(value("spearman", &flat, &[]), None);
    assert!(value("mse", &flat, &[]).is_some());
    for broken in [f64::NAN, f64::INFINITY] {
        let mut pred = y;
        pred[3] = broken;
        for metric in ["mse", "mae", "rmse", "pearson"] {
            assert_eq!(value(metric, &Sides::Reals { gold: &x, pred: &pred }, &[]), None);
        }
    }
    let mut pred = y;
    pred[3] = f64::NAN;
    assert_eq!(value("spearman", &Sides::Reals { gold: &x, pred: &pred }, &[]), None);
}

#[test]
fn two_classes_and_constants() {
    // 6 hits, 1 false alarm, 2 misses, 3 correct rejections: MCC = (6·3 − 1·2) / √(7·8·4·5)
    let gold = [1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0];
    let pred = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
    let labels = names(&["no", "yes"]);
    let s = Sides::Classes { gold: &gold, pred: &pred, labels: &labels };
    near(value("matthews", &s, &[]), 16.0 / 1120f64.sqrt());
    near(value("f1", &s, &[label("yes")]), 12.0 / 15.0);
    near(value("precision", &s, &[label("yes")]), 6.0 / 7.0);
    near(value("recall", &s, &[label("yes")]), 6.0 / 8.0);
    near(value("f", &s, &[Arg::Number(2.0), label("yes")]), 5.0 * 6.0 / (5.0 * 6.0 + 4.0 * 2.0 + 1.0));
    near(value("f1", &s, &[]), (12.0 / 15.0 + 6.0 / 9.0) / 2.0);
    let ones = [1; 12];
    near(value("matthews", &Sides::Classes { gold: &gold, pred: &ones, labels: &labels }, &[]), 0.0);
}

/// `conlleval` on three sentences, counted by hand.
#[test]
fn spans_by_hand() {
    let labels = names(&["O", "B-A", "I-A", "B-B", "I-B"]);
    // gold: A[0,2) B[3,4) | A[0,1) A[1,3) | `I-B` after `O` starts B[1,3), then A[3,4) by change of type
    let gold = vec![vec![1, 2, 0, 3], vec![1, 1, 2], vec![0, 4, 4, 2]];
    // pred: A[0,2) O O         | A[0,1) A[1,3) | B[1,2) B[2,3) A[3,4)
    let pred = vec![vec![2, 2, 0, 0], vec![1, 1, 2], vec![0, 4, 3, 2]];
    let s = Sides::Tags { gold: &gold, pred: &pred, labels: &labels };
    // 4 of 6 gold and of 6 predicted
    near(value("span_precision", &s, &[]), 4.0 / 6.0);
    near(value("span_recall", &s, &[]), 4.0 / 6.0);
    near(value("span_f1", &s, &[]), 2.0 / 3.0);
    near(value("accuracy", &s, &[]), 8.0 / 11.0);
    near(value("sentence_accuracy", &s, &[]), 1.0 / 3.0);
    s.with(|s| {
        let counts = span_counts(s);
        assert_eq!(counts["A"], Counts { hits: 4, false_alarms: 0, misses: 0 });
        assert_eq!(counts["B"], Counts { hits: 0, false_alarms: 2, misses: 2 });
    });
    // no chunk anywhere: conlleval prints 0
    let o = vec![vec![0, 0]];
    near(value("span_f1", &Sides::Tags { gold: &o, pred: &o, labels: &labels }, &[]), 0.0);
}

#[test]
fn plain_and_bare_labels() {
    let plain = names(&["NOUN", "VERB", "O"]);
    assert_eq!(chunks([0, 0, 2, 1], &plain), [(0, 1, "NOUN"), (1, 2, "NOUN"), (3, 4, "VERB")]);
    let bare = names(&["O", "B", "I"]);
    assert_eq!(chunks([2, 2, 0, 1, 2, 1], &bare), [(0, 2, ""), (3, 5, ""), (5, 6, "")]);
    let bioes = names(&["O", "B-x", "I-x", "E-x", "S-x"]);
    assert_eq!(
        chunks([1, 2, 3, 4, 3, 2, -1, 2], &bioes),
        [(0, 3, "x"), (3, 4, "x"), (4, 5, "x"), (5, 6, "x"), (7, 8, "x")]
    );
    let hyphen = names(&["B-a-b", "I-a-b"]);
    assert_eq!(chunks([0, 1], &hyphen), [(0, 2, "a-b")]);
}

#[test]
fn unseen_labels_are_errors_and_masked_gold_is_none() {
    // the model knows the first two
    let labels = names(&["O", "B-city", "B-airport"]);
    let gold = vec![vec![1, MASKED, 2]];
    let pred = vec![vec![1, 1, 1]];
    let s = Sides::Tags { gold: &gold, pred: &pred, labels: &labels };
    near(value("accuracy", &s, &[]), 0.5);
    // B-city at 0 is right; at 2 a false alarm and a missed airport
    near(value("span_f1", &s, &[]), 0.5);
    // a prediction cut after one token
    let cut = vec![vec![1]];
    near(value("accuracy", &Sides::Tags { gold: &gold, pred: &cut, labels: &labels }, &[]), 0.5);
    near(value("span_recall", &Sides::Tags { gold: &gold, pred: &cut, labels: &labels }, &[]), 0.5);
    near(value("span_precision", &Sides::Tags { gold: &gold, pred: &cut, labels: &labels }, &[]), 1.0);
    let s = Sides::Classes { gold: &[2, MASKED, 0], pred: &[0, 0, 0], labels: &labels };
    near(value("accuracy", &s, &[]), 0.5);
    // hits of O: 1 of 2 predicted; the unseen label has F1 0 and counts in the macro mean
    near(value("macro_f1", &s, &[]), (2.0 / 3.0) / 2.0);
    assert_eq!(s.with(|s| s.correct()), [Some(false), None, Some(true)]);
    let sets = Sides::Sets { gold: &[vec![2], vec![MASKED], vec![]], pred: &[vec![0], vec![0]], labels: &labels };
    near(value("exact_match", &sets, &[]), 0.0);
}

#[test]
fn nothing_to_score_is_no_figure() {
    let labels = names(&["a"]);
    for s in [
        Sides::Classes { gold: &[], pred: &[], labels: &labels },
        Sides::Classes { gold: &[MASKED], pred: &[0], labels: &labels },
        Sides::Sets { gold: &[], pred: &[], labels: &labels },
        Sides::Tags { gold: &[], pred: &[], labels: &labels },
        Sides::Tags { gold: &[vec![], vec![MASKED]], pred: &[vec![], vec![0]], labels: &labels },
        Sides::Reals { gold: &[], pred: &[] },
        Sides::Reals { gold: &[1.0], pred: &[] },
    ] {
        for m in METRICS {
            assert_eq!(s.with(|s| m.compute(s, &[], &[])), None, "{} of {s:?}", m.name);
        }
    }
}

#[test]
fn means_over_runs() {
    assert_eq!(aggregate(&[]), None);
    assert_eq!(aggregate(&[0.5]), Some(MeanSd { mean: 0.5, sd: None, n: 1 }));
    // squares of the deviations: 2.25 + 0.25 + 0.25 + 2.25 = 5, / 3
    assert_eq!(aggregate(&[1.0, 2.0, 3.0, 4.0]), Some(MeanSd { mean: 2.5, sd: Some((5.0f64 / 3.0).sqrt()), n: 4 }));
}

#[test]
fn table_and_arguments() {
    let mut all: Vec<&str> = METRICS.iter().flat_map(|m| m.aliases.iter().chain([&m.name]).copied()).collect();
    all.sort_unstable();
    let n = all.len();
    all.dedup();
    assert_eq!(all.len(), n, "two metrics share a name");
    assert!(find("mcc").is_some_and(|m| m.name == "matthews"));
    assert!(find("F1").is_none());
    let labels = names(&["no", "yes"]);
    let check = |m: &str, args: &[Arg]| {
        let (numbers, names) = split(args);
        find(m).unwrap().check_args(&numbers, &names, Some(&labels))
    };
    assert!(check("f", &[Arg::Number(0.5), label("yes")]).is_ok());
    assert_eq!(find("f").unwrap().signature(), "f(beta = 1, \"label\", ...)");
    for (metric, args) in [
        ("f", vec![Arg::Number(0.0)]),
        ("f", vec![Arg::Number(f64::NAN)]),
        ("f", vec![Arg::Number(1.0), Arg::Number(1.0)]),
        ("f1", vec![Arg::Number(1.0)]),
        ("f1", vec![label("maybe")]),
        ("accuracy", vec![label("yes")]),
    ] {
        assert!(check(metric, &args).is_err(), "{metric}");
    }
}

/// The documentation names every metric, its call, its aliases and what it reads, in the order of the table.
#[test]
fn the_documentation_holds_the_table() {
    let page = include_str!("../../../docs/metrics.md");
    let shown: Vec<&str> = page.lines().filter(|l| l.starts_with("| `")).collect();
    let rows: Vec<String> = crate::kinds::heads::all_metrics()
        .map(|m| {
            let kinds: Vec<String> = m.kinds.iter().map(|k| k.0.to_string()).collect();
            let aliases: Vec<String> = m.aliases.iter().map(|a| format!("`{a}`")).collect();
            let (low, high) = m.range;
            let range = if high.is_finite() { format!("{low} … {high}") } else { format!("{low} … ∞") };
            let better = if m.higher_is_better { "more" } else { "less" };
            let cells = [kinds.join(", "), range, better.into(), aliases.join(", "), m.doc.replace('|', "\\|")];
            format!("| `{}` | {} |", m.signature(), cells.join(" | "))
        })
        .collect();
    assert_eq!(shown, rows, "docs/metrics.md should hold\n{}", rows.join("\n"));
}

/// The Perl script's own tables: does a chunk end between these two tags, does one start?
mod perl {
    pub fn end(prev: &str, tag: &str, prev_type: &str, kind: &str) -> bool {
        matches!(
            (prev, tag),
            ("B", "B") | ("B", "O") | ("I", "B") | ("I", "O") | ("E", "E") | ("E", "I") | ("E", "O") | ("E", "B")
        ) || (prev != "O" && prev != "." && prev_type != kind)
    }

    pub fn start(prev: &str, tag: &str, prev_type: &str, kind: &str) -> bool {
        matches!(
            (prev, tag),
            ("B", "B") | ("I", "B") | ("O", "B") | ("O", "I") | ("E", "E") | ("E", "I") | ("E", "B") | ("O", "E")
        ) || (tag != "O" && tag != "." && prev_type != kind)
    }

    /// The script's main loop: (correct, guessed, gold) chunks.
    pub fn count(gold: &[Vec<&str>], pred: &[Vec<&str>]) -> (u64, u64, u64) {
        let (mut correct, mut guessed, mut golden) = (0, 0, 0);
        let (mut last_g, mut last_p) = (("O", ""), ("O", ""));
        let mut inside = false;
        for (gs, ps) in gold.iter().zip(pred) {
            // the blank line between sentences reads as O
            for (g, p) in gs.iter().zip(ps).chain([(&"O", &"O")]) {
                let (g, p) = (g.split_once('-').unwrap_or((g, "")), p.split_once('-').unwrap_or((p, "")));
                let (end_g, end_p) = (end(last_g.0, g.0, last_g.1, g.1), end(last_p.0, p.0, last_p.1, p.1));
                if inside {
                    if end_g && end_p && last_g.1 == last_p.1 {
                        inside = false;
                        correct += 1;
                    } else if end_g != end_p || g.1 != p.1 {
                        inside = false;
                    }
                }
                let (start_g, start_p) = (start(last_g.0, g.0, last_g.1, g.1), start(last_p.0, p.0, last_p.1, p.1));
                if start_g && start_p && g.1 == p.1 {
                    inside = true;
                }
                golden += u64::from(start_g);
                guessed += u64::from(start_p);
                (last_g, last_p) = (g, p);
            }
        }
        (correct, guessed, golden)
    }
}

const TAGS: [&str; 7] = ["O", "B-x", "I-x", "E-x", "B-y", "I-y", "E-y"];

fn tagged() -> impl Strategy<Value = Vec<Vec<(u32, u32)>>> {
    // half of the predictions repeat the gold, so that chunks agree often enough
    let token = (0u32..7, 0u32..14).prop_map(|(g, p)| (g, if p < 7 { p } else { g }));
    prop::collection::vec(prop::collection::vec(token, 0..9), 0..6)
}

fn unzip(v: &[Vec<(u32, u32)>]) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let side = |f: fn(&(u32, u32)) -> u32| v.iter().map(|s| s.iter().map(f).collect()).collect();
    (side(|p| p.0), side(|p| p.1))
}

proptest! {
    #[test]
    fn spans_as_the_perl_script(v in tagged()) {
        let labels = names(&TAGS);
        let (gold, pred) = unzip(&v);
        let sides = Sides::Tags { gold: &gold, pred: &pred, labels: &labels };
        let total: Counts = sides.with(|s| span_counts(s).into_values().sum());
        let text = |side: &[Vec<u32>]| -> Vec<Vec<&str>> {
            side.iter().map(|s| s.iter().map(|&t| TAGS[t as usize]).collect()).collect()
        };
        let slow = perl::count(&text(&gold), &text(&pred));
        prop_assert_eq!((total.hits, total.hits + total.false_alarms, total.hits + total.misses), slow);
    }

    /// Accuracy, F and R_K from their definitions over the full confusion matrix.
    #[test]
    fn classes_as_defined(pairs in prop::collection::vec((0u32..4, 0u32..4), 1..60), beta in 0.2f64..3.0) {
        let (gold, pred): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
        let labels = names(&["a", "b", "c", "d"]);
        let s = Sides::Classes { gold: &gold, pred: &pred, labels: &labels };
        let count = |f: &dyn Fn(u32, u32) -> bool| pairs.iter().filter(|(g, p)| f(*g, *p)).count() as f64;
        let n = pairs.len() as f64;
        let close = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-9);
        prop_assert!(close(value("accuracy", &s, &[]), count(&|g, p| g == p) / n));
        let (mut sum, mut present) = (0.0, 0.0);
        for k in 0..4 {
            let hits = count(&|g, p| g == k && p == k);
            let (predicted, golden) = (count(&|_, p| p == k), count(&|g, _| g == k));
            let precision = if predicted > 0.0 { hits / predicted } else { 0.0 };
            let recall = if golden > 0.0 { hits / golden } else { 0.0 };
            let bottom = beta * beta * precision + recall;
            let f = if bottom > 0.0 { (1.0 + beta * beta) * precision * recall / bottom } else { 0.0 };
            prop_assert!(close(value("f", &s, &[Arg::Number(beta), label(&labels[k as usize])]), f));
            if predicted + golden > 0.0 {
                sum += f;
                present += 1.0;
            }
        }
        prop_assert!(close(value("f", &s, &[Arg::Number(beta)]), sum / present));
        // Gorodkin's triple sum
        let c = |i: u32, j: u32| count(&|g, p| g == i && p == j);
        let (mut top, mut x, mut y) = (0.0, 0.0, 0.0);
        for k in 0..4 {
            for l in 0..4 {
                for m in 0..4 {
                    top += c(k, k) * c(l, m) - c(k, l) * c(m, k);
                }
            }
            let (row, column) = (count(&|g, _| g == k), count(&|_, p| p == k));
            x += row * (n - row);
            y += column * (n - column);
        }
        let want = if x * y == 0.0 { 0.0 } else { top / (x * y).sqrt() };
        prop_assert!(close(value("matthews", &s, &[]), want), "{:?} {want}", value("matthews", &s, &[]));
    }

    /// Spearman through ranks counted pairwise; Pearson through the sum over all pairs.
    #[test]
    fn correlations_as_defined(pairs in prop::collection::vec((-5i32..6, -5i32..6), 2..40)) {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(a, b)| (f64::from(*a), f64::from(*b))).unzip();
        let pairwise = |x: &[f64], y: &[f64]| {
            let sum = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
                (0..x.len()).flat_map(|i| (0..x.len()).map(move |j| (i, j))).map(|(i, j)| f(i, j)).sum()
            };
            let bottom = sum(&|i, j| (x[i] - x[j]).powi(2)) * sum(&|i, j| (y[i] - y[j]).powi(2));
            (bottom > 0.0).then(|| sum(&|i, j| (x[i] - x[j]) * (y[i] - y[j])) / bottom.sqrt())
        };
        let rank = |v: &[f64]| -> Vec<f64> {
            v.iter().map(|a| {
                let (less, same) = (v.iter().filter(|b| *b < a).count(), v.iter().filter(|b| *b == a).count());
                less as f64 + (same as f64 + 1.0) / 2.0
            }).collect()
        };
        let s = Sides::Reals { gold: &x, pred: &y };
        for (name, want) in [("pearson", pairwise(&x, &y)), ("spearman", pairwise(&rank(&x), &rank(&y)))] {
            match (value(name, &s, &[]), want) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9, "{} {} {}", name, a, b),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    /// Whatever the input, no panic, and every figure lies in its range.
    #[test]
    fn figures_stay_in_range(v in tagged(), extra in prop::collection::vec(any::<u32>(), 0..5)) {
        let labels = names(&TAGS);
        let (mut gold, mut pred) = unzip(&v);
        gold.push(extra.clone());
        pred.push(extra.iter().rev().copied().skip(1).collect());
        let flat = |s: &[Vec<u32>]| s.concat();
        let real = |s: &[Vec<u32>]| s.concat().into_iter().map(f64::from).collect::<Vec<_>>();
        let (cg, cp, rg, rp) = (flat(&gold), flat(&pred), real(&gold), real(&pred));
        for s in [
            Sides::Classes { gold: &cg, pred: &cp, labels: &labels },
            Sides::Sets { gold: &gold, pred: &pred, labels: &labels },
            Sides::Tags { gold: &gold, pred: &pred, labels: &labels },
            Sides::Reals { gold: &rg, pred: &rp },
        ] {
            for m in METRICS {
                if let Some(f) = s.with(|s| m.compute(s, &[], &[])) {
                    prop_assert!(m.range.0 <= f && f <= m.range.1, "{} = {}", m.name, f);
                }
            }
        }
    }
}

/// Counted by hand, and as scikit-learn 1.9's `classification_report` of the same lists says.
#[test]
fn classes_one_by_one() {
    let labels = names(&["a", "b", "c", "never"]);
    let gold = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2];
    let pred = [0, 0, 0, 1, 1, 1, 2, 2, 0, 0];
    let d = Sides::Classes { gold: &gold, pred: &pred, labels: &labels }.with(|s| details(s).unwrap());
    let row = |r: &super::Row| (r.name.clone(), r.precision, r.recall, r.f1, r.support);
    let near = |got: (String, f64, f64, f64, u64), want: (&str, f64, f64, f64, u64)| {
        assert_eq!((got.0.as_str(), got.4), (want.0, want.4));
        for (g, w) in [(got.1, want.1), (got.2, want.2), (got.3, want.3)] {
            assert!((g - w).abs() < 1e-12, "{}: {g}, not {w}", want.0);
        }
    };
    // a: 3 of 5 predicted, 3 of 4 gold; b: 2 of 3, 2 of 3; c: 1 of 2, 1 of 3
    near(row(&d.classes[0]), ("a", 0.6, 0.75, 2.0 / 3.0, 4));
    near(row(&d.classes[1]), ("b", 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 3));
    near(row(&d.classes[2]), ("c", 0.5, 1.0 / 3.0, 0.4, 3));
    assert_eq!((d.classes.len(), d.counted), (3, "examples"), "what never occurs is no class");
    let third = |a: f64, b: f64, c: f64| (a + b + c) / 3.0;
    let macros = (third(0.6, 2.0 / 3.0, 0.5), third(0.75, 2.0 / 3.0, 1.0 / 3.0), third(2.0 / 3.0, 2.0 / 3.0, 0.4));
    near(row(&d.macro_mean), ("macro", macros.0, macros.1, macros.2, 10));
    let tenth = |a: f64, b: f64, c: f64| (4.0 * a + 3.0 * b + 3.0 * c) / 10.0;
    let weighted = (tenth(0.6, 2.0 / 3.0, 0.5), tenth(0.75, 2.0 / 3.0, 1.0 / 3.0), tenth(2.0 / 3.0, 2.0 / 3.0, 0.4));
    near(row(&d.weighted_mean), ("weighted", weighted.0, weighted.1, weighted.2, 10));
    let cells: Vec<(&str, &str, u64)> =
        d.confused.iter().map(|c| (c.gold.as_str(), c.predicted.as_str(), c.count)).collect();
    assert_eq!(cells, [("c", "a", 2), ("a", "b", 1), ("b", "c", 1)]);
}

#[test]
fn tags_of_spans_are_chunks_by_type() {
    let labels = names(&["O", "B-x", "I-x", "B-y"]);
    // x: found, missed (its end is wrong) and a false alarm; y: found
    let (gold, pred) = (vec![vec![1, 2, 0, 1, 2, 3]], vec![vec![1, 2, 0, 1, 0, 3]]);
    let d = Sides::Tags { gold: &gold, pred: &pred, labels: &labels }.with(|s| details(s).unwrap());
    let rows: Vec<_> = d.classes.iter().map(|r| (r.name.as_str(), r.f1, r.support)).collect();
    assert_eq!((d.counted, rows), ("chunks", vec![("x", 0.5, 2), ("y", 1.0, 1)]));
    assert!((d.macro_mean.f1 - 0.75).abs() < 1e-12 && (d.weighted_mean.f1 - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((d.confused.len(), d.confused[0].gold.as_str(), d.confused[0].predicted.as_str()), (1, "I-x", "O"));
    // sets: each class by itself, and nothing is taken for another
    let (gold, pred) = (vec![vec![0, 1], vec![1]], vec![vec![0], vec![0, 1]]);
    let d = Sides::Sets { gold: &gold, pred: &pred, labels: &labels }.with(|s| details(s).unwrap());
    let rows: Vec<_> = d.classes.iter().map(|r| (r.precision, r.recall, r.support)).collect();
    assert_eq!((rows, d.confused.len()), (vec![(0.5, 1.0, 1), (1.0, 0.5, 2)], 0));
    assert!(Sides::Reals { gold: &[1.0], pred: &[1.0] }.with(details).is_none());
}

/// Two labels; the odds of the second, gold and group of each example.
fn ranked(metric: &str, numbers: &[f64], rows: &[(f32, u32, Option<u64>)]) -> Option<f64> {
    let labels = names(&["no", "yes"]);
    let odds: Vec<f32> = rows.iter().flat_map(|r| [1.0 - r.0, r.0]).collect();
    let groups: Vec<Option<u64>> = rows.iter().map(|r| r.2).collect();
    let gold = Records::classes(rows.iter().map(|r| if r.1 == MASKED { -1 } else { r.1 as i32 }));
    let ranking = Some(Ranking { odds: &odds, classes: 2, groups: &groups });
    let s = Scored { kind: CLASSES, gold: &gold, pred: &gold, labels: &labels, ranking, likelihood: None };
    find(metric).unwrap().compute(&s, numbers, &names(&["yes"]))
}

/// Counted by hand as trec_eval 9 counts.
#[test]
fn rankings_are_means_over_groups() {
    let is = |metric: &str, numbers: &[f64], rows: &[(f32, u32, Option<u64>)], want: f64| {
        let got = ranked(metric, numbers, rows).unwrap();
        assert!((got - want).abs() < 1e-12, "{metric}: {got}, not {want}");
    };
    // one group: relevant at the ranks 1, 3 and 4; another: at 2
    let rows = [
        (0.9, 1, Some(7)),
        (0.2, 1, Some(7)),
        (0.8, 0, Some(7)),
        (0.4, 1, Some(7)),
        (0.6, 0, Some(1)),
        (0.5, 1, Some(1)),
    ];
    let first = (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 3.0;
    is("map", &[], &rows, (first + 0.5) / 2.0);
    is("mrr", &[], &rows, (1.0 + 0.5) / 2.0);
    is("precision_at", &[], &rows, 0.5);
    is("precision_at", &[2.0], &rows, 0.5);
    // five are not there in the second group, which is divided by five all the same
    is("precision_at", &[5.0], &rows, (3.0 / 5.0 + 1.0 / 5.0) / 2.0);
    // a group without a relevant example counts; no gold and no group do not
    let more = [&rows[..], &[(0.9, 0, Some(3)), (0.99, MASKED, Some(1)), (0.99, 1, None)]].concat();
    is("map", &[], &more, (first + 0.5 + 0.0) / 3.0);
    is("mrr", &[], &more, (1.0 + 0.5 + 0.0) / 3.0);
    // of ties the later comes first
    is("mrr", &[], &[(0.5, 1, Some(0)), (0.5, 0, Some(0))], 0.5);
    is("mrr", &[], &[(0.5, 0, Some(0)), (0.5, 1, Some(0))], 1.0);
    // nothing to rank
    assert_eq!(ranked("map", &[], &[(0.5, 1, None)]), None);
    let s = Sides::Classes { gold: &[0], pred: &[0], labels: &names(&["yes"]) };
    assert_eq!(s.with(|s| find("map").unwrap().compute(s, &[], &names(&["yes"]))), None);
    assert!(find("map").unwrap().check_args(&[], &[], None).is_err(), "no label is guessed");
}
