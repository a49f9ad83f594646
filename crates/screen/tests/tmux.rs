//! The screen in a real tmux, which wraps lines anew when its window changes.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests start processes and look at the clock"
)]

mod support;

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use support::{LONG, driver, is_one_viewport, next};

/// A server of its own, which ends with the test.
struct Tmux(String);

impl Tmux {
    fn new(name: &str, cols: u16, rows: u16) -> Self {
        let tmux = Self(format!("tandem-screen-{name}-{}", std::process::id()));
        let (cols, rows) = (cols.to_string(), rows.to_string());
        let driver = driver();
        let started = tmux.run(&["new-session", "-d", "-x", &cols, "-y", &rows, driver.to_str().unwrap()]);
        assert!(started.status.success(), "tmux cannot be started: {}", String::from_utf8_lossy(&started.stderr));
        tmux
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.0, "-f", "/dev/null"]).args(arguments);
        command.output().expect("this test needs tmux (3.2 or later): install it")
    }

    fn send(&self, keys: &[&str]) {
        assert!(self.run(&[&["send-keys"], keys].concat()).status.success());
    }

    fn resize(&self, cols: u16, rows: u16) {
        assert!(self.run(&["resize-window", "-x", &cols.to_string(), "-y", &rows.to_string()]).status.success());
    }

    fn screen(&self) -> String {
        String::from_utf8(self.run(&["capture-pane", "-p"]).stdout).unwrap().trim_end().to_owned()
    }

    fn everything(&self) -> String {
        String::from_utf8(self.run(&["capture-pane", "-p", "-S", "-"]).stdout).unwrap().trim_end().to_owned()
    }

    fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + LONG;
        loop {
            let text = self.screen();
            if is(&text) {
                return text;
            }
            assert!(Instant::now() < end, "{what}: not after {LONG:?}, but\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

/// The numbers of the lines `L n`.
fn lines(text: &str) -> Vec<usize> {
    text.lines().filter_map(|line| line.strip_prefix("L ")?.trim().parse().ok()).collect()
}

#[test]
fn a_storm_of_sizes_in_tmux_leaves_one_viewport_and_every_line_once() {
    let tmux = Tmux::new("storm", 80, 24);
    tmux.until("it began", |text| text.contains("pid "));
    tmux.send(&["lines 60", "Enter"]);
    tmux.until("the lines", |text| text.contains("L 59"));
    tmux.send(&["draft"]);
    let before = tmux.until("the draft", |text| text.contains("> draft"));
    let mut seed = 3;
    for round in 0..40 {
        let (cols, rows) = (40 + next(&mut seed, 80), 16 + next(&mut seed, 30));
        tmux.resize(cols, rows);
        // Some sizes are seen, and some are gone before anybody could draw for them.
        if round % 4 == 0 {
            tmux.until(&format!("one viewport of {cols} columns"), |text| is_one_viewport(text, cols, &before));
        }
    }
    tmux.resize(80, 24);
    let text = tmux.until("one viewport", |text| is_one_viewport(text, 80, &before));
    let shown = lines(&text);
    assert_eq!(shown, (60 - shown.len()..60).collect::<Vec<_>>(), "the newest lines:\n{text}");
    let all = tmux.everything();
    assert_eq!(lines(&all), (0..60).collect::<Vec<_>>(), "every line, once and in order:\n{all}");
}

/// tmux wraps its lines anew up to a quarter of a second before it tells the program in it.
#[test]
fn sizes_while_lines_come_lose_none_and_double_none_and_leave_nothing_of_the_viewport() {
    for step in [2, 130, 250] {
        let tmux = Tmux::new(&format!("stream-{step}"), 100, 30);
        tmux.until("it began", |text| text.contains("pid "));
        tmux.send(&["slowly 200", "Enter"]);
        tmux.until("some lines", |text| text.contains("L 9"));
        tmux.send(&["draft"]);
        for cols in [60, 120, 45, 100, 80, 130, 41, 100, 90, 110, 100] {
            tmux.resize(cols, 10 + cols % 23);
            std::thread::sleep(Duration::from_millis(step));
        }
        tmux.resize(100, 30);
        let text = tmux.until("the end", |text| text.contains("L 199") && text.contains("> draft"));
        assert!(lines(&text).len() > 10, "{text}");
        tmux.until("nobody who works", |text| text.contains("ready"));
        let all = tmux.everything();
        assert_eq!(lines(&all), (0..200).collect::<Vec<_>>(), "{step} ms:\n{all}");
        let above = all.rsplit_once("L 199").unwrap().0;
        assert!(!above.contains('─') && !above.contains("draft"), "{step} ms:\n{all}");
    }
}

/// The smallest storm: an idle window that gets narrow and is wide again before anybody could draw for it.
#[test]
fn a_narrow_moment_of_a_window_loses_nothing() {
    for (round, (cols, rows)) in [(40, 30), (40, 10), (60, 12), (99, 29), (40, 30)].into_iter().enumerate() {
        let tmux = Tmux::new(&format!("moment-{round}"), 100, 30);
        tmux.until("it began", |text| text.contains("pid "));
        tmux.send(&["lines 60", "Enter"]);
        tmux.until("the lines", |text| text.contains("L 59"));
        tmux.send(&["draft"]);
        let before = tmux.until("the draft", |text| text.contains("> draft"));
        let (cols, rows) = (cols.to_string(), rows.to_string());
        tmux.run(&["resize-window", "-x", &cols, "-y", &rows, ";", "resize-window", "-x", "100", "-y", "30"]);
        std::thread::sleep(Duration::from_millis(300));
        tmux.send(&["C-c"]);
        tmux.until("an empty box", |text| !text.contains("draft"));
        tmux.send(&["lines 3", "Enter"]);
        tmux.until("more lines", |text| text.contains("L 59\n\n> lines 3\n\nL 0\nL 1\nL 2\n"));
        let all = tmux.everything();
        assert_eq!(lines(&all), (0..60).chain(0..3).collect::<Vec<_>>(), "{cols}x{rows}:\n{all}");
        assert_eq!(all.matches('─').count(), before.matches('─').count(), "one viewport:\n{all}");
    }
}

#[test]
fn lines_that_tmux_pastes_unmarked_are_not_sent() {
    let tmux = Tmux::new("paste", 80, 24);
    tmux.until("it began", |text| text.contains("pid "));
    tmux.run(&["set-buffer", "line one\n!touch it\nline three\n"]);
    tmux.run(&["paste-buffer"]);
    let text = tmux.until("the paste", |text| text.contains("line three"));
    assert!(!text.contains("echo"), "{text}");
    tmux.send(&["C-c"]);
    tmux.until("an empty box", |text| !text.contains("line three"));
    tmux.send(&["a line", "Enter"]);
    tmux.until("the echo", |text| text.contains("echo a line"));
}

#[test]
fn long_lines_survive_a_narrow_window_and_a_wide_one() {
    let tmux = Tmux::new("narrow", 100, 30);
    tmux.until("it began", |text| text.contains("pid "));
    let words: Vec<_> = (10..40).map(|number| format!("w{number}")).collect();
    tmux.send(&[&words.join(" "), "Enter"]);
    tmux.until("the echo", |text| text.contains("echo w10"));
    tmux.send(&["draft"]);
    let before = tmux.until("the draft", |text| text.contains("> draft"));
    for cols in [40, 100, 60, 120] {
        tmux.resize(cols, 30);
        tmux.until(&format!("one viewport of {cols} columns"), |text| is_one_viewport(text, cols, &before));
        // tmux itself may have moved the first rows into its scrollback.
        let text = tmux.everything();
        let from = text.find("echo w10").unwrap_or_else(|| panic!("no echo at {cols} columns:\n{text}"));
        let echo = &text[from..];
        for word in &words {
            assert_eq!(echo.matches(word.as_str()).count(), 1, "{word} at {cols} columns:\n{text}");
        }
        assert_eq!(text.matches("echo w10").count(), 1, "{text}");
    }
}

#[test]
fn a_shell_s_own_lines_stay_above() {
    let tmux = Tmux::new("leave", 60, 20);
    tmux.run(&["set-option", "-g", "remain-on-exit", "on"]);
    tmux.until("it began", |text| text.contains("pid "));
    tmux.send(&["hello", "Enter"]);
    tmux.until("the echo", |text| text.contains("echo hello"));
    tmux.send(&["/quit", "Enter"]);
    let text = tmux.until("it is over", |text| text.contains("after"));
    assert!(!text.contains('─'), "nothing of the viewport stays:\n{text}");
    assert!(text.contains("echo hello") && text.contains("left"), "what was said stays:\n{text}");
}

#[test]
fn the_program_ends_when_its_window_is_closed() {
    let tmux = Tmux::new("closed", 60, 20);
    // The server goes on without the window.
    tmux.run(&["new-window", "-d", "cat"]);
    let text = tmux.until("it began", |text| text.contains("pid "));
    let pid = text.lines().find_map(|line| line.strip_prefix("pid ")).expect("it says its number").trim().to_owned();
    assert!(tmux.run(&["kill-window"]).status.success());
    support::ends(&pid);
}
