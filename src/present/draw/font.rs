//! Widths of text, so that nothing overlaps where a picture is only looked at.

/// Advance widths of Helvetica for the characters from space to `~`, in thousandths of the size (Adobe's metrics;
/// Arial and Liberation Sans have the same).
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// The width of a text in pixels, with a little room for fonts that run wider.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let one = |c: char| match (c as usize).checked_sub(32).and_then(|i| HELVETICA.get(i)) {
        Some(w) => f64::from(*w),
        // characters of other scripts are up to as wide as high
        None if c as u32 > 0x2e80 => 1000.0,
        None => 620.0,
    };
    let wider = if bold { 1.1 } else { 1.04 };
    text.chars().map(one).sum::<f64>() / 1000.0 * size * wider
}
