use super::desk::Desk;
use super::{Input, Signal};
use crate::feed::{Act, Feed};
use crate::text::Colors;

fn desk() -> Desk {
    Desk::new(Colors::None)
}

fn submit(text: &str) -> Act {
    Act::Submit { text: text.to_owned(), images: Vec::new() }
}

#[test]
fn enter_sends_and_the_prompt_stands_once_in_the_history() {
    let mut desk = desk();
    desk.typed("mend it").key("enter");
    assert_eq!(desk.take_acts(), [submit("mend it")]);
    desk.begin().event("main", protocol::event::EventBody::TurnStarted { input: "mend it".to_owned() });
    assert_eq!(desk.scrollback().matches("> mend it").count(), 1);
}

#[test]
fn a_prompt_that_was_sent_before_the_session_was_open_stands_there_once() {
    let mut desk = desk();
    desk.typed("mend it").key("enter");
    desk.feed(Feed::Session { id: "s-13".to_owned(), team: "default".to_owned(), agents: Vec::new() });
    desk.begin().event("main", protocol::event::EventBody::TurnStarted { input: "mend it".to_owned() });
    assert_eq!(desk.scrollback().matches("> mend it").count(), 1, "{}", desk.scrollback());
}

#[test]
fn what_is_too_long_for_the_clipboard_is_not_called_copied() {
    for (length, says) in [(70_000, "copied"), (80_000, "too long to copy")] {
        let mut desk = desk();
        desk.feed(Feed::Said(crate::feed::Said::Text("x\n".repeat(length / 2))));
        desk.scrollback();
        desk.key("ctrl-o").key("c");
        let shown = desk.screen(80, 24);
        assert!(shown.lines().last().is_some_and(|line| line.contains(says)), "{shown}");
        assert_eq!(desk.signals.iter().any(|signal| matches!(signal, Signal::Copy(_))), says == "copied");
    }
}

#[test]
fn a_turn_that_was_queued_shows_its_prompt_when_it_begins() {
    let mut desk = desk();
    desk.begin().event("main", protocol::event::EventBody::TurnStarted { input: "then this".to_owned() });
    assert!(desk.scrollback().contains("> then this"));
}

#[test]
fn enter_steers_and_tab_queues_while_a_turn_runs() {
    let mut desk = desk();
    desk.begin().typed("not there").key("enter");
    assert_eq!(desk.take_acts(), [Act::Steer("not there".to_owned())]);
    assert!(desk.scrollback().contains("you (next step): not there"));
    desk.typed("and then").key("tab");
    assert_eq!(desk.take_acts(), [Act::Queue { text: "and then".to_owned(), images: Vec::new() }]);
    desk.feed(Feed::Queued(1));
    assert!(desk.screen(100, 30).contains("queued 1"));
}

#[test]
fn commands_and_shell_commands_go_out_as_such() {
    let mut desk = desk();
    desk.typed("/model sidekick haiku").key("enter");
    desk.typed("!ls -l").key("enter");
    let acts = desk.take_acts();
    assert_eq!(
        acts,
        [
            Act::Command { name: "model".to_owned(), arguments: "sidekick haiku".to_owned() },
            Act::Shell("ls -l".to_owned())
        ]
    );
    let history = desk.scrollback();
    assert!(history.contains("> /model sidekick haiku") && history.contains("! ls -l"), "{history}");
}

#[test]
fn esc_interrupts_a_turn_and_the_lane_says_so_until_it_ended() {
    let mut desk = desk();
    desk.begin().key("esc");
    assert_eq!(desk.take_acts(), [Act::Interrupt]);
    assert!(desk.screen(80, 24).contains("stopping"));
    desk.feed(Feed::TurnEnded("interrupted".to_owned()));
    assert!(!desk.screen(80, 24).contains("stopping"));
    assert!(desk.scrollback().contains("-- interrupted"));
}

#[test]
fn esc_in_an_empty_box_while_no_turn_runs_stops_what_the_person_started_by_hand() {
    let mut desk = desk();
    desk.key("esc");
    assert_eq!(desk.take_acts(), [Act::Interrupt]);
}

