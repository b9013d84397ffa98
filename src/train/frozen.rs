//! Values that stay the same from one epoch to the next, kept by example.
//!
//! They are computed in groups that the data alone decide, not the batches of the schedule: a value then has the same bits
//! whenever and in whatever order it is first asked for, so a resumed run, which begins with nothing kept, goes on as
//! one that never stopped.

use super::evaluate::{BATCH, by_length};
use super::files;
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::network::{Batch, Job, Network};
use crate::ops::value::{Axis, Value};
use crate::passes;
use crate::passes::flow::{self, Wanted};
use crate::plan::{NodeId, Phase, Plan};
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is kept.
pub struct Frozen {
    /// in memory at most so many bytes
    limit: usize,
    used: usize,
    /// the run folder, where the rest goes to a file without a name: it vanishes with the process
    folder: PathBuf,
    file: Option<File>,
    end: u64,
    /// by corpus and phase of its graph: nodes worth keeping in this stage
    nodes: HashMap<(usize, Phase), Vec<NodeId>>,
    splits: HashMap<(usize, SplitName), Split>,
}

/// The examples of a split in groups.
struct Split {
    groups: Vec<Vec<usize>>,
    /// by example: its group, and its place there
    place: Vec<(usize, usize)>,
    values: HashMap<(NodeId, usize), Block>,
}

/// A node's values for a group.
struct Block {
    /// the rows of each example
    axis: Arc<Axis>,
    width: usize,
    at: At,
}

enum At {
    Memory(Vec<f32>),
    /// from this byte of the file on
    Disk(u64),
}

impl Frozen {
    /// Keeps nothing yet. `folder`: where a file may be put.
    pub fn new(limit: usize, folder: &Path) -> Self {
        Self {
            limit,
            used: 0,
            folder: folder.to_path_buf(),
            file: None,
            end: 0,
            nodes: HashMap::new(),
            splits: HashMap::new(),
        }
    }

    /// A stage begins: what changes in it is forgotten.
    pub fn begin(&mut self, plan: &Plan, stage: usize) {
        let all = Wanted { tasks: (0..plan.tasks.len()).collect(), losses: vec![] };
        let own = plan.train.stages.get(stage).map(Wanted::of).unwrap_or_default();
        self.nodes.clear();
        for graph in plan.graphs.iter().filter(|_| plan.pass(passes::FROZEN)) {
            // an evaluation scores every task
            let wanted = if graph.phase == Phase::Test { &all } else { &own };
            let kept = flow::kept(plan, graph, stage, wanted);
            if !kept.is_empty() {
                self.nodes.insert((graph.corpus, graph.phase), kept);
            }
        }
        let (nodes, used) = (&self.nodes, &mut self.used);
        for ((corpus, split), s) in &mut self.splits {
            let phase = if *split == SplitName::Train { Phase::Train } else { Phase::Test };
            s.values.retain(|(node, _), block| {
                let keep = nodes.get(&(*corpus, phase)).is_some_and(|n| n.contains(node));
                if let (false, At::Memory(v)) = (keep, &block.at) {
                    *used -= size_of_val(v.as_slice());
                }
                keep
            });
        }
        if self.splits.values().all(|s| s.values.is_empty()) {
            (self.file, self.end) = (None, 0);
        }
    }

    /// Whether anything is worth keeping in a graph.
    pub fn any(&self, corpus: usize, phase: Phase) -> bool {
        self.nodes.contains_key(&(corpus, phase))
    }

    /// Bytes in memory, and in the file.
    pub fn size(&self) -> (usize, u64) {
        (self.used, self.end)
    }

