//! Lines that a person types. One reader; a line answers the question on the screen if there is one, and is input otherwise.
//!
//! At a terminal nothing answers a question that was typed before it was there, and nothing that was pasted gives permission. Lines of a
//! pipe were written by whoever knew what would be asked: they answer in their order, however early they are there.
#![expect(clippy::disallowed_methods, reason = "when a line was typed is told in real time, as people live in it")]

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::paste::{self, Marks, Pastes};
use crate::config::home::Environment;
use crate::text;

/// Nobody reads a question and answers it in less: what comes sooner was meant for something else.
const TO_READ: Duration = Duration::from_millis(300);

/// What a line is told that answers nothing.
const NO_ANSWER: &str = "not taken as an answer: it was pasted, or typed before the question was there. Type it: ";

/// Whether a line says that its writer leaves.
pub(crate) fn is_goodbye(line: &str) -> bool {
    matches!(line.trim(), "/quit" | "/exit")
}

/// Whether the terminal can be told to mark what is pasted: one that only prints would print the order.
fn can_mark() -> bool {
    Environment::read().get("TERM").is_some_and(|term| term != "dumb")
}

/// What an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Something is done behind a yes.
    Permission,
    /// Words for an agent.
    Words,
}

/// The keyboard, or whatever standard input is. A line is handed on only when somebody waits for one, so that the first line
/// of a pipe answers the first question, however early it was there.
pub(crate) struct Keyboard {
    /// Somebody types at a terminal.
    person: bool,
    /// The terminal is told to mark what is pasted while permission is asked for.
    marks: bool,
    demand: Mutex<Demand>,
    changed: Condvar,
    input: tokio::sync::Mutex<mpsc::UnboundedReceiver<TypedLine>>,
    /// A goodbye was the answer to a question.
    left: CancellationToken,
}

/// Who waits for a line.
#[derive(Default)]
struct Demand {
    question: Option<Question>,
    input: bool,
    /// The input is over: nothing is asked in vain.
    ended: bool,
}

/// A question on the screen.
struct Question {
    answer: oneshot::Sender<String>,
    asked: Asked,
    /// From when on it can be answered.
    since: Instant,
}

/// A line that is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypedLine {
    pub(crate) text: String,
    /// A person typed it at a terminal: nothing of it was pasted, and it came alone.
    pub(crate) is_typed: bool,
}

/// A line as it came.
struct Typed {
    line: String,
    at: Instant,
    pasted: bool,
    /// Another line came with it.
    together: bool,
}

impl Keyboard {
    /// Begins to read. The reading thread ends with the input or with the process.
    pub(crate) fn open() -> Arc<Self> {
        Self::reading(can_mark())
    }

    /// The same at a terminal that marks what is pasted all the time, until the marks are dropped.
    pub(crate) fn open_marked() -> (Arc<Self>, Option<Marks>) {
        let keyboard = Self::reading(false);
        let marks = (keyboard.person && can_mark()).then(Marks::on);
        (keyboard, marks)
    }

