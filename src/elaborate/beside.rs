//! What stands beside the features of a task: views of other features, and values of the data that enter a slot.

use super::*;
use crate::ast::SettingKind;
use crate::resolve::DataArrow;

impl<'p> Elaborator<'p> {
    /// Types them where the data hold the task's gold. Each has findings of its own, and none of them is the task's.
    pub(super) fn look_beside(&mut self, task: usize, h: &Val, cx: &Cx, beside_gold: bool) {
        let def = &self.p.tasks[self.r.tasks[task].def];
        for s in &def.ast.options {
            if let SettingKind::View { name, from: true, value } = &s.value {
                let owner = format!("{}.view.{}", cx.owner, name.value);
                let _ = self.view_from(task, value, &Cx { owner: owner.into(), ..cx.clone() }, beside_gold);
            }
        }
        for a in self.r.data_arrows.clone() {
            let Target::Slot(t, slot) = &a.edge.target else { continue };
            if *t == task {
                let _ = self.data_arrow(&a, h, task, slot, cx);
            }
        }
    }

    /// A view has a head of its own, which takes what the task's head takes.
    fn view_from(&mut self, task: usize, value: &'p Expr, cx: &Cx, beside_gold: bool) -> Result<(), Reported> {
        let v = self.eval(value, cx)?;
        if let Some(several) = self.parts_error(&v, value.span) {
            return Err(several);
        }
        if v.is_opaque() {
            return Ok(());
        }
        self.fits(task, &v, value, cx.corpus, beside_gold)
    }

    fn data_arrow(&mut self, a: &DataArrow<'p>, h: &Val, task: usize, slot: &str, cx: &Cx) -> Result<(), Reported> {
        let env = self.p.edges[a.edge.def].env.clone();
        let v = self.eval(a.value, &Cx { env, owner: a.edge.name.clone(), ..cx.clone() })?;
        let (v, _) = self.via(v, &a.edge, cx)?;
        if v.is_opaque() {
            return Ok(());
        }
        self.enter_slot(h.clone(), v, &a.edge, task, slot, cx).map(|_| ())
    }
}
