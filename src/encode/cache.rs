//! Indexed data kept from one run to the next.
//!
//! An entry is found by the hash of all that it was made from: the bytes of every data file, the declarations, the specs of
//! vocabularies, label sets and tasks, the format and the build of the program. So an entry is never out of date; a changed
//! file is another entry. Entries are checked by a hash of their content, and whatever is not as it should be is ignored
//! and written anew.
//!
//! What was found in the data is kept with them, and said again each time: a finding names its places by the parts of the
//! declarations, which may have moved within the spec.

use super::{Examples, Tables};
use crate::columns::{Column, Corpus, CorpusDecl, Split, SplitName};
use crate::data::files;
use crate::diagnostics::{DataPlace, Diagnostic, Fix, Label, codes};
use crate::kinds::readers;
use crate::plan::{LabelSpec, Task, VocabSpec};
use crate::source::Span;
use crate::util::regular;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Changes with the form of the entries.
const FORMAT: u32 = 3;
/// Begins an entry.
const MAGIC: &[u8; 8] = b"mtlcdata";
/// Smaller data are read as fast as an entry.
const WORTH: u64 = 100_000;
/// So many bytes of entries are kept; those used longest ago go first.
const MOST: u64 = 1 << 30;

/// Begins the name of an entry that is being written.
const UNFINISHED: &str = ".tmp";
/// Nobody writes an entry for longer.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// A folder of entries.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    most: u64,
}

/// What an entry was made from.
pub type Key = [u8; 32];

/// What the data of a program are made from.
#[derive(Clone, Debug)]
pub struct Source {
    /// of all of it
    pub key: Key,
    /// of all files together
    pub bytes: u64,
    /// the files, as findings name them
    files: Vec<String>,
    /// the places of the declarations in the spec
    places: Vec<Span>,
}

/// What an entry holds. Of texts the corpora know only the lengths, of other fields than numbers nothing: all else is in
/// the examples.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// vocabularies and label sets
    pub tables: Tables,
    /// by corpus
    pub examples: Examples,
    corpora: Vec<Known>,
    /// the files that findings name
    files: Vec<String>,
    findings: Vec<Finding>,
}

/// An [`Entry`] to be written: the same parts in the same order.
#[derive(Serialize)]
struct Lent<'a> {
    tables: &'a Tables,
    examples: &'a Examples,
    corpora: Vec<Known>,
    files: &'a [String],
    findings: Vec<Finding>,
}

/// The files of a corpus, and the length and columns of each split.
type Known = (Vec<String>, [(usize, Vec<Sketch>); 3]);

#[derive(Debug, Serialize, Deserialize)]
enum Sketch {
    Lengths(Vec<u32>),
    Real(Vec<Option<f64>>),
    Nothing,
}

fn sketched(c: &Corpus) -> Known {
    let sketch = |c: &Column| match c {
        Column::Tokens(v) => Sketch::Lengths(v.iter().map(|t| t.len() as u32).collect()),
        Column::Lengths(v) => Sketch::Lengths(v.clone()),
        Column::Real(v) => Sketch::Real(v.clone()),
        _ => Sketch::Nothing,
    };
    let split = |s: &Split| (s.len, s.columns.iter().map(sketch).collect());
    (c.files.clone(), [split(&c.train), split(&c.dev), split(&c.test)])
}

/// A [`Diagnostic`] whose places are numbers of [`Source::places`].
#[derive(Debug, Serialize, Deserialize)]
struct Finding {
    code: String,
    message: String,
    primary: Option<(usize, String)>,
    secondary: Vec<(usize, String)>,
    data: Vec<DataPlace>,
    help: Option<String>,
    fix: Option<(usize, String, bool)>,
}

impl Finding {
    /// `None`: one of its places is no part of a declaration.
    fn new(d: &Diagnostic, places: &[Span]) -> Option<Self> {
        let place = |s: Span| places.iter().position(|p| *p == s);
        let label = |l: &Label| Some((place(l.span)?, l.text.clone()));
        Some(Self {
            code: d.code.into(),
            message: d.message.clone(),
            primary: match &d.primary {
                Some(l) => Some(label(l)?),
                None => None,
            },
            secondary: d.secondary.iter().map(label).collect::<Option<_>>()?,
            data: d.data.clone(),
            help: d.help.clone(),
            fix: match &d.fix {
                Some(f) => Some((place(f.span)?, f.replacement.clone(), f.safe)),
                None => None,
            },
        })
    }

