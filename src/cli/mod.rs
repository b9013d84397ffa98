//! The command line: arguments in, text out, exit code back. Nothing else in the crate prints.
//!
//! Results go to stdout, everything else to stderr. Exit codes: 0 fine, 1 the program has errors, 2 usage, 3 a run
//! failed or a claim of `expect` did not hold, 130 interrupted.

#[cfg(feature = "train")]
mod answers;
mod check;
#[cfg(feature = "train")]
mod compare;
mod completions;
#[cfg(feature = "train")]
mod details;
#[cfg(feature = "train")]
mod eval;
mod explain;
mod fix;
mod fmt;
mod graph;
mod init;
mod output;
mod plan;
#[cfg(feature = "train")]
mod predict;
#[cfg(feature = "train")]
mod progress;
#[cfg(feature = "train")]
mod prove;
#[cfg(feature = "train")]
mod run;
#[cfg(feature = "train")]
mod study;
mod view;
mod watch;
#[cfg(feature = "train")]
mod workshop;

use crate::diagnostics::{Diagnostic, render};
use crate::driver::{self, Compilation, Disk};
use crate::hir::Options;
use crate::kinds::writers;
use crate::source::Sources;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use output::{out, out_json, say, say_drawn};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Everything went well.
pub const FINE: i32 = 0;
/// The program has errors.
pub const ERRORS: i32 = 1;
/// The command line cannot be understood.
pub const USAGE: i32 = 2;
/// A run failed, or a claim did not hold.
pub const FAILED: i32 = 3;
/// Ctrl-C.
pub const INTERRUPTED: i32 = 130;

/// A compiler for multi-task learning: declare tasks and the arrows between them, check, train, publish.
#[derive(Parser, Debug)]
#[command(name = "mtlc", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// how findings are printed
    #[arg(long, global = true, value_enum, default_value = "human")]
    format: Format,
    /// when to colour
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: Color,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// with excerpts of the source
    Human,
    /// one finding per line
    Plain,
    /// a JSON array on stdout
    Json,
    /// SARIF 2.1.0 on stdout
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Check specs: names, types, axes, cycles, leaks, and the data files where they exist
    Check(CheckArgs),
    /// Check a spec, train it and report its scores
    Run(RunArgs),
    /// Train a spec's tasks together, alone, and without each arrow and auxiliary task, and tell what is worth what
    #[cfg(feature = "train")]
    Compare(CompareArgs),
    /// Run whatever the claims of specs need, and answer each with its figure
    #[cfg(feature = "train")]
    Prove(ProveArgs),
    /// Evaluate a finished run again, also on other data
    Eval(EvalArgs),
    /// Answer new texts with every task of a run
    Predict(PredictArgs),
    /// Draw a spec: texts, encoders, tasks and the arrows between them
    Graph(GraphArgs),
    /// Say what training would take: parameters, operations, memory, batches, time; runs nothing
    Plan {
        /// the spec
        file: PathBuf,
        /// as JSON
        #[arg(long)]
        json: bool,
        /// leave the data files unread
        #[arg(long)]
        no_data: bool,
        #[command(flatten)]
        passes: PassArgs,
        #[command(flatten)]
        changes: Changes,
    },
    /// Lay specs out in the one canonical way
    Fmt(FmtArgs),
    /// Begin with a working spec and a little data, in a new folder
    Init {
        /// which spec, see `--list` (default: joint)
        template: Option<String>,
        /// where to (default: a folder of the template's name)
        folder: Option<PathBuf>,
        /// list the templates
        #[arg(long)]
        list: bool,
    },
    /// Print completions for a shell
    Completions {
        /// the shell
        shell: clap_complete::Shell,
    },
    /// Explain a code such as E0301, or a spec: why it is joint or multi-step, what flows where
    Explain(ExplainArgs),
}

/// What changes a program from outside.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Changes {
    /// give a `param` another value: `--set lr=1e-4`
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// leave out an arrow, a task or a loss: `--without 'pos -> chunk'`; may be repeated
    #[arg(long, value_name = "PART")]
    without: Vec<String>,
    /// keep only this task, without arrows into it (its single-task twin); may be repeated
    #[arg(long, value_name = "TASK")]
    only: Vec<String>,
    /// of commands that make a plan: their [`PassArgs`]
    #[arg(skip)]
    no_pass: Vec<String>,
}

/// What changes how a plan is computed, but not its results.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PassArgs {
    /// turn a pass over the plan off; may be repeated
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(
        crate::passes::PASSES.iter().map(|p| clap::builder::PossibleValue::new(p.name).help(p.doc))
    ))]
    no_pass: Vec<String>,
}

