//! Commands that a project (`.agent/commands/*.md`) or a user (`commands/*.md` in the configuration folder) brings along: the file's text
//! is what is said to the team.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::registry;
use crate::commands::count;
use crate::config::Context;
use crate::config::files;
use crate::config::trust::{Trust, Verdict};
use crate::text;

/// Most commands of one folder.
const MOST: usize = 100;
/// Longest text of one, in bytes.
const LONGEST: u64 = 64 * 1024;
/// Longest name, in characters.
const LONGEST_NAME: usize = 40;
/// Longest description, in characters.
const LONGEST_ABOUT: usize = 100;

/// A command of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnCommand {
    pub(super) name: String,
    pub(super) about: String,
    /// What may follow it, as its file says.
    pub(super) takes: String,
    text: String,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    commands: BTreeMap<String, OwnCommand>,
    listed: Vec<OwnCommand>,
    /// What a person should know of them.
    pub(super) remarks: Vec<String>,
}

/// What a folder has, before anything of it is used.
#[derive(Debug)]
pub(super) struct Found {
    folder: PathBuf,
    texts: Vec<(String, String)>,
    remarks: Vec<String>,
}

impl Found {
    /// Reads a project's commands.
    pub(super) fn of_project(root: &Path) -> Self {
        let folder = root.join(".agent").join("commands");
        // A link could lead to anything the user can read, and what is read here is sent to a provider.
        match folder.canonicalize() {
            Ok(real) if real.starts_with(root) => Self::read(folder),
            Ok(_) => {
                let remarks = vec![left_out(&format!("{}: it leads out of this workspace", folder.display()))];
                Self { folder, texts: Vec::new(), remarks }
            }
            Err(_) => Self { folder, texts: Vec::new(), remarks: Vec::new() },
        }
    }

    fn read(folder: PathBuf) -> Self {
        let mut remarks = Vec::new();
        let texts = files::markdown_in(&folder, MOST, LONGEST, &mut |told| remarks.push(left_out(&told)));
        Self { folder, texts, remarks }
    }

    /// Whether they may be used: by their content.
    pub(super) fn verdict(&self, trust: &Trust, root: &Path) -> Verdict {
        trust.check_commands(root, &self.texts)
    }

    /// Trusts them as they were read.
    pub(super) fn trust(&self, trust: &mut Trust, root: &Path) -> anyhow::Result<()> {
        if self.texts.is_empty() { Ok(()) } else { trust.add_commands(root, &self.texts) }
    }

    /// `/deploy, /ship`. What a file is called that is no command is for its author to choose: such files are counted.
    pub(super) fn names(&self) -> String {
        let (usable, others): (Vec<_>, Vec<_>) = self.texts.iter().partition(|(name, _)| unusable(name).is_none());
        let mut names: Vec<String> = usable.iter().map(|(name, _)| format!("/{name}")).collect();
        if !others.is_empty() {
            names.push(format!("{} whose name is no command's", count(others.len() as u64, "file")));
        }
        names.join(", ")
    }
}

impl Own {
    /// Those of the user, and those of the project where they are given: the project's win.
    pub(super) fn load(context: &Context, project: Option<Found>) -> Self {
        let users = Found::read(context.home.config.join("commands"));
        let mut own = Self::default();
        own.add(users);
        project.into_iter().for_each(|project| own.add(project));
        own.listed = own.commands.values().cloned().collect();
        own
    }

    /// Of these texts.
    #[cfg(test)]
    pub(super) fn of(users: &[(&str, &str)], project: &[(&str, &str)]) -> Self {
        let found = |folder: &str, texts: &[(&str, &str)]| Found {
            folder: PathBuf::from(folder),
            texts: texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
            remarks: Vec::new(),
        };
        let mut own = Self::default();
        own.add(found("config/commands", users));
        own.add(found(".agent/commands", project));
        own.listed = own.commands.values().cloned().collect();
        own
    }

    fn add(&mut self, found: Found) {
        self.remarks.extend(found.remarks);
        for (name, text) in found.texts {
            let file = found.folder.join(format!("{name}.md"));
            if let Some(why) = unusable(&name) {
                self.remarks.push(left_out(&format!("{}: {why}", file.display())));
                continue;
            }
            match read(&name, &text) {
                Ok(command) => {
                    if self.commands.insert(name.clone(), command).is_some() {
                        self.remarks.push(format!("/{name} is this project's ({}); yours is left out", file.display()));
                    }
                }
                Err(why) => self.remarks.push(left_out(&format!("{}: {why}", file.display()))),
            }
        }
    }

