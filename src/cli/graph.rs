//! `mtlc graph FILE`: the typed graph as a picture.

use super::output::columns_of_stdout;
use super::{Changes, ERRORS, FINE, GraphArgs, Look, USAGE, compile, findings, out, say};
use crate::diagnostics::visible::visible;
use crate::driver;
use crate::encode::cache::Cache;
use crate::present::draw;
use crate::present::scene::scene;
use crate::present::sizes::Sizes;
use std::path::Path;

/// Forms of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Picture {
    /// box characters
    Terminal,
    /// a flowchart for Markdown
    Mermaid,
    /// for Graphviz
    Dot,
    /// for papers and pages
    Svg,
}

impl Picture {
    /// By the ending of a file.
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => Some(Self::Svg),
            "dot" | "gv" => Some(Self::Dot),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            "txt" => Some(Self::Terminal),
            _ => None,
        }
    }
}

pub(super) fn command(a: &GraphArgs, look: Look) -> i32 {
    let changes: &Changes = &a.changes;
    let form = match (a.output, &a.out) {
        (Some(form), _) => form,
        (None, None) => Picture::Terminal,
        (None, Some(path)) => match Picture::of(path) {
            Some(form) => form,
            None => {
                say(format!("error: the ending of `{}` names no form of picture", path.display()));
                say("  help: end it in .svg, .dot, .mmd or .txt, or add `--output svg`");
                return USAGE;
            }
        },
    };
    let mut c = match compile(&a.file, changes, look) {
        Ok(c) => c,
        Err(code) => return code,
    };
    let cache = Cache::of_user();
    let data = if a.no_data { driver::Data::default() } else { driver::load_cached(&mut c, cache.as_ref(), false) };
    findings(&c.sources, &c.diagnostics, look);
    if c.has_errors() {
        return ERRORS;
    }
    let Some(checked) = &c.checked else { return ERRORS };
    let known = data.complete && !data.corpora.is_empty();
    let sizes = Sizes::new(checked, known.then_some(&data.tables));
    let s = scene(&c.name, c.reader(), checked, &sizes, a.expand);
    let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    // a file has no width
    let wide = a.out.is_none().then(columns_of_stdout).flatten().unwrap_or(draw::WIDE);
    let text = match form {
        Picture::Terminal => draw::terminal(&s, a.ascii || dumb, wide),
        Picture::Mermaid => draw::mermaid(&s),
        Picture::Dot => draw::dot(&s),
        Picture::Svg => match draw::svg(&s) {
            Some(text) => text,
            None => {
                say(format!("error: {} nodes are too many for a picture", s.nodes.len()));
                say("  help: leave `--expand` out, or write DOT for Graphviz: `--output dot`");
                return USAGE;
            }
        },
    };
    match &a.out {
        None => out(text),
        Some(path) => {
            if let Err(e) = std::fs::write(path, visible(&text).as_bytes()) {
                say(format!("error: `{}` cannot be written: {e}", path.display()));
                return USAGE;
            }
        }
    }
    FINE
}
