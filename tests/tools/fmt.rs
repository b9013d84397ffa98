//! `mtlc fmt`

use super::*;
use std::fs;

#[test]
fn files_are_written_only_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("more")).unwrap();
    fs::write(at("a.mtl"), "let  a=1\n").unwrap();
    fs::write(at("more/b.mtl"), "let b = 1\n").unwrap();
    fs::write(at("more/c.txt"), "let  c=1\n").unwrap();
    let before = fs::metadata(at("more/b.mtl")).unwrap().modified().unwrap();

    let out = run(folder.path(), &["fmt", "--check", "a.mtl", "more"]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(text(&out.stdout), "--- a.mtl\n+++ formatted\n@@ -1 +1 @@\n-let  a=1\n+let a = 1\n");
    assert_eq!(fs::read_to_string(at("a.mtl")).unwrap(), "let  a=1\n", "--check wrote");

    let out = run(folder.path(), &["fmt", "a.mtl", "more"]);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!((text(&out.stdout).as_str(), text(&out.stderr).as_str()), ("", "a.mtl: formatted\n"));
    assert_eq!(fs::read_to_string(at("a.mtl")).unwrap(), "let a = 1\n");
    assert_eq!(fs::read_to_string(at("more/c.txt")).unwrap(), "let  c=1\n");
    assert_eq!(fs::metadata(at("more/b.mtl")).unwrap().modified().unwrap(), before, "an unchanged file was written");
    let left: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(run(folder.path(), &["fmt", "--check", "a.mtl", "more"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), &["fmt", "none.mtl"]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn links_and_rights_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("a.mtl"), folder.path().join("b.mtl"));
    fs::write(&file, "let  a=1\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("a.mtl", &link).unwrap();
    assert_eq!(run(folder.path(), &["fmt", "b.mtl"]).status.code(), Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "let a = 1\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn standard_input_goes_to_standard_output() {
    for args in [&["fmt"][..], &["fmt", "-"]] {
        let out = piped(root(), args, "let  a=1");
        assert_eq!((out.status.code(), text(&out.stdout)), (Some(0), "let a = 1\n".into()));
    }
    let out = piped(root(), &["fmt", "--check"], "let  a=1");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).starts_with("--- <stdin>\n"), "{}", text(&out.stdout));
}

#[test]
fn broken_declarations_are_named_and_left() {
    let out = piped(root(), &["fmt", "--format", "plain"], "let  a=1\ntask   s : tag of of b\n");
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(text(&out.stdout), "let a = 1\ntask   s : tag of of b\n");
    assert!(text(&out.stderr).starts_with("<stdin>:2:"), "{}", text(&out.stderr));
}

#[test]
fn what_is_shipped_is_laid_out() {
    let out = run(root(), &["fmt", "--check", "examples"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stdout));
    let page = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let shown: Vec<&str> = page.split("```mtl\n").skip(1).map(|b| b.split("```").next().unwrap()).collect();
    assert!(!shown.is_empty());
    for spec in shown {
        assert_eq!(mtlc::fmt::format(spec).text, spec);
    }
}
