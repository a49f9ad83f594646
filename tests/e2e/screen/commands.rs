//! What is typed behind a slash.

use super::play::Play;
use super::tmux::{Chat, Start, a_moment, flat};
use crate::support::Desk;

const EDIT: &str = "- calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]
- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: \"    41\", new: \"    4_200\"}]}}]
- say: I tried.
- say: The next answer.";

/// What stands below the box, in small letters.
fn status(screen: &str) -> String {
    let below = screen.trim_end().lines().rev().take_while(|line| !line.starts_with('\u{2500}'));
    below.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[test]
fn help_names_every_command() {
    let (desk, play) = (Desk::new(), Play::steps("", &[]));
    let chat = Chat::open(&desk, &play.variables(), Start { columns: 120, rows: 60, ..Start::default() });
    chat.says("/help");
    for name in "help team model plan review diff compact context cost why sessions resume export approve sandbox init clear quit"
        .split(' ')
    {
        chat.has_shown(&format!("/{name}"));
    }
    let before = chat.everything().matches("/export").count();
    chat.writes("/exprt");
    chat.until("a completion", |screen| screen.contains(" commands 1/"));
    chat.presses(&["Escape"]);
    // At once behind it, Enter would be Alt-Enter: that is how terminals say it.
    chat.until("no completion", |screen| !screen.contains(" commands 1/"));
    chat.presses(&["Enter"]);
    chat.until("the nearest command", |_| chat.everything().matches("/export").count() > before);
    chat.says("/quit");
    chat.is_left_as_it_was(0);
    assert_eq!(play.requests().len(), 0);
}

#[test]
fn a_plan_refuses_an_edit_by_grant_and_the_mode_is_to_be_seen() {
    let (desk, play) = (Desk::new(), Play::steps(EDIT, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("/plan");
    chat.until("the mode below the box", |screen| status(screen).contains("plan"));
    chat.says("Change it.");
    // It tried: no question, no edit, and it was told.
    chat.has_shown("I tried.");
    assert!(desk.read("src/lib.rs").contains("    41"));
    assert!(play.last_words().contains("only reads"), "{}", play.last_words());
    chat.says("/plan off");
    chat.until("another mode below the box", |screen| status(screen).contains("ask"));
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn shift_tab_goes_through_the_modes() {
    let (desk, play) = (Desk::new(), Play::steps(EDIT, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    for mode in ["auto", "plan", "ask"] {
        chat.presses(&["BTab"]);
        chat.until(mode, |screen| status(screen).contains(mode));
    }
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn what_was_changed_what_it_cost_and_why_are_told_in_the_chat() {
    let (desk, play) = (Desk::new(), Play::steps(EDIT, &[]));
    let arguments = ["--team", "solo", "--approve", "auto"];
    let start = Start { columns: 120, rows: 50, arguments: &arguments, ..Start::default() };
    let chat = Chat::open(&desk, &play.variables(), start);
    chat.says("/cost");
    chat.says("/diff");
    chat.says("Change it.");
    chat.has_shown("I tried.");
    let shown = |words: &str| chat.everything().matches(words).count();
    let before = shown("4_200");
    chat.says("/diff");
    chat.until("the diff", |_| shown("4_200") > before);
    chat.says("/cost");
    chat.has_shown("cache read");
    chat.says("/context");
    chat.has_shown("tokens");
    chat.says("/team");
    chat.has_shown("anthropic/claude-opus");
    chat.says("/why");
    chat.has_shown("keep_warm");
    chat.says("/sandbox");
    chat.has_shown("workspace");
    chat.says("/sandbox off");
    chat.has_shown("--no-sandbox");
    chat.says("/approve");
    assert_eq!(play.requests().len(), 3, "none of it asked a model");
    chat.says("/export talk.md");
    chat.has_shown("talk.md");
    chat.until("the file", |_| desk.root.join("talk.md").exists());
    let exported = desk.read("talk.md");
    assert!(exported.contains("Change it.") && exported.contains("I tried."), "{exported}");
    // What is there is never written over.
    chat.says("/export talk.md");
    chat.until("a refusal", |_| {
        let all = flat(&chat.everything()).to_lowercase();
        all.contains("exists") || all.contains("is there already") || all.contains("already there")
    });
    assert_eq!(desk.read("talk.md"), exported);
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_window_is_closed_and_another_model_opens_the_next() {
    let (desk, play) = (Desk::new(), Play::steps("- say: The first answer.\n- say: The second answer.", &[]));
    let chat = Chat::open(&desk, &play.variables(), Start { columns: 120, ..Start::default() });
    chat.says("What is this?");
    chat.has_shown("The first answer.");
    assert!(play.requests()[0].model.contains("opus"));
    chat.says("/model anthropic/claude-haiku-5-5");
    // Not before the window closes: the status line names who is to come.
    chat.has_shown("claude-haiku-5-5");
    chat.says("/compact keep the numbers");
    chat.has_shown("window 2 of solo is open");
    chat.says("And that?");
    chat.until("an answer in window 2", |_| play.requests().last().is_some_and(|last| last.model.contains("haiku")));
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn sessions_are_listed_left_and_taken_up_again_in_one_chat() {
    let steps = "- say: The first answer.\n- say: The second answer.";
    let (desk, play) = (Desk::new(), Play::steps(steps, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start { columns: 120, ..Start::default() });
    chat.says("A question about apples");
    chat.has_shown("The first answer.");
    chat.says("/clear");
    chat.until("an empty box", |screen| !screen.trim_end().ends_with("/clear"));
    chat.says("A question about pears");
    play.was_asked(2);
    let body = |nth: usize| String::from_utf8_lossy(&play.requests()[nth].body).into_owned();
    assert!(!body(1).contains("apples"), "a fresh session knows nothing of the last: {}", body(1));
    chat.until("the end of the turn", |_| chat.everything().matches("The first answer.").count() == 2);
    chat.says("/sessions");
    chat.has_shown("A question about apples");
    chat.says("/resume");
    // Of a list, the other one.
    chat.until("a list of both", |screen| screen.contains("apples") && screen.contains("pears"));
    chat.writes("apples");
    a_moment();
    chat.presses(&["Enter"]);
    chat.hides("find: apples");
    chat.says("Once more.");
    chat.has_shown("The second answer.");
    assert!(body(2).contains("apples") && !body(2).contains("pears"), "{}", body(2));
    chat.says("/quit");
    chat.is_left_as_it_was(0);
    let list = desk.agent(&["sessions", "list", "--json"]).exits(0).json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 2, "{list}");
}

#[test]
fn a_command_of_a_trusted_folder_is_offered_and_becomes_a_prompt() {
    let (desk, play) = (Desk::new(), Play::steps("- say: I looked.", &[]));
    desk.file(
        ".agent/commands/look-at.md",
        "# Looks at a part\n\nLook closely at $1, and say what $ARGUMENTS means.\n",
    );
    desk.file(".agent/commands/quit.md", "# Not the real one\n\nStay.\n");
    // The person is asked before anything of the folder is used.
    let chat = Chat::start(&desk, &play.variables(), Start::default());
    chat.shows(".agent/commands was never used here");
    a_moment();
    chat.presses(&["y"]);
    chat.hides("was never used here");
    chat.is_open();
    chat.types("/look");
    chat.shows("/look-at");
    chat.shows("Looks at a part");
    chat.presses(&["Tab"]);
    chat.shows("/look-at");
    chat.types("parser lexer");
    chat.shows("/look-at parser lexer");
    chat.presses(&["Enter"]);
    chat.has_shown("I looked.");
    let words = play.last_words();
    assert!(words.contains("Look closely at parser, and say what parser lexer means."), "{words}");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_review_reads_the_change_with_fresh_eyes() {
    let answer = "- say: Should not be asked.";
    let (desk, play) = (Desk::new(), Play::steps(answer, &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("/review");
    chat.has_shown("othing to review");
    assert_eq!(play.requests().len(), 0);
    desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    43\n}\n");
    chat.says("/review");
    chat.until("a review", |_| play.requests().len() == 1);
    let body = String::from_utf8_lossy(&play.requests()[0].body).into_owned();
    assert!(body.contains("43"), "{body}");
    chat.says("/quit");
    chat.code();
}
