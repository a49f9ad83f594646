//! What a look at one thing gave.

use serde::Serialize;

use crate::failure::Failure;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// Works, but something should be known.
    Warn,
    /// Nothing runs until it is mended.
    Fail,
}

impl Level {
    /// As printed.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was looked at.
    pub(super) name: String,
    /// How it stands.
    pub(super) level: Level,
    /// What was found. Never a key.
    pub(super) found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

impl Check {
    pub(super) fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), level: Level::Ok, found: found.into(), hint: None }
    }

    pub(super) fn warn(name: impl Into<String>, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name: name.into(), level: Level::Warn, found: found.into(), hint: Some(hint.into()) }
    }

    /// An error that every command would end with.
    pub(super) fn failed(name: impl Into<String>, error: &anyhow::Error) -> Self {
        let hint = error.downcast_ref::<Failure>().and_then(|failure| failure.hint.clone());
        Self { name: name.into(), level: Level::Fail, found: format!("{error:#}"), hint }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}
