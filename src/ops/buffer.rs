//! Memory that is used again. A training step needs the same large temporaries as the step before it; asking the allocator
//! for zeros each time costs as much as some of the kernels.

use std::ops::{Deref, DerefMut};
use std::sync::Mutex;

/// Buffers that nobody uses at the moment.
static FREE: Mutex<Vec<Vec<f32>>> = Mutex::new(vec![]);

/// Some values whose contents are whatever the last user left there; handed back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Buffer(Vec<f32>);

impl Buffer {
    /// `n` values, to be written before they are read.
    pub fn stale(n: usize) -> Self {
        let mut values = FREE.lock().map_or_else(|_| vec![], |mut free| take(&mut free, n));
        if values.capacity() < n {
            // room to spare, since the next batch is seldom of the same size
            values = Vec::with_capacity(n + n / 8);
        }
        values.resize(n, 0.0);
        Self(values)
    }
    /// `n` zeros.
    pub fn zeros(n: usize) -> Self {
        let mut b = Self::stale(n);
        b.fill(0.0);
        b
    }
}

/// The smallest that holds `n` values and is not far too large. If there is none, the largest of those too small goes:
/// so there are never more buffers than were once in use together.
fn take(free: &mut Vec<Vec<f32>>, n: usize) -> Vec<f32> {
    let fits = |v: &Vec<f32>| v.capacity() >= n && v.capacity() / 4 <= n.max(256);
    let sizes = || free.iter().map(Vec::capacity).enumerate();
    let best = sizes().filter(|(i, _)| fits(&free[*i])).min_by_key(|(_, size)| *size);
    let (Some((i, _)), fit) =
        (best.or_else(|| sizes().filter(|(_, s)| *s < n).max_by_key(|(_, s)| *s)), best.is_some())
    else {
        return vec![];
    };
    let found = free.swap_remove(i);
    if fit { found } else { vec![] }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.0);
        if values.capacity() > 0
            && let Ok(mut free) = FREE.lock()
        {
            free.push(values);
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}
