//! The one request builder, and the call it is for: render the window, plan breakpoints, predict, send, write the ledger row
//! before anything acts on the answer.

use bytes::Bytes;
use cache::breakpoints::{PlanInput, plan};
use cache::{Expectation, Forecast};
use protocol::event::EventBody;
use protocol::{
    Block, DelegationId, ErrorKind, Item, LedgerRow, ProviderError, Purpose, Reply, RowOutcome, Settings, StopReason,
    StreamEvent, Timestamp, Ttl, Usage,
};
use store::{NoteRecord, Write};
use tokio_util::sync::CancellationToken;
use wire::Assembly;

use crate::agent::{Agent, FORECAST_NOTE};
use crate::error::RuntimeError;
use crate::front::Shown;
use crate::session::Core;

/// How often an empty answer is asked for again.
const EMPTY_ANSWERS: usize = 1;

/// Why and for whom a call is made.
#[derive(Clone, Debug)]
pub(crate) struct CallFor<'a> {
    /// What for.
    pub(crate) purpose: Purpose,
    /// The delegation it belongs to.
    pub(crate) delegation: Option<&'a DelegationId>,
}

/// Takes one step: asks the model, appends its answer.
pub(crate) async fn infer(
    core: &Core,
    agent: &mut Agent,
    call: CallFor<'_>,
    cancel: &CancellationToken,
) -> Result<(), RuntimeError> {
    for _ in 0..=EMPTY_ANSWERS {
        if ask(core, agent, &call, cancel).await? {
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
    call: &CallFor<'_>,
    cancel: &CancellationToken,
) -> Result<bool, RuntimeError> {
    let settings = core.settings(agent);
    let (body, expected) = build(core, agent, &settings)?;
    let client = core.client(&agent.brain)?;
    let headers: Vec<(String, String)> = agent.brain.headers.clone().into_iter().collect();
    let id = agent.spec.id.clone();
    let front = core.front.clone();
    let mut show = |event: &StreamEvent| match event {
        StreamEvent::TextDelta { text, .. } => front.show(Shown::Text { agent: &id, text }),
        StreamEvent::ThinkingDelta { text, .. } => front.show(Shown::Thinking { agent: &id, text }),
        _ => {}
    };
    agent.steps += 1;
    let mut row = blank_row(core, agent, call, &expected);
    match client.call(Bytes::from(body), &headers, cancel, &mut show).await {
        Ok(answer) => {
            let mut writes = retried(core, &row, &answer.attempts);
            row.at = answer.at;
            row.first_token_ms = answer.first_token_ms;
            row.ms = answer.ms;
            row.request_id.clone_from(&answer.request_id);
            answered(core, agent, row, answer.reply, &expected, &mut writes)
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
            writes.push(Write::Ledger(row));
            core.journal.commit(writes, Vec::new())?;
            if failure.error.kind == ErrorKind::Cancelled {
                return Err(RuntimeError::Interrupted);
            }
            Err(RuntimeError::Provider { brain: agent.brain.to_string(), error: failure.error })
        }
    }
}

/// The request body, and what of it should come from the cache.
fn build(core: &Core, agent: &Agent, settings: &Settings) -> Result<(Vec<u8>, Expectation), RuntimeError> {
    let mut expected = agent.forecast.expect(&agent.posture, core.clock.now());
    if let Some(sent) = &agent.forecast.sent
        && let Err(broken) = agent.window.prefix().check(sent)
    {
        // Nothing in the program can do this; if something did, it is found here and not on the bill.
        debug_assert!(false, "{}: {broken}", agent.spec.id);
        expected = Expectation { cache_read: 0, reason: Some(broken.name()) };
        core.journal.event(
            Some(&agent.spec.id),
            EventBody::Error {
                code: "cache_break".to_owned(),
                message: broken.to_string(),
                hint: "the session goes on, at the price of writing the cache again; please report this".to_owned(),
            },
        )?;
    }
    let breakpoints = plan(
        &agent.window,
        &PlanInput {
            posture: agent.posture,
            static_ttl: core.cache_settings.static_ttl,
            tail_ttl: core.cache_settings.tail_ttl,
            pinned_messages: 1,
            last_end: agent.forecast.end,
        },
    );
    let body = agent.codec.assemble(&Assembly {
        model: &agent.brain.model,
        tools: agent.window.tools(),
        system: agent.window.system(),
        messages: agent.window.messages(),
        breakpoints: &breakpoints,
        settings,
    });
    Ok((body, expected))
}

/// Row first, then the item, in one write.
fn answered(
    core: &Core,
    agent: &mut Agent,
    mut row: LedgerRow,
    reply: Reply,
    expected: &Expectation,
    writes: &mut Vec<Write>,
) -> Result<bool, RuntimeError> {
    row.usage = reply.usage;
    row.usd = core.cost(&row);
    if Forecast::is_miss(expected.cache_read, reply.usage.cache_read) {
        row.cache_note = Some("undeclared_miss".to_owned());
    }
    core.learn(&agent.brain.model, agent.window.counted_tokens(), reply.usage.prompt());
    let (mark, end) = (agent.window.prefix().mark(), agent.window.blocks().len());
    agent.forecast.answered(mark, end, row.at, core.cache_settings.tail_ttl, &agent.posture, &reply.usage);
    writes.push(forecast_note(agent, row.at));
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

fn forecast_note(agent: &Agent, at: Timestamp) -> Write {
    Write::Note(NoteRecord {
        agent: Some(agent.spec.id.clone()),
        kind: FORECAST_NOTE.to_owned(),
        json: serde_json::to_string(&agent.forecast).unwrap_or_default(),
        at,
    })
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

fn blank_row(core: &Core, agent: &Agent, call: &CallFor<'_>, expected: &Expectation) -> LedgerRow {
    LedgerRow {
        session: core.session.clone(),
        agent: agent.spec.id.clone(),
        window: agent.window_id.clone(),
        delegation: call.delegation.cloned(),
        step: agent.steps,
        purpose: call.purpose,
        brain: agent.brain.clone(),
        at: core.clock.now(),
        first_token_ms: None,
        ms: 0,
        outcome: RowOutcome::Ok,
        usage: Usage::default(),
        usd: Some(protocol::Usd::ZERO),
        predicted_cache_read: expected.cache_read,
        cache_note: expected.reason.map(str::to_owned),
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

/// Cache lifetimes that a team may set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheTtl {
    /// Tools and system prompt.
    pub(crate) static_ttl: Ttl,
    /// The conversation.
    pub(crate) tail_ttl: Ttl,
}
