//! The run folder: what a run leaves behind, and how it is read again.
//!
//! ```text
//! spec.mtl  (and the files it uses)   the program, as run
//! plan.json                           what was computed
//! model.safetensors                   the kept weights
//! vocab/  labels/                     the tables
//! metrics.jsonl                       one object per epoch and per evaluation
//! report.json                         the figures
//! best/TASK.safetensors               the weights with each task's best dev figure
//! state.safetensors  state/           all that `resume` needs
//! ```

use super::files;
use crate::diagnostics::Diagnostic;
use crate::encode::{Tables, file_name};
use crate::ops::params::{Outgoing, Stored};
use crate::plan::Plan;
use serde::de::DeserializeOwned;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The kept weights.
pub const MODEL: &str = "model.safetensors";
/// The plan.
pub const PLAN: &str = "plan.json";
/// The figures.
pub const REPORT: &str = "report.json";
/// The course of training.
pub const METRICS: &str = "metrics.jsonl";

/// A run folder.
#[derive(Clone, Debug, PartialEq)]
pub struct RunDir {
    /// where it is
    pub path: PathBuf,
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

/// The folder of a new run: `out`, or `runs/NAME-YYYYmmdd-HHMMSS` (with `-2`, `-3` ... if that is taken).
pub fn choose(out: Option<&Path>, name: &str) -> PathBuf {
    if let Some(out) = out {
        return out.to_path_buf();
    }
    let stem = Path::new(name).file_stem().map_or_else(|| "run".into(), |s| s.to_string_lossy().into_owned());
    let dated = dated_name(&stem, SystemTime::now());
    let mut path = Path::new("runs").join(&dated);
    let mut n = 1;
    while path.exists() {
        n += 1;
        path = Path::new("runs").join(format!("{dated}-{n}"));
    }
    path
}

impl RunDir {
    /// A new folder; one that holds a run is refused.
    pub fn create(path: &Path) -> Result<Self, Diagnostic> {
        if path.join(PLAN).exists() {
            let shown = path.display();
            return Err(Diagnostic::new("E0806", format!("`{shown}` holds a run already"))
                .help(format!("go on with it by `mtlc run --resume {shown}`, or name another folder after `--out`")));
        }
        std::fs::create_dir_all(path).map_err(|e| files::unwritable(path, &e))?;
        Ok(Self { path: path.to_path_buf() })
    }

    /// An existing folder.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let dir = Self { path: path.to_path_buf() };
        if path.join(PLAN).is_file() {
            return Ok(dir);
        }
        let shown = path.display();
        let what = if path.is_dir() { "is not a run folder: it has no `plan.json`" } else { "is not a folder" };
        Err(Diagnostic::new("E0803", format!("`{shown}` {what}"))
            .help("name the folder that `mtlc run` printed, as in `mtlc eval runs/atis-20260101-120000`"))
    }

    /// Path of a file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Puts a file in place.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        files::write_atomic(&self.file(name), bytes)
    }

    /// Puts a JSON file in place.
    pub fn write_json(&self, name: &str, value: &impl serde::Serialize) -> Result<(), Diagnostic> {
        let text = serde_json::to_string_pretty(value).map_err(|e| self.corrupt(name, e.to_string()))?;
        self.write(name, (text + "\n").as_bytes())
    }

    /// Bytes of a file.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Diagnostic> {
        std::fs::read(self.file(name)).map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                let d = Diagnostic::new("E0803", format!("the run folder `{}` has no `{name}`", self.path.display()));
                match name {
                    MODEL | REPORT => d.help(format!("finish the run by `mtlc run --resume {}`", self.path.display())),
                    _ => d.help("run the program again"),
                }
            }
            _ => self.corrupt(name, e.to_string()),
        })
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

    /// Puts a safetensors file in place.
    pub fn write_tensors(&self, name: &str, tensors: &[Outgoing<'_>], metadata: &str) -> Result<(), Diagnostic> {
        files::write_safetensors(&self.file(name), tensors, metadata)
    }

    /// A file that does not hold what it should.
    pub fn corrupt(&self, name: &str, why: String) -> Diagnostic {
        Diagnostic::new("E0804", format!("`{}` cannot be used: {why}", self.file(name).display()))
            .help("restore the file from a copy, or run the program again")
    }

    /// Writes sources and tables. [`PLAN`] must be written after everything else: with it the folder counts as a run.
    pub fn write_start(&self, sources: &[(String, String)], tables: &Tables) -> Result<(), Diagnostic> {
        for (i, (name, text)) in sources.iter().enumerate() {
            let own = Path::new(name).file_name().map_or_else(|| format!("{i}.mtl"), |n| n.to_string_lossy().into());
            let name = if i == 0 { "spec.mtl".to_string() } else { format!("uses/{i}-{}", file_name(&own)) };
            self.write(&name, text.as_bytes())?;
        }
        tables.save(|name, bytes| self.write(name, bytes))
    }

    /// Plan and tables of the run.
    pub fn read_start(&self) -> Result<(Plan, Tables), Diagnostic> {
        let plan: Plan = self.read_json(PLAN)?;
        let tables =
            Tables::load(&plan.vocabs, &plan.labels, |name| self.read_text(name), |name, why| self.corrupt(name, why))?;
        Ok((plan, tables))
    }
}
