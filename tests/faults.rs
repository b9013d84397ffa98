//! Faults of data files, for each reader: what `check` says of them, with file and line. The renderings are
//! `tests/ui/faults/READER.txt`; `UPDATE=1 cargo test faults` writes them anew.

use mtlc::diagnostics::{Diagnostic, render};
use mtlc::driver::{self, Disk};
use mtlc::hir::Options;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// A reader with data that are right.
#[derive(Clone, Copy)]
struct Format {
    reader: &'static str,
    fields: &'static str,
    tasks: &'static str,
    /// name and text
    files: &'static [(&'static str, &'static str)],
    /// the file with the training examples that is damaged where a fault names none
    train: &'static str,
    /// what is wrong, the file, its text, the code
    faults: &'static [Fault],
}

type Fault = (&'static str, &'static str, &'static str, &'static str);

const SEQUENCES: &str = "task y : tag of d.y from embed(4) |> lstm(4)\n";
const EXAMPLES: &str = "task y : tag of d.y from embed(4) |> lstm(4)\n\
                        task c : classify of d.c from embed(4) |> max\n\
                        task s : regress of d.s from embed(4) |> max\n";
const CELLS: &str = "x: tokens; y: tags on x; c: label; s: real; v: vec<2>";

const FORMATS: &[Format] = &[
    Format {
        reader: "columns",
        fields: "x: tokens; y: tags on x; c: label",
        tasks: "task y : tag of d.y from embed(4) |> lstm(4)\ntask c : classify of d.c from embed(4) |> max\n",
        files: &[
            ("d/train.txt", "# c: a\nto O\nBonn B-city\n\n# c: b\nOslo B-city\n"),
            ("d/dev.txt", "# c: a\nBonn B-city\n"),
        ],
        train: "d/train.txt",
        faults: &[
            ("a column is missing", "d/train.txt", "# c: a\nto O\nBonn\n\n# c: b\nOslo B-city\n", "E0604"),
            ("a column too many", "d/train.txt", "# c: a\nto O\nBonn B-city x\n\n# c: b\nOslo B-city\n", "E0604"),
            (
                "the first line has more",
                "d/train.txt",
                "# c: a\nto TO O\nBonn B-city\n\n# c: b\nOslo B-city\n",
                "E0604",
            ),
            ("wrong in dev", "d/dev.txt", "# c: a\nBonn\n", "E0604"),
            ("a tag that cannot follow", "d/train.txt", "# c: a\nto O\nBonn I-city\n\n# c: b\nOslo B-city\n", "W0602"),
            ("a class only in dev", "d/dev.txt", "# c: z\nBonn B-city\n", "W0607"),
            ("a tag only in dev", "d/dev.txt", "# c: a\nBonn B-date\n", "W0607"),
            ("no values of a sentence", "d/train.txt", "to O\nBonn B-city\n\nOslo B-city\n", "E0605"),
        ],
    },
    Format {
        reader: "conllu",
        fields: "x: tokens; y: tags on x = \"UPOS\"; t: heads on x",
        tasks: SEQUENCES,
        files: &[
            ("d/train.conllu", "1\tto\tto\tADP\t_\t_\t2\tcase\t_\t_\n2\tBonn\tBonn\tPROPN\t_\t_\t0\troot\t_\t_\n"),
            ("d/dev.conllu", "1\tBonn\tBonn\tPROPN\t_\t_\t0\troot\t_\t_\n"),
        ],
        train: "d/train.conllu",
        faults: &[
            (
                "a column is missing",
                "d/train.conllu",
                "1\tto\tto\tADP\t_\t_\t0\troot\t_\t_\n\n1\tBonn\tBonn\tPROPN\t_\t_\t0\troot\t_\n",
                "E0604",
            ),
            (
                "a column too many",
                "d/train.conllu",
                "1\tto\tto\tADP\t_\t_\t0\troot\t_\t_\n\n1\tBonn\tBonn\tPROPN\t_\t_\t0\troot\t_\t_\tx\n",
                "E0604",
            ),
            ("a head that is no number", "d/train.conllu", "1\tto\tto\tADP\t_\t_\tx\troot\t_\t_\n", "E0609"),
            ("a head out of range", "d/train.conllu", "1\tto\tto\tADP\t_\t_\t9\troot\t_\t_\n", "E0609"),
            (
                "no root",
                "d/train.conllu",
                "1\tto\tto\tADP\t_\t_\t2\tcase\t_\t_\n2\tB\tB\tX\t_\t_\t1\tdep\t_\t_\n",
                "E0609",
            ),
            ("a token's number is wrong", "d/train.conllu", "x\tto\tto\tADP\t_\t_\t0\troot\t_\t_\n", "E0604"),
            ("a tag only in dev", "d/dev.conllu", "1\tBonn\tBonn\tNOUN\t_\t_\t0\troot\t_\t_\n", "W0607"),
        ],
    },
    Format {
        reader: "tsv",
        fields: CELLS,
        tasks: EXAMPLES,
        files: &[
            ("d/train.tsv", "x\ty\tc\ts\tv\nto Bonn\tO B-city\ta\t1.5\t1 2\nOslo\tB-city\tb\t2\t3 4\n"),
            ("d/dev.tsv", "x\ty\tc\ts\tv\nBonn\tB-city\ta\t1\t1 2\n"),
        ],
        train: "d/train.tsv",
        faults: &[
            (
                "a cell is missing",
                "d/train.tsv",
                "x\ty\tc\ts\tv\nto Bonn\tO B-city\ta\t1.5\nOslo\tB-city\tb\t2\t3 4\n",
                "E0604",
            ),
            (
                "too few tags",
                "d/train.tsv",
                "x\ty\tc\ts\tv\nto Bonn\tO\ta\t1.5\t1 2\nOslo\tB-city\tb\t2\t3 4\n",
                "E0607",
            ),
            (
                "no number",
                "d/train.tsv",
                "x\ty\tc\ts\tv\nto Bonn\tO B-city\ta\tx\t1 2\nOslo\tB-city\tb\t2\t3 4\n",
                "E0606",
            ),
            (
                "no finite number",
                "d/train.tsv",
                "x\ty\tc\ts\tv\nto Bonn\tO B-city\ta\tinf\t1 2\nOslo\tB-city\tb\t2\t3 4\n",
                "E0606",
            ),
            (
                "a vector too short",
                "d/train.tsv",
                "x\ty\tc\ts\tv\nto Bonn\tO B-city\ta\t1\t1\nOslo\tB-city\tb\t2\t3 4\n",
                "E0606",
            ),
            (
                "a tag that cannot follow",
                "d/train.tsv",
                "x\ty\tc\ts\tv\nto Bonn\tO I-city\ta\t1\t1 2\nOslo\tB-city\tb\t2\t3 4\n",
                "W0602",
            ),
            (
                "a heading is missing",
                "d/train.tsv",
                "x\ty\tc\ts\nto Bonn\tO B-city\ta\t1.5\nOslo\tB-city\tb\t2\n",
                "E0605",
            ),
            ("a class only in dev", "d/dev.tsv", "x\ty\tc\ts\tv\nBonn\tB-city\tz\t1\t1 2\n", "W0607"),
        ],
    },
    Format {
        reader: "csv",
        fields: CELLS,
        tasks: EXAMPLES,
        files: &[
            ("d/train.csv", "x,y,c,s,v\nto Bonn,O B-city,a,1.5,1 2\n\"Oslo\",B-city,b,2,3 4\n"),
            ("d/dev.csv", "x,y,c,s,v\nBonn,B-city,a,1,1 2\n"),
        ],
        train: "d/train.csv",
        faults: &[
            ("a cell is missing", "d/train.csv", "x,y,c,s,v\nto Bonn,O B-city,a,1.5\nOslo,B-city,b,2,3 4\n", "E0604"),
            (
                "a quote that is not closed",
                "d/train.csv",
                "x,y,c,s,v\n\"to Bonn,O B-city,a,1.5,1 2\nOslo,B-city,b,2,3 4\n",
                "E0610",
            ),
            ("too few tags", "d/train.csv", "x,y,c,s,v\nto Bonn,O,a,1.5,1 2\nOslo,B-city,b,2,3 4\n", "E0607"),
            ("no number", "d/train.csv", "x,y,c,s,v\nto Bonn,O B-city,a,x,1 2\nOslo,B-city,b,2,3 4\n", "E0606"),
            ("a vector too short", "d/train.csv", "x,y,c,s,v\nto Bonn,O B-city,a,1,1\nOslo,B-city,b,2,3 4\n", "E0606"),
            (
                "a tag that cannot follow",
                "d/train.csv",
                "x,y,c,s,v\nto Bonn,O I-city,a,1,1 2\nOslo,B-city,b,2,3 4\n",
                "W0602",
            ),
            ("a heading is missing", "d/train.csv", "x,y,c,s\nto Bonn,O B-city,a,1.5\nOslo,B-city,b,2\n", "E0605"),
            ("a class only in dev", "d/dev.csv", "x,y,c,s,v\nBonn,B-city,z,1,1 2\n", "W0607"),
        ],
    },
    Format {
        reader: "jsonl",
        fields: CELLS,
        tasks: EXAMPLES,
        files: &[
            (
                "d/train.jsonl",
                "{\"x\": \"to Bonn\", \"y\": \"O B-city\", \"c\": \"a\", \"s\": 1.5, \"v\": [1, 2]}\n\
                 {\"x\": \"Oslo\", \"y\": \"B-city\", \"c\": \"b\", \"s\": 2, \"v\": [3, 4]}\n",
            ),
            ("d/dev.jsonl", "{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"a\", \"s\": 1, \"v\": [1, 2]}\n"),
        ],
        train: "d/train.jsonl",
        faults: &[
            (
                "no JSON",
                "d/train.jsonl",
                "{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"a\", \"s\": 1, \"v\": [1, 2]}\n{\"x\": \n",
                "E0610",
            ),
            ("no object", "d/train.jsonl", "3\n", "E0610"),
            (
                "a key is missing everywhere",
                "d/train.jsonl",
                "{\"x\": \"Bonn\", \"y\": \"B-city\", \"s\": 1, \"v\": [1, 2]}\n",
                "E0605",
            ),
            (
                "too few tags",
                "d/train.jsonl",
                "{\"x\": \"to Bonn\", \"y\": [\"O\"], \"c\": \"a\", \"s\": 1, \"v\": [1, 2]}\n",
                "E0607",
            ),
            (
                "no number",
                "d/train.jsonl",
                "{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"a\", \"s\": \"x\", \"v\": [1, 2]}\n",
                "E0606",
            ),
            (
                "a list for a class",
                "d/train.jsonl",
                "{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": [1], \"s\": 1, \"v\": [1, 2]}\n",
                "E0606",
            ),
            (
                "a vector too short",
                "d/train.jsonl",
                "{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"a\", \"s\": 1, \"v\": [1]}\n",
                "E0606",
            ),
            (
                "a tag that cannot follow",
                "d/train.jsonl",
                "{\"x\": \"to Bonn\", \"y\": \"B-day I-city\", \"c\": \"a\", \"s\": 1, \"v\": [1, 2]}\n",
                "W0602",
            ),
            (
                "a class only in dev",
                "d/dev.jsonl",
                "{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"z\", \"s\": 1, \"v\": [1, 2]}\n",
                "W0607",
            ),
        ],
    },
    Format {
        reader: "json",
        fields: CELLS,
        tasks: EXAMPLES,
        files: &[
            (
                "d/train.json",
                "[\n{\"x\": \"to Bonn\", \"y\": \"O B-city\", \"c\": \"a\", \"s\": 1.5, \"v\": [1, 2]},\n\
                 {\"x\": \"Oslo\", \"y\": \"B-city\", \"c\": \"b\", \"s\": 2, \"v\": [3, 4]}\n]\n",
            ),
            ("d/dev.json", "[{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"a\", \"s\": 1, \"v\": [1, 2]}]\n"),
        ],
        train: "d/train.json",
        faults: &[
            ("no JSON", "d/train.json", "[\n{\"x\": \"Bonn\"},\n{\"x\": \n", "E0610"),
            ("no list", "d/train.json", "3\n", "E0610"),
            (
                "a key is missing everywhere",
                "d/train.json",
                "[{\"x\": \"Bonn\", \"y\": \"B-city\", \"s\": 1, \"v\": [1, 2]}]\n",
                "E0605",
            ),
            (
                "too few tags",
                "d/train.json",
                "[\n{\"x\": \"to Bonn\", \"y\": [\"O\"], \"c\": \"a\", \"s\": 1, \"v\": [1, 2]}]\n",
                "E0607",
            ),
            (
                "no number",
                "d/train.json",
                "[\n\n{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"a\", \"s\": \"x\", \"v\": [1, 2]}]\n",
                "E0606",
            ),
            (
                "a vector too short",
                "d/train.json",
                "[{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"a\", \"s\": 1, \"v\": [1]}]\n",
                "E0606",
            ),
            (
                "a tag that cannot follow",
                "d/train.json",
                "[{\"x\": \"to Bonn\", \"y\": \"B-day I-city\", \"c\": \"a\", \"s\": 1, \"v\": [1, 2]}]\n",
                "W0602",
            ),
            (
                "a class only in dev",
                "d/dev.json",
                "[{\"x\": \"Bonn\", \"y\": \"B-city\", \"c\": \"z\", \"s\": 1, \"v\": [1, 2]}]\n",
                "W0607",
            ),
        ],
    },
    Format {
        reader: "parallel",
        fields: CELLS,
        tasks: EXAMPLES,
        files: &[
            ("d/train/x", "to Bonn\nOslo\n"),
            ("d/train/y", "O B-city\nB-city\n"),
            ("d/train/c", "a\nb\n"),
            ("d/train/s", "1.5\n2\n"),
            ("d/train/v", "1 2\n3 4\n"),
            ("d/dev/x", "Bonn\n"),
            ("d/dev/y", "B-city\n"),
            ("d/dev/c", "a\n"),
            ("d/dev/s", "1\n"),
            ("d/dev/v", "1 2\n"),
        ],
        train: "d/train/x",
        faults: &[
            ("fewer lines", "d/train/c", "a\n", "E0608"),
            ("more lines", "d/train/c", "a\nb\nc\n", "E0608"),
            ("too few tags", "d/train/y", "O\nB-city\n", "E0607"),
            ("no number", "d/train/s", "1\nx\n", "E0606"),
            ("a vector too short", "d/train/v", "1 2\n3\n", "E0606"),
            ("a tag that cannot follow", "d/train/y", "O I-city\nB-city\n", "W0602"),
            ("a class only in dev", "d/dev/c", "z\n", "W0607"),
        ],
    },
    Format {
        reader: "lines",
        fields: "x: tokens",
        tasks: "task l : lm of d.x from embed(4) |> lstm(4)\n",
        files: &[("d/train.txt", "to Bonn\nOslo\n"), ("d/dev.txt", "Bonn\n")],
        train: "d/train.txt",
        faults: &[],
    },
];

