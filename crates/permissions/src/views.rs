//! A command as rules see it: by its own words, by the plain name of its program, and by what it runs in turn (`env`, `sudo`,
//! `xargs`, `bash -c`, …). For rules that ask or deny; nothing is ever allowed by what a wrapper runs.

use std::collections::BTreeSet;

use crate::commands::runs_no_word;
use crate::shell::{self, Simple, Word};

/// A word of a view.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// As the program gets it; none where that is only known when it runs.
    pub(crate) value: Option<String>,
    /// As written.
    pub(crate) raw: String,
}

impl From<&Word> for Token {
    fn from(word: &Word) -> Self {
        Self { value: word.value.clone(), raw: word.raw.clone() }
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self { value: Some(text.to_owned()), raw: text.to_owned() }
    }
}

/// The views of a command.
#[derive(Debug, Default)]
pub(crate) struct Views {
    /// Each as words; the first is the command's own.
    pub(crate) all: Vec<Vec<Token>>,
    /// Something runs that cannot be told.
    pub(crate) opaque: bool,
    /// Words behind programs of which nothing is known: each may be the name of one that they run.
    pub(crate) loose: BTreeSet<String>,
    /// A wrapper is among them.
    pub(crate) wraps: bool,
    /// Words looked at so far.
    effort: usize,
}

