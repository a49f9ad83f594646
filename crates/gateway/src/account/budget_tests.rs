use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::Timestamp;

use super::*;
use crate::account::tokens;

fn grant(dollars: f64) -> Grant {
    let state = tempfile::tempdir().unwrap();
    tokens::add(state.path(), "ci", Some(Usd::from_dollars(dollars)), BTreeSet::new(), Timestamp(1_000)).unwrap();
    tokens::list(state.path()).unwrap().remove(0)
}

fn usd(dollars: f64) -> Usd {
    Usd::from_dollars(dollars)
}

#[test]
fn gw_18_of_64_requests_racing_at_the_limit_no_more_goes_through_than_is_in_flight() {
    for (estimate, actual) in [(0.10, 0.10), (0.10, 0.25), (0.10, 0.01), (0.0, 0.05)] {
        let (budgets, grant) = (Arc::<Budgets>::default(), grant(1.0));
        let (together, most, in_flight) = (Barrier::new(64), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|threads| {
            for _ in 0..64 {
                threads.spawn(|| {
                    together.wait();
                    let Ok(mut held) = budgets.reserve(&grant, usd(estimate), || usd(0.55)) else { return };
                    most.fetch_max(in_flight.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    held.settle(usd(actual));
                    in_flight.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        let (spent, held) = budgets.of("ci");
        assert_eq!(held, Usd::ZERO, "everything is given back");
        let overshoot = (spent.dollars() - 1.0).max(0.0);
        let bound = most.load(Ordering::SeqCst) as f64 * f64::max(actual, estimate);
        assert!(overshoot <= bound + 1e-9, "{spent}: {overshoot} over, {bound} in flight");
        assert!(spent >= usd(0.55 + actual), "some go through");
    }
}

#[test]
fn gw_18_what_is_held_is_given_back_on_every_way_out() {
    let (budgets, grant) = (Arc::<Budgets>::default(), grant(1.0));
    let reserve = || budgets.reserve(&grant, usd(0.4), || Usd::ZERO);
    // Dropped without an end.
    drop(reserve().unwrap());
    assert_eq!(budgets.of("ci"), (Usd::ZERO, Usd::ZERO));
    // A failed attempt, then one that cost less.
    let mut held = reserve().unwrap();
    held.settle(Usd::ZERO);
    assert_eq!(budgets.of("ci"), (Usd::ZERO, usd(0.4)));
    held.settle(usd(0.1));
    assert_eq!(budgets.of("ci"), (usd(0.1), usd(0.3)));
    drop(held);
    assert_eq!(budgets.of("ci"), (usd(0.1), Usd::ZERO));
    // More than was held.
    let mut held = reserve().unwrap();
    held.settle(usd(0.5));
    assert_eq!(budgets.of("ci"), (usd(0.6), Usd::ZERO));
    held.settle(usd(0.1));
    drop(held);
    assert_eq!(budgets.of("ci"), (usd(0.7), Usd::ZERO));
    // The one that panics.
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _held = reserve().unwrap();
        panic!("in the middle of a request");
    }));
    assert!(died.is_err());
    assert_eq!(budgets.of("ci"), (usd(0.7), Usd::ZERO));
}

#[test]
fn who_is_refused_learns_whether_waiting_helps() {
    let (budgets, grant) = (Arc::<Budgets>::default(), grant(1.0));
    let mut first = budgets.reserve(&grant, usd(3.0), || usd(0.9)).expect("something is left: it goes through");
    let error = budgets.reserve(&grant, usd(0.01), || Usd::ZERO).unwrap_err();
    assert_eq!((error.kind, error.status, error.retry_after_ms), (ErrorKind::RateLimit, Some(429), Some(1_000)));
    first.settle(usd(0.2));
    drop(first);
    let error = budgets.reserve(&grant, usd(0.01), || Usd::ZERO).unwrap_err();
    assert_eq!((error.kind, error.status, error.retry_after_ms), (ErrorKind::Billing, Some(402), None));
    assert!(error.message.contains("`ci`") && error.message.contains("$1.10 of $1.00"), "{}", error.message);
}

#[test]
fn a_new_token_of_an_old_name_begins_anew() {
    let (budgets, old) = (Arc::<Budgets>::default(), grant(1.0));
    let mut held = budgets.reserve(&old, usd(0.5), || usd(0.9)).unwrap();
    let mut new = old.clone();
    new.created_at = Timestamp(2_000);
    let other = budgets.reserve(&new, usd(0.5), || Usd::ZERO).unwrap();
    held.settle(usd(5.0));
    drop(held);
    assert_eq!(budgets.of("ci"), (Usd::ZERO, usd(0.5)), "the old one's requests are not the new one's");
    drop(other);
}
