//! From the path of a `data` declaration to the files of each split.

use crate::columns::reader::{Layout, Reader};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource, FieldType, SplitName, SplitSource};
use crate::diagnostics::{Diagnostic, suggest};
use crate::kinds::readers::READERS;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files of each split: one, or one for each field in their order; an empty path for a gold that test lacks.
pub type Parts = BTreeMap<SplitName, Vec<PathBuf>>;

/// A file with the part of its name that tells splits and fields apart.
type Named = (String, PathBuf);

/// What a path of the declaration stands for.
enum Target {
    File(PathBuf),
    Folder(PathBuf),
    /// files whose name starts with the last part of the path, or fits its `*`; names without the prefix
    Several(PathBuf, Vec<Named>),
}

const SPLITS: [SplitName; 3] = [SplitName::Train, SplitName::Dev, SplitName::Test];

/// Finds the files of every split.
pub fn locate(decl: &CorpusDecl, reader: &Reader, base: &Path) -> Result<Parts, Vec<Diagnostic>> {
    let mut finder = Finder { decl, reader, base, faults: vec![] };
    let mut parts = Parts::new();
    let folder = decl.path.as_ref().and_then(|path| {
        let target = finder.resolve(path, None)?;
        parts = finder.splits(path, &target);
        Some(match target {
            Target::Folder(dir) | Target::Several(dir, _) => dir,
            Target::File(file) => file.parent().map(Path::to_path_buf).unwrap_or_default(),
        })
    });
    for (&split, source) in &decl.splits {
        match source {
            SplitSource::File(path) => {
                if let Some(files) =
                    finder.resolve(path, folder.as_deref()).and_then(|t| finder.one_split(path, t, split))
                {
                    parts.insert(split, files);
                }
            }
            SplitSource::Share(_) => {
                parts.remove(&split);
            }
        }
    }
    if finder.faults.is_empty() { Ok(parts) } else { Err(finder.faults) }
}

