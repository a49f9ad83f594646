//! What the tests start from: a repository, the program's own folder, the program, and a simulator to talk to.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use protocol::{Block, ManualClock, ResultPart, Timestamp};
use serde_json::Value;
use simulator::{RequestRecord, Running, Scenario};
use tempfile::TempDir;

/// The binary under test.
pub(crate) const AGENT: &str = env!("CARGO_BIN_EXE_agent");

/// Longer than any single command takes, even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// A repository with the program's folder beside it. Gone when dropped.
pub(crate) struct Desk {
    dir: TempDir,
    /// The repository, canonical.
    pub(crate) root: PathBuf,
    /// The program's folder.
    pub(crate) home: PathBuf,
}

impl Desk {
    /// A small repository under git.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let (root, home) = (base.join("repo"), base.join("home"));
        for folder in [&root, &home, &base.join("user"), &base.join("tmp")] {
            std::fs::create_dir(folder).unwrap();
        }
        let desk = Self { dir, root, home };
        desk.file("README.md", "# Sample\n\nA small repository.\n");
        desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    41\n}\n");
        desk.file("check.sh", "grep -q 42 src/lib.rs\n");
        desk.git(&["init", "--quiet", "-b", "work"]);
        desk.git(&["add", "."]);
        desk.git(&["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "start"]);
        desk
    }

    /// The folder that holds repository, program folder and everything else of the test.
    pub(crate) fn base(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// Writes a file of the repository.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        put(&self.root.join(name), text);
    }

    /// Writes a file beside the repository and gives its path.
    pub(crate) fn aside(&self, name: &str, text: &str) -> String {
        let path = self.base().join(name);
        put(&path, text);
        path.display().to_string()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.join(name)).unwrap()
    }

    /// What git prints in the repository.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let git = Command::new("git")
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(&self.root)
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
            .output()
            .unwrap();
        assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
        String::from_utf8_lossy(&git.stdout).into_owned()
    }

    /// A command in the repository with a bare environment: no key, no provider, only what a toolchain needs.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .envs(toolchain())
            .env("HOME", self.base().join("user"))
            .env("TMPDIR", self.base().join("tmp"))
            .env("AGENT_HOME", &self.home);
        command
    }

    /// The program without any provider.
    pub(crate) fn agent(&self, arguments: &[&str]) -> Ended {
        self.agent_with(&[], arguments, "")
    }

    /// The program, with variables and standard input.
    pub(crate) fn agent_with(&self, variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command(AGENT);
        command.args(arguments).envs(variables.iter().copied());
        let output = assert_cmd::Command::from_std(command).write_stdin(input).timeout(PATIENCE).output().unwrap();
        Ended::of(output)
    }

    /// The program with the simulator in Anthropic's place.
    pub(crate) fn ask(&self, sim: &Sim, arguments: &[&str]) -> Ended {
        self.agent_with(&sim.variables(), arguments, "")
    }

    /// A team of one whose named commands may be run without asking.
    pub(crate) fn solo_with_commands(&self, commands: &[&str]) -> String {
        let entries: String = commands
            .iter()
            .enumerate()
            .map(|(n, command)| format!("  - {{name: c{n}, command: {}}}\n", Value::from(*command)))
            .collect();
        let agents = "agents:\n  - {id: solo, brain: {model: premium}}\n";
        self.aside("solo-team.yaml", &format!("version: 1\nname: solo-commands\n{agents}verify:\n{entries}"))
    }
}

