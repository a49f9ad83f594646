use std::os::unix::fs::PermissionsExt;

use protocol::FileChange;
use serde_json::json;
use tools::ApprovalMode;

use crate::support::{Bench, text};

const MAIN: &str = "fn main() {\n    one();\n    two();\n    one();\n}\n";

#[tokio::test]
async fn several_edits_apply_in_order_and_the_change_is_told() {
    let bench = Bench::new();
    bench.file("main.rs", MAIN);
    let edits = json!({"path": "main.rs", "edits": [
        {"old": "two()", "new": "three()"},
        {"old": "three();", "new": "three(3);"}
    ]});
    let output = bench.run("edit", edits).await.unwrap();
    assert_eq!(bench.content("main.rs"), MAIN.replace("two()", "three(3)"));
    assert_eq!(
        text(&output),
        "main.rs changed (+1 -1)\n@@ -2,3 +2,3 @@\n     one();\n-    two();\n+    three(3);\n     one();"
    );
    assert_eq!(output.files, [FileChange { path: "main.rs".to_owned(), added: 1, removed: 1 }]);
    let changes = bench.host.changes.lock().unwrap().clone();
    assert_eq!(changes.len(), 1);
    assert!(changes[0].1.starts_with("--- a/main.rs\n+++ b/main.rs\n@@ -1,5 +1,5 @@\n"), "{}", changes[0].1);
}

