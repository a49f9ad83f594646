//! Why nothing could be learned.

/// What is wrong with the data or a setting. The text says what was found, what is needed and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LearnError {
    /// No rows, or too few.
    #[error("{what}: {found} rows are too few, at least {needed} are needed; record more outcomes first")]
    TooFew {
        /// What was to be learned.
        what: String,
        /// Rows that there are.
        found: usize,
        /// Rows that are needed.
        needed: usize,
    },
    /// Every row came out the same way.
    #[error(
        "{what}: every row is a {}; both outcomes are needed, wait for a {}",
        if *.all { "success" } else { "failure" },
        if *.all { "failure" } else { "success" }
    )]
    OneOutcome {
        /// What was to be learned.
        what: String,
        /// The outcome that all have.
        all: bool,
    },
    /// Columns that should be equally long are not.
    #[error("{what}: {found} values where {needed} were expected; give every row the same features")]
    Shape {
        /// What was to be learned.
        what: String,
        /// Length found.
        found: usize,
        /// Length needed.
        needed: usize,
    },
    /// A value that cannot be reckoned with.
    #[error("{what}: found {found}, allowed is {allowed}")]
    Value {
        /// The field.
        what: String,
        /// As found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// The equations have no one solution.
    #[error("{what}: the equations have no one solution; set a ridge above 0 (1 is usual)")]
    Singular {
        /// What was to be learned.
        what: String,
    },
    /// A stored model that this program cannot use.
    #[error("the stored model {problem}; train it again")]
    Model {
        /// What is wrong.
        problem: String,
    },
}

impl LearnError {
    pub(crate) fn value(what: &str, found: impl ToString, allowed: &str) -> Self {
        Self::Value { what: what.to_owned(), found: found.to_string(), allowed: allowed.to_owned() }
    }

    pub(crate) fn shape(what: &str, found: usize, needed: usize) -> Self {
        Self::Shape { what: what.to_owned(), found, needed }
    }
}
