#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use super::*;

#[test]
fn the_branch_is_read_off_the_repository_and_off_a_linked_working_tree() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repo");
    let git = root.join(".git");
    std::fs::create_dir_all(git.join("worktrees/linked")).unwrap();
    std::fs::write(git.join("HEAD"), "ref: refs/heads/feature/x\n").unwrap();
    std::fs::write(git.join("worktrees/linked/HEAD"), "0123456789abcdef\n").unwrap();
    let linked = folder.path().join("linked");
    std::fs::create_dir(&linked).unwrap();
    std::fs::write(linked.join(".git"), format!("gitdir: {}\n", git.join("worktrees/linked").display())).unwrap();
    std::fs::create_dir(root.join("deeper")).unwrap();
    assert_eq!(branch(&root.join("deeper")).as_deref(), Some("feature/x"));
    assert_eq!(branch(&linked).as_deref(), Some("0123456"));
}
