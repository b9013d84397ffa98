//! Whether features are what a head takes.

use super::*;

/// Names of lists without their levels: `knowledge` of `knowledge[]`.
fn list_name(o: &Outer) -> &str {
    o.name.split('[').next().unwrap_or(&o.name)
}

impl Elaborator<'_> {
    /// Findings about features `h`, written `from`, for the head of a task. `own`: the data hold the task's gold.
    pub(super) fn fits(&mut self, task: usize, h: &Val, from: &Expr, corpus: usize, own: bool) -> Result<(), Reported> {
        let name = self.r.tasks[task].name.clone();
        if h.kind == VKind::Text {
            let d = Diagnostic::new("E0404", format!("`{name}` is given words and needs vectors"));
            let d = d.at(from.span, "a text").help("put an encoder before it: `embed(100) |> bilstm(128)`");
            return Err(self.report(d));
        }
        self.vectors(h, from.span)?;
        let takes = self.head_takes(task);
        match takes {
            Takes::Any => {}
            Takes::Example => self.fits_example(task, h, from)?,
            Takes::Joined(what) => {
                if h.outer.last().is_none_or(|o| o.name != what) {
                    let (reads, help) = match what {
                        TRIPLE => (
                            "judges head, relation and tail",
                            "join them: `triple(enc(h) |> first, r, enc(t) |> first)`",
                        ),
                        _ => (
                            "compares two views of an example",
                            "put two vectors side by side: `both(enc(a) |> first, enc(b) |> first)`",
                        ),
                    };
                    let d = Diagnostic::new("E0424", format!("`{name}` {reads}"));
                    return Err(self.report(d.at(from.span, h.words()).help(help)));
                }
            }
            Takes::Members => self.fits_members(task, h, from, corpus)?,
            Takes::Tokens | Takes::Passages | Takes::Words | Takes::PastWords => {
                if h.kind == VKind::Vec {
                    return Err(self.needs_tokens(task, h, from));
                }
                if own {
                    self.fits_axis(task, h, from, corpus, takes)?;
                }
            }
        }
        self.sees_no_answer(task, h, from)
    }

    /// E0504: what predicts words has not seen them.
    pub(super) fn sees_no_answer(&mut self, task: usize, h: &Val, from: &Expr) -> Result<(), Reported> {
        if self.head_takes(task) == Takes::PastWords && h.flow == Flow::Full {
            let d = Diagnostic::new("E0504", "a language model may not see the words that it predicts")
                .at(from.span, "these states have seen both sides")
                .with(self.r.tasks[task].span, "predicts the next word");
            let help = match self.r.reads_both_ways(from) {
                Some(enc) => format!(
                    "read one direction of the first layer: `{enc}@1.fwd`, `{enc}@1.sides` (above layer 1 both directions are mixed)"
                ),
                None => "use a layer that looks only back: `transformer(64, causal)`, `lstm(64)` or `gru(64)`".into(),
            };
            return Err(self.report(d.help(help)));
        }
        Ok(())
    }

    fn needs_tokens(&mut self, task: usize, h: &Val, from: &Expr) -> Reported {
        let def = &self.p.tasks[self.r.tasks[task].def];
        let d = Diagnostic::new("E0405", format!("`{}` needs a vector for each token", self.r.tasks[task].head.name))
            .at(from.span, h.words())
            .with(def.ast.head.span, "one answer for each token");
        self.report(match self.r.pooled(from) {
            true => d.help("read the encoder without pooling: remove `|> attend`, `mean`, `max` or `last`"),
            false => {
                d.help("this gives one vector for each example; read a layer over tokens: `embed(64) |> bilstm(64)`")
            }
        })
    }

    fn fits_example(&mut self, task: usize, h: &Val, from: &Expr) -> Result<(), Reported> {
        let head = self.r.tasks[task].head;
        let place = self.p.tasks[self.r.tasks[task].def].ast.head.span;
        if h.kind == VKind::Seq {
            let w = path_words(from);
            let d = Diagnostic::new("E0405", format!("`{}` needs one vector for each example", head.name))
                .at(from.span, h.words())
                .with(place, "one answer for each example");
            let better = format!("{w} |> attend");
            let d = d.help(format!("pool over the tokens: `from {better}` (or `mean`, `max`, `last`)"));
            let end = Span { start: from.span.end, ..from.span };
            return Err(self.report(d.fix(end, " |> attend", false)));
        }
        let of_list = self.r.tasks[task].golds.is_empty();
        if !h.outer.is_empty() && !of_list {
            let d = Diagnostic::new("E0424", format!("`{}` needs one vector for each example", head.name))
                .at(from.span, h.words())
                .with(place, "one answer for each example");
            return Err(self
                .report(d.help("pool the list: `|> max`, `|> mean`; or pick a member of it with `rank` or `choose`")));
        }
        Ok(())
    }

    fn fits_members(&mut self, task: usize, h: &Val, from: &Expr, corpus: usize) -> Result<(), Reported> {
        let (head, place) = (self.r.tasks[task].head, self.p.tasks[self.r.tasks[task].def].ast.head.span);
        let Some(list) = h.outer.last().cloned() else {
            let d = Diagnostic::new("E0424", format!("`{}` picks a member of a list, and here is none", head.name))
                .at(from.span, h.words())
                .with(place, "one answer for each member");
            return Err(
                self.report(d.help("encode the list: `enc(docs) |> mean`, `dot(enc(q) |> last, enc(docs) |> last)`"))
            );
        };
        if h.kind == VKind::Seq {
            // spans may be picked where they stand
            let spans = matches!(&self.r.tasks[task].gold, Some(FieldType::Other { kind, .. }) if kind == "spans");
            if spans {
                return Ok(());
            }
            let d = Diagnostic::new(
                "E0405",
                format!("`{}` needs one vector for each member of `{}`", head.name, list.name),
            )
            .at(from.span, h.words())
            .with(place, "one answer for each member");
            let end = Span { start: from.span.end, ..from.span };
            return Err(self.report(d.help("pool over the tokens: `|> attend`, `mean`, `max` or `last`").fix(
                end,
                " |> attend",
                false,
            )));
        }
        // the list in which the gold picks
        let gold = self.r.tasks[task].golds.iter().find(|g| g.0 == corpus).map(|g| g.1);
        let fields = &self.p.data[corpus].fields;
        let Some(field) = gold.and_then(|f| fields.get(f)) else { return Ok(()) };
        let wanted = match &field.ty {
            // a list of numbers grades another list, member by member
            ty @ FieldType::Other { kind, .. } if kind == "list" && is_texty(ty) => field.name.clone(),
            FieldType::Other { kind, on: Some(on), .. } if kind == "index" => on.clone(),
            FieldType::Labels { on: Some(on) } => on.clone(),
            _ => return Ok(()),
        };
        let candidates = list_name(&list).rsplit(' ').next().unwrap_or_default().to_string();
        if candidates != wanted && fields.iter().any(|f| f.name == candidates) {
            let gold = field.name.clone();
            let d = Diagnostic::new(
                "E0406",
                format!("the gold picks in `{wanted}` and the features stand for `{candidates}`"),
            )
            .at(from.span, h.words())
            .with(self.r.tasks[task].gold_span, format!("`{gold}` names members of `{wanted}`"));
            return Err(self.report(d.help(format!("encode the other list: `enc({wanted})`"))));
        }
        Ok(())
    }

    /// The features stand on the text of the gold.
    fn fits_axis(&mut self, task: usize, h: &Val, from: &Expr, corpus: usize, takes: Takes) -> Result<(), Reported> {
        let gold = self.r.tasks[task].golds.iter().find(|g| g.0 == corpus).map(|g| g.1);
        let fields = &self.p.data[corpus].fields;
        let Some(field) = gold.and_then(|f| fields.get(f)) else { return Ok(()) };
        let here = self.axis_name(corpus, &h.axis);
        let gold_span = self.r.tasks[task].gold_span;
        if matches!(takes, Takes::Words | Takes::PastWords) {
            if *here != field.name {
                let name = field.name.clone();
                let d =
                    Diagnostic::new("E0406", format!("the words of `{name}` are predicted from states of `{here}`"))
                        .at(from.span, format!("runs over `{here}`"))
                        .with(gold_span, format!("predicts the words of `{name}`"));
                return Err(self.report(d.help(format!("encode the text itself: `enc({name})`"))));
            }
            return Ok(());
        }
        let Some(axis) = field.ty.axis().map(String::from) else { return Ok(()) };
        if !fields.iter().any(|f| f.name == axis) {
            return Ok(());
        }
        let among = takes == Takes::Passages
            && (here.split('·').any(|x| x == axis) || h.outer.iter().any(|o| list_name(o).ends_with(axis.as_str())));
        if *here != axis && !among {
            let (what, it) = match takes {
                Takes::Passages => ("spans", "spans in"),
                _ => ("labels", "labels of the tokens of"),
            };
            let d = Diagnostic::new("E0406", format!("the {what} stand on `{axis}` and the features on `{here}`"))
                .at(from.span, format!("runs over `{here}`"))
                .with(gold_span, format!("{it} `{axis}`"));
            return Err(self.report(d.help(format!("encode the other text: `enc({axis})`"))));
        }
        let listed = |t: &FieldType| matches!(t, FieldType::Other { kind, .. } if kind == "list");
        let on_list = fields.iter().any(|f| f.name == axis && listed(&f.ty));
        if takes == Takes::Tokens && !h.outer.is_empty() && !on_list {
            let d = Diagnostic::new("E0424", format!("`{}` reads one text", self.r.tasks[task].head.name));
            let d = d.at(from.span, h.words());
            return Err(self.report(d.help(format!("encode the text alone: `enc({axis})`"))));
        }
        Ok(())
    }
}
