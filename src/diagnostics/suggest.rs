//! "Did you mean": names within a bounded edit distance.

/// At most three of `known` that are close to `name`, nearest first.
///
/// Distance is Damerau-Levenshtein, at most max(1, len/3), none for one letter; a difference in case alone always counts as near.
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    // every letter is near every other
    let length = name.chars().count();
    let limit = match length {
        0 | 1 => 0,
        n => (n / 3).max(1),
    };
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|k| {
            if k.eq_ignore_ascii_case(name) {
                return Some((0, k));
            }
            // as many letters more or fewer are as many edits
            if k.chars().count().abs_diff(length) > limit {
                return None;
            }
            let d = strsim::damerau_levenshtein(name, k);
            (d <= limit && d < k.chars().count().max(2)).then_some((d, k))
        })
        .collect();
    found.sort();
    found.dedup();
    found.truncate(3);
    found.into_iter().map(|(_, k)| k).collect()
}

/// Words of other tools and languages, and what says the same here.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("acc", &["accuracy"]),
    ("average", &["mean"]),
    ("avg", &["mean"]),
    ("bool", &["label"]),
    ("class", &["label"]),
    ("cls", &["first"]),
    ("conv", &["cnn"]),
    ("detach", &["stop"]),
    ("dim", &["d"]),
    ("double", &["real"]),
    ("float", &["real"]),
    ("grl", &["reverse"]),
    ("hidden_dim", &["d"]),
    ("hidden_size", &["d"]),
    ("int", &["real", "label"]),
    ("learning_rate", &["lr"]),
    ("linear", &["dense"]),
    ("number", &["real"]),
    ("rnn", &["lstm", "gru"]),
    ("sqr", &["square"]),
    ("str", &["text"]),
    ("string", &["text"]),
    ("units", &["d"]),
];

/// At most three of `known` that are akin to `name` though not spelt like it: a synonym, the same parts in another
/// order, the beginning of it or longer than it, or a part of it. Asked only where [`near`] finds nothing, and never
/// applied unasked.
pub fn akin<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known: Vec<&str> = known.into_iter().filter(|k| *k != name).collect();
    known.sort_unstable();
    known.dedup();
    let name = name.to_ascii_lowercase();
    fn sorted(n: &str) -> Vec<&str> {
        let mut all: Vec<&str> = n.split('_').collect();
        all.sort_unstable();
        all
    }
    let own = sorted(&name);
    let meant = SYNONYMS.iter().find(|(word, _)| *word == name).map_or(&[][..], |(_, meant)| meant);
    // two letters begin too many words, and are too many words' parts
    let begins = |a: &str, b: &str| a.len() >= 3 && b.starts_with(a);
    let part = |a: &str, b: &str| a.len() >= 3 && a.len() < b.len() && b.split('_').any(|p| p == a);
    let kinds: [&dyn Fn(&str) -> bool; 4] = [
        &|k| meant.contains(&k),
        &|k| k.len() == name.len() && own.len() > 1 && sorted(k) == own,
        &|k| begins(k, &name) || begins(&name, k),
        &|k| part(k, &name) || part(&name, k),
    ];
    let mut found = kinds.iter().map(|fits| known.iter().copied().filter(|k| fits(k)).collect::<Vec<_>>());
    let mut found = found.find(|f| !f.is_empty()).unwrap_or_default();
    // of several beginnings the longest says most
    found.sort_by_key(|k| k.len().abs_diff(name.len()));
    found.truncate(3);
    found
}

/// "did you mean `a`?" or "did you mean `a` or `b`?"; `None` without candidates.
pub fn question(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [a] => Some(format!("did you mean `{a}`?")),
        [init @ .., last] => {
            let init: Vec<String> = init.iter().map(|n| format!("`{n}`")).collect();
            Some(format!("did you mean {} or `{last}`?", init.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::akin;

    #[test]
    fn akin_words_are_found() {
        let known = ["max", "embed", "square", "span_f1", "macro_f1", "layers", "lr", "real", "text", "label", "d"];
        for (name, one) in [
            ("maxpool", "max"),
            ("embedding", "embed"),
            ("f1_span", "span_f1"),
            ("f1_macro", "macro_f1"),
            ("num_layers", "layers"),
            ("learning_rate", "lr"),
            ("float", "real"),
            ("string", "text"),
            ("hidden_size", "d"),
            ("sqr", "square"),
        ] {
            assert_eq!(akin(name, known), [one], "{name}");
        }
        assert_eq!(akin("squ", known), ["square"]);
        assert_eq!(akin("int", known), ["real", "label"]);
        assert!(akin("ma", known).is_empty() && akin("genre", known).is_empty());
    }
}
