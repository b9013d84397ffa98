//! English sentences of a small probabilistic grammar, with Penn part-of-speech tags, CoNLL-2000 chunks and dependencies
//! in the manner of Universal Dependencies.
//!
//! Most stems are nouns as well as verbs ("the plans", "she plans"), regular past forms are VBD or VBN, "that" has three
//! tags and "her" two. A part of the stems occurs in dev or test alone.

use super::chance::{Chance, words};
use super::{File, SPLITS};

/// Sentences per split.
pub const SIZES: [usize; 3] = [1200, 200, 300];

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    /// as written
    pub word: String,
    /// its Penn tag
    pub pos: &'static str,
    /// its chunk in BIO
    pub chunk: String,
    /// the number of its governor, counted from 1; 0: the root
    pub head: usize,
    /// its relation to the governor
    pub relation: &'static str,
}

/// Stems of one split.
struct Words {
    /// nouns that are verbs too
    both: Vec<&'static str>,
    nouns: Vec<&'static str>,
    verbs: Vec<&'static str>,
    adjectives: Vec<&'static str>,
    names: Vec<&'static str>,
}

struct Writer<'a> {
    w: &'a Words,
    c: &'a mut Chance,
    out: Vec<Token>,
}

fn vowel_y(stem: &str) -> bool {
    ["ay", "ey", "oy"].iter().any(|end| stem.ends_with(end))
}

fn plural(stem: &str) -> String {
    match stem {
        s if s.ends_with(['s', 'x']) || s.ends_with("ch") || s.ends_with("sh") => format!("{s}es"),
        s if s.ends_with('y') && !vowel_y(s) => format!("{}ies", &s[..s.len() - 1]),
        s => format!("{s}s"),
    }
}

fn past(stem: &str) -> String {
    match stem {
        "plan" => "planned".into(),
        s if s.ends_with('e') => format!("{s}d"),
        s if s.ends_with('y') && !vowel_y(s) => format!("{}ied", &s[..s.len() - 1]),
        s => format!("{s}ed"),
    }
}

fn gerund(stem: &str) -> String {
    match stem.strip_suffix('e') {
        None if stem == "plan" => "planning".into(),
        Some(s) if !stem.ends_with("ee") => format!("{s}ing"),
        _ => format!("{stem}ing"),
    }
}

/// What a verb phrase is to its subject.
struct Verb {
    /// the place of the verb that governs the phrase
    head: usize,
    passive: bool,
}

