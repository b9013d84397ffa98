//! Files that are whole or absent: written beside, synced, renamed.

use crate::diagnostics::Diagnostic;
use crate::ops::params::{Outgoing, Stored};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
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
    put(path, |beside| {
        let mut f = File::create(beside)?;
        kill::operation()?;
        f.write_all(bytes)
    })
}

/// Writes a file beside its place by `write`, syncs it and renames it.
fn put(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Diagnostic> {
    let put = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        kill::operation()?;
        fs::create_dir_all(folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = folder.join(format!(".{name}.partial"));
        kill::operation()?;
        write(&beside)?;
        kill::operation()?;
        // (a file can be synced by any handle that may write to it)
        OpenOptions::new().write(true).open(&beside)?.sync_all()?;
        kill::operation()?;
        fs::rename(&beside, path)?;
        kill::operation()?;
        // the rename itself lasts once the folder is synced; folders cannot be opened everywhere
        if let Ok(d) = File::open(folder) {
            let _ = d.sync_all();
        }
        Ok(())
    };
    put().map_err(|e| unwritable(path, &e))
}

/// Appends a line and hands it to the disk; returns the file's length.
pub fn append(path: &Path, line: &str) -> Result<u64, Diagnostic> {
    let put = || -> io::Result<u64> {
        kill::operation()?;
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

/// Cuts a file to a length; an absent file stays absent.
pub fn truncate(path: &Path, length: u64) -> Result<(), Diagnostic> {
    if !path.exists() {
        return Ok(());
    }
    let cut = || OpenOptions::new().write(true).open(path)?.set_len(length);
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

/// Puts a file of tensors and a JSON text in the safetensors format in place, tensor by tensor.
pub fn write_safetensors(path: &Path, tensors: &[Outgoing<'_>], metadata: &str) -> Result<(), Diagnostic> {
    let metadata = HashMap::from([(METADATA.to_string(), metadata.to_string())]);
    put(path, |beside| {
        let named = tensors.iter().map(|t| (t.name(), t));
        safetensors::serialize_to_file(named, Some(metadata), beside).map_err(|e| match e {
            SafeTensorError::IoError(e) => e,
            e => io::Error::other(e),
        })
    })
}

/// The tensors of a safetensors file, all of 32-bit floats.
pub fn tensors(bytes: &[u8]) -> Result<SafeTensors<'_>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let other = file.iter().find(|(_, view)| view.dtype() != Dtype::F32);
    if let Some((name, view)) = other {
        return Err(format!("`{name}` is {:?}, not F32", view.dtype()));
    }
    Ok(file)
}

/// The values of one of [`tensors`].
pub fn floats<'a>(view: &TensorView<'a>) -> impl Iterator<Item = f32> + use<'a> {
    view.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))
}

/// Tensors and the JSON text of a safetensors file.
pub fn from_safetensors(bytes: &[u8]) -> Result<(Vec<Stored>, String), String> {
    let metadata = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?.1.metadata().clone();
    let file = tensors(bytes)?;
    let stored = file.iter().map(|(name, view)| (name.to_string(), floats(&view).collect(), view.shape().to_vec()));
    let metadata = metadata.and_then(|mut m| m.remove(METADATA)).unwrap_or_default();
    Ok((stored.collect(), metadata))
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
