//! What stays of a run: the course, evaluations, the state, the kept weights, the report.

use super::{Course, Trainer};
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::plan::{Length, Score, Stage};
use crate::train::evaluate::{self, Figures};
use crate::train::report::{
    self, Best, Figure, FrameReport, Report, TaskReport, median, peak_memory, show_score, versions,
};
use crate::train::run_dir::{METRICS, MODEL, REPORT};
use crate::train::state::{self, BestSoFar};
use crate::train::weights::Weights;
use crate::train::{EvaluationNews, RunError, files};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Instant;

impl Trainer<'_> {
    /// Before anything is written: the files with which the run can go on are there, and the course has begun.
    pub(super) fn settle(&mut self) -> Result<(), Diagnostic> {
        if let Some(wait) = self.begun.take() {
            wait()?;
        }
        if let Some(seconds) = self.first_step.take() {
            let line = json!({ "event": "start", "seconds": seconds });
            self.state.metrics_bytes = files::append(&self.dir.file(METRICS), &line.to_string())?;
        }
        Ok(())
    }

    pub(super) fn log(&mut self, line: &serde_json::Value) -> Result<(), Diagnostic> {
        self.settle()?;
        self.state.metrics_bytes = files::append(&self.dir.file(METRICS), &line.to_string())?;
        Ok(())
    }

    pub(super) fn log_epoch(&mut self, stage: &Stage) -> Result<(), Diagnostic> {
        let s = &self.state;
        let mut line = json!({
            "event": "epoch", "stage": stage.name, "epoch": s.cursor.epoch, "step": s.step,
            "losses": self.mean_losses().into_iter().collect::<BTreeMap<_, _>>(),
            "seconds": s.epoch_seconds, "examples": s.epoch_examples,
        });
        if !s.factors.is_empty() {
            let mean = |(t, (sum, n)): (&usize, &(f64, f64))| (self.plan.tasks[*t].name.clone(), sum / n);
            line["weights"] = s.factors.iter().map(mean).collect::<BTreeMap<_, _>>().into_iter().collect();
        }
        if let Some(share) = self.state.conflicts_by_epoch.last() {
            line["conflicts"] = json!(share);
        }
        self.log(&line)
    }

    pub(super) fn evaluate(&mut self, stage: &Stage) -> Result<Figures, Diagnostic> {
        let dev = evaluate::figures_with(
            self.plan,
            self.tables,
            &self.network,
            &self.all_weights(),
            self.examples,
            SplitName::Dev,
            Some((&mut self.frozen, self.state.copy)),
        )?;
        let objective = self.objective.as_ref().and_then(|o| report::score(o, &dev));
        let now =
            |value| BestSoFar { value, stage: self.state.stage, epoch: self.state.cursor.epoch, step: self.state.step };
        let better = |new: f64, old: Option<&BestSoFar>, up: bool| {
            old.is_none_or(|o| if up { new > o.value } else { new < o.value })
        };
        let best = objective.filter(|v| better(*v, self.state.best.as_ref(), self.upwards)).map(now);
        let task_best: Vec<(usize, BestSoFar)> = (0..self.plan.tasks.len())
            .filter_map(|t| {
                let value = (*dev.tasks.get(&t)?.first()?)?;
                let up = evaluate::upwards(self.plan, &Score::Metric { task: t, metric: 0 });
                better(value, self.state.task_best.get(&t), up).then(|| (t, now(value)))
            })
            .collect();
        if best.is_some() || !task_best.is_empty() {
            self.settle()?;
            let name = state::snapshot(self.state.step);
            let weights = self.all_weights();
            self.dir.write_tensors(&name, &weights.outgoing(), &weights.metadata(self.state.step))?;
        }
        let is_best = best.is_some();
        let s = &mut self.state;
        s.task_best.extend(task_best);
        s.waited = if is_best { 0 } else { s.waited + 1 };
        s.best = best.or(s.best.take());
        s.evaluations += 1;
        if let Some(Length::Seconds(every)) = stage.eval_every {
            s.next_evaluation = s.stage_seconds + every;
        }
        s.stopped_early = stage.early_stop.is_some_and(|patience| s.waited >= patience);
        let named = evaluate::named(self.plan, &dev);
        let s = &self.state;
        let news = EvaluationNews {
            stage: &stage.name,
            epoch: s.cursor.epoch,
            step: s.step,
            losses: self.mean_losses(),
            dev: named,
            objective,
            best: is_best,
            seconds: s.seconds,
            examples_per_second: s.epoch_examples as f64 / s.epoch_seconds.max(1e-9),
        };
        let figures = |fs: &[Figure]| -> BTreeMap<String, Option<f64>> {
            fs.iter().map(|f| (f.metric.clone(), f.value)).collect()
        };
        let frames: BTreeMap<&str, f64> =
            dev.frames.iter().map(|(c, v)| (self.plan.corpora[*c].name.as_str(), *v)).collect();
        let line = json!({
            "event": "evaluation", "stage": stage.name, "epoch": s.cursor.epoch, "step": s.step,
            "losses": news.losses.iter().cloned().collect::<BTreeMap<_, _>>(),
            "dev": news.dev.iter().map(|(t, f)| (t.clone(), figures(f))).collect::<BTreeMap<_, _>>(),
            "frame_accuracy": frames, "objective": objective, "best": is_best,
            "seconds": s.seconds, "examples_per_second": news.examples_per_second,
        });
        self.progress.evaluated(&news);
        self.log(&line)?;
        Ok(dev)
    }

    fn figures(&self, weights: &Weights, split: SplitName) -> Figures {
        evaluate::figures(self.plan, self.tables, &self.network, weights, self.examples, split)
    }

    pub(super) fn save(&mut self, course: &Course<'_>) -> Result<(), Diagnostic> {
        self.settle()?;
        self.state.sets = self.aside.keys().cloned().collect();
        let mut tensors = self.sets();
        tensors.extend(course.optimizer.state());
        state::save(&self.dir, &self.state, &tensors)?;
        drop(tensors);
        self.saved = Instant::now();
        Ok(())
    }

    /// Puts the kept weights and each task's best in place.
    pub(super) fn publish(&mut self) -> Result<(), Diagnostic> {
        self.settle()?;
        let mut sums = vec![];
        let mut copy = |step: u64, name: String| -> Result<(), Diagnostic> {
            let bytes = self.dir.read(&state::snapshot(step))?;
            let sum = self.dir.write(&name, &bytes)?;
            sums.push((name, sum));
            Ok(())
        };
        for (t, best) in &self.state.task_best {
            copy(best.step, evaluate::best_file(&self.plan.tasks[*t].name))?;
        }
        match &self.state.best {
            Some(best) => copy(best.step, MODEL.to_string())?,
            None => {
                let weights = self.all_weights();
                let sum = self.dir.write_tensors(MODEL, &weights.outgoing(), &weights.metadata(self.state.step))?;
                sums.push((MODEL.to_string(), sum));
            }
        }
        self.dir.list(sums)
    }

    pub(super) fn best(&self, b: &BestSoFar, metric: String) -> Best {
        let stage = self.plan.train.stages.get(b.stage).map_or("?", |s| &s.name).to_string();
        Best { metric, value: b.value, stage, epoch: b.epoch, step: b.step }
    }

    pub(super) fn finish(mut self) -> Result<Report, RunError> {
        self.take_found();
        self.publish()?;
        let weights = Weights::read(self.plan, self.tables, &self.options.device, &self.dir.read(MODEL)?)
            .map_err(|e| self.dir.corrupt(MODEL, e))?;
        let (dev, test) = (self.figures(&weights, SplitName::Dev), self.figures(&weights, SplitName::Test));
        let (plan, s) = (self.plan, &self.state);
        let (named_dev, named_test) = (evaluate::named(plan, &dev), evaluate::named(plan, &test));
        let count = |t: usize, split| evaluate::count_gold(plan, self.examples, t, split);
        let of = |figures: &[(String, Vec<Figure>)], t: usize| figures.get(t).map_or(vec![], |(_, f)| f.clone());
        let task = |t: usize| TaskReport {
            name: plan.tasks[t].name.clone(),
            examples: [SplitName::Train, SplitName::Dev, SplitName::Test].map(|s| count(t, s)),
            dev: of(&named_dev, t),
            test: of(&named_test, t),
            best: s.task_best.get(&t).map(|b| {
                let label = plan.tasks[t].metrics.first().map_or(String::new(), |m| m.label.clone());
                self.best(b, label)
            }),
        };
        let frame = |c: usize| {
            let (dev, test) = (dev.frames.get(&c).copied(), test.frames.get(&c).copied());
            (dev.is_some() || test.is_some()).then(|| FrameReport { corpus: plan.corpora[c].name.clone(), dev, test })
        };
        let objective = self.objective.as_ref().and_then(|o| Some(self.best(s.best.as_ref()?, show_score(o, plan))));
        let kept = match &objective {
            None if s.step == 0 => "the initial ones: no step was made".to_string(),
            Some(b) => format!("those of stage {}, epoch {}, step {}: best {}", b.stage, b.epoch, b.step, b.metric),
            None => "the last ones".to_string(),
        };
        let report = Report {
            name: plan.name.clone(),
            seed: s.seed,
            parameters: plan.num_params(),
            kept,
            objective,
            tasks: (0..plan.tasks.len()).map(task).collect(),
            frames: (0..plan.corpora.len()).filter_map(frame).collect(),
            expects: report::verify(plan, &dev, &test),
            stages: s.stages.clone(),
            steps: s.step,
            seconds: s.seconds,
            seconds_per_epoch: median(&s.epochs_seconds),
            peak_memory: peak_memory(),
            versions: versions(),
        };
        if let Ok(course) = self.dir.read(METRICS) {
            self.dir.list([(METRICS.to_string(), files::checksum(&course))])?;
        }
        self.dir.write_listed(REPORT, &report)?;
        state::finish(&self.dir)?;
        self.progress.finished(&report);
        Ok(report)
    }
}