    fn reading(marks: bool) -> Arc<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let keyboard = Arc::new(Self { marks, ..Self::new(std::io::stdin().is_terminal(), receiver) });
        let reading = keyboard.clone();
        std::thread::spawn(move || {
            reading.read(&sender);
            let mut demand = reading.demand();
            demand.ended = true;
            demand.question = None;
        });
        keyboard
    }

    fn new(person: bool, input: mpsc::UnboundedReceiver<TypedLine>) -> Self {
        Self {
            person,
            marks: false,
            demand: Mutex::default(),
            changed: Condvar::new(),
            input: tokio::sync::Mutex::new(input),
            left: CancellationToken::new(),
        }
    }

    /// Reads to the end.
    fn read(&self, input: &mpsc::UnboundedSender<TypedLine>) {
        let mut lines = std::io::stdin().lock().lines();
        let mut pastes = Pastes::default();
        let mut came_with = false;
        while let Some(Ok(line)) = lines.next() {
            let at = Instant::now();
            if !self.person {
                self.hand_on(Typed { line, at, pasted: false, together: false }, input);
                continue;
            }
            let (mut line, mut pasted) = pastes.read(&line);
            // Not every terminal marks what is pasted; but several lines at once are never typed.
            let mut more = paste::more_comes();
            while more && self.asks_permission() {
                let Some(Ok(next)) = lines.next() else { break };
                line = format!("{line}\n{}", pastes.read(&next).0);
                pasted = true;
                more = paste::more_comes();
            }
            let together = std::mem::replace(&mut came_with, more) || more;
            self.hand_on(Typed { line, at, pasted, together }, input);
        }
    }

    /// Somebody types at a terminal.
    pub(crate) fn is_person(&self) -> bool {
        self.person
    }

    fn asks_permission(&self) -> bool {
        let demand = self.demand();
        let open = demand.question.as_ref().filter(|question| !question.answer.is_closed());
        open.is_some_and(|question| question.asked == Asked::Permission)
    }

    /// The next line that is not an answer; none at the end of the input.
    pub(crate) async fn next(&self) -> Option<TypedLine> {
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
    pub(crate) async fn answer(&self, asked: Asked) -> Option<String> {
        let (sender, receiver) = oneshot::channel();
        let _marks = (self.person && self.marks && asked == Asked::Permission).then(Marks::on);
        {
            let mut demand = self.demand();
            if demand.ended || self.has_left() {
                return None;
            }
            if self.person {
                paste::forget_typed();
            }
            let to_read = if asked == Asked::Permission { TO_READ } else { Duration::ZERO };
            demand.question = Some(Question { answer: sender, asked, since: Instant::now() + to_read });
        }
        self.changed.notify_one();
        receiver.await.ok().map(|line| line.trim().to_owned())
    }

    /// Waits until a line is wanted, and gives it to the question on the screen first.
    fn hand_on(&self, typed: Typed, input: &mpsc::UnboundedSender<TypedLine>) {
        let Typed { mut line, at, pasted, together } = typed;
        let mut demand = self.demand();
        loop {
            let open = demand.question.as_ref().filter(|question| !question.answer.is_closed());
            if let Some(question) = open {
                if is_goodbye(&line) && !pasted {
                    // Said before the question ends, so that whoever asked finds the work cancelled.
                    self.left.cancel();
                    demand.question = None;
                    return;
                }
                let is_paste = pasted && question.asked == Asked::Permission;
                if self.person && (is_paste || at < question.since) {
                    drop(demand);
                    text::note_part(NO_ANSWER);
                    return;
                }
            }
            if let Some(question) = demand.question.take() {
                match question.answer.send(line) {
                    Ok(()) => return,
                    // Whoever asked has gone.
                    Err(back) => line = back,
                }
            } else if demand.input {
                demand.input = false;
                // Nobody reads any more only when the process ends.
                input.send(TypedLine { text: line, is_typed: self.person && !pasted && !together }).ok();
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

    fn keyboard(person: bool) -> (Arc<Keyboard>, mpsc::UnboundedSender<TypedLine>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Arc::new(Keyboard::new(person, receiver)), sender)
    }

    fn typed(line: &str, at: Instant) -> Typed {
        Typed { line: line.to_owned(), at, pasted: false, together: false }
    }

    /// The answer that a question gets when these lines come.
    async fn answer(person: bool, asked: Asked, lines: Vec<Typed>) -> Option<String> {
        let (keyboard, sender) = keyboard(person);
        let typing = keyboard.clone();
        std::thread::spawn(move || lines.into_iter().for_each(|line| typing.hand_on(line, &sender)));
        keyboard.answer(asked).await
    }

    #[tokio::test]
    async fn a_goodbye_at_a_question_leaves_and_is_no_answer() {
        let (keyboard, sender) = keyboard(false);
        let (typing, now) = (keyboard.clone(), Instant::now());
        std::thread::spawn(move || {
            typing.hand_on(typed("a reason", now), &sender);
            typing.hand_on(typed(" /quit", now), &sender);
        });
        assert_eq!(keyboard.answer(Asked::Permission).await.as_deref(), Some("a reason"));
        assert!(!keyboard.has_left());
        assert_eq!(keyboard.answer(Asked::Permission).await, None);
        assert!(keyboard.has_left());
        assert_eq!(keyboard.answer(Asked::Words).await, None, "nothing is asked of who has left");
    }

    #[tokio::test]
    async fn a_goodbye_where_nothing_is_asked_is_input() {
        let (keyboard, sender) = keyboard(false);
        let typing = keyboard.clone();
        std::thread::spawn(move || typing.hand_on(typed("/quit", Instant::now()), &sender));
        assert_eq!(keyboard.next().await.unwrap().text, "/quit");
        assert!(!keyboard.has_left());
    }

    #[tokio::test]
    async fn sec_51_only_what_comes_alone_from_a_persons_hand_was_typed() {
        let line = || typed("!ls", Instant::now());
        let cases = [
            (true, line(), true),
            (true, Typed { pasted: true, ..line() }, false),
            (true, Typed { together: true, ..line() }, false),
            (false, line(), false),
        ];
        for (person, line, is_typed) in cases {
            let (keyboard, sender) = keyboard(person);
            let typing = keyboard.clone();
            std::thread::spawn(move || typing.hand_on(line, &sender));
            assert_eq!(keyboard.next().await, Some(TypedLine { text: "!ls".to_owned(), is_typed }));
        }
    }

    #[tokio::test]
    async fn sec_51_what_was_typed_before_a_question_or_at_once_behind_it_does_not_answer_it() {
        let now = Instant::now();
        let late = now + 3600 * Duration::from_secs(1);
        let lines = vec![typed("y", now), typed("y", now + TO_READ / 2), typed("later", late)];
        assert_eq!(answer(true, Asked::Permission, lines).await.as_deref(), Some("later"));
        let lines = vec![typed("before", now), typed("an answer", late)];
        assert_eq!(answer(true, Asked::Words, lines).await.as_deref(), Some("an answer"));
    }

    #[tokio::test]
    async fn sec_51_what_is_pasted_gives_no_permission_but_may_be_words() {
        let late = Instant::now() + Duration::from_secs(3600);
        let pasted = |line: &str| Typed { pasted: true, ..typed(line, late) };
        let lines = vec![pasted("y"), pasted("/quit"), typed("n", late)];
        assert_eq!(answer(true, Asked::Permission, lines).await.as_deref(), Some("n"));
        assert_eq!(answer(true, Asked::Words, vec![pasted("an address")]).await.as_deref(), Some("an address"));
    }

    #[tokio::test]
    async fn lines_of_a_pipe_answer_in_their_order_however_early() {
        let lines = vec![typed("y", Instant::now())];
        assert_eq!(answer(false, Asked::Permission, lines).await.as_deref(), Some("y"));
    }
}
