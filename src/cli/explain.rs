//! `mtlc explain CODE` and `mtlc explain FILE [TASK]`

use super::{ERRORS, ExplainArgs, FINE, Look, USAGE, compile, findings, out, say};
use crate::diagnostics::{codes, suggest};
use crate::driver;
use crate::encode::cache::Cache;
use crate::present::outline::{Known, family, outline};
use crate::present::prose::{self, Told};
use crate::present::scene::scene;
use crate::present::sizes::Sizes;
use std::path::Path;

pub(super) fn command(a: &ExplainArgs, look: Look) -> i32 {
    let path = Path::new(&a.what);
    if path.extension().is_some_and(|e| e == "mtl") || path.is_file() {
        return explain(path, a, look);
    }
    if let Some(task) = &a.task {
        say(format!("error: `{}` is no spec, so it has no task `{task}`", a.what));
        say("  help: `mtlc explain spec.mtl task`");
        return USAGE;
    }
    page(&a.what)
}

/// The page of a code.
fn page(code: &str) -> i32 {
    let wanted = code.to_ascii_uppercase();
    match codes::find(&wanted) {
        Some(c) => {
            out(c.page);
            FINE
        }
        None => {
            let near = suggest::near(&wanted, codes::CODES.iter().map(|c| c.code));
            say(format!("error: there is no code `{code}`"));
            if let Some(q) = suggest::question(&near) {
                say(format!("  help: {q}"));
            }
            USAGE
        }
    }
}

fn explain(file: &Path, a: &ExplainArgs, look: Look) -> i32 {
    let mut c = match compile(file, &a.changes, look) {
        Ok(c) => c,
        Err(code) => return code,
    };
    let cache = Cache::of_user();
    let mut data = if a.no_data { driver::Data::default() } else { driver::load_cached(&mut c, cache.as_ref(), false) };
    let read = data.complete && !data.corpora.is_empty();
    let trainable = c.checked.as_ref().is_some_and(|c| c.unsupported().is_empty());
    let plan = if read && trainable { driver::plan(&mut c, &data) } else { None };
    if c.has_errors() {
        findings(&c.sources, &c.diagnostics, look);
        return ERRORS;
    }
    let Some(checked) = &c.checked else { return ERRORS };
    let planned = plan.map(|plan| (driver::examples(&plan, &mut data, cache.as_ref()), plan));
    let tables = read.then_some(&data.tables);
    let sizes = Sizes::new(checked, tables);
    let known = planned.as_ref().map(|(examples, plan)| Known { plan, corpora: &data.corpora, examples });
    let told = Told {
        file: &file.display().to_string(),
        checked,
        sizes,
        scene: &scene(&c.name, c.reader(), checked, &sizes, true),
        outline: &outline(&c.name, &c.program, checked, tables, known),
    };
    let Some(task) = &a.task else {
        out(prose::program(&told));
        return FINE;
    };
    let names = || checked.tasks().iter().map(|t| t.name.as_str());
    // the name of a family is its first member
    let found = names().position(|n| n == task).or_else(|| names().position(|n| family(n) == format!("{task}[*]")));
    match found {
        Some(i) => {
            out(prose::task(&told, i));
            FINE
        }
        None => {
            say(format!("error: no task is called `{task}`"));
            match suggest::question(&suggest::near(task, names())) {
                Some(q) => say(format!("  help: {q}")),
                None => say(format!("  help: tasks are {}", names().take(12).collect::<Vec<_>>().join(", "))),
            }
            USAGE
        }
    }
}
