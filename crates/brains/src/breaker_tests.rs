use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn after(span: Duration) -> Timestamp {
    NOW.plus(span)
}

fn open() -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..FAILURES {
        assert_eq!(breaker.admit(NOW), Ok(()));
        breaker.failed(ErrorKind::Overloaded, None, NOW);
    }
    breaker
}

#[test]
fn t11_failures_in_a_row_close_the_way_for_a_pause_and_an_answer_between_them_does_not() {
    let mut breaker = Breaker::default();
    for _ in 0..4 * FAILURES {
        for _ in 1..FAILURES {
            breaker.failed(ErrorKind::Server, None, NOW);
        }
        breaker.answered(None, NOW);
        assert_eq!(breaker.admit(NOW), Ok(()));
    }
    let refused = open().admit(after(Duration::from_secs(10)));
    assert_eq!(refused, Err((PAUSE - Duration::from_secs(10), ErrorKind::Overloaded)));
    assert!(open().admit(after(PAUSE - Duration::from_millis(1))).is_err());
}

#[test]
fn t11_after_the_pause_one_call_tries_and_what_comes_of_it_decides() {
    let mut breaker = open();
    assert_eq!(breaker.admit(after(PAUSE)), Ok(()));
    assert!(breaker.admit(after(PAUSE)).is_err(), "one, not all that waited");
    let mut works = breaker;
    works.answered(None, after(PAUSE));
    assert_eq!(works.admit(after(PAUSE)), Ok(()));
    breaker.failed(ErrorKind::Timeout, None, after(PAUSE));
    assert_eq!(breaker.admit(after(PAUSE)), Err((PAUSE, ErrorKind::Timeout)));
    assert_eq!(breaker.admit(after(2 * PAUSE)), Ok(()));
}

#[test]
fn t11_a_try_that_was_given_up_leaves_the_way_to_the_next_one() {
    let mut breaker = open();
    assert_eq!(breaker.admit(after(PAUSE)), Ok(()));
    breaker.left(after(PAUSE));
    assert_eq!(breaker.admit(after(PAUSE)), Ok(()));
    assert!(breaker.admit(after(PAUSE)).is_err());
}

#[test]
fn the_model_of_a_body_is_found_wherever_it_stands() {
    assert_eq!(model_of(br#"{"messages":[{"model":"no"}],"model":"yes"}"#), "yes");
    for none in [&b"{}"[..], b"[]", b"", br#"{"model":7}"#] {
        assert_eq!(model_of(none), "");
    }
}