fn put(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// What cargo and git need to be found.
pub(crate) fn toolchain() -> Vec<(&'static str, String)> {
    let get = |name: &str| std::env::var(name).ok();
    let home = get("HOME").unwrap_or_default();
    vec![
        ("PATH", get("PATH").unwrap_or_default()),
        ("CARGO_HOME", get("CARGO_HOME").unwrap_or_else(|| format!("{home}/.cargo"))),
        ("RUSTUP_HOME", get("RUSTUP_HOME").unwrap_or_else(|| format!("{home}/.rustup"))),
    ]
}

/// A process that ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// Exit code; -1 for a signal.
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails, showing everything, unless the exit code is this.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n-- stdout\n{}\n-- stderr\n{}", self.out, self.err);
        self
    }

    /// Fails unless standard error says all of this.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "`{word}` is missing in\n{}", self.err);
        }
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// Standard output as JSON Lines.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(line).collect()
    }

    /// The events of one type.
    #[track_caller]
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|event| event["type"] == kind).collect()
    }

    /// The last event: `session.completed`.
    #[track_caller]
    pub(crate) fn completed(&self) -> Value {
        let last = self.lines().pop().expect("no events");
        assert_eq!(last["type"], "session.completed", "{last}");
        last
    }

    /// The session's id, from the events.
    #[track_caller]
    pub(crate) fn session(&self) -> String {
        self.lines()[0]["session"].as_str().unwrap().to_owned()
    }
}

/// A simulator of the test's own.
pub(crate) struct Sim {
    running: Running,
    url: String,
}

impl Sim {
    /// Plays a scenario.
    pub(crate) fn play(yaml: &str) -> Self {
        Self::of(Scenario::from_yaml(yaml, "scenario.yaml").unwrap_or_else(|error| panic!("{error}\n{yaml}")))
    }

    /// Plays what fits any team.
    pub(crate) fn free() -> Self {
        Self::of(simulator::free_play())
    }

    fn of(scenario: Scenario) -> Self {
        let config = simulator::Config {
            scenario,
            clock: Arc::new(ManualClock::new(Timestamp(1_000_000))),
            listen: "127.0.0.1:0".parse().unwrap(),
            log: false,
        };
        let running = RUNTIME.block_on(simulator::serve(config)).unwrap();
        let url = running.base_url();
        Self { running, url }
    }

    /// Answers with these steps (a YAML list, not indented) whoever asks; then with `Done.`
    pub(crate) fn steps(steps: &str) -> Self {
        Self::faulty("", steps)
    }

    /// The same with faults (a YAML list on one line each).
    pub(crate) fn faulty(faults: &str, steps: &str) -> Self {
        let indented = |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
        let faults = if faults.is_empty() { String::new() } else { format!("faults:\n{}", indented(faults, "  ")) };
        let steps = if steps.is_empty() { String::new() } else { format!("    steps:\n{}", indented(steps, "      ")) };
        let actor = format!("  - id: any\n    when: {{any: true}}\n{steps}    otherwise: {{say: \"Done.\"}}\n");
        Self::play(&format!("name: test\n{faults}actors:\n{actor}"))
    }

    /// Answers every call with the same tool call, for ever.
    pub(crate) fn for_ever(call: &str) -> Self {
        Self::play(&format!(
            "name: loop\nactors:\n  - id: any\n    when: {{any: true}}\n    otherwise: {{calls: [{call}]}}\n"
        ))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Variables that put it in Anthropic's place.
    pub(crate) fn variables(&self) -> [(&str, &str); 2] {
        [("ANTHROPIC_BASE_URL", &self.url), ("ANTHROPIC_API_KEY", "sk-test-not-a-key")]
    }

    pub(crate) fn requests(&self) -> Vec<RequestRecord> {
        self.running.requests()
    }

    /// Everything that the last request carries as tool results, in order, one per result.
    pub(crate) fn told(&self) -> Vec<String> {
        let requests = self.requests();
        let last = requests.last().expect("nothing was asked");
        let blocks = last.request.messages.iter().flat_map(|message| &message.blocks);
        blocks
            .filter_map(|block| match block {
                Block::ToolResult { content, .. } => Some(content),
                _ => None,
            })
            .map(|parts| {
                parts
                    .iter()
                    .map(|part| match part {
                        ResultPart::Text { text } => text.as_str(),
                        _ => "",
                    })
                    .collect()
            })
            .collect()
    }

    /// Waits until so many requests came.
    pub(crate) fn wait_for(&self, count: usize) {
        wait_until("the request", || self.requests().len() >= count);
    }
}

/// Looks again and again until something is so, for as long as anything may take.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..PATIENCE.as_millis() / 10 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} never came");
}
