//! What the program is built from: one registry, known licences, no more crates than the page on safety says, none twice without a
//! reason. The lists are those of `deny.toml`; known vulnerabilities are looked up by `cargo deny`, which needs its database.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// What is built on Linux, from the lock file as it is.
fn metadata() -> Metadata {
    let options = ["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"];
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(options.map(str::to_owned).to_vec())
        .exec()
        .unwrap()
}

/// Texts in quotes behind `NAME = [` up to `]` at the beginning of a line; with `key`, those behind `key = `.
fn listed(name: &str, key: Option<&str>) -> Vec<String> {
    let text = read("deny.toml");
    let (_, rest) =
        text.split_once(&format!("\n{name} = [\n")).unwrap_or_else(|| panic!("deny.toml has no list `{name}`"));
    let (list, _) = rest.split_once("\n]").unwrap();
    let quoted = |line: &str| line.split('"').nth(1).unwrap().to_owned();
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match key {
            Some(key) => {
                quoted(line.split_once(&format!("{key} = ")).unwrap_or_else(|| panic!("no {key} in {line}")).1)
            }
            None => quoted(line),
        })
        .collect()
}

/// A package of the lock file, which is that of all platforms.
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

fn locked() -> Vec<Locked> {
    let value = |part: &str, key: &str| {
        let line = part.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")))?;
        line.strip_suffix('"').map(str::to_owned)
    };
    let package = |part: &str| Locked {
        name: value(part, "name").unwrap(),
        version: value(part, "version").unwrap(),
        source: value(part, "source"),
    };
    let packages: Vec<Locked> = read("Cargo.lock").split("[[package]]\n").skip(1).map(package).collect();
    assert!(packages.len() > 100, "{}", packages.len());
    packages
}

/// The part of a version that says what fits: `1`, `0.9`.
fn line_of(version: &str) -> String {
    let mut parts = version.split('.');
    match (parts.next().unwrap(), parts.next()) {
        ("0", Some(minor)) => format!("0.{minor}"),
        (major, _) => major.to_owned(),
    }
}

#[test]
fn every_crate_comes_from_the_one_registry_or_from_this_repository() {
    let sources: BTreeSet<String> = locked().into_iter().filter_map(|package| package.source).collect();
    // The lock file names it; a second one, or a git repository, would stand beside it.
    assert_eq!(sources.len(), 1, "{sources:?}");
    assert!(sources.iter().all(|source| source.starts_with("registry+")), "{sources:?}");
    let ours: BTreeSet<String> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let local = locked().into_iter().filter(|package| package.source.is_none()).map(|package| package.name);
    assert_eq!(local.collect::<BTreeSet<_>>(), ours);
}

#[test]
fn no_crate_is_there_that_is_not_wanted() {
    let unwanted = listed("deny", Some("crate"));
    assert!(unwanted.contains(&"openssl-sys".to_owned()));
    let there: Vec<String> =
        locked().into_iter().map(|package| package.name).filter(|name| unwanted.contains(name)).collect();
    assert_eq!(there, Vec::<String>::new());
}

#[test]
fn no_crate_is_there_twice_without_a_reason() {
    let mut lines: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in locked() {
        lines.entry(package.name).or_default().insert(line_of(&package.version));
    }
    let excused: BTreeSet<String> = listed("skip", Some("crate")).into_iter().collect();
    assert_eq!(excused.len(), listed("skip", Some("reason")).len());
    let mut needed = BTreeSet::new();
    for (name, versions) in lines.into_iter().filter(|(_, versions)| versions.len() > 1) {
        let mut others: Vec<String> = versions.iter().map(|version| format!("{name}@{version}")).collect();
        others.retain(|one| !excused.contains(one));
        assert!(
            others.len() <= 1,
            "{name} is there as {versions:?}; give a reason in deny.toml, or keep one of {others:?}"
        );
        needed.extend(versions.iter().map(|version| format!("{name}@{version}")));
    }
    let in_vain: Vec<_> = excused.difference(&needed).collect();
    assert!(in_vain.is_empty(), "deny.toml excuses what is there once: {in_vain:?}");
}

/// Whether licences that are allowed suffice for an SPDX expression. `/` is an old way to write OR.
fn is_satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let satisfied = any_of(&words, &mut at, allowed);
    satisfied && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut satisfied = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        satisfied |= all_of(words, at, allowed);
    }
    satisfied
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut satisfied = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        satisfied &= one(words, at, allowed);
    }
    satisfied
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let satisfied = any_of(words, at, allowed);
        *at += 1;
        return satisfied;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&name)
}

#[test]
fn an_expression_of_licences_is_read_as_spdx_means_it() {
    let allowed = ["MIT".to_owned(), "ISC".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
    for yes in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/GPL-3.0",
        "MIT AND ISC",
        "(GPL-3.0 OR ISC) AND MIT",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_satisfied(yes, &allowed), "{yes}");
    }
    for no in
        ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR AGPL-3.0) AND MIT", "Apache-2.0", "MIT WITH other", "", "MIT MIT"]
    {
        assert!(!is_satisfied(no, &allowed), "{no}");
    }
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let allowed = listed("allow", None);
    let metadata = metadata();
    let wrong: Vec<String> = metadata
        .packages
        .iter()
        .filter(|package| !is_satisfied(package.license.as_deref().unwrap_or_default(), &allowed))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// All that a crate of ours is built from, and those that build it, without what only its tests need.
fn closure(metadata: &Metadata, of: &str) -> BTreeSet<PackageId> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let start = metadata.packages.iter().find(|package| package.name.as_str() == of).unwrap().id.clone();
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let node = resolve.nodes.iter().find(|node| node.id == id).unwrap();
        let built = |dependency: &&cargo_metadata::NodeDep| {
            dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
        };
        open.extend(node.deps.iter().filter(built).map(|dependency| dependency.pkg.clone()));
    }
    seen.retain(|id| metadata.packages.iter().any(|package| package.id == *id && package.source.is_some()));
    seen
}

#[test]
fn the_program_is_built_from_no_more_crates_than_the_page_on_safety_says() {
    let text = read("docs/safety.md");
    let (_, table) = text.split_once("<!-- budget -->\n").unwrap();
    let rows: Vec<Vec<String>> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect())
        .collect();
    assert_eq!(
        rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(),
        ["cli", "runtime", "gateway", "tools", "sandbox"]
    );
    let metadata = metadata();
    for row in rows {
        let (name, budget): (_, usize) = (&row[0], row[1].parse().unwrap());
        let there = closure(&metadata, name).len();
        assert!(there <= budget, "{name} is built from {there} crates; docs/safety.md allows {budget}");
        assert!(there + 40 > budget, "{name} is built from {there} crates; a budget of {budget} says nothing");
    }
}
