//! What happens when the system gives the process no more files. A program of its own: the limit is the whole process's.

#![allow(clippy::disallowed_methods, reason = "tests open real sockets")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "the modules serve other tests too")]

#[path = "path/client.rs"]
mod client;
#[path = "path/rig.rs"]
mod rig;
#[path = "path/upstream.rs"]
mod upstream;

use std::time::Duration;

use gateway::core::Limits;
use protocol::Dialect::AnthropicMessages;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpSocket;

use client::{Client, get};
use rig::{Make, binding};

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

#[tokio::test]
async fn gw_28_without_files_clients_are_told_and_the_door_opens_again() {
    let limits = Limits { connections: 100, accept_pause: Duration::from_millis(20), ..Limits::default() };
    let rig = Make { limits, ..Make::new(vec![binding("up", AnthropicMessages, "http://127.0.0.1:9")]) }.rig().await;
    assert_eq!(get(rig.addr, "/healthz").await.status, 200);
    // Clients' sockets are there before the files run out; the gateway's side of each connection is what is missing then.
    let sockets: Vec<TcpSocket> = (0..20).map(|_| TcpSocket::new_v4().expect("a socket")).collect();
    let before = getrlimit(Resource::Nofile);
    // One is open while they are counted.
    let few = Rlimit { current: Some(open_files() as u64 - 1 + 5), maximum: before.maximum };
    setrlimit(Resource::Nofile, few).expect("a lower limit");
    let mut inside = Vec::new();
    let mut told = 0;
    for socket in sockets {
        let socket = socket.connect(rig.addr).await.expect("the system takes the connection");
        let mut client = Client { socket, read: Vec::new() };
        client.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        let got = client.answer().await;
        match got.status {
            200 => inside.push(client),
            503 => told += 1,
            other => panic!("{other}"),
        }
    }
    // How many exactly depends on which numbers of files were free.
    assert!(!inside.is_empty() && told >= 3, "{} came in, {told} were told that there is no room", inside.len());
    setrlimit(Resource::Nofile, before).expect("the limit as it was");
    drop(inside);
    assert_eq!(get(rig.addr, "/healthz").await.status, 200);
}
