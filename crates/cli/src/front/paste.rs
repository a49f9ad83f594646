//! What a terminal sends that nobody typed as an answer: text from before a question, and text that was pasted.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::termios::QueueSelector;

use crate::text;

/// What comes so soon behind a line came with it: nobody types a whole line in that time.
const TOGETHER: Duration = Duration::from_millis(50);

/// How terminals mark what is pasted, where they are told to.
const BEGINS: &str = "\u{1b}[200~";
const ENDS: &str = "\u{1b}[201~";

/// Reads the marks, over several lines.
#[derive(Default)]
pub(super) struct Pastes {
    within: bool,
}

impl Pastes {
    /// A line without marks, and whether any of it, or its end, was pasted.
    pub(super) fn read(&mut self, line: &str) -> (String, bool) {
        let (mut text, mut rest, mut pasted) = (String::with_capacity(line.len()), line, false);
        loop {
            let mark = if self.within { ENDS } else { BEGINS };
            let Some((before, after)) = rest.split_once(mark) else {
                text.push_str(rest);
                return (text, pasted || self.within);
            };
            text.push_str(before);
            pasted |= self.within && !before.is_empty();
            self.within = !self.within;
            rest = after;
        }
    }
}

/// The terminal marks what is pasted until this is dropped.
pub(crate) struct Marks(());

impl Marks {
    pub(super) fn on() -> Self {
        text::mark_pastes(true);
        Self(())
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        text::mark_pastes(false);
    }
}

/// Throws away what the terminal holds that was not read yet, also of a line that is not at its end.
pub(super) fn forget_typed() {
    // What cannot be thrown away is told by its time.
    rustix::termios::tcflush(std::io::stdin(), QueueSelector::IFlush).ok();
}

/// Whether another whole line is there, or comes at once.
pub(super) fn more_comes() -> bool {
    let stdin = std::io::stdin();
    let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
    let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(TOGETHER.subsec_nanos()) };
    rustix::event::poll(&mut waiting, Some(&wait)).is_ok_and(|ready| ready > 0)
        && waiting.iter().any(|found| found.revents().contains(PollFlags::IN))
}

#[cfg(test)]
mod tests {
    use super::Pastes;

    fn read(lines: &[&str]) -> Vec<(String, bool)> {
        let mut pastes = Pastes::default();
        lines.iter().map(|line| pastes.read(line)).collect()
    }

    #[test]
    fn sec_51_every_line_of_a_paste_is_known_and_what_is_typed_behind_it_is_not_one() {
        let lines = read(&["\u{1b}[200~some words", "y", "\u{1b}[201~y", "y"]);
        let expected = [("some words", true), ("y", true), ("y", false), ("y", false)];
        assert_eq!(lines, expected.map(|(line, pasted)| (line.to_owned(), pasted)));
    }

    #[test]
    fn sec_51_a_word_that_was_pasted_into_a_typed_line_makes_it_a_pasted_one() {
        assert_eq!(read(&["\u{1b}[200~y\u{1b}[201~"]), [("y".to_owned(), true)]);
        assert_eq!(read(&["a\u{1b}[200~b\u{1b}[201~c"]), [("abc".to_owned(), true)]);
        assert_eq!(read(&["\u{1b}[200~\u{1b}[201~y"]), [("y".to_owned(), false)], "nothing was pasted");
        assert_eq!(read(&["\u{1b}[201~y"]), [("\u{1b}[201~y".to_owned(), false)], "an end without a beginning is text");
    }
}
