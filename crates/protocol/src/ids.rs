//! Names of things. All are plain strings inside, so that a log line and a database row read the same.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Wraps a string without checking it: ids are made by the runtime, or come from a team file that was checked.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    };
}

id!(
    /// One conversation with a user in one repository.
    SessionId
);
id!(
    /// A named role in a team: `main`, `sidekick`, ...
    AgentId
);
id!(
    /// The stretch of a transcript between two compactions.
    WindowId
);
id!(
    /// A tool call, as the model named it. Unique within one agent's window, not beyond.
    CallId
);
id!(
    /// One brief with its report.
    DelegationId
);
