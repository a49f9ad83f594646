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
mod text;

use std::process::ExitCode;

use clap::Parser;

/// Diagnostics for developers, to standard error: `AGENT_LOG=info`, `AGENT_LOG=runtime=debug`. Off by default.
fn log() {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("AGENT_LOG") {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}

fn main() -> ExitCode {
    crash::install();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::explain(&error),
    };
    log();
    match commands::dispatch(args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => failure::report(&error),
    }
}
