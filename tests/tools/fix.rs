//! `mtlc check --fix`, and findings of several files for machines.

use super::{piped, run, text};
use serde_json::Value;

const WRONG: &str = "# kept\ndata d = tsv(\"d.tsv\") { x: tokens; y: lable }\nencoder enc : embed(8)\n\
                     task t : clasify of d.y from encc |> max { metric acuracy }\ntrain { epohcs 3; dropout 30 }\n";
const RIGHT: &str = "# kept\ndata d = tsv(\"d.tsv\") { x: tokens; y: label }\nencoder enc = embed(8)\n\
                     task t : classify of d.y from enc |> max { metric accuracy }\ntrain { epochs 3; dropout 30% }\n";

#[test]
fn safe_fixes_are_applied_until_none_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let spec = dir.path().join("spec.mtl");
    std::fs::write(&spec, WRONG).unwrap();
    let o = run(dir.path(), &["check", "--no-data", "--fix", "spec.mtl"]);
    assert_eq!(std::fs::read_to_string(&spec).unwrap(), RIGHT, "{}", text(&o.stderr));
    assert_eq!(o.status.code(), Some(0), "{}", text(&o.stderr));
    let said = text(&o.stderr);
    assert!(said.contains("spec.mtl:4:30: E0201 fixed: `encc` is now `enc`"), "{said}");
    assert!(said.contains("spec.mtl: 7 fixes applied"), "{said}");
    // nothing is left to do, and the file is not touched again
    let before = std::fs::metadata(&spec).unwrap().modified().unwrap();
    let o = run(dir.path(), &["check", "--no-data", "--fix", "spec.mtl"]);
    assert_eq!((o.status.code(), text(&o.stderr).as_str()), (Some(0), ""));
    assert_eq!(std::fs::metadata(&spec).unwrap().modified().unwrap(), before);
}

#[test]
fn what_no_fix_mends_is_left_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let spec = dir.path().join("spec.mtl");
    std::fs::write(&spec, RIGHT.replace("classify of d.y from enc |> max", "clasify of d.y from enc")).unwrap();
    let o = run(dir.path(), &["check", "--no-data", "--fix", "--format", "plain", "spec.mtl"]);
    assert_eq!(o.status.code(), Some(1));
    // the head is mended; pooling could be done in several ways
    assert_eq!(std::fs::read_to_string(&spec).unwrap(), RIGHT.replace(" |> max", ""));
    assert!(text(&o.stderr).contains("error[E0405]"), "{}", text(&o.stderr));
}

#[test]
fn used_files_are_mended_and_links_stay_links() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(dir.path().join(name), content).unwrap();
    write("common.mtl", "encoder enc : embed(8)\r\n");
    write("spec.mtl", &format!("use \"common.mtl\"\n{}", RIGHT.replace("encoder enc = embed(8)\n", "")));
    #[cfg(unix)]
    std::os::unix::fs::symlink("spec.mtl", dir.path().join("link.mtl")).unwrap();
    let o = run(dir.path(), &["check", "--no-data", "--fix", if cfg!(unix) { "link.mtl" } else { "spec.mtl" }]);
    assert_eq!(o.status.code(), Some(0), "{}", text(&o.stderr));
    assert_eq!(std::fs::read_to_string(dir.path().join("common.mtl")).unwrap(), "encoder enc = embed(8)\r\n");
    #[cfg(unix)]
    assert!(dir.path().join("link.mtl").symlink_metadata().unwrap().is_symlink());
}

#[test]
fn standard_input_comes_back_on_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    let o = piped(dir.path(), &["check", "--no-data", "--fix", "-"], WRONG);
    assert_eq!((text(&o.stdout).as_str(), o.status.code()), (RIGHT, Some(0)));
    assert!(text(&o.stderr).contains("<stdin>: 7 fixes applied"), "{}", text(&o.stderr));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn fixes_go_with_no_change_from_outside() {
    let dir = tempfile::tempdir().unwrap();
    for more in [&["--set", "a=1"][..], &["--only", "t"], &["--without", "a -> b"]] {
        let o = run(dir.path(), &[&["check", "--fix", "spec.mtl"][..], more].concat());
        assert_eq!(o.status.code(), Some(2), "{more:?}");
    }
}

#[test]
fn machines_get_one_document_for_several_files() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.mtl"), WRONG).unwrap();
    std::fs::write(dir.path().join("b.mtl"), RIGHT).unwrap();
    std::fs::write(dir.path().join("c.mtl"), b"task \xe9").unwrap();
    let all = ["a.mtl", "b.mtl", "c.mtl", "none.mtl"];
    let check = |format: &str| {
        let args = [&["check", "--no-data", "--format", format][..], &all].concat();
        let o = run(dir.path(), &args);
        assert_eq!(o.status.code(), Some(2), "a file that cannot be read is a matter of usage");
        serde_json::from_str::<Value>(&text(&o.stdout)).unwrap()
    };
    let json = check("json");
    let codes: Vec<&str> = json.as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"E0102") && codes.contains(&"E0103") && codes.contains(&"E0201"), "{codes:?}");
    let sarif = check("sarif");
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), codes.len());
    // the exit codes are those of the other forms
    for (format, file, code) in
        [("json", "a.mtl", 1), ("sarif", "a.mtl", 1), ("json", "b.mtl", 0), ("sarif", "b.mtl", 0)]
    {
        let o = run(dir.path(), &["check", "--no-data", "--format", format, file]);
        assert_eq!(o.status.code(), Some(code), "{format} {file}");
    }
}
