//! The run folder: what a run leaves behind, and how it is read again.
//!
//! ```text
//! .lock                               held while a process works in the folder
//! spec.mtl  (and the files it uses)   the program, as run
//! plan.json                           what was computed
//! model.safetensors                   the kept weights
//! vocab/  labels/                     the tables
//! metrics.jsonl                       one object per epoch and per evaluation
//! report.json                         the figures
//! best/TASK.safetensors               the weights with each task's best dev figure
//! manifest.json                       checksums of all these
//! state.safetensors  state/           all that `resume` needs
//! ```
//! A folder is made, or found empty, before anything is written to it, and held until the run ends: whatever bears one of
//! these names in it is the run's own.

use super::files;
use crate::diagnostics::Diagnostic;
use crate::encode::{Tables, file_name};
use crate::kinds::optimisers::Decay;
use crate::kinds::{gradients, samplers, weightings};
use crate::ops::params::{Outgoing, Stored};
use crate::plan::{Plan, Stage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The kept weights.
pub const MODEL: &str = "model.safetensors";
/// The plan.
pub const PLAN: &str = "plan.json";
/// The figures.
pub const REPORT: &str = "report.json";
/// The course of training.
pub const METRICS: &str = "metrics.jsonl";
/// Where and how a run began.
pub const INFO: &str = "run.json";
/// Marks a folder of several runs that differ in the seed; holds the seeds.
pub const SEEDS: &str = "seeds.json";
/// The checksums.
const MANIFEST: &str = "manifest.json";
/// Held by the process that works in the folder.
const LOCK: &str = ".lock";
/// What there is of a run before it counts as one.
const START: [&str; 8] = [LOCK, INFO, "spec.mtl", "uses", "vocab", "labels", super::state::STATE, MANIFEST];

/// A run folder.
#[derive(Clone, Debug)]
pub struct RunDir {
    /// where it is
    pub path: PathBuf,
    /// the locked file, while this process holds the folder
    lock: Option<Arc<File>>,
}

/// Checksums by path in the folder. A file that is about to be replaced has that of its old content too, so that it is
/// right at every moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Manifest {
    files: BTreeMap<String, Vec<String>>,
}

/// `NAME-YYYYmmdd-HHMMSS` (UTC).
pub fn dated_name(name: &str, time: SystemTime) -> String {
    let s = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, rest) = ((s / 86_400) as i64, s % 86_400);
    // Howard Hinnant, "chrono-compatible low-level date algorithms": civil_from_days
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{}-{year:04}{month:02}{day:02}-{h:02}{m:02}{s:02}", file_name(name))
}

/// A folder for a new run, made and held: `out`, or `runs/NAME-YYYYmmdd-HHMMSS` (with `-2`, `-3` ... if that is taken).
pub fn begin(out: Option<&Path>, name: &str) -> Result<RunDir, Diagnostic> {
    if let Some(out) = out {
        return RunDir::create(out);
    }
    let stem = Path::new(name).file_stem().map_or_else(|| "run".into(), |s| s.to_string_lossy().into_owned());
    let runs = Path::new("runs");
    std::fs::create_dir_all(runs).map_err(|e| files::unwritable(runs, &e))?;
    let dated = dated_name(&stem, SystemTime::now());
    let mut path = runs.join(&dated);
    let mut n = 1;
    // of several processes only one makes a folder
    loop {
        match std::fs::create_dir(&path) {
            Ok(()) => return RunDir::create(&path),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(files::unwritable(&path, &e)),
        }
        n += 1;
        path = runs.join(format!("{dated}-{n}"));
    }
}

/// Refuses a folder that holds a run, or anything else but what a run left that was stopped before it began.
fn vacant(path: &Path) -> Result<(), Diagnostic> {
    let shown = path.display();
    if [PLAN, SEEDS].iter().any(|name| path.join(name).symlink_metadata().is_ok()) {
        return Err(Diagnostic::new("E0806", format!("`{shown}` holds a run already"))
            .help(format!("go on with it by `mtlc run --resume {shown}`, or name another folder after `--out`")));
    }
    let entries = std::fs::read_dir(path).map_err(|e| files::unwritable(path, &e))?;
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let begun = names.iter().any(|n| n == LOCK);
    let own = |n: &str| begun && (START.contains(&n) || files::is_partial(n));
    let foreign: Vec<String> = names.iter().filter(|n| !own(n)).map(|n| format!("`{n}`")).collect();
    let Some(first) = foreign.first() else { return Ok(()) };
    let more = if foreign.len() > 1 { format!(" and {} more", foreign.len() - 1) } else { String::new() };
    Err(Diagnostic::new("E0806", format!("`{shown}` holds what is no part of a run: {first}{more}"))
        .help("name a folder after `--out` that is new or empty"))
}

