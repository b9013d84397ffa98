//! DOT, the language of Graphviz.

use crate::plan::Phase;
use crate::present::scene::{Edge, Gradient, Kind, Link, Node, Scene};
use std::fmt::Write;

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn node(n: &Node, id: usize) -> String {
    let look = match n.kind {
        Kind::Text => "shape=box, color=\"#999999\"",
        Kind::Encoder => "shape=box, style=filled, fillcolor=\"#ececec\"",
        Kind::Let => "shape=box, color=\"#777777\"",
        Kind::Task => "shape=box, style=rounded, penwidth=1.6",
        Kind::Loss => "shape=ellipse, color=\"#777777\"",
    };
    let copies = if n.members > 1 { ", peripheries=2" } else { "" };
    format!("n{id} [label={}, {look}{copies}];", quote(&n.words().join("\n")))
}

fn edge(e: &Edge) -> String {
    let mut look = vec![format!("label={}", quote(&e.words().join("\n")))];
    match e.phase {
        Some(Phase::Train) => look.push("style=dashed".into()),
        Some(Phase::Test) => look.push("style=dotted".into()),
        None => {}
    }
    if e.gradient == Gradient::None {
        look.push("color=\"#999999\"".into());
    }
    match e.link {
        Link::Read => {}
        Link::Arrow => look.push("penwidth=1.8".into()),
        Link::Feedback => look.push("color=\"black:white:black\", constraint=false".into()),
        Link::Share => look.push("dir=both, constraint=false".into()),
        Link::Loss => look.push("dir=none, color=\"#777777\"".into()),
    }
    format!("n{} -> n{} [{}];", e.from, e.to, look.join(", "))
}

/// The digraph.
pub fn dot(s: &Scene) -> String {
    let mut o = format!("digraph {} {{\n  rankdir=BT;\n", quote(&s.title));
    o.push_str("  node [fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n");
    for step in 0..s.steps {
        if s.columns() {
            let _ = writeln!(o, "  subgraph cluster_{step} {{\n    label=\"step {}\"; color=\"#cccccc\";", step + 1);
        }
        for (i, n) in s.nodes.iter().enumerate().filter(|(_, n)| n.step == step) {
            let _ = writeln!(o, "    {}", node(n, i));
        }
        if s.columns() {
            o.push_str("  }\n");
        }
    }
    for e in &s.edges {
        let _ = writeln!(o, "  {}", edge(e));
    }
    o.push_str("}\n");
    o
}
