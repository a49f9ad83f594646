//! A prompt and its answer, and what a person says while the agent works.

use super::play::Play;
use super::tmux::{Chat, Start, flat};
use crate::support::Desk;

/// Stops behind its first 48 characters.
const ANSWER: &str = "- say: >-
    The first words of the answer are to be read while the others are on their way, and these are the last ones.";

#[test]
fn an_answer_is_read_while_it_comes_and_stays_above_the_box_when_it_is_there() {
    let (desk, play) = (Desk::new(), Play::steps(ANSWER, &[(0, 2)]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("What is this?");
    chat.shows("The first words of the answer are to be read");
    chat.must(!chat.flat().contains("the last ones"), "the end of the answer is not there yet");
    play.goes_on();
    chat.shows("and these are the last ones.");
    chat.until("dollars of the turn", |screen| screen.contains('$'));
    let all = flat(&chat.everything());
    assert_eq!(all.matches("What is this?").count(), 1, "{all}");
    assert_eq!(all.matches("The first words").count(), 1, "{all}");
    assert!(all.find("What is this?") < all.find("The first words"), "{all}");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
    // What was said can still be read and copied when the program is gone.
    let all = flat(&chat.everything());
    assert!(all.contains("What is this?") && all.contains("these are the last ones."), "{all}");
}

#[test]
fn what_is_said_before_the_session_is_open_is_said_once() {
    let (desk, play) = (Desk::new(), Play::steps(ANSWER, &[]));
    let chat = Chat::start(&desk, &play.variables(), Start::default());
    chat.is_ready();
    chat.types("What is this?");
    chat.presses(&["Enter"]);
    chat.has_shown("these are the last ones.");
    let all = flat(&chat.everything());
    assert_eq!(all.matches("What is this?").count(), 1, "{all}");
    assert_eq!(play.requests().len(), 1);
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn the_status_line_says_what_it_costs_where_it_runs_and_who_thinks() {
    let (desk, play) = (Desk::new(), Play::steps(ANSWER, &[]));
    desk.git(&["checkout", "--quiet", "-b", "topic-seven"]);
    let chat = Chat::open(&desk, &play.variables(), Start { columns: 140, ..Start::default() });
    for words in ["topic-seven", "ask", "claude-opus"] {
        chat.shows(words);
    }
    chat.until("the sandbox mode", |screen| screen.contains("workspace") || screen.contains("sandbox"));
    chat.says("What is this?");
    chat.shows("the last ones.");
    for sign in ["$", "%"] {
        chat.until(sign, |screen| screen.contains(sign));
    }
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

const TWO_STEPS: &str = "- {say: I look into it., calls: [{tool: read, args: {files: [{path: README.md}]}}]}
- say: That was it.
- say: And the queue is done too.";

#[test]
fn what_is_said_while_the_agent_works_steers_its_next_step_and_what_is_queued_is_the_next_turn() {
    for queue in ["Tab", "M-Enter"] {
        let (desk, play) = (Desk::new(), Play::steps(TWO_STEPS, &[(0, 1)]));
        let chat = Chat::open(&desk, &play.variables(), Start::default());
        chat.says("Look at it.");
        play.was_asked(1);
        chat.writes("Use the shorter name.");
        chat.presses(&["Enter"]);
        chat.writes("Then the documents.");
        chat.presses(&[queue]);
        // Both are still to be seen, and neither went anywhere yet.
        chat.shows("Use the shorter name.");
        assert_eq!(play.requests().len(), 1);
        play.goes_on();
        chat.has_shown("And the queue is done too.");
        let requests = play.requests();
        assert_eq!(requests.len(), 3, "two steps of the first turn, one of the second");
        let body = |nth: usize| String::from_utf8_lossy(&requests[nth].body).into_owned();
        assert!(body(1).contains("Use the shorter name."), "{}", body(1));
        assert!(!body(1).contains("Then the documents."), "it waits for its turn: {}", body(1));
        assert!(body(2).contains("Then the documents."), "{}", body(2));
        let all = flat(&chat.everything());
        let at = |words: &str| all.find(words).unwrap_or_else(|| panic!("`{words}` is missing in {all}"));
        assert!(at("Look at it.") < at("Use the shorter name."), "{all}");
        assert!(at("That was it.") < at("And the queue is done too."), "{all}");
        assert!(at("Then the documents.") < at("And the queue is done too."), "{all}");
        chat.says("/quit");
        chat.is_left_as_it_was(0);
    }
}

#[test]
fn esc_stops_the_turn_and_the_chat_goes_on() {
    let steps = format!("{ANSWER}\n- say: Here I am again.");
    let (desk, play) = (Desk::new(), Play::steps(&steps, &[(0, 2)]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("What is this?");
    chat.shows("The first words of the answer");
    chat.presses(&["Escape"]);
    play.was_left();
    chat.has_shown("interrupted");
    play.runs();
    chat.says("And now?");
    // An answer that was broken off is no step that was taken: the script may begin again.
    chat.until("an answer", |screen| screen.contains("Here I am again.") || flat(screen).contains("the last ones."));
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn ctrl_c_stops_a_turn_too_and_only_the_second_one_leaves() {
    let (desk, play) = (Desk::new(), Play::steps(ANSWER, &[(0, 2)]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.says("What is this?");
    chat.shows("The first words of the answer");
    chat.presses(&["C-c"]);
    play.was_left();
    chat.has_shown("interrupted");
    // Words that were typed are thrown away first.
    chat.writes("never mind");
    chat.presses(&["C-c"]);
    chat.hides("never mind");
    chat.presses(&["C-c"]);
    chat.presses(&["C-c"]);
    // As `agent chat` says it: the last turn was interrupted.
    chat.is_left_as_it_was(130);
}

#[test]
fn a_command_of_the_persons_own_runs_at_once_and_the_model_hears_of_it() {
    let (desk, play) = (Desk::new(), Play::steps("- say: I saw the listing.", &[]));
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    desk.file("quite-unusual-name.txt", "x");
    // The box says that it is a command for a shell.
    chat.types("!ls; echo code-$((40 + 2))");
    chat.shows("ls; echo code-$((40 + 2))");
    chat.shows("shell");
    chat.presses(&["Enter"]);
    chat.has_shown("quite-unusual-name.txt");
    chat.has_shown("code-42");
    assert_eq!(play.requests().len(), 0, "nobody was asked for it");
    chat.says("What did I just do?");
    chat.has_shown("I saw the listing.");
    let body = String::from_utf8_lossy(&play.requests()[0].body).into_owned();
    assert!(body.contains("quite-unusual-name.txt") && body.contains("code-42"), "{body}");
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

/// A picture of one point.
const SHOT: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\
    \xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

#[test]
fn a_picture_that_the_prompt_names_is_shown_to_the_model() {
    let (desk, play) = (Desk::new(), Play::steps("- say: \"I see {{images}} picture.\"", &[]));
    desk.file("shot.png", SHOT);
    let chat = Chat::open(&desk, &play.variables(), Start::default());
    chat.writes("What is wrong in @shot.png");
    // The list of files is closed by a space, as in a sentence.
    chat.types(" here?");
    chat.shows("@shot.png here?");
    chat.presses(&["Enter"]);
    chat.has_shown("I see 1 picture.");
    assert_eq!(play.requests()[0].images, 1);
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_picture_for_a_model_that_cannot_see_is_refused_with_words_and_nothing_is_asked() {
    let (desk, play) = (Desk::new(), Play::steps("- say: I see.", &[]));
    desk.file("shot.png", SHOT);
    let models = "providers:\n  blind: {dialect: anthropic_messages, base_url: \"URL\", key_env: [BLIND_KEY]}\nmodels:\n  \
        blind/mole: {context: 200000, max_output: 8000, images: false, prices: {input: 1, output: 1}}\n";
    let models = desk.aside("models.yaml", &models.replace("URL", play.variables()[0].1));
    let arguments = ["--team", "solo", "--model", "blind/mole", "--models", &models];
    let variables = [("BLIND_KEY", "sk-test-not-a-key")];
    let chat = Chat::open(
        &desk,
        &play.variables(),
        Start { arguments: &arguments, variables: &variables, ..Start::default() },
    );
    chat.writes("What is wrong in @shot.png");
    chat.types(" here?");
    chat.shows("@shot.png here?");
    chat.presses(&["Enter"]);
    chat.has_shown("blind/mole");
    chat.has_shown("take images");
    assert_eq!(play.requests().len(), 0);
    chat.presses(&["C-c"]);
    chat.says("/quit");
    chat.is_left_as_it_was(0);
}

#[test]
fn a_window_that_nobody_looks_at_rings_when_it_waits_for_an_answer() {
    let (desk, play) = (
        Desk::new(),
        Play::steps("- calls: [{tool: bash, args: {command: touch made.txt}}]\n- say: I tried.", &[(0, 1)]),
    );
    let arguments = ["--team", "solo", "--notify", "bell"];
    let chat = Chat::open(&desk, &play.variables(), Start { arguments: &arguments, ..Start::default() });
    chat.focus(true);
    chat.says("Make it.");
    play.was_asked(1);
    assert_eq!(chat.knows("#{window_bell_flag}"), "0");
    chat.focus(false);
    play.goes_on();
    chat.asks("touch made.txt");
    chat.until("the bell", |_| chat.knows("#{window_bell_flag}") == "1");
    chat.focus(true);
    chat.answers("y");
    chat.has_shown("I tried.");
    chat.says("/quit");
    chat.code();
}

#[test]
fn a_window_that_is_looked_at_does_not_ring() {
    let (desk, play) =
        (Desk::new(), Play::steps("- calls: [{tool: bash, args: {command: touch made.txt}}]\n- say: I tried.", &[]));
    let arguments = ["--team", "solo", "--notify", "bell"];
    let chat = Chat::open(&desk, &play.variables(), Start { arguments: &arguments, ..Start::default() });
    chat.focus(true);
    chat.says("Make it.");
    chat.asks("touch made.txt");
    chat.answers("y");
    chat.has_shown("I tried.");
    chat.says("/quit");
    chat.code();
    assert_eq!(chat.knows("#{window_bell_flag}"), "0");
}
