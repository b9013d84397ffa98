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
