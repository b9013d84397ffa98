//! Encoders from a file.

use super::common::words_of;
use super::{Kind, Layer};
use crate::ast::{Expr, ExprKind};
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::Setting;
use crate::types::dim::{Dim, Letter, Size};
use crate::types::{Call, Elaborate, Env, Flow, Function, Item, Marks, Out, Resolve, Rule, VKind, Val, settings};
use crate::words::Takes::Own;
use crate::words::must;

/// Encoders from a file.
pub(super) const KIND: Kind = Kind { functions: &[PRETRAINED], layers: &[PRETRAINED_LAYER, LAYER] };

const PRETRAINED: Function = Function {
    name: "pretrained",
    args: &[must("path", Own)],
    deep: true,
    runs: false,
    example: "pretrained(\"models/mini-bert\")",
    doc: "a pretrained Transformer",
    rule: Rule::Value(pretrained),
    marks: Marks { reads_words: true, open_depth: true, reads, ..Marks::NONE },
};

const PRETRAINED_LAYER: Layer = Layer { name: "pretrained", weights_to_come: true, ..Layer::NONE };

pub(super) const LAYER: Layer = Layer { name: "layer", ..Layer::NONE };

/// `pretrained("models/mini-bert")`: a stack of layers whose number and width stand in the model's file.
fn pretrained(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = words_of(c, call)?;
    let path = folder(c, o.get("path").ok_or(Reported)?, &call.cx.env)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let model = c.model(&path);
    let out = Val {
        kind: VKind::Seq,
        width: Dim::size(Size::Open(Letter::Model, model as u32)),
        flow: Flow::Full,
        depth: v.depth + 1,
        model: true,
        ..v.clone()
    };
    let out = c.plain(call.cx, "pretrained", settings([("path", Setting::Text(path))]), &[&v], out);
    c.model_layers(out, call)
}

/// The folder of a model.
fn folder(c: &mut dyn Resolve, e: &Expr, env: &Env) -> Result<String, Reported> {
    match c.constant(e, env) {
        Some(Item::Text(t)) => Ok(t),
        _ if matches!(&*e.value, ExprKind::Error) => Err(Reported),
        _ => {
            let d = Diagnostic::new("E0207", "`pretrained` names a folder").at(e.span, "not a string");
            Err(c.report(d.help("write `pretrained(\"models/mini-bert\")`")))
        }
    }
}

fn reads(c: &mut dyn Resolve, arg: &str, e: &Expr, env: &Env) -> bool {
    if arg == "path" {
        let _ = folder(c, e, env);
    }
    arg == "path"
}
