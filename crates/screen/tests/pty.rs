//! The screen on a real pseudo-terminal: what it shows, and that the terminal is as it was however the program ends.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests start processes"
)]

mod support;

use std::process::Command;
use std::time::Duration;

use support::{Kind, Modes, Pty, next};

/// Runs the example between two looks at the terminal's modes.
const BETWEEN: &str = r#"echo "A$(stty -g | cksum)"; "$DRIVER"; echo "code=$?"; echo "B$(stty -g | cksum)"; echo end"#;

fn pid(screen: &str) -> String {
    let line = screen.lines().find_map(|line| line.trim().strip_prefix("pid ")).expect("it says its number");
    line.trim().to_owned()
}

fn is_given_back(pty: &Pty) -> String {
    pty.shows("\nend");
    let text = pty.everything();
    let find = |sign: char| text.lines().find_map(|line| line.strip_prefix(sign)).map(str::to_owned);
    assert_eq!(find('A'), find('B'), "the modes of the terminal:\n{text}");
    pty.look(|screen, modes| {
        assert!(!screen.bracketed_paste() && !screen.alternate_screen() && !screen.hide_cursor());
        assert_eq!(Modes { mute: false, ..modes.clone() }, Modes::default(), "nothing stays switched on");
    });
    text
}

#[test]
fn what_is_typed_is_shown_and_a_person_who_leaves_finds_the_terminal_as_it_was() {
    let pty = Pty::shell(BETWEEN, 80, 24, Kind::Modern);
    pty.shows("pid ");
    assert!(pty.look(|screen, modes| screen.bracketed_paste() && modes.focus && modes.keyboard == 1));
    pty.send("hello");
    pty.shows("> hello");
    pty.send("\r");
    pty.shows("echo hello");
    pty.send("/quit\r");
    let text = is_given_back(&pty);
    assert!(text.contains("left\nafter\ncode=0\n"), "the last words stay, and nothing of the viewport:\n{text}");
    assert!(!text.contains("? "), "{text}");
}

#[test]
fn a_signal_that_ends_the_program_gives_the_terminal_back_first() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("QUIT", 131)] {
        let pty = Pty::shell(BETWEEN, 80, 24, Kind::Modern);
        let number = pid(&pty.shows("pid "));
        pty.send("half a thought");
        pty.shows("half a thought");
        assert!(Command::new("kill").args([&format!("-{signal}"), &number]).status().unwrap().success());
        let text = is_given_back(&pty);
        assert!(text.contains(&format!("code={code}")), "it ends by the signal itself:\n{text}");
        assert!(!text.contains("half a thought"), "the viewport is taken down:\n{text}");
    }
}

#[test]
fn a_crash_gives_the_terminal_back_before_it_is_told() {
    let pty = Pty::shell(BETWEEN, 80, 24, Kind::Modern);
    pty.shows("pid ");
    pty.send("panic\r");
    let text = is_given_back(&pty);
    assert!(text.contains("asked to") && text.contains("code=101"), "{text}");
}

#[test]
fn a_crash_within_the_viewer_leaves_the_alternate_screen() {
    let pty = Pty::shell(BETWEEN, 80, 24, Kind::Modern);
    pty.shows("pid ");
    pty.send("lines 3\r");
    pty.shows("L 2");
    pty.send("\x14");
    pty.until("the whole transcript", |_| true);
    pty.quiet(Duration::from_millis(200));
    assert!(pty.look(|screen, modes| screen.alternate_screen() && modes.keyboard == 2), "Ctrl-T opens it");
    pty.send("\x1b");
    pty.quiet(Duration::from_millis(200));
    assert!(pty.look(|screen, modes| !screen.alternate_screen() && modes.keyboard == 1), "Esc closes it");
    pty.shows("L 2");
    pty.send("\x14");
    pty.quiet(Duration::from_millis(200));
    let number = pid(&pty.everything());
    assert!(Command::new("kill").args(["-TERM", &number]).status().unwrap().success());
    is_given_back(&pty);
}

#[test]
fn ctrl_z_puts_it_to_sleep_and_fg_draws_it_anew() {
    let pty = Pty::start(&["bash", "--norc", "--noprofile", "-i"], 80, 24, Kind::Modern);
    pty.send("\"$DRIVER\"\r");
    pty.shows("pid ");
    pty.send("draft");
    pty.shows("> draft");
    pty.send("\x1a");
    let text = pty.shows("Stopped");
    assert!(!text.contains("draft"), "the viewport is gone while the shell has the terminal:\n{text}");
    pty.send("echo shell-$((40+2))\r");
    pty.shows("shell-42");
    pty.send("fg\r");
    pty.shows("> draft");
    pty.send(" two");
    pty.shows("> draft two");
    pty.send("\x03");
    pty.until("an empty box", |screen| !screen.contains("draft two"));
    pty.send("/quit\r");
    pty.shows("after");
}

