//! make and just: targets by their usual names. They decide where nothing else was found for the same purpose; otherwise they
//! are offered, since they mostly call what was found.

use super::check::{Finder, Found, Kind};
use super::repo::Repo;

/// Targets by what they are for, the usual name first.
const TARGETS: &[(Kind, &[&str])] = &[
    (Kind::Tests, &["test", "tests", "check"]),
    (Kind::Lint, &["lint", "clippy"]),
    (Kind::Format, &["fmt-check", "format-check", "check-fmt", "check-format", "fmtcheck"]),
    (Kind::Types, &["typecheck", "type-check", "types"]),
    (Kind::Build, &["build"]),
];

const MAKEFILES: &[&str] = &["GNUmakefile", "makefile", "Makefile"];
const JUSTFILES: &[&str] = &["justfile", "Justfile", ".justfile"];

/// Targets of the top. `known` is what was found before.
pub(super) fn find(repo: &Repo, known: &[Found]) -> Vec<Found> {
    let mut found: Vec<Found> = known.to_vec();
    for (tool, files, targets) in
        [("just", JUSTFILES, recipes as fn(&str) -> Vec<String>), ("make", MAKEFILES, rules as fn(&str) -> Vec<String>)]
    {
        if let Some((file, text)) = repo.first(files).and_then(|file| Some((file, repo.text(file)?))) {
            found.extend(of(repo, tool, file, &targets(&text), &found));
        }
    }
    found.split_off(known.len())
}

fn of(repo: &Repo, tool: &'static str, file: &str, targets: &[String], known: &[Found]) -> Vec<Found> {
    let mut finder = Finder::new(repo, tool);
    for (kind, names) in TARGETS {
        let Some(target) = names.iter().find(|name| targets.iter().any(|target| target == *name)) else { continue };
        let (command, origin) = (format!("{tool} {target}"), format!("{file}, target {target}"));
        let decides = |kind: Kind| known.iter().find(|found| found.kind == kind && found.aside.is_none());
        let builds = if *kind == Kind::Build { decides(Kind::Tests) } else { None };
        match decides(*kind).or(builds) {
            Some(other) => {
                let why = format!("`{}` does that already; it may be one of the two", other.command);
                finder.offer(*kind, command, &origin, &why);
            }
            None if *kind == Kind::Build && finder.has(Kind::Tests) => {
                finder.offer(*kind, command, &origin, "the tests may build it anyway");
            }
            None => finder.add(*kind, command, &origin),
        }
    }
    finder.done()
}

/// Targets of a makefile: what stands in front of a colon at the beginning of a line, assignments left out.
fn rules(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with(['\t', ' ', '#', '.'])) {
        if let Some((names, rest)) = line.split_once(':')
            && !rest.starts_with(['=', ':'])
            && !names.contains('=')
        {
            targets.extend(names.split_whitespace().map(str::to_owned));
        }
    }
    targets
}

/// Recipes of a justfile that can be called without an argument.
fn recipes(text: &str) -> Vec<String> {
    let mut recipes = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with(['\t', ' ', '#', '[', '@'])) {
        let Some((head, rest)) = line.split_once(':') else { continue };
        let mut words = head.split_whitespace();
        if let Some(name) = words.next()
            && !rest.starts_with('=')
            && words.all(|parameter| parameter.contains('=') || parameter.starts_with('*'))
        {
            recipes.push(name.to_owned());
        }
    }
    recipes
}