impl Format {
    /// What `check` finds where one file has another text.
    fn findings(&self, file: &str, bytes: &[u8]) -> (String, Vec<Diagnostic>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in self.files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, if *name == file { bytes } else { text.as_bytes() }).unwrap();
        }
        let spec = format!("data d = {}(\"d\") {{ {} }}\n{}", self.reader, self.fields, self.tasks);
        // the last weights will do
        let metric = if self.tasks.contains("task c") { "train { objective c.accuracy }\n" } else { "" };
        let mut c =
            driver::compile(&dir.path().join("spec.mtl"), &format!("{spec}{metric}"), &Disk, &Options::default());
        driver::load(&mut c, false);
        let shown = render::render_plain(&c.sources, &c.diagnostics);
        (shown.replace(&format!("{}/", dir.path().display()), ""), c.diagnostics)
    }

    fn text(&self) -> &'static str {
        self.files.iter().find(|(n, _)| *n == self.train).unwrap().1
    }
}

#[test]
fn data_that_are_right_have_no_finding_however_their_lines_end() {
    for f in FORMATS {
        let text = f.text();
        let bom = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        // rows of cells may be longer than the fields need
        let longer = match f.reader {
            "tsv" | "csv" => {
                let separator = if f.reader == "tsv" { "\t" } else { "," };
                text.lines().map(|l| format!("{l}{separator}more\n")).collect()
            }
            _ => text.to_string(),
        };
        let harmless: [(&str, Vec<u8>); 6] = [
            ("longer rows", longer.into()),
            ("as it is", text.into()),
            ("CRLF", text.replace('\n', "\r\n").into()),
            ("a byte order mark", bom),
            ("no newline at the end", text.trim_end().into()),
            ("blank lines at the end", format!("{text}\n\n").into()),
        ];
        for (what, bytes) in harmless {
            let (shown, found) = f.findings(f.train, &bytes);
            assert!(found.is_empty(), "{}: {what}:\n{shown}", f.reader);
        }
    }
}

