//! `mtlc prove SPEC...`: whatever the claims of specs need is run, and each is answered with its figure.

use super::study::{self, Prepared, Variant};
use super::workshop::Workshop;
use super::{ERRORS, FAILED, FINE, Look, ProveArgs, device, findings, out, out_json, say, shown};
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::source::Sources;
use crate::train::RunError;
use crate::train::evaluate::Figures;
use crate::train::report::{self, ExpectReport, SeedsReport};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// What came of the claims of a spec.
struct Proven {
    spec: String,
    expects: Vec<ExpectReport>,
    seeds: u64,
    seconds: f64,
}

pub(super) fn command(a: &ProveArgs, look: Look) -> i32 {
    let device = match device(None, false) {
        Ok(d) => d,
        Err(code) => return code,
    };
    let shop = Workshop::open(&a.work, device, look);
    let mut code = FINE;
    let mut all = vec![];
    for file in &a.files {
        match prove(file, a, &shop) {
            Ok(p) => {
                if run_failed(&p.expects) {
                    code = code.max(ERRORS);
                }
                if !a.json {
                    out(text(&p, a.files.len() > 1));
                }
                all.push(p);
            }
            Err(RunError::Interrupted(_)) => {
                say("stopped; the same command goes on");
                return super::INTERRUPTED;
            }
            Err(RunError::Failed(found)) => {
                findings(&Sources::default(), &found, look);
                code = if found.is_empty() { code.max(ERRORS) } else { FAILED };
            }
        }
    }
    if a.json {
        out_json(Value::Array(all.iter().map(to_json).collect()).to_string());
    }
    code
}

fn run_failed(expects: &[ExpectReport]) -> bool {
    super::run::verdict(expects) != FINE
}

/// Findings of the spec are printed, and the error then holds none.
fn prove(file: &Path, a: &ProveArgs, shop: &Workshop<'_>) -> Result<Proven, RunError> {
    let began = Instant::now();
    let cache = a.work.cache();
    let whole = Variant::whole(&a.changes);
    if let Err(d) = whole.check(file, shop.look) {
        return Err(RunError::Failed(if d.code == "E0810" { vec![] } else { vec![d] }));
    }
    let program = Arc::new(whole.prepare(file, shop.look, cache.as_ref()).map_err(said)?);
    let plan = &program.plan;
    if plan.expects.is_empty() {
        let d = Diagnostic::new("E0816", format!("`{}` claims nothing", shown(file)));
        return Err(d.help("add a claim, for example `expect slot.span_f1 >= 85%`").into());
    }
    let mut programs: BTreeMap<String, Arc<Prepared>> = BTreeMap::new();
    for v in plan.expects.iter().flat_map(|e| Variant::of_claim(&e.claim, plan, &a.changes)) {
        if !programs.contains_key(&v.name) && !v.is_whole(plan) {
            programs.insert(v.name.clone(), Arc::new(v.prepare(file, shop.look, cache.as_ref())?));
        }
    }
    if !a.work.quiet {
        let runs = (programs.len() + 1) as u64 * a.work.seeds;
        say(format!("{}: {runs} runs", shown(file)));
    }
    let (trained, mut reports) = shop.whole(&program)?;
    for r in &mut reports {
        let of = |split| Figures::of(plan, r, split);
        r.expects = report::verify(plan, &of(SplitName::Dev), &of(SplitName::Test));
    }
    let mut expects = SeedsReport::new(plan, vec![], &reports).expects;
    let programs: Vec<Arc<Prepared>> = programs.into_values().collect();
    let whole = (trained, reports);
    let beside = shop.beside(&programs, &whole)?;
    study::settle(&whole.0, &shop.device, &mut expects, &mut |v| {
        Ok(beside.iter().find(|t| t.program.variant.name == v.name).cloned())
    })?;
    Ok(Proven { spec: shown(file), expects, seeds: a.work.seeds, seconds: began.elapsed().as_secs_f64() })
}

/// Findings that were printed are not printed again.
fn said(d: Diagnostic) -> RunError {
    RunError::Failed(if d.code == "E0810" { vec![] } else { vec![d] })
}

fn text(p: &Proven, several: bool) -> String {
    let count = |held: Option<bool>| p.expects.iter().filter(|e| e.held == held && e.figure.is_some()).count();
    let verdicts = p.expects.iter().filter(|e| e.figure.is_none() && e.held == Some(true)).count();
    let mut parts = vec![format!("{} held", count(Some(true)) + verdicts)];
    for (n, what) in [(count(Some(false)), "not held"), (count(None), "undecided")] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    let gap = if several { "\n" } else { "" };
    let (n, seeds, seconds) = (p.expects.len(), p.seeds, p.seconds);
    let table = report::expects_table(&p.expects);
    format!("{}\n{table}{n} claims, {seeds} seeds: {}; {seconds:.1} s{gap}", p.spec, parts.join(", "))
}

fn to_json(p: &Proven) -> Value {
    json!({ "spec": p.spec, "seeds": p.seeds, "seconds": p.seconds, "expects": p.expects })
}
