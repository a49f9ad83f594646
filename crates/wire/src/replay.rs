//! A whole answer as the events that would have streamed it.

use protocol::{Block, Reply, StreamEvent, Usage};

/// The events of an answer, text and arguments in pieces of at most `piece` characters (at least one). What a provider knows
/// before it has said anything, the prompt's counts, stands in the first event.
pub fn replay(reply: &Reply, piece: usize) -> Vec<StreamEvent> {
    let usage = Usage { output: 0, reasoning: 0, ..reply.usage };
    let mut events = vec![StreamEvent::Started { id: reply.id.clone(), model: reply.model.clone(), usage }];
    for (index, block) in reply.blocks.iter().enumerate() {
        match block {
            Block::Text { text } => {
                events.extend(pieces(text, piece).map(|text| StreamEvent::TextDelta { index, text }));
            }
            Block::Thinking { text, .. } => {
                events.extend(pieces(text, piece).map(|text| StreamEvent::ThinkingDelta { index, text }));
            }
            Block::ToolCall { id, name, arguments } => {
                events.push(StreamEvent::ToolCallStarted { index, id: id.clone(), name: name.clone() });
                events.extend(pieces(arguments, piece).map(|json| StreamEvent::ArgumentsDelta { index, json }));
            }
            _ => {}
        }
        events.push(StreamEvent::BlockFinished { index, block: block.clone() });
    }
    events.push(StreamEvent::Finished { reply: reply.clone() });
    events
}

fn pieces(text: &str, size: usize) -> impl Iterator<Item = String> {
    let mut rest = text.chars();
    std::iter::from_fn(move || {
        Some(rest.by_ref().take(size.max(1)).collect::<String>()).filter(|piece| !piece.is_empty())
    })
}
