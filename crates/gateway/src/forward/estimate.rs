//! Token counts for clients whose provider offers none, from the length of the text (the tokenizer would take 46 MB for an estimate
//! of another model's tokens) and what images usually take.

use protocol::{Block, Request, ResultPart};

/// What an image takes, roughly (Anthropic: width x height / 750, at most 1.15 megapixels).
const IMAGE: u64 = 1_500;

/// Tokens that a message takes beside its words.
const PER_MESSAGE: u64 = 4;

/// About how many tokens the request has.
pub(crate) fn tokens(request: &Request) -> u64 {
    let count = |text: &str| cache::TokenCounter::count(text);
    let system: u64 = request.system.iter().map(|text| count(text)).sum();
    let tool =
        |tool: &protocol::ToolSpec| count(&tool.name) + count(&tool.description) + count(&tool.schema.to_string());
    let tools: u64 = request.tools.iter().map(tool).sum();
    let blocks = request.messages.iter().flat_map(|message| &message.blocks);
    let said: u64 = blocks.map(|block| of_block(block, &count)).sum();
    system + tools + said + PER_MESSAGE * request.messages.len() as u64
}

fn of_block(block: &Block, count: &dyn Fn(&str) -> u64) -> u64 {
    match block {
        Block::Text { text } | Block::Thinking { text, .. } => count(text),
        Block::ToolCall { name, arguments, .. } => count(name) + count(arguments),
        Block::ToolResult { content, .. } => {
            let part = |part: &ResultPart| match part {
                ResultPart::Text { text } => count(text),
                _ => IMAGE,
            };
            content.iter().map(part).sum()
        }
        Block::Opaque { json, .. } => count(json),
        // Sealed reasoning is not counted by its maker either.
        Block::RedactedThinking { .. } => 0,
        _ => IMAGE,
    }
}