    /// Kept values of the nodes that what is wanted needs, for the job's examples; those that are not there yet are
    /// computed. The job's parameters must be without autodiff.
    pub fn values(
        &mut self,
        network: &Network,
        job: &Job<'_>,
        split: SplitName,
        wanted: &Wanted,
    ) -> Result<HashMap<NodeId, Value>, Diagnostic> {
        let Some(all) = self.nodes.get(&(job.graph.corpus, job.graph.phase)) else { return Ok(HashMap::new()) };
        let needed = flow::needed(job.graph, wanted.nodes(job.graph), all);
        let nodes: Vec<NodeId> = all.iter().copied().filter(|n| needed[*n]).collect();
        let own = self.splits.entry((job.graph.corpus, split)).or_insert_with(|| Split::new(job.batch));
        let groups: BTreeSet<usize> = job.batch.examples.iter().map(|e| own.place[*e].0).collect();
        for g in groups {
            let missing: Vec<NodeId> = nodes.iter().copied().filter(|n| !own.values.contains_key(&(*n, g))).collect();
            if missing.is_empty() {
                continue;
            }
            let batch = Batch { examples: &own.groups[g], ..job.batch };
            let mut values = network.nodes(&Job { batch, ..*job }, &missing);
            for n in missing {
                let Some(Value::Rows(tensor, axis)) = values.get_mut(n).and_then(Option::take) else { continue };
                let width = tensor.dims()[1];
                let numbers = crate::ops::floats(&tensor);
                let size = size_of_val(numbers.as_slice());
                let at = if self.used + size <= self.limit {
                    self.used += size;
                    At::Memory(numbers)
                } else {
                    let at = spill(&mut self.file, &self.folder, self.end, &numbers);
                    let at = at.map_err(|e| files::unwritable(&self.folder, &e))?;
                    self.end += size as u64;
                    At::Disk(at)
                };
                own.values.insert((n, g), Block { axis, width, at });
            }
        }
        let mut out = HashMap::new();
        for n in nodes {
            if let Some(v) = own.gather(n, job.batch.examples, self.file.as_mut(), job.params.device()) {
                out.insert(n, v.map_err(|e| files::unreadable(&self.folder, &e))?);
            }
        }
        Ok(out)
    }
}

/// Writes numbers at the end of the file; where they begin.
fn spill(file: &mut Option<File>, folder: &Path, end: u64, numbers: &[f32]) -> io::Result<u64> {
    if file.is_none() {
        *file = Some(tempfile::tempfile_in(folder)?);
    }
    if let Some(f) = file {
        f.seek(SeekFrom::Start(end))?;
        f.write_all(&numbers.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    Ok(end)
}

impl Split {
    fn new(batch: Batch<'_>) -> Self {
        let groups: Vec<Vec<usize>> = by_length(batch.split).chunks(BATCH).map(<[usize]>::to_vec).collect();
        let mut place = vec![(0, 0); batch.split.len];
        for (g, members) in groups.iter().enumerate() {
            for (k, e) in members.iter().enumerate() {
                place[*e] = (g, k);
            }
        }
        Self { groups, place, values: HashMap::new() }
    }

    /// A node's values for some examples, put together; `None`: they are not kept.
    fn gather(
        &self,
        node: NodeId,
        examples: &[usize],
        mut file: Option<&mut File>,
        device: &Device,
    ) -> Option<io::Result<Value>> {
        let (mut numbers, mut axes, mut width) = (vec![], vec![], 0);
        let mut bytes = vec![];
        for e in examples {
            let (g, k) = self.place[*e];
            let block = self.values.get(&(node, g))?;
            let (rows, axis) = block.axis.cut(k..k + 1);
            width = block.width;
            axes.push(axis);
            match (&block.at, file.as_deref_mut()) {
                (At::Memory(v), _) => numbers.extend_from_slice(&v[rows.start * width..rows.end * width]),
                (At::Disk(from), Some(f)) => {
                    bytes.resize(rows.len() * width * 4, 0);
                    let read = f
                        .seek(SeekFrom::Start(from + (rows.start * width * 4) as u64))
                        .and_then(|_| f.read_exact(&mut bytes));
                    if let Err(e) = read {
                        return Some(Err(e));
                    }
                    numbers.extend(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
                }
                (At::Disk(_), None) => return None,
            }
        }
        let axis = Axis::join(&axes)?;
        let tensor = Tensor::from_data(TensorData::new(numbers, [axis.total(), width]), device);
        Some(Ok(Value::Rows(tensor, Arc::new(axis))))
    }
}
