//! E0502: what a task predicts may not be read to predict it.

use super::*;

impl<'p> Checker<'p> {
    /// E0502: what a task predicts may not be read to predict it, through any path.
    pub(crate) fn check_leaks(&mut self) {
        for task in 0..self.tasks.len() {
            let t = &self.tasks[task];
            if t.head.self_supervised || t.poisoned {
                continue;
            }
            let memo: Vec<(usize, BTreeSet<usize>)> = self
                .task_memo
                .iter()
                .filter(|(k, _)| k.0 == task && self.graphs[k.1].phase == Phase::Test)
                .filter_map(|(k, v)| v.as_ref().ok().map(|(v, _)| (self.graphs[k.1].corpus, v.reads.clone())))
                .collect();
            let mut memo = memo;
            memo.sort();
            for (corpus, reads) in memo {
                let replaced: Vec<String> = self
                    .edges
                    .iter()
                    .filter(|e| e.when != Some(Phase::Train))
                    .filter_map(|e| match &e.target {
                        Target::Slot(t, s) if *t == task => Some(s.clone()),
                        _ => None,
                    })
                    .collect();
                for f in &reads {
                    let field = &self.p.data[corpus].fields[*f];
                    if replaced.contains(&field.name) {
                        continue;
                    }
                    if !self.tasks[task].golds.contains(&(corpus, *f)) {
                        self.leaks_from_other(task, corpus, *f);
                        continue;
                    }
                    // an autoencoder rebuilds its own text; candidates are no answer
                    let texts = self.p.data[corpus].fields.iter().filter(|f| f.ty.is_text()).count();
                    let list = matches!(&field.ty, FieldType::Other { kind, .. } if kind == "list");
                    if list || field.ty.is_text() && texts == 1 {
                        continue;
                    }
                    let from = self.p.tasks[self.tasks[task].def].ast.from.as_ref();
                    let span = from.map_or(self.tasks[task].span, |e| e.span);
                    let name = field.name.clone();
                    let d =
                        Diagnostic::new("E0502", format!("`{}` reads its own answer `{name}`", self.tasks[task].name))
                            .at(span, format!("depends on `{name}`"))
                            .with(self.tasks[task].gold_span, "the answer")
                            .help("remove it from the features: at test it is not known");
                    self.report(d);
                }
            }
        }
    }

    /// E0502: at test, a gold label that another task predicts is not known; unless that task judges this one's output.
    pub(super) fn leaks_from_other(&mut self, task: usize, corpus: usize, f: usize) {
        let field = &self.p.data[corpus].fields[f];
        if is_texty(&field.ty) || matches!(&field.ty, FieldType::Vec(_) | FieldType::Other { .. }) {
            return;
        }
        let mut later = BTreeSet::from([task]);
        loop {
            let more: Vec<usize> = self
                .edges
                .iter()
                .filter(|e| e.alive && later.contains(&e.source))
                .filter_map(|e| match e.target {
                    Target::Task(t) | Target::Slot(t, _) => Some(t),
                    Target::Encoder(..) => None,
                })
                .filter(|t| !later.contains(t))
                .collect();
            if more.is_empty() {
                break;
            }
            later.extend(more);
        }
        let predictor = (0..self.tasks.len()).find(|o| {
            !later.contains(o)
                && self.tasks[*o].golds.contains(&(corpus, f))
                && self.tasks[*o].when != Some(Phase::Train)
        });
        let Some(o) = predictor else { return };
        let (name, other, field) = (self.tasks[task].name.clone(), self.tasks[o].name.clone(), field.name.clone());
        let span = self.p.tasks[self.tasks[task].def].ast.from.as_ref().map_or(self.tasks[task].span, |e| e.span);
        let d =
            Diagnostic::new("E0502", format!("at test `{name}` reads `{field}`, which `{other}` has yet to predict"))
                .at(span, format!("depends on the gold `{field}`"))
                .with(self.tasks[o].gold_span, format!("what `{other}` predicts"))
                .help(format!("send the prediction instead: `{other}.probs -> {name} via embed(32)`"));
        self.report(d);
    }
}
