//! A provider that answers at once, so that what is measured is the gateway: canned bytes of the dialect that is asked for, over
//! HTTP/1.1 with connections that stay open.
#![expect(clippy::disallowed_methods, reason = "a server: opens its listening socket")]

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context;
use protocol::Dialect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::message;
use super::traffic;

/// Serves until it is killed. The first line that it prints is its address.
pub(crate) fn serve() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
        let answers = Arc::new(Answers::make());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(talk(stream, Arc::clone(&answers)));
        }
    })
}

/// Whole and streamed, of the three dialects.
struct Answers(Vec<(&'static str, [Vec<u8>; 2])>);

impl Answers {
    fn make() -> Self {
        let of = |dialect| [response(dialect, false), response(dialect, true)];
        let all = [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses];
        Self(all.into_iter().map(|dialect| (wire::codec(dialect).path(), of(dialect))).collect())
    }

    fn to(&self, head: &[u8], body: &[u8]) -> &[u8] {
        let path = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let found = self.0.iter().find(|(known, _)| path.starts_with(known.as_bytes()));
        let stream = message::contains(body, b"\"stream\":true");
        found.map_or(NOT_FOUND, |(_, answers)| &answers[usize::from(stream)])
    }
}

const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

fn response(dialect: Dialect, stream: bool) -> Vec<u8> {
    let body = traffic::answer(dialect, stream);
    if !stream {
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        return [head.into_bytes(), body].concat();
    }
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    // Each event is a chunk of its own, as providers send them.
    for event in String::from_utf8_lossy(&body).split_inclusive("\n\n") {
        bytes.extend_from_slice(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes());
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

async fn talk(mut stream: TcpStream, answers: Arc<Answers>) {
    let mut buffer = Vec::with_capacity(128 * 1024);
    loop {
        let Some((head, end)) = message::request_end(&buffer) else {
            match stream.read_buf(&mut buffer).await {
                Ok(read) if read > 0 => continue,
                _ => return,
            }
        };
        if stream.write_all(answers.to(&buffer[..head], &buffer[head..end])).await.is_err() {
            return;
        }
        buffer.drain(..end);
    }
}
