//! Data for the systems of the survey: small sets in which the effect that a system is about is there and can be measured.
//!
//! They stand under the paths that the specs name, in the format that those data have. What is not drawn here is not made
//! up: a spec whose data are not in this list needs those of its paper.

pub mod opinions;
pub mod sentences;

use super::{File, SPLITS, assistant, pairs};

/// Every file, by its path below `examples/systems/data`.
pub fn files() -> Vec<File> {
    [opinions::files(), sentences::files(), requests(), sick(), comparisons()].concat()
}

/// Three splits cut to sizes.
fn cut<T: Clone>(splits: [Vec<T>; 3], sizes: [usize; 3]) -> [Vec<T>; 3] {
    let mut out = splits;
    out.iter_mut().zip(sizes).for_each(|(split, n)| split.truncate(n));
    out
}

/// `atis`, in the layout of its files: the requests of the assistant, of which few are for training.
fn requests() -> Vec<File> {
    let mut files = vec![];
    for (name, split) in SPLITS.iter().zip(cut(assistant::splits(), [500, 100, 250])) {
        let lines = |f: &dyn Fn(&assistant::Utterance) -> String| split.iter().map(|u| f(u) + "\n").collect::<String>();
        files.push((format!("atis/{name}/seq.in"), lines(&|u| u.words.join(" "))));
        files.push((format!("atis/{name}/seq.out"), lines(&|u| u.tags.join(" "))));
        files.push((format!("atis/{name}/label"), lines(&|u| u.intent.to_string())));
    }
    files
}

/// `sick`, with its relatedness and verdict.
fn sick() -> Vec<File> {
    let line = |p: &pairs::Pair| format!("{}\t{}\t{}.{}\t{}\n", p.a, p.b, p.score / 10, p.score % 10, p.verdict);
    let file = |(name, split): (&&str, Vec<pairs::Pair>)| {
        (format!("sick.{name}.tsv"), "a\tb\tscore\tverdict\n".to_string() + &split.iter().map(line).collect::<String>())
    };
    SPLITS.iter().zip(cut(pairs::draw(3), [400, 80, 200])).map(|(name, split)| file((name, split))).collect()
}

/// `pairs/{source,target}`: whether two sentences say the same. The target has a sixth of the source's training pairs.
fn comparisons() -> Vec<File> {
    let mut files = vec![];
    for (domain, sizes) in [("source", [600, 100, 200]), ("target", [100, 60, 200])] {
        let shift = if domain == "source" { 1 } else { 2 };
        for (name, split) in SPLITS.iter().zip(cut(pairs::draw(shift), sizes)) {
            let line = |p: &pairs::Pair| {
                let same = if p.verdict == "entailment" { "yes" } else { "no" };
                format!("{}\t{}\t{same}\n", p.a, p.b)
            };
            let text = "a\tb\ty\n".to_string() + &split.iter().map(line).collect::<String>();
            files.push((format!("pairs/{domain}.{name}.tsv"), text));
        }
    }
    files
}
