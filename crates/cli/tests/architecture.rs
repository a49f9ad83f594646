//! What `docs/architecture.md` says of crates and effects is what is there.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Longest source file, in lines.
const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Cells of the table behind a marker comment, without its head.
fn table(marker: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, rest) = text.split_once(&format!("<!-- {marker} -->\n")).unwrap();
    let cells = |line: &str| -> Vec<String> {
        let inner = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap();
        inner.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    rest.lines().take_while(|line| line.starts_with('|')).skip(2).map(cells).collect()
}

fn names(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Crate -> (what it may use, what its tests may use besides).
fn allowed() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    table("dependencies").into_iter().map(|row| (row[0].clone(), (names(&row[1]), names(&row[2])))).collect()
}

/// Source files of all crates, without their `tests/` folders.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("src"))
        .filter(|folder| folder.is_dir())
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "only {} source files were found", found.len());
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/")
}

#[test]
fn crates_depend_on_each_other_only_as_the_table_allows() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .unwrap();
    let ours: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let allowed = allowed();
    let listed: BTreeSet<String> = allowed.keys().cloned().collect();
    assert_eq!(listed, ours, "the table's crates (left) are not the workspace's (right)");
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let (uses, tests_use) = &allowed[package.name.as_str()];
        for dependency in package.dependencies.iter().filter(|dependency| ours.contains(&dependency.name)) {
            let for_tests = dependency.kind == DependencyKind::Development && tests_use.contains(&dependency.name);
            if !uses.contains(&dependency.name) && !for_tests {
                wrong.push(format!("{} -> {} ({})", package.name, dependency.name, dependency.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "not in the table of docs/architecture.md: {wrong:#?}");
}

#[test]
fn the_allowed_arrows_go_down_only() {
    let allowed = allowed();
    let mut open: BTreeSet<&String> = allowed.keys().collect();
    // A crate whose needs are all met leaves; what is left at the end goes in a circle.
    loop {
        let stuck: BTreeSet<&String> =
            open.iter().copied().filter(|name| allowed[*name].0.iter().any(|needed| open.contains(needed))).collect();
        if stuck.len() == open.len() {
            break;
        }
        open = stuck;
    }
    assert!(open.is_empty(), "these lead back to themselves: {open:?}");
}

#[test]
fn what_bills_does_not_know_what_predicts() {
    let (uses, tests_use) = &allowed()["simulator"];
    assert!(!uses.contains("cache") && !tests_use.contains("cache"));
}

#[test]
fn every_module_with_effects_is_in_the_table_and_no_other() {
    let stated: BTreeSet<String> = table("effects").into_iter().map(|row| row[0].clone()).collect();
    let has_effects = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().any(|line| line.contains("expect(clippy::disallowed_methods"))
    };
    let found: BTreeSet<String> = sources()
        .into_iter()
        .filter(|path| !shown(path).starts_with("crates/bench/"))
        .filter(has_effects)
        .map(|path| shown(&path))
        .collect();
    let unsaid: Vec<_> = found.difference(&stated).collect();
    let gone: Vec<_> = stated.difference(&found).collect();
    assert!(unsaid.is_empty() && gone.is_empty(), "docs/architecture.md lacks {unsaid:?} and lists {gone:?} in vain");
}

#[test]
fn no_source_file_is_too_long_to_be_about_one_thing() {
    let long: Vec<String> = sources()
        .iter()
        .map(|path| (shown(path), std::fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines >= LONGEST_FILE)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "split by subject: {long:#?}");
}

#[test]
fn every_crate_says_first_what_it_is_for() {
    for path in sources() {
        if path.ends_with("src/lib.rs") || path.ends_with("src/main.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//! "), "{} does not begin with `//! `", shown(&path));
        }
    }
}
