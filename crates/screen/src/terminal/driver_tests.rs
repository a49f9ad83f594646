use super::*;
use crate::app::Input;
use crate::feed::{Feed, Said};
use crate::terminal::virtual_terminal::{Virtual, options};

fn said(text: &str) -> Feed {
    Feed::Said(Said::Text(text.to_owned()))
}

/// With the title said, which comes with the first thing that happens.
fn driver() -> Driver {
    let mut driver = Driver::new(App::new(options(&[])), Outside::default(), Size { width: 60, height: 20 }, Some(0));
    driver.input(Input::Tick, 0);
    drawn(&mut driver, 0);
    driver
}

fn drawn(driver: &mut Driver, now_ms: u64) -> String {
    let mut out = Vec::new();
    driver.frame(now_ms, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_key_is_painted_at_once_and_feeds_wait_for_the_next_frame() {
    let mut driver = driver();
    driver.input(Input::Tick, 1000);
    drawn(&mut driver, 1000);
    driver.input(Input::Feed(said("one")), 1001);
    driver.input(Input::Feed(said("two")), 1003);
    assert_eq!(driver.wait_ms(1004), Some(12), "16 ms after the last frame");
    assert_eq!(drawn(&mut driver, 1004), "");
    driver.input(Input::Key(crate::terminal::virtual_terminal::key("x")), 1005);
    assert_eq!(driver.wait_ms(1005), Some(0));
    let frame = drawn(&mut driver, 1005);
    assert!(frame.contains("one") && frame.contains("two"), "what waited goes along: {frame:?}");
    assert_eq!(driver.wait_ms(1005), None, "nothing moves");
}

#[test]
fn many_keys_at_once_are_seen_as_they_come() {
    let mut driver = driver();
    driver.input(Input::Tick, 100);
    drawn(&mut driver, 100);
    let key = || Input::Key(crate::terminal::virtual_terminal::key("x"));
    driver.input(key(), 105);
    assert!(!driver.is_late(105));
    driver.input(key(), 116);
    assert!(driver.is_late(116), "though more of them wait");
    drawn(&mut driver, 116);
    assert!(!driver.is_late(200), "nothing is to be drawn");
}

#[test]
fn a_clock_that_is_put_back_holds_no_frame_up() {
    let mut driver = driver();
    driver.input(Input::Feed(said("none")), 1_000_000);
    drawn(&mut driver, 1_000_000);
    driver.input(Input::Feed(said("one")), 5);
    assert_eq!(driver.wait_ms(5), Some(0));
    assert!(drawn(&mut driver, 5).contains("one"));
}

#[test]
fn each_frame_is_one_synchronised_update() {
    let mut terminal = Virtual::new(60, 20);
    terminal.feed(said("none")).take_written();
    terminal.feeds([said("one"), said("two")]);
    let written = String::from_utf8(terminal.take_written()).unwrap();
    assert!(written.starts_with("\x1b[?2026h") && written.ends_with("\x1b[?2026l"), "{written:?}");
    assert_eq!(written.matches("\x1b[?2026h").count(), 1, "{written:?}");
}

#[test]
fn no_frame_uses_a_scrolling_region() {
    let mut terminal = Virtual::new(60, 10);
    for number in 0..40 {
        terminal.feed(said(&format!("line {number}")));
    }
    terminal.resize(40, 8).typed("hello").key("ctrl-l");
    let written = String::from_utf8(terminal.take_written()).unwrap();
    for sequence in written.split('\x1b').skip(1) {
        let end = sequence.find(|char: char| char.is_ascii_alphabetic()).map(|at| &sequence[at..=at]);
        assert!(!matches!(end, Some("r" | "S" | "T" | "L" | "M")), "{sequence:?}");
    }
}

/// What tmux does between two lines of a stream, long before anybody is told.
#[test]
fn sizes_that_nobody_has_told_of_yet_neither_double_nor_lose_a_line_of_a_stream() {
    let mut terminal = Virtual::new(100, 30);
    terminal.feeds((0..50).map(|number| said(&format!("line {number}")))).feed(Feed::TurnBegan);
    let sizes = [(60, 30), (120, 20), (45, 40), (100, 30), (41, 12), (110, 35), (100, 30)];
    for (nth, (cols, rows)) in (50..).zip(sizes) {
        terminal.resize_untold(cols, rows);
        terminal.feed(said(&format!("line {nth}")));
    }
    terminal.resize(100, 30);
    let all = terminal.scrollback();
    let found: Vec<_> = all.lines().filter(|line| line.starts_with("line ")).collect();
    let wanted: Vec<_> = (0..57).map(|number| format!("line {number}")).collect();
    assert_eq!(found, wanted, "{all}");
}

#[test]
fn while_a_turn_runs_the_cursor_is_drawn_and_the_terminal_s_own_is_parked() {
    let mut terminal = Virtual::new(60, 20);
    terminal.typed("hello");
    let in_the_box = terminal.cursor().expect("it is seen");
    terminal.feed(Feed::TurnBegan);
    assert_eq!(terminal.cursor(), None);
    assert!(terminal.terminal().cursor_position().1 == 0);
    terminal.feed(Feed::TurnEnded("verified".to_owned()));
    let (col, _) = terminal.cursor().expect("it is seen");
    assert_eq!(col, in_the_box.0);
    let (row, col) = terminal.terminal().cursor_position();
    assert!(!terminal.terminal().cell(row, col).unwrap().inverse(), "nothing is left of the drawn one");
}

fn asked(driver: &mut Driver, now_ms: u64) -> bool {
    drawn(driver, now_ms).ends_with(std::str::from_utf8(escape::HOW_LARGE).unwrap())
}

fn corner(driver: &mut Driver, width: u16, now_ms: u64) {
    driver.cursor(Position { x: width - 1, y: 17 }, now_ms);
}

#[test]
fn after_a_size_what_is_finished_waits_until_the_width_is_answered_twice() {
    let mut driver = driver();
    driver.resize(Size { width: 40, height: 18 }, 100);
    driver.input(Input::Feed(said("finished")), 100);
    assert!(asked(&mut driver, 100));
    assert_eq!(drawn(&mut driver, 101), "");
    corner(&mut driver, 40, 110);
    let moved = drawn(&mut driver, 110);
    assert!(
        moved.contains("\x1b[5A") && !moved.contains("finished"),
        "each of two rules takes two rows at 40: {moved:?}"
    );
    // It was 60 again when that arrived: each takes one.
    corner(&mut driver, 60, 120);
    let moved = drawn(&mut driver, 120);
    assert!(moved.contains("\x1b[2B") && !moved.contains("finished"), "{moved:?}");
    corner(&mut driver, 60, 130);
    assert!(drawn(&mut driver, 130).contains("finished"));
}

#[test]
fn where_no_answer_comes_no_more_is_drawn_over_than_was_drawn() {
    let mut driver = driver();
    driver.resize(Size { width: 20, height: 18 }, 100);
    assert!(asked(&mut driver, 100));
    assert_eq!(driver.wait_ms(110), Some(140));
    let frame = drawn(&mut driver, 250);
    assert!(frame.starts_with("\x1b[?25l\r\x1b[3A"), "{frame:?}");
    // Its answer comes after all; it is not the next question's.
    driver.resize(Size { width: 60, height: 18 }, 2000);
    drawn(&mut driver, 2000);
    drawn(&mut driver, 4000);
    driver.resize(Size { width: 50, height: 18 }, 5000);
    assert!(asked(&mut driver, 5000));
    corner(&mut driver, 20, 5001);
    assert_eq!(drawn(&mut driver, 5002), "");
    corner(&mut driver, 50, 5003);
    assert!(asked(&mut driver, 5003));
}

#[test]
fn a_slow_terminal_has_four_times_as_long_as_it_took_at_the_start() {
    for (answers_ms, wait) in [(0, 150), (100, 400), (290, 1160), (900, 2000)] {
        let mut driver = driver();
        driver.begin_anew(Size { width: 60, height: 20 }, Some(answers_ms));
        drawn(&mut driver, 0);
        driver.resize(Size { width: 50, height: 18 }, 100);
        assert!(asked(&mut driver, 100));
        assert_eq!(driver.wait_ms(100), Some(wait));
    }
}

#[test]
fn a_terminal_that_answers_nothing_is_never_asked_and_its_cursor_stays_parked() {
    let mut driver = driver();
    driver.begin_anew(Size { width: 60, height: 20 }, None);
    let frame = drawn(&mut driver, 0);
    assert!(frame.contains("\x1b[?25l") && !frame.contains("\x1b[?25h"), "{frame:?}");
    driver.resize(Size { width: 50, height: 18 }, 100);
    assert!(drawn(&mut driver, 100).contains(&"─".repeat(50)));
}

#[test]
fn ctrl_l_touches_nothing_that_the_shell_printed() {
    let mut terminal = Virtual::new(60, 20);
    let mut out = String::new();
    for number in 101..109 {
        out += &format!("{number}\r\n");
    }
    terminal.close();
    terminal.scribble(&out);
    terminal.again(Some(0)).feed(said("ours")).key("ctrl-l");
    let screen = terminal.screen();
    assert!(screen.starts_with("101\n102\n103\n104\n105\n106\n107\n108\nours\n"), "{screen}");
    terminal.close();
    terminal.again(None).key("ctrl-l").resize(50, 12).resize(40, 14).key("ctrl-l");
    let all = terminal.scrollback();
    assert!(all.starts_with("101\n102\n103\n104\n105\n106\n107\n108\nours\n"), "{all}");
}

#[test]
fn the_viewer_has_the_alternate_screen_and_goes_without_a_trace() {
    let mut terminal = Virtual::new(60, 20);
    terminal.feed(said("before"));
    let before = terminal.screen();
    let cursor = terminal.cursor();
    terminal.key("ctrl-t");
    assert!(terminal.full_screen());
    terminal.take_written();
    terminal.resize(50, 15).resize(60, 20);
    assert!(terminal.full_screen());
    terminal.key("esc");
    assert!(!terminal.full_screen());
    assert_eq!(terminal.screen(), before);
    terminal.at(2000);
    assert_eq!(terminal.cursor(), cursor);
    terminal.key("ctrl-t").feed(said("meanwhile")).key("esc");
    assert!(terminal.screen().contains("meanwhile"));
}

#[test]
fn the_viewer_follows_the_size_and_the_viewport_does_when_it_is_back() {
    let mut terminal = Virtual::new(60, 20);
    terminal.feeds((0..30).map(|number| said(&format!("line {number}"))));
    terminal.key("ctrl-t").resize(60, 15).key("esc");
    let screen = terminal.screen();
    assert_eq!(screen.lines().count(), 15, "{screen}");
    assert!(screen.contains("line 29"), "{screen}");
    let all = terminal.scrollback();
    for number in 0..30 {
        let count = all.lines().filter(|line| line.trim() == format!("line {number}")).count();
        assert_eq!(count, 1, "line {number}:\n{all}");
    }
}

#[test]
fn ctrl_l_mends_what_somebody_else_wrote_into_the_viewport() {
    let mut terminal = Virtual::new(60, 12);
    terminal.feeds((0..20).map(|number| said(&format!("line {number}"))));
    let screen = terminal.screen();
    terminal.scribble("\x1b7\x1b[11;1Hgarbage\x1b[12;3Hgarbage\x1b8");
    assert_ne!(terminal.screen(), screen);
    terminal.key("ctrl-l");
    assert_eq!(terminal.screen(), screen);
}

#[test]
fn ctrl_z_asks_for_sleep() {
    let mut terminal = Virtual::new(60, 12);
    terminal.key("ctrl-z");
    assert_eq!(terminal.asleep, 1);
}

#[test]
fn leaving_shows_the_last_words_and_nothing_else() {
    let mut terminal = Virtual::new(60, 12);
    terminal.feed(said("a thing")).typed("draft").feed(Feed::Leave(vec!["bye".to_owned()])).close();
    let screen = terminal.screen();
    assert!(screen.contains("a thing") && screen.trim_end().ends_with("bye"), "{screen}");
    assert!(!screen.contains("draft"), "{screen}");
    assert!(terminal.cursor().is_some_and(|(col, _)| col == 0));
}

#[test]
fn nothing_that_a_terminal_might_obey_gets_through() {
    let mut terminal = Virtual::new(60, 20);
    let evil = "a\x1b]2;owned\x07b\x1b[2Jc\x08\x0b\x1b[?1049hd\u{9b}31me\u{202e}f\r\ng";
    terminal.feed(said(evil)).feed(Feed::Notice(evil.to_owned())).feed(Feed::Said(Said::Markdown(evil.to_owned())));
    terminal.paste(evil);
    assert!(!terminal.full_screen());
    assert!(!terminal.told().titles.iter().any(|title| title.contains("owned")));
    assert_eq!(terminal.told().unknown, Vec::<String>::new());
    assert_eq!(terminal.told().bells, 0);
}
