//! One name is one set of parameters, and equal sub-expressions are computed once.

use super::world::{Ready, World, rows, sentences};
use mtlc::plan::{Graph, Op, Phase, Plan};
use std::collections::{BTreeMap, BTreeSet};

fn layers(g: &Graph) -> usize {
    g.nodes.iter().filter(|n| matches!(n.op, Op::Layer { .. })).count()
}

fn owners(p: &Plan) -> BTreeSet<&str> {
    p.params.iter().map(|p| p.owner.as_str()).collect()
}

/// Parameters of the layers that the head of a task depends on.
fn reached(r: &Ready, corpus: &str, task: &str) -> BTreeSet<String> {
    let g = r.graph(corpus, Phase::Train);
    let t = r.task(task);
    let mut wanted = vec![g.tasks.iter().find(|x| x.task == t).unwrap().head];
    let mut out = BTreeSet::new();
    while let Some(n) = wanted.pop() {
        if let Op::Layer { layer } = g.nodes[n].op {
            out.extend(r.plan.layers[layer].params.iter().map(|p| r.plan.params[*p].name.clone()));
        }
        wanted.extend(&g.nodes[n].inputs);
    }
    out
}

#[test]
fn an_encoder_named_twice_is_one() {
    let w = World::new();
    w.columns("a", [&sentences(&["a/X/l", "b/Y/l"]), &[], &[]]);
    let spec = |second: &str| {
        format!(
            "data a = columns(\"a\") {{ x: tokens = 1; t: tags on x = 2; u: tags on x = 3 }}
             encoder e = embed(4) |> bilstm(3)
             encoder f = embed(4) |> bilstm(3)
             task t : tag of a.t from e
             task u : tag of a.u from {second}
             train {{ epochs 1 }}"
        )
    };
    let (one, two) = (w.build(&spec("e")), w.build(&spec("f")));
    assert_eq!(reached(&one, "a", "t"), reached(&one, "a", "u"));
    assert!(reached(&two, "a", "t").is_disjoint(&reached(&two, "a", "u")));
    // computed once for both
    assert_eq!(layers(one.graph("a", Phase::Train)), 2);
    assert_eq!(layers(two.graph("a", Phase::Train)), 4);
    // equal expressions in two tasks are two sets of parameters: only names share
    let inline = w.build(&spec("embed(4) |> bilstm(3)"));
    assert_eq!(layers(inline.graph("a", Phase::Train)), 4);
}

#[test]
fn one_encoder_on_two_texts() {
    let w = World::new();
    w.tsv("p", &["a", "b", "y"], [&rows(&["u v|w|1", "w|v|0"]), &[], &[]]);
    let r = w.build(
        "data p = tsv(\"p\") { a: tokens; b: tokens; y: label }
         encoder enc = embed(4) |> bilstm(3)
         task y : classify of p.y from match(enc(a) |> max, enc(b) |> max)
         task z : classify of p.y from match(enc(a) |> max, enc(b) |> max) |> dense(3)
         train { epochs 1 }",
    );
    assert_eq!(owners(&r.plan), BTreeSet::from(["enc", "y", "z"]));
    // two embeddings, two LSTMs, two pools and one match, shared by both tasks; and the layer of `z`
    assert_eq!(layers(r.graph("p", Phase::Train)), 8);
    assert_eq!(r.plan.vocabs.len(), 1);
    assert_eq!(r.plan.vocabs[0].fields.len(), 2);
    assert!(!r.backward("p", &["y"]).nothing("enc"));
}

/// A plan with names and indices replaced, so that two plans that differ in order and names compare equal.
fn canonical(r: &Ready, rename: &dyn Fn(&str) -> String) -> BTreeMap<String, Vec<String>> {
    let p = &r.plan;
    let param = |i: &usize| {
        let q = &p.params[*i];
        format!("{} {:?} {:?} of {}", rename(&q.name), q.shape, q.init, rename(&q.owner))
    };
    let mut out = BTreeMap::new();
    for g in &p.graphs {
        let mut text: Vec<String> = vec![];
        for n in &g.nodes {
            let op = match &n.op {
                Op::Layer { layer } => {
                    let l = &p.layers[*layer];
                    let shown: Vec<_> = l.settings.iter().filter(|(name, _)| *name != "vocab").collect();
                    let params: Vec<String> = l.params.iter().map(&param).collect();
                    format!("{} {} {shown:?} {params:?}", l.kind, rename(&l.name))
                }
                Op::Head { task } => format!("head {}", rename(&p.tasks[*task].name)),
                Op::Port { task, port } => format!("port {} {port:?}", rename(&p.tasks[*task].name)),
                other => format!("{other:?}"),
            };
            let inputs: Vec<String> = n.inputs.iter().map(|i| text[*i].clone()).collect();
            // a node is what it computes, with everything below it
            text.push(format!("({op} {:?} <- {})", n.shape, inputs.join(", ")));
        }
        for t in &g.tasks {
            let name = rename(&p.tasks[t.task].name);
            let key = format!("{} {:?} {name}", rename(&p.corpora[g.corpus].name), g.phase);
            out.insert(key, vec![text[t.head].clone(), format!("{:?} of {} nodes", t.gold, g.nodes.len())]);
        }
    }
    let tasks = p.tasks.iter().map(|t| {
        let params: Vec<String> = t.params.iter().map(&param).collect();
        format!("{} {} {:?} {params:?} {:?}", rename(&t.name), t.head, t.settings, t.metrics)
    });
    let mut tasks: Vec<String> = tasks.collect();
    tasks.sort();
    out.insert("tasks".into(), tasks);
    let mut params: Vec<String> = (0..p.params.len()).map(|i| param(&i)).collect();
    params.sort();
    out.insert("params".into(), params);
    out
}

