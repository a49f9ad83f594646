use super::*;

const IDLE: Duration = Duration::from_secs(60);

fn key(name: &str) -> Key {
    (None, name.into())
}

fn session(at: u64) -> Session {
    Session {
        lane: "fast".into(),
        strongest: 0,
        route: None,
        binding: "a/b".into(),
        head: [0; 16],
        messages: 1,
        calls: 1,
        tokens: (1, 1),
        output: 0,
        hints: Hints::default(),
        last: Timestamp(at),
    }
}

#[test]
fn the_one_that_was_silent_longest_goes_first() {
    let sessions = Sessions::new();
    for (at, name) in ["a", "b", "a", "c"].iter().enumerate() {
        sessions.put(key(name), session(at as u64), 2, IDLE);
    }
    let there = |name: &str| sessions.get(&key(name), IDLE, Timestamp(10)).is_some();
    assert_eq!((there("a"), there("b"), there("c"), sessions.len()), (true, false, true, 2));
}

#[test]
fn one_that_was_silent_too_long_is_forgotten() {
    let sessions = Sessions::new();
    sessions.put(key("a"), session(0), 10, IDLE);
    assert!(sessions.get(&key("a"), IDLE, Timestamp(60_000)).is_some());
    assert!(sessions.get(&key("a"), IDLE, Timestamp(60_001)).is_none());
    sessions.put(key("b"), session(60_001), 10, IDLE);
    assert_eq!(sessions.len(), 1, "and takes no room");
}

#[test]
fn a_token_sees_its_own_sessions_only() {
    let sessions = Sessions::new();
    sessions.put((Some("one".into()), "s".into()), session(0), 10, IDLE);
    assert!(sessions.get(&(Some("two".into()), "s".into()), IDLE, Timestamp(0)).is_none());
}
