//! Questions whether something may be done: what they show, and what answers them.

use super::play::Play;
use super::tmux::{Chat, Start, a_moment, flat};
use crate::support::Desk;

/// Longer than the lines of any terminal here.
const COMMAND: &str = "touch one.txt && echo this-command-is-so-long that-it-does-not-fit into-one-line of-a-terminal and-its-end-is-shown";

#[test]
fn a_command_is_shown_whole_and_done_after_a_yes() {
    for columns in [40, 100] {
        let steps = format!("- calls: [{{tool: bash, args: {{command: \"{COMMAND}\"}}}}]\n- say: I did it.");
        let (desk, play) = (Desk::new(), Play::steps(&steps, &[]));
        let chat = Chat::open(&desk, &play.variables(), Start { columns, rows: 24, ..Start::default() });
        chat.says("Do it.");
        for word in COMMAND.split(' ') {
            chat.shows(word);
        }
        chat.shows("solo");
        chat.shows("bash");
        assert!(!desk.root.join("one.txt").exists(), "it waits");
        chat.answers("y");
        chat.has_shown("I did it.");
        assert!(desk.root.join("one.txt").exists());
        chat.says("/quit");
        chat.is_left_as_it_was(0);
    }
}

const THRICE: &str = "- calls: [{tool: bash, args: {command: touch first.txt}}]
- calls: [{tool: bash, args: {command: touch first.txt}}]
- calls: [{tool: bash, args: {command: touch second.txt}}]
- say: I tried.";

#[test]
fn always_holds_for_what_the_question_says_and_for_nothing_else() {
    let (desk, play) = (Desk::new(), Play::steps(THRICE, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("Do it.");
    chat.asks("touch first.txt");
    chat.until("what always would cover", |screen| flat(screen).to_lowercase().contains("always"));
    chat.answers("a");
    // The same command again was not asked for; another one is.
    chat.asks("touch second.txt");
    assert_eq!(play.requests().len(), 3);
    assert!(desk.root.join("first.txt").exists() && !desk.root.join("second.txt").exists());
    chat.answers("y");
    chat.has_shown("I tried.");
    assert!(desk.root.join("second.txt").exists());
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

const EDIT: &str = "- calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]
- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: \"    41\", new: \"    4_200\"}]}}]
- say: I tried.";

#[test]
fn an_edit_is_shown_as_a_diff_and_a_no_with_its_reason_reaches_the_model() {
    let (desk, play) = (Desk::new(), Play::steps(EDIT, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("Change it.");
    chat.asks("4_200");
    chat.shows("src/lib.rs");
    // The line that goes, the line that comes, and where they stand.
    chat.until("a diff with numbers", |screen| {
        let line = |sign: &str, words: &str| {
            screen.lines().any(|line| line.contains(sign) && line.contains(words) && line.contains('2'))
        };
        line("-", " 41") && line("+", "4_200")
    });
    let number = play.requests().len();
    // A no with a reason: the key that asks for one, and the words.
    chat.answers("e");
    chat.types("put it under docs");
    chat.shows("put it under docs");
    chat.presses(&["Enter"]);
    chat.has_shown("I tried.");
    assert_eq!(play.requests().len(), number + 1);
    assert!(desk.read("src/lib.rs").contains("41"));
    assert!(play.last_words().contains("put it under docs"), "{}", play.last_words());
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn an_edit_is_done_after_a_yes_and_its_diff_stays_to_be_read() {
    let (desk, play) = (Desk::new(), Play::steps(EDIT, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("Change it.");
    chat.asks("4_200");
    chat.answers("y");
    chat.has_shown("I tried.");
    assert!(desk.read("src/lib.rs").contains("4_200"));
    chat.has_shown("4_200");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn neither_what_was_typed_before_nor_a_paste_answers_a_question() {
    let steps = "- {say: Wait., calls: [{tool: bash, args: {command: touch made.txt}}]}\n- say: I tried.";
    let (desk, play) = (Desk::new(), Play::steps(steps, &[(0, 1)]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("Do it.");
    play.was_asked(1);
    chat.writes("yes yes");
    play.goes_on();
    // Keys that are under way when the question comes.
    for _ in 0..20 {
        chat.types("y");
    }
    chat.asks("touch made.txt");
    chat.pastes("y\n");
    chat.pastes("y\ny\ny\n");
    a_moment();
    chat.must(chat.is_asked() && !desk.root.join("made.txt").exists(), "nobody said yes");
    assert_eq!(play.requests().len(), 1);
    chat.answers("y");
    chat.has_shown("I tried.");
    // What was written before is still there to be sent.
    chat.shows("yes yes");
    chat.presses(&["C-c"]);
    chat.hides("yes yes");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn escape_at_a_question_is_no_yes() {
    let steps = "- calls: [{tool: bash, args: {command: touch made.txt}}]\n- say: I tried.";
    let (desk, play) = (Desk::new(), Play::steps(steps, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("Do it.");
    chat.asks("touch made.txt");
    chat.answers("Escape");
    chat.until("the end of the turn", |_| {
        let all = flat(&chat.everything());
        all.contains("I tried.") || all.contains("interrupted")
    });
    assert!(!desk.root.join("made.txt").exists());
    chat.says("/quit");
    chat.code();
}
