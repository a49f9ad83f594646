//! One command behind the wall, in a process of its own: for tests that kill it, and that run it where there can be no wall.
//! `sandbox-walled ladder|run STATE ROOT TMP STAGE [LINE]`
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "starts what it was asked to start")]

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use sandbox::{Limits, Mode, Network, Profile, Sandbox, Stage, probe};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [what, state, root, tmp, stage, line @ ..] = &words[..] else { return ExitCode::from(2) };
    let profile = Profile {
        mode: Mode::Workspace,
        root: root.into(),
        writable: Vec::new(),
        readable: Vec::new(),
        protected: [".git", ".agent", ".vscode", ".envrc"].map(PathBuf::from).to_vec(),
        hidden: Vec::new(),
        network: Network::Loopback,
        session_tmp: tmp.into(),
        state: state.into(),
        stage: Stage { program: stage.into(), first: Vec::new(), bridge: vec!["__netbridge".to_owned()] },
        limits: Limits::default(),
    };
    if what == "ladder" {
        let ladder = probe::ladder(&profile, &probe::Machine::default());
        let _ = writeln!(io::stdout(), "{ladder}");
        return if ladder.holds() { ExitCode::SUCCESS } else { ExitCode::from(6) };
    }
    match run(profile, line) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(6)
        }
    }
}

fn run(profile: Profile, line: &[OsString]) -> Result<u8, Box<dyn std::error::Error>> {
    let root = profile.root.clone();
    let sandbox = Sandbox::open(profile)?;
    let shell = [OsString::from("/bin/sh"), "-c".into(), line.first().cloned().unwrap_or_default()];
    let environment = [("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())];
    let prepared = sandbox.prepare(&shell, &root, &environment)?;
    let status = Command::new(&prepared.program)
        .args(&prepared.arguments)
        .env_clear()
        .envs(prepared.environment)
        .current_dir(&prepared.folder)
        .stdin(Stdio::null())
        .status()?;
    let ended = prepared.guard.finish();
    ended.started?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}
