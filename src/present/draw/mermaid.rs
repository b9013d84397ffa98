//! Mermaid, which many sites draw in Markdown.

use crate::plan::Phase;
use crate::present::scene::{Edge, Gradient, Kind, Link, Node, Scene};
use std::fmt::Write;

/// Text within quotes: Mermaid knows HTML's entities with `#`.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn words(n: &Node) -> String {
    let quoted: Vec<String> = n.words().iter().map(|l| quote(l).trim_matches('"').to_string()).collect();
    format!("\"{}\"", quoted.join("<br/>"))
}

fn node(n: &Node, id: usize) -> String {
    let w = words(n);
    match n.kind {
        Kind::Text => format!("n{id}[/{w}/]"),
        Kind::Encoder => format!("n{id}[{w}]"),
        Kind::Let => format!("n{id}>{w}]"),
        Kind::Task => format!("n{id}({w})"),
        Kind::Loss => format!("n{id}{{{{{w}}}}}"),
    }
}

fn edge(e: &Edge) -> String {
    let mut notes = vec![];
    match e.phase {
        Some(Phase::Train) => notes.push("training only"),
        Some(Phase::Test) => notes.push("test only"),
        None => {}
    }
    if e.gradient == Gradient::None {
        notes.push("no gradient");
    }
    if e.link == Link::Feedback {
        notes.push("feedback");
    }
    let all = [e.words(), notes].concat().join(", ");
    let label = if all.is_empty() { String::new() } else { format!("|{}|", quote(&all)) };
    let arrow = match (e.link, e.phase) {
        (Link::Loss, _) => "---",
        (Link::Share, _) => "<-->",
        (_, Some(_)) | (Link::Feedback, _) => "-.->",
        (Link::Arrow, None) => "==>",
        (Link::Read, None) => "-->",
    };
    format!("n{} {arrow}{label} n{}", e.from, e.to)
}

/// The flowchart.
pub fn mermaid(s: &Scene) -> String {
    let mut o = String::from("flowchart BT\n");
    for step in 0..s.steps {
        let indent = if s.columns() { "    " } else { "  " };
        if s.columns() {
            let _ = writeln!(o, "  subgraph s{step} [\"step {}\"]", step + 1);
        }
        for (i, n) in s.nodes.iter().enumerate().filter(|(_, n)| n.step == step) {
            let _ = writeln!(o, "{indent}{}", node(n, i));
        }
        if s.columns() {
            o.push_str("  end\n");
        }
    }
    for e in &s.edges {
        let _ = writeln!(o, "  {}", edge(e));
    }
    let grey: Vec<String> =
        s.edges.iter().enumerate().filter(|(_, e)| e.gradient == Gradient::None).map(|(i, _)| i.to_string()).collect();
    if !grey.is_empty() {
        let _ = writeln!(o, "  linkStyle {} stroke:#999", grey.join(","));
    }
    o
}
