//! One file per command.

pub(crate) mod artifact;
mod chat;
mod completions;
mod cost;
mod demo;
mod doctor;
mod gateway;
mod init;
mod lanes;
mod models;
mod outcome;
mod policy;
mod review;
mod route;
mod router;
mod run;
mod sessions;
mod simulate;
mod start;
mod team;
mod whatif;
mod why;

use crate::args::{Args, Command};
use crate::config::Context;

pub(crate) use chat::NotifyArg;
pub(crate) use cost::Since;
pub(crate) use gateway::GatewayArgs;
pub(crate) use lanes::LanesArgs;
pub(crate) use outcome::OutcomeArgs;
pub(crate) use policy::PolicyCommand;
pub(crate) use review::ReviewArgs;
pub(crate) use route::RouteArgs;
pub(crate) use router::RouterCommand;
pub(crate) use run::never;
pub(crate) use sessions::SessionsCommand;
pub(crate) use start::brains_of;
pub(crate) use whatif::WhatifArgs;
pub(crate) use why::count;

/// Runs the command; the number is the process's exit code.
pub(crate) fn dispatch(args: Args) -> anyhow::Result<u8> {
    match args.command {
        // These need no folders, no store, no runtime: they stay quick.
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Run { print_event_schema: true, .. }) => run::print_event_schema(),
        Some(Command::Team { command: crate::args::TeamCommand::Schema }) => team::schema(),
        command => match (Context::new(&args.common), command) {
            (Ok(context), command) => with_context(context, command),
            // It says what is wrong with the file that every other command needs.
            (Err(error), Some(Command::Doctor { team, json, online })) => {
                block_on(doctor::run(doctor::without_models(&args.common)?, Some(error), team, json, online))
            }
            (Err(error), _) => Err(error),
        },
    }
}

fn with_context(context: Context, command: Option<Command>) -> anyhow::Result<u8> {
    match command {
        None => block_on(chat::run(context, chat::Asked::default())),
        Some(Command::Chat { team, session, resume, plain, notify }) => {
            block_on(chat::run(context, chat::Asked { team, session, resume, plain, notify }))
        }
        Some(Command::Run { task, team, session, lane, artifact, json, output_schema, .. }) => {
            let task = run::Task { text: task, team, session, lane, json, output_schema, artifact };
            block_on(run::run(context, task))
        }
        Some(Command::Demo { list: true, json, .. }) => Ok(demo::list(json)),
        Some(Command::Demo { scenario, json, out, .. }) => block_on_threads(demo::run(context, &scenario, json, out)),
        Some(Command::Init { team, force }) => init::run(&context, &team, force),
        Some(Command::Team { command }) => team::run(&context, command),
        Some(Command::Policy { command }) => policy::run(&context, command),
        Some(Command::Route(asked)) => route::run(&context, &asked),
        Some(Command::Models { filter, json }) => models::run(&context, filter.as_deref(), json),
        Some(Command::Cost { session, by, since, all, json, html, force }) => {
            cost::run(&context, cost::Asked { session, by, since, all, json, html, force })
        }
        Some(Command::Why { session, step, verbose, json }) => {
            why::run(&context, &why::Asked { session, step, verbose, json })
        }
        Some(Command::Lanes(asked)) => lanes::run(&context, &asked),
        Some(Command::Outcome(asked)) => block_on(outcome::run(context, asked)),
        Some(Command::Router { command }) => router::run(&context, command),
        Some(Command::Whatif(asked)) => whatif::run(&context, &asked),
        Some(Command::Review(asked)) => block_on(review::run(context, *asked)),
        Some(Command::Sessions { command }) => block_on(sessions::run(context, command)),
        Some(Command::Simulate { scenario, listen, log }) => {
            block_on_threads(simulate::run(context, scenario, listen, log))
        }
        Some(Command::Gateway(asked)) => block_on_half(gateway::run(context, *asked)),
        Some(Command::Doctor { team, json, online }) => block_on(doctor::run(context, None, team, json, online)),
        Some(Command::Completions { shell }) => completions::run(shell),
    }
}

/// Runs a command that waits for things. A session waits for a few streams: one thread serves them without handing every
/// chunk from thread to thread. What computes or blocks (files, searches, the tokenizer) has threads of its own.
fn block_on<F: Future<Output = anyhow::Result<u8>>>(work: F) -> anyhow::Result<u8> {
    run_on(tokio::runtime::Builder::new_current_thread().enable_all().build()?, work)
}

/// The same for commands that serve models besides: the simulator counts tokens while agents work.
fn block_on_threads<F: Future<Output = anyhow::Result<u8>>>(work: F) -> anyhow::Result<u8> {
    run_on(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?, work)
}

/// The same for the gateway: half of the cores, because the tools that it serves want the others. A single thread hands nothing over.
fn block_on_half<F: Future<Output = anyhow::Result<u8>>>(work: F) -> anyhow::Result<u8> {
    match std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2) {
        0 | 1 => block_on(work),
        threads => {
            run_on(tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?, work)
        }
    }
}

fn run_on<F: Future<Output = anyhow::Result<u8>>>(runtime: tokio::runtime::Runtime, work: F) -> anyhow::Result<u8> {
    let result = runtime.block_on(work);
    // A blocking read of the keyboard must not keep the process alive.
    runtime.shutdown_background();
    result
}
