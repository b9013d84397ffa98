//! Statements of a schedule that the trainer does not run yet: each is read as strictly as the others, so that a
//! misspelt word is found today.

use super::*;
use crate::ast::{self, BinOp, ExprKind, SettingKind};
use crate::hir::{Item, is_name};
use crate::kinds::heads;
use crate::kinds::statements;
use crate::kinds::statements::SettingRow;
use crate::plan::Keep;
use crate::resolve::{Given, word_of};
use crate::resolve::{Part, path, path_words};
use crate::words;

/// A setting that does not run, as it was given.
struct Unsupported<'a, 'p> {
    row: &'static SettingRow,
    s: &'p ast::Setting,
    values: &'p [Expr],
    env: &'a Env,
}

type Read = for<'p> fn(&mut Scheduler<'_, 'p>, &Unsupported<'_, 'p>, Option<&'p Expr>);

/// How each setting that does not run is read; those that take a value are given the first one.
const READS: &[(&str, Read)] = &[
    ("pseudo", |c, u, v| {
        if let Some(v) = v {
            c.pseudo(v, u.env);
        }
    }),
    ("shots", |c, u, v| {
        if let Some(v) = v {
            let help = format!("for example `{}`", u.row.example);
            let _ = c.r.in_range(v, u.env, u.row.takes.ranges(), "`shots`", &help);
        }
    }),
    ("inner", |c, u, v| c.worded("an optimiser of an inner loop", v, statements::INNERS, u.env)),
    ("reweight", |c, u, v| {
        if let Some(v) = v {
            let _ = c.r.one_task(v, u.env, "what is reweighted");
            c.second(u.row, u.s, u.values, "a way to reweight", statements::REWEIGHTS, u.env);
        }
    }),
    ("constrain", |c, u, _| c.constraint(u.row, u.s, u.values, u.env)),
];

