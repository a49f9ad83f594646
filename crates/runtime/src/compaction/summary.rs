//! Who writes the summary, from what, and whether it is any good.

use cache::Prices;
use cache::economics::compaction::cold_resume;
use protocol::{Brain, ErrorKind, FragmentKind, Item, WindowId};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{Failed, Standing, Why, written};
use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::infer::{self, Asked, Words};
use crate::session::Core;

/// Name of the note that keeps a summary until its window opens: a process that dies in between does not pay twice.
const SUMMARY_NOTE: &str = "summary";

/// Headings that a summary has to have.
const HEADINGS: [&str; 5] = ["## Goal", "## Decisions", "## Done", "## Findings", "## Open"];

/// Fewest of them: a model that leaves out an empty one is understood.
const HEADINGS_NEEDED: usize = 3;

/// Share of a model's room that a transcript as text may take, in percent.
const TEXT_PERCENT: u64 = 70;

/// A summary of an agent's items up to a number.
#[derive(Serialize, Deserialize)]
struct Kept {
    window: WindowId,
    next_seq: u64,
    text: String,
}

/// Where a summary may come from.
enum From {
    /// The window's own brain, on the window's own bytes: warm.
    Own,
    /// Another brain, or the same where the bytes do not fit, on a clean context.
    Clean(Brain),
}

/// Writes the summary of an agent's open window.
pub(super) async fn write(
    core: &Core,
    agent: &mut Agent,
    standing: &Standing,
    why: &Why,
    cancel: &CancellationToken,
) -> Result<Result<String, Failed>, RuntimeError> {
    if let Some(note) = core.store.last_note(&core.session, Some(agent.id()), SUMMARY_NOTE)?
        && let Ok(kept) = serde_json::from_str::<Kept>(&note.json)
        && (kept.window, kept.next_seq) == (agent.window_id.clone(), agent.next_seq)
    {
        return Ok(Ok(kept.text));
    }
    let focus = match why {
        Why::Manual(focus) => focus.as_deref(),
        _ => None,
    };
    let instruction = instruction(focus);
    let mut failed = Failed { kind: None, reason: "no brain could be asked".to_owned() };
    for from in sources(core, agent, standing, why) {
        let tried = match &from {
            From::Own => own(core, agent, &instruction, cancel).await?,
            From::Clean(brain) => clean(core, agent, brain, &instruction, cancel).await?,
        };
        match tried.and_then(|text| checked(core, agent, standing, text)) {
            Ok(text) => {
                let kept = Kept { window: agent.window_id.clone(), next_seq: agent.next_seq, text: text.clone() };
                core.journal.commit(vec![core.note(agent.id(), SUMMARY_NOTE, &kept)], Vec::new())?;
                return Ok(Ok(text));
            }
            Err(next) => {
                // Another way may get round a provider that fails; the same brain's words on a clean context are no better.
                let is_own = matches!(&from, From::Own);
                failed = next;
                if failed.kind.is_none() && is_own {
                    break;
                }
            }
        }
    }
    Ok(Err(failed))
}

fn instruction(focus: Option<&str>) -> Item {
    let focus = focus.map(|words| format!(" What matters most: {}", words.trim())).unwrap_or_default();
    let text = include_str!("../prompts/compaction.md").trim().replace("{focus}", &focus);
    Item::Fragment { kind: FragmentKind::Reminder, text }
}

/// In the order in which they are tried.
fn sources(core: &Core, agent: &Agent, standing: &Standing, why: &Why) -> Vec<From> {
    let mut sources = Vec::new();
    if let Some(brain) = core.summary_lane() {
        // The policy names who writes it. Where that lane cannot, nobody dearer does.
        if brain == agent.brain && *why != Why::Overflow {
            sources.push(From::Own);
        }
        let elsewhere = core.same_model_elsewhere(&brain);
        sources.extend([brain].into_iter().chain(elsewhere).map(From::Clean));
        return sources;
    }
    if core.is_cold(agent)
        && let Some(own) = standing.prices
    {
        let others = candidates(core, agent, standing);
        let prices: Vec<Prices> = others.iter().map(|(_, prices)| *prices).collect();
        let resume = cold_resume(&own, &prices, &standing.shape, standing.context, standing.remaining_calls);
        // Closed for whatever reason: somebody writes it, the one that the team names, or the cheapest.
        let is_named = agent.spec.compaction.summarizer.is_some();
        let cheapest = others.iter().zip(&resume.compact).min_by_key(|(_, usd)| **usd);
        if let Some(((brain, _), _)) = cheapest.filter(|(_, usd)| is_named || **usd < resume.own) {
            sources.push(From::Clean(brain.clone()));
        }
    }
    if *why != Why::Overflow {
        sources.push(From::Own);
    }
    sources.push(From::Clean(agent.brain.clone()));
    sources.extend(core.same_model_elsewhere(&agent.brain).map(From::Clean));
    sources
}

