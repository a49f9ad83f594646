//! The conversation while it is being worked on: every block with the cache marker behind it, so that markers stay with what
//! they were set on whatever is moved, merged or left out.

use protocol::{Block, Breakpoint, Message, Position, Request, Role, Ttl};

/// A block, and the marker behind it.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) block: Block,
    pub(super) mark: Option<Ttl>,
}

impl Piece {
    pub(super) fn new(block: Block) -> Self {
        Self { block, mark: None }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::new(Block::text(text))
    }
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) role: Role,
    pub(super) pieces: Vec<Piece>,
}

impl Said {
    pub(super) fn new(role: Role, pieces: Vec<Piece>) -> Self {
        Self { role, pieces }
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.pieces.iter().map(|piece| &piece.block)
    }

    /// Keeps the pieces that are wanted. A marker behind one that goes moves to the last one before it that stays.
    pub(super) fn keep(&mut self, wanted: impl Fn(&Block) -> bool) {
        let mut kept: Vec<Piece> = Vec::with_capacity(self.pieces.len());
        for piece in std::mem::take(&mut self.pieces) {
            if wanted(&piece.block) {
                kept.push(piece);
            } else if let (Some(mark), Some(before)) = (piece.mark, kept.last_mut()) {
                before.mark.get_or_insert(mark);
            }
        }
        self.pieces = kept;
    }
}

/// The messages of a request, taken out of it.
pub(super) struct Talk {
    pub(super) said: Vec<Said>,
}

impl Talk {
    /// Takes the messages, and the breakpoints that stand in them. Those on tools and system blocks stay in the request.
    pub(super) fn take(request: &mut Request) -> Self {
        let messages = std::mem::take(&mut request.messages);
        let bare = |message: Message| Said::new(message.role, message.blocks.into_iter().map(Piece::new).collect());
        let mut said: Vec<Said> = messages.into_iter().map(bare).collect();
        request.breakpoints.retain(|breakpoint| {
            let Position::Message { message, block } = breakpoint.at else { return true };
            if let Some(piece) = said.get_mut(message).and_then(|said| said.pieces.get_mut(block)) {
                piece.mark = Some(breakpoint.ttl);
            }
            false
        });
        Self { said }
    }

    /// Puts the messages back, and their breakpoints behind those that stayed.
    pub(super) fn put(self, request: &mut Request) {
        for (message, said) in self.said.into_iter().enumerate() {
            let mut blocks = Vec::with_capacity(said.pieces.len());
            for (block, piece) in said.pieces.into_iter().enumerate() {
                if let Some(ttl) = piece.mark {
                    request.breakpoints.push(Breakpoint { at: Position::Message { message, block }, ttl });
                }
                blocks.push(piece.block);
            }
            request.messages.push(Message { role: said.role, blocks });
        }
    }
}

/// Takes a block out of the system prompt; a marker behind it moves to the one before.
pub(super) fn remove_system(request: &mut Request, index: usize) {
    request.system.remove(index);
    let mut moved: Vec<Breakpoint> = Vec::with_capacity(request.breakpoints.len());
    for breakpoint in request.breakpoints.drain(..) {
        let at = match breakpoint.at {
            Position::System(at) if at == index => match index.checked_sub(1) {
                Some(before) => Position::System(before),
                None => continue,
            },
            Position::System(at) if at > index => Position::System(at - 1),
            at => at,
        };
        if moved.iter().all(|known| known.at != at) {
            moved.push(Breakpoint { at, ttl: breakpoint.ttl });
        }
    }
    request.breakpoints = moved;
}
