//! A real terminal, tmux's, that shows what hostile models, files and tools say; and a person at it whose pastes answer nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{AGENT, Desk, Sim, wait_until};

/// What the title of the terminal and its paste buffer are before anything is shown.
const BEFORE: &str = "as-before";

/// Everything that moves a terminal, each followed by a word that must be readable: clear, home, scroll region, colours, titles (also one
/// without an end), link, clipboard, device control with a question, application command, privacy message, questions about
/// size and cursor, the same in 8 bits, bidirectional and invisible characters, tags, the other screen, mouse reports, a carriage
/// return and a backspace over what was written.
const ATTACKS: &[(&str, &str)] = &[
    ("\u{1b}[2J", "w-clear"),
    ("\u{1b}[H", "w-home"),
    ("\u{1b}[5;9r", "w-region"),
    ("\u{1b}[31m", "w-colour"),
    ("\u{1b}]0;owned\u{7}", "w-title"),
    ("\u{1b}]2;owned\u{1b}\\", "w-title-two"),
    ("\u{1b}k owned\u{1b}\\", "w-name"),
    ("\u{1b}]8;;http://evil.test\u{1b}\\", "w-link"),
    ("\u{1b}]52;c;b3duZWQ=\u{7}", "w-clipboard"),
    ("\u{1b}P$qm\u{1b}\\", "w-decrqss"),
    ("\u{1b}_owned\u{1b}\\", "w-apc"),
    ("\u{1b}^owned\u{1b}\\", "w-pm"),
    ("\u{1b}[21t", "w-report-title"),
    ("\u{1b}[6n", "w-report-cursor"),
    ("\u{1b}[c", "w-report-device"),
    ("\u{9b}2J", "w-eight-bits"),
    ("\u{9d}0;owned\u{9c}", "w-eight-title"),
    ("\u{202e}\u{2066}", "w-bidi"),
    ("\u{200b}\u{2060}\u{feff}", "w-zero-width"),
    ("\u{e0041}\u{e0042}", "w-tags"),
    ("\u{1b}[?1049h", "w-screen"),
    ("\u{1b}[?1000h\u{1b}[?1006h", "w-mouse"),
    ("\u{1b}[?25l", "w-cursor"),
    ("w-gone\r", "w-return"),
    ("w-gone\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}", "w-backspace"),
    ("\u{1b}]0;owned without an end", "w-open"),
];

fn attacks() -> String {
    ATTACKS.iter().map(|(attack, word)| format!("{attack}{word}\n")).collect()
}

/// A terminal of its own, 160 by 200.
pub(crate) struct Terminal<'a> {
    desk: &'a Desk,
    socket: PathBuf,
}

impl<'a> Terminal<'a> {
    /// Runs a script in it, in the repository, with these variables.
    pub(crate) fn new(desk: &'a Desk, variables: &[(&str, &str)], script: &str) -> Self {
        let terminal = Self { desk, socket: desk.base().join("tmux") };
        // Programs may set the clipboard, as in a terminal that lets them. What is left on the screen stays to be seen.
        let settings = desk.aside(
            "tmux.conf",
            "set -s set-clipboard on\nset -g remain-on-exit on\nset -g allow-rename on\nset -g automatic-rename off\n",
        );
        let script = desk.aside("script.sh", &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = desk.command("tmux");
        command.envs(variables.iter().copied()).env("LC_ALL", "C.UTF-8").arg("-S").arg(&terminal.socket);
        command.args(["-f", &settings, "new-session", "-d", "-n", BEFORE, "-x", "160", "-y", "200", &script]);
        let begun = command.status().expect("a terminal is tmux: `apt-get install tmux` puts it there");
        assert!(begun.success());
        terminal.ask(&["select-pane", "-T", BEFORE]);
        terminal.ask(&["set-buffer", BEFORE]);
        terminal
    }

    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        let mut command = self.desk.command("tmux");
        let ended = command.env("LC_ALL", "C.UTF-8").arg("-S").arg(&self.socket).args(arguments).output().unwrap();
        String::from_utf8_lossy(&ended.stdout).into_owned()
    }

    /// The screen with its colours as sequences.
    pub(crate) fn screen(&self) -> String {
        self.ask(&["capture-pane", "-p", "-e", "-J"])
    }

