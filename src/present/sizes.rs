//! Sizes in words: numbers where the data are known, symbols (K classes, V words, C characters) where they are not.

use crate::check::Checked;
use crate::encode::Tables;
use crate::plan::Unit;
use crate::types::dim::{Dim, Size, SymParam};
use std::collections::BTreeMap;

/// Looks sizes up.
#[derive(Clone, Copy)]
pub struct Sizes<'a> {
    checked: &'a Checked,
    tables: Option<&'a Tables>,
}

impl<'a> Sizes<'a> {
    /// Without `tables` everything that data decide stays a symbol.
    pub fn new(checked: &'a Checked, tables: Option<&'a Tables>) -> Self {
        Self { checked, tables }
    }

    /// The size of a label set or vocabulary, if known.
    pub fn size(&self, s: Size) -> Option<usize> {
        let t = self.tables?;
        match s {
            Size::Labels(i) => t.labels.get(i as usize).map(|l| l.len()),
            Size::Vocab(i) => t.vocabs.get(i as usize).map(|v| v.len()),
            Size::Open(..) => None,
        }
    }

    /// `K`, `V` or `C`; with its field or encoder where there are several of the kind.
    pub fn symbol(&self, s: Size) -> String {
        let last = |name: &str| name.rsplit(['.', ' ']).next().unwrap_or(name).to_string();
        match s {
            Size::Labels(i) => match self.checked.labels() {
                [_] => "K".into(),
                all => all.get(i as usize).map_or("K".into(), |l| format!("K_{}", last(&l.name))),
            },
            Size::Open(letter, _) => letter.word().into(),
            Size::Vocab(i) => {
                let Some(v) = self.checked.vocabs().get(i as usize) else { return "V".into() };
                let letter = if v.unit == Unit::Word { "V" } else { "C" };
                let same = self.checked.vocabs().iter().filter(|o| o.unit == v.unit).count();
                if same == 1 { letter.into() } else { format!("{letter}{}", i + 1) }
            }
        }
    }

    /// A width: `228`, or `200 + 2K`.
    pub fn dim(&self, d: &Dim) -> String {
        let mut n = d.n;
        let mut open = vec![];
        for (s, k) in &d.sizes {
            match self.size(*s) {
                Some(size) => n += *k as usize * size,
                None if *k == 1 => open.push(self.symbol(*s)),
                None => open.push(format!("{k}{}", self.symbol(*s))),
            }
        }
        if n > 0 || open.is_empty() {
            open.insert(0, n.to_string());
        }
        open.join(" + ")
    }

    /// A width, if it is known.
    pub fn number(&self, d: &Dim) -> Option<usize> {
        d.sizes.iter().try_fold(d.n, |n, (s, k)| Some(n + *k as usize * self.size(*s)?))
    }

    /// Numbers of parameters: the known part, and the terms that wait for data (`64·V`).
    pub fn count<'p>(&self, params: impl IntoIterator<Item = &'p SymParam>) -> Count {
        let mut sum: BTreeMap<Vec<Size>, usize> = BTreeMap::new();
        for p in params {
            for (sizes, n) in self.product(&p.shape) {
                *sum.entry(sizes).or_default() += n;
            }
        }
        let mut out = Count { known: sum.remove(&vec![]).unwrap_or(0), open: vec![] };
        // the highest powers first, as polynomials are written
        for (sizes, n) in sum.iter().rev() {
            let mut factors: Vec<String> = if *n == 1 { vec![] } else { vec![n.to_string()] };
            for (i, s) in sizes.iter().enumerate() {
                match i > 0 && sizes[i - 1] == *s {
                    true => factors.last_mut().into_iter().for_each(|f| f.push('²')),
                    false => factors.push(self.symbol(*s)),
                }
            }
            out.open.push(factors.join("·"));
        }
        out
    }

    /// The product of several widths, term by term.
    fn product(&self, shape: &[Dim]) -> BTreeMap<Vec<Size>, usize> {
        let mut out = BTreeMap::from([(vec![], 1)]);
        for d in shape {
            let mut next: BTreeMap<Vec<Size>, usize> = BTreeMap::new();
            let mut known = d.n;
            let mut open = vec![];
            for (s, k) in &d.sizes {
                match self.size(*s) {
                    Some(n) => known += *k as usize * n,
                    None => open.push((*s, *k as usize)),
                }
            }
            for (sizes, n) in &out {
                if known > 0 || open.is_empty() {
                    *next.entry(sizes.clone()).or_default() += n * known;
                }
                for (s, k) in &open {
                    let mut more = sizes.clone();
                    more.push(*s);
                    more.sort_unstable();
                    *next.entry(more).or_default() += n * k;
                }
            }
            out = next;
        }
        out
    }
}

/// A number of parameters that may wait for data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// what is known
    pub known: usize,
    /// terms with symbols
    pub open: Vec<String>,
}

impl Count {
    /// The number, if nothing is open.
    pub fn total(&self) -> Option<usize> {
        self.open.is_empty().then_some(self.known)
    }
}