/// Brains that could write the summary of a cold window, with their prices: the team's own choice, or all its brains.
pub(super) fn candidates(core: &Core, agent: &Agent, standing: &Standing) -> Vec<(Brain, Prices)> {
    let brains = match &agent.spec.compaction.summarizer {
        Some(brain) => vec![brain.clone()],
        None => core.known_brains(),
    };
    let takes = |brain: &Brain| {
        let model = core.catalogue.model(&brain.provider, &brain.model);
        model.is_some_and(|model| model.context * TEXT_PERCENT / 100 > standing.context)
    };
    brains
        .into_iter()
        .filter(|brain| *brain != agent.brain && takes(brain))
        .filter_map(|brain| core.prices(&brain, standing.context).map(|prices| (brain, prices)))
        .collect()
}

/// The window's own bytes with the instruction behind them.
async fn own(
    core: &Core,
    agent: &mut Agent,
    instruction: &Item,
    cancel: &CancellationToken,
) -> Result<Result<String, Failed>, RuntimeError> {
    let built = infer::build_compaction(core, agent, instruction)?;
    read(infer::ask_aside(core, agent, built, Asked::compaction(agent), cancel).await)
}

/// The transcript as text, to a brain that has not seen it; in two parts where one is too long.
async fn clean(
    core: &Core,
    agent: &Agent,
    brain: &Brain,
    instruction: &Item,
    cancel: &CancellationToken,
) -> Result<Result<String, Failed>, RuntimeError> {
    let room = core.catalogue.model(&brain.provider, &brain.model).map_or(100_000, |model| model.context);
    let ratio = core.ratio(&brain.model);
    let budget = ((room * TEXT_PERCENT / 100) as f64 / ratio) as u64;
    let history = &agent.items[1.min(agent.items.len())..];
    let whole = written::transcript(history, budget);
    if whole.trim().is_empty() {
        return Ok(Err(Failed { kind: None, reason: "nothing was said that could be summarised".to_owned() }));
    }
    let asked = Asked::summary_elsewhere(agent, brain);
    if cache::TokenCounter::count(&whole) <= budget {
        let built = infer::build_clean(core, agent, brain, &[whole, instruction.plain_text()])?;
        match read(infer::ask_aside(core, agent, built, asked.clone(), cancel).await)? {
            // The provider counts otherwise than we do.
            Err(failed) if failed.kind == Some(ErrorKind::Overflow) => {}
            done => return Ok(done),
        }
    }
    let (first, second) = written::halves(history, budget);
    let head = infer::build_clean(core, agent, brain, &[first, instruction.plain_text()])?;
    let summary = match read(infer::ask_aside(core, agent, head, asked.clone(), cancel).await)? {
        Ok(summary) => summary,
        Err(failed) => return Ok(Err(failed)),
    };
    let parts = [format!("What came before, summarised:\n{summary}"), second];
    let built = infer::build_clean(core, agent, brain, &[parts.join("\n\n"), instruction.plain_text()])?;
    read(infer::ask_aside(core, agent, built, asked, cancel).await)
}

/// A provider that fails is a reason to try another way; only the end of the program goes on up.
fn read(answer: Result<Words, RuntimeError>) -> Result<Result<String, Failed>, RuntimeError> {
    match answer {
        Ok(words) if words.cut_off => {
            Ok(Err(Failed { kind: None, reason: "the summary was cut off at its limit (`summary_max`)".to_owned() }))
        }
        Ok(words) => Ok(Ok(words.text)),
        Err(RuntimeError::Provider { brain, error }) if error.kind != ErrorKind::Cancelled => {
            Ok(Err(Failed { kind: Some(error.kind), reason: format!("{brain}: {error}") }))
        }
        Err(error) => Err(error),
    }
}

/// A summary that says nothing, misses its headings, or is longer than what it stands for is none.
fn checked(core: &Core, agent: &Agent, standing: &Standing, text: String) -> Result<String, Failed> {
    let useless = |reason: String| Err(Failed { kind: None, reason });
    if text.trim().is_empty() {
        return useless("the summary was empty".to_owned());
    }
    let found = HEADINGS.iter().filter(|heading| text.contains(**heading)).count();
    if found < HEADINGS_NEEDED {
        return useless(format!(
            "the summary has {found} of its {} sections ({})",
            HEADINGS.len(),
            HEADINGS.map(|heading| heading.trim_start_matches("# ")).join(", ")
        ));
    }
    let tokens = core.tokens(&agent.brain.model, cache::TokenCounter::count(&text));
    let replaced = standing.context.saturating_sub(standing.shape.static_tokens);
    if tokens >= replaced {
        return useless(format!("the summary ({tokens} tokens) is longer than what it stands for ({replaced})"));
    }
    Ok(text.trim().to_owned())
}
