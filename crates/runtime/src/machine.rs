//! What an agent does next, read off its transcript alone. Pure: the conversation is the execution state, so a process that
//! was killed goes on exactly where the stored items say.

use protocol::{Item, Report, ResultPart, StopReason, ToolOutcome};

use crate::toolrun::INTERRUPTED;

/// The next thing to do for an agent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// Nothing was asked yet.
    Wait,
    /// Ask the model.
    Infer,
    /// Answer the tool calls of the last item.
    RunTools,
    /// The model was cut off by its output limit without asking for a tool: ask it to go on.
    Continue,
    /// The model declined to answer.
    Refused(String),
    /// The specialist reported; its delegation is over.
    Reported(Box<Report>),
    /// The model has said what it had to say.
    Answered(String),
}

/// Reads the next operation off the items of the open window.
pub(crate) fn next(items: &[Item]) -> Next {
    match items.last() {
        None => Next::Wait,
        Some(Item::User { .. } | Item::Fragment { .. }) => Next::Infer,
        Some(Item::ToolResults { results }) => match accepted_report(items, results) {
            Some(report) => Next::Reported(Box::new(report)),
            None => Next::Infer,
        },
        Some(item @ Item::Assistant { stop, .. }) => after_answer(item, stop),
    }
}

fn after_answer(item: &Item, stop: &StopReason) -> Next {
    if !item.tool_calls().is_empty() {
        return Next::RunTools;
    }
    match stop {
        StopReason::MaxTokens => Next::Continue,
        StopReason::Refusal => Next::Refused(item.plain_text()),
        _ => Next::Answered(item.plain_text()),
    }
}

/// The report that the last results accepted, read from the arguments of the call that made it.
fn accepted_report(items: &[Item], results: &[ToolOutcome]) -> Option<Report> {
    let accepted = results.iter().find(|result| result.tool == "report" && !result.is_error)?;
    let asked = items.iter().rev().nth(1)?;
    let (_, _, arguments) = asked.tool_calls().into_iter().find(|(id, ..)| *id == accepted.call.as_str())?;
    tools::read_report(&serde_json::from_str(arguments).ok()?)
}

/// Items since the last user item (a brief, for a specialist), that one included.
pub(crate) fn since_user(items: &[Item]) -> &[Item] {
    let start = items.iter().rposition(|item| matches!(item, Item::User { .. })).unwrap_or(0);
    &items[start..]
}

/// Model calls answered since the last user item.
pub(crate) fn steps_since_user(items: &[Item]) -> u32 {
    since_user(items).iter().filter(|item| matches!(item, Item::Assistant { .. })).count() as u32
}

/// Whether `take_over` was granted since the last user item.
pub(crate) fn took_over(items: &[Item]) -> bool {
    since_user(items).iter().any(|item| match item {
        Item::ToolResults { results } => results.iter().any(|result| result.tool == "take_over" && !result.is_error),
        _ => false,
    })
}

/// How often the most frequent (call, result) pair of the last ten tool results occurs.
pub(crate) fn repeats(items: &[Item]) -> usize {
    const LOOKED_AT: usize = 10;
    let mut pairs: Vec<(&str, &str, &ToolOutcome)> = Vec::new();
    for pair in since_user(items).windows(2) {
        let [asked, Item::ToolResults { results }] = pair else { continue };
        if results.iter().any(was_interrupted) {
            continue;
        }
        for result in results {
            let call = asked.tool_calls().into_iter().find(|(id, ..)| *id == result.call.as_str());
            if let Some((_, name, arguments)) = call {
                pairs.push((name, arguments, result));
            }
        }
    }
    let recent = &pairs[pairs.len().saturating_sub(LOOKED_AT)..];
    recent.iter().map(|pair| recent.iter().filter(|other| same(pair, other)).count()).max().unwrap_or(0)
}

/// A call that the program's own end cut off. Asking again for the whole step is what the agent was told to consider, and
/// no sign of going round in circles.
fn was_interrupted(result: &ToolOutcome) -> bool {
    result.content.iter().any(|part| matches!(part, ResultPart::Text { text } if text == INTERRUPTED))
}

fn same(a: &(&str, &str, &ToolOutcome), b: &(&str, &str, &ToolOutcome)) -> bool {
    a.0 == b.0 && a.1 == b.1 && a.2.content == b.2.content
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
