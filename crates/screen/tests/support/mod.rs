//! A real pseudo-terminal with a parser of terminal bytes behind it, for the example `driver`.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "tests touch real files, processes and clocks; each uses a part of this"
)]

mod reflow;

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take: a loaded machine is slow.
pub const LONG: Duration = Duration::from_secs(30);

/// How far away a terminal is.
const FAR: Duration = Duration::from_millis(80);

/// The example, which `cargo test` builds beside the tests.
pub fn driver() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().unwrap().parent().unwrap().join("examples/driver");
    assert!(path.is_file(), "{} is missing: cargo build -p screen --example driver", path.display());
    path
}

/// How the terminal behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It says where its cursor is, and knows the kitty keyboard protocol.
    Modern,
    /// It answers nothing.
    Mute,
    /// What is written to it, and what it answers, is under way for a while.
    Far,
}

/// Modes that the parser itself does not keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Focus is told.
    pub focus: bool,
    /// An update is being collected.
    pub collecting: bool,
    /// Keyboard flags pushed and not popped.
    pub keyboard: i32,
    /// Titles put aside and not taken back.
    pub titles: i32,
    /// What it is about to answer.
    pub answers: Vec<u8>,
    /// It answers nothing.
    pub mute: bool,
    /// Lines are cut, not wrapped.
    pub cuts: bool,
}

impl reflow::Cuts for Modes {
    fn cuts(&self) -> bool {
        self.cuts
    }
}

impl vt100::Callbacks for Modes {
    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, i1: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        match (i1, params, c) {
            (None, [[6]], 'n') if !self.mute => {
                let (row, col) = screen.cursor_position();
                self.answers.extend(format!("\x1b[{};{}R", row + 1, col + 1).bytes());
            }
            (Some(b'?'), _, 'u') if !self.mute => self.answers.extend(b"\x1b[?0u"),
            (Some(b'>'), _, 'u') => self.keyboard += 1,
            (Some(b'<'), _, 'u') => self.keyboard -= 1,
            (Some(b'?'), [[7]], c) => self.cuts = c == 'l',
            (Some(b'?'), [[1004]], c) => self.focus = c == 'h',
            (Some(b'?'), [[2026]], c) => self.collecting = c == 'h',
            (None, [[22], _], 't') => self.titles += 1,
            (None, [[23], _], 't') => self.titles -= 1,
            _ => {}
        }
    }
}

type Terminal = Arc<(Mutex<(vt100::Parser<Modes>, usize)>, Condvar)>;

/// A program on a terminal.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    keyboard: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    terminal: Terminal,
    stopped: Arc<AtomicBool>,
}

impl Pty {
    /// `program` of a shell, in which `$DRIVER` is the example.
    pub fn shell(program: &str, cols: u16, rows: u16, kind: Kind) -> Self {
        Self::start(&["bash", "--norc", "--noprofile", "-c", program], cols, rows, kind)
    }

