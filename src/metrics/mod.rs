//! The field's metrics (stub).
