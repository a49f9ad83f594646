//! Where to write the cache, under the vendors' rules: at most four breakpoints, a read looks back twenty positions, long
//! lifetimes before short ones, nothing below the minimum.

use protocol::{Breakpoint, Position, Ttl};

use crate::posture::{LOOK_BACK, MAX_BREAKPOINTS, Posture};
use crate::window::{BlockKind, PlacedBlock, Window};

/// What the plan depends on besides the window.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput {
    /// How the provider caches.
    pub posture: Posture,
    /// Life of the static part (tools and system).
    pub static_ttl: Ttl,
    /// Life of the conversation.
    pub tail_ttl: Ttl,
    /// Messages (from the start) that stay through the session: project instructions and the like. A breakpoint behind
    /// them keeps them readable when what follows is replaced.
    pub pinned_messages: usize,
    /// Blocks of the conversation that the last answered request ended with; 0 before the first.
    pub last_end: usize,
    /// Write what was added since; false for a request after which nothing of it is read again.
    pub write_tail: bool,
}

/// Breakpoints for the next request, in prompt order.
///
/// Always behind the system prompt and behind the last block. Behind the pinned messages where there are any. Behind
/// the last request's end only where the look-back from the new end would not reach it. Behind the first system block, which
/// agents of one role share, in a window's first request. Writing costs nothing extra for a breakpoint inside what is read
/// anyway.
pub fn plan(window: &Window, input: &PlanInput) -> Vec<Breakpoint> {
    match input.posture {
        Posture::Explicit { .. } => {}
        Posture::Implicit { breakpoints: true, .. } => return beside_the_automatic_one(window, input),
        Posture::Implicit { .. } | Posture::Unknown => return Vec::new(),
    }
    let mut breakpoints = Vec::with_capacity(MAX_BREAKPOINTS);
    let static_end = match (window.system().len(), window.tools().len()) {
        (0, 0) => None,
        (0, tools) => Some(Position::Tool(tools - 1)),
        (system, _) => Some(Position::System(system - 1)),
    };
    // A long life may stand only before short ones; a long tail under a short head would be refused.
    let static_ttl = if input.tail_ttl == Ttl::Long { Ttl::Long } else { input.static_ttl };
    if window.system().len() > 1 && input.last_end == 0 {
        breakpoints.push(Breakpoint { at: Position::System(0), ttl: static_ttl });
    }
    breakpoints.extend(static_end.map(|at| Breakpoint { at, ttl: static_ttl }));

    let blocks = window.blocks();
    let Some(end) = last_markable(blocks, blocks.len()) else { return breakpoints };
    let mut ends = Vec::new();
    let pinned = blocks.iter().take_while(|block| block.message < input.pinned_messages).count();
    if pinned > 0 && pinned < blocks.len() {
        ends.extend(last_markable(blocks, pinned));
    }
    if let Some(last) = last_markable(blocks, input.last_end)
        && (end.position - last.position + 1 > LOOK_BACK || !input.write_tail)
    {
        ends.push(last);
    }
    if input.write_tail {
        ends.push(end);
    }
    ends.dedup();
    for block in ends {
        let at = Position::Message { message: block.message, block: block.block };
        breakpoints.push(Breakpoint { at, ttl: input.tail_ttl });
    }
    debug_assert!(breakpoints.len() <= MAX_BREAKPOINTS);
    breakpoints
}

/// Where a provider writes the end of each request by itself: only what the next window begins with needs a mark.
fn beside_the_automatic_one(window: &Window, input: &PlanInput) -> Vec<Breakpoint> {
    let blocks = window.blocks();
    let pinned = blocks.iter().take_while(|block| block.message < input.pinned_messages).count();
    let system = window.system().len().checked_sub(1).map(Position::System);
    let project = last_markable(blocks, pinned).filter(|_| pinned < blocks.len());
    let project = project.map(|block| Position::Message { message: block.message, block: block.block });
    system.into_iter().chain(project).map(|at| Breakpoint { at, ttl: Ttl::Short }).collect()
}

/// The last of the first `count` blocks that may carry a marker.
fn last_markable(blocks: &[PlacedBlock], count: usize) -> Option<PlacedBlock> {
    blocks[..count.min(blocks.len())].iter().rev().find(|block| block.kind != BlockKind::Thinking).copied()
}
