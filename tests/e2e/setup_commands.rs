//! `agent init` and `agent doctor`, as someone meets them who has just cloned a repository.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const AGENT: &str = env!("CARGO_BIN_EXE_agent");

/// A key that must never be printed.
const KEY: &str = "sk-never-shown-5150";

/// A user's home and a repository.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("repo").join(".git")).unwrap();
        let machine = Self { folder };
        for (name, text) in files {
            machine.write(&machine.root().join(name), text);
        }
        machine
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn config(&self, name: &str) -> PathBuf {
        self.folder.path().join("home").join("config").join(name)
    }

    fn team_file(&self) -> PathBuf {
        self.root().join(".agent").join("team.yaml")
    }

    fn write(&self, path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A program that leaves a mark when it is run.
    fn trap(&self, path: &Path) {
        self.write(path, &format!("#!/bin/sh\ntouch '{}'\n", self.mark().display()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn mark(&self) -> PathBuf {
        self.folder.path().join("was-run")
    }

    /// The program in the repository, with nothing in its environment but a search path and a home.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(AGENT);
        command.args(arguments).current_dir(self.root()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("AGENT_HOME", self.folder.path().join("home")).env("HOME", self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        told(self.command(arguments).output().unwrap())
    }

    fn with_key(&self, arguments: &[&str]) -> (i32, String, String) {
        told(self.command(arguments).env("ANTHROPIC_API_KEY", KEY).output().unwrap())
    }
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A check of `doctor --json` by its name.
fn check(report: &str, name: &str) -> Value {
    let report: Value = serde_json::from_str(report).unwrap();
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check {name}: {report}")).clone()
}

/// `agent simulate`, ended when it is dropped.
struct Simulator {
    process: Child,
    url: String,
}

impl Simulator {
    fn start(machine: &Machine) -> Self {
        let mut process = machine.command(&["simulate"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { process, url }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn init_writes_a_team_file_that_loads_is_trusted_and_is_the_same_every_time() {
    let machine = Machine::with(&[
        ("Cargo.toml", "[package]\nname = \"shop\"\n"),
        ("rustfmt.toml", ""),
        ("package.json", r#"{"scripts": {"test": "vitest run"}}"#),
    ]);
    let (code, said, complaints) = machine.run(&["init"]);
    assert_eq!(code, 0, "{said}{complaints}");
    assert!(said.contains("cargo test") && said.contains("npm test") && said.contains("agent chat"), "{said}");
    let first = std::fs::read_to_string(machine.team_file()).unwrap();
    assert!(first.contains("- name: tests\n    command: cargo test\n"), "{first}");
    assert!(first.contains("- name: tests-node\n    command: npm test\n"), "{first}");

    let (code, said, complaints) = machine.run(&["team", "check"]);
    assert_eq!(code, 0, "{said}{complaints}");
    let (code, report, _) = machine.with_key(&["doctor", "--json"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(check(&report, ".agent/team.yaml")["level"], "ok", "{report}");
    assert!(check(&report, "team")["found"].as_str().unwrap().contains("tests, tests-node"), "{report}");

    let (code, _, complaints) = machine.run(&["init"]);
    assert_eq!(code, 2);
    assert!(complaints.contains("is there already") && complaints.contains("--force"), "{complaints}");
    assert_eq!(machine.run(&["init", "--force"]).0, 0);
    assert_eq!(std::fs::read_to_string(machine.team_file()).unwrap(), first);
}

#[test]
fn init_says_that_nothing_was_found_and_writes_an_example() {
    let machine = Machine::with(&[("notes.txt", "no code here")]);
    let (code, said, _) = machine.run(&["init", "--team", "specialists"]);
    assert_eq!(code, 0);
    assert!(said.contains("found no command"), "{said}");
    let (code, said, complaints) = machine.run(&["team", "check"]);
    assert_eq!(code, 0, "{complaints}");
    assert!(said.contains("reviewer"), "{said}");
}

#[test]
fn init_refuses_a_team_that_is_not_built_in_and_writes_nothing() {
    let machine = Machine::with(&[]);
    let (code, _, complaints) = machine.run(&["init", "--team", "../elsewhere.yaml"]);
    assert_eq!(code, 2);
    assert!(complaints.contains("tandem, specialists, solo"), "{complaints}");
    assert!(!machine.team_file().exists());
}

#[cfg(unix)]
#[test]
fn init_and_doctor_run_nothing_of_the_repository() {
    let machine = Machine::with(&[("Cargo.toml", "[package]"), ("pom.xml", ""), ("Makefile", "test:\n")]);
    for name in ["mvnw", "git", "cargo", "rustc", "bash", "bin/rails"] {
        machine.trap(&machine.root().join(name));
    }
    // A search path with the current folder in it, in front, as some people have it.
    let mut path = std::ffi::OsString::from(".::");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    for arguments in [["init", "--force"], ["doctor", "--json"]] {
        let output = machine.command(&arguments).env("PATH", &path).env("OPENAI_API_KEY", KEY).output().unwrap();
        let (code, said, complaints) = told(output);
        assert_eq!(code, 0, "{said}{complaints}");
        assert!(!machine.mark().exists(), "{arguments:?} ran a program of the repository");
    }
}

#[test]
fn init_does_not_trust_what_was_in_the_folder_before() {
    let machine = Machine::with(&[("go.mod", "module a"), (".agent/policy.yaml", "version: 1\n")]);
    let (code, _, complaints) = machine.run(&["init"]);
    assert_eq!(code, 0, "{complaints}");
    assert!(complaints.contains("policy.yaml"), "{complaints}");
    let (_, report, _) = machine.with_key(&["doctor", "--json"]);
    let found = check(&report, ".agent/team.yaml");
    assert_eq!(found["level"], "warn", "{found}");
}

#[test]
fn doctor_without_a_provider_names_the_variables_and_ends_with_2() {
    let machine = Machine::with(&[]);
    let (code, report, _) = machine.run(&["doctor", "--json"]);
    assert_eq!(code, 2, "{report}");
    let found = check(&report, "providers");
    assert_eq!(found["level"], "fail");
    let words = found["found"].as_str().unwrap();
    assert!(
        ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"].iter().all(|name| words.contains(name)),
        "{words}"
    );
    assert!(found["hint"].as_str().unwrap().contains("agent demo"), "{found}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((report["usable"].as_bool(), report["exit_code"].as_u64()), (Some(false), Some(2)));
}

#[test]
fn doctor_shows_where_a_key_was_found_and_never_the_key() {
    let machine = Machine::with(&[]);
    for arguments in [&["doctor"][..], &["doctor", "--json"]] {
        let (code, said, complaints) = machine.with_key(arguments);
        assert_eq!(code, 0, "{said}{complaints}");
        assert!(said.contains("ANTHROPIC_API_KEY") && said.contains("claude-opus"), "{said}");
        assert!(said.contains("sandbox: self-test"), "{said}");
        assert!(!said.contains(KEY) && !complaints.contains(KEY), "{said}{complaints}");
    }
    let url = format!("http://user:{KEY}@127.0.0.1:1/v1?token={KEY}");
    let output =
        machine.command(&["doctor"]).env("OPENAI_API_KEY", "any").env("OPENAI_BASE_URL", url).output().unwrap();
    let (code, said, complaints) = told(output);
    assert_eq!(code, 2, "an address with a password in it is refused: {said}");
    assert!(!said.contains(KEY) && !complaints.contains(KEY), "{said}{complaints}");
}

#[test]
fn doctor_names_the_line_of_a_broken_file_and_looks_at_the_rest() {
    let machine = Machine::with(&[("Cargo.toml", "[package]")]);
    machine.write(&machine.config("models.yaml"), "aliases: {}\nmodles: {}\n");
    let (code, report, _) = machine.with_key(&["doctor", "--json"]);
    assert_eq!(code, 2, "{report}");
    let found = check(&report, "models.yaml");
    assert_eq!(found["level"], "fail");
    assert!(found["found"].as_str().unwrap().contains("models.yaml:2:1"), "{found}");
    assert_eq!(check(&report, "git")["level"], "ok");

    std::fs::remove_file(machine.config("models.yaml")).unwrap();
    machine.write(&machine.config("team.yaml"), "version: 1\nagnets: []\n");
    let (code, report, _) = machine.with_key(&["doctor", "--json"]);
    assert_eq!(code, 2, "{report}");
    assert!(check(&report, "team")["found"].as_str().unwrap().contains("team.yaml:2:1"), "{report}");
    // It does no harm where another team is chosen.
    let (code, report, _) = machine.with_key(&["doctor", "--json", "--team", "solo"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(check(&report, "team.yaml")["level"], "warn");
}

#[test]
fn doctor_says_that_nothing_can_begin_where_the_policy_has_a_mistake() {
    let machine = Machine::with(&[("Cargo.toml", "[package]")]);
    machine.write(&machine.config("policy.yaml"), "version: 1\nlanse: []\n");
    let (code, report, _) = machine.with_key(&["doctor", "--json"]);
    assert_eq!(code, 2, "{report}");
    let found = check(&report, "policy");
    assert_eq!(found["level"], "fail");
    assert!(found["found"].as_str().unwrap().contains("policy.yaml:2:1"), "{found}");
}

#[test]
fn doctor_warns_of_a_file_that_is_not_trusted_and_does_not_trust_it() {
    let machine =
        Machine::with(&[(".agent/team.yaml", "version: 1\nverify:\n  - {name: tests, command: make test}\n")]);
    for arguments in [&["doctor", "--json"][..], &["doctor", "--json", "--trust"], &["doctor", "--json"]] {
        let (code, report, _) = machine.with_key(arguments);
        assert_eq!(code, 0, "{report}");
        assert_eq!(check(&report, ".agent/team.yaml")["level"], "warn", "{report}");
    }
}

#[test]
fn doctor_asks_the_server_that_base_url_names() {
    let machine = Machine::with(&[]);
    let simulator = Simulator::start(&machine);
    let url = format!("{}/v1", simulator.url);
    let (code, report, _) = machine.run(&["doctor", "--json", "--base-url", &url, "--model", "any"]);
    assert_eq!(code, 0, "{report}");
    assert!(check(&report, "online custom")["found"].as_str().unwrap().starts_with("answers"), "{report}");
    assert!(check(&report, "premium")["found"].as_str().unwrap().contains("custom/any, price unknown"), "{report}");

    let (code, report, _) = machine.run(&["doctor", "--json", "--base-url", "http://127.0.0.1:1/v1", "--model", "any"]);
    assert_eq!(code, 2, "nobody listens there: {report}");
    assert_eq!(check(&report, "online custom")["level"], "fail");
}

#[test]
fn doctor_online_asks_a_provider_with_its_key() {
    let machine = Machine::with(&[]);
    let simulator = Simulator::start(&machine);
    let ask = |arguments: &[&str]| {
        let mut command = machine.command(arguments);
        command.env("ANTHROPIC_API_KEY", KEY).env("ANTHROPIC_BASE_URL", &simulator.url);
        told(command.output().unwrap())
    };
    let (code, report, _) = ask(&["doctor", "--json", "--online"]);
    assert_eq!(code, 0, "{report}");
    assert!(check(&report, "online anthropic")["found"].as_str().unwrap().starts_with("answers"), "{report}");
    let (_, report, _) = ask(&["doctor", "--json"]);
    assert!(!report.contains("online anthropic"), "without the flag nobody is asked: {report}");
}
