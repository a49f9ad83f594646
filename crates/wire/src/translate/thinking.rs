//! Reasoning in the history (whose it is, and where it stands), and how much of it is asked for.

use protocol::request::Thinking;
use protocol::{Block, Dialect, Effort, Message, Request, Role, Settings, ToolChoice};

use super::seals;
use super::talk::Talk;
use super::target::{Target, ThinkingStyle};
use crate::json::Object;

/// Takes out what the target cannot read, and drops a model's turn that said nothing else.
pub(super) fn strip(talk: &mut Talk, from: Dialect, target: &Target) {
    let sealed_here = |seal: &str| match seals::open(seal) {
        Some((name, inner)) => seals::is_of(name, &target.family).then(|| inner.to_owned()),
        None => (from == target.dialect && (target.owns_unnamed_seals || is_phase(seal))).then(|| seal.to_owned()),
    };
    let anthropic = target.dialect == Dialect::AnthropicMessages;
    for said in talk.said.iter_mut().filter(|said| said.role == Role::Assistant) {
        let before = said.pieces.len();
        for piece in &mut said.pieces {
            match &mut piece.block {
                Block::Thinking { signature: Some(seal), .. } => *seal = sealed_here(seal).unwrap_or_default(),
                Block::RedactedThinking { data } => *data = sealed_here(data).unwrap_or_default(),
                Block::Thinking { text, signature: None } if keeps_unsealed(target) && anthropic => {
                    piece.block = unsealed(text);
                }
                Block::Thinking { text, signature: None } if !keeps_unsealed(target) => text.clear(),
                _ => {}
            }
        }
        said.keep(|block| match block {
            Block::Thinking { signature: Some(seal), .. } => !seal.is_empty() && target.dialect != Dialect::OpenaiChat,
            Block::RedactedThinking { data } => !data.is_empty() && target.dialect != Dialect::OpenaiChat,
            Block::Thinking { text, signature: None } => !text.is_empty() && keeps_unsealed(target),
            _ => true,
        });
        let translated = from != target.dialect || said.pieces.len() < before;
        if translated && said.blocks().all(is_thinking) {
            said.pieces.clear();
        }
    }
}

