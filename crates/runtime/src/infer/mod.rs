//! Asking a model: send what was built, write the ledger row before anything acts on the answer.

mod aside;
mod request;
mod stagger;

use cache::Forecast;
use cache::predict::Answered;
use protocol::event::EventBody;
use protocol::{
    Block, DelegationId, ErrorKind, Item, LedgerRow, ProviderError, Purpose, Reply, RowOutcome, StopReason,
    StreamEvent, Usage, WindowId,
};
use store::Write;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

pub(crate) use self::aside::{Asked, Words, ask_apart, ask_aside, ping};
pub(crate) use self::request::{Built, Clean, build_apart, build_clean, build_compaction, build_ping, build_step};
pub(crate) use self::stagger::Stagger;
use crate::agent::{Agent, FORECAST_NOTE};
use crate::error::RuntimeError;
use crate::front::Shown;
use crate::session::Core;
use crate::telemetry;

/// How often an empty answer is asked for again.
const EMPTY_ANSWERS: usize = 1;

/// Takes one step: asks the model, appends its answer.
pub(crate) async fn infer(
    core: &Core,
    agent: &mut Agent,
    delegation: Option<&DelegationId>,
    cancel: &CancellationToken,
) -> Result<(), RuntimeError> {
    for _ in 0..=EMPTY_ANSWERS {
        if ask(core, agent, delegation, cancel).await? {
            return Ok(());
        }
    }
    Err(RuntimeError::Provider {
        brain: agent.brain.to_string(),
        error: ProviderError::new(ErrorKind::Malformed, "the model answered with nothing, twice"),
    })
}

/// One request. False when the answer was empty.
async fn ask(
    core: &Core,
    agent: &mut Agent,
    delegation: Option<&DelegationId>,
    cancel: &CancellationToken,
) -> Result<bool, RuntimeError> {
    // Who opens a window beside another one with the same start waits until it can be read.
    let turn = match agent.forecast.sent {
        None => core.stagger.enter(core, agent, cancel).await?,
        Some(_) => None,
    };
    if agent.forecast.sent.is_none() {
        agent.static_ttl = core.prefix_life(agent)?;
    }
    let (built, sent) = build_step(core, agent)?;
    core.note_standing(agent);
    agent.steps += 1;
    let row = blank_row(core, agent, &built, Purpose::Step, delegation, agent.window_id.clone());
    let id = agent.spec.id.clone();
    let front = core.front.clone();
    let mut show = |event: &StreamEvent| {
        if let Some(turn) = &turn {
            turn.readable();
        }
        match event {
            StreamEvent::TextDelta { text, .. } => front.show(Shown::Text { agent: &id, text }),
            StreamEvent::ThinkingDelta { text, .. } => front.show(Shown::Thinking { agent: &id, text }),
            _ => {}
        }
    };
    let (row, reply, mut writes) = send(core, &built, row, cancel, &mut show).await?;
    agent.sent = Some(sent);
    let said_something = answered(core, agent, row, reply, &mut writes)?;
    core.note_standing(agent);
    Ok(said_something)
}

/// Sends a request. The row of a failed call is written here, with those of the attempts before it; that of an answered
/// one is the caller's to write, with what the answer leads to.
async fn send(
    core: &Core,
    built: &Built,
    mut row: LedgerRow,
    cancel: &CancellationToken,
    show: &mut (dyn FnMut(&StreamEvent) + Send),
) -> Result<(LedgerRow, Reply, Vec<Write>), RuntimeError> {
    let client = core.client_speaking(&built.brain, built.dialect)?;
    let headers: Vec<(String, String)> = built.brain.headers.clone().into_iter().collect();
    let span = telemetry::chat(core, built, &row);
    match client.call(built.body.clone(), &headers, cancel, show).instrument(span.clone()).await {
        Ok(answer) => {
            let writes = retried(core, &row, &answer.attempts);
            row.at = answer.at;
            row.first_token_ms = answer.first_token_ms;
            row.ms = answer.ms;
            row.request_id.clone_from(&answer.request_id);
            row.usage = answer.reply.usage;
            if let Some(model) = core.another_model(&row.brain, &answer.reply.model) {
                row.brain.model = model;
            }
            row.usd = core.cost(&row);
            if Forecast::is_miss(built.expected.cache_read, row.usage.cache_read) {
                row.cache_note = Some("undeclared_miss".to_owned());
            }
            telemetry::billed(core, &span, &row, &writes, Some(&answer.reply));
            Ok((row, answer.reply, writes))
        }
        Err(failure) => {
            let mut writes = retried(core, &row, &failure.attempts);
            row.at = failure.at;
            row.first_token_ms = failure.first_token_ms;
            row.ms = failure.ms;
            row.outcome = RowOutcome::Failed(failure.error.kind);
            row.usage = failure.usage;
            row.usd = core.cost(&row);
            row.request_id.clone_from(&failure.error.request_id);
            telemetry::billed(core, &span, &row, &writes, None);
            writes.push(Write::Ledger(row));
            core.journal.commit(writes, Vec::new())?;
            if failure.error.kind == ErrorKind::Cancelled {
                return Err(RuntimeError::Interrupted);
            }
            Err(RuntimeError::Provider { brain: built.brain.to_string(), error: failure.error })
        }
    }
}

