#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{Files, Walk};

fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    folder
}

/// Waits for the look that is under way.
fn list(walk: &Walk) -> Vec<String> {
    for _ in 0..1_000 {
        if !walk.walking() {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    walk.list().to_vec()
}

#[test]
fn files_and_folders_are_listed_but_for_ignored_and_hidden_ones() {
    let folder = folder(&["b.rs", "a b/c.png", "target/x.o", "secret.txt", ".env", ".git/config", "a b/deep/d.rs"]);
    fs::write(folder.path().join(".gitignore"), "target/\n").unwrap();
    fs::write(folder.path().join(".ignore"), "secret.txt\n").unwrap();
    let walk = Walk::new(folder.path());
    assert!(walk.list().is_empty(), "nothing is looked up before it is asked for");
    walk.refresh(0);
    assert_eq!(list(&walk), ["a b/", "a b/c.png", "a b/deep/", "a b/deep/d.rs", "b.rs"]);
}

#[test]
fn a_list_is_made_anew_when_it_is_some_seconds_old() {
    let folder = folder(&["a"]);
    let walk = Walk::new(folder.path());
    walk.refresh(1_000);
    assert_eq!(list(&walk), ["a"]);
    fs::write(folder.path().join("b"), "").unwrap();
    walk.refresh(5_999);
    assert_eq!(list(&walk), ["a"]);
    let same = walk.list();
    walk.refresh(6_000);
    assert_eq!(list(&walk), ["a", "b"]);
    walk.refresh(20_000);
    assert_eq!(list(&walk), ["a", "b"]);
    assert_eq!(*same, ["a".to_owned()], "who holds a list keeps it");
}

#[test]
fn names_that_would_act_on_a_terminal_are_left_out() {
    let folder = folder(&["plain", "esc\u{1b}[31m", "line\nbreak", "quo\"te"]);
    let walk = Walk::new(folder.path());
    walk.refresh(0);
    assert_eq!(list(&walk), ["plain"]);
}

#[test]
fn a_file_is_named_from_the_workspace_and_others_whole() {
    let (inside, outside) = (folder(&["a b/c.png", "x.png"]), folder(&["y.png"]));
    let walk = Walk::new(inside.path());
    assert_eq!(walk.name(Path::new("x.png")).unwrap(), "x.png");
    assert_eq!(walk.name(&inside.path().join("a b/c.png")).unwrap(), "a b/c.png");
    let other = outside.path().join("y.png");
    assert_eq!(walk.name(&other).unwrap(), other.to_str().unwrap());
    assert_eq!(walk.name(Path::new("a b")), None, "a folder is no file");
    assert_eq!(walk.name(Path::new("gone.png")), None);
}

#[test]
fn a_disk_that_does_not_answer_holds_nobody_up_for_long_and_is_asked_once() {
    let folder = folder(&["x.png", ".hidden.png"]);
    let walk = Walk::new(folder.path());
    walk.refresh(0);
    assert_eq!(list(&walk), ["x.png"]);
    let (answers, waits) = std::sync::mpsc::channel::<()>();
    assert!(!walk.ask(move || waits.recv().is_err()), "no answer in time is a no");
    assert_eq!(walk.name(Path::new(".hidden.png")), None, "nobody else waits for it");
    assert_eq!(walk.name(Path::new("x.png")).unwrap(), "x.png", "what is listed needs no disk");
    drop(answers);
    let named = (0..1_000).find_map(|_| {
        std::thread::park_timeout(Duration::from_millis(5));
        walk.name(Path::new(".hidden.png"))
    });
    assert_eq!(named.unwrap(), ".hidden.png", "it answers again");
}

#[test]
fn a_folder_that_is_not_there_has_no_files() {
    let walk = Walk::new("/nowhere/at/all");
    walk.refresh(0);
    assert!(list(&walk).is_empty());
}
