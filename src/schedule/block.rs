//! The settings of `train` and of its stages, each read by a function of its own.

use super::*;
use crate::kinds::statements::SettingRow;
use crate::plan::Probe;

/// A setting as it was given.
struct Given<'a, 'p> {
    row: &'static SettingRow,
    span: Span,
    first: &'p Expr,
    values: &'p [Expr],
    env: &'a Env,
    /// all settings beside it
    block: &'p [ast::Setting],
}

/// What the settings of a block change.
struct Block<'b> {
    base: &'b mut Base,
    train: &'b mut Train,
    /// of the whole run, not of a stage
    top: bool,
    /// the setting that says how long, if one was given, and where
    length: Option<(&'static str, Span)>,
    /// where a copy is made, and where something is done after the stage
    forked: Option<Span>,
    after: Option<Span>,
    /// where a sampler is named, and where a search is
    sampled: Option<Span>,
    searched: Option<Span>,
}

type Read = for<'p> fn(&mut Scheduler<'_, 'p>, &Given<'_, 'p>, &mut Block<'_>);

/// How each setting is read that stands alone.
const ALONE: &[(&str, ReadAlone)] = &[("fork", fork), ("restart", |_, _, b| b.base.stage.restart = true)];

type ReadAlone = for<'p> fn(&mut Scheduler<'_, 'p>, &'p ast::Setting, &mut Block<'_>);

/// How each setting that runs and takes a value is read.
const READS: &[(&str, Read)] = &[
    ("batch", batch),
    ("epochs", |c, g, b| length(c, g, b, |n, _| Length::Epochs(n))),
    ("steps", |c, g, b| length(c, g, b, |n, _| Length::Steps(n as u64))),
    ("minutes", |c, g, b| length(c, g, b, |n, time| Length::Seconds(if time { n } else { 60.0 * n }))),
    ("optimizer", |c, g, b| c.optimizer(g.first, g.env, b.base)),
    ("sample", |c, g, b| {
        b.sampled = Some(g.span);
        c.sampler(g.first, g.env, b.base);
    }),
    ("weights", |c, g, b| c.weighting(g.first, g.env, b.base)),
    ("gradients", |c, g, b| c.method(g.first, g.env, b.base)),
    ("clip", clip),
    ("dropout", dropout),
    ("objective", objective),
    ("early_stop", early_stop),
    ("eval", eval),
    ("seed", seed),
    ("tasks", tasks),
    ("freeze", freeze),
    ("anchor", anchor),
    ("keep", keep),
    ("search", search),
    ("then", then),
    ("probe", probe),
];

