#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use super::*;

fn folders() -> (tempfile::TempDir, Snapshots) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("work");
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(root.join("a.txt"), "one\ntwo\n").unwrap();
    std::fs::write(root.join(".gitignore"), "built/\n").unwrap();
    let snapshots = Snapshots::new(&folder.path().join("state"), &root);
    (folder, snapshots)
}

#[tokio::test]
async fn equal_files_are_the_same_state_and_ignored_ones_do_not_count() {
    let (_folder, snapshots) = folders();
    let before = snapshots.take().await.unwrap();
    std::fs::create_dir(snapshots.root.join("built")).unwrap();
    std::fs::write(snapshots.root.join("built/out"), "x").unwrap();
    assert_eq!(snapshots.take().await.unwrap(), before);
}

#[tokio::test]
async fn changes_are_counted_by_content_whoever_made_them() {
    let (_folder, snapshots) = folders();
    let before = snapshots.take().await.unwrap();
    std::fs::write(snapshots.root.join("a.txt"), "one\nthree\nfour\n").unwrap();
    std::fs::write(snapshots.root.join("new name.txt"), "x\n").unwrap();
    let after = snapshots.take().await.unwrap();
    let changes = snapshots.changes(&before, &after).await.unwrap();
    let seen: Vec<_> = changes.iter().map(|change| (change.path.as_str(), change.added, change.removed)).collect();
    assert_eq!(seen, [("a.txt", 2, 1), ("new name.txt", 1, 0)]);
    assert!(snapshots.diff(&before, &after).await.unwrap().contains("+three"));
}

#[tokio::test]
async fn going_back_to_the_same_bytes_is_the_same_state() {
    let (_folder, snapshots) = folders();
    let before = snapshots.take().await.unwrap();
    std::fs::write(snapshots.root.join("a.txt"), "changed").unwrap();
    assert_ne!(snapshots.take().await.unwrap(), before);
    std::fs::write(snapshots.root.join("a.txt"), "one\ntwo\n").unwrap();
    assert_eq!(snapshots.take().await.unwrap(), before);
}

#[tokio::test]
async fn the_users_own_repository_is_not_touched() {
    let (_folder, snapshots) = folders();
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).current_dir(&snapshots.root).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    let status = git(&["status", "--porcelain"]);
    snapshots.take().await.unwrap();
    assert_eq!(git(&["status", "--porcelain"]), status);
    assert!(!snapshots.root.join(".git/index").exists());
}

#[tokio::test]
async fn a_lock_that_a_killed_git_left_behind_is_removed_when_no_living_one_can_hold_it() {
    let (_folder, snapshots) = folders();
    let before = snapshots.take().await.unwrap();
    let lock = std::fs::File::create(snapshots.git_dir.join("index.lock")).unwrap();
    assert!(snapshots.take().await.is_err(), "another git may be at work");
    lock.set_modified(std::time::SystemTime::now() - LIMIT - Duration::from_secs(1)).unwrap();
    assert_eq!(snapshots.take().await.unwrap(), before);
}
