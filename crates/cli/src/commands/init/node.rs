//! Node: the scripts of package.json, with the package manager that the repository uses.

use serde_json::Value;

use super::check::{Finder, Found, Kind};
use super::repo::Repo;

/// Scripts by what they are for, the usual name first.
const SCRIPTS: &[(Kind, &[&str])] = &[
    (Kind::Tests, &["test", "tests", "test:unit", "test:ci"]),
    (Kind::Lint, &["lint", "lint:check", "eslint", "check"]),
    (
        Kind::Format,
        &["format:check", "fmt:check", "format-check", "check:format", "check-format", "prettier:check", "lint:format"],
    ),
    (Kind::Types, &["typecheck", "type-check", "check:types", "check-types", "types", "tsc"]),
    (Kind::Build, &["build"]),
];

/// Lock files and the manager that writes them.
const LOCKS: &[(&str, &str)] = &[
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
];

pub(super) fn find(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "node");
    let Some(package) = repo.json("package.json") else { return finder.done() };
    let manager = manager(repo, &package);
    for (kind, names) in SCRIPTS {
        for name in *names {
            if let Some(script) = package["scripts"][*name].as_str()
                && take(&mut finder, *kind, manager, name, script)
            {
                break;
            }
        }
    }
    finder.done()
}

/// What `packageManager` names, else what wrote the lock file, else npm.
fn manager(repo: &Repo, package: &Value) -> &'static str {
    let named = package["packageManager"].as_str().and_then(|text| text.split('@').next());
    ["npm", "pnpm", "yarn", "bun"]
        .into_iter()
        .find(|known| Some(*known) == named)
        .or_else(|| LOCKS.iter().find(|(file, _)| repo.has(file)).map(|(_, manager)| *manager))
        .unwrap_or("npm")
}

/// Adds a script, or offers it; false where it is of no use at all.
fn take(finder: &mut Finder<'_>, kind: Kind, manager: &str, name: &str, script: &str) -> bool {
    // What `npm init` writes.
    if script.contains("no test specified") {
        return false;
    }
    let run = match (manager, name) {
        ("npm" | "pnpm" | "yarn", "test") => format!("{manager} test"),
        _ => format!("{manager} run {name}"),
    };
    // Watches for changes unless it believes to be in a pipeline.
    let run = if script.contains("react-scripts test") { format!("CI=true {run}") } else { run };
    let origin = format!("package.json, script {name}");
    let words: Vec<&str> = script.split_whitespace().collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    if has(&["--watch", "--watchAll", "--watch=true", "--watchAll=true"]) {
        finder.offer(kind, run, &origin, "it watches for changes and does not end");
    } else if kind != Kind::Build && has(&["--fix", "--write", "--apply"]) {
        finder.offer(kind, run, &origin, "it changes files; a check only looks");
    } else if kind == Kind::Build && (finder.has(Kind::Tests) || finder.has(Kind::Types)) {
        finder.offer(
            kind,
            run,
            &origin,
            "slow, and it writes files; switch it on where a build breaks unnoticed by the rest",
        );
    } else {
        finder.add(kind, run, &origin);
    }
    true
}
