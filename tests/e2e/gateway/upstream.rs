//! A provider that answers when it is told to, and remembers what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Events of a stream, before and after the pause.
const BEGIN: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\
    \"role\":\"assistant\",\"model\":\"claude-haiku-5-5\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\
    \"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n\
    event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
const END: &str = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\
    \"text\":\"Done.\"}}\n\n\
    event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
    event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\
    \"usage\":{\"output_tokens\":5}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// What it knows.
#[derive(Default)]
struct Shared {
    go_on: AtomicBool,
    begun: AtomicUsize,
    /// Heads of the requests.
    heads: Mutex<Vec<String>>,
}

/// Streams whose end waits until it is let go. The listening thread ends with the test's process.
pub(super) struct Slow {
    pub(super) url: String,
    shared: Arc<Shared>,
}

impl Slow {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let serving = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = serving.clone();
                // A client that leaves in the middle ends its thread.
                std::thread::spawn(move || serve(stream, &shared).ok());
            }
        });
        Self { url, shared }
    }

    /// Streams that have begun.
    pub(super) fn begun(&self) -> usize {
        self.shared.begun.load(Ordering::SeqCst)
    }

    /// Lets all streams come to their end, also those that begin later.
    pub(super) fn go_on(&self) {
        self.shared.go_on.store(true, Ordering::SeqCst);
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().unwrap().clone()
    }

    /// Variables that put it in Anthropic's place.
    pub(super) fn variables(&self) -> [(&str, &str); 2] {
        [("ANTHROPIC_BASE_URL", &self.url), ("ANTHROPIC_API_KEY", "sk-slow-key")]
    }
}

/// Refuses every request with an error that repeats all of its headers.
pub(super) fn echoing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let Ok(head) = read(&stream) else { continue };
            let message = format!("you sent: {head}");
            let body =
                serde_json::json!({ "type": "error", "error": { "type": "authentication_error", "message": message } });
            let (body, length) = (body.to_string(), body.to_string().len());
            let head =
                format!("HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
            // Who has left does not want it.
            stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).ok();
        }
    });
    url
}

/// A whole request; its head.
fn read(stream: &TcpStream) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    reader.take(length.unwrap_or(0)).read_to_end(&mut Vec::new())?;
    Ok(head)
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let head = read(&stream)?;
    shared.heads.lock().unwrap().push(head);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    stream.write_all(BEGIN.as_bytes())?;
    stream.flush()?;
    shared.begun.fetch_add(1, Ordering::SeqCst);
    while !shared.go_on.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(5));
    }
    stream.write_all(END.as_bytes())?;
    stream.flush()
}