#[test]
fn a_family_of_sixteen_is_sixteen_copies() {
    let w = World::new();
    let names: Vec<String> = (0..16).map(|i| format!("d{i}")).collect();
    for (i, d) in names.iter().enumerate() {
        let train = rows(&[&format!("w{i} good|p|l"), "bad the|n|k"]);
        w.tsv(&format!("r/{d}"), &["x", "y", "z"], [&train, &[], &[]]);
    }
    let head = "encoder words  = embed(4)\nencoder shared = words |> bilstm(3) |> max\n";
    let quoted: Vec<String> = names.iter().map(|d| format!("\"{d}\"")).collect();
    let family = format!(
        "let ds = [{}]
         {head}
         for d in ds {{
           data r = tsv(\"r/{{d}}\") {{ x: tokens; y: label; z: label }}
           encoder private = words |> bilstm(2) |> max
           task sent : classify of r.y from shared & private
           task topic : classify of r.z from private |> dense(3)
           topic.probs -> sent[d] via embed(2)
         }}
         train {{ epochs 1 }}",
        quoted.join(", ")
    );
    let mut copies = head.to_string();
    for d in &names {
        copies += &format!(
            "data r_{d} = tsv(\"r/{d}\") {{ x: tokens; y: label; z: label }}
             encoder private_{d} = words |> bilstm(2) |> max
             task sent_{d} : classify of r_{d}.y from shared & private_{d}
             task topic_{d} : classify of r_{d}.z from private_{d} |> dense(3)
             topic_{d}.probs -> sent_{d} via embed(2)\n"
        );
    }
    copies += "train { epochs 1 }";
    let (f, c) = (w.build(&family), w.build(&copies));
    // private["d3"] and private_d3
    let plain = |n: &str| n.replace("[\"", "_").replace("\"]", "");
    let (a, b) = (canonical(&f, &plain), canonical(&c, &|n| n.to_string()));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (k, v) in &a {
        assert_eq!(v, &b[k], "{k}");
    }
    // private ones differ, the shared one is one
    let shared = |n: &&String| n.starts_with("shared") || n.starts_with("words");
    let of = |d: &str| reached(&f, &format!("r[\"{d}\"]"), &format!("sent[\"{d}\"]"));
    let (x, y) = (of("d0"), of("d7"));
    let common: BTreeSet<&String> = x.intersection(&y).collect();
    assert!(!common.is_empty() && common.iter().all(&shared), "{common:?}");
    assert_eq!(common.len(), x.iter().filter(shared).count());
    assert!(f.plan.params.iter().any(|p| p.owner == "topic[\"d5\"].probs -> sent[\"d5\"]"));
}

#[test]
fn an_arrow_into_a_whole_family_has_parameters_for_each_member() {
    let w = World::new();
    w.tsv("p", &["x", "y"], [&rows(&["u v|1", "w|0"]), &[], &[]]);
    for d in ["m", "n"] {
        w.tsv(d, &["x", "y"], [&rows(&["u v|1", "w|0"]), &[], &[]]);
    }
    let r = w.build(
        "data p = tsv(\"p\") { x: tokens; y: label }
         encoder e = embed(4) |> mean
         task top : classify of p.y from e
         for d in [\"m\", \"n\"] {
           data q = tsv(\"{d}\") { x: tokens; y: label }
           task sub : classify of q.y from e
         }
         top.probs -> sub[*] via embed(3)
         train { epochs 1 }",
    );
    let arrows: BTreeSet<&str> = owners(&r.plan).into_iter().filter(|o| o.contains("->")).collect();
    assert_eq!(arrows, BTreeSet::from(["top.probs -> sub[\"m\"]", "top.probs -> sub[\"n\"]"]));
}

#[test]
fn a_let_named_twice_is_one() {
    let w = World::new();
    w.columns("a", [&sentences(&["a/X/l", "b/Y/l"]), &[], &[]]);
    let r = w.build(
        "data a = columns(\"a\") { x: tokens = 1; t: tags on x = 2; u: tags on x = 3 }
         encoder e = embed(4) |> bilstm(3)
         let h = e |> dense(2)
         task t : tag of a.t from h
         task u : tag of a.u from h & e@1
         train { epochs 1 }",
    );
    assert_eq!(owners(&r.plan), BTreeSet::from(["e", "h", "t", "u"]));
    // embedding, LSTM, dense, concatenation
    assert_eq!(layers(r.graph("a", Phase::Train)), 4);
}

#[test]
fn encoders_beside_layers_read_their_text() {
    let w = World::new();
    w.columns("a", [&sentences(&["a/X", "b/Y"]), &[], &[]]);
    for named in ["e", "e@1", "e@1.fwd", "f[\"k\"]"] {
        let r = w.build(&format!(
            "data a = columns(\"a\") {{ x: tokens = 1; t: tags on x = 2 }}
             encoder e = embed(4) |> bilstm(3)
             for k in [\"k\", \"l\"] {{ encoder f = embed(2) |> bilstm(2) }}
             task t : tag of a.t from embed(5) |> bilstm(2) & {named}
             train {{ epochs 1 }}"
        ));
        let width = r.plan.params[r.plan.tasks[0].params[0]].shape[0];
        assert_eq!(
            width,
            4 + match named {
                "e@1.fwd" => 3,
                "e" | "e@1" => 6,
                _ => 4,
            },
            "{named}"
        );
    }
}
