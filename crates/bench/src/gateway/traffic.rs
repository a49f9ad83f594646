//! Requests and answers of the three dialects as bytes, small ones and one as large as an agent's.

use anyhow::anyhow;
use protocol::request::{Block, Message, Request, Role, Settings, ToolSpec};
use protocol::{Dialect, Reply, StopReason, Usage};
use serde_json::json;

/// A model of each provider, so that a request names where it goes.
pub(crate) const CLAUDE: &str = "claude-haiku-5-5";
pub(crate) const GPT: &str = "gpt-6-luna";

/// How large a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// About 2 KB.
    Small,
    /// About 80 KB, with tools and tool results.
    Agent,
}

/// A body.
pub(crate) fn request(dialect: Dialect, model: &str, size: Size, stream: bool) -> anyhow::Result<Vec<u8>> {
    let line =
        "The order is checked against the limits of its kind before it is stored, and a refusal names the limit. ";
    let (tools, rounds, text) = match size {
        Size::Small => (0, 0, line.repeat(16)),
        Size::Agent => (20, 12, line.repeat(8)),
    };
    let mut messages = vec![Message { role: Role::User, blocks: vec![Block::text(text)] }];
    for round in 0..rounds {
        let id = format!("toolu_{round:08}");
        let arguments = json!({"path": format!("src/orders/m{round:03}.rs")}).to_string();
        let call = Block::ToolCall { id: id.clone(), name: "tool_00".to_owned(), arguments };
        messages.push(Message { role: Role::Assistant, blocks: vec![Block::text("I read the next file."), call] });
        let content = vec![protocol::request::ResultPart::Text { text: line.repeat(48) }];
        let result = Block::ToolResult { call_id: id, content, is_error: false };
        messages.push(Message { role: Role::User, blocks: vec![result] });
    }
    let request = Request {
        model: model.to_owned(),
        system: vec![line.repeat(if size == Size::Agent { 80 } else { 2 })],
        tools: (0..tools).map(|number| tool(number, line)).collect(),
        messages,
        settings: Settings { max_tokens: Some(1_024), stream, ..Settings::default() },
        ..Request::default()
    };
    wire::codec(dialect).write_request(&request).map_err(|error| anyhow!("{error}"))
}

fn tool(number: usize, line: &str) -> ToolSpec {
    ToolSpec {
        name: format!("tool_{number:02}"),
        description: line.repeat(6),
        schema: json!({
            "type": "object",
            "properties": {"path": {"type": "string", "description": line}},
            "required": ["path"],
        }),
    }
}

/// The answer to all of them: some words, as a whole body or as a stream of 40 pieces.
pub(crate) fn answer(dialect: Dialect, stream: bool) -> Vec<u8> {
    let text = "The limits hold for every kind of order that the tests know of. ".repeat(10);
    let usage = Usage { input: 12, cache_read: 400, output: 130, ..Usage::default() };
    let reply = Reply {
        id: "msg_0123456789".to_owned(),
        model: if dialect == Dialect::AnthropicMessages { CLAUDE } else { GPT }.to_owned(),
        blocks: vec![Block::text(text)],
        stop: StopReason::EndTurn,
        usage,
    };
    let codec = wire::codec(dialect);
    if !stream {
        return codec.write_reply(&reply);
    }
    let mut asked = Request { settings: Settings { stream: true, ..Settings::default() }, ..Request::default() };
    asked.settings.chat.include_usage = true;
    let mut writer = codec.reply_writer(&asked);
    wire::replay(&reply, 16).iter().flat_map(|event| writer.push(event)).collect()
}
