//! Files that were changed, or may not be, and claims that nothing was measured for.

use super::*;
use std::fs;

const SPEC: &str = "data d = columns(\"d\") { x: tokens = 1; ent: tags on x = 2 }
task ent : tag of d.ent from embed(4) |> bilstm(4)
train { epochs 1; optimizer adam(lr = 1e-2) }
";

fn folder(spec: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("s.mtl"), spec).unwrap();
    let rows = "fly O\nto O\nBonn B-city\n\nride O\nto O\nOslo B-city\nCity I-city\n\n";
    fs::write(folder.path().join("d/train.conll"), rows.repeat(4)).unwrap();
    folder
}

fn code(folder: &tempfile::TempDir, args: &[&str]) -> (Option<i32>, String) {
    let out = run(folder.path(), args);
    (out.status.code(), text(&out.stderr) + &text(&out.stdout))
}

#[test]
fn a_changed_state_is_refused() {
    let folder = folder(SPEC);
    assert_eq!(code(&folder, &["run", "s.mtl", "-q", "--out", "r"]).0, Some(0));
    let path = folder.path().join("r/state.safetensors");
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    // the lowest bit of the last number
    let at = bytes.len() - 4;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (end, said) = code(&folder, &["run", "--resume", "r", "--more", "1", "-q"]);
    assert!(end == Some(3) && said.contains("E0804") && said.contains("its checksum is another"), "{said}");
    fs::write(&path, whole).unwrap();
    assert_eq!(code(&folder, &["run", "--resume", "r", "--more", "1", "-q"]).0, Some(0));
}

#[test]
fn a_claim_without_a_figure_fails() {
    // neither dev nor test
    let folder = folder(&format!("{SPEC}expect ent.accuracy >= 10%\n"));
    let (end, said) = code(&folder, &["run", "s.mtl", "-q", "--out", "r"]);
    assert_eq!(end, Some(3), "{said}");
    assert!(said.contains("not verified"), "{said}");
}

#[test]
fn the_table_names_the_metric_that_the_data_decide() {
    let folder = folder(SPEC);
    let (_, said) = code(&folder, &["check", "s.mtl"]);
    assert!(said.contains("d.ent   span_f1"), "{said}");
    let (_, said) = code(&folder, &["check", "s.mtl", "--no-data"]);
    assert!(said.contains("d.ent   accuracy"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_read_only_spec_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("let  a = 1\n");
    let path = folder.path().join("s.mtl");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let (end, said) = code(&folder, &["fmt", "s.mtl"]);
    assert!(end == Some(3) && said.contains("it is read-only"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "let  a = 1\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(code(&folder, &["fmt", "s.mtl"]).0, Some(0));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}
