use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::support::Bench;

/// One call of each tool that takes a path.
fn calls(path: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("read", json!({"files": [{"path": path}]})),
        ("list", json!({"path": path})),
        ("glob", json!({"pattern": "*", "path": path})),
        ("grep", json!({"pattern": "secret", "path": path})),
        ("edit", json!({"path": path, "edits": [{"old": "secret", "new": "x"}]})),
        ("write", json!({"path": path, "content": "x"})),
    ]
}

#[tokio::test]
async fn every_tool_refuses_every_way_out() {
    let bench = Bench::new();
    let evil = bench.outside.join("repo-evil");
    std::fs::create_dir(&evil).unwrap();
    std::fs::write(evil.join("secret"), "secret").unwrap();
    symlink(&evil, bench.root.join("folder")).unwrap();
    symlink("../repo-evil/secret", bench.root.join("file")).unwrap();
    let absolute = evil.join("secret").display().to_string();
    for path in ["../repo-evil/secret", "a/../../repo-evil/secret", &absolute, "folder/secret", "file", "folder"] {
        for (tool, arguments) in calls(path) {
            let words = bench.error(tool, arguments).await;
            assert!(words.contains("leaves the workspace"), "{tool} {path}: {words}");
            assert!(words.contains(&bench.root.display().to_string()), "{tool} {path}: {words}");
        }
    }
    assert_eq!(std::fs::read_to_string(evil.join("secret")).unwrap(), "secret");
    assert_eq!(std::fs::read_dir(evil).unwrap().count(), 1);
}

#[tokio::test]
async fn the_words_say_what_is_allowed() {
    let bench = Bench::new();
    let root = bench.root.display();
    assert_eq!(
        bench.error("list", json!({"path": "../x"})).await,
        format!("path ../x leaves the workspace {root}; only files beneath it can be read")
    );
    assert_eq!(
        bench.error("write", json!({"path": "../x", "content": ""})).await,
        format!("path ../x leaves the workspace {root}; only files beneath it can be written")
    );
}

#[tokio::test]
async fn absolute_paths_inside_and_detours_are_shown_relative() {
    let bench = Bench::new();
    bench.file("src/a.txt", "x");
    let absolute = bench.root.join("src/a.txt").display().to_string();
    for path in [absolute.as_str(), "./src//a.txt", "src/../src/a.txt"] {
        let text = bench.text("read", json!({"files": [{"path": path}]})).await;
        assert_eq!(text, "== src/a.txt (lines 1-1 of 1)\n1\tx", "{path}");
    }
}

#[tokio::test]
async fn symlinks_that_stay_inside_are_followed_and_kept() {
    let bench = Bench::new();
    bench.file("src/a.txt", "old\n");
    symlink("src/a.txt", bench.root.join("link")).unwrap();
    bench.text("edit", json!({"path": "link", "edits": [{"old": "old", "new": "new"}]})).await;
    assert_eq!(bench.content("src/a.txt"), "new\n");
    assert!(bench.root.join("link").is_symlink());
}

#[tokio::test]
async fn long_output_outside_the_workspace_can_be_read_and_not_written() {
    let bench = Bench::new();
    let file = bench.output.join("output-0001.log");
    std::fs::write(&file, "all of it\n").unwrap();
    let path = file.display().to_string();
    assert!(bench.text("read", json!({"files": [{"path": path}]})).await.ends_with("1\tall of it"));
    assert!(bench.text("grep", json!({"pattern": "all", "path": path})).await.ends_with("1:all of it"));
    let words = bench.error("write", json!({"path": path, "content": "x"})).await;
    assert!(words.contains("leaves the workspace"), "{words}");
}

#[tokio::test]
async fn an_empty_path_is_named_as_that() {
    let bench = Bench::new();
    let words = bench.error("read", json!({"files": [{"path": ""}]})).await;
    assert_eq!(words, "read: `files[0].path` must not be empty; found \"\"");
}
