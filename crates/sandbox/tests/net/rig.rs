//! A proxy, hosts behind it, and an attacker who counts.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use sandbox::net::{Denied, Host, NetEvent, Outcome, Proxy, ProxyConfig, Resolve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// Names as a test wants them: what each question is answered with, in turn; the last answer stays.
#[derive(Default)]
pub(crate) struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<SocketAddr>>>>,
    trusted: Mutex<Vec<String>>,
    asked: AtomicUsize,
}

impl Names {
    /// A name that may lie on loopback.
    pub(crate) fn trust(&self, host: &str, address: SocketAddr) {
        self.trusted.lock().unwrap().push(host.to_owned());
        self.add(host, vec![address]);
    }

    /// One more answer.
    pub(crate) fn add(&self, host: &str, addresses: Vec<SocketAddr>) {
        self.answers.lock().unwrap().entry(host.to_owned()).or_default().push(addresses);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a Host, _port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer =
            answers.get_mut(host.as_str()).map(|left| if left.len() > 1 { left.remove(0) } else { left[0].clone() });
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }

    fn allows_private(&self, host: &Host) -> bool {
        self.trusted.lock().unwrap().iter().any(|trusted| trusted == host.as_str())
    }
}

/// A server that records what it gets and says one thing.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    got: Arc<Mutex<Vec<u8>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers whatever comes first with `reply`, then goes on recording until the client leaves.
    pub(crate) async fn start(reply: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (got, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (record, count, reply) = (got.clone(), connections.clone(), reply.to_owned());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, record.clone(), reply.clone()));
            }
        });
        Self { address, got, connections }
    }

    pub(crate) fn got(&self) -> Vec<u8> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.got()).into_owned()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn converse(mut stream: TcpStream, record: Arc<Mutex<Vec<u8>>>, reply: String) {
    let mut piece = [0; 4096];
    let mut answered = false;
    while let Ok(count) = stream.read(&mut piece).await {
        if count == 0 {
            return;
        }
        record.lock().unwrap().extend_from_slice(&piece[..count]);
        if !std::mem::replace(&mut answered, true) {
            stream.write_all(reply.as_bytes()).await.ok();
        }
    }
}

/// A proxy with `a.test` on a server of its own, and an attacker to whom nothing may come.
pub(crate) struct Rig {
    pub(crate) proxy: Proxy,
    pub(crate) names: Arc<Names>,
    pub(crate) friend: Server,
    pub(crate) attacker: Server,
    events: watch::Receiver<Vec<NetEvent>>,
    _folder: TempDir,
}

pub(crate) const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

impl Rig {
    pub(crate) async fn new(rules: &[&str]) -> Self {
        Self::with(rules, PAGE).await
    }

    pub(crate) async fn with(rules: &[&str], reply: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (friend, attacker) = (Server::start(reply).await, Server::start(PAGE).await);
        let names = Arc::new(Names::default());
        names.trust("a.test", friend.address);
        let (record, events) = watch::channel(Vec::new());
        let mut config =
            ProxyConfig::new(folder.path().join("net"), rules.iter().map(|rule| rule.parse().unwrap()).collect());
        config.resolver = names.clone();
        config.audit = Arc::new(move |event| record.send_modify(|events| events.push(event)));
        let proxy = Proxy::start(config).unwrap();
        Self { proxy, names, friend, attacker, events, _folder: folder }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.proxy.socket().to_owned()
    }

    pub(crate) async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.proxy.socket()).await.unwrap()
    }

    /// Sends bytes and reads the whole answer.
    pub(crate) async fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        let mut reply = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut reply)).await;
        assert!(read.is_ok(), "no answer to {:?}", String::from_utf8_lossy(request));
        String::from_utf8_lossy(&reply).into_owned()
    }

    pub(crate) async fn get(&self, address: &str) -> String {
        self.ask(format!("GET {address} HTTP/1.1\r\nHost: ignored.test\r\nConnection: close\r\n\r\n").as_bytes()).await
    }

    pub(crate) async fn tunnel(&self, target: &str) -> (UnixStream, String) {
        let mut stream = self.connect().await;
        stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).await.unwrap();
        let head = head(&mut stream).await;
        (stream, head)
    }

    pub(crate) fn events(&self) -> Vec<NetEvent> {
        self.events.borrow().clone()
    }

    /// Waits until so many requests have been told of: the client may know before the audit does.
    pub(crate) async fn told(&self, number: usize) {
        let mut events = self.events.clone();
        let wait = events.wait_for(|events| events.len() >= number);
        tokio::time::timeout(Duration::from_secs(5), wait).await.expect("a request was not told of").unwrap();
        assert_eq!(self.events().len(), number, "{:?}", self.events());
    }

    /// The reason of the last refusal.
    pub(crate) fn denied(&self) -> Denied {
        match self.events().last().map(|event| event.outcome.clone()) {
            Some(Outcome::Denied(why)) => why,
            other => panic!("not denied: {other:?}"),
        }
    }

    /// Nothing came to anybody who should not be reached.
    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!((self.attacker.connections(), self.attacker.got()), (0, Vec::new()));
        assert_eq!(self.friend.text(), "");
    }
}

/// Up to the empty line, or the end.
pub(crate) async fn head(stream: &mut UnixStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}
