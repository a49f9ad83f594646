//! What an agent does next, read off its transcript alone. Pure: the conversation is the execution state, so a process that
//! was killed goes on exactly where the stored items say.

use protocol::{Item, Report, StopReason, ToolOutcome};

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

/// The report that the last results accepted.
fn accepted_report(items: &[Item], results: &[ToolOutcome]) -> Option<Report> {
    report_of(items.iter().rev().nth(1)?, results)
}

/// The report that these results accepted, read from the arguments of the call that made it.
pub(crate) fn report_of(asked: &Item, results: &[ToolOutcome]) -> Option<Report> {
    let accepted = results.iter().find(|result| result.tool == "report" && !result.is_error)?;
    let (_, _, arguments) = asked.tool_calls().into_iter().find(|(id, ..)| *id == accepted.call.as_str())?;
    tools::read_report(&serde_json::from_str(arguments).ok()?)
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