struct Finder<'a> {
    decl: &'a CorpusDecl,
    reader: &'a Reader,
    base: &'a Path,
    faults: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn fault(&mut self, code: &'static str, message: String, help: Option<String>) {
        let mut fault = Diagnostic::new(code, message).at(self.decl.reader_span, "");
        fault.help = help;
        // every split of a folder would say the same
        if code != "E0602"
            || fault.help.is_none()
            || !self.faults.iter().any(|f| f.code == code && f.help == fault.help)
        {
            self.faults.push(fault);
        }
    }

    /// What stands at a path: beside the `.mtl` file, in the current folder, or in the corpus's own folder.
    fn resolve(&mut self, path: &str, folder: Option<&Path>) -> Option<Target> {
        let mut tries = vec![join(self.base, path), PathBuf::from(path)];
        tries.extend(folder.map(|f| f.join(path)));
        if let Some(target) = tries.iter().find_map(|p| target(p)) {
            return Some(target);
        }
        let first = &tries[0];
        let mut help = vec![];
        // the deepest folder on the way that exists, and what it holds
        let known = first.ancestors().skip(1).find(|a| a.as_os_str().is_empty() || a.is_dir());
        if let Some(known) = known {
            let here = if known.as_os_str().is_empty() { Path::new(".") } else { known };
            let below = first.strip_prefix(known).unwrap_or(first);
            let wrong =
                below.components().next().map(|c| c.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
            let mut names: Vec<String> = entries(here).into_iter().map(|(name, _)| name).collect();
            names.retain(|n| !n.ends_with(".mtl"));
            let near = suggest::near(&wrong, names.iter().map(String::as_str));
            let whole: Vec<String> = near.iter().map(|n| path.replacen(&wrong, n, 1)).collect();
            let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
            help.extend(suggest::question(&whole));
            help.push(match names.as_slice() {
                [] => "a path begins at the folder of the spec, or at the current one".into(),
                _ => format!("`{}` holds {}", here.display(), listing(&names)),
            });
        }
        let shown = first.display().to_string();
        let message = match shown == path {
            true => format!("there is no file or folder `{path}`"),
            false => format!("there is no file or folder `{path}`: neither `{shown}` nor in the current folder"),
        };
        self.fault("E0601", message, (!help.is_empty()).then(|| help.join(" ")));
        None
    }

    /// The files of one named split.
    fn one_split(&mut self, path: &str, target: Target, split: SplitName) -> Option<Vec<PathBuf>> {
        let group = match target {
            Target::File(file) if self.reader.layout == Layout::OneFile => return Some(vec![file]),
            Target::File(file) => vec![(name_of(&file), file)],
            Target::Folder(dir) => files_of(&dir),
            Target::Several(_, files) => files,
        };
        match self.reader.layout {
            Layout::FilePerField => self.assign(path, &group, split),
            Layout::OneFile => self.single(path, group).map(|file| vec![file]),
        }
    }

    /// The one data file of a group.
    fn single(&mut self, path: &str, group: Vec<Named>) -> Option<PathBuf> {
        let names: Vec<String> = group.iter().map(|(_, p)| name_of(p)).collect();
        let mut files = self.preferred(group);
        if files.len() == 1 {
            return files.pop().map(|(_, p)| p);
        }
        let help = match self.as_parallel(path, &files) {
            Some(code) => format!("each file seems to hold one field: `{code}`"),
            None => format!(
                "name the one: `{}(train = \"{path}/{}\")`",
                self.reader.name,
                names.first().map_or("FILE", |n| n)
            ),
        };
        let help = (!names.is_empty()).then_some(help);
        let message = format!("`{path}` should hold one data file, but holds {}", listing(&names));
        self.fault("E0602", message, help);
        None
    }

    /// The declaration for the reader `parallel`, if its fields can be told from the names of these files.
    fn as_parallel(&self, path: &str, group: &[Named]) -> Option<String> {
        let parallel = READERS.iter().find(|r| r.layout == Layout::FilePerField)?;
        let mut finder = Finder { decl: self.decl, reader: parallel, base: self.base, faults: vec![] };
        let files = finder.assign(path, group, SplitName::Train)?;
        let field = |(f, p): (&FieldDecl, &PathBuf)| {
            format!("{}: {} = \"{}\"", f.name, crate::columns::type_word(&f.ty), name_of(p))
        };
        let fields: Vec<String> = self.decl.fields.iter().zip(&files).map(field).collect();
        Some(format!("parallel(\"{}\") {{ {} }}", self.decl.path.as_deref()?, fields.join("; ")))
    }

    /// Keeps the files with the reader's usual ending, if that leaves any.
    fn preferred(&self, files: Vec<Named>) -> Vec<Named> {
        for wanted in self.reader.extensions {
            let fits = |(_, p): &&Named| p.extension().is_some_and(|e| e.eq_ignore_ascii_case(wanted));
            let kept: Vec<Named> = files.iter().filter(fits).cloned().collect();
            if !kept.is_empty() {
                return kept;
            }
        }
        files
    }

    /// The splits of a folder, a prefix or a single file (which is all training).
    fn splits(&mut self, path: &str, target: &Target) -> Parts {
        let files = match target {
            Target::File(file) if self.reader.layout == Layout::OneFile => {
                return Parts::from([(SplitName::Train, vec![file.clone()])]);
            }
            Target::File(file) => vec![(name_of(file), file.clone())],
            Target::Folder(dir) => files_of(dir),
            Target::Several(_, files) => files.clone(),
        };
        let given = |s: &SplitName| self.decl.splits.contains_key(s);
        let open: Vec<SplitName> = SPLITS.into_iter().filter(|s| !given(s)).collect();
        let mut groups = by_split(&files);
        let folders = match target {
            Target::Folder(dir) if groups.is_empty() => by_split(&folders_of(dir)),
            _ => BTreeMap::new(),
        };
        let mut parts = Parts::new();
        if !folders.is_empty() {
            for split in &open {
                let Some(dirs) = folders.get(split) else { continue };
                if let [(name, dir)] = &dirs[..] {
                    let files = files_of(dir);
                    let shown = format!("{path}/{name}");
                    let found = match self.reader.layout {
                        Layout::FilePerField => self.assign(&shown, &files, *split),
                        Layout::OneFile => self.single(&shown, files).map(|f| vec![f]),
                    };
                    parts.extend(found.map(|f| (*split, f)));
                } else {
                    self.ambiguous(path, *split, dirs);
                }
            }
        } else if self.reader.layout == Layout::FilePerField {
            if groups.is_empty() && !given(&SplitName::Train) {
                groups.insert(SplitName::Train, files.clone());
            }
            for split in &open {
                let Some(group) = groups.get(split) else { continue };
                parts.extend(self.assign(path, group, *split).map(|f| (*split, f)));
            }
        } else {
            let alone = self.preferred(files.clone());
            if groups.is_empty() && alone.len() == 1 && !given(&SplitName::Train) {
                groups.insert(SplitName::Train, alone);
            }
            for split in &open {
                let Some(group) = groups.remove(split) else { continue };
                match &self.preferred(group)[..] {
                    [(_, file)] => {
                        parts.insert(*split, vec![file.clone()]);
                    }
                    several => self.ambiguous(path, *split, several),
                }
            }
        }
        if self.faults.is_empty() && open.contains(&SplitName::Train) && !parts.contains_key(&SplitName::Train) {
            let all = match target {
                Target::Folder(dir) => entries(dir).into_iter().map(|(n, _)| n).collect(),
                _ => files.iter().map(|(_, p)| name_of(p)).collect::<Vec<_>>(),
            };
            let example = all.iter().find(|n| split_of(n).is_none()).or(all.first());
            let help = example.map(|n| {
                format!("say which file is for training: `{}(\"{path}\", train = \"{n}\")`", self.reader.name)
            });
            self.fault("E0602", format!("`{path}` has no training file: it holds {}", listing(&all)), help);
        }
        parts
    }

    fn ambiguous(&mut self, path: &str, split: SplitName, several: &[Named]) {
        let names: Vec<String> = several.iter().map(|(_, p)| name_of(p)).collect();
        let word = split_word(split);
        let message = format!("`{path}` has more than one candidate for {word}: {}", listing(&names));
        let first = names.first().map_or("", String::as_str);
        let help = format!("name the one: `{}(\"{path}\", {word} = \"{first}\")`", self.reader.name);
        self.fault("E0602", message, Some(help));
    }

    /// Gives every field its file of a group.
    fn assign(&mut self, path: &str, group: &[Named], split: SplitName) -> Option<Vec<PathBuf>> {
        let fields = &self.decl.fields;
        let names: Vec<String> = group.iter().map(|(_, p)| name_of(p)).collect();
        let mut taken: Vec<Option<usize>> = vec![None; fields.len()];
        let mut faults = vec![];
        // test may be without gold
        let optional = |f: &FieldDecl| split == SplitName::Test && !f.ty.is_text();
        let mut lacks = vec![false; fields.len()];
        for (i, field) in fields.iter().enumerate() {
            let Some(FieldSource::Name(source)) = &field.source else { continue };
            match &best(group, source, &[])[..] {
                [one] => taken[i] = Some(*one),
                [] if optional(field) && suggest::near(source, names.iter().map(String::as_str)).is_empty() => {
                    lacks[i] = true;
                }
                [] => {
                    let near = suggest::near(source, names.iter().map(String::as_str));
                    let help = suggest::question(&near).unwrap_or_else(|| format!("there are {}", listing(&names)));
                    let message = format!("no file of `{path}` fits `{}` = \"{source}\"", field.name);
                    faults.push(Diagnostic::new("E0605", message).at(field.span, "").help(help));
                }
                several => {
                    let fit: Vec<String> = several.iter().map(|&s| names[s].clone()).collect();
                    let message = format!("\"{source}\" fits several files of `{path}`: {}", listing(&fit));
                    let help = format!("write more of the name: `{} = \"{}\"`", field.name, fit[0]);
                    faults.push(Diagnostic::new("E0605", message).at(field.span, "").help(help));
                }
            }
        }
        // fields without a source: by their own name, then by the usual names for their type, then what is left
        for usual in [false, true] {
            for (i, field) in fields.iter().enumerate().filter(|(_, f)| f.source.is_none()) {
                let used: Vec<usize> = taken.iter().flatten().copied().collect();
                let wanted: Vec<&str> = if usual { usual_names(field).to_vec() } else { vec![field.name.as_str()] };
                if taken[i].is_none() {
                    taken[i] = wanted.iter().find_map(|w| match &best(group, w, &used)[..] {
                        [one] => Some(*one),
                        _ => None,
                    });
                }
            }
        }
        let open: Vec<usize> =
            (0..fields.len()).filter(|&i| fields[i].source.is_none() && taken[i].is_none()).collect();
        let left: Vec<usize> = (0..group.len()).filter(|i| !taken.contains(&Some(*i))).collect();
        if let ([field], [file]) = (&open[..], &left[..]) {
            taken[*field] = Some(*file);
        } else {
            for i in open {
                let field = &fields[i];
                if optional(field) && left.is_empty() {
                    lacks[i] = true;
                    continue;
                }
                let message =
                    format!("no file of `{path}` can be told to hold `{}`: there are {}", field.name, listing(&names));
                let file = left.first().or(Some(&0)).and_then(|&l| names.get(l)).map_or("FILE", String::as_str);
                let help = format!("name it: `{}: {} = \"{file}\"`", field.name, crate::columns::type_word(&field.ty));
                faults.push(Diagnostic::new("E0605", message).at(field.span, "").help(help));
            }
        }
        let sound = faults.is_empty();
        for fault in faults {
            // every split would say the same of a field
            if !self.faults.iter().any(|f| f.code == fault.code && f.primary == fault.primary && f.help == fault.help) {
                self.faults.push(fault);
            }
        }
        let file = |(at, lacks): (Option<usize>, bool)| match at {
            Some(i) => Some(group[i].1.clone()),
            None => lacks.then(PathBuf::new),
        };
        sound.then(|| taken.into_iter().zip(lacks).filter_map(file).collect())
    }
}