#[test]
fn a_torn_row_is_seen_where_no_field_reads_what_it_lacks() {
    for separator in [" ", "\t"] {
        let text = ["to P O", "Bonn N B", "", "Oslo"].join("\n").replace(' ', separator);
        let f = Format { fields: "x: tokens", tasks: "task l : lm of d.x from embed(4) |> lstm(4)\n", ..FORMATS[0] };
        let (shown, found) = f.findings(f.train, text.as_bytes());
        let place = found.iter().find(|d| d.code == "E0604").and_then(|d| d.data.first());
        assert_eq!(place.map(|p| p.line), Some(4), "{shown}");
    }
}

#[test]
fn each_fault_is_said_with_file_and_line() {
    let mut wrong = String::new();
    for f in FORMATS {
        let text = f.text().as_bytes();
        // a byte in the middle of the second line, or of the only one
        let at = text.iter().position(|b| *b == b'\n').map_or(1, |n| if n + 2 < text.len() { n + 2 } else { 1 });
        let latin1 = [&text[..at], b"\xE9", &text[at..]].concat();
        let mut faults: Vec<(&str, &str, Vec<u8>, &str)> = vec![
            ("a byte that is not UTF-8", f.train, latin1, "E0603"),
            ("an empty file", f.train, vec![], ""),
            ("blank lines only", f.train, b"\n\n  \n".to_vec(), ""),
        ];
        faults.extend(f.faults.iter().map(|(what, file, text, code)| (*what, *file, text.as_bytes().to_vec(), *code)));
        let mut all = String::new();
        for (what, file, bytes, code) in faults {
            let (shown, found) = f.findings(file, &bytes);
            writeln!(all, "== {what}\n{shown}").unwrap();
            if found.is_empty() || !code.is_empty() && !found.iter().any(|d| d.code == code) {
                writeln!(wrong, "{}: {what}: expected {code}, got\n{shown}", f.reader).unwrap();
            }
            let placed = found.iter().any(|d| {
                d.data.iter().any(|p| p.line > 0 && !p.file.is_empty())
                    || d.message.contains(file.trim_start_matches("d/"))
            });
            if !placed {
                writeln!(wrong, "{}: {what}: no file and line in\n{shown}", f.reader).unwrap();
            }
        }
        let saved = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/ui/faults/{}.txt", f.reader));
        let all: String = all.lines().map(|l| format!("{}\n", l.trim_end())).collect();
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(saved.parent().unwrap()).unwrap();
            fs::write(&saved, &all).unwrap();
        }
        let was = fs::read_to_string(&saved).unwrap_or_default();
        if was != all {
            writeln!(wrong, "{}: saved\n{was}\nnow\n{all}", saved.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
