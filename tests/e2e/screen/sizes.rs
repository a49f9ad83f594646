//! Small windows, and windows that change.

use super::play::Play;
use super::tmux::{Chat, Start, flat, framed};
use crate::support::Desk;

/// So many lines that no window here holds them.
const LINES: usize = 150;

/// An answer whose lines are told apart, as code, so that they stay lines.
fn numbered(from: usize) -> String {
    let lines: String = (from..from + LINES).map(|n| format!("      line-{n:04}\n")).collect();
    format!("- say: |-\n    It begins.\n\n    ```text\n{lines}    ```\n\n    It ends.\n")
        .replace("      line", "    line")
}

/// Those of the lines that are there, whole, wherever they are now.
fn numbers(everything: &str, from: usize) -> Vec<String> {
    let words = everything.lines().flat_map(str::split_whitespace).filter(|word| word.starts_with("line-"));
    let one_of_them = |word: &&str| word[5..].parse::<usize>().is_ok_and(|n| (from..from + LINES).contains(&n));
    words.filter(one_of_them).map(str::to_owned).collect()
}

/// All of them, in order.
fn wanted(from: usize) -> Vec<String> {
    (from..from + LINES).map(|n| format!("line-{n:04}")).collect()
}

/// Each line once, whole, in order.
#[track_caller]
fn are_once_and_in_order(chat: &Chat<'_>, from: usize) {
    let everything = chat.everything();
    assert_eq!(numbers(&everything, from), wanted(from), "{}", framed(&everything));
}

#[test]
fn what_is_finished_is_in_the_scrollback_once_and_in_order() {
    let (desk, play) = (Desk::new(), Play::steps(&format!("{}\n{}", numbered(1), numbered(1001)), &[]));
    let chat = Chat::open(&desk, &play.variables(), Start { columns: 80, rows: 24, ..Start::default() });
    chat.says("Count.");
    chat.shows("It ends.");
    are_once_and_in_order(&chat, 1);
    chat.says("Go on.");
    chat.until("the second end", |_| chat.everything().matches("It ends.").count() == 2);
    are_once_and_in_order(&chat, 1);
    are_once_and_in_order(&chat, 1001);
    chat.says("/quit");
    chat.is_left_as_it_was(0);
    are_once_and_in_order(&chat, 1);
    are_once_and_in_order(&chat, 1001);
}

