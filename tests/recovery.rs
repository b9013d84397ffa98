//! Broken specs: every system's file is damaged in many ways, and what is said must stand near the damage; several
//! independent faults must be as many findings.
//!
//! The mutants are drawn with a fixed seed. `MUTANTS=20000` tries more than the default, `SEED=1` others, `SHOW=1`
//! prints those that are answered badly.

use mtlc::diagnostics::Diagnostic;
use mtlc::driver::{self, Compilation};
use mtlc::hir::{Options, World};
use mtlc::syntax;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

struct Nothing;

impl World for Nothing {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Err(Error::new(ErrorKind::NotFound, "there is no such file"))
    }
}

pub(crate) fn compile(text: &str) -> Compilation {
    let c = driver::compile(Path::new("spec.mtl"), text, &Nothing, &Options::default());
    assert!(c.checked.is_some() || c.has_errors(), "neither a program nor an error:\n{text}");
    for d in &c.diagnostics {
        // what stands for something that is missing is never shown
        let said = [&d.message].into_iter().chain(&d.help).chain(d.primary.iter().chain(&d.secondary).map(|l| &l.text));
        said.for_each(|s| assert!(!s.contains('\u{1a}') && !s.contains("``"), "{s}\n{text}"));
    }
    c
}

/// Every spec of the repository that compiles by itself, with its path.
pub(crate) fn corpus() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut paths: Vec<PathBuf> = vec![];
    for folder in [root.clone(), root.join("systems")] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        paths.extend(entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "mtl")));
    }
    paths.sort();
    let read =
        |p: PathBuf| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(p).unwrap());
    paths.into_iter().map(read).filter(|(_, text)| !compile(text).has_errors()).collect()
}

// ---- tokens

/// The tokens of a text, without comments and line breaks.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut out = vec![];
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let len = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '"' => rest[1..].find('"').map_or(1, |i| i + 2),
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            _ if ["->", "~>", "|>", ">=", "<=", "==", ".."].iter().any(|s| rest.starts_with(s)) => 2,
            c => c.len_utf8(),
        };
        out.push(at..at + len);
        at += len;
    }
    out
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Words of the grammar, which are no names.
const KEYWORDS: [&str; 21] = [
    "use", "param", "let", "data", "encoder", "task", "share", "loss", "for", "in", "on", "of", "from", "via", "by",
    "with", "view", "train", "stage", "repeat", "expect",
];

// ---- mutants

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    Deleted,
    Doubled,
    Swapped,
    Misspelt,
    /// a word of the grammar is misspelt
    Keyword,
    Cut,
}

struct Mutant {
    text: String,
    /// what was changed, in the mutant
    place: Range<usize>,
    /// the word before and after a misspelling
    word: Option<(String, String)>,
}

fn misspell(word: &str, rng: &mut impl Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = rng.random_range(1..letters.len());
    let letter = char::from(b'a' + rng.random_range(0..26u8));
    match rng.random_range(0..4) {
        0 => letters[at] = letter,
        1 => letters.insert(at, letter),
        2 => {
            letters.remove(at);
        }
        _ => letters.swap(at - 1, at),
    }
    letters.into_iter().collect()
}

