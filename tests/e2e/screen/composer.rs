//! The box that prompts are written in.

use super::play::Play;
use super::tmux::{Chat, Start};
use crate::support::Desk;

/// Says what it was told.
const ECHO: &str = "- say: First.\n- say: Second.\n- say: Third.";

/// The words of the newest prompt.
#[track_caller]
fn prompt(play: &Play, number: usize) -> String {
    play.was_asked(number);
    play.last_words()
}

#[test]
fn lines_are_broken_on_purpose_and_a_paste_sends_nothing() {
    let (desk, play) = (Desk::new(), Play::steps(ECHO, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.writes("one");
    chat.presses(&["C-j"]);
    chat.writes("two\\");
    chat.presses(&["Enter"]);
    chat.writes("three");
    assert_eq!(play.requests().len(), 0, "none of it was sent");
    chat.presses(&["Enter"]);
    let words = prompt(&play, 1);
    assert!(words.contains("one\ntwo\nthree"), "{words:?}");
    chat.has_shown("First.");

    let pasted: String = (1..=40).map(|n| format!("pasted line {n}\n")).collect();
    chat.writes("See: ");
    chat.pastes(&pasted);
    chat.until("the paste, in short or in full", |screen| screen.contains("paste"));
    assert_eq!(play.requests().len(), 1, "ends of lines in a paste send nothing");
    chat.presses(&["Enter"]);
    let words = prompt(&play, 2);
    assert!(words.contains("See: pasted line 1\npasted line 2\n") && words.contains("pasted line 40"), "{words:?}");
    chat.has_shown("Second.");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn earlier_prompts_are_walked_and_searched_and_known_to_the_next_chat() {
    let (desk, play) = (Desk::new(), Play::steps(ECHO, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("alpha prompt");
    chat.has_shown("First.");
    chat.says("beta prompt");
    chat.has_shown("Second.");
    let again = |words: &str| chat.everything().matches(words).count();
    let (alpha, beta) = (again("alpha prompt"), again("beta prompt"));
    chat.presses(&["Up"]);
    chat.until("the last prompt", |_| again("beta prompt") == beta + 1);
    chat.presses(&["Up"]);
    chat.until("the one before", |_| again("alpha prompt") == alpha + 1);
    chat.presses(&["Down"]);
    chat.until("the last prompt", |_| again("beta prompt") == beta + 1);
    chat.presses(&["C-c"]);
    chat.until("an empty box", |_| again("beta prompt") == beta);
    chat.says("/quit");
    chat.is_left_as_it_was(0);

    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.presses(&["C-r"]);
    chat.types("alph");
    chat.shows("alpha prompt");
    chat.presses(&["Enter"]);
    chat.shows("alpha prompt");
    assert_eq!(play.requests().len(), 2, "what was found is put into the box, not sent");
    chat.presses(&["C-c"]);
    chat.hides("alpha prompt");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn an_at_sign_finds_files_but_none_that_are_ignored() {
    let (desk, play) = (Desk::new(), Play::steps(ECHO, &[]));
    desk.file(".gitignore", "hidden-away/\n*.secret\n");
    for name in ["deep/down/telescope.rs", "hidden-away/telescope.rs", "telescope.secret"] {
        desk.file(name, "x");
    }
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.types("read @telesc");
    chat.shows("deep/down/telescope.rs");
    chat.must(!chat.flat().contains("hidden-away"), "ignored files are not offered");
    chat.must(!chat.flat().contains("telescope.secret"), "ignored files are not offered");
    chat.presses(&["Tab"]);
    chat.shows("read @deep/down/telescope.rs");
    chat.types("please");
    chat.shows("telescope.rs please");
    chat.presses(&["Enter"]);
    let words = prompt(&play, 1);
    assert!(words.contains("read @deep/down/telescope.rs please"), "{words:?}");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_slash_offers_the_commands_that_begin_so_and_escape_closes_the_list() {
    let (desk, play) = (Desk::new(), Play::steps(ECHO, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.types("/co");
    for name in ["/compact", "/context", "/cost"] {
        chat.shows(name);
    }
    chat.must(!chat.flat().contains("/export"), "only what begins so");
    chat.presses(&["Escape"]);
    chat.hides("/context");
    chat.shows("/co");
    chat.types("n");
    chat.presses(&["Tab"]);
    chat.shows("/context");
    chat.presses(&["Enter"]);
    chat.has_shown("solo");
    assert_eq!(play.requests().len(), 0);
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_question_mark_in_an_empty_box_shows_the_keys() {
    let (desk, play) = (Desk::new(), Play::steps(ECHO, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.types("?");
    for key in ["Shift-Tab", "Ctrl-O", "Ctrl-T", "Esc"] {
        let key = key.to_lowercase();
        chat.until(&key, |_| chat.everything().to_lowercase().contains(&key));
    }
    chat.presses(&["Escape"]);
    // At once behind it, a letter would be Alt and that letter: that is how terminals say it.
    chat.until("no help", |screen| !screen.to_lowercase().contains("shift-tab"));
    // In words it is a question mark.
    chat.says("really?");
    assert!(prompt(&play, 1).contains("really?"));
    chat.has_shown("First.");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}
