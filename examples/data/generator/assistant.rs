//! Requests to a voice assistant: seven intents, twenty slots.
//!
//! Names (artists, tracks, playlists, cities, restaurants, people, destinations) of dev and test never occur in
//! training, and a fifth of the test sentences (an eighth in dev) follow patterns that training never uses.

use super::chance::{Chance, Held, items, words};
use super::{File, SPLITS};
use std::collections::{BTreeMap, BTreeSet};

/// Sentences per split.
pub const SIZES: [usize; 3] = [2400, 300, 500];

/// Percentage of sentences that follow a pattern which training never uses.
pub const HELD_OUT: [usize; 3] = [0, 12, 20];

/// Slots whose values are disjoint between the splits.
pub const OPEN: [&str; 7] = ["artist", "track", "playlist", "location", "restaurant", "contact", "destination"];

/// An intent: name, weight, patterns of every split, patterns of dev and of test alone.
/// `{slot}` stands for a value, `[a|b|]` for one of several wordings.
type Intent = (&'static str, usize, &'static [&'static str], &'static [&'static str]);

const INTENTS: &[Intent] = &[
    (
        "play_music",
        20,
        &[
            "play {track} [by|from] {artist}",
            "play {track}",
            "play [some|some more|a bit of|] {genre}",
            "[put|throw] on {track} [by {artist}|for me|]",
            "[put|throw] on [some|a little] {genre} [music|]",
            "i [want|would like|'d love|wanna] to [hear|listen to] {artist}",
            "i [want|would like|wanna] to [hear|listen to] {track} by {artist}",
            "[can|could|would] you play [something|anything|a song|the latest album] [by|from] {artist}",
            "play [the|my] {playlist} playlist",
            "start [my|the] playlist {playlist}",
            "shuffle [my|the] {playlist} [playlist|mix]",
            "let's [hear|have] [some|] {genre} [music|songs|please]",
            "[play|queue] [some|something by] {artist}",
            "queue up {track} next",
            "i'm in the mood for {genre}",
            "next song [should be|] {track}",
            "skip this and play {track}",
            "play the [song|track|tune] {track}",
            "play {artist} [on shuffle|radio|]",
        ],
        &[
            "{artist} , [please|now|the new one]",
            "how about a little {genre} [for dinner|tonight|]",
            "is there anything by {artist} you can play",
            "give me {track} , the {artist} [version|one]",
            "add {track} to [my|the] {playlist} playlist and start it",
            "time for [some|a bit of] {artist}",
            "resume {playlist} [where i left off|from yesterday]",
            "that song {track} , [can we hear it|play it again]",
        ],
    ),
    (
        "get_weather",
        16,
        &[
            "what's the weather [like|going to be like|] in {location} {forecast_date}",
            "what's the weather {forecast_date}",
            "[is there going to be|are we getting] {condition} {forecast_date}",
            "will there be {condition} in {location} [{forecast_date}|]",
            "[show|give|tell] me the [forecast|weather] for {location} [{forecast_date}|]",
            "how [cold|hot|warm|windy] [is it|will it be] in {location} [{forecast_date}|right now|]",
            "any chance of {condition} {forecast_date}",
            "is there [any|a chance of] {condition} [in|around|near] {location}",
            "do i need [an umbrella|a coat|sunscreen] {forecast_date}",
            "[forecast|weather] [in|for] {location} {forecast_date}",
            "what's the temperature in {location}",
            "{location} weather [{forecast_date}|]",
            "how's the weather in {location}",
            "is {condition} expected {forecast_date}",
        ],
        &[
            "[should|do] we expect {condition} over {location} {forecast_date}",
            "{forecast_date} in {location} , [rain or shine|what's it looking like]",
            "i'm [flying|driving] to {location} {forecast_date} , what should i pack",
            "[does|did] {location} get much {condition} this time of year",
            "can i hang out the washing {forecast_date} or is {condition} coming",
            "what's it like outside in {location}",
        ],
    ),
    (
        "set_alarm",
        14,
        &[
            "set an alarm for {alarm_time} [{alarm_date}|]",
            "wake me [up|] at {alarm_time} [{alarm_date}|]",
            "wake me {alarm_date} at {alarm_time}",
            "[i need|i have] to [get|be] up at {alarm_time} {alarm_date}",
            "set [my|the] alarm [to|for] {alarm_time}",
            "alarm at {alarm_time} [please|{alarm_date}|]",
            "[can|could] you wake me [up|] at {alarm_time}",
            "{alarm_time} alarm [{alarm_date}|]",
            "cancel [my|the] {alarm_time} alarm",
            "move my alarm to {alarm_time}",
            "[change|push] the alarm from {alarm_time} to {alarm_time}",
            "set a [daily|repeating] alarm {alarm_date} at {alarm_time}",
        ],
        &[
            "don't let me sleep past {alarm_time} [{alarm_date}|]",
            "{alarm_date} i have an early flight , ring at {alarm_time}",
            "make sure i'm awake by {alarm_time}",
            "snooze until {alarm_time}",
            "get me out of bed at {alarm_time} {alarm_date}",
            "two alarms , one at {alarm_time} and one at {alarm_time}",
        ],
    ),
    (
        "book_restaurant",
        14,
        &[
            "book a table for {party_size} at {restaurant} [{reservation_date}|] at {reservation_time}",
            "book {restaurant} for {party_size} {reservation_date}",
            "[reserve|get me] a table at {restaurant} for {reservation_time}",
            "table for {party_size} [at|in] {restaurant} {reservation_date}",
            "table for {party_size} at {reservation_time} {reservation_date}",
            "make a reservation [at|for] {restaurant} {reservation_date} at {reservation_time}",
            "[can|could] you [book|reserve] {restaurant} for {party_size} people",
            "i [want|need|would like] a [table|reservation] at {restaurant} for {party_size}",
            "we'd like to [eat|have dinner|have lunch] at {restaurant} at {reservation_time}",
            "book dinner for {party_size} {reservation_date} at {reservation_time}",
            "get us into {restaurant} {reservation_date}",
            "find a table for {party_size} [people|] at {reservation_time}",
        ],
        &[
            "does {restaurant} have room for {party_size} {reservation_date}",
            "there will be {party_size} of us at {restaurant} , [around|say] {reservation_time}",
            "{restaurant} {reservation_date} {reservation_time} for {party_size}",
            "dinner at {restaurant} {reservation_date} , we are {party_size}",
            "see if {restaurant} can seat {party_size} at {reservation_time}",
            "it's our anniversary {reservation_date} , try {restaurant}",
        ],
    ),
    (
        "send_message",
        14,
        &[
            "[text|message] {contact} {message}",
            "[text|message|tell] {contact} that {message}",
            "send [a message|a text] to {contact} saying {message}",
            "tell {contact} {message}",
            "[send|write] {contact} a [message|text] [that says|saying] {message}",
            "let {contact} know [that|] {message}",
            "[text|message] {contact}",
            "send {contact} a [message|text]",
            "reply to {contact} {message}",
            "[can|could] you [text|tell] {contact} [that|] {message}",
            "answer {contact} with {message}",
        ],
        &[
            "{contact} should know that {message}",
            "shoot {contact} a quick note , {message}",
            "say {message} to {contact}",
            "drop {contact} a line that {message}",
            "i need to get a message to {contact}",
            "remember to warn {contact} that {message}",
        ],
    ),
    (
        "smart_home",
        12,
        &[
            "turn [on|off] the {device} in the {room}",
            "turn the {room} {device} [on|off]",
            "[switch|turn] [on|off] the {device}",
            "set the {device~dim} to {level~percent}",
            "set the {device~heat} to {level~degrees}",
            "set the {room} {device~heat} to {level~degrees}",
            "dim the {device~dim} [in the {room}|] to {level~percent}",
            "[raise|lower] the {device~dim} to {level~percent}",
            "{device} [on|off] in the {room}",
            "is the {device} [still|] on in the {room}",
            "[close|open] the {device~cover} in the {room}",
            "[start|stop] the {device}",
            "turn the {device~heat} [up|down] to {level~degrees}",
        ],
        &[
            "it's too [cold|warm] in the {room} , put the {device~heat} at {level~degrees}",
            "did i leave the {device} running in the {room}",
            "make the {room} cosy , {device~dim} at {level~percent}",
            "kill the {device} in the {room}",
            "no {device} in the {room} [tonight|while we're away]",
            "everything off in the {room} except the {device}",
        ],
    ),
    (
        "navigate",
        10,
        &[
            "navigate to {destination}",
            "[take|drive] me to {destination}",
            "[directions|route] to {destination} [by {travel_mode}|]",
            "how do i get to {destination} [by {travel_mode}|]",
            "how long [does it take|will it take] to [get|drive] to {destination}",
            "[show|give] me the [fastest|quickest|shortest] way to {destination}",
            "[what's|how's] the traffic to {destination}",
            "i [want|need|have] to go to {destination} by {travel_mode}",
            "find a route to {destination} by {travel_mode}",
            "get me to {destination}",
            "how far is {destination}",
        ],
        &[
            "can i take the {travel_mode} to {destination}",
            "we're late for {destination} , what's the quickest way",
            "is {destination} reachable by {travel_mode}",
            "{destination} by {travel_mode} , how long",
            "avoid the motorway and bring us to {destination}",
            "i'd rather take the {travel_mode} to {destination}",
        ],
    ),
];

const BEFORE: [&str; 14] = [
    "please",
    "hey",
    "hi",
    "okay",
    "um",
    "uh",
    "so",
    "hello ,",
    "hey there ,",
    "alright ,",
    "well ,",
    "quick ,",
    "excuse me ,",
    "could you please",
];
const AFTER: [&str; 6] = ["please", "thanks", "for me", "thank you", "if you can", "when you get a chance"];
const HESITATIONS: [&str; 5] = ["uh", "um", "er", "you know ,", "i mean"];

/// A sentence with its gold.
#[derive(Clone, Debug)]
pub struct Utterance {
    /// tokens
    pub words: Vec<String>,
    /// a BIO tag for each
    pub tags: Vec<String>,
    /// the class
    pub intent: &'static str,
    /// the pattern it was made from
    pub pattern: &'static str,
    /// whether only dev or test use the pattern
    pub held_out: bool,
}

/// Every pair of a word of each list.
fn pairs(a: &str, b: &str) -> Vec<String> {
    a.split_whitespace().flat_map(|x| b.split_whitespace().map(move |y| format!("{x} {y}"))).collect()
}

/// `n` distinct draws of a pattern whose lists are cut the same way for every value.
fn draw(n: usize, patterns: &[&str], lists: &BTreeMap<&str, &[&'static str]>, chance: &mut Chance) -> Vec<String> {
    let mut out = BTreeSet::new();
    for _ in 0..n * 20 {
        if out.len() == n {
            break;
        }
        let pattern = chance.pick(patterns);
        let value: Vec<&str> = pattern.split(' ').map(|w| lists.get(w).map_or(w, |list| chance.pick(list))).collect();
        out.insert(value.join(" "));
    }
    out.into_iter().collect()
}

/// The values of every slot for one split.
type Lexicon = BTreeMap<&'static str, Vec<String>>;

fn lexica(chance: &mut Chance) -> [Lexicon; 3] {
    // word lists whose members are themselves kept apart between the splits
    let apart: Vec<(&str, Held<&'static str>)> = [
        ("FIRST", words(FIRST)),
        ("LAST", words(LAST)),
        ("ADJ", words(ADJECTIVES)),
        ("NOUN", words(NOUNS)),
        ("PLACE", words(CITIES)),
        ("FOOD", words(FOOD)),
        ("MOOD", items(MOODS)),
        ("STREET", words(STREETS)),
    ]
    .into_iter()
    .map(|(name, list)| (name, Held::new(list, chance)))
    .collect();
    let mut out = [Lexicon::new(), Lexicon::new(), Lexicon::new()];
    let mut taken: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (split, lexicon) in out.iter_mut().enumerate() {
        // names of dev and test are new as a whole; two thirds of the words they draw on are known
        let words: Vec<(&str, Vec<&str>)> = apart
            .iter()
            .map(|(name, Held(parts))| {
                let mut own = parts[split].clone();
                if split > 0 {
                    own.extend((0..2 * parts[split].len()).map(|_| chance.pick(&parts[0])));
                }
                (*name, own)
            })
            .collect();
        let lists: BTreeMap<&str, &[&str]> = words.iter().map(|(name, list)| (*name, list.as_slice())).collect();
        let n = [220, 40, 90][split];
        for (slot, patterns) in [
            (
                "artist",
                &[
                    "FIRST LAST",
                    "FIRST LAST",
                    "the NOUN s",
                    "the ADJ NOUN s",
                    "LAST",
                    "ADJ NOUN",
                    "FIRST and the NOUN s",
                ][..],
            ),
            (
                "track",
                &[
                    "ADJ NOUN",
                    "NOUN in the NOUN",
                    "the NOUN of PLACE",
                    "ADJ",
                    "dancing with FIRST",
                    "never ADJ again",
                    "leaving PLACE",
                    "my ADJ NOUN",
                    "FIRST",
                    "song for FIRST",
                    "one more NOUN",
                ],
            ),
            ("playlist", &["MOOD", "MOOD mix", "ADJ MOOD", "FIRST 's MOOD", "PLACE nights"]),
            ("location", &["PLACE", "PLACE", "PLACE", "new PLACE", "port PLACE", "PLACE beach", "north PLACE"]),
            (
                "restaurant",
                &[
                    "FIRST 's",
                    "the ADJ FOOD",
                    "chez FIRST",
                    "FOOD house",
                    "casa LAST",
                    "the ADJ NOUN",
                    "FOOD and FOOD",
                    "LAST 's kitchen",
                    "PLACE grill",
                ],
            ),
            (
                "contact",
                &[
                    "FIRST",
                    "FIRST",
                    "FIRST LAST",
                    "aunt FIRST",
                    "doctor LAST",
                    "my boss FIRST",
                    "mrs LAST",
                    "FIRST from work",
                ],
            ),
            (
                "destination",
                &[
                    "PLACE",
                    "STREET street",
                    "STREET road",
                    "the PLACE airport",
                    "the STREET museum",
                    "FIRST 's place",
                    "the FOOD market on STREET street",
                    "STREET station",
                    "the ADJ FOOD",
                    "PLACE",
                ],
            ),
        ] {
            let taken = taken.entry(slot).or_default();
            let mut values: Vec<String> = draw(n, patterns, &lists, chance)
                .into_iter()
                .map(|v| v.replace(" s ", "s ").replace(" 's", "'s"))
                .collect();
            values.iter_mut().filter(|v| v.ends_with(" s")).for_each(|v| *v = v[..v.len() - 2].to_string() + "s");
            values.retain(|v| !taken.contains(v));
            taken.extend(values.iter().cloned());
            lexicon.insert(slot, values);
        }
    }
    // closed slots: new combinations in test, mostly known words
    let list = |text: &'static str| -> Vec<String> { items(text).iter().map(|s| s.to_string()).collect() };
    let hours = "one two three four five six seven eight nine ten eleven twelve";
    let clock: Vec<String> = (5..12).flat_map(|h| ["00", "15", "30", "45"].map(|m| format!("{h}:{m}"))).collect();
    let spoken = pairs("half-past quarter-to quarter-past ten-to", hours).into_iter().map(|t| t.replace('-', " "));
    let hour = hours.split(' ').map(str::to_string);
    let times =
        [pairs(hours, "thirty fifteen o'clock forty-five twenty pm p.m."), clock, spoken.collect(), hour.collect()];
    let early = [pairs(hours, "am a.m."), pairs("5:30 6:00 6:30 7:00 7:30 8:00", "am")];
    let days = "monday tuesday wednesday thursday friday saturday sunday";
    let months = "january february march april may june july august september october november december";
    let dates = [
        pairs("on this next", days),
        pairs(days, "morning evening"),
        days.split(' ').map(str::to_string).collect(),
        pairs(months, "first third tenth twentieth"),
        list("today|tonight|tomorrow|tomorrow morning|tomorrow night|this weekend|the day after tomorrow|next week"),
        list("this afternoon|later today|this evening|in two days|next month|this week|today|tonight|tomorrow"),
    ]
    .concat();
    let repeated = list("every day|every morning|on weekdays|every weekend|every monday|weekdays");
    let percents = [pairs("ten twenty thirty forty fifty sixty seventy eighty ninety", "percent"), list(PERCENTS)];
    let degrees = [pairs("sixteen seventeen eighteen nineteen twenty twenty-one twenty-two", "degrees"), list(DEGREES)];
    let closed: Vec<(&'static str, Held<String>)> = [
        ("genre", list(GENRES)),
        ("condition", list(CONDITIONS)),
        ("party_size", list(PARTIES)),
        ("device", list(DEVICES)),
        ("device~dim", list(DIMMABLE)),
        ("device~heat", list(HEATERS)),
        ("device~cover", list(COVERS)),
        ("room", list(ROOMS)),
        ("travel_mode", list(MODES)),
        ("alarm_time", [times.concat(), early.concat()].concat()),
        ("reservation_time", [times.concat(), list("noon|midday|lunchtime")].concat()),
        ("forecast_date", dates.clone()),
        ("alarm_date", [dates.clone(), repeated].concat()),
        ("reservation_date", dates),
        ("level~percent", percents.concat()),
        ("level~degrees", degrees.concat()),
        ("message", messages(chance)),
    ]
    .map(|(slot, values)| (slot, Held::new(values, chance)))
    .into();
    for (slot, Held(parts)) in closed {
        for (split, lexicon) in out.iter_mut().enumerate() {
            // dev and test know the values of training too, as real users do
            let mut values = parts[split].clone();
            if split > 0 {
                let known = if slot == "message" { 0 } else { values.len() };
                values.extend((0..known).map(|_| chance.pick(&parts[0])));
            }
            lexicon.insert(slot, values);
        }
    }
    out
}

/// What people write: some of it sounds like other intents.
fn messages(chance: &mut Chance) -> Vec<String> {
    let patterns: Vec<&str> = MESSAGES.split(';').map(str::trim).collect();
    let mut out = BTreeSet::new();
    for _ in 0..4000 {
        let pattern = chance.pick(&patterns);
        out.insert(chance.expand(pattern));
    }
    out.into_iter().collect()
}

/// Fills a pattern.
fn realise(
    intent: &Intent,
    pattern: &'static str,
    held_out: bool,
    lexicon: &Lexicon,
    chance: &mut Chance,
) -> Utterance {
    let mut u = Utterance { words: vec![], tags: vec![], intent: intent.0, pattern, held_out };
    let plain = |u: &mut Utterance, text: &str| {
        for w in text.split_whitespace() {
            u.words.push(w.to_string());
            u.tags.push("O".into());
        }
    };
    if chance.percent(22) {
        plain(&mut u, chance.pick(&BEFORE));
    }
    let text = chance.expand(pattern);
    let hesitate = chance.percent(7).then(|| chance.below(8));
    for (i, piece) in text.split_whitespace().enumerate() {
        if hesitate == Some(i) && i > 0 {
            plain(&mut u, chance.pick(&HESITATIONS));
        }
        match piece.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            None => plain(&mut u, piece),
            Some(slot) => {
                // `device~dim`: a slot whose values are drawn from a list of their own
                let name = slot.split('~').next().unwrap_or(slot);
                let mut value = lexicon.get(slot).map_or_else(String::new, |values| chance.pick(values));
                // "wake me at on friday" is nobody's English
                if u.words.last().is_some_and(|w| matches!(w.as_str(), "at" | "for" | "in" | "on")) {
                    value = value.strip_prefix("on ").unwrap_or(&value).to_string();
                }
                for (k, w) in value.split_whitespace().enumerate() {
                    u.words.push(w.to_string());
                    u.tags.push(format!("{}-{name}", if k == 0 { "B" } else { "I" }));
                }
            }
        }
    }
    // after a message everything belongs to the message
    if chance.percent(12) && !pattern.ends_with("{message}") {
        plain(&mut u, chance.pick(&AFTER));
    }
    // two neighbouring letters swapped, outside slots
    if chance.percent(4) {
        let long: Vec<usize> =
            (0..u.words.len()).filter(|&i| u.tags[i] == "O" && u.words[i].len() > 4 && u.words[i].is_ascii()).collect();
        if !long.is_empty() {
            let w = &mut u.words[chance.pick(&long)];
            let at = 1 + chance.below(w.len() - 2);
            let mut letters: Vec<char> = w.chars().collect();
            letters.swap(at, at + 1);
            *w = letters.into_iter().collect();
        }
    }
    u
}

/// The three splits. No sentence occurs twice, in a split or across them.
pub fn splits() -> [Vec<Utterance>; 3] {
    let mut chance = Chance::new(2024);
    let lexica = lexica(&mut chance);
    let total: usize = INTENTS.iter().map(|i| i.1).sum();
    let mut seen = BTreeSet::new();
    [0, 1, 2].map(|split| {
        let mut out = Vec::new();
        while out.len() < SIZES[split] {
            let mut ticket = chance.below(total);
            let intent = INTENTS.iter().find(|i| {
                let here = ticket < i.1;
                ticket = ticket.saturating_sub(i.1);
                here
            });
            let Some(intent) = intent else { continue };
            let held_out = chance.percent(HELD_OUT[split]);
            // dev and test have patterns of their own, which do not meet either
            let own: Vec<&'static str> =
                intent.3.iter().enumerate().filter(|(i, _)| (i % 3 == 0) == (split == 1)).map(|(_, p)| *p).collect();
            let pattern = if held_out { chance.pick(&own) } else { chance.pick(intent.2) };
            let u = realise(intent, pattern, held_out, &lexica[split], &mut chance);
            if seen.insert(u.words.join(" ")) {
                out.push(u);
            }
        }
        out
    })
}

/// `assistant/SPLIT/{seq.in,seq.out,label}`.
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    for (name, split) in SPLITS.iter().zip(splits()) {
        let lines = |f: &dyn Fn(&Utterance) -> String| split.iter().map(|u| f(u) + "\n").collect::<String>();
        files.push((format!("assistant/{name}/seq.in"), lines(&|u| u.words.join(" "))));
        files.push((format!("assistant/{name}/seq.out"), lines(&|u| u.tags.join(" "))));
        files.push((format!("assistant/{name}/label"), lines(&|u| u.intent.to_string())));
    }
    files
}

const FIRST: &str = "anna ben carla dylan elena felix grace hugo ida jonas katya leo marta nils olga pavel quentin rosa \
samir tessa ulla viktor wanda xenia yusuf zoe amir bianca cedric dora emil fatima gregor hanna igor judith karim lena \
milan nadia oscar petra ravi sofia tomas ursula vera walter yara zeno aisha boris chloe daniel edith farid gina henrik \
irene jamal kim louise mateo nora otis paula remy sven theo maya luca ines kofi mila ewan priya dario freya noah";
const LAST: &str = "abbott baker castillo dumont ellis fischer garcia haddad ivanov jensen keller lindqvist moreau novak \
okafor petrov quinn ramirez schmidt tanaka ueda vargas weaver xu young ziegler ackroyd bellini corday dahl estrada \
fontaine greer holloway iqbal jarvis kowalski larsen mancini nakamura oyelaran pryce rossi silva thorne underwood \
vance whitlock yamada zapata adeyemi brandt choi delacroix eriksen";
const ADJECTIVES: &str = "midnight electric golden broken silver quiet wild velvet crimson hollow lonely paper summer \
winter frozen burning distant empty gentle hidden neon rusty secret wooden yellow blue black scarlet restless faded \
sleepless crooked holy little northern ordinary salty stormy tiny urban violet weary bitter copper dusty early foreign \
green heavy iron";
const NOUNS: &str = "rain river mirror shadow engine garden hunter island jacket kite lantern machine number ocean \
parade queen rocket sailor tiger umbrella valley window anchor bridge candle desert ember feather ghost harbour \
king letter mountain needle orchard pilot road signal thunder visitor whale arrow bottle castle dream fox stranger \
satellite rabbit pirate elevator diamond cousin";
const CITIES: &str = "berlin lisbon chicago nairobi kyoto toronto oslo madrid denver austin dublin helsinki warsaw \
prague lyon geneva hamburg seattle boston portland havana lima bogota quito delhi mumbai jakarta seoul osaka hanoi \
bangkok cairo tunis accra lagos durban perth sydney auckland reykjavik bergen malmo antwerp bristol leeds glasgow \
cardiff porto seville naples turin athens sofia tallinn riga vilnius";
const FOOD: &str = "olive lemon pepper noodle curry oyster basil truffle saffron garlic ginger mango pickle walnut \
tomato waffle dumpling burger lobster radish fennel fig honey mustard";
const MOODS: &str = "workout|rainy sunday|road trip|dinner party|deep focus|morning coffee|summer hits|late night|\
study session|house cleaning|slow dance|throwback|indie favourites|beach day|campfire|wake up|running|yoga|barbecue|\
winter evening|guilty pleasures|long drive|cooking|bedtime|office|happy hour|heartbreak|festival|meditation|garage";
const STREETS: &str = "elm oak maple station king queen mill church bridge park garden harbour victoria albert chestnut \
lincoln jefferson market river castle windsor baker willow cedar granite orchard";
const GENRES: &str = "jazz|rock|classical music|hip hop|country|blues|folk|techno|soul|reggae|punk|heavy metal|disco|funk|\
bossa nova|ambient|opera|salsa|k-pop|swing|gospel|house music|grunge|trip hop|new wave|flamenco|bluegrass|drum and bass";
const CONDITIONS: &str = "rain|snow|thunderstorms|fog|hail|frost|sunshine|wind|showers|heavy rain|sleet|drizzle|strong \
winds|black ice|storms|clear skies|heat|ice|clouds|light snow";
const PARTIES: &str =
    "two|three|four|five|six|seven|eight|nine|ten|a dozen|twelve|one|2|4|6|8|3|5|10|eleven|fifteen|a couple";
const DEVICES: &str = "lights|lamp|heating|fan|television|tv|thermostat|air conditioning|speaker|radiator|heater|\
ceiling light|coffee machine|dishwasher|washing machine|vacuum|oven|humidifier|desk lamp|dryer|kettle|\
air purifier|floor lamp";
const DIMMABLE: &str = "lights|lamp|speaker|ceiling light|desk lamp|floor lamp|shutters|curtains|fan|spotlights|\
reading light|screen|night light|chandelier";
const COVERS: &str = "blinds|curtains|shutters|window|garage door|gate|awning|skylight|roller blind|drapes|front door";
const PERCENTS: &str = "maximum|low|medium|high|half|full brightness|minimum|a quarter|25 percent|5 percent|75 percent";
const DEGREES: &str = "18 degrees|20 degrees|maximum|low|medium|high|eco mode|night mode|21|19";
const HEATERS: &str = "thermostat|heating|radiator|air conditioning|heater|underfloor heating|oven|boiler|electric blanket|\
climate control";
const ROOMS: &str = "kitchen|living room|bedroom|bathroom|garage|hallway|office|basement|dining room|attic|guest room|\
nursery|study|garden|laundry room|upstairs bathroom|kids room|conservatory|porch|cellar";
const MODES: &str = "car|bus|train|bike|subway|tram|taxi|ferry|bicycle|water taxi|scooter|metro|cab|motorbike";
const MESSAGES: &str = "i'm [running late|on my way|stuck in traffic|almost there|still at work|at the airport];\
i'll be [there|home|back] [in ten minutes|at six|before dinner|by noon|tomorrow morning|on friday];\
[dinner|lunch|breakfast] is [ready|at seven|cancelled|on me|at my place];\
the [meeting|game|party|concert|appointment] [starts at eight|is cancelled|was moved to monday|is on];\
[thanks|thank you] for the [present|lift|flowers|advice|lovely evening];\
happy [birthday|anniversary|new year];see you [tonight|tomorrow|at the station|on sunday|in an hour];\
call me [back|later|when you can|tonight];[bring|buy|get] [milk|bread|some wine|the tickets|an umbrella];\
i [booked|reserved] a table for [two|four|six] [tonight|at nine|];it's [snowing|raining|freezing|sunny] here;\
we [need|should get] [more coffee|new batteries|a bigger boat|to talk];good [luck|night|morning];\
don't forget [the keys|to lock the door|your passport|the alarm|about tonight];\
i [left|lost|found] my [phone|keys|wallet|umbrella] [at home|in the car|at the office|];\
the [heating|dishwasher|car|printer] is [broken|fixed|making noises] [again|];can you [pick me up|feed the cat|play on saturday|call the doctor];\
what [time are you coming|should i cook|are you up to];the kids are [asleep|with grandma|at the pool];sorry about [yesterday|the noise|last night]";
