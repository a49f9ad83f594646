//! How other tools are pointed at the gateway: which of their settings say where it is. Text in, text out; `cli` reads and writes the
//! files.
//!
//! A tool's file is changed by a parser of its format that keeps everything else as it was. A record beside it says what was changed,
//! so that it can be taken back, exactly where nothing else was changed since.

mod change;
mod json;
mod toml;
mod tool;
mod yaml;

use serde_json::Value;

pub use change::{Record, Undone, undo, write};
pub use tool::{Model, Settings, TOKEN_VARIABLE, Target, Tool};

/// The format of a file of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, with comments where the tool takes them.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

/// A change of one setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Its name, from the outside in.
    pub path: Vec<String>,
    /// What it is to be; none takes it out.
    pub value: Option<Value>,
}

impl Edit {
    /// Sets a setting.
    pub fn set(path: &[&str], value: impl Into<Value>) -> Self {
        Self { path: path.iter().map(|name| (*name).to_owned()).collect(), value: Some(value.into()) }
    }
}

/// A file that cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// It is not in its format.
    #[error("it is not readable as {format}: {detail}; nothing was changed")]
    Unreadable {
        /// JSON, TOML or YAML.
        format: &'static str,
        /// Where and why.
        detail: String,
    },
    /// Something stands where a section has to be.
    #[error("`{0}` is not a section that settings can be put into; nothing was changed")]
    NoSection(String),
    /// A change that would change more than it should.
    #[error("`{0}` is written in a way that cannot be changed safely; set it by hand. Nothing was changed")]
    Unsafe(String),
    /// The record beside the file is not one.
    #[error(
        "the record of the change is damaged ({0}); the file beside it with `.before-tandem` at its end is the one from before"
    )]
    Record(String),
}

/// Changes settings in a text; everything else stays.
fn apply(format: Format, text: &str, edits: &[Edit]) -> Result<String, SetupError> {
    match format {
        Format::Json => json::apply(text, edits),
        Format::Toml => toml::apply(text, edits),
        Format::Yaml => yaml::apply(text, edits),
    }
}

/// All settings of a text, to look at.
fn read(format: Format, text: &str) -> Result<Value, SetupError> {
    match format {
        Format::Json => json::read(text),
        Format::Toml => toml::read(text),
        Format::Yaml => yaml::read(text),
    }
}

/// A setting among others.
fn at<'a>(settings: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(settings, |inner, name| inner.get(name))
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