/// Names that files have by convention.
fn usual_names(field: &FieldDecl) -> &'static [&'static str] {
    match field.ty {
        FieldType::Text | FieldType::Tokens => {
            &["seq.in", "text", "tokens", "words", "src", "source", "input", "sentences"]
        }
        FieldType::Tags { .. } => &["seq.out", "tags", "slots", "bio", "ner", "labels", "label"],
        FieldType::Label => &["label", "labels", "intent", "class", "sim"],
        FieldType::Labels { .. } => &["labels", "label", "intents"],
        FieldType::Real => &["score", "scores", "sim", "label", "labels"],
        FieldType::Id => &["id", "ids"],
        _ => &[],
    }
}

/// The files that fit a field's source best.
fn best(group: &[Named], wanted: &str, used: &[usize]) -> Vec<usize> {
    let scores: Vec<u8> =
        group.iter().enumerate().map(|(i, (name, _))| if used.contains(&i) { 0 } else { fit(name, wanted) }).collect();
    let top = scores.iter().copied().max().unwrap_or(0);
    (0..group.len()).filter(|&i| top > 0 && scores[i] == top).collect()
}

/// How well a file name fits: whole name, name without ending, ending, a part between dots, a word.
fn fit(name: &str, wanted: &str) -> u8 {
    let (name, wanted) = (name.to_lowercase(), wanted.to_lowercase());
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(s, _)| s);
    let part = |sep: &[char]| name.split(sep).any(|p| p == wanted);
    match () {
        () if name == wanted => 5,
        () if stem == wanted => 4,
        () if name.ends_with(&format!(".{wanted}")) => 3,
        () if part(&['.']) => 2,
        () if part(&['.', '_', '-', ' ']) => 1,
        () => 0,
    }
}