fn mutant(text: &str, damage: Damage, rng: &mut impl Rng) -> Option<Mutant> {
    let all = tokens(text);
    let replaced = |range: Range<usize>, by: &str| {
        let mut out = text.to_string();
        out.replace_range(range.clone(), by);
        Mutant { text: out, place: range.start..range.start + by.len(), word: None }
    };
    let k = rng.random_range(0..all.len());
    let token = all[k].clone();
    let word = &text[token.clone()];
    Some(match damage {
        Damage::Deleted => replaced(token, ""),
        Damage::Doubled => replaced(token, &format!("{word} {word}")),
        Damage::Swapped => {
            let next = all.get(k + 1)?.clone();
            let gap = &text[token.end..next.start];
            // two lines are two places, and words that run together are another damage
            if gap.contains('\n') {
                return None;
            }
            let gap = if gap.is_empty() { " " } else { gap };
            replaced(token.start..next.end, &format!(" {}{gap}{word} ", &text[next.clone()]))
        }
        Damage::Misspelt | Damage::Keyword => {
            let keyword = damage == Damage::Keyword;
            if !is_name(word) || word.len() < 3 || KEYWORDS.contains(&word) != keyword {
                return None;
            }
            let wrong = misspell(word, rng);
            // another word of the text is no misspelling, and a word of the grammar neither
            if wrong == word || KEYWORDS.contains(&wrong.as_str()) || all.iter().any(|t| text[t.clone()] == wrong) {
                return None;
            }
            Mutant { word: Some((word.to_string(), wrong.clone())), ..replaced(token, &wrong) }
        }
        Damage::Cut => {
            let at = (0..=rng.random_range(0..text.len())).rev().find(|i| text.is_char_boundary(*i))?;
            Mutant { text: text[..at].to_string(), place: at..at, word: None }
        }
    })
}

// ---- judging

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Verdict {
    /// it says the same as before
    Same,
    /// it says something else that is right too
    Valid,
    /// a finding near the damage
    Near,
    /// findings, but none near
    Far,
}

