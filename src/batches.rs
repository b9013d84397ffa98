//! Which examples the next step sees: units, passes over them, samplers.
//!
//! A *unit* is what a sampler draws: a corpus (every task with gold in the batch learns), a task, or a loss on data that
//! no task draws. On the batches of others a loss of the same corpus is computed along. A unit's *pass* is a
//! seeded shuffle of its examples cut into batches of similar lengths. Unit, pass and place are functions of
//! (seed, stage, counters), so a [`Cursor`] of a few numbers is the whole state.

use crate::columns::SplitName;
use crate::diagnostics::some;
use crate::encode::Examples;
use crate::kinds::samplers::{self, Order};
use crate::passes::flow::Wanted;
use crate::passes::{self, bucket::POOL};
use crate::plan::{Drawn, Phase, Plan, Stage};
use crate::random::generator;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A batch of a unit: position in its corpora, examples.
type Cut = (usize, Vec<usize>);

/// What a sampler draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// the corpus's, task's or loss's name
    pub name: String,
    /// for each corpus: its training examples that count
    pub examples: Vec<(usize, Vec<u32>)>,
    /// what learns, by position in `examples`
    pub wanted: Vec<Wanted>,
    /// batches of one pass
    pub batches: u64,
}

impl Unit {
    fn new(name: &str, batch: usize, parts: Vec<(usize, Vec<u32>, Wanted)>) -> Self {
        let batches = parts.iter().map(|(_, e, _)| e.len().div_ceil(batch) as u64).sum();
        let (examples, wanted) = parts.into_iter().map(|(c, e, w)| ((c, e), w)).unzip();
        Self { name: name.to_string(), examples, wanted, batches }
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.examples.iter().map(|(_, e)| e.len()).sum()
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.batches == 0
    }
}

/// One batch to be computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// the corpus
    pub corpus: usize,
    /// training examples
    pub examples: Vec<usize>,
    /// what learns from it
    pub wanted: Wanted,
}

/// Where a stage stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// finished epochs
    pub epoch: u64,
    /// steps within the epoch
    pub step: u64,
    /// steps of the stage
    pub total: u64,
    /// batches drawn of each unit
    pub drawn: Vec<u64>,
    /// of a sampler that measures what use units are: what was drawn in each round, and its reward
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rounds: Vec<(usize, f64)>,
    /// the figure of which it gains, at the last evaluation
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<f64>,
}

/// The batches of a stage.
pub struct Schedule {
    seed: u64,
    stage: u64,
    batch: usize,
    /// whether pools are sorted by length
    sorted: bool,
    order: Box<dyn Order>,
    /// what is drawn
    pub units: Vec<Unit>,
    /// batches of a pass over each unit
    counts: Vec<u64>,
    /// constant over the stage
    pub steps_per_epoch: u64,
    lengths: Vec<Vec<u32>>,
    /// the pass of each unit that was cut last
    passes: Vec<Option<(u64, Vec<Cut>)>>,
}

impl Schedule {
    /// The schedule of a stage. Units without examples are left out.
    pub fn new(plan: &Plan, index: usize, examples: &Examples, seed: u64) -> Self {
        match plan.train.stages.get(index) {
            Some(stage) => Self::of(plan, index, stage, examples, seed),
            None => Self::empty(seed),
        }
    }