impl Writer<'_> {
    /// Adds tokens that form one chunk (`O` when the type is empty); the places of the first and the last.
    fn chunk(&mut self, kind: &str, tokens: Vec<(String, &'static str)>) -> (usize, usize) {
        let first = self.out.len();
        for (i, (word, pos)) in tokens.into_iter().enumerate() {
            let chunk = if kind.is_empty() { "O".into() } else { format!("{}-{kind}", if i == 0 { "B" } else { "I" }) };
            self.out.push(Token { word, pos, chunk, head: 0, relation: "root" });
        }
        (first, self.out.len() - 1)
    }

    fn one(&mut self, kind: &str, word: &str, pos: &'static str) -> usize {
        self.chunk(kind, vec![(word.into(), pos)]).0
    }

    /// Hangs a token on another, by their places.
    fn link(&mut self, token: usize, head: usize, relation: &'static str) {
        (self.out[token].head, self.out[token].relation) = (head + 1, relation);
    }

    /// Hangs the words of a noun phrase on its noun, which is returned: of two names the first.
    fn noun_phrase(&mut self, (first, last): (usize, usize)) -> usize {
        if self.out[first].pos == "NNP" {
            (first + 1..=last).for_each(|t| self.link(t, first, "flat"));
            return first;
        }
        for t in first..last {
            let (head, relation) = match self.out[t].pos {
                "DT" => (last, "det"),
                "PRP$" => (last, "nmod:poss"),
                "CD" => (last, "nummod"),
                "RB" => (t + 1, "advmod"),
                "NN" => (last, "compound"),
                _ => (last, "amod"),
            };
            self.link(t, head, relation);
        }
        last
    }

    fn noun(&mut self) -> &'static str {
        if self.c.percent(45) { self.c.pick(&self.w.both) } else { self.c.pick(&self.w.nouns) }
    }

    fn verb(&mut self) -> &'static str {
        if self.c.percent(55) { self.c.pick(&self.w.both) } else { self.c.pick(&self.w.verbs) }
    }

    /// A noun phrase: whether it is plural, and the place of its noun.
    fn np(&mut self, subject: bool, depth: usize) -> (bool, usize) {
        let mut t: Vec<(String, &'static str)> = Vec::new();
        let roll = self.c.below(100);
        let many = if roll < 14 {
            let (word, many) = if subject {
                self.c.pick(&[
                    ("she", false),
                    ("he", false),
                    ("they", true),
                    ("we", true),
                    ("it", false),
                    ("you", true),
                ])
            } else {
                self.c.pick(&[
                    ("her", false),
                    ("him", false),
                    ("them", true),
                    ("us", true),
                    ("it", false),
                    ("that", false),
                ])
            };
            t.push((word.into(), if word == "that" { "DT" } else { "PRP" }));
            many
        } else if roll < 26 {
            t.push(((self.c.pick(&self.w.names)).into(), "NNP"));
            if self.c.percent(30) {
                t.push(((self.c.pick(&self.w.names)).into(), "NNP"));
            }
            false
        } else {
            let many = self.c.percent(40);
            match self.c.below(10) {
                0..=3 => t.push(((self.c.pick(&["the", "the", "some", "any"])).into(), "DT")),
                4 => t.push(((self.c.pick(&["her", "his", "their", "our", "my"])).into(), "PRP$")),
                5 if many => t.push(((self.c.pick(&["two", "three", "many", "several", "50"])).into(), "CD")),
                6 => t.push(((if many { "these" } else { "that" }).into(), "DT")),
                7 if many => {}
                _ => t.push(((if many { "the" } else { self.c.pick(&["a", "every", "this", "the"]) }).into(), "DT")),
            }
            t.iter_mut().filter(|w| w.0 == "many" || w.0 == "several").for_each(|w| w.1 = "JJ");
            if self.c.percent(35) {
                if self.c.percent(15) {
                    t.push(((self.c.pick(&["very", "quite", "rather"])).into(), "RB"));
                }
                t.push(((self.c.pick(&self.w.adjectives)).into(), "JJ"));
            } else if self.c.percent(12) {
                t.push((past(self.verb()), "VBN"));
            }
            // a compound: the first noun stays singular
            if self.c.percent(18) {
                t.push((self.noun().into(), "NN"));
            }
            let noun = self.noun();
            t.push(if many { (plural(noun), "NNS") } else { (noun.into(), "NN") });
            many
        };
        if t.len() > 1 && t[0].0 == "a" && t[1].0.starts_with(['a', 'e', 'i', 'o', 'u']) {
            t[0].0 = "an".into();
        }
        let named = t.last().is_some_and(|w| matches!(w.1, "NN" | "NNP"));
        let places = self.chunk("NP", t);
        let head = self.noun_phrase(places);
        if named && self.c.percent(9) {
            let noun = self.noun();
            let second = if self.c.percent(25) { Some((self.c.pick(&self.w.adjectives)).to_string()) } else { None };
            let mut t = vec![("'s".to_string(), "POS")];
            t.extend(second.map(|a| (a, "JJ")));
            t.push((noun.into(), "NN"));
            let (clitic, owned) = self.chunk("NP", t);
            self.noun_phrase((clitic + 1, owned));
            self.link(clitic, head, "case");
            self.link(head, owned, "nmod:poss");
            return (false, owned);
        }
        if depth > 0 && named && self.c.percent(16) {
            let noun = self.pp(depth - 1);
            self.link(noun, head, "nmod");
        } else if depth > 0 && named && self.c.percent(8) {
            let which = self.c.pick(&["that", "which", "who"]);
            let which = self.one("NP", which, if which == "who" { "WP" } else { "WDT" });
            let verb = self.vp(many, depth - 1);
            self.subject(which, &verb);
            self.link(verb.head, head, "acl:relcl");
        }
        (many, head)
    }

    fn subject(&mut self, noun: usize, verb: &Verb) {
        self.link(noun, verb.head, if verb.passive { "nsubj:pass" } else { "nsubj" });
    }

    /// A phrase with a preposition: the place of its noun.
    fn pp(&mut self, depth: usize) -> usize {
        let word = self.c.pick(&["in", "on", "of", "with", "for", "near", "after", "before", "without", "to"]);
        let case = self.one("PP", word, if word == "to" { "TO" } else { "IN" });
        let noun = self.np(false, depth).1;
        self.link(case, noun, "case");
        noun
    }

    fn adverb(&mut self) -> &'static str {
        self.c.pick(&[
            "often", "quickly", "never", "hard", "early", "late", "still", "slowly", "well", "fast", "probably",
            "rarely",
        ])
    }

    fn vp(&mut self, many: bool, depth: usize) -> Verb {
        let verb = self.verb();
        let adverb = self.c.percent(12).then(|| self.adverb().to_string());
        let mut t: Vec<(String, &'static str)> = Vec::new();
        let (mut passive, mut control) = (false, false);
        match self.c.below(12) {
            0..=2 => t.push((past(verb), "VBD")),
            3..=5 if many => t.push((verb.into(), "VBP")),
            3..=5 => t.push((plural(verb), "VBZ")),
            6 | 7 => {
                t.push(((self.c.pick(&["will", "can", "must", "should", "may", "would"])).into(), "MD"));
                if self.c.percent(25) {
                    t.push(("not".into(), "RB"));
                }
                t.push((verb.into(), "VB"));
            }
            8 => {
                t.push(if many { ("have".into(), "VBP") } else { ("has".into(), "VBZ") });
                t.push((past(verb), "VBN"));
            }
            9 => {
                t.push(if many { ("were".into(), "VBD") } else { ("was".into(), "VBD") });
                t.push((past(verb), "VBN"));
                passive = true;
            }
            10 => {
                t.push(if many { ("are".into(), "VBP") } else { ("is".into(), "VBZ") });
                t.push((gerund(verb), "VBG"));
            }
            _ => {
                let want = self.c.pick(&["want", "plan", "hope", "need", "start"]);
                t.push(if many { (want.into(), "VBP") } else { (plural(want), "VBZ") });
                t.push(("to".into(), "TO"));
                t.push((verb.into(), "VB"));
                control = true;
            }
        }
        if let Some(a) = adverb {
            t.insert(t.len() - 1, (a, "RB"));
        }
        let (first, last) = self.chunk("VP", t);
        for t in first..last {
            let relation = match self.out[t].pos {
                "RB" => "advmod",
                "TO" => "mark",
                _ if passive => "aux:pass",
                _ => "aux",
            };
            self.link(t, last, relation);
        }
        // "hopes to walk": the first verb governs
        let head = if control { first } else { last };
        if control {
            (self.out[first].head, self.out[first].relation) = (0, "root");
            self.link(last, first, "xcomp");
        }
        if passive {
            if self.c.percent(50) {
                let by = self.one("PP", "by", "IN");
                let noun = self.np(false, 0).1;
                self.link(by, noun, "case");
                self.link(noun, last, "obl");
            }
        } else if self.c.percent(72) {
            let noun = self.np(false, depth).1;
            self.link(noun, last, "obj");
        }
        if self.c.percent(30) {
            let noun = self.pp(depth.saturating_sub(1));
            self.link(noun, last, "obl");
        }
        if self.c.percent(10) {
            let a = self.adverb();
            let a = self.one("ADVP", a, "RB");
            self.link(a, last, "advmod");
        }
        Verb { head, passive }
    }

    /// A clause: the place of what governs it.
    fn clause(&mut self, depth: usize) -> usize {
        let (many, subject) = self.np(true, depth);
        match self.c.below(10) {
            0 => {
                let verb = self.c.pick(if many { &["are", "seem", "were"] } else { &["is", "seems", "was"] });
                let pos = match verb {
                    "are" | "seem" => "VBP",
                    "is" | "seems" => "VBZ",
                    _ => "VBD",
                };
                let copula = self.one("VP", verb, pos);
                let adjective = (self.c.pick(&self.w.adjectives)).to_string();
                let mut t = vec![(adjective, "JJ")];
                if self.c.percent(40) {
                    t.insert(0, ((self.c.pick(&["very", "too", "so"])).into(), "RB"));
                }
                let (first, last) = self.chunk("ADJP", t);
                (first..last).for_each(|t| self.link(t, last, "advmod"));
                // "is" is no governor, "seems" is
                let head = if verb.starts_with("seem") { copula } else { last };
                match head == copula {
                    true => self.link(last, copula, "xcomp"),
                    false => self.link(copula, last, "cop"),
                }
                self.link(subject, head, "nsubj");
                head
            }
            1 if depth > 0 => {
                let (said, pos) =
                    self.c.pick(&[("said", "VBD"), ("thought", "VBD"), ("knew", "VBD"), ("believed", "VBD")]);
                let said = self.one("VP", said, pos);
                let mark = self.c.percent(70).then(|| self.one("SBAR", "that", "IN"));
                let inner = self.clause(depth - 1);
                if let Some(mark) = mark {
                    self.link(mark, inner, "mark");
                }
                self.link(subject, said, "nsubj");
                self.link(inner, said, "ccomp");
                said
            }
            _ => {
                let verb = self.vp(many, depth);
                self.subject(subject, &verb);
                verb.head
            }
        }
    }

    fn sentence(mut self) -> Vec<Token> {
        let root = match self.c.below(10) {
            0 => {
                let word = self.c.pick(&["because", "if", "while", "although", "before", "after"]);
                let mark = self.one("SBAR", word, "IN");
                let side = self.clause(0);
                let comma = self.one("", ",", ",");
                let main = self.clause(1);
                self.link(mark, side, "mark");
                self.link(side, main, "advcl");
                self.link(comma, main, "punct");
                main
            }
            1 => {
                let noun = self.pp(0);
                let comma = self.one("", ",", ",");
                let main = self.clause(1);
                self.link(noun, main, "obl");
                self.link(comma, main, "punct");
                main
            }
            2 | 3 => {
                let one = self.clause(1);
                let word = self.c.pick(&["and", "but", "or"]);
                let and = self.one("", word, "CC");
                let other = self.clause(1);
                self.link(and, other, "cc");
                self.link(other, one, "conj");
                one
            }
            4 => {
                let verb = self.verb();
                let verb = self.one("VP", verb, "VB");
                let noun = self.np(false, 1).1;
                self.link(noun, verb, "obj");
                verb
            }
            _ => self.clause(2),
        };
        let stop = self.one("", ".", ".");
        self.link(stop, root, "punct");
        self.out
    }
}

