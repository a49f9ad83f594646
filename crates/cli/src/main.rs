//! The binary `agent`: commands, the chat, plain and JSON output. It reads the environment, makes the clock, opens the store
//! and hands everything down; what agents do is `runtime`'s.

mod args;
mod clock;
mod commands;
mod config;
mod crash;
mod demo;
mod failure;
mod front;
mod table;
mod telemetry;
mod text;

use std::process::ExitCode;

use clap::Parser;

use crate::config::guards::{BRIDGE, STAGE};
use crate::config::home::Environment;

/// Log lines that a command shows without being asked by `AGENT_LOG`.
fn own_log(args: &args::Args) -> Option<&'static str> {
    matches!(args.command, Some(args::Command::Simulate { log: true, .. })).then_some("simulator=info")
}

/// What this program is inside of its own sandbox: the stage of every command, and the bridge to the proxy. Neither needs anything
/// else of it, and every command waits for the first.
fn inner() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next()?.to_str()? {
        STAGE => Some(sandbox::stage::run(arguments)),
        BRIDGE => {
            let socket = std::path::PathBuf::from(arguments.next()?);
            let served = sandbox::net::bridge::run(&socket);
            Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        _ => None,
    }
}

fn main() -> ExitCode {
    if let Some(code) = inner() {
        return code;
    }
    // Keys are in our memory and environment. Where the kernel refuses, commands are still kept from it by their sandbox.
    let _ = sandbox::harden::keep_private();
    crash::install();
    let environment = Environment::read();
    config::secrets::learn(&environment);
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::explain(&error),
    };
    let telemetry = telemetry::start(&environment, own_log(&args));
    let code = match commands::dispatch(args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => failure::report(&error),
    };
    telemetry.finish();
    code
}
