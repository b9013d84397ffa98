//! stub
/// stub
pub struct Metric {
    /// stub
    pub name: &'static str,
}
/// stub
pub const METRICS: &[Metric] = &[
    Metric { name: "accuracy" },
    Metric { name: "span_f1" },
    Metric { name: "f1" },
    Metric { name: "mse" },
    Metric { name: "pearson" },
    Metric { name: "macro_f1" },
    Metric { name: "f" },
    Metric { name: "matthews" },
];
/// stub
pub fn find(n: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.name == n)
}
