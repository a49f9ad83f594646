//! What a review refuses, and what it does where there is too much to look at, or no answer.

use protocol::Usd;
use runtime::{Limits, ReviewVerdict, ReviewWish, RuntimeError};

use crate::review::{APPROVES, OBJECTS, changed};
use crate::stage::{SOLO, Stage, never, text};

fn of(range: &str) -> ReviewWish {
    ReviewWish { range: Some(range.to_owned()), ..ReviewWish::default() }
}

#[tokio::test]
async fn nothing_that_differs_is_nothing_to_review_and_asks_nobody() {
    let stage = changed(OBJECTS).await;
    stage.commit("two");
    let review = stage.open().review(&ReviewWish::default(), &never()).await.unwrap();
    assert_eq!((review.verdict, review.verdict.exit_code()), (ReviewVerdict::Nothing, 0));
    assert_eq!(review.markdown(), "**Nothing to review**: the working tree against HEAD\n");
    assert!(stage.requests().is_empty());
}

#[tokio::test]
async fn before_the_first_commit_everything_is_new() {
    let stage = Stage::set(SOLO, APPROVES).await;
    stage.git(&["init", "--quiet"]);
    let review = stage.open().review(&ReviewWish::default(), &never()).await.unwrap();
    assert_eq!(review.files, ["README.md"]);
}

#[tokio::test]
async fn a_range_that_git_could_take_for_an_option_or_does_not_know_is_refused() {
    let stage = changed(OBJECTS).await;
    let session = stage.open();
    for (range, words) in [
        ("--output=made.txt", "begins with `-`"),
        ("main..--output=made.txt", "begins with `-`"),
        ("main HEAD", "holds a blank"),
        ("", "is empty"),
        ("no-such-branch..HEAD", "range \"no-such-branch..HEAD\" cannot be shown"),
        ("HEAD~99", "cannot be shown"),
    ] {
        let error = session.review(&of(range), &never()).await.unwrap_err();
        assert!(matches!(&error, RuntimeError::Input(said) if said.contains(words)), "{range}: {error}");
    }
    assert!(!stage.has("made.txt"));
    assert!(stage.requests().is_empty());
}

#[tokio::test]
async fn outside_of_a_repository_there_is_nothing_to_compare_with() {
    let stage = Stage::set(SOLO, OBJECTS).await;
    let error = stage.open().review(&ReviewWish::default(), &never()).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::Input(said) if said.contains("is not in a git repository")), "{error}");
}

#[tokio::test]
async fn credentials_beneath_the_workspace_are_shown_to_nobody() {
    let mut stage = Stage::set(SOLO, APPROVES).await;
    stage.environment.push(("HOME".to_owned(), stage.path("").display().to_string().trim_end_matches('/').to_owned()));
    stage.repository();
    stage.file(".ssh/id_ed25519", "a private key\n");
    stage.file("src/a.rs", "fn a() {}\n");
    let review = stage.open().review(&ReviewWish::default(), &never()).await.unwrap();
    assert_eq!(review.files, ["src/a.rs"]);
    assert!(!text(&stage.last()).contains("private key"));
}

#[tokio::test]
async fn a_long_diff_is_reviewed_in_parts_and_what_is_not_read_is_said() {
    let stage = changed(APPROVES).await;
    for file in 0..6 {
        let lines: String = (0..4_000).map(|line| format!("let name_{line} = {};\n", line * 7 + file)).collect();
        stage.file(&format!("src/part{file}.rs"), lines);
    }
    let review = stage.open().review(&ReviewWish::default(), &never()).await.unwrap();
    assert!(review.requests > 1 && review.requests < 9, "{}", review.requests);
    assert_eq!(review.verdict, ReviewVerdict::Approved, "{:?}", review.left_out);
    let sent: String = stage.requests().iter().map(text).collect();
    for file in 0..6 {
        assert_eq!(sent.matches(&format!("+++ b/src/part{file}.rs")).count(), 1, "each file once");
    }
    assert!(stage.person.notices.lock().unwrap().iter().any(|notice| notice.starts_with("review: part 1 of ")));
    // One file that is longer than a request takes.
    let lines: String = (0..60_000).map(|line| format!("let name_{line} = {line};\n")).collect();
    stage.file("src/endless.rs", lines);
    let review = stage.open().review(&ReviewWish::default(), &never()).await.unwrap();
    assert_eq!(review.verdict, ReviewVerdict::Incomplete, "nobody looked at all of it");
    assert!(review.left_out.iter().any(|left| left.starts_with("src/endless.rs: about ")), "{:?}", review.left_out);
    assert_eq!(review.verdict.exit_code(), 1);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_the_providers_fault_and_no_approval() {
    let mumbles = "  - id: reviewer\n    when: {any: true}\n    otherwise: {say: Looks good to me.}\n";
    let stage = changed(mumbles).await;
    let error = stage.open().review(&ReviewWish::default(), &never()).await.unwrap_err();
    assert!(error.to_string().contains("its answer could not be read"), "{error}");
    assert_eq!(error.status().exit_code(), 4);
}

#[tokio::test]
async fn a_severe_finding_is_an_objection_whatever_the_reviewer_makes_of_it() {
    let kind = OBJECTS.replace("\"approve\": false", "\"approve\": true");
    let stage = changed(&kind).await;
    let review = stage.open().review(&ReviewWish::default(), &never()).await.unwrap();
    assert_eq!(review.verdict, ReviewVerdict::Objections);
}

#[tokio::test]
async fn a_review_is_paid_from_the_sessions_budget() {
    let mut stage = changed(OBJECTS).await;
    stage.limits = Limits { usd: Some(Usd::from_dollars(0.000_001)), steps: None };
    let session = stage.open();
    session.review(&ReviewWish::default(), &never()).await.unwrap();
    let error = session.review(&ReviewWish::default(), &never()).await.unwrap_err();
    assert_eq!(error.status().exit_code(), 3, "{error}");
    assert_eq!(stage.requests().len(), 1);
}
