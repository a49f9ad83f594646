//! The terminal: its modes, its input, and what is drawn on it. One thread of its own has it from [`Screen::open`] to
//! [`Screen::close`], and [`restore`] gives it back from anywhere.

mod driver;
mod escape;
mod finding;
mod guard;
mod inline;
mod keys;
mod paint;
mod run;
mod sender;
mod signals;
#[cfg(test)]
pub(crate) mod virtual_terminal;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

pub use escape::Notify;
pub use guard::restore;
pub use sender::Sender;

use crate::app::{self, App};
use crate::composer::{History, Walk};
use crate::feed::Act;
use crate::text::Colors;

/// How the screen is to be.
pub struct Options {
    /// The colours that the terminal shows.
    pub colors: Colors,
    /// How the person is called when the window has no focus.
    pub notify: Notify,
    /// The terminal is tmux: what it does not know itself is wrapped.
    pub tmux: bool,
    /// Nothing moves by itself but words that arrive: a still sign instead of a spinner.
    pub still: bool,
    /// The workspace, whose files `@` completes: an absolute path.
    pub root: PathBuf,
    /// What was sent earlier.
    pub history: History,
    /// The time in milliseconds; where it begins does not matter.
    pub now: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// Why there can be no screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A pipe or a file.
    #[error("standard input and output are not both a terminal")]
    NoTerminal,
    /// Nothing is known of it but that it prints.
    #[error("TERM is {0}: this terminal cannot move its cursor")]
    Dumb(&'static str),
}

/// Whether there can be a screen. `term` is the environment's `TERM`.
///
/// # Errors
/// Standard input or output is no terminal, or one that only prints.
pub fn usable(term: Option<&str>) -> Result<(), Unusable> {
    match term {
        _ if !guard::is_terminal() => Err(Unusable::NoTerminal),
        None | Some("") => Err(Unusable::Dumb("not set")),
        Some("dumb") => Err(Unusable::Dumb("dumb")),
        Some(_) => Ok(()),
    }
}

/// The terminal could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("the terminal cannot be used for the screen: {0}")]
pub struct ScreenError(#[from] io::Error);

/// The screen, as long as it is there.
pub struct Screen {
    sender: Sender,
    thread: Option<JoinHandle<()>>,
}

impl Screen {
    /// Takes the terminal. `acts` is called on the screen's thread: it must not wait. The last is [`Act::Leave`] where the terminal goes
    /// away.
    ///
    /// # Errors
    /// The terminal does not do what it is asked.
    pub fn open(options: Options, acts: impl Fn(Act) + Send + 'static) -> Result<Self, ScreenError> {
        let outside = driver::Outside { notify: options.notify, tmux: options.tmux };
        let (sender, inbox) = sender::channel()?;
        let app = App::new(app::Options {
            colors: options.colors,
            still: options.still,
            files: Arc::new(Walk::new(options.root)),
            history: options.history,
        });
        let desk = run::open(app, outside, inbox, options.now, acts)?;
        let thread = std::thread::Builder::new().name("screen".to_owned()).spawn(move || desk.run())?;
        Ok(Self { sender, thread: Some(thread) })
    }

    /// The way to it.
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Waits until the screen is over by itself ([`Feed::Leave`](crate::Feed::Leave), or the terminal is gone).
    pub fn wait(mut self) {
        self.join();
    }

    /// Shows what it was fed so far, takes everything down, and waits until the terminal is as it was.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.sender.close();
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic was told by the hook, and the terminal was given back.
            thread.join().ok();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.end();
        }
    }
}
