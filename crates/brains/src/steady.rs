//! A time that never runs backwards.
//!
//! The clock that is handed down tells the time of day, which people and time servers set back. Pauses are spans: set back by an
//! hour in the middle of one, it would last an hour longer.

use protocol::Timestamp;

/// Makes of the times that it is told times that do not fall. What is missing when the clock is set back is added from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steady {
    last: u64,
    added: u64,
}

impl Steady {
    /// Now, never earlier than before.
    pub(crate) fn at(&mut self, now: Timestamp) -> Timestamp {
        let steady = now.0.saturating_add(self.added);
        if steady < self.last {
            self.added = self.added.saturating_add(self.last - steady);
        }
        self.last = self.last.max(steady);
        Timestamp(self.last)
    }

    /// The same without taking note of it.
    pub(crate) fn peek(self, now: Timestamp) -> Timestamp {
        let mut copy = self;
        copy.at(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gw_26_time_goes_on_from_where_it_was_when_the_clock_is_set_back() {
        let mut steady = Steady::default();
        assert_eq!(steady.at(Timestamp(10_000)), Timestamp(10_000));
        assert_eq!(steady.at(Timestamp(4_000)), Timestamp(10_000), "set back by six seconds");
        assert_eq!(steady.at(Timestamp(5_000)), Timestamp(11_000), "a second later is a second later");
        assert_eq!(steady.peek(Timestamp(6_000)), Timestamp(12_000));
        assert_eq!(steady.at(Timestamp(60_000)), Timestamp(66_000), "asleep for a while");
    }
}