fn line(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

/// Whether a finding stands at a place, give or take a line: a token that is lost may join or split lines. What is
/// said of the file as a whole stands everywhere.
fn near(text: &str, d: &Diagnostic, place: &Range<usize>) -> bool {
    if d.primary.is_none() {
        return true;
    }
    let (first, last) = (line(text, place.start), line(text, place.end));
    d.primary.iter().chain(&d.secondary).any(|l| {
        let (a, b) = (line(text, l.span.start as usize), line(text, l.span.end as usize));
        a <= last + 1 && first <= b + 1
    })
}

fn said(d: &Diagnostic, word: &str) -> bool {
    let quoted = format!("`{word}`");
    let fix = d.fix.as_ref().is_some_and(|f| f.replacement.trim() == word);
    fix || d.help.as_ref().is_some_and(|h| h.contains(&quoted))
}

fn judge(before: &syntax::Parse, m: &Mutant) -> (Verdict, Vec<Diagnostic>) {
    let c = compile(&m.text);
    let errors: Vec<Diagnostic> = c.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    let verdict = if errors.is_empty() {
        let after = syntax::parse(mtlc::source::FileId(0), &m.text);
        if after.file == before.file { Verdict::Same } else { Verdict::Valid }
    } else if errors.iter().any(|d| near(&m.text, d, &m.place) || m.word.as_ref().is_some_and(|w| said(d, &w.1))) {
        Verdict::Near
    } else {
        Verdict::Far
    };
    (verdict, errors)
}

fn show(m: &Mutant, name: &str, errors: &[Diagnostic]) -> String {
    let lines: Vec<&str> = m.text.lines().collect();
    let at = line(&m.text, m.place.start);
    let mut out = format!("{name}:{}: {}\n", at + 1, lines.get(at).unwrap_or(&""));
    if let Some((right, wrong)) = &m.word {
        let _ = writeln!(out, "    `{right}` became `{wrong}`");
    }
    for d in errors {
        let at = d.primary.as_ref().map_or(0, |l| line(&m.text, l.span.start as usize) + 1);
        let _ = writeln!(out, "    {at}: {}: {} | {}", d.code, d.message, d.help.as_deref().unwrap_or(""));
    }
    out
}

fn wanted(default: usize) -> usize {
    std::env::var("MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

fn seeded(default: u64) -> ChaCha8Rng {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse::<u64>().ok()).unwrap_or(0);
    ChaCha8Rng::seed_from_u64(default + 1000 * seed)
}

/// Least share of what must be answered exactly, in percent: a little under what is reached.
const FLOOR: usize = 98;

#[test]
fn damage_is_found_where_it_is() {
    let corpus = corpus();
    assert!(corpus.len() > 50, "{} specs", corpus.len());
    let parsed: Vec<syntax::Parse> =
        corpus.iter().map(|(_, text)| syntax::parse(mtlc::source::FileId(0), text)).collect();
    let mut rng = seeded(7);
    let kinds = [Damage::Deleted, Damage::Doubled, Damage::Swapped, Damage::Misspelt, Damage::Keyword, Damage::Cut];
    let mut counts: BTreeMap<(Damage, Verdict), usize> = BTreeMap::new();
    let mut single: BTreeMap<Damage, usize> = BTreeMap::new();
    let (mut named, mut suggested) = (0, 0);
    let show_all = std::env::var_os("SHOW").is_some();
    for i in 0..wanted(2000) {
        let which = rng.random_range(0..corpus.len());
        let damage = kinds[i % kinds.len()];
        let (name, text) = &corpus[which];
        let Some(m) = mutant(text, damage, &mut rng) else { continue };
        let start = Instant::now();
        let (verdict, errors) = judge(&parsed[which], &m);
        assert!(start.elapsed() < Duration::from_secs(20), "{name} takes too long:\n{}", m.text);
        *counts.entry((damage, verdict)).or_default() += 1;
        *single.entry(damage).or_default() += usize::from(errors.len() == 1);
        let mut bad = verdict == Verdict::Far || errors.len() > 1;
        if let (Some((right, wrong)), false) = (&m.word, errors.is_empty()) {
            named += 1;
            // at the use the right name is offered, and where the declaration is misspelt, its new name at the uses
            let fine = errors.iter().any(|d| said(d, right) || said(d, wrong));
            suggested += usize::from(fine);
            bad |= !fine;
        }
        if bad && show_all {
            println!("{damage:?} {verdict:?} {}", show(&m, name, &errors));
        }
    }
    let (mut far, mut broken, mut exact) = (0, 0, 0);
    for damage in kinds {
        let n = |v: Verdict| counts.get(&(damage, v)).copied().unwrap_or(0);
        let faults = n(Verdict::Near) + n(Verdict::Far);
        println!(
            "{damage:?}: {} say the same, {} something else, {faults} are faults: {} found near, {} are one finding",
            n(Verdict::Same),
            n(Verdict::Valid),
            n(Verdict::Near),
            single.get(&damage).copied().unwrap_or(0),
        );
        exact += single.get(&damage).copied().unwrap_or(0);
        far += n(Verdict::Far);
        broken += faults;
    }
    let share = suggested as f64 / named.max(1) as f64;
    println!("misspelt names: the right one is suggested for {suggested} of {named}, {:.1} %", 100.0 * share);
    assert!(broken > 0 && far * 100 <= broken, "{far} of {broken} faults are answered elsewhere");
    assert!(exact * 100 >= broken * FLOOR, "{exact} of {broken} damages are one finding");
    assert!(share >= 0.95, "suggestions for {suggested} of {named} misspelt names");
}

// ---- several faults at once

/// Declarations of one program, each with ways to break it: what stands there instead, and the code of what is said.
/// None of them is a consequence of another.
const DECLARATIONS: [(&str, &[(&str, &str)]); 13] = [
    (
        "param rate = 1e-3",
        &[
            ("param rate == 1e-3", "E0105"),
            ("param rate 1e-3", "E0101"),
            ("param rate = = 1e-3", "E0101"),
            ("param rate = 1e-3x", "E0111"),
        ],
    ),
    (
        "data bank = columns(\"data/bank\") { x: tokens; pos: tags on x; chunk: tags on x }",
        &[
            ("data bank = columns(data/bank) { x: tokens; pos: tags on x; chunk: tags on x }", "E0107"),
            ("data bank = columnz(\"data/bank\") { x: tokens; pos: tags on x; chunk: tags on x }", "E0611"),
            ("data bank = columns(\"data/bank\") { x: tokens; pos tags on x; chunk: tags on x }", "E0101"),
            ("data bank = columns(\"data/bank\") { x: tokens; pos: tagz on x; chunk: tags on x }", "E0204"),
            ("data bank = columns(\"data/bank\" { x: tokens; pos: tags on x; chunk: tags on x }", "E0109"),
            ("data bank = columns(\"data/bank\")  x: tokens; pos: tags on x; chunk: tags on x }", "E0109"),
            ("data data bank = columns(\"data/bank\") { x: tokens; pos: tags on x; chunk: tags on x }", "E0101"),
        ],
    ),
    (
        "data mail = tsv(\"data/mail\") { text: tokens; kind: label; score: real }",
        &[
            ("data mail = tsv(\"data/mail) { text: tokens; kind: label; score: real }", "E0116"),
            ("data mail = tsv(\"data/mail\") { text: tokens; kind: label; : real }", "E0101"),
            ("data mail = tsv(\"data/mail\") { text: tokens; kind: label; score: reel }", "E0204"),
        ],
    ),
    (
        "encoder words = embed(64)",
        &[
            ("encoder words = embedd(64)", "E0201"),
            ("encoder words embed(64)", "E0101"),
            ("encoder words = embed(64", "E0109"),
            ("encoder words = embed('64)", "E0116"),
            ("encodr words = embed(64)", "E0101"),
        ],
    ),
    (
        "encoder low = words |> bilstm(64)",
        &[
            ("encoder low == words |> bilstm(64)", "E0105"),
            ("encoder low = words | bilstm(64)", "E0104"),
            ("encoder low = wrods |> bilstm(64)", "E0201"),
            ("encoder low = words |> bilstm(64, layer = 2)", "E0215"),
        ],
    ),
    (
        "encoder high = low |> bilstm(64)",
        &[
            ("encoder high = low |> bilstm(64))", "E0109"),
            ("encoder high = low |> bilstm(0)", "E0207"),
            ("encoder high = lwo |> bilstm(64)", "E0201"),
        ],
    ),
    (
        "task pos : tag of bank.pos from low { metric accuracy }",
        &[
            ("task pos : tagg of bank.pos from low { metric accuracy }", "E0221"),
            ("task pos : tag of bank.poss from low { metric accuracy }", "E0217"),
            ("task pos : tag of bank.pos from low { metrics accuracy }", "E0227"),
            ("task pos : tag of bank.pos from low { metric accuarcy }", "E0231"),
            ("task pos tag of bank.pos from low { metric accuracy }", "E0101"),
            ("task pos : tag of bank.pos from low metric accuracy }", "E0109"),
        ],
    ),
    (
        "task chunk : tag(crf) of bank.chunk from high { metric span_f1 }",
        &[
            ("task chunk : tag(crff) of bank.chunk from high { metric span_f1 }", "E0215"),
            ("task chunk : tag(crf) of bank.chunk from higj { metric span_f1 }", "E0201"),
            ("task chunk : tag(crf) of bank.chunk from from high { metric span_f1 }", "E0101"),
            ("task chunk : tag(crf of bank.chunk from high { metric span_f1 }", "E0109"),
        ],
    ),
    ("encoder letters = embed(32) |> bilstm(32)", &[("encoder letters == embed(32) |> bilstm(32)", "E0105")]),
    (
        "task kind : classify of mail.kind from letters |> attend",
        &[
            ("task kind : classify of mail.kind from letters", "E0405"),
            ("task kind : classify of mail.kind from letters |> attnd", "E0201"),
            ("task kind : tag of mail.kind from letters", "E0401"),
        ],
    ),
    (
        "pos.probs -> chunk via embed(16)",
        &[
            ("pos.porbs -> chunk via embed(16)", "E0304"),
            ("pos.probs => chunk via embed(16)", "E0104"),
            ("pos.probs -> chnk via embed(16)", "E0201"),
            ("pos.probs -> chunk via", "E0101"),
            ("pos -> chunk via embed(16)", "E0303"),
        ],
    ),
    (
        "train { batch 32; epochs 5; optimizer adam(lr = rate); objective mean(pos.accuracy, chunk.span_f1) }",
        &[
            (
                "train { batch 32; epoch 5; optimizer adam(lr = rate); objective mean(pos.accuracy, chunk.span_f1) }",
                "E0239",
            ),
            (
                "train { batch 32, epochs 5; optimizer adam(lr = rate); objective mean(pos.accuracy, chunk.span_f1) }",
                "E0106",
            ),
            (
                "train { batch 32; epochs = 5; optimizer adam(lr = rate); objective mean(pos.accuracy, chunk.span_f1) }",
                "E0105",
            ),
            (
                "train { batch 32; epochs 5; optimizer adma(lr = rate); objective mean(pos.accuracy, chunk.span_f1) }",
                "E0241",
            ),
        ],
    ),
    (
        "expect multi_step",
        &[("expect multistep", "E0242"), ("expects multi_step", "E0101"), ("expect multi_step)", "E0109")],
    ),
];

#[test]
fn independent_faults_are_as_many_findings() {
    let whole: String = DECLARATIONS.iter().map(|(right, _)| format!("{right}\n")).collect();
    let c = compile(&whole);
    assert!(c.diagnostics.is_empty(), "{:?}", c.diagnostics);
    let mut bad = String::new();
    let mut tried = 0;
    let mut check = |faults: &BTreeMap<usize, &(&str, &str)>| {
        let mut text = String::new();
        for (i, (right, _)) in DECLARATIONS.iter().enumerate() {
            text += faults.get(&i).map_or(*right, |f| f.0);
            text.push('\n');
        }
        let c = compile(&text);
        let lines: BTreeMap<usize, &str> = c
            .diagnostics
            .iter()
            .map(|d| (d.primary.as_ref().map_or(usize::MAX, |l| line(&text, l.span.start as usize)), d.code))
            .collect();
        let wanted: BTreeMap<usize, &str> = faults.iter().map(|(i, f)| (*i, f.1)).collect();
        tried += 1;
        if lines != wanted || c.diagnostics.len() != faults.len() {
            let said: Vec<String> = c.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
            let made: Vec<&str> = faults.values().map(|f| f.0).collect();
            let _ = writeln!(bad, "{}\n  wanted {wanted:?}\n  found {lines:?}: {}", made.join("\n"), said.join("; "));
        }
    };
    // each alone, then several, drawn with a fixed seed
    for (i, (_, ways)) in DECLARATIONS.iter().enumerate() {
        ways.iter().for_each(|way| check(&BTreeMap::from([(i, way)])));
    }
    let mut rng = seeded(11);
    for round in 0..wanted(600) {
        let k = 2 + round % 4;
        let mut faults = BTreeMap::new();
        while faults.len() < k {
            let i = rng.random_range(0..DECLARATIONS.len());
            faults.insert(i, &DECLARATIONS[i].1[rng.random_range(0..DECLARATIONS[i].1.len())]);
        }
        check(&faults);
    }
    println!("{tried} programs with one to five faults");
    assert!(bad.is_empty(), "{bad}");
}

/// An edit that alone gives exactly one error: the place of the original text that it replaces, by what, and the error.
struct Fault {
    place: Range<usize>,
    by: String,
    said: (&'static str, String),
}

/// What is said of the errors of a text, sorted.
pub(crate) fn errors(text: &str) -> Vec<(&'static str, String)> {
    let found = compile(text).diagnostics.into_iter().filter(Diagnostic::is_error);
    let mut out: Vec<_> = found.map(|d| (d.code, d.message)).collect();
    out.sort();
    out
}

fn fault(text: &str, rng: &mut impl Rng) -> Option<Fault> {
    let kinds = [Damage::Deleted, Damage::Doubled, Damage::Swapped, Damage::Misspelt];
    (0..20).find_map(|_| {
        let m = mutant(text, kinds[rng.random_range(0..kinds.len())], rng)?;
        let mut said = errors(&m.text);
        let end = m.place.end + text.len() - m.text.len();
        let by = m.text[m.place.clone()].to_string();
        (said.len() == 1).then(|| Fault { place: m.place.start..end, by, said: said.remove(0) })
    })
}

/// Two to four faults in specs of the repository, some lines apart. A damage that alone gives more than one error is
/// not drawn, so this holds the reading of several faults to account, not that of one.
#[test]
fn sets_of_faults_are_as_many_findings() {
    let corpus = corpus();
    let mut rng = seeded(23);
    let show_all = std::env::var_os("SHOW").is_some();
    let mut counts: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..wanted(600) {
        let (name, text) = &corpus[rng.random_range(0..corpus.len())];
        let mut faults: Vec<Fault> = vec![];
        for _ in 0..2 + round % 3 {
            let Some(new) = fault(text, &mut rng) else { continue };
            // neighbours are not independent, nor are two damages of one word
            let apart = |f: &Fault| {
                let (a, b) = if f.place.start <= new.place.start { (f, &new) } else { (&new, f) };
                line(text, a.place.end) + 2 < line(text, b.place.start)
                    && text[a.place.clone()] != text[b.place.clone()]
            };
            if faults.iter().all(apart) {
                faults.push(new);
            }
        }
        if faults.len() < 2 {
            continue;
        }
        faults.sort_by_key(|f| f.place.start);
        let mut broken = text.clone();
        for f in faults.iter().rev() {
            broken.replace_range(f.place.clone(), &f.by);
        }
        let mut wanted: Vec<_> = faults.iter().map(|f| f.said.clone()).collect();
        wanted.sort();
        let found = errors(&broken);
        let count = counts.entry(faults.len()).or_default();
        count.0 += 1;
        if found == wanted {
            count.1 += 1;
            continue;
        }
        let codes = |all: &[(&'static str, String)]| all.iter().map(|s| s.0).collect::<Vec<_>>().join(" ");
        *kinds.entry(format!("{} for {}", codes(&found), codes(&wanted))).or_default() += 1;
        if show_all {
            for f in &faults {
                let at = line(text, f.place.start) + 1;
                println!("{name}:{at}: `{}` by `{}`", &text[f.place.clone()], f.by);
            }
            println!("    wanted {wanted:?}\n    found {found:?}");
        }
    }
    for (n, (tried, exact)) in &counts {
        println!("{tried} sets of {n} faults: {exact} exact, {:.1} %", 100.0 * *exact as f64 / *tried as f64);
    }
    println!("not so: {kinds:?}");
    let (tried, exact) = counts.values().fold((0, 0), |a, c| (a.0 + c.0, a.1 + c.1));
    assert!(tried > 0 && exact * 100 >= tried * FLOOR, "{exact} of {tried} sets are exactly as many findings");
}

#[test]
fn an_unknown_name_is_one_finding() {
    let mut text = String::from("data d = tsv(\"d\") { x: tokens; y: label }\nencoder lwo = embed(8)\n");
    for t in 0..6 {
        let _ = writeln!(text, "task t{t} : classify of d.y from low |> max");
    }
    let c = compile(&text);
    let [d] = c.diagnostics.as_slice() else { panic!("{:?}", c.diagnostics) };
    assert_eq!((d.code, d.message.as_str()), ("E0201", "nothing is called `low`"));
    let lines: Vec<usize> = d.primary.iter().chain(&d.secondary).map(|l| line(&text, l.span.start as usize)).collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    assert_eq!(d.secondary[2].text, "used here too, and 2 more");
    // two names are two findings
    let text = text.replacen("from low", "from high", 1);
    assert_eq!(compile(&text).diagnostics.len(), 2);
}
