//! The screen's thread: waits for keys, feeds, signals and the next frame, in one place. Keys come first, then feeds for as long as a
//! frame lasts.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::Termios;

use super::driver::{Driver, FRAME_MS, Outside, Wish};
use super::guard::Held;
use super::keys::{Heard, Keys};
use super::sender::{Inbox, Order};
use super::signals::{Signals, die};
use super::{escape, guard};
use crate::app::{App, Input};
use crate::feed::Act;

/// How long the rest of an escape sequence may take, in milliseconds; then it was the key.
const ESCAPE_MS: u64 = 20;

/// How long the terminal has at the start to say where its cursor is, in milliseconds.
const FIRST_ANSWER_MS: u64 = 300;

/// Feeds between two looks at the clock and at the keys.
const BATCH: usize = 64;

/// Batches in a row at most: the clock may stand still.
const BATCHES: usize = 32;

/// The time in milliseconds.
pub(super) type Now = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What the thread works with.
pub(super) struct Desk<A> {
    driver: Driver,
    keys: Keys,
    inbox: Inbox,
    signals: Signals,
    now: Now,
    acts: A,
    out: Vec<u8>,
    /// What was heard while the cursor was asked for.
    early: Vec<Input>,
    /// Since when the keys hold something back.
    held_ms: Option<u64>,
    /// There are more feeds than there was time for.
    more: bool,
    _held: Held,
}

/// Why the thread stops.
enum End {
    /// It was told to, or the app is over.
    Closed,
    /// The terminal is gone.
    Gone,
    /// By a signal that ends the program.
    Signal(i32),
}

/// Takes the terminal and gives back what runs it.
pub(super) fn open<A: Fn(Act)>(app: App, outside: Outside, inbox: Inbox, now: Now, acts: A) -> io::Result<Desk<A>> {
    let signals = Signals::listen()?;
    let size = guard::size()?;
    guard::enter(guard::modes()?)?;
    let mut desk = Desk {
        driver: Driver::new(app, outside, size, 0),
        keys: Keys::default(),
        inbox,
        signals,
        now,
        acts,
        out: Vec::new(),
        early: Vec::new(),
        held_ms: None,
        more: false,
        _held: Held,
    };
    let row = desk.find_row()?;
    desk.driver.begin_anew(size, row);
    Ok(desk)
}

impl<A: Fn(Act)> Desk<A> {
    /// Until the end; the terminal is as it was then.
    pub(super) fn run(mut self) {
        let end = self.turns().unwrap_or(End::Gone);
        self.take_down();
        match end {
            End::Closed => {}
            End::Gone => (self.acts)(Act::Leave),
            End::Signal(number) => die(number),
        }
    }

    fn take_down(&mut self) {
        self.driver.last(&mut self.out);
        self.driver.take_down(&mut self.out);
        // Where the terminal is gone nothing can be written, and nobody is there to be told.
        self.write().ok();
        guard::leave().ok();
    }

    fn turns(&mut self) -> io::Result<End> {
        for input in std::mem::take(&mut self.early) {
            self.input(input);
        }
        loop {
            self.draw()?;
            if self.driver.over() {
                return Ok(End::Closed);
            }
            let wait = self.wait_ms();
            let ready = self.wait(wait)?;
            if let Some(end) = self.heed_signals()? {
                return Ok(end);
            }
            if ready.gone || !guard::holds() {
                return Ok(End::Gone);
            }
            if ready.keys {
                self.hear()?;
                // A key is seen before the feeds that came with it are read.
                self.draw()?;
            } else if self.held_ms.is_some_and(|since| (self.now)().saturating_sub(since) >= ESCAPE_MS) {
                self.keys.flush();
                self.handle()?;
            }
            if self.feeds() {
                return Ok(End::Closed);
            }
            let acts = self.driver.tick((self.now)());
            self.act(acts);
        }
    }

    /// How long there is nothing to do unless something happens; none: for ever.
    fn wait_ms(&mut self) -> Option<u64> {
        let now = (self.now)();
        let frame = self.driver.wait_ms(now);
        let escape = self.held_ms.map(|since| ESCAPE_MS.saturating_sub(now.saturating_sub(since)));
        let more = self.more.then_some(0);
        frame.into_iter().chain(escape).chain(more).min()
    }

