//! The stage and the bridge alone, for the tests of this crate: they need no `agent` then.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.next_if(|word| word == "__netbridge").is_none() {
        return sandbox::stage::run(arguments);
    }
    let socket = arguments.next().map(std::path::PathBuf::from);
    match socket.map(|socket| sandbox::net::bridge::run(&socket)) {
        Some(Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