    #[track_caller]
    pub(crate) fn shows(&self, words: &str) {
        let seen = || self.screen().contains(words);
        for _ in 0..3_000 {
            if seen() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("`{words}` never came; the screen is\n{}", self.screen().trim_end());
    }

    pub(crate) fn type_line(&self, line: &str) {
        self.ask(&["send-keys", "-l", line]);
        self.ask(&["send-keys", "Enter"]);
    }

    /// Pastes; `marked` as terminals do that were asked to mark it.
    pub(crate) fn paste(&self, text: &str, marked: bool) {
        self.ask(&["set-buffer", "-b", "pasted", text]);
        let marks: &[&str] = if marked { &["-p"] } else { &[] };
        self.ask(&[&["paste-buffer", "-d", "-b", "pasted"], marks].concat());
    }

    fn title(&self) -> String {
        self.ask(&["display-message", "-p", "#{pane_title} #{window_name}"]).trim().to_owned()
    }

    /// So many questions have been asked.
    fn is_asking(&self, number: usize) -> bool {
        self.screen().matches("allow? [y]es").count() >= number
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ask(&["display-message", "-p", "#{pane_dead}"]).trim() == "1"
    }
}

/// Longer than a question takes no answers.
pub(crate) fn a_moment() {
    let begun = Instant::now();
    wait_until("a moment", || begun.elapsed() > Duration::from_millis(400));
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}

/// A model whose words, commands, file names and results are all hostile.
fn hostile_sim() -> Sim {
    // YAML takes no control characters as they are.
    let yaml = |text: &str| {
        let escaped = text.chars().map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            ' '..='~' => c.to_string(),
            c => format!("\\U{:08x}", c as u32),
        });
        format!("\"{}\"", escaped.collect::<String>())
    };
    let all = attacks();
    let name =
        format!("src/{}", all.replace(['\n', '/'], " ").chars().filter(|c| *c != '\0').take(60).collect::<String>());
    let command = format!("cat hostile.txt; ls -d src/*; printf '%s' '{all}'");
    Sim::steps(&format!(
        "- calls: [{{tool: bash, args: {{command: {}}}}}]\n- calls: [{{tool: read, args: {{files: [{{path: {}}}]}}}}]\n\
         - calls: [{{tool: write, args: {{path: {}, content: {}}}}}]\n- say: {}\n",
        yaml(&command),
        yaml(&format!("missing {all}")),
        yaml(&name),
        yaml(&all),
        yaml(&format!("{all}all-said")),
    ))
}

fn hostile_desk() -> Desk {
    let desk = Desk::new();
    desk.file("hostile.txt", attacks());
    desk.file("src/\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}name.txt", "x");
    desk
}

