//! Which tokens `mlm` masks.

use super::*;

impl Resolver<'_> {
    /// `mlm(50%, at = mentions)`: only tokens that a field of tags marks are masked.
    pub(super) fn masked_at(&mut self, args: &[ast::Arg], info: &TaskInfo) {
        let at = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == "at"));
        let Some(at) = at.filter(|_| info.head.arg("at").is_some() && !info.poisoned) else { return };
        let ExprKind::Name(name) = &*at.value.value else {
            let d = Diagnostic::new("E0207", "`at` of `mlm` must be a field of tags").at(at.value.span, "");
            self.report(d.help("name one of the text that is masked: `mlm(50%, at = mentions)`"));
            return;
        };
        let name = ast::Node::new(name.clone(), at.value.span);
        for (c, f) in info.golds.clone() {
            let Ok(marks) = self.field_of(c, &name) else { return };
            let fields = &self.p.data[c].fields;
            let (Some(text), Some(marks)) = (fields.get(f), fields.get(marks)) else { continue };
            let on_text = marks.ty.axis() == Some(text.name.as_str());
            if !matches!(marks.ty, FieldType::Tags { .. }) || !on_text {
                let d = Diagnostic::new("E0401", format!("`{}` does not mark tokens of `{}`", marks.name, text.name))
                    .at(at.value.span, "says which tokens are masked")
                    .with(marks.span, format!("this field is `{}`", type_word(&marks.ty)));
                let help = format!("declare it as `{}: tags on {}`", marks.name, text.name);
                self.report(d.help(help));
                return;
            }
        }
    }
}
