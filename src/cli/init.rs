//! `mtlc init [TEMPLATE] [DIR]`
//!
//! The data are a share of those that ship with the examples: every fifth example is for development, every fifth for
//! testing, the others are for training.

use super::{FAILED, FINE, USAGE, out, say};
use crate::diagnostics::suggest;
use std::io::Write;
use std::path::{Path, PathBuf};

struct Template {
    name: &'static str,
    about: &'static str,
    spec: &'static str,
    data: &'static [Source],
}

/// A file of the examples, and where its parts go: `{split}` is `train`, `dev` or `test`.
struct Source {
    text: &'static str,
    layout: Layout,
    path: &'static str,
}

enum Layout {
    /// an example is a line
    Lines,
    /// the same, after a heading
    Table,
    /// an example ends at a blank line
    Blocks,
}

const fn source(text: &'static str, layout: Layout, path: &'static str) -> Source {
    Source { text, layout, path }
}

macro_rules! data {
    ($path:literal) => {
        include_str!(concat!("../../examples/data/", $path))
    };
}

const TEMPLATES: &[Template] = &[
    Template {
        name: "joint",
        about: "tagging and classification on one text: slots and intent of a request",
        spec: include_str!("init/joint.mtl"),
        data: &[
            source(data!("assistant/test/seq.in"), Layout::Lines, "data/assistant/{split}/seq.in"),
            source(data!("assistant/test/seq.out"), Layout::Lines, "data/assistant/{split}/seq.out"),
            source(data!("assistant/test/label"), Layout::Lines, "data/assistant/{split}/label"),
        ],
    },
    Template {
        name: "hierarchy",
        about: "parts of speech at a low layer, chunks above, which see them: two steps",
        spec: include_str!("init/hierarchy.mtl"),
        data: &[source(data!("treebank/test.txt"), Layout::Blocks, "data/treebank/{split}.txt")],
    },
    Template {
        name: "domains",
        about: "sentiment in four domains: a family of tasks, shared and private encoders, an adversary",
        spec: include_str!("init/domains.mtl"),
        data: &[
            source(data!("reviews/books.test.tsv"), Layout::Table, "data/reviews/books.{split}.tsv"),
            source(data!("reviews/kitchen.test.tsv"), Layout::Table, "data/reviews/kitchen.{split}.tsv"),
            source(data!("reviews/music.test.tsv"), Layout::Table, "data/reviews/music.{split}.tsv"),
            source(data!("reviews/travel.test.tsv"), Layout::Table, "data/reviews/travel.{split}.tsv"),
        ],
    },
    Template {
        name: "pairs",
        about: "pairs of sentences: relatedness, and entailment, which sees it: two steps",
        spec: include_str!("init/pairs.mtl"),
        data: &[source(data!("pairs/train.tsv"), Layout::Table, "data/pairs/{split}.tsv")],
    },
];

const SPLITS: [&str; 3] = ["train", "dev", "test"];

impl Source {
    /// The training, development and test part.
    fn split(&self) -> [String; 3] {
        let (head, body) = match self.layout {
            Layout::Table => self.text.split_once('\n').unwrap_or_default(),
            _ => ("", self.text),
        };
        let (between, last) = match self.layout {
            Layout::Blocks => ("\n\n", "\n"),
            _ => ("\n", ""),
        };
        let mut out = SPLITS.map(|_| if head.is_empty() { String::new() } else { format!("{head}\n") });
        for (i, example) in body.trim_end().split(between).enumerate() {
            let part = match i % 5 {
                3 => 1,
                4 => 2,
                _ => 0,
            };
            out[part] += &format!("{example}\n{last}");
        }
        out
    }
}

impl Template {
    /// Every file, by its path below the new folder.
    fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![(format!("{}.mtl", self.name), self.spec.to_string())];
        for s in self.data {
            files.extend(SPLITS.iter().zip(s.split()).map(|(split, text)| (s.path.replace("{split}", split), text)));
        }
        files
    }
}

pub(super) fn command(template: Option<&str>, folder: Option<&Path>, list: bool) -> i32 {
    if list {
        let width = TEMPLATES.iter().map(|t| t.name.len()).max().unwrap_or(0);
        for t in TEMPLATES {
            out(format!("{:width$}  {}", t.name, t.about));
        }
        return FINE;
    }
    let name = template.unwrap_or("joint");
    let Some(template) = TEMPLATES.iter().find(|t| t.name == name) else {
        say(format!("error: there is no template `{name}`"));
        let near = suggest::near(name, TEMPLATES.iter().map(|t| t.name));
        let names: Vec<String> = TEMPLATES.iter().map(|t| format!("`{}`", t.name)).collect();
        let all = format!("templates are {}; `mtlc init --list` says more", names.join(", "));
        say(format!("  help: {}", suggest::question(&near).unwrap_or(all)));
        return USAGE;
    };
    let folder = folder.map_or_else(|| PathBuf::from(name), Path::to_path_buf);
    let files = template.files();
    let there: Vec<String> = files
        .iter()
        .map(|(path, _)| folder.join(path))
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if let Some(first) = there.first() {
        let more = if there.len() > 1 { format!(" and {} more files", there.len() - 1) } else { String::new() };
        say(format!("error: {first}{more} would be overwritten; nothing was written"));
        say(format!("  help: name another folder: `mtlc init {name} FOLDER`"));
        return USAGE;
    }
    for (path, text) in &files {
        if let Err(e) = write(&folder.join(path), text) {
            say(format!("error: `{}` cannot be written: {e}", folder.join(path).display()));
            return FAILED;
        }
    }
    let here = folder == Path::new(".") || folder == Path::new("");
    let spec = &files[0].0;
    out(format!("wrote {} and {} data files: {}", folder.join(spec).display(), files.len() - 1, template.about));
    out("next:");
    if !here {
        out(format!("  cd {}", folder.display()));
    }
    out(format!("  mtlc check {spec}"));
    out(format!("  mtlc run {spec}"));
    FINE
}

/// Writes a file that does not exist yet.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}
