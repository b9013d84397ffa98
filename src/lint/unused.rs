//! What is declared and read by nobody.

use super::*;

impl Linter<'_, '_> {
    /// What is declared and read by nobody, and what is never trained.
    pub(super) fn check_unused(&mut self, train: &Train) {
        for s in self.r.shared.clone() {
            let decoders = s.members.iter().any(|m| matches!(m, Member::Decoder(..)));
            let layers = s.members.iter().any(|m| matches!(m, Member::Decoder(_, Some(_))));
            let name = s.scheme.row.name;
            if !s.scheme.runs() {
                self.r.unsupported(s.span, format!("`share` by `{name}`"));
            } else if decoders && s.scheme.mixes() {
                self.r.unsupported(s.span, format!("`share` of decoders by `{name}`"));
            } else if layers {
                self.r.unsupported(s.span, "`share` of layers of decoders");
            }
        }
        if self.r.reports.any_error() {
            return;
        }
        self.check_unread();
        // what does not run is not elaborated through and through, so nothing is said of who reads it
        let whole = self.r.tasks.iter().all(|t| !t.left_out) && self.r.reports.all_supported();
        for (i, e) in self.p.encoders.iter().enumerate() {
            if whole && !self.e.used_encoders.contains(&i) {
                let d = Diagnostic::new("W0102", format!("the encoder `{}` is read by nobody", e.name)).at(e.span, "");
                self.report(d.help("read it in a task, or remove it"));
            }
        }
        if whole {
            self.check_views();
        }
        self.check_scheduled(train);
        self.check_frozen(train);
        self.check_sizes();
        self.check_reversed();
    }

    /// W0109: a view that no loss reads learns nothing and teaches nothing.
    fn check_views(&mut self) {
        for t in 0..self.r.tasks.len() {
            let options = &self.p.tasks[self.r.tasks[t].def].ast.options;
            for (i, s) in options.iter().enumerate() {
                let SettingKind::View { name, .. } = &s.value else { continue };
                if !self.e.views.iter().any(|v| (v.task, v.option) == (t, i)) && !self.e.changed.contains(&(t, i)) {
                    let d = Diagnostic::new("W0109", format!("the view `{}` is read by nobody", name.value));
                    let task = self.r.tasks[t].name.clone();
                    let help = format!("name `{task}.view[\"{}\"].probs` in a loss, or remove it", name.value);
                    self.report(d.at(name.span, "").help(help));
                }
            }
        }
    }

    /// W0109: a `let`, a `param` or a data set that no expression names. What another file declares may be read by others.
    fn check_unread(&mut self) {
        let unread = |name: &str, span: Span| span.file == FileId(0) && !self.p.read.contains(base_name(name));
        let lets = self.p.lets.iter().map(|l| (&l.name, l.span, "let"));
        let params = self.p.params.iter().map(|l| (&l.name, l.span, "parameter"));
        let data = self.p.data.iter().map(|c| (&c.name, c.span, "data set"));
        let found: Vec<_> = lets.chain(params).chain(data).filter(|(n, span, _)| unread(n, *span)).collect();
        for (name, span, what) in found {
            let name = base_name(name);
            let what = if what == "let" { "`let`" } else { what };
            let d = Diagnostic::new("W0109", format!("the {what} `{name}` is read by nobody")).at(span, "");
            self.report(d.help("use it, or remove it"));
        }
    }
}