/// A word of a stage that no table knows.
fn unknown(stage: &Stage) -> Option<String> {
    let none = |what: &str, kind: &str| Some(format!("there is no {what} `{kind}`"));
    let (sampler, weighting, decay) = (&stage.sampler.kind, &stage.weights.kind, &stage.optimizer.decay.kind);
    match () {
        () if samplers::find(sampler).is_none_or(|s| s.order.is_none()) => none("sampler", sampler),
        () if weightings::find(weighting).is_none_or(|w| w.weigh.is_none()) => none("weighting", weighting),
        () if stage
            .gradients
            .as_ref()
            .is_some_and(|g| gradients::find(&g.kind).is_none_or(|m| m.combine.is_none())) =>
        {
            none("gradient method", stage.gradients.as_ref().map_or("", |g| &g.kind))
        }
        () if Decay::find(decay).is_none() => none("decay", decay),
        () => None,
    }
}

impl RunDir {
    /// A folder to look into, which this process does not hold.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), lock: None }
    }

    /// A new folder, or an empty one, which this process holds as long as the value lives. A folder that holds anything is
    /// refused.
    pub fn create(path: &Path) -> Result<Self, Diagnostic> {
        std::fs::create_dir_all(path).map_err(|e| files::unwritable(path, &e))?;
        // before a file is made in it
        vacant(path)?;
        let dir = Self::at(path).hold()?;
        // another process may have been here in between
        vacant(path)?;
        Ok(dir)
    }

    /// The same folder, held by this process. What killed processes did not finish is removed.
    pub fn hold(&self) -> Result<Self, Diagnostic> {
        if self.lock.is_some() {
            return Ok(self.clone());
        }
        let path = self.file(LOCK);
        if path.symlink_metadata().is_ok_and(|m| !m.is_file()) {
            return Err(files::unwritable(&path, &std::io::Error::other("it is not a regular file")));
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|e| files::unwritable(&path, &e))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Diagnostic::new("E0811", format!("another process works in `{}`", self.path.display()))
                    .help("wait until it ends, or name another folder after `--out`"));
            }
            // a file system without locks: nothing can be held there
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        for folder in ["", "uses", "vocab", "labels", "best", "state"] {
            files::remove_partial(&self.file(folder))?;
        }
        Ok(Self { path: self.path.clone(), lock: Some(Arc::new(file)) })
    }

    /// An existing folder.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let dir = Self::at(path);
        let shown = path.display();
        let d = match dir.file(PLAN).metadata() {
            Ok(m) if m.is_file() => return Ok(dir),
            Err(e) if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(files::unreadable(&dir.file(PLAN), &e));
            }
            _ if dir.file(LOCK).exists() => {
                return Err(Diagnostic::new("E0803", format!("the run in `{shown}` was stopped before it began"))
                    .help(format!("begin it again: `mtlc run SPEC --out {shown}`")));
            }
            _ if path.is_dir() => format!("`{shown}` is not a run folder: it has no `plan.json`"),
            _ => format!("`{shown}` is not a folder"),
        };
        Err(Diagnostic::new("E0803", d)
            .help("name the folder that `mtlc run` printed, as in `mtlc eval runs/atis-20260101-120000`"))
    }

    /// Path of a file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Puts a file in place; its checksum, for [`RunDir::list`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<String, Diagnostic> {
        self.own(name)?;
        files::write_atomic(&self.file(name), bytes)?;
        Ok(files::checksum(bytes))
    }

    /// Puts a JSON file in place; its checksum.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<String, Diagnostic> {
        self.write(name, self.json(name, value)?.as_bytes())
    }

    /// Puts a JSON file in place that [`RunDir::read`] believes, now and before.
    pub fn write_listed(&self, name: &str, value: &impl Serialize) -> Result<(), Diagnostic> {
        let text = self.json(name, value)?;
        self.list([(name.to_string(), files::checksum(text.as_bytes()))])?;
        self.write(name, text.as_bytes()).map(drop)
    }

    fn json(&self, name: &str, value: &impl Serialize) -> Result<String, Diagnostic> {
        let text = serde_json::to_string_pretty(value).map_err(|e| self.corrupt(name, e.to_string()))?;
        Ok(text + "\n")
    }

    /// The folder of a file is one of the run, not a link to elsewhere.
    fn own(&self, name: &str) -> Result<(), Diagnostic> {
        match Path::new(name).parent().map(|p| self.path.join(p)) {
            Some(folder) if folder != self.path.join("") && folder.is_symlink() => {
                Err(files::unwritable(&self.file(name), &std::io::Error::other("its folder is a link")))
            }
            _ => Ok(()),
        }
    }

    /// Notes the checksums of files; of one that is there and has a checksum, the old one too.
    pub fn list(&self, sums: impl IntoIterator<Item = (String, String)>) -> Result<(), Diagnostic> {
        let mut manifest = if self.file(MANIFEST).exists() { self.manifest()? } else { Manifest::default() };
        for (name, sum) in sums {
            let known = manifest.files.entry(name.clone()).or_default();
            if !known.is_empty() {
                let now = std::fs::read(self.file(&name)).map(|b| files::checksum(&b)).ok();
                known.retain(|k| now.as_ref() == Some(k));
            }
            if !known.contains(&sum) {
                known.push(sum);
            }
        }
        self.write_json(MANIFEST, &manifest).map(drop)
    }

    fn manifest(&self) -> Result<Manifest, Diagnostic> {
        self.read_json(MANIFEST)
    }

    /// Whether a file is there as the run wrote it.
    pub fn is_whole(&self, name: &str) -> bool {
        self.read(name).is_ok()
    }

    /// Bytes of a file, which must be those that the run wrote.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Diagnostic> {
        let bytes = std::fs::read(self.file(name)).map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                let d = Diagnostic::new("E0803", format!("the run folder `{}` has no `{name}`", self.path.display()));
                match name {
                    MODEL | REPORT => d.help(format!("finish the run by `mtlc run --resume {}`", self.path.display())),
                    _ => d.help("run the program again"),
                }
            }
            _ => self.corrupt(name, e.to_string()),
        })?;
        // what still changes has no checksum
        if super::state::is_state(name) || [MANIFEST, METRICS].contains(&name) {
            return Ok(bytes);
        }
        let manifest = self.manifest()?;
        match manifest.files.get(name) {
            None => Err(self.corrupt(name, format!("the run did not write it: `{MANIFEST}` does not list it"))),
            Some(sums) if !sums.contains(&files::checksum(&bytes)) => Err(self.corrupt(
                name,
                format!("it was changed after the run wrote it: its checksum in `{MANIFEST}` is another"),
            )),
            Some(_) => Ok(bytes),
        }
    }

    /// Text of a file.
    pub fn read_text(&self, name: &str) -> Result<String, Diagnostic> {
        String::from_utf8(self.read(name)?).map_err(|_| self.corrupt(name, "it is not UTF-8".into()))
    }

    /// A JSON file.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Diagnostic> {
        let text = self.read_text(name)?;
        serde_json::from_str(&text).map_err(|e| self.corrupt(name, e.to_string()))
    }

    /// A safetensors file.
    pub fn read_tensors(&self, name: &str) -> Result<(Vec<Stored>, String), Diagnostic> {
        files::from_safetensors(&self.read(name)?).map_err(|e| self.corrupt(name, e))
    }

    /// Puts a safetensors file in place; its checksum.
    pub fn write_tensors(&self, name: &str, tensors: &[Outgoing<'_>], metadata: &str) -> Result<String, Diagnostic> {
        self.own(name)?;
        files::write_safetensors(&self.file(name), tensors, metadata)
    }

    /// A file that does not hold what it should.
    pub fn corrupt(&self, name: &str, why: String) -> Diagnostic {
        Diagnostic::new("E0804", format!("`{}` cannot be used: {why}", self.file(name).display()))
            .help("restore the file from a copy, or run the program again")
    }

    /// Writes sources and tables; their checksums. [`PLAN`] must be written after everything else: with it the folder counts
    /// as a run.
    pub fn write_start(
        &self,
        sources: &[(String, String)],
        tables: &Tables,
    ) -> Result<Vec<(String, String)>, Diagnostic> {
        let mut sums = vec![];
        let mut write = |name: &str, bytes: &[u8]| {
            sums.push((name.to_string(), self.write(name, bytes)?));
            Ok(())
        };
        for (i, (name, text)) in sources.iter().enumerate() {
            let own = Path::new(name).file_name().map_or_else(|| format!("{i}.mtl"), |n| n.to_string_lossy().into());
            let name = if i == 0 { "spec.mtl".to_string() } else { format!("uses/{i}-{}", file_name(&own)) };
            write(&name, text.as_bytes())?;
        }
        tables.save(write)?;
        Ok(sums)
    }

    /// Plan and tables of the run.
    pub fn read_start(&self) -> Result<(Plan, Tables), Diagnostic> {
        #[derive(Deserialize)]
        struct Format {
            version: u32,
        }
        let text = self.read_text(PLAN)?;
        let corrupt = |e: serde_json::Error| self.corrupt(PLAN, e.to_string());
        let Format { version } = serde_json::from_str(&text).map_err(corrupt)?;
        if version != crate::plan::VERSION {
            let (shown, own) = (self.file(PLAN), crate::plan::VERSION);
            let d = format!("`{}` is of version {version}; this program reads version {own}", shown.display());
            return Err(Diagnostic::new("E0812", d).help("use the `mtlc` that wrote it, or run the program again"));
        }
        let plan: Plan = serde_json::from_str(&text).map_err(corrupt)?;
        plan.validate().map_err(|e| self.corrupt(PLAN, e))?;
        if let Some(why) = plan.train.stages.iter().find_map(unknown) {
            return Err(self.corrupt(PLAN, why));
        }
        let tables =
            Tables::load(&plan.vocabs, &plan.labels, |name| self.read_text(name), |name, why| self.corrupt(name, why))?;
        Ok((plan, tables))
    }
}
