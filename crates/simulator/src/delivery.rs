//! How the bytes of an answer go out: pieces, pauses, and what a fault does to them.

use std::io::Write;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::answer::cut_in_half;
use crate::scenario::{Fault, FaultKind};

/// What an answer does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Send(Bytes),
    Wait(Duration),
    /// Says nothing more until the simulator stops.
    Silence,
    Reset,
}

/// An answer as it goes out under a fault. `ping` is what keeps the client's connection alive.
pub(crate) fn acts(chunks: Vec<Bytes>, streamed: bool, fault: Option<&Fault>, ping: &Bytes) -> Vec<Act> {
    let Some(fault) = fault else { return sent(chunks) };
    match fault.kind {
        FaultKind::Stall => broken(chunks, fault, 0, Some(Act::Silence)),
        FaultKind::Reset => broken(chunks, fault, 0, Some(Act::Reset)),
        FaultKind::Truncated => {
            let half = chunks.len() / 2;
            broken(chunks, fault, half, None)
        }
        FaultKind::Pause => paused(chunks, fault, ping),
        FaultKind::MalformedJson | FaultKind::MalformedSse => sent(malformed(chunks, streamed, fault)),
        FaultKind::Split => sent(split(&chunks, fault.bytes)),
        FaultKind::Crlf => sent(chunks.iter().map(with_crlf).collect()),
        FaultKind::Gzip => sent(compressed(&chunks)),
        _ => sent(chunks),
    }
}

fn sent(chunks: Vec<Bytes>) -> Vec<Act> {
    chunks.into_iter().map(Act::Send).collect()
}

/// What goes out before a fault, and what would have gone out behind it.
fn parted(mut chunks: Vec<Bytes>, fault: &Fault, usual: usize) -> (Vec<Bytes>, Vec<Bytes>) {
    let Some(mut bytes) = fault.after_bytes else {
        let rest = chunks.split_off(fault.after_chunks.unwrap_or(usual).min(chunks.len()));
        return (chunks, rest);
    };
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    for mut chunk in chunks {
        let head = chunk.split_to(bytes.min(chunk.len()));
        bytes -= head.len();
        before.extend(Some(head).filter(|head| !head.is_empty()));
        behind.extend(Some(chunk).filter(|chunk| !chunk.is_empty()));
    }
    (before, behind)
}

/// An answer that is not finished: at least its last chunk is missing.
fn broken(chunks: Vec<Bytes>, fault: &Fault, usual: usize, end: Option<Act>) -> Vec<Act> {
    let (before, behind) = parted(chunks, fault, usual);
    let whole = behind.is_empty() && end.is_none();
    let count = if whole { before.len().saturating_sub(1) } else { before.len() };
    before.into_iter().take(count).map(Act::Send).chain(end).collect()
}

fn paused(chunks: Vec<Bytes>, fault: &Fault, ping: &Bytes) -> Vec<Act> {
    let half = chunks.len() / 2;
    let (before, behind) = parted(chunks, fault, half);
    let part = Duration::from_millis(fault.ms) / (fault.pings + 1);
    let mut acts = sent(before);
    for _ in 0..fault.pings {
        acts.extend([Act::Wait(part), Act::Send(ping.clone())]);
    }
    acts.push(Act::Wait(part));
    acts.extend(sent(behind));
    acts
}

/// In an answer in one piece the JSON ends in its middle. In a stream one event's JSON does, or something stands there that
/// is no event at all.
fn malformed(mut chunks: Vec<Bytes>, streamed: bool, fault: &Fault) -> Vec<Bytes> {
    if !streamed {
        chunks.truncate(chunks.len().div_ceil(2));
        return chunks;
    }
    let at = fault.after_chunks.unwrap_or(chunks.len() / 2).min(chunks.len().saturating_sub(1));
    let Some(chunk) = chunks.get_mut(at) else { return chunks };
    if fault.kind == FaultKind::MalformedSse {
        *chunk = Bytes::from_static(b"<html>upstream\ndata: {\"half\": \"\xff\xfe\ndata\n\n");
        return chunks;
    }
    let text = String::from_utf8_lossy(chunk).into_owned();
    let lines = text.lines().map(|line| match line.strip_prefix("data: ") {
        Some(json) => format!("data: {}\n", cut_in_half(json)),
        None => format!("{line}\n"),
    });
    *chunk = Bytes::from(lines.collect::<String>());
    chunks
}

/// So many bytes in each piece, whatever is torn apart by it.
fn split(chunks: &[Bytes], size: usize) -> Vec<Bytes> {
    let mut whole = joined(chunks);
    let mut pieces = Vec::with_capacity(whole.len() / size.max(1) + 1);
    while !whole.is_empty() {
        pieces.push(whole.split_to(size.clamp(1, whole.len())));
    }
    pieces
}

fn joined(chunks: &[Bytes]) -> Bytes {
    let mut whole = BytesMut::new();
    chunks.iter().for_each(|chunk| whole.extend_from_slice(chunk));
    whole.freeze()
}

/// JSON has its own line breaks escaped, so every one is the end of a line.
fn with_crlf(chunk: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(chunk.len() + 16);
    for byte in chunk {
        if *byte == b'\n' {
            out.extend_from_slice(b"\r");
        }
        out.extend_from_slice(&[*byte]);
    }
    out.freeze()
}

/// Each chunk can be read when it has come.
fn compressed(chunks: &[Bytes]) -> Vec<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut out = Vec::with_capacity(chunks.len() + 1);
    for chunk in chunks {
        // Writing into memory has no way to fail.
        let written = encoder.write_all(chunk).and_then(|()| encoder.flush());
        debug_assert!(written.is_ok(), "{written:?}");
        out.push(Bytes::from(std::mem::take(encoder.get_mut())));
    }
    out.push(Bytes::from(encoder.finish().unwrap_or_default()));
    out
}
