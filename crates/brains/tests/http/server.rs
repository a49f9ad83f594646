//! A server that plays one script per connection.

#![allow(clippy::disallowed_methods, reason = "tests open real sockets")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// What the server does on a connection, after it has read a request.
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends bytes one by one, each in a packet of its own where the system allows.
    Bytewise(Vec<u8>),
    /// Sends the bytes so often, with this pause before each.
    Beat(Vec<u8>, u32, Duration),
    /// Reads another request of the same connection.
    NextRequest,
    /// Sends nothing more until the client has gone.
    Hang,
    /// Waits until the test says go on.
    Await(Arc<Notify>),
    /// Breaks the connection off with a reset.
    Reset,
}

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Seen {
    /// Number of the connection, from 0.
    pub(crate) connection: usize,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    /// Method and path.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// All values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    gone: mpsc::UnboundedReceiver<()>,
}

impl Server {
    /// Listens on a free port; the n-th connection gets the n-th script, later ones are answered 418.
    pub(crate) async fn play(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (tell, gone) = mpsc::unbounded_channel();
        let record = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut scripts = scripts.into_iter();
            for number in 0.. {
                let (socket, _) = listener.accept().await.expect("a connection");
                let script = scripts.next().unwrap_or_else(|| vec![super::words::answer(418, "", "no script left")]);
                let connection = Connection { socket, number, record: Arc::clone(&record), tell: tell.clone() };
                tokio::spawn(connection.play(script));
            }
        });
        Self { url, seen, gone }
    }

    /// Says this to each connection without waiting for a word.
    pub(crate) async fn shout(words: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                // A client that does not like it goes.
                let _ = socket.write_all(words).await;
                let _ = socket.read(&mut [0; 4096]).await;
            }
        });
        address
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// Waits until a client has left a connection that hangs.
    pub(crate) async fn left(&mut self) {
        tokio::time::timeout(Duration::from_secs(10), self.gone.recv())
            .await
            .expect("the client should close its connection")
            .expect("the server is there");
    }
}

struct Connection {
    socket: TcpStream,
    number: usize,
    record: Arc<Mutex<Vec<Seen>>>,
    tell: mpsc::UnboundedSender<()>,
}

impl Connection {
    async fn play(mut self, script: Vec<Step>) {
        self.socket.set_nodelay(true).expect("an option of TCP");
        self.request().await;
        for step in script {
            match step {
                Step::Send(bytes) => self.send(&bytes).await,
                Step::Bytewise(bytes) => {
                    for byte in bytes {
                        self.send(&[byte]).await;
                        tokio::task::yield_now().await;
                    }
                }
                Step::Beat(bytes, times, pause) => {
                    for _ in 0..times {
                        tokio::time::sleep(pause).await;
                        self.send(&bytes).await;
                    }
                }
                Step::NextRequest => self.request().await,
                Step::Hang => {
                    let mut rest = [0; 64];
                    while self.socket.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                    // The test may be over already.
                    let _ = self.tell.send(());
                }
                Step::Await(go_on) => go_on.notified().await,
                Step::Reset => {
                    self.socket.set_zero_linger().expect("an option of TCP");
                    return;
                }
            }
        }
    }

    /// A client that has gone is not the server's failure.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes).await;
    }

    async fn request(&mut self) {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let read = self.socket.read(&mut chunk).await.unwrap_or(0);
            if read == 0 {
                return;
            }
            bytes.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let seen = Seen { connection: self.number, head: head.to_owned(), body: body.to_owned() };
            let length = seen.header("content-length").first().map_or(0, |length| length.parse().expect("a length"));
            if seen.body.len() >= length {
                self.record.lock().expect("not poisoned").push(seen);
                return;
            }
        }
    }
}
