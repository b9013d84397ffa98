//! Many runs side by side, each in a folder that is named by what it computes: nothing is computed twice, and what was
//! stopped goes on.

use super::study::{Prepared, Purpose, Trained};
use super::{Look, say};
use crate::encode::cache::Cache;
use crate::plan::Plan;
use crate::train::files::{self, distinct_name};
use crate::train::report::Report;
use crate::train::run_dir::{PLAN, REPORT, RunDir};
use crate::train::{Quiet, RunError, RunOptions, trainer};
use crate::util::memory;
use burn::tensor::Device;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How many runs, and where.
#[derive(Args, Clone, Debug)]
pub(super) struct WorkArgs {
    /// runs of each program, which differ in the seed
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// runs at the same time (default: as many as there are cores, if memory allows)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub jobs: Option<u64>,
    /// where runs are kept: what was computed there is not computed again
    #[arg(long, value_name = "FOLDER", default_value = "runs/store")]
    pub store: PathBuf,
    /// read and index the data anew, and keep nothing of them for later runs
    #[arg(long)]
    pub no_cache: bool,
    /// say nothing of single runs
    #[arg(long, short)]
    pub quiet: bool,
}

impl WorkArgs {
    /// Where indexed data are kept between runs.
    pub fn cache(&self) -> Option<Cache> {
        if self.no_cache { None } else { Cache::of_user() }
    }
}

/// Where runs are made.
pub(super) struct Workshop<'a> {
    args: &'a WorkArgs,
    pub device: Device,
    pub look: Look,
    stop: Arc<AtomicBool>,
    /// runs that were made, and those that were there
    pub made: AtomicUsize,
    pub found: AtomicUsize,
}

/// A run to be made.
struct Task<'a> {
    program: &'a Arc<Prepared>,
    plan: Plan,
    seed: u64,
    folder: PathBuf,
    whole: PathBuf,
}

impl<'a> Workshop<'a> {
    /// Made once, since it hears Ctrl-C.
    pub fn open(args: &'a WorkArgs, device: Device, look: Look) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = stop.clone();
        // a second Ctrl-C ends the process at once; what was saved stays good
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                say("\nstopped at once; the same command goes on from the last save");
                std::process::exit(super::INTERRUPTED);
            }
            say("\nstopping after this step ...");
        });
        Self { args, device, look, stop, made: AtomicUsize::new(0), found: AtomicUsize::new(0) }
    }

    /// Trains a program over all seeds.
    pub fn whole(&self, program: &Arc<Prepared>) -> Result<(Trained, Vec<Report>), RunError> {
        let first = program.plan.train.seed;
        let tasks = (first..first + self.args.seeds).map(|seed| {
            let plan = unclaimed(&program.plan);
            let folder = self.folder(program, &plan, seed, None)?;
            Ok(Task { program, plan, seed, whole: folder.clone(), folder })
        });
        let tasks = tasks.collect::<Result<Vec<_>, RunError>>()?;
        let reports = self.train(&tasks)?;
        Ok((program.trained(tasks.into_iter().map(|t| t.folder).collect()), reports))
    }

    /// Trains programs beside the whole one, over the same seeds.
    pub fn beside(
        &self,
        programs: &[Arc<Prepared>],
        (whole, reports): &(Trained, Vec<Report>),
    ) -> Result<Vec<Trained>, RunError> {
        let mut tasks = vec![];
        for program in programs {
            for (report, own) in reports.iter().zip(&whole.folders) {
                let plan = unclaimed(&program.beside(&whole.program.plan, report));
                let folder = self.folder(program, &plan, report.seed, Some(own))?;
                tasks.push(Task { program, plan, seed: report.seed, folder, whole: own.clone() });
            }
        }
        self.train(&tasks)?;
        let mut folders = tasks.into_iter().map(|t| t.folder);
        Ok(programs.iter().map(|p| p.trained(folders.by_ref().take(reports.len()).collect())).collect())
    }

    /// `STORE/SPEC/VARIANT-seed-N-HASH`: the hash is of the plan, the data, and the run that a probe begins with.
    fn folder(&self, program: &Prepared, plan: &Plan, seed: u64, whole: Option<&Path>) -> Result<PathBuf, RunError> {
        let unwritten = |e: serde_json::Error| RunDir::at(&self.args.store).corrupt(PLAN, e.to_string());
        let mut what = serde_json::to_vec(plan).map_err(unwritten)?;
        what.extend(trainer::fingerprint(&program.examples).bytes());
        if let (Purpose::Probe { .. }, Some(whole)) = (&program.variant.purpose, whole) {
            what.extend(whole.as_os_str().as_encoded_bytes());
        }
        let hash = &files::checksum(&what)[..12];
        let name = format!("{}-seed-{seed}-{hash}", program.variant.name);
        Ok(self.args.store.join(distinct_name(&plan.name)).join(name))
    }

    /// Makes runs, as many at a time as cores and memory allow; their reports, in order.
    fn train(&self, tasks: &[Task<'_>]) -> Result<Vec<Report>, RunError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let asked = self.args.jobs.map_or(cores, |n| usize::try_from(n).unwrap_or(cores));
        let jobs = asked.min(self.that_fit(tasks)).min(tasks.len()).max(1);
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Result<Report, RunError>)>> = Mutex::new(vec![]);
        let failed = AtomicBool::new(false);
        let work = || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads((cores / jobs).max(1)).build();
            while !failed.load(Ordering::SeqCst) {
                let i = next.fetch_add(1, Ordering::SeqCst);
                let Some(task) = tasks.get(i) else { return };
                let result = match &pool {
                    Ok(pool) => pool.install(|| self.one(task, i, tasks.len())),
                    Err(_) => self.one(task, i, tasks.len()),
                };
                failed.fetch_or(result.is_err(), Ordering::SeqCst);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((i, result));
            }
        };
        std::thread::scope(|s| (0..jobs).for_each(|_| _ = s.spawn(work)));
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(i, _)| *i);
        done.into_iter().map(|(_, r)| r).collect()
    }

    fn one(&self, task: &Task<'_>, i: usize, of: usize) -> Result<Report, RunError> {
        let began = Instant::now();
        let there = RunDir::at(&task.folder).file(REPORT).exists();
        let mut options = RunOptions::new(&task.folder, task.seed);
        options.stop = self.stop.clone();
        options.device = self.device.clone();
        let parent = task.folder.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(|e| files::unwritable(parent, &e))?;
        let report = task.program.train(&task.plan, &task.folder, &task.whole, &options, &mut Quiet)?;
        if there { &self.found } else { &self.made }.fetch_add(1, Ordering::SeqCst);
        if !self.args.quiet {
            let took = if there { "there already".into() } else { format!("{:.1} s", began.elapsed().as_secs_f64()) };
            say(format!("  [{}/{of}] {}, seed {}: {took}", i + 1, task.program.variant.title, task.seed));
        }
        Ok(report)
    }

    /// How many of these runs fit into memory at a time.
    fn that_fit(&self, tasks: &[Task<'_>]) -> usize {
        let need = tasks.iter().map(|t| t.program.memory).fold(0.0, f64::max);
        memory::available().map_or(usize::MAX, |free| (free as f64 / need.max(1.0)) as usize)
    }
}

/// Claims change no weight, and are judged later.
fn unclaimed(plan: &Plan) -> Plan {
    Plan { expects: vec![], ..plan.clone() }
}
