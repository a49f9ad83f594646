//! Rules on paths: which lane a touched file asks for, and which commands check it.

use protocol::Signals;
use serde::{Deserialize, Serialize};

use crate::paths::PathRules;

/// A signal that a touched path sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSignal {
    /// A schema or a migration is touched.
    SchemaChange,
    /// Code that decides who may do what is touched.
    AuthCode,
}

/// Files that ask for a lane, whatever the score says. They only raise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PathRule {
    /// Its name, as it stands in reasons.
    pub name: String,
    /// Patterns of paths. Empty: the rule is off.
    pub patterns: Vec<String>,
    /// The lane, or a stronger one.
    pub lane: String,
    /// A signal that a match sets besides.
    pub signal: Option<RuleSignal>,
    #[serde(skip)]
    pub(crate) compiled: PathRules,
}

impl PathRule {
    /// Whether a path of the workspace is one of its files.
    pub fn matches(&self, path: &str) -> bool {
        self.compiled.matching(path).is_some()
    }
}

/// Commands that check the work where certain files were touched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PathChecks {
    /// Patterns of paths.
    pub paths: Vec<String>,
    /// Shell commands, in this order.
    pub run: Vec<String>,
    #[serde(skip)]
    pub(crate) compiled: PathRules,
}

impl PathChecks {
    /// Whether a path of the workspace is checked by these.
    pub fn matches(&self, path: &str) -> bool {
        self.compiled.matching(path).is_some()
    }
}

/// What may stand in `always_strong_if`, besides the names of path rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `schema_change`
    SchemaChange,
    /// `auth_code`
    AuthCode,
    /// `production_incident`
    ProductionIncident,
    /// `new_code`
    NewCode,
}

impl Condition {
    /// All.
    pub const ALL: [Self; 4] = [Self::SchemaChange, Self::AuthCode, Self::ProductionIncident, Self::NewCode];

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SchemaChange => "schema_change",
            Self::AuthCode => "auth_code",
            Self::ProductionIncident => "production_incident",
            Self::NewCode => "new_code",
        }
    }

    /// The condition of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.as_str() == name)
    }

    /// Whether it holds.
    pub fn holds(self, signals: &Signals) -> bool {
        match self {
            Self::SchemaChange => signals.schema_change,
            Self::AuthCode => signals.auth_code,
            Self::ProductionIncident => signals.production_incident,
            Self::NewCode => signals.new_code,
        }
    }
}