impl Changes {
    /// With the passes of a command.
    pub(crate) fn passes(&self, args: &PassArgs) -> Self {
        Self { no_pass: args.no_pass.clone(), ..self.clone() }
    }
}

#[derive(Args, Debug)]
struct CheckArgs {
    /// the specs; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// leave the data files unread
    #[arg(long)]
    no_data: bool,
    /// apply safe fixes to the specs and to the files that they use, then check
    #[arg(long, conflicts_with_all = ["set", "without", "only"])]
    fix: bool,
    /// check again whenever a spec, a file that it uses or its data change
    #[arg(long, conflicts_with = "fix")]
    watch: bool,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args, Debug)]
struct FmtArgs {
    /// specs, or folders that are searched for `.mtl` files (default, and `-`: standard input to standard output)
    files: Vec<PathBuf>,
    /// write nothing; show what would change, and end with 1 if anything would
    #[arg(long)]
    check: bool,
}

#[derive(Args, Debug)]
struct ExplainArgs {
    /// a code, as printed before a finding, or a spec
    #[arg(value_name = "CODE|SPEC")]
    what: String,
    /// a task of the spec: the shape of every value from which it is computed
    task: Option<String>,
    /// leave the data files unread: sizes that they decide stay symbols
    #[arg(long)]
    no_data: bool,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args, Debug)]
struct GraphArgs {
    /// the spec
    file: PathBuf,
    /// the form (default: by the ending of the file after `-o`, else terminal)
    #[arg(long, value_enum)]
    output: Option<graph::Picture>,
    /// a file to write
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// show the members of families one by one
    #[arg(long)]
    expand: bool,
    /// without box characters
    #[arg(long)]
    ascii: bool,
    /// leave the data files unread: sizes that they decide stay symbols
    #[arg(long)]
    no_data: bool,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args, Debug)]
#[cfg_attr(not(feature = "train"), allow(dead_code))]
struct RunArgs {
    /// the spec
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    file: Option<PathBuf>,
    /// continue a stopped run in its folder
    #[arg(long, value_name = "RUN", conflicts_with_all = ["out", "from", "seed", "seeds", "no_pass", "set", "without", "only"])]
    resume: Option<PathBuf>,
    /// with `--resume`: go on with a finished run for so many epochs more
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    more: Option<u64>,
    /// begin with the weights of a finished run, wherever names, shapes and classes are the same
    #[arg(long, value_name = "RUN")]
    from: Option<PathBuf>,
    /// folder of the run (default: runs/NAME-DATE)
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// seed of everything random (default: the spec's, or 1)
    #[arg(long)]
    seed: Option<u64>,
    /// train with so many seeds and report mean ± standard deviation
    #[arg(long, value_name = "N", conflicts_with = "seed", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: Option<u64>,
    /// where to compute: flex, tch, cuda or wgpu, as compiled in
    #[arg(long, value_name = "NAME", value_parser = ["flex", "tch", "cuda", "wgpu"])]
    device: Option<String>,
    /// threads to compute with (default: all cores)
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1024))]
    threads: Option<u64>,
    /// refuse devices whose results depend on the number of threads
    #[arg(long)]
    deterministic: bool,
    /// no progress display
    #[arg(long, short)]
    quiet: bool,
    /// megabytes of outputs of frozen encoders to keep in memory; the rest goes to a file in the run folder
    #[arg(long, value_name = "MB", default_value_t = 1024)]
    cache_memory: usize,
    /// read and index the data anew, and keep nothing of them for later runs
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    passes: PassArgs,
    #[command(flatten)]
    changes: Changes,
}

#[cfg(feature = "train")]
#[derive(Args, Debug)]
struct CompareArgs {
    /// the spec
    file: PathBuf,
    /// another spec, whose tasks bear the same names
    other: Option<PathBuf>,
    /// folder of the tables and the page (default: runs/NAME-compare-DATE)
    #[arg(long, short, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    work: workshop::WorkArgs,
    #[command(flatten)]
    changes: Changes,
}

