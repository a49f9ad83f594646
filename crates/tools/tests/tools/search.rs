use serde_json::json;

use crate::support::Bench;

fn project() -> Bench {
    let bench = Bench::new();
    bench.file(".gitignore", "target/\n*.log\n");
    bench.file("src/lib.rs", "pub fn alpha() {}\n\npub fn beta() {\n    alpha();\n}\n");
    bench.file("src/deep/mod.rs", "// alpha\n");
    bench.file("README.md", "Alpha and beta\n");
    bench.file("target/out.rs", "alpha\n");
    bench.file("run.log", "alpha\n");
    bench.file(".git/config", "alpha\n");
    bench.file("image.bin", b"alpha\0alpha\n");
    bench
}

#[tokio::test]
async fn a_listing_is_sorted_and_leaves_ignored_files_out() {
    let bench = project();
    assert_eq!(bench.text("list", json!({})).await, ".gitignore\nREADME.md\nimage.bin\nsrc/\nsrc/deep/\nsrc/lib.rs");
    assert_eq!(bench.text("list", json!({"path": "src", "depth": 1})).await, "src/deep/\nsrc/lib.rs");
}

#[tokio::test]
async fn a_listing_of_a_file_points_to_read() {
    let bench = project();
    assert_eq!(bench.error("list", json!({"path": "README.md"})).await, "README.md is a file, not a folder; use read");
}

#[tokio::test]
async fn a_long_listing_is_cut_with_a_count() {
    let bench = Bench::new();
    (0..510).for_each(|number| drop(bench.file(&format!("{number:03}"), "")));
    let text = bench.text("list", json!({})).await;
    assert!(text.ends_with("499\n(10 more entries; list a folder of them, or less depth)"), "{text}");
}

#[tokio::test]
async fn a_star_stays_within_a_folder_and_a_bare_name_is_found_at_any_depth() {
    let bench = project();
    assert_eq!(bench.text("glob", json!({"pattern": "src/*.rs"})).await, "src/lib.rs");
    assert_eq!(bench.text("glob", json!({"pattern": "src/**/*.rs"})).await, "src/deep/mod.rs\nsrc/lib.rs");
    assert_eq!(bench.text("glob", json!({"pattern": "*.rs"})).await, "src/deep/mod.rs\nsrc/lib.rs");
    assert_eq!(bench.text("glob", json!({"pattern": "*.rs", "path": "src/deep"})).await, "src/deep/mod.rs");
    assert_eq!(
        bench.text("glob", json!({"pattern": "*.py"})).await,
        "no file matches *.py in . (ignored files are not looked at)"
    );
}

#[tokio::test]
async fn a_broken_glob_is_explained() {
    let bench = project();
    let words = bench.error("glob", json!({"pattern": "src/[a"})).await;
    assert!(words.starts_with("glob: the pattern \"src/[a\" is not a glob: "), "{words}");
}

#[tokio::test]
async fn matches_come_by_file_with_line_numbers_and_without_binary_and_ignored_files() {
    let bench = project();
    assert_eq!(
        bench.text("grep", json!({"pattern": "alpha"})).await,
        "src/deep/mod.rs\n1:// alpha\n\nsrc/lib.rs\n1:pub fn alpha() {}\n4:    alpha();"
    );
}

#[tokio::test]
async fn context_case_glob_and_path_narrow_and_widen() {
    let bench = project();
    assert_eq!(
        bench.text("grep", json!({"pattern": "alpha\\(\\);", "context": 1})).await,
        "src/lib.rs\n3-pub fn beta() {\n4:    alpha();\n5-}"
    );
    assert_eq!(
        bench.text("grep", json!({"pattern": "alpha", "ignore_case": true, "glob": "*.md"})).await,
        "README.md\n1:Alpha and beta"
    );
    assert_eq!(
        bench.text("grep", json!({"pattern": "alpha", "path": "src/deep/mod.rs"})).await,
        "src/deep/mod.rs\n1:// alpha"
    );
}

#[tokio::test]
async fn files_and_counts_can_be_asked_for() {
    let bench = project();
    assert_eq!(bench.text("grep", json!({"pattern": "alpha", "mode": "files"})).await, "src/deep/mod.rs\nsrc/lib.rs");
    assert_eq!(
        bench.text("grep", json!({"pattern": "alpha", "mode": "count"})).await,
        "src/deep/mod.rs:1\nsrc/lib.rs:2"
    );
}

#[tokio::test]
async fn a_search_stops_at_its_limit_and_says_so() {
    let bench = Bench::new();
    bench.file("many", "hit\n".repeat(50));
    let text = bench.text("grep", json!({"pattern": "hit", "limit": 3})).await;
    assert_eq!(text, "many\n1:hit\n2:hit\n3:hit\n(stopped after 3 matches; narrow the search, or raise limit)");
    let exact = bench.text("grep", json!({"pattern": "hit", "limit": 50})).await;
    assert!(exact.ends_with("50:hit"), "{exact}");
}

#[tokio::test]
async fn long_lines_are_cut() {
    let bench = Bench::new();
    bench.file("wide", format!("hit{}", "x".repeat(10_000)));
    let text = bench.text("grep", json!({"pattern": "hit"})).await;
    assert!(text.len() < 400 && text.ends_with('…'), "{}", text.len());
}

#[tokio::test]
async fn a_broken_expression_is_explained_with_its_escaped_form() {
    let bench = project();
    let words = bench.error("grep", json!({"pattern": "alpha("})).await;
    assert!(words.starts_with("grep: `pattern` is not a regular expression"), "{words}");
    assert!(words.ends_with("(alpha\\()"), "{words}");
}

#[tokio::test]
async fn nothing_found_says_how_much_was_searched() {
    let bench = project();
    assert_eq!(
        bench.text("grep", json!({"pattern": "gamma"})).await,
        "no match for gamma in . (5 files searched; ignored and binary ones are not)"
    );
}

#[tokio::test]
async fn a_cancelled_search_ends() {
    let bench = project();
    bench.cancel.cancel();
    assert_eq!(bench.error("grep", json!({"pattern": "alpha"})).await, "grep: cancelled");
}
