//! Which kind of step a shell command line is. It is read word by word and never run; what a quoted text or a here-document holds
//! counts for nothing.

use super::step::{StepKind, is_context};

/// The weightiest kind among a line's commands: a test after a search is a check.
pub(super) fn kind(line: &str, edited: bool) -> StepKind {
    commands(line)
        .iter()
        .filter_map(|command| of_command(command, edited))
        .max_by_key(|kind| weight(*kind))
        .unwrap_or(StepKind::Other)
}

fn weight(kind: StepKind) -> u8 {
    match kind {
        StepKind::Check => 9,
        StepKind::Reproduce => 8,
        StepKind::ScriptEdit => 7,
        StepKind::Housekeeping => 6,
        StepKind::Git => 5,
        StepKind::ReadPart | StepKind::ReadWhole | StepKind::ReadContext => 4,
        StepKind::Search => 3,
        StepKind::List => 2,
        _ => 1,
    }
}

/// The words of each command, without what only comes behind a pipe: that works on what the first one shows. A redirection into a
/// file stands as the word `>`.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let (mut word, mut quote, mut piped) = (String::new(), None, false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(open) = quote {
            if c == open {
                quote = None;
            } else {
                word.push(c);
            }
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            '\\' => word.extend(chars.next()),
            '<' if chars.peek() == Some(&'<') => {
                // The rest is a here-document; a redirection before its first line end still counts.
                let first: String = chars.by_ref().take_while(|c| *c != '\n').collect();
                if first.contains('>') {
                    word.push('>');
                }
                break;
            }
            // `2>&1`, `2>/dev/null`: no file of the work.
            '>' if matches!(word.as_str(), "2" | "1") => {
                word.clear();
                while chars.next_if(|c| !c.is_whitespace() && !matches!(c, ';' | '|')).is_some() {}
            }
            '>' => {
                end_word(&mut all, &mut word, piped);
                word.push('>');
                end_word(&mut all, &mut word, piped);
            }
            '|' if chars.peek() != Some(&'|') => {
                end_word(&mut all, &mut word, piped);
                piped = true;
            }
            ';' | '\n' | '|' | '&' | '(' | ')' => {
                end_word(&mut all, &mut word, piped);
                piped = false;
                all.push(Vec::new());
            }
            c if c.is_whitespace() => end_word(&mut all, &mut word, piped),
            c => word.push(c),
        }
    }
    end_word(&mut all, &mut word, piped);
    all
}

fn end_word(all: &mut [Vec<String>], word: &mut String, piped: bool) {
    let word = std::mem::take(word);
    if let Some(last) = all.last_mut().filter(|_| !piped && !word.is_empty()) {
        last.push(word);
    }
}

/// None for what only prepares: `cd`, `export`, an assignment.
fn of_command(words: &[String], edited: bool) -> Option<StepKind> {
    let mut words = words.iter().map(String::as_str).skip_while(|word| {
        let assigns =
            word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
        assigns || matches!(*word, "sudo" | "env" | "time" | "nice" | "timeout") || word.parse::<f64>().is_ok()
    });
    let program = words.next()?.rsplit('/').next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let has = |wanted: &str| rest.contains(&wanted);
    let writes = rest.iter().position(|word| *word == ">").is_some_and(|at| rest.get(at + 1) != Some(&"/dev/null"));
    let script = if edited { StepKind::Check } else { StepKind::Reproduce };
    Some(match program {
        "cd" | "export" | "set" | "source" | "true" => return None,
        "echo" | "printf" | "cat" | "tee" if writes => StepKind::ScriptEdit,
        "tee" | "patch" | "apply_patch" => StepKind::ScriptEdit,
        "sed" | "perl" if rest.iter().any(|word| word.starts_with("-i")) => StepKind::ScriptEdit,
        "cat" | "bat" | "nl" | "less" if rest.last().is_some_and(|path| is_context(path)) => StepKind::ReadContext,
        "cat" | "bat" | "nl" | "less" => StepKind::ReadWhole,
        "sed" | "head" | "tail" | "awk" => StepKind::ReadPart,
        "grep" | "rg" | "ag" | "fd" | "find" | "locate" => StepKind::Search,
        "ls" | "tree" | "stat" | "wc" | "du" | "file" | "pwd" | "which" => StepKind::List,
        "git" if has("grep") => StepKind::Search,
        "git" => StepKind::Git,
        "rm" | "mkdir" | "mv" | "cp" | "touch" | "chmod" | "kill" => StepKind::Housekeeping,
        "pip" | "pip3" | "apt" | "apt-get" | "brew" => StepKind::Housekeeping,
        "npm" | "yarn" | "pnpm" | "cargo" | "go" if has("install") || has("add") || has("get") => {
            StepKind::Housekeeping
        }
        "pytest" | "tox" | "jest" | "mocha" | "vitest" | "ruff" | "mypy" | "eslint" | "tsc" | "make" | "npm"
        | "npx" | "yarn" | "pnpm" | "cargo" | "mvn" | "gradle" | "dotnet" | "rspec" | "phpunit" | "ctest" => {
            StepKind::Check
        }
        "go" if has("run") => script,
        "go" => StepKind::Check,
        "python" | "python3" if rest.iter().any(|word| matches!(*word, "pytest" | "unittest" | "py_compile")) => {
            StepKind::Check
        }
        "python" | "python3" | "node" | "ruby" | "php" | "bash" | "sh" | "deno" | "bun" => script,
        _ => StepKind::Other,
    })
}
