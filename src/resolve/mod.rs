//! Resolving: what every name, number and option of a program means, before any shape is known.
//!
//! Takes a [`Program`], gives its tasks and arrows with ids in place of names. Later stages ask the [`Resolver`] what the
//! names and arguments in their own expressions mean, so that they are held to one set of rules.

mod ablation;
mod arguments;
mod arrows;
mod declare;
mod figures;
mod gold;
mod hints;
mod masked;
mod modes;
mod names;
mod paths;
mod shares;
mod views;

pub(crate) use arguments::{Given, GivenOption, either, flag, word_of};
pub(crate) use arrows::{DataArrow, pipe_stages};
pub(crate) use hints::{FEATURE, READ_BY_ENCODER};
pub(crate) use paths::{Part, Path, path};
pub(crate) use shares::{Member, Shared};

pub(crate) use crate::ast::path_words;
use crate::ast::{self, Expr, ExprKind, SettingKind};
use crate::columns::{CorpusDecl, FieldType};
use crate::diagnostics::{Diagnostic, Reported, Reports, suggest};
use crate::hir::{Env, Item, Kind, Meaning, Options, Program, is_name};
use crate::kinds::heads::{self, Headed};
use crate::plan::{ClassWeights, Factor, LabelSpec, Metric, OwnLoss, Phase, SOURCE_FIELD};
use crate::source::{FileId, Span};
use crate::types::{Edge, Grad, Mode, Target};
use crate::util::SmallSet;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// What is known of a task before its features are.
#[derive(Debug)]
pub(crate) struct TaskInfo {
    pub name: String,
    pub def: usize,
    pub span: Span,
    pub head: &'static heads::Row,
    pub rule: &'static heads::Rule,
    pub head_text: String,
    pub settings: crate::plan::Settings,
    pub golds: Vec<(usize, usize)>,
    /// the texts that a computed gold compares
    pub compares: Vec<usize>,
    /// type of the gold
    pub gold: Option<FieldType>,
    pub gold_text: String,
    pub gold_span: Span,
    pub corpora: Vec<usize>,
    pub labels: Option<usize>,
    pub layer_names: Option<usize>,
    pub metrics: Vec<Metric>,
    /// the first of them is the default, which depends on the classes
    pub metric_by_data: bool,
    pub weight: Factor,
    /// the parts of its loss, where it names them
    pub loss: Option<Vec<OwnLoss>>,
    pub class_weights: Option<ClassWeights>,
    pub when: Option<Phase>,
    pub dropout: f64,
    pub poisoned: bool,
    /// `--only` names others
    pub left_out: bool,
}

impl TaskInfo {
    /// As far as its head needs to know it.
    pub fn headed(&self) -> Headed<'_> {
        Headed { name: &self.name, def: self.def, labels: self.labels, settings: &self.settings }
    }
}

/// Tasks by where their targets end, and the places of what they read.
type ReadAt = (HashMap<(FileId, u32), usize>, HashSet<Span>);

/// From which golds a label set is read, whether they are names of layers, and for words as classes which vocabulary.
type LabelKey = (SmallSet<(usize, usize)>, bool, Option<usize>);

/// Names, numbers and options of a program, and what was found to be wrong with them.
pub(crate) struct Resolver<'p> {
    pub p: &'p Program,
    pub reports: Reports,
    pub tasks: Vec<TaskInfo>,
    pub edges: Vec<Arc<Edge>>,
    /// arrows that begin at no task
    pub data_arrows: Vec<DataArrow<'p>>,
    pub labels: Vec<LabelSpec>,
    /// label sets by what they are read from
    label_keys: HashMap<LabelKey, usize>,
    /// arrows by where they end: task, or (encoder, layer)
    pub into_task: Vec<Vec<usize>>,
    pub into_layer: HashMap<(usize, u32), Vec<usize>>,
    /// every `share` that has no fault
    pub shared: Vec<Shared>,
    /// indices of losses that `--without` names
    pub dropped_losses: BTreeSet<usize>,
    /// texts among the fields of each data set
    pub texts: Vec<Vec<usize>>,
    /// dropout where nothing else is said
    pub dropout: f64,
    /// whose features are looked through for names
    walked: Option<&'p str>,
    /// names of all fields, in order, once they were asked for
    fields: OnceCell<Rc<[&'p str]>>,
    /// what tasks learn and read by its place, once it was asked for
    read_at: OnceCell<ReadAt>,
    /// what is said of unknown names
    unresolved: hints::Unresolved,
}

/// Resolves a program. Tasks and arrows that `options` leave out are marked.
pub(crate) fn resolve<'p>(p: &'p Program, options: &Options) -> Resolver<'p> {
    let mut r = Resolver {
        p,
        reports: Reports::default(),
        tasks: Vec::with_capacity(p.tasks.len()),
        edges: Vec::with_capacity(p.edges.len()),
        data_arrows: vec![],
        labels: vec![],
        label_keys: HashMap::default(),
        into_task: vec![],
        into_layer: HashMap::default(),
        shared: vec![],
        dropped_losses: BTreeSet::new(),
        texts: p.data.iter().map(texts).collect(),
        dropout: 0.0,
        walked: None,
        fields: OnceCell::new(),
        read_at: OnceCell::new(),
        unresolved: hints::Unresolved::default(),
    };
    if p.tasks.is_empty() {
        let d = Diagnostic::new("E0307", "the program has no task");
        let help = format!("add one: `{}`", r.some_task_line());
        r.reports.report_again(d.help(help));
    }
    r.dropout = r.train_dropout();
    r.resolve_names();
    r.collect_tasks();
    r.collect_edges();
    r.check_shares();
    r.apply(options);
    r.drop_unread_members();
    r
}

impl Resolver<'_> {
    /// Reports a finding once, however many members of a family or phases show it.
    pub fn report(&mut self, d: Diagnostic) -> Reported {
        self.reports.report(d)
    }

    /// Notes that the trainer cannot run something yet.
    pub fn unsupported(&mut self, span: Span, what: impl Into<String>) {
        self.reports.unsupported(span, what);
    }

    /// Takes an arrow from the program.
    pub fn cut(&mut self, edge: usize) {
        Arc::make_mut(&mut self.edges[edge]).alive = false;
    }

    pub fn names_of_tasks(&self) -> Vec<String> {
        self.tasks.iter().map(|t| t.name.clone()).collect()
    }
}

/// The fields that hold texts.
pub(crate) fn texts(decl: &CorpusDecl) -> Vec<usize> {
    (0..decl.fields.len()).filter(|i| is_texty(&decl.fields[*i].ty)).collect()
}

pub(crate) fn is_texty(t: &FieldType) -> bool {
    match t {
        FieldType::Text | FieldType::Tokens => true,
        FieldType::Other { kind, of, .. } => kind == "list" && of.as_deref().is_some_and(is_texty),
        _ => false,
    }
}

/// The word of a field's type.
pub(crate) fn type_word(t: &FieldType) -> &str {
    match t {
        FieldType::Text => "text",
        FieldType::Tokens => "tokens",
        FieldType::Label => "label",
        FieldType::Labels { .. } => "labels",
        FieldType::Real => "real",
        FieldType::Id => "id",
        FieldType::Vec(_) => "vec",
        FieldType::Tags { .. } => "tags",
        FieldType::Layers { .. } => "layers",
        FieldType::Heads { .. } => "heads",
        FieldType::Pairs { .. } => "pairs",
        FieldType::Other { kind, .. } => kind,
    }
}
