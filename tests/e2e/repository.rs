//! What a repository shows before a task begins, seen through `agent route`: a repository may be hostile, broken, or inside another.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Desk, Ended};

const TASK: &str = "Add a docstring to the parser.";

fn route(desk: &Desk, more: &[&str]) -> (Value, Ended) {
    let ended = desk.agent(&[&["route", TASK, "--json"], more].concat()).exits(0);
    (ended.json(), ended)
}

/// The page's lane and its reasons in a line.
fn decided(page: &Value) -> (String, String) {
    (page["selected_lane"].as_str().unwrap().to_owned(), page["reasons"].to_string())
}

#[track_caller]
fn is_unreadable(desk: &Desk, more: &[&str]) -> Ended {
    let (page, ended) = route(desk, more);
    let (lane, reasons) = decided(&page);
    assert_eq!(lane, "strong", "{page}");
    assert!(reasons.contains("path:unreadable"), "{reasons}");
    ended
}

/// A repository with one commit at a place in the desk's.
fn repository_at(desk: &Desk, folder: &str, files: &[&str]) {
    files.iter().for_each(|file| desk.file(&format!("{folder}/{file}"), "1\n"));
    desk.git(&["-C", folder, "init", "--quiet", "-b", "work"]);
    desk.git(&["-C", folder, "add", "."]);
    commit(desk, folder);
}

fn commit(desk: &Desk, folder: &str) {
    let named = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    desk.git(&[&["-C", folder], &named[..], &["commit", "--quiet", "-m", "more"]].concat());
}

/// A repository that is part of the desk's.
fn part(desk: &Desk, folder: &str) {
    repository_at(desk, folder, &["lib.rs", "other.rs"]);
    desk.git(&["-c", "advice.addEmbeddedRepo=false", "add", folder]);
    commit(desk, ".");
}

#[test]
fn no_program_that_a_repository_names_is_started_by_a_look_at_it() {
    let desk = Desk::new();
    part(&desk, "part");
    let evil = desk.aside("evil.sh", "#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/started\"\ncat\n");
    std::fs::set_permissions(&evil, std::fs::Permissions::from_mode(0o755)).unwrap();
    for folder in [".", "part"] {
        for (name, value) in [
            ("filter.evil.clean", evil.as_str()),
            ("filter.evil.required", "true"),
            ("filter.wor se.v2.process", &evil),
            ("core.fsmonitor", &evil),
            ("core.hooksPath", desk.base().to_str().unwrap()),
        ] {
            desk.git(&["-C", folder, "config", name, value]);
        }
    }
    desk.file(".gitattributes", "* filter=evil\n");
    desk.file("part/.gitattributes", "* filter=evil\n*.rs filter=wor\n");
    // As long as before, so that git has to read them.
    for file in ["README.md", "part/other.rs"] {
        desk.file(file, desk.read(file).to_uppercase().replace('1', "2"));
    }
    let (page, _) = route(&desk, &[]);
    assert!(!desk.base().join("started").exists(), "{}", std::fs::read_to_string(desk.base().join("started")).unwrap());
    assert_eq!(page["classifier"]["files"], 4, "both files and both `.gitattributes`: {page}");

    // The same configuration starts it where it is not switched off.
    desk.git(&["-c", "core.fsmonitor=false", "status", "--porcelain"]);
    assert!(desk.base().join("started").exists());
}

#[test]
fn a_filter_that_cannot_be_switched_off_is_not_run_either() {
    let desk = Desk::new();
    let started = desk.base().join("started");
    desk.git(&["config", "filter.a=b.clean", &format!("touch {}; cat", started.display())]);
    desk.file(".gitattributes", "* filter=a=b\n");
    desk.file("README.md", desk.read("README.md").to_uppercase());
    let ended = is_unreadable(&desk, &[]);
    assert!(!started.exists());
    ended.says(&["warning: git cannot say what differs", "filter.a=b.clean"]);
}

