//! A provider of one answer at a time: a long one at once, or words at a pace. A thread of its own, over HTTP/1.1, in the dialect of
//! Anthropic Messages.
#![expect(clippy::disallowed_methods, reason = "a server: opens its listening socket, and keeps a pace by the clock")]

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::gateway::message;

/// What a prompt says that wants the long answer.
pub(super) const LONG: &str = "Tell me all of it";
/// What a prompt says that wants the words at a pace.
pub(super) const PACED: &str = "Tell me slowly";
/// Tokens in one event, as providers send a few at once.
pub(super) const TOKENS_PER_EVENT: usize = 4;

/// Words that are one token each with a blank before them.
const WORDS: [&str; 12] =
    [" the", " order", " has", " a", " limit", " and", " each", " line", " is", " read", " once", " more"];

/// What is served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// Lines of the long answer.
    pub(super) lines: usize,
    /// Tokens a second of the paced one.
    pub(super) tokens_per_s: usize,
    /// How long that goes on, in seconds.
    pub(super) seconds: usize,
}

/// Serves as long as the program runs.
///
/// # Errors
/// No port is free.
pub(super) fn serve(offer: Offer) -> anyhow::Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).context("no free port")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).ok();
                tokio::spawn(talk(stream, offer));
            }
        });
    });
    Ok(address)
}

async fn talk(mut stream: TcpStream, offer: Offer) {
    let mut buffer = Vec::with_capacity(128 * 1024);
    loop {
        let Some((head, end)) = message::request_end(&buffer) else {
            match stream.read_buf(&mut buffer).await {
                Ok(read) if read > 0 => continue,
                _ => return,
            }
        };
        let body = &buffer[head..end];
        let has = |words: &str| message::contains(body, words.as_bytes());
        let paced = has(PACED);
        let written = if paced { pace(&mut stream, offer).await } else { at_once(&mut stream, offer, has(LONG)).await };
        if written.is_err() {
            return;
        }
        buffer.drain(..end);
    }
}

async fn at_once(stream: &mut TcpStream, offer: Offer, long: bool) -> std::io::Result<()> {
    let mut bytes = begin();
    let lines = if long { offer.lines } else { 1 };
    for number in 0..lines {
        bytes.extend(chunk("content_block_delta", &delta(&format!("- line {number} of what there is to tell\n"))));
    }
    bytes.extend(end());
    stream.write_all(&bytes).await
}

/// Words at their pace: what is owed by the clock is sent every few milliseconds, so that a late timer makes up for it.
async fn pace(stream: &mut TcpStream, offer: Offer) -> std::io::Result<()> {
    stream.write_all(&begin()).await?;
    let (began, all) = (Instant::now(), offer.tokens_per_s * offer.seconds);
    let mut sent = 0;
    while sent < all {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let owed = (began.elapsed().as_secs_f64() * offer.tokens_per_s as f64) as usize;
        let mut bytes = Vec::new();
        while sent + TOKENS_PER_EVENT <= owed.min(all) {
            bytes.extend(chunk("content_block_delta", &delta(&words(sent))));
            sent += TOKENS_PER_EVENT;
        }
        stream.write_all(&bytes).await?;
        if all - sent < TOKENS_PER_EVENT {
            break;
        }
    }
    stream.write_all(&end()).await
}

/// The next few words: paragraphs, so that there is something to wrap and something that is finished.
fn words(from: usize) -> String {
    let word = |at: usize| if at % 96 == 95 { "\n\n" } else { WORDS[at % WORDS.len()] };
    (from..from + TOKENS_PER_EVENT).map(word).collect()
}

fn begin() -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let message = json!({
        "id": "msg_0123456789", "type": "message", "role": "assistant", "model": "claude-opus-4-8", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 500, "output_tokens": 1},
    });
    bytes.extend(chunk("message_start", &json!({"type": "message_start", "message": message})));
    let block = json!({"type": "text", "text": ""});
    bytes.extend(chunk(
        "content_block_start",
        &json!({"type": "content_block_start", "index": 0, "content_block": block}),
    ));
    bytes
}

fn delta(text: &str) -> Value {
    json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
}

fn end() -> Vec<u8> {
    let mut bytes = chunk("content_block_stop", &json!({"type": "content_block_stop", "index": 0}));
    let delta = json!({"stop_reason": "end_turn", "stop_sequence": null});
    let usage = json!({"output_tokens": 1000});
    bytes.extend(chunk("message_delta", &json!({"type": "message_delta", "delta": delta, "usage": usage})));
    bytes.extend(chunk("message_stop", &json!({"type": "message_stop"})));
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// An event as a chunk of its own, as providers send them.
fn chunk(name: &str, data: &Value) -> Vec<u8> {
    let event = format!("event: {name}\ndata: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pace is one of tokens, so the words have to be tokens.
    #[test]
    fn each_word_is_one_token() {
        let text: String = (0..240).step_by(TOKENS_PER_EVENT).map(words).collect();
        let tokens = tiktoken_rs::o200k_base_singleton().encode_ordinary(&text).len();
        assert_eq!(tokens, 240, "{text:?}");
    }
}
