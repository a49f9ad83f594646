//! Closing a window: its content becomes a summary, and the next window opens. The one way to do it, and the only place where
//! an agent's brain changes.
//!
//! What is worth keeping word for word is collected by the runtime (`kept`), the rest is summarised by a model (`summary`),
//! and only then does the next window open, in one write. Until that write the open window stays as it is, whatever fails.

mod due;
mod kept;
mod standing;
mod summary;
mod written;

use protocol::{Brain, Decision, DecisionKind, ErrorKind, FragmentKind, Item};
use tokio_util::sync::CancellationToken;

pub(crate) use self::due::{again_at, at_break, due};
pub(crate) use self::standing::Standing;
use crate::agent::{Agent, Opening};
use crate::error::RuntimeError;
use crate::fragments;
use crate::input::without_images;
use crate::session::Core;

/// What is chosen where a window could not be closed.
pub(crate) const KEEP: &str = "keep";

/// Why a window is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It reached the size at which closing it is cheapest.
    Threshold,
    /// It has no room for another step.
    Limit,
    /// The provider says that it is too long.
    Overflow,
    /// Its cache is lost, and writing a short one is cheaper than writing the long one again.
    Cold,
    /// A wait is coming that its cache will not outlive.
    BeforeWait,
    /// Another brain is wanted.
    Switch,
    /// A person asked for it, with a word on what matters or without.
    Manual(Option<String>),
}

