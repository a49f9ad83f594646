use std::fs;

use super::*;

fn ground() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    (folder, root)
}

fn put(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn near_repositories_are_found_before_those_in_what_builds_fill() {
    let (_folder, root) = ground();
    for name in [".git/config", "node_modules/x/.git/config", "a/b/.git/config", "c/.GIT/config"] {
        put(&root.join(name), "");
    }
    put(&root.join("bare/HEAD"), "");
    fs::create_dir_all(root.join("bare/objects")).unwrap();
    fs::create_dir_all(root.join("bare/refs")).unwrap();
    let found = walk(&root);
    assert!(found.whole);
    let last = found.repositories.last().unwrap();
    assert_eq!(last, &root.join("node_modules/x/.git"));
    assert_eq!(found.repositories.len(), 4, "{found:?}");
    assert_eq!(to_mount(&root), [root.join("a/b/.git")]);
}

#[test]
fn what_is_older_than_the_command_is_left_alone_and_what_is_newer_is_set_aside() {
    let (_folder, root) = ground();
    put(&root.join("sub/.git/hooks/pre-commit"), "x");
    put(&root.join("sub/.git/hooks/pre-push.sample"), "x");
    put(&root.join("sub/.git/config"), "[core]\n\tpager = x\n");
    put(&root.join("sub/.git/config.worktree"), "[core]\n\tbare = false\n");
    assert!(quarantine(&root, i128::MAX).is_empty());
    let notices = quarantine(&root, 0);
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices.iter().all(|(path, _)| path.is_some()));
    assert!(
        root.join("sub/.git/hooks/pre-commit.quarantined").exists()
            && root.join("sub/.git/config.quarantined").exists()
    );
    assert!(quarantine(&root, 0).is_empty(), "what was set aside is set aside once");
}

#[test]
fn links_and_pointers_lead_to_what_is_looked_at() {
    let (_folder, root) = ground();
    put(&root.join("store/hooks/pre-commit"), "x");
    put(&root.join("store/config"), "");
    put(&root.join("pointer/.git"), "gitdir: ../store\n");
    fs::create_dir_all(root.join("linked")).unwrap();
    std::os::unix::fs::symlink("../store", root.join("linked/.git")).unwrap();
    put(&root.join("hooked/.git/config"), "");
    std::os::unix::fs::symlink("/tmp", root.join("hooked/.git/hooks")).unwrap();
    let mut places: Vec<PathBuf> = quarantine(&root, 0).into_iter().filter_map(|(path, _)| path).collect();
    places.sort();
    assert_eq!(places, [root.join("hooked/.git/hooks"), root.join("linked/.git"), root.join("store/hooks/pre-commit")]);
}

#[test]
fn a_walk_that_did_not_see_everything_says_so_and_saw_what_is_near() {
    let (_folder, root) = ground();
    put(&root.join("near/.git/config"), "");
    for file in 0..50 {
        put(&root.join(format!("target/{file}/.git/config")), "");
    }
    let found = walk_within(&root, 20);
    assert!(!found.whole && found.repositories[0] == root.join("near/.git"), "{found:?}");
    assert!(walk_within(&root, 1_000).whole);
}
