//! Terminals that can do little, and no terminal at all.

use super::play::Play;
use super::tmux::{BEFORE, Chat, Start, a_moment, flat};
use crate::support::Desk;

const STEPS: &str = "- say: \"Some `code`, **strong** words.\\n\\n```rust\\nfn main() {}\\n```\"
- calls: [{tool: bash, args: {command: touch made.txt}}]
- say: It is made.";

/// Whether the text holds a code that sets a colour of letters or of what is behind them.
fn is_coloured(text: &str) -> bool {
    let codes = text.split("\u{1b}[").skip(1).filter_map(|code| code.split_once('m').map(|(numbers, _)| numbers));
    let numbers = codes.flat_map(|numbers| numbers.split([';', ':'])).filter_map(|number| number.parse::<u8>().ok());
    numbers.into_iter().any(|number| matches!(number, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107))
}

/// A prompt, and an answer to a question.
#[track_caller]
fn talks(chat: &Chat<'_>, desk: &Desk) {
    chat.says("What is this?");
    chat.has_shown("fn main() {}");
    chat.says("Make it.");
    chat.asks("touch made.txt");
    chat.answers("y");
    chat.has_shown("It is made.");
    assert!(desk.root.join("made.txt").exists());
}

#[test]
fn with_no_color_there_is_none_and_yet_all_is_said() {
    for (value, coloured) in [("1", false), ("", true)] {
        let (desk, play) = (Desk::new(), Play::steps(STEPS, &[]));
        let variables = [("NO_COLOR", value)];
        let chat = Chat::start(&desk, &play.variables(), Start { variables: &variables, ..Start::default() });
        let bytes = chat.records();
        chat.is_ready();
        talks(&chat, &desk);
        chat.says("/diff");
        chat.says("/quit");
        chat.is_left_as_it_was(0);
        let bytes = String::from_utf8_lossy(&std::fs::read(bytes).unwrap()).into_owned();
        assert_eq!(is_coloured(&bytes), coloured, "NO_COLOR={value}: {bytes:?}");
    }
}

#[test]
fn a_dumb_terminal_gets_lines_and_no_codes_at_all() {
    let (desk, play) = (Desk::new(), Play::steps(STEPS, &[]));
    let variables = [("TERM", "dumb")];
    let chat = Chat::start(&desk, &play.variables(), Start { variables: &variables, ..Start::default() });
    let bytes = chat.records();
    chat.until("the prompt", |screen| screen.trim_end().ends_with('>'));
    chat.says("What is this?");
    chat.shows("fn main() {}");
    chat.until("the prompt", |screen| screen.trim_end().ends_with('>'));
    chat.says("Make it.");
    chat.shows("touch made.txt");
    chat.shows("allow?");
    a_moment();
    chat.types("y");
    chat.presses(&["Enter"]);
    chat.shows("It is made.");
    chat.presses(&["C-d"]);
    chat.is_left_as_it_was(0);
    let bytes = std::fs::read(bytes).unwrap();
    assert!(!bytes.contains(&0x1b), "{}", String::from_utf8_lossy(&bytes));
}

#[test]
fn without_a_terminal_there_are_lines() {
    let (desk, play) = (Desk::new(), Play::steps("- say: The first answer.\n- say: The second answer.", &[]));
    desk.aside("input", "What is this?\nAnd that?\n/quit\n");
    // From a file, to a terminal.
    let chat = Chat::start(&desk, &play.variables(), Start { behind: "< ../input", ..Start::default() });
    chat.is_left_as_it_was(0);
    let all = flat(&chat.everything());
    assert!(all.contains("The first answer.") && all.contains("The second answer."), "{all}");
    assert!(all.starts_with(BEFORE), "{all}");
    // From a terminal, into a file.
    let play = Play::steps("- say: The first answer.", &[]);
    let chat = Chat::start(&desk, &play.variables(), Start { behind: "> ../output", ..Start::default() });
    chat.until("the prompt", |screen| screen.contains('>'));
    chat.types("What is this?");
    chat.presses(&["Enter"]);
    let output = || std::fs::read_to_string(desk.base().join("output")).unwrap_or_default();
    chat.until("the answer", |_| output().contains("The first answer."));
    chat.presses(&["C-d"]);
    chat.is_left_as_it_was(0);
    assert!(!output().contains('\u{1b}'), "{}", output());
}

#[test]
fn a_chat_can_be_asked_to_be_plain() {
    let (desk, play) = (Desk::new(), Play::steps("- say: The first answer.", &[]));
    let arguments = ["--team", "solo", "--plain"];
    let chat = Chat::start(&desk, &play.variables(), Start { arguments: &arguments, ..Start::default() });
    chat.until("the prompt", |screen| screen.trim_end().ends_with('>'));
    chat.says("What is this?");
    chat.shows("The first answer.");
    chat.shows("in this session, cache hits");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}
