//! Work that is handed to a specialist: its lane, its brief, its report.

use super::play::{Play, pause};
use super::tmux::{Chat, Start, flat};
use crate::support::Desk;

const MAIN: &str = "- say: I hand it over.
  calls:
    - tool: delegate
      args: {agent: sidekick, objective: Raise the answer in src/lib.rs to 42., user_said: Make it 42., acceptance: [sh check.sh], scope: src/lib.rs alone}
- say: The answer is 42 now.";

const SIDEKICK: &str = "- {say: I read it., calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]}
- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: \"41\", new: \"42\"}]}}]
- calls: [{tool: bash, args: {command: sh check.sh}}]
- calls: [{tool: report, args: {status: complete, summary: The number was one too low and is raised., changes: [\"src/lib.rs: 42\"], evidence: [{at: \"src/lib.rs:2\"}], confidence: 90}}]";

#[test]
fn a_specialist_has_a_lane_while_it_works_and_brief_and_report_are_opened_by_a_key() {
    let (desk, play) = (Desk::new(), Play::team(MAIN, SIDEKICK, &pause("sidekick", 1, 1)));
    let arguments = ["--approve", "auto"];
    let chat = Chat::open(&desk, &play.variables(), Start { arguments: &arguments, ..Start::default() });
    chat.says("Make it 42.");
    chat.has_shown("I hand it over.");
    // Who works, on what, for how long, in how many steps, for how much.
    play.was_asked(3);
    chat.shows("sidekick");
    chat.until("seconds, a step and dollars in the lane", |screen| {
        screen
            .lines()
            .any(|line| line.contains("sidekick") && line.contains("step") && line.contains('$') && line.contains('s'))
    });
    // The brief, before there is a report.
    chat.presses(&["C-o"]);
    chat.until("the viewer on the other screen", |_| chat.knows("#{alternate_on}") == "1");
    for words in ["Raise the answer in src/lib.rs to 42.", "sh check.sh", "src/lib.rs alone"] {
        chat.shows(words);
    }
    chat.presses(&["Escape"]);
    chat.until("the chat again", |_| chat.knows("#{alternate_on}") == "0");
    play.goes_on();
    chat.has_shown("The answer is 42 now.");
    assert!(desk.read("src/lib.rs").contains("42"));
    chat.until("no lane any more", |screen| {
        !screen.lines().rev().take(6).any(|line| line.contains("sidekick") && line.contains("step"))
    });
    // The report, now that it is the newest thing.
    chat.presses(&["C-o"]);
    chat.until("the viewer on the other screen", |_| chat.knows("#{alternate_on}") == "1");
    chat.shows("The number was one too low and is raised.");
    chat.presses(&["q"]);
    chat.until("the chat again", |_| chat.knows("#{alternate_on}") == "0");
    // All of it, from the beginning.
    chat.presses(&["C-t"]);
    chat.until("the transcript on the other screen", |_| chat.knows("#{alternate_on}") == "1");
    chat.presses(&["Home"]);
    chat.shows("Make it 42.");
    chat.presses(&["End"]);
    chat.shows("The answer is 42 now.");
    chat.presses(&["Escape"]);
    chat.until("the chat again", |_| chat.knows("#{alternate_on}") == "0");
    let all = flat(&chat.everything());
    assert_eq!(all.matches("The answer is 42 now.").count(), 1, "the viewer leaves nothing behind: {all}");
    assert!(all.contains("verified"), "what the program saw of it: {all}");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_specialist_asks_in_the_same_dialog_and_it_says_who_asks() {
    let sidekick = "- calls: [{tool: bash, args: {command: touch made.txt}}]
- calls: [{tool: report, args: {status: complete, summary: made, evidence: [{at: \"README.md:1\"}]}}]";
    let (desk, play) = (Desk::new(), Play::team(MAIN, sidekick, "  []\n"));
    let chat = Chat::open(&desk, &play.variables(), Start { arguments: &[], ..Start::default() });
    chat.says("Make it.");
    // What the brief wants to run as a check is asked for first.
    chat.asks("sh check.sh");
    chat.shows("main");
    chat.answers("y");
    chat.asks("touch made.txt");
    chat.shows("sidekick");
    chat.answers("y");
    chat.has_shown("The answer is 42 now.");
    assert!(desk.root.join("made.txt").exists());
    chat.says("/quit");
    chat.code();
}

#[test]
fn long_output_of_a_tool_is_folded_to_a_line_that_opens() {
    let lines: String = (1..=300).map(|n| format!("row number {n} of many\n")).collect();
    let steps = "- calls: [{tool: bash, args: {command: cat rows.txt}}]\n- say: That was long.";
    let (desk, play) = (Desk::new(), Play::steps(steps, &[]));
    desk.file("rows.txt", lines);
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("Show it.");
    chat.has_shown("That was long.");
    let all = chat.everything();
    assert!(all.matches("row number").count() < 40, "{all}");
    assert!(!all.contains("row number 150 of many"), "{all}");
    chat.presses(&["C-o"]);
    chat.until("the viewer on the other screen", |_| chat.knows("#{alternate_on}") == "1");
    chat.shows("row number");
    chat.presses(&["Home"]);
    chat.shows("row number 1 of many");
    chat.presses(&["End"]);
    chat.shows("row number 300 of many");
    chat.presses(&["Escape"]);
    chat.until("the chat again", |_| chat.knows("#{alternate_on}") == "0");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}