/// A command that runs another: its name, letters and long options that take a value, and how many words stand before the
/// command that it runs.
struct Wrapper(&'static str, &'static str, &'static str, usize);

const WRAPPERS: &[Wrapper] = &[
    Wrapper("env", "uC", "--unset --chdir", 0),
    Wrapper("command", "", "", 0),
    Wrapper("builtin", "", "", 0),
    Wrapper("exec", "a", "", 0),
    Wrapper("nohup", "", "", 0),
    Wrapper("setsid", "", "", 0),
    Wrapper("coproc", "", "", 0),
    Wrapper("noglob", "", "", 0),
    Wrapper("nocorrect", "", "", 0),
    Wrapper("time", "fo", "--format --output", 0),
    Wrapper("nice", "n", "--adjustment", 0),
    Wrapper("ionice", "cn", "--class --classdata", 0),
    Wrapper("chrt", "", "", 1),
    Wrapper("taskset", "", "", 1),
    Wrapper("timeout", "ks", "--kill-after --signal", 1),
    Wrapper("stdbuf", "ioe", "--input --output --error", 0),
    Wrapper("xargs", "adEeILnPs", "--arg-file --delimiter --max-args --max-procs --max-lines --replace --max-chars", 0),
    Wrapper("parallel", "jaI", "--jobs --arg-file", 0),
    Wrapper("sudo", "ugpCThDR", "--user --group --prompt --chdir --chroot --host --close-from", 0),
    Wrapper("doas", "uC", "", 0),
    Wrapper("pkexec", "", "--user", 0),
    Wrapper("busybox", "", "", 0),
    Wrapper("toybox", "", "", 0),
    Wrapper("chroot", "", "", 1),
    Wrapper("flock", "wE", "--wait --timeout", 1),
    Wrapper("unshare", "", "", 0),
    Wrapper("nsenter", "t", "--target", 0),
    Wrapper("strace", "oePpsEuS", "--output --trace", 0),
    Wrapper("ltrace", "oenpsu", "", 0),
    Wrapper("gdb", "", "", 0),
    Wrapper("watch", "n", "--interval", 0),
    Wrapper("entr", "", "", 0),
    Wrapper("catchsegv", "", "", 0),
    Wrapper("systemd-run", "pu", "--unit --property", 0),
    Wrapper("bwrap", "", "", 0),
    Wrapper("firejail", "", "", 0),
    Wrapper("proot", "", "", 0),
    Wrapper("fakeroot", "", "", 0),
    Wrapper("ssh-agent", "", "", 0),
    Wrapper("dbus-run-session", "", "", 0),
];

const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish"];

/// Wrappers within wrappers, at most; what lies deeper cannot be told.
const DEEPEST: usize = 8;
/// Words of all views together, at most, so that no line takes long. The command's own words do not count.
const MOST: usize = 4_000;

pub(crate) fn views(simple: &Simple) -> Views {
    let mut views = Views::default();
    let words: Vec<Token> = simple.words.iter().map(Token::from).collect();
    add(words, 0, &mut views);
    views
}

fn add(words: Vec<Token>, depth: usize, views: &mut Views) {
    let Some(first) = words.first() else { return };
    let Some(name) = first.value.clone() else {
        views.opaque = true;
        views.all.push(words);
        return;
    };
    if depth > 0 {
        views.effort += words.len();
    }
    if depth > DEEPEST || views.effort > MOST {
        views.opaque = true;
        return;
    }
    let plain = name.rsplit('/').next().unwrap_or(&name).to_owned();
    views.all.push(words.clone());
    if plain != name {
        let mut named = words.clone();
        named[0] = Token::from(plain.as_str());
        views.all.push(named);
    }
    let rest = &words[1..];
    inner(&plain, rest, depth, views);
}

fn inner(name: &str, rest: &[Token], depth: usize, views: &mut Views) {
    if SHELLS.contains(&name) || name == "su" || name == "script" {
        views.wraps = true;
        return shell_text(name, rest, depth, views);
    }
    match name {
        "eval" | "trap" => {
            views.wraps = true;
            let line: Option<Vec<&str>> = match name {
                "eval" => rest.iter().map(|word| word.value.as_deref()).collect(),
                _ => rest.first().map(|word| word.value.as_deref().into_iter().collect()),
            };
            match line {
                Some(words) => text(&words.join(" "), depth, views),
                None => views.opaque = true,
            }
        }
        // What stands in the file, only reading it tells.
        "." | "source" => views.opaque = true,
        "find" => find(rest, depth, views),
        "fd" | "fdfind" => after(rest, &["-x", "-X", "--exec", "--exec-batch"], depth, views),
        "env" if split_string(rest).is_some() => {
            views.wraps = true;
            match split_string(rest).flatten() {
                Some(line) => text(&line, depth, views),
                None => views.opaque = true,
            }
        }
        _ => {
            if let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.0 == name) {
                views.wraps = true;
                wrapped(wrapper, rest, depth, views);
            } else {
                let values: Vec<&str> = rest.iter().filter_map(|word| word.value.as_deref()).collect();
                if !runs_no_word(name, &values) {
                    let named =
                        |value: &&str| [(*value).to_owned(), value.rsplit('/').next().unwrap_or(value).to_owned()];
                    views.loose.extend(values.iter().flat_map(named));
                }
            }
        }
    }
}

/// `env -S 'line'`.
fn split_string(rest: &[Token]) -> Option<Option<String>> {
    let at = rest.iter().position(|word| {
        word.value.as_deref().is_some_and(|value| value.starts_with("-S") || value.starts_with("--split-string"))
    })?;
    let value = rest[at].value.as_deref().unwrap_or_default();
    let attached = value.strip_prefix("--split-string=").or_else(|| value.strip_prefix("-S")).unwrap_or_default();
    let next = || rest.get(at + 1).and_then(|word| word.value.clone());
    Some(if attached.is_empty() || attached == value { next() } else { Some(attached.to_owned()) })
}

