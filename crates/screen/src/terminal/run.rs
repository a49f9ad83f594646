//! The screen's thread: waits for keys, feeds, signals and the next frame, in one place. Keys come first, then feeds for as long as a
//! frame lasts.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::Termios;

use super::driver::{Driver, FRAME_MS, Outside, Wish};
use super::guard::Held;
use super::keys::{Heard, Keys};
use super::sender::{Inbox, Order};
use super::signals::{Signals, die, exit};
use super::{escape, guard};
use crate::app::{App, Input};
use crate::feed::{Act, Feed};

/// How long the terminal has at the start to say where its cursor is, in milliseconds.
const FIRST_ANSWER_MS: u64 = 300;

/// How long whoever runs the session has to leave after the person did, in milliseconds; then the screen ends the program.
const LEAVE_MS: u64 = 2_000;

/// What a program exits with that was interrupted.
const INTERRUPTED: i32 = 130;

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
    /// When the person left.
    left_ms: Option<u64>,
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
    /// The person left, and nobody heeds it.
    Ignored,
}

/// Takes the terminal and gives back what runs it.
pub(super) fn open<A: Fn(Act)>(app: App, outside: Outside, inbox: Inbox, now: Now, acts: A) -> io::Result<Desk<A>> {
    let signals = Signals::listen()?;
    let size = guard::size()?;
    guard::enter(guard::modes()?)?;
    let mut desk = Desk {
        driver: Driver::new(app, outside, size, None),
        keys: Keys::default(),
        inbox,
        signals,
        now,
        acts,
        out: Vec::new(),
        early: Vec::new(),
        left_ms: None,
        more: false,
        _held: Held,
    };
    desk.begin()?;
    Ok(desk)
}

impl<A: Fn(Act)> Desk<A> {
    /// Until the end; the terminal is as it was then.
    pub(super) fn run(mut self) {
        let end = self.turns().unwrap_or(End::Gone);
        // It may be why nothing could be written any more.
        let end = self.signals.ended().map_or(end, End::Signal);
        self.take_down();
        match end {
            End::Closed => {}
            End::Gone => {
                (self.acts)(Act::Leave);
                if !self.is_left() {
                    exit(INTERRUPTED);
                }
            }
            End::Signal(number) => die(number),
            End::Ignored => exit(INTERRUPTED),
        }
    }

    /// Waits until whoever runs the session leaves too; whether it does.
    fn is_left(&self) -> bool {
        let began = (self.now)();
        while (self.now)().saturating_sub(began) < LEAVE_MS {
            match self.inbox.orders.recv_timeout(Duration::from_millis(LEAVE_MS)) {
                Ok(Order::Feed(feed)) if !matches!(*feed, Feed::Leave(_)) => {}
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
        false
    }

    fn take_down(&mut self) {
        self.driver.last(&mut self.out);
        self.driver.take_down(&mut self.out);
        // Where the terminal is gone nothing can be written, and nobody is there to be told.
        if guard::holds() {
            guard::write_briefly(&self.out).ok();
        }
        self.out.clear();
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
            } else if self.keys.wait_ms((self.now)()) == Some(0) {
                self.keys.flush((self.now)());
                self.handle()?;
            }
            if self.left_ms.is_some_and(|left| (self.now)().saturating_sub(left) >= LEAVE_MS) {
                return Ok(End::Ignored);
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
        let keys = self.keys.wait_ms(now);
        let leave = self.left_ms.map(|left| LEAVE_MS.saturating_sub(now.saturating_sub(left)));
        let more = self.more.then_some(0);
        frame.into_iter().chain(keys).chain(leave).chain(more).min()
    }

    fn draw(&mut self) -> io::Result<()> {
        // The signal that says so may come later.
        self.heed_size(false)?;
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
        let written = guard::write(&self.out, &|| self.signals.ended().is_some());
        self.out.clear();
        written
    }

    fn input(&mut self, input: Input) {
        let acts = self.driver.input(input, (self.now)());
        self.act(acts);
    }

    fn act(&mut self, acts: Vec<Act>) {
        for act in acts {
            if act == Act::Leave {
                self.left_ms.get_or_insert((self.now)());
            }
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
                self.keys.take(bytes.get(..read).unwrap_or_default(), (self.now)());
                Ok(())
            }
            Err(Errno::INTR | Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn handle(&mut self) -> io::Result<()> {
        while let Some(heard) = self.keys.next() {
            match heard {
                Heard::Input(input) => self.input(input),
                Heard::Cursor(at) => self.driver.cursor(at, (self.now)()),
                Heard::Keyboard => self.driver.keyboard(&mut self.out),
            }
            // Many keys at once are seen as they come.
            if self.driver.is_late((self.now)()) {
                self.draw()?;
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
        let is_told = self.signals.resized();
        self.heed_size(is_told)?;
        Ok(None)
    }

    /// Looks at the size; `is_told`: it has changed, even if it is the same again.
    fn heed_size(&mut self, is_told: bool) -> io::Result<()> {
        let size = guard::size()?;
        if is_told || size != self.driver.size() {
            let acts = self.driver.resize(size, (self.now)());
            self.act(acts);
        }
        Ok(())
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
        self.begin()?;
        for input in std::mem::take(&mut self.early) {
            self.input(input);
        }
        Ok(())
    }

    /// Begins on an empty row.
    fn begin(&mut self) -> io::Result<()> {
        let (col, answers_ms) = self.ask_cursor()?;
        if col > 0 {
            // Whoever was there before left it in the middle of a line.
            guard::write_briefly(b"\r\n")?;
        }
        self.driver.begin_anew(guard::size()?, answers_ms);
        Ok(())
    }

    /// Asks where the cursor is, and waits for the answer: the column, and how long it took. Where none comes, it may be anywhere.
    fn ask_cursor(&mut self) -> io::Result<(u16, Option<u64>)> {
        guard::write_briefly(escape::WHERE)?;
        let began = (self.now)();
        let end = began.saturating_add(FIRST_ANSWER_MS);
        loop {
            let left = end.saturating_sub((self.now)());
            let stdin = io::stdin();
            if left == 0 || self.signals.ended().is_some() {
                return Ok((1, None));
            }
            match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timespec(left))) {
                Ok(0) => return Ok((1, None)),
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(col) = self.listen_for_column()? {
                return Ok((col, Some((self.now)().saturating_sub(began))));
            }
        }
    }

    fn listen_for_column(&mut self) -> io::Result<Option<u16>> {
        self.read()?;
        let mut col = None;
        while let Some(heard) = self.keys.next() {
            match heard {
                Heard::Input(input) => self.early.push(input),
                Heard::Cursor(at) => col = Some(at.x),
                Heard::Keyboard => self.driver.keyboard(&mut self.out),
            }
        }
        Ok(col)
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
