//! Cache breakpoints: put in where the client set none, and kept within what a provider takes.

use protocol::{Block, Breakpoint, Position, Request, Role, Ttl};

use super::target::Target;
use crate::words::is_blank;

/// Most breakpoints in one request (Anthropic, and everyone who imitates its markers).
const MOST: usize = 4;

/// Sets or arranges the breakpoints.
pub(super) fn place(request: &mut Request, target: &Target) {
    match target.breakpoints {
        Some(ttl) if request.breakpoints.is_empty() => inject(request, ttl),
        _ => arrange(&mut request.breakpoints),
    }
}

/// Behind the tools, behind the system prompt, where the request before this one ended, and at the end. The third is where
/// the cache is found again however much was appended since.
fn inject(request: &mut Request, ttl: Ttl) {
    let said =
        |message: &usize| request.messages.get(*message).and_then(|message| message.blocks.iter().rposition(says));
    let end = |message: usize| said(&message).map(|block| Position::Message { message, block });
    let answered = request.messages.iter().rposition(|message| message.role == Role::Assistant);
    let before = answered.and_then(|answered| (0..answered).rev().find_map(end));
    let last = (0..request.messages.len()).rev().find_map(end).filter(|last| Some(*last) != before);
    let places = [
        request.tools.len().checked_sub(1).map(Position::Tool),
        request.system.iter().rposition(|text| !is_blank(text)).map(Position::System),
        before,
        last,
    ];
    request.breakpoints = places.into_iter().flatten().map(|at| Breakpoint { at, ttl }).collect();
}

fn says(block: &Block) -> bool {
    match block {
        Block::Text { text } => !is_blank(text),
        Block::Thinking { .. } | Block::RedactedThinking { .. } => false,
        _ => true,
    }
}

/// In prompt order, at most four (the earliest ones in messages go first: later ones hold what they held), and no long
/// lifetime behind a short one.
fn arrange(breakpoints: &mut Vec<Breakpoint>) {
    breakpoints.sort_by_key(|breakpoint| match breakpoint.at {
        Position::Tool(index) => (0, index, 0),
        Position::System(index) => (1, index, 0),
        Position::Message { message, block } => (2, message, block),
    });
    while breakpoints.len() > MOST {
        let in_message = |breakpoint: &Breakpoint| matches!(breakpoint.at, Position::Message { .. });
        let first = breakpoints.iter().position(in_message).unwrap_or_default();
        breakpoints.remove(first);
    }
    let mut short = false;
    for breakpoint in breakpoints {
        short |= breakpoint.ttl == Ttl::Short;
        if short {
            breakpoint.ttl = Ttl::Short;
        }
    }
}
