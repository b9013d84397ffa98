//! `--only` and `--without`: what is left of a program.

use super::*;
use crate::plan::Over;
use crate::words::Takes;

/// Takes the tasks that `--only` leaves out from everything that goes on: no head is built for them.
pub(super) fn keep_only(c: &mut Checked, kept: &[usize]) {
    let places: HashMap<usize, usize> = kept.iter().enumerate().map(|(n, old)| (*old, n)).collect();
    let new = |old: usize| places.get(&old).copied();
    let move_to = |task: &mut usize| new(*task).map(|n| *task = n).is_some();
    let left_out = c.tasks.len() - kept.len();
    c.typed.keep_only(&new);
    c.tasks = kept.iter().map(|i| c.tasks[*i].clone()).collect();
    c.summaries = kept.iter().map(|i| c.summaries[*i].clone()).collect();
    for g in &mut c.graphs {
        g.tasks.retain_mut(|t| move_to(&mut t.task));
        for n in &mut g.nodes {
            if let Op::Head { task } | Op::Port { task, .. } | Op::Gold { task, .. } = &mut n.op {
                // views are numbered on from the tasks
                match task.checked_sub(kept.len() + left_out) {
                    Some(view) => *task = kept.len() + view,
                    None => _ = move_to(task),
                }
            }
        }
    }
    for l in &mut c.layers {
        if let Some(Setting::Int(task)) = l.settings.get_mut("task")
            && let Some(n) = new(*task as usize)
        {
            *task = n as i64;
        }
    }
    for g in &mut c.graphs {
        g.losses.iter_mut().flat_map(|l| &mut l.golds).for_each(|(t, _)| _ = move_to(t));
    }
    for l in &mut c.losses {
        l.tasks.retain_mut(|t| move_to(t));
    }
    let before = places.len() + left_out;
    for s in &mut c.train.stages {
        s.tasks.retain_mut(|t| move_to(t));
        // losses are numbered on from the tasks
        s.sampler.tasks.retain_mut(|(unit, _)| match unit.checked_sub(before) {
            Some(loss) => {
                *unit = kept.len() + loss;
                true
            }
            None => move_to(unit),
        });
        // parameters are filled in with the plan
        s.weights.tasks.retain_mut(|t| move_to(&mut t.0));
        let args = weightings::find(&s.weights.kind).map_or(&[][..], |w| w.row.args);
        for arg in args.iter().filter(|a| a.takes == Takes::Task) {
            let Some(Setting::Int(task)) = s.weights.settings.get_mut(arg.name) else { continue };
            match new(*task as usize) {
                Some(n) => *task = n as i64,
                // weighed against a task that is gone, the others count as they are
                None => s.weights = weightings::usual(),
            }
        }
    }
    if let Some(s) = &mut c.train.objective {
        s.renumber(&new);
    }
    for e in &mut c.expects {
        match &mut e.claim {
            Claim::Verdict | Claim::Probe { .. } => {}
            Claim::Figure { score, .. } | Claim::Drop { score, .. } => score.renumber(&new),
            Claim::Gain { score, over, .. } => {
                score.renumber(&new);
                match over {
                    Over::Single(all) => all.retain_mut(|t| move_to(t)),
                    Over::Without(_) => {}
                }
            }
        }
    }
    c.uncertainty = std::mem::take(&mut c.uncertainty).into_iter().filter_map(|(t, p)| Some((new(t)?, p))).collect();
    c.task_graph = c.task_graph.keep(kept);
    for (i, (t, s)) in c.tasks.iter_mut().zip(&mut c.summaries).enumerate() {
        t.step = c.task_graph.step_of(i);
        s.step = t.step;
    }
}
