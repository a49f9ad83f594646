//! A client that sees every byte.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Nothing in these tests takes longer.
const LONG: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The body came to its proper end.
    pub(crate) whole: bool,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

/// A connection to the gateway.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    pub(crate) read: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).await.expect("a connection");
        socket.set_nodelay(true).expect("an option of TCP");
        Self { socket, read: Vec::new() }
    }

    /// Sends a request with a length.
    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat()).await;
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.expect("the gateway takes bytes");
    }

    /// Reads until these bytes have come; all that came so far.
    pub(crate) async fn until(&mut self, bytes: &[u8]) -> String {
        while !self.read.windows(bytes.len()).any(|window| window == bytes) {
            assert!(
                self.more().await > 0,
                "closed before {:?}: {}",
                String::from_utf8_lossy(bytes),
                String::from_utf8_lossy(&self.read)
            );
        }
        String::from_utf8_lossy(&self.read).into_owned()
    }

    /// Reads what comes next; 0 at the end.
    pub(crate) async fn more(&mut self) -> usize {
        let mut bytes = vec![0; 64 * 1024];
        let read =
            timeout(LONG, self.socket.read(&mut bytes)).await.expect("the gateway should say something").unwrap_or(0);
        self.read.extend_from_slice(&bytes[..read]);
        read
    }

    /// Reads the head of an answer.
    pub(crate) async fn head(&mut self) -> Got {
        self.until(b"\r\n\r\n").await;
        let end = self.read.windows(4).position(|window| window == b"\r\n\r\n").expect("found") + 4;
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        self.read.drain(..end);
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        Got { status, head, body: Vec::new(), whole: false }
    }

    /// Reads one answer.
    pub(crate) async fn answer(&mut self) -> Got {
        let mut got = self.head().await;
        match got.header("content-length").map(|length| length.parse::<usize>().expect("a length")) {
            Some(length) => {
                while self.read.len() < length && self.more().await > 0 {}
                got.whole = self.read.len() >= length;
                got.body = self.read.drain(..length.min(self.read.len())).collect();
            }
            None if got.header("transfer-encoding").is_some() => {
                let mut body = Vec::new();
                got.whole = self.chunks(|bytes| body.extend_from_slice(bytes)).await;
                got.body = body;
            }
            None => {
                while self.more().await > 0 {}
                got.whole = true;
                got.body = std::mem::take(&mut self.read);
            }
        }
        got
    }

    /// Reads the chunks of a body; whether it came to its proper end.
    pub(crate) async fn chunks(&mut self, mut take: impl FnMut(&[u8])) -> bool {
        loop {
            let Some(end) = self.read.windows(2).position(|window| window == b"\r\n") else {
                if self.more().await == 0 {
                    return false;
                }
                continue;
            };
            let size =
                usize::from_str_radix(std::str::from_utf8(&self.read[..end]).expect("a size"), 16).expect("a size");
            while self.read.len() < end + 2 + size + 2 {
                if self.more().await == 0 {
                    return false;
                }
            }
            take(&self.read[end + 2..end + 2 + size]);
            self.read.drain(..end + 2 + size + 2);
            if size == 0 {
                return true;
            }
        }
    }
}

/// One request on a connection of its own.
pub(crate) async fn post(addr: SocketAddr, path: &str, headers: &str, body: impl AsRef<[u8]>) -> Got {
    let mut client = Client::connect(addr).await;
    client.post(path, headers, body).await;
    client.answer().await
}

/// A request without a body.
pub(crate) async fn get(addr: SocketAddr, path: &str) -> Got {
    let mut client = Client::connect(addr).await;
    client.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await;
    client.answer().await
}
