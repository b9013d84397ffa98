//! Opinions on things of many domains: what is praised differs by domain, how it is praised in part.

use super::super::chance::{Chance, words};
use super::super::{File, SPLITS};

/// A domain: its name, what it calls the thing, its aspects.
type Domain = (&'static str, &'static str, &'static str);

/// Names and words of the domains.
pub const DOMAINS: [Domain; 16] = [
    ("books", "book novel paperback", "plot chapter prose narrator dialogue ending"),
    ("electronics", "radio charger router", "battery cable screen antenna plug firmware"),
    ("dvd", "dvd box transfer", "menu subtitle bonus picture commentary disc"),
    ("kitchen", "pan blender kettle", "handle lid blade coating timer base"),
    ("apparel", "shirt jacket dress", "fabric seam collar sleeve zipper fit"),
    ("camera", "camera lens tripod", "zoom shutter flash viewfinder autofocus grip"),
    ("health", "razor vitamin massager", "dose bristle scent gel capsule strap"),
    ("music", "album record cd", "singer chorus guitar drumming mix bass"),
    ("toys", "puzzle doll train", "wheel piece sticker instructions paint track"),
    ("video", "tape episode series", "season pilot cast finale script host"),
    ("baby", "stroller crib bottle", "harness mattress nipple wheel canopy buckle"),
    ("magazines", "magazine issue subscription", "article cover photograph column crossword layout"),
    ("software", "program update game", "installer interface manual shortcut driver licence"),
    ("sports", "racket tent helmet", "string pole padding buckle sole frame"),
    ("imdb", "film movie picture", "actor director scene soundtrack twist camera"),
    ("mr", "comedy drama thriller", "humour pacing romance villain chase setting"),
];

const GOOD: &str = "wonderful excellent great superb lovely perfect delightful fantastic brilliant pleasant impressive \
reliable charming flawless splendid terrific";
const BAD: &str = "terrible awful poor dreadful horrible disappointing useless annoying faulty clumsy dull shoddy \
miserable hopeless pathetic lousy";
/// Good in one half of the domains, bad in the other.
const SIDES: &str = "unpredictable light heavy soft dark loud simple small sharp slow";
const STRONG: &str = "very really truly extremely";
const OPENERS: &str = "well honestly overall frankly";

/// An opinion.
#[derive(Clone)]
pub struct Opinion {
    /// its words
    pub text: String,
    /// 1 to 5
    pub stars: usize,
    /// what it speaks of
    pub aspects: Vec<&'static str>,
    /// the word for the thing
    pub thing: &'static str,
}

impl Opinion {
    fn positive(&self) -> bool {
        self.stars > 3
    }
}

/// One opinion in a domain: two or three clauses, of which one may contradict the others.
fn opinion(domain: usize, good: bool, c: &mut Chance) -> Opinion {
    let (_, things, aspects) = DOMAINS[domain];
    let thing = c.pick(&words(things));
    let mut clauses = vec![];
    let mut named = vec![];
    let (mut strength, n) = (0, 2 + c.below(2));
    for i in 0..n {
        // the last of three may be a concession
        let so = if i == 2 && c.percent(50) { !good } else { good };
        let aspect = c.pick(&words(aspects));
        let side = c.percent(30);
        let word = if side {
            let all = words(SIDES);
            // word k is good in domains of one half if k is even, and in the other half if it is odd
            let fits: Vec<&str> =
                all.iter().enumerate().filter(|(k, _)| (k % 2 == domain % 2) == so).map(|(_, w)| *w).collect();
            c.pick(&fits)
        } else {
            c.pick(&words(if so { GOOD } else { BAD }))
        };
        let strong = c.percent(30);
        strength += usize::from(strong && so == good);
        let word = if strong { format!("{} {word}", c.pick(&words(STRONG))) } else { word.to_string() };
        clauses.push(match c.below(3) {
            0 => format!("the {aspect} is {word}"),
            1 => format!("i found the {aspect} {word}"),
            _ => format!("its {aspect} seems {word}"),
        });
        if !named.contains(&aspect) {
            named.push(aspect);
        }
    }
    let opener = if c.percent(30) { format!("{} , ", c.pick(&words(OPENERS))) } else { String::new() };
    let about = if c.percent(60) { format!("i bought this {thing} and ") } else { String::new() };
    let text = format!("{opener}{about}{} .", clauses.join(c.pick(&[" and ", " , ", " but "])));
    let stars = match (good, strength > 0) {
        (true, true) => 5,
        (true, false) => 4,
        (false, false) => 2,
        (false, true) => 1,
    };
    Opinion { text, stars, aspects: named, thing }
}

/// Splits of so many opinions, half of each good.
fn splits(domain: usize, seed: u64, sizes: [usize; 3]) -> [Vec<Opinion>; 3] {
    let mut c = Chance::new(seed);
    let mut seen = std::collections::BTreeSet::new();
    sizes.map(|n| {
        let mut out: Vec<Opinion> = vec![];
        while out.len() < n {
            let o = opinion(domain, out.len().is_multiple_of(2), &mut c);
            if seen.insert(o.text.clone()) {
                out.push(o);
            }
        }
        c.shuffle(&mut out);
        out
    })
}

fn tsv(set: &str, head: &str, splits: [Vec<Opinion>; 3], line: &dyn Fn(&Opinion) -> String) -> Vec<File> {
    let file = |(name, split): (&&str, Vec<Opinion>)| {
        let rows: String = split.iter().map(|o| line(o) + "\n").collect();
        (format!("{set}.{name}.tsv"), format!("{head}\n{rows}"))
    };
    SPLITS.iter().zip(splits).map(file).collect()
}

fn side(o: &Opinion) -> &'static str {
    if o.positive() { "positive" } else { "negative" }
}

