//! Renderers (stub): human (miette), plain, JSON, SARIF.
