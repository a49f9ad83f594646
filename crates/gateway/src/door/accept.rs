//! The listening socket: takes connections while there is room, turns the others away with a 503, and outlives a process that has
//! run out of files.

#![expect(clippy::disallowed_methods, reason = "the gateway is a server: its listening socket, and a spare file")]

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What a client that finds no room is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\n\
content-length: 147\r\n\r\n{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"the gateway has as many connections \
as it takes; try again in a moment\",\"code\":null}}";

/// Connections that are being turned away at one time; more are closed without a word.
const TURNED_AWAY: usize = 64;

/// How long somebody who is turned away has for reading why.
const FAREWELL: Duration = Duration::from_millis(500);

/// The listening socket.
pub(crate) struct Listening {
    listener: TcpListener,
    room: Arc<Semaphore>,
    farewells: Arc<Semaphore>,
    /// Given up when there are no more files, to tell the next client so.
    spare: Option<File>,
    pause: Duration,
}

impl Listening {
    /// Listens.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub(crate) async fn bind(addr: SocketAddr, connections: usize, pause: Duration) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let room = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        let farewells = Arc::new(Semaphore::new(TURNED_AWAY));
        Ok((Self { listener, room, farewells, spare: spare(), pause }, addr))
    }

    /// The next connection that there is room for, with its room.
    pub(crate) async fn next(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    if let Some(entered) = self.enter(stream) {
                        return entered;
                    }
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    let late = self.out_of_files(&error).await;
                    if let Some(entered) = late.and_then(|stream| self.enter(stream)) {
                        return entered;
                    }
                }
            }
        }
    }

    /// The connection with its room; without room it is told so.
    fn enter(&self, stream: TcpStream) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            self.turn_away(stream);
            return None;
        };
        // Events go out one by one; without this each would wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        Some((stream, room))
    }

    fn turn_away(&self, stream: TcpStream) {
        if let Ok(permit) = Arc::clone(&self.farewells).try_acquire_owned() {
            tokio::spawn(async move {
                farewell(stream).await;
                drop(permit);
            });
        }
    }

    /// The system gives no more sockets: the spare file is freed to answer who waits, then there is a pause. Linux says so also when
    /// nobody is waiting; who comes in that moment, with files there again, is let in.
    async fn out_of_files(&mut self, error: &io::Error) -> Option<TcpStream> {
        tracing::warn!(%error, "no connection can be accepted; pausing");
        if self.spare.take().is_some()
            && let Ok(Ok((stream, _))) = timeout(Duration::from_millis(1), self.listener.accept()).await
        {
            self.spare = spare();
            if self.spare.is_some() {
                return Some(stream);
            }
            farewell(stream).await;
        }
        tokio::time::sleep(self.pause).await;
        self.spare = spare();
        None
    }
}

/// Writes the refusal, and reads what the client is sending: closing over unread bytes would take the refusal away again.
async fn farewell(mut stream: TcpStream) {
    let told = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    // Whoever leaves before that has nothing left to be told.
    let _ = timeout(FAREWELL, told).await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_says_its_own_length() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
        serde_json::from_str::<serde_json::Value>(body).unwrap();
    }
}
