use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn resets_are_read_as_providers_write_them() {
    let now = Timestamp(1_700_000_000_000);
    for (text, ms) in [
        ("6m0s", 360_000),
        ("120ms", 120),
        ("1s", 1_000),
        ("1.5", 1_500),
        ("1h2m", 3_720_000),
        ("2023-11-14T22:13:25Z", 5_000),
    ] {
        assert_eq!(span(text, now), Some(Duration::from_millis(ms)), "{text}");
    }
    for text in ["", "soon", "1x", "-3", "s"] {
        assert_eq!(span(text, now), None, "{text}");
    }
}

#[test]
fn the_scarcest_limit_counts_and_grows_back_until_its_reset() {
    let now = Timestamp(1_000_000);
    let mut headroom = Headroom::default();
    assert_eq!(headroom.share(now), 1.0);
    let told = headroom.read(
        &headers(&[
            ("x-ratelimit-limit-requests", "600"),
            ("x-ratelimit-remaining-requests", "300"),
            ("x-ratelimit-reset-requests", "30s"),
            ("x-ratelimit-limit-tokens", "1000"),
            ("x-ratelimit-remaining-tokens", "100"),
            ("x-ratelimit-reset-tokens", "10s"),
        ]),
        now,
        now,
    );
    assert_eq!(told, Told { requests: Some(600.0), empty_until: None });
    assert!((headroom.share(now) - 0.1).abs() < 1e-9);
    assert!((headroom.share(now.plus(Duration::from_secs(5))) - 0.55).abs() < 1e-9);
    assert_eq!(headroom.share(now.plus(Duration::from_secs(30))), 1.0);
}

#[test]
fn nothing_left_is_told_with_the_moment_of_its_reset() {
    let (now, steady) = (Timestamp(1_700_000_000_000), Timestamp(5_000));
    let told = Headroom::default().read(
        &headers(&[
            ("anthropic-ratelimit-input-tokens-limit", "1000"),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2023-11-14T22:13:25Z"),
        ]),
        now,
        steady,
    );
    assert_eq!(told.empty_until, Some(Timestamp(10_000)));
}
