//! E0502: what a task predicts may not be read to predict it.

use super::*;

impl Linter<'_, '_> {
    /// E0502: what a task predicts may not be read to predict it, through any path.
    pub(super) fn check_leaks(&mut self) {
        let reads = self.e.reads_at_test();
        for memo in reads.chunk_by(|a, b| a.0 == b.0) {
            let task = memo[0].0;
            let t = &self.r.tasks[task];
            if t.head.self_supervised || t.poisoned {
                continue;
            }
            for (_, corpus, reads) in memo {
                let corpus = *corpus;
                let into = self.r.into_task.get(task).into_iter().flatten().map(|i| &self.r.edges[*i]);
                let replaced: Vec<String> = into
                    .filter(|e| e.when != Some(Phase::Train))
                    .filter_map(|e| match &e.target {
                        Target::Slot(_, s) => Some(s.clone()),
                        Target::Task(_) | Target::Encoder(..) => None,
                    })
                    .collect();
                for f in reads.iter() {
                    let field = &self.p.data[corpus].fields[*f];
                    if replaced.contains(&field.name) {
                        continue;
                    }
                    if !self.r.tasks[task].golds.contains(&(corpus, *f)) {
                        self.leaks_from_other(task, corpus, *f);
                        continue;
                    }
                    // an autoencoder rebuilds its own text; candidates are no answer
                    let texts =
                        self.r.texts[corpus].iter().filter(|f| self.p.data[corpus].fields[**f].ty.is_text()).count();
                    let list = matches!(&field.ty, FieldType::Other { kind, .. } if kind == "list");
                    if list || field.ty.is_text() && texts == 1 {
                        continue;
                    }
                    let from = self.p.tasks[self.r.tasks[task].def].ast.from.as_ref();
                    let span = from.map_or(self.r.tasks[task].span, |e| e.span);
                    let name = field.name.clone();
                    let d = Diagnostic::new(
                        "E0502",
                        format!("`{}` reads its own answer `{name}`", self.r.tasks[task].name),
                    )
                    .at(span, format!("depends on `{name}`"))
                    .with(self.r.tasks[task].gold_span, "the answer")
                    .help("remove it from the features: at test it is not known");
                    self.report(d);
                }
            }
        }
    }

    /// E0502: at test, a gold label that another task predicts is not known; unless that task judges this one's output.
    pub(super) fn leaks_from_other(&mut self, task: usize, corpus: usize, f: usize) {
        let field = &self.p.data[corpus].fields[f];
        if is_texty(&field.ty)
            || matches!(&field.ty, FieldType::Vec(_) | FieldType::Pairs { .. } | FieldType::Other { .. })
        {
            return;
        }
        let predictors: Vec<usize> = (0..self.r.tasks.len())
            .filter(|o| self.r.tasks[*o].golds.contains(&(corpus, f)) && self.r.tasks[*o].when != Some(Phase::Train))
            .collect();
        let later = self.later_than(task);
        let Some(o) = predictors.into_iter().find(|o| !later.contains(o)) else { return };
        let (name, other, field) = (self.r.tasks[task].name.clone(), self.r.tasks[o].name.clone(), field.name.clone());
        let span = self.p.tasks[self.r.tasks[task].def].ast.from.as_ref().map_or(self.r.tasks[task].span, |e| e.span);
        let d =
            Diagnostic::new("E0502", format!("at test `{name}` reads `{field}`, which `{other}` has yet to predict"))
                .at(span, format!("depends on the gold `{field}`"))
                .with(self.r.tasks[o].gold_span, format!("what `{other}` predicts"))
                .help(format!("send the prediction instead: `{other}.probs -> {name} via embed(32)`"));
        self.report(d);
    }

    /// The task and those that arrows lead to from it.
    fn later_than(&self, task: usize) -> BTreeSet<usize> {
        let mut next: HashMap<usize, Vec<usize>> = HashMap::default();
        for e in self.r.edges.iter().filter(|e| e.alive) {
            if let Target::Task(t) | Target::Slot(t, _) = e.target {
                next.entry(e.source).or_default().push(t);
            }
        }
        let mut later = BTreeSet::from([task]);
        let mut todo = vec![task];
        while let Some(t) = todo.pop() {
            todo.extend(next.get(&t).into_iter().flatten().copied().filter(|t| later.insert(*t)));
        }
        later
    }
}
