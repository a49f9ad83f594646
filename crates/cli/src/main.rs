//! The binary `agent`: commands, the chat, plain and JSON output. It reads the environment, makes the clock, opens the store
//! and hands everything down; what agents do is `runtime`'s.

mod args;
mod clock;
mod commands;
mod config;
mod demo;
mod failure;
mod front;
mod text;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::explain(&error),
    };
    match commands::dispatch(args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => failure::report(&error),
    }
}
