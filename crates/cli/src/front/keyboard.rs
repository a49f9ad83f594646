//! Lines that a person types. One reader; a line answers the question on the screen if there is one, and is input otherwise.

use std::io::BufRead;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

/// The keyboard, or whatever standard input is.
pub(crate) struct Keyboard {
    question: Mutex<Option<oneshot::Sender<String>>>,
    input: tokio::sync::Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Keyboard {
    /// Begins to read. The reading thread ends with the input or with the process.
    pub(crate) fn open() -> Arc<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let keyboard = Arc::new(Self { question: Mutex::default(), input: tokio::sync::Mutex::new(receiver) });
        let reading = Arc::downgrade(&keyboard);
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let (Ok(line), Some(keyboard)) = (line, reading.upgrade()) else { break };
                if let Some(line) = keyboard.offer_answer(line)
                    && sender.send(line).is_err()
                {
                    break;
                }
            }
            // Nobody will answer any more.
            if let Some(keyboard) = reading.upgrade() {
                keyboard.question().take();
            }
        });
        keyboard
    }

    /// The next line that is not an answer; none at the end of the input.
    pub(crate) async fn next(&self) -> Option<String> {
        self.input.lock().await.recv().await
    }

    /// Waits for the answer to the question on the screen.
    pub(crate) async fn answer(&self) -> Option<String> {
        let (sender, receiver) = oneshot::channel();
        *self.question() = Some(sender);
        receiver.await.ok().map(|line| line.trim().to_owned())
    }

    /// Gives a line to the waiting question; back when there is none.
    fn offer_answer(&self, line: String) -> Option<String> {
        match self.question().take() {
            Some(waiting) => waiting.send(line).err(),
            None => Some(line),
        }
    }

    fn question(&self) -> std::sync::MutexGuard<'_, Option<oneshot::Sender<String>>> {
        self.question.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
