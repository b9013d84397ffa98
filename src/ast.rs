//! The syntax tree: what the text says, before any name has a meaning.
//!
//! Every node knows its place; equality ignores places, so that the formatter can prove that its
//! output means the same as its input.

use crate::source::Span;
use std::sync::Arc;

/// A value with its place. Equality looks at the value only.
#[derive(Clone, Debug)]
pub struct Node<T> {
    /// what stands there
    pub value: T,
    /// where
    pub span: Span,
}

impl<T> Node<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T: PartialEq> PartialEq for Node<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A name.
pub type Name = Node<String>;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// its declarations, in order
    pub items: Vec<Item>,
}

/// A declaration.
pub type Item = Node<ItemKind>;

/// The kinds of declaration.
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `use "common.mtl"`
    Use(Node<Text>),
    /// `param NAME = EXPR`
    Param { name: Name, value: Expr },
    /// `let NAME = EXPR`
    Let { name: Name, value: Expr },
    /// `data NAME = READER(...) { field: type = source; ... }`
    Data { name: Name, reader: Expr, fields: Vec<Field> },
    /// `encoder NAME = EXPR`
    Encoder { name: Name, value: Expr },
    /// `task NAME : HEAD of GOLD from FEATURES on DATA { options }`
    Task(Arc<Task>),
    /// `share A, B by SCHEME`
    Share { members: Vec<Expr>, scheme: Expr },
    /// `loss NAME = EXPR on DATA { options }`
    Loss { name: Name, value: Expr, on: Option<Expr>, options: Vec<Setting> },
    /// `for NAME in LIST { items }`
    For { var: Name, list: Expr, items: Vec<Item> },
    /// `train { settings }`
    Train(Vec<Setting>),
    /// `expect CLAIM`
    Expect(Expr),
    /// `SRC.port -> DST, ... via OP { options }`
    Edge(Arc<Edge>),
}

/// `field: type = source`
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// its name
    pub name: Name,
    /// its type
    pub ty: FieldType,
    /// column number, or name of a column or key
    pub source: Option<Node<FieldSource>>,
}

/// Where a field's values come from.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldSource {
    /// `= 3`
    Number(usize),
    /// `= "seq.label"`
    Text(Text),
    /// `= score`
    Name(String),
}

/// The name of what could not be read: a finding exists already, and nothing else may be said of it.
pub const UNREADABLE: &str = "?";

/// `tags on x`, `list<tokens>`, `vec<64>`, `index in docs`
#[derive(Clone, Debug)]
pub struct FieldType {
    /// `tags`
    pub name: Name,
    /// `<tokens>` or `<64>`
    pub of: Option<Box<TypeArg>>,
    /// `on x` / `in docs`
    pub axis: Option<Node<FieldAxis>>,
    /// the whole type's place
    pub span: Span,
}

impl PartialEq for FieldType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.of == other.of && self.axis == other.axis
    }
}

/// What stands between `<` and `>`.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeArg {
    /// `tokens`
    Type(FieldType),
    /// `64`
    Number(Node<f64>),
}

/// `on x` or `in docs`.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldAxis {
    /// `in` rather than `on`
    pub within: bool,
    /// the text or list
    pub path: Expr,
}

/// A `task` declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// its name
    pub name: Name,
    /// `tag(crf)`
    pub head: Expr,
    /// after `of`
    pub of: Option<Expr>,
    /// after `from`
    pub from: Option<Expr>,
    /// after `on`
    pub on: Option<Expr>,
    /// in braces
    pub options: Vec<Setting>,
}

/// An arrow, `->` or `~>`.
#[derive(Clone, Debug)]
pub struct Edge {
    /// `pos.probs`
    pub source: Expr,
    /// the place of `->` or `~>`
    pub arrow: Span,
    /// `~>`
    pub feedback: bool,
    /// at least one
    pub targets: Vec<Expr>,
    /// after `via`
    pub via: Option<Expr>,
    /// in braces
    pub options: Vec<Setting>,
}

impl PartialEq for Edge {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
            && self.feedback == other.feedback
            && self.targets == other.targets
            && self.via == other.via
            && self.options == other.options
    }
}

/// One line of a block in braces.
pub type Setting = Node<SettingKind>;

/// The kinds of line in a block.
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq)]
pub enum SettingKind {
    /// `stage NAME for t in LIST { ... }`
    Stage { name: Name, family: Option<(Name, Expr)>, body: Vec<Setting> },
    /// `repeat N { ... }`
    Repeat { times: Node<Number>, body: Vec<Setting> },
    /// `view NAME with EXPR` / `view NAME from EXPR`
    View { name: Name, from: bool, value: Expr },
    /// `metric accuracy, f1`; several words before a comma (`then freeze`, `loss none`, `early_stop 5 of slot`)
    /// are one value each
    Attr { name: Name, values: Vec<Expr> },
}

/// An expression with its place.
pub type Expr = Node<Box<ExprKind>>;

