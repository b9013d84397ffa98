//! `mtlc plan FILE`: what training would take. Runs nothing.

use super::view::{indent, table, thousands, verdict};
use super::{Changes, ERRORS, FINE, Look, compile, findings, out, out_json};
use crate::batches::Description;
use crate::diagnostics::some;
use crate::driver;
use crate::encode::cache::Cache;
use crate::plan::Applied;
use crate::present::outline::{Known, LayerOutline, Outline, Part, StageOutline, family, outline};
use std::collections::{HashMap, HashSet};
use std::path::Path;

pub(super) fn command(file: &Path, json: bool, no_data: bool, changes: &Changes, look: Look) -> i32 {
    let mut c = match compile(file, changes, look) {
        Ok(c) => c,
        Err(code) => return code,
    };
    let cache = Cache::of_user();
    let mut data = if no_data { driver::Data::default() } else { driver::load_cached(&mut c, cache.as_ref(), false) };
    let read = data.complete && !data.corpora.is_empty();
    // what cannot be trained yet is said in the outline, and is no error here
    let trainable = c.checked.as_ref().is_some_and(|c| c.unsupported().is_empty());
    let plan = if read && trainable { driver::plan(&mut c, &data) } else { None };
    findings(&c.sources, &c.diagnostics, look);
    if c.has_errors() {
        return ERRORS;
    }
    let Some(checked) = &c.checked else { return ERRORS };
    let planned = plan.map(|plan| (driver::examples(&plan, &mut data, cache.as_ref()), plan));
    let known = planned.as_ref().map(|(examples, plan)| Known { plan, corpora: &data.corpora, examples });
    let o = outline(&c.name, &c.program, checked, read.then_some(&data.tables), known);
    match json {
        true => out_json(serde_json::to_string_pretty(&o).unwrap_or_default()),
        false => out(text(&format!("{}: {}", file.display(), verdict(checked)), &o)),
    }
    FINE
}

