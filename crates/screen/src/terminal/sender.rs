//! The way to the screen's thread: a queue without an end, and a socket that wakes whoever waits.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};

use crate::feed::Feed;

/// Feeds the screen. Cheap to clone; it never waits, and does nothing once the screen is closed.
#[derive(Clone)]
pub struct Sender {
    orders: mpsc::Sender<Order>,
    bell: Arc<Bell>,
}

/// What the thread is told.
pub(super) enum Order {
    Feed(Box<Feed>),
    Close,
}

struct Bell {
    socket: UnixStream,
    rung: Arc<AtomicBool>,
}

/// The other end.
pub(super) struct Inbox {
    pub(super) orders: Receiver<Order>,
    pub(super) socket: UnixStream,
    rung: Arc<AtomicBool>,
}

/// Both ends.
pub(super) fn channel() -> io::Result<(Sender, Inbox)> {
    let (socket, ringing) = UnixStream::pair()?;
    socket.set_nonblocking(true)?;
    ringing.set_nonblocking(true)?;
    let rung = Arc::new(AtomicBool::new(false));
    let (sender, orders) = mpsc::channel();
    let bell = Arc::new(Bell { socket: ringing, rung: Arc::clone(&rung) });
    Ok((Sender { orders: sender, bell }, Inbox { orders, socket, rung }))
}

impl Sender {
    /// Shows it.
    pub fn feed(&self, feed: Feed) {
        self.order(Order::Feed(Box::new(feed)));
    }

    pub(super) fn close(&self) {
        self.order(Order::Close);
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_ok() && !self.bell.rung.swap(true, Ordering::AcqRel) {
            // It fails only where the other end is gone, or full of bells that nobody has answered yet.
            (&self.bell.socket).write_all(&[0]).ok();
        }
    }
}

impl Inbox {
    /// Before the orders are read: what comes from now on rings again.
    pub(super) fn silence(&self) {
        self.rung.store(false, Ordering::Release);
        loop {
            match (&self.socket).read(&mut [0; 64]) {
                Ok(1..) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return,
            }
        }
    }
}
