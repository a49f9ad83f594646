//! Cache markers: where breakpoints end up among rendered pieces, and how a marker is spliced in.

use protocol::{Breakpoint, Position, Ttl};

use crate::codec::Assembly;

/// The markers of one request, each behind a piece that can carry one.
pub(crate) struct Marks {
    marks: Vec<(Position, Ttl)>,
}

impl Marks {
    /// No markers.
    pub(crate) fn none() -> Self {
        Self { marks: Vec::new() }
    }

    /// Moves each breakpoint to the nearest piece at or before it, in the same message, that can carry a marker. Where
    /// there is none the breakpoint is left out; where two meet the first one stays.
    pub(crate) fn plan(assembly: &Assembly<'_>, markable: fn(&str) -> bool) -> Self {
        let mut planned = Self::none();
        for breakpoint in assembly.breakpoints {
            if let Some(at) = settle(assembly, breakpoint.at, markable)
                && planned.at(at).is_none()
            {
                planned.marks.push((at, breakpoint.ttl));
            }
        }
        planned
    }

    /// The marker behind a piece.
    pub(crate) fn at(&self, at: Position) -> Option<Ttl> {
        self.marks.iter().find(|(marked, _)| *marked == at).map(|(_, ttl)| *ttl)
    }
}

fn settle(assembly: &Assembly<'_>, at: Position, markable: fn(&str) -> bool) -> Option<Position> {
    let nearest = |pieces: &[String], index: usize| {
        let index = index.min(pieces.len().checked_sub(1)?);
        (0..=index).rev().find(|&index| pieces.get(index).is_some_and(|piece| markable(piece)))
    };
    match at {
        Position::Tool(index) => nearest(assembly.tools, index).map(Position::Tool),
        Position::System(index) => nearest(assembly.system, index).map(Position::System),
        Position::Message { message, block } => {
            let rendered = assembly.messages.get(message)?;
            nearest(&rendered.blocks, block).map(|block| Position::Message { message, block })
        }
    }
}

/// The marker itself.
pub(crate) fn marker(ttl: Ttl) -> &'static str {
    match ttl {
        Ttl::Short => r#""cache_control":{"type":"ephemeral"}"#,
        Ttl::Long => r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#,
    }
}

/// Appends a piece, with the marker, if any, before the last of the given endings.
pub(crate) fn append(out: &mut Vec<u8>, piece: &str, marker: Option<&str>, ending: &str) {
    let (Some(marker), Some(at)) = (marker, piece.rfind(ending)) else {
        out.extend_from_slice(piece.as_bytes());
        return;
    };
    let (before, after) = piece.split_at(at);
    out.extend_from_slice(before.as_bytes());
    out.push(b',');
    out.extend_from_slice(marker.as_bytes());
    out.extend_from_slice(after.as_bytes());
}

/// The same breakpoints among the pieces that rendering leaves: `order(message)` gives the numbers of a message's neutral
/// blocks in the order they were rendered, `system` those of the system blocks.
pub(crate) fn translate(
    breakpoints: &[Breakpoint],
    system: &[usize],
    order: impl Fn(usize) -> Vec<usize>,
) -> Vec<Breakpoint> {
    let translated = |at| match at {
        Position::Tool(_) => Some(at),
        Position::System(index) => place(system, index).map(Position::System),
        Position::Message { message, block } => {
            place(&order(message), block).map(|block| Position::Message { message, block })
        }
    };
    breakpoints
        .iter()
        .filter_map(|breakpoint| Some(Breakpoint { at: translated(breakpoint.at)?, ttl: breakpoint.ttl }))
        .collect()
}

/// Where a piece went; for one that was left out, where its nearest predecessor went.
fn place(order: &[usize], piece: usize) -> Option<usize> {
    let before = order.iter().enumerate().filter(|(_, neutral)| **neutral <= piece);
    before.max_by_key(|(_, neutral)| **neutral).map(|(rendered, _)| rendered)
}
