//! Reviews of four kinds of product: some words praise everywhere, some only in one domain, some change sides.

use super::chance::{Chance, items};
use super::{File, SPLITS};
use std::collections::BTreeSet;

/// Reviews per split and domain.
pub const SIZES: [usize; 3] = [300, 60, 120];

/// A domain: name, what it calls the product, its aspects, its praise, its blame. `@` stands for an aspect.
pub type Domain = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// The domains.
pub const DOMAINS: [Domain; 4] = [
    (
        "books",
        "book|novel|paperback|story",
        "plot|main character|dialogue|ending|first chapter|translation|prose|narrator",
        "i could not put it down|a real page-turner|the @ is unpredictable|the @ is moving|i read it in one sitting|\
the @ kept me up all night|@ and setting are beautifully drawn|the @ made me cry|i already bought the sequel|\
the @ is subtle and wise|it stays with you|the @ is razor sharp|a quiet little gem|the @ gave me chills",
        "the @ is predictable|i gave up after fifty pages|the @ drags on and on|the @ is flat|full of typos|\
the @ put me to sleep|i skipped whole pages|the @ makes no sense|the @ is wooden|three hundred pages too long|\
the author lectures the reader|the @ feels copied|a soap opera|the @ is thin",
    ),
    (
        "music",
        "album|record|cd|debut",
        "bass line|singer|mix|drumming|second track|chorus|guitar|production",
        "every track is a keeper|the @ is infectious|it has been on repeat for a week|the @ gave me goosebumps|\
the @ is tight|not a single filler|the @ is raw and loud|you will hum it for days|the @ really swings|\
the @ soars|best headphones music in years|the @ is lush|they blow the roof off|the @ is heavy",
        "the @ is muddy|all the songs sound the same|the @ is out of tune|mostly filler|the @ is overproduced|\
the @ is buried|sounds like elevator music|the @ is whiny|my cd skips|the @ grates|the @ is flat|\
they should have stopped after the first record|the @ is tinny|it put me to sleep",
    ),
    (
        "kitchen",
        "pan|blender|knife|kettle|coffee maker",
        "handle|lid|blade|motor|coating|timer|base|cord",
        "heats evenly|the @ is razor sharp|nothing sticks|the @ is predictable and steady|cleans up in seconds|\
the @ is whisper quiet|the @ is heavy and solid|dishwasher safe|the @ still looks new|boils water in no time|\
the @ fits my hand|sturdy as a rock|we use it every single day|the @ stays cool",
        "the @ came off|it leaks|the @ is thin|the @ rusted within a month|it burns everything|the @ is wobbly|\
the @ smells of plastic|the @ is so loud|stopped working after two weeks|the @ is unpredictable|the @ cracked|\
everything sticks|i sent it back|the @ gets dangerously hot",
    ),
    (
        "travel",
        "hotel|resort|hostel|apartment",
        "room|breakfast|pool|staff|view|bed|lobby|location",
        "the @ is spotless|steps from the beach|the @ is quiet at night|we slept like babies|the @ is stunning|\
they upgraded us for free|the @ made us feel at home|fresh towels every day|the @ is worth every penny|\
the @ is warm and helpful|we extended our stay|the @ is bright|an oasis in the city|the @ is plentiful",
        "the @ is filthy|cockroaches in the bathroom|the @ is loud until four in the morning|they lost our booking|\
the @ is cold|the @ smells of smoke|hidden fees everywhere|the @ is cramped|miles from anything|the @ is rude|\
the wifi never worked|the @ is dated|we checked out early|the @ is nothing like the pictures",
    ),
];

