//! Signals that the screen has to do with. The handlers set a flag and wake the thread; that one acts.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Signal, kill_current_process_group};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::low_level::{emulate_default_handler, pipe, unregister};
use signal_hook::{SigId, flag};

/// How long the program gets to fall asleep. It is not put to sleep at all where no shell could wake it (an orphaned process group).
const ASLEEP: Duration = Duration::from_millis(200);

/// Listens until it is dropped.
pub(super) struct Signals {
    resized: Arc<AtomicBool>,
    woken: Arc<AtomicBool>,
    ended: [(i32, Arc<AtomicBool>); 3],
    registered: Vec<SigId>,
    /// A byte for each signal.
    pub(super) socket: UnixStream,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let (socket, ringing) = UnixStream::pair()?;
        socket.set_nonblocking(true)?;
        ringing.set_nonblocking(true)?;
        let new = || Arc::new(AtomicBool::new(false));
        let (resized, woken, ended) = (new(), new(), [(SIGTERM, new()), (SIGHUP, new()), (SIGQUIT, new())]);
        let mut signals = Self { resized, woken, ended, registered: Vec::new(), socket };
        let all = [(SIGWINCH, &signals.resized), (SIGCONT, &signals.woken)];
        let all = all.into_iter().chain(signals.ended.iter().map(|(number, flag)| (*number, flag)));
        let mut registered = Vec::new();
        for (number, flag) in all {
            // The flag first: who is woken by the socket finds it.
            registered.push(flag::register(number, Arc::clone(flag))?);
            registered.push(pipe::register(number, ringing.try_clone()?)?);
        }
        signals.registered = registered;
        Ok(signals)
    }

    /// The bytes are read: the flags say the rest.
    pub(super) fn silence(&self) {
        while matches!((&self.socket).read(&mut [0; 64]), Ok(1..)) {}
    }

    /// Whether the size may have changed since the last time this was asked.
    pub(super) fn resized(&self) -> bool {
        self.resized.swap(false, Ordering::AcqRel)
    }

    /// Whether the program slept.
    pub(super) fn woken(&self) -> bool {
        self.woken.swap(false, Ordering::AcqRel)
    }

    /// The signal by which the program is to end.
    pub(super) fn ended(&self) -> Option<i32> {
        self.ended.iter().find(|(_, flag)| flag.load(Ordering::Acquire)).map(|(number, _)| *number)
    }

    /// Puts the program to sleep as Ctrl-Z does, and returns when it goes on.
    pub(super) fn sleep(&self) {
        self.woken();
        if kill_current_process_group(Signal::TSTP).is_err() {
            return;
        }
        // Any thread may be the one that takes the signal: this one must not go on before all of them sleep.
        let step = Duration::from_millis(5);
        for _ in 0..ASLEEP.as_millis() / step.as_millis() {
            if self.woken() {
                return;
            }
            std::thread::sleep(step);
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            unregister(id);
        }
    }
}

/// Ends the process at once, whatever its other threads do.
pub(super) fn exit(code: i32) -> ! {
    signal_hook::low_level::exit(code)
}

/// Ends the process as the signal would have.
pub(super) fn die(signal: i32) {
    // It fails only for a signal that does not end a process.
    emulate_default_handler(signal).ok();
}
