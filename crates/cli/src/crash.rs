//! Internal errors: a crash file without secrets, exit code 70.
#![expect(clippy::disallowed_methods, reason = "writes the crash file")]

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;
use std::path::PathBuf;

use protocol::Clock;

use crate::clock::SystemClock;
use crate::config::home::{Environment, Home};
use crate::text;

/// Exit code of internal errors.
const CODE: i32 = 70;

/// From now on a panic writes a crash file and ends the process with code 70.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|info| {
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

/// Version, place and call stack. Not the message's arguments, the environment or any text of a session: a panic's own
/// message may quote what it choked on.
fn report(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or("unknown place".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
    let stack = Backtrace::force_capture();
    format!("agent {} on {}\npanic at {place}\n{stack}\n", env!("CARGO_PKG_VERSION"), std::env::consts::OS)
}

fn write(report: &str) -> Option<PathBuf> {
    let home = Home::find(&Environment::read()).ok()?;
    std::fs::create_dir_all(&home.state).ok()?;
    let path = home.state.join(format!("crash-{}.txt", SystemClock.now().0));
    std::fs::write(&path, report).ok()?;
    Some(path)
}
