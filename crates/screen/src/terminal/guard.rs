//! The terminal's modes: taken once, given back whatever happens. What has to be given back is kept where a crash hook of any thread can
//! reach it.

use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr, ttyname};

use super::escape;

/// What [`restore`] gives back; none while the terminal is as it was.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

struct Taken {
    before: Termios,
    /// The alternate screen is on.
    full: bool,
    /// The kitty keyboard protocol is on.
    keyboard: bool,
}

/// Standard input and output are a terminal whose size is known.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Its size. A terminal that does not know it (0 by 0) is taken for the usual one.
pub(super) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(io::stdout().as_fd())?;
    Ok(match (size.ws_col, size.ws_row) {
        (0, _) | (_, 0) => Size { width: 80, height: 24 },
        (width, height) => Size { width, height },
    })
}

/// The modes that the terminal has now.
pub(super) fn modes() -> io::Result<Termios> {
    Ok(tcgetattr(io::stdin().as_fd())?)
}

/// Raw input, and the modes that we need; `before` is what is given back.
pub(super) fn enter(before: Termios) -> io::Result<()> {
    let stdin = io::stdin();
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(stdin.as_fd(), OptionalActions::Now, &raw)?;
    *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(Taken { before, full: false, keyboard: false });
    write_briefly(escape::ENTER)
}

/// Keeps in mind what else would have to be undone.
pub(super) fn note(full: bool, keyboard: bool) {
    if let Some(taken) = &mut *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) {
        (taken.full, taken.keyboard) = (full, keyboard);
    }
}

/// Whether the modes are ours: not after [`restore`].
pub(super) fn holds() -> bool {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Gives the terminal back after everything on it was taken down, with the modes that this returns.
pub(super) fn leave() -> io::Result<Option<Termios>> {
    let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(taken) = taken else { return Ok(None) };
    give_back(&taken, false)?;
    Ok(Some(taken.before))
}

/// Gives the terminal back when it is dropped, if nobody did before: a thread that panics does not leave it as it is.
pub(super) struct Held;

impl Drop for Held {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back at once, whoever holds it and whatever it shows: for a crash hook, before it prints. Nothing happens where the
/// terminal is as it was. What stood on it stays; the cursor goes to an empty line at its end.
pub fn restore() {
    let taken = match TAKEN.try_lock() {
        Ok(mut taken) => taken.take(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
        // It is being given back, or taken, this very moment.
        Err(TryLockError::WouldBlock) => None,
    };
    if let Some(taken) = taken {
        // There is nobody left to tell.
        give_back(&taken, true).ok();
    }
}

fn give_back(taken: &Taken, crashed: bool) -> io::Result<()> {
    let mut out = Vec::new();
    if crashed {
        let keyboard = if taken.keyboard { escape::KEYBOARD_END } else { &[] };
        // Each screen has a keyboard of its own.
        if taken.full {
            out.extend_from_slice(keyboard);
            out.extend_from_slice(escape::ALTERNATE_END);
        }
        out.extend_from_slice(keyboard);
    }
    out.extend_from_slice(escape::LEAVE);
    if crashed {
        out.extend_from_slice(b"\x1b[999;1H\r\n");
    }
    let written = write_briefly(&out);
    // Also where nothing can be written. What was typed and not read is for the shell.
    tcsetattr(io::stdin().as_fd(), OptionalActions::Now, &taken.before)?;
    written
}

/// How long a terminal may take nothing before it is given up, where nothing more is to come.
const BRIEF: u32 = 5;

/// A step of waiting for a terminal that takes nothing, in milliseconds.
const STEP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// The terminal once more: of this one, whose modes nobody shares, a write never waits.
static WRITER: OnceLock<Option<OwnedFd>> = OnceLock::new();

/// Writes all of it to the terminal, past the standard library's buffer: a frame in one piece. A terminal that takes nothing is waited
/// for until `is_over`.
pub(super) fn write(bytes: &[u8], is_over: &dyn Fn() -> bool) -> io::Result<()> {
    write_while(bytes, &mut || !is_over())
}

/// Writes it, but waits for a terminal that takes nothing for half a second only.
pub(super) fn write_briefly(bytes: &[u8]) -> io::Result<()> {
    let mut left = BRIEF;
    write_while(bytes, &mut || {
        left = left.saturating_sub(1);
        left > 0
    })
}

/// Writes for as long as `waits` says so, which is asked for each step without a byte taken.
fn write_while(mut bytes: &[u8], waits: &mut dyn FnMut() -> bool) -> io::Result<()> {
    let stdout = io::stdout();
    let own = WRITER.get_or_init(again).as_ref();
    let terminal = own.map_or_else(|| stdout.as_fd(), AsFd::as_fd);
    while !bytes.is_empty() {
        match rustix::io::write(terminal, bytes) {
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                continue;
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&terminal, PollFlags::OUT)], Some(&STEP)) {
                Ok(1..) => continue,
                Ok(0) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
        if !waits() {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}

/// Opens the terminal that is standard output. (Without waiting is a mode of what was opened, which the shell and others have too.)
fn again() -> Option<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let name = ttyname(io::stdout().as_fd(), Vec::new()).ok();
    let own = name.and_then(|name| open(name, flags, Mode::empty()).ok());
    own.or_else(|| open(c"/dev/tty", flags, Mode::empty()).ok())
}
