//! Views on a changed input: what they change, and what that is good for.

use super::world::{Ready, World, near, values_of};
use mtlc::columns::SplitName;
use mtlc::network::together::Share;
use mtlc::network::{Batch, Job, Known, Moment, Network};
use mtlc::passes::flow::Wanted;
use mtlc::plan::{Op, Phase};

fn world() -> World {
    let w = World::new();
    let row = |i: usize| vec![format!("a{} b{} c{} d{} e{}", i % 5, i % 3, i % 4, i % 7, i % 2), format!("{}", i % 2)];
    let rows: Vec<Vec<String>> = (0..40).map(row).collect();
    w.tsv("c", &["x", "y"], [&rows, &[], &[]]);
    w
}

fn spec(view: &str, loss: &str) -> String {
    format!(
        "data c = tsv(\"c\") {{ x: tokens; y: label }}
         encoder words = embed(6, unk = 0.5) & chars(cnn, 4)
         encoder e = words |> dropout(20%) |> bilstm(4) |> max
         task y : classify of c.y from e {{ view v with {view} }}
         loss more = {loss}
         train {{ batch 40; epochs 1 }}"
    )
}

/// The values of nodes of the training graph on all examples, at a step.
fn at_step(r: &Ready, step: u64, wanted: impl Fn(&Op) -> bool) -> Vec<Vec<Vec<f64>>> {
    let network = Network::new(&r.plan, &r.tables).unwrap();
    let params = r.params();
    let split = r.examples.split(0, SplitName::Train).unwrap();
    let all: Vec<usize> = (0..split.len).collect();
    let batch = Batch { forms: &r.examples.forms, split, examples: &all };
    let moment = Moment { seed: 1, step, progress: 0.0 };
    let job = Job { plan: &r.plan, graph: r.graph("c", Phase::Train), batch, params: &params, moment };
    let wanted_nodes: Vec<usize> = (0..job.graph.nodes.len()).filter(|n| wanted(&job.graph.nodes[*n].op)).collect();
    let values = network.nodes(&job, &wanted_nodes);
    wanted_nodes.iter().map(|n| values_of(values[*n].as_ref().unwrap())).collect()
}

fn layers<'r>(r: &'r Ready, kind: &'r str) -> impl Fn(&Op) -> bool + 'r {
    move |op| matches!(op, Op::Layer { layer } if r.plan.layers[*layer].kind == kind)
}

#[test]
fn cutoff_erases_its_share() {
    let w = world();
    for (kind, p) in [("token", 0.4), ("span", 0.4), ("feature", 0.5)] {
        let r = w.build(&spec(&format!("cutoff({kind}, {p})"), "js(y.probs, y.view[\"v\"].probs)"));
        let mut erased = 0.0;
        for step in 0..5 {
            // of words and of characters: the same tokens
            let values = at_step(&r, step, layers(&r, "cutoff"));
            assert_eq!(values.len(), 2, "{kind}");
            let gone = |v: &Vec<Vec<f64>>| v.iter().map(|row| row.iter().all(|x| *x == 0.0)).collect::<Vec<_>>();
            let (a, b) = (gone(&values[0]), gone(&values[1]));
            for (text, other) in a.chunks(5).zip(b.chunks(5)) {
                match kind {
                    "feature" => assert!(text.iter().all(|g| !g)),
                    _ => {
                        // 0.4 of five tokens are two, always
                        assert_eq!((text, text.iter().filter(|g| **g).count()), (other, 2));
                        let first = text.iter().position(|g| *g).unwrap();
                        assert!(kind != "span" || text[first + 1], "{text:?}");
                    }
                }
            }
            if kind == "feature" {
                // three of six columns, the same for all tokens of a text
                for text in values[0].chunks(5) {
                    let zero = |row: &Vec<f64>| row.iter().map(|x| *x == 0.0).collect::<Vec<_>>();
                    assert!(text.iter().all(|row| zero(row) == zero(&text[0])));
                    assert_eq!(zero(&text[0]).iter().filter(|z| **z).count(), 3);
                }
            }
            erased += a.iter().filter(|g| **g).count() as f64 / a.len() as f64 / 5.0;
        }
        assert!(kind == "feature" || (erased - 0.4).abs() < 1e-9, "{kind}: {erased}");
    }
    // of five tokens a tenth is half a token: one of every other text
    let r = w.build(&spec("cutoff(token, 10%)", "js(y.probs, y.view[\"v\"].probs)"));
    let all: Vec<Vec<f64>> = (0..40).flat_map(|s| at_step(&r, s, layers(&r, "cutoff")).swap_remove(0)).collect();
    let gone = all.iter().filter(|row| row.iter().all(|x| *x == 0.0)).count() as f64 / all.len() as f64;
    assert!((gone - 0.1).abs() < 0.01, "{gone}");
}

