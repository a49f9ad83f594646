#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::os::unix::fs::PermissionsExt;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn content_is_replaced_and_mode_kept_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let file = root.join("run.sh");
    std::fs::write(&file, "old").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o750)).unwrap();
    let old = file.metadata().unwrap();
    replace(&Base::open(&root).unwrap(), Path::new("run.sh"), b"new", Some(&old)).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o750);
    assert_eq!(names(&root), ["run.sh"]);
}

#[test]
fn what_a_killed_process_left_beside_a_file_is_removed_by_the_next_write_and_a_living_ones_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let mut ended = std::process::Command::new("true").spawn().unwrap();
    ended.wait().unwrap();
    let living = format!(".tandem-{}-900.tmp", std::process::id());
    for name in [&format!(".tandem-{}-0.tmp", ended.id()), &living, ".tandem-x.tmp"] {
        std::fs::write(root.join(name), "half").unwrap();
    }
    replace(&Base::open(&root).unwrap(), Path::new("a"), b"new", None).unwrap();
    assert_eq!(names(&root), [living.as_str(), ".tandem-x.tmp", "a"]);
}

#[test]
fn a_new_file_never_replaces_one_that_appeared_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("a"), "mine").unwrap();
    let error = replace(&Base::open(&root).unwrap(), Path::new("a"), b"yours", None).unwrap_err();
    assert!(matches!(failed("a", &error), ToolError::RespondToModel(_)), "{error}");
    assert_eq!(std::fs::read_to_string(root.join("a")).unwrap(), "mine");
    assert_eq!(names(&root), ["a"]);
}

#[test]
fn a_hard_link_outside_keeps_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    std::fs::create_dir(top.join("repo")).unwrap();
    std::fs::write(top.join("outside"), "old").unwrap();
    std::fs::hard_link(top.join("outside"), top.join("repo/a")).unwrap();
    let old = top.join("repo/a").metadata().unwrap();
    replace(&Base::open(&top.join("repo")).unwrap(), Path::new("a"), b"new", Some(&old)).unwrap();
    assert_eq!(std::fs::read_to_string(top.join("outside")).unwrap(), "old");
    assert_eq!(std::fs::read_to_string(top.join("repo/a")).unwrap(), "new");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_fatal_and_says_what_to_do() {
    // The one device that is always full.
    let mut full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let error = fill(&mut full, b"content", None).unwrap_err();
    let ToolError::Fatal(text) = failed("src/a.rs", &error) else { panic!("{error} is not fatal") };
    assert!(text.starts_with("src/a.rs could not be saved: no space left on its disk"), "{text}");
    assert!(text.contains("The file is untouched"), "{text}");
}
