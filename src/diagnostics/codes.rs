//! The table of codes. Each has a page `docs/errors/CODE.md`, shown by `mtlc explain CODE`.

/// One code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// `E0301`
    pub code: &'static str,
    /// one line
    pub title: &'static str,
    /// the page
    pub page: &'static str,
}

macro_rules! codes {
    ($($code:literal $title:literal)*) => {
        /// Every code, in order.
        pub const CODES: &[Code] = &[$(Code { code: $code, title: $title, page: include_str!(concat!("../../docs/errors/", $code, ".md")) }),*];
    };
}

codes! {
    // syntax
    "E0101" "the text cannot be read here"
    // data files
    "E0601" "a data file or split is missing"
}

/// The row of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|c| c.code == code)
}
