#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use proptest::prelude::*;

use super::*;

#[test]
fn short_output_is_whole_and_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut capture = Capture::new(folder.path());
    capture.push(b"one\n");
    capture.push(b"two\n");
    assert_eq!(capture.text(), "one\ntwo\n");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn long_output_shows_both_ends_by_whole_lines_and_names_the_file_with_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut capture = Capture::new(folder.path());
    let lines: String = (1..=20_000).map(|number| format!("line {number}\n")).collect();
    capture.push(lines.as_bytes());
    let text = capture.text();
    assert!(text.starts_with("line 1\nline 2\n"), "{text}");
    assert!(text.ends_with("line 19999\nline 20000\n"), "{text}");
    let file = folder.path().join("output-0001.log");
    let note = format!("of {} bytes (20000 lines in all) left out; all of it: {}]", lines.len(), file.display());
    assert!(text.contains(&note), "{text}");
    assert!(text.len() < HEAD + TAIL + 300);
    drop(capture);
    assert_eq!(std::fs::read_to_string(file).unwrap(), lines);
    for line in text.lines() {
        assert!(line.starts_with("line ") || line.starts_with("[…"), "cut within a line: {line}");
    }
}

#[test]
fn sec_40_the_file_of_long_output_holds_no_secrets_however_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let mut capture = Capture::new(folder.path());
    let key = ["ghp_", "a1B2c3D4e5F6g7H8i9J0k1L2"].concat();
    let line = format!("the token is {key} here\n");
    capture.push(line.repeat(HEAD).as_bytes());
    for byte in line.as_bytes() {
        capture.push(&[*byte]);
    }
    drop(capture);
    let kept = std::fs::read_to_string(folder.path().join("output-0001.log")).unwrap();
    assert_eq!(kept, "the token is [secret: code host token] here\n".repeat(HEAD + 1));
}

#[test]
fn a_folder_that_is_gone_loses_the_rest_and_says_so() {
    let mut capture = Capture::new(Path::new("/nonexistent/folder"));
    capture.push(&[b'x'; 100_000]);
    assert!(capture.text().contains("the rest is lost, writing it failed"), "{}", capture.text());
}

#[test]
fn colours_and_overwritten_progress_are_taken_out() {
    assert_eq!(clean(b"\x1b[31mred\x1b[0m\n10%\r50%\r100%\ndone\r\n"), "red\n100%\ndone\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_file_holds_every_byte_however_the_output_is_cut_into_pieces(
        sizes in proptest::collection::vec(0usize..25_000, 1..8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut capture = Capture::new(folder.path());
        let mut all = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let piece = vec![b'a' + index as u8; *size];
            all.extend_from_slice(&piece);
            capture.push(&piece);
        }
        prop_assert_eq!(capture.total, all.len() as u64);
        prop_assert!(capture.head.len() <= HEAD && capture.tail.len() <= TAIL);
        if all.len() > HEAD + TAIL {
            drop(capture);
            prop_assert!(std::fs::read(folder.path().join("output-0001.log")).unwrap() == all);
        } else {
            prop_assert_eq!(capture.text().into_bytes(), all);
        }
    }
}