/// The word for a split in the language.
pub fn split_word(split: SplitName) -> &'static str {
    match split {
        SplitName::Train => "train",
        SplitName::Dev => "dev",
        SplitName::Test => "test",
    }
}

const WORDS: &[(SplitName, &[&str])] = &[
    (SplitName::Train, &["train", "training", "trainset"]),
    (SplitName::Dev, &["dev", "valid", "validation", "val", "devel", "trial", "development", "devset", "validset"]),
    (SplitName::Test, &["test", "testing", "testset"]),
];

/// The split that a file name speaks of, and whether a whole word of it does (2) or only an end of one (1).
fn split_of(name: &str) -> Option<(SplitName, u8)> {
    // words end at punctuation, at digits and where small letters turn into capitals
    let mut words = vec![String::new()];
    let mut last = ' ';
    for c in name.chars() {
        let edge = !c.is_alphabetic() || !last.is_alphabetic() || (last.is_lowercase() && c.is_uppercase());
        if edge {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
        last = c;
    }
    let whole = |w: &String| WORDS.iter().find(|(_, all)| all.contains(&w.as_str())).map(|(s, _)| (*s, 2));
    let end = |w: &String| {
        let ends = |(s, all): &(SplitName, &[&str])| {
            (w.starts_with(all[0]) || w.ends_with(all[0]) || all.get(1).is_some_and(|b| w.ends_with(b)))
                .then_some((*s, 1))
        };
        WORDS.iter().find_map(ends)
    };
    words.iter().find_map(whole).or_else(|| words.iter().find_map(end))
}

/// Files by split; where whole words tell, ends of words do not count.
fn by_split(files: &[Named]) -> BTreeMap<SplitName, Vec<Named>> {
    let told: Vec<(SplitName, u8, &Named)> =
        files.iter().filter_map(|f| split_of(&f.0).map(|(s, strength)| (s, strength, f))).collect();
    let mut groups: BTreeMap<SplitName, Vec<Named>> = BTreeMap::new();
    for (split, strength, file) in &told {
        if told.iter().all(|(s, other, _)| s != split || other <= strength) {
            groups.entry(*split).or_default().push((*file).clone());
        }
    }
    groups
}

fn join(base: &Path, path: &str) -> PathBuf {
    if base.as_os_str().is_empty() || base == Path::new(".") { PathBuf::from(path) } else { base.join(path) }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn target(path: &Path) -> Option<Target> {
    if path.is_file() {
        return Some(Target::File(path.to_path_buf()));
    }
    if path.is_dir() {
        return Some(Target::Folder(path.to_path_buf()));
    }
    let (dir, stem) = (path.parent()?, name_of(path));
    let here = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let files = || {
        files_of(here)
            .into_iter()
            .map(|(name, p)| (name, if here == dir { p } else { p.components().skip(1).collect() }))
    };
    if stem.is_empty() {
        return None;
    }
    if stem.contains('*') {
        let found: Vec<Named> = files().filter(|(name, _)| wild(&stem, name)).collect();
        return (!found.is_empty()).then(|| Target::Several(dir.to_path_buf(), found));
    }
    // `books` means `books.train`, not `booksellers.train`, where both are there
    let found: Vec<Named> = files().filter_map(|(name, p)| Some((name.strip_prefix(&stem)?.to_owned(), p))).collect();
    let cut = |(rest, _): &&Named| rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
    let exact: Vec<Named> = found.iter().filter(cut).cloned().collect();
    let found = if exact.is_empty() { found } else { exact };
    (!found.is_empty()).then(|| Target::Several(dir.to_path_buf(), found))
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn wild(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (i, part) in parts.iter().enumerate() {
        if i + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// What a folder holds, without hidden files, read-me files and licences; sorted.
fn entries(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut all: Vec<(String, PathBuf)> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| (e.file_name().to_string_lossy().into_owned(), e.path()))
        .filter(|(name, _)| {
            let low = name.to_lowercase();
            let words = ["readme", "license", "licence", "copying"];
            !low.starts_with('.')
                && !low.ends_with(".md")
                && !low.ends_with('~')
                && !words.iter().any(|w| low.contains(w))
        })
        .collect();
    all.sort();
    all
}

/// The files of a folder that may hold data: a spec never does.
fn files_of(dir: &Path) -> Vec<Named> {
    let data = |(name, p): &Named| p.is_file() && !name.ends_with(".mtl");
    entries(dir).into_iter().filter(data).collect()
}

fn folders_of(dir: &Path) -> Vec<Named> {
    entries(dir).into_iter().filter(|(_, p)| p.is_dir()).collect()
}

/// At most eight names for a message.
fn listing(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".into();
    }
    let shown: Vec<String> = names.iter().take(8).map(|n| format!("`{n}`")).collect();
    let more = names.len().saturating_sub(8);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_read_off_names() {
        let of = |n: &str| split_of(n).map(|(s, _)| s);
        for name in ["train.txt", "SICK_train.txt", "msr-para-train.tsv", "wnut17train.conll", "trainData.csv", "TRAIN"]
        {
            assert_eq!(of(name), Some(SplitName::Train), "{name}");
        }
        for name in
            ["valid", "SICK_trial.txt", "devel.tsv", "emerging.dev.conll", "devset.csv", "val_text.txt", "x-dev.tsv"]
        {
            assert_eq!(of(name), Some(SplitName::Dev), "{name}");
        }
        for name in ["test_2016_flickr.lc", "SICK_test_annotated.txt", "emerging.test.annotated", "testset_w_refs.csv"]
        {
            assert_eq!(of(name), Some(SplitName::Test), "{name}");
        }
        for name in ["labels.txt", "mapping.txt", "value.txt", "seq.in"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn patterns() {
        assert!(wild("*-dev.txt", "src-dev.txt") && wild("a*c*e", "abcde") && wild("a*", "a"));
        assert!(!wild("*-dev.txt", "src-test.txt") && !wild("a*c", "abd"));
    }
}