#[test]
fn one_change_of_the_size_loses_nothing_and_says_nothing_twice() {
    let mut wrong = String::new();
    for (columns, rows) in [(80, 14), (80, 40), (60, 24), (120, 24), (50, 12), (130, 50)] {
        let (desk, play) = (Desk::new(), Play::steps(&format!("{}\n- say: And on.", numbered(1)), &[]));
        let chat = Chat::open(&desk, &play.variables(), Start { columns: 80, rows: 24, ..Start::default() });
        chat.says("Count.");
        chat.shows("It ends.");
        chat.until("nobody who works", |screen| screen.contains("ready"));
        chat.becomes(columns, rows);
        chat.says("Go on.");
        chat.has_shown("And on.");
        chat.until("nobody who works", |screen| screen.contains("ready"));
        let everything = chat.everything();
        let (found, wanted) = (numbers(&everything, 1), wanted(1));
        let boxes = everything.matches("Say what to do").count();
        if found != wanted || boxes != 1 {
            let missing: Vec<_> = wanted.iter().filter(|line| !found.contains(line)).collect();
            wrong += &format!(
                "80x24 to {columns}x{rows}: {boxes} boxes, {} lines, missing {missing:?}\n{}\n",
                found.len(),
                framed(&everything)
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Sizes between 40 by 10 and 120 by 40, as fast as a person with a mouse makes them or faster; the smallest is the last.
fn storm(chat: &Chat<'_>, half_way: impl Fn()) {
    for nth in 0_u16..60 {
        chat.becomes(40 + (nth * 37) % 81, 10 + (nth * 13) % 31);
        if nth == 30 {
            half_way();
        }
    }
    chat.becomes(40, 10);
    chat.shows("half a prompt");
    chat.becomes(100, 30);
}

#[test]
fn a_storm_of_sizes_while_nobody_works_loses_nothing_and_says_nothing_twice() {
    let (desk, play) = (Desk::new(), Play::steps(&format!("{}\n- say: And on.", numbered(1)), &[]));
    let chat = Chat::open(&desk, &play.variables(), Start { columns: 100, rows: 30, ..Start::default() });
    chat.says("Count.");
    chat.shows("It ends.");
    chat.until("nobody who works", |screen| screen.contains("ready"));
    chat.writes("half a prompt");
    storm(&chat, || ());
    chat.shows("half a prompt");
    chat.presses(&["Enter"]);
    chat.shows("And on.");
    are_once_and_in_order(&chat, 1);
    chat.says("/quit");
    chat.gives_the_terminal_back(0);
}

#[test]
fn a_storm_of_sizes_while_an_answer_comes_loses_nothing_and_says_nothing_twice() {
    // The second answer stops in its middle, and goes on in the middle of the storm.
    let (desk, play) = (Desk::new(), Play::steps(&format!("{}\n{}", numbered(1), numbered(1001)), &[(1, 14)]));
    let chat = Chat::open(&desk, &play.variables(), Start { columns: 100, rows: 30, ..Start::default() });
    chat.says("Count.");
    chat.shows("It ends.");
    chat.says("Go on.");
    chat.until("the middle of the second answer", |screen| screen.contains("line-10"));
    chat.writes("half a prompt");
    storm(&chat, || play.runs());
    chat.until("the end of the turn", |_| play.requests().len() == 2 && chat.everything().contains("line-1150"));
    chat.until("nobody who works", |screen| !screen.contains("writing"));
    chat.shows("half a prompt");
    are_once_and_in_order(&chat, 1);
    are_once_and_in_order(&chat, 1001);
    // No boxes and status lines of earlier sizes among what was said.
    let everything = chat.everything();
    assert!(everything.matches("half a prompt").count() == 1, "{}", framed(&everything));
    chat.presses(&["C-c"]);
    chat.hides("half a prompt");
    chat.says("/quit");
    chat.gives_the_terminal_back(0);
}

#[test]
fn forty_columns_are_enough_for_a_whole_session() {
    let steps = "- say: A sentence that is far too long for forty columns is broken between its words, everywhere.
- calls: [{tool: bash, args: {command: touch made-in-a-narrow-window.txt}}]
- say: It is made.";
    let (desk, play) = (Desk::new(), Play::steps(steps, &[]));
    let variables = [("COLUMNS", "40")];
    let chat = Chat::open(
        &desk,
        &play.variables(),
        Start { columns: 40, rows: 14, variables: &variables, ..Start::default() },
    );
    chat.says("What is this?");
    chat.has_shown("far too long for forty columns is broken between its words, everywhere.");
    chat.until("dollars", |screen| screen.contains('$'));
    chat.says("Make it.");
    chat.asks("made-in-a-narrow-window.txt");
    chat.answers("y");
    chat.has_shown("It is made.");
    assert!(desk.root.join("made-in-a-narrow-window.txt").exists());
    chat.types("/co");
    chat.shows("/context");
    chat.presses(&["Escape"]);
    chat.presses(&["C-c"]);
    chat.says("/help");
    chat.has_shown("/export");
    let all = chat.everything();
    assert!(all.lines().all(|line| line.chars().count() <= 40), "{all}");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_window_too_small_for_anything_is_no_end() {
    let (desk, play) = (Desk::new(), Play::steps("- say: The first answer.", &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    for (columns, rows) in [(12, 4), (2, 2), (1, 1), (300, 2), (100, 30)] {
        chat.becomes(columns, rows);
        chat.until("the new size", |_| chat.knows("#{pane_width}x#{pane_height}") == format!("{columns}x{rows}"));
        chat.types("a");
    }
    chat.shows("aaaaa");
    chat.presses(&["Enter"]);
    chat.has_shown("The first answer.");
    assert!(flat(&play.last_words()).contains("aaaaa"));
    chat.says("/quit");
    chat.gives_the_terminal_back(0);
}