#[tokio::test]
async fn nothing_is_written_unless_all_edits_apply() {
    let bench = Bench::new();
    bench.file("main.rs", MAIN);
    let edits =
        json!({"path": "main.rs", "edits": [{"old": "two()", "new": "x()"}, {"old": "    tow();", "new": "y"}]});
    assert_eq!(
        bench.error("edit", edits).await,
        "main.rs: nothing was written. edits[1] (after the edits before it): `old` is not in the file; most like it:\n\
         2\t    one();"
    );
    assert_eq!(bench.content("main.rs"), MAIN);
    assert!(bench.host.changes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_text_that_is_not_unique_is_told_with_its_lines() {
    let bench = Bench::new();
    bench.file("main.rs", MAIN);
    assert_eq!(
        bench.error("edit", json!({"path": "main.rs", "edits": [{"old": "one()", "new": "x()"}]})).await,
        "main.rs: nothing was written. edits[0]: `old` is there 2 times (lines 2, 4); add neighbouring lines to make it \
         unique, or set `all`"
    );
    bench.text("edit", json!({"path": "main.rs", "edits": [{"old": "one()", "new": "x()", "all": true}]})).await;
    assert_eq!(bench.content("main.rs"), MAIN.replace("one()", "x()"));
}

#[tokio::test]
async fn line_ends_mode_and_missing_final_line_break_are_kept() {
    let bench = Bench::new();
    let file = bench.file("run.bat", "a\r\nb\r\nc");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    bench.text("edit", json!({"path": "run.bat", "edits": [{"old": "a\nb", "new": "a\nx\ny"}]})).await;
    assert_eq!(bench.content("run.bat"), "a\r\nx\r\ny\r\nc");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o755);
}

#[tokio::test]
async fn a_file_that_changed_since_it_was_read_is_not_touched() {
    let bench = Bench::new();
    bench.file("a.txt", "one\n");
    bench.text("read", json!({"files": [{"path": "a.txt"}]})).await;
    bench.file("a.txt", "one\nmore\n");
    let edit = json!({"path": "a.txt", "edits": [{"old": "one", "new": "two"}]});
    assert_eq!(
        bench.error("edit", edit.clone()).await,
        "a.txt has changed on disk since you read it; nothing was written. Read it again, then repeat the call"
    );
    assert_eq!(bench.content("a.txt"), "one\nmore\n");
    bench.text("read", json!({"files": [{"path": "a.txt"}]})).await;
    bench.text("edit", edit).await;
    assert_eq!(bench.content("a.txt"), "two\nmore\n");
}

#[tokio::test]
async fn what_one_agent_read_is_not_what_another_knows() {
    let mut bench = Bench::new();
    bench.file("a.txt", "one\n");
    bench.text("read", json!({"files": [{"path": "a.txt"}]})).await;
    bench.agent = "main";
    bench.text("edit", json!({"path": "a.txt", "edits": [{"old": "one", "new": "two"}]})).await;
    bench.agent = "sidekick";
    let words = bench.error("edit", json!({"path": "a.txt", "edits": [{"old": "two", "new": "three"}]})).await;
    assert!(words.contains("has changed on disk since you read it"), "{words}");
}

#[tokio::test]
async fn an_agent_may_edit_again_after_its_own_edit() {
    let bench = Bench::new();
    bench.file("a.txt", "one\n");
    for (old, new) in [("one", "two"), ("two", "three")] {
        bench.text("edit", json!({"path": "a.txt", "edits": [{"old": old, "new": new}]})).await;
    }
    assert_eq!(bench.content("a.txt"), "three\n");
}

#[tokio::test]
async fn what_was_seen_survives_a_restart() {
    let mut bench = Bench::new();
    bench.file("a.txt", "one\n");
    bench.text("read", json!({"files": [{"path": "a.txt"}]})).await;
    let seen = bench.session.seen_files();
    bench.restart();
    let write = json!({"path": "a.txt", "content": "two\n"});
    assert!(bench.error("write", write.clone()).await.contains("you have not read it"));
    bench.session.restore_seen_files(seen);
    bench.text("write", write).await;
}

#[tokio::test]
async fn missing_files_folders_and_other_encodings_are_named() {
    let bench = Bench::new();
    bench.file("src/lib.rs", "x");
    bench.file("latin1.txt", b"caf\xe9");
    let edit = |path: &str| json!({"path": path, "edits": [{"old": "x", "new": "y"}]});
    assert_eq!(bench.error("edit", edit("lib.rs")).await, "lib.rs does not exist; did you mean src/lib.rs?");
    assert_eq!(bench.error("edit", edit("src")).await, "src is a folder; only files can be changed");
    assert_eq!(
        bench.error("edit", edit("latin1.txt")).await,
        "latin1.txt is not UTF-8 text (byte 3); this tool cannot edit it, use bash"
    );
}

#[tokio::test]
async fn a_person_is_shown_the_whole_diff_and_may_say_no() {
    let bench = Bench::with_mode(ApprovalMode::Ask);
    bench.file("main.rs", MAIN);
    *bench.host.refuses.lock().unwrap() = Some("not this file".to_owned());
    let edit = json!({"path": "main.rs", "edits": [{"old": "two()", "new": "three()"}]});
    let words = bench.error("edit", edit.clone()).await;
    assert!(words.starts_with("not allowed: not this file"), "{words}");
    assert_eq!(bench.content("main.rs"), MAIN);
    *bench.host.refuses.lock().unwrap() = None;
    bench.text("edit", edit).await;
    let asked = bench.host.approvals.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].what.contains("-    two();\n+    three();"), "{}", asked[0].what);
    assert_eq!(asked[0].tool, "edit");
}

#[tokio::test]
async fn a_mode_that_changes_in_mid_session_holds_from_the_next_call_on() {
    let bench = Bench::new();
    bench.file("a.txt", "one\n");
    bench.session.set_mode(ApprovalMode::Deny);
    let words = bench.error("edit", json!({"path": "a.txt", "edits": [{"old": "one", "new": "two"}]})).await;
    assert!(words.contains("this session only reads (approval mode deny)"), "{words}");
}

#[tokio::test]
async fn edits_that_say_nothing_are_refused() {
    let bench = Bench::new();
    bench.file("a.txt", "one\n");
    let edit = |old: &str, new: &str| json!({"path": "a.txt", "edits": [{"old": old, "new": new}]});
    assert!(bench.error("edit", edit("", "x")).await.starts_with("edit: `edits[0].old` must not be empty"));
    assert!(bench.error("edit", edit("x", "x")).await.starts_with("edit: `edits[0].new` must differ from `old`"));
}
