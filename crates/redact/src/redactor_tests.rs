#![allow(clippy::disallowed_methods, reason = "tests measure time")]

use std::borrow::Cow;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::Redactor;

const CANARY: &str = "sk-CANARY-0f8fad5b-d9cb-469f-a165-70867728950e";

fn knowing(secret: &str) -> Redactor {
    let redactor = Redactor::default();
    assert!(redactor.learn(secret));
    redactor
}

#[test]
fn sec_40_a_known_secret_is_found_in_every_form() {
    let secret = "pa/ss\"wörd+with=odd\\chars&42";
    let redactor = knowing(secret);
    let json = serde_json::json!({ "key": secret }).to_string();
    for text in [
        secret.to_owned(),
        json,
        format!("{secret:?}"),
        STANDARD.encode(secret),
        format!("Basic {}", STANDARD.encode(format!("user:{secret}"))),
        "pa%2Fss%22w%C3%B6rd%2Bwith%3Dodd%5Cchars%2642".to_owned(),
        "pa%2fss%22w%c3%b6rd%2bwith%3dodd%5cchars%2642".to_owned(),
    ] {
        let redacted = redactor.redact_known(&text);
        assert!(redacted.contains("[secret: known value]"), "{text} -> {redacted}");
        for part in ["odd", "wörd", "2Bwith", "2bwith"] {
            assert!(!redacted.contains(part), "{text} -> {redacted}");
        }
    }
}

#[test]
fn sec_41_the_beginning_of_a_key_is_as_secret_as_the_key() {
    let redactor = knowing(CANARY);
    assert_eq!(
        redactor.redact_known("bad key sk-CANARY-0f8fad5b-d9cb... sent"),
        "bad key [secret: known value]... sent"
    );
    assert_eq!(redactor.redact(&format!("a {CANARY} b")), "a [secret: known value] b");
    // What all keys of a vendor have in common is no secret.
    let redactor = knowing("sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789");
    assert_eq!(redactor.redact("keys begin with sk-ant-api03-"), "keys begin with sk-ant-api03-");
}

#[test]
fn known_values_come_before_looks_and_one_mark_stands_for_both() {
    let redactor = knowing("hunter2hunter2");
    assert_eq!(redactor.redact("https://me:hunter2hunter2@a.test/"), "https://me:[secret: known value]@a.test/");
    assert_eq!(redactor.redact("x hunter2hunter2hunter2hunter2"), "x [secret: known value][secret: known value]");
}

#[test]
fn what_a_model_works_on_keeps_what_only_looks_secret() {
    let text = "const SAMPLE: &str = \"AKIAABCDEFGHIJ234567\";";
    let redactor = knowing(CANARY);
    assert_eq!(redactor.redact_known(text), text);
    assert_eq!(redactor.redact(text), "const SAMPLE: &str = \"[secret: cloud key]\";");
}

#[test]
fn clones_know_the_same_and_nothing_is_shown_by_debug() {
    let redactor = Redactor::default();
    let clone = redactor.clone();
    assert!(redactor.learn("correct horse battery"));
    assert_eq!(clone.redact("the correct horse battery staple"), "the [secret: known value] staple");
    assert!(!format!("{redactor:?}").contains("correct"));
}

#[test]
fn short_values_are_not_looked_for_and_it_is_said() {
    let redactor = Redactor::default();
    assert!(!redactor.learn("  ollama\n"));
    assert!(matches!(redactor.redact("ollama run"), Cow::Borrowed("ollama run")));
}

#[test]
fn a_learned_beginning_becomes_a_whole_when_it_is_learned_itself() {
    let redactor = knowing(CANARY);
    assert!(redactor.learn("sk-CANARY-0f"));
    assert_eq!(redactor.redact_known("sk-CANARY-0f_more"), "[secret: known value]_more");
}

#[test]
fn a_megabyte_is_read_within_seconds() {
    let redactor = knowing(CANARY);
    let text = "fn main() { let token = lexer.next(); } // https://a.test/x?y=z 0123456789abcdef\n".repeat(12_000);
    // The fastest of three: what other programs of the machine take is not counted.
    let took = (0..3).map(|_| {
        let began = Instant::now();
        assert!(matches!(redactor.redact(&text), Cow::Borrowed(_)));
        began.elapsed().as_secs_f64()
    });
    let best = took.fold(f64::INFINITY, f64::min);
    assert!(best < 3.0, "{best} s");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sec_40_no_known_secret_survives_and_a_second_pass_changes_nothing(
        secret in "[!-~]{8,40}",
        before in "[ -~]{0,30}",
        after in "[ -~]{0,30}",
    ) {
        let redactor = knowing(&secret);
        let text = format!("{before}{secret}{after}{secret}");
        let redacted = redactor.redact(&text).into_owned();
        prop_assert!(!redacted.contains(&secret), "{}", redacted);
        let again = redactor.redact(&redacted).into_owned();
        prop_assert!(!again.contains(&secret), "{}", again);
    }

    #[test]
    fn sec_40_base64_of_anything_around_a_secret_is_redacted(
        secret in "[a-zA-Z0-9_-]{12,40}",
        before in "[a-z:]{0,7}",
        after in "[a-z]{0,7}",
    ) {
        let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
        let redacted = knowing(&secret).redact_known(&encoded).into_owned();
        prop_assert!(redacted.contains("[secret: known value]"), "{} {}", encoded, redacted);
    }
}
