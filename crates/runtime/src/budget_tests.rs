use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use super::*;

/// Released on every path, as `Reservation` does.
struct Held<'a>(&'a Budget, DelegationId);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.release(&self.1);
    }
}

fn picos(usd: Usd) -> i64 {
    usd.picos()
}

#[test]
fn perm_10_sixty_four_delegations_at_once_never_spend_more_than_the_limit() {
    const LIMIT: i64 = 1_000_000;
    let limit = Usd::from_picos(LIMIT);
    let budget = Budget::new(Some(limit), None);
    let ledger = AtomicI64::new(0);
    let (began, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for worker in 0..64 {
            let (budget, ledger, began, refused) = (&budget, &ledger, &began, &refused);
            scope.spawn(move || {
                for round in 0..40 {
                    let id = DelegationId::new(format!("{worker}-{round}"));
                    let spent = || (Usd::from_picos(ledger.load(Ordering::SeqCst)), Usd::ZERO);
                    if budget.take(limit, Wanted { delegation: &id, own: None, spent: &spent }).is_err() {
                        refused.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    let held = Held(budget, id);
                    began.fetch_add(1, Ordering::Relaxed);
                    let share = picos(budget.reserved(&held.1).unwrap());
                    // In pieces, while others begin; some give up half-way.
                    for piece in [share / 3, share / 3, share - 2 * (share / 3)] {
                        if round % 5 == 4 {
                            break;
                        }
                        ledger.fetch_add(piece, Ordering::SeqCst);
                        std::thread::yield_now();
                        assert!(ledger.load(Ordering::SeqCst) <= LIMIT);
                    }
                }
            });
        }
    });
    assert!(budget.reserved.lock().unwrap().is_empty(), "everything was given back");
    assert!(ledger.load(Ordering::SeqCst) <= LIMIT);
    assert!(began.load(Ordering::Relaxed) > 10 && refused.load(Ordering::Relaxed) > 0);
    assert!(ledger.load(Ordering::SeqCst) > LIMIT / 2, "and most of it could be used");
}

#[test]
fn perm_10_what_is_promised_at_the_same_time_is_never_more_than_what_is_left() {
    let limit = Usd::from_picos(1_000_000);
    let budget = Budget::new(Some(limit), None);
    std::thread::scope(|scope| {
        for worker in 0..64 {
            let budget = &budget;
            scope.spawn(move || {
                let id = DelegationId::new(format!("{worker}"));
                let spent = || (Usd::ZERO, Usd::ZERO);
                let _ = budget.take(limit, Wanted { delegation: &id, own: None, spent: &spent });
            });
        }
    });
    let promised: Usd = budget.reserved.lock().unwrap().values().copied().sum();
    assert!(promised <= limit, "{promised} of {limit}");
    assert!(picos(promised) > picos(limit) / 2);
}
