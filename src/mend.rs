//! Safe fixes applied to a spec and to the files that it uses, again and again until none is left.

use crate::diagnostics::Fix;
use crate::driver::Compilation;
use crate::hir::World;
use crate::source::FileId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A fix that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// of the finding
    pub code: &'static str,
    /// the file, as findings call it
    pub file: String,
    /// 1-based, at the time of the fix
    pub line: usize,
    /// 1-based, in characters
    pub column: usize,
    /// what stood there
    pub old: String,
    /// what stands there now
    pub new: String,
}

/// What mending gave.
#[derive(Debug, Default)]
pub struct Mended {
    /// findings of the mended text
    pub compilation: Compilation,
    /// files that changed, with their new texts
    pub files: BTreeMap<PathBuf, String>,
    /// in order
    pub applied: Vec<Applied>,
}

/// Rounds after which something goes in circles.
const MOST_ROUNDS: usize = 50;

/// Mended texts in front of the world.
struct Layered<'w> {
    world: &'w dyn World,
    texts: BTreeMap<PathBuf, String>,
}

impl World for Layered<'_> {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone()),
            None => self.world.read(path),
        }
    }
}

/// Compiles with `compile` and applies safe fixes until none applies. `compile` takes the text of the spec and the
/// world from which used files are read.
pub fn mend(path: &Path, text: &str, world: &dyn World, compile: &dyn Fn(&str, &dyn World) -> Compilation) -> Mended {
    let mut layered = Layered { world, texts: BTreeMap::new() };
    let mut out = Mended { compilation: compile(text, world), ..Mended::default() };
    let mut seen = BTreeSet::from([text.to_string()]);
    for _ in 0..MOST_ROUNDS {
        let now = layered.texts.get(path).map_or(text, String::as_str).to_string();
        let done = round(&out.compilation, path, &now, &mut layered.texts);
        let key = layered.texts.values().cloned().collect::<Vec<_>>().join("\u{0}");
        // a fix that undoes another would go on for ever
        if done.is_empty() || !seen.insert(key) {
            break;
        }
        out.applied.extend(done);
        let now = layered.texts.get(path).map_or(text, String::as_str).to_string();
        out.compilation = compile(&now, &layered);
    }
    out.files = layered.texts;
    out
}

/// Applies every safe fix of one compilation to its file.
fn round(c: &Compilation, path: &Path, text: &str, texts: &mut BTreeMap<PathBuf, String>) -> Vec<Applied> {
    let mut applied = vec![];
    for (id, source) in c.sources.files().iter().enumerate() {
        let safe = c.diagnostics.iter().filter_map(|d| Some((d.code, d.fix.as_ref().filter(|f| f.safe)?)));
        let (new, done) = apply(&source.text, FileId(id as u32), safe);
        if done.is_empty() {
            continue;
        }
        applied.extend(done.into_iter().map(|(code, f)| {
            let (line, column) = c.sources.line_col(f.span);
            let old = c.sources.slice(f.span).to_string();
            Applied { code, file: source.name.clone(), line, column, old, new: f.replacement.clone() }
        }));
        let to = if id == 0 { path.to_path_buf() } else { PathBuf::from(&source.name) };
        debug_assert!(id != 0 || *source.text == *text);
        texts.insert(to, new);
    }
    applied
}

