//! The way back: an answer in the words of the client that asked.

use std::collections::BTreeMap;

use protocol::{Block, Reply, Request, StopReason, StreamEvent};
use serde_json::Value;

use super::arguments::Optional;
use super::seals;

/// What an answer needs to be given back to the client. Made by [`super::prepare`], one per request that is sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reverse {
    /// The client's name of each renamed tool.
    pub(super) names: BTreeMap<String, String>,
    /// Whose name seals of reasoning get; none where the client can tell by itself.
    pub(super) seal: Option<String>,
    /// The model that the client is told.
    pub(super) model: Option<String>,
    /// Id of an answer that has none.
    pub(super) id: String,
    /// Tokens of the prompt, as good as they can be known before the server counts them; 0: the client need not know.
    pub(super) estimate: u64,
    /// The dialects differ: words of the server's own are put into common ones.
    pub(super) foreign: bool,
    /// Optional arguments by the client's name of the tool, where they are filled for nothing.
    pub(super) optional: Optional,
    /// The call whose arguments are held back until they are whole.
    pub(super) held: Option<usize>,
}

impl Reverse {
    /// Puts an event of a stream into the client's words, in place. To be called once per event, in order.
    ///
    /// Counts in `Started` may be an estimate afterwards; those of `Finished` are the server's.
    pub fn event(&mut self, event: &mut StreamEvent) {
        match event {
            StreamEvent::Started { id, model, usage } => {
                self.head(id, model);
                if usage.prompt() == 0 {
                    usage.input = self.estimate;
                }
            }
            StreamEvent::ToolCallStarted { index, name, .. } => {
                self.name(name);
                self.held = self.optional.concerns(name).then_some(*index);
            }
            StreamEvent::ArgumentsDelta { index, .. } if self.held == Some(*index) => *event = StreamEvent::Ping,
            StreamEvent::BlockFinished { block, .. } => {
                self.held = None;
                self.block(block);
            }
            StreamEvent::Finished { reply } => self.reply(reply),
            _ => {}
        }
    }

    /// The same for a whole answer.
    pub fn reply(&self, reply: &mut Reply) {
        self.head(&mut reply.id, &mut reply.model);
        reply.blocks.iter_mut().for_each(|block| self.block(block));
        if self.foreign && matches!(reply.stop, StopReason::Other(_)) {
            let calls = reply.blocks.iter().any(|block| matches!(block, Block::ToolCall { .. }));
            reply.stop = if calls { StopReason::ToolUse } else { StopReason::EndTurn };
        }
    }

    fn head(&self, id: &mut String, model: &mut String) {
        if id.is_empty() {
            id.clone_from(&self.id);
        }
        if let Some(shown) = &self.model {
            model.clone_from(shown);
        }
    }

    fn name(&self, name: &mut String) {
        if let Some(old) = self.names.get(name) {
            name.clone_from(old);
        }
    }

    fn block(&self, block: &mut Block) {
        match (block, &self.seal) {
            (Block::ToolCall { name, arguments, .. }, _) => {
                self.name(name);
                self.optional.clean(name, arguments);
            }
            (Block::Thinking { signature: Some(seal), .. } | Block::RedactedThinking { data: seal }, Some(family)) => {
                *seal = seals::name(family, seal);
            }
            _ => {}
        }
    }
}

/// Bytes of text per token, roughly, in prose, code and JSON alike.
const BYTES_PER_TOKEN: usize = 4;

/// Tokens that an image costs, roughly.
const IMAGE_TOKENS: usize = 1_500;

/// About how many tokens a request's prompt has.
pub(super) fn estimate(request: &Request) -> u64 {
    let tools = request.tools.iter().map(|tool| tool.name.len() + tool.description.len() + size(&tool.schema));
    let system = request.system.iter().map(String::len);
    let said = request.messages.iter().flat_map(|message| &message.blocks).map(weight);
    let bytes: usize = tools.chain(system).chain(said).sum();
    (bytes / BYTES_PER_TOKEN) as u64
}

fn weight(block: &Block) -> usize {
    use protocol::ResultPart;
    match block {
        Block::Text { text } | Block::Thinking { text, .. } => text.len(),
        Block::RedactedThinking { data } => data.len(),
        Block::ToolCall { name, arguments, .. } => name.len() + arguments.len(),
        Block::ToolResult { content, .. } => content
            .iter()
            .map(|part| match part {
                ResultPart::Text { text } => text.len(),
                ResultPart::Image { .. } => IMAGE_TOKENS * BYTES_PER_TOKEN,
            })
            .sum(),
        Block::Image { .. } => IMAGE_TOKENS * BYTES_PER_TOKEN,
        Block::Opaque { json, .. } => json.len().min(IMAGE_TOKENS * BYTES_PER_TOKEN),
    }
}

/// Bytes of a schema as text, counted without writing it.
fn size(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + 4 + size(value)).sum::<usize>() + 2,
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::String(text) => text.len() + 2,
        _ => 4,
    }
}
