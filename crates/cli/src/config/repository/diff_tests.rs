#![allow(clippy::disallowed_methods, reason = "tests touch real files and run git")]

use std::process::Command;

use super::*;

fn git(at: &Path, arguments: &[&str]) {
    let named = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    let clear = [("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")];
    let done = Command::new("git").args(named).args(arguments).current_dir(at).envs(clear).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn changes_and_new_files_stand_in_one_diff_and_the_index_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let environment = Environment::read();
    std::fs::write(root.join("a.txt"), "one\n").unwrap();
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    let before = diff(&environment, &root).unwrap();
    assert!(before.contains("+++ b/a.txt\n@@ -0,0 +1 @@\n+one"), "before the first commit all is new: {before}");
    git(&root, &["commit", "-q", "-m", "first"]);
    assert_eq!(diff(&environment, &root).unwrap(), "");
    std::fs::write(root.join("a.txt"), "two\n").unwrap();
    std::fs::create_dir(root.join("sub")).unwrap();
    std::fs::write(root.join("sub/new.txt"), "x\ny").unwrap();
    std::fs::write(root.join("sub/bin"), [0, 159, 146]).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.join("out")).unwrap();
    let now = diff(&environment, &root).unwrap();
    assert!(now.contains("-one\n+two\n"), "{now}");
    assert!(now.contains("+++ b/sub/new.txt\n@@ -0,0 +1,2 @@\n+x\n+y\n\\ No newline"), "{now}");
    assert!(now.contains("b/sub/bin differ (not text)") && now.contains("b/out differ (a symbolic link)"), "{now}");
    assert!(!now.contains("root:"), "a link is not followed: {now}");
    let below = diff(&environment, &root.join("sub")).unwrap();
    assert!(below.contains("b/new.txt") && !below.contains("a.txt"), "{below}");
}
