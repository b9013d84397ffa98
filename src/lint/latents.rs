//! Latent variables.

use super::*;
use crate::kinds::layers;

impl Linter<'_, '_> {
    /// W0108: a latent variable whose prior nothing ties to its posterior.
    pub(super) fn check_latents(&mut self, reached: &Reached) {
        if self.r.reports.any_error() {
            return; // the line that ties them may be the one with an error
        }
        for (i, l) in self.p.lets.iter().enumerate() {
            let Some((word, _, args)) = word_of(&l.value) else { continue };
            if !layers::function(word).is_some_and(|f| f.marks.latent) {
                continue;
            }
            let posterior = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == "posterior"));
            if let Some(p) = posterior
                && !reached.latents.contains(&i)
            {
                let name = &l.name;
                let d = Diagnostic::new("W0108", format!("nothing ties the prior of `{name}` to its posterior"));
                self.report(
                    d.at(l.span, "at test it is drawn from the prior")
                        .with(p.value.span, "while training from this posterior")
                        .help(format!("add a line: `loss kl_{name} = kl({name}.posterior, {name}.prior)`"))
                        .fix(
                            Span { start: l.value.span.end, ..l.value.span },
                            format!("\nloss kl_{name} = kl({name}.posterior, {name}.prior)"),
                            false,
                        ),
                );
            }
        }
    }
}
