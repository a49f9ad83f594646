use super::*;

const NOW: Timestamp = Timestamp(1_000_000_000);

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn health() -> Health {
    Health::new(&Limits { slow_after: Some(Duration::from_secs(20)), ..Limits::default() })
}

fn error(kind: ErrorKind, status: Option<u16>) -> ProviderError {
    ProviderError { status, ..ProviderError::new(kind, "no") }
}

fn send(health: &Health, ended: &Ended<'_>, now: Timestamp) {
    health.admit(0, now).expect("let through");
    health.ended(ended, now);
}

#[test]
fn gw_09_half_of_the_calls_failing_opens_even_where_no_five_fail_in_a_row() {
    let health = health();
    let down = error(ErrorKind::Server, Some(500));
    for _ in 0..4 {
        send(&health, &Ended::Answered(Some(100)), NOW);
        send(&health, &Ended::Failed(&down), NOW);
    }
    assert_eq!(health.view(NOW).state, State::Closed, "eight calls say nothing yet");
    send(&health, &Ended::Answered(Some(100)), NOW);
    send(&health, &Ended::Failed(&down), NOW);
    let view = health.view(NOW);
    assert_eq!((view.state, view.calls, view.error_rate), (State::Open(Duration::from_secs(30)), 10, 0.5));
    let refused = health.admit(0, after(29)).unwrap_err();
    assert_eq!((refused.wait, refused.kind, refused.why), (Duration::from_secs(1), ErrorKind::Server, "breaker"));
}

#[test]
fn gw_09_half_open_lets_one_try_and_an_old_answer_does_not_close() {
    let health = health();
    let down = error(ErrorKind::Overloaded, Some(529));
    (0..6).for_each(|_| health.admit(0, NOW).unwrap());
    (0..5).for_each(|_| health.ended(&Ended::Failed(&down), NOW));
    health.ended(&Ended::Answered(Some(9)), NOW);
    assert!(matches!(health.view(NOW).state, State::Open(_)), "that call had begun before");
    assert_eq!(health.view(after(30)).state, State::HalfOpen);
    assert_eq!(health.admit(0, after(30)), Ok(()));
    assert!(health.admit(0, after(30)).is_err(), "a single one");
    health.ended(&Ended::Answered(Some(9)), after(31));
    assert_eq!(health.view(after(31)).state, State::Closed);
    assert_eq!(health.admit(0, after(31)), Ok(()));
}

#[test]
fn answers_that_all_begin_late_open_too() {
    let health = health();
    for _ in 0..10 {
        send(&health, &Ended::Answered(Some(25_000)), NOW);
    }
    assert!(matches!(health.view(NOW).state, State::Open(_)));
    assert_eq!(health.view(NOW).latency_ms, Some(25_000));
    health.admit(0, after(30)).unwrap();
    health.ended(&Ended::Answered(Some(25_000)), after(55));
    assert!(matches!(health.view(after(55)).state, State::Open(_)), "still slow");
    health.admit(0, after(85)).unwrap();
    health.ended(&Ended::Answered(Some(300)), after(86));
    assert_eq!(health.view(after(86)).state, State::Closed);
}

#[test]
fn gw_10_a_rate_limit_is_waited_out_and_is_no_failure() {
    let health = health();
    let slow_down = ProviderError { retry_after_ms: Some(7_000), ..error(ErrorKind::RateLimit, Some(429)) };
    (0..64).for_each(|_| health.admit(0, NOW).unwrap());
    (0..64).for_each(|_| health.ended(&Ended::Failed(&slow_down), NOW));
    assert_eq!(health.view(NOW).state, State::Closed);
    let refused = health.admit(0, NOW).unwrap_err();
    assert_eq!((refused.wait, refused.kind, refused.why), (Duration::from_secs(7), ErrorKind::RateLimit, "limit"));
    assert_eq!(health.admit(0, after(7)), Ok(()));
    assert!(health.admit(0, after(7)).is_err(), "not all 64 at once");
}

#[test]
fn a_request_that_is_wrong_says_nothing_against_who_refused_it() {
    let health = health();
    for (kind, status) in [
        (ErrorKind::InvalidRequest, 400),
        (ErrorKind::Auth, 401),
        (ErrorKind::Overflow, 413),
        (ErrorKind::NotFound, 404),
    ] {
        (0..5).for_each(|_| send(&health, &Ended::Failed(&error(kind, Some(status))), NOW));
    }
    assert_eq!((health.view(NOW).state, health.view(NOW).error_rate), (State::Closed, 0.0));
}

#[test]
fn gw_26_a_clock_that_is_set_back_makes_no_pause_longer() {
    let health = health();
    let down = error(ErrorKind::Transport, None);
    (0..5).for_each(|_| send(&health, &Ended::Failed(&down), NOW));
    let back = Timestamp(NOW.0 - 3_600_000);
    assert_eq!(health.admit(0, back).unwrap_err().wait, Duration::from_secs(30));
    let later = back.plus(Duration::from_secs(30));
    assert_eq!(health.admit(0, later), Ok(()), "thirty seconds are thirty seconds");
    health.ended(&Ended::Answered(None), later);
    assert_eq!(health.view(back).state, State::Closed);
}

#[test]
fn gw_26_a_machine_that_slept_lets_one_try_and_no_more() {
    let health = health();
    let down = error(ErrorKind::Transport, None);
    (0..5).for_each(|_| send(&health, &Ended::Failed(&down), NOW));
    assert_eq!(health.admit(0, after(8 * 3600)), Ok(()));
    assert!(health.admit(0, after(8 * 3600)).is_err());
}

#[test]
fn nothing_left_by_the_headers_is_waited_for() {
    let health = health();
    let headers: HeaderMap = [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "4s"),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect();
    health.observe(&headers, NOW);
    assert_eq!(health.view(NOW).headroom, 0.0);
    assert_eq!(health.admit(0, NOW).unwrap_err().wait, Duration::from_secs(4));
    assert_eq!(health.admit(0, after(4)), Ok(()));
}
