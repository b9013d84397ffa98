//! The state of elaboration.

use super::*;

/// Features of a task, and the node of its head.
pub(crate) type Featured = Result<(Rc<Val>, usize), Poison>;
/// A task on a graph, in a round of feedback, over a text.
pub(crate) type TaskKey = (usize, usize, u32, SmallList<usize>);
/// An encoder on a graph, in a round of feedback, over a text or on the value of a node.
pub(crate) type EncoderKey = (usize, usize, u32, SmallList<usize>, Option<usize>);
/// Names that were made once.
type Names<K> = RefCell<HashMap<K, Arc<str>>>;
/// An encoder's value and its layers by depth.
pub(crate) type Encoded = (Val, Vec<Option<Val>>);

/// Builds the graphs of a program.
pub(crate) struct Checker<'p> {
    pub r: Resolver<'p>,
    pub p: &'p Program,
    /// what enters the head of each task, as far as it is known
    pub inputs: Vec<HeadInput>,
    pub vocabs: Vec<VocabSpec>,
    pub params: Vec<SymParam>,
    pub layers: Vec<Layer>,
    pub layer_keys: HashMap<LayerKey, (usize, SmallList<Dim>)>,
    /// names of texts, by data set and fields
    pub axis_names: Names<(usize, SmallList<usize>)>,
    /// types of values: most nodes have one of a few
    pub known_types: RefCell<HashTable<nodes::Known>>,
    /// how many layers have a name so far: owner and word
    pub layer_names: HashMap<(Arc<str>, &'static str), usize>,
    pub graphs: Vec<Graph>,
    pub widths: Vec<Vec<Dim>>,
    pub types: Vec<Vec<NodeType>>,
    /// what travels along each arrow, by graph, ascending
    pub carried: Vec<Vec<(usize, SmallList<Carried>)>>,
    /// types of tasks, by graph, ascending
    pub task_types: Vec<Vec<(usize, TaskType)>>,
    /// paths of pretrained models
    pub models: Vec<String>,
    /// the place of the expression that is being elaborated
    pub here: Span,
    /// the arrow for which a task is elaborated
    pub run_by: Option<Span>,
    /// whether a text was missing in what is being elaborated, and what lacks one: whoever names it is told
    pub textless: bool,
    pub without_text: HashSet<(Kind, EncoderKey)>,
    /// nodes of each graph, by what they compute
    pub node_places: Vec<HashTable<u32>>,
    pub task_memo: HashMap<TaskKey, Featured>,
    pub encoder_memo: HashMap<EncoderKey, Result<Rc<Encoded>, Poison>>,
    /// layers so far of encoders that are being elaborated: an arrow may lead from a task on a lower layer to a higher
    pub partial: HashMap<EncoderKey, Vec<Option<Val>>>,
    pub let_memo: HashMap<EncoderKey, Result<Val, Poison>>,
    /// how many encoders, `let`s and tasks are being elaborated within each other
    pub nesting: usize,
    /// encoder layer → encoder layers directly below
    pub below: BTreeMap<(usize, u32), BTreeSet<(usize, u32)>>,
    pub used_encoders: BTreeSet<usize>,
    /// places of tasks among those of a graph: (graph, task)
    pub placed: HashMap<(usize, usize), usize>,
    /// graphs by data set and by whether they are those of the test phase
    pub graph_places: HashMap<(usize, bool), usize>,
}

impl<'p> Checker<'p> {
    pub fn new(r: Resolver<'p>) -> Self {
        Checker {
            inputs: vec![HeadInput::default(); r.tasks.len()],
            carried: vec![vec![]; r.edges.len()],
            task_types: vec![vec![]; r.tasks.len()],
            p: r.p,
            r,
            vocabs: vec![],
            params: vec![],
            layers: vec![],
            layer_keys: HashMap::default(),
            axis_names: RefCell::default(),
            known_types: RefCell::default(),
            graph_places: HashMap::default(),
            layer_names: HashMap::default(),
            graphs: vec![],
            widths: vec![],
            types: vec![],
            models: vec![],
            here: Span::default(),
            run_by: None,
            textless: false,
            without_text: HashSet::default(),
            node_places: vec![],
            task_memo: HashMap::default(),
            encoder_memo: HashMap::default(),
            partial: HashMap::default(),
            let_memo: HashMap::default(),
            nesting: 0,
            below: BTreeMap::new(),
            used_encoders: BTreeSet::new(),
            placed: HashMap::default(),
        }
    }

    /// What later stages are told.
    pub fn finish(self) -> (Resolver<'p>, Elaborated) {
        let out = Elaborated {
            vocabs: self.vocabs,
            params: self.params,
            layers: self.layers,
            graphs: self.graphs,
            widths: self.widths,
            types: self.types,
            carried: self.carried,
            task_types: self.task_types,
            inputs: self.inputs,
            below: self.below,
            used_encoders: self.used_encoders,
            tasks: self.task_memo,
            encoders: self.encoder_memo,
            lets: self.let_memo,
        };
        (self.r, out)
    }
}

impl Checker<'_> {
    /// As [`Resolver::report`].
    pub fn report(&mut self, d: Diagnostic) -> Poison {
        self.r.report(d)
    }

    /// As [`Resolver::later`].
    pub fn later(&mut self, span: Span, what: impl Into<String>) {
        self.r.later(span, what);
    }

    /// As [`Resolver::unknown_word`].
    pub fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Poison {
        self.r.unknown_word(code, what, word, span, known)
    }

    pub(crate) fn shape(v: &Val) -> Shape {
        match v.kind {
            VKind::Text => Shape::Text,
            VKind::Seq => Shape::Seq(v.width.n),
            _ => Shape::Vec(v.width.n),
        }
    }
}
