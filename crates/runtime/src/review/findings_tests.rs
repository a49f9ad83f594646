//! Tests of what is made of a reviewer's words.

use super::*;
use crate::review::diff::files;

const DIFF: &str = "diff --git a/src/a.rs b/src/a.rs
--- a/src/a.rs
+++ b/src/a.rs
@@ -10,2 +10,3 @@
 one
+two
 three
";

fn finding(json: &str) -> Finding {
    let said: SaidFinding = serde_json::from_str(json).unwrap();
    said.checked(&files(DIFF), |place| place == "src/b.rs:3" || place == "src/a.rs:1")
}

#[test]
fn a_place_is_looked_up_in_the_diff_and_then_in_the_files() {
    let at = |json: &str| {
        let finding = finding(json);
        (finding.file, finding.line, finding.found_at)
    };
    let a = |line, found| ("src/a.rs".to_owned(), Some(line), found);
    assert_eq!(at(r#"{"file": "src/a.rs", "line": 11}"#), a(11, FoundAt::Diff));
    assert_eq!(at(r#"{"file": "b/src/a.rs", "line": "11-12"}"#), a(11, FoundAt::Diff));
    assert_eq!(at(r#"{"file": "`./src/a.rs:12`"}"#), a(12, FoundAt::Diff));
    assert_eq!(at(r#"{"file": "src/a.rs", "line": 1}"#), a(1, FoundAt::File));
    assert_eq!(at(r#"{"file": "src/a.rs", "line": 99}"#), a(99, FoundAt::Nowhere));
    assert_eq!(at(r#"{"file": "src/b.rs", "line": 3}"#), ("src/b.rs".to_owned(), Some(3), FoundAt::File));
    assert_eq!(at(r#"{"file": "src/a.rs", "line": null}"#), ("src/a.rs".to_owned(), None, FoundAt::Diff));
    assert_eq!(at(r#"{"file": "../etc/passwd", "line": 1}"#).2, FoundAt::Nowhere);
    assert_eq!(at("{}").2, FoundAt::Nowhere);
}

#[test]
fn only_what_a_reviewer_calls_mild_is_mild() {
    let severity = |said: &str| finding(&format!("{{\"severity\": {said}}}")).severity;
    for said in [r#""high""#, r#""High""#, r#""HIGH ""#, r#""critical""#, r#""blocker""#, r#"" ""#, "null", "3"] {
        assert_eq!(severity(said), Severity::High, "{said}");
    }
    assert_eq!((severity(r#""Medium""#), severity(r#"" LOW""#)), (Severity::Medium, Severity::Low));
    assert_eq!(finding("{}").severity, Severity::High, "not said");
}

#[test]
fn null_is_as_good_as_nothing() {
    let said: Said = serde_json::from_str(
        r#"{"approve": true, "summary": null, "findings": [{"severity": "low", "file": null, "line": null, "title": null, "detail": null}]}"#,
    )
    .unwrap();
    assert_eq!((said.summary.as_str(), said.findings.len()), ("", 1));
    assert_eq!((said.findings[0].title.as_str(), said.findings[0].detail.as_str()), ("", ""));
    assert!(serde_json::from_str::<Said>(r#"{"approve": true, "findings": null}"#).unwrap().findings.is_empty());
    assert!(serde_json::from_str::<Said>(r#"{"approve": null}"#).is_err(), "the verdict itself has to be said");
}

#[test]
fn a_review_is_read_by_people() {
    let review = Review {
        verdict: ReviewVerdict::Objections,
        range: "main..HEAD".to_owned(),
        brain: "anthropic/claude-opus-5-5".to_owned(),
        summary: "Adds a parser.".to_owned(),
        findings: vec![
            finding(
                r#"{"severity": "high", "file": "src/a.rs", "line": 11, "title": "it panics", "detail": "On an empty input.\nReturn early."}"#,
            ),
            finding(r#"{"severity": "low", "file": "src/zzz.rs", "line": 4, "title": "made up", "detail": ""}"#),
        ],
        files: vec!["src/a.rs".to_owned()],
        left_out: vec!["src/big.rs: 3 of 9 parts".to_owned()],
        requests: 1,
        usd: Some(Usd::from_dollars(0.0123)),
    };
    insta::assert_snapshot!(review.markdown());
}