impl Why {
    /// The reason of the window that follows.
    fn word(&self) -> &'static str {
        match self {
            Self::Threshold => "compacted",
            Self::Limit | Self::Overflow => "compacted_full",
            Self::Cold => "compacted_cold",
            Self::BeforeWait => "compacted_before_wait",
            Self::Switch => "switched",
            Self::Manual(_) => "compacted_by_hand",
        }
    }

    /// Whether the session cannot go on in the open window.
    fn must(&self) -> bool {
        matches!(self, Self::Limit | Self::Overflow)
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Compacted {
    /// The next window is open.
    Opened,
    /// There is nothing to close: the history is short enough to be kept word for word.
    Nothing,
    /// The history stays, for this reason.
    Kept(String),
}

/// Closes an agent's window and opens the next one, with the wanted brain where one is wanted.
///
/// Must not be called while calls are unanswered.
pub(crate) async fn compact(
    core: &Core,
    agent: &mut Agent,
    why: Why,
    cancel: &CancellationToken,
) -> Result<Compacted, RuntimeError> {
    debug_assert!(agent.items.last().is_none_or(|item| item.tool_calls().is_empty()), "calls are open");
    core.forget_unreachable(agent)?;
    let next = agent.wanted.as_ref().map_or_else(|| agent.brain.clone(), |wanted| wanted.brain.clone());
    let switches = next != agent.brain;
    let standing = Standing::of(core, agent);
    if kept::is_short(core, agent) {
        return match switches {
            true => open(core, agent, &standing, &why, next, Summary::Everything).await,
            false => Ok(Compacted::Nothing),
        };
    }
    if !why.must() && !switches && !kept::leaves_enough_behind(core, agent).await? {
        agent.gave_up_at = standing.context;
        return Ok(Compacted::Nothing);
    }
    match summary::write(core, agent, &standing, &why, cancel).await? {
        Ok(text) => open(core, agent, &standing, &why, next, Summary::Written(text)).await,
        Err(failed) if why.must() || (switches && (is_unavailable(failed.kind) || climbs(core, agent))) => {
            open(core, agent, &standing, &why, next, Summary::Without(failed.reason)).await
        }
        Err(failed) => {
            agent.gave_up_at = standing.context;
            let decision =
                decision(core, agent, &standing, &why, KEEP, format!("the history stays: {}", failed.reason));
            core.decide(decision)?;
            Ok(Compacted::Kept(failed.reason))
        }
    }
}

/// A specialist whose brain failed twice gets the next one: its brief stands on its own, and the brain that failed is not asked
/// a third time for want of a summary.
fn climbs(core: &Core, agent: &Agent) -> bool {
    !core.is_main(agent.id()) && agent.wanted.as_ref().is_some_and(|wanted| wanted.now)
}

/// A specialist's window is closed without a summary: what is in it is no longer needed.
pub(crate) fn start_afresh(core: &Core, agent: &mut Agent) -> Result<(), RuntimeError> {
    core.forget_unreachable(agent)?;
    let brain = agent.wanted.as_ref().map_or_else(|| agent.brain.clone(), |wanted| wanted.brain.clone());
    agent.open_next(core, Opening { brain, reason: "fresh", head: Vec::new(), writes: Vec::new(), events: Vec::new() })
}

/// What stands for the closed window in the next one.
enum Summary {
    /// A model's words.
    Written(String),
    /// No model's words, and why.
    Without(String),
    /// Nothing has to be summarised: all of it is kept.
    Everything,
}

async fn open(
    core: &Core,
    agent: &mut Agent,
    standing: &Standing,
    why: &Why,
    brain: Brain,
    summary: Summary,
) -> Result<Compacted, RuntimeError> {
    let (told, tail) = match &summary {
        Summary::Written(text) => kept::carry(core, agent, Some(text)).await?,
        Summary::Without(reason) => {
            let note = format!("No summary could be written ({reason}).\n{}", written::outline(&agent.items));
            kept::carry(core, agent, Some(&note)).await?
        }
        Summary::Everything => kept::carry(core, agent, None).await?,
    };
    let mut head = vec![Item::Fragment { kind: FragmentKind::Summary, text: told }];
    // What the answer has to look like was said once, with the task.
    let format = core.output_schema.as_ref().filter(|_| core.is_main(agent.id())).map(fragments::answer_schema);
    head.extend(format.filter(|format| !tail.contains(format)));
    head.extend(with_images(core, &brain, why, tail));
    let because = match &summary {
        Summary::Written(_) => format!("window {} was closed ({}) with a summary", agent.window_seq, why.word()),
        Summary::Without(reason) => format!("window {} was closed without a summary: {reason}", agent.window_seq),
        Summary::Everything => format!("window {} is short: all of it was carried over", agent.window_seq),
    };
    let mut decision = decision(core, agent, standing, why, "compact", because);
    if brain != agent.brain {
        decision.kind = DecisionKind::Switch;
        decision.chosen = brain.to_string();
        if let Some(wanted) = &agent.wanted {
            decision.because = format!("{}; {}", wanted.because, decision.because);
        }
    }
    let (note, event) = core.decision(&decision);
    agent.open_next(core, Opening { brain, reason: why.word(), head, writes: vec![note], events: vec![event] })?;
    Ok(Compacted::Opened)
}

/// What goes on as it is, with only the images that nobody has answered yet: those before were looked at, and their names stay. Where the
/// provider says that the request is too long, they may be what is too long.
fn with_images(core: &Core, brain: &Brain, why: &Why, tail: Vec<Item>) -> Vec<Item> {
    let answered = tail.iter().rposition(|item| matches!(item, Item::Assistant { .. })).map_or(0, |at| at + 1);
    let item = |(at, item): (usize, Item)| match at < answered || *why == Why::Overflow {
        true => without_images(&item),
        false => core.seen_by(brain, item),
    };
    tail.into_iter().enumerate().map(item).collect()
}

fn decision(core: &Core, agent: &Agent, standing: &Standing, why: &Why, chosen: &str, because: String) -> Decision {
    let mut numbers = standing.numbers();
    if let Why::Threshold = why {
        numbers.insert("at_break".to_owned(), f64::from(u8::from(at_break(&agent.items))));
    }
    Decision {
        kind: DecisionKind::Compact,
        chosen: chosen.to_owned(),
        because,
        formula: standing.formula().to_owned(),
        numbers,
        ..core.blank_decision(agent)
    }
}

/// Why no summary came.
pub(crate) struct Failed {
    /// The provider's kind of failure; none where the words were of no use.
    kind: Option<ErrorKind>,
    /// In words.
    reason: String,
}

/// Whether a provider cannot be had: another one has to do.
fn is_unavailable(kind: Option<ErrorKind>) -> bool {
    use ErrorKind::{
        Auth, Billing, Malformed, NotFound, Overloaded, RateLimit, Refused, Server, Timeout, Transport, Truncated,
    };
    kind.is_some_and(|kind| {
        matches!(
            kind,
            Auth | Billing
                | NotFound
                | Overloaded
                | RateLimit
                | Refused
                | Server
                | Timeout
                | Transport
                | Truncated
                | Malformed
        )
    })
}