impl<'p> Scheduler<'_, 'p> {
    /// Reads the settings of `train` or of a stage.
    pub(super) fn block(
        &mut self,
        settings: &'p [ast::Setting],
        env: &Env,
        base: &mut Base,
        train: &mut Train,
        top: bool,
    ) {
        let mut block =
            Block { base, train, top, length: None, forked: None, after: None, sampled: None, searched: None };
        let mut seen: Vec<(&str, Span)> = vec![];
        for s in settings {
            let (name, values) = match &s.value {
                SettingKind::Attr { name, values } => (name, values),
                SettingKind::View { .. } => {
                    let d = Diagnostic::new("E0239", "a view belongs to a task").at(s.span, "");
                    self.report(d.help("move it into the braces of the task"));
                    continue;
                }
                SettingKind::Stage { .. } | SettingKind::Repeat { .. } if top => continue,
                _ => {
                    let d = Diagnostic::new("E0239", "a stage has no stages").at(s.span, "");
                    self.report(d.help("put them one after the other"));
                    continue;
                }
            };
            let Some(row) = statements::row(&name.value) else {
                self.no_such_setting(s, name, values);
                continue;
            };
            if self.out_of_place(row, s.span, top) {
                continue;
            }
            if let Some((_, first)) = seen.iter().find(|(n, _)| *n == row.name) {
                self.r.twice(row.name, s.span, *first);
                continue;
            }
            seen.push((row.name, s.span));
            if !row.runs {
                if values.iter().all(|v| !matches!(&*v.value, ExprKind::Error)) {
                    self.statement(row, s, values, env);
                }
                self.unsupported(s.span, format!("`{}`", row.name));
                continue;
            }
            if row.most == 0 {
                if let Some(extra) = values.first() {
                    let d = Diagnostic::new("E0229", format!("`{}` takes no value", row.name));
                    self.report(d.at(extra.span, "one too many").help(format!("write `{}`", row.example)));
                } else if let Some((_, read)) = ALONE.iter().find(|(word, _)| *word == row.name) {
                    read(self, s, &mut block);
                }
                continue;
            }
            let Some(first) = self.one_value(row, s.span, values) else { continue };
            if let Some((_, read)) = READS.iter().find(|(word, _)| *word == row.name)
                && !matches!(&*first.value, ExprKind::Error)
            {
                read(self, &Given { row, span: s.span, first, values, env, block: settings }, &mut block);
            }
        }
        if let (Some(search), Some(sample)) = (block.searched, block.sampled) {
            let d = Diagnostic::new("E0240", "`sample` and `search` exclude each other: a search finds rates");
            self.report(d.at(sample, "").with(search, "here").help("keep one of them"));
        }
        if let (Some(search), Some(copy)) = (block.searched, block.forked) {
            let d = Diagnostic::new("E0240", "`fork` and `search` exclude each other").at(search, "");
            self.report(d.with(copy, "here").help("search in a stage of its own, and copy in the next one"));
        }
        if let (Some(copy), Some(after)) = (block.forked, block.after) {
            let d =
                Diagnostic::new("E0223", "`then freeze` holds what later stages train, and no stage trains a copy on");
            self.report(d.at(after, "freezes nothing").with(copy, "trains a copy").help("leave out `then freeze`"));
        }
    }

    /// E0239: a word that is no setting.
    fn no_such_setting(&mut self, s: &ast::Setting, name: &ast::Name, values: &[Expr]) {
        let word = name.value.as_str();
        let known: Vec<&str> = statements::SETTINGS.iter().map(|r| r.name).collect();
        let value = || values.first().map_or_else(|| "...".into(), path_words);
        let own = optimisers::OPTIMIZERS.iter().flat_map(|o| o.settings.iter().map(|(a, _)| a));
        let of_optimizer = own.chain(optimisers::OPTIMIZER_COMMON).any(|a| a.name == word);
        if of_optimizer {
            let d = Diagnostic::new("E0239", format!("`{word}` is a setting of the optimiser"));
            self.report(d.at(s.span, "").help(format!("write `optimizer adam({word} = {})`", value())));
            return;
        }
        if word == "learning_rate" {
            let d = Diagnostic::new("E0239", "the learning rate is a setting of the optimiser");
            self.report(d.at(s.span, "").help(format!("write `optimizer adam(lr = {})`", value())));
            return;
        }
        if word == "metric" {
            let d = Diagnostic::new("E0239", "a metric is an option of a task").at(name.span, "in `train`");
            self.report(d.help(format!("the figure that chooses the model is `objective {}`", value())));
            return;
        }
        // `batch_size`, `num_epochs`
        let part = known.iter().find(|k| word.split('_').any(|w| w == **k)).filter(|_| word.contains('_'));
        if let Some(k) = part {
            let d = Diagnostic::new("E0239", format!("`{word}` is not a setting of `train`"));
            self.report(d.at(name.span, "unknown").help(format!("did you mean `{k}`?")));
            return;
        }
        // `proportional` for `sample proportional`
        let sampler = words::choice(samplers::SAMPLERS, word).map(|row| ("sample", "sampler", row));
        let weighting = || words::choice(weightings::WEIGHTINGS, word).map(|row| ("weights", "weighting", row));
        if let Some((setting, what, row)) = sampler.or_else(weighting) {
            let d = Diagnostic::new("E0239", format!("`{word}` is a {what}")).at(name.span, "");
            self.report(d.help(format!("write `{setting} {}`", row.example)));
            return;
        }
        self.unknown_word("E0239", "a setting of `train`", word, name.span, &known);
    }

    /// E0239: a setting of the whole run in a stage, or one of a stage outside it.
    fn out_of_place(&mut self, row: &SettingRow, at: Span, top: bool) -> bool {
        let word = row.name;
        if row.whole_run && !top {
            let d = Diagnostic::new("E0239", format!("`{word}` belongs to the whole run")).at(at, "in a stage");
            self.report(d.help("move it out of the stage, into `train { ... }`"));
            return true;
        }
        if row.stage_only && top {
            let d = Diagnostic::new("E0239", format!("`{word}` belongs to a stage")).at(at, "");
            self.report(d.help(format!("write `stage name {{ {} }}`", row.example)));
            return true;
        }
        false
    }

    /// The first value of a setting; E0229 where there is none, or more than the setting takes.
    fn one_value(&mut self, row: &SettingRow, at: Span, values: &'p [Expr]) -> Option<&'p Expr> {
        let word = row.name;
        let Some(first) = values.first() else {
            let d = Diagnostic::new("E0229", format!("`{word}` needs a value")).at(at, "");
            self.report(d.help(format!("for example `{}`", row.example)));
            return None;
        };
        if let Some(second) = values.get(1).filter(|_| row.most == 1) {
            let d = Diagnostic::new("E0229", format!("`{word}` takes one value")).at(second.span, "one too many");
            let all: Vec<String> = values.iter().map(path_words).collect();
            self.report(match row.joined_by {
                Some(by) => d.help(format!("write `{word} {by}({})`", all.join(", "))),
                None => d.help(format!("for example `{}`", row.example)),
            });
            return None;
        }
        Some(first)
    }

    /// Whether a number was written as a time.
    fn is_time(&self, e: &Expr, env: &Env) -> bool {
        use ast::Unit::{Hours, Minutes, Seconds};
        matches!(self.r.unit_of(e, env), Some(Seconds | Minutes | Hours))
    }

    /// The value of a setting that is a number.
    fn number_in(&mut self, g: &Given<'_, 'p>, v: &Expr) -> Result<f64, Reported> {
        let help = format!("for example `{}`", g.row.example);
        self.r.in_range(v, g.env, g.row.takes.ranges(), &format!("`{}`", g.row.name), &help)
    }
}

