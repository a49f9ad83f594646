//! A model, files and tools that try to move the terminal, and the screen that shows them.

use super::play::Play;
use super::tmux::{BEFORE, Chat, Start, flat, framed};
use crate::support::Desk;

/// Each is followed by a word that must be to be read.
const ATTACKS: &[(&str, &str)] = &[
    ("\u{1b}[2J", "w-clear"),
    ("\u{1b}[H", "w-home"),
    ("\u{1b}[5;9r", "w-region"),
    ("\u{1b}]0;owned\u{7}", "w-title"),
    ("\u{1b}k owned\u{1b}\\", "w-name"),
    ("\u{1b}]8;;http://evil.test\u{1b}\\", "w-link"),
    ("\u{1b}]52;c;b3duZWQ=\u{7}", "w-clipboard"),
    ("\u{1b}P$qm\u{1b}\\", "w-question"),
    ("\u{1b}_owned\u{1b}\\", "w-application"),
    ("\u{1b}[6n", "w-cursor-report"),
    ("\u{9b}2J", "w-eight-bits"),
    ("\u{9d}0;owned\u{9c}", "w-eight-title"),
    ("\u{202e}\u{2066}", "w-turned"),
    ("\u{200b}\u{2060}\u{feff}", "w-no-width"),
    ("\u{e0041}\u{e0042}", "w-tags"),
    ("\u{1b}[?1049h", "w-other-screen"),
    ("\u{1b}[?1000h", "w-mouse"),
    ("\u{1b}[?25l", "w-no-cursor"),
    ("w-gone\r", "w-return"),
    ("w-gone\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}", "w-backspace"),
    ("\u{1b}]0;owned without an end", "w-open"),
];

/// YAML takes no control characters as they are.
fn yaml(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        c => format!("\\U{:08x}", c as u32),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[test]
fn hostile_words_files_and_commands_move_the_terminal_by_nothing() {
    let desk = Desk::new();
    let all: String = ATTACKS.iter().map(|(attack, word)| format!("{attack}{word}\n\n")).collect();
    desk.file("hostile.txt", &all);
    desk.file("src/\u{1b}]0;owned\u{7}\u{202e}name.txt", "x");
    let command = "cat hostile.txt; printf '\u{1b}]0;owned\u{7}\u{1b}[2J'; touch '\u{202e}txt.exe'";
    let steps = format!(
        "- {{say: {}, calls: [{{tool: bash, args: {{command: cat hostile.txt}}}}]}}\n- calls: [{{tool: bash, args: {{command: {}}}}}]\n\
         - calls: [{{tool: write, args: {{path: new.txt, content: {}}}}}]\n- say: all-said",
        yaml(&all),
        yaml(command),
        yaml(&all)
    );
    let play = Play::steps(&steps, &[]);
    let chat = Chat::start(&desk, &play.variables(), Start { columns: 100, rows: 120, ..Start::default() });
    chat.is_ready();
    let title = chat.knows("#{pane_title} #{window_name}");
    chat.says("Look.");
    let mut questions = 0;
    loop {
        chat.until("a question or the end", |screen| screen.contains("all-said") || chat.is_asked());
        if !chat.is_asked() {
            break;
        }
        if questions == 0 {
            // What cannot be seen is spelled out where something is to be allowed.
            chat.until("escapes in words", |screen| {
                screen.contains("^[]0;owned^G") && screen.contains("\\u{202e}txt.exe")
            });
        }
        chat.answers("y");
        questions += 1;
    }
    assert_eq!(questions, 2, "a command and a file");
    let everything = chat.everything();
    for (_, word) in ATTACKS {
        assert!(everything.contains(word), "{word} is not to be read in {}", framed(&everything));
    }
    assert!(!everything.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{e0041}']), "{everything}");
    assert!(!chat.knows("#{pane_title} #{window_name}").contains("owned"), "{title}");
    // While a turn runs the cursor is drawn; behind it the terminal's own is back.
    chat.until("the cursor", |_| chat.knows("#{alternate_on} #{mouse_any_flag} #{cursor_flag}") == "0 0 1");
    assert!(everything.starts_with(BEFORE), "it was cleared: {}", framed(&everything));
    // The viewer shows the same things, as harmlessly.
    chat.presses(&["C-t"]);
    chat.until("the transcript", |_| chat.knows("#{alternate_on}") == "1");
    chat.presses(&["Home"]);
    chat.shows("w-clear");
    chat.presses(&["q"]);
    chat.until("the chat", |_| chat.knows("#{alternate_on}") == "0");
    assert!(!chat.knows("#{pane_title} #{window_name}").contains("owned"));
    // Had the terminal answered anything, it would stand in the box now.
    chat.says("/quit");
    chat.is_left_as_it_was(0);
    assert_eq!(play.requests().len(), 4);
    assert!(flat(&chat.everything()).contains("all-said"));
}
