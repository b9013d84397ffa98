//! Sentence pairs, each written from two descriptions of a scene; relatedness (1 to 5) and verdict follow from how the
//! second description was changed.

use super::chance::Chance;
use super::{File, SPLITS};
use std::collections::BTreeSet;

/// Pairs per split.
pub const SIZES: [usize; 3] = [600, 100, 200];

/// Two sentences with their gold.
#[derive(Clone, Debug)]
pub struct Pair {
    /// premise
    pub a: String,
    /// hypothesis
    pub b: String,
    /// relatedness in tenths, 10 to 50
    pub score: usize,
    /// `entailment`, `neutral` or `contradiction`
    pub verdict: &'static str,
}

/// What happens where. Numbers are rows of the tables below.
#[derive(Clone, Copy, PartialEq)]
struct Scene {
    agent: usize,
    quality: Option<usize>,
    action: usize,
    object: usize,
    place: Option<usize>,
}

/// word, more general word
const AGENTS: [(&str, &str); 20] = [
    ("man", "person"),
    ("woman", "person"),
    ("boy", "child"),
    ("girl", "child"),
    ("dog", "animal"),
    ("cat", "animal"),
    ("chef", "person"),
    ("monkey", "animal"),
    ("nurse", "person"),
    ("farmer", "person"),
    ("student", "person"),
    ("horse", "animal"),
    ("toddler", "child"),
    ("musician", "person"),
    ("bear", "animal"),
    ("clown", "person"),
    ("panda", "animal"),
    ("surfer", "person"),
    ("schoolboy", "child"),
    ("goat", "animal"),
];
const QUALITIES: [&str; 12] =
    ["young", "old", "tall", "small", "happy", "tired", "brown", "quiet", "strong", "wet", "thin", "sleepy"];
/// verb, synonym, passive participle, objects as (word, more general word), opposite
type Action = (&'static str, &'static str, &'static str, [(&'static str, &'static str); 4], &'static str);
const ACTIONS: [Action; 12] = [
    (
        "carrying",
        "holding",
        "carried",
        [("basket", "container"), ("box", "container"), ("stick", "piece of wood"), ("bag", "container")],
        "dropping",
    ),
    (
        "eating",
        "chewing",
        "eaten",
        [("apple", "fruit"), ("banana", "fruit"), ("sandwich", "snack"), ("carrot", "vegetable")],
        "refusing",
    ),
    (
        "chasing",
        "running after",
        "chased",
        [("ball", "toy"), ("rabbit", "animal"), ("bicycle", "vehicle"), ("butterfly", "insect")],
        "ignoring",
    ),
    (
        "watching",
        "looking at",
        "watched",
        [("train", "vehicle"), ("bird", "animal"), ("match", "game"), ("sunset", "sky")],
        "ignoring",
    ),
    (
        "pushing",
        "shoving",
        "pushed",
        [("cart", "vehicle"), ("car", "vehicle"), ("swing", "toy"), ("table", "piece of furniture")],
        "pulling",
    ),
    (
        "opening",
        "unlocking",
        "opened",
        [("door", "entrance"), ("gate", "entrance"), ("suitcase", "container"), ("window", "opening")],
        "closing",
    ),
    (
        "washing",
        "cleaning",
        "washed",
        [("plate", "dish"), ("cup", "dish"), ("shirt", "piece of clothing"), ("truck", "vehicle")],
        "soiling",
    ),
    (
        "painting",
        "colouring",
        "painted",
        [("fence", "barrier"), ("wall", "surface"), ("boat", "vehicle"), ("chair", "piece of furniture")],
        "scraping",
    ),
    (
        "throwing",
        "tossing",
        "thrown",
        [("stone", "object"), ("frisbee", "toy"), ("snowball", "object"), ("doll", "toy")],
        "catching",
    ),
    (
        "lifting",
        "raising",
        "lifted",
        [("trunk", "piece of wood"), ("ladder", "tool"), ("bucket", "container"), ("sofa", "piece of furniture")],
        "lowering",
    ),
    (
        "playing",
        "practising",
        "played",
        [("guitar", "instrument"), ("drum", "instrument"), ("flute", "instrument"), ("violin", "instrument")],
        "tuning",
    ),
    (
        "cutting",
        "slicing",
        "cut",
        [("onion", "vegetable"), ("tomato", "vegetable"), ("rope", "cord"), ("cake", "dessert")],
        "mending",
    ),
];
const PLACES: [&str; 14] = [
    "in the park",
    "on the beach",
    "in the kitchen",
    "near the river",
    "in the street",
    "on the grass",
    "in the snow",
    "behind the house",
    "at the station",
    "in the garden",
    "on a hill",
    "in the barn",
    "at the market",
    "on the roof",
];

