//! `agent run`: one task, then the end.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use protocol::AgentId;
use protocol::event::{EventBody, SessionStatus};
use runtime::Front;
use tokio_util::sync::CancellationToken;
use tools::ApprovalMode;

use super::artifact::{self, ArtifactArgs};
use super::router;
use super::start::{self, Opened, Wanted};
use crate::args::{ApproveArg, LaneArgs, SessionArgs, TeamArgs};
use crate::config::repository::Touched;
use crate::config::{Context, files, repository};
use crate::failure::Failure;
use crate::front::{Asking, JsonFront, Keyboard, PlainFront};
use crate::text;

/// What to do, and how.
pub(crate) struct Task {
    pub(crate) text: Option<String>,
    pub(crate) team: TeamArgs,
    pub(crate) session: SessionArgs,
    pub(crate) lane: LaneArgs,
    pub(crate) json: bool,
    pub(crate) output_schema: Option<PathBuf>,
    pub(crate) artifact: ArtifactArgs,
}

/// Does one task.
pub(crate) async fn run(context: Context, task: Task) -> anyhow::Result<u8> {
    let input = match task.text.as_deref() {
        Some("-") => files::read_stdin()?,
        Some(text) if !text.trim().is_empty() => text.to_owned(),
        _ => return Err(Failure::usage("the task is empty; say what to do, or `-` to read it from standard input")),
    };
    let output_schema = task.output_schema.as_deref().map(read_schema).transpose()?;
    task.artifact.check(task.json)?;
    let before = if task.artifact.commit { repository::touched(&context) } else { Touched::default() };
    let keyboard = asks(&task).then(Keyboard::open);
    let opened = start::open(
        &context,
        Wanted {
            team: &task.team,
            session: &task.session,
            approval: start::approval(task.session.approve, ApprovalMode::Auto),
            front: &|main| match &keyboard {
                Some(keyboard) => Arc::new(PlainFront::new(Asking::Keyboard(keyboard.clone()), false, main)),
                None => front(task.json, main),
            },
            output_schema,
            resume: None,
            person: keyboard.is_some(),
            all_providers: false,
            lane: Some(&task.lane),
        },
    )?;
    let cancel = start::watch_interrupts();
    if let Some(keyboard) = keyboard {
        let leave = cancel.clone();
        tokio::spawn(async move {
            keyboard.left().await;
            leave.cancel();
        });
    }
    let outcome = opened.session.turn(&input, &cancel).await?;
    // Before the session is over, so that its last event says what the process ends with.
    let made = artifact::make(&context, &opened.session, &task.artifact, (&input, &outcome), &before).await?;
    let ended = Ended { status: outcome.status, code: made.exit_code(opened.session.exit_code(outcome.status)) };
    let code = finish_as(&context, &opened, ended, &outcome.answer, task.json).await?;
    made.tell()?;
    Ok(code)
}

/// Where a headless session shows what happens.
pub(super) fn front(json: bool, main: &AgentId) -> Arc<dyn Front> {
    if json { Arc::new(JsonFront) } else { Arc::new(PlainFront::new(Asking::Nobody, false, main)) }
}

/// With `--approve ask` a person at a terminal is asked; otherwise nobody is there.
fn asks(task: &Task) -> bool {
    let input_is_task = task.text.as_deref() == Some("-");
    !task.json && task.session.approve == Some(ApproveArg::Ask) && !input_is_task && std::io::stdin().is_terminal()
}

/// The answer, the totals, the exit code.
pub(super) async fn finish(
    context: &Context,
    opened: &Opened,
    status: SessionStatus,
    answer: &str,
    json: bool,
) -> anyhow::Result<u8> {
    finish_as(context, opened, Ended { status, code: opened.session.exit_code(status) }, answer, json).await
}

/// How the work ended, and with which code the process ends.
struct Ended {
    status: SessionStatus,
    code: u8,
}

async fn finish_as(context: &Context, opened: &Opened, ended: Ended, answer: &str, json: bool) -> anyhow::Result<u8> {
    let session = &opened.session;
    let completed = session.complete_as(ended.status, ended.code).await?;
    if !json {
        if !answer.is_empty() {
            text::line(answer);
        }
        crate::front::lane::ended(&session.attempts()?).iter().for_each(|line| text::note(line));
        text::note(&summary(&completed));
        text::note(&format!("session {}", session.id()));
    }
    // A session that is not sent to lanes has nothing to learn from.
    if !session.attempts()?.is_empty() {
        router::after_run(&opened.store, &opened.policy, session.id(), context.clock.now());
    }
    Ok(ended.code)
}

/// `verified, $0.0123 (main $0.0100, sidekick $0.0023), cache hits 87 %`.
pub(crate) fn summary(completed: &EventBody) -> String {
    let EventBody::SessionCompleted { status, usd, agents, baseline, cache_hit_rate, .. } = completed else {
        return String::new();
    };
    let cost = |usd: &Option<protocol::Usd>| usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
    let shares: Vec<String> = agents.iter().map(|agent| format!("{} {}", agent.id, cost(&agent.usd))).collect();
    let mut text = format!("{}, {}", status.as_str(), cost(usd));
    if shares.len() > 1 {
        text.push_str(&format!(" ({})", shares.join(", ")));
    }
    text.push_str(&format!(", cache hits {:.0} %", cache_hit_rate * 100.0));
    if let Some(baseline) = baseline
        && let Some(saving) = baseline.saving
    {
        let word = if saving < 0.0 { "more" } else { "less" };
        let percent = saving.abs() * 100.0;
        text.push_str(&format!(", about {percent:.0} % {word} than {} alone (estimated)", baseline.brain));
    }
    text
}

fn read_schema(path: &std::path::Path) -> anyhow::Result<serde_json::Value> {
    let text = files::read(path)?;
    let schema: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{}: not JSON: {error}", path.display())))?;
    runtime::check_schema(&schema).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Ok(schema)
}

/// The JSON Schema of the public events.
pub(crate) fn print_event_schema() -> anyhow::Result<u8> {
    let schema = protocol::event::json_schema();
    text::line(&serde_json::to_string_pretty(&schema)?);
    Ok(0)
}

/// A token that nobody cancels, for work that ends by itself.
pub(crate) fn never() -> CancellationToken {
    CancellationToken::new()
}
