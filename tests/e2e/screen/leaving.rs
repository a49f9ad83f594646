//! Ways out, and back.

use super::play::Play;
use super::tmux::{Chat, Start, flat};
use crate::support::Desk;

const ANSWER: &str = "- say: The first answer.\n- say: The second answer.";

#[test]
fn every_way_out_leaves_the_terminal_as_it_was() {
    let (desk, play) = (Desk::new(), Play::steps(ANSWER, &[]));
    let ways: [(&str, &[&str]); 3] = [("", &["C-d"]), ("", &["C-c", "C-c"]), ("/quit", &["Enter"])];
    for (words, keys) in ways {
        let chat = Chat::open(&desk, &play.variables(), Start::default());
        if !words.is_empty() {
            chat.writes(words);
        }
        keys.iter().for_each(|key| chat.presses(&[key]));
        chat.is_left_as_it_was(0);
    }
    assert_eq!(play.requests().len(), 0);
}

#[test]
fn a_signal_to_end_leaves_the_terminal_as_it_was_too() {
    let (desk, play) =
        (Desk::new(), Play::steps("- say: The first words of an answer that is never going to be over.", &[(0, 2)]));
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let chat = Chat::open(&desk, &play.variables(), Start::default());
        chat.says("What is this?");
        chat.shows("The first words of an answer");
        chat.signal(signal);
        let left = chat.code();
        assert!(left == code || left == 130, "{left} after {signal}");
        chat.is_left_as_it_was(left);
    }
}

#[test]
fn a_chat_that_was_killed_goes_on_where_it_was() {
    let steps = "- {say: I look first., calls: [{tool: read, args: {files: [{path: README.md}]}}]}\n- say: This is what I found in the end of it all.\n- say: And more.";
    let (desk, play) = (Desk::new(), Play::steps(steps, &[(1, 2)]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("What is this?");
    chat.shows("This is what I found");
    chat.signal("KILL");
    chat.until("the end", |screen| screen.contains("code 137"));
    drop(chat);
    play.runs();
    let arguments = ["--resume"];
    let chat = Chat::open(&desk, &play.variables(), Start { arguments: &arguments, ..Start::default() });
    // What was said before is there to be read. The answer that was broken off is asked for again, nothing else is.
    chat.has_shown("What is this?");
    chat.says("Go on.");
    chat.until("an answer", |_| {
        let all = flat(&chat.everything());
        all.contains("in the end of it all.") || all.contains("And more.")
    });
    let reads = play.requests().iter().filter(|request| request.step == 0).count();
    assert_eq!(reads, 1, "what was done is not done again");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
    let list = desk.agent(&["sessions", "list", "--json"]).exits(0).json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1, "{list}");
}

#[test]
fn a_chat_that_is_stopped_gives_the_terminal_to_the_shell_and_takes_it_back() {
    let (desk, play) = (Desk::new(), Play::steps(ANSWER, &[]));
    let chat = Chat::in_a_shell(&desk, &play.variables());
    chat.is_ready();
    chat.says("What is this?");
    chat.has_shown("The first answer.");
    chat.presses(&["C-z"]);
    chat.until("the shell", |screen| screen.contains("shell$") && screen.to_lowercase().contains("stopped"));
    chat.says("echo from-the-$((40 + 2))-shell");
    chat.shows("from-the-42-shell");
    assert_eq!(chat.knows("#{cursor_flag}"), "1");
    chat.says("fg");
    chat.is_ready();
    chat.says("And that?");
    chat.has_shown("The second answer.");
    chat.says("/quit");
    chat.until("the shell", |screen| screen.trim_end().ends_with("shell$"));
}
