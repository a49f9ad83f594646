//! `agent demo`.

use std::path::PathBuf;
use std::sync::Arc;

use protocol::AgentId;
use protocol::event::SessionStatus;
use runtime::Front;

use super::doctor::programs;
use crate::config::Context;
use crate::demo::{self, Case, Comparison, WorkingCopy, find, folder, play, render, repository, save};
use crate::failure::Failure;
use crate::front::{Asking, JsonFront, PlainFront};
use crate::text;

/// Says which demos there are.
pub(crate) fn list(json: bool) -> u8 {
    if json {
        text::json(&demo::list_json(demo::CASES).to_string());
    } else {
        text::line(&demo::list(demo::CASES));
    }
    0
}

/// Plays the team, then solo, and compares.
pub(crate) async fn run(context: Context, name: &str, json: bool, out: Option<PathBuf>) -> anyhow::Result<u8> {
    let demo = find(name).ok_or_else(|| {
        Failure::usage_with(format!("there is no demo `{name}`"), "`agent demo --list` names those there are")
    })?;
    needs(&context, demo)?;
    let files = repository(demo.repository)?;
    let folder = folder(out.as_deref())?;
    let say = |line: &str| {
        if !json {
            text::note(line)
        }
    };
    let front = |main: &AgentId| -> Arc<dyn Front> {
        if json { Arc::new(JsonFront) } else { Arc::new(PlainFront::new(Asking::Nobody, true, main)) }
    };
    say(&format!("Demo `{}`: models are played by a script, everything else is real.", demo.name));
    say(&format!("Task: {}\n", demo.task));
    say("== The team: a premium model leads, a cheap one does the legwork");
    let team_copy = WorkingCopy::create(&folder.join("team"), &files)?;
    let state = folder.join("state");
    let team = play(&context, demo, "tandem", &team_copy, &state, &front).await?;
    let diff = folder.join("team.diff");
    save(&diff, &team_copy.diff()?)?;
    say("\n== Solo: the premium model does the same work alone");
    let solo_copy = WorkingCopy::create(&folder.join("solo"), &files)?;
    let solo = play(&context, demo, "solo", &solo_copy, &state, &front).await?;
    let comparison = Comparison {
        scenario: demo.name,
        team: &team,
        solo: &solo,
        diff: &diff.display().to_string(),
        copy: &team_copy.root.display().to_string(),
    };
    if json {
        text::json(&comparison.event().to_string());
    } else {
        text::line(&format!("\n{}", render(&comparison)));
    }
    Ok(if solo.status == SessionStatus::Verified { team.status.exit_code() } else { solo.status.exit_code().max(1) })
}

/// The example's tests are real, and so is its repository.
fn needs(context: &Context, case: &Case) -> anyhow::Result<()> {
    let program = case.program();
    match ["git", program].iter().find(|name| programs::find(&context.environment, name).is_none()) {
        Some(missing) => Err(Failure::usage_with(
            format!("the demo `{}` needs git and {program}, and `{missing}` is not in PATH", case.name),
            "install it, or add its folder to PATH; `agent doctor` shows what is found",
        )),
        None => Ok(()),
    }
}