#[test]
fn esc_twice_clears_the_box_while_nothing_runs_and_slowly_does_not() {
    let mut desk = desk();
    desk.typed("a draft").key("esc");
    assert!(desk.screen(80, 24).contains("Esc again clears the box"));
    desk.wait(2_500).key("esc");
    assert!(desk.screen(80, 24).contains("a draft"));
    desk.key("esc");
    assert!(!desk.screen(80, 24).contains("a draft"));
    assert_eq!(desk.take_acts(), []);
}

#[test]
fn control_c_clears_then_says_what_it_would_do_then_leaves() {
    let mut desk = desk();
    desk.typed("a draft").key("ctrl-c");
    assert!(!desk.screen(80, 24).contains("a draft"));
    desk.key("ctrl-c");
    assert_eq!(desk.take_acts(), []);
    assert!(desk.screen(80, 24).contains("Ctrl-C again to leave"));
    desk.wait(2_100);
    assert!(!desk.screen(80, 24).contains("Ctrl-C again to leave"), "it stands for two seconds");
    desk.key("ctrl-c");
    assert_eq!(desk.take_acts(), [], "the first one is too long ago");
    desk.key("ctrl-c");
    assert_eq!(desk.take_acts(), [Act::Leave]);
}

#[test]
fn control_c_while_a_turn_runs_interrupts_and_again_leaves() {
    let mut desk = desk();
    desk.begin().key("ctrl-c").key("ctrl-c");
    assert_eq!(desk.take_acts(), [Act::Interrupt, Act::Leave]);
}

#[test]
fn control_d_leaves_from_an_empty_box_only() {
    let mut desk = desk();
    desk.typed("x").key("ctrl-d");
    assert_eq!(desk.take_acts(), []);
    desk.key("ctrl-c").key("ctrl-d");
    assert_eq!(desk.take_acts(), [Act::Leave]);
}

#[test]
fn shift_tab_asks_for_the_next_mode_and_control_l_and_z_are_the_terminals() {
    let mut desk = desk();
    desk.key("shift-tab").key("ctrl-l").key("ctrl-z");
    assert_eq!(desk.take_acts(), [Act::NextMode]);
    assert!(desk.signals.ends_with(&[Signal::Clear, Signal::Suspend]));
}

#[test]
fn a_question_mark_shows_the_keys_on_an_empty_box_only() {
    let mut desk = desk();
    desk.key("?");
    assert!(desk.screen(100, 40).contains("Shift-Tab"));
    desk.typed("a");
    let shown = desk.screen(100, 40);
    assert!(!shown.contains("Shift-Tab") && shown.contains('a'), "another key closes it and is typed");
    desk.typed("?");
    assert!(!desk.screen(100, 40).contains("Shift-Tab"));
}

#[test]
fn the_viewer_opens_at_the_newest_folded_thing_and_finds_its_way() {
    let mut desk = desk();
    let long = |name: &str| (0..60).map(|line| format!("{name} line {line}\n")).collect::<String>();
    desk.begin().call("main", "bash", "first", 5, &long("first"));
    desk.call("main", "bash", "second", 5, &long("second"));
    assert!(desk.scrollback().contains("6 of 60 lines · Ctrl-O opens [2]"));
    desk.key("ctrl-o");
    assert!(desk.app.full_screen());
    let page = desk.screen(80, 24);
    assert!(page.contains("[2] main bash second") && page.contains("second line 5"), "{page}");
    desk.key("p");
    let page = desk.screen(80, 24);
    assert!(page.contains("first line 5"), "{page}");
    desk.key("/").typed("LINE 55").key("enter");
    let page = desk.screen(80, 24);
    assert!(page.contains("first line 55"), "{page}");
    desk.typed("2").key("enter");
    assert!(desk.screen(80, 24).contains("second line 5"));
    desk.key("end");
    assert!(desk.screen(80, 24).contains("second line 59"));
    desk.key("g");
    assert!(desk.screen(80, 24).contains("[1]"));
    desk.key("c");
    assert!(matches!(desk.signals.last(), Some(Signal::Copy(text)) if text.starts_with("second line 0")));
    desk.key("q");
    assert!(!desk.app.full_screen());
}

