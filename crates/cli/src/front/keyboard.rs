//! Lines that a person types. One reader; a line answers the question on the screen if there is one, and is input otherwise.

use std::io::BufRead;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Whether a line says that its writer leaves.
pub(crate) fn is_goodbye(line: &str) -> bool {
    matches!(line.trim(), "/quit" | "/exit")
}

/// The keyboard, or whatever standard input is. A line is handed on only when somebody waits for one, so that the first line
/// of a pipe answers the first question, however early it was there.
pub(crate) struct Keyboard {
    demand: Mutex<Demand>,
    changed: Condvar,
    input: tokio::sync::Mutex<mpsc::UnboundedReceiver<String>>,
    /// A goodbye was the answer to a question.
    left: CancellationToken,
}

/// Who waits for a line.
#[derive(Default)]
struct Demand {
    question: Option<oneshot::Sender<String>>,
    input: bool,
    /// The input is over: nothing is asked in vain.
    ended: bool,
}

impl Keyboard {
    /// Begins to read. The reading thread ends with the input or with the process.
    pub(crate) fn open() -> Arc<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let keyboard = Arc::new(Self {
            demand: Mutex::default(),
            changed: Condvar::new(),
            input: tokio::sync::Mutex::new(receiver),
            left: CancellationToken::new(),
        });
        let reading = keyboard.clone();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { break };
                reading.hand_on(line, &sender);
            }
            let mut demand = reading.demand();
            demand.ended = true;
            demand.question = None;
        });
        keyboard
    }

    /// The next line that is not an answer; none at the end of the input.
    pub(crate) async fn next(&self) -> Option<String> {
        self.demand().input = true;
        self.changed.notify_one();
        self.input.lock().await.recv().await
    }

    /// Waits until the person leaves instead of answering a question.
    pub(crate) async fn left(&self) {
        self.left.cancelled().await;
    }

    /// The person left instead of answering a question.
    pub(crate) fn has_left(&self) -> bool {
        self.left.is_cancelled()
    }

    /// Waits for the answer to the question on the screen; none when the input is over, or the answer is a goodbye.
    pub(crate) async fn answer(&self) -> Option<String> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut demand = self.demand();
            if demand.ended || self.has_left() {
                return None;
            }
            demand.question = Some(sender);
        }
        self.changed.notify_one();
        receiver.await.ok().map(|line| line.trim().to_owned())
    }

    /// Waits until a line is wanted, and gives it to the question on the screen first.
    fn hand_on(&self, mut line: String, input: &mpsc::UnboundedSender<String>) {
        let mut demand = self.demand();
        loop {
            if demand.question.as_ref().is_some_and(|question| !question.is_closed()) && is_goodbye(&line) {
                // Said before the question ends, so that whoever asked finds the work cancelled.
                self.left.cancel();
                demand.question = None;
                return;
            }
            if let Some(question) = demand.question.take() {
                match question.send(line) {
                    Ok(()) => return,
                    // Whoever asked has gone.
                    Err(back) => line = back,
                }
            } else if demand.input {
                demand.input = false;
                // Nobody reads any more only when the process ends.
                input.send(line).ok();
                return;
            } else {
                demand = self.changed.wait(demand).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn demand(&self) -> MutexGuard<'_, Demand> {
        self.demand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyboard() -> (Arc<Keyboard>, mpsc::UnboundedSender<String>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (demand, changed) = (Mutex::default(), Condvar::new());
        let input = tokio::sync::Mutex::new(receiver);
        (Arc::new(Keyboard { demand, changed, input, left: CancellationToken::new() }), sender)
    }

    #[tokio::test]
    async fn a_goodbye_at_a_question_leaves_and_is_no_answer() {
        let (keyboard, sender) = keyboard();
        let typing = keyboard.clone();
        std::thread::spawn(move || {
            typing.hand_on("a reason".to_owned(), &sender);
            typing.hand_on(" /quit".to_owned(), &sender);
        });
        assert_eq!(keyboard.answer().await.as_deref(), Some("a reason"));
        assert!(!keyboard.has_left());
        assert_eq!(keyboard.answer().await, None);
        assert!(keyboard.has_left());
        assert_eq!(keyboard.answer().await, None, "nothing is asked of who has left");
    }

    #[tokio::test]
    async fn a_goodbye_where_nothing_is_asked_is_input() {
        let (keyboard, sender) = keyboard();
        let typing = keyboard.clone();
        std::thread::spawn(move || typing.hand_on("/quit".to_owned(), &sender));
        assert_eq!(keyboard.next().await.as_deref(), Some("/quit"));
        assert!(!keyboard.has_left());
    }
}
