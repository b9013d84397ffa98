//! From words, characters and classes to vectors.

use super::*;

/// `embed(100)` of words; of classes that an arrow brings, one vector for each; of a class that the data give, too.
pub(super) fn embed(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = match &call.cx.input {
        Some(v) => v.clone(),
        None => c.implicit_text(call.span, call.cx)?,
    };
    let d = c.opt_size(call, &o, "d", 0)?;
    if v.kind == VKind::Label || v.classes {
        let more = o.iter().filter(|(key, _)| *key != "d").min_by_key(|(_, e)| e.span.start);
        if let Some((key, e)) = more {
            let x = Diagnostic::new("E0223", format!("`{key}` is about words, and this embeds classes"));
            return Err(c.report(x.at(e.span, "changes nothing").help(format!("write `embed({d})`"))));
        }
    }
    match v.kind {
        VKind::Opaque => Ok(v),
        VKind::Text => words(c, call, &o, v, d),
        VKind::Label => {
            let kind = if v.axis.is_empty() { VKind::Vec } else { VKind::Seq };
            let out = Val { kind, width: Dim::of(d), ..v.clone() };
            Ok(c.plain(call.cx, "embed_class", settings([("width", Setting::Int(d as i64))]), &[&v], out))
        }
        _ if v.classes => {
            let out = Val { width: Dim::of(d), halves: None, classes: false, ..v.clone() };
            let set = settings([
                ("width", Setting::Int(d as i64)),
                ("activation", Setting::Text("none".into())),
                ("bias", Setting::Bool(false)),
            ]);
            let (w, owner) = (v.width.clone(), call.cx.owner.clone());
            c.layer(call.cx, call.site(), "dense", set, &[&v], out, &|c, name| {
                let rule = InitRule::Fixed(Init::Normal(0.5));
                vec![c.param(format!("{name}.weight"), vec![w.clone(), Dim::of(d)], rule, &owner)]
            })
        }
        _ => Err(reads_words(c, call, &v)),
    }
}

/// E0419: an embedding of vectors.
fn reads_words(c: &mut Checker<'_>, call: &Call<'_>, v: &Val) -> Poison {
    let d = Diagnostic::new("E0419", format!("`{}` reads words, not vectors", call.row.name))
        .at(call.cx.place(v).unwrap_or(call.whole), Checker::shape_words(v));
    c.report(d.help(match &call.cx.input {
        Some(v) if v.classes || call.cx.arrow => {
            "`embed` gives classes a vector: send `.probs` or `.labels`, or write `via dense(32)`"
        }
        _ if call.cx.place(v).is_some() => "what begins with words comes first in a pipe: join the two with `&`",
        _ => "put it first, and join with `&`: `embed(100) & chars(cnn, 50)`",
    }))
}

/// The words that a function of texts reads.
fn words_of(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = match &call.cx.input {
        Some(v) => v.clone(),
        None => c.implicit_text(call.span, call.cx)?,
    };
    match v.kind {
        VKind::Text | VKind::Opaque => Ok(v),
        _ => Err(reads_words(c, call, &v)),
    }
}

fn words(c: &mut Checker<'_>, call: &Call<'_>, o: &rules::Arguments<'_>, v: Val, d: usize) -> Out {
    let (cx, owner, rate) = (call.cx, call.cx.owner.clone(), c.r.dropout);
    let vectors = match o.get("vectors").map(|e| (c.p.constant(e, &cx.env), e.span)) {
        None => Ok(None),
        Some((Some(Item::Text(t)), _)) if !t.trim().is_empty() => Ok(Some(t)),
        Some((value, s)) => {
            let empty = if matches!(value, Some(Item::Text(_))) { "an empty path" } else { "" };
            let d = Diagnostic::new("E0207", "`vectors` names a file").at(s, empty);
            Err(c.report(d.help("write `vectors = \"glove.6B.100d.txt\"`")))
        }
    };
    let lower = c.opt_flag(o, "lower");
    let (min_count, max_size) = (c.opt_size(call, o, "min_count", 1), c.opt_size(call, o, "max_size", 0));
    let unk = c.opt_number(call, o, "unk", 1.0);
    // all that is wrong is said before the first fault ends it
    let (vectors, lower, min_count, max_size, unk) = (vectors?, lower?, min_count?, max_size?, unk?);
    let spec = VocabSpec { lower, min_count, max_size, vectors: vectors.clone(), ..vocab_of(cx, "words", Unit::Word) };
    let vocab = c.vocab(call, spec, &v.axis);
    let out = Val { kind: VKind::Seq, width: Dim::of(d), flow: Flow::Local, ..v.clone() };
    let set = settings([
        ("vocab", Setting::Int(vocab as i64)),
        ("width", Setting::Int(d as i64)),
        ("unk", Setting::Real(unk)),
    ]);
    let out = c.layer(cx, call.site(), "embed", set, &[&v], out, &|c, name| {
        let init = match &vectors {
            Some(_) => Init::Vectors(vocab, 0.1),
            None => Init::Normal(1.0),
        };
        let shape = vec![Dim::size(Size::vocab(vocab)), Dim::of(d)];
        vec![c.param(format!("{name}.weight"), shape, InitRule::Fixed(init), &owner)]
    })?;
    Ok(c.dropout(out, rate, cx))
}

