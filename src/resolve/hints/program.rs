//! What helps say in names of the program at hand, so that they can be written as they stand.

use super::*;
use crate::kinds::heads::{self, Reads};
use crate::kinds::layers;
use crate::resolve::type_word;
use crate::types::Marks;

impl Resolver<'_> {
    /// Whether features pass through one of these functions, here or in what they name.
    fn passes(&self, e: &Expr, through: fn(&Marks) -> bool, depth: usize) -> bool {
        let of = |all: &[crate::hir::Named], n: &str| {
            let named = all.iter().find(|x| x.name == n);
            named.is_some_and(|x| self.passes(&x.value, through, depth - 1))
        };
        let names = crate::hir::names_of(e);
        let own = |n: &&str| layers::function(n).is_some_and(|f| through(&f.marks));
        names.iter().any(own) || depth > 0 && names.iter().any(|n| of(&self.p.encoders, n) || of(&self.p.lets, n))
    }

    /// Whether features are pooled somewhere.
    pub(crate) fn pooled(&self, e: &Expr) -> bool {
        self.passes(e, |m| m.pools, 4)
    }

    /// Whether a place in `via` has no pooling before it: what is one vector there was so when it came.
    pub(crate) fn brought_pooled(&self, place: Span) -> bool {
        let mut at = self.p.edges.iter().filter_map(|e| e.ast.via.as_ref()).find(|e| holds(e, place));
        while let Some(e) = at {
            let ExprKind::Pipe(before, stage) = &*e.value else { return true };
            if holds(stage, place) {
                return !self.pooled(before);
            }
            at = Some(before);
        }
        false
    }

    /// How a text is declared so that a task over several data sets reads it: by the name that it has in another.
    pub(crate) fn text_called_alike(&self, task: usize, corpus: usize, text: &str) -> Option<String> {
        let one = |c: &usize| match self.texts[*c].as_slice() {
            [one] if *c != corpus => Some((*c, &self.p.data[*c].fields[*one])),
            _ => None,
        };
        let (other, field) = self.tasks[task].corpora.iter().find_map(one)?;
        let (here, there) = (&self.p.data[corpus], &self.p.data[other].name);
        if here.fields.iter().any(|f| f.name == field.name) {
            return None;
        }
        let line = format!("{}: {} = \"{text}\"", field.name, type_word(&field.ty));
        Some(format!("call one of its texts as in `{there}`, and write `from enc({})`: `{line}`", field.name))
    }

    /// The encoder among the names of features that reads both ways, if one does.
    pub(crate) fn reads_both_ways(&self, e: &Expr) -> Option<&str> {
        let names = crate::hir::names_of(e);
        let fits =
            |x: &&crate::hir::Named| names.contains(&x.name.as_str()) && self.passes(&x.value, |m| m.both_ways, 0);
        self.p.encoders.iter().find(fits).map(|x| x.name.as_str())
    }

    /// `chunk.span_f1`: a figure of the program.
    pub(crate) fn some_figure(&self) -> String {
        self.figures().into_iter().next().unwrap_or_else(|| "slot.span_f1".into())
    }

    /// The first figure of each task that can be named so.
    pub(crate) fn figures(&self) -> Vec<String> {
        let tasks = self.tasks.iter().filter(|t| !t.poisoned);
        tasks.filter_map(|t| Some(format!("{}.{}", t.name, t.metrics.first()?.label))).collect()
    }

    /// The arrow that brings gold to a task: `pos.labels -> chunk via embed(16) { train gold }`.
    pub(crate) fn gold_arrow(&self, corpus: usize, field: usize, to: &str) -> Option<String> {
        let learns = |t: &&TaskInfo| t.golds.contains(&(corpus, field)) && t.name != to;
        let task = self.tasks.iter().find(learns)?;
        Some(format!("`{}.labels -> {to} via embed(16) {{ train gold }}`", task.name))
    }

    /// The task in whose features a place stands, and the arrow that would bring it this gold.
    pub(crate) fn gold_arrow_at(&self, span: Span, field: usize) -> Option<String> {
        let reads = |t: &&TaskInfo| self.p.tasks[t.def].ast.from.as_ref().is_some_and(|e| holds(e, span));
        let to = self.tasks.iter().find(reads)?;
        to.corpora.iter().find_map(|c| self.gold_arrow(*c, field, &to.name))
    }

    /// A made example in names of the program: `pseudo corpus(topic = topic(raw))`.
    pub(crate) fn some_pseudo(&self) -> String {
        let gold = |t: &TaskInfo| {
            let (c, f) = *t.golds.first()?;
            let data = &self.p.data[c];
            Some(format!("pseudo {}({} = {}(raw))", data.name, data.fields.get(f)?.name, t.name))
        };
        self.tasks.iter().find_map(gold).unwrap_or_else(|| "pseudo corpus(topic = topic(raw))".into())
    }

    /// A first task for a program without one.
    pub(crate) fn some_task_line(&self) -> String {
        let first = self.p.encoders.first();
        let encoder = first.map_or("enc", |e| e.name.as_str());
        let pool = if first.is_some_and(|e| self.pooled(&e.value)) { "" } else { " |> attend" };
        let learnt = |ty: &FieldType| {
            let kind =
                matches!(ty, FieldType::Tags { .. } | FieldType::Label | FieldType::Real).then(|| type_word(ty))?;
            let head = heads::rows().find(|h| h.golds.contains(&kind))?;
            Some((head.name, if head.reads == Reads::Seq { "" } else { pool }))
        };
        let fields = self.p.data.iter().flat_map(|d| d.fields.iter().map(move |f| (d, f)));
        let line = fields.filter(|(d, _)| !d.name.contains('[')).find_map(|(d, f)| {
            let (head, pool) = learnt(&f.ty)?;
            Some(format!("task {0} : {head} of {1}.{0} from {encoder}{pool}", f.name, d.name))
        });
        line.unwrap_or_else(|| format!("task slot : tag of corpus.slots from {encoder}"))
    }

    /// A task of the program.
    pub(crate) fn some_task(&self) -> &str {
        self.tasks.first().map_or("slot", |t| t.name.as_str())
    }

    /// What to do where a task is read without an arrow; `whole`: nothing else stands there.
    pub(crate) fn arrow_instead(&self, from: &str, port: &str, to: Option<&str>, whole: bool) -> String {
        let encoder = self.p.encoders.first().map_or("enc", |e| e.name.as_str());
        let instead = match whole {
            true => format!("read an encoder here, such as `{encoder}`"),
            false => "remove it here".to_string(),
        };
        match to {
            Some(to) if to == from => format!("{instead}: a task cannot read itself"),
            Some(to) => format!("{instead}, and add a line: `{from}.{port} -> {to}`"),
            None => format!("{instead}, and draw an arrow from `{from}.{port}` to each task that reads this"),
        }
    }
}

fn holds(e: &Expr, place: Span) -> bool {
    e.span.file == place.file && e.span.start <= place.start && place.end <= e.span.end
}
