use serde_json::json;

use crate::support::Bench;

#[tokio::test]
async fn several_files_come_in_one_answer_with_numbered_lines() {
    let bench = Bench::new();
    bench.file("a.txt", "one\ntwo\n");
    bench.file("src/b.txt", "first\nsecond\nthird\nfourth");
    let files = json!({"files": [{"path": "a.txt"}, {"path": "src/b.txt", "offset": 2, "limit": 2}]});
    assert_eq!(
        bench.text("read", files).await,
        "== a.txt (lines 1-2 of 2)\n1\tone\n2\ttwo\n== src/b.txt (lines 2-3 of 4)\n2\tsecond\n3\tthird"
    );
}

#[tokio::test]
async fn one_unreadable_file_does_not_fail_the_others() {
    let bench = Bench::new();
    bench.file("src/parser.rs", "x\n");
    let text = bench.text("read", json!({"files": [{"path": "src/parsr.rs"}, {"path": "src/parser.rs"}]})).await;
    assert_eq!(
        text,
        "== src/parsr.rs (error)\nsrc/parsr.rs does not exist; did you mean src/parser.rs?\n== src/parser.rs (lines 1-1 of 1)\n1\tx"
    );
}

#[tokio::test]
async fn it_is_an_error_when_no_file_could_be_read() {
    let bench = Bench::new();
    bench.file("src/deep/config.toml", "x");
    let error = bench.error("read", json!({"files": [{"path": "config.toml"}, {"path": "src"}]})).await;
    assert_eq!(
        error,
        "== config.toml (error)\nconfig.toml does not exist; did you mean src/deep/config.toml?\n\
         == src (error)\nsrc is a folder (holds deep); use list"
    );
}

#[tokio::test]
async fn a_long_file_is_cut_with_a_note_how_to_go_on() {
    let bench = Bench::new();
    let lines: String = (1..=3_000).map(|number| format!("{number}\n")).collect();
    bench.file("long.txt", lines);
    let text = bench.text("read", json!({"files": [{"path": "long.txt"}]})).await;
    assert!(text.starts_with("== long.txt (lines 1-2000 of 3000)\n1\t1\n"), "{text}");
    assert!(text.ends_with("\n(lines 2001-3000 left out; read on with offset 2001)"), "{text}");
}

#[tokio::test]
async fn a_wide_file_is_cut_by_bytes_and_its_long_lines_too() {
    let bench = Bench::new();
    bench.file("wide.txt", format!("{}\n", "x".repeat(3_000)).repeat(100));
    let text = bench.text("read", json!({"files": [{"path": "wide.txt"}]})).await;
    assert!(text.len() < 55_000, "{}", text.len());
    assert!(text.contains("(line 1 has 3000 bytes; its first 2000 are shown)"));
    assert!(text.contains("left out; read on with offset "), "{}", &text[text.len() - 200..]);
}

#[tokio::test]
async fn a_call_for_more_than_fits_says_which_files_were_not_read() {
    let bench = Bench::new();
    let big = format!("{}\n", "x".repeat(99)).repeat(1_000);
    let names: Vec<String> = (0..5).map(|number| format!("{number}.txt")).collect();
    names.iter().for_each(|name| drop(bench.file(name, &big)));
    let files: Vec<_> = names.iter().map(|name| json!({"path": name})).collect();
    let text = bench.text("read", json!({"files": files})).await;
    assert!(
        text.ends_with("== 4.txt (not read: this call is full; read it in the next)"),
        "{}",
        &text[text.len() - 200..]
    );
}

#[tokio::test]
async fn binary_files_are_named_with_their_size() {
    let bench = Bench::new();
    bench.file("logo.png", b"\x89PNG\0\0\0");
    let text = bench.text("read", json!({"files": [{"path": "logo.png"}]})).await;
    assert_eq!(text, "== logo.png (binary, 7 bytes, not shown)");
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_shown_as_such() {
    let bench = Bench::new();
    bench.file("latin1.txt", b"caf\xe9\r\n");
    let text = bench.text("read", json!({"files": [{"path": "latin1.txt"}]})).await;
    assert_eq!(
        text,
        "== latin1.txt (lines 1-1 of 1, CRLF, not UTF-8: � stands for bytes that cannot be shown)\n1\tcaf�"
    );
}

#[tokio::test]
async fn empty_files_and_offsets_behind_the_end_are_told() {
    let bench = Bench::new();
    bench.file("empty", "");
    bench.file("short", "x\n");
    let text = bench.text("read", json!({"files": [{"path": "empty"}, {"path": "short", "offset": 9}]})).await;
    assert_eq!(text, "== empty (empty)\n== short (has 1 lines; offset 9 is behind its end)");
}

#[tokio::test]
async fn a_pipe_is_refused_at_once() {
    let bench = Bench::new();
    let made = std::process::Command::new("mkfifo").arg(bench.root.join("pipe")).status().unwrap();
    assert!(made.success());
    let error = bench.error("read", json!({"files": [{"path": "pipe"}]})).await;
    assert_eq!(error, "== pipe (error)\npipe is a pipe, socket or device; only files can be read");
}

#[tokio::test]
async fn a_wrong_shape_of_arguments_is_explained() {
    let bench = Bench::new();
    assert_eq!(bench.error("read", json!({"path": "a"})).await, "read: unknown field `path`; allowed: `files`");
    assert_eq!(
        bench.error("read", json!({"files": []})).await,
        "read: `files` must be a list of 1 to 20 objects with `path`, `offset`, `limit`; it has 0"
    );
    assert_eq!(
        bench.error("read", json!({"files": ["a"]})).await,
        "read: `files[0]` must be an object with `path`, `offset`, `limit`; found \"a\""
    );
}

#[tokio::test]
async fn a_capped_agent_gets_less_and_is_told_how_to_go_on() {
    let mut bench = Bench::new();
    bench.file("a.txt", "line of text\n".repeat(1_000));
    bench.file("b.txt", "more\n");
    bench.cap_reads(2_000);
    let text = bench.text("read", json!({"files": [{"path": "a.txt"}, {"path": "b.txt"}]})).await;
    assert!(text.len() < 2_400, "{}", text.len());
    assert!(text.contains("left out; read on with offset"), "{text}");
}
