//! A comparison of programs as people read and publish it: text, Markdown, LaTeX, and one page of HTML with its plots.

use serde::Serialize;

/// A program beside others.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// the spec
    pub name: String,
    /// of the runs
    pub seeds: Vec<u64>,
    /// the program beside each other one
    pub contrasts: Vec<Contrast>,
    /// Δm in per cent: the mean over tasks of the relative change of their first metrics against training alone, a change
    /// for the worse below 0 (Maninis et al. 2019, equation 4)
    pub delta_m: Option<f64>,
    /// what it all says, a sentence each
    pub words: Vec<String>,
}

/// A program beside another.
#[derive(Clone, Debug, Serialize)]
pub struct Contrast {
    /// the other: `each task alone`, `without pos -> chunk`
    pub other: String,
    /// figures of both
    pub rows: Vec<Row>,
}

/// A figure of two programs.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// of the task
    pub task: String,
    /// as written
    pub metric: String,
    /// whether it is a share of 1, told in per cent
    pub share: bool,
    /// of the program, by seed
    pub with: Vec<f64>,
    /// of the other, by seed
    pub without: Vec<f64>,
    /// of the means
    pub difference: f64,
    /// where the difference lies with a probability of 95 %
    pub interval: Option<(f64, f64)>,
    /// whether the program is better
    pub verdict: Verdict,
}

/// Whether a program is better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// the whole interval says so
    Gains,
    /// the whole interval says the contrary
    Suffers,
    /// zero lies in the interval, or there is none
    Undecided,
}

impl Verdict {
    /// From an interval of the difference.
    pub fn of(interval: Option<(f64, f64)>, higher_is_better: bool) -> Self {
        match interval {
            Some((low, _)) if low > 0.0 && higher_is_better => Self::Gains,
            Some((_, high)) if high < 0.0 && !higher_is_better => Self::Gains,
            Some((low, high)) if low > 0.0 || high < 0.0 => Self::Suffers,
            _ => Self::Undecided,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Gains => "gains",
            Self::Suffers => "suffers",
            Self::Undecided => "undecided",
        }
    }
}

