//! Whole answers, read and written.

use protocol::request::NativeTools;
use protocol::{Reply, StopReason, StreamEvent, Usage};

use super::stream::Machine;
use super::{output, usage};
use crate::codec::WireError;
use crate::json::{Object, array};
use crate::node::invalid;

/// Reads a whole answer: as the last event of a stream, so that both give the same blocks.
pub(super) fn read(body: &[u8]) -> Result<Reply, WireError> {
    let text = std::str::from_utf8(body).map_err(|error| invalid("body", format!("not UTF-8: {error}")))?;
    let mut machine = Machine::default();
    let mut events = Vec::new();
    machine.whole(text, &mut events)?;
    match events.pop() {
        Some(StreamEvent::Finished { reply }) => Ok(reply),
        _ => Err(invalid("output", "is required, and is missing")),
    }
}

/// Writes a whole answer.
pub(super) fn write(reply: &Reply, names: &NativeTools) -> Vec<u8> {
    let mut items: Vec<String> = Vec::new();
    let mut phase = None;
    for block in &reply.blocks {
        items.extend(output::write(block, &reply.id, items.len(), names, &mut phase));
    }
    finished(reply, &items).into_bytes()
}

/// The answer of these items, as it ended.
pub(super) fn finished(reply: &Reply, items: &[String]) -> String {
    let (status, reason) = ending(&reply.stop);
    let response = Response { id: &reply.id, model: &reply.model, status, reason, error: None };
    response.write(items, Some(&reply.usage))
}

/// What an answer and the events around it hold.
pub(super) struct Response<'a> {
    pub(super) id: &'a str,
    pub(super) model: &'a str,
    pub(super) status: &'a str,
    /// Why it is incomplete.
    pub(super) reason: Option<&'a str>,
    /// How it failed, as JSON.
    pub(super) error: Option<&'a str>,
}

impl Response<'_> {
    /// The object. What was asked for is not repeated; there is no clock here, so the time of creation is always 0; and
    /// nothing is stored.
    pub(super) fn write(&self, items: &[String], counts: Option<&Usage>) -> String {
        let details = self.reason.map(|reason| Object::new().text("reason", reason).end());
        let or_null = |json: Option<&str>| json.unwrap_or("null").to_owned();
        Object::new()
            .text("id", self.id)
            .text("object", "response")
            .number("created_at", 0)
            .text("status", self.status)
            .raw("error", &or_null(self.error))
            .raw("incomplete_details", &or_null(details.as_deref()))
            .raw("instructions", "null")
            .raw("metadata", "{}")
            .text("model", self.model)
            .raw("output", &array(items))
            .raw("parallel_tool_calls", "true")
            .raw("previous_response_id", "null")
            .raw("store", "false")
            .text("tool_choice", "auto")
            .raw("tools", "[]")
            .raw("usage", &or_null(counts.map(usage::write).as_deref()))
            .end()
    }

    /// The name of the event that says it.
    pub(super) fn event(&self) -> String {
        format!("response.{}", self.status)
    }
}

/// Status and, where it is incomplete, the reason.
pub(super) fn ending(stop: &StopReason) -> (&'static str, Option<&str>) {
    match stop {
        StopReason::EndTurn | StopReason::ToolUse | StopReason::StopSequence | StopReason::Pause => ("completed", None),
        StopReason::MaxTokens | StopReason::ContextWindow => ("incomplete", Some("max_output_tokens")),
        StopReason::Refusal => ("incomplete", Some("content_filter")),
        StopReason::Other(word) => ("incomplete", Some(word)),
    }
}