    /// The same with other settings than those of the plan.
    pub fn of(plan: &Plan, index: usize, stage: &Stage, examples: &Examples, seed: u64) -> Self {
        let batch = stage.batch.max(1);
        let (Some(kind), sampler) = (samplers::find(&stage.sampler.kind), &stage.sampler) else {
            return Self::empty(seed);
        };
        let Some(order) = kind.order else { return Self::empty(seed) };
        let units = match kind.unit {
            samplers::Unit::Corpora => corpus_units(plan, stage, examples, batch),
            samplers::Unit::Tasks if sampler.tasks.is_empty() => {
                let drawn: Vec<Drawn> = drawn_tasks(plan, stage).into_iter().map(Drawn::Task).collect();
                task_units(plan, stage, examples, batch, &drawn)
            }
            samplers::Unit::Tasks => {
                let mut drawn: Vec<Drawn> = vec![];
                for (unit, _) in sampler.tasks.iter().filter(|(_, n)| *n > 0.0) {
                    if !drawn.contains(&plan.unit(*unit)) {
                        drawn.push(plan.unit(*unit));
                    }
                }
                task_units(plan, stage, examples, batch, &drawn)
            }
        };
        let place = |u: usize| units.iter().position(|unit| unit.name == plan.name_of(plan.unit(u)));
        let named: Vec<(usize, f64)> = sampler.tasks.iter().filter_map(|(t, n)| Some((place(*t)?, *n))).collect();
        let sizes: Vec<usize> = units.iter().map(Unit::len).collect();
        let named = (!sampler.tasks.is_empty()).then_some(named.as_slice());
        let order = order(&sampler.settings, &samplers::Units { examples: &sizes, named });
        let counts: Vec<u64> = units.iter().map(|u| u.batches).collect();
        let steps_per_epoch = order.steps(&counts);
        let lengths = (0..plan.corpora.len())
            .map(|c| examples.split(c, SplitName::Train).map_or(vec![], |e| e.lengths.clone()))
            .collect();
        let passes = units.iter().map(|_| None).collect();
        Self {
            seed,
            stage: index as u64,
            batch,
            sorted: plan.pass(passes::BUCKET),
            order,
            units,
            counts,
            steps_per_epoch,
            lengths,
            passes,
        }
    }

    fn empty(seed: u64) -> Self {
        Self {
            seed,
            stage: 0,
            batch: 1,
            sorted: true,
            order: Box::new(Never),
            units: vec![],
            counts: vec![],
            steps_per_epoch: 0,
            lengths: vec![],
            passes: vec![],
        }
    }

    /// The start of the stage.
    pub fn cursor(&self) -> Cursor {
        Cursor { drawn: vec![0; self.units.len()], ..Cursor::default() }
    }

    /// The batches of the next step; the cursor moves on, over the end of an epoch if this was its last step.
    pub fn next(&mut self, cursor: &mut Cursor) -> Vec<Draw> {
        let now = self.now(cursor);
        let draws = now.into_iter().filter_map(|u| self.draw(u, cursor)).collect();
        cursor.step += 1;
        cursor.total += 1;
        if cursor.step >= self.steps_per_epoch {
            cursor.epoch += 1;
            cursor.step = 0;
            if self.order.anew() {
                // the next epoch begins with full passes, so that it too shows every example
                for (drawn, unit) in cursor.drawn.iter_mut().zip(&self.units) {
                    *drawn = drawn.next_multiple_of(unit.batches.max(1));
                }
            }
        }
        draws
    }

    /// A round is over: what was drawn in it got a reward.
    pub fn rewarded(&self, cursor: &mut Cursor, reward: f64) {
        let drawn = self.now(cursor);
        cursor.rounds.extend(drawn.first().map(|unit| (*unit, reward)));
    }

    /// Of what use each unit is, by name; empty where nobody asks.
    pub fn utility(&self, cursor: &Cursor) -> Vec<(&str, f64)> {
        let all = self.order.utility(self.units.len(), &cursor.rounds);
        self.units.iter().map(|u| u.name.as_str()).zip(all).collect()
    }

    /// The units of this step.
    fn now(&self, cursor: &Cursor) -> Vec<usize> {
        let at = samplers::Place {
            seed: self.seed,
            stage: self.stage,
            step: cursor.step,
            total: cursor.total,
            steps: self.steps_per_epoch,
            rounds: &cursor.rounds,
        };
        self.order.now(&at, &self.counts)
    }