/// Options of `chars` that belong to another way of reading characters.
const ODD: &[(&str, &str)] = &[("lstm", "width"), ("ngram", "width"), ("ngram", "embed")];

/// `chars(cnn, 50)`
pub(super) fn chars(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = words_of(c, call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let (cx, owner, rate) = (call.cx, call.cx.owner.clone(), c.r.dropout);
    let d = c.opt_size(call, &o, "d", 0)?;
    let out = Val { kind: VKind::Seq, width: Dim::of(d), flow: Flow::Local, ..v.clone() };
    let ways = call.row.words("kind");
    let (way, place) = match o.get("kind").map(|e| (path_words(e), e.span)) {
        Some((k, s)) if ways.contains(&k.as_str()) => (k, s),
        Some((k, s)) => return Err(c.unknown_word("E0237", "a way to read characters", &k, s, ways)),
        None => return Err(Poison),
    };
    let e = c.opt_size(call, &o, "embed", 25.min(d.max(1)))?;
    let window = c.opt_size(call, &o, "width", 3)?;
    let odd = ODD.iter().filter(|(w, _)| *w == way).find_map(|(_, option)| Some((option, o.get(option)?)));
    if let Some((key, e)) = odd {
        let x = Diagnostic::new("E0223", format!("`chars({way}, ...)` has no `{key}`")).at(e.span, "changes nothing");
        return Err(c.report(x.help(format!("remove it, or write `chars(cnn, {d}, {key} = 3)`"))));
    }
    if way == "ngram" {
        c.later(place, "`chars(ngram, ...)`");
        let out = c.plain(cx, "chars_ngram", settings([("width", Setting::Int(d as i64))]), &[&v], out);
        return Ok(c.dropout(out, rate, cx));
    }
    if window.is_multiple_of(2) {
        let x = Diagnostic::new("E0418", "a window over characters needs an odd width")
            .at(o.get("width").map_or(call.whole, |e| e.span), format!("this is {window}"));
        return Err(c.report(x.help(format!("write `width = {}`", window + 1))));
    }
    let vocab = c.vocab(call, vocab_of(cx, "chars", Unit::Char), &v.axis);
    let table = vec![Dim::size(Size::vocab(vocab)), Dim::of(e)];
    // both directions are equally wide: an odd width leaves out the last column
    let even = d + d % 2;
    let mut set = settings([
        ("vocab", Setting::Int(vocab as i64)),
        ("embed", Setting::Int(e as i64)),
        ("width", Setting::Int((if way == "lstm" { even } else { d }) as i64)),
    ]);
    let out = if way == "cnn" {
        set.insert("window", Setting::Int(window as i64));
        c.layer(cx, call.site(), "chars_cnn", set, &[&v], out, &|c, name| {
            let rule = InitRule::FanIn(Dim::of(window * e));
            let normal = InitRule::Fixed(Init::Normal(1.0));
            vec![
                c.param(format!("{name}.char"), table.clone(), normal, &owner),
                c.param(format!("{name}.filter"), vec![Dim::of(window * e), Dim::of(d)], rule.clone(), &owner),
                c.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner),
            ]
        })?
    } else {
        let wide = Val { width: Dim::of(even), ..out };
        c.layer(cx, call.site(), "chars_lstm", set, &[&v], wide, &|c, name| {
            let h = even / 2;
            let rule = InitRule::Fixed(Init::Uniform(1.0 / (h as f64).sqrt()));
            let normal = InitRule::Fixed(Init::Normal(1.0));
            let mut ids = vec![c.param(format!("{name}.char"), table.clone(), normal, &owner)];
            for dir in ["fwd", "bwd"] {
                let mut p = |part: &str, shape: Vec<Dim>| {
                    ids.push(c.param(format!("{name}.{dir}.{part}"), shape, rule.clone(), &owner));
                };
                p("w_ih", vec![Dim::of(e), Dim::of(4 * h)]);
                p("w_hh", vec![Dim::of(h), Dim::of(4 * h)]);
                p("b", vec![Dim::of(4 * h)]);
            }
            ids
        })?
    };
    let out = match out.width.known() {
        Some(w) if w > d => {
            let set = settings([("start", Setting::Int(0)), ("len", Setting::Int(d as i64))]);
            let narrow = Val { width: Dim::of(d), ..out.clone() };
            c.plain(cx, "slice", set, &[&out], narrow)
        }
        _ => out,
    };
    Ok(c.dropout(out, rate, cx))
}

