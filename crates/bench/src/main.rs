//! Measures what is claimed: `bench FIGURE [--json] [--data DIR]` runs one figure and prints one JSON object on its last
//! line. It drives the release binary `agent` from outside, or where time has to be moved by hand the runtime itself; it is no
//! test and decides nothing.

mod binary;
mod cases;
mod figure;
mod gateway;
mod harness;
mod monitor;
mod proc;
mod prompt;
mod routing;
mod sandbox;
mod screen;
mod screenshots;
mod session300;
mod session40;
mod spread;
mod startup;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::figure::Figure;

const EXAMPLES: &str = "Examples:
  cargo run --release -p bench -- startup
  cargo run --release -p bench -- prompt --json
  cargo run --release -p bench -- cases --json
  cargo run --release -p bench -- session40 --data DIR
  cargo run --release -p bench -- session40 --data DIR --variants 24
  cargo run --release -p bench -- session300 --json
  cargo run --release -p bench -- routing --data DIR
  cargo run --release -p bench -- monitor --data DIR
  cargo run --release -p bench -- gateway --json
  cargo run --release -p bench -- sandbox --json
  cargo run --release -p bench -- screen --json
  cargo run --release -p bench -- screenshots --out DIR";

/// Measures one figure.
#[derive(Debug, Parser)]
#[command(name = "bench", about, after_help = EXAMPLES)]
struct Args {
    /// Which one.
    #[arg(value_enum)]
    figure: Name,
    /// Print the JSON object alone.
    #[arg(long)]
    json: bool,
    /// Folder of the data that a figure is about (session40, routing, monitor); for startup the folder that it works in, which is kept, so
    /// that it can be looked at (default: a temporary one).
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// session40: play so many seeded variants instead of the scenario itself (without a number: 200).
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "200")]
    variants: Option<u64>,
    /// screenshots: where the pictures go (default: docs/screens).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// cases, gateway, sandbox, screen, screenshots: the program to run (default: the release binary beside this one).
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// monitor: fit the model that comes with the program and print it, instead of scoring.
    #[arg(long)]
    fit: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// Time to the version and to the first request, memory, processor time of 100 turns.
    Startup,
    /// Tokens that every request carries: system prompt and tools of main and sidekick.
    Prompt,
    /// A session of 40 steps on a clock moved by hand: what each way of working costs, and what the runtime chooses.
    Session40,
    /// A session of 300 steps with five compactions: what is read from the cache, and whether cost, time and memory stay flat.
    Session300,
    /// The five example cases, each by the team and by one model: cost, verification, how it was delegated.
    Cases,
    /// Ways of choosing a model and of escalating, scored on recorded outcomes of real models (DIR/routing).
    Routing,
    /// What a request costs that goes through the gateway: time added, requests a second, processor time, memory.
    Gateway,
    /// What the sandbox adds to a command.
    Sandbox,
    /// How long a key takes to be seen in the chat, with a long transcript and a fast stream; what the chat costs at rest.
    Screen,
    /// Pictures of the chat's screen for the documents: the release binary in a terminal, drawn. Measures nothing.
    Screenshots,
    /// The load of `gateway`, in a process of its own.
    #[value(hide = true)]
    GatewayLoad,
    /// The provider of `gateway`, in a process of its own.
    #[value(hide = true)]
    GatewayProvider,
    /// How well the steps of a run tell that it fails, scored on recorded runs of real models (DIR/routing).
    Monitor,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let measured = match args.figure {
        Name::GatewayLoad => return ended(gateway::load()),
        Name::GatewayProvider => return ended(gateway::provider()),
        Name::Gateway => gateway::measure(args.agent.as_deref()),
        Name::Sandbox => args.agent.clone().map_or_else(binary::agent, Ok).and_then(|agent| sandbox::measure(&agent)),
        Name::Screen => screen::measure(args.agent.as_deref()),
        Name::Screenshots => screenshots::take(args.out.as_deref(), args.agent.as_deref()),
        Name::Startup => startup::measure(args.data.as_deref()),
        Name::Prompt => prompt::measure(),
        Name::Cases => cases::measure(args.agent.as_deref()),
        Name::Routing => routing::measure(args.data.as_deref()),
        Name::Monitor if args.fit => monitor::fit(args.data.as_deref()),
        Name::Monitor => monitor::measure(args.data.as_deref()),
        Name::Session300 => session300::measure(),
        Name::Session40 => match args.variants {
            None => session40::measure(args.data.as_deref()),
            Some(count) => session40::measure_variants(args.data.as_deref(), count),
        },
    };
    match measured.and_then(|figure| show(&figure, args.json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// One of the helping processes is over.
fn ended(result: anyhow::Result<()>) -> ExitCode {
    result.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    writeln!(std::io::stderr(), "error: {error:#}").ok();
    if error.is::<figure::Unusable>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

fn show(figure: &Figure, json_alone: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if !json_alone {
        for line in &figure.lines {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "{}", figure.json)?;
    Ok(())
}