/// The forms of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `3`, `15%`, `20k`, `10min`
    Number(Number),
    /// `"data/{d}"`
    Text(Text),
    /// `enc`
    Name(String),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `1..9`, `3..`
    Range(u64, Option<u64>),
    /// `(e)`: kept for the formatter
    Paren(Expr),
    /// `f(a, k = v)`
    Call(Expr, Vec<Arg>),
    /// `sent[d]`, `sent[*]` (`None`)
    Index(Expr, Option<Expr>),
    /// `enc@1`, `enc@2..3`, `enc@*`
    Tap(Expr, Node<Tap>),
    /// `slot.probs`
    Dot(Expr, Name),
    /// `-e`
    Neg(Expr),
    /// `a |> b`
    Pipe(Expr, Expr),
    /// `a & b`
    Cat(Expr, Expr),
    /// `a + b`, `a - b`, `a * b`, `a / b`, and comparisons
    Binary(Node<BinOp>, Expr, Expr),
    /// `pos -> chunk` (an argument that names an arrow)
    Arrow(Expr, Expr),
    /// something unreadable: a finding exists already, and nothing else may be said of it
    Error,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `k` of `k = v`
    pub name: Option<Name>,
    /// the value
    pub value: Expr,
}

/// After `@`.
#[derive(Clone, Debug, PartialEq)]
pub enum Tap {
    /// `@3`
    Layer(u64),
    /// `@2..3`
    Range(u64, Option<u64>),
    /// `@*`
    All,
    /// `@name`
    Name(String),
}

/// Operators between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Ge,
    Le,
    Eq,
    Gt,
    Lt,
}

/// A number as written; `value` has the unit's factor applied (`20k` is 20000, `15%` is 0.15, `10min` is 600 s).
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// with the unit applied
    pub value: f64,
    /// `%`, `k`, `M`, `s`, `min`, `h`
    pub unit: Option<Unit>,
    /// as it stands in the text, for the formatter
    pub raw: String,
}

/// Units of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unit {
    Percent,
    Kilo,
    Mega,
    Seconds,
    Minutes,
    Hours,
}

/// A string, split at its interpolations: `"data/{d}.tsv"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// in order
    pub parts: Vec<TextPart>,
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPart {
    /// literal characters
    Plain(String),
    /// `{d}`
    Var(Name),
}

/// A comment with its place, for the formatter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// with its `#`
    pub text: String,
    /// where
    pub span: Span,
}

/// The text of a string in which no variable stands.
pub fn plain_text(e: &Expr) -> Option<&str> {
    match &*e.value {
        ExprKind::Text(t) => match t.parts.as_slice() {
            [TextPart::Plain(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// A path as text, for messages and names of arrows.
pub fn path_words(e: &Expr) -> String {
    match &*e.value {
        ExprKind::Name(n) => n.clone(),
        ExprKind::Dot(a, b) => format!("{}.{}", path_words(a), b.value),
        ExprKind::Index(a, None) => format!("{}[*]", path_words(a)),
        ExprKind::Index(a, Some(k)) => format!("{}[{}]", path_words(a), path_words(k)),
        ExprKind::Tap(a, t) => match &t.value {
            Tap::Layer(k) => format!("{}@{k}", path_words(a)),
            Tap::Range(i, j) => format!("{}@{i}..{}", path_words(a), j.map(|j| j.to_string()).unwrap_or_default()),
            Tap::All => format!("{}@*", path_words(a)),
            Tap::Name(n) => format!("{}@{n}", path_words(a)),
        },
        ExprKind::Call(f, args) => {
            let arg = |a: &Arg| match &a.name {
                Some(n) => format!("{} = {}", n.value, path_words(&a.value)),
                None => path_words(&a.value),
            };
            format!("{}({})", path_words(f), args.iter().map(arg).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Text(t) => {
            let s: String = t
                .parts
                .iter()
                .map(|p| match p {
                    TextPart::Plain(s) => s.clone(),
                    TextPart::Var(v) => format!("{{{}}}", v.value),
                })
                .collect();
            format!("\"{s}\"")
        }
        ExprKind::Number(n) => n.raw.clone(),
        ExprKind::Paren(e) => format!("({})", path_words(e)),
        ExprKind::Binary(op, a, b) => {
            use BinOp::*;
            let o = match op.value {
                Add => "+",
                Sub => "-",
                Mul => "*",
                Div => "/",
                Ge => ">=",
                Le => "<=",
                Eq => "==",
                Gt => ">",
                Lt => "<",
            };
            format!("{} {o} {}", path_words(a), path_words(b))
        }
        ExprKind::Arrow(a, b) => format!("{} -> {}", path_words(a), path_words(b)),
        ExprKind::Neg(a) => format!("-{}", path_words(a)),
        ExprKind::Pipe(a, b) => format!("{} |> {}", path_words(a), path_words(b)),
        ExprKind::Cat(a, b) => format!("{} & {}", path_words(a), path_words(b)),
        _ => "...".into(),
    }
}
