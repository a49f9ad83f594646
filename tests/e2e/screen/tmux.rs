//! A terminal that is really there: tmux without anybody in front of it, with keys, pastes, sizes and a scrollback.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{AGENT, Desk, wait_until};

/// Longer than anything takes that is waited for, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(40);
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(20);
/// A word that stands on the terminal before the chat begins.
pub(super) const BEFORE: &str = "stood here before";
/// Stands in every question whether something may be done, and nowhere else.
const QUESTION: &str = "n no e";
/// What the script says when the program is over, before its exit code.
const LEFT: &str = "left with code";

/// How a chat is started.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) columns: u16,
    pub(super) rows: u16,
    /// Of the chat itself.
    pub(super) arguments: &'a [&'a str],
    /// On top of those of the desk.
    pub(super) variables: &'a [(&'a str, &'a str)],
    /// Behind the program and its arguments: a redirection.
    pub(super) behind: &'a str,
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self { columns: 100, rows: 30, arguments: &["--team", "solo"], variables: &[], behind: "" }
    }
}

/// A chat in a terminal. The terminal is gone when this is dropped.
pub(super) struct Chat<'a> {
    desk: &'a Desk,
    socket: PathBuf,
    folder: PathBuf,
}

/// Terminals so far: each has a socket of its own.
static TERMINALS: AtomicUsize = AtomicUsize::new(0);

impl<'a> Chat<'a> {
    fn new(desk: &'a Desk) -> Self {
        let number = TERMINALS.fetch_add(1, Ordering::Relaxed);
        let folder = desk.base().join(format!("terminal-{number}"));
        std::fs::create_dir(&folder).unwrap();
        Self { desk, socket: folder.join("socket"), folder }
    }

    /// Starts `agent chat` in the repository, in a terminal that had other words on it before.
    pub(super) fn start(desk: &'a Desk, variables: &[(&str, &str)], start: Start<'_>) -> Self {
        let chat = Self::new(desk);
        let script = chat.script(start);
        chat.begins(variables, start, &[&script.display().to_string()]);
        chat
    }

    /// Starts it as a job of a shell that a person types at, with the prompt `shell$`.
    #[track_caller]
    pub(super) fn in_a_shell(desk: &'a Desk, variables: &[(&str, &str)]) -> Self {
        let chat = Self::new(desk);
        let start = Start { variables: &[("PS1", "shell$ ")], ..Start::default() };
        chat.begins(variables, start, &["bash", "--norc", "--noprofile", "-i"]);
        chat.until("the shell", |screen| screen.trim_end().ends_with("shell$"));
        chat.types(&format!("'{AGENT}' chat --team solo"));
        chat.presses(&["Enter"]);
        chat
    }

    /// Makes the terminal, with something that runs in it.
    fn begins(&self, variables: &[(&str, &str)], start: Start<'_>, program: &[&str]) {
        let settings = self.settings();
        let mut command = self.desk.command("tmux");
        command.envs([("LC_ALL", "C.UTF-8"), ("COLORTERM", "truecolor"), ("SHELL", "/bin/sh")]);
        command.envs(variables.iter().copied()).envs(start.variables.iter().copied());
        command.arg("-S").arg(&self.socket).arg("-f").arg(settings).args(["new-session", "-d"]);
        command.args(["-x", &start.columns.to_string(), "-y", &start.rows.to_string()]).args(program);
        let begun = command.stdin(Stdio::null()).output();
        let begun = begun.expect("a terminal is tmux, which is not there: `apt-get install tmux` puts it there");
        assert!(begun.status.success(), "tmux: {}", String::from_utf8_lossy(&begun.stderr));
    }

    /// Starts it, and waits until its session is open.
    #[track_caller]
    pub(super) fn open(desk: &'a Desk, variables: &[(&str, &str)], start: Start<'_>) -> Self {
        let chat = Self::start(desk, variables, start);
        chat.is_open();
        chat
    }

    /// Programs may set clipboard and title, focus is told, the scrollback holds a whole session.
    fn settings(&self) -> PathBuf {
        let settings = "set -s set-clipboard on\nset -s focus-events on\nset -s escape-time 10\n\
            set -g default-terminal tmux-256color\nset -g history-limit 50000\nset -g remain-on-exit on\n\
            set -g allow-rename on\nset -g automatic-rename off\nset -g status off\n";
        let path = self.folder.join("tmux.conf");
        std::fs::write(&path, settings).unwrap();
        path
    }