/// `ngrams(3, hash = 50k)`: hashed letter n-grams, counted over the text.
pub(super) fn ngrams(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = words_of(c, call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let n = c.opt_size(call, &o, "n", 3)?;
    let hash = c.opt_size(call, &o, "hash", 50_000)?;
    let out = Val { kind: VKind::Vec, width: Dim::of(hash), flow: Flow::Full, ..v.clone() };
    let set = settings([("n", Setting::Int(n as i64)), ("width", Setting::Int(hash as i64))]);
    Ok(c.plain(call.cx, "ngrams", set, &[&v], out))
}

/// `bow(x)`: counts of the words of a text.
pub(super) fn bow(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(call, &[])?;
    let (v, span) = match vals.as_slice() {
        [one] => one.clone(),
        [] => (c.implicit_text(call.span, call.cx)?, call.span),
        _ => return Err(c.number_of_values(call, "counts the words of one text")),
    };
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Text {
        let d = Diagnostic::new("E0419", "`bow` reads words, not vectors").at(span, Checker::shape_words(&v));
        return Err(c.report(d.help("name a text: `bow(x)`")));
    }
    let vocab = c.vocab(call, vocab_of(call.cx, "words", Unit::Word), &v.axis);
    let out = Val { kind: VKind::Vec, width: Dim::size(Size::vocab(vocab)), flow: Flow::Full, ..v.clone() };
    Ok(c.plain(call.cx, "bow", settings([("vocab", Setting::Int(vocab as i64))]), &[&v], out))
}

/// `pretrained("models/mini-bert")`: a stack of layers whose number and width stand in the model's file.
pub(super) fn pretrained(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = words_of(c, call)?;
    let path = c.r.model_path(o.get("path").ok_or(Poison)?, &call.cx.env)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let model = match c.models.iter().position(|m| *m == path) {
        Some(i) => i,
        None => {
            c.models.push(path.clone());
            c.models.len() - 1
        }
    };
    let out = Val {
        kind: VKind::Seq,
        width: Dim::size(Size::Open(Letter::Model, model as u32)),
        flow: Flow::Full,
        depth: v.depth + 1,
        model: true,
        ..v.clone()
    };
    let out = c.plain(call.cx, "pretrained", settings([("path", Setting::Text(path))]), &[&v], out);
    c.model_layers(out, call)
}

fn vocab_of(cx: &Cx, what: &str, unit: Unit) -> VocabSpec {
    VocabSpec {
        name: format!("{}.{what}", cx.owner),
        unit,
        fields: vec![],
        lower: false,
        min_count: 1,
        max_size: 0,
        vectors: None,
        size: 0,
    }
}

impl Checker<'_> {
    /// The vocabulary of an embedding; the texts it is applied to are added as they are met.
    pub(super) fn vocab(&mut self, call: &Call<'_>, spec: VocabSpec, axis: &[usize]) -> usize {
        let (cx, site) = (call.cx, call.site());
        let key = LayerKey::At(cx.owner.clone(), "vocab", site.span, site.sub);
        let i = match self.layer_keys.get(&key) {
            Some((i, _)) => *i,
            None => {
                self.vocabs.push(spec);
                let i = self.vocabs.len() - 1;
                self.layer_keys.insert(key, (i, SmallList::none()));
                i
            }
        };
        for f in axis {
            let pair = (cx.corpus, *f);
            if !self.vocabs[i].fields.contains(&pair) {
                self.vocabs[i].fields.push(pair);
            }
        }
        i
    }
}

impl Resolver<'_> {
    /// The folder of a model.
    pub(in crate::check) fn model_path(&mut self, e: &Expr, env: &Env) -> Result<String, Poison> {
        match self.p.constant(e, env) {
            Some(Item::Text(t)) => Ok(t),
            _ if matches!(&*e.value, ExprKind::Error) => Err(Poison),
            _ => {
                let d = Diagnostic::new("E0207", "`pretrained` names a folder").at(e.span, "not a string");
                Err(self.report(d.help("write `pretrained(\"models/mini-bert\")`")))
            }
        }
    }
}
