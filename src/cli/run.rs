//! `mtlc run SPEC` and `mtlc run --resume RUN`

use super::progress::{Bars, Lines};
use super::study::{self, Prepared, Trained, Variant};
use super::{Changes, ERRORS, FAILED, FINE, Format, Look, RunArgs, USAGE, compile, device, findings, out, say, view};
use crate::diagnostics::Diagnostic;
use crate::driver;
use crate::encode::cache::Cache;
use crate::encode::{Examples, Tables};
use crate::plan::{Claim, Expect, Length, Plan};
use crate::present::cost::{Cost, cost, epochs};
use crate::source::Sources;
use crate::train::initial::Source;
use crate::train::report::{self, ExpectReport, Report, SeedsReport};
use crate::train::run_dir::{self, RunDir};
use crate::train::trainer::Origin;
use crate::train::{Progress, Quiet, RunError, RunOptions, trainer};
use crate::util::memory;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

pub(super) fn command(a: &RunArgs, look: Look) -> i32 {
    if a.more.is_some() && a.resume.is_none() {
        say("error: `--more` goes on with a finished run: add `--resume RUN`");
        return USAGE;
    }
    if let Some(n) = a.threads {
        // the pool is made once, before anything computes
        crate::ops::devices::set_threads(n);
        if rayon::ThreadPoolBuilder::new().num_threads(n as usize).build_global().is_err() {
            say("error: the threads cannot be started");
            return USAGE;
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    // a second Ctrl-C ends the process at once; what was saved stays good
    let _ = ctrlc::set_handler(move || {
        let second = flag.swap(true, Ordering::SeqCst);
        match FOLDER.get() {
            None => say("\nstopped before training began; there is no run folder yet"),
            Some(folder) if second => {
                say(format!("\nstopped at once; go on from the last save with: {}", going_on(folder)))
            }
            Some(folder) => {
                say(format!("\nstopping after this step ... (run folder: {})", folder.display()));
                return;
            }
        }
        std::process::exit(super::INTERRUPTED);
    });
    match (&a.file, &a.resume) {
        (_, Some(dir)) => resume(dir, a, look, stop),
        (Some(file), None) => fresh(file, a, look, stop),
        (None, None) => USAGE,
    }
}

/// The run folder, once there is one.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// The command that goes on with a run.
fn going_on(folder: &Path) -> String {
    let shown = folder.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    match shown.chars().all(plain) && !shown.starts_with('-') {
        true => format!("mtlc run --resume {shown}"),
        false => format!("mtlc run --resume='{}'", shown.replace('\'', "'\\''")),
    }
}

/// Everything that training needs.
pub(super) struct Ready {
    pub compilation: driver::Compilation,
    pub data: driver::Data,
    pub plan: Plan,
}

/// Compiles, loads and plans; findings are printed.
fn prepare(file: &Path, changes: &Changes, look: Look, print: bool, cache: Option<&Cache>) -> Result<Ready, i32> {
    ready(compile(file, changes, look)?, look, print, cache)
}

/// Loads and plans what was compiled; findings are printed.
pub(super) fn ready(mut c: driver::Compilation, look: Look, print: bool, cache: Option<&Cache>) -> Result<Ready, i32> {
    let data = driver::load_cached(&mut c, cache, true);
    let plan = driver::plan(&mut c, &data);
    if print || c.has_errors() {
        findings(&c.sources, &c.diagnostics, look);
    }
    match plan {
        Some(plan) => Ok(Ready { compilation: c, data, plan }),
        None => Err(ERRORS),
    }
}

/// Where indexed data are kept between runs.
fn cache(a: &RunArgs) -> Option<Cache> {
    if a.no_cache { None } else { Cache::of_user() }
}

fn progress(a: &RunArgs) -> Box<dyn Progress> {
    if a.quiet {
        Box::new(Quiet)
    } else if std::io::stderr().is_terminal() {
        Box::new(Bars::default())
    } else {
        Box::new(Lines::default())
    }
}

fn fresh(file: &Path, a: &RunArgs, look: Look, stop: Arc<AtomicBool>) -> i32 {
    let device = match device(a.device.as_deref(), a.deterministic) {
        Ok(d) => d,
        Err(code) => return code,
    };
    let changes = a.changes.passes(&a.passes);
    let cache = cache(a);
    let mut ready = match prepare(file, &changes, look, true, cache.as_ref()) {
        Ok(r) => r,
        Err(code) => return code,
    };
    let examples = Arc::new(driver::examples(&ready.plan, &mut ready.data, cache.as_ref()));
    let Ready { compilation: c, data, plan } = &ready;
    if look.format == Format::Human || look.format == Format::Plain {
        say(before(plan, c, data, a.threads));
    }
    let fail = |found: &[Diagnostic]| {
        findings(&Sources::default(), found, look);
        FAILED
    };
    // a run that cannot begin leaves no folder
    let faults = trainer::check(plan, &examples);
    if !faults.is_empty() {
        return fail(&faults);
    }
    if let Some(d) = too_large(&cost(plan, &data.corpora), memory::available()) {
        return fail(&[d]);
    }
    let from = match a.from.as_deref().map(|path| taken(path, plan, &data.tables)).transpose() {
        Ok(from) => from,
        Err(d) => return fail(&[d]),
    };
    // and neither does one whose claims compare with programs that cannot be
    let twins = plan.expects.iter().flat_map(|e| Variant::of_claim(&e.claim, plan, &changes));
    if let Err(d) = twins.filter(|v| !v.is_whole(plan)).try_for_each(|v| v.check(file, look)) {
        return fail(&[d]);
    }
    let dir = match run_dir::begin(a.out.as_deref(), &plan.name) {
        Ok(dir) => dir,
        Err(d) => return fail(&[d]),
    };
    say(format!("run folder: {}", dir.path.display()));
    let _ = FOLDER.set(dir.path.clone());
    let mut options = RunOptions::new(&dir.path, a.seed.unwrap_or(plan.train.seed));
    options.dir = Some(dir.clone());
    options.from = from;
    options.device = device;
    options.began = super::began();
    options.sources = sources(c);
    options.base = c.base.clone();
    options.origin = Origin {
        spec: file.canonicalize().unwrap_or_else(|_| file.to_path_buf()),
        set: a.changes.set.clone(),
        without: a.changes.without.clone(),
        only: a.changes.only.clone(),
        device: a.device.clone(),
        no_pass: a.passes.no_pass.clone(),
        from: a.from.as_deref().map(|f| f.canonicalize().unwrap_or_else(|_| f.to_path_buf())),
    };
    options.stop = stop;
    options.cache_memory = a.cache_memory.saturating_mul(1_000_000);
    let (tables, examples) = (&data.tables, &examples);
    let ctx = Context { a, look, file, changes: &changes, dir: &dir, no_twins: None, tables, examples };
    train(&ctx, plan, &options)
}

/// The weights of a run, after it was said which of them are taken.
fn taken(path: &Path, plan: &Plan, tables: &Tables) -> Result<Arc<Source>, Diagnostic> {
    let source = Source::open(path)?;
    say(source.told(&source.fit(plan, tables)?, plan));
    Ok(Arc::new(source))
}

/// The spec and the files that it uses.
pub(super) fn sources(c: &driver::Compilation) -> Vec<(String, String)> {
    c.sources.files().iter().map(|f| (f.name.clone(), f.text.to_string())).collect()
}

struct Context<'a> {
    a: &'a RunArgs,
    look: Look,
    file: &'a Path,
    changes: &'a Changes,
    dir: &'a RunDir,
    /// why no twin can be trained
    no_twins: Option<String>,
    tables: &'a Tables,
    examples: &'a Arc<Examples>,
}

fn train(ctx: &Context<'_>, plan: &Plan, options: &RunOptions) -> i32 {
    let (tables, examples) = (ctx.tables, ctx.examples);
    let mut p = progress(ctx.a);
    let first = options.seed;
    if let Some(n) = ctx.a.seeds {
        let seeds: Vec<u64> = (first..first + n).collect();
        return match trainer::run_seeds(plan, tables, examples, options, &seeds, p.as_mut()) {
            Ok(report) => after_seeds(ctx, plan, report, options),
            Err(e) => failed(e, ctx),
        };
    }
    match trainer::run(plan, tables, examples, options, p.as_mut()) {
        Ok(report) => after(ctx, plan, report, options),
        Err(e) => failed(e, ctx),
    }
}

/// The comparisons that claims ask for, then the tables.
fn after_seeds(ctx: &Context<'_>, plan: &Plan, mut report: SeedsReport, options: &RunOptions) -> i32 {
    let mut all = vec![];
    for (seed, run) in report.seeds.iter().zip(&report.runs) {
        let own = RunOptions { out: ctx.dir.file(run), dir: None, seed: *seed, ..options.clone() };
        match stored(&own.out) {
            Ok(r) => all.push((own, r)),
            Err(d) => return failed(RunError::Failed(vec![d]), ctx),
        }
    }
    if let Err(e) = compare(ctx, plan, &all, &mut report.expects) {
        return failed(e, ctx);
    }
    if let Err(d) = ctx.dir.write_listed(run_dir::REPORT, &report) {
        return failed(RunError::Failed(vec![d]), ctx);
    }
    out(report.table());
    say(format!("run folder: {}", ctx.dir.path.display()));
    verdict(&report.expects)
}

/// The comparisons that claims ask for, then the tables.
fn after(ctx: &Context<'_>, plan: &Plan, mut report: Report, options: &RunOptions) -> i32 {
    let mut expects = std::mem::take(&mut report.expects);
    let runs = [(options.clone(), report)];
    let compared = compare(ctx, plan, &runs, &mut expects);
    let [(_, mut report)] = runs;
    report.expects = expects;
    let changed = match compared {
        Ok(changed) => changed,
        Err(e) => return failed(e, ctx),
    };
    if changed && let Err(d) = ctx.dir.write_listed(run_dir::REPORT, &report) {
        return failed(RunError::Failed(vec![d]), ctx);
    }
    show(&report, &ctx.dir.path);
    verdict(&report.expects)
}

fn show(report: &Report, folder: &Path) {
    out(report::figures_table(report));
    let findings = report::findings_table(report);
    if !findings.is_empty() {
        out(format!("\n{findings}"));
    }
    let expects = report::expects_table(&report.expects);
    if !expects.is_empty() {
        out(format!("\n{expects}"));
    }
    let mut last = format!("\nkept weights: {}; {:.1} s", report.kept, report.seconds);
    if let Some(s) = report.seconds_per_epoch {
        last.push_str(&format!(", {s:.2} s per epoch"));
    }
    if let Some(m) = report.peak_memory {
        last.push_str(&format!(", peak memory {} MB", m / 1_000_000));
    }
    say(format!("{last}\nrun folder: {}", folder.display()));
}

/// A claim that did not hold fails a run, and so does one of which there is no figure; where noise decides, none does.
pub(super) fn verdict(expects: &[ExpectReport]) -> i32 {
    let failed = |e: &ExpectReport| e.held == Some(false) || e.held.is_none() && e.figure.is_none();
    if expects.iter().any(failed) { FAILED } else { FINE }
}

fn stored(folder: &Path) -> Result<Report, Diagnostic> {
    RunDir::open(folder)?.read_json(run_dir::REPORT)
}

/// What claims compare with: trains the twins in folders beside each run, once. Whether there was anything to compare.
fn compare(
    ctx: &Context<'_>,
    plan: &Plan,
    runs: &[(RunOptions, Report)],
    expects: &mut [ExpectReport],
) -> Result<bool, RunError> {
    let Some((first, _)) = runs.first() else { return Ok(false) };
    if plan.expects.iter().all(|e| Variant::of_claim(&e.claim, plan, ctx.changes).is_empty()) {
        return Ok(false);
    }
    let cache = cache(ctx.a);
    let whole = Prepared::of(Variant::whole(ctx.changes), plan, ctx.tables, ctx.examples);
    let folders: Vec<PathBuf> = runs.iter().map(|(o, _)| o.out.clone()).collect();
    let whole = Arc::new(whole).trained(folders);
    let mut known: BTreeMap<String, Trained> = BTreeMap::new();
    study::settle(&whole, &first.device, expects, &mut |v| {
        if let Some(t) = known.get(&v.name) {
            return Ok(Some(t.clone()));
        }
        if let Some(why) = &ctx.no_twins {
            say(format!("`{}` is not trained: {why}", v.title));
            return Ok(None);
        }
        if v.is_whole(plan) {
            say(format!("`{}` is not trained: the program has no other task, so it is its own twin", v.title));
            return Ok(None);
        }
        let twin = Arc::new(v.prepare(ctx.file, ctx.look, cache.as_ref())?);
        let mut folders = vec![];
        for (options, report) in runs {
            say(format!("training `{}` for the claim, seed {}", v.title, options.seed));
            let folder = options.out.join(&v.name);
            let mut p = progress(ctx.a);
            let done = twin.train(&twin.beside(plan, report), &folder, &options.out, options, p.as_mut());
            done.map_err(|e| match e {
                RunError::Interrupted(_) => RunError::Interrupted(ctx.dir.path.clone()),
                e @ RunError::Failed(_) => e,
            })?;
            folders.push(folder);
        }
        let trained = twin.trained(folders);
        known.insert(v.name.clone(), trained.clone());
        Ok(Some(trained))
    })
}

fn failed(e: RunError, ctx: &Context<'_>) -> i32 {
    let code = e.exit_code();
    match e {
        RunError::Failed(d) => findings(&Sources::default(), &d, ctx.look),
        RunError::Interrupted(dir) => {
            say(format!("stopped; go on with: {}", going_on(&dir)));
        }
    }
    code
}

fn resume(dir: &Path, a: &RunArgs, look: Look, stop: Arc<AtomicBool>) -> i32 {
    let fail = |d: Diagnostic| {
        findings(&Sources::default(), &[d], look);
        FAILED
    };
    // a folder with one run per seed goes on seed by seed
    let seeds = trainer::seeds_of(dir);
    let first = match &seeds {
        Some(s) => s.iter().map(|s| dir.join(format!("seed-{s}"))).find(|d| d.join(run_dir::PLAN).is_file()),
        None => Some(dir.to_path_buf()),
    };
    let opened = first.ok_or_else(|| Diagnostic::new("E0803", format!("`{}` holds no run yet", dir.display())));
    // held from before the first file is read, so that nobody changes what was read
    let opened = opened.and_then(|first| {
        let run = RunDir::open(&first)?;
        let top = if seeds.is_some() { RunDir::at(dir).hold()? } else { run.hold()? };
        Ok((if seeds.is_some() { run } else { top.clone() }, top))
    });
    let (run, top) = match opened {
        Ok(r) => r,
        Err(d) => return fail(d),
    };
    let _ = FOLDER.set(top.path.clone());
    if let Some(epochs) = a.more {
        let runs: Vec<RunDir> = match &seeds {
            Some(s) => s.iter().map(|s| RunDir::at(top.file(&format!("seed-{s}")))).collect(),
            None => vec![run.clone()],
        };
        // all of them can, before the first does
        let longer = |run: &RunDir| trainer::more(&run.hold()?, epochs).map(drop);
        if let Err(d) = runs.iter().try_for_each(trainer::can_go_on).and_then(|()| runs.iter().try_for_each(longer)) {
            return fail(d);
        }
    }
    let (plan, tables) = match run.read_start() {
        Ok(x) => x,
        Err(d) => return fail(d),
    };
    let info = match trainer::info(&run) {
        Ok(i) => i,
        Err(d) => return fail(d),
    };
    let examples = match driver::examples_of_run(&plan, &tables, &info.base, cache(a).as_ref()) {
        Ok(examples) => Arc::new(examples),
        Err(found) => return unreadable(found, look),
    };
    let mut options = RunOptions::new(dir, info.seed);
    options.dir = Some(top.clone());
    options.began = super::began();
    options.base = info.base.clone();
    options.stop = stop;
    let Origin { spec, set, without, only, no_pass, device: begun, from } = info.origin.clone();
    options.device = match device(a.device.as_deref().or(begun.as_deref()), a.deterministic) {
        Ok(d) => d,
        Err(code) => return code,
    };
    options.cache_memory = a.cache_memory.saturating_mul(1_000_000);
    options.origin = info.origin;
    let changes = Changes { set, without, only, no_pass };
    // twins are compiled from the spec, which must be the one of the run
    let unchanged = run.read_text("spec.mtl").is_ok_and(|old| std::fs::read_to_string(&spec).is_ok_and(|t| t == old));
    if unchanged && let Ok(c) = compile(&spec, &changes, look) {
        options.sources = sources(&c);
    }
    let no_twins = match (unchanged, info.more) {
        (true, 0) => None,
        (true, _) => Some("the run went on after its end, and its twin would not".to_string()),
        (false, _) => Some(format!("`{}` is not the spec of `{}` any more", spec.display(), dir.display())),
    };
    // a seed that has not begun yet, or a twin, begins as the others did
    let twin = |e: &Expect| matches!(e.claim, Claim::Gain { .. } | Claim::Drop { .. });
    let from = from.filter(|_| seeds.is_some() || plan.expects.iter().any(twin));
    options.from = match from.as_deref().map(Source::open).transpose() {
        Ok(from) => from.map(Arc::new),
        Err(d) => return fail(d),
    };
    let (tables, examples) = (&tables, &examples);
    let ctx = Context { a, look, file: &spec, changes: &changes, dir: &top, no_twins, tables, examples };
    let mut p = progress(a);
    match seeds {
        Some(seeds) => match trainer::run_seeds(&plan, tables, examples, &options, &seeds, p.as_mut()) {
            Ok(report) => after_seeds(&ctx, &plan, report, &options),
            Err(e) => failed(e, &ctx),
        },
        None => match trainer::resume(&run, &plan, tables, examples, &options, p.as_mut()) {
            Ok(report) => after(&ctx, &plan, report, &options),
            Err(e) => failed(e, &ctx),
        },
    }
}

/// Memory of the program itself and of small data.
const BASE_MB: f64 = 100.0;
/// The forecast may be so many times what is needed.
const MARGIN: f64 = 1.5;

/// Refuses a run that cannot fit into so many bytes.
pub(super) fn too_large(cost: &Cost, available: Option<u64>) -> Option<Diagnostic> {
    let (need, free) = (BASE_MB * 1e6 + cost.memory(), available? as f64);
    if need <= free * MARGIN {
        return None;
    }
    let size = |bytes: f64| match bytes {
        b if b < 1e10 => format!("{:.0} MB", b / 1e6),
        b if b < 1e15 => format!("{:.0} GB", b / 1e9),
        b => format!("{:.1e} GB", b / 1e9),
    };
    let help = match cost.weights > cost.activations {
        true => format!(
            "weights and moments alone take {}: make layers narrower, or vocabularies smaller by `min_count`",
            size(cost.weights)
        ),
        false => format!(
            "the values of one step take {}: make `batch` smaller, cut long texts by `max_tokens`, or make layers narrower",
            size(cost.activations)
        ),
    };
    let d = format!("training would take about {} of memory, but {} are free", size(need), size(free));
    Some(Diagnostic::new("E0815", d).help(help))
}

/// Takes the places in the spec of a run away, which are those of the spec as it was.
pub(super) fn placeless(found: &mut [Diagnostic]) {
    for d in found {
        d.primary = None;
        d.secondary.clear();
    }
}

/// Faults of the data of a run folder.
pub(super) fn unreadable(mut found: Vec<Diagnostic>, look: Look) -> i32 {
    placeless(&mut found);
    findings(&Sources::default(), &found, look);
    FAILED
}

/// The plan in a few lines.
fn before(plan: &Plan, c: &driver::Compilation, data: &driver::Data, threads: Option<u64>) -> String {
    let mut o = String::new();
    if let Some(checked) = &c.checked {
        o.push_str(&format!("{}: {}\n", plan.name, view::verdict(checked)));
    }
    let cost = cost(plan, &data.corpora);
    o.push_str(&format!("  {} parameters", view::thousands(plan.num_params())));
    let seconds = cost.seconds(threads);
    let per = if seconds < 1.0 { "under 1 s".to_string() } else { format!("about {seconds:.0} s") };
    o.push_str(&format!("; an epoch takes {per}"));
    let once = cost.seconds_once(threads);
    if once >= 1.0 {
        o.push_str(&format!(", the first {:.0} s more", once));
    }
    if let Some(n) = epochs(plan) {
        let total = seconds * n + once;
        if total >= 60.0 {
            o.push_str(&format!(", all {n} about {:.0} min", (total / 60.0).ceil()));
        }
    }
    o.push_str(&format!(", memory about {:.0} MB (estimates)\n", BASE_MB + cost.memory() / 1e6));
    for (d, corpus) in plan.corpora.iter().zip(&data.corpora) {
        let show = |n: usize| view::thousands(n);
        o.push_str(&format!(
            "  {}: {} training, {} dev, {} test examples\n",
            d.name,
            show(corpus.train.len),
            show(corpus.dev.len),
            show(corpus.test.len)
        ));
    }
    o.push_str(&view::coverage(&data.tables, &plan.vocabs));
    if plan.train.stages.len() > 1 {
        let lengths: Vec<String> = plan
            .train
            .stages
            .iter()
            .take(12)
            .map(|s| match s.length {
                Length::Epochs(n) => format!("{} ({n} {})", s.name, if n == 1.0 { "epoch" } else { "epochs" }),
                Length::Steps(n) => format!("{} ({n} steps)", s.name),
                Length::Seconds(n) => format!("{} ({n} s)", s.name),
            })
            .collect();
        o.push_str(&format!("  {} stages: {}\n", plan.train.stages.len(), lengths.join(", ")));
    }
    o
}