#[cfg(feature = "train")]
#[derive(Args, Debug)]
struct ProveArgs {
    /// the specs
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    work: workshop::WorkArgs,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args, Debug)]
#[cfg_attr(not(feature = "train"), allow(dead_code))]
struct EvalArgs {
    /// folder of the run
    run: PathBuf,
    /// a folder or file to read instead of the spec's data
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// where to compute: flex, tch, cuda or wgpu, as compiled in
    #[arg(long, value_name = "NAME", value_parser = ["flex", "tch", "cuda", "wgpu"])]
    device: Option<String>,
    /// evaluate this data set alone: that which `--data` replaces, or whose answers are written
    #[arg(long, value_name = "NAME")]
    corpus: Option<String>,
    /// which split
    #[arg(long, value_enum, default_value = "test")]
    split: SplitArg,
    #[command(flatten)]
    write: WriteArgs,
    /// the best weights for this task instead of the kept ones
    #[arg(long, value_name = "TASK")]
    best: Option<String>,
    /// as JSON
    #[arg(long)]
    json: bool,
    /// each class by itself, what is taken for what, and the worst errors with their text
    #[arg(long)]
    details: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub(crate) enum SplitArg {
    Train,
    Dev,
    Test,
}

#[derive(Args, Debug)]
#[cfg_attr(not(feature = "train"), allow(dead_code))]
struct PredictArgs {
    /// folder of the run
    run: PathBuf,
    /// texts, one per line (default: standard input); several text fields of one example are separated by tabs, or
    /// each line is a JSON object with a key for each text field. A file whose name ends as those of the data set do is
    /// read as they are
    file: Option<PathBuf>,
    /// what the input holds: texts, or what a file of the data set holds (default: by the ending of its name)
    #[arg(long, value_enum)]
    input: Option<InputArg>,
    /// where to compute: flex, tch, cuda or wgpu, as compiled in
    #[arg(long, value_name = "NAME", value_parser = ["flex", "tch", "cuda", "wgpu"])]
    device: Option<String>,
    /// through the data set of this name, when the spec has several
    #[arg(long, value_name = "NAME")]
    corpus: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub(crate) enum InputArg {
    /// one example per line
    Texts,
    /// what the reader of the data set reads
    Data,
}

/// How answers are written.
#[derive(Args, Debug)]
#[cfg_attr(not(feature = "train"), allow(dead_code))]
struct WriteArgs {
    /// format of the answers (default: by the ending of the file that `-o` names, else that of the input)
    #[arg(long, value_name = "FORMAT", value_parser = clap::builder::PossibleValuesParser::new(writers::names()))]
    output: Option<String>,
    /// write the answers to a file
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// begin with the names of the columns
    #[arg(long)]
    header: bool,
    /// the probability of each answer, where it has one
    #[arg(long)]
    probs: bool,
    /// the N most probable classes, each with its probability
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    top: Option<u16>,
    /// in CoNLL-U: keep the gold that predictions take the place of, in MISC
    #[arg(long)]
    gold: bool,
}

/// How text is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    format: Format,
    color: bool,
}

/// When the command began.
#[cfg(feature = "train")]
static BEGAN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();

#[cfg(feature = "train")]
fn began() -> std::time::Instant {
    *BEGAN.get_or_init(std::time::Instant::now)
}

/// Runs the command line; the exit code.
pub fn main(args: impl IntoIterator<Item = std::ffi::OsString>) -> i32 {
    #[cfg(feature = "train")]
    began();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => return output::end(output::usage(&e)),
    };
    output::end(run_command(cli))
}

fn run_command(cli: Cli) -> i32 {
    let color = match cli.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stderr().is_terminal(),
    };
    let look = Look { format: cli.format, color };
    match cli.command {
        Command::Check(a) if a.watch => watch::command(&a, look),
        Command::Check(a) => {
            check::command(&a.files, check::Asked { no_data: a.no_data, fix: a.fix }, &a.changes, look)
        }
        Command::Graph(a) => graph::command(&a, look),
        Command::Plan { file, json, no_data, passes, changes } => {
            plan::command(&file, json, no_data, &changes.passes(&passes), look)
        }
        Command::Init { template, folder, list } => init::command(template.as_deref(), folder.as_deref(), list),
        Command::Completions { shell } => completions::command(shell),
        Command::Fmt(a) => fmt::command(&a.files, a.check, look),
        Command::Explain(a) => explain::command(&a, look),
        #[cfg(feature = "train")]
        Command::Run(a) => run::command(&a, look),
        #[cfg(feature = "train")]
        Command::Compare(a) => compare::command(&a, look),
        #[cfg(feature = "train")]
        Command::Prove(a) => prove::command(&a, look),
        #[cfg(feature = "train")]
        Command::Eval(a) => eval::command(&a, look),
        #[cfg(feature = "train")]
        Command::Predict(a) => predict::command(&a, look),
        #[cfg(not(feature = "train"))]
        Command::Run(_) | Command::Eval(_) | Command::Predict(_) => {
            say("this build has no trainer: build it with `--features train`");
            USAGE
        }
    }
}

