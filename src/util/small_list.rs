//! Short lists that are cheap to clone: most hold one value, and nothing is allocated for it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A list of a few values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallList<T>(Inner<T>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Inner<T> {
    None,
    One([T; 1]),
    /// two or more
    Many(Arc<[T]>),
}

impl<T> SmallList<T> {
    /// A list of one.
    pub const fn one(value: T) -> Self {
        Self(Inner::One([value]))
    }

    /// An empty list.
    pub const fn none() -> Self {
        Self(Inner::None)
    }

    /// Its values.
    pub fn as_slice(&self) -> &[T] {
        self
    }
}

impl<T> Default for SmallList<T> {
    fn default() -> Self {
        Self::none()
    }
}

impl<T> Deref for SmallList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Inner::None => &[],
            Inner::One(one) => one,
            Inner::Many(all) => all,
        }
    }
}

impl<T> From<Vec<T>> for SmallList<T> {
    fn from(mut all: Vec<T>) -> Self {
        match (all.len(), all.pop()) {
            (1, Some(one)) => Self::one(one),
            (_, Some(last)) => {
                all.push(last);
                Self(Inner::Many(all.into()))
            }
            (_, None) => Self::none(),
        }
    }
}

impl<T> FromIterator<T> for SmallList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut it = all.into_iter();
        match (it.next(), it.next()) {
            (None, _) => Self::none(),
            (Some(one), None) => Self::one(one),
            (Some(a), Some(b)) => Self(Inner::Many([a, b].into_iter().chain(it).collect())),
        }
    }
}

impl<'a, T> IntoIterator for &'a SmallList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Hash> Hash for SmallList<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: PartialOrd> PartialOrd for SmallList<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: Ord> Ord for SmallList<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: Serialize> Serialize for SmallList<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(s)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for SmallList<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Vec::deserialize(d).map(Self::from)
    }
}

/// A set of a few values, in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SmallSet<T>(SmallList<T>);

impl<T: Ord + Copy> SmallSet<T> {
    /// A set of one.
    pub const fn one(value: T) -> Self {
        Self(SmallList::one(value))
    }

    /// The empty set.
    pub const fn none() -> Self {
        Self(SmallList::none())
    }

    /// Adds the members of another set.
    pub fn join(&mut self, other: &Self) {
        if other.iter().all(|v| self.binary_search(v).is_ok()) {
            return;
        }
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        let mut all: Vec<T> = self.iter().chain(other.iter()).copied().collect();
        all.sort_unstable();
        all.dedup();
        *self = Self(all.into());
    }
}

impl<T> Default for SmallSet<T> {
    fn default() -> Self {
        Self(SmallList::none())
    }
}

impl<T> Deref for SmallSet<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Hash> Hash for SmallSet<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T: Ord> FromIterator<T> for SmallSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut all: Vec<T> = all.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_as_their_slices() {
        for n in 0..4 {
            let all: Vec<usize> = (0..n).collect();
            let few: SmallList<usize> = all.iter().copied().collect();
            assert_eq!(few, SmallList::from(all.clone()));
            assert_eq!(*few, *all);
            assert_eq!(few.clone().cmp(&SmallList::one(1)), all.as_slice().cmp(&[1]));
        }
    }

    #[test]
    fn sets_join_in_order() {
        let set = |all: &[usize]| all.iter().copied().collect::<SmallSet<usize>>();
        for (a, b, both) in [
            (&[][..], &[][..], &[][..]),
            (&[], &[2], &[2]),
            (&[2], &[], &[2]),
            (&[2], &[2], &[2]),
            (&[3], &[1], &[1, 3]),
            (&[1, 4], &[0, 4, 5], &[0, 1, 4, 5]),
        ] {
            let mut joined = set(a);
            joined.join(&set(b));
            assert_eq!(joined, set(both), "{a:?} {b:?}");
        }
    }
}
