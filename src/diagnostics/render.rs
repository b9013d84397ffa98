//! stub
use super::Diagnostic;
use crate::source::Sources;
/// stub
pub fn render_human(s: &Sources, d: &[Diagnostic], _c: bool) -> String { render_plain(s, d) }
/// stub
pub fn render_plain(s: &Sources, d: &[Diagnostic]) -> String {
    d.iter().map(|d| { let p = d.primary.as_ref().map(|l| { let (a, b) = s.line_col(l.span); format!("{a}:{b} `{}` {}", s.slice(l.span), l.text) }).unwrap_or_default(); format!("{} {} [{p}] help: {:?}\n", d.code, d.message, d.help) }).collect()
}
/// stub
pub fn render_json(s: &Sources, d: &[Diagnostic]) -> String { render_plain(s, d) }
/// stub
pub fn render_sarif(s: &Sources, d: &[Diagnostic]) -> String { render_plain(s, d) }
