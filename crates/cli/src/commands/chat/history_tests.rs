#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::args::Common;

fn context(state: &std::path::Path, variables: &[(&str, &str)]) -> Context {
    let context = Context::new(&Common::default()).unwrap();
    let own = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Context { environment: crate::config::home::Environment::of(own), ..context.in_folder(&context.root, state) }
}

#[test]
fn what_was_typed_is_there_in_the_next_chat_and_nobody_else_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let context = context(&state, &[]);
    let (mut history, before) = History::open(&context);
    assert_eq!(before, Vec::<String>::new());
    ["one", "two\nlines", "two\nlines", " ", "!ls"].into_iter().for_each(|typed| history.add(typed));
    assert_eq!(History::open(&context).1, ["one", "two\nlines", "!ls"]);
    let mode = std::fs::metadata(state.join("history")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn sec_41_no_secret_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), &[]);
    let key = ["sk-", "a1B2c3D4e5F6g7H8i9J0k1L2"].concat();
    History::open(&context).0.add(&format!("use {key} for it"));
    let kept = std::fs::read_to_string(folder.path().join("history")).unwrap();
    assert!(kept.contains("use ") && !kept.contains(&key), "{kept}");
}

#[test]
fn it_can_be_switched_off_and_does_not_grow_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let off = context(folder.path(), &[("AGENT_HISTORY", "off")]);
    History::open(&off).0.add("one");
    assert!(!folder.path().join("history").exists());
    let lines: String = (0..2 * MOST + 1).map(|n| format!("\"{n}\"\n")).collect();
    std::fs::write(folder.path().join("history"), lines + "no json\n").unwrap();
    let on = context(folder.path(), &[]);
    let (_, kept) = History::open(&on);
    assert_eq!((kept.len(), kept.last().unwrap().as_str()), (MOST, "2000"));
    assert_eq!(std::fs::read_to_string(folder.path().join("history")).unwrap().lines().count(), MOST);
}

#[test]
fn a_prompt_is_a_prompt_again_when_it_is_recalled() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), &[]);
    let (mut history, _) = History::open(&context);
    ["!important", "/help is a word", "/usr/bin is missing", "plain"]
        .into_iter()
        .for_each(|text| history.add_prompt(text));
    let kept = [" !important", "//help is a word", "/usr/bin is missing", "plain"];
    assert_eq!(History::open(&context).1, kept);
}

#[test]
fn a_long_history_is_cut_from_its_beginning_and_what_is_typed_then_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (context, file) = (context(folder.path(), &[]), folder.path().join("history"));
    // More than four megabytes in fewer entries than are kept.
    let lines: String = (0..MOST / 2).map(|n| format!("\"{n} {}\"\n", "ä".repeat(5_000))).collect();
    assert!(lines.len() > 4 * 1024 * 1024);
    std::fs::write(&file, lines).unwrap();
    let (mut history, kept) = History::open(&context);
    assert!(kept.last().unwrap().starts_with("499 ") && kept.len() > 50, "{}", kept.len());
    assert!(std::fs::metadata(&file).unwrap().len() <= MOST_BYTES);
    history.add("the newest");
    let (_, again) = History::open(&context);
    assert_eq!((again.len(), again.last().unwrap().as_str()), (kept.len() + 1, "the newest"));
}