#[test]
fn a_terminal_that_answers_nothing_is_usable() {
    let pty = Pty::shell(BETWEEN, 60, 12, Kind::Mute);
    pty.shows("pid ");
    pty.send("hello\r");
    pty.shows("echo hello");
    pty.resize(40, 10);
    pty.send("x");
    let text = pty.shows("> x");
    assert_eq!(text.matches("ready").count(), 1, "one viewport:\n{text}");
    pty.send("\x03/quit\r");
    is_given_back(&pty);
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    let pty = Pty::start(&[support::driver().to_str().unwrap()], 80, 24, Kind::Modern);
    pty.shows("pid ");
    let written = pty.quiet(Duration::from_millis(300));
    assert_eq!(pty.quiet(Duration::from_millis(700)), written);
}

#[test]
fn keys_are_seen_while_a_flood_of_text_arrives() {
    let pty = Pty::start(&[support::driver().to_str().unwrap()], 80, 24, Kind::Modern);
    pty.shows("pid ");
    pty.send("stream 40000\r");
    pty.until("some of it", |screen| screen.contains("word"));
    let mut seen_early = 0;
    for char in "abcdefgh".chars() {
        pty.send(&char.to_string());
        let text = pty.until("the key", |screen| screen.contains(&format!("{char}")) && screen.contains("> a"));
        seen_early += usize::from(!text.contains("word39999"));
    }
    assert!(seen_early > 0, "the keys waited until the flood was over");
    pty.shows("> abcdefgh");
}

#[test]
fn a_signal_ends_the_program_though_the_terminal_takes_nothing() {
    let pty = Pty::shell(BETWEEN, 80, 24, Kind::Modern);
    let number = pid(&pty.shows("pid "));
    // Ctrl-S: nothing of a frame gets through any more.
    let stopped = pty.stops();
    pty.send("stream 40000\r");
    pty.quiet_for(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-TERM", &number]).status().unwrap().success());
    support::ends(&number);
    drop(stopped);
    let text = pty.shows("\nend");
    assert!(text.contains("code=143"), "{text}");
}

#[test]
fn who_leaves_a_program_that_does_not_heed_it_is_let_out() {
    let pty = Pty::shell(BETWEEN, 80, 24, Kind::Modern);
    pty.shows("pid ");
    pty.send("deaf\r");
    pty.shows("echo deaf");
    pty.send("\x04");
    let text = is_given_back(&pty);
    assert!(text.contains("code=130") && !text.contains("left"), "{text}");
}

#[test]
fn lines_that_are_pasted_unmarked_are_not_sent() {
    let pty = Pty::start(&[support::driver().to_str().unwrap()], 80, 24, Kind::Modern);
    pty.shows("pid ");
    pty.send("line one\r!touch it\rline three\r");
    let text = pty.shows("line three");
    assert!(!text.contains("echo"), "{text}");
    pty.send("\x03");
    pty.until("an empty box", |screen| !screen.contains("line three"));
    pty.send("one line\r");
    pty.shows("echo one line");
}

#[test]
fn a_key_that_begins_a_sequence_does_not_deafen_it() {
    let pty = Pty::start(&[support::driver().to_str().unwrap()], 80, 24, Kind::Modern);
    pty.shows("pid ");
    for key in ["\x1b]", "\x1bP"] {
        pty.send(key);
        pty.quiet(Duration::from_millis(100));
        pty.send("abc");
        pty.shows("> abc");
        pty.send("\x03");
        pty.until("an empty box", |screen| !screen.contains("> abc"));
    }
}

#[test]
fn sizes_of_a_terminal_far_away_lose_and_double_no_line_of_a_stream() {
    let pty = Pty::start(&[support::driver().to_str().unwrap()], 100, 30, Kind::Far);
    pty.shows("pid ");
    pty.send("slowly 250\r");
    pty.until("some lines", |text| text.contains("L "));
    for (cols, rows) in [(60, 30), (120, 20), (45, 35), (100, 30), (80, 12), (130, 40), (41, 30), (100, 30)] {
        pty.quiet_for(Duration::from_millis(130));
        pty.resize(cols, rows);
    }
    pty.shows("L 249");
    pty.quiet(Duration::from_millis(600));
    let all = pty.everything();
    let lines: Vec<_> = all.lines().filter_map(|line| line.strip_prefix("L ")?.parse::<usize>().ok()).collect();
    assert_eq!(lines, (0..250).collect::<Vec<_>>(), "{all}");
}

#[test]
fn two_hundred_sizes_leave_one_viewport_and_every_line() {
    let pty = Pty::start(&[support::driver().to_str().unwrap()], 80, 24, Kind::Modern);
    pty.shows("pid ");
    pty.send("lines 60\r");
    pty.shows("L 59");
    pty.send("draft");
    let before = pty.shows("> draft");
    let mut seed = 7;
    for _ in 0..200 {
        pty.resize(30 + next(&mut seed, 90), 20 + next(&mut seed, 40));
    }
    pty.resize(70, 30);
    pty.quiet(Duration::from_millis(400));
    let text = pty.until("one viewport", |text| support::is_one_viewport(text, 70, &before));
    let lines: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("L ")?.parse::<usize>().ok()).collect();
    let newest: Vec<_> = (60 - lines.len()..60).collect();
    assert_eq!(lines, newest, "the newest lines, each once and in order:\n{text}");
    assert!(lines.len() > 15, "{text}");
}
