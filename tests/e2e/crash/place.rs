//! Where a session is played: a repository, the program's folder, and a command whose every run leaves a line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The task.
pub(super) const TASK: &str = "Both texts should name tandem.";

/// What checks the repository. Quick, and wrong as long as the sidekick's mistake is in.
const CHECK: &str = "grep -q 'hello tandem' greeting.txt\n";

/// A repository of its own with all that belongs to it.
pub(super) struct Place {
    dir: TempDir,
    /// The repository, canonical.
    pub(super) root: PathBuf,
    /// The program's folder.
    pub(super) home: PathBuf,
}

impl Place {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let (root, home) = (base.join("repo"), base.join("home"));
        for folder in [&root, &home.join("config"), &base.join("bin"), &base.join("counted")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let file = |name: &str, text: &str| std::fs::write(base.join(name), text).unwrap();
        file("repo/greeting.txt", "hello world\n");
        file("repo/farewell.txt", "bye world\n");
        file("repo/check.sh", CHECK);
        file("team.yaml", "version: 1\nname: crash\nverify:\n  - {name: tests, command: sh check.sh}\n");
        file("counted/counter.txt", "");
        let counted = base.join("counted").display().to_string();
        file("home/config/policy.yaml", &format!("version: 1\nsandbox: {{writable: ['{counted}']}}\n"));
        // `make test` may be run without asking. This one counts before it does anything else.
        let counter = base.join("counted/counter.txt");
        let make =
            format!("#!/bin/sh\necho run >> '{}'\nsh check.sh || {{ echo FAILED; exit 1; }}\n", counter.display());
        file("bin/make", &make);
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(base.join("bin/make"), std::fs::Permissions::from_mode(0o755)).unwrap();
        for arguments in [&["init", "--quiet", "-b", "work"][..], &["add", "."], &["commit", "--quiet", "-m", "start"]]
        {
            let git = Command::new("git")
                .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"])
                .args(arguments)
                .current_dir(&root)
                .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
                .envs([("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"), ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")])
                .status();
            assert!(git.unwrap().success());
        }
        Self { dir, root, home }
    }

    /// The program, set up for the simulator at `url`.
    pub(super) fn agent(&self, url: &str, speaks: Speaks, arguments: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent"));
        command
            .args(arguments)
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", format!("{}:{path}", self.base().join("bin").display()))
            .env("HOME", self.base())
            .env("AGENT_HOME", &self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match speaks {
            Speaks::Messages => command.env("ANTHROPIC_BASE_URL", url).env("ANTHROPIC_API_KEY", "any"),
            Speaks::Chat => {
                command.env("OPENAI_BASE_URL", format!("{url}/v1/chat/completions")).env("OPENAI_API_KEY", "any")
            }
            Speaks::Responses => command.env("OPENAI_BASE_URL", format!("{url}/v1")).env("OPENAI_API_KEY", "any"),
        };
        command
    }

    pub(super) fn team(&self) -> String {
        self.base().join("team.yaml").display().to_string()
    }

    /// How often the counting command ran.
    pub(super) fn counted(&self) -> usize {
        std::fs::read_to_string(self.base().join("counted/counter.txt")).unwrap().lines().count()
    }

    /// All files of the repository but git's own.
    pub(super) fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        collect(&self.root, &self.root, &mut files);
        files
    }

    fn base(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        match path.is_dir() {
            true if name == ".git" => {}
            true => collect(root, &path, files),
            false => drop(files.insert(name, std::fs::read_to_string(&path).unwrap())),
        }
    }
}

/// The dialect of the played provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// Anthropic Messages.
    Messages,
    /// Chat Completions, and nothing else.
    Chat,
    /// OpenAI's, where the model is asked in Responses.
    Responses,
}