/// Three quarters of the stems are everybody's; of the rest, half are of dev alone and half of test alone.
fn lexicon(split: usize) -> Words {
    let part = |all: &'static str| -> Vec<&'static str> {
        let new = |i: usize| i % 4 == 3;
        let list = words(all).into_iter().enumerate();
        match split {
            0 => list.filter(|(i, _)| !new(*i)).map(|(_, w)| w).collect(),
            // half of the new stems are of dev, half of test
            _ => list.filter(|(i, _)| !new(*i) || (i / 4 % 2 == 0) == (split == 1)).map(|(_, w)| w).collect(),
        }
    };
    Words { both: part(BOTH), nouns: part(NOUNS), verbs: part(VERBS), adjectives: part(ADJECTIVES), names: part(NAMES) }
}

/// The three splits of the treebank.
pub fn splits() -> [Vec<Vec<Token>>; 3] {
    draw(1993, SIZES)
}

/// Three splits of other sizes; no sentence occurs twice.
pub fn draw(seed: u64, sizes: [usize; 3]) -> [Vec<Vec<Token>>; 3] {
    let mut chance = Chance::new(seed);
    let mut seen = std::collections::BTreeSet::new();
    [0, 1, 2].map(|split| {
        let w = lexicon(split);
        let mut out = Vec::new();
        while out.len() < sizes[split] {
            let s = Writer { w: &w, c: &mut chance, out: Vec::new() }.sentence();
            let text: Vec<&str> = s.iter().map(|t| t.word.as_str()).collect();
            if s.len() <= 32 && seen.insert(text.join(" ")) {
                out.push(s);
            }
        }
        out
    })
}

