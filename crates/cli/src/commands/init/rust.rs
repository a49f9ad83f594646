//! Rust: what cargo does.

use super::check::{Finder, Found, Kind};
use super::repo::Repo;

pub(super) fn find(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "rust");
    if !repo.has("Cargo.toml") {
        return finder.done();
    }
    let sections = repo.sections("Cargo.toml");
    let workspace = sections.iter().any(|name| name == "workspace");
    let scope = if workspace { " --workspace" } else { "" };
    let origin = if workspace { "Cargo.toml, a workspace" } else { "Cargo.toml" };
    if let Some(nextest) = repo.first(&[".config/nextest.toml"]) {
        finder.add(Kind::Tests, format!("cargo nextest run{scope}"), nextest);
    } else {
        finder.add(Kind::Tests, format!("cargo test{scope}"), origin);
    }
    lint(repo, &sections, scope, origin, &mut finder);
    let sign = repo.first(&["rustfmt.toml", ".rustfmt.toml"]).or_else(|| repo.pipeline_runs("cargo fmt"));
    let format = if workspace { "cargo fmt --all --check" } else { "cargo fmt --check" };
    let why_not = "nothing says that this repository is formatted; run it once, then switch it on";
    finder.add_if(sign, Kind::Format, format, origin, why_not);
    finder.offer(Kind::Build, format!("cargo build{scope}"), origin, "the tests build it anyway");
    finder.done()
}

/// Warnings count only where a file says that there are none: a check that fails from the start helps nobody.
fn lint(repo: &Repo, sections: &[String], scope: &str, origin: &str, finder: &mut Finder<'_>) {
    let configured = repo.first(&["clippy.toml", ".clippy.toml"]);
    let denied = sections.iter().any(|name| name == "lints.clippy" || name == "workspace.lints.clippy");
    let sign = configured.or(denied.then_some("Cargo.toml")).or_else(|| repo.pipeline_runs("cargo clippy"));
    match sign {
        Some(sign) => {
            let command = format!("cargo clippy{scope} --all-targets -- -D warnings");
            finder.add_if(Some(sign), Kind::Lint, &command, origin, "");
        }
        None => finder.add(Kind::Lint, format!("cargo clippy{scope} --all-targets"), origin),
    }
}
