use protocol::{ErrorKind, ProviderError, Timestamp};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::*;

/// 6 November 1994, 08:49:37 UTC.
const NOW: Timestamp = Timestamp(784_111_777_000);

fn hinted(pairs: &[(&'static str, &'static str)]) -> ProviderError {
    let mut error = status(429);
    let headers: HeaderMap =
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
    read_hints(&mut error, &headers, NOW);
    error
}

fn status(status: u16) -> ProviderError {
    ProviderError { status: Some(status), ..ProviderError::new(ErrorKind::Server, "") }
}

#[test]
fn milliseconds_outrank_seconds_and_both_may_have_fractions() {
    assert_eq!(hinted(&[("retry-after-ms", "1500.7"), ("retry-after", "9")]).retry_after_ms, Some(1_501));
    assert_eq!(hinted(&[("retry-after", "2.5")]).retry_after_ms, Some(2_500));
    assert_eq!(hinted(&[("retry-after-ms", "soon"), ("retry-after", "3")]).retry_after_ms, Some(3_000));
}

#[test]
fn a_date_is_counted_from_the_clock() {
    assert_eq!(hinted(&[("retry-after", "Sun, 06 Nov 1994 08:49:42 GMT")]).retry_after_ms, Some(5_000));
}

#[test]
fn a_wish_that_is_past_or_no_number_is_none() {
    for wish in ["Sun, 06 Nov 1994 08:49:30 GMT", "0", "-3", "nan", "inf", "", "tomorrow"] {
        assert_eq!(hinted(&[("retry-after", wish)]).retry_after_ms, None, "{wish}");
    }
}

#[test]
fn the_pause_doubles_from_half_a_second_to_eight_less_up_to_a_quarter() {
    let backoff = Backoff::new(Some(1));
    for (retry, full) in [(0, 500), (1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000), (5, 8_000), (5_000, 8_000)] {
        for _ in 0..50 {
            let pause = backoff.pause(retry, &status(500)).expect("a pause").as_millis();
            assert!((full * 3 / 4..=full).contains(&pause), "retry {retry}: {pause} ms");
        }
    }
}

#[test]
fn t07_the_same_seed_gives_the_same_pauses_and_no_seed_gives_others() {
    let pauses = |seed| {
        let backoff = Backoff::new(seed);
        (0..8).map(|retry| backoff.pause(retry, &status(500))).collect::<Vec<_>>()
    };
    assert_eq!(pauses(Some(3)), pauses(Some(3)));
    assert_ne!(pauses(Some(3)), pauses(Some(4)));
    assert_ne!(pauses(None), pauses(None));
}

#[test]
fn a_minute_is_waited_for_and_more_is_not() {
    let backoff = Backoff::new(Some(1));
    let asking = |ms| ProviderError { retry_after_ms: Some(ms), ..status(429) };
    assert_eq!(backoff.pause(0, &asking(60_000)), Some(Duration::from_secs(60)));
    assert_eq!(backoff.pause(0, &asking(60_001)), None);
}

#[test]
fn the_status_decides_where_there_is_one() {
    for code in [408, 409, 429, 500, 502, 503, 504, 520, 529] {
        assert!(may_help(&status(code), ""), "{code}");
    }
    for code in [301, 400, 401, 402, 403, 404, 413, 422] {
        assert!(!may_help(&status(code), "overloaded, you can retry your request"), "{code}");
    }
}

#[test]
fn the_providers_own_verdict_outranks_the_status() {
    assert!(may_help(&hinted(&[("x-should-retry", "true")]), ""));
    assert!(!may_help(&hinted(&[("x-should-retry", "false")]), ""));
    assert!(may_help(&ProviderError { should_retry: Some(true), ..status(400) }, ""));
}

#[test]
fn no_money_is_never_tried_again_whatever_the_headers_say() {
    let billing = ProviderError { should_retry: Some(true), ..ProviderError::new(ErrorKind::Billing, "") };
    assert!(!may_help(&billing, ""));
    let limited = ProviderError { should_retry: Some(true), ..status(429) };
    for text in [
        r#"{"error":{"code":"insufficient_quota"}}"#,
        r#"{"error":{"error_code":"enforced_spend_limit_reached"}}"#,
        r#"{"error":{"code":"organization_usage_limit_exceeded"}}"#,
        r#"{"error":{"code":"subscription_weekly_limit_exceeded"}}"#,
        r#"{"error":{"code": "1308"}}"#,
        "GoUsageLimitError: come back in five hours",
        "Quota exceeded, check your plan",
    ] {
        assert!(!may_help(&limited, text), "{text}");
    }
    assert!(may_help(&limited, r#"{"error":{"code":"rate_limit_exceeded","message":"1308 tokens too many"}}"#));
}

#[test]
fn an_error_inside_an_answer_is_judged_by_its_kind_and_then_its_words() {
    let inside = |kind, text: &str| may_help(&ProviderError::new(kind, text), text);
    assert!(inside(ErrorKind::Overloaded, "Overloaded"));
    assert!(inside(ErrorKind::Truncated, ""));
    assert!(inside(ErrorKind::InvalidRequest, "upstream said 503, sorry"));
    assert!(inside(ErrorKind::InvalidRequest, "The model is at capacity"));
    assert!(!inside(ErrorKind::InvalidRequest, "max_tokens: 5030 is too large"));
    assert!(!inside(ErrorKind::Overflow, "overloaded"));
    assert!(!inside(ErrorKind::Malformed, "502"));
    assert!(!inside(ErrorKind::Cancelled, ""));
}