/// Row first, then the item, in one write.
fn answered(
    core: &Core,
    agent: &mut Agent,
    row: LedgerRow,
    reply: Reply,
    writes: &mut Vec<Write>,
) -> Result<bool, RuntimeError> {
    core.learn(&agent.brain.model, agent.window.counted_tokens(), reply.usage.prompt());
    let answered = Answered {
        sent: agent.window.prefix().mark(),
        end: agent.window.blocks().len(),
        at: row.at,
        ttl: core.tail_ttl,
        counted: agent.window.counted_tokens(),
    };
    agent.forecast.answered(answered, &agent.posture, &reply.usage);
    writes.push(forecast_note(core, agent));
    let completed = step_completed(&row);
    writes.push(Write::Ledger(row));
    let blocks: Vec<Block> = reply.blocks.into_iter().filter(|block| !is_blank(block)).collect();
    if blocks.is_empty() {
        core.journal.commit(std::mem::take(writes), vec![(Some(agent.spec.id.clone()), completed)])?;
        return Ok(false);
    }
    let item = Item::Assistant { blocks, stop: reply.stop };
    let mut events = vec![completed];
    let text = item.plain_text();
    if !text.is_empty() {
        let is_final =
            item.tool_calls().is_empty() && !matches!(item, Item::Assistant { stop: StopReason::MaxTokens, .. });
        events.push(EventBody::Message { text, is_final });
    }
    agent.append(core, vec![item], std::mem::take(writes), events)?;
    Ok(true)
}

/// A block that says nothing would be refused when it is sent back.
fn is_blank(block: &Block) -> bool {
    matches!(block, Block::Text { text } if text.trim().is_empty())
}

fn forecast_note(core: &Core, agent: &Agent) -> Write {
    core.note(&agent.spec.id, FORECAST_NOTE, &agent.forecast)
}

fn step_completed(row: &LedgerRow) -> EventBody {
    EventBody::StepCompleted {
        brain: row.brain.to_string(),
        purpose: row.purpose,
        usage: row.usage,
        usd: row.usd,
        predicted_cache_read: row.predicted_cache_read,
    }
}

fn blank_row(
    core: &Core,
    agent: &Agent,
    built: &Built,
    purpose: Purpose,
    delegation: Option<&DelegationId>,
    window: WindowId,
) -> LedgerRow {
    LedgerRow {
        session: core.session.clone(),
        agent: agent.spec.id.clone(),
        window,
        delegation: delegation.cloned(),
        step: agent.steps,
        purpose,
        brain: built.brain.clone(),
        at: core.clock.now(),
        first_token_ms: None,
        ms: 0,
        outcome: RowOutcome::Ok,
        usage: Usage::default(),
        usd: Some(protocol::Usd::ZERO),
        predicted_cache_read: built.expected.cache_read,
        cache_note: built.expected.reason.map(str::to_owned),
        request_id: None,
    }
}

/// A row for each attempt that failed and was tried again.
fn retried(core: &Core, row: &LedgerRow, attempts: &[brains::Attempt]) -> Vec<Write> {
    attempts
        .iter()
        .map(|attempt| {
            let mut failed = LedgerRow {
                at: attempt.at,
                ms: attempt.ms,
                outcome: RowOutcome::Retried(attempt.error.kind),
                usage: attempt.usage,
                request_id: attempt.error.request_id.clone(),
                ..row.clone()
            };
            failed.usd = core.cost(&failed);
            Write::Ledger(failed)
        })
        .collect()
}