/// The opinions of four domains in one set: sentiment of few is known, stars and aspects of all.
fn reviews() -> Vec<File> {
    let all: Vec<[Vec<(usize, Opinion)>; 3]> = (0..4)
        .map(|d| splits(d, 900 + d as u64, [100, 25, 75]).map(|s| s.into_iter().map(|o| (d, o)).collect()))
        .collect();
    let mut c = Chance::new(899);
    let file = |(i, name): (usize, &&str)| {
        let mut rows: Vec<&(usize, Opinion)> = all.iter().flat_map(|s| &s[i]).collect();
        c.shuffle(&mut rows);
        let line = |(k, (d, o)): (usize, &&(usize, Opinion))| {
            // a fifth of the training examples say what they are
            let sentiment = if i > 0 || k % 5 == 0 { side(o) } else { "" };
            let (topic, aspects) = (DOMAINS[*d].0, o.aspects.join(","));
            format!("{}\t{}\t{sentiment}\t{aspects}\t{topic}\t{}\n", o.text, o.stars, o.thing)
        };
        let rows: String = rows.iter().enumerate().map(line).collect();
        (format!("reviews.{name}.tsv"), format!("x\tstars\tsentiment\taspects\ttopic\tgenre\n{rows}"))
    };
    SPLITS.iter().enumerate().map(file).collect()
}

/// Short messages: many with their sentiment, few with their emotions.
fn messages() -> Vec<File> {
    const FEELINGS: [(&str, &str, &str); 4] = [
        ("joy", "positive", "thrilled delighted happy cheerful glad overjoyed grateful proud"),
        ("anger", "negative", "furious annoyed angry outraged irritated mad fuming cross"),
        ("sadness", "negative", "sad heartbroken gloomy lonely miserable tearful down empty"),
        ("fear", "negative", "afraid scared worried nervous anxious terrified uneasy panicked"),
    ];
    const TOPICS: &str = "concert exam weather game flight wedding meeting election dentist dinner";
    let mut c = Chance::new(777);
    let mut message = |most: usize| {
        let k = c.below(4);
        let mut feelings = vec![k];
        if most > 1 && c.percent(30) {
            // of the same sign
            let other = if k == 0 { 0 } else { 1 + (k + c.below(2)) % 3 };
            if !feelings.contains(&other) {
                feelings.push(other);
            }
        }
        let topic = c.pick(&words(TOPICS));
        let said: Vec<&str> = feelings.iter().map(|f| c.pick(&words(FEELINGS[*f].2))).collect();
        let so = if c.percent(40) { "so " } else { "" };
        let text = match c.below(3) {
            0 => format!("i am {so}{} about the {topic}", said.join(" and ")),
            1 => format!("the {topic} makes me {so}{}", said.join(" and ")),
            _ => format!("feeling {so}{} after the {topic} today", said.join(" and ")),
        };
        let names: Vec<&str> = feelings.iter().map(|f| FEELINGS[*f].0).collect();
        (text, FEELINGS[k].1, names.join(","))
    };
    let mut files = vec![];
    for (name, n) in SPLITS.iter().zip([600, 60, 100]) {
        let rows: String = (0..n).map(|_| message(1)).map(|(x, y, _)| format!("{x}\t{y}\n")).collect();
        files.push((format!("semeval/sentiment.{name}.tsv"), format!("x\ty\n{rows}")));
    }
    for (name, n) in SPLITS.iter().zip([60, 60, 200]) {
        let rows: String = (0..n).map(|_| message(2)).map(|(x, _, ys)| format!("{x}\t{ys}\n")).collect();
        files.push((format!("semeval/emotion.{name}.tsv"), format!("x\tys\n{rows}")));
    }
    files
}

