//! An upstream that plays one script per connection, byte by byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// What the upstream does on a connection, after it has read a request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends pieces, each in a packet of its own where the system allows.
    Pieces(Vec<Vec<u8>>),
    /// Sends so many pieces, each made when it is its turn, and one each time that so much time has passed.
    Made(usize, Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync>, Option<Duration>),
    /// Waits a moment: the bytes before are read before those that follow.
    Breathe,
    /// Reads another request of the same connection.
    NextRequest,
    /// Waits until the test says go on.
    Await(Arc<Notify>),
    /// Sends nothing more until the client has gone, which is told.
    Hang,
    /// Sends so many times these bytes, or until the client has gone; how often is told.
    Flood(Vec<u8>, usize),
    /// Breaks the connection off with a reset.
    Reset,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Number of the connection, from 0.
    pub(crate) connection: usize,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// Method and path.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// All values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
}

pub(crate) struct Upstream {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    gone: mpsc::UnboundedReceiver<usize>,
}

impl Upstream {
    /// Listens on a free port; the n-th connection gets the n-th script, later ones the last.
    pub(crate) async fn play(scripts: Vec<Vec<Step>>) -> Self {
        let last = scripts.len() - 1;
        Self::choose(scripts, move |number| number.min(last)).await
    }

    /// The same, and after the last script the first comes again.
    pub(crate) async fn cycle(scripts: Vec<Vec<Step>>) -> Self {
        let length = scripts.len();
        Self::choose(scripts, move |number| number % length).await
    }

    async fn choose(scripts: Vec<Vec<Step>>, choice: impl Fn(usize) -> usize + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (tell, gone) = mpsc::unbounded_channel();
        let record = Arc::clone(&seen);
        tokio::spawn(async move {
            for number in 0.. {
                let (socket, _) = listener.accept().await.expect("a connection");
                let script = scripts[choice(number)].clone();
                let connection = Connection { socket, number, record: Arc::clone(&record), tell: tell.clone() };
                tokio::spawn(connection.play(script));
            }
        });
        Self { url, seen, gone }
    }

    /// One that answers every request on every connection with the same bytes.
    pub(crate) async fn always(answer: &[u8]) -> Self {
        let again = [Step::Send(answer.to_vec()), Step::NextRequest];
        Self::play(vec![again.into_iter().cycle().take(400).collect()]).await
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// Forgets what was asked so far; how many that were.
    pub(crate) fn forget(&self) -> usize {
        std::mem::take(&mut *self.seen.lock().expect("not poisoned")).len()
    }

    /// Waits until a client has left a connection that hangs, or was flooded: how many bytes it got of the flood.
    pub(crate) async fn left(&mut self, within: Duration) -> usize {
        tokio::time::timeout(within, self.gone.recv())
            .await
            .expect("the gateway should have left")
            .expect("the upstream is there")
    }
}

struct Connection {
    socket: TcpStream,
    number: usize,
    record: Arc<Mutex<Vec<Seen>>>,
    tell: mpsc::UnboundedSender<usize>,
}

impl Connection {
    async fn play(mut self, script: Vec<Step>) {
        self.socket.set_nodelay(true).expect("an option of TCP");
        if !self.request().await {
            return;
        }
        for step in script {
            match step {
                Step::Send(bytes) => self.send(&bytes).await,
                Step::Pieces(pieces) => {
                    for piece in pieces {
                        self.send(&piece).await;
                        tokio::task::yield_now().await;
                    }
                }
                Step::Made(count, make, pause) => {
                    let mut pace = pause.map(tokio::time::interval);
                    for number in 0..count {
                        match &mut pace {
                            Some(pace) => drop(pace.tick().await),
                            None => tokio::task::yield_now().await,
                        }
                        self.send(&make(number)).await;
                    }
                }
                Step::Breathe => tokio::time::sleep(Duration::from_millis(20)).await,
                Step::NextRequest => {
                    if !self.request().await {
                        return;
                    }
                }
                Step::Await(go_on) => go_on.notified().await,
                Step::Hang => self.hang().await,
                Step::Flood(bytes, times) => self.flood(&bytes, times).await,
                Step::Reset => {
                    self.socket.set_zero_linger().expect("an option of TCP");
                    return;
                }
            }
        }
    }

    async fn hang(&mut self) {
        let mut rest = [0; 64];
        while self.socket.read(&mut rest).await.is_ok_and(|read| read > 0) {}
        // The test may be over already.
        let _ = self.tell.send(0);
    }

    async fn flood(&mut self, bytes: &[u8], times: usize) {
        let mut sent = 0;
        for _ in 0..times {
            if self.socket.write_all(bytes).await.is_err() {
                break;
            }
            sent += bytes.len();
        }
        let _ = self.tell.send(sent);
    }

    /// A client that has gone is not the upstream's failure.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes).await;
    }

    async fn request(&mut self) -> bool {
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let read = self.socket.read(&mut chunk).await.unwrap_or(0);
            if read == 0 {
                return false;
            }
            bytes.extend_from_slice(&chunk[..read]);
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let seen = Seen { connection: self.number, head, body: bytes[end + 4..].to_vec() };
            let length = seen.header("content-length").first().map_or(0, |length| length.parse().expect("a length"));
            if seen.body.len() >= length {
                self.record.lock().expect("not poisoned").push(seen);
                return true;
            }
        }
    }
}

/// An answer with a length.
pub(crate) fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The head of a stream.
pub(crate) fn stream_head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_up\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec()
}

/// Bytes as a chunk of a chunked body.
pub(crate) fn chunk(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// The proper end of a chunked body.
pub(crate) fn last_chunk() -> Vec<u8> {
    b"0\r\n\r\n".to_vec()
}

/// A whole stream as one script, the last on its connection: the head, the pieces, the end.
pub(crate) fn streamed(pieces: &[impl AsRef<[u8]>]) -> Vec<Step> {
    let head = String::from_utf8_lossy(&stream_head()).replace("request-id:", "connection: close\r\nrequest-id:");
    let mut all = vec![head.into_bytes()];
    all.extend(pieces.iter().filter(|piece| !piece.as_ref().is_empty()).map(chunk));
    all.push(last_chunk());
    vec![Step::Pieces(all)]
}
