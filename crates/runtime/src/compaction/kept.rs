//! What the next window has word for word: the user's messages, the open brief, the plan, changed files, failing checks, and the
//! newest steps.

use cache::TokenCounter;
use protocol::{AgentId, Block, EventBody, FragmentKind, Item};

use super::standing::keep_tail;
use super::written;
use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::fragments::cut;
use crate::session::Core;
use crate::toolrun::text_of;

/// Most tokens of the user's own messages that are kept, newest first. What is older is shortened to its first words.
const USER_WORDS: u64 = 12_000;

/// What is left of each end of a user's message for which there is no room, in bytes: at least, and at most.
const USER_SHORT: usize = 300;
const LONG_MESSAGE: usize = 4_000;

/// Share of the kept tail that one tool result may take, as a divisor.
const RESULT_SHARE: u64 = 4;

/// Whether everything behind the project part could be kept word for word: then there is nothing to compact.
pub(super) fn is_short(core: &Core, agent: &Agent) -> bool {
    history_tokens(core, agent) <= keep_tail(core, agent)
}

/// What the open window really holds behind the project part: thinking and whole arguments included.
fn history_tokens(core: &Core, agent: &Agent) -> u64 {
    let counted = agent.window.counted_tokens().saturating_sub(agent.window.head_tokens());
    core.tokens(&agent.brain.model, counted)
}

/// Share of the history that has to go, in percent: less is not worth a summary, and what is left would be closed again soon.
const LEAST_GONE: u64 = 10;

/// Whether closing the window takes enough away: what is kept word for word may be nearly all of it.
pub(super) async fn leaves_enough_behind(core: &Core, agent: &Agent) -> Result<bool, RuntimeError> {
    let history = history_tokens(core, agent);
    let (text, talk) = carry(core, agent, Some("")).await?;
    let kept = core.tokens(&agent.brain.model, TokenCounter::count(&text))
        + talk.iter().map(|item| item_tokens(core, agent, item)).sum::<u64>();
    Ok(kept * 100 <= history * (100 - LEAST_GONE))
}

/// The fragment that stands for the closed window, and the items that follow it as they are.
pub(super) async fn carry(
    core: &Core,
    agent: &Agent,
    summary: Option<&str>,
) -> Result<(String, Vec<Item>), RuntimeError> {
    let whole = summary.is_none();
    let budget = if whole { u64::MAX } else { keep_tail(core, agent) };
    let talk = talk_at_the_end(core, agent, budget);
    let split = agent.items.len() - talk.len();
    let spent: u64 = talk.iter().map(|item| item_tokens(core, agent, item)).sum();
    let older = &agent.items[1.min(split)..split];
    let steps = match whole {
        true => as_texts(older).join("\n"),
        false => last_steps(core, agent, older, budget.saturating_sub(spent)),
    };
    let mut text = format!(
        "<summary window=\"{}\">\nEverything before this point was closed. What is known of it stands here; files can be read \
         again.\n",
        agent.window_seq
    );
    let mut section = |title: &str, body: String| {
        if !body.trim().is_empty() {
            text.push_str(&format!("\n# {title}\n{}\n", body.trim()));
        }
    };
    let title = if core.is_main(agent.id()) { "The user's messages, newest first" } else { "The briefs, newest first" };
    if !whole {
        section(title, user_words(core, agent, &talk)?);
    }
    section("Plan", core.store.plan(&core.session, agent.id())?.unwrap_or_default());
    section("Files changed", changed_files(core, agent.id())?);
    section("Checks that fail", failing_checks(core)?);
    section("Summary", summary.unwrap_or_default().to_owned());
    section("The last steps, word for word", steps);
    text.push_str("</summary>");
    Ok((text, talk))
}

fn item_tokens(core: &Core, agent: &Agent, item: &Item) -> u64 {
    core.tokens(&agent.brain.model, TokenCounter::count(&as_text(item)))
}

fn as_texts(items: &[Item]) -> Vec<String> {
    items.iter().map(as_text).collect()
}

fn as_text(item: &Item) -> String {
    written::transcript(std::slice::from_ref(item), u64::MAX)
}

/// The end of the transcript in which nobody used a tool: it goes on as it is, without thinking.
fn talk_at_the_end(core: &Core, agent: &Agent, budget: u64) -> Vec<Item> {
    let mut left = budget;
    let mut talk: Vec<Item> = Vec::new();
    for item in agent.items.iter().skip(1).rev() {
        let is_talk = item.tool_calls().is_empty() && !matches!(item, Item::ToolResults { .. });
        let is_summary = matches!(item, Item::Fragment { kind: FragmentKind::Summary, .. });
        let tokens = item_tokens(core, agent, item);
        // The last word is kept whatever it weighs.
        if !is_talk || is_summary || (tokens > left && !talk.is_empty()) {
            break;
        }
        left = left.saturating_sub(tokens);
        talk.extend(without_thinking(item));
    }
    talk.reverse();
    talk
}

