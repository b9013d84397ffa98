//! A run that begins with the weights of another: which tensors fit, and what of them.
//!
//! A tensor is taken where name and shape are the same and its numbers mean the same: rows of an embedding are taken item by
//! item of the vocabulary, and what stands for classes only where the classes are the same.

use super::run_dir::{MODEL, RunDir};
use super::trainer::seeds_of;
use crate::diagnostics::Diagnostic;
use crate::encode::Tables;
use crate::ops::params::{Params, Stored};
use crate::plan::Plan;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// A run whose weights another begins with.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    plan: Plan,
    tables: Tables,
    tensors: Vec<Stored>,
}

/// Rows of a tensor: here, there.
type Rows = Vec<(usize, usize)>;

/// What of a [`Source`] a plan can take.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    /// parameter and tensor
    whole: Vec<(usize, usize)>,
    /// parameter, tensor, and its rows: here, there
    rows: Vec<(usize, usize, Rows)>,
    /// names of parameters that keep their own initial values, by reason
    left: BTreeMap<&'static str, Vec<String>>,
}

impl Source {
    /// Reads the kept weights of a run.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        if let Some([first, ..]) = seeds_of(path).as_deref() {
            let own = path.join(format!("seed-{first}"));
            return Err(Diagnostic::new("E0803", format!("`{}` holds one run for each seed", path.display()))
                .help(format!("name one of them, as in `--from {}`", own.display())));
        }
        let dir = RunDir::open(path)?;
        let (plan, tables) = dir.read_start()?;
        let (tensors, _) = dir.read_tensors(MODEL)?;
        Ok(Self { path: path.to_path_buf(), plan, tables, tensors })
    }

    /// What a plan can take; an error where that is nothing.
    pub fn fit(&self, plan: &Plan, tables: &Tables) -> Result<Fit, Diagnostic> {
        let place: HashMap<&str, usize> = self.tensors.iter().enumerate().map(|(i, t)| (t.0.as_str(), i)).collect();
        let (items, old_items) = (of_items(plan), of_items(&self.plan));
        let by_name: HashMap<&str, usize> =
            self.plan.params.iter().enumerate().map(|(i, p)| (p.name.as_str(), i)).collect();
        let mut fit = Fit::default();
        for (i, p) in plan.params.iter().enumerate() {
            let mut leave = |why: &'static str| fit.left.entry(why).or_default().push(p.name.clone());
            let (Some(tensor), Some(old)) = (place.get(p.name.as_str()), by_name.get(p.name.as_str())) else {
                leave("not in that run");
                continue;
            };
            if self.classes(&p.owner, plan) == Some(false) {
                leave("other classes");
                continue;
            }
            let there_shape = &self.tensors[*tensor].2;
            match (items.get(&i), old_items.get(old)) {
                (Some(v), Some(w)) if there_shape.get(1..) == p.shape.get(1..) => {
                    let (Some(here), Some(there)) = (tables.vocabs.get(*v), self.tables.vocabs.get(*w)) else {
                        continue;
                    };
                    let mut known: HashMap<&str, usize> = HashMap::new();
                    for (row, item) in there.items.iter().enumerate() {
                        known.entry(item).or_insert(row);
                    }
                    let rows =
                        here.items.iter().enumerate().filter_map(|(n, item)| Some((n, *known.get(item.as_str())?)));
                    let rows: Vec<(usize, usize)> = rows.collect();
                    match here.items == there.items {
                        true => fit.whole.push((i, *tensor)),
                        false => fit.rows.push((i, *tensor, rows)),
                    }
                }
                (None, None) if *there_shape == p.shape => fit.whole.push((i, *tensor)),
                _ => leave("of another shape"),
            }
        }
        if fit.whole.is_empty() && fit.rows.is_empty() {
            let names: Vec<&str> = self.tensors.iter().take(3).map(|t| t.0.as_str()).collect();
            let d = format!("no tensor of the run in `{}` fits this program", self.path.display());
            return Err(Diagnostic::new("E0814", d).help(format!(
                "give encoders and tasks the names that they have there; its tensors are `{}`, ...",
                names.join("`, `")
            )));
        }
        Ok(fit)
    }

    /// Whether what belongs to an owner stands for the same classes; none where it does not stand for classes.
    fn classes(&self, owner: &str, plan: &Plan) -> Option<bool> {
        // an arrow from a task reads its classes
        let source = owner.split(" -> ").next().unwrap_or(owner);
        let named = |plan: &Plan| -> Option<Vec<Vec<String>>> {
            let is = |name: &str| source == name || source.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
            let task = plan.tasks.iter().find(|t| is(&t.name))?;
            let sets = [task.labels, task.layers].into_iter().flatten();
            Some(sets.filter_map(|l| plan.labels.get(l)).map(|l| l.classes.clone()).collect())
        };
        Some(named(plan)? == named(&self.plan)?)
    }

    /// The weights with what fits put in place.
    pub fn put(&self, fit: &Fit, params: &mut Params) {
        for (i, tensor) in &fit.whole {
            let values = &self.tensors[*tensor].1;
            params.update(*i, |now| now.iter_mut().zip(values).for_each(|(n, v)| *n = *v));
        }
        for (i, tensor, rows) in &fit.rows {
            let (_, values, shape) = &self.tensors[*tensor];
            let width: usize = shape.iter().skip(1).product();
            params.update(*i, |now| {
                for (here, there) in rows {
                    let (here, there) = (here * width..(here + 1) * width, there * width..(there + 1) * width);
                    if let (Some(here), Some(there)) = (now.get_mut(here), values.get(there)) {
                        here.copy_from_slice(there);
                    }
                }
            });
        }
    }

    /// What is taken, in words.
    pub fn told(&self, fit: &Fit, plan: &Plan) -> String {
        let (taken, all) = (fit.whole.len() + fit.rows.len(), plan.params.len());
        let mut out = format!("{taken} of {all} tensors begin as in {}", self.path.display());
        for (i, _, rows) in &fit.rows {
            let p = &plan.params[*i];
            out +=
                &format!("\n  of `{}`: {} of {} rows, item by item", p.name, rows.len(), p.shape.first().unwrap_or(&0));
        }
        for (why, names) in &fit.left {
            let shown: Vec<String> = names.iter().take(6).map(|n| format!("`{n}`")).collect();
            let more = if names.len() > 6 { format!(" and {} more", names.len() - 6) } else { String::new() };
            out += &format!("\n  not {}{more}: {why}", shown.join(", "));
        }
        out
    }
}

/// The parameters whose rows stand for items of a vocabulary.
fn of_items(plan: &Plan) -> HashMap<usize, usize> {
    let of = |l: &crate::plan::Layer| {
        let (vocab, table) = (l.settings.get("vocab")?.as_usize()?, *l.params.first()?);
        Some((table, vocab))
    };
    plan.layers.iter().filter_map(of).collect()
}