#[test]
fn a_view_differs_by_its_change_alone() {
    // a change of nothing: dropout, and words taken for unknown, are those of the task itself
    let w = world();
    let r = w.build(&spec("perturb(words, eps = 1e-9)", "js(y.probs, y.view[\"v\"].probs)"));
    let b = r.backward_of("c", &["y"], &["more"], 3);
    assert!(b.losses["more"].abs() < 1e-9, "{}", b.losses["more"]);
    let r = w.build(&spec("perturb(words, eps = 1e-9)", "y.view[\"v\"].loss"));
    let b = r.backward_of("c", &["y"], &["more"], 3);
    assert!((b.losses["more"] - b.losses["y"]).abs() < 1e-7, "{:?}", b.losses);
    // and what is masked is seen
    let r = w.build(&spec("mask(50%)", "js(y.probs, y.view[\"v\"].probs)"));
    assert!(r.backward_of("c", &["y"], &["more"], 3).losses["more"] > 1e-4);
}

#[test]
fn what_is_perturbed_is_worst() {
    let w = world();
    for loss in ["y.view[\"v\"].loss", "kl(stop(y.probs), y.view[\"v\"].probs)"] {
        let r = w.build(&spec("perturb(words, eps = 0.05)", loss));
        let network = Network::new(&r.plan, &r.tables).unwrap();
        let params = r.params();
        let split = r.examples.split(0, SplitName::Train).unwrap();
        let all: Vec<usize> = (0..split.len).collect();
        let batch = Batch { forms: &r.examples.forms, split, examples: &all };
        let moment = Moment { seed: 1, step: 0, progress: 0.0 };
        let job = Job { plan: &r.plan, graph: r.graph("c", Phase::Train), batch, params: &params, moment };
        let wanted = Wanted { tasks: vec![], losses: vec![0] };
        let share = || Share { job, wanted: wanted.clone(), known: Known::default() };
        let worst = network.worst(&share(), &|_| 1.0);
        let (node, shift) = worst.iter().next().unwrap();
        let rows = shift.clone().into_data().try_to_vec::<f32>().unwrap();
        let per_text = rows.len() / all.len();
        for text in rows.chunks(per_text) {
            let length = text.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!((length - 0.05).abs() < 1e-5, "{length}");
        }
        let with = |values: Vec<f32>| {
            let mut share = share();
            let t = burn::tensor::Tensor::<1>::from_floats(values.as_slice(), &shift.device());
            share.known.shifts.insert(*node, t.reshape(shift.dims()));
            let values = network.forward_with(share);
            f64::from(network.losses(&job, &wanted, &values)[0].mean.clone().into_scalar::<f32>())
        };
        let (none, found) = (with(vec![0.0; rows.len()]), with(rows.clone()));
        let against = with(rows.iter().map(|x| -x).collect());
        assert!(found > none, "{loss}: {found} and {none}");
        // any other direction of the length is better
        for k in 0..20u64 {
            let other: Vec<f32> =
                (0..rows.len()).map(|i| (((i as u64 * 2_654_435_761 + k * 97) % 1009) as f32) - 504.0).collect();
            let scaled: Vec<f32> = other
                .chunks(per_text)
                .flat_map(|t| {
                    let length = t.iter().map(|x| x * x).sum::<f32>().sqrt();
                    t.iter().map(move |x| 0.05 * x / length)
                })
                .collect();
            assert!(with(scaled) < found, "{loss}, {k}");
        }
        if loss.contains("loss") {
            // to the first order it grows one way as it falls the other
            let (up, down) = (found - none, none - against);
            assert!((up - down).abs() < 0.1 * up, "{up} {down}");
        }
    }
}

