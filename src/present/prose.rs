//! A program in words, as a reader of the survey knows them: its equations (2) and (3) for every task, what flows along
//! every arrow, the shape of every value.

use super::scene::{Edge, Gradient, Kind, Link, Scene};
use crate::analysis::{By, Dependency, TaskGraph};
use crate::check::Checked;
use crate::diagnostics::thousands;
use crate::kinds::heads;
use crate::kinds::layers::{self, Sees};
use crate::plan::{Graph, GraphTask, Op, Phase};
use crate::present::outline::{Outline, family};
use crate::present::sizes::Sizes;
use crate::types::{Edge as Arrow, Grad, Mode, Target};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What there is to tell from.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// the file
    pub file: &'a str,
    /// the program
    pub checked: &'a Checked,
    /// numbers or symbols
    pub sizes: Sizes<'a>,
    /// its picture, members of families one by one
    pub scene: &'a Scene,
    /// its parameters and stages
    pub outline: &'a Outline,
}

const WIDE: usize = 100;

/// A paragraph: words wrapped, every line after the first indented by so many more.
fn paragraph(indent: usize, hang: usize, text: &str) -> String {
    let mut out = String::new();
    let mut line = " ".repeat(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDE {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(indent + hang);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How a task depends on another.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// an arrow into its head
    Head,
    /// an arrow into a layer below it
    Layer,
    /// supervised at a lower layer
    Depth,
}

fn how(c: &Checked, g: &TaskGraph, from: usize, to: usize) -> How {
    let direct = |a: &Arrow| {
        a.rounds.is_none() && a.source == from && matches!(&a.target, Target::Task(t) | Target::Slot(t, _) if *t == to)
    };
    if c.arrows().any(direct) {
        return How::Head;
    }
    let by_arrow = g.dependencies.iter().any(|d| d.from == from && d.to == to && matches!(d.by, By::Arrow { .. }));
    if by_arrow { How::Layer } else { How::Depth }
}

/// `Ŷ_pos`, or `h_pos` where hidden states are sent.
fn payload(c: &Checked, from: usize) -> String {
    let name = &c.tasks()[from].name;
    let hidden = c.arrows().filter(|a| a.source == from && a.rounds.is_none());
    let ports: BTreeSet<&str> = hidden.map(|a| a.port).collect();
    let letter = if ports.iter().all(|p| matches!(*p, "hidden" | "states")) && !ports.is_empty() { "h" } else { "Ŷ" };
    format!("{letter}_{name}")
}

/// The survey's equation for a task, and its number.
fn equation(c: &Checked, task: usize) -> (String, u32) {
    let g = c.task_graph();
    let name = &c.tasks()[task].name;
    let mut before: Vec<usize> = g.dependencies.iter().filter(|d| d.to == task).map(|d| d.from).collect();
    before.sort_unstable();
    before.dedup();
    let of = |kind: How| -> Vec<String> {
        before.iter().filter(|f| how(c, g, **f, task) == kind).map(|f| payload(c, *f)).collect()
    };
    let (head, layer) = (of(How::Head), of(How::Layer));
    let depth: Vec<usize> = before.iter().copied().filter(|f| how(c, g, *f, task) == How::Depth).collect();
    let mut text =
        format!("Ŷ_{name} = Decoder_{name}({}h_{name})", head.iter().map(|h| format!("{h}, ")).collect::<String>());
    if !layer.is_empty() {
        let _ = write!(text, ", h_{name} = Encoder(x, {})", layer.join(", "));
    } else if !depth.is_empty() {
        let below: Vec<String> = depth.iter().map(|f| format!("h_{}", c.tasks()[*f].name)).collect();
        let _ = write!(text, ", h_{name} = Encoder({})", below.join(", "));
    }
    (text, if before.is_empty() { 2 } else { 3 })
}

/// The whole program.
pub fn program(t: &Told<'_>) -> String {
    let c = t.checked;
    let g = c.task_graph();
    let mut o = String::new();
    let verdict = match (g.multi_step(), g.tasks.len()) {
        (true, _) => format!("multi-step training, in {} steps", g.steps.len()),
        (false, 1) => "joint training of a single task".into(),
        (false, n) => format!("joint training of {n} tasks"),
    };
    let _ = writeln!(o, "{}: {verdict}\n", t.file);
    let definition = if g.multi_step() {
        "Multi-step training, says the survey (Zhang et al. 2022, §1), \"is used when some task's input needs to be \
         determined by the outputs or hidden representations of previous task(s)\". Here that is so:"
    } else {
        "Joint training, says the survey (Zhang et al. 2022, §1), is for tasks that \"can be performed simultaneously\": \
         no decoder here takes what another task predicts or the states from which it does, and no task is supervised \
         at a layer below another."
    };
    o.push_str(&paragraph(0, 0, definition));
    let shown = 12;
    for d in g.dependencies.iter().take(shown) {
        o.push_str(&paragraph(2, 2, &format!("- {}", g.reason(d))));
    }
    if g.dependencies.len() > shown {
        let _ = writeln!(o, "  - and {} more", g.dependencies.len() - shown);
    }
    for n in &g.notes {
        o.push_str(&paragraph(2, 2, &format!("- no step: {n}")));
    }
    o.push_str("\nEquation (2) of the survey is for tasks that depend on no other, (3) for those that do:\n\n");
    let mut rows = vec![];
    let mut done: Vec<String> = vec![];
    for (step, tasks) in g.steps.iter().enumerate() {
        for &task in tasks {
            let (text, number) = equation(c, task);
            let text = family(&text);
            if !done.contains(&text) {
                rows.push((step, text.clone(), number));
                done.push(text);
            }
        }
    }
    let wide = rows.iter().map(|r| r.1.chars().count()).max().unwrap_or(0);
    for (step, text, number) in rows {
        let pad = " ".repeat(wide - text.chars().count());
        let _ = writeln!(o, "  step {}  {text}{pad}  ({number})", step + 1);
    }
    let single: Vec<&Vec<usize>> = g.components.iter().filter(|m| m.len() == 1).collect();
    if g.multi_step() && !single.is_empty() {
        let names: Vec<String> = single.iter().map(|m| g.tasks[m[0]].clone()).collect();
        let (depend, them) = if names.len() == 1 { ("depends", "it") } else { ("depend", "them") };
        let text = format!("{} {depend} on no task and no task on {them}: joint with the rest.", listed(&names));
        o.push('\n');
        o.push_str(&paragraph(0, 0, &text));
    }
    let arrows = carried(t, &c.arrows().collect::<Vec<_>>());
    if !arrows.is_empty() {
        o.push_str("\nWhat flows along each arrow:\n\n");
        o.push_str(&arrows);
    }
    o.push_str("\nThe tasks:\n\n");
    let mut done: Vec<String> = vec![];
    for (i, task) in c.tasks().iter().enumerate() {
        let s = &c.summaries()[i];
        let name = family(&task.name);
        if done.contains(&name) {
            continue;
        }
        let path = reads(t, &task.name).join("; ");
        let mut text = format!("{name}: `{}`", s.head);
        if !s.target.is_empty() {
            let _ = write!(text, " of `{}`", s.target);
        }
        if !path.is_empty() {
            let _ = write!(text, ", reads {}", family(&path));
        }
        let _ = write!(text, "; loss: {}", s.loss);
        if !s.metric.is_empty() {
            let _ = write!(text, "; metric: `{}`", s.metric);
        }
        text.push('.');
        o.push_str(&paragraph(2, 2, &text));
        done.push(name);
    }
    if let Some(first) = c.tasks().first() {
        let name = if first.name.contains('"') { format!("'{}'", first.name) } else { first.name.clone() };
        let _ = writeln!(o, "\nOne task with all its shapes: `mtlc explain {} {name}`", t.file);
    }
    o
}

/// What a task reads, by the picture: `enc by attend`.
fn reads(t: &Told<'_>, task: &str) -> Vec<String> {
    let s = t.scene;
    let Some(me) = s.nodes.iter().position(|n| n.kind == Kind::Task && n.name == task) else { return vec![] };
    let one = |e: &Edge| {
        let from = &s.nodes[e.from];
        let layers = from.lines.first().filter(|l| l.starts_with("layer")).cloned().unwrap_or_default();
        let ty = if from.kind == Kind::Text { String::new() } else { from.ty.clone() };
        let more: Vec<&str> = [layers.as_str(), ty.as_str()].into_iter().filter(|m| !m.is_empty()).collect();
        let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
        let by = if e.label.is_empty() { String::new() } else { format!(" by {}", e.label.replace('▸', "then")) };
        format!("`{}`{more}{by}", from.name)
    };
    s.edges.iter().filter(|e| e.to == me && e.link == Link::Read).map(one).collect()
}

/// Arrows in words; those that carry the same, as to several layers, are told together.
fn carried(t: &Told<'_>, arrows: &[&Arrow]) -> String {
    let mut told: Vec<(Vec<String>, String)> = vec![];
    for a in arrows {
        let (name, text) = (family(&a.name), family(&arrow(t, a)));
        match told.iter_mut().find(|(_, o)| *o == text) {
            Some((names, _)) if names.contains(&name) => {}
            Some((names, _)) => names.push(name),
            None => told.push((vec![name], text)),
        }
    }
    let one = |(names, text): &(Vec<String>, String)| {
        let verb = if names.len() > 1 { "carry" } else { "carries" };
        paragraph(2, 2, &format!("{} {verb} {text}", listed(names)))
    };
    told.iter().map(one).collect()
}

/// What an arrow carries, in a sentence or two.
fn arrow(t: &Told<'_>, a: &Arrow) -> String {
    let c = t.checked;
    let source = &c.tasks()[a.source].name;
    let what = match a.port {
        "hidden" | "states" => "hidden states",
        "probs" => "the predicted distribution",
        "soft" => "expected embeddings",
        "labels" => "the predicted labels",
        "logits" => "scores",
        "text" | "filled" => "the text that it made",
        _ => "a selection",
    };
    let edge = t.scene.edges.iter().find(|e| {
        matches!(e.link, Link::Arrow | Link::Feedback)
            && t.scene.nodes[e.from].name == *source
            && (e.label == a.port || e.label.starts_with(&format!("{}(", a.port)))
            && ends_at(t, e, a)
    });
    let mut text = format!("{what} of `{source}`");
    let sent = task_shape(t, a.source);
    if matches!(a.port, "probs" | "labels" | "logits") && !sent.is_empty() {
        let _ = write!(text, ", {sent}");
    }
    if let Some(d) = edge.and_then(|e| e.detail.first())
        && !d.starts_with("into ")
        && !d.starts_with("train:")
    {
        let _ = write!(text, ", which arrives by {d}");
    }
    match &a.target {
        Target::Slot(k, s) => {
            let slots = heads::row(&c.tasks()[*k].head).map_or(&[][..], |h| h.slots);
            let how = if slots.contains(&s.as_str()) { "into the slot" } else { "in place of the text" };
            let _ = write!(text, ", {how} `{s}`");
        }
        Target::Encoder(..) => text.push_str(", below the layer that it enters"),
        Target::Task(_) => text.push_str(", beside the features of the head"),
    }
    text.push_str(". ");
    match &a.train {
        _ if matches!(a.port, "hidden" | "states") => {}
        Mode::Predicted if a.when.is_some() => {}
        Mode::Predicted => text.push_str("Predicted in training and at test. "),
        Mode::Gold => text.push_str("Gold in training, predicted at test. "),
        Mode::Scheduled(x, y) => {
            let _ = write!(text, "In training gold for a share that goes from {x} to {y}, at test predicted. ");
        }
        Mode::Other(w) => {
            let _ = write!(text, "In training {w}, at test predicted. ");
        }
    }
    match a.when {
        Some(Phase::Train) => text.push_str("In training only. "),
        Some(Phase::Test) => text.push_str("At test only. "),
        None => {}
    }
    if let Some(n) = a.rounds {
        let _ = write!(text, "Feedback, unrolled {n} {}. ", if n == 1 { "time" } else { "times" });
    }
    let none = edge.is_some_and(|e| e.gradient == Gradient::None);
    match a.grad {
        Grad::Straight => text.push_str("Its gradient passes the hard choice straight through."),
        Grad::Reverse(l) => {
            let _ = write!(text, "Its gradient is reversed, times {l}.");
        }
        Grad::Stop => {
            let _ = write!(text, "No gradient flows back into `{source}`.");
        }
        Grad::Through if none => {
            let _ = write!(text, "A hard choice: no gradient flows back into `{source}`.");
        }
        Grad::Through => {
            let _ = write!(text, "The gradient of the reader's loss flows back into `{source}`.");
        }
    }
    text
}

/// Whether an edge of the picture ends where an arrow does.
fn ends_at(t: &Told<'_>, e: &Edge, a: &Arrow) -> bool {
    let to = &t.scene.nodes[e.to];
    match &a.target {
        Target::Task(k) | Target::Slot(k, _) => to.kind == Kind::Task && to.name == t.checked.tasks()[*k].name,
        Target::Encoder(..) => to.kind == Kind::Encoder,
    }
}

fn task_shape(t: &Told<'_>, task: usize) -> String {
    let name = &t.checked.tasks()[task].name;
    t.scene.nodes.iter().find(|n| n.kind == Kind::Task && n.name == *name).map(|n| n.ty.clone()).unwrap_or_default()
}

/// One task, value by value.
// long: a page, section by section
pub fn task(t: &Told<'_>, index: usize) -> String {
    let c = t.checked;
    let g = c.task_graph();
    let (task, summary) = (&c.tasks()[index], &c.summaries()[index]);
    let name = &task.name;
    let (text, number) = equation(c, index);
    let kind = if number == 2 { "it depends on no other task" } else { "it depends on other tasks" };
    let mut o = format!("{name}: `{}`", summary.head);
    if !summary.target.is_empty() {
        let _ = write!(o, " of `{}`", summary.target);
    }
    let _ = writeln!(o, ", step {} of {}\n", g.step_of(index) + 1, g.steps.len().max(1));
    let _ = writeln!(o, "  {text}\n  equation ({number}) of Zhang et al. 2022: {kind}\n");
    let mut near = false;
    for d in g.dependencies.iter().filter(|d| d.to == index) {
        near = true;
        o.push_str(&paragraph(2, 2, &format!("after `{}`: {}", g.tasks[d.from], g.reason(d))));
    }
    for d in g.dependencies.iter().filter(|d| d.from == index) {
        near = true;
        o.push_str(&paragraph(2, 2, &format!("before `{}`: {}", g.tasks[d.to], g.reason(d))));
    }
    if near {
        o.push('\n');
    }
    let into: Vec<&Arrow> = c.arrows().filter(|a| enters(c, g, a, index)).collect();
    if !into.is_empty() {
        o.push_str("What enters\n");
        o.push_str(&carried(t, &into));
    }
    let read = reads(t, name);
    if !read.is_empty() {
        o.push_str(if into.is_empty() { "What it reads\n" } else { "\nWhat it reads\n" });
        o.push_str(&paragraph(2, 2, &read.join("; ")));
    }
    // the graphs in which it learns; members of a family compute alike
    let losses: Vec<String> = c.losses.iter().filter(|l| l.tasks.contains(&index)).map(|l| l.name.clone()).collect();
    let here = |x: &GraphTask| x.task == index && (x.gold.is_some() || !losses.is_empty());
    let with = |gr: &&Graph| gr.phase == Phase::Train && gr.tasks.iter().any(here);
    let graphs: Vec<&Graph> = c.graphs.iter().filter(with).collect();
    for (k, gr) in graphs.iter().enumerate() {
        let data = &c.corpora()[gr.corpus].name;
        if k > 0 {
            let rest: Vec<String> = graphs[1..].iter().map(|g| c.corpora()[g.corpus].name.clone()).collect();
            o.push_str(&paragraph(2, 2, &format!("and likewise on {}", listed(&rest))));
            break;
        }
        let Some(place) = c.graphs.iter().position(|x| std::ptr::eq(x, *gr)) else { continue };
        let Some(GraphTask { head, .. }) = gr.tasks.iter().find(|x| x.task == index) else { continue };
        let _ = writeln!(o, "\nValue by value, on `{data}` in training");
        o.push_str(&values(t, place, *head));
    }
    if graphs.is_empty() {
        o.push_str("\nThis version does not train it, so the shapes of its values are not fixed yet.\n");
    }
    o.push_str("\nHow it learns\n");
    let formula = (heads::find(&task.head).formula)(&task.settings);
    // that of a loss which the task names is another
    let own = !formula.is_empty() && task.loss.is_none();
    let loss = if own { format!("{}: {formula}", summary.loss) } else { summary.loss.clone() };
    let weighed = if task.class_weights.is_some() { ", with weights of classes" } else { "" };
    o.push_str(&paragraph(2, 2, &format!("loss: {loss}{weighed}")));
    if !losses.is_empty() {
        o.push_str(&paragraph(2, 2, &format!("also trained by {}", listed(&losses))));
    }
    let mut metrics: Vec<String> = task.metrics.iter().map(|m| m.label.clone()).collect();
    metrics.dedup();
    if !metrics.is_empty() {
        o.push_str(&paragraph(2, 2, &format!("metrics: {}; the first stands for the task", listed(&metrics))));
    }
    let stages: Vec<String> =
        c.train.stages.iter().filter(|s| s.tasks.contains(&index)).map(|s| s.name.clone()).collect();
    let mut distinct: Vec<String> = vec![];
    stages.iter().for_each(|s| {
        if !distinct.contains(s) {
            distinct.push(s.clone());
        }
    });
    match (stages.len(), c.train.stages.len()) {
        (0, _) => o.push_str("  no stage trains it\n"),
        (a, b) if a == b && b == 1 => o.push_str("  trained throughout\n"),
        (a, b) => o.push_str(&paragraph(2, 2, &format!("trained in {a} of {b} stages: {}", distinct.join(", ")))),
    }
    o.push_str("\nParameters, and who shares them\n");
    let mine: Vec<_> = t.outline.parts.iter().filter(|p| p.name == *name || p.tasks.contains(name)).collect();
    if mine.is_empty() {
        o.push_str("  not known: this version does not train it\n");
    }
    for p in mine {
        let others: Vec<String> = p.tasks.iter().filter(|x| *x != name && **x != p.name).cloned().collect();
        let mut families: Vec<String> = vec![];
        for x in &others {
            let alone = others.iter().filter(|y| family(y) == family(x)).count() == 1;
            let word = if alone { x.clone() } else { family(x) };
            if !families.contains(&word) {
                families.push(word);
            }
        }
        let mut size: Vec<String> = p.open.clone();
        if p.known > 0 || size.is_empty() {
            size.push(thousands(p.known));
        }
        let foreign = p.kind == "task" && p.name != *name;
        let who = if foreign {
            "by way of an arrow".into()
        } else if families.is_empty() {
            "its own".into()
        } else {
            format!("also used by {}", listed(&families))
        };
        let frozen = if p.frozen.is_empty() { String::new() } else { format!(", frozen in {}", p.frozen.join(", ")) };
        o.push_str(&paragraph(2, 2, &format!("{} `{}`: {}, {who}{frozen}", p.kind, p.name, size.join(" + "))));
    }
    o
}

/// Whether an arrow's payload reaches a task, directly or through the encoder layers below it.
fn enters(c: &Checked, g: &TaskGraph, a: &Arrow, task: usize) -> bool {
    match &a.target {
        Target::Task(t) | Target::Slot(t, _) => *t == task,
        Target::Encoder(..) => {
            let needs = |d: &Dependency| d.from == a.source && d.to == task && g.reason(d).contains(&*a.name);
            g.dependencies.iter().any(needs) && how(c, g, a.source, task) != How::Depth
        }
    }
}

/// Every value from which a head is computed, in order: its shape and which positions it has seen.
fn values(t: &Told<'_>, graph: usize, head: usize) -> String {
    let c = t.checked;
    let (g, widths) = (&c.graphs[graph], &c.widths[graph]);
    let mut needed = vec![false; g.nodes.len()];
    let mut open = vec![head];
    while let Some(n) = open.pop() {
        if !std::mem::replace(&mut needed[n], true) {
            open.extend(&g.nodes[n].inputs);
        }
    }
    let mut flows = vec![Sees::Own; g.nodes.len()];
    let mut rows: Vec<(String, String, String)> = vec![];
    for (i, n) in g.nodes.iter().enumerate().filter(|(i, _)| needed[*i]) {
        let below = n.inputs.iter().map(|k| flows[*k]).max().unwrap_or(Sees::Own);
        let mut note = String::new();
        flows[i] = match &n.op {
            Op::Layer { layer } => {
                let l = &c.layers[*layer];
                let row = layers::layer(&l.kind);
                match row.map(|row| row.gradient) {
                    Some(layers::Gradient::Stopped) => note = "no gradient".into(),
                    Some(layers::Gradient::Reversed) => note = "gradient reversed".into(),
                    _ => {}
                }
                // what its input has seen, and what the layer adds
                row.map_or(below, |row| (row.sees)(&l.settings).max(below))
            }
            _ => below,
        };
        let shape = match &n.shape {
            s if s.is_text() => "n tokens".to_string(),
            s if s.per_token() => format!("n×{}", t.sizes.dim(&widths[i])),
            _ => t.sizes.dim(&widths[i]),
        };
        let seen = match flows[i] {
            _ if !n.shape.per_token() => "",
            Sees::Own => "each token alone",
            Sees::Left => "each token and those before it",
            Sees::All => "the whole text",
        };
        match &n.op {
            Op::Head { .. } => note = "scores".into(),
            Op::Gold { .. } => note = "gold where the example carries it".into(),
            _ => {}
        }
        let words: Vec<&str> = [seen, note.as_str()].into_iter().filter(|w| !w.is_empty()).collect();
        rows.push((c.node_name(graph, i), shape, words.join("; ")));
    }
    let wide = |f: &dyn Fn(&(String, String, String)) -> usize| rows.iter().map(f).max().unwrap_or(0);
    let (a, b) = (wide(&|r| r.0.chars().count()), wide(&|r| r.1.chars().count()));
    let pad = |s: &str, n: usize| format!("{s}{}", " ".repeat(n - s.chars().count()));
    rows.iter().map(|(x, y, z)| format!("  {}  {}  {z}", pad(x, a), pad(y, b)).trim_end().to_string() + "\n").collect()
}