/// Behind a wrapper's options, assignments and own words stands the command.
fn wrapped(Wrapper(_, letters, longs, skip): &Wrapper, rest: &[Token], depth: usize, views: &mut Views) {
    let mut at = 0;
    let mut skip = *skip;
    while let Some(word) = rest.get(at) {
        let Some(value) = word.value.as_deref() else {
            views.opaque = true;
            return every_suffix(rest, at, depth, views);
        };
        at += 1;
        if value == "--" {
            break;
        }
        if let Some(option) = value.strip_prefix('-').filter(|option| !option.is_empty()) {
            let long = value.starts_with("--") && longs.split(' ').any(|known| known == value);
            let short = !value.starts_with("--") && option.len() == 1 && letters.contains(option);
            at += usize::from(long || short);
            continue;
        }
        let assignment = value
            .split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        if assignment {
            continue;
        }
        if skip > 0 {
            skip -= 1;
            continue;
        }
        at -= 1;
        break;
    }
    for _ in 0..skip {
        at += usize::from(at < rest.len());
    }
    add(rest[at.min(rest.len())..].to_vec(), depth + 1, views);
    // A wrapper whose options are not all known: the command may begin at any of the words.
    if rest[..at.min(rest.len())].iter().any(|word| word.value.as_deref().is_some_and(|value| value.starts_with('-'))) {
        every_suffix(rest, 0, depth, views);
    }
}

/// Every rest of the words as a command of its own, as far as its name can be one.
fn every_suffix(rest: &[Token], from: usize, depth: usize, views: &mut Views) {
    for at in from..rest.len().min(from + 16) {
        let named = rest[at].value.as_deref().is_some_and(|value| !value.starts_with('-') && !value.is_empty());
        if named && views.effort <= MOST {
            add(rest[at..].to_vec(), depth + 2, views);
        }
    }
}

/// `bash -c 'line'`, also `bash -ec`, `su -c`, `script -qc`.
fn shell_text(name: &str, rest: &[Token], depth: usize, views: &mut Views) {
    let at = rest.iter().position(|word| {
        word.value.as_deref().is_some_and(|value| {
            value == "--command" || (value.starts_with('-') && !value.starts_with("--") && value.contains('c'))
        })
    });
    let Some(at) = at else {
        views.opaque = name != "script" || !rest.is_empty();
        return;
    };
    match rest[at + 1..].iter().find(|word| word.value.as_deref().is_none_or(|value| !value.starts_with('-'))) {
        Some(Token { value: Some(line), .. }) => text(line, depth, views),
        _ => views.opaque = true,
    }
}

/// A line within a line.
fn text(line: &str, depth: usize, views: &mut Views) {
    if depth > 3 || shell::unfit(line).is_some() {
        views.opaque = true;
        return;
    }
    views.effort += line.len() / 4;
    if views.effort > MOST {
        views.opaque = true;
        return;
    }
    let reading = shell::read(line);
    views.opaque |= !reading.doubts.is_empty();
    for simple in &reading.simples {
        add(simple.words.iter().map(Token::from).collect(), depth + 1, views);
    }
}

/// `find … -exec command ;` runs, and `find … -delete` removes as `rm -r` does.
fn find(rest: &[Token], depth: usize, views: &mut Views) {
    after(rest, &["-exec", "-execdir", "-ok", "-okdir"], depth, views);
    if rest.iter().any(|word| word.value.as_deref() == Some("-delete")) {
        let folders = rest.iter().take_while(|word| word.value.as_deref().is_none_or(|value| !value.starts_with('-')));
        let mut words = vec![Token::from("rm"), Token::from("-r")];
        words.extend(folders.cloned());
        // Under a condition only a part is removed: then the folders themselves are not what is at stake.
        let conditions =
            ["-name", "-iname", "-path", "-ipath", "-type", "-regex", "-mtime", "-size", "-empty", "-newer"];
        if rest.iter().any(|word| word.value.as_deref().is_some_and(|value| conditions.contains(&value))) {
            words.truncate(2);
        }
        views.all.push(words);
    }
}

fn after(rest: &[Token], options: &[&str], depth: usize, views: &mut Views) {
    for (at, word) in rest.iter().enumerate() {
        if views.effort > MOST {
            views.opaque = true;
            return;
        }
        if word.value.as_deref().is_some_and(|value| options.contains(&value)) {
            views.wraps = true;
            let inner = rest[at + 1..].iter().take_while(|word| !matches!(word.value.as_deref(), Some(";" | "+")));
            add(inner.cloned().collect(), depth + 1, views);
        }
    }
}
