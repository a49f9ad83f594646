//! What is known of single commands.

mod builders;
mod find;
mod git;
mod options;
mod paths;
mod readers;
mod scripts;
mod small;

pub(crate) use paths::{Folders, normal};
pub(crate) use readers::is_docile;

use crate::ground::{Ground, Profile};
use crate::verdict::Kind;

/// What a command may do, by the tables; else why it is asked for. The words are as the program gets them.
pub(crate) fn known(words: &[&str], folders: &mut Folders<'_>, ground: &Ground<'_>) -> Result<Kind, String> {
    let Some((name, rest)) = words.split_first() else { return Err("a command without a name".to_owned()) };
    let session = ground.profile == Profile::Session;
    if session && builders::builds(words) {
        return Ok(Kind::Listed);
    }
    let reads = match *name {
        "cd" => cd(rest, folders),
        "echo" => Ok(()),
        "git" => git::reads(rest, folders, ground.profile, ground.git_status_reads),
        "find" => find::reads(rest, folders),
        "sed" => scripts::sed(rest, folders),
        "awk" | "gawk" | "mawk" => scripts::awk(rest, folders),
        "test" => small::test(rest, folders),
        "[" => match rest.split_last() {
            Some((&"]", rest)) => small::test(rest, folders),
            _ => Err("`[` without `]`".to_owned()),
        },
        "printf" => small::printf(rest),
        "set" => small::set(rest),
        "exit" => small::brief_number("exit", rest, 3),
        "sleep" => small::brief_number("sleep", rest, 2),
        "command" => match rest {
            ["-v" | "-V", names @ ..] if names.iter().all(|name| !name.starts_with('-')) => Ok(()),
            _ => Err("`command` runs another command".to_owned()),
        },
        _ => match readers::reads(words, folders) {
            Some(answer) => answer,
            None if !session && builders::builds(words) => {
                Err(format!("`{}` runs code of the repository", words.join(" ")))
            }
            None => Err(format!("`{name}` is not on the list of commands that run without asking")),
        },
    };
    reads.map(|()| Kind::Reads)
}

/// Commands that take names, texts and files, and run none of them. Besides those that read.
const TAKE_WORDS: &[&str] = &[
    "cd", "echo", "sed", "awk", "gawk", "mawk", "test", "[", "printf", "set", "exit", "sleep", "rm", "rmdir", "cp",
    "mv", "ln", "mkdir", "touch", "chmod", "chown", "chgrp", "tee", "kill", "export", "unset", "man", "shred",
    "unlink",
];

/// Whether it is known that a command runs none of its words as a program.
pub(crate) fn runs_no_word(name: &str, rest: &[&str]) -> bool {
    if name == "git" {
        return !rest.iter().any(|word| matches!(*word, "bisect" | "foreach"));
    }
    let words: Vec<&str> = std::iter::once(name).chain(rest.iter().copied()).collect();
    TAKE_WORDS.contains(&name) || readers::is_reader(name) || builders::builds(&words)
}

/// `cd FOLDER`, inside of the workspace.
fn cd(rest: &[&str], folders: &mut Folders<'_>) -> Result<(), String> {
    match rest {
        [folder] if !folder.starts_with('-') && !folder.is_empty() => match folders.enter(folder) {
            true => Ok(()),
            false => Err(format!("`cd {folder}` leaves the workspace")),
        },
        _ => {
            folders.enter("~");
            Err("`cd` without a folder, or with options, may leave the workspace".to_owned())
        }
    }
}
