//! A commit of files that are named. Made by the program, outside of the sandbox: no hooks of the repository's run, nothing that the
//! user has staged or changed besides goes in.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::command::{Git, Place, Printed, Run};
use crate::tool::ToolError;

/// Most of git's words that are read, bytes. The attributes of all files are among them.
const MOST: u64 = 16 * 1024 * 1024;

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
    let git = Git::at(Place { root, environment, cancel }).await.map_err(in_words)?;
    let run = async |arguments: &[&str], input: &[u8]| -> Result<Printed, String> {
        let printed = git.run(Run { arguments, input, most: MOST, ..Run::default() }).await.map_err(in_words)?;
        match printed.code {
            Some(0) => Ok(printed),
            _ => Err(first_words(&printed)),
        }
    };
    let named = commit.paths.join("\0");
    if !git.filters.names.is_empty() {
        let chosen = run(&["check-attr", "-z", "--stdin", "filter"], named.as_bytes()).await?;
        refuse_filtered(&chosen.text, &git.filters.names)?;
    }
    // Not `add`: that looks into repositories inside this one, with their filters.
    run(&["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], named.as_bytes()).await?;
    // `--only`: what else is staged stays staged.
    let words = ["commit", "--quiet", "--only", "--no-verify", "--message", commit.message, "--"];
    let made: Vec<&str> = words.into_iter().chain(commit.paths.iter().map(String::as_str)).collect();
    run(&made, &[]).await?;
    let hash = run(&["rev-parse", "--short", "HEAD"], &[]).await?;
    Ok(hash.text.trim().to_owned())
}

/// A file that goes through a filter is stored as the filter makes it. Those that only the repository defines are not run, and
/// without them the commit would hold something else.
fn refuse_filtered(chosen: &str, filters: &[String]) -> Result<(), String> {
    let words: Vec<&str> = chosen.split('\0').collect();
    let hit = words.chunks_exact(3).find(|entry| filters.iter().any(|name| name == entry[2]));
    match hit {
        None => Ok(()),
        Some(entry) => Err(format!(
            "{} goes through the filter `{}`, a program that this repository's configuration names; none of those is run. Commit it \
             yourself, or define the filter in your own ~/.gitconfig",
            entry[0], entry[2]
        )),
    }
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