    /// All, by name.
    pub(super) fn all(&self) -> &[OwnCommand] {
        &self.listed
    }

    /// What a command says with these words behind it.
    pub(super) fn prompt(&self, name: &str, words: &str) -> Option<String> {
        self.commands.get(name).map(|command| fill(&command.text, words))
    }
}

/// What is left out and why, on one line: names of files could otherwise say what they like.
fn left_out(what: &str) -> String {
    format!("left out: {}", text::one_line(what))
}

/// Why a name cannot be used.
fn unusable(name: &str) -> Option<String> {
    if registry::find(name).is_some() {
        return Some(format!("/{name} is built in; give the file another name"));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let usable = name.chars().count() <= LONGEST_NAME && name.chars().all(plain) && !name.starts_with(['-', '_']);
    (!usable).then(|| format!("a command's name is 1 to {LONGEST_NAME} small letters, digits, `-` and `_`"))
}

/// Takes a file apart: front matter, if there is any, and the text.
fn read(name: &str, text: &str) -> Result<OwnCommand, String> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (front, text) = match text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) {
        Some((front, text)) => {
            let front: BTreeMap<String, serde_yaml::Value> = serde_yaml::from_str(front)
                .map_err(|error| format!("what stands between the `---` lines is no YAML: {error}"))?;
            (front, text.trim())
        }
        None => (BTreeMap::new(), text.trim()),
    };
    if text.is_empty() {
        return Err("it says nothing".to_owned());
    }
    let of_front = |key: &str| front.get(key).and_then(serde_yaml::Value::as_str).map(one_line);
    let heading = text.lines().next().and_then(|line| line.strip_prefix('#')).map(|line| line.trim_start_matches('#'));
    let about = of_front("description").or_else(|| heading.map(one_line)).filter(|about| !about.is_empty());
    let takes = of_front("argument-hint").unwrap_or_else(|| {
        if text.contains("$ARGUMENTS") || (1..=9).any(|n| text.contains(&format!("${n}"))) { "[words]" } else { "" }
            .to_owned()
    });
    Ok(OwnCommand {
        name: name.to_owned(),
        about: about.unwrap_or_else(|| "your own".to_owned()),
        takes,
        text: text.to_owned(),
    })
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_ABOUT).collect()
}

/// The text with the words in their places: `$ARGUMENTS` is all of them, `$1` to `$9` one each. Words for which there is no place follow
/// the text, so that none is lost.
fn fill(text: &str, words: &str) -> String {
    let words = words.trim();
    let single = split(words);
    let (mut filled, mut rest, mut placed) = (String::new(), text, false);
    while let Some((before, behind)) = rest.split_once('$') {
        filled.push_str(before);
        let digits = behind.chars().take_while(char::is_ascii_digit).count();
        let number = behind.get(..digits).and_then(|number| number.parse::<usize>().ok());
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let all = behind.strip_prefix("ARGUMENTS").filter(|after| !after.starts_with(is_name));
        match (all, number) {
            (Some(after), _) => {
                filled.push_str(words);
                (rest, placed) = (after, true);
            }
            (None, Some(number @ 1..=9)) if digits == 1 => {
                filled.push_str(single.get(number - 1).map_or("", String::as_str));
                (rest, placed) = (&behind[1..], true);
            }
            _ => {
                filled.push('$');
                rest = behind;
            }
        }
    }
    filled.push_str(rest);
    if !placed && !words.is_empty() {
        filled.push_str(&format!("\n\n{words}"));
    }
    filled
}

/// Words between blanks; what stands in double quotes is one.
fn split(words: &str) -> Vec<String> {
    let (mut found, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for c in words.chars() {
        match c {
            '"' => (quoted, begun) = (!quoted, true),
            c if c.is_whitespace() && !quoted => {
                if begun {
                    found.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    found.extend(begun.then_some(word));
    found
}

#[cfg(test)]
#[path = "own_tests.rs"]
mod tests;
