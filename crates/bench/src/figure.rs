//! What a figure comes out as.

use serde_json::Value;

/// What a figure was to be measured with is missing or is not what it should be: exit code 2.
#[derive(Debug)]
pub(crate) struct Unusable(pub(crate) String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// A measured figure.
#[derive(Debug)]
pub(crate) struct Figure {
    /// For a person, line by line.
    pub(crate) lines: Vec<String>,
    /// For a program.
    pub(crate) json: Value,
}

/// The machine it was measured on.
pub(crate) fn machine() -> Value {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    serde_json::json!({ "cores": cores, "os": std::env::consts::OS, "arch": std::env::consts::ARCH })
}

/// Says on standard error what is going on: a figure takes seconds, a build minutes.
pub(crate) fn progress(text: &str) {
    use std::io::Write;
    // Nobody has to read it.
    writeln!(std::io::stderr(), "{text}").ok();
}
