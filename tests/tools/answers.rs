//! Predictions line up with what they are predictions of: every line is answered, and a file of predictions, read back as
//! gold, is scored as the run scores itself.

use super::*;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn train(folder: &TempDir) {
    let out = run(folder.path(), &["run", "s.mtl", "-q", "--no-cache", "--out", "r"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
}

/// What a command prints, which must end with this code.
fn done(folder: &TempDir, args: &[&str], input: &str, code: i32) -> (String, String) {
    let out = piped(folder.path(), args, input);
    assert_eq!(out.status.code(), Some(code), "{args:?}: {}", text(&out.stderr));
    (text(&out.stdout), text(&out.stderr))
}

/// The figures of `eval`: of a task and metric.
fn figure(folder: &TempDir, args: &[&str], task: &str, metric: &str) -> f64 {
    let args = [&["eval", "r", "--json"], args].concat();
    let all: Value = serde_json::from_str(&done(folder, &args, "", 0).0).unwrap();
    all[task][metric].as_f64().unwrap_or_else(|| panic!("{all}"))
}

fn objects(lines: &str) -> Vec<Value> {
    lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

const COLUMNS: &str =
    "data d = columns(\"d\") { x: tokens = 1; pos: tags on x = 2; ent: tags on x = 3; intent: label = \"intent\" }
encoder enc = embed(8) |> bilstm(8)
task pos : tag of d.pos from enc { metric accuracy }
task ent : tag(crf) of d.ent from enc { metric span_f1, accuracy }
task aim : classify of d.intent from enc |> mean { metric accuracy }
train { batch 4; epochs 6; optimizer adam(lr = 2e-2) }
";

/// Sentences of two intents; a word of test is unknown, so that not all is right.
fn sentences(n: usize, unknown: bool) -> String {
    let sentence = |i: usize| {
        let city = if unknown && i.is_multiple_of(3) { "Ulm".into() } else { format!("c{}", i % 4) };
        let (verb, intent) = if i.is_multiple_of(2) { ("fly", "flight") } else { ("ride", "train") };
        // the gold of every fifth is not what its words say
        let odd = if i % 5 == 4 { "B-day" } else { "B-city" };
        format!("# intent: {intent}\n# id: {i}\n{verb} V O\nto P O\n{city} N {odd}\n")
    };
    (0..n).map(sentence).collect::<Vec<_>>().join("\n")
}

#[test]
fn columns_keep_their_rows_and_gain_predictions() {
    let test = sentences(20, true);
    let folder = folder(&[("s.mtl", COLUMNS), ("d/train.conll", &sentences(40, false)), ("d/test.conll", &test)]);
    train(&folder);
    let (out, _) = done(&folder, &["predict", "r", "d/test.conll", "--header", "--probs"], "", 0);
    assert!(out.starts_with("# global.columns = x pos ent predicted.pos predicted.pos.prob predicted.ent"), "{out}");
    // the rows and comments are all there, in order
    let mut given = test.lines();
    let (mut n, mut hits, mut right) = (0, 0, 0);
    let (mut swapped, mut aims) = (String::new(), vec![]);
    for line in out.lines().skip(1) {
        if let Some((key, aim)) = line.strip_prefix("# aim").and_then(|l| l.split_once(" = ")) {
            aims.extend(key.is_empty().then(|| aim.to_string()));
            continue;
        }
        let gold = given.next().unwrap_or_default();
        if line.starts_with('#') || line.is_empty() {
            assert_eq!(line, gold);
            swapped.push_str(&match line.split_once("intent:") {
                Some(_) => format!("# intent: {}\n", aims.get(right).cloned().unwrap_or_default()),
                None => format!("{line}\n"),
            });
            right += usize::from(line.is_empty());
            continue;
        }
        let cells: Vec<&str> = line.split(' ').collect();
        assert_eq!(cells.len(), 7, "{line}");
        assert_eq!(cells[..3].join(" "), gold);
        assert!(cells[4].parse::<f64>().is_ok_and(|p| (0.0..=1.0).contains(&p)), "{line}");
        n += 1;
        hits += usize::from(cells[1] == cells[3]);
        swapped.push_str(&format!("{} {} {}\n", cells[0], cells[3], cells[5]));
    }
    assert_eq!((n, given.next()), (60, None));
    let accuracy = figure(&folder, &[], "pos", "accuracy");
    assert!(near(hits as f64 / n as f64, accuracy), "{hits} of {n}, {accuracy}");
    // read back as gold, predictions are what the run predicts
    fs::write(folder.path().join("back.conll"), swapped).unwrap();
    for (task, metric) in [("pos", "accuracy"), ("ent", "span_f1"), ("ent", "accuracy")] {
        assert!(near(figure(&folder, &["--data", "back.conll"], task, metric), 1.0), "{task} {metric}");
    }
    let (table, _) = done(&folder, &["eval", "r"], "", 0);
    assert!(table.contains("(d)   frame_accuracy"), "{table}");
    // `eval` writes the same
    done(&folder, &["eval", "r", "-o", "e.conll", "--header", "--probs"], "", 0);
    assert_eq!(fs::read_to_string(folder.path().join("e.conll")).unwrap(), out);
    let (stdout, figures) = done(&folder, &["eval", "r", "--output", "conll", "--header", "--probs"], "", 0);
    assert!(stdout == out && figures.contains("span_f1"), "{figures}");
}

/// A row with a cell too many moves no answer under another heading.
#[test]
fn odd_rows_keep_answers_in_their_column() {
    let spec = "data d = tsv(\"d\") { y: label; x: tokens }
task t : classify of d.y from embed(4)(x) |> mean
train { epochs 1 }
";
    let train_set = "y\tx\n".to_string() + &"pos\ta fine book\nneg\ta bad book\n".repeat(8);
    let odd = "y\tx\npos\ta fine book\tmore\nneg\ta bad book\n";
    let folder = folder(&[("s.mtl", spec), ("d/train.tsv", &train_set), ("odd.tsv", odd)]);
    train(&folder);
    let (out, _) = done(&folder, &["predict", "r", "odd.tsv"], "", 0);
    let rows: Vec<Vec<&str>> = out.lines().map(|l| l.split('\t').collect()).collect();
    assert_eq!(rows[0], ["y", "x", "", "t"], "{out}");
    assert_eq!((rows[1][2], rows[2][2]), ("more", ""), "{out}");
    assert!(rows[1..].iter().all(|r| r.len() == 4 && ["pos", "neg"].contains(&r[3])), "{out}");
}

/// Between tabs an empty cell is a cell: what is predicted stands behind it, not in it.
#[test]
fn an_empty_last_cell_stays() {
    let tabs = |s: &str| s.replace(' ', "\t").replace("#\tintent:\t", "# intent: ").replace("#\tid:\t", "# id: ");
    let bare = "fly\tV\t\nto\tP\t\nc1\tN\t\n";
    let train_set = tabs(&sentences(20, false));
    let folder = folder(&[("s.mtl", COLUMNS), ("d/train.conll", &train_set), ("bare.conll", bare)]);
    train(&folder);
    let (out, _) = done(&folder, &["predict", "r", "bare.conll"], "", 0);
    let rows: Vec<&str> = out.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    assert_eq!(rows.len(), 3, "{out}");
    assert!(rows.iter().zip(bare.lines()).all(|(r, given)| r.starts_with(&format!("{given}\t"))), "{out}");
    assert!(rows.iter().all(|r| r.split('\t').count() == 5), "{out}");
}

#[test]
fn a_torn_row_costs_its_sentence() {
    let torn = "fly V O\nto P O\nc1 N B-city\n\nfly V O\nto P\n\nride V O\nto P O\nc2 N B-city\n";
    let folder = folder(&[("s.mtl", COLUMNS), ("d/train.conll", &sentences(20, false)), ("torn.conll", torn)]);
    train(&folder);
    let (out, said) = done(&folder, &["predict", "r", "torn.conll"], "", 1);
    let blocks: Vec<&str> = out.split("\n\n").collect();
    assert!(blocks[1].starts_with("# error = line 6 of `torn.conll` has too few columns"), "{out}");
    assert!(blocks[0].contains("\nc1 N B-city ") && blocks[2].contains("\nc2 N B-city "), "{out}");
    assert!(said.contains("1 line is not answered") && said.contains("E0604"), "{said}");
    let (out, _) = done(&folder, &["predict", "r", "torn.conll", "--output", "jsonl", "--top", "2"], "", 1);
    let all = objects(&out);
    assert_eq!(all.iter().map(|o| o["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 6, 8]);
    assert_eq!(all[2]["x"], serde_json::json!(["ride", "to", "c2"]));
    assert_eq!(all[2]["pos"], serde_json::json!(["V", "P", "N"]), "gold beside predictions");
    let pos = &all[2]["predicted"]["pos"];
    assert_eq!((pos["tags"].as_array().unwrap().len(), pos["probs"][0].as_object().unwrap().len()), (3, 2));
    let keys: Vec<&String> = all[2].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["line", "x", "pos", "ent", "intent", "predicted"]);
}

#[test]
fn every_line_is_answered() {
    let folder = folder(&[("s.mtl", COLUMNS), ("d/train.conll", &sentences(20, false))]);
    train(&folder);
    let input = "fly to c1\n\n  \n{\"x\": 1}\n{\"x\": [\"ride\", \"to\"]}\n{\"z\": \"a\"}\n";
    let (out, said) = done(&folder, &["predict", "r"], input, 1);
    let all = objects(&out);
    assert_eq!(all.iter().map(|o| o["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(all[0]["x"], serde_json::json!(["fly", "to", "c1"]));
    assert_eq!(all[0]["predicted"]["pos"].as_array().unwrap().len(), 3);
    for blank in &all[1..3] {
        assert_eq!((&blank["x"], &blank["predicted"]["pos"]), (&serde_json::json!([]), &serde_json::json!([])));
        assert!(blank["predicted"]["aim"]["label"].is_string(), "{blank}");
    }
    assert_eq!(all[3]["error"], "line 4: `x` is 1, not a text");
    assert!(all[5]["error"].as_str().unwrap().starts_with("line 6: no task of this run reads a text `z`"), "{out}");
    assert!(said.contains("2 lines are not answered") && said.contains("lines 4, 6"), "{said}");
    // rows: a block for each line
    let (out, _) = done(&folder, &["predict", "r", "--output", "conll"], "fly to c1\n\nride\n", 0);
    let blocks: Vec<&str> = out.trim_end().split("\n\n").collect();
    assert_eq!((blocks.len(), blocks[1].ends_with("# x =")), (3, true), "{out}");
    // a table
    let (out, _) = done(&folder, &["predict", "r", "--output", "tsv", "--header"], "fly to c1\n{\n", 1);
    let rows: Vec<Vec<&str>> = out.lines().map(|l| l.split('\t').collect()).collect();
    assert_eq!(rows[0], ["line", "x", "pos", "ent", "aim"]);
    assert_eq!((rows[1][0], rows[1][1], rows[1][2].split(' ').count()), ("1", "fly to c1", 3));
    assert!(rows[2][0] == "2" && rows[2].last().unwrap().starts_with("error: line 2: not a JSON object"), "{out}");
    // a file of another form is no list of texts
    fs::write(folder.path().join("in.conllu"), "1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n").unwrap();
    let (_, said) = done(&folder, &["predict", "r", "in.conllu"], "", 3);
    assert!(said.contains("a token in each row") && said.contains("--input texts"), "{said}");
}

const TREEBANK: &str =
    "data ud = conllu(\"ud\") { x: tokens; upos: tags on x; tree: heads on x; feats: layers<tags> on x }
encoder enc = embed(16) |> bilstm(16)
task pos : tag of ud.upos from enc { metric accuracy }
task tree : parse(arc = 16, label = 8) of ud.tree from enc { metric las, uas }
task feats : tag(per = relation) of ud.feats from enc { metric accuracy }
train { batch 4; epochs 4; optimizer adam(lr = 1e-2) }
";

/// Sentences of a subject and a verb, some with a range, an empty node and features of their own.
fn treebank(n: usize) -> String {
    let mut out = String::new();
    for i in 0..n {
        let noun = i % 5;
        out.push_str(&format!("# sent_id = s{i}\n# text = the n{noun} v{}\n", i % 3));
        if i % 4 == 1 {
            out.push_str("1-2\tthen\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n");
        }
        out.push_str("1\tthe\tthe\tDET\t_\tDefinite=Def\t2\tdet\t_\t_\n");
        let number = if i % 2 == 0 { "Number=Sing" } else { "Number=Plur" };
        // the tree of every seventh is another, which its words do not show
        let (head, root) = if i % 7 == 3 { (0, 2) } else { (3, 0) };
        let (a, b) = if head == 0 { ("root", "acl") } else { ("nsubj", "root") };
        out.push_str(&format!("2\tn{noun}\tn\tNOUN\t_\t{number}\t{head}\t{a}\t_\tGloss=n\n"));
        if i % 4 == 2 {
            out.push_str("2.1\tel\t_\t_\t_\t_\t_\t_\t3:dep\t_\n");
        }
        out.push_str(&format!("3\tv{}\tv\tVERB\t_\t_\t{root}\t{b}\t_\t_\n\n", i % 3));
    }
    out
}

#[test]
fn a_treebank_stays_one() {
    let test = treebank(12);
    let folder = folder(&[("s.mtl", TREEBANK), ("ud/train.conllu", &treebank(30)), ("ud/test.conllu", &test)]);
    train(&folder);
    let (out, _) = done(&folder, &["predict", "r", "ud/test.conllu", "--gold"], "", 0);
    assert_eq!(out.lines().count(), test.lines().count(), "{out}");
    let (mut n, mut las) = (0, 0);
    for (line, gold) in out.lines().zip(test.lines()) {
        let (row, was): (Vec<&str>, Vec<&str>) = (line.split('\t').collect(), gold.split('\t').collect());
        if line.starts_with('#') || line.is_empty() || row[0].contains(['-', '.']) {
            assert_eq!(line, gold);
            continue;
        }
        for c in [0, 1, 2, 4, 8] {
            assert_eq!(row[c], was[c], "{line}");
        }
        assert!(row[9].contains(&format!("gold.HEAD={}", was[6])) && row[9].contains(&format!("gold.UPOS={}", was[3])));
        n += 1;
        las += usize::from(row[6..8] == was[6..8]);
    }
    let own = figure(&folder, &[], "tree", "las");
    assert!(near(las as f64 / f64::from(n), own), "{las} of {n}, {own}");
    assert!(own < 1.0, "something is wrong to be seen");
    // read back as gold: trees, tags and features are what the run predicts
    let (out, _) = done(&folder, &["predict", "r", "ud/test.conllu"], "", 0);
    fs::write(folder.path().join("back.conllu"), out).unwrap();
    for (task, metric) in [("tree", "las"), ("tree", "uas"), ("pos", "accuracy"), ("feats", "accuracy")] {
        assert!(near(figure(&folder, &["--data", "back.conllu"], task, metric), 1.0), "{task} {metric}");
    }
    // texts become a treebank
    let (out, _) = done(&folder, &["predict", "r", "--output", "conllu"], "the n1 v1\n\nthe n2\n", 0);
    assert!(out.starts_with("# text = the n1 v1\n1\tthe\t_\tDET\t_\t"), "{out}");
    assert_eq!(out.split("\n\n").filter(|b| !b.is_empty()).count(), 3, "{out}");
    fs::write(folder.path().join("texts.conllu"), out).unwrap();
    assert!(near(figure(&folder, &["--data", "texts.conllu"], "tree", "las"), 1.0));
}

const CELLS: &str = "data d = READER(\"d\"OPTION) { x: tokens = SOURCE; y: label; many: labels; no: id }
encoder enc = embed(8) |> mean
task y : classify of d.y from enc { metric accuracy }
task set : classify(multi) of d.many from enc { metric exact_match }
train { batch 4; epochs 8; optimizer adam(lr = 2e-2) }
";

#[test]
fn tables_and_objects_gain_predictions() {
    let row = |i: usize| {
        let (word, y) = if i.is_multiple_of(2) { ("good", "pos") } else { ("bad", "neg") };
        let many = ["a", "b", "a,b"][i % 3];
        (format!("{word} w{}", i % 3), if i % 7 == 6 { "pos" } else { y }, many, format!("n{i}"))
    };
    let tsv = |n: usize| -> String {
        let rows = (0..n).map(row).map(|(x, y, many, no)| format!("{x}\t{y}\t{many}\t{no}\n"));
        format!("the text\ty\tmany\tno\n{}", rows.collect::<String>())
    };
    let csv = |n: usize| -> String {
        let rows = (0..n).map(row).map(|(x, y, many, no)| format!("\"{x}\",{y},\"{many}\",{no}\n"));
        format!("the text,y,many,no\n{}", rows.collect::<String>())
    };
    let jsonl = |n: usize| -> String {
        let sets = |many: &str| many.split(',').map(String::from).collect::<Vec<_>>();
        let rows = (0..n).map(row);
        rows.map(|(x, y, many, no)| {
            format!("{}\n", serde_json::json!({ "the text": x, "y": y, "many": sets(many), "no": no }))
        })
        .collect()
    };
    let formats: [(&str, &dyn Fn(usize) -> String); 3] = [("tsv", &tsv), ("csv", &csv), ("jsonl", &jsonl)];
    for (format, write) in formats {
        let spec = CELLS.replace("READER", format).replace("OPTION", "").replace("SOURCE", "\"the text\"");
        let (test, name) = (write(14), format!("d/test.{format}"));
        let folder = folder(&[("s.mtl", &spec), (&format!("d/train.{format}"), &write(30)), (&name, &test)]);
        train(&folder);
        let (out, _) = done(&folder, &["predict", "r", &name], "", 0);
        let (first, more) = if format == "jsonl" { (1, 0) } else { (2, 1) };
        assert_eq!(out.lines().count(), 14 + more, "{out}");
        let (mut hits, mut back) = (0, String::new());
        for (i, line) in out.lines().enumerate() {
            if format == "jsonl" {
                let mut o: Value = serde_json::from_str(line).unwrap();
                assert_eq!(
                    (o["line"].as_u64(), &o["no"]),
                    (Some((i + first) as u64), &serde_json::json!(format!("n{i}")))
                );
                hits += usize::from(o["y"] == o["predicted"]["y"]["label"]);
                (o["y"], o["many"]) = (o["predicted"]["y"]["label"].clone(), o["predicted"]["set"]["labels"].clone());
                o["the text"] = o["x"].clone();
                back.push_str(&format!("{o}\n"));
                continue;
            }
            let (separator, was) = (if format == "tsv" { '\t' } else { ',' }, test.lines().nth(i).unwrap());
            let mut cells: Vec<String> = match format {
                "tsv" => line.split(separator).map(String::from).collect(),
                _ => csv::ReaderBuilder::new()
                    .has_headers(false)
                    .from_reader(line.as_bytes())
                    .records()
                    .next()
                    .unwrap()
                    .unwrap()
                    .iter()
                    .map(String::from)
                    .collect(),
            };
            assert_eq!(cells.len(), 6, "{line}");
            if i == 0 {
                assert_eq!(cells[4..], ["predicted.y", "set"], "a field is called `y` too");
                back.push_str(&format!("{was}\n"));
                continue;
            }
            assert_eq!(cells[3], format!("n{}", i - 1));
            hits += usize::from(cells[1] == cells[4]);
            (cells[1], cells[2]) = (cells[4].clone(), cells[5].clone());
            let quoted = |c: &String| if format == "csv" { format!("\"{c}\"") } else { c.clone() };
            let cells: Vec<String> = cells[..4].iter().map(quoted).collect();
            back.push_str(&format!("{}\n", cells.join(&separator.to_string())));
        }
        if format == "tsv" {
            // what cannot be read as the data set has it may be texts
            fs::write(folder.path().join("plain.tsv"), "good w1\nbad w2\n").unwrap();
            let (_, said) = done(&folder, &["predict", "r", "plain.tsv"], "", 1);
            assert!(said.contains("E0605") && said.contains("by its ending"), "{said}");
            let (out, _) = done(&folder, &["predict", "r", "plain.tsv", "--input", "texts"], "", 0);
            assert_eq!(objects(&out).len(), 2);
        }
        let accuracy = figure(&folder, &[], "y", "accuracy");
        assert!(near(hits as f64 / 14.0, accuracy) && accuracy < 1.0, "{format}: {hits} of 14, {accuracy}");
        let file = format!("back.{format}");
        fs::write(folder.path().join(&file), back).unwrap();
        for (task, metric) in [("y", "accuracy"), ("set", "exact_match")] {
            assert!(near(figure(&folder, &["--data", &file], task, metric), 1.0), "{format} {task}");
        }
    }
}

#[test]
fn details_agree_with_the_figures_and_show_the_errors() {
    let test = sentences(20, true);
    let folder = folder(&[("s.mtl", COLUMNS), ("d/train.conll", &sentences(40, false)), ("d/test.conll", &test)]);
    train(&folder);
    let (out, _) = done(&folder, &["eval", "r", "--details", "--json"], "", 0);
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(all["figures"]["pos"]["accuracy"].as_f64(), Some(figure(&folder, &[], "pos", "accuracy")));
    let details = &all["details"];
    // accuracy is recall weighted by support
    let pos = &details["pos"];
    let accuracy = all["figures"]["pos"]["accuracy"].as_f64().unwrap();
    assert!(near(pos["weighted"]["recall"].as_f64().unwrap(), accuracy), "{pos}");
    assert_eq!((pos["counted"].as_str(), pos["weighted"]["support"].as_u64()), (Some("tokens"), Some(60)));
    let confused: u64 = pos["confused"].as_array().unwrap().iter().map(|c| c["count"].as_u64().unwrap()).sum();
    assert!(near(confused as f64, 60.0 * (1.0 - accuracy)), "{pos}");
    // every fifth city is a day in the gold
    let ent = &details["ent"];
    assert_eq!(
        (ent["counted"].as_str(), ent["examples"].as_u64(), ent["wrong"].as_u64()),
        (Some("chunks"), Some(20), Some(4))
    );
    assert_eq!(ent["confused"][0], serde_json::json!({ "gold": "B-day", "predicted": "B-city", "count": 4 }));
    let worst = ent["worst"].as_array().unwrap();
    assert_eq!(worst.len(), 4);
    for w in worst {
        let line = w["line"].as_u64().unwrap() as usize;
        let word = test.lines().nth(line - 1).unwrap().split(' ').next().unwrap();
        assert!(w["text"].as_str().unwrap().starts_with(word), "the line is that of the text: {w}");
        assert_eq!((w["gold"][2].as_str(), w["predicted"][2].as_str()), (Some("B-day"), Some("B-city")));
    }
    let logp: Vec<f64> = worst.iter().map(|w| w["logp"].as_f64().unwrap()).collect();
    assert!(logp.is_sorted() && logp[3] < 0.0, "{logp:?}");
    let (out, _) = done(&folder, &["eval", "r", "--details"], "", 0);
    assert!(out.contains("ent: 20 examples, 4 with an error\n\nclass     precision"), "{out}");
    assert!(out.contains("B-day  B-city         4\n") && out.contains("gold c0: B-day\n"), "{out}");
}

const PAIRS: &str = "data d = tsv(\"d\") { q: tokens; a: tokens; good: label; of: id }
encoder enc = embed(8) |> mean
task good : classify of d.good from match(enc(q), enc(a)) {
  metric map(\"yes\", by = of), mrr(\"yes\", by = q), precision_at(1, \"yes\", by = of), accuracy
}
train { batch 4; epochs 6; optimizer adam(lr = 2e-2); objective good.map }
";

/// The figures of rankings are those of the probabilities that `predict` gives.
#[test]
fn rankings_agree_with_what_is_predicted() {
    let rows = |n: usize, seed: usize| -> String {
        let row = |i: usize| {
            let (question, answer) = (i / 4, (i * 7 + seed) % 5);
            let good = if (question + answer).is_multiple_of(3) { "yes" } else { "no" };
            format!("q{} w{}\ta{answer}\t{good}\tn{question}\n", question % 6, question)
        };
        format!("q\ta\tgood\tof\n{}", (0..n).map(row).collect::<String>())
    };
    let folder = folder(&[
        ("s.mtl", PAIRS),
        ("d/train.tsv", &rows(60, 0)),
        ("d/dev.tsv", &rows(20, 1)),
        ("d/test.tsv", &rows(40, 2)),
    ]);
    train(&folder);
    let (out, _) = done(&folder, &["predict", "r", "d/test.tsv", "--output", "jsonl"], "", 0);
    let mut groups: std::collections::BTreeMap<String, Vec<(f64, usize, bool)>> = Default::default();
    for (i, o) in objects(&out).iter().enumerate() {
        let p = o["predicted"]["good"]["probs"]["yes"].as_f64().unwrap();
        groups.entry(o["of"].to_string()).or_default().push((p, i, o["good"] == "yes"));
    }
    let (mut map, mut mrr, mut p1) = (0.0, 0.0, 0.0);
    for group in groups.values_mut() {
        group.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let ranks: Vec<usize> = (0..group.len()).filter(|r| group[*r].2).collect();
        let precisions = ranks.iter().enumerate().map(|(n, r)| (n + 1) as f64 / (r + 1) as f64);
        map += precisions.sum::<f64>() / ranks.len().max(1) as f64;
        mrr += ranks.first().map_or(0.0, |r| 1.0 / (r + 1) as f64);
        p1 += f64::from(u8::from(group[0].2));
    }
    let n = groups.len() as f64;
    let figures = [
        ("map(\"yes\", by = of)", map / n),
        ("mrr(\"yes\", by = q)", mrr / n),
        ("precision_at(1, \"yes\", by = of)", p1 / n),
    ];
    for (metric, want) in figures {
        let got = figure(&folder, &[], "good", metric);
        assert!((got - want).abs() < 1e-9, "{metric}: {got}, not {want}");
    }
    for (wrong, said) in [
        ("map(\"yes\")", "what groups the examples is not said"),
        ("map(by = of)", "none is named"),
        ("map(\"yes\", by = nosuch)", "nosuch"),
        ("map(\"yes\", by = 3)", "takes no number"),
    ] {
        fs::write(folder.path().join("w.mtl"), PAIRS.replace("map(\"yes\", by = of)", wrong)).unwrap();
        let out = run(folder.path(), &["check", "w.mtl"]);
        let shown = text(&out.stderr);
        assert!(out.status.code() == Some(1) && shown.contains(said), "{wrong}: {shown}");
        assert!(shown.contains("\n1 error"), "one cause, one finding: {wrong}: {shown}");
    }
}