    fn told(&self, places: &[Span]) -> Option<Diagnostic> {
        let place = |i: usize| places.get(i).copied();
        let label = |(i, text): &(usize, String)| Some(Label { span: place(*i)?, text: text.clone() });
        let mut d = Diagnostic::new(codes::find(&self.code)?.code, self.message.clone());
        if let Some(l) = &self.primary {
            d.primary = Some(label(l)?);
        }
        d.secondary = self.secondary.iter().map(label).collect::<Option<_>>()?;
        d.data.clone_from(&self.data);
        d.help.clone_from(&self.help);
        if let Some((i, replacement, safe)) = &self.fix {
            d.fix = Some(Fix { span: place(*i)?, replacement: replacement.clone(), safe: *safe, also: vec![] });
        }
        Some(d)
    }
}

impl Entry {
    /// What was found in the data, with its places in the spec as it is now; `None`: the files have other names than the
    /// findings tell.
    pub fn findings(&self, source: &Source) -> Option<Vec<Diagnostic>> {
        if !self.findings.is_empty() && self.files != source.files {
            return None;
        }
        self.findings.iter().map(|f| f.told(&source.places)).collect()
    }

    /// The corpora, as far as they are known.
    pub fn corpora(&mut self, decls: &[CorpusDecl]) -> Vec<Corpus> {
        let split = |(len, columns): (usize, Vec<Sketch>)| {
            let column = |s: Sketch| match s {
                Sketch::Lengths(v) => Column::Lengths(v),
                Sketch::Real(v) => Column::Real(v),
                Sketch::Nothing => Column::Json(vec![None; len]),
            };
            Split { len, columns: columns.into_iter().map(column).collect() }
        };
        let corpus = |((files, splits), d): (Known, &CorpusDecl)| {
            let [train, dev, test] = splits.map(split);
            Corpus { name: d.name.clone(), train, dev, test, files, ..Corpus::default() }
        };
        std::mem::take(&mut self.corpora).into_iter().zip(decls).map(corpus).collect()
    }
}

/// What a program's data are made from; `None` where a file cannot be read. Of vocabularies and labels the sizes and
/// classes, which follow from the data, do not count, so that a plan's are those of its program.
pub fn source(
    decls: &[CorpusDecl],
    base: &Path,
    vocabs: &[VocabSpec],
    labels: &[LabelSpec],
    tasks: &[Task],
) -> Option<Source> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&FORMAT.to_le_bytes());
    add(&build());
    let golds: Vec<_> = tasks.iter().map(|t| (t.labels, t.layers, &t.golds)).collect();
    let own: Vec<_> = vocabs.iter().map(|v| VocabSpec { size: 0, ..v.clone() }).collect();
    let classes: Vec<_> = labels.iter().map(|l| LabelSpec { classes: vec![], ..l.clone() }).collect();
    // fields by which a ranking groups examples are indexed too
    let groups: Vec<_> = tasks.iter().flat_map(|t| &t.metrics).filter_map(|m| m.by.as_ref()).collect();
    add(&serde_json::to_vec(&(decls, own, classes, golds, groups)).ok()?);
    let mut paths = vec![];
    for decl in decls {
        let parts = files::locate(decl, readers::find(&decl.reader)?, base).ok()?;
        for split in [SplitName::Train, SplitName::Dev, SplitName::Test] {
            let own = parts.get(&split).map_or(&[][..], Vec::as_slice);
            add(&own.len().to_le_bytes());
            paths.extend(own.iter().filter(|p| !p.as_os_str().is_empty()).cloned());
        }
    }
    let files = paths.iter().map(|p| p.display().to_string()).collect();
    paths.extend(vocabs.iter().filter_map(|v| Some(base.join(v.vectors.as_ref()?))));
    for path in paths {
        let content = regular::read(&path).ok()?;
        bytes += content.len() as u64;
        add(&content);
    }
    let mut places = vec![];
    for d in decls {
        places.extend([d.span, d.reader_span]);
        places.extend(d.option_spans.values());
        places.extend(d.fields.iter().flat_map(|f| std::iter::once(f.span).chain(f.axis_span)));
    }
    Some(Source { key: hash.finalize().into(), bytes, files, places })
}

