//! One commit of what a session changed. Made by the program, never by a model: no hooks of the repository's run, nothing that the
//! user has staged or changed besides goes in.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::command::{Place, Printed, run_in};
use crate::tool::ToolError;

/// Most of git's words that are read.
const MOST: u64 = 10_000;

/// A commit to make.
#[derive(Clone, Copy, Debug)]
pub struct Commit<'a> {
    /// Files that go in, relative to the workspace; those that are gone are removed.
    pub paths: &'a [String],
    /// The whole message.
    pub message: &'a str,
}

/// Makes the commit, and gives its hash.
///
/// # Errors
/// What git says, in words: no repository, no name or address set up, nothing to commit.
pub async fn commit(
    root: &Path,
    environment: &[(String, String)],
    commit: Commit<'_>,
    cancel: &CancellationToken,
) -> Result<String, String> {
    let place = Place { root, environment, cancel };
    let git = async |arguments: &[&str]| -> Result<Printed, String> {
        let printed = run_in(&place, arguments, None, MOST).await.map_err(in_words)?;
        match printed.code {
            Some(0) => Ok(printed),
            _ => Err(first_words(&printed)),
        }
    };
    let paths = || commit.paths.iter().map(String::as_str);
    let add: Vec<&str> = ["add", "--all", "--"].into_iter().chain(paths()).collect();
    git(&add).await?;
    // `--only`: what else is staged stays staged.
    let words =
        ["-c", "commit.gpgSign=false", "commit", "--quiet", "--only", "--no-verify", "--message", commit.message, "--"];
    let made: Vec<&str> = words.into_iter().chain(paths()).collect();
    git(&made).await?;
    let hash = git(&["rev-parse", "--short", "HEAD"]).await?;
    Ok(hash.text.trim().to_owned())
}

fn in_words(error: ToolError) -> String {
    match error {
        ToolError::RespondToModel(words) => words,
        other => other.to_string(),
    }
}

fn first_words(printed: &Printed) -> String {
    let said = if printed.errors.is_empty() { printed.text.trim() } else { &printed.errors };
    format!("git: {said}")
}