impl<'p> Scheduler<'_, 'p> {
    /// A setting that does not run: its values, and what else must stand in the block.
    pub(crate) fn statement(&mut self, row: &'static SettingRow, s: &'p ast::Setting, values: &'p [Expr], env: &Env) {
        if let Some(extra) = values.get(row.most) {
            let d = match row.most {
                0 => Diagnostic::new("E0229", format!("`{}` takes no value", row.name)),
                1 => Diagnostic::new("E0229", format!("`{}` takes one value", row.name)),
                n => Diagnostic::new("E0229", format!("`{}` takes {n} values", row.name)),
            };
            self.report(d.at(extra.span, "one too many").help(format!("write `{}`", row.example)));
            return;
        }
        let first = values.first();
        if first.is_none() && row.most > 0 {
            let d = Diagnostic::new("E0229", format!("`{}` needs a value", row.name)).at(s.span, "");
            self.report(d.help(format!("for example `{}`", row.example)));
            return;
        }
        if let Some((_, read)) = READS.iter().find(|(word, _)| *word == row.name) {
            read(self, &Unsupported { row, s, values, env }, first);
        }
    }

    /// One word of a table with its arguments.
    fn worded(&mut self, what: &str, v: Option<&'p Expr>, table: &'static [words::Choice], env: &Env) {
        if let Some(v) = v
            && let Some((row, args)) = self.r.chosen(what, v, table)
        {
            self.r.arguments(row, v.span, args, env);
        }
    }

    fn second(
        &mut self,
        row: &'static SettingRow,
        s: &ast::Setting,
        values: &'p [Expr],
        what: &str,
        table: &'static [words::Choice],
        env: &Env,
    ) {
        match values.get(1) {
            Some(v) => self.worded(what, Some(v), table, env),
            None => {
                let d = Diagnostic::new("E0229", format!("`{}` needs {what}", row.name)).at(s.span, "");
                let first = values.first().zip(table.first());
                let whole = first.map(|(v, way)| format!("{} {}, {}", row.name, path_words(v), way.example));
                self.report(d.help(format!("for example `{}`", whole.as_deref().unwrap_or(row.example))));
            }
        }
    }

    pub(super) fn needs_family(&mut self, s: &ast::Setting) {
        if !self.in_family(&self.p.train, s.span) {
            let d =
                Diagnostic::new("E0246", "`fork` copies the model for each member of a stage, and this stage has none");
            self.report(d.at(s.span, "which members?").help("write `stage tune for t in [a, b] { tasks t; fork }`"));
        }
    }

    fn in_family(&self, settings: &[ast::Setting], place: Span) -> bool {
        settings.iter().any(|s| match &s.value {
            SettingKind::Stage { family, body, .. } => family.is_some() && body.iter().any(|b| b.span == place),
            SettingKind::Repeat { body, .. } => self.in_family(body, place),
            _ => false,
        })
    }

    /// Whether a setting of a block is not known: it may be one that is missing.
    fn unknown_in(&self, block: &[ast::Setting]) -> bool {
        let place = block.first().zip(block.last()).map(|(a, b)| a.span.to(b.span));
        let unknown = |d: &Diagnostic| d.code == "E0239" || d.code == "E0241" && d.message.ends_with("a sampler");
        place.is_some_and(|p| self.r.reports.within(p).any(unknown))
    }

    /// `keep tasks(utility > 0.5)`, `keep confidence(top = 20%)`.
    pub(super) fn keep(&mut self, v: &'p Expr, env: &Env, block: &'p [ast::Setting]) -> Option<Keep> {
        let (row, args) = self.r.chosen("something that a stage keeps", v, statements::KEEPS)?;
        let value_of = |word: &str| {
            block.iter().find_map(|s| match &s.value {
                SettingKind::Attr { name, values } if name.value == word => Some(values),
                _ => None,
            })
        };
        let measured = || {
            let sampler = value_of("sample").and_then(|v| word_of(v.first()?)).and_then(|(w, ..)| samplers::find(w));
            sampler.is_some_and(|s| s.measures)
        };
        if row.args.iter().all(|a| a.takes != words::Takes::Own) {
            if self.r.arguments(row, v.span, args, env).is_some()
                && value_of("pseudo").is_none()
                && !self.unknown_in(block)
            {
                let d = Diagnostic::new(
                    "E0246",
                    "`keep confidence` chooses among made examples, and this stage makes none",
                );
                self.report(d.at(v.span, "confidence in what?").help(format!("add `{}`", self.r.some_pseudo())));
            }
            self.unsupported(v.span, format!("`keep {}`", row.name));
            return None;
        }
        let [arg] = args else {
            let d = Diagnostic::new("E0236", "`tasks` needs one condition").at(v.span, "");
            self.report(d.help(format!("for example `keep {}`", row.example)));
            return None;
        };
        let e = &arg.value;
        match &*e.value {
            ExprKind::Binary(op, a, b) if matches!(op.value, BinOp::Gt | BinOp::Ge) => {
                match &*a.value {
                    ExprKind::Name(n) if n == "utility" => {}
                    _ => {
                        self.unknown_word("E0241", "a measure of tasks", &path_words(a), a.span, &["utility"]);
                    }
                }
                let above = self.r.rate(b, env, "a utility").ok()?;
                if !measured() && !self.unknown_in(block) {
                    let d = Diagnostic::new("E0246", "`keep tasks` needs a sampler that measures utility");
                    self.report(
                        d.at(v.span, "utility of what?")
                            .help(format!("add `sample bandit(beta_thompson, main = {})`", self.r.some_task())),
                    );
                }
                Some(Keep { above, or_equal: matches!(op.value, BinOp::Ge) })
            }
            ExprKind::Error => None,
            _ => {
                let d = Diagnostic::new("E0207", "this is no condition on tasks").at(e.span, "");
                self.report(d.help(format!("write `keep {}`", row.example)));
                None
            }
        }
    }

    /// `constrain domain.loss >= 0.69, augmented_lagrangian(0.1)`.
    fn constraint(&mut self, row: &'static SettingRow, s: &ast::Setting, values: &'p [Expr], env: &Env) {
        let Some(v) = values.first() else { return };
        match &*v.value {
            ExprKind::Binary(op, a, b) if matches!(op.value, BinOp::Ge | BinOp::Le | BinOp::Gt | BinOp::Lt) => {
                match &*a.value {
                    ExprKind::Dot(task, port) if port.value == "loss" => {
                        let _ = self.r.one_task(task, env, "what is constrained");
                    }
                    ExprKind::Dot(task, port) if path(task).is_some() => {
                        if self.r.one_task(task, env, "what is constrained").is_ok() {
                            let what = format!("the loss of `{}`", path_words(task));
                            self.unknown_word("E0242", &what, &port.value, port.span, &["loss"]);
                        }
                    }
                    _ => {
                        let d = Diagnostic::new("E0242", "a constraint is about the loss of a task").at(a.span, "");
                        self.report(d.help(format!("write `{}`", row.example)));
                    }
                }
                let _ = self.r.number(b, env, "a bound");
            }
            _ => {
                let d = Diagnostic::new("E0242", "this is not a constraint").at(v.span, "compares nothing");
                self.report(d.help(format!("write `{}`", row.example)));
            }
        }
        self.second(row, s, values, "a way to keep the constraint", statements::CONSTRAINTS, env);
    }

    /// `pseudo squad(q = ask(raw), a = read(raw))`: examples of `squad` whose fields tasks make from other data.
    fn pseudo(&mut self, v: &'p Expr, env: &Env) {
        let example = self.r.some_pseudo();
        let (ExprKind::Call(_, args), Some(p)) = (&*v.value, path(v)) else {
            let d = Diagnostic::new("E0229", "`pseudo` names the data set whose examples are made").at(v.span, "");
            self.report(d.help(format!("write `{example}`")));
            return;
        };
        let Ok(found) = self.r.named(&p, env, &[Kind::Data], "a data set", &[Part::Call]) else { return };
        let [(_, corpus)] = found.as_slice() else { return };
        if args.is_empty() {
            let d = Diagnostic::new("E0236", format!("`{}` needs a field and the task that makes it", p.name));
            self.report(d.at(v.span, "makes nothing").help(format!("write `{example}`")));
        }
        let made: Vec<&str> = args.iter().filter_map(|a| a.name.as_ref()).map(|n| n.value.as_str()).collect();
        for a in args {
            let Some(n) = &a.name else {
                let d = Diagnostic::new("E0236", "a made value needs the name of its field").at(a.value.span, "");
                self.report(d.help(format!("write `{example}`")));
                continue;
            };
            if let Ok(field) = self.r.field_of(*corpus, n) {
                self.made(*corpus, field, a, &made, env);
            }
        }
    }

    fn made(&mut self, corpus: usize, field: usize, a: &'p ast::Arg, made: &[&str], env: &Env) {
        let e = &a.value;
        let wants = crate::resolve::type_word(&self.p.data[corpus].fields[field].ty);
        // the same for all made examples: `good = "yes"`
        if let Some(item) = self.p.constant(e, env) {
            let (gives, fits): (_, &[&str]) = match item {
                Item::Number(_) => ("a number", &["real", "index", "label", "id", "?"]),
                _ => ("a string", &["label", "text", "tokens", "id", "?"]),
            };
            if !fits.contains(&wants) {
                let name = &self.p.data[corpus].fields[field].name;
                let d = Diagnostic::new("E0403", format!("`{name}` is `{wants}`, not {gives}")).at(e.span, gives);
                let d = d.with(self.p.data[corpus].fields[field].span, format!("declared as `{wants}`"));
                self.report(d.help(format!("write the task that makes it: `{}(raw)`", self.r.some_task())));
            }
            return;
        }
        let (ExprKind::Call(task, from), Some(_)) = (&*e.value, path(e)) else {
            let d = Diagnostic::new("E0207", "a made value is a task applied to data, or a constant").at(e.span, "");
            self.report(d.help(format!("write `{}(raw)`", self.r.some_task())));
            return;
        };
        let Ok(t) = self.r.one_task(task, env, "what makes the value") else { return };
        if self.r.tasks[t].poisoned {
            return;
        }
        if let Some(gold) = &self.r.tasks[t].gold
            && crate::resolve::type_word(gold) != wants
            && wants != "?"
        {
            let gives = crate::resolve::type_word(gold).to_string();
            let name = &self.p.data[corpus].fields[field].name;
            let d = Diagnostic::new(
                "E0403",
                format!("`{}` makes `{gives}`, and `{name}` is `{wants}`", self.r.tasks[t].name),
            )
            .at(e.span, format!("gives `{gives}`"))
            .with(self.p.data[corpus].fields[field].span, format!("declared as `{wants}`"));
            self.report(d.help("name a task that learns this field"));
        }
        let [from] = from.as_slice() else {
            let d = Diagnostic::new("E0236", format!("`{}` needs the data that it reads", path_words(task)));
            self.report(d.at(e.span, "reads nothing").help(format!("write `{}(raw)`", self.r.some_task())));
            return;
        };
        let Ok(raw) = self.r.corpora_of(&from.value, env) else { return };
        for r in raw {
            let missing = self
                .e
                .read_by(self.r, t)
                .into_iter()
                .find(|f| !made.contains(&f.as_str()) && !self.p.data[r].fields.iter().any(|x| x.name == *f));
            if let Some(f) = missing {
                let name = self.p.data[r].name.clone();
                // one finding, whoever reads it
                let declared = self.p.data[r].span;
                let lacks = format!("`{name}` has no `{f}`");
                let said = |d: &Diagnostic| {
                    d.code == "E0412" && d.message.starts_with(&lacks) && d.secondary.iter().any(|l| l.span == declared)
                };
                if self.r.reports.found().iter().any(said) || self.p.lost.contains(&f) || self.p.unreadable_field(r) {
                    continue;
                }
                let d =
                    Diagnostic::new("E0412", format!("`{name}` has no `{f}`, which `{}` reads", self.r.tasks[t].name))
                        .at(from.value.span, "lacks this field")
                        .with(self.p.data[r].span, "declared here");
                let fields = self.p.data[r].fields.iter().map(|x| x.name.as_str());
                let near = suggest::question(&suggest::near(&f, fields));
                let declare = || format!("declare it there, or make it too: `{f} = task({name})`");
                self.report(d.help(near.unwrap_or_else(declare)));
            }
        }
    }

    /// Arguments that are ports of tasks, and those that are figures on dev.
    pub(crate) fn figures_and_ports(&mut self, row: &words::Choice, given: &Given<'_>, env: &Env) {
        for arg in row.args {
            let Some(e) = given.get(arg.name) else { continue };
            match (arg.takes, &*e.value) {
                (words::Takes::Port, ExprKind::Dot(task, port)) => {
                    let what = format!("what the {} reads", row.name);
                    if let Ok(t) = self.r.one_task(task, env, &what) {
                        self.port_of(t, port);
                    }
                }
                (words::Takes::Port, _) => {
                    let d = Diagnostic::new("E0207", format!("a {} reads the port of a task", row.name));
                    self.report(d.at(e.span, "").help(format!("write `{} = task.hidden`", arg.name)));
                }
                (words::Takes::Dev, ExprKind::Call(f, args)) if is_name(f, "dev") && args.len() == 1 => {
                    let _ = self.r.score(&args[0].value, env);
                }
                (words::Takes::Dev, _) => {
                    let d = Diagnostic::new("E0207", format!("the {} of a {} is a figure on dev", arg.name, row.name));
                    self.report(d.at(e.span, "").help(format!("write `{} = dev(task.f1)`", arg.name)));
                }
                _ => {}
            }
        }
    }

    /// A port that a task has; E0304 otherwise.
    pub(crate) fn port_of(&mut self, task: usize, port: &ast::Name) -> bool {
        let t = &self.r.tasks[task];
        if t.poisoned {
            return false;
        }
        let known: Vec<&str> = heads::PORTS.iter().chain(t.head.ports).copied().collect();
        if known.contains(&port.value.as_str()) {
            return true;
        }
        let what = format!("a port of `{}`", t.name);
        self.unknown_word("E0304", &what, &port.value, port.span, &known);
        false
    }

    /// `tasks kept` after no stage that keeps some.
    pub(crate) fn check_kept(&mut self) {
        fn walk<'s>(settings: &'s [ast::Setting], kept: &mut bool, out: &mut Vec<&'s Expr>) {
            for s in settings {
                match &s.value {
                    SettingKind::Stage { body, .. } | SettingKind::Repeat { body, .. } => walk(body, kept, out),
                    SettingKind::Attr { name, values } if name.value == "tasks" => {
                        out.extend(values.iter().filter(|v| is_name(v, "kept") && !*kept));
                    }
                    _ => {}
                }
            }
            *kept |= settings.iter().any(|s| match &s.value {
                SettingKind::Attr { name, values } => {
                    name.value == "keep" && values.first().and_then(word_of).is_some_and(|(w, ..)| w == "tasks")
                }
                _ => false,
            });
        }
        let mut found = vec![];
        walk(&self.p.train, &mut false, &mut found);
        for e in found {
            if !self.p.names.contains_key("kept") && !self.unknown_in(&self.p.train) {
                let d = Diagnostic::new("E0246", "no stage before this one keeps tasks");
                self.report(
                    d.at(e.span, "kept by which stage?").help("add `keep tasks(utility > 0.5)` to an earlier stage"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_does_not_run_is_read() {
        let of_table = statements::SETTINGS.iter().filter(|r| !r.runs).map(|r| r.name);
        let read: Vec<&str> = READS.iter().map(|(word, _)| *word).collect();
        assert_eq!(of_table.collect::<BTreeSet<_>>(), read.iter().copied().collect());
        assert_eq!(read.len(), statements::SETTINGS.iter().filter(|r| !r.runs).count());
    }
}