/// Applies fixes to the text of one file, from its beginning, and of those that overlap the first. What was done, each
/// place by itself.
pub fn apply<'f>(
    text: &str,
    file: FileId,
    fixes: impl IntoIterator<Item = (&'static str, &'f Fix)>,
) -> (String, Vec<(&'static str, Fix)>) {
    let places = |(code, f): (&'static str, &'f Fix)| f.places().map(move |s| (code, s, f));
    let mut sorted: Vec<_> = fixes.into_iter().flat_map(places).filter(|(_, s, _)| s.file == file).collect();
    sorted.sort_by_key(|(_, s, _)| (s.start, s.end));
    let (mut out, mut done): (_, Vec<(&str, Fix)>) = (String::with_capacity(text.len()), vec![]);
    let mut at = 0;
    for (code, span, f) in sorted {
        let (start, end) = (span.start as usize, span.end as usize);
        let same_place = done.last().is_some_and(|(_, l)| l.span == span);
        let Some(before) = text.get(at..start).filter(|_| !same_place && text.get(start..end).is_some()) else {
            continue;
        };
        if text[start..end] == f.replacement {
            continue;
        }
        out.push_str(before);
        out.push_str(&f.replacement);
        at = end;
        done.push((code, Fix { span, also: vec![], ..f.clone() }));
    }
    out.push_str(&text[at..]);
    (out, done)
}

#[cfg(test)]
mod tests {
    #![allow(missing_docs)]

    use super::*;
    use crate::driver;
    use crate::hir::Options;
    use std::io::{Error, ErrorKind};

    struct Files(BTreeMap<PathBuf, String>);

    impl World for Files {
        fn read(&self, path: &Path) -> std::io::Result<String> {
            self.0.get(path).cloned().ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such file"))
        }
    }

    fn mended(text: &str, used: &[(&str, &str)]) -> Mended {
        let files = Files(used.iter().map(|(n, t)| (PathBuf::from(n), t.to_string())).collect());
        let path = Path::new("spec.mtl");
        mend(path, text, &files, &|text, world| driver::compile(path, text, world, &Options::default()))
    }

    const DATA: &str = "data d = tsv(\"d\") { x: tokens; y: label }\n";

    #[test]
    fn all_fixes_of_a_file_apply_and_later_ones_after_them() {
        // the misspelt head hides the misspelt metric, which a second round finds
        let text = format!(
            "{DATA}encoder enc: embed(8)\ntask t : clasify of d.yy from encc |> max {{ metric acuracy }}\ntrain {{ epohcs 3 }}\n"
        );
        let m = mended(&text, &[]);
        let want = format!(
            "{DATA}encoder enc= embed(8)\ntask t : classify of d.y from enc |> max {{ metric accuracy }}\ntrain {{ epochs 3 }}\n"
        );
        assert_eq!(m.files[Path::new("spec.mtl")], want);
        assert_eq!(m.applied.len(), 6, "{:?}", m.applied);
    }

    #[test]
    fn a_name_misspelt_at_a_hundred_places_is_mended_at_once() {
        let mut text = format!("{DATA}encoder shared = embed(8)\n");
        for t in 0..100 {
            text.push_str(&format!("task t{t} : classify of d.y from shard |> max\n"));
        }
        text.push_str("train { objective t0.accuracy }\n");
        let m = mended(&text, &[]);
        assert_eq!(m.files[Path::new("spec.mtl")], text.replace("shard", "shared"));
        assert_eq!((m.applied.len(), m.applied[99].line), (100, 102));
        assert!(m.compilation.diagnostics.is_empty(), "{:?}", m.compilation.diagnostics);
        // in one round
        let c = driver::compile(Path::new("spec.mtl"), &text, &Files(BTreeMap::new()), &Options::default());
        let [d] = c.diagnostics.as_slice() else { panic!("{:?}", c.diagnostics) };
        assert_eq!(d.fix.as_ref().map(|f| f.places().count()), Some(100));
    }

    #[test]
    fn used_files_are_mended_too() {
        let text = format!("use \"common.mtl\"\n{DATA}task t : classify of d.y from enc |> max\n");
        let m = mended(&text, &[("common.mtl", "encoder enc = embed(8) |> bilstmm(8)\n")]);
        assert_eq!(m.files.keys().collect::<Vec<_>>(), [Path::new("common.mtl")]);
        assert_eq!(m.files[Path::new("common.mtl")], "encoder enc = embed(8) |> bilstm(8)\n");
        assert!(!m.compilation.has_errors());
        assert_eq!((m.applied[0].line, m.applied[0].old.as_str()), (1, "bilstmm"));
    }

    #[test]
    fn nothing_to_mend_changes_nothing() {
        let text = format!("{DATA}task t : classify of d.y from embed(8) |> max\r\n");
        let m = mended(&text, &[]);
        assert!(m.files.is_empty() && m.applied.is_empty());
    }
}