/// No thinking block crosses a window. None where nothing else was said.
fn without_thinking(item: &Item) -> Option<Item> {
    let Item::Assistant { blocks, stop } = item else { return Some(item.clone()) };
    let blocks: Vec<Block> = blocks.iter().filter(|block| matches!(block, Block::Text { .. })).cloned().collect();
    (!blocks.is_empty()).then(|| Item::Assistant { blocks, stop: stop.clone() })
}

/// The newest items before that, as text: a call and its result are never torn apart, because neither is a message any more.
fn last_steps(core: &Core, agent: &Agent, items: &[Item], budget: u64) -> String {
    let mut left = budget;
    let mut steps = Vec::new();
    for item in items.iter().rev() {
        let told_above = matches!(item, Item::User { .. } | Item::Fragment { kind: FragmentKind::Summary, .. });
        if told_above {
            continue;
        }
        let text = with_short_results(item, budget / RESULT_SHARE);
        let tokens = core.tokens(&agent.brain.model, TokenCounter::count(&text));
        if tokens > left {
            break;
        }
        left -= tokens;
        steps.push(text);
    }
    steps.reverse();
    steps.join("\n")
}

/// An item as text, bulky results cut.
fn with_short_results(item: &Item, most_tokens: u64) -> String {
    let Item::ToolResults { results } = item else { return as_text(item) };
    let bytes = usize::try_from(most_tokens.saturating_mul(4)).unwrap_or(usize::MAX);
    let shown = results.iter().map(|result| {
        let failed = if result.is_error { " failed" } else { "" };
        format!("[result of {}{failed}]\n{}", result.tool, cut(&text_of(result), bytes))
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// All that the user said in this session (a specialist: all briefs), whatever was compacted since.
fn user_words(core: &Core, agent: &Agent, talk: &[Item]) -> Result<String, RuntimeError> {
    let asked = core.store.asked(&core.session, agent.id())?;
    let words: Vec<String> =
        asked.iter().filter(|stored| !talk.contains(&stored.item)).map(|stored| stored.item.plain_text()).collect();
    let mut left = USER_WORDS;
    let newest_first = words.iter().rev().map(|text| {
        let tokens = core.tokens(&agent.brain.model, TokenCounter::count(text));
        let kept = if tokens <= left { text.clone() } else { head_and_tail(text, left) };
        left = left.saturating_sub(core.tokens(&agent.brain.model, TokenCounter::count(&kept)));
        // As it was written: indentation and line breaks may be what the message is about.
        format!("<message>\n{kept}\n</message>")
    });
    Ok(newest_first.collect::<Vec<_>>().join("\n"))
}

/// A message that is too long: people say what they want before or behind what they paste. A long one takes no more than a
/// share, so that those before it are not lost for it.
fn head_and_tail(text: &str, left: u64) -> String {
    let bytes = usize::try_from(left).unwrap_or(USER_SHORT).clamp(USER_SHORT, LONG_MESSAGE);
    if text.len() <= bytes * 2 {
        return text.to_owned();
    }
    let mut from = text.len() - bytes;
    while !text.is_char_boundary(from) {
        from += 1;
    }
    format!("{}\n{}", cut(text, bytes), &text[from..])
}

/// Files that were changed in this session, by the agent itself or by those it delegated to, newest figures.
fn changed_files(core: &Core, agent: &AgentId) -> Result<String, RuntimeError> {
    let mut files: Vec<protocol::FileChange> = Vec::new();
    let mut note = |change: protocol::FileChange| match files.iter_mut().find(|known| known.path == change.path) {
        Some(known) => {
            known.added += change.added;
            known.removed += change.removed;
        }
        None => files.push(change),
    };
    core.store.changes_since(&core.session, agent, protocol::Timestamp(0))?.into_iter().for_each(&mut note);
    for record in core.store.delegations(&core.session)?.into_iter().filter(|record| record.from == *agent) {
        record.closed.into_iter().flat_map(|closed| closed.receipt.files).for_each(&mut note);
    }
    Ok(files.iter().map(|file| format!("- {} +{} -{}\n", file.path, file.added, file.removed)).collect())
}

/// Checks whose newest run did not pass.
fn failing_checks(core: &Core) -> Result<String, RuntimeError> {
    let mut newest: Vec<(String, Option<i32>)> = Vec::new();
    for event in core.store.events_of(&core.session, "verification.finished")? {
        if let EventBody::VerificationFinished { command, exit_code, .. } = event.body {
            newest.retain(|(known, _)| *known != command);
            newest.push((command, exit_code));
        }
    }
    let failing = newest.into_iter().filter(|(_, code)| *code != Some(0));
    let code = |code: Option<i32>| code.map_or("killed".to_owned(), |code| code.to_string());
    Ok(failing.map(|(command, exit)| format!("- `{command}` -> {}\n", code(exit))).collect())
}
