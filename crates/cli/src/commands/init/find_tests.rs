#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::path::Path;

use super::{Findings, find};
use crate::commands::init::repo::Repo;

/// A repository with these files, and what is found in it: `name: command`, with `?` behind the name where it is only offered.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    findings(files)
        .entries
        .iter()
        .map(|entry| {
            let mark = if entry.found.aside.is_some() { "?" } else { "" };
            format!("{}{mark}: {}", entry.name, entry.found.command)
        })
        .collect()
}

fn findings(files: &[(&str, &str)]) -> Findings {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, text).unwrap();
    }
    find(Repo::new(folder.path().to_owned()))
}

#[test]
fn an_empty_folder_has_nothing() {
    assert!(found(&[("README.md", "# nothing here")]).is_empty());
}

#[test]
fn a_rust_package_is_tested_and_linted_and_warnings_count_only_where_a_file_says_that_there_are_none() {
    assert_eq!(
        found(&[("Cargo.toml", "[package]\nname = \"a\"\n")]),
        ["tests: cargo test", "lint: cargo clippy --all-targets", "format?: cargo fmt --check", "build?: cargo build"]
    );
    assert_eq!(
        found(&[
            ("Cargo.toml", "[workspace] # all of it\nmembers = [\"a\"]\n"),
            (".github/workflows/ci.yml", "run: cargo fmt --check && cargo clippy"),
        ]),
        [
            "tests: cargo test --workspace",
            "lint: cargo clippy --workspace --all-targets -- -D warnings",
            "format: cargo fmt --all --check",
            "build?: cargo build --workspace"
        ]
    );
}

