//! What can be wrong with a user's model file.

/// A user's model file that cannot be used. The text names file, line, column, what was found and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct CatalogueError {
    /// The file, as the caller named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// The field, what was found, what is allowed.
    pub problem: String,
}
