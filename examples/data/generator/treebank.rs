//! English sentences of a small probabilistic grammar, with Penn part-of-speech tags and CoNLL-2000 chunks.
//!
//! Most stems are nouns as well as verbs ("the plans", "she plans"), regular past forms are VBD or VBN, "that" has three
//! tags and "her" two. A part of the stems occurs in dev or test alone.

use super::chance::{Chance, words};
use super::{File, SPLITS};

/// Sentences per split.
pub const SIZES: [usize; 3] = [1200, 200, 300];

/// A token: word, part of speech, chunk.
pub type Token = (String, &'static str, String);

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

impl Writer<'_> {
    /// Adds tokens that form one chunk (`O` when the type is empty).
    fn chunk(&mut self, kind: &str, tokens: Vec<(String, &'static str)>) {
        for (i, (word, pos)) in tokens.into_iter().enumerate() {
            let tag = if kind.is_empty() { "O".into() } else { format!("{}-{kind}", if i == 0 { "B" } else { "I" }) };
            self.out.push((word, pos, tag));
        }
    }

    fn one(&mut self, kind: &str, word: &str, pos: &'static str) {
        self.chunk(kind, vec![(word.into(), pos)]);
    }

    fn noun(&mut self) -> &'static str {
        if self.c.percent(45) { self.c.pick(&self.w.both) } else { self.c.pick(&self.w.nouns) }
    }

    fn verb(&mut self) -> &'static str {
        if self.c.percent(55) { self.c.pick(&self.w.both) } else { self.c.pick(&self.w.verbs) }
    }

    /// A noun phrase; true if plural.
    fn np(&mut self, subject: bool, depth: usize) -> bool {
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
        self.chunk("NP", t);
        if named && self.c.percent(9) {
            let noun = self.noun();
            let second = if self.c.percent(25) { Some((self.c.pick(&self.w.adjectives)).to_string()) } else { None };
            let mut t = vec![("'s".to_string(), "POS")];
            t.extend(second.map(|a| (a, "JJ")));
            t.push((noun.into(), "NN"));
            self.chunk("NP", t);
            return false;
        }
        if depth > 0 && named && self.c.percent(16) {
            self.pp(depth - 1);
        } else if depth > 0 && named && self.c.percent(8) {
            let which = self.c.pick(&["that", "which", "who"]);
            self.one("NP", which, if which == "who" { "WP" } else { "WDT" });
            self.vp(many, depth - 1);
        }
        many
    }

    fn pp(&mut self, depth: usize) {
        let word = self.c.pick(&["in", "on", "of", "with", "for", "near", "after", "before", "without", "to"]);
        self.one("PP", word, if word == "to" { "TO" } else { "IN" });
        self.np(false, depth);
    }

    fn adverb(&mut self) -> &'static str {
        self.c.pick(&[
            "often", "quickly", "never", "hard", "early", "late", "still", "slowly", "well", "fast", "probably",
            "rarely",
        ])
    }

    fn vp(&mut self, many: bool, depth: usize) {
        let verb = self.verb();
        let adverb = self.c.percent(12).then(|| self.adverb().to_string());
        let mut t: Vec<(String, &'static str)> = Vec::new();
        let mut passive = false;
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
            }
        }
        if let Some(a) = adverb {
            t.insert(t.len() - 1, (a, "RB"));
        }
        self.chunk("VP", t);
        if passive {
            if self.c.percent(50) {
                self.one("PP", "by", "IN");
                self.np(false, 0);
            }
        } else if self.c.percent(72) {
            self.np(false, depth);
        }
        if self.c.percent(30) {
            self.pp(depth.saturating_sub(1));
        }
        if self.c.percent(10) {
            let a = self.adverb();
            self.one("ADVP", a, "RB");
        }
    }

    fn clause(&mut self, depth: usize) {
        let many = self.np(true, depth);
        match self.c.below(10) {
            0 => {
                let verb = self.c.pick(if many { &["are", "seem", "were"] } else { &["is", "seems", "was"] });
                let pos = match verb {
                    "are" | "seem" => "VBP",
                    "is" | "seems" => "VBZ",
                    _ => "VBD",
                };
                self.one("VP", verb, pos);
                let adjective = (self.c.pick(&self.w.adjectives)).to_string();
                let mut t = vec![(adjective, "JJ")];
                if self.c.percent(40) {
                    t.insert(0, ((self.c.pick(&["very", "too", "so"])).into(), "RB"));
                }
                self.chunk("ADJP", t);
            }
            1 if depth > 0 => {
                let (said, pos) =
                    self.c.pick(&[("said", "VBD"), ("thought", "VBD"), ("knew", "VBD"), ("believed", "VBD")]);
                self.one("VP", said, pos);
                if self.c.percent(70) {
                    self.one("SBAR", "that", "IN");
                }
                self.clause(depth - 1);
            }
            _ => self.vp(many, depth),
        }
    }

    fn sentence(mut self) -> Vec<Token> {
        match self.c.below(10) {
            0 => {
                let word = self.c.pick(&["because", "if", "while", "although", "before", "after"]);
                self.one("SBAR", word, "IN");
                self.clause(0);
                self.one("", ",", ",");
                self.clause(1);
            }
            1 => {
                self.pp(0);
                self.one("", ",", ",");
                self.clause(1);
            }
            2 | 3 => {
                self.clause(1);
                let word = self.c.pick(&["and", "but", "or"]);
                self.one("", word, "CC");
                self.clause(1);
            }
            4 => {
                let verb = self.verb();
                self.one("VP", verb, "VB");
                self.np(false, 1);
            }
            _ => self.clause(2),
        }
        self.one("", ".", ".");
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

/// The three splits; no sentence occurs twice.
pub fn splits() -> [Vec<Vec<Token>>; 3] {
    let mut chance = Chance::new(1993);
    let mut seen = std::collections::BTreeSet::new();
    [0, 1, 2].map(|split| {
        let w = lexicon(split);
        let mut out = Vec::new();
        while out.len() < SIZES[split] {
            let s = Writer { w: &w, c: &mut chance, out: Vec::new() }.sentence();
            let text: Vec<&str> = s.iter().map(|t| t.0.as_str()).collect();
            if s.len() <= 32 && seen.insert(text.join(" ")) {
                out.push(s);
            }
        }
        out
    })
}

/// `treebank/SPLIT.txt`: word, part of speech, chunk; a blank line after each sentence.
pub fn files() -> Vec<File> {
    let line = |t: &Token| format!("{} {} {}\n", t.0, t.1, t.2);
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
