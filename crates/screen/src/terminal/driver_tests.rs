use super::*;
use crate::app::Input;
use crate::feed::{Feed, Said};
use crate::terminal::virtual_terminal::{Virtual, options};

fn said(text: &str) -> Feed {
    Feed::Said(Said::Text(text.to_owned()))
}

/// With the title said, which comes with the first thing that happens.
fn driver() -> Driver {
    let mut driver = Driver::new(App::new(options(&[])), Outside::default(), Size { width: 60, height: 20 }, 0);
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

fn asked(driver: &mut Driver, now_ms: u64) -> bool {
    drawn(driver, now_ms).as_bytes() == escape::WHERE_AND_SIZE
}

#[test]
fn the_terminal_is_asked_once_per_size_and_only_the_last_answer_counts() {
    let mut driver = driver();
    driver.resize(Size { width: 50, height: 18 }, 100);
    assert!(asked(&mut driver, 100));
    assert_eq!(drawn(&mut driver, 101), "", "nothing is drawn before the answer");
    driver.resize(Size { width: 40, height: 16 }, 102);
    assert!(asked(&mut driver, 102));
    driver.cursor(Position { x: 3, y: 9 }, 103);
    driver.cursor(Position { x: 49, y: 17 }, 103);
    assert_eq!(drawn(&mut driver, 103), "", "that was about the size before");
    driver.cursor(Position { x: 3, y: 3 }, 104);
    driver.cursor(Position { x: 39, y: 15 }, 104);
    assert!(drawn(&mut driver, 104).contains(&"─".repeat(40)));
}

/// tmux changes a window first and tells the program in it a quarter of a second later.
#[test]
fn the_size_that_the_terminal_itself_says_holds_against_what_the_system_says() {
    let mut driver = driver();
    driver.resize(Size { width: 50, height: 18 }, 100);
    assert!(asked(&mut driver, 100));
    driver.cursor(Position { x: 3, y: 3 }, 101);
    driver.cursor(Position { x: 31, y: 15 }, 101);
    let frame = drawn(&mut driver, 102);
    assert!(frame.contains(&"─".repeat(32)) && !frame.contains(&"─".repeat(33)), "{frame:?}");
}

#[test]
fn a_terminal_that_does_not_answer_is_waited_for_a_tenth_of_a_second() {
    let mut driver = driver();
    driver.resize(Size { width: 50, height: 18 }, 100);
    drawn(&mut driver, 100);
    assert_eq!(driver.wait_ms(110), Some(90));
    assert!(drawn(&mut driver, 200).contains("\x1b[?2026h"));
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
fn ctrl_l_mends_what_somebody_else_wrote() {
    let mut terminal = Virtual::new(60, 12);
    terminal.feeds((0..20).map(|number| said(&format!("line {number}"))));
    let screen = terminal.screen();
    terminal.scribble("\x1b[1;1Hgarbage\x1b[8;3Hgarbage");
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