/// Not a seal at all: where a message of Responses stands in its turn, which has to be replayed.
fn is_phase(seal: &str) -> bool {
    seal.starts_with(r#"rs1:{"phase""#)
}

/// Chat Completions servers that want reasoning back take it without a seal, by their flavor; the others are not sent it.
fn keeps_unsealed(target: &Target) -> bool {
    target.dialect == Dialect::OpenaiChat || target.unsealed_thinking
}

/// Reasoning as imitations of Anthropic's dialect take it back: with an empty signature.
fn unsealed(text: &str) -> Block {
    let json = Object::of_type("thinking").text("thinking", text).text("signature", "").end();
    Block::Opaque { dialect: Dialect::AnthropicMessages, json }
}

fn is_thinking(block: &Block) -> bool {
    match block {
        Block::Thinking { .. } | Block::RedactedThinking { .. } => true,
        Block::Opaque { dialect: Dialect::AnthropicMessages, json } => json.starts_with(r#"{"type":"thinking""#),
        _ => false,
    }
}

/// Puts the reasoning of a turn first: Anthropic wants a turn that holds any to begin with it. A turn that does is left as it
/// stands, because reasoning between calls is meant.
pub(super) fn lead(talk: &mut Talk, from: Dialect, target: &Target) {
    if target.dialect != Dialect::AnthropicMessages || from == target.dialect {
        return;
    }
    for said in talk.said.iter_mut().filter(|said| said.role == Role::Assistant) {
        if said.blocks().next().is_some_and(|first| !is_thinking(first)) {
            said.pieces.sort_by_key(|piece| !is_thinking(&piece.block));
        }
    }
}

/// What the client asked for, in one word.
enum Asked {
    Nothing,
    Off,
    On(Option<Effort>),
}

fn asked(settings: &Settings) -> Asked {
    match (&settings.thinking, settings.effort) {
        (Some(Thinking::Disabled), _) | (None | Some(Thinking::Adaptive), Some(Effort::None)) => Asked::Off,
        (Some(Thinking::Budget(tokens)), effort) => Asked::On(Some(effort.unwrap_or_else(|| effort_of(*tokens)))),
        (Some(Thinking::Adaptive), effort) => Asked::On(effort),
        (None, Some(effort)) => Asked::On(Some(effort)),
        (None, None) => Asked::Nothing,
    }
}

/// Sets how hard the target is to think. What the client sent in a form that was only partly understood goes back in that
/// form as long as nothing about it is changed.
pub(super) fn fit(request: &mut Request, from: Dialect, target: &Target) {
    let before = (request.settings.thinking.clone(), request.settings.effort);
    match (from, target.dialect) {
        (Dialect::AnthropicMessages, Dialect::AnthropicMessages) => within_anthropic(&mut request.settings, target),
        (_, Dialect::AnthropicMessages) => to_anthropic(request, from, target),
        _ => to_effort(request, from, target),
    }
    let settings = &mut request.settings;
    if settings.thinking != before.0 {
        settings.extra.retain(|(name, _)| name != "thinking");
    }
    if settings.effort != before.1 {
        settings.extra.retain(|(name, _)| !matches!(name.as_str(), "output_config" | "reasoning_effort" | "reasoning"));
    }
}

fn within_anthropic(settings: &mut Settings, target: &Target) {
    match (&settings.thinking, target.thinking) {
        (_, ThinkingStyle::Off) => settings.thinking = None,
        (Some(Thinking::Budget(tokens)), ThinkingStyle::Adaptive | ThinkingStyle::Effort) => {
            settings.effort = settings.effort.or_else(|| Some(effort_of(*tokens)));
            settings.thinking = Some(Thinking::Adaptive);
        }
        (Some(Thinking::Adaptive), ThinkingStyle::Budget) => {
            settings.thinking = Some(Thinking::Budget(budget_of(settings.effort.unwrap_or(Effort::High))));
        }
        _ => {}
    }
    settings.effort = settings.effort.and_then(|effort| clamp(effort, target));
    if settings.thinking == Some(Thinking::Disabled) && !may_switch_off(settings.effort, target) {
        settings.thinking = None;
    }
}

fn to_anthropic(request: &mut Request, from: Dialect, target: &Target) {
    let asked = asked(&request.settings);
    // With a budget, a turn whose calls are being answered has to be replayed with its sealed reasoning, and a client of Chat
    // Completions has no field for that. There it is decided by the tools and not by the history: it must not change midway.
    let tools = !request.tools.is_empty();
    let unreplayable = (tools && from == Dialect::OpenaiChat) || open_turn_lacks_reasoning(&request.messages);
    let settings = &mut request.settings;
    (settings.thinking, settings.effort) = match asked {
        Asked::Nothing => (None, None),
        Asked::Off => (may_switch_off(None, target).then_some(Thinking::Disabled), None),
        Asked::On(effort) => {
            let effort = effort.unwrap_or_else(|| unsaid(from));
            let thinking = match target.thinking {
                ThinkingStyle::Off => None,
                ThinkingStyle::Adaptive | ThinkingStyle::Effort => Some(Thinking::Adaptive),
                ThinkingStyle::Budget if unreplayable => None,
                ThinkingStyle::Budget => Some(Thinking::Budget(budget_of(effort))),
            };
            (thinking, clamp(effort, target))
        }
    };
    let thinks = matches!(settings.thinking, Some(Thinking::Budget(_) | Thinking::Adaptive));
    if thinks && matches!(settings.tool_choice, ToolChoice::Any | ToolChoice::Tool(_)) {
        if target.thinking_always_on {
            settings.tool_choice = ToolChoice::Auto;
        } else {
            settings.thinking = None;
        }
    } else if thinks {
        settings.temperature = None;
        settings.top_p = None;
    }
}

/// The model's last turn asked for tools, was answered, and does not begin with reasoning.
fn open_turn_lacks_reasoning(messages: &[Message]) -> bool {
    let answered = messages.iter().rev().take_while(|message| message.role != Role::Assistant);
    let is_result = |block: &Block| matches!(block, Block::ToolResult { .. });
    let open = answered.flat_map(|message| &message.blocks).any(is_result);
    let last = messages.iter().rev().find(|message| message.role == Role::Assistant);
    open && last.is_some_and(|last| last.blocks.first().is_none_or(|first| !is_thinking(first)))
}

/// How hard a provider's models think that are only told to.
fn unsaid(from: Dialect) -> Effort {
    if from == Dialect::AnthropicMessages { Effort::High } else { Effort::Medium }
}

fn to_effort(request: &mut Request, from: Dialect, target: &Target) {
    let tools = !request.tools.is_empty();
    let settings = &mut request.settings;
    let wanted = match asked(settings) {
        Asked::Nothing => None,
        Asked::Off => Some(Effort::None),
        Asked::On(effort) => effort.or_else(|| (from != target.dialect).then(|| unsaid(from))),
    };
    // Responses shows its thinking to those who want to see it.
    let seen = matches!(settings.thinking, Some(Thinking::Adaptive | Thinking::Budget(_)));
    settings.thinking = Some(Thinking::Adaptive).filter(|_| seen && target.dialect == Dialect::OpenaiResponses);
    settings.effort = wanted.and_then(|effort| clamp(effort, target));
    if tools && !target.tools_with_effort && settings.effort.is_some_and(|effort| effort > Effort::None) {
        // `none` said aloud: left out, it would be the model's own default.
        settings.effort = Some(Effort::None);
    }
}

fn may_switch_off(effort: Option<Effort>, target: &Target) -> bool {
    let allowed = target.thinking_off_up_to.is_none_or(|most| effort.unwrap_or(Effort::High) <= most);
    !target.thinking_always_on && allowed && target.thinking != ThinkingStyle::Off
}

/// The nearest effort that the model knows, rather a lower one than a higher one.
fn clamp(effort: Effort, target: &Target) -> Option<Effort> {
    let lower = target.efforts.iter().copied().filter(|known| *known <= effort && *known > Effort::None).max();
    let higher = target.efforts.iter().copied().filter(|known| *known >= effort).min();
    match target.efforts.contains(&effort) {
        true => Some(effort),
        false => lower.or(higher),
    }
}

/// Tokens for an effort. They lie well inside the steps of [`effort_of`], so that there and back is the same.
pub(super) fn budget_of(effort: Effort) -> u32 {
    match effort {
        Effort::None | Effort::Minimal => 1_024,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
        Effort::Xhigh | Effort::Max => 49_152,
    }
}

/// The effort that a budget stands for. Claude Code's largest one is 31,999.
pub(super) fn effort_of(tokens: u32) -> Effort {
    match tokens {
        0..2_048 => Effort::Minimal,
        2_048..4_096 => Effort::Low,
        4_096..16_384 => Effort::Medium,
        16_384..32_768 => Effort::High,
        _ => Effort::Xhigh,
    }
}
