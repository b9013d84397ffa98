//! Files that are whole or absent: written beside, synced, renamed.

use crate::diagnostics::Diagnostic;
use crate::ops::params::{Outgoing, Stored};
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo, TensorView, View};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::thread::Scope;

/// A file that cannot be written.
pub fn unwritable(path: &Path, e: &io::Error) -> Diagnostic {
    Diagnostic::new("E0805", format!("`{}` cannot be written: {e}", path.display()))
        .help("make room or name another folder, as in `mtlc run spec.mtl --out results/first`")
}

/// A file that was written and cannot be read back.
pub fn unreadable(path: &Path, e: &io::Error) -> Diagnostic {
    Diagnostic::new("E0804", format!("`{}` cannot be used: {e}", path.display()))
        .help("restore the file from a copy, or run the program again")
}

/// Puts a file in place. A reader sees the old content or the new, never a part, even when the process or the machine
/// stops in between.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    put(path, |f| {
        kill::operation()?;
        f.write_all(bytes)
    })
}

/// Writes a file beside its place by `write`, syncs it and renames it.
fn put<T>(path: &Path, write: impl FnOnce(&mut File) -> io::Result<T>) -> Result<T, Diagnostic> {
    let put = || -> io::Result<T> {
        let folder = path.parent().unwrap_or(Path::new("."));
        kill::operation()?;
        fs::create_dir_all(folder)?;
        let beside = folder.join(partial(path));
        kill::operation()?;
        // what a killed process left there goes; a link is removed, not followed
        match fs::remove_file(&beside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut f = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        let done = write(&mut f)?;
        kill::operation()?;
        f.sync_all()?;
        drop(f);
        kill::operation()?;
        fs::rename(&beside, path)?;
        kill::operation()?;
        // the rename itself lasts once the folder is synced; folders cannot be opened everywhere
        if let Ok(d) = File::open(folder) {
            let _ = d.sync_all();
        }
        Ok(done)
    };
    put().map_err(|e| unwritable(path, &e))
}

/// The name under which a file is written before it is put in place.
fn partial(path: &Path) -> String {
    format!(".{}.partial", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Whether a file of this name is one that a killed process did not finish.
pub fn is_partial(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".partial")
}

/// Removes what killed processes did not finish in a folder; a folder that cannot be read holds nothing.
pub fn remove_partial(folder: &Path) -> Result<(), Diagnostic> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        if is_partial(&entry.file_name().to_string_lossy()) && entry.file_type().is_ok_and(|t| !t.is_dir()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// SHA-256 of some bytes, in hexadecimal digits.
pub fn checksum(bytes: &[u8]) -> String {
    hex(Sha256::new().chain_update(bytes))
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// A name as a file's name: two names never give the same, and none is too long for a file system. A name of letters,
/// digits and `_` stays; any other is written as far as it can be, with a part of its checksum behind.
pub fn distinct_name(name: &str) -> String {
    const LONGEST: usize = 100;
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    if !name.is_empty() && name.len() <= LONGEST && name.chars().all(plain) {
        return name.to_string();
    }
    let mut shown: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    while shown.len() > LONGEST {
        shown.pop();
    }
    format!("{shown}-{}", &checksum(name.as_bytes())[..16])
}

/// Appends a line and hands it to the disk; returns the file's length.
pub fn append(path: &Path, line: &str) -> Result<u64, Diagnostic> {
    let put = || -> io::Result<u64> {
        kill::operation()?;
        if path.is_symlink() {
            return Err(io::Error::other("it is a link"));
        }
        let mut f = OpenOptions::new().create(true).append(true).open(path)?;
        let (first, second) = line.as_bytes().split_at(line.len() / 2);
        f.write_all(first)?;
        kill::operation()?;
        f.write_all(second)?;
        f.write_all(b"\n")?;
        f.sync_data()?;
        Ok(f.metadata()?.len())
    };
    put().map_err(|e| unwritable(path, &e))
}

/// Cuts a file of lines to a length, and an unfinished last line off one that is shorter; its length then. An absent file
/// stays absent.
pub fn cut(path: &Path, length: u64) -> Result<u64, Diagnostic> {
    let cut = || -> io::Result<u64> {
        let now = match fs::symlink_metadata(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
            m => m?.len(),
        };
        let length = match now >= length {
            true => length,
            false => fs::read(path)?.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1),
        };
        OpenOptions::new().write(true).open(path)?.set_len(length)?;
        Ok(length)
    };
    cut().map_err(|e| unwritable(path, &e))
}

/// Removes a file if it is there.
pub fn remove(path: &Path) -> Result<(), Diagnostic> {
    let gone = || -> io::Result<()> {
        kill::operation()?;
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    };
    gone().map_err(|e| unwritable(path, &e))
}

/// The one key of the metadata: with several, a hash table's order would show in the file.
const METADATA: &str = "mtlc";

/// Puts a file of tensors and a JSON text in the safetensors format in place, tensor by tensor; its [`checksum`].
///
/// The crate's own writer would leave files of random names behind when the process is killed, and files that nobody but
/// their owner can read, whatever the umask says.
pub fn write_safetensors(path: &Path, tensors: &[Outgoing<'_>], metadata: &str) -> Result<String, Diagnostic> {
    let metadata = HashMap::from([(METADATA.to_string(), metadata.to_string())]);
    let mut tensors: Vec<&Outgoing<'_>> = tensors.iter().collect();
    tensors.sort_by(|a, b| a.name().cmp(b.name()));
    put(path, |f| {
        let mut at = 0;
        let mut info = |t: &&Outgoing<'_>| {
            let from = at;
            at += t.data_len();
            let info = TensorInfo { dtype: t.dtype(), shape: t.shape().to_vec(), data_offsets: (from, at) };
            (t.name().to_string(), info)
        };
        let infos = tensors.iter().map(&mut info).collect();
        let header = Metadata::new(Some(metadata), infos).map_err(io::Error::other)?;
        let mut header = serde_json::to_vec(&header)?;
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut hash = Sha256::new();
        let mut write = |bytes: &[u8]| {
            hash.update(bytes);
            f.write_all(bytes)
        };
        write(&(header.len() as u64).to_le_bytes())?;
        write(&header)?;
        for t in &tensors {
            write(&t.data())?;
        }
        Ok(hex(hash))
    })
}

/// The tensors of a safetensors file, all of 32-bit floats that are finite: of others nothing can be computed.
pub fn tensors(bytes: &[u8]) -> Result<SafeTensors<'_>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let other = file.iter().find(|(_, view)| view.dtype() != Dtype::F32);
    if let Some((name, view)) = other {
        return Err(format!("`{name}` is {:?}, not F32", view.dtype()));
    }
    let wild = |(name, view): (&str, TensorView<'_>)| {
        floats(&view).enumerate().find(|(_, x)| !x.is_finite()).map(|(i, x)| (name.to_string(), i, x))
    };
    if let Some((name, i, x)) = file.iter().find_map(wild) {
        return Err(format!("number {} of `{name}` is {x}", i + 1));
    }
    Ok(file)
}

/// The values of one of [`tensors`].
pub fn floats<'a>(view: &TensorView<'a>) -> impl Iterator<Item = f32> + use<'a> {
    view.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))
}

