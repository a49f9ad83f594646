use serde_json::json;
use tools::ApprovalMode;

use crate::support::{Bench, text};

#[tokio::test]
async fn a_new_file_is_made_with_its_folders() {
    let bench = Bench::new();
    let output = bench.run("write", json!({"path": "src/new/mod.rs", "content": "a\nb\n"})).await.unwrap();
    assert_eq!(text(&output), "src/new/mod.rs created (2 lines)");
    assert_eq!(bench.content("src/new/mod.rs"), "a\nb\n");
    assert_eq!((output.files[0].added, output.files[0].removed), (2, 0));
    let changes = bench.host.changes.lock().unwrap().clone();
    assert!(changes[0].1.starts_with("--- /dev/null\n+++ b/src/new/mod.rs\n"), "{}", changes[0].1);
}

#[tokio::test]
async fn a_file_that_was_never_read_is_not_overwritten() {
    let bench = Bench::new();
    bench.file("a.txt", "precious\n");
    let write = json!({"path": "a.txt", "content": "new\n"});
    assert_eq!(
        bench.error("write", write.clone()).await,
        "a.txt exists and you have not read it; nothing was written. Read it first, or change part of it by edit"
    );
    bench.text("read", json!({"files": [{"path": "a.txt"}]})).await;
    assert_eq!(bench.text("write", write.clone()).await, "a.txt changed (+1 -1)\n@@ -1 +1 @@\n-precious\n+new");
    assert_eq!(bench.text("write", write).await, "a.txt has this content already; nothing was written");
}

#[tokio::test]
async fn a_windows_file_stays_one() {
    let bench = Bench::new();
    bench.file("a.txt", "one\r\ntwo\r\n");
    bench.text("read", json!({"files": [{"path": "a.txt"}]})).await;
    bench.text("write", json!({"path": "a.txt", "content": "three\nfour\n"})).await;
    assert_eq!(bench.content("a.txt"), "three\r\nfour\r\n");
}

#[tokio::test]
async fn a_folder_is_not_overwritten() {
    let bench = Bench::new();
    bench.file("src/a.txt", "x");
    assert_eq!(
        bench.error("write", json!({"path": "src", "content": "x"})).await,
        "src is a folder; only files can be changed"
    );
    let words = bench.error("write", json!({"path": "src/a.txt/b", "content": "x"})).await;
    assert!(words.contains("a part of the path before the last is a file"), "{words}");
}

#[tokio::test]
async fn what_makes_other_programs_run_something_is_asked_for_even_in_auto() {
    let bench = Bench::with_mode(ApprovalMode::Auto);
    bench.text("write", json!({"path": "plain.txt", "content": "x"})).await;
    assert!(bench.host.approvals.lock().unwrap().is_empty());
    bench.text("write", json!({"path": ".git/hooks/pre-commit", "content": "x"})).await;
    let asked = bench.host.approvals.lock().unwrap().clone();
    assert_eq!(asked[0].why, "protected: .git can make other programs run commands");
}