/// Nothing of the terminal changed but what is written on it.
#[track_caller]
fn is_untouched(terminal: &Terminal<'_>) {
    let screen = terminal.screen().trim_end().to_owned();
    assert!(screen.contains("line-before"), "it was cleared:\n{screen}");
    for (_, word) in ATTACKS {
        assert!(screen.contains(word), "{word} is not to be read:\n{screen}");
    }
    assert!(!screen.contains('\u{1b}'), "a colour, or a link:\n{screen}");
    assert!(!screen.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{e0041}']), "{screen}");
    assert_eq!(terminal.title(), format!("{BEFORE} {BEFORE}"));
    assert_eq!(terminal.ask(&["show-buffer"]).trim(), BEFORE);
    let modes = "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{scroll_region_upper} #{scroll_region_lower}";
    assert_eq!(terminal.ask(&["display-message", "-p", modes]).trim(), "0 0 1 0 199");
}

#[test]
fn sec_49_a_chat_with_a_hostile_model_moves_the_terminal_by_nothing_and_asks_it_nothing() {
    let (desk, sim) = (hostile_desk(), hostile_sim());
    let script = format!("echo line-before\nexec '{AGENT}' chat --plain --team solo --approve ask");
    let terminal = Terminal::new(&desk, &sim.variables(), &script);
    terminal.shows("\n> ");
    terminal.type_line("Look.");
    // Each question is answered by a person who has read it.
    let mut answered = 0;
    wait_until("the answer", || terminal.screen().contains("all-said") || terminal.is_asking(answered + 1));
    while terminal.is_asking(answered + 1) {
        a_moment();
        terminal.type_line("y");
        answered += 1;
        wait_until("the answer", || terminal.screen().contains("all-said") || terminal.is_asking(answered + 1));
    }
    assert!(answered >= 2, "{answered} questions");
    terminal.shows("in this session, cache hits");
    is_untouched(&terminal);
    let screen = terminal.screen();
    assert!(screen.contains("^[]52;c;b3duZWQ=^G"), "a question spells out what cannot be seen:\n{screen}");
    assert!(screen.contains("\\u{202e}\\u{2066}w-bidi"), "{screen}");
    // Had the terminal answered anything, it would stand before what is typed now.
    terminal.type_line("/quit");
    wait_until("the end", || terminal.is_over());
    assert_eq!(sim.requests().len(), 4);
}

#[test]
fn sec_49_a_run_with_a_hostile_model_moves_the_terminal_by_nothing_and_asks_it_nothing() {
    let (desk, sim) = (hostile_desk(), hostile_sim());
    let script = format!(
        "echo line-before\n'{AGENT}' run Look. --team solo\necho ended: $?\nread answer\necho \"answer: <$answer>\""
    );
    let terminal = Terminal::new(&desk, &sim.variables(), &script);
    terminal.shows("ended: ");
    terminal.shows("all-said");
    is_untouched(&terminal);
    terminal.type_line("mine");
    terminal.shows("answer: <mine>");
}

#[test]
fn sec_49_the_same_words_printed_as_they_are_do_move_this_terminal() {
    let desk = hostile_desk();
    let terminal = Terminal::new(&desk, &[], "echo line-before\nread go\ncat hostile.txt\necho\necho over\nread end");
    terminal.shows("line-before");
    terminal.type_line("go");
    wait_until("another title", || terminal.title().contains("owned"));
    wait_until("another buffer", || terminal.ask(&["show-buffer"]).trim() == "owned");
    assert!(!terminal.screen().contains("line-before"), "{}", terminal.screen());
}

const WRITE: &str = "- calls: [{tool: write, args: {path: new.txt, content: hello}}]
- say: I tried.";

#[test]
fn sec_51_no_paste_answers_a_question_and_what_is_typed_does() {
    let (desk, sim) = (Desk::new(), Sim::steps(WRITE));
    let script = format!("exec '{AGENT}' chat --plain --team solo --approve ask");
    let terminal = Terminal::new(&desk, &sim.variables(), &script);
    terminal.shows("\n> ");
    terminal.type_line("Write it.");
    terminal.shows("allow? [y]es");
    a_moment();
    let refusals = || terminal.screen().matches("not taken as an answer").count();
    // Marked by the terminal, because the question asked it to; with and without words before the yes.
    terminal.paste("y\n", true);
    wait_until("the refusal", || refusals() == 1);
    terminal.paste("some words\ny\n", true);
    wait_until("the refusal", || refusals() >= 2);
    let marked = refusals();
    // From a terminal that marks nothing: lines that come at once.
    terminal.paste("some words\ny\n", false);
    wait_until("the refusal", || refusals() > marked);
    terminal.paste("y\ny\ny\n", false);
    wait_until("the refusal", || refusals() > marked + 1);
    assert!(!desk.root.join("new.txt").exists() && sim.requests().len() == 1, "{}", terminal.screen());
    terminal.type_line("y");
    wait_until("the file", || desk.root.join("new.txt").exists());
    terminal.shows("I tried.");
    terminal.type_line("/quit");
    wait_until("the end", || terminal.is_over());
    assert_eq!(terminal.ask(&["display-message", "-p", "#{pane_title}"]).trim(), BEFORE);
}

#[test]
fn sec_51_what_was_typed_before_a_question_was_there_does_not_answer_it() {
    let (desk, sim) = (Desk::new(), Sim::steps(WRITE));
    let gate = desk.base().join("gate");
    // Typed while nobody reads: a line, another, and the beginning of a third.
    let script = format!(
        "echo ready\nuntil [ -e '{}' ]; do sleep 0.05; done\nexec '{AGENT}' run 'Write it.' --team solo --approve ask",
        gate.display()
    );
    let terminal = Terminal::new(&desk, &sim.variables(), &script);
    terminal.shows("ready");
    terminal.type_line("y");
    terminal.type_line("yes");
    terminal.ask(&["send-keys", "-l", "y"]);
    terminal.shows("ready\ny\nyes\ny");
    std::fs::write(&gate, "").unwrap();
    terminal.shows("allow? [y]es");
    terminal.shows("not taken as an answer");
    a_moment();
    assert!(!desk.root.join("new.txt").exists() && sim.requests().len() == 1, "{}", terminal.screen());
    // The beginning that was there is gone too: alone, the end of the line says nothing.
    terminal.type_line("");
    wait_until("the question again", || terminal.screen().matches("allow? [y]es").count() == 2);
    a_moment();
    terminal.type_line("no, under docs");
    wait_until("the end", || terminal.is_over());
    assert!(!desk.root.join("new.txt").exists());
    assert!(sim.told()[0].contains("the user said no: no, under docs"), "{:?}", sim.told());
}

#[test]
fn sec_51_only_a_typed_line_runs_a_command_of_ones_own() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let script = format!("exec '{AGENT}' chat --plain --team solo");
    let terminal = Terminal::new(&desk, &sim.variables(), &script);
    terminal.shows("\n> ");
    let refused = |name: &str| terminal.shows(&format!("not told to the team: !touch {name}"));
    terminal.paste("Issue\n!touch marked\nmore\n", true);
    refused("marked");
    terminal.paste("!touch alone\n", true);
    refused("alone");
    // From a terminal that marks nothing: lines that come at once, the last one too.
    terminal.paste("Issue\n!touch among\n!touch last\n", false);
    refused("among");
    refused("last");
    a_moment();
    terminal.type_line("!echo made-$((40+2)); exit 3");
    terminal.shows("made-42");
    terminal.shows("(exit code 3)");
    for name in ["marked", "alone", "among", "last"] {
        assert!(!desk.root.join(name).exists(), "{name}: {}", terminal.screen());
    }
    // One that goes on is ended by hand, and the chat is not.
    terminal.type_line("!echo begun > begun; exec sleep 1000");
    wait_until("the beginning", || desk.root.join("begun").exists());
    terminal.ask(&["send-keys", "C-c"]);
    terminal.shows("(killed)");
    terminal.type_line("What was that?");
    wait_until("the request", || sim.requests().iter().any(|one| format!("{:?}", one.request).contains("made-42")));
    terminal.type_line("/quit");
    wait_until("the end", || terminal.is_over());
    assert!(!sim.requests().iter().any(|one| format!("{:?}", one.request).contains("!touch")));
}
