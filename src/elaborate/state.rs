//! The state of elaboration.

use super::sharing::Body;
use super::*;

/// Features of a task, and the node of its head.
pub(crate) type Featured = Result<(Rc<Val>, usize), Reported>;
/// A task on a graph, in a round of feedback, over a text.
pub(crate) type TaskKey = (usize, usize, u32, SmallList<usize>);
/// An encoder on a graph, in a round of feedback, over a text or on the value of a node.
pub(crate) type EncoderKey = (usize, usize, u32, SmallList<usize>, Option<usize>);
/// Names of texts, by data set and fields.
type AxisNames = HashMap<(usize, SmallList<usize>), Arc<str>>;
/// An encoder's value and its layers by depth.
pub(crate) type Encoded = (Val, Vec<Option<Val>>);

/// Builds the graphs of a program.
pub(crate) struct Elaborator<'p> {
    pub p: &'p Program,
    /// tasks and arrows, and where findings go
    pub r: Resolver<'p>,
    /// what was built so far
    pub out: Elaborated,
    pub places: Places,
    pub names: Names,
    /// paths of pretrained models
    pub models: Vec<String>,
    /// the place of the expression that is being elaborated
    pub here: Span,
    /// the arrow for which a task is elaborated
    pub run_by: Option<Span>,
    /// whether a text was missing in what is being elaborated, and what lacks one: whoever names it is told
    pub textless: bool,
    pub without_text: HashSet<(Kind, EncoderKey)>,
    /// layers so far of encoders that are being elaborated: an arrow may lead from a task on a lower layer to a higher
    pub partial: HashMap<EncoderKey, Vec<Option<Val>>>,
    /// the loss that is being elaborated: for it, not for a task, are its features
    pub reader: Option<String>,
    /// encoders whose bodies are being elaborated, the innermost last
    pub bodies: Vec<Body>,
    /// encoders up to a layer; `None`: being elaborated
    pub unmixed: HashMap<(EncoderKey, u32), Option<Out>>,
    /// how many encoders, `let`s and tasks are being elaborated within each other
    pub nesting: usize,
}

/// Where equal things stand, so that each is built once.
#[derive(Default)]
pub(crate) struct Places {
    pub layers: HashMap<LayerKey, (usize, SmallList<Dim>)>,
    /// nodes of each graph, by what they compute
    pub nodes: Vec<HashTable<u32>>,
    /// places of tasks among those of a graph: (graph, task)
    pub tasks: HashMap<(usize, usize), usize>,
    /// graphs by data set and by whether they are those of the test phase
    pub graphs: HashMap<(usize, bool), usize>,
}

/// Names and types that were made once.
#[derive(Default)]
pub(crate) struct Names {
    pub axes: RefCell<AxisNames>,
    /// types of values: most nodes have one of a few
    pub types: RefCell<HashTable<nodes::Known>>,
    /// how many layers have a name so far: owner and word
    pub layers: HashMap<(Arc<str>, &'static str), usize>,
}

impl<'p> Elaborator<'p> {
    pub fn new(r: Resolver<'p>) -> Self {
        Elaborator {
            p: r.p,
            out: Elaborated {
                inputs: vec![HeadInput::default(); r.tasks.len()],
                carried: vec![vec![]; r.edges.len()],
                task_types: vec![vec![]; r.tasks.len()],
                ..Elaborated::default()
            },
            r,
            places: Places::default(),
            names: Names::default(),
            models: vec![],
            here: Span::default(),
            run_by: None,
            textless: false,
            without_text: HashSet::default(),
            partial: HashMap::default(),
            reader: None,
            bodies: vec![],
            unmixed: HashMap::default(),
            nesting: 0,
        }
    }

    /// What goes on where elaboration ended: the nodes that were built are known.
    pub fn again(r: Resolver<'p>, mut out: Elaborated) -> Self {
        let (places, names) = (std::mem::take(&mut out.places), std::mem::take(&mut out.names));
        let models = std::mem::take(&mut out.models);
        Elaborator { places, names, models, out, ..Self::new(r) }
    }

    /// What was built, with where it stands.
    pub fn handed_on(mut self) -> (Resolver<'p>, Elaborated) {
        (self.out.places, self.out.names, self.out.models) = (self.places, self.names, self.models);
        (self.r, self.out)
    }
}

impl Elaborator<'_> {
    /// As [`Resolver::report`].
    pub fn report(&mut self, d: Diagnostic) -> Reported {
        self.r.report(d)
    }

    /// As [`Resolver::unsupported`].
    pub fn unsupported(&mut self, span: Span, what: impl Into<String>) {
        self.r.unsupported(span, what);
    }

    /// As [`Resolver::unknown_word`].
    pub fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Reported {
        self.r.unknown_word(code, what, word, span, known)
    }

    pub(crate) fn shape(v: &Val) -> Shape {
        let tokens = matches!(v.kind, VKind::Text | VKind::Seq).then_some(Level::Tokens);
        let members = v.outer.iter().map(|_| Level::Members);
        Shape { over: members.chain(tokens).collect(), width: (v.kind != VKind::Text).then_some(v.width.n) }
    }
}