/// Words of two classes, of which labelled texts show one each. Others stand beside it in texts without a label.
fn synonyms(w: &World) {
    let words = |c: usize, k: usize| format!("{}{k}", ["p", "n"][c]);
    let labelled: Vec<Vec<String>> = (0..40).map(|i| vec![words(i % 2, 0), format!("{}", i % 2)]).collect();
    let raw: Vec<Vec<String>> =
        (0..200).map(|i| vec![format!("{} {}", words(i % 2, 0), words(i % 2, 1 + i % 9))]).collect();
    let test: Vec<Vec<String>> = (0..90).map(|i| vec![words(i % 2, 1 + i % 9), format!("{}", i % 2)]).collect();
    w.tsv("c", &["x", "y"], [&labelled, &[], &test]);
    w.tsv("raw", &["x"], [&raw, &[], &[]]);
}

#[test]
fn a_view_on_plain_texts_spreads_what_is_known() {
    let w = World::new();
    synonyms(&w);
    let of = |view: &str, weight: &str| {
        let spec = format!(
            "data c = tsv(\"c\") {{ x: tokens; y: label }}
             data raw = tsv(\"raw\") {{ x: tokens }}
             encoder e = embed(16, unk = 0) |> mean
             task y : classify of c.y from e {{ view v with {view} }}
             loss agree = kl(stop(y.probs), y.view[\"v\"].probs) on raw {{ weight {weight} }}
             train {{ batch 20; epochs 20; sample joint; optimizer adam(lr = 2e-2) }}"
        );
        w.build(&spec).train(1).test("y")
    };
    let without = of("mask(50%)", "0");
    let with = ["mask(50%)", "cutoff(token, 50%)", "cutoff(span, 50%)"].map(|v| (v, of(v, "3")));
    println!("without {without:.3}, {with:?}");
    assert!(without <= 0.75, "{without}");
    assert!(with.iter().all(|(_, f)| *f >= 0.95), "{with:?}");
}

#[test]
fn runs_with_views_are_the_same_again() {
    let w = world();
    let r = w.build(&spec("perturb(words, eps = 0.5)", "y.view[\"v\"].loss").replace("epochs 1", "epochs 4"));
    let weights = || {
        let t = r.train(1);
        r.plan.params.iter().flat_map(|p| t.weight(&p.name)).collect::<Vec<f32>>()
    };
    assert!(near(&weights(), &weights(), 0.0));
    let plain = w.build(&spec("perturb(words, eps = 0.5)", "y.loss").replace("epochs 1", "epochs 4"));
    let t = plain.train(1);
    let other: Vec<f32> = plain.plan.params.iter().flat_map(|p| t.weight(&p.name)).collect();
    assert!(!near(&weights(), &other, 1e-3));
}

#[test]
fn views_that_change_nothing_are_findings() {
    let w = world();
    let spec = "data c = tsv(\"c\") { x: tokens; y: label }
        encoder other = embed(4) |> mean
        encoder e = embed(4) |> mean
        task y : classify of c.y from e { view v with perturb(other, eps = 0.1) }
        task z : classify of c.y from other
        loss more = y.view[\"v\"].loss
        train { epochs 1 }";
    let found = w.refused(spec);
    assert!(found.starts_with("E0223 the view `v` changes nothing that `y` reads"), "{found}");
}
