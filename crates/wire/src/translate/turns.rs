//! Who speaks when: instructions in mid-conversation, turns with nothing in them, the first and the last turn.

use protocol::{Block, Breakpoint, Dialect, Position, Request, ResultPart, Role};

use super::talk::{Piece, Said, Talk, remove_system};
use super::target::Target;
use crate::words::is_blank;

/// What the user is made to say where the dialect needs somebody to speak and nobody does.
const GO_ON: &str = "Continue.";

/// What the model is made to say between tool results and the user's words, where the server needs it to.
const UNDERSTOOD: &str = "Understood.";

/// How the system block begins by which a client of Anthropic's accounts for itself. It differs from version to version, and
/// other providers' caches would end there.
const ATTRIBUTION: &str = "x-anthropic-billing-header";

/// Takes out the client's account of itself, where it goes to somebody else.
pub(super) fn without_attribution(request: &mut Request, target: &Target) {
    if target.family == "anthropic" {
        return;
    }
    while let Some(index) = request.system.iter().position(|text| text.trim_start().starts_with(ATTRIBUTION)) {
        remove_system(request, index);
    }
}

/// Instructions at the very beginning belong to the system prompt: not every server takes two. Those further on stay where
/// they are, because to move them to the front would change the beginning of every later request.
pub(super) fn lead(request: &mut Request, talk: &mut Talk) {
    let texts_only = |said: &Said| said.blocks().all(|block| matches!(block, Block::Text { .. }));
    let leading = talk.said.iter().take_while(|said| said.role == Role::System && texts_only(said)).count();
    for piece in talk.said.drain(..leading).flat_map(|said| said.pieces) {
        let Block::Text { text } = piece.block else { continue };
        if let Some(ttl) = piece.mark {
            request.breakpoints.push(Breakpoint { at: Position::System(request.system.len()), ttl });
        }
        request.system.push(text);
    }
}

/// Makes the order of speakers one that the target takes.
pub(super) fn arrange(talk: &mut Talk, from: Dialect, target: &Target) {
    for said in &mut talk.said {
        said.keep(|block| !matches!(block, Block::Text { text } if is_blank(text)));
    }
    talk.said.retain(|said| !said.pieces.is_empty());
    instructions(talk, target);
    if target.strict_turns {
        space_results(talk);
    }
    let anthropic = target.dialect == Dialect::AnthropicMessages;
    let begins = talk.said.first().is_some_and(|first| first.role == Role::User);
    if talk.said.is_empty() || (!begins && (anthropic || target.strict_turns)) {
        talk.said.insert(0, go_on());
    }
    let Some(last) = talk.said.last_mut().filter(|last| last.role == Role::Assistant) else { return };
    if !target.prefill {
        talk.said.push(go_on());
    } else if anthropic
        && from != target.dialect
        && let Some(Piece { block: Block::Text { text }, .. }) = last.pieces.last_mut()
    {
        text.truncate(text.trim_end().len());
    }
}

fn go_on() -> Said {
    Said::new(Role::User, vec![Piece::text(GO_ON)])
}

/// An instruction in mid-conversation stays what it is where the target knows such a thing (Anthropic's: behind a user's
/// message only), and is else the user's message, marked as what it is.
fn instructions(talk: &mut Talk, target: &Target) {
    let anywhere = target.dialect != Dialect::AnthropicMessages;
    let mut before = None;
    for said in &mut talk.said {
        let texts_only = said.blocks().all(|block| matches!(block, Block::Text { .. }));
        let kept = target.mid_system && texts_only && (anywhere || matches!(before, Some(Role::User | Role::System)));
        if said.role == Role::System && !kept {
            said.role = Role::User;
            for piece in &mut said.pieces {
                if let Block::Text { text } = &mut piece.block {
                    *text = format!("<system-reminder>\n{text}\n</system-reminder>");
                }
            }
        }
        before = Some(said.role);
    }
}

/// What stands in a result for an image that the server only takes from the user.
const IMAGE_FOLLOWS: &str = "[the image follows in the user's next message]";

/// A model's turn between results and what the user says, and images of results said by the user.
fn space_results(talk: &mut Talk) {
    let mut spaced: Vec<Said> = Vec::with_capacity(talk.said.len());
    for mut said in std::mem::take(&mut talk.said) {
        let is_result = |piece: &Piece| matches!(piece.block, Block::ToolResult { .. });
        let after_results =
            spaced.last().is_some_and(|last| last.role == Role::User && last.pieces.iter().any(is_result));
        if after_results && said.role != Role::Assistant {
            spaced.push(Said::new(Role::Assistant, vec![Piece::text(UNDERSTOOD)]));
        }
        let (mut results, rest): (Vec<Piece>, Vec<Piece>) = said.pieces.into_iter().partition(is_result);
        let mut shown = take_images(&mut results);
        shown.extend(rest);
        if results.is_empty() || shown.is_empty() {
            results.append(&mut shown);
            said.pieces = results;
            spaced.push(said);
            continue;
        }
        spaced.push(Said::new(Role::User, results));
        spaced.push(Said::new(Role::Assistant, vec![Piece::text(UNDERSTOOD)]));
        spaced.push(Said::new(said.role, shown));
    }
    talk.said = spaced;
}

fn take_images(results: &mut [Piece]) -> Vec<Piece> {
    let mut images = Vec::new();
    for piece in results {
        let Block::ToolResult { content, .. } = &mut piece.block else { continue };
        for part in content {
            if let ResultPart::Image { source } = part {
                images.push(Piece::new(Block::Image { source: source.clone() }));
                *part = ResultPart::Text { text: IMAGE_FOLLOWS.to_owned() };
            }
        }
    }
    images
}
