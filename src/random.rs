//! One source of randomness: a generator keyed by what it is for.
//!
//! Nothing random has a state that runs on: every draw is a function of the seed and of counters. A resumed run thus
//! draws what the uninterrupted one would have drawn.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// A generator for one purpose, e.g. `generator(seed, "batches", &[stage, unit, pass])`.
pub fn generator(seed: u64, purpose: &str, counters: &[u64]) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(purpose.as_bytes());
    for c in counters {
        hash.update(c.to_le_bytes());
    }
    ChaCha8Rng::from_seed(hash.finalize().into())
}