    fn draw(&mut self, unit: usize, cursor: &mut Cursor) -> Option<Draw> {
        let u = self.units.get(unit)?;
        let drawn = cursor.drawn.get_mut(unit)?;
        let (pass, place) = (*drawn / u.batches.max(1), *drawn % u.batches.max(1));
        if self.passes[unit].as_ref().is_none_or(|(p, _)| *p != pass) {
            self.passes[unit] = Some((pass, self.cut(unit, pass)));
        }
        let (part, examples) = self.passes[unit].as_ref()?.1.get(place as usize)?.clone();
        *drawn += 1;
        Some(Draw { corpus: u.examples[part].0, examples, wanted: u.wanted[part].clone() })
    }

    /// Batches of one pass.
    fn cut(&self, unit: usize, pass: u64) -> Vec<Cut> {
        let mut rng = generator(self.seed, "batches", &[self.stage, unit as u64, pass]);
        let mut batches = vec![];
        for (part, (corpus, examples)) in self.units[unit].examples.iter().enumerate() {
            let mut order: Vec<usize> = examples.iter().map(|e| *e as usize).collect();
            order.shuffle(&mut rng);
            for pool in order.chunks_mut(self.batch * POOL) {
                if self.sorted {
                    pool.sort_by_key(|e| self.lengths.get(*corpus).and_then(|l| l.get(*e)).copied().unwrap_or(0));
                }
                batches.extend(pool.chunks(self.batch).map(|b| (part, b.to_vec())));
            }
        }
        batches.shuffle(&mut rng);
        batches
    }

    /// What will be drawn in an epoch, and where that departs from one pass over everything.
    pub fn describe(&self, plan: &Plan, stage: &Stage) -> Description {
        let drawn = self.order.random();
        let mut d = Description {
            stage: stage.name.clone(),
            steps_per_epoch: self.steps_per_epoch,
            drawn,
            rows: vec![],
            notes: vec![],
        };
        for (i, u) in self.units.iter().enumerate() {
            let batches = self.order.expected(i, self.steps_per_epoch, &self.counts);
            let mut names: Vec<String> = vec![];
            let tasks = u.wanted.iter().flat_map(|w| &w.tasks).map(|t| Drawn::Task(*t));
            for of in tasks.chain(u.wanted.iter().flat_map(|w| &w.losses).map(|l| Drawn::Loss(*l))) {
                let name = plan.name_of(of).to_string();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let passes = batches / (u.batches.max(1)) as f64;
            d.rows.push(Row {
                name: u.name.clone(),
                tasks: names,
                examples: u.len(),
                batches_per_pass: u.batches,
                batches_per_epoch: batches,
                passes,
            });
            if drawn && (passes - 1.0).abs() > 0.005 {
                d.notes.push(format!("`{}` is expected to be seen {passes:.2} times an epoch", u.name));
            } else if passes > 1.0 {
                d.notes.push(format!("`{}` starts again: {passes:.2} passes an epoch", u.name));
            }
        }
        if drawn && self.units.len() > 1 {
            d.notes.push("the sampler draws at random, so an epoch may show an example twice or not at all".into());
        }
        for &t in &stage.tasks {
            if !self.units.iter().any(|u| u.wanted.iter().any(|w| w.tasks.contains(&t))) && learns(plan, t) {
                let name = plan.tasks.get(t).map_or("", |t| &t.name);
                d.notes.push(format!("`{name}` is never drawn"));
            }
        }
        for &l in stage.losses.iter().filter(|l| plan.penalties.iter().all(|p| p.loss != **l)) {
            if !self.units.iter().any(|u| u.wanted.iter().any(|w| w.losses.contains(&l))) {
                d.notes.push(format!("the loss `{}` is never computed", plan.name_of(Drawn::Loss(l))));
            }
        }
        d
    }
}

/// The order of a stage that has nothing to draw.
struct Never;

impl Order for Never {
    fn steps(&self, _: &[u64]) -> u64 {
        0
    }

    fn now(&self, _: &samplers::Place<'_>, _: &[u64]) -> Vec<usize> {
        vec![]
    }

