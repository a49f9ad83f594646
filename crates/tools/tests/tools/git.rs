use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::Bench;

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn repository() -> Bench {
    let bench = Bench::new();
    git(&bench.root, &["init", "-q"]);
    bench.file(".gitignore", "target/\n");
    bench.file("src/a.txt", "one\ntwo\n");
    bench.file("gone.txt", "bye\n");
    git(&bench.root, &["add", "."]);
    git(&bench.root, &["commit", "-q", "-m", "first"]);
    bench
}

#[tokio::test]
async fn a_diff_shows_changed_staged_deleted_and_new_files_and_leaves_the_index_alone() {
    let bench = repository();
    assert_eq!(bench.text("git_diff", json!({})).await, "no changes");
    bench.file("src/a.txt", "one\n2\n");
    bench.file("staged.txt", "s\n");
    git(&bench.root, &["add", "staged.txt"]);
    bench.file("new ü.txt", "n\n");
    bench.file("target/ignored", "x");
    std::fs::remove_file(bench.root.join("gone.txt")).unwrap();
    let index = std::fs::read(bench.root.join(".git/index")).unwrap();
    let text = bench.text("git_diff", json!({})).await;
    for part in
        ["-two\n+2\n", "b/staged.txt\n@@ -0,0 +1 @@\n+s", "b/new ü.txt", "+n", "deleted file mode 100644", "-bye"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains("ignored"), "{text}");
    assert_eq!(std::fs::read(bench.root.join(".git/index")).unwrap(), index);
    let staged = bench.text("git_diff", json!({"staged": true})).await;
    assert!(staged.contains("+s") && !staged.contains("+2"), "{staged}");
}

#[tokio::test]
async fn a_diff_can_be_narrowed_by_path_and_to_a_stat() {
    let bench = repository();
    bench.file("src/a.txt", "one\n2\n");
    bench.file("b.txt", "b\n");
    std::fs::remove_file(bench.root.join("gone.txt")).unwrap();
    let one = bench.text("git_diff", json!({"paths": ["src"]})).await;
    assert!(one.contains("+2") && !one.contains("b.txt"), "{one}");
    let gone = bench.text("git_diff", json!({"paths": ["gone.txt"]})).await;
    assert!(gone.contains("-bye"), "{gone}");
    let stat = bench.text("git_diff", json!({"stat": true})).await;
    assert!(stat.contains("3 files changed, 2 insertions(+), 2 deletions(-)"), "{stat}");
    let words = bench.error("git_diff", json!({"paths": ["../x"]})).await;
    assert!(words.contains("leaves the workspace"), "{words}");
    // A name is never an option or a pattern.
    assert_eq!(bench.text("git_diff", json!({"paths": ["--output=x", ":(glob)**"]})).await, "no changes");
    assert!(!bench.root.join("x").exists());
}

#[tokio::test]
async fn before_the_first_commit_everything_is_new() {
    let bench = Bench::new();
    git(&bench.root, &["init", "-q"]);
    bench.file("a.txt", "a\n");
    bench.file("b.txt", "b\n");
    git(&bench.root, &["add", "b.txt"]);
    let text = bench.text("git_diff", json!({})).await;
    assert!(text.contains("+a\n") && text.contains("+b\n"), "{text}");
}

#[tokio::test]
async fn a_long_diff_begins_with_its_stat() {
    let bench = repository();
    bench.file("big.txt", "line\n".repeat(20_000));
    let text = bench.text("git_diff", json!({})).await;
    assert!(text.len() < 31_000, "{}", text.len());
    assert!(text.starts_with(" big.txt | 20000 +"), "{}", &text[..200]);
    assert!(text.contains("ask for the rest by `paths`"), "{}", &text[..500]);
    assert!(text.ends_with("\n+line"), "{}", &text[text.len() - 100..]);
}

#[tokio::test]
async fn a_workspace_that_is_a_part_of_a_repository_sees_its_part() {
    let mut bench = repository();
    bench.file("src/a.txt", "one\n2\n");
    bench.file("other.txt", "o\n");
    bench.root = bench.root.join("src");
    let text = bench.text("git_diff", json!({})).await;
    assert!(text.contains("+++ b/a.txt") && !text.contains("other"), "{text}");
    assert_eq!(bench.text("git_status", json!({})).await, "## main\n M a.txt");
}

#[tokio::test]
async fn the_status_tells_branch_and_files() {
    let bench = repository();
    assert_eq!(bench.text("git_status", json!({})).await, "## main\nclean: nothing changed");
    bench.file("src/a.txt", "x\n");
    bench.file("new.txt", "x\n");
    assert_eq!(bench.text("git_status", json!({})).await, "## main\n M src/a.txt\n?? new.txt");
}

