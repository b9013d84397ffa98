//! Whether a plan that was read hangs together, so that whoever computes with it need not ask again.

use super::{Claim, Graph, Init, Op, Over, Phase, Plan, Probe, SOURCE_FIELD, Score};

/// More numbers than any machine holds.
const MOST: usize = 1 << 40;

impl Plan {
    /// Whether every index names something, every input stands before its reader, and every tensor can be; else what does
    /// not.
    pub fn validate(&self) -> Result<(), String> {
        let within = |what: &str, i: usize, n: usize| match i < n {
            true => Ok(()),
            false => Err(format!("it names {what} {i}, but there are {n}")),
        };
        let param = |i: &usize| within("tensor", *i, self.params.len());
        let task = |i: usize| within("task", i, self.tasks.len());
        let labels = |i: Option<usize>| i.map_or(Ok(()), |i| within("label set", i, self.labels.len()));
        let vocab = |i: usize| within("vocabulary", i, self.vocabs.len());
        let field = |(c, f): &(usize, usize)| {
            within("data set", *c, self.corpora.len())?;
            if *f == SOURCE_FIELD { Ok(()) } else { within("field", *f, self.corpora[*c].fields.len()) }
        };
        for v in &self.vocabs {
            v.fields.iter().try_for_each(field)?;
        }
        for l in &self.labels {
            l.fields.iter().try_for_each(field)?;
        }
        let mut numbers = 0usize;
        for p in &self.params {
            let size = p.shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
            let total = size.and_then(|n| numbers.checked_add(n)).filter(|n| *n < MOST);
            numbers = total.ok_or_else(|| format!("`{}` of shape {:?} cannot be", p.name, p.shape))?;
            if let Init::Vectors(v, _) = p.init {
                vocab(v)?;
            }
        }
        for l in &self.layers {
            l.params.iter().try_for_each(param)?;
            if let Some(v) = l.settings.get("vocab").and_then(super::Setting::as_usize) {
                vocab(v)?;
            }
        }
        for t in &self.terms {
            t.params.iter().try_for_each(param)?;
        }
        let loss = |i: usize| within("loss", i, self.losses.len());
        for l in &self.losses {
            l.tasks.iter().try_for_each(|t| task(*t))?;
        }
        for p in &self.penalties {
            loss(p.loss)?;
            for (n, node) in p.nodes.iter().enumerate() {
                let known = match node.op {
                    Op::Term { term } => term < self.terms.len(),
                    Op::Layer { layer } => layer < self.layers.len(),
                    _ => false,
                };
                if !known || node.inputs.iter().any(|i| *i >= n) {
                    return Err(format!(
                        "node {n} of the penalty `{}` names what is not there",
                        self.losses[p.loss].name
                    ));
                }
            }
        }
        for t in self.tasks.iter().chain(&self.views) {
            t.params.iter().try_for_each(param)?;
            labels(t.labels).and(labels(t.layers))?;
            t.golds.iter().try_for_each(field)?;
        }
        for g in &self.graphs {
            within("data set", g.corpus, self.corpora.len())?;
            self.validate_graph(g)?;
        }
        for (i, s) in self.train.stages.iter().enumerate() {
            s.tasks.iter().try_for_each(|t| task(*t))?;
            s.weights.tasks.iter().try_for_each(|(t, _)| task(*t))?;
            let units = self.tasks.len() + self.losses.len();
            s.sampler.tasks.iter().try_for_each(|(u, _)| within("unit", *u, units))?;
            s.losses.iter().try_for_each(|l| loss(*l))?;
            s.weights.params.iter().try_for_each(|(t, p)| task(*t).and(param(p)))?;
            if let Some(Probe::Transfer { main, .. }) = &s.probe {
                task(*main)?;
            }
            s.search.iter().try_for_each(|x| self.validate_score(&x.objective))?;
            if s.batch == 0 {
                return Err(format!("stage {i} has batches of no examples"));
            }
        }
        self.train.objective.iter().try_for_each(|s| self.validate_score(s))?;
        self.expects.iter().try_for_each(|e| match &e.claim {
            Claim::Verdict | Claim::Probe { .. } => Ok(()),
            Claim::Figure { score, .. } | Claim::Drop { score, .. } => self.validate_score(score),
            Claim::Gain { score, over: Over::Single(all), .. } => {
                all.iter().try_for_each(|t| task(*t)).and(self.validate_score(score))
            }
            Claim::Gain { score, over: Over::Without(_), .. } => self.validate_score(score),
        })
    }

    fn validate_graph(&self, g: &Graph) -> Result<(), String> {
        let phase = if g.phase == Phase::Train { "training" } else { "test" };
        let fault =
            |n: usize, what: &str| Err(format!("node {n} of the {phase} graph of data set {} {what}", g.corpus));
        let fields = self.corpora[g.corpus].fields.len();
        for (n, node) in g.nodes.iter().enumerate() {
            let known = match &node.op {
                Op::Text { fields: own } => own.iter().all(|f| *f < fields),
                Op::Layer { layer } => *layer < self.layers.len(),
                Op::Term { term } => *term < self.terms.len(),
                Op::Head { task } | Op::Port { task, .. } => self.headed(*task).is_some(),
                Op::Gold { task, field, .. } => *task < self.tasks.len() && (*field < fields || *field == SOURCE_FIELD),
            };
            if !known {
                return fault(n, "names what is not there");
            }
            if node.inputs.iter().any(|i| *i >= n) {
                return fault(n, "reads a node behind it");
            }
            let reads = !matches!(node.op, Op::Text { .. });
            // gold stands for itself where no prediction takes its place
            let source = matches!(node.op, Op::Layer { .. } | Op::Term { .. } | Op::Gold { .. });
            if reads && node.inputs.is_empty() && !source {
                return fault(n, "reads nothing");
            }
        }
        if let Some(t) = g.twins.iter().find(|t| t.node >= g.nodes.len() || t.of >= t.node) {
            return fault(t.node, "is the twin of one that is not there");
        }
        for t in &g.tasks {
            let gold = t.gold.is_none_or(|f| f < fields || f == SOURCE_FIELD);
            if t.task >= self.tasks.len() || t.head >= g.nodes.len() || !gold {
                return fault(t.head, "is the head of what is not there");
            }
        }
        for l in &g.losses {
            let golds = l.golds.iter().all(|(t, f)| *t < self.tasks.len() && (*f < fields || *f == SOURCE_FIELD));
            if l.loss >= self.losses.len() || l.node >= g.nodes.len() || !golds {
                return fault(l.node, "is the value of a loss that is not there");
            }
        }
        Ok(())
    }

    fn validate_score(&self, score: &Score) -> Result<(), String> {
        match score {
            Score::Metric { task, metric } => match self.tasks.get(*task).is_some_and(|t| *metric < t.metrics.len()) {
                true => Ok(()),
                false => Err(format!("it scores metric {metric} of task {task}, which is not there")),
            },
            Score::Frame { corpus } => match *corpus < self.corpora.len() {
                true => Ok(()),
                false => Err(format!("it scores data set {corpus}, which is not there")),
            },
            Score::Number(_) => Ok(()),
            Score::Mean(all) => all.iter().try_for_each(|s| self.validate_score(s)),
            Score::Add(a, b) | Score::Sub(a, b) | Score::Mul(a, b) | Score::Div(a, b) => {
                self.validate_score(a).and(self.validate_score(b))
            }
        }
    }
}
