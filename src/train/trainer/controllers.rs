//! What stages learn from their evaluations: of what use tasks are, and which rates are tried next. Each is a function of
//! the seed and of the history that the state holds.

use super::{Course, Trainer};
use crate::kinds::{samplers, searches};
use crate::plan::{Score, Search, Stage};
use crate::train::evaluate::{self, Figures};
use crate::train::report::{self, StageReport};

impl Trainer<'_> {
    /// A stage with what is known only now: the tasks that an earlier one kept, the rates of a trial.
    pub(super) fn adjusted(&self, stage: &Stage) -> Stage {
        let mut now = stage.clone();
        if let Some(kept) = self.state.kept.as_ref().filter(|_| stage.kept) {
            now.tasks.retain(|t| kept.contains(t));
            let tasks = self.plan.tasks.len();
            now.sampler.tasks.retain(|(unit, _)| *unit >= tasks || kept.contains(unit));
        }
        if let Some(search) = &stage.search {
            let rates = self.rates(search, now.tasks.len());
            now.sampler = samplers::by_rates(now.tasks.iter().copied().zip(rates).collect());
        }
        now
    }

    /// The rates of the trial that goes on.
    fn rates(&self, search: &Search, numbers: usize) -> Vec<f64> {
        let sign = if evaluate::upwards(self.plan, &search.objective) { 1.0 } else { -1.0 };
        let tried: Vec<_> = self.state.tried.iter().map(|(x, y)| (x.clone(), y.map(|y| sign * y))).collect();
        let asked = searches::Asked {
            seed: self.state.seed,
            stage: (self.state.stage - search.trial.min(self.state.stage)) as u64,
            numbers,
            bounds: search.bounds,
            tried: &tried,
        };
        searches::find(&search.kind).map_or_else(|| vec![1.0; numbers], |s| (s.next)(&asked))
    }

    /// An evaluation ends a round of a sampler that measures use, and may be the best of a search.
    pub(super) fn hear(&mut self, course: &Course<'_>, dev: &Figures) {
        let stage = course.stage;
        let measures = samplers::find(&stage.sampler.kind).is_some_and(|s| s.measures);
        if let Some((main, _)) = stage.sampler.tasks.first().filter(|_| measures) {
            let score = Score::Metric { task: *main, metric: 0 };
            if let Some(value) = report::score(&score, dev) {
                let up = evaluate::upwards(self.plan, &score);
                // the first figure is only what later ones are held against
                if let Some(mark) = self.state.cursor.mark {
                    let gain = if up { value > mark } else { value < mark };
                    course.schedule.rewarded(&mut self.state.cursor, f64::from(u8::from(gain)));
                }
                self.state.cursor.mark = Some(value);
            }
        }
        if let Some(search) = &stage.search
            && let Some(value) = report::score(&search.objective, dev)
        {
            let up = evaluate::upwards(self.plan, &search.objective);
            let better = |old: Option<f64>| old.is_none_or(|old| if up { value > old } else { value < old });
            if better(self.state.trial) {
                self.state.trial = Some(value);
                if self.state.tried.iter().all(|(_, old)| better(*old)) {
                    self.keep_found();
                }
            }
        }
    }

    /// What a stage found out, beside its figures.
    pub(super) fn conclude(&mut self, course: &Course<'_>) -> StageReport {
        let mut found = StageReport::default();
        let name = |t: usize| self.plan.tasks[t].name.clone();
        let utility = course.schedule.utility(&self.state.cursor);
        found.utility = utility.iter().map(|(unit, x)| (unit.to_string(), *x)).collect();
        if let (Some(keep), Some((main, _))) = (course.stage.keep, course.stage.sampler.tasks.first()) {
            let useful = |t: &usize| {
                let own = utility.iter().find(|(unit, _)| *unit == self.plan.tasks[*t].name).map_or(0.0, |(_, x)| *x);
                t == main || own > keep.above || keep.or_equal && own == keep.above
            };
            let kept: Vec<usize> = course.stage.tasks.iter().copied().filter(useful).collect();
            found.kept = Some(kept.iter().map(|t| name(*t)).collect());
            self.state.kept = Some(kept);
        }
        if course.stage.search.is_some() {
            let rates = &course.now.sampler.tasks;
            found.rates = rates.iter().map(|(t, rate)| (name(*t), *rate)).collect();
            found.figure = self.state.trial.take();
            self.state.tried.push((rates.iter().map(|(_, rate)| *rate).collect(), found.figure));
        }
        found.affinity = std::mem::take(&mut self.state.affinity)
            .into_iter()
            .map(|(t, on)| (name(t), on.into_iter().map(|(o, (sum, n))| (name(o), sum / n.max(1) as f64)).collect()))
            .collect();
        found.sources = self.sources(&course.now);
        found
    }
}
