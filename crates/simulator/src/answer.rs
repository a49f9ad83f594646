//! A play as an answer: blocks, stop reason, output tokens.

use protocol::{Block, Reply, StopReason, Usage};

use crate::block::Reader;
use crate::play::Play;
use crate::scenario::FaultKind;
use crate::seal::{self, Binding};
use crate::tokens::billed;
use crate::{ids, responses_seal};

/// How a request's answer is spoken.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    /// Name of the model, as asked for.
    pub(crate) model: String,
    /// Billed tokens per counted token.
    pub(crate) factor: f64,
    /// What the caller allows to be generated.
    pub(crate) max_tokens: Option<u64>,
    /// How reasoning is shown.
    pub(crate) reasoning: Reasoning,
}

/// What a client sees of reasoning.
#[derive(Clone, Debug)]
pub(crate) enum Reasoning {
    /// The text with a seal.
    Sealed(Binding),
    /// The text alone.
    Open,
    /// An item of Responses.
    Item(ItemVoice),
    /// Nothing; it is billed all the same.
    Hidden,
    /// The caller switched it off.
    Off,
}

/// What a Responses client asked to see of reasoning.
#[derive(Clone, Debug)]
pub(crate) struct ItemVoice {
    pub(crate) binding: responses_seal::Binding,
    /// The text, as a summary.
    pub(crate) summary: bool,
    /// What the client can send back where nothing is stored.
    pub(crate) encrypted: bool,
}

/// The answer. `usage` is the prompt's part of the bill.
pub(crate) fn reply(
    id: String,
    play: &Play,
    voice: &Voice,
    fault: Option<FaultKind>,
    usage: Usage,
    reader: &Reader,
) -> Reply {
    let mut purse = Purse {
        left: voice.max_tokens,
        cut: voice.max_tokens == Some(0),
        spent: 0,
        reasoning: 0,
        factor: voice.factor,
        reader,
    };
    let mut blocks = Vec::new();
    if let Some(text) = play.thinking.as_deref().filter(|text| !text.trim().is_empty()) {
        blocks.extend(thinking(text, &id, voice, &mut purse));
    }
    if let Some(text) = play.say.as_deref().filter(|text| !text.trim().is_empty()) {
        blocks.extend(purse.pay(text).filter(|said| !said.trim().is_empty()).map(Block::text));
    }
    for call in &play.calls {
        let arguments = match fault {
            Some(FaultKind::MalformedArguments) => cut_in_half(&call.arguments),
            Some(FaultKind::EmptyArguments) => "",
            _ => &call.arguments,
        };
        let head = purse.pay(&call.name).is_some_and(|name| name == call.name);
        if let Some(arguments) = purse.pay(arguments).filter(|_| head) {
            blocks.push(Block::ToolCall { id: call.id.clone(), name: call.name.clone(), arguments });
        }
    }
    let stop = match () {
        () if purse.cut => StopReason::MaxTokens,
        () if play.stop.is_some() => play.stop.clone().unwrap_or(StopReason::EndTurn),
        () if !play.calls.is_empty() => StopReason::ToolUse,
        () => StopReason::EndTurn,
    };
    let usage = Usage { output: purse.spent, reasoning: purse.reasoning, ..usage };
    Reply { id, model: voice.model.clone(), blocks, stop, usage }
}

fn thinking(text: &str, reply_id: &str, voice: &Voice, purse: &mut Purse<'_>) -> Option<Block> {
    if matches!(voice.reasoning, Reasoning::Off) {
        return None;
    }
    let before = purse.spent;
    let text = purse.pay(text)?;
    purse.reasoning = purse.spent - before;
    match &voice.reasoning {
        Reasoning::Sealed(binding) => {
            let signature = Some(seal::seal(&voice.model, binding, &text));
            Some(Block::Thinking { text, signature })
        }
        Reasoning::Item(voice) => Some(item(&text, reply_id, voice, purse.reasoning)),
        Reasoning::Open => Some(Block::Thinking { text, signature: None }),
        Reasoning::Hidden | Reasoning::Off => None,
    }
}

/// How the codec knows a block that is an item of Responses already.
const ITEM: &str = wire::openai_responses::SEAL;

/// A reasoning item.
fn item(text: &str, reply_id: &str, voice: &ItemVoice, tokens: u64) -> Block {
    let summary = if voice.summary { vec![serde_json::json!({"type": "summary_text", "text": text})] } else { vec![] };
    let mut item = serde_json::json!({"id": ids::reasoning(reply_id), "type": "reasoning", "summary": summary});
    if voice.encrypted {
        item["encrypted_content"] = responses_seal::seal(&voice.binding, tokens).into();
    }
    let text = if voice.summary { text.to_owned() } else { String::new() };
    Block::Thinking { text, signature: Some(format!("{ITEM}{item}")) }
}

/// JSON text up to its middle: never valid, because the closing brace is gone.
pub(crate) fn cut_in_half(text: &str) -> &str {
    let mut middle = text.len() / 2;
    while !text.is_char_boundary(middle) {
        middle -= 1;
    }
    &text[..middle]
}

/// Output tokens: spent, and left under the caller's limit.
struct Purse<'a> {
    left: Option<u64>,
    /// Something was to be said that the limit did not allow.
    cut: bool,
    spent: u64,
    reasoning: u64,
    factor: f64,
    reader: &'a Reader,
}

impl Purse<'_> {
    /// Pays for a text: all of it, as much of it as the limit allows, or nothing when it was reached before.
    fn pay(&mut self, text: &str) -> Option<String> {
        if self.cut {
            return None;
        }
        let price = billed(self.reader.count(text), self.factor);
        let Some(left) = self.left.filter(|left| price > *left) else {
            self.spent += price;
            self.left = self.left.map(|left| left - price);
            return Some(text.to_owned());
        };
        self.cut = true;
        self.spent += left;
        let share = text.chars().count() as u64 * left / price;
        Some(text.chars().take(share as usize).collect())
    }
}
