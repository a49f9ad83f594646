//! A workspace with things around it that must stay as they are.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use permissions::places;
use sandbox::{Ended, Limits, Mode, Network, Profile, Sandbox, Stage};

/// The stage that these tests use.
pub(crate) const STAGE: &str = env!("CARGO_BIN_EXE_sandbox-stage");
/// One command in a process of its own.
pub(crate) const WALLED: &str = env!("CARGO_BIN_EXE_sandbox-walled");

pub(crate) struct Ground {
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) ended: Ended,
    pub(crate) took: Duration,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let ground = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["ws", "outside", "home/.ssh", "tmp", "state"] {
            fs::create_dir_all(ground.path(name)).unwrap();
        }
        fs::write(ground.path("outside/canary"), "alive").unwrap();
        fs::write(ground.path("home/.ssh/id"), "secret").unwrap();
        fs::write(ground.path("home/.netrc"), "secret").unwrap();
        ground
    }

    /// With a repository in the workspace, one commit old.
    pub(crate) fn with_repository() -> Self {
        let ground = Self::new();
        ground.put("a.txt", "a\n");
        ground.git(&["init", "-q", "-b", "main", "."]);
        ground.git(&["add", "."]);
        ground.git(&["-c", "user.name=t", "-c", "user.email=t@t.test", "commit", "-qm", "first"]);
        ground
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn ws(&self, name: &str) -> PathBuf {
        self.path("ws").join(name)
    }

    /// A file in the workspace.
    pub(crate) fn put(&self, name: &str, content: &str) {
        let path = self.ws(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// git on the host.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(self.path("ws")).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn profile(&self, mode: Mode) -> Profile {
        Profile {
            network: Network::usual(&mode),
            mode,
            root: self.path("ws"),
            writable: Vec::new(),
            readable: vec![self.path("outside"), self.path("home")],
            protected: places::MOUNTED.iter().map(PathBuf::from).collect(),
            hidden: places::credentials(&self.path("home")),
            session_tmp: self.path("tmp"),
            state: self.path("state"),
            stage: Stage { program: STAGE.into(), first: Vec::new(), bridge: vec!["__netbridge".to_owned()] },
            limits: Limits::default(),
        }
    }

    pub(crate) fn open(&self, mode: Mode) -> Sandbox {
        open(self.profile(mode))
    }

    /// Nothing around the workspace was changed.
    pub(crate) fn assert_unharmed(&self) {
        assert_eq!(fs::read_to_string(self.path("outside/canary")).unwrap(), "alive");
        assert_eq!(fs::read_to_string(self.path("home/.ssh/id")).unwrap(), "secret");
        let names: Vec<OsString> =
            fs::read_dir(self.path("outside")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| name == "canary" || name == "socket"), "{names:?}");
    }
}

pub(crate) fn open(profile: Profile) -> Sandbox {
    Sandbox::open(profile).unwrap_or_else(|error| {
        panic!("these tests need bubblewrap 0.8 or newer (apt install bubblewrap): {error}\n{}", error.ladder)
    })
}

pub(crate) fn environment() -> Vec<(String, String)> {
    ["PATH", "HOME", "LANG", "CARGO_HOME", "RUSTUP_HOME"]
        .iter()
        .filter_map(|name| std::env::var(name).ok().map(|value| ((*name).to_owned(), value)))
        .collect()
}

/// Runs a line of bash behind the wall. A line that does not end fails the test.
pub(crate) fn run(sandbox: &Sandbox, line: &str) -> Ran {
    run_in(sandbox, &sandbox.profile().root.clone(), line, Duration::from_secs(120))
}

pub(crate) fn run_in(sandbox: &Sandbox, folder: &Path, line: &str, limit: Duration) -> Ran {
    let began = Instant::now();
    let prepared = sandbox.prepare(&["/bin/bash".into(), "-c".into(), line.into()], folder, &environment()).unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = Command::new(&prepared.program);
    command
        .args(&prepared.arguments)
        .env_clear()
        .envs(prepared.environment.iter().cloned())
        .current_dir(&prepared.folder)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer);
    let mut child = command.spawn().unwrap();
    drop(command);
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > limit {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::yield_now();
    };
    let took = began.elapsed();
    let output = reading.join().unwrap();
    Ran { code: status.code(), output, ended: prepared.guard.finish(), took }
}
