//! What the rules of functions may ask while features are elaborated.

use super::*;
use crate::plan::VocabSpec;
use crate::words::Arg;

impl Resolve for Elaborator<'_> {
    fn report(&mut self, d: Diagnostic) -> Reported {
        self.r.report(d)
    }

    fn unsupported(&mut self, span: Span, what: &str) {
        self.r.unsupported(span, what);
    }

    fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Reported {
        self.r.unknown_word(code, what, word, span, known)
    }

    fn constant(&self, e: &Expr, env: &Env) -> Option<Item> {
        self.p.constant(e, env)
    }

    fn list(&self, e: &Expr, env: &Env) -> Option<Vec<(Item, Span)>> {
        self.p.list(e, env)
    }

    fn number(&mut self, row: &'static Function, arg: &Arg, e: &Expr, env: &Env) -> Result<f64, Reported> {
        self.r.argument_in_range(row, arg, e, env)
    }

    fn options<'a>(
        &mut self,
        row: &'static Function,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Result<Arguments<'a>, Reported> {
        self.r.options(row, args, span)
    }

    fn size(&mut self, e: &Expr, env: &Env, what: &str) -> Result<usize, Reported> {
        self.r.size(e, env, what)
    }
}

impl Elaborate for Elaborator<'_> {
    fn eval(&mut self, e: &Expr, cx: &Cx) -> Out {
        self.eval(e, cx)
    }

    fn features(&mut self, call: &Call<'_>, named: &[&str]) -> Result<(Vec<Placed>, Vec<ast::Arg>), Reported> {
        self.features(call, named)
    }

    fn one<'a>(&mut self, call: &Call<'a>) -> Result<(Val, Arguments<'a>), Reported> {
        self.one(call)
    }

    fn input(&mut self, row: &'static Function, span: Span, cx: &Cx) -> Out {
        self.input(row, span, cx)
    }

    fn implicit_text(&mut self, span: Span, cx: &Cx) -> Out {
        self.implicit_text(span, cx)
    }

    fn opaque(&self, cx: &Cx) -> Val {
        self.opaque(cx)
    }

    fn vectors(&mut self, v: &Val, span: Span) -> Result<(), Reported> {
        self.vectors(v, span)
    }

    fn need_seq(&mut self, v: &Val, call: &Call<'_>, span: Span) -> Result<(), Reported> {
        self.need_seq(v, call, span)
    }

    fn same_kind(&mut self, a: &Val, a_span: Span, b: &Val, b_span: Span, cx: &Cx) -> Result<(), Reported> {
        self.same_kind(a, a_span, b, b_span, cx)
    }

    fn beside(&mut self, vals: &[Placed], cx: &Cx) -> Result<Vec<Placed>, Reported> {
        self.beside(vals, cx)
    }

    fn concat(&mut self, vals: Vec<Placed>, cx: &Cx) -> Out {
        self.concat(vals, cx)
    }

    fn fit(&mut self, v: Val, span: Span, like: &Val, cx: &Cx) -> Out {
        self.fit(v, span, like, cx)
    }

    fn layer(
        &mut self,
        cx: &Cx,
        site: Site,
        kind: &'static str,
        settings: Settings,
        inputs: &[&Val],
        out: Val,
        params: &MakeParams<'_>,
    ) -> Out {
        self.layer(cx, site, kind, settings, inputs, out, params)
    }

    fn plain(&mut self, cx: &Cx, kind: &'static str, settings: Settings, inputs: &[&Val], out: Val) -> Val {
        self.plain(cx, kind, settings, inputs, out)
    }

    fn param(&mut self, name: String, shape: Vec<Dim>, init: InitRule, owner: &Arc<str>) -> usize {
        self.param(name, shape, init, owner)
    }

    fn vocab(&mut self, call: &Call<'_>, spec: VocabSpec, axis: &[usize]) -> usize {
        let (cx, site) = (call.cx, call.site());
        let key = LayerKey::At(cx.owner.clone(), "vocab", site.span, site.sub);
        let i = match self.places.layers.get(&key) {
            Some((i, _)) => *i,
            None => {
                self.out.vocabs.push(spec);
                let i = self.out.vocabs.len() - 1;
                self.places.layers.insert(key, (i, SmallList::none()));
                i
            }
        };
        for f in axis {
            let pair = (cx.corpus, *f);
            if !self.out.vocabs[i].fields.contains(&pair) {
                self.out.vocabs[i].fields.push(pair);
            }
        }
        i
    }

    fn one_layer(&mut self, call: &Call<'_>, k: usize, count: usize) -> Out {
        self.one_layer(call, k, count)
    }

    fn model(&mut self, path: &str) -> usize {
        self.models.iter().position(|m| m == path).unwrap_or_else(|| {
            self.models.push(path.to_string());
            self.models.len() - 1
        })
    }

    fn model_layers(&mut self, v: Val, call: &Call<'_>) -> Out {
        self.model_layers(v, call)
    }

    fn rate(&self) -> f64 {
        self.r.dropout
    }

    fn axis_name(&self, corpus: usize, axis: &SmallList<usize>) -> Arc<str> {
        self.axis_name(corpus, axis)
    }

    fn corpus_name(&self, corpus: usize) -> &str {
        &self.p.data[corpus].name
    }

    fn field_name(&self, corpus: usize, field: usize) -> &str {
        &self.p.data[corpus].fields[field].name
    }

    fn texts(&self, corpus: usize) -> Vec<&str> {
        let fields = self.p.data[corpus].fields.iter().filter(|f| is_texty(&f.ty));
        fields.map(|f| f.name.as_str()).collect()
    }

    fn task_name(&self, task: usize) -> &str {
        &self.r.tasks[task].name
    }

    fn learns(&self, task: usize, corpus: usize, field: usize) -> bool {
        self.r.tasks[task].golds.contains(&(corpus, field))
    }

    fn self_supervised(&self, task: usize) -> bool {
        self.r.tasks[task].head.self_supervised
    }

    fn writer(&mut self, corpus: usize, field: usize) -> Option<(usize, Dim)> {
        let writes = |t: &TaskInfo| t.rule.writes && t.golds.contains(&(corpus, field));
        let task = self.r.tasks.iter().position(writes)?;
        Some((task, self.r.tasks[task].headed().decoder_width()))
    }
}
