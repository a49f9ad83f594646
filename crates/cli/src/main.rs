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

use crate::config::home::Environment;

/// Log lines that a command shows without being asked by `AGENT_LOG`.
fn own_log(args: &args::Args) -> Option<&'static str> {
    matches!(args.command, Some(args::Command::Simulate { log: true, .. })).then_some("simulator=info")
}

fn main() -> ExitCode {
    crash::install();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::explain(&error),
    };
    let telemetry = telemetry::start(&Environment::read(), own_log(&args));
    let code = match commands::dispatch(args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => failure::report(&error),
    };
    telemetry.finish();
    code
}
