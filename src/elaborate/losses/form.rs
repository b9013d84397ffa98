//! What the checker has typed of a `loss`.

use super::*;

/// A `loss` of the program, typed.
#[derive(Clone, Debug)]
pub(crate) struct LossForm {
    pub name: String,
    pub span: Span,
    /// the data after `on`, with its place
    pub on: Option<(Vec<usize>, Span)>,
    pub weight: Factor,
    pub value: Form,
}

/// A value of a loss: what it is, with names resolved, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub span: Span,
    pub what: What,
}

/// What a value of a loss is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Number(f64),
    Factor(Factor),
    /// the port of a task
    Port(usize, String),
    /// the port of a view on other features: its task, which option of that it is
    View(usize, usize, String),
    Features(Box<Expr>, Env, Are),
    /// gold: data set and field
    Gold(usize, usize),
    /// the weights of members
    Weights(Vec<Owner>),
    Call(&'static TermKind, Vec<Form>),
    Binary(BinOp, Box<Form>, Box<Form>),
    Neg(Box<Form>),
    /// several at once: of a family
    Members(Vec<Form>),
    /// nothing that runs, for a reason that is said elsewhere
    Elsewhere,
    /// nothing that runs yet
    Later,
}

/// Whose weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Task(usize),
    Encoder(usize),
}

/// What features are to a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Are {
    Features,
    /// a number for each token of a text, which sum to one
    Weights,
    /// numbers that sum to one
    Distribution,
}

impl Form {
    pub fn new(span: Span, what: What) -> Self {
        Self { span, what }
    }

    /// The forms of which this one is made.
    pub(super) fn parts(&self) -> Vec<&Form> {
        match &self.what {
            What::Call(_, parts) | What::Members(parts) => parts.iter().collect(),
            What::Binary(_, a, b) => vec![a, b],
            What::Neg(a) => vec![a],
            _ => vec![],
        }
    }

    /// Whether it, or anything in it, is so.
    pub(super) fn any(&self, is: &dyn Fn(&What) -> bool) -> bool {
        is(&self.what) || self.parts().into_iter().any(|p| p.any(is))
    }

    /// The tasks whose ports are read; `trained`: only those into which a gradient flows.
    pub fn tasks(&self, trained: bool, out: &mut BTreeSet<usize>) {
        match &self.what {
            What::Port(_, port) | What::View(_, _, port) if trained && port == "labels" => {}
            What::Port(task, _) | What::View(task, ..) => _ = out.insert(*task),
            What::Weights(owners) => {
                out.extend(owners.iter().filter_map(|o| if let Owner::Task(t) = o { Some(*t) } else { None }));
            }
            What::Call(kind, _) if trained && kind.lowers == Lowers::Stop => {}
            _ => self.parts().into_iter().for_each(|p| p.tasks(trained, out)),
        }
    }
}
