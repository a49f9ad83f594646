//! Internal errors: a crash file without secrets, exit code 70. One that the gateway contains ends a client's answer and not the
//! process.
#![expect(clippy::disallowed_methods, reason = "writes the crash file")]

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use protocol::Clock;

use crate::clock::SystemClock;
use crate::config::home::{Environment, Home};
use crate::text;

/// Exit code of internal errors.
const CODE: i32 = 70;

/// Most crash files of faults that the process survives: who can provoke one could fill the disk with them.
const SURVIVED: u32 = 8;

/// From now on a panic writes a crash file and ends the process with code 70.
pub(crate) fn install() {
    let survived = AtomicU32::new(0);
    std::panic::set_hook(Box::new(move |info| {
        if gateway::shield::is_raised() {
            if survived.fetch_add(1, Ordering::Relaxed) < SURVIVED {
                survive(info);
            }
            return;
        }
        // Whoever reads it needs the terminal as it was.
        text::restore();
        screen::restore();
        let report = report(info);
        match write(&report) {
            Some(path) => text::complain(&format!("internal error; what is known of it is in {}", path.display())),
            None => text::complain(&format!("internal error\n{report}")),
        }
        text::hint("nothing that was recorded is lost: `agent sessions resume` goes on");
        #[expect(clippy::exit, reason = "a thread that panicked must not leave the others in an unknown state")]
        std::process::exit(CODE);
    }));
}

/// Says what is known of a fault that ends one answer of the gateway.
fn survive(info: &PanicHookInfo<'_>) {
    let report = report(info);
    let known = write(&report).map_or(report, |path| format!("what is known of it is in {}", path.display()));
    text::complain(&format!("internal error: one request ended by it, the gateway goes on; {known}"));
}

/// Version, place and call stack. Not the message's arguments, the environment or any text of a session: a panic's own
/// message may quote what it choked on.
fn report(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or("unknown place".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
    let stack = Backtrace::force_capture();
    let report =
        format!("agent {} on {}\npanic at {place}\n{stack}\n", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    redact::redact_for_record(&report).into_owned()
}

fn write(report: &str) -> Option<PathBuf> {
    let home = Home::find(&Environment::read()).ok()?;
    std::fs::create_dir_all(&home.state).ok()?;
    let path = home.state.join(format!("crash-{}.txt", SystemClock.now().0));
    std::fs::write(&path, report).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Set in the process that fails: how it does.
    const HOW: &str = "AGENT_TEST_CRASH";

    /// Runs a test of this file in a process of its own, which fails in this way; its exit code, and its crash files.
    fn failed(how: &str) -> (Option<i32>, usize) {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::tests::a_fault_ends_the_process_unless_the_gateway_contains_it"]);
        command.env(HOW, how).env("AGENT_HOME", home.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let code = command.status().unwrap().code();
        let names = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
        (code, names.filter(|name| name.to_string_lossy().starts_with("crash-")).count())
    }

    #[test]
    fn a_fault_ends_the_process_unless_the_gateway_contains_it() {
        match Environment::read().get(HOW) {
            None => {
                let (code, files) = failed("contained");
                assert_eq!(code, Some(0));
                assert!((1..=SURVIVED as usize).contains(&files), "{files} files");
                assert_eq!(failed("alone"), (Some(CODE), 1));
            }
            Some("alone") => {
                install();
                panic!("nobody contains this");
            }
            Some(_) => {
                install();
                for _ in 0..20 {
                    assert!(gateway::shield::contain(|| panic!("one request")).is_none_or(|()| false));
                }
            }
        }
    }

    /// A key, for the process that fails.
    const KEY: &str = "AGENT_TEST_CRASH_KEY";

    #[test]
    fn sec_41_neither_the_crash_file_nor_what_is_said_of_it_holds_a_key() {
        if let Some(key) = Environment::read().get(KEY) {
            redact::global().learn(key);
            install();
            let words = format!("it choked on {key}");
            let thread = std::thread::Builder::new().name(key.to_owned()).spawn(move || panic!("{words}"));
            thread.unwrap().join().unwrap_err();
            return;
        }
        let key = ["sk-CANARY", "-5f0c9d1e-7a2b-4c3d"].concat();
        let base = tempfile::tempdir().unwrap();
        // What is said names the folder.
        let home = base.path().join(&key);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::tests::sec_41_neither_the_crash_file_nor_what_is_said_of_it_holds_a_key"]);
        command.args(["--nocapture"]).env(KEY, &key).env("AGENT_HOME", &home);
        let ended = command.output().unwrap();
        assert_eq!(ended.status.code(), Some(CODE));
        let said = [ended.stdout, ended.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("internal error") && said.contains("[secret: known value]/crash-"), "{said}");
        assert!(!said.contains(&key[..16]), "{said}");
        let files: Vec<_> = std::fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let kept = std::fs::read_to_string(&files[0]).unwrap();
        assert!(kept.contains("panic at") && !kept.contains(&key[..16]), "{kept}");
    }
}
