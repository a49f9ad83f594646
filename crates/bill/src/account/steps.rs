//! Which tool calls each step asked for, and what their results put into the context.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{CallId, Item, LedgerRow, Purpose, ResultPart, RowOutcome, ToolOutcome};
use serde_json::Value;
use store::{TranscriptItem, WindowOpening};

use super::records::Records;
use crate::activity::Activity;

/// A tool call of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// As the model named it.
    pub id: CallId,
    /// The tool.
    pub tool: String,
    /// The arguments as the model wrote them.
    pub arguments: String,
    /// What it is part of.
    pub activity: Activity,
    /// The files that its arguments name.
    pub files: Vec<String>,
    /// It changed a file, or was to.
    pub edits: bool,
    /// It failed, was refused, or was never answered.
    pub failed: bool,
    /// Tokens its result put into the context: its share, by length, of what the next prompt grew by. 0 where the result was
    /// never sent.
    pub tokens: u64,
}

/// A step with its calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its row among the session's.
    pub row: usize,
    /// The row that first carried the results; none where none followed in the window.
    pub next: Option<usize>,
    /// The calls it asked for.
    pub calls: Vec<Call>,
}

/// The answered steps of all agents, in the order they were answered.
pub fn of(records: &Records) -> Vec<Step> {
    let mut steps: Vec<Step> = records.windows.iter().flat_map(|window| of_window(records, window)).collect();
    let known: BTreeSet<usize> = steps.iter().map(|step| step.row).collect();
    // A row whose window is not known is a step all the same: it was paid for.
    let lost = records.rows.iter().enumerate().filter(|(n, row)| is_step(row) && !known.contains(n));
    steps.extend(lost.map(|(row, _)| Step { row, next: None, calls: Vec::new() }));
    steps.sort_by_key(|step| step.row);
    steps
}

/// An answered step.
pub fn is_step(row: &LedgerRow) -> bool {
    row.purpose == Purpose::Step && row.outcome == RowOutcome::Ok
}

fn of_window(records: &Records, window: &WindowOpening) -> Vec<Step> {
    let here = |row: &LedgerRow| row.agent == window.agent && row.window == window.id;
    let rows: Vec<usize> =
        (0..records.rows.len()).filter(|n| here(&records.rows[*n]) && is_step(&records.rows[*n])).collect();
    let items: Vec<&TranscriptItem> = records.new_items(window).collect();
    let mut answers =
        items.iter().enumerate().filter(|(_, item)| matches!(item.item, Item::Assistant { .. })).peekable();
    let mut steps = Vec::with_capacity(rows.len());
    for (n, row) in rows.iter().enumerate() {
        let until = rows.get(n + 1).map(|next| records.rows[*next].at);
        // An answer with nothing in it left a row and no item: the next answer came after the next request.
        let own = answers.next_if(|(_, item)| until.is_none_or(|until| item.at <= until));
        let calls = own.map_or_else(Vec::new, |(at, item)| calls(records, item, &items[at + 1..]));
        // A ping is the last request again; a compaction carries what a step would.
        let sent = |later: &LedgerRow| {
            here(later)
                && later.outcome == RowOutcome::Ok
                && matches!(later.purpose, Purpose::Step | Purpose::Compaction)
        };
        let next = (row + 1..records.rows.len()).find(|n| sent(&records.rows[*n]));
        steps.push(Step { row: *row, next, calls: with_tokens(records, *row, next, calls) });
    }
    steps
}

/// The calls of an answer with the length of their results.
fn calls(records: &Records, answer: &TranscriptItem, later: &[&TranscriptItem]) -> Vec<(Call, u64)> {
    let until_next = later.iter().take_while(|item| !matches!(item.item, Item::Assistant { .. }));
    let results: BTreeMap<&str, &ToolOutcome> = until_next
        .filter_map(|item| match &item.item {
            Item::ToolResults { results } => Some(results),
            _ => None,
        })
        .flatten()
        .map(|result| (result.call.as_str(), result))
        .collect();
    let of_item = |change: &&store::ChangingCall| change.agent == answer.agent && change.step_item_seq == answer.seq;
    let changed: Vec<&store::ChangingCall> = records.changes.iter().filter(of_item).collect();
    let call = |(id, tool, arguments): (&str, &str, &str)| {
        let activity = Activity::of_tool(tool, arguments);
        let result = results.get(id).copied();
        let mut files = files_of(arguments);
        let changes = changed.iter().filter(|change| change.call.as_str() == id).flat_map(|change| &change.files);
        let before = files.len();
        files.extend(changes.map(|file| file.path.clone()));
        let edits = files.len() > before || activity == Activity::Edit;
        files.sort();
        files.dedup();
        let call = Call {
            id: CallId::new(id),
            tool: tool.to_owned(),
            arguments: arguments.to_owned(),
            activity,
            files,
            edits,
            failed: result.is_none_or(|result| result.is_error),
            tokens: 0,
        };
        (call, result.map_or(0, length))
    };
    answer.item.tool_calls().into_iter().map(call).collect()
}

fn length(result: &ToolOutcome) -> u64 {
    let part = |part: &ResultPart| match part {
        ResultPart::Text { text } => text.len(),
        ResultPart::Image { .. } => 0,
    };
    result.content.iter().map(part).sum::<usize>() as u64
}

/// What the next prompt grew by, without the model's own words, shared by length.
fn with_tokens(records: &Records, row: usize, next: Option<usize>, calls: Vec<(Call, u64)>) -> Vec<Call> {
    let total: u64 = calls.iter().map(|(_, length)| length).sum();
    let before = &records.rows[row].usage;
    let grown = next.map_or(0, |next| records.rows[next].usage.prompt().saturating_sub(before.prompt()));
    let entered = grown.saturating_sub(before.output.saturating_sub(before.reasoning));
    let share = |length: u64| (u128::from(entered) * u128::from(length) / u128::from(total.max(1))) as u64;
    calls.into_iter().map(|(call, length)| Call { tokens: share(length), ..call }).collect()
}

/// The files that a call's arguments name: `path`, `file_path`, `notebook_path`, and those of each of `files`.
fn files_of(arguments: &str) -> Vec<String> {
    let Ok(arguments) = serde_json::from_str::<Value>(arguments) else { return Vec::new() };
    let own = |value: &Value| -> Vec<String> {
        let named = ["path", "file_path", "notebook_path"].iter().filter_map(|key| value.get(*key)?.as_str());
        named.map(|path| path.trim_start_matches("./").to_owned()).collect()
    };
    let several = arguments.get("files").and_then(Value::as_array).into_iter().flatten();
    own(&arguments).into_iter().chain(several.flat_map(own)).collect()
}