    /// Writes down what the terminal's settings are before and after.
    fn script(&self, start: Start<'_>) -> PathBuf {
        let quoted: String = start.arguments.iter().map(|word| format!(" '{word}'")).collect();
        let term = start.variables.iter().find(|(name, _)| *name == "TERM");
        let term = term.map(|(_, value)| format!("TERM={value}; export TERM\n")).unwrap_or_default();
        let folder = self.folder.display();
        let text = format!(
            "#!/bin/sh\n{term}echo '{BEFORE}'\nstty -a > {folder}/before\n\
             sh -c 'echo $$ > {folder}/pid; exec \"$@\"' sh '{AGENT}' chat{quoted} {}\ncode=$?\n\
             stty -a > {folder}/after\necho \"{LEFT} $code\"\nexec sleep 600\n",
            start.behind
        );
        let path = self.folder.join("script.sh");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = self.desk.command("tmux");
        command.env("LC_ALL", "C.UTF-8").arg("-S").arg(&self.socket).args(arguments);
        command.stdin(Stdio::null()).output().unwrap()
    }

    fn ask(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.tmux(arguments).stdout).into_owned()
    }

    /// What tmux knows about the terminal: a format such as `#{cursor_flag}`.
    pub(super) fn knows(&self, format: &str) -> String {
        self.ask(&["display-message", "-p", format]).trim_end().to_owned()
    }

    /// What is seen now, line by line, without the spaces at their ends.
    pub(super) fn screen(&self) -> String {
        self.ask(&["capture-pane", "-p"])
    }

    /// Everything from the first line on, the scrollback first.
    pub(super) fn everything(&self) -> String {
        self.ask(&["capture-pane", "-p", "-S", "-"])
    }

    /// What is seen, with its lines joined to one and each run of spaces and frames to one space: words are found whatever the width.
    pub(super) fn flat(&self) -> String {
        flat(&self.screen())
    }

    /// Waits until something is so about the screen.
    #[track_caller]
    pub(super) fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return;
            }
            if begun.elapsed() > PATIENCE {
                panic!("{what}: never. The screen is\n{}", framed(&screen));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until these words are to be seen, wherever their line is broken.
    #[track_caller]
    pub(super) fn shows(&self, words: &str) {
        let sought = flat(words);
        self.until(&format!("`{words}` on the screen"), |screen| flat(screen).contains(&sought));
    }

    /// Waits until these words are on the screen or above it.
    #[track_caller]
    pub(super) fn has_shown(&self, words: &str) {
        let sought = flat(words);
        self.until(&format!("`{words}` on the screen or above it"), |_| flat(&self.everything()).contains(&sought));
    }

    /// Waits until these words are not to be seen any more.
    #[track_caller]
    pub(super) fn hides(&self, words: &str) {
        let sought = flat(words);
        self.until(&format!("`{words}` gone from the screen"), |screen| !flat(screen).contains(&sought));
    }

    /// Fails, showing the screen.
    #[track_caller]
    pub(super) fn must(&self, is_so: bool, what: &str) {
        assert!(is_so, "{what}. The screen is\n{}", framed(&self.screen()));
    }

    /// Waits until a person could type: keys are read one by one, and something stands on the screen.
    #[track_caller]
    pub(super) fn is_ready(&self) {
        let device = self.knows("#{pane_tty}");
        self.until("a chat that is ready", |screen| {
            let settings = self.desk.command("stty").args(["-a", "-F", &device]).output().unwrap();
            let reads_keys = String::from_utf8_lossy(&settings.stdout).contains("-icanon");
            reads_keys && flat(screen).replace(BEFORE, "").len() > 20
        });
    }

    /// Waits until a session is open and a person could type.
    #[track_caller]
    pub(super) fn is_open(&self) {
        self.is_ready();
        self.has_shown("team");
    }

    /// Types words, as fast as a keyboard macro does.
    pub(super) fn types(&self, words: &str) {
        self.tmux(&["send-keys", "-l", "--", words]);
    }

    /// Presses keys that have names: `Enter`, `Tab`, `Escape`, `C-o`, `M-Enter`, `Up`.
    pub(super) fn presses(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Types words and waits until they stand there.
    #[track_caller]
    pub(super) fn writes(&self, words: &str) {
        self.types(words);
        self.shows(words);
    }

    /// Types a line and sends it, once it stands there.
    #[track_caller]
    pub(super) fn says(&self, line: &str) {
        self.writes(line);
        self.presses(&["Enter"]);
    }

    /// Pastes, marked as terminals do for programs that asked for it.
    pub(super) fn pastes(&self, text: &str) {
        self.tmux(&["set-buffer", "-b", "pasted", text]);
        self.tmux(&["paste-buffer", "-p", "-d", "-b", "pasted"]);
    }

    /// Whether a question whether something may be done stands on the screen.
    pub(super) fn is_asked(&self) -> bool {
        self.flat().contains(QUESTION)
    }

    /// Waits for a question about this.
    #[track_caller]
    pub(super) fn asks(&self, words: &str) {
        self.shows(words);
        self.until("a question", |screen| flat(screen).contains(QUESTION));
    }

    /// Answers the question with a key, as a person does who read it first, and waits until it is gone.
    #[track_caller]
    pub(super) fn answers(&self, key: &str) {
        a_moment();
        self.must(self.is_asked(), "there is no question");
        self.presses(&[key]);
        self.until(&format!("an end of the question by {key}"), |screen| !flat(screen).contains(QUESTION));
    }

    /// Makes the window another size.
    pub(super) fn becomes(&self, columns: u16, rows: u16) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// The window that the terminal is in gets or loses the focus.
    pub(super) fn focus(&self, has: bool) {
        self.tmux(&["send-keys", "-H", "1b", "5b", if has { "49" } else { "4f" }]);
    }

    /// From now on every byte that the program writes is kept; gives where.
    pub(super) fn records(&self) -> PathBuf {
        let path = self.folder.join("bytes");
        self.tmux(&["pipe-pane", "-O", &format!("cat > {}", path.display())]);
        path
    }

    /// The program's process.
    pub(super) fn process(&self) -> String {
        std::fs::read_to_string(self.folder.join("pid")).unwrap().trim().to_owned()
    }

    /// Sends the program a signal.
    pub(super) fn signal(&self, name: &str) {
        let sent = self.desk.command("kill").args(["-s", name, &self.process()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until the program is over, and gives its exit code as the shell sees it.
    #[track_caller]
    pub(super) fn code(&self) -> i32 {
        self.until("the end of the program", |screen| screen.contains(LEFT));
        let screen = self.screen();
        let line = screen
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix(LEFT))
            .expect("the code stands in a line of its own");
        line.trim().parse().unwrap()
    }

    /// Waits for the end, and looks whether the terminal is as it was, and what stood on it still there.
    #[track_caller]
    pub(super) fn is_left_as_it_was(&self, code: i32) {
        self.gives_the_terminal_back(code);
        self.must(self.everything().contains(BEFORE), "what stood on the terminal before is gone");
    }

    /// Waits for the end, and looks whether the terminal's settings are as they were.
    #[track_caller]
    pub(super) fn gives_the_terminal_back(&self, code: i32) {
        assert_eq!(self.code(), code, "The screen is\n{}", framed(&self.screen()));
        let read = |name: &str| std::fs::read_to_string(self.folder.join(name)).unwrap();
        assert_eq!(rules(&read("after")), rules(&read("before")), "the settings of the terminal");
        let modes = self.knows(
            "alternate #{alternate_on}, mouse #{mouse_any_flag}, cursor #{cursor_flag}, region #{scroll_region_upper}, \
             keypad #{keypad_flag}, wrap #{wrap_flag}, insert #{insert_flag}, origin #{origin_flag}",
        );
        assert_eq!(modes, "alternate 0, mouse 0, cursor 1, region 0, keypad 0, wrap 1, insert 0, origin 0");
        // A paste is not marked any more, and no key is told in another way.
        let screen = self.screen();
        self.must(!screen.contains("[200~") && !screen.contains("[?"), "marks are left on the terminal");
    }
}

impl Drop for Chat<'_> {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// Longer than a question takes no answers.
pub(super) fn a_moment() {
    let begun = Instant::now();
    wait_until("a moment", || begun.elapsed() > Duration::from_millis(700));
}

/// The settings without the size: rows and columns may have changed.
fn rules(stty: &str) -> String {
    stty.split(';').filter(|part| !part.contains("rows") && !part.contains("columns")).collect::<Vec<_>>().join(";")
}

/// Words as they are read: frames are no words, and a broken line goes on in the next.
pub(super) fn flat(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || ('\u{2500}'..='\u{259f}').contains(&c));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A screen in a message.
pub(super) fn framed(screen: &str) -> String {
    let lines = screen.trim_end().lines().map(|line| format!("| {line}\n")).collect::<String>();
    format!("{}\n{lines}{}", "-".repeat(40), "-".repeat(40))
}