fn batch<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    if let Ok(n) = c.number_in(g, g.first) {
        b.base.stage.batch = n as usize;
    }
}

/// `epochs 20`, `steps 20k`, `minutes 10`: one of them
fn length<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>, of: fn(f64, bool) -> Length) {
    let word = g.row.name;
    if let Some((other, first)) = b.length {
        let d = Diagnostic::new("E0240", format!("`{other}` and `{word}` exclude each other")).at(g.span, "");
        c.report(d.with(first, "first here").help("keep one of them"));
        return;
    }
    b.length = Some((word, g.span));
    let Ok(n) = c.number_in(g, g.first) else { return };
    b.base.length_given = true;
    b.base.stage.length = of(n, c.is_time(g.first, g.env));
}

fn clip<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    b.base.stage.clip = c.number_in(g, g.first).ok().or(b.base.stage.clip);
}

/// That of the whole run is known already: features need it.
fn dropout<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    if !b.top {
        let _ = c.number_in(g, g.first);
        c.unsupported(g.span, "`dropout` in a stage");
    }
}

fn objective<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let v = g.first;
    if matches!(c.p.constant(v, g.env), Some(Item::Number(_))) {
        let d = Diagnostic::new("E0242", "an objective that never changes chooses no model");
        c.report(d.at(v.span, "a number").help("write `task.metric`, for example `slot.span_f1`"));
    } else if let Ok(score) = c.r.score(v, g.env) {
        c.rewards(v, &score);
        b.train.objective = Some(score);
    }
}

/// `early_stop 5`, `early_stop patience(5)`
fn early_stop<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    if let Ok(n) = c.number_in(g, within(g.first, "patience")) {
        b.base.stage.early_stop = Some(n as usize);
    }
}