/// Mean, and standard deviation over seeds where there are several.
fn mean_sd(values: &[f64]) -> (f64, Option<f64>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let sd = (values.len() > 1).then(|| (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt());
    (mean, sd)
}

impl Row {
    fn number(&self, x: f64) -> String {
        if self.share { format!("{:.2}", 100.0 * x) } else { format!("{x:.4}") }
    }

    fn signed(&self, x: f64) -> String {
        let sign = if x < 0.0 { "−" } else { "+" };
        format!("{sign}{}", self.number(x.abs()))
    }

    fn spread(&self, values: &[f64]) -> String {
        match mean_sd(values) {
            (m, Some(sd)) => format!("{} ± {}", self.number(m), self.number(sd)),
            (m, None) => self.number(m),
        }
    }

    fn range(&self) -> String {
        self.interval.map_or("–".into(), |(low, high)| format!("{} to {}", self.signed(low), self.signed(high)))
    }

    /// Task, metric, both figures, difference, interval, verdict.
    pub fn cells(&self) -> [String; 7] {
        [
            self.task.clone(),
            self.metric.clone(),
            self.spread(&self.with),
            self.spread(&self.without),
            self.signed(self.difference),
            self.range(),
            self.verdict.word().into(),
        ]
    }

    /// `1.20 points (95%: +0.40 to +2.00)`
    pub fn told(&self) -> String {
        let unit = if self.share { " points" } else { "" };
        let range = self.interval.map_or(String::new(), |_| format!(" (95%: {})", self.range()));
        format!("{}{unit}{range}", self.number(self.difference.abs()))
    }
}

/// Headings of [`Row::cells`], of which the fourth is the other program's.
fn headings(c: &Contrast) -> [String; 7] {
    ["task", "metric", "program", c.other.as_str(), "difference", "95%", ""].map(String::from)
}

/// Aligns columns under headings.
pub type Table<'a> = &'a dyn Fn(&[&str], &[Vec<String>]) -> String;

impl Comparison {
    /// Tables for a terminal, by a function that aligns them.
    pub fn text(&self, table: Table<'_>) -> String {
        let mut out = String::new();
        for c in &self.contrasts {
            let head = headings(c);
            let head: Vec<&str> = head.iter().map(String::as_str).collect();
            let rows: Vec<Vec<String>> = c.rows.iter().map(|r| r.cells().to_vec()).collect();
            out += &format!("{}\n", table(&head, &rows));
        }
        if let Some(d) = self.delta_m {
            out += &format!("Δm {}%\n\n", signed(d));
        }
        out + &self.words.iter().map(|w| format!("{w}\n")).collect::<String>()
    }

    /// Tables in Markdown.
    pub fn markdown(&self) -> String {
        let cell = |s: &str| s.replace('|', "\\|");
        let line = |cells: &[String; 7]| format!("| {} |\n", cells.each_ref().map(|c| cell(c)).join(" | "));
        let mut out = format!("# {}\n\n{}\n\n", self.name, self.said_of_seeds());
        for c in &self.contrasts {
            out += &format!("## Against {}\n\n", c.other);
            out += &line(&headings(c));
            out += "|---|---|--:|--:|--:|--:|---|\n";
            out += &c.rows.iter().map(|r| line(&r.cells())).collect::<String>();
            out.push('\n');
        }
        if let Some(d) = self.delta_m {
            out += &format!("Δm {}%\n\n", signed(d));
        }
        out + &self.words.iter().map(|w| format!("- {w}\n")).collect::<String>()
    }

    /// Tables in LaTeX; they need the package `booktabs`.
    pub fn latex(&self) -> String {
        let mut out = format!("% {}; {}\n% \\usepackage{{booktabs}}\n", tex(&self.name), tex(&self.said_of_seeds()));
        for c in &self.contrasts {
            let line = |cells: &[String; 7]| format!("{} \\\\\n", cells.each_ref().map(|c| tex(c)).join(" & "));
            out += "\\begin{tabular}{llrrrrl}\n\\toprule\n";
            out += &line(&headings(c));
            out += "\\midrule\n";
            out += &c.rows.iter().map(|r| line(&r.cells())).collect::<String>();
            out += "\\bottomrule\n\\end{tabular}\n";
        }
        if let Some(d) = self.delta_m {
            out += &tex(&format!("% Δm {}%", signed(d))).replacen("\\%", "%", 1);
            out.push('\n');
        }
        out
    }

    fn said_of_seeds(&self) -> String {
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        match seeds.as_slice() {
            [one] => format!("Seed {one}."),
            many => format!("Seeds {}: mean ± standard deviation.", many.join(", ")),
        }
    }

    /// A page with its plots, which needs nothing else.
    pub fn html(&self) -> String {
        let mut body = format!("<h1>{}</h1>\n<p>{}", html(&self.name), html(&self.said_of_seeds()));
        body += " Differences with their 95% intervals over seeds and test examples.</p>\n<ul>\n";
        body += &self.words.iter().map(|w| format!("<li>{}</li>\n", html(w))).collect::<String>();
        body += "</ul>\n";
        if let Some(d) = self.delta_m {
            body += &format!("<p>Δ<sub>m</sub> {}%</p>\n", signed(d));
        }
        for c in &self.contrasts {
            body += &format!("<h2>Against {}</h2>\n<table>\n<tr>", html(&c.other));
            body += &headings(c).iter().map(|h| format!("<th>{}</th>", html(h))).collect::<String>();
            body += "</tr>\n";
            for r in &c.rows {
                let cells: String = r.cells().iter().map(|x| format!("<td>{}</td>", html(x))).collect();
                body += &format!("<tr class=\"{}\">{cells}</tr>\n", r.verdict.word());
            }
            body += "</table>\n";
            body += &forest(c);
        }
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n{body}</body>\n</html>\n",
            html(&self.name)
        )
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right}td:nth-child(-n+2),th:nth-child(-n+2),td:last-child\
{text-align:left}tr{border-bottom:1px solid #ddd}.gains td:last-child{color:#06703a}.suffers td:last-child{color:#a3201b}\
.undecided td:last-child{color:#777}svg{margin:1em 0;max-width:100%}text{font:13px system-ui,sans-serif;fill:#222}";

/// Two digits with a sign.
fn signed(x: f64) -> String {
    format!("{}{:.2}", if x < 0.0 { "−" } else { "+" }, x.abs())
}

fn tex(s: &str) -> String {
    let mut out = String::new();
    for c in s.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out += "\\textbackslash{}",
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '<' => out += "\\textless{}",
            '>' => out += "\\textgreater{}",
            '±' => out += "$\\pm$",
            '−' => out += "$-$",
            'Δ' => out += "$\\Delta$",
            '–' => out += "--",
            c => out.push(c),
        }
    }
    out
}

fn html(s: &str) -> String {
    let mut out = String::new();
    for c in s.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Measures of the plot: where it begins, its width, the first row, the height of a row.
const LEFT: f64 = 220.0;
const WIDE: f64 = 480.0;
const HIGH: f64 = 20.0;
const STEP: f64 = 26.0;

/// Differences with their intervals, shares in points; a dot for each seed.
fn forest(c: &Contrast) -> String {
    let rows: Vec<&Row> = c.rows.iter().filter(|r| r.share).collect();
    let each = |r: &Row| r.with.iter().zip(&r.without).map(|(a, b)| a - b).collect::<Vec<f64>>();
    let ends = rows.iter().flat_map(|r| {
        let (low, high) = r.interval.unwrap_or((r.difference, r.difference));
        each(r).into_iter().chain([low, high])
    });
    let reach = ends.fold(0.01f64, |m, x| m.max(x.abs())) * 1.05;
    if rows.is_empty() || !reach.is_finite() {
        return String::new();
    }
    let x = |v: f64| LEFT + WIDE * (v + reach) / (2.0 * reach);
    let height = HIGH + STEP * rows.len() as f64 + 30.0;
    let mut out = format!(
        "<svg viewBox=\"0 0 {} {height}\" width=\"{}\" role=\"img\">\n",
        LEFT + WIDE + 20.0,
        LEFT + WIDE + 20.0
    );
    let (zero, bottom) = (x(0.0), height - 24.0);
    out += &format!("<line x1=\"{zero:.1}\" y1=\"6\" x2=\"{zero:.1}\" y2=\"{bottom}\" stroke=\"#999\"/>\n");
    for (i, r) in rows.iter().enumerate() {
        let y = HIGH + STEP * i as f64 + 6.0;
        let colour = match r.verdict {
            Verdict::Gains => "#06703a",
            Verdict::Suffers => "#a3201b",
            Verdict::Undecided => "#777",
        };
        let name = html(&format!("{}.{}", r.task, r.metric));
        out += &format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\n", LEFT - 12.0, y + 4.0);
        if let Some((low, high)) = r.interval {
            let (a, b) = (x(low), x(high));
            out += &format!(
                "<line x1=\"{a:.1}\" y1=\"{y}\" x2=\"{b:.1}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"/>\n"
            );
        }
        for d in each(r) {
            out += &format!("<circle cx=\"{:.1}\" cy=\"{y}\" r=\"2.5\" fill=\"#bbb\"/>\n", x(d));
        }
        let (left, top) = (x(r.difference) - 4.0, y - 4.0);
        out += &format!("<rect x=\"{left:.1}\" y=\"{top}\" width=\"8\" height=\"8\" fill=\"{colour}\"/>\n");
    }
    for v in [-reach, 0.0, reach] {
        let told = format!("{}{:.1}", if v < 0.0 { "−" } else { "" }, 100.0 * v.abs());
        out += &format!("<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{told}</text>\n", x(v), height - 8.0);
    }
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Comparison {
        let row = |task: &str, with: &[f64], without: &[f64], interval: (f64, f64)| Row {
            task: task.into(),
            metric: "span_f1".into(),
            share: true,
            with: with.into(),
            without: without.into(),
            difference: mean_sd(with).0 - mean_sd(without).0,
            interval: Some(interval),
            verdict: Verdict::of(Some(interval), true),
        };
        let rows = vec![
            row("slot", &[0.90, 0.92], &[0.88, 0.88], (0.01, 0.05)),
            row("t_1<", &[0.50, 0.50], &[0.51, 0.52], (-0.04, 0.01)),
        ];
        let contrasts = vec![Contrast { other: "each task alone".into(), rows }];
        let words = vec!["`slot` gains.".into()];
        Comparison { name: "a & b".into(), seeds: vec![1, 2], contrasts, delta_m: Some(-0.25), words }
    }

    #[test]
    fn every_form_says_the_same() {
        let c = sample();
        let text = c.text(&|head, rows| {
            let rows: Vec<String> = rows.iter().map(|r| r.join(" | ")).collect();
            format!("{}\n{}\n", head.join(" | "), rows.join("\n"))
        });
        let slot = "slot | span_f1 | 91.00 ± 1.41 | 88.00 ± 0.00 | +3.00 | +1.00 to +5.00 | gains";
        let other = "t_1< | span_f1 | 50.00 ± 0.00 | 51.50 ± 0.71 | −1.50 | −4.00 to +1.00 | undecided";
        assert!(text.contains(slot) && text.contains(other) && text.contains("Δm −0.25%"), "{text}");
        let markdown = c.markdown();
        assert!(markdown.contains(&format!("| {slot} |")) && markdown.contains("Seeds 1, 2"), "{markdown}");
        let latex = c.latex();
        assert!(latex.contains("t\\_1\\textless{} & span\\_f1 & 50.00 $\\pm$ 0.00"), "{latex}");
        let page = c.html();
        assert!(page.contains("<title>a &amp; b</title>") && page.contains("t_1&lt;.span_f1") && page.contains("<svg"));
        assert_eq!(page.matches("<circle").count(), 4);
    }

    #[test]
    fn what_is_better_depends_on_the_metric() {
        assert_eq!(Verdict::of(Some((0.1, 0.2)), false), Verdict::Suffers);
        assert_eq!(Verdict::of(Some((-0.2, -0.1)), false), Verdict::Gains);
        assert_eq!(Verdict::of(Some((-0.1, 0.1)), true), Verdict::Undecided);
        assert_eq!(Verdict::of(None, true), Verdict::Undecided);
    }
}
