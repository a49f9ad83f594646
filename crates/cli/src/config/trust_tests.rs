#![allow(clippy::disallowed_methods, reason = "tests touch real files and run git")]

use std::process::Command;

use super::*;

/// A repository with a team file, and a home beside it.
fn desk() -> (tempfile::TempDir, PathBuf, Home) {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().canonicalize().unwrap();
    let root = base.join("repo");
    team(&root, "version: 1\n");
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-q", "-m", "first"]);
    let home = Home { state: base.join("home"), config: base.join("home/config") };
    (folder, root, home)
}

fn team(root: &Path, text: &str) {
    std::fs::create_dir_all(root.join(".agent")).unwrap();
    std::fs::write(root.join(".agent/team.yaml"), text).unwrap();
}

fn git(at: &Path, arguments: &[&str]) {
    let named =
        ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"];
    let clear = [("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")];
    let done = Command::new("git").args(named).args(arguments).current_dir(at).envs(clear).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// What a later run of the program finds.
fn verdict(home: &Home, root: &Path) -> Verdict {
    Trust::load(home).unwrap().check(root).unwrap()
}

#[test]
fn sec_29_a_linked_working_tree_counts_as_its_repository_as_long_as_its_files_are_the_same() {
    let (_folder, root, home) = desk();
    Trust::load(&home).unwrap().add(&root).unwrap();
    let linked = root.with_file_name("linked");
    git(&root, &["worktree", "add", "-q", "../linked"]);
    assert_eq!(verdict(&home, &linked), Verdict::Trusted);
    team(&linked, "version: 1\nname: other\n");
    assert!(matches!(verdict(&home, &linked), Verdict::Changed(_)));
    assert_eq!(verdict(&home, &root), Verdict::Trusted);
}

#[test]
fn sec_29_a_repository_or_submodule_inside_a_trusted_one_is_asked_about_for_itself() {
    let (_folder, root, home) = desk();
    Trust::load(&home).unwrap().add(&root).unwrap();
    let other = root.with_file_name("other");
    std::fs::create_dir(&other).unwrap();
    team(&other, "version: 1\n");
    git(&other, &["init", "-q"]);
    git(&other, &["add", "."]);
    git(&other, &["commit", "-q", "-m", "other"]);
    git(&root, &["clone", "-q", "../other", "nested"]);
    git(&root, &["submodule", "--quiet", "add", "../other", "part"]);
    for inside in ["nested", "part"] {
        assert!(matches!(verdict(&home, &root.join(inside)), Verdict::Unknown(_)), "{inside}");
    }
}

#[test]
fn sec_29_a_folder_that_says_it_belongs_to_a_trusted_repository_is_not_believed() {
    let (_folder, root, home) = desk();
    Trust::load(&home).unwrap().add(&root).unwrap();
    git(&root, &["worktree", "add", "-q", "../linked"]);
    let evil = root.with_file_name("evil");
    team(&evil, "version: 1\n");
    // It names a working tree that the repository has, at another place.
    std::fs::write(evil.join(".git"), format!("gitdir: {}/.git/worktrees/linked\n", root.display())).unwrap();
    assert!(matches!(verdict(&home, &evil), Verdict::Unknown(_)));
    // It brings a folder of its own that says all the right things.
    let own = evil.join("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("gitdir"), format!("{}/.git\n", evil.display())).unwrap();
    std::fs::write(own.join("commondir"), format!("{}/.git\n", root.display())).unwrap();
    std::fs::write(evil.join(".git"), "gitdir: own\n").unwrap();
    assert!(matches!(verdict(&home, &evil), Verdict::Unknown(_)));
}

#[test]
fn sec_59_folders_whose_names_differ_little_are_different_folders() {
    let (_folder, root, home) = desk();
    let long = "x".repeat(250);
    let names = ["a_b", "a-b", "a b", "a.b", "A_b", &long, &format!("{}y", &long[1..])];
    for name in names {
        team(&root.with_file_name(name), "version: 1\n");
    }
    Trust::load(&home).unwrap().add(&root.with_file_name("a_b")).unwrap();
    let trusted = names.iter().filter(|name| verdict(&home, &root.with_file_name(name)) == Verdict::Trusted);
    assert_eq!(trusted.collect::<Vec<_>>(), [&"a_b"]);
}

#[test]
fn the_commands_of_a_folder_are_trusted_by_themselves_and_with_their_content() {
    let (_folder, root, home) = desk();
    let texts = |text: &str| vec![("deploy".to_owned(), text.to_owned())];
    let check = |text: &str| Trust::load(&home).unwrap().check_commands(&root, &texts(text));
    Trust::load(&home).unwrap().add(&root).unwrap();
    assert!(matches!(check("ship it"), Verdict::Unknown(_)), "trust in the team file is none in commands");
    Trust::load(&home).unwrap().add_commands(&root, &texts("ship it")).unwrap();
    assert_eq!(check("ship it"), Verdict::Trusted);
    assert!(matches!(check("ship it all"), Verdict::Changed(_)));
    assert_eq!(Trust::load(&home).unwrap().check_commands(&root, &[]), Verdict::Trusted, "there are none");
    assert_eq!(verdict(&home, &root), Verdict::Trusted, "the other files keep theirs");
}
