//! A connection that hands every byte on and notes when the first request was complete.
#![expect(
    clippy::disallowed_methods,
    reason = "opens a loopback port, and asks for the time: that is what is measured"
)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long the first request may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// When bytes of the request last came in.
type Arrived = Arc<Mutex<Instant>>;

/// A request's arrival, and the first bytes of what was answered.
struct Seen {
    arrived: Instant,
    answer: Vec<u8>,
}

/// Stands before the simulator.
pub(crate) struct Proxy {
    address: SocketAddr,
    seen: Receiver<Seen>,
}

impl Proxy {
    /// Opens a port and hands on what comes in, until the program ends.
    pub(crate) fn open(upstream: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no loopback port can be opened")?;
        let address = listener.local_addr()?;
        let (sender, seen) = channel();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(upstream)) else { break };
                if hand_on(client, server, sender.clone()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { address, seen })
    }

    /// Where it listens.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// When the first request was complete.
    ///
    /// # Errors
    /// No request came, or the simulator refused it.
    pub(crate) fn first_accepted(&self) -> anyhow::Result<Instant> {
        let seen = self.seen.recv_timeout(PATIENCE).context("no request came")?;
        if !seen.answer.starts_with(b"HTTP/1.1 200") {
            bail!("the simulator refused the first request: {}", String::from_utf8_lossy(&seen.answer));
        }
        Ok(seen.arrived)
    }
}

/// One thread per direction.
fn hand_on(client: TcpStream, server: TcpStream, sender: Sender<Seen>) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let arrived: Arrived = Arc::new(Mutex::new(Instant::now()));
    let noted = Arc::clone(&arrived);
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        copy(from_client, to_server, |_| *noted.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now());
    });
    std::thread::spawn(move || {
        let mut first = true;
        copy(server, client, |bytes| {
            if std::mem::take(&mut first) {
                // The simulator answers once it has the whole request, so the last bytes before were the request's end.
                let arrived = *arrived.lock().unwrap_or_else(PoisonError::into_inner);
                // Only the first one is waited for.
                sender.send(Seen { arrived, answer: bytes.to_vec() }).ok();
            }
        });
    });
    Ok(())
}

/// Until one side is done.
fn copy(mut from: TcpStream, mut to: TcpStream, mut note: impl FnMut(&[u8])) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        note(&buffer[..read]);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    to.shutdown(Shutdown::Write).ok();
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
