//! Generated programs of any size, for the benches and for the tests of growth.
//!
//! Each has two arrows for each task, as the figure that is asked for ("10,000 tasks with 20,000 arrows").

use std::fmt::Write;

/// A generator: the number of tasks in, the text out.
pub type Program = fn(usize) -> String;

/// Every kind of program, by name.
pub const PROGRAMS: [(&str, Program); 5] =
    [("lines", lines), ("families", families), ("one_corpus", one_corpus), ("chains", chains), ("layers", layers)];

/// Ten tasks to a corpus, with an encoder of two layers and twenty arrows.
pub fn lines(tasks: usize) -> String {
    let mut out = String::from("encoder words = embed(64) & chars(cnn, 32)\n");
    for group in 0..tasks.div_ceil(10) {
        let size = (tasks - group * 10).min(10);
        let _ = write!(out, "\n# group {group}\ndata d{group} = columns(\"data/{group}\") {{ x: tokens");
        for t in 0..size {
            let _ = write!(out, "; y{t}: tags on x");
        }
        let _ = writeln!(out, " }}\nencoder enc{group} = words |> bilstm(64, layers = 2)");
        for t in 0..size {
            let _ =
                writeln!(out, "task t{group}_{t} : tag(crf) of d{group}.y{t} from enc{group}@2 {{ metric span_f1 }}");
        }
        arrows(&mut out, size, |t| format!("t{group}_{t}"));
    }
    out + TRAIN
}

/// One family: ten tasks and twenty arrows in each member.
pub fn families(tasks: usize) -> String {
    let members: Vec<String> = (0..tasks.div_ceil(10)).map(|m| format!("\"m{m}\"")).collect();
    let mut out = format!("let domains = [{}]\n", members.join(", "));
    out.push_str("encoder shared = embed(64) |> bilstm(64)\n\nfor d in domains {\n");
    out.push_str("  data corpus = columns(\"data/{d}\") { x: tokens");
    for t in 0..10 {
        let _ = write!(out, "; y{t}: tags on x");
    }
    out.push_str(" }\n  encoder private = embed(32) |> bilstm(32)\n");
    for t in 0..10 {
        let _ = writeln!(out, "  task t{t} : tag of corpus.y{t} from shared & private {{ metric span_f1 }}");
    }
    arrows(&mut out, 10, |t| format!("  t{t}"));
    out + "}\n" + TRAIN
}

/// A chain of `let` upwards and one downwards.
pub fn lets(n: usize) -> String {
    let mut out =
        String::from("data d = columns(\"data\") { x: tokens; y: label }\nlet up0 = embed(64) |> bilstm(64)\n");
    for i in 0..n {
        let _ = writeln!(out, "let up{} = up{i}\nlet down{i} = down{}", i + 1, i + 1);
    }
    let _ = writeln!(out, "let down{n} = up{n}\ntask t : classify of d.y from down0 |> attend");
    out
}

/// Every task on one corpus and one encoder.
pub fn one_corpus(tasks: usize) -> String {
    let mut out = String::from("data d = columns(\"data\") { x: tokens");
    for t in 0..tasks {
        let _ = write!(out, "; y{t}: label");
    }
    out.push_str(" }\nencoder enc = embed(64) |> bilstm(64)\n");
    for t in 0..tasks {
        let _ = writeln!(out, "task t{t} : classify of d.y{t} from enc |> attend {{ metric accuracy }}");
    }
    arrows(&mut out, tasks, |t| format!("t{t}"));
    out + TRAIN
}

/// Chains of a thousand tasks, each of which reads the two before it.
pub fn chains(tasks: usize) -> String {
    let mut out = String::from("encoder enc = embed(64) |> bilstm(64)\n");
    for group in 0..tasks.div_ceil(1000) {
        let size = (tasks - group * 1000).min(1000);
        let _ = writeln!(out, "data d{group} = columns(\"data/{group}\") {{ x: tokens; y: tags on x }}");
        for t in 0..size {
            let _ = writeln!(out, "task t{group}_{t} : tag of d{group}.y from enc");
        }
        for t in 0..size {
            for back in 1..=2 {
                if t >= back {
                    let _ = writeln!(out, "t{group}_{}.hidden -> t{group}_{t} via dense(16)", t - back);
                }
            }
        }
    }
    out + TRAIN
}

/// One chain of tasks, each with a data set of its own: the n-th reads n - 1 others on its texts, so that what is to be
/// computed grows with the square.
pub fn relay(tasks: usize) -> String {
    let mut out = String::from("encoder enc = embed(64) |> bilstm(64)\n");
    for t in 0..tasks {
        let _ = writeln!(out, "data d{t} = columns(\"data/{t}\") {{ x: tokens; y: tags on x }}");
        let _ = writeln!(out, "task t{t} : tag of d{t}.y from enc");
        if t > 0 {
            let _ = writeln!(out, "t{}.hidden -> t{t} via dense(16)", t - 1);
        }
    }
    out + TRAIN
}

/// Half of the tasks at the first layer of one encoder and half at the second: every one of the former is supervised
/// below every one of the latter.
pub fn layers(tasks: usize) -> String {
    let mut out = String::from("encoder enc = embed(64) |> bilstm(64, layers = 2)\n");
    for group in 0..tasks.div_ceil(10) {
        let size = (tasks - group * 10).min(10);
        let _ = writeln!(out, "data d{group} = columns(\"data/{group}\") {{ x: tokens; y: tags on x }}");
        for t in 0..size {
            let layer = if t < 5 { 1 } else { 2 };
            let _ = writeln!(out, "task t{group}_{t} : tag of d{group}.y from enc@{layer}");
        }
        arrows(&mut out, size, |t| format!("t{group}_{t}"));
    }
    out + TRAIN
}

/// A finding for each task: a misspelt encoder, a head that does not exist, a line that cannot be read.
pub fn faulty(tasks: usize) -> String {
    let mut out = String::from("data d = columns(\"data\") { x: tokens; y: tags on x }\nencoder enc = embed(64)\n");
    for t in 0..tasks {
        let _ = match t % 4 {
            0 => writeln!(out, "task t{t} : tag of d.y from encc"),
            1 => writeln!(out, "task t{t} : tagg of d.y from enc"),
            2 => writeln!(out, "task t{t} : tag of d.z from enc"),
            _ => writeln!(out, "task t{t} : tag of d.y from enc ) x"),
        };
    }
    out + TRAIN
}

/// The twenty arrows of a group of ten, `2 n` of a group of n: never two alike, always from an earlier task.
fn arrows(out: &mut String, size: usize, name: impl Fn(usize) -> String) {
    let ports = [("hidden", "dense"), ("probs", "embed")];
    let mut drawn = 0;
    for back in 1..size {
        for t in back..size {
            for (port, via) in ports {
                if drawn == 2 * size || t / 10 != (t - back) / 10 {
                    continue;
                }
                let _ = writeln!(out, "{}.{port} -> {} via {via}(16)", name(t - back), name(t).trim_start());
                drawn += 1;
            }
        }
        if drawn == 2 * size {
            break;
        }
    }
}

const TRAIN: &str = "\ntrain { batch 32; epochs 5; optimizer adam(lr = 1e-3) }\n";
