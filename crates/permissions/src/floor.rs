//! What no rule and no mode allows: removing the ground that everything stands on.

use std::path::Path;

use crate::commands::{Folders, normal};
use crate::ground::Ground;
use crate::places;
use crate::views::{Token, Views};

/// Why a command is refused whatever the rules say, or has to be asked for whatever the mode.
pub(crate) enum Floor {
    /// Refused.
    Refused(String),
    /// A person has to say yes.
    Asked(String),
}

/// Commands that remove, or change whole trees, by the letters and words that make them do so to folders.
const REMOVERS: &[(&str, &[char], &[&str])] = &[
    ("rm", &['r', 'R'], &["--recursive"]),
    ("chmod", &['R'], &["--recursive"]),
    ("chown", &['R'], &["--recursive"]),
    ("chgrp", &['R'], &["--recursive"]),
    ("rmdir", &[], &[]),
    ("shred", &[], &[]),
    ("unlink", &[], &[]),
    ("mkfs", &[], &[]),
    ("wipefs", &[], &[]),
];

pub(crate) fn check(views: &Views, folders: &Folders<'_>, ground: &Ground<'_>) -> Option<Floor> {
    let mut asked = None;
    for view in &views.all {
        let Some((name, rest)) = view.split_first() else { continue };
        let Some(name) = name.value.as_deref() else { continue };
        let Some((_, letters, longs)) = REMOVERS.iter().find(|(known, ..)| name == *known) else { continue };
        let option = |word: &str| match word.strip_prefix("--") {
            // GNU programs take a long option by any beginning of it: `--rec`.
            Some(_) => word.len() > 2 && longs.iter().any(|long| long.starts_with(word)),
            None => word.starts_with('-') && word.contains(*letters),
        };
        let options_end = rest.iter().position(|word| word.value.as_deref() == Some("--")).unwrap_or(rest.len());
        let deep =
            letters.is_empty() || rest[..options_end].iter().any(|word| word.value.as_deref().is_some_and(option));
        for word in rest.iter().enumerate().filter(|(at, word)| {
            *at > options_end || !word.value.as_deref().is_some_and(|value| value.starts_with('-'))
        }) {
            let (_, word) = word;
            if deep && let Some(place) = critical(word, folders, ground) {
                return Some(Floor::Refused(format!(
                    "`{name}` of {place} is never run; remove what you mean by its own name"
                )));
            }
            if deep && *name == *"rm" && word.value.is_none() {
                asked = Some(Floor::Asked(format!(
                    "which folders `{name}` removes with all that is in them (`{}`), only running it tells",
                    word.raw
                )));
            }
            if let Some(value) = word.value.as_deref()
                && let Some(place) = folders.resolve(value).iter().find_map(|path| places::protected(path))
            {
                asked = Some(Floor::Asked(format!(
                    "`{name}` changes {place}, by which programs are made to run something"
                )));
            }
        }
    }
    asked
}

/// The folder that a word stands for, where it is one that no session can want to lose.
fn critical(word: &Token, folders: &Folders<'_>, ground: &Ground<'_>) -> Option<String> {
    let text = match &word.value {
        Some(value) => value.clone(),
        None => with_empty_variables(&word.raw, ground)?,
    };
    if text.is_empty() {
        return None;
    }
    // `/*` and `~/.*` take all of what is in the folder.
    let (folder, last) = text.trim_end_matches('/').rsplit_once('/').unwrap_or((".", text.trim_end_matches('/')));
    let all = matches!(last, "*" | ".*" | "**" | "?*" | "*.*" | ".[!.]*" | ".??*" | "{*,.*}");
    let folder = if text.starts_with('/') && folder.is_empty() { "/" } else { folder };
    let wanted = if all { folder } else { text.as_str() };
    let resolved = folders.resolve(wanted);
    let is_critical = |path: &Path| places::is_critical(path, ground.root, ground.home);
    let found = resolved
        .iter()
        .find(|path| is_critical(path) || ground.world.real(path).is_some_and(|real| is_critical(&normal(&real))))?;
    Some(format!("`{}` ({})", word.raw, found.display()))
}

/// A word with every variable taken for empty, but for the home folder and the current one: `"$EMPTY"/*` is `/*`. None where a
/// command runs to find the word out.
fn with_empty_variables(raw: &str, ground: &Ground<'_>) -> Option<String> {
    if raw.contains('`') || raw.contains("$(") || raw.contains("$'") {
        return None;
    }
    let mut text = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name = match rest.strip_prefix('{') {
            Some(inner) => {
                let end = inner.find('}')?;
                rest = &inner[end + 1..];
                inner[..end].split([':', '-', '=', '+', '?', '%', '#', '/']).next().unwrap_or_default()
            }
            None => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                rest = after;
                name
            }
        };
        match name {
            "HOME" => text.push_str(&ground.home.map(|home| home.display().to_string()).unwrap_or_default()),
            "PWD" => text.push('.'),
            _ => {}
        }
    }
    text.push_str(rest);
    Some(text.replace(['"', '\''], ""))
}