#[test]
fn the_whole_transcript_opens_at_its_end_and_its_folds_open() {
    let mut desk = desk();
    desk.typed("a prompt").key("enter").begin();
    let long: String = (0..60).map(|line| format!("line {line}\n")).collect();
    desk.call("main", "bash", "ls", 5, &long).says("main", "All done.").message("main", "All done.");
    desk.screen(80, 24);
    desk.key("ctrl-t");
    let page = desk.screen(80, 24);
    assert!(page.contains("a prompt") && page.contains("All done.") && page.contains("6 of 60 lines"), "{page}");
    desk.key("enter");
    assert!(desk.screen(80, 24).contains("line 10"));
    desk.key("esc");
    assert!(!desk.app.full_screen());
}

#[test]
fn what_comes_while_the_viewer_is_open_goes_to_the_history_afterwards() {
    let mut desk = desk();
    desk.screen(80, 24);
    desk.key("ctrl-t").begin().says("main", "Meanwhile.\n\n").message("main", "Meanwhile.");
    desk.screen(80, 24);
    assert!(!desk.history.iter().any(|line| line.contains("Meanwhile")));
    desk.key("q");
    assert!(desk.scrollback().contains("Meanwhile."));
}

#[test]
fn nothing_moves_by_itself_where_nothing_is_to_be_told() {
    let mut desk = desk();
    assert_eq!(desk.app.next_tick_ms(desk.now), Some(10_000), "the cache's life counts down in minutes");
    desk.feed(Feed::Status(Box::default()));
    assert_eq!(desk.app.next_tick_ms(desk.now), None);
    desk.begin();
    assert!(desk.app.next_tick_ms(desk.now).is_some_and(|next| next <= 1_000));
    desk.feed(Feed::TurnEnded("answered".to_owned()));
    assert_eq!(desk.app.next_tick_ms(desk.now), None);
}

#[test]
fn the_person_is_called_at_the_end_of_a_turn_when_the_window_has_no_focus() {
    let notified = |focus: Option<bool>, ms: u64, key_at_end: bool| {
        let mut desk = desk();
        desk.key("x").key("ctrl-c").begin();
        if let Some(focus) = focus {
            desk.input(Input::Focus(focus));
        }
        desk.wait(ms);
        if key_at_end {
            desk.key("x");
        }
        desk.feed(Feed::TurnEnded("verified".to_owned()));
        desk.signals.contains(&Signal::Notify("The turn is over: verified".to_owned()))
    };
    assert!(notified(Some(false), 11_000, false));
    assert!(notified(Some(false), 700, false), "short turns too");
    assert!(!notified(Some(true), 60_000, false));
    assert!(notified(None, 60_000, false), "nobody typed for long");
    assert!(!notified(None, 60_000, true));
}

#[test]
fn the_window_is_named_after_what_goes_on() {
    let mut desk = desk();
    desk.begin().feed(Feed::TurnEnded("answered".to_owned()));
    let titles: Vec<&Signal> = desk.signals.iter().filter(|signal| matches!(signal, Signal::Title(_))).collect();
    let names = ["agent: ready", "agent: working", "agent: ready"].map(|name| Signal::Title(name.to_owned()));
    assert_eq!(titles, names.iter().collect::<Vec<_>>());
}

#[test]
fn the_last_lines_stay_behind_and_the_screen_is_over() {
    let mut desk = desk();
    desk.feed(Feed::Leave(vec!["cost $0.42".to_owned(), "resume with: agent sessions resume s-12".to_owned()]));
    assert!(desk.app.over());
    assert!(desk.scrollback().ends_with("cost $0.42\nresume with: agent sessions resume s-12"));
}

#[test]
fn control_c_closes_the_viewer_and_the_keys_and_nothing_else() {
    let mut desk = desk();
    desk.typed("a draft").key("ctrl-t").key("ctrl-c");
    assert!(!desk.app.full_screen());
    assert!(desk.screen(80, 24).contains("a draft"));
}

#[test]
fn images_said_while_a_turn_runs_wait_for_the_next_turn() {
    let mut desk = desk();
    desk.begin().typed("look at @shot.png ").key("enter");
    let acts = desk.take_acts();
    assert!(matches!(&acts[..], [Act::Queue { images, .. }] if images.len() == 1), "{acts:?}");
    assert!(desk.scrollback().contains("images go with a turn"));
}
