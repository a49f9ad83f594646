//! Asks every kind of project for its checks.

use super::check::{Entry, Found, named};
use super::repo::Repo;
use super::{node, others, python, runners, rust};

/// Looks for one kind of project.
type Search = fn(&Repo) -> Vec<Found>;

const SEARCHES: &[Search] = &[
    rust::find,
    node::find,
    python::find,
    others::go,
    others::jvm,
    others::ruby,
    others::php,
    others::elixir,
    others::deno,
    others::cmake,
];

/// Folders directly below the top in which a project of its own may live, where the top has none of its kind.
const FOLDERS: &[&str] = &["api", "app", "backend", "client", "frontend", "server", "ui", "web"];

/// What was found.
pub(crate) struct Findings {
    /// Checks, those that decide first.
    pub(crate) entries: Vec<Entry>,
    /// Files that could not be read, and what was left out, a sentence each.
    pub(crate) problems: Vec<String>,
}

/// Looks through the repository. The same files give the same findings.
pub(crate) fn find(top: Repo) -> Findings {
    let below: Vec<Repo> =
        FOLDERS.iter().filter(|folder| top.has_folder(folder)).map(|folder| top.below(folder)).collect();
    let mut found = Vec::new();
    for search in SEARCHES {
        let here = search(&top);
        if here.is_empty() {
            found.extend(below.iter().flat_map(search));
        } else {
            found.extend(here);
        }
    }
    found.extend(runners::find(&top, &found));
    let problems = std::iter::once(top).chain(below).flat_map(Repo::problems).collect();
    Findings { entries: named(found), problems }
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