    /// A command.
    pub fn start(command: &[&str], cols: u16, rows: u16, kind: Kind) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut builder = CommandBuilder::new(command[0]);
        builder.args(&command[1..]);
        builder.env("TERM", "xterm-256color");
        builder.env("PS1", "$ ");
        builder.env("RUST_BACKTRACE", "0");
        builder.env("DRIVER", driver());
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let keyboard = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let modes = Modes { mute: kind == Kind::Mute, ..Modes::default() };
        let parser = vt100::Parser::new_with_callbacks(some(rows), some(cols), 20_000, modes);
        let terminal: Terminal = Arc::new((Mutex::new((parser, 0)), Condvar::new()));
        let stopped = Arc::new(AtomicBool::new(false));
        let stops = Arc::clone(&stopped);
        let (shown, answer) = (Arc::clone(&terminal), Arc::clone(&keyboard));
        std::thread::spawn(move || {
            let mut bytes = [0; 65_536];
            let mut pending = Vec::new();
            loop {
                while stops.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                let read = output.read(&mut bytes).unwrap_or(0);
                if kind == Kind::Far {
                    std::thread::sleep(FAR);
                }
                let mut state = shown.0.lock().unwrap();
                pending.extend_from_slice(&bytes[..read]);
                let late = pending.split_off(collected(&pending, kind));
                reflow::process(&mut state.0, &pending);
                pending = late;
                state.1 += read;
                let answers = std::mem::take(&mut state.0.callbacks_mut().answers);
                drop(state);
                shown.1.notify_all();
                answer.lock().unwrap().write_all(&answers).ok();
                if read == 0 {
                    return;
                }
            }
        });
        Self { master: pair.master, keyboard, child, terminal, stopped }
    }

    /// Nothing that the program writes is read any more until this is dropped: the terminal is full soon.
    pub fn stops(&self) -> impl Drop + '_ {
        struct Stopped<'a>(&'a Pty);
        impl Drop for Stopped<'_> {
            fn drop(&mut self) {
                self.0.stopped.store(false, Ordering::SeqCst);
            }
        }
        self.stopped.store(true, Ordering::SeqCst);
        Stopped(self)
    }

    /// Lets time pass.
    pub fn quiet_for(&self, time: Duration) {
        std::thread::sleep(time);
    }

    /// Keys.
    pub fn send(&self, keys: &str) {
        self.keyboard.lock().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is so.
    pub fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + LONG;
        let mut state = self.terminal.0.lock().unwrap();
        loop {
            let text = screen(&state.0);
            // In the middle of a collected update a terminal shows what was there before.
            if !state.0.callbacks().collecting && is(&text) {
                return text;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what}: not after {LONG:?}, but\n{text}");
            state = self.terminal.1.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until the text stands on the screen.
    pub fn shows(&self, text: &str) -> String {
        self.until(&format!("{text:?} on the screen"), |screen| screen.contains(text))
    }

    /// Waits until nothing was written for so long; how many bytes were written until then.
    pub fn quiet(&self, time: Duration) -> usize {
        let end = Instant::now() + LONG;
        let mut state = self.terminal.0.lock().unwrap();
        loop {
            let before = state.1;
            state = self.terminal.1.wait_timeout(state, time).unwrap().0;
            if state.1 == before {
                return before;
            }
            assert!(Instant::now() < end, "it never gets quiet:\n{}", screen(&state.0));
        }
    }

    /// The terminal has another size.
    pub fn resize(&self, cols: u16, rows: u16) {
        let mut state = self.terminal.0.lock().unwrap();
        reflow::resize(&mut state.0, cols, rows);
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).unwrap();
        drop(state);
        // Who reads has a turn: a terminal answers in between.
        std::thread::sleep(Duration::from_millis(2));
    }

    /// What is asked of the parser.
    pub fn look<T>(&self, look: impl FnOnce(&vt100::Screen, &Modes) -> T) -> T {
        let state = self.terminal.0.lock().unwrap();
        look(state.0.screen(), state.0.callbacks())
    }

    /// Everything that can be scrolled to.
    pub fn everything(&self) -> String {
        let mut state = self.terminal.0.lock().unwrap();
        let screen = state.0.screen_mut();
        let cols = screen.size().1.get();
        let mut lines = Vec::new();
        for offset in (1..=screen.scrollback_len()).rev() {
            screen.set_scrollback(offset);
            lines.extend(screen.rows(0, cols).next());
        }
        screen.set_scrollback(0);
        lines.extend(screen.rows(0, cols));
        lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// How many bytes are there for a terminal to show: what comes from far away does not come in the pieces in which it was written, and
/// what a terminal has of a collected update it keeps back.
fn collected(bytes: &[u8], kind: Kind) -> usize {
    let last = |sign: &[u8]| bytes.windows(sign.len()).rposition(|window| window == sign);
    match (last(b"\x1b[?2026h"), last(b"\x1b[?2026l")) {
        (Some(begin), end) if kind == Kind::Far && end.is_none_or(|end| end < begin) => begin,
        _ => bytes.len(),
    }
}

fn screen(parser: &vt100::Parser<Modes>) -> String {
    let screen = parser.screen();
    let lines: Vec<_> = screen.rows(0, screen.size().1.get()).map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n").trim_end().to_owned()
}

fn some(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// Whether what is below the finished lines is the viewport that stands there in `like`, once, whole, and as wide as the screen.
pub fn is_one_viewport(text: &str, cols: u16, like: &str) -> bool {
    let rule = "─".repeat(cols.into());
    let (found, like) = (viewport(text), viewport(like));
    let same = |(found, like): (&&str, &&str)| {
        if like.starts_with('─') { **found == rule } else { found.chars().take(7).eq(like.chars().take(7)) }
    };
    found.len() == like.len() && found.iter().zip(&like).all(same)
}

/// Its rows: from the first rule on.
fn viewport(text: &str) -> Vec<&str> {
    let rows: Vec<_> = text.trim_end().lines().map(str::trim_end).collect();
    let first = rows.iter().position(|row| row.starts_with('─')).unwrap_or(rows.len());
    rows[first..].to_vec()
}

/// Waits until the process is gone.
pub fn ends(pid: &str) {
    let end = Instant::now() + LONG;
    while std::path::Path::new("/proc").join(pid).exists() {
        assert!(Instant::now() < end, "process {pid} goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A number after a number, always the same ones (Knuth, MMIX).
pub fn next(seed: &mut u64, below: u16) -> u16 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    ((*seed >> 33) % u64::from(below)) as u16
}