/// `eval every 500`, `eval 500`, `eval every 5min`
fn eval<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let v = within(g.first, "every");
    if let Ok(n) = c.number_in(g, v) {
        let time = c.is_time(v, g.env);
        b.base.stage.eval_every = Some(if time { Length::Seconds(n) } else { Length::Steps(n as u64) });
    }
}

/// The one argument of a call of `word`, or the value itself.
fn within<'e>(v: &'e Expr, word: &str) -> &'e Expr {
    match &*v.value {
        ExprKind::Call(f, args) if is_name(f, word) && args.len() == 1 => &args[0].value,
        _ => v,
    }
}

fn seed<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    b.train.seed = c.number_in(g, g.first).map_or(b.train.seed, |n| n as u64);
}

fn tasks<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let mut tasks = vec![];
    let mut fine = true;
    for v in g.values {
        if is_name(v, "kept") && !c.p.names.contains_key("kept") {
            // without such a stage something is reported
            tasks.extend(c.kept.clone().unwrap_or_default());
            b.base.stage.kept = true;
            fine &= c.kept.is_some() && g.values.len() == 1;
            if let Some(other) = g.values.iter().find(|o| o.span != v.span) {
                let d = Diagnostic::new("E0229", "`tasks kept` names all tasks of the stage").at(other.span, "");
                c.report(d.help("write `tasks kept`"));
            }
            break;
        }
        let named = c.r.task_refs(v, g.env);
        fine &= named.is_some();
        for t in named.unwrap_or_default() {
            if tasks.contains(&t) {
                let d = Diagnostic::new("E0228", format!("`{}` is named twice", c.r.tasks[t].name));
                c.report(d.at(v.span, "again").help("keep one of the two"));
                break;
            }
            tasks.push(t);
        }
    }
    tasks.sort_unstable();
    tasks.dedup();
    // a name that could not be read may be that of any task
    if fine {
        b.base.stage.tasks = tasks;
    }
}

fn freeze<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let mut frozen: Vec<String> = vec![];
    for v in g.values {
        let what = "an encoder, a `let` or a task";
        let Ok(p) = c.r.path_of(v, what) else { continue };
        let kinds = [Kind::Encoder, Kind::Task, Kind::Let];
        let Ok(found) = c.r.named(&p, g.env, &kinds, what, &[Part::Layer]) else { continue };
        if let Some(tap) = p.tap {
            match (&tap.value, found.as_slice()) {
                (ast::Tap::Layer(k), [(Kind::Encoder, i)]) => {
                    c.layer_exists(*i, *k, tap.span);
                    frozen.extend(c.up_to(*i, *k));
                }
                _ => c.unsupported(v.span, "freezing a range of layers"),
            }
            continue;
        }
        for (kind, i) in found {
            let owner = match kind {
                Kind::Encoder => c.p.encoders[i].name.clone(),
                Kind::Let => c.p.lets[i].name.clone(),
                _ => c.r.tasks[i].name.clone(),
            };
            if frozen.contains(&owner) {
                let d = Diagnostic::new("E0228", format!("`{owner}` is named twice"));
                c.report(d.at(v.span, "again").help("keep one of the two"));
                break;
            }
            frozen.push(owner);
        }
    }
    b.base.stage.freeze.extend(frozen);
}

impl Scheduler<'_, '_> {
    /// What computes `enc@k`: the layers of an encoder up to one, by their names.
    pub(super) fn up_to(&self, encoder: usize, k: u64) -> Vec<String> {
        let above = self.e.layers_with_params(self.p, (encoder, Some(k + 1))).first().copied();
        let all = self.e.layers_with_params(self.p, (encoder, None)).into_iter();
        all.filter(|l| above.is_none_or(|a| *l < a)).map(|l| self.e.layers[l].name.clone()).collect()
    }
}

/// `fork`, in a stage with members
fn fork<'p>(c: &mut Scheduler<'_, 'p>, s: &'p ast::Setting, b: &mut Block<'_>) {
    c.needs_family(s);
    b.forked = Some(s.span);
    b.base.stage.fork = true;
}