#[tokio::test]
async fn a_folder_without_git_is_told_plainly() {
    let bench = Bench::new();
    let root = bench.root.display();
    for tool in ["git_diff", "git_status"] {
        assert_eq!(
            bench.error(tool, json!({})).await,
            format!("{tool}: {root} is not in a git repository; use read, list and grep")
        );
    }
}

#[tokio::test]
async fn a_repository_cannot_make_the_tools_run_its_programs() {
    let bench = repository();
    let evil = bench.file("evil.sh", format!("#!/bin/sh\n: > {}\ncat\n", bench.outside.join("mark").display()));
    std::fs::set_permissions(&evil, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = evil.display().to_string();
    for setting in ["core.fsmonitor", "core.pager", "diff.external", "diff.x.textconv", "diff.x.command", "pager.diff"]
    {
        git(&bench.root, &["config", setting, &program]);
    }
    let hooks = bench.root.join(".git/hooks/post-index-change");
    std::fs::create_dir_all(hooks.parent().unwrap()).unwrap();
    std::fs::copy(&evil, hooks).unwrap();
    bench.file(".gitattributes", "* diff=x\n");
    bench.file("src/a.txt", "changed\n");
    let _ = std::fs::remove_file(bench.outside.join("mark"));
    let text = bench.text("git_diff", json!({})).await;
    assert!(text.contains("+changed"), "{text}");
    bench.text("git_diff", json!({"staged": true})).await;
    bench.text("git_status", json!({})).await;
    assert!(!bench.outside.join("mark").exists());
}

#[tokio::test]
async fn a_change_of_equal_length_in_the_same_second_is_seen() {
    for _ in 0..3 {
        let bench = repository();
        bench.file("src/a.txt", "ONE\nTWO\n");
        // Until the next second has begun the copy of the index is as young as the file.
        let second = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let begun = second();
        while second() == begun {
            std::thread::yield_now();
        }
        let diff = bench.text("git_diff", json!({})).await;
        assert!(diff.contains("+ONE"), "{diff}");
    }
}

fn told(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A repository with a name and an address, and a hook that must not run.
fn with_author() -> Bench {
    let bench = repository();
    git(&bench.root, &["config", "user.name", "a"]);
    git(&bench.root, &["config", "user.email", "a@b"]);
    let hook = bench.file(".git/hooks/pre-commit", "#!/bin/sh\ntouch HOOKED\nexit 1\n");
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    bench.file("src/a.txt", "1\n");
    bench.file("new.txt", "n\n");
    bench
}

#[tokio::test]
async fn a_commit_that_is_said_yes_to_is_made_of_what_changed_and_runs_no_hook() {
    let bench = with_author();
    let said = bench.text("git_commit", json!({"message": "second\n\nwhy"})).await;
    assert!(said.starts_with("committed ") && said.ends_with("2 files"), "{said}");
    assert_eq!(told(&bench.root, &["log", "-1", "--format=%B"]), "second\n\nwhy");
    assert_eq!(told(&bench.root, &["show", "--format=", "--name-only"]), "new.txt\nsrc/a.txt");
    assert!(!bench.root.join("HOOKED").exists());
    assert!(bench.error("git_commit", json!({"message": "third"})).await.contains("nothing changed"));
}

#[tokio::test]
async fn a_commit_of_named_paths_leaves_the_others() {
    let bench = with_author();
    bench.text("git_commit", json!({"message": "one", "paths": ["new.txt"]})).await;
    assert_eq!(told(&bench.root, &["show", "--format=", "--name-only"]), "new.txt");
    assert_eq!(told(&bench.root, &["status", "--short"]), "M src/a.txt");
}

#[tokio::test]
async fn sec_24_paths_of_a_commit_are_no_options_and_stay_inside() {
    let bench = with_author();
    let before = told(&bench.root, &["rev-parse", "HEAD"]);
    for path in ["--amend", "--exec=touch HOOKED", "../outside.txt", "/etc/passwd", ":(glob)**"] {
        bench.error("git_commit", json!({"message": "x", "paths": [path]})).await;
    }
    assert_eq!(told(&bench.root, &["rev-parse", "HEAD"]), before);
}

#[tokio::test]
async fn a_commit_is_refused_where_nothing_may_change() {
    let mut bench = Bench::with_mode(tools::ApprovalMode::Deny);
    git(&bench.root, &["init", "-q"]);
    bench.file("a.txt", "a\n");
    bench.restart();
    assert!(bench.error("git_commit", json!({"message": "x"})).await.contains("approval mode deny"));
}
