//! `mtlc check FILE...`

use super::fix::{Fixing, mended};
use super::{Changes, ERRORS, FINE, Format, Look, findings, is_stdin, out, out_json, shown, try_compile, view};
use crate::diagnostics::{Diagnostic, render};
use crate::driver;
use crate::encode::cache::Cache;
use crate::source::Sources;
use std::path::PathBuf;

/// What `check` is asked to do besides checking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// `--no-data`
    pub(super) no_data: bool,
    /// `--fix`
    pub(super) fix: bool,
}

pub(super) fn command(files: &[PathBuf], asked: Asked, changes: &Changes, look: Look) -> i32 {
    let mut code = FINE;
    // for machines there is one document, however many files
    let mut all: Vec<(Sources, Vec<Diagnostic>)> = vec![];
    let cache = Cache::of_user();
    let people = matches!(look.format, Format::Human | Format::Plain);
    for file in files {
        let compiled = match asked.fix {
            true => mended(file),
            false => try_compile(file, changes).map(|c| Fixing { compilation: c, code: FINE }),
        };
        let Fixing { compilation: mut c, code: fixing } = match compiled {
            Ok(c) => c,
            Err(e) => {
                code = code.max(e.code);
                match (e.finding, people) {
                    (Some(d), true) => findings(&Sources::default(), &[d], look),
                    (Some(d), false) => all.push((Sources::default(), vec![d])),
                    (None, _) => {}
                }
                continue;
            }
        };
        code = code.max(fixing);
        let data = match asked.no_data {
            true => driver::Data::default(),
            false => driver::load_cached(&mut c, cache.as_ref(), false),
        };
        // what `run` would refuse at once; heads that are not trained yet are listed below instead
        if data.complete && c.checked.as_ref().is_some_and(|k| k.unsupported().is_empty()) {
            let refused = driver::plan(&mut c, &data).map(|plan| driver::refused(&plan, &data));
            c.diagnostics.extend(refused.into_iter().flatten());
        }
        if people {
            findings(&c.sources, &c.diagnostics, look);
        }
        if c.has_errors() {
            code = code.max(ERRORS);
        } else if let Some(checked) = c.checked.as_ref().filter(|_| people && !(asked.fix && is_stdin(file))) {
            let known = (data.complete && !data.corpora.is_empty()).then_some(&data);
            out(view::checked(&shown(file), checked, known));
        }
        all.push((c.sources, c.diagnostics));
    }
    let all: Vec<(&Sources, &[Diagnostic])> = all.iter().map(|(s, d)| (s, d.as_slice())).collect();
    match look.format {
        Format::Json => out_json(render::render_json_of(&all)),
        Format::Sarif => out_json(render::render_sarif_of(&all)),
        Format::Human | Format::Plain => {}
    }
    code
}
