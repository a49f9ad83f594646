//! Shell command lines: split into simple commands, each known by its program. Read, never run; what is quoted, a here-document
//! or substituted runs nothing here.

use super::Activity;

/// The weightiest activity of a line's commands; [`Activity::Other`] where they only prepare (`cd`, `export`).
pub(super) fn activity(line: &str) -> Activity {
    let weight = |activity: &Activity| match activity {
        Activity::Test => 4,
        Activity::Edit => 3,
        Activity::Other => 2,
        Activity::Explore => 1,
        Activity::Plan => 0,
    };
    let commands = commands(&without_here_documents(line));
    commands.iter().filter_map(Simple::activity).max_by_key(weight).unwrap_or(Activity::Other)
}

/// A program with its arguments.
#[derive(Debug, Default)]
struct Simple {
    words: Vec<String>,
    /// Its output goes to a file.
    writes: bool,
}

/// Takes out what stands between `<<WORD` and `WORD`.
fn without_here_documents(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut until: Option<String> = None;
    for line in text.lines() {
        match &until {
            Some(word) if line.trim() == word => until = None,
            Some(_) => {}
            None => {
                until = here_document(line);
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    kept
}

/// The word that ends the here-document which begins on this line.
fn here_document(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("<<")?;
    if rest.starts_with('<') {
        return None;
    }
    let rest = rest.trim_start_matches(['-', ' ', '\'', '"', '\\']);
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Splits a text at what separates commands.
fn commands(text: &str) -> Vec<Simple> {
    let mut reader = Reader { rest: text.chars().peekable(), word: None, current: Simple::default(), done: Vec::new() };
    while let Some(c) = reader.rest.next() {
        reader.take(c);
    }
    reader.end_command();
    reader.done
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    word: Option<String>,
    current: Simple,
    done: Vec<Simple>,
}

impl Reader<'_> {
    fn take(&mut self, c: char) {
        match c {
            '\'' => self.quoted(c, false),
            '"' | '`' => self.quoted(c, true),
            '$' if self.rest.peek() == Some(&'(') => self.substituted(),
            '\\' => match self.rest.next() {
                // A line that goes on.
                Some('\n') | None => {}
                Some(c) => self.push(c),
            },
            '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
            '&' if self.rest.peek() == Some(&'>') => {}
            '>' => self.redirected(),
            '<' => {
                self.end_word();
                while self.rest.next_if(|c| matches!(c, '<' | '-' | ' ')).is_some() {}
            }
            ';' | '|' | '&' | '\n' | '(' | ')' => self.end_command(),
            '{' | '}' if self.word.is_none() => self.end_command(),
            c if c.is_whitespace() => self.end_word(),
            c => self.push(c),
        }
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn quoted(&mut self, end: char, escapes: bool) {
        let word = self.word.get_or_insert_default();
        while let Some(c) = self.rest.next() {
            match c {
                c if c == end => return,
                '\\' if escapes => word.extend(self.rest.next()),
                c => word.push(c),
            }
        }
    }

    /// `$(...)`: it runs something, but only to make a word.
    fn substituted(&mut self) {
        let word = self.word.get_or_insert_default();
        let mut depth = 0_u32;
        for c in self.rest.by_ref() {
            word.push(c);
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// `> file`, `2>/dev/null`, `2>&1`.
    fn redirected(&mut self) {
        let number = self.word.take_if(|word| word.chars().all(|c| c.is_ascii_digit()));
        self.end_word();
        while self.rest.next_if(|c| matches!(c, '>' | '|')).is_some() {}
        if self.rest.next_if_eq(&'&').is_some() {
            while self.rest.next_if(|c| c.is_ascii_digit() || *c == '-').is_some() {}
            return;
        }
        while self.rest.next_if_eq(&' ').is_some() {}
        let mut target = String::new();
        while let Some(c) = self.rest.next_if(|c| !c.is_whitespace() && !matches!(c, ';' | '|' | '&' | ')')) {
            target.push(c);
        }
        self.current.writes |= number.is_none_or(|number| number == "1") && !target.contains("/dev/");
    }

    fn end_word(&mut self) {
        self.current.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = std::mem::take(&mut self.current);
        if !command.words.is_empty() || command.writes {
            self.done.push(command);
        }
    }
}

/// Words of the shell before a command.
const KEYWORDS: [&str; 8] = ["then", "do", "else", "elif", "if", "while", "until", "!"];
/// Programs that only run another one.
const RUNNERS: [&str; 16] = [
    "sudo", "time", "env", "timeout", "npx", "uvx", "uv", "poetry", "pipenv", "bundle", "exec", "command", "nice",
    "nohup", "xargs", "stdbuf",
];

impl Simple {
    /// None for one that only prepares others.
    fn activity(&self) -> Option<Activity> {
        let known = self.program().and_then(|(program, rest)| of_program(program, &rest));
        if self.writes && known != Some(Activity::Test) { Some(Activity::Edit) } else { known }
    }

    /// The program that does the work, without its folder, and its arguments.
    fn program(&self) -> Option<(&str, Vec<&str>)> {
        let is_setting = |word: &&str| word.split_once('=').is_some_and(|(name, _)| is_name(name));
        let mut words = self.words.iter().map(String::as_str).skip_while(|w| KEYWORDS.contains(w) || is_setting(w));
        let mut program = base(words.next()?);
        while RUNNERS.contains(&program) {
            let preamble = |word: &&str| {
                word.starts_with('-') || word.contains('=') || *word == "run" || *word == "exec" || is_span(word)
            };
            program = base(words.by_ref().find(|word| !preamble(word))?);
        }
        Some((program, words.collect()))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// `30`, `5m`: the argument of `timeout`.
fn is_span(word: &str) -> bool {
    let number = word.trim_end_matches(['s', 'm', 'h']);
    !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn of_program(program: &str, rest: &[&str]) -> Option<Activity> {
    let has = |options: &[&str]| rest.iter().any(|word| options.contains(word));
    let first = rest.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    Some(match program {
        "cd" | "export" | "set" | "source" | "." | "pushd" | "popd" | "true" | "sleep" | "for" | "done" | "fi"
        | "read" | "test" | "[" | "[[" | "echo" | "printf" | "unset" | "trap" | "wait" | "shopt" | "case" | "esac"
        | "local" => {
            return None;
        }
        "bash" | "sh" | "zsh" if rest.iter().any(|word| word.starts_with('-') && word.ends_with('c')) => {
            rest.last().map_or(Activity::Other, |line| activity(line))
        }
        "sed" | "perl" if rest.iter().any(|word| word.starts_with("-i") || word.starts_with("-pi")) => Activity::Edit,
        "find" if has(&["-delete"]) => Activity::Edit,
        "find" if has(&["-exec"]) => {
            let run: Vec<&str> = rest.iter().skip_while(|word| **word != "-exec").skip(1).copied().collect();
            run.split_first().and_then(|(program, rest)| of_program(base(program), rest)).unwrap_or(Activity::Explore)
        }
        "tee" | "mv" | "cp" | "rm" | "rmdir" | "mkdir" | "touch" | "patch" | "ln" | "chmod" | "truncate"
        | "install" | "apply_patch" | "applypatch" => Activity::Edit,
        "gofmt" | "rustfmt" | "prettier" | "black" if has(&["-w", "--write"]) => Activity::Edit,
        "git" => of_git(rest),
        "gh" => of_gh(first, rest),
        "go" | "cargo" if ["doc", "list", "env", "tree", "metadata", "version"].contains(&first) => Activity::Explore,
        _ if checks(program, first, rest) => Activity::Test,
        _ if READERS.contains(&program) => Activity::Explore,
        _ => Activity::Other,
    })
}

fn of_git(rest: &[&str]) -> Activity {
    // Options of git itself come before its command; `-C` and `-c` take a word.
    let mut words = rest.iter();
    let command = loop {
        match words.next() {
            Some(&"-C" | &"-c") => _ = words.next(),
            Some(option) if option.starts_with('-') => {}
            other => break other.copied().unwrap_or_default(),
        }
    };
    let arguments: Vec<&str> = words.copied().collect();
    let has = |options: &[&str]| arguments.iter().any(|word| options.contains(word));
    match command {
        "log" | "show" | "diff" | "status" | "blame" | "grep" | "rev-parse" | "rev-list" | "describe" | "shortlog"
        | "reflog" | "cat-file" | "merge-base" | "check-ignore" | "name-rev" | "whatchanged" | "for-each-ref"
        | "show-ref" | "symbolic-ref" | "diff-index" | "diff-tree" | "ls-files" | "ls-tree" | "ls-remote" => {
            Activity::Explore
        }
        "branch" | "tag" if !has(&["-d", "-D", "-m", "-M", "-f", "-a", "--delete"]) || has(&["-a"]) => {
            Activity::Explore
        }
        "stash" | "worktree" | "config" | "remote" if has(&["list", "show", "--list", "--get", "-v", "-l"]) => {
            Activity::Explore
        }
        "apply" | "mv" | "rm" => Activity::Edit,
        _ => Activity::Other,
    }
}

fn of_gh(first: &str, rest: &[&str]) -> Activity {
    let sends = |word: &&&str| {
        word.starts_with("-f")
            || word.starts_with("-F")
            || ["-X", "--method", "--input", "--field", "--raw-field"].contains(*word)
    };
    match first {
        "api" if rest.iter().any(|word| sends(&word)) => Activity::Other,
        "api" | "search" | "browse" | "status" => Activity::Explore,
        _ if rest.iter().any(|word| ["view", "list", "diff", "checks", "status", "watch"].contains(word)) => {
            Activity::Explore
        }
        _ => Activity::Other,
    }
}

/// Programs that look and change nothing.
const READERS: [&str; 59] = [
    "ls",
    "cat",
    "bat",
    "head",
    "tail",
    "less",
    "more",
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "ag",
    "ack",
    "find",
    "fd",
    "tree",
    "wc",
    "sed",
    "perl",
    "awk",
    "gawk",
    "sort",
    "uniq",
    "cut",
    "tr",
    "nl",
    "file",
    "stat",
    "du",
    "df",
    "jq",
    "yq",
    "which",
    "type",
    "whereis",
    "pwd",
    "diff",
    "cmp",
    "comm",
    "strings",
    "column",
    "basename",
    "dirname",
    "realpath",
    "readlink",
    "date",
    "uname",
    "printenv",
    "ps",
    "curl",
    "od",
    "xxd",
    "hexdump",
    "md5sum",
    "sha256sum",
    "cloc",
    "tokei",
    "man",
    "id",
];

/// Programs that check.
const CHECKERS: [&str; 34] = [
    "pytest",
    "jest",
    "vitest",
    "mocha",
    "tox",
    "nox",
    "eslint",
    "prettier",
    "tsc",
    "ruff",
    "mypy",
    "pyright",
    "black",
    "flake8",
    "pylint",
    "golangci-lint",
    "gofmt",
    "rustfmt",
    "ctest",
    "phpunit",
    "rspec",
    "rubocop",
    "shellcheck",
    "swiftlint",
    "biome",
    "clippy-driver",
    "staticcheck",
    "gotestsum",
    "playwright",
    "cypress",
    "pre-commit",
    "ninja",
    "gcc",
    "rustc",
];

/// Programs that run a named job.
const JOB_RUNNERS: [&str; 22] = [
    "cargo", "go", "npm", "pnpm", "yarn", "bun", "deno", "make", "just", "mise", "task", "gradle", "gradlew", "mvn",
    "mvnw", "dotnet", "swift", "bazel", "mix", "rake", "cmake", "turbo",
];

/// Jobs that check.
const JOBS: [&str; 16] = [
    "test",
    "tests",
    "t",
    "check",
    "build",
    "lint",
    "clippy",
    "fmt",
    "format",
    "vet",
    "typecheck",
    "verify",
    "nextest",
    "bench",
    "ci",
    "compile",
];

fn checks(program: &str, first: &str, rest: &[&str]) -> bool {
    let is_job = |word: &str| word.split([':', '-', '.', '_']).any(|part| JOBS.contains(&part));
    match program {
        "go" | "cargo" => is_job(first) || first == "run",
        "make" if first.is_empty() => true,
        _ if JOB_RUNNERS.contains(&program) => rest.iter().take(3).any(|word| !word.starts_with('-') && is_job(word)),
        "node" => rest.contains(&"--test"),
        "python" | "python3" => {
            let module = rest.iter().skip_while(|word| **word != "-m").nth(1);
            module.is_some_and(|module| CHECKERS.contains(module) || ["unittest", "compileall"].contains(module))
        }
        _ => CHECKERS.contains(&program),
    }
}