#[test]
fn scripts_run_with_the_package_manager_that_wrote_the_lock_file() {
    let package = r#"{"scripts": {"test": "vitest", "lint": "eslint .", "typecheck": "tsc", "build": "vite build"}}"#;
    let of = |lock: &str| found(&[("package.json", package), (lock, "")]);
    assert_eq!(
        of("package-lock.json"),
        ["tests: npm test", "lint: npm run lint", "types: npm run typecheck", "build?: npm run build"]
    );
    assert_eq!(of("pnpm-lock.yaml")[0], "tests: pnpm test");
    assert_eq!(of("yarn.lock")[1], "lint: yarn run lint");
    assert_eq!(of("bun.lockb")[0], "tests: bun run test", "bun's own test command is another program");
    let named =
        found(&[("package.json", r#"{"packageManager": "pnpm@9.1.0", "scripts": {"test": "x"}}"#), ("yarn.lock", "")]);
    assert_eq!(named, ["tests: pnpm test"]);
}

#[test]
fn a_script_that_never_ends_or_changes_files_is_only_offered_and_the_placeholder_of_npm_is_none() {
    let package = r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1", "test:unit": "jest --watch",
        "lint": "eslint --fix .", "build": "tsc"}}"#;
    assert_eq!(
        found(&[("package.json", package)]),
        ["build: npm run build", "tests?: npm run test:unit", "lint?: npm run lint"]
    );
    assert_eq!(
        found(&[("package.json", r#"{"scripts": {"test": "react-scripts test"}}"#)]),
        ["tests: CI=true npm test"],
        "it watches unless it believes to be in a pipeline"
    );
}

#[test]
fn python_tools_are_found_by_their_sections_and_run_through_the_environment_manager() {
    let project =
        "[project]\nname = \"a\"\n[tool.pytest.ini_options]\n[tool.ruff.lint]\n[tool.ruff.format]\n[tool.mypy]\n";
    assert_eq!(
        found(&[("pyproject.toml", project), ("uv.lock", "")]),
        [
            "tests: uv run pytest -q",
            "lint: uv run ruff check .",
            "format: uv run ruff format --check .",
            "types: uv run mypy ."
        ]
    );
    assert_eq!(
        found(&[("setup.cfg", "[tool:pytest]\n[flake8]\n[mypy-foo.*]\n")]),
        ["tests: python3 -m pytest -q", "lint: flake8"]
    );
    assert_eq!(found(&[("tox.ini", "[testenv]\ncommands = python -m unittest\n")]), ["tests: tox"]);
    assert_eq!(found(&[("noxfile.py", "session.run('pytest')")]), ["tests: python3 -m pytest -q"]);
}

#[test]
fn other_kinds_of_projects_have_their_usual_commands() {
    assert_eq!(
        found(&[("go.mod", "module a"), (".golangci.yml", "")]),
        [
            "tests: go test ./...",
            "lint: golangci-lint run",
            "format: test -z \"$(gofmt -l .)\"",
            "build?: go build ./..."
        ]
    );
    assert_eq!(found(&[("pom.xml", "<project/>"), ("mvnw", "")]), ["tests: ./mvnw -q test"]);
    assert_eq!(found(&[("build.gradle.kts", "")])[0], "tests: gradle test");
    assert_eq!(
        found(&[("Gemfile", ""), (".rspec", ""), (".rubocop.yml", "")]),
        ["tests: bundle exec rspec", "lint: bundle exec rubocop"]
    );
    assert_eq!(found(&[("composer.json", r#"{"scripts": {"test": "phpunit"}}"#)]), ["tests: composer test"]);
    assert_eq!(
        found(&[("mix.exs", ""), (".formatter.exs", "")]),
        ["tests: mix test", "format: mix format --check-formatted"]
    );
    assert_eq!(found(&[("deno.jsonc", "{ // tasks\n}")])[0], "tests: deno test");
    assert_eq!(
        found(&[("CMakeLists.txt", "ENABLE_TESTING()")]),
        ["tests: cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure"]
    );
}

#[test]
fn targets_of_make_and_just_decide_where_nothing_else_does_and_are_offered_otherwise() {
    let makefile = ".PHONY: test\nVAR := lint: no\nBUILD = x\ntest lint: deps\n\tgo test\nbuild:\n\techo: lint\n";
    assert_eq!(found(&[("Makefile", makefile)]), ["tests: make test", "lint: make lint", "build?: make build"]);
    assert_eq!(
        found(&[("go.mod", "module a"), ("Makefile", "test:\n\tgo test ./...\n")]),
        [
            "tests: go test ./...",
            "lint: go vet ./...",
            "format: test -z \"$(gofmt -l .)\"",
            "tests-make?: make test",
            "build?: go build ./..."
        ]
    );
    let justfile =
        "set shell := ['sh']\nlint := 'x'\ntest filter='':\n  cargo test\nfmt-check:\n  x\nbuild target:\n  x\n";
    assert_eq!(found(&[("justfile", justfile)]), ["tests: just test", "format: just fmt-check"]);
}

#[test]
fn two_projects_in_one_repository_have_names_of_their_own_and_a_folder_below_is_found() {
    let package = r#"{"scripts": {"test": "vitest run"}}"#;
    let files = [("Cargo.toml", "[package]"), ("web/package.json", package), ("api/go.mod", "module a")];
    let found = found(&files);
    assert!(found.contains(&"tests: cargo test".to_owned()), "{found:?}");
    assert!(found.contains(&"tests-web: cd web && npm test".to_owned()), "{found:?}");
    assert!(found.contains(&"tests-api: cd api && go test ./...".to_owned()), "{found:?}");
    let mut names: Vec<&str> = found.iter().filter_map(|line| line.split([':', '?']).next()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "every name is there once: {found:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_spoken_of_and_the_rest_is_found() {
    let findings = findings(&[("package.json", "{\"scripts\": "), ("Cargo.toml", "[package]")]);
    assert_eq!(findings.problems.len(), 1, "{:?}", findings.problems);
    assert!(findings.problems[0].starts_with("package.json: not JSON"), "{:?}", findings.problems);
    assert_eq!(findings.entries[0].found.command, "cargo test");
}