/// `treebank/SPLIT.txt`: word, part of speech, chunk, governor, relation; a blank line after each sentence.
pub fn files() -> Vec<File> {
    let line = |t: &Token| format!("{} {} {} {} {}\n", t.word, t.pos, t.chunk, t.head, t.relation);
    let text = |s: &Vec<Token>| s.iter().map(line).collect::<String>() + "\n";
    SPLITS.iter().zip(splits()).map(|(n, s)| (format!("treebank/{n}.txt"), s.iter().map(text).collect())).collect()
}

const BOTH: &str = "plan walk talk answer report record play watch offer paint light cook visit order help show work call \
change place point name land train cover mark attack balance challenge claim collapse comment contract demand design \
display export finance guide hammer import influence judge kick lecture list market matter measure object pilot \
present question rent repair request review ruin search shelter signal smoke sound stain start support surprise travel \
trust waste whisper witness";
const NOUNS: &str = "house city table river teacher garden window doctor story letter engine village bottle country \
picture bridge farmer lawyer machine valley ticket ocean student kitchen engineer lesson museum island minister \
neighbour orchestra problem reason soldier theory uncle violin winner accident bakery candidate daughter editor \
factory gallery hospital idea journey kingdom library moment newspaper office palace rabbit ship tower vehicle";
const VERBS: &str = "admire believe carry deliver enjoy explain follow happen improve join kill learn mention notice \
open prepare receive remember save suggest touch use wait abandon borrow collect damage examine frighten gather hate \
inspect jail lack marry observe perform recommend select threaten unite weaken accept build consider describe \
expect fail greet hurry invite listen";
const ADJECTIVES: &str = "old young red cold light open past warm quiet famous local heavy present early late hard \
strange rich poor foreign modern tired green private public happy wooden simple narrow brave clean dark empty flat \
golden honest large mad nervous odd patient rude sharp tall useful weak yellow busy cheap direct elegant fresh";
const NAMES: &str = "Anna Berlin Carter Dublin Elena Foster Geneva Hamilton Irene Jackson Kyoto Lucas Madrid Nadia Oslo \
Peter Quentin Rome Sarah Turner Uganda Victor Warsaw Xavier York Zoe Alice Boston Clara Denver Edith Fraser";