/// What tells one build of the program from another: entries of one are not read by another.
fn build() -> Vec<u8> {
    let mut id = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
    if let Ok(m) = std::env::current_exe().and_then(fs::metadata) {
        id.extend(m.len().to_le_bytes());
        let since = m.modified().ok().and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
        id.extend(since.map_or(0, |d| d.as_nanos()).to_le_bytes());
    }
    id
}

impl Cache {
    /// The user's: `$MTLC_CACHE`, or `mtlc` in `$XDG_CACHE_HOME` or in `~/.cache`; an empty `$MTLC_CACHE` means none.
    pub fn of_user() -> Option<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let folder = match std::env::var_os("MTLC_CACHE") {
            Some(own) => (!own.is_empty()).then(|| PathBuf::from(own))?,
            None => set("XDG_CACHE_HOME")
                .filter(|p| p.is_absolute())
                .or_else(|| Some(set("HOME")?.join(".cache")))?
                .join("mtlc"),
        };
        Some(Self::at(folder, MOST))
    }

    /// One in a folder, of at most so many bytes.
    pub fn at(folder: impl Into<PathBuf>, most: u64) -> Self {
        Self { folder: folder.into(), most }
    }

    fn file(&self, key: &Key) -> PathBuf {
        let name: String = key.iter().map(|b| format!("{b:02x}")).collect();
        self.folder.join(format!("{name}.data"))
    }

    /// An entry, if it is there and whole.
    pub fn get(&self, key: &Key) -> Option<Entry> {
        let path = self.file(key);
        let bytes = regular::read(&path).ok()?;
        let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(key)?;
        let (sum, content) = rest.split_at_checked(32)?;
        if Sha256::digest(content).as_slice() != sum {
            return None;
        }
        let mut entry: Entry = postcard::from_bytes(content).ok()?;
        entry.tables.reindex();
        // used now: others go before it
        let _ = fs::File::options().append(true).open(&path).and_then(|f| f.set_modified(SystemTime::now()));
        Some(entry)
    }

    /// Puts indexed data and what was found in them in place, if they are worth it. What fails here fails in silence:
    /// nothing depends on it.
    pub fn put(&self, source: &Source, tables: &Tables, examples: &Examples, corpora: &[Corpus], found: &[Diagnostic]) {
        let key = &source.key;
        let findings = found.iter().map(|d| Finding::new(d, &source.places)).collect::<Option<Vec<_>>>();
        let Some(findings) = findings.filter(|_| source.bytes >= WORTH) else { return };
        let corpora = corpora.iter().map(sketched).collect();
        let entry = Lent { tables, examples, corpora, files: &source.files, findings };
        let Ok(content) = postcard::to_allocvec(&entry) else { return };
        if content.len() as u64 > self.most {
            return;
        }
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
            for part in [MAGIC.as_slice(), key, Sha256::digest(&content).as_slice(), &content] {
                file.write_all(part)?;
            }
            file.persist(self.file(key))?;
            Ok(())
        };
        if write().is_ok() {
            self.shrink();
        }
    }

    /// Removes the entries that were used longest ago until the rest is small enough, and what killed processes left.
    fn shrink(&self) {
        let old = |m: fs::Metadata| m.modified().is_ok_and(|t| t.elapsed().is_ok_and(|age| age > ABANDONED));
        for e in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if e.file_name().to_string_lossy().starts_with(UNFINISHED) && e.metadata().is_ok_and(old) {
                let _ = fs::remove_file(e.path());
            }
        }
        let entry = |e: std::io::Result<fs::DirEntry>| {
            let e = e.ok()?;
            let path = e.path();
            let meta = e.metadata().ok()?;
            (path.extension()? == "data").then_some((meta.modified().ok()?, meta.len(), path))
        };
        let Ok(folder) = fs::read_dir(&self.folder) else { return };
        let mut all: Vec<_> = folder.filter_map(entry).collect();
        all.sort();
        let mut total: u64 = all.iter().map(|(_, n, _)| n).sum();
        for (_, n, path) in all {
            if total <= self.most {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= n;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(n: usize) -> Corpus {
        let column = Column::Tokens(vec![vec!["a".into(), "b".into()]; n]);
        let split = Split { len: n, columns: vec![column, Column::Real(vec![Some(0.5); n])] };
        Corpus { train: split, files: vec!["f".into()], ..Corpus::default() }
    }

    fn span(n: usize) -> Span {
        Span::new(Default::default(), n, n + 1)
    }

    fn source(key: u8, bytes: u64) -> Source {
        Source { key: [key; 32], bytes, files: vec!["f".into()], places: vec![span(10), span(20)] }
    }

    fn put(cache: &Cache, source: &Source, n: usize, found: &[Diagnostic]) {
        cache.put(source, &Tables::default(), &Examples::default(), &[corpus(n)], found);
    }

    #[test]
    fn entries_are_whole_or_absent() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("new"), MOST);
        let key = [7; 32];
        assert!(cache.get(&key).is_none());
        put(&cache, &source(7, 10), 3, &[]);
        assert!(cache.get(&key).is_none(), "not worth it");
        put(&cache, &source(7, WORTH), 3, &[]);
        let decl = CorpusDecl {
            name: "c".into(),
            reader: "tsv".into(),
            path: None,
            splits: Default::default(),
            options: Default::default(),
            option_spans: Default::default(),
            fields: vec![],
            span: Default::default(),
            reader_span: Default::default(),
        };
        let corpora = cache.get(&key).unwrap().corpora(&[decl]);
        assert_eq!((corpora[0].train.len, corpora[0].files.len()), (3, 1));
        assert_eq!(corpora[0].train.columns[0], Column::Lengths(vec![2; 3]));
        assert_eq!(corpora[0].train.columns[1], Column::Real(vec![Some(0.5); 3]));
        // another key, a flipped bit, a part, a foreign file: none is an entry
        let path = cache.file(&key);
        let good = fs::read(&path).unwrap();
        fs::copy(&path, cache.file(&[8; 32])).unwrap();
        assert!(cache.get(&[8; 32]).is_none());
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(cache.get(&key).is_none(), "byte {i}");
            fs::write(&path, &good[..i]).unwrap();
            assert!(cache.get(&key).is_none(), "{i} bytes");
        }
        put(&cache, &source(7, WORTH), 3, &[]);
        assert!(cache.get(&key).is_some(), "written anew");
    }

    #[test]
    fn findings_are_told_where_the_declarations_are_now() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path(), MOST);
        let place = DataPlace { file: "f".into(), line: 3, text: "x".into(), range: (0, 1), note: "n".into() };
        let d = Diagnostic::new("W0603", "m").at(span(20), "here").with(span(10), "there").help("h").data(place);
        let d = d.fix(span(10), "new", true);
        let own = source(1, WORTH);
        put(&cache, &own, 3, std::slice::from_ref(&d));
        let entry = cache.get(&own.key).unwrap();
        assert_eq!(entry.findings(&own), Some(vec![d.clone()]));
        // the declarations moved
        let moved = Source { places: vec![span(15), span(27)], ..own.clone() };
        let told = entry.findings(&moved).unwrap().remove(0);
        let (first, second) = (told.primary.as_ref().unwrap(), &told.secondary[0]);
        assert_eq!((first.span, second.span, told.fix.unwrap().span), (span(27), span(15), span(15)));
        // the files are called otherwise, from another folder
        let elsewhere = Source { files: vec!["../f".into()], ..own.clone() };
        assert_eq!(entry.findings(&elsewhere), None);
        // a place that is no part of a declaration
        put(&cache, &source(2, WORTH), 3, &[d.with(span(99), "")]);
        assert!(cache.get(&[2; 32]).is_none());
    }

    #[test]
    fn those_used_longest_ago_go_first() {
        let dir = tempfile::tempdir().unwrap();
        let size = {
            let cache = Cache::at(dir.path(), MOST);
            put(&cache, &source(0, WORTH), 1000, &[]);
            fs::metadata(cache.file(&[0; 32])).unwrap().len()
        };
        let cache = Cache::at(dir.path(), size * 2);
        let at = |s: u64| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(s);
        let touch = |k: u8, s: u64| {
            fs::File::options().append(true).open(cache.file(&[k; 32])).unwrap().set_modified(at(s)).unwrap();
        };
        touch(0, 10);
        put(&cache, &source(1, WORTH), 1000, &[]);
        touch(1, 20);
        assert!(cache.get(&[0; 32]).is_some(), "used now");
        put(&cache, &source(2, WORTH), 1000, &[]);
        let there: Vec<bool> = (0..3).map(|k| cache.file(&[k; 32]).exists()).collect();
        assert_eq!(there, [true, false, true]);
        fs::write(dir.path().join("other.txt"), vec![0; 1 << 20]).unwrap();
        cache.shrink();
        assert!(dir.path().join("other.txt").exists() && cache.file(&[2; 32]).exists(), "foreign files are left alone");
    }
}
