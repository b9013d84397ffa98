//! Numbers: what each measures, so which unit may stand behind it, and how far it goes. The rows of all tables name a
//! range from here; `Resolver::in_range` is the one place that holds a value to it.

use crate::ast;

/// What a number measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// things that are counted: `3`, `20k`
    Count,
    /// a part of a whole: `30%`, `0.3`
    Share,
    /// a factor: `0.5`, `50%`
    Factor,
    /// a number without `%`: `1e-3`
    Plain,
    /// a time: `90s`, `5min`
    Time,
}

/// Where a range ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// nowhere
    Open,
    /// the number belongs to it
    At(f64),
    /// the number does not belong to it
    Before(f64),
}

/// A range of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// what is measured
    pub unit: Unit,
    /// the lower end
    pub low: End,
    /// the upper end
    pub high: End,
}

/// Counts beyond this are mistakes, where their range ends nowhere.
pub const MOST: f64 = 1e9;

const fn r(unit: Unit, low: End, high: End) -> Range {
    Range { unit, low, high }
}

use End::{At, Before, Open};

/// At least 1.
pub const SIZE: &[Range] = &[r(Unit::Count, At(1.0), Open)];
/// At least 2.
pub const SEVERAL: &[Range] = &[r(Unit::Count, At(2.0), Open)];
/// Layers of one call.
pub const LAYERS: &[Range] = &[r(Unit::Count, At(1.0), At(1000.0))];
/// Rounds of feedback, which is unrolled.
pub const ROUNDS: &[Range] = &[r(Unit::Count, At(1.0), At(16.0))];
/// Tokens by which states are moved, either way.
pub const STEPS: &[Range] = &[r(Unit::Count, At(-1000.0), At(1000.0))];
/// What a generator begins with; up to here a number is exact.
pub const SEED: &[Range] = &[r(Unit::Count, At(0.0), At(9_007_199_254_740_991.0))];
/// A part, perhaps none, perhaps all.
pub const SHARE: &[Range] = &[r(Unit::Share, At(0.0), At(1.0))];
/// A part, never all: of it something must be left.
pub const RATE: &[Range] = &[r(Unit::Share, At(0.0), Before(1.0))];
/// A part, neither none nor all.
pub const PART: &[Range] = &[r(Unit::Share, Before(0.0), Before(1.0))];
/// A part, not none.
pub const SOME: &[Range] = &[r(Unit::Share, Before(0.0), At(1.0))];
/// A weight.
pub const FACTOR: &[Range] = &[r(Unit::Factor, At(0.0), Open)];
/// Of any sign.
pub const NUMBER: &[Range] = &[r(Unit::Factor, Open, Open)];
/// Above 0.
pub const POSITIVE: &[Range] = &[r(Unit::Plain, Before(0.0), Open)];
/// From 0.
pub const NOT_NEGATIVE: &[Range] = &[r(Unit::Plain, At(0.0), Open)];
/// A learning rate.
pub const LEARNING_RATE: &[Range] = &[r(Unit::Plain, Before(0.0), At(10.0))];
/// The learning rate of a group; 0 holds it still.
pub const GROUP_RATE: &[Range] = &[r(Unit::Plain, At(0.0), At(10.0))];
/// A small number that keeps a divisor from 0.
pub const EPSILON: &[Range] = &[r(Unit::Plain, Before(0.0), At(1.0))];
/// How many times a word is taken to be unknown.
pub const PSEUDO_COUNT: &[Range] = &[r(Unit::Plain, At(0.0), At(100.0))];
/// What a mean remembers of the step before.
pub const BELOW_ONE: &[Range] = &[r(Unit::Factor, At(0.0), Before(1.0))];
/// A factor that makes nothing grow.
pub const UP_TO_ONE: &[Range] = &[r(Unit::Factor, Before(0.0), At(1.0))];
/// Steps, or a share of all of them.
pub const STEPS_OR_SHARE: &[Range] = &[RATE[0], SIZE[0]];
/// Passes over the data.
pub const EPOCHS: &[Range] = &[r(Unit::Plain, Before(0.0), At(1e6))];
/// Steps, or a time.
pub const STEPS_OR_TIME: &[Range] = &[SIZE[0], r(Unit::Time, Before(0.0), Open)];
/// A number of minutes, or a time.
pub const MINUTES: &[Range] = &[EPOCHS[0], r(Unit::Time, Before(0.0), Open)];

impl Range {
    /// Whether a number lies in it that was written with this unit.
    pub fn holds(&self, x: f64, unit: Option<ast::Unit>) -> bool {
        use ast::Unit::{Hours, Kilo, Mega, Minutes, Percent, Seconds};
        let measures = match unit {
            None => self.unit != Unit::Time,
            Some(Percent) => matches!(self.unit, Unit::Share | Unit::Factor),
            Some(Kilo | Mega) => matches!(self.unit, Unit::Count | Unit::Plain | Unit::Factor),
            Some(Seconds | Minutes | Hours) => self.unit == Unit::Time,
        };
        let whole = self.unit != Unit::Count || x.fract() == 0.0;
        let low = match self.low {
            Open => true,
            At(a) => x >= a,
            Before(a) => x > a,
        };
        let high = match self.high {
            Open => x.is_finite() && (self.unit != Unit::Count || x <= MOST),
            At(b) => x <= b,
            Before(b) => x < b,
        };
        measures && whole && low && high
    }

