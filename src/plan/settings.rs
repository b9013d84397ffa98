//! Settings of a layer, a head or an optimiser: a few values by name.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Settings by name, in the order of the alphabet. A layer has a handful, and a large program very many layers: so
/// they are a short list.
#[derive(Clone, Default, PartialEq)]
pub struct Settings(Vec<(Cow<'static, str>, Setting)>);

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// yes or no
    Bool(bool),
    /// a size, an index
    Int(i64),
    /// a rate
    Real(f64),
    /// a word
    Text(String),
    /// several sizes
    Ints(Vec<i64>),
    /// several numbers
    Reals(Vec<f64>),
}

impl Setting {
    /// As a size.
    pub fn as_usize(&self) -> Option<usize> {
        match self {
            Setting::Int(i) => usize::try_from(*i).ok(),
            _ => None,
        }
    }
    /// As a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Setting::Int(i) => Some(*i as f64),
            Setting::Real(r) => Some(*r),
            _ => None,
        }
    }
    /// As yes or no.
    pub fn as_bool(&self) -> Option<bool> {
        if let Setting::Bool(b) = self { Some(*b) } else { None }
    }
    /// As a word.
    pub fn as_str(&self) -> Option<&str> {
        if let Setting::Text(t) = self { Some(t) } else { None }
    }
}

impl Settings {
    /// None.
    pub const fn new() -> Self {
        Self(vec![])
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(n, _)| (**n).cmp(name))
    }

    /// The value of a setting.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.place(name).ok().map(|i| &self.0[i].1)
    }

    /// The value of a setting, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Setting> {
        self.place(name).ok().map(|i| &mut self.0[i].1)
    }

    /// Whether it is set.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets it.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: Setting) {
        let name = name.into();
        match self.place(&name) {
            Ok(i) => self.0[i].1 = value,
            Err(i) => self.0.insert(i, (name, value)),
        }
    }

    /// How many are set.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of the alphabet.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(n, v)| (&**n, v))
    }
}

impl<N: Into<Cow<'static, str>>> FromIterator<(N, Setting)> for Settings {
    fn from_iter<I: IntoIterator<Item = (N, Setting)>>(all: I) -> Self {
        let all = all.into_iter();
        let mut out = Self(Vec::with_capacity(all.size_hint().0));
        all.for_each(|(name, value)| out.insert(name, value));
        out
    }
}

impl<N: Into<Cow<'static, str>>, const K: usize> From<[(N, Setting); K]> for Settings {
    fn from(all: [(N, Setting); K]) -> Self {
        all.into_iter().collect()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Settings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("settings by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
                let mut out = Settings::new();
                while let Some((name, value)) = map.next_entry::<String, Setting>()? {
                    out.insert(name, value);
                }
                Ok(out)
            }
        }
        d.deserialize_map(Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_list_is_as_a_map() {
        let mut s = Settings::from([("width", Setting::Int(4)), ("bias", Setting::Bool(true))]);
        s.insert("activation", Setting::Text("relu".into()));
        s.insert("width", Setting::Int(8));
        let names: Vec<&str> = s.iter().map(|(n, _)| n).collect();
        assert_eq!(names, ["activation", "bias", "width"]);
        assert_eq!(s.get("width").and_then(Setting::as_usize), Some(8));
        assert!(!s.contains_key("heads"));
        let json = serde_json::to_string(&s).unwrap();
        assert_eq!(json, r#"{"activation":"relu","bias":true,"width":8}"#);
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), s);
    }
}