/// Every set.
pub fn files() -> Vec<File> {
    let labelled = |o: &Opinion| format!("{}\t{}", o.text, side(o));
    let mut out = reviews();
    for (d, (name, ..)) in DOMAINS.iter().enumerate() {
        out.extend(tsv(&format!("fdu-mtl/{name}"), "x\ty", splits(d, 100 + d as u64, [60, 20, 80]), &labelled));
    }
    for (d, (name, ..)) in DOMAINS.iter().enumerate().filter(|(_, d)| AMAZON.contains(&d.0)) {
        out.extend(tsv(&format!("amazon/{name}"), "x\ty", splits(d, 200 + d as u64, [160, 40, 200]), &labelled));
    }
    out.extend(messages());
    out.extend(films());
    out
}

/// Four sets of opinions on films: five classes, two, whether it is an opinion at all, and few long ones.
fn films() -> Vec<File> {
    const FACTS: &str = "the|a|this";
    const DONE: &str = "opens in|was shot in|is set in|moves to|ends in";
    const PLACES: &str = "paris berlin india space winter london texas alaska summer rome";
    const FILM: usize = 14;
    let mut out = vec![];
    let five = |o: &Opinion| format!("{}\t{}", o.text, o.stars);
    out.extend(tsv("sst1", "x\ty", splits(FILM, 301, [120, 40, 120]), &five));
    out.extend(tsv("sst2", "x\ty", splits(FILM, 302, [80, 40, 120]), &|o| format!("{}\t{}", o.text, side(o))));
    let long = |[a, b, c]: [Vec<Opinion>; 3]| {
        let twice = |all: Vec<Opinion>| -> Vec<Opinion> {
            let (good, bad): (Vec<_>, Vec<_>) = all.into_iter().partition(Opinion::positive);
            let join = |v: Vec<Opinion>| {
                let pairs =
                    v.chunks_exact(2).map(|p| Opinion { text: format!("{} {}", p[0].text, p[1].text), ..p[0].clone() });
                pairs.collect::<Vec<_>>()
            };
            join(good).into_iter().zip(join(bad)).flat_map(|(a, b)| [a, b]).collect()
        };
        [twice(a), twice(b), twice(c)]
    };
    out.extend(tsv("imdb", "x\ty", long(splits(FILM, 303, [160, 80, 240])), &|o| format!("{}\t{}", o.text, side(o))));
    let mut c = Chance::new(304);
    let opinions = splits(FILM, 305, [60, 20, 60]);
    for (name, split) in SPLITS.iter().zip(opinions) {
        let mut rows: Vec<String> = split.iter().map(|o| format!("{}\tsubjective\n", o.text)).collect();
        while rows.len() < 2 * split.len() {
            let (_, things, aspects) = DOMAINS[FILM];
            let article = c.pick(&FACTS.split('|').collect::<Vec<_>>());
            let (done, place) = (c.pick(&DONE.split('|').collect::<Vec<_>>()), c.pick(&words(PLACES)));
            let (thing, aspect) = (c.pick(&words(things)), c.pick(&words(aspects)));
            let more = if c.percent(50) {
                format!(" and its {aspect} comes from {}", c.pick(&words(PLACES)))
            } else {
                String::new()
            };
            rows.push(format!("{article} {thing} {done} {place}{more} .\tobjective\n"));
        }
        c.shuffle(&mut rows);
        out.push((format!("subj.{name}.tsv"), format!("x\ty\n{}", rows.concat())));
    }
    out
}

const AMAZON: [&str; 4] = ["books", "dvd", "electronics", "kitchen"];
