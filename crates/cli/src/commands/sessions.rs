//! `agent sessions`.

mod export;

use std::path::{Path, PathBuf};

use bill::account::brain_name;
use bill::account::steps::is_step;
use clap::{Subcommand, ValueEnum};
use protocol::{AgentId, LedgerRow, RowOutcome, SessionId};
use serde_json::json;
use store::{SessionSummary, Store};
use tools::ApprovalMode;

use super::run::{finish, front};
use super::start::{self, Wanted};
use super::why::count;
use crate::args::{SessionArgs, TeamArgs};
use crate::config::lock::SessionLock;
use crate::config::{Context, files};
use crate::failure::Failure;
use crate::text;

pub(super) use export::markdown;

#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// The newest sessions.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Step by step: which agent, which model served it, what it cost.
    Show {
        /// Session id or its first characters; `-` or nothing is the last one in this folder.
        session: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Go on where a session stopped.
    Resume {
        /// Session id or its first characters; `-` or nothing is the last one in this folder.
        session: Option<String>,
        /// A new input; without one the interrupted turn goes on.
        #[arg(long)]
        task: Option<String>,
        #[command(flatten)]
        team: Box<TeamArgs>,
        #[command(flatten)]
        limits: Box<SessionArgs>,
        /// Print events as JSON Lines instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Write a session down: what was asked, answered, done, changed, and what it cost.
    Export {
        /// Session id or its first characters; `-` or nothing is the last one in this folder.
        session: Option<String>,
        /// As what.
        #[arg(long, value_enum, default_value_t = ExportArg::Md)]
        format: ExportArg,
        /// Into this file, which must not be there yet (default, and `-`: standard output).
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Remove a session and everything it holds.
    Rm {
        /// Session id or its first characters; `-` is the last one in this folder.
        session: String,
    },
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportArg {
    /// Markdown, to read.
    Md,
    /// JSON: the session, its events and its model calls.
    Json,
}

/// Runs the subcommand.
pub(crate) async fn run(context: Context, command: SessionsCommand) -> anyhow::Result<u8> {
    match command {
        SessionsCommand::List { limit, json } => list(&context, limit, json),
        SessionsCommand::Show { session, json } => show(&context, session.as_deref(), json),
        SessionsCommand::Resume { session, task, team, limits, json } => {
            resume(context, session.as_deref(), task, *team, *limits, json).await
        }
        SessionsCommand::Export { session, format, out } => export(&context, session.as_deref(), format, out),
        SessionsCommand::Rm { session } => remove(&context, &session),
    }
}

/// The newest sessions, a line each.
pub(super) fn list(context: &Context, limit: usize, json: bool) -> anyhow::Result<u8> {
    let sessions = context.store()?.sessions(limit)?;
    if json {
        let sessions: Vec<_> = sessions.iter().map(as_json).collect();
        text::json(&json!({ "sessions": sessions }).to_string());
        return Ok(0);
    }
    if sessions.is_empty() {
        text::note("no sessions yet; `agent run \"TASK\"` or `agent chat` begins one");
    }
    for SessionSummary { session, steps, usd, .. } in &sessions {
        let status = session.status.map_or("unfinished", |status| status.as_str());
        let usd = usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
        text::line(&format!(
            "{}  {status:<11} {steps:>4} {}  {usd:>9}  {}  {}",
            session.id,
            if *steps == 1 { "step " } else { "steps" },
            session.cwd,
            session.title
        ));
    }
    Ok(0)
}

fn as_json(summary: &SessionSummary) -> serde_json::Value {
    let session = &summary.session;
    json!({
        "id": session.id,
        "cwd": session.cwd,
        "team": session.team_name,
        "title": session.title,
        "status": session.status,
        "created_at_ms": session.created_at,
        "updated_at_ms": session.updated_at,
        "steps": summary.steps,
        "usd": summary.usd,
    })
}

fn show(context: &Context, wanted: Option<&str>, json: bool) -> anyhow::Result<u8> {
    let store = context.store()?;
    let id = named(context, &store, wanted)?;
    let rows = store.ledger(&id)?;
    if json {
        let agents = store.totals(&id)?;
        let with_brains = agents.iter().map(|total| {
            let mut value = json!(total);
            value["brains"] = json!(brains(&rows, &total.id));
            value
        });
        let agents: Vec<_> = with_brains.collect();
        text::json(&json!({ "session": id, "steps": rows, "agents": agents }).to_string());
        return Ok(0);
    }
    let record = known(&store, &id)?;
    text::line(&format!("session {id} in {}\nteam {}: {}", record.cwd, record.team_name, record.title));
    for row in &rows {
        let outcome = match row.outcome {
            RowOutcome::Ok => String::new(),
            RowOutcome::Failed(kind) => format!("  failed: {}", kind.as_str()),
            RowOutcome::Retried(kind) => format!("  retried after: {}", kind.as_str()),
        };
        let usd = row.usd.map_or("unknown".to_owned(), |usd| format!("${:.5}", usd.dollars()));
        text::line(&format!(
            "{:>3}. {:<10} {:<32} in {:>6} read {:>7} write {:>6} out {:>5}  {usd:>9}{}{outcome}",
            row.step,
            row.agent.as_str(),
            brain_name(&row.brain),
            row.usage.input,
            row.usage.cache_read,
            row.usage.cache_write(),
            row.usage.output,
            row.cache_note.as_deref().map(|note| format!("  [{note}]")).unwrap_or_default(),
        ));
    }
    for total in store.totals(&id)? {
        let usd = total.usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
        let steps = count(total.steps.into(), "step");
        text::line(&format!("{}: {steps} on {}, {usd}", total.id, brains(&rows, &total.id).join(", ")));
    }
    Ok(0)
}

/// The brains of an agent's steps, each once, in their order. One whose steps all failed had the brains that were asked.
fn brains(rows: &[LedgerRow], agent: &AgentId) -> Vec<String> {
    let own: Vec<&LedgerRow> = rows.iter().filter(|row| row.agent == *agent).collect();
    let answered = own.iter().any(|row| is_step(row));
    let mut names: Vec<String> = Vec::new();
    for row in own.iter().filter(|row| !answered || is_step(row)) {
        let name = brain_name(&row.brain);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The session that a word of the command line names: `-` or nothing is the last one in this folder.
pub(super) fn named(context: &Context, store: &Store, word: Option<&str>) -> anyhow::Result<SessionId> {
    context.session(store, word.filter(|word| *word != "-"))
}

/// Writes a session down, to standard output where no file is named.
fn export(context: &Context, wanted: Option<&str>, format: ExportArg, out: Option<PathBuf>) -> anyhow::Result<u8> {
    let store = context.store()?;
    let id = named(context, &store, wanted)?;
    let page = match format {
        ExportArg::Md => export::markdown(&store, &id)?,
        ExportArg::Json => export::json(&store, &id)?,
    };
    match out.filter(|path| path != Path::new("-")) {
        None if format == ExportArg::Json => text::json(page.trim_end()),
        None => text::line(page.trim_end()),
        Some(path) => {
            files::write_new(&path, &page)?;
            text::note(&format!("wrote {}", path.display()));
        }
    }
    Ok(0)
}

async fn resume(
    context: Context,
    wanted: Option<&str>,
    task: Option<String>,
    team: TeamArgs,
    limits: SessionArgs,
    json: bool,
) -> anyhow::Result<u8> {
    let store = context.store()?;
    let id = named(&context, &store, wanted)?;
    if task.is_none() && store.inputs(&id, false)?.is_empty() {
        return Err(Failure::usage_with(
            format!("session {id} has no task yet: it stopped before one was saved"),
            format!("give it one: agent sessions resume {id} --task \"...\""),
        ));
    }
    let context = context.of_session(&store, &id)?;
    let opened = start::open(
        &context,
        Wanted {
            team: &team,
            session: &limits,
            approval: start::approval(limits.approve, ApprovalMode::Auto),
            front: &|main| front(json, main),
            output_schema: None,
            resume: Some(id),
            person: false,
            all_providers: false,
            lane: None,
        },
    )?;
    let cancel = start::watch_interrupts();
    let outcome = match task {
        Some(task) => opened.session.turn(&task, &cancel).await?,
        None => opened.session.go_on(&cancel).await?,
    };
    finish(&context, &opened, outcome.status, &outcome.answer, json).await
}

fn remove(context: &Context, wanted: &str) -> anyhow::Result<u8> {
    let store = context.store()?;
    let id = named(context, &store, Some(wanted))?;
    let _not_open_elsewhere = SessionLock::take(&context.home.state, &id)?;
    store.remove(&id)?;
    files::remove_folder(&context.home.state.join("sessions").join(id.as_str()))?;
    text::note(&format!("removed {id}"));
    Ok(0)
}

fn known(store: &Store, id: &SessionId) -> anyhow::Result<store::SessionRecord> {
    store.session(id)?.ok_or_else(|| Failure::usage(format!("there is no session {id}")))
}
