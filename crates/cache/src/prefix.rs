//! The prefix ledger: a chained hash over the pieces of a request, so that each request costs only what is new, and any
//! change of what was sent before has a name.

use serde::{Deserialize, Serialize};

/// Which part of a prompt a piece belongs to; also the name of a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Tool definitions.
    Tools,
    /// System prompt.
    System,
    /// Conversation.
    Messages,
}

/// The state of the chain behind some piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixMark {
    /// Pieces so far.
    pub pieces: usize,
    /// Chained hash over them, hex.
    pub hash: String,
}

/// Something sent before is not what is sent now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {} changed at piece {} of a prefix that was already sent", section_name(*section), piece)]
pub struct Break {
    /// The first piece that differs, from 0.
    pub piece: usize,
    /// Where it is.
    pub section: Section,
}

fn section_name(section: Section) -> &'static str {
    match section {
        Section::Tools => "tools",
        Section::System => "system prompt",
        Section::Messages => "messages",
    }
}

impl Break {
    /// The name in the ledger: `tools_changed`, `system_changed`, `messages_changed`.
    pub fn name(&self) -> &'static str {
        match self.section {
            Section::Tools => "tools_changed",
            Section::System => "system_changed",
            Section::Messages => "messages_changed",
        }
    }
}

/// Chained hashes of all pieces so far. Append only.
#[derive(Clone, Debug, Default)]
pub struct PrefixLedger {
    chain: Vec<(Section, blake3::Hash)>,
}

impl PrefixLedger {
    /// Adds a piece.
    pub fn push(&mut self, section: Section, bytes: &[u8]) {
        let mut hasher = blake3::Hasher::new();
        if let Some((_, last)) = self.chain.last() {
            hasher.update(last.as_bytes());
        }
        hasher.update(&[section as u8]);
        hasher.update(bytes);
        self.chain.push((section, hasher.finalize()));
    }

    /// Pieces so far.
    pub fn len(&self) -> usize {
        self.chain.len()
    }

    /// Nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.chain.is_empty()
    }

    /// The mark behind the last piece.
    pub fn mark(&self) -> PrefixMark {
        self.mark_at(self.chain.len())
    }

    /// The mark behind the first `pieces` pieces (all of them where there are fewer).
    pub fn mark_at(&self, pieces: usize) -> PrefixMark {
        let pieces = pieces.min(self.chain.len());
        let hash = if pieces == 0 { String::new() } else { self.chain[pieces - 1].1.to_hex().to_string() };
        PrefixMark { pieces, hash }
    }

    /// Whether what was sent up to `sent` still stands at the head of this chain.
    ///
    /// # Errors
    /// [`Break`] with the last place where the two can differ: a mark keeps one hash, not the pieces, so the place is the
    /// end of the sent prefix, or the end of this chain where it is shorter.
    pub fn check(&self, sent: &PrefixMark) -> Result<(), Break> {
        if sent.pieces == 0 || self.mark_at(sent.pieces) == *sent {
            return Ok(());
        }
        let piece = sent.pieces.min(self.chain.len()).saturating_sub(1);
        let section = self.chain.get(piece).map_or(Section::Messages, |(section, _)| *section);
        Err(Break { piece, section })
    }

    /// As [`PrefixLedger::check`], against another whole chain: names the first piece that differs.
    ///
    /// # Errors
    /// [`Break`] at that piece.
    pub fn check_chain(&self, sent: &Self) -> Result<(), Break> {
        for (piece, (section, hash)) in sent.chain.iter().enumerate() {
            if self.chain.get(piece).is_none_or(|(_, other)| other != hash) {
                return Err(Break { piece, section: *section });
            }
        }
        Ok(())
    }
}