#[test]
fn where_git_fails_the_task_goes_to_the_strongest_lane_and_it_is_said() {
    let desk = Desk::new();
    assert_eq!(decided(&route(&desk, &[]).0).0, "fast");
    desk.file(".git/HEAD", "nonsense");
    is_unreadable(&desk, &[])
        .says(&["warning: git cannot say what differs from the last commit in ", "not a git repository"]);
    let explained = desk.agent(&["route", TASK, "--explain"]).exits(0);
    assert!(explained.out.contains("path:unreadable: git could not say which files differ"), "{}", explained.out);
    // Where there is none, nothing is wrong.
    std::fs::remove_dir_all(desk.root.join(".git")).unwrap();
    let (page, ended) = route(&desk, &[]);
    assert_eq!(decided(&page).0, "fast");
    assert!(!ended.err.contains("warning"), "{}", ended.err);
}

#[test]
fn without_git_a_repository_is_not_taken_for_one_without_changes() {
    let desk = Desk::new();
    let empty = desk.base().join("tmp").display().to_string();
    let ended = desk.agent_with(&[("PATH", &empty)], &["route", TASK, "--json"], "").exits(0);
    assert_eq!(decided(&ended.json()).0, "strong");
    ended.says(&["git cannot be started"]);
}

#[test]
fn p23_file_names_that_are_no_plain_text_lead_to_the_strongest_lane() {
    for name in [&b"x\ny.rs"[..], b"a\xffuth.rs", b"\x1b[2J.rs"] {
        let desk = Desk::new();
        std::fs::write(desk.root.join("src").join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
        let ended = is_unreadable(&desk, &[]);
        assert!(!ended.err.contains("warning"), "git could say it: {}", ended.err);
    }
}

#[test]
fn a_file_that_is_only_meant_to_be_added_is_new() {
    let desk = Desk::new();
    desk.file("src/new.rs", "");
    desk.git(&["add", "-N", "src/new.rs"]);
    assert_eq!(route(&desk, &[]).0["classifier"]["new_code"], true);
}

#[test]
fn a_look_goes_into_repositories_that_are_part_of_this_one() {
    let desk = Desk::new();
    part(&desk, "part");
    assert_eq!(route(&desk, &[]).0["classifier"]["files"], 0);
    desk.file("part/auth/login.rs", "");
    let (page, _) = route(&desk, &[]);
    assert_eq!((&page["paths"][0], &page["classifier"]["new_code"]), (&"auth".into(), &true.into()), "{page}");
    // Committed there, and the repository around it does not know yet.
    desk.git(&["-C", "part", "add", "."]);
    commit(&desk, "part");
    let (page, _) = route(&desk, &[]);
    assert_eq!((&page["paths"][0], &page["classifier"]["files"]), (&"auth".into(), &2.into()), "{page}");
    desk.git(&["add", "part"]);
    commit(&desk, ".");
    assert_eq!(route(&desk, &[]).0["classifier"]["files"], 0);
    // One that nobody tracks.
    repository_at(&desk, "loose", &["a.rs"]);
    desk.file("loose/migrations/1.sql", "");
    assert_eq!(route(&desk, &[]).0["paths"][0], "migrations");
}

#[test]
fn in_a_folder_below_the_top_the_whole_repository_counts_and_a_policy_above_is_named() {
    let desk = Desk::new();
    desk.file("db/migrations/1.sql", "");
    desk.file("src/more.rs", "");
    let below = desk.root.join("src").display().to_string();
    let (page, ended) = route(&desk, &["--cwd", &below]);
    assert_eq!((&page["classifier"]["files"], &page["paths"][0]), (&2.into(), &"migrations".into()), "{page}");
    assert!(!ended.err.contains("warning"), "{}", ended.err);
    desk.file(".agent/policy.yaml", "routing: {task_types: {docstring: strong}}\n");
    let top = desk.root.display().to_string();
    let (_, ended) = route(&desk, &["--cwd", &below]);
    ended.says(&["warning: ", ".agent/policy.yaml does not hold here", &format!("--cwd {top}")]);
    desk.file("src/.agent/policy.yaml", "{}\n");
    let (_, ended) = route(&desk, &["--cwd", &below, "--trust"]);
    assert!(!ended.err.contains("does not hold here"), "{}", ended.err);
}
