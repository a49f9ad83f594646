//! `agent review`: another look at a diff, by a brain that did not make it.

use std::path::PathBuf;
use std::sync::Arc;

use protocol::event::SessionStatus;
use protocol::{AgentId, SessionId};
use runtime::{Front, Review, ReviewVerdict, ReviewWish, RuntimeError, Shown};
use serde_json::json;
use store::{ASIDE_NOTE, NoteRecord, SessionRecord, Write};
use tools::{Approval, ApprovalMode, ApprovalRequest};

use super::start::{self, Opened, Wanted};
use crate::args::{SessionArgs, TeamArgs};
use crate::config::{Context, files};
use crate::failure::Failure;
use crate::text;

const EXAMPLES: &str = "Examples:
  agent review                        all that is not committed, new files included
  agent review main..HEAD --task \"accept trailing commas\"
  agent review HEAD~3 --model opus --json | jq .verdict

Exit codes: 0 approved, or nothing to review; 1 objections, or not all of it was read;
2 usage or configuration, no git repository; 3 budget; 4 provider unavailable";

/// What is to be reviewed, and by whom.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReviewArgs {
    /// What `git diff` takes in one word, for example main..HEAD or HEAD~3 (default: all that is not committed).
    range: Option<String>,
    /// What the change was to do; `-` reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// Dollars at most.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = crate::args::dollars)]
    max_usd: Option<protocol::Usd>,
    /// Policy file, whose verifier reviews (default: this folder's, else yours; without a verifier: the main agent's model).
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    team: TeamArgs,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Reviews, prints what was found, and says with the exit code what it comes to.
pub(crate) async fn run(context: Context, asked: ReviewArgs) -> anyhow::Result<u8> {
    let task = match asked.task.as_deref() {
        Some("-") => files::read_stdin()?,
        Some(task) => task.to_owned(),
        None => String::new(),
    };
    let limits = SessionArgs { max_usd: asked.max_usd, policy: asked.policy.clone(), ..SessionArgs::default() };
    let opened = start::open(
        &context,
        Wanted {
            team: &asked.team,
            session: &limits,
            // No agent works: nothing is changed, nobody is asked.
            approval: ApprovalMode::Deny,
            front: &|_| Arc::new(Quiet),
            output_schema: None,
            resume: None,
            person: true,
            all_providers: true,
            lane: None,
        },
    )?;
    set_aside(&context, &opened)?;
    let brain = match asked.team.model.is_empty() {
        true => start::verifier(&opened.policy, &opened.team, &opened.names)?,
        // Whom the person names on the command line.
        false => Some(opened.team.main().brain.clone()),
    };
    let cancel = start::watch_interrupts();
    let wish = ReviewWish { range: asked.range, task, brain };
    let result = opened.session.review(&wish, &cancel).await;
    match result {
        Ok(review) if review.verdict == ReviewVerdict::Nothing => {
            forget(&context, opened)?;
            tell(&review, None, asked.json);
            Ok(0)
        }
        Ok(review) => {
            let status =
                if review.verdict.exit_code() == 0 { SessionStatus::Answered } else { SessionStatus::Unverified };
            end(&opened, status, &review.range).await?;
            tell(&review, Some(opened.session.id()), asked.json);
            Ok(review.verdict.exit_code())
        }
        Err(RuntimeError::Input(words)) => {
            forget(&context, opened)?;
            Err(Failure::usage(words))
        }
        Err(error) => {
            end(&opened, error.status(), wish.range.as_deref().unwrap_or("the working tree")).await?;
            let (code, hint) = (error.status().exit_code(), Some(error.hint()));
            Err(Failure { code, message: error.to_string(), hint }.into())
        }
    }
}

/// Nobody goes on with a review by asking for the last session.
fn set_aside(context: &Context, opened: &Opened) -> anyhow::Result<()> {
    let (kind, json) = (ASIDE_NOTE.to_owned(), "\"review\"".to_owned());
    let note = NoteRecord { agent: None, kind, json, at: context.clock.now() };
    opened.store.commit(opened.session.id(), &[Write::Note(note)])?;
    Ok(())
}

/// A session in which nothing happened need not be kept.
fn forget(context: &Context, opened: Opened) -> anyhow::Result<()> {
    let (store, id) = (opened.store.clone(), opened.session.id().clone());
    drop(opened);
    store.remove(&id)?;
    files::remove_folder(&context.home.state.join("sessions").join(id.as_str()))?;
    Ok(())
}

async fn end(opened: &Opened, status: SessionStatus, range: &str) -> anyhow::Result<()> {
    let id = opened.session.id();
    if let Some(record) = opened.store.session(id)? {
        let title = format!("review of {range}").chars().take(120).collect();
        opened.store.commit(id, &[Write::Session(SessionRecord { title, ..record })])?;
    }
    opened.session.complete(status).await?;
    Ok(())
}

fn tell(review: &Review, session: Option<&SessionId>, as_json: bool) {
    if as_json {
        let mut value = json!(review);
        value["session"] = json!(session);
        return text::json(&value.to_string());
    }
    text::line(review.markdown().trim_end());
    if let Some(id) = session {
        text::note(&format!("session {id}"));
    }
}

/// Nobody watches: what the person should know goes to standard error, and the review is what is printed.
struct Quiet;

#[async_trait::async_trait]
impl Front for Quiet {
    fn show(&self, shown: Shown<'_>) {
        if let Shown::Notice(notice) = shown {
            text::note(&format!("note: {notice}"));
        }
    }

    fn attended(&self) -> bool {
        false
    }

    async fn approve(&self, request: &ApprovalRequest) -> Approval {
        Approval::No(format!("nobody is there to approve it ({})", request.why))
    }

    async fn ask(&self, _agent: &AgentId, _question: &str) -> Result<String, String> {
        Err("nobody is there to answer".to_owned())
    }
}