/// The device of this name; `Err` is the exit code where this build lacks it, or it is not `deterministic` and should be.
#[cfg(feature = "train")]
pub(crate) fn device(name: Option<&str>, deterministic: bool) -> Result<burn::tensor::Device, i32> {
    use crate::ops::devices::{DEVICES, find};
    let Some(row) = name.map_or(DEVICES.first(), find) else { return Err(USAGE) };
    if deterministic && !row.deterministic {
        let named: Vec<String> = DEVICES.iter().filter(|d| d.deterministic).map(|d| format!("`{}`", d.name)).collect();
        say(format!("error: `{}` is not deterministic; {} is", row.name, named.join(", ")));
        return Err(USAGE);
    }
    row.open.map(|open| open()).ok_or_else(|| {
        say(format!("error: this build has no device `{}`: build it with `--features {}`", row.name, row.feature));
        USAGE
    })
}

/// Prints findings in the wanted form.
pub(crate) fn findings(sources: &Sources, found: &[Diagnostic], look: Look) {
    match look.format {
        Format::Human if !found.is_empty() => say_drawn(render::render_human(sources, found, look.color)),
        Format::Plain if !found.is_empty() => say(render::render_plain(sources, found)),
        Format::Json => out_json(render::render_json(sources, found)),
        Format::Sarif => out_json(render::render_sarif(sources, found)),
        _ => {}
    }
}

/// Whether a file name stands for standard input.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Why there is nothing to compile.
#[derive(Debug)]
pub(crate) struct Refused {
    /// exit code
    pub(crate) code: i32,
    /// not said yet
    pub(crate) finding: Option<Diagnostic>,
}

impl Refused {
    /// Says what is to be said; the exit code.
    pub(crate) fn said(self, look: Look) -> i32 {
        if let Some(d) = self.finding {
            findings(&Sources::default(), &[d], look);
        }
        self.code
    }
}

/// The text of a spec, `-` from standard input; `Err` is the exit code when it cannot be read.
pub(crate) fn read(file: &Path, look: Look) -> Result<String, i32> {
    try_read(file).map_err(|e| e.said(look))
}

/// The same, saying nothing.
pub(crate) fn try_read(file: &Path) -> Result<String, Refused> {
    let bytes = if is_stdin(file) {
        let mut bytes = vec![];
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    let (code, d) = match bytes.map(String::from_utf8) {
        Ok(Ok(text)) => return Ok(text),
        Ok(Err(e)) => {
            let at = e.utf8_error().valid_up_to();
            let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
            let d = Diagnostic::new("E0102", format!("`{}` is not UTF-8 (line {line})", shown(file)));
            (ERRORS, d.help("save it as UTF-8 text"))
        }
        Err(e) => {
            let d = Diagnostic::new("E0103", format!("`{}` cannot be read: {e}", shown(file)));
            (USAGE, d.help("name an existing `.mtl` file"))
        }
    };
    Err(Refused { code, finding: Some(d) })
}

/// Writes a file whole or not at all; a link stays a link.
pub(crate) fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = std::fs::canonicalize(file)?;
    if std::fs::metadata(&file)?.permissions().readonly() {
        // a rename would put another file in its place, which nobody may write
        return Err(std::io::Error::other("it is read-only"));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(std::fs::metadata(&file)?.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&file)?;
    Ok(())
}

/// How a file is called in messages.
pub(crate) fn shown(file: &Path) -> String {
    if is_stdin(file) { "<stdin>".into() } else { file.display().to_string() }
}

/// Reads and compiles a spec; `Err` is the exit code when it cannot be read.
pub(crate) fn compile(file: &Path, changes: &Changes, look: Look) -> Result<Compilation, i32> {
    try_compile(file, changes).map_err(|e| e.said(look))
}

/// The same, saying nothing.
pub(crate) fn try_compile(file: &Path, changes: &Changes) -> Result<Compilation, Refused> {
    let text = try_read(file)?;
    let options = options(changes).map_err(|code| Refused { code, finding: None })?;
    let name = shown(file);
    Ok(driver::compile(Path::new(&name), &text, &Disk, &options))
}

/// `--set`, `--without` and `--only` as the front end takes them.
fn options(changes: &Changes) -> Result<Options, i32> {
    let mut out = Options { only: changes.only.clone(), no_pass: changes.no_pass.clone(), ..Options::default() };
    let usage = |message: String| {
        say(format!("error: {message}"));
        USAGE
    };
    for s in &changes.set {
        let Some((name, value)) = s.split_once('=') else {
            return Err(usage(format!("`--set {s}`: write `--set name=value`")));
        };
        out.set.push((name.trim().to_string(), value.to_string()));
    }
    for a in &changes.without {
        match a.split_once("->").or_else(|| a.split_once("~>")) {
            Some((x, y)) => out.without.push((x.trim().into(), y.trim().into())),
            None => out.dropped.push(a.trim().to_string()),
        }
    }
    Ok(out)
}
