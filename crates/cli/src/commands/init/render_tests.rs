use std::collections::BTreeMap;

use proptest::prelude::*;
use team::ModelRef;

use super::{EXAMPLES, ONE_MORE, file, scalar};
use crate::commands::init::check::{Entry, Found, Kind};
use crate::config::teams::{self, TeamText};

fn load(text: &str) -> team::Team {
    let text = TeamText { text: text.to_owned(), source: "team.yaml".to_owned(), from_project: true };
    let aliases = ["premium", "fast"].map(|alias| (alias.to_owned(), ModelRef::new("anthropic", alias)));
    teams::load(&text, BTreeMap::from(aliases)).unwrap_or_else(|error| panic!("{error}\n{}", text.text))
}

fn entry(name: &str, command: &str, aside: Option<&str>) -> Entry {
    let found = Found {
        kind: Kind::Tests,
        tool: "rust",
        folder: "",
        command: command.to_owned(),
        origin: "Cargo.toml".to_owned(),
        aside: aside.map(str::to_owned),
    };
    Entry { name: name.to_owned(), found }
}

fn entries() -> Vec<Entry> {
    vec![entry("tests", "cargo test", None), entry("build", "test -z \"$(ls)\"", Some("it is slow"))]
}

#[test]
fn the_file_of_every_built_in_team_loads_and_has_the_checks_that_were_found() {
    for name in team::builtin_names() {
        let text = file(name, team::builtin(name).unwrap(), &entries());
        let team = load(&text);
        let of_builtin = load(team::builtin(name).unwrap());
        assert_eq!(team.name, *name);
        let ids = |team: &team::Team| team.agents.iter().map(|agent| agent.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&team), ids(&of_builtin));
        assert_eq!(team.verify.len(), 1);
        assert_eq!((team.verify[0].name.as_str(), team.verify[0].command.as_str()), ("tests", "cargo test"));
    }
}

#[test]
fn what_is_commented_out_is_valid_once_the_marks_are_taken_away() {
    let text = file("tandem", team::builtin("tandem").unwrap(), &entries());
    let uncommented = text.replace("  # - name: build\n  #   command:", "  - name: build\n    command:");
    assert_ne!(uncommented, text);
    assert_eq!(load(&uncommented).verify[1].command, "test -z \"$(ls)\"");
    for (_, example) in EXAMPLES.iter().chain([&ONE_MORE]) {
        let commented: String = example.lines().map(|line| format!("# {line}\n")).collect();
        assert!(text.contains(&commented), "{text}");
        load(&text.replace(&commented, example));
    }
    let all = EXAMPLES.iter().chain([&ONE_MORE]).fold(text, |text, (_, example)| {
        let commented: String = example.lines().map(|line| format!("# {line}\n")).collect();
        text.replace(&commented, example)
    });
    assert_eq!(load(&all).agents.len(), 3);
}

#[test]
fn with_nothing_found_the_example_is_commented_out_and_the_file_is_valid() {
    let text = file("tandem", team::builtin("tandem").unwrap(), &[]);
    assert!(load(&text).verify.is_empty());
    let uncommented = text.replace(
        "# verify:\n#   - name: tests\n#     command: make test\n#     timeout_s: 300\n",
        "verify:\n  - name: tests\n    command: make test\n    timeout_s: 300\n",
    );
    assert_eq!(load(&uncommented).verify[0].command, "make test");
}

#[test]
fn with_only_offers_nothing_is_switched_on_and_the_file_is_valid() {
    let text = file("solo", team::builtin("solo").unwrap(), &[entry("build", "cargo build", Some("it is slow"))]);
    assert!(load(&text).verify.is_empty());
    let uncommented = text
        .replace("# verify:\n", "verify:\n")
        .replace("#   - name: build\n#     command: cargo build\n", "  - name: build\n    command: cargo build\n");
    assert_eq!(load(&uncommented).verify[0].command, "cargo build");
}

#[test]
fn no_line_is_wider_than_a_screen() {
    for name in team::builtin_names() {
        let text = file(name, team::builtin(name).unwrap(), &entries());
        let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= 130, "{widest}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_command_comes_back_from_the_file_as_it_was(command in "[ -~]{0,20}[!-~][ -~]{0,5}x") {
        let text = format!("name: a\nverify:\n  - name: tests\n    command: {}\n", scalar(&command));
        prop_assert_eq!(&load(&text).verify[0].command, &command);
    }
}
