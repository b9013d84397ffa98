//! `mtlc check --watch`: checks again whenever the specs, the files that they use or their data change.
//!
//! Events of the file system only wake; whether anything changed is told by times and lengths, so that neither the
//! habits of editors nor a change in the midst of a check mislead.

use super::{CheckArgs, FINE, INTERRUPTED, Look, USAGE, check, is_stdin, options, say};
use crate::ast::{ItemKind, TextPart};
use crate::driver::{self, Disk};
use crate::hir::Options;
use crate::source::FileId;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

/// Changes that follow each other closer than this are one. So long after an event nobody looks, since a look at files may
/// itself be one.
const QUIET: Duration = Duration::from_millis(100);
/// Looks of its own, for file systems without events.
const PATIENCE: Duration = Duration::from_secs(2);
/// Files of a data set that are looked at.
const MOST: usize = 10_000;

pub(super) fn command(a: &CheckArgs, look: Look) -> i32 {
    if a.files.iter().any(|f| is_stdin(f)) {
        say("error: standard input cannot be watched");
        return USAGE;
    }
    let options = match options(&a.changes) {
        Ok(o) => o,
        Err(code) => return code,
    };
    let _ = ctrlc::set_handler(|| std::process::exit(INTERRUPTED));
    let (wake, woken) = channel();
    // without a watcher the looks of its own remain
    let mut watcher = notify::recommended_watcher(move |_| {
        let _ = wake.send(());
    })
    .ok();
    let mut folders = BTreeSet::new();
    loop {
        let roots = roots(&a.files, &options);
        watch(watcher.as_mut(), &roots, &mut folders);
        let before = state(&roots);
        clear();
        let asked = check::Asked { no_data: a.no_data, fix: false };
        let code = check::command(&a.files, asked, &a.changes, look);
        say(format!("{}; waiting for changes, Ctrl-C ends", if code == FINE { "fine" } else { "not fine yet" }));
        wait(&woken, &roots, before);
    }
}

/// Empties the screen, where there is one.
fn clear() {
    if std::io::stderr().is_terminal() {
        let mut e = anstream::stderr().lock();
        let _ = write!(e, "\x1b[2J\x1b[3J\x1b[H");
        let _ = e.flush();
    }
}

/// Until something is another than before, and then until nothing changes any more.
fn wait(woken: &Receiver<()>, roots: &BTreeSet<PathBuf>, before: State) {
    let mut now = state(roots);
    while now == before {
        let clock = std::time::Instant::now();
        if woken.recv_timeout(PATIENCE).is_err() {
            // a watcher that has gone answers at once
            std::thread::sleep(PATIENCE.saturating_sub(clock.elapsed()));
        } else {
            std::thread::sleep(QUIET);
            while woken.try_recv().is_ok() {}
        }
        now = state(roots);
    }
    loop {
        std::thread::sleep(QUIET);
        while woken.try_recv().is_ok() {}
        let next = state(roots);
        if next == now {
            return;
        }
        now = next;
    }
}

/// The specs, the files that they use, and what their data sets name: files, folders or beginnings of names.
fn roots(files: &[PathBuf], options: &Options) -> BTreeSet<PathBuf> {
    let mut out = BTreeSet::new();
    for file in files {
        out.insert(file.clone());
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let c = driver::compile(file, &text, &Disk, options);
        for source in c.sources.files() {
            let path = Path::new(&source.name);
            out.insert(path.to_path_buf());
            // a file that is used but not there yet
            for item in crate::syntax::parse(FileId(0), &source.text).file.items {
                let ItemKind::Use(text) = item.value else { continue };
                if let [TextPart::Plain(used)] = text.value.parts.as_slice() {
                    out.insert(path.parent().unwrap_or(Path::new("")).join(used));
                }
            }
        }
        let vocabs = c.checked.iter().flat_map(|c| c.vocabs()).filter_map(|v| v.vectors.clone());
        for path in c.program.data.iter().flat_map(named).chain(vocabs) {
            out.insert(c.base.join(&path));
            out.insert(PathBuf::from(path));
        }
    }
    out
}

fn named(data: &crate::columns::CorpusDecl) -> Vec<String> {
    let split = |s: &crate::columns::SplitSource| match s {
        crate::columns::SplitSource::File(path) => Some(path.clone()),
        crate::columns::SplitSource::Share(_) => None,
    };
    data.path.iter().cloned().chain(data.splits.values().filter_map(split)).collect()
}

/// Watches the folders in which the roots are, or will be.
fn watch(watcher: Option<&mut RecommendedWatcher>, roots: &BTreeSet<PathBuf>, known: &mut BTreeSet<PathBuf>) {
    let Some(watcher) = watcher else { return };
    for root in roots {
        let parent = root.ancestors().skip(1).map(here).find(|p| p.is_dir());
        for (folder, mode) in parent
            .map(|p| (p, RecursiveMode::NonRecursive))
            .into_iter()
            .chain(root.is_dir().then(|| (root.clone(), RecursiveMode::Recursive)))
        {
            if known.insert(folder.clone()) {
                let _ = watcher.watch(&folder, mode);
            }
        }
    }
}

fn here(path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_path_buf() }
}

type State = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Time and length of every file of the roots.
fn state(roots: &BTreeSet<PathBuf>) -> State {
    let mut out = State::new();
    for root in roots {
        if root.exists() {
            add(root, 3, &mut out);
            continue;
        }
        // `data/reviews/books` stands for `books.train.tsv` and its like
        let (Some(parent), Some(stem)) = (root.parent().map(here), root.file_name()) else { continue };
        let stem = stem.to_string_lossy();
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&*stem) {
                add(&entry.path(), 1, &mut out);
            }
        }
    }
    out
}

fn add(path: &Path, depth: usize, out: &mut State) {
    let Ok(meta) = path.metadata() else { return };
    if !meta.is_dir() {
        out.insert(path.to_path_buf(), (meta.modified().ok(), meta.len()));
        return;
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if depth > 0 && out.len() < MOST {
            add(&entry.path(), depth - 1, out);
        }
    }
}