    /// `a share from 0% to below 100%`
    pub fn words(&self) -> String {
        let what = match self.unit {
            Unit::Count => "a whole number",
            Unit::Share => "a share",
            Unit::Factor | Unit::Plain => "a number",
            Unit::Time => "a time",
        };
        let show = |x: f64| match self.unit {
            Unit::Share => percent(x),
            _ => x.to_string(),
        };
        match (self.low, self.high) {
            (Open, Open) => what.into(),
            (At(a), Open) => format!("{what} of at least {}", show(a)),
            (Before(a), Open) => format!("{what} above {}", show(a)),
            (At(a), At(b)) => format!("{what} from {} to {}", show(a), show(b)),
            (At(a), Before(b)) => format!("{what} from {} to below {}", show(a), show(b)),
            (Before(a), At(b)) => format!("{what} above {}, at most {}", show(a), show(b)),
            (Before(a), Before(b)) => format!("{what} above {} and below {}", show(a), show(b)),
            (Open, At(b)) => format!("{what} of at most {}", show(b)),
            (Open, Before(b)) => format!("{what} below {}", show(b)),
        }
    }
}

impl Range {
    /// A number in it, as one may write it.
    pub fn example(&self) -> &'static str {
        match self.unit {
            Unit::Share => "10%",
            Unit::Time => "5min",
            _ if self.holds(1.0, None) => "1",
            Unit::Count => "2",
            _ => "0.5",
        }
    }

    /// Whether a number may have a unit of the kind that this one has.
    fn takes(&self, unit: ast::Unit) -> bool {
        (0..=20).any(|i| self.holds(0.05 * f64::from(i), Some(unit)) || self.holds(f64::from(i), Some(unit)))
    }
}

/// `30%`
pub fn percent(x: f64) -> String {
    format!("{}%", (x * 1e12).round() / 1e10)
}

/// What is wrong with the unit behind a number, where no range takes it.
pub fn wrong_unit(ranges: &[Range], unit: Option<ast::Unit>) -> &'static str {
    match unit {
        Some(u) if ranges.iter().any(|r| r.takes(u)) => "",
        Some(ast::Unit::Percent) => ", without `%`",
        Some(ast::Unit::Seconds | ast::Unit::Minutes | ast::Unit::Hours) => ", not a time",
        _ => "",
    }
}

/// `a whole number of at least 1, or a time above 0`
pub fn words(ranges: &[Range]) -> String {
    ranges.iter().map(Range::words).collect::<Vec<_>>().join(", or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(ranges: &[Range], x: f64, unit: Option<ast::Unit>) -> bool {
        ranges.iter().any(|r| r.holds(x, unit))
    }

    #[test]
    fn units_and_ends() {
        let percent = Some(ast::Unit::Percent);
        assert!(holds(RATE, 0.3, percent) && holds(RATE, 0.0, None) && !holds(RATE, 1.0, percent));
        // 100% is no count of one
        assert!(holds(SIZE, 1.0, None) && !holds(SIZE, 1.0, percent) && !holds(SIZE, 1.5, None));
        assert!(holds(SIZE, 2000.0, Some(ast::Unit::Kilo)) && !holds(SIZE, 1e10, None));
        assert!(!holds(POSITIVE, 5.0, percent) && !holds(POSITIVE, 300.0, Some(ast::Unit::Minutes)));
        assert!(holds(STEPS_OR_SHARE, 0.1, percent) && holds(STEPS_OR_SHARE, 500.0, None));
        assert!(!holds(STEPS_OR_SHARE, 1.0, percent) && !holds(STEPS_OR_SHARE, 1.5, None));
        assert!(!holds(NUMBER, f64::NAN, None) && !holds(NUMBER, f64::INFINITY, None));
        assert!(holds(MINUTES, 300.0, Some(ast::Unit::Minutes)) && holds(MINUTES, 0.5, None));
    }

    #[test]
    fn what_is_wrong_with_a_unit() {
        assert_eq!(wrong_unit(POSITIVE, Some(ast::Unit::Percent)), ", without `%`");
        assert_eq!(wrong_unit(RATE, Some(ast::Unit::Percent)), "");
        assert_eq!(wrong_unit(RATE, Some(ast::Unit::Minutes)), ", not a time");
        assert_eq!(wrong_unit(MINUTES, Some(ast::Unit::Minutes)), "");
        for ranges in [SIZE, SEVERAL, RATE, PART, SOME, FACTOR, POSITIVE, EPSILON, STEPS_OR_TIME, UP_TO_ONE, BELOW_ONE]
        {
            let example = ranges[0].example();
            let (x, unit) = match example.strip_suffix('%') {
                Some(x) => (x.parse::<f64>().unwrap() / 100.0, Some(ast::Unit::Percent)),
                None => (example.parse().unwrap(), None),
            };
            assert!(holds(ranges, x, unit), "{example} is not {}", words(ranges));
        }
    }

    #[test]
    fn ranges_in_words() {
        assert_eq!(percent(0.07), "7%");
        assert_eq!(words(RATE), "a share from 0% to below 100%");
        assert_eq!(words(STEPS_OR_TIME), "a whole number of at least 1, or a time above 0");
        assert_eq!(words(LEARNING_RATE), "a number above 0, at most 10");
    }
}
