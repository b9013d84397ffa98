//! Writes the data sets of the examples: `cargo run --no-default-features --example generate_data`.
//!
//! Everything is drawn from one seed by ChaCha, so the shipped files come out byte for byte.

#[path = "generator/assistant.rs"]
pub mod assistant;
#[path = "generator/chance.rs"]
pub mod chance;
#[path = "generator/pairs.rs"]
pub mod pairs;
#[path = "generator/reviews.rs"]
pub mod reviews;
#[path = "generator/systems/mod.rs"]
pub mod systems;
#[path = "generator/treebank.rs"]
pub mod treebank;

/// A file of a data set: path below `examples/data`, contents.
pub type File = (String, String);

/// The names of the splits, in the order in which the generators give them.
pub const SPLITS: [&str; 3] = ["train", "dev", "test"];

/// Every file of every set of the examples.
pub fn files() -> Vec<File> {
    [assistant::files(), treebank::files(), reviews::files(), pairs::files()].concat()
}

#[allow(dead_code)] // the test includes this file as a module
fn main() -> std::io::Result<()> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let of = |folder: &'static str, files: Vec<File>| {
        files.into_iter().map(move |(p, text)| (format!("{folder}/{p}"), text))
    };
    for (path, text) in of("data", files()).chain(of("systems/data", systems::files())) {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, &text)?;
        println!("{:>8} bytes  {}", text.len(), path.display());
    }
    Ok(())
}
