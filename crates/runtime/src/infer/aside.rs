//! Calls beside the steps: closing a window, keeping a cache alive. They leave nothing in the transcript.

use cache::Forecast;
use protocol::{Brain, DelegationId, LedgerRow, Purpose, RowOutcome, StopReason, StreamEvent, Usage, Usd, WindowId};
use store::Write;
use tokio_util::sync::CancellationToken;

use super::{Built, blank_row, send, step_completed};
use crate::agent::{Agent, FORECAST_NOTE};
use crate::error::RuntimeError;
use crate::session::Core;

/// What a call aside is for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    purpose: Purpose,
    window: WindowId,
}

impl Asked {
    /// A summary by the window's own brain.
    pub(crate) fn compaction(agent: &Agent) -> Self {
        Self { purpose: Purpose::Compaction, window: agent.window_id.clone() }
    }

    /// A summary on a clean context: a window of its own for each brain that is tried, so that a window has one brain.
    pub(crate) fn summary_elsewhere(agent: &Agent, brain: &Brain) -> Self {
        let effort = brain.effort.map(|effort| format!("-{effort:?}").to_lowercase()).unwrap_or_default();
        let name = format!("{}-summary-{brain}{effort}", agent.window_id);
        Self { purpose: Purpose::Compaction, window: WindowId::new(name) }
    }
}

/// Sends a request and gives back the words of the answer. The row is written before.
pub(crate) async fn ask_aside(
    core: &Core,
    agent: &Agent,
    built: Built,
    asked: Asked,
    cancel: &CancellationToken,
) -> Result<Words, RuntimeError> {
    let row = blank_row(core, agent, &built, asked.purpose, agent.working_on.as_ref(), asked.window);
    words(core, built, row, cancel).await
}

/// Sends a request that belongs to no agent's window: judging a task before it begins, reviewing what came of it. `name` says
/// what for; the row is the main agent's, which the work is done for.
pub(crate) async fn ask_apart(
    core: &Core,
    built: Built,
    name: &str,
    cancel: &CancellationToken,
) -> Result<Words, RuntimeError> {
    let row = LedgerRow {
        session: core.session.clone(),
        agent: core.team.main().id.clone(),
        window: WindowId::new(format!("{}-{name}-{}", core.session, built.brain)),
        delegation: None,
        step: 0,
        purpose: Purpose::Auxiliary,
        brain: built.brain.clone(),
        at: core.clock.now(),
        first_token_ms: None,
        ms: 0,
        outcome: RowOutcome::Ok,
        usage: Usage::default(),
        usd: Some(Usd::ZERO),
        predicted_cache_read: 0,
        cache_note: built.expected.reason.map(str::to_owned),
        request_id: None,
    };
    words(core, built, row, cancel).await
}

async fn words(core: &Core, built: Built, row: LedgerRow, cancel: &CancellationToken) -> Result<Words, RuntimeError> {
    let agent = row.agent.clone();
    let (row, reply, mut writes) = send(core, &built, row, cancel, &mut silent()).await?;
    let completed = step_completed(&row);
    writes.push(Write::Ledger(row));
    core.journal.commit(writes, vec![(Some(agent), completed)])?;
    let texts = reply.blocks.iter().filter_map(|block| match block {
        protocol::Block::Text { text } => Some(text.as_str()),
        _ => None,
    });
    let text = texts.collect::<Vec<_>>().join("\n");
    Ok(Words { text, cut_off: reply.stop == StopReason::MaxTokens })
}

/// What a call aside was answered with.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// The words.
    pub(crate) text: String,
    /// They end at the output limit, not where the model meant to end.
    pub(crate) cut_off: bool,
}

/// Sends the last request again, and gives back what is known of the cache afterwards with the row's figures. Writes the
/// row and that knowledge; the agent itself may be busy with its tools.
pub(crate) async fn ping(
    core: &Core,
    agent: &Agent,
    built: Built,
    forecast: &Forecast,
    delegation: Option<&DelegationId>,
    mut more: Vec<Write>,
    cancel: &CancellationToken,
) -> Result<(Forecast, LedgerRow), RuntimeError> {
    let row = blank_row(core, agent, &built, Purpose::KeepWarm, delegation, agent.window_id.clone());
    let (row, _, mut writes) = send(core, &built, row, cancel, &mut silent()).await?;
    let mut kept = forecast.clone();
    kept.refreshed(row.at, &agent.posture, &row.usage);
    let completed = step_completed(&row);
    writes.push(core.note(agent.id(), FORECAST_NOTE, &kept));
    writes.push(Write::Ledger(row.clone()));
    writes.append(&mut more);
    core.journal.commit(writes, vec![(Some(agent.id().clone()), completed)])?;
    Ok((kept, row))
}

fn silent() -> impl FnMut(&StreamEvent) + Send {
    |_: &StreamEvent| {}
}