    fn expected(&self, _: usize, _: u64, _: &[u64]) -> f64 {
        0.0
    }
}

/// Corpora in which a task has gold.
fn gold_corpora(plan: &Plan, task: usize) -> Vec<usize> {
    let trained = |g: &&crate::plan::Graph| g.phase == Phase::Train;
    let has = |g: &&crate::plan::Graph| g.tasks.iter().any(|t| t.task == task && t.gold.is_some());
    plan.graphs.iter().filter(trained).filter(has).map(|g| g.corpus).collect()
}

/// The tasks of a stage that are drawn: all but those over several corpora that learn along with others, because each
/// of their corpora is drawn for another task (of two such tasks over the same corpora, the later one learns along).
fn drawn_tasks(plan: &Plan, stage: &Stage) -> Vec<usize> {
    let mut drawn = stage.tasks.clone();
    for &t in stage.tasks.iter().rev() {
        let corpora = gold_corpora(plan, t);
        let others = |c: usize| drawn.iter().any(|&o| o != t && gold_corpora(plan, o).contains(&c));
        if corpora.len() > 1 && corpora.iter().all(|&c| others(c)) {
            drawn.retain(|&d| d != t);
        }
    }
    drawn
}

/// Whether a task has a loss of its own anywhere.
fn learns(plan: &Plan, task: usize) -> bool {
    !gold_corpora(plan, task).is_empty()
}

/// The losses of a stage that are computed on a corpus.
fn losses_on(plan: &Plan, stage: &Stage, corpus: usize) -> Vec<usize> {
    let graph = plan.graph(corpus, Phase::Train);
    let here = |l: &usize| graph.is_some_and(|g| g.losses.iter().any(|x| x.loss == *l));
    stage.losses.iter().copied().filter(here).collect()
}

/// Training examples of a corpus that a loss counts: those with the golds that it reads.
fn counted(plan: &Plan, examples: &Examples, corpus: usize, loss: usize, example: usize) -> bool {
    let own = plan.graph(corpus, Phase::Train).into_iter().flat_map(|g| &g.losses).filter(|l| l.loss == loss);
    let Some(split) = examples.split(corpus, SplitName::Train) else { return false };
    own.into_iter().any(|l| l.golds.iter().all(|at| split.golds.get(at).is_some_and(|g| g.present(example))))
}

fn corpus_units(plan: &Plan, stage: &Stage, examples: &Examples, batch: usize) -> Vec<Unit> {
    let unit = |c: usize| {
        let tasks: Vec<usize> = stage.tasks.iter().copied().filter(|&t| gold_corpora(plan, t).contains(&c)).collect();
        let losses = losses_on(plan, stage, c);
        let e = examples.split(c, SplitName::Train)?;
        let counts = |i: usize| {
            tasks.iter().any(|&t| e.has_gold(t, i)) || losses.iter().any(|&l| counted(plan, examples, c, l, i))
        };
        let rows: Vec<u32> = (0..e.len).filter(|&i| counts(i)).map(|i| i as u32).collect();
        let wanted = Wanted { tasks, losses };
        (!rows.is_empty()).then(|| Unit::new(&plan.corpora[c].name, batch, vec![(c, rows, wanted)]))
    };
    (0..plan.corpora.len()).filter_map(unit).collect()
}

fn task_units(plan: &Plan, stage: &Stage, examples: &Examples, batch: usize, drawn: &[Drawn]) -> Vec<Unit> {
    let tasks: Vec<usize> = drawn.iter().filter_map(|d| if let Drawn::Task(t) = d { Some(*t) } else { None }).collect();
    // a task over several corpora that is not drawn itself learns along
    let along: Vec<usize> = stage.tasks.iter().copied().filter(|t| !tasks.contains(t)).collect();
    let along: Vec<(usize, Vec<usize>)> = along.into_iter().map(|t| (t, gold_corpora(plan, t))).collect();
    let covered = |c: &usize| tasks.iter().any(|&t| gold_corpora(plan, t).contains(c));
    let along: Vec<_> = along.into_iter().filter(|(_, c)| c.len() > 1 && c.iter().all(covered)).collect();
    // a loss that is drawn itself is computed on its own batches alone
    let rides = |l: &usize| !drawn.contains(&Drawn::Loss(*l));
    let task = |t: usize| {
        let parts: Vec<_> = gold_corpora(plan, t)
            .into_iter()
            .filter_map(|c| {
                let e = examples.split(c, SplitName::Train)?;
                let rows: Vec<u32> = (0..e.len).filter(|&i| e.has_gold(t, i)).map(|i| i as u32).collect();
                let with = along.iter().filter(|(_, cs)| cs.contains(&c)).map(|(a, _)| *a);
                let losses = losses_on(plan, stage, c).into_iter().filter(rides).collect();
                let wanted = Wanted { tasks: std::iter::once(t).chain(with).collect(), losses };
                (!rows.is_empty()).then_some((c, rows, wanted))
            })
            .collect();
        (!parts.is_empty()).then(|| Unit::new(&plan.tasks[t].name, batch, parts))
    };
    let loss = |l: usize, corpora: Vec<usize>| {
        let part = |c: usize| {
            let n = examples.split(c, SplitName::Train)?.len;
            let rows: Vec<u32> = (0..n).filter(|&i| counted(plan, examples, c, l, i)).map(|i| i as u32).collect();
            (!rows.is_empty()).then(|| (c, rows, Wanted { tasks: vec![], losses: vec![l] }))
        };
        let parts: Vec<_> = corpora.into_iter().filter_map(part).collect();
        (!parts.is_empty()).then(|| Unit::new(plan.name_of(Drawn::Loss(l)), batch, parts))
    };
    let on = |l: usize| (0..plan.corpora.len()).filter(move |&c| losses_on(plan, stage, c).contains(&l));
    let named = drawn.iter().filter_map(|d| match *d {
        Drawn::Task(t) => stage.tasks.contains(&t).then(|| task(t)).flatten(),
        Drawn::Loss(l) => loss(l, on(l).collect()),
    });
    let mut units: Vec<Unit> = named.collect();
    // what nobody else draws; a sampler that names its units draws no others
    if stage.sampler.tasks.is_empty() {
        let apart = |l: &usize| loss(*l, on(*l).filter(|c| !covered(c)).collect());
        units.extend(stage.losses.iter().filter_map(apart));
    }
    units
}

/// What a sampler will do, said before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// the stage
    pub stage: String,
    /// steps
    pub steps_per_epoch: u64,
    /// whether batches are drawn at random, so that the rows hold expectations
    pub drawn: bool,
    /// one for each unit
    pub rows: Vec<Row>,
    /// where an epoch is not one pass over every example
    pub notes: Vec<String>,
}

/// One unit of a [`Description`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// corpus or task
    pub name: String,
    /// tasks and losses that learn
    pub tasks: Vec<String>,
    /// training examples
    pub examples: usize,
    /// to see each example once
    pub batches_per_pass: u64,
    /// drawn (or expected) in an epoch
    pub batches_per_epoch: f64,
    /// passes in an epoch
    pub passes: f64,
}

/// A number of batches, drawn or expected.
pub(crate) fn batches(n: f64) -> String {
    let n = n.round();
    format!("{n:.0} {}", if n == 1.0 { "batch" } else { "batches" })
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "stage {}: {} an epoch", self.stage, some(self.steps_per_epoch as usize, "step"))?;
        let about = if self.drawn { "about " } else { "" };
        for r in &self.rows {
            let (examples, batches) = (some(r.examples, "example"), batches(r.batches_per_epoch));
            writeln!(f, "  {}: {examples}, {about}{batches} an epoch, for {}", r.name, r.tasks.join(", "))?;
        }
        for n in &self.notes {
            writeln!(f, "  note: {n}")?;
        }
        Ok(())
    }
}
