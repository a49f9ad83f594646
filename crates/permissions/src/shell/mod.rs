//! From a line of text to simple commands. The grammar is a real parser's (tree-sitter, as editors use it); a list says which
//! of its constructs are understood, and the words are read a second time by the shell's own quoting rules. Where the two
//! readings do not agree, the line is not understood, and what is not understood asks.

mod strange;
mod tree;
mod word;

pub(crate) use strange::unfit;
pub(crate) use word::{Glob, Word};

/// What a line holds.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Every simple command, in order, also those inside of what is not understood.
    pub(crate) simples: Vec<Simple>,
    /// Constructs that are not understood, in words.
    pub(crate) doubts: Vec<String>,
}

/// A simple command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Simple {
    /// As written.
    pub(crate) text: String,
    /// Command name and arguments.
    pub(crate) words: Vec<Word>,
    /// `NAME=value` in front.
    pub(crate) assignments: Vec<String>,
    /// Redirections.
    pub(crate) redirects: Vec<Redirect>,
}

/// What a redirection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Reads a file.
    In,
    /// Writes a file.
    Out,
    /// Copies or closes a descriptor, or feeds a text: no file.
    None,
}

/// A redirection.
#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    /// As written.
    pub(crate) text: String,
    /// What it does.
    pub(crate) direction: Direction,
    /// Which file.
    pub(crate) target: Option<Word>,
}

/// Reads a line that [`unfit`] has nothing against.
pub(crate) fn read(line: &str) -> Reading {
    tree::read(line)
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
