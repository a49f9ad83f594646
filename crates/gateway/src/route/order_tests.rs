use std::collections::BTreeMap;

use brains::{Ended, Limits};
use protocol::{ErrorKind, ProviderError};

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn bindings(weights: &[u32]) -> Vec<Arc<Binding>> {
    let of = |(at, weight): (usize, &u32)| {
        let binding = Binding::new(format!("house/m#{at}"), "house", "m", Vec::new(), &Limits::default());
        Arc::new(Binding { weight: *weight, ..binding })
    };
    weights.iter().enumerate().map(of).collect()
}

fn firsts(bindings: &[Arc<Binding>], spread: bool) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for session in 0..4_000 {
        let first = best_first(bindings, &format!("session-{session}"), None, spread, NOW)[0].name.clone();
        *counts.entry(first).or_default() += 1;
    }
    counts
}

#[test]
fn w56_a_session_stays_where_it_is_and_one_binding_more_moves_only_its_share() {
    let three = bindings(&[1, 1, 1]);
    let two = &three[..2];
    let mut moved = 0;
    for session in 0..1_000 {
        let session = format!("session-{session}");
        let first = |bindings: &[Arc<Binding>]| best_first(bindings, &session, None, false, NOW)[0].name.clone();
        assert_eq!(first(two), first(two));
        if first(two) != first(&three) {
            assert_eq!(first(&three), "house/m#2", "what moves goes to the new one");
            moved += 1;
        }
    }
    assert!((270..400).contains(&moved), "{moved}");
}

#[test]
fn weights_are_shares_of_the_sessions() {
    let counts = firsts(&bindings(&[1, 3]), false);
    assert!((850..1150).contains(&counts["house/m#0"]), "{counts:?}");
}

#[test]
fn what_is_left_alone_comes_last_whoever_was_there() {
    let both = bindings(&[1, 1]);
    let down = ProviderError::new(ErrorKind::Transport, "no");
    (0..5).for_each(|_| {
        both[0].admit(0, NOW).unwrap();
        both[0].ended(&Ended::Failed(&down), NOW);
    });
    for session in 0..100 {
        let order = best_first(&both, &session.to_string(), Some("house/m#0"), false, NOW);
        assert_eq!((order[0].name.as_str(), order.len()), ("house/m#1", 2));
    }
}

#[test]
fn new_sessions_prefer_room_and_old_ones_stay_with_their_cache() {
    let both = bindings(&[1, 1]);
    let headers = [
        ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "5"),
        ("x-ratelimit-reset-requests", "60s"),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    both[0].observe(&headers, NOW);
    let counts = firsts(&both, true);
    assert!((650..950).contains(&counts["house/m#0"]), "a quarter against a whole: {counts:?}");
    assert!((1850..2150).contains(&firsts(&both, false)["house/m#0"]));
    assert_eq!(best_first(&both, "any", Some("house/m#0"), false, NOW)[0].name, "house/m#0");
}