/// `anchor l2(1e-2)`
fn anchor<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let v = g.first;
    let Some((row, args)) = c.r.chosen("an anchor", v, statements::ANCHORS) else { return };
    let values = c.values(row, crate::words::Naming::None, v.span, args, g.env, "");
    b.base.stage.anchor = values.and_then(|v| v.number("weight")).or(b.base.stage.anchor);
}

/// `keep tasks(utility > 0.5)`
fn keep<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    b.base.stage.keep = c.keep(g.first, g.env, g.block).or(b.base.stage.keep);
}

/// `search gaussian_process(ratio = 1..9, trials = 12, objective = a.accuracy)`
fn search<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let v = g.first;
    let Some((kind, args)) = c.r.chosen("a search", v, searches::SEARCHES) else { return };
    let Some(given) = c.r.arguments(&kind.row, v.span, args, g.env) else { return };
    b.searched = Some(g.span);
    let range = given.get("ratio").map(|e| &*e.value);
    let trials = given.get("trials").and_then(|e| c.p.constant(e, g.env));
    let objective = given.get("objective").and_then(|e| c.r.score(e, g.env).ok());
    if let (Some(ExprKind::Range(low, Some(high))), Some(Item::Number(trials)), Some(objective)) =
        (range, trials, objective)
    {
        if trials > MOST_TRIALS {
            let d = Diagnostic::new("E0207", format!("a search has at most {MOST_TRIALS} trials"));
            c.report(d.at(v.span, "").help("write `trials = 12`"));
            return;
        }
        let bounds = (*low as f64, *high as f64);
        if bounds.0 < 1.0 {
            let d = Diagnostic::new("E0207", "a rate of 0 would leave a task out");
            c.report(d.at(v.span, "").help("write `ratio = 1..9`"));
            return;
        }
        let kind = kind.row.name.to_string();
        b.base.stage.search = Some(Search { kind, trial: 0, trials: trials as usize, bounds, objective });
    }
}

/// `probe affinity(every = 10)`
fn probe<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let v = g.first;
    let Some((kind, args)) = c.r.chosen("a probe", v, probes::PROBES) else { return };
    let Some(values) = c.values(&kind.row, crate::words::Naming::None, v.span, args, g.env, "") else { return };
    if !kind.row.runs {
        c.unsupported(v.span, format!("`probe {}`", kind.row.name));
        return;
    }
    let probe = (kind.plan)(&values);
    if let Some(Probe::Transfer { features, .. }) = &probe {
        let known = |name: &&String| probes::FEATURES.iter().any(|f| f.name == name.as_str());
        if let Some(other) = features.iter().find(|f| !known(f)) {
            let all: Vec<String> = probes::FEATURES.iter().map(|f| format!("\"{}\"", f.name)).collect();
            c.unsupported(v.span, format!("the feature `{other}` of data (known: {})", all.join(", ")));
            return;
        }
    }
    b.base.stage.probe = probe;
}

/// Most trials of a search.
const MOST_TRIALS: f64 = 1000.0;

/// `then freeze`
fn then<'p>(c: &mut Scheduler<'_, 'p>, g: &Given<'_, 'p>, b: &mut Block<'_>) {
    let chosen = c.r.chosen("something done after a stage", g.first, statements::AFTERS);
    if chosen.and_then(|(row, args)| c.r.arguments(row, g.first.span, args, g.env)).is_some() {
        b.after = Some(g.span);
        b.base.stage.then_freeze = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_runs_is_read() {
        let runs = |alone: bool| {
            let rows = statements::SETTINGS.iter().filter(move |r| r.runs && (r.most == 0) == alone);
            rows.map(|r| r.name).collect::<Vec<_>>()
        };
        assert_eq!(runs(false), READS.iter().map(|(word, _)| *word).collect::<Vec<_>>());
        assert_eq!(runs(true), ALONE.iter().map(|(word, _)| *word).collect::<Vec<_>>());
    }
}
