//! Sizes that do not go together.

use super::*;

impl Linter<'_, '_> {
    /// W0107: a generator of replaced words that is bigger than what tells them apart.
    pub(crate) fn check_sizes(&mut self) {
        for k in 0..self.r.edges.len() {
            let e = &self.r.edges[k];
            let (Target::Task(to) | Target::Slot(to, _)) = e.target else { continue };
            if !e.alive || e.port != "filled" {
                continue;
            }
            let (Some(small), Some(big)) = (self.weights_under(e.source), self.weights_under(to)) else { continue };
            if small > big {
                let (gen_, disc) = (self.r.tasks[e.source].name.clone(), self.r.tasks[to].name.clone());
                let d = Diagnostic::new("W0107", format!("`{gen_}` is bigger than `{disc}`, which judges it"))
                    .at(self.r.tasks[e.source].span, format!("about {} weights", crate::diagnostics::thousands(small)))
                    .with(self.r.tasks[to].span, format!("about {} weights", crate::diagnostics::thousands(big)));
                self.report(d.help("make it a quarter to a half as wide (Clark et al. 2020)"));
            }
        }
    }

    /// The parameters of the encoders that a task names, counted without embeddings; `None` where they are not known.
    fn weights_under(&self, task: usize) -> Option<usize> {
        let from = self.p.tasks[self.r.tasks[task].def].ast.from.as_ref()?;
        let mut names = BTreeSet::new();
        self.encoders_in(from, &self.p.tasks[self.r.tasks[task].def].env, &mut names);
        let own = self.e.params.iter().filter(|p| names.contains(&*p.owner));
        let sizes: Vec<usize> = own.filter_map(|p| p.shape.iter().map(Dim::known).product()).collect();
        (!sizes.is_empty()).then(|| sizes.iter().sum())
    }
}