const PRAISE: &str = "wonderful|i love it|highly recommended|excellent|simply great|a pleasure|worth it|exceeded my \
expectations|i am delighted|fantastic|perfect|five stars|could not be happier|superb";
const BLAME: &str = "terrible|a waste of money|very disappointing|awful|do not bother|i regret it|poor|avoid|not worth \
it|i am angry|dreadful|one star|never again|a joke";
const NEUTRAL: &str = "i bought this # in march|my sister gave me this #|this is my second #|i had read about this # \
online|we chose this # because of the price|arrived on time|my expectations were average|it is what it is|\
i compared it with another #|this # was a present|got this # for my birthday|not sure what others think";
const OPENERS: &str = "||well|honestly|to be fair|in short|after a month|to my surprise|what can i say";
const JOINS: &str = ".|.|,|, and|.|!";

/// One review: whether it praises, its text.
pub type Review = (bool, String);

/// Phrases that a split may use: the last two of fourteen are test's, the two before are dev's.
fn part(list: &'static str, split: usize) -> Vec<&'static str> {
    let all = items(list);
    let n = all.len();
    let own = match split {
        0 => n..n,
        1 => n - 4..n - 2,
        _ => n - 2..n,
    };
    // new phrases are drawn as often as three others each, so that they matter
    let new = own.clone().flat_map(|i| [all[i]; 3]);
    all[..n - 4].iter().copied().chain(new).collect()
}

fn review(domain: &Domain, split: usize, good: bool, chance: &mut Chance) -> String {
    let opinion = |good: bool, chance: &mut Chance| -> String {
        let general = if good { PRAISE } else { BLAME };
        let special = if good { domain.3 } else { domain.4 };
        let list = if chance.percent(30) { general } else { special };
        chance.pick(&part(list, split)).replace('@', chance.pick(&items(domain.2)))
    };
    let mut clauses = Vec::new();
    if chance.percent(55) {
        clauses.push(chance.pick(&items(NEUTRAL)).replace('#', chance.pick(&items(domain.1))));
    }
    let n = 1 + chance.below(3);
    for _ in 0..n {
        let clause = opinion(good, chance);
        if !clauses.contains(&clause) {
            clauses.push(clause);
        }
    }
    let mut text = chance.pick(&items(OPENERS)).to_string();
    for (i, clause) in clauses.iter().enumerate() {
        if i > 0 {
            text.push(' ');
            text.push_str(chance.pick(&items(JOINS)));
        }
        text.push(' ');
        text.push_str(clause);
    }
    // a concession does not turn the verdict
    if chance.percent(18) {
        text = if chance.percent(50) {
            format!("{text} , even though {}", opinion(!good, chance))
        } else {
            format!("{} , but {}", opinion(!good, chance), text.trim())
        };
    }
    let end = chance.pick(&[" .", " .", " !", ""]);
    (text + end).replace(" , ,", " ,").trim().to_string()
}

/// Domain by domain, split by split; half of each praises, no text occurs twice.
pub fn splits() -> Vec<(&'static str, [Vec<Review>; 3])> {
    let mut chance = Chance::new(4);
    let mut seen = BTreeSet::new();
    let mut one = |domain: &Domain| {
        [0, 1, 2].map(|split| {
            let mut out = Vec::new();
            while out.len() < SIZES[split] {
                let good = out.len() % 2 == 0;
                let text = review(domain, split, good, &mut chance);
                if seen.insert(text.clone()) {
                    out.push((good, text));
                }
            }
            chance.shuffle(&mut out);
            out
        })
    };
    DOMAINS.iter().map(|d| (d.0, one(d))).collect()
}

/// `reviews/DOMAIN.SPLIT.tsv`: a heading, then label and text.
pub fn files() -> Vec<File> {
    let line = |r: &Review| format!("{}\t{}\n", if r.0 { "positive" } else { "negative" }, r.1);
    let mut files = Vec::new();
    for (domain, splits) in splits() {
        for (name, split) in SPLITS.iter().zip(splits) {
            files.push((
                format!("reviews/{domain}.{name}.tsv"),
                "label\ttext\n".to_string() + &split.iter().map(line).collect::<String>(),
            ));
        }
    }
    files
}
