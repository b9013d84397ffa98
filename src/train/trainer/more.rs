//! How a finished run goes on: its last stage becomes longer.

use super::{RunInfo, finished, info};
use crate::diagnostics::Diagnostic;
use crate::ops::params::Outgoing;
use crate::plan::{Length, Plan};
use crate::train::run_dir::{INFO, PLAN, REPORT, RunDir};
use crate::train::state::Saved;
use crate::train::{files, state};

/// Whether [`more`] can make a run longer.
pub fn can_go_on(dir: &RunDir) -> Result<(), Diagnostic> {
    longer(dir, 1).map(drop)
}

/// Makes the last stage of a finished run some epochs longer than it went, so that [`resume`](super::resume) goes on with it;
/// the new plan. The folder must be held. Everything is read before anything changes, and a process that stops in between
/// leaves a run that goes on as it was, or longer.
pub fn more(dir: &RunDir, epochs: u64) -> Result<Plan, Diagnostic> {
    let (plan, info, Saved { mut state, tensors, gone }) = longer(dir, epochs)?;
    state::restore(dir, &gone)?;
    files::remove(&dir.file(REPORT))?;
    dir.write_listed(INFO, &info)?;
    dir.write_listed(PLAN, &plan)?;
    if state.stopped_early {
        (state.stopped_early, state.waited) = (false, 0);
        let tensors: Vec<Outgoing<'_>> = tensors
            .iter()
            .map(|(name, values, shape)| Outgoing::new(name.clone(), shape.clone(), || values.into()))
            .collect();
        state::save(dir, &state, &tensors)?;
    }
    Ok(plan)
}

/// The longer plan, and what the run is at its end.
fn longer(dir: &RunDir, epochs: u64) -> Result<(Plan, RunInfo, Saved), Diagnostic> {
    let shown = dir.path.display();
    let refused = |why: String, help: String| Diagnostic::new("E0813", why).help(help);
    let (mut plan, _) = dir.read_start()?;
    let Some(report) = finished(dir, &plan)? else {
        let help = format!("go on with it first: `mtlc run --resume {shown}`");
        return Err(refused(format!("the run in `{shown}` has not ended yet"), help));
    };
    let begun: RunInfo = info(dir)?;
    if !dir.file(state::STATE).exists() {
        let help = format!("begin a new run with its weights: `mtlc run SPEC --from {shown}`");
        return Err(refused(format!("the run in `{shown}` has no `{}` any more", state::STATE), help));
    }
    let saved = state::read(dir, &plan)?;
    let total = saved.state.cursor.total;
    let schedule = report.stages.last().and_then(|s| s.schedule.as_ref());
    let an_epoch = schedule.map_or(0, |s| s.steps_per_epoch);
    let Some(last) = plan.train.stages.last_mut().filter(|_| an_epoch > 0) else {
        return Err(dir.corrupt(REPORT, "it does not say how many steps an epoch had".into()));
    };
    last.length = match last.length {
        Length::Epochs(_) => Length::Epochs(total as f64 / an_epoch as f64 + epochs as f64),
        Length::Steps(_) => Length::Steps(total + epochs * an_epoch),
        Length::Seconds(_) => {
            let help = format!("begin a new run with its weights: `mtlc run SPEC --from {shown}`");
            return Err(refused(format!("stage `{}` ends by the clock, not by epochs", last.name), help));
        }
    };
    Ok((plan, RunInfo { more: begun.more + epochs, ..begun }, saved))
}
