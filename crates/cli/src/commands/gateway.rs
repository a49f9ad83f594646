//! `agent gateway`: other agents' requests in, routed and translated requests out.

mod disk;
mod harden;
mod reload;
mod serve;
mod settings;
mod signals;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::DialectArg;
use crate::config::Context;

pub(crate) use settings::SetupArgs;
pub(crate) use token::TokenCommand;

/// What is asked for.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct GatewayArgs {
    #[command(subcommand)]
    command: Option<GatewayCommand>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Clone, Debug, Subcommand)]
enum GatewayCommand {
    /// Tokens by which clients come in: make, list, revoke.
    #[command(
        after_help = "Examples:\n  agent gateway token add ci --budget 5 --model 'claude-haiku-*,gpt-6-mini'\n  \
        agent gateway token list\n  agent gateway token revoke ci"
    )]
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Print the settings that point a tool at the gateway, or apply them.
    #[command(after_help = "Examples:\n  agent gateway setup claude-code\n  agent gateway setup codex --write\n  \
        agent gateway setup codex --undo\n  agent gateway setup aider --url https://gateway.example --model claude-haiku-5-5")]
    Setup(SetupArgs),
}

/// How the gateway is to run.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen. Beyond this machine (0.0.0.0, an address of the network) a token is needed.
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDR:PORT", value_parser = address)]
    listen: SocketAddr,
    /// Policy file: lanes, and what names of models stand for (default: yours, else the built-in one).
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Send everything to this lane.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    /// Let every program on this machine in; only with an address of this machine.
    #[arg(long)]
    no_token: bool,
    /// A name by which clients call this gateway, besides localhost and its address (repeatable).
    #[arg(long = "host", value_name = "NAME", value_parser = host)]
    hosts: Vec<String>,
    /// Keys of providers as NAME=VALUE lines, over those of the environment; read again on SIGHUP.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Any server that speaks a known dialect, besides the providers that are set up.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// What that server speaks.
    #[arg(long, value_enum, requires = "base_url", default_value_t = DialectArg::Openai)]
    dialect: DialectArg,
    /// Environment variable that holds that server's key.
    #[arg(long, value_name = "NAME", requires = "base_url")]
    key_env: Option<String>,
    /// Longest body of a request.
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_body: u32,
}

/// Runs the command.
pub(crate) async fn run(context: Context, asked: GatewayArgs) -> anyhow::Result<u8> {
    match asked.command {
        None => serve::run(context, asked.serve).await,
        Some(GatewayCommand::Token { command }) => token::run(&context, command),
        Some(GatewayCommand::Setup(asked)) => settings::run(&context, &asked),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "an address and a port are wanted, such as 127.0.0.1:8787, [::1]:8787 or 0.0.0.0:0".to_owned())
}

fn host(text: &str) -> Result<String, String> {
    let is_name =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    if is_name { Ok(text.to_owned()) } else { Err("a name alone is wanted, such as gateway.example".to_owned()) }
}

/// A failure with the file or token that it is about, for the user to mend.
fn usage(error: &gateway::account::TokenError) -> anyhow::Error {
    crate::failure::Failure::usage(error.to_string())
}
