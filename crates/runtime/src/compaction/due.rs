//! When a window is closed: at a natural break once it is large enough, in the middle of a chain of tool calls only when it
//! has to be.

use cache::economics::compaction::{ColdChoice, cold_resume};
use protocol::Item;

use super::{Standing, Why, summary};
use crate::agent::Agent;
use crate::session::Core;

/// Growth after which a compaction that came to nothing is tried again, in percent.
const AGAIN_PERCENT: u64 = 120;

/// Tools after whose results work takes a breath: a report came, or checks were run.
const BREAKS: [&str; 3] = ["delegate", "verify", "report"];

/// Whether the transcript stands at a natural break: the user or a brief spoke last, or a report or check came in.
pub(crate) fn at_break(items: &[Item]) -> bool {
    match items.iter().rev().find(|item| !matches!(item, Item::Fragment { .. })) {
        Some(Item::ToolResults { results }) => results.iter().any(|result| BREAKS.contains(&result.tool.as_str())),
        Some(item) => item.tool_calls().is_empty(),
        None => false,
    }
}

/// Why the window is closed before the next step, if it is.
pub(crate) fn due(core: &Core, agent: &Agent) -> Option<Why> {
    let standing = Standing::of(core, agent);
    let breathes = at_break(&agent.items);
    let gave_up = gave_up(agent, &standing);
    if let Some(wanted) = agent.wanted.as_ref().filter(|_| !gave_up)
        && (wanted.now || (wanted.urgent && core.switch_pays_now(agent, &standing, &wanted.brain)))
    {
        return Some(Why::Switch);
    }
    // A window that began full will not be emptier for closing it again.
    if standing.context >= standing.full && agent.calls_in_window() > 0 {
        return Some(Why::Limit);
    }
    if gave_up {
        return None;
    }
    let threshold = standing.threshold.as_ref()?.tokens;
    let limit = if breathes { threshold } else { standing.in_chain };
    if standing.context >= limit {
        return Some(Why::Threshold);
    }
    // Below a fixed threshold nothing is touched.
    let by_size_alone = core.policy.compaction.fixed_tokens.is_some();
    (breathes && !by_size_alone).then(|| due_when_cold(core, agent, &standing)).flatten()
}

/// Context at which a window that could not be closed is tried again; none where nothing came to nothing, or where nobody knows
/// any more.
pub(crate) fn again_at(agent: &Agent, standing: &Standing) -> Option<u64> {
    let grown = agent.gave_up_at * AGAIN_PERCENT / 100;
    (grown > 0).then(|| grown.max(standing.closes_at()))
}

/// Whether closing this window came to nothing, and it has not grown enough since to try again.
fn gave_up(agent: &Agent, standing: &Standing) -> bool {
    standing.context * 100 < agent.gave_up_at * AGAIN_PERCENT
}

/// Whether the cache is lost and a short context is cheaper to write than the long one.
fn due_when_cold(core: &Core, agent: &Agent, standing: &Standing) -> Option<Why> {
    standing.threshold.as_ref()?;
    if !core.is_cold(agent) {
        return None;
    }
    let own = standing.prices?;
    let candidates: Vec<_> = summary::candidates(core, agent, standing).into_iter().map(|(_, prices)| prices).collect();
    let resume = cold_resume(&own, &candidates, &standing.shape, standing.context, standing.remaining_calls);
    (resume.choice != ColdChoice::Continue).then_some(Why::Cold)
}