    fn draw(&mut self) -> io::Result<()> {
        let wish = self.driver.frame((self.now)(), &mut self.out);
        self.write()?;
        match wish {
            Some(Wish::Suspend) => self.suspend(),
            None => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.out.is_empty() || !guard::holds() {
            self.out.clear();
            return Ok(());
        }
        guard::note(self.driver.is_full(), self.driver.has_keyboard());
        let written = guard::write(&self.out);
        self.out.clear();
        written
    }

    fn input(&mut self, input: Input) {
        let acts = self.driver.input(input, (self.now)());
        self.act(acts);
    }

    fn act(&self, acts: Vec<Act>) {
        for act in acts {
            (self.acts)(act);
        }
    }

    /// What stands ready on standard input.
    fn hear(&mut self) -> io::Result<()> {
        self.read()?;
        self.handle()
    }

    fn read(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        match rustix::io::read(io::stdin().as_fd(), &mut bytes) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.keys.take(bytes.get(..read).unwrap_or_default());
                Ok(())
            }
            Err(Errno::INTR | Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn handle(&mut self) -> io::Result<()> {
        self.held_ms = self.keys.holds().then(|| (self.now)());
        while let Some(heard) = self.keys.next() {
            match heard {
                Heard::Input(input) => self.input(input),
                Heard::Cursor(at) => {
                    let acts = self.driver.cursor(at, (self.now)());
                    self.act(acts);
                }
                Heard::Keyboard => self.driver.keyboard(&mut self.out),
            }
        }
        self.write()
    }

    /// Feeds for half as long as a frame lasts: then the keys have their turn. Whether it was told to close.
    fn feeds(&mut self) -> bool {
        self.inbox.silence();
        self.more = false;
        let began = (self.now)();
        for _ in 0..BATCHES {
            for _ in 0..BATCH {
                match self.inbox.orders.try_recv() {
                    Ok(Order::Feed(feed)) => self.input(Input::Feed(*feed)),
                    Ok(Order::Close) | Err(TryRecvError::Disconnected) => return true,
                    Err(TryRecvError::Empty) => return false,
                }
            }
            if (self.now)().saturating_sub(began) >= FRAME_MS / 2 {
                break;
            }
        }
        self.more = true;
        false
    }

    fn heed_signals(&mut self) -> io::Result<Option<End>> {
        if let Some(number) = self.signals.ended() {
            return Ok(Some(End::Signal(number)));
        }
        if self.signals.woken() {
            // Somebody else put us to sleep (SIGSTOP), and the shell had the terminal: what its modes are now may be what it found.
            let before = guard::leave()?;
            self.reenter(before)?;
        }
        if self.signals.resized() {
            let acts = self.driver.resize(guard::size()?, (self.now)());
            self.act(acts);
        }
        Ok(None)
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.driver.take_down(&mut self.out);
        self.write()?;
        guard::leave()?;
        self.signals.sleep();
        self.reenter(None)
    }

    /// The terminal is ours again: nothing is known of what it shows.
    fn reenter(&mut self, before: Option<Termios>) -> io::Result<()> {
        self.signals.woken();
        guard::enter(before.map_or_else(guard::modes, Ok)?)?;
        let row = self.find_row()?;
        self.driver.begin_anew(guard::size()?, row);
        for input in std::mem::take(&mut self.early) {
            self.input(input);
        }
        Ok(())
    }

    /// Asks where the cursor is, and waits for the answer. Where none comes, the screen is as good as full: the last row.
    fn find_row(&mut self) -> io::Result<u16> {
        // Whoever was there before may have left it in the middle of a line.
        guard::write(b"\r")?;
        guard::write(escape::WHERE)?;
        let end = (self.now)().saturating_add(FIRST_ANSWER_MS);
        loop {
            let left = end.saturating_sub((self.now)());
            let stdin = io::stdin();
            if left == 0 {
                break;
            }
            match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timespec(left))) {
                Ok(0) => break,
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(row) = self.listen_for_row()? {
                return Ok(row);
            }
        }
        let row = guard::size()?.height.saturating_sub(1);
        let mut out = Vec::new();
        super::paint::go(&mut out, row, 0);
        out.extend_from_slice(b"\r\n");
        guard::write(&out)?;
        Ok(row)
    }

    fn listen_for_row(&mut self) -> io::Result<Option<u16>> {
        self.read()?;
        let mut row = None;
        while let Some(heard) = self.keys.next() {
            match heard {
                Heard::Input(input) => self.early.push(input),
                Heard::Cursor(at) => row = Some(at.y),
                Heard::Keyboard => self.driver.keyboard(&mut self.out),
            }
        }
        Ok(row)
    }

    /// Until something is ready, or the time is over.
    fn wait(&self, wait_ms: Option<u64>) -> io::Result<Ready> {
        let timeout = wait_ms.map(timespec);
        let stdin = io::stdin();
        let mut fds = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::new(&self.inbox.socket, PollFlags::IN),
            PollFd::new(&self.signals.socket, PollFlags::IN),
        ];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let stdin = fds[0].revents();
        let ready = Ready {
            keys: stdin.contains(PollFlags::IN),
            gone: !stdin.contains(PollFlags::IN) && stdin.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL),
        };
        self.signals.silence();
        Ok(ready)
    }
}

/// What [`Desk::wait`] found on standard input.
struct Ready {
    keys: bool,
    gone: bool,
}

fn timespec(ms: u64) -> Timespec {
    // A day is as good as for ever.
    let ms = ms.min(86_400_000);
    Timespec { tv_sec: (ms / 1000).cast_signed(), tv_nsec: ((ms % 1000) * 1_000_000).cast_signed() }
}