fn article(words: &str) -> String {
    format!("{} {words}", if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

/// How a scene is told.
#[derive(Clone, Copy, Default, PartialEq)]
struct Telling {
    passive: bool,
    synonym: bool,
    /// the agent's more general word
    broad_agent: bool,
    /// the object's more general word
    broad_object: bool,
    definite: bool,
    opposite: bool,
    denied: bool,
}

fn tell(s: &Scene, t: Telling) -> String {
    let (verb, synonym, participle, objects, opposite) = &ACTIONS[s.action];
    let agent = if t.broad_agent { AGENTS[s.agent].1 } else { AGENTS[s.agent].0 };
    let object = if t.broad_object { objects[s.object].1 } else { objects[s.object].0 };
    let agent = s.quality.map_or(agent.to_string(), |q| format!("{} {agent}", QUALITIES[q]));
    let with = |words: &str| if t.definite { format!("the {words}") } else { article(words) };
    let place = s.place.map_or(String::new(), |p| format!(" {}", PLACES[p]));
    let verb = if t.opposite {
        opposite
    } else if t.synonym {
        synonym
    } else {
        verb
    };
    match (t.denied, t.passive) {
        (true, false) => format!("there is no {agent} {verb} {}{place}", article(object)),
        (true, true) => format!("{} is not being {participle} by {}{place}", with(object), article(&agent)),
        (false, true) => format!("{} is being {participle} by {}{place}", with(object), article(&agent)),
        (false, false) => format!("{} is {verb} {}{place}", with(&agent), article(object)),
    }
}

fn scene(split: usize, c: &mut Chance) -> Scene {
    // the last agents, qualities and places are of dev and test alone, as is the last object of each action
    let new = |n: usize, fresh: usize, c: &mut Chance| {
        if split > 0 && c.percent(35) { n - 1 - c.below(fresh) } else { c.below(n - fresh) }
    };
    Scene {
        agent: new(AGENTS.len(), 5, c),
        quality: c.percent(60).then(|| new(QUALITIES.len(), 3, c)),
        action: c.below(ACTIONS.len()),
        object: new(4, 1, c),
        place: c.percent(65).then(|| new(PLACES.len(), 3, c)),
    }
}

fn pair(split: usize, c: &mut Chance) -> Pair {
    let mut first = scene(split, c);
    let mut second = first;
    let told = Telling { passive: c.percent(15), definite: c.percent(30), ..Telling::default() };
    let mut again = Telling { definite: c.percent(30), ..told };
    let other = |old: usize, n: usize, c: &mut Chance| (old + 1 + c.below(n - 1)) % n;
    let (mut score, verdict) = match c.below(14) {
        // the same in other words
        0 | 1 => {
            again.passive = !told.passive;
            (48, "entailment")
        }
        2 if !told.passive => {
            again.synonym = true;
            (47, "entailment")
        }
        // the hypothesis says less
        2 | 3 => {
            again.broad_agent = true;
            again.broad_object = c.percent(40);
            (if again.broad_object { 41 } else { 44 }, "entailment")
        }
        4 | 5 => {
            first.quality = first.quality.or(Some(c.below(QUALITIES.len() - 3)));
            second.quality = None;
            second.place = if c.percent(50) { None } else { first.place };
            (if second.place == first.place { 45 } else { 41 }, "entailment")
        }
        // the hypothesis says more
        6 => {
            first.place = None;
            second.place = Some(c.below(PLACES.len() - 3));
            (39, "neutral")
        }
        // denied, or the opposite
        7 | 8 => {
            again.denied = true;
            again.passive = c.percent(25);
            (37, "contradiction")
        }
        9 if !told.passive => {
            again.opposite = true;
            (34, "contradiction")
        }
        // something else happens
        9 | 10 => {
            second.object = other(first.object, 3, c);
            (34, "neutral")
        }
        11 => {
            second.agent = other(first.agent, AGENTS.len() - 5, c);
            second.quality = None;
            (29, "neutral")
        }
        12 => {
            second.action = other(first.action, ACTIONS.len(), c);
            second.object = c.below(3);
            (25, "neutral")
        }
        _ => {
            second = scene(split, c);
            second.agent = other(first.agent, AGENTS.len() - 5, c);
            second.action = other(first.action, ACTIONS.len(), c);
            (if second.place.is_some() && second.place == first.place { 17 } else { 12 }, "neutral")
        }
    };
    // annotators differ
    score = (score + c.below(5)).saturating_sub(2).clamp(10, 50);
    Pair { a: tell(&first, told), b: tell(&second, again), score, verdict }
}

/// The three splits of the pairs.
pub fn splits() -> [Vec<Pair>; 3] {
    draw(2014)
}

/// Three splits; no pair occurs twice and no sentence faces itself.
pub fn draw(seed: u64) -> [Vec<Pair>; 3] {
    let mut chance = Chance::new(seed);
    let mut seen = BTreeSet::new();
    [0, 1, 2].map(|split| {
        let mut out = Vec::new();
        while out.len() < SIZES[split] {
            let p = pair(split, &mut chance);
            if p.a != p.b && seen.insert((p.a.clone(), p.b.clone())) {
                out.push(p);
            }
        }
        out
    })
}

/// `pairs/SPLIT.tsv` with the heading `a b score verdict`.
pub fn files() -> Vec<File> {
    let line = |p: &Pair| format!("{}\t{}\t{}.{}\t{}\n", p.a, p.b, p.score / 10, p.score % 10, p.verdict);
    SPLITS
        .iter()
        .zip(splits())
        .map(|(n, s)| {
            (format!("pairs/{n}.tsv"), "a\tb\tscore\tverdict\n".to_string() + &s.iter().map(line).collect::<String>())
        })
        .collect()
}