/// The JSON text of a safetensors file.
pub fn metadata(bytes: &[u8]) -> Result<String, String> {
    let metadata = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?.1.metadata().clone();
    Ok(metadata.and_then(|mut m| m.remove(METADATA)).unwrap_or_default())
}

/// Tensors and the JSON text of a safetensors file.
pub fn from_safetensors(bytes: &[u8]) -> Result<(Vec<Stored>, String), String> {
    let metadata = metadata(bytes)?;
    let file = tensors(bytes)?;
    let stored = file.iter().map(|(name, view)| (name.to_string(), floats(&view).collect(), view.shape().to_vec()));
    Ok((stored.collect(), metadata))
}

/// SHA-256 of a JSON text and tensors: what a file holds that [`write_safetensors`] writes, before it is written.
pub fn checksum_of<'a>(json: &str, tensors: impl IntoIterator<Item = (&'a str, Cow<'a, [u8]>)>) -> String {
    let mut tensors: Vec<_> = tensors.into_iter().collect();
    tensors.sort_by_key(|(name, _)| *name);
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(json.as_bytes());
    for (name, values) in tensors {
        part(name.as_bytes());
        part(&values);
    }
    hex(hash)
}

/// Does work with files on a thread beside this one; the result waits for it. In tests the operations that are left go
/// along and come back.
pub fn beside<'s, T: Send + 's>(
    scope: &'s Scope<'s, '_>,
    work: impl FnOnce() -> T + Send + 's,
) -> impl FnOnce() -> T + 's {
    let left = kill::left();
    let thread = scope.spawn(move || {
        kill::set(left);
        (work(), kill::left())
    });
    move || {
        let (done, left) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        kill::set(left);
        done
    }
}

/// Counts file operations in tests and fails from a given one on, as if the process had been killed there.
#[cfg(test)]
pub mod kill {
    use std::cell::Cell;
    thread_local! {
        /// operations left; `None`: never killed
        pub static AFTER: Cell<Option<u64>> = const { Cell::new(None) };
    }
    /// Operations left of this thread.
    pub fn left() -> Option<u64> {
        AFTER.get()
    }
    /// Goes on with what another thread had left.
    pub fn set(left: Option<u64>) {
        AFTER.set(left);
    }
    /// One operation.
    pub fn operation() -> std::io::Result<()> {
        match AFTER.get() {
            Some(0) => Err(std::io::Error::other("killed")),
            Some(n) => {
                AFTER.set(Some(n - 1));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[cfg(not(test))]
mod kill {
    /// Nothing is counted.
    #[derive(Clone, Copy)]
    pub struct Left;
    pub fn left() -> Left {
        Left
    }
    pub fn set(_: Left) {}
    pub fn operation() -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        for (values, why) in [([1.0, 2.0], None), ([1.0, f32::NAN], Some("NaN")), ([f32::INFINITY, 1.0], Some("inf"))] {
            let out = Outgoing::new("enc.weight".into(), vec![2], || Cow::Owned(values.to_vec()));
            write_safetensors(&path, &[out], "").unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let found = tensors(&bytes).err();
            assert_eq!(found.is_some(), why.is_some());
            if let (Some(found), Some(why)) = (found, why) {
                assert!(found.contains("`enc.weight`") && found.contains(why), "{found}");
            }
        }
    }
}