/// `1.2 G`, `340 M`: operations.
fn si(n: f64) -> String {
    let units = [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")];
    match units.iter().find(|(f, _)| n >= *f) {
        Some((f, u)) if n / f < 10.0 => format!("{:.1}{u}", n / f),
        Some((f, u)) => format!("{:.0}{u}", n / f),
        None => format!("{n:.0}"),
    }
}

/// `3.1 MB`
fn bytes(n: f64) -> String {
    format!("{}B", if n < 1000.0 { format!("{n:.0} ") } else { si(n) })
}

/// Names, members of a family as one: `sent[*], domain`.
fn families(names: &[String]) -> String {
    let mut members: HashMap<String, usize> = HashMap::new();
    names.iter().for_each(|n| *members.entry(family(n)).or_default() += 1);
    let (mut out, mut said): (Vec<String>, HashSet<String>) = (vec![], HashSet::new());
    for n in names {
        let f = family(n);
        let word = if members.get(&f) == Some(&1) { n.clone() } else { f };
        if said.insert(word.clone()) {
            out.push(word);
        }
    }
    out.join(", ")
}

/// A known number with the terms that wait for data: `64·V + 33,024`.
fn count(known: usize, open: &[String]) -> String {
    let mut terms = open.to_vec();
    if known > 0 || open.is_empty() {
        terms.push(thousands(known));
    }
    terms.join(" + ")
}

/// What differs only in the member of a family, together, in the order in which each family first comes.
fn by_family<T>(all: &[T], name: impl Fn(&T) -> &str) -> Vec<(String, Vec<&T>)> {
    let mut out: Vec<(String, Vec<&T>)> = vec![];
    let mut places: HashMap<String, usize> = HashMap::new();
    for x in all {
        let key = family(name(x));
        let at = *places.entry(key.clone()).or_insert(out.len());
        match out.get_mut(at) {
            Some((_, same)) => same.push(x),
            None => out.push((key, vec![x])),
        }
    }
    out
}

/// Parts that differ only in the member of a family, as one.
fn grouped(parts: &[Part]) -> Vec<(String, Vec<&Part>)> {
    let mut out = by_family(parts, |p| &p.name);
    for (name, all) in &mut out {
        if let [one] = all.as_slice() {
            name.clone_from(&one.name);
        }
    }
    out
}

fn parameters(o: &Outline) -> String {
    let mut rows = vec![];
    for (name, all) in grouped(&o.parts) {
        let Some(first) = all.first() else { continue };
        let several = if all.len() > 1 { format!("{} × ", all.len()) } else { String::new() };
        let alike = all.iter().all(|p| p.parameters == first.parameters && p.layers.len() == first.layers.len());
        let total = match all.iter().map(|p| p.parameters).sum::<Option<usize>>() {
            Some(n) => thousands(n),
            None if all.len() > 1 => format!("{several}({})", part_count(first)),
            None => part_count(first),
        };
        let mut once: HashSet<&str> = HashSet::new();
        let readers: Vec<String> = all.iter().flat_map(|p| &p.tasks).filter(|t| once.insert(t)).cloned().collect();
        let mut by = families(&readers);
        if first.kind == "task" {
            let own: HashSet<&str> = all.iter().map(|p| p.name.as_str()).collect();
            let others: Vec<String> = readers.iter().filter(|t| !own.contains(t.as_str())).cloned().collect();
            by = if others.is_empty() { String::new() } else { families(&others) };
        }
        let frozen = if first.frozen.is_empty() { String::new() } else { first.frozen.join(", ") };
        rows.push(vec![name.clone(), first.kind.into(), String::new(), total, String::new(), by, frozen]);
        if !alike {
            continue;
        }
        for l in &first.layers {
            if first.kind == "task" && first.layers.len() == 1 {
                let row = rows.last_mut();
                if let Some(row) = row {
                    row[2] = if all.len() > 1 { String::new() } else { l.shape.clone() };
                    row[4] = ops(&all, &l.name);
                }
                continue;
            }
            let short = l.name.strip_prefix(first.name.as_str()).map_or(l.name.as_str(), |s| s.trim_start_matches('.'));
            let short = family(short);
            rows.push(vec![
                format!("  {short}"),
                l.kind.clone(),
                l.shape.clone(),
                format!("{several}{}", layer_count(l)),
                ops(&all, &l.name),
                String::new(),
                String::new(),
            ]);
        }
    }
    let mut head = vec!["part", "kind", "shape", "parameters", "operations", "read by", "frozen in"];
    // columns that say nothing are left out
    for i in [6, 4] {
        if rows.iter().all(|r| r[i].is_empty()) {
            head.remove(i);
            rows.iter_mut().for_each(|r| drop(r.remove(i)));
        }
    }
    indent(&table(&head, &rows))
}

/// Operations of one layer over all members.
fn ops(all: &[&Part], layer: &str) -> String {
    let key = family(layer);
    let mine = all.iter().flat_map(|p| &p.layers).filter(|l| family(&l.name) == key);
    mine.map(|l| l.operations).sum::<Option<f64>>().map(si).unwrap_or_default()
}

fn layer_count(l: &LayerOutline) -> String {
    count(l.known, &l.open)
}

fn part_count(p: &Part) -> String {
    count(p.known, &p.open)
}

fn text(title: &str, o: &Outline) -> String {
    let mut s = format!("{title}\n\n");
    match (o.parameters, &o.estimate) {
        (Some(n), Some(e)) => {
            s.push_str(&format!(
                "  {} parameters; operations are of one epoch, forwards and backwards\n",
                thousands(n)
            ));
            let _ = e;
        }
        _ if !o.not_yet.is_empty() => {
            s.push_str("  this version cannot train all of it, so sizes and costs are known in part\n");
        }
        _ => s.push_str("  without the data, sizes that they decide are symbols: K classes, V words, C characters\n"),
    }
    if !o.parts.is_empty() {
        s.push('\n');
        s.push_str(&parameters(o));
    }
    if !o.once.is_empty() {
        s.push_str("\n  computed once for several tasks\n");
        let mut lines: Vec<(String, Vec<String>)> = vec![];
        for w in &o.once {
            let on: Vec<String> = w.on.iter().map(|t| format!("{}.{t}", family(&w.data))).collect();
            let what = format!("    {} on {}", family(&w.part), on.join(", "));
            match lines.iter_mut().find(|(l, _)| *l == what) {
                Some((_, tasks)) => {
                    tasks.extend(w.tasks.iter().filter(|t| !tasks.contains(t)).cloned().collect::<Vec<_>>())
                }
                None => lines.push((what, w.tasks.clone())),
            }
        }
        for (what, tasks) in lines {
            s.push_str(&format!("{what}: for {}\n", families(&tasks)));
        }
    }
    if o.complete {
        s.push_str(&data(o));
    }
    s.push_str(&stages(o));
    s.push_str(&passes(o));
    if let Some(e) = &o.estimate {
        s.push_str(&format!(
            "\n  estimate: {} operations an epoch, {}{}; memory {} of weights and moments, {} of activations\n",
            si(e.operations_per_epoch),
            seconds(e.seconds_per_epoch),
            e.seconds.map_or(String::new(), |t| format!(", {} in all", seconds(t))),
            bytes(e.weight_bytes),
            bytes(e.activation_bytes),
        ));
    }
    if !o.not_yet.is_empty() {
        s.push_str("\n  not trained by this version:\n");
        o.not_yet.iter().for_each(|n| s.push_str(&format!("    {n}\n")));
    }
    s
}

/// The passes that find something to do, and those that are turned off.
fn passes(o: &Outline) -> String {
    let shown = o.passes.iter().filter(|p| !p.on || !p.what.is_empty());
    let what = |p: &Applied| if p.on { p.what.clone() } else { format!("off; would: {}", p.what) };
    let rows: Vec<Vec<String>> = shown.map(|p| vec![p.name.clone(), what(p)]).collect();
    if rows.is_empty() { String::new() } else { format!("\n{}", indent(&table(&["pass", "what it does here"], &rows))) }
}

fn seconds(n: f64) -> String {
    match n {
        n if n < 1.0 => "under 1 s".into(),
        n if n < 100.0 => format!("about {n:.0} s"),
        n if n < 6000.0 => format!("about {:.0} min", n / 60.0),
        n => format!("about {:.1} h", n / 3600.0),
    }
}

/// Data sets and tasks, families as one row.
fn data(o: &Outline) -> String {
    let mut rows: Vec<Vec<String>> = vec![];
    for (key, same) in by_family(&o.batches, |b| &b.data) {
        let Some(b) = same.first() else { continue };
        let own: HashSet<&str> = same.iter().map(|b| b.data.as_str()).collect();
        let sets: Vec<_> = o.data.iter().filter(|d| own.contains(d.name.as_str())).collect();
        let mean = |f: &dyn Fn(&crate::present::outline::Batch) -> f64| {
            same.iter().map(|b| f(b)).sum::<f64>() / same.len().max(1) as f64
        };
        let learn: Vec<String> = same.iter().flat_map(|b| b.learn.clone()).collect();
        let run: Vec<String> = same.iter().flat_map(|b| b.run.clone()).collect();
        rows.push(vec![
            if same.len() > 1 { format!("{key} ({})", same.len()) } else { b.data.clone() },
            thousands(sets.iter().map(|d| d.train).sum()),
            thousands(sets.iter().map(|d| d.dev).sum()),
            thousands(sets.iter().map(|d| d.test).sum()),
            thousands(sets.iter().map(|d| d.tokens).sum()),
            b.nodes.to_string(),
            si(mean(&|b| b.operations)),
            bytes(mean(&|b| b.bytes)),
            families(&learn),
            families(&run),
        ]);
    }
    let mut head =
        vec!["data", "train", "dev", "test", "tokens", "nodes", "operations/step", "memory/step", "learn", "also run"];
    if rows.iter().all(|r| r[9].is_empty()) {
        head.pop();
        rows.iter_mut().for_each(|r| drop(r.pop()));
    }
    let mut s = String::from("\n") + &indent(&table(&head, &rows));
    let mut rows: Vec<Vec<String>> = vec![];
    let steps: HashMap<&str, usize> =
        o.steps.iter().enumerate().flat_map(|(i, s)| s.iter().map(move |t| (t.as_str(), i))).collect();
    for (key, same) in by_family(&o.tasks, |t| &t.name) {
        let Some(t) = same.first() else { continue };
        let sum = |i: usize| thousands(same.iter().map(|t| t.examples[i]).sum());
        let name = if same.len() > 1 { format!("{key} ({})", same.len()) } else { t.name.clone() };
        let step = steps.get(t.name.as_str()).map_or(String::new(), |s| (s + 1).to_string());
        rows.push(vec![name, step, sum(0), sum(1), sum(2)]);
    }
    s.push('\n');
    s.push_str(&indent(&table(&["task", "step", "train", "dev", "test"], &rows)));
    s
}

/// Equal stages that follow each other, as under `repeat`, are told once.
fn stages(o: &Outline) -> String {
    let mut s = String::new();
    let title = |st: &StageOutline| {
        let one = if st.length == 1.0 { st.unit.trim_end_matches('s') } else { st.unit };
        let learn = if st.tasks.len() == 1 { "learns" } else { "learn" };
        let (length, batch, optimizer, tasks) = (st.length, st.batch, &st.optimizer, families(&st.tasks));
        let frozen = match st.frozen.as_slice() {
            [] => String::new(),
            f => format!("; frozen: {}", families(f)),
        };
        let gradients = st.gradients.as_ref().map_or_else(String::new, |g| format!("; gradients: {g}"));
        format!("{}: {length} {one}, batches of {batch}, {optimizer}, {tasks} {learn}{frozen}{gradients}", st.name)
    };
    let mut told: Vec<(String, usize, Option<&Description>)> = vec![];
    for st in &o.stages {
        let t = title(st);
        match told.iter_mut().find(|(o, ..)| *o == t) {
            Some((_, n, _)) => *n += 1,
            None => told.push((t, 1, st.schedule.as_ref())),
        }
    }
    s.push('\n');
    let limit = 12;
    for (title, n, schedule) in told.iter().take(limit) {
        let times = if *n > 1 { format!(" ({n} times)") } else { String::new() };
        s.push_str(&format!("  stage {title}{times}\n"));
        if let Some(d) = schedule {
            s.push_str(&batches(d));
        }
    }
    if told.len() > limit {
        s.push_str(&format!("  and {} more stages\n", told.len() - limit));
    }
    s
}

/// What a sampler draws in an epoch.
fn batches(d: &Description) -> String {
    let about = if d.drawn { "about " } else { "" };
    let mut s = format!("    {} an epoch\n", some(d.steps_per_epoch as usize, "step"));
    let mut done: Vec<String> = vec![];
    for r in &d.rows {
        let key = family(&r.name);
        if done.contains(&key) {
            continue;
        }
        let same: Vec<_> = d.rows.iter().filter(|x| family(&x.name) == key).collect();
        let name = if same.len() > 1 { format!("{key} ({})", same.len()) } else { r.name.clone() };
        let batches = crate::batches::batches(same.iter().map(|r| r.batches_per_epoch).sum());
        let examples = some(same.iter().map(|r| r.examples).sum(), "example");
        let tasks: Vec<String> = same.iter().flat_map(|r| r.tasks.clone()).collect();
        let tasks = families(&tasks);
        s.push_str(&format!("    {name}: {examples}, {about}{batches} an epoch, for {tasks}\n"));
        done.push(key);
    }
    let shown = 4;
    d.notes.iter().take(shown).for_each(|n| s.push_str(&format!("    note: {n}\n")));
    if d.notes.len() > shown {
        s.push_str(&format!("    and {} more notes (`--json` shows all)\n", d.notes.len() - shown));
    }
    s
}
