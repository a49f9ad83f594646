//! Whether the wall around commands still comes up. It was tested when the session began; what it is built from can be taken away since.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// That the wall did not come up for the last command that was to run behind it: nothing was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallFell {
    /// Why, as far as it is known.
    pub why: String,
    /// For how many commands, one after the other.
    pub in_a_row: u32,
}

/// What a session knows of its wall. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct WallWatch(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    fell: Option<WallFell>,
    /// How often it fell at all.
    falls: u32,
}

impl WallWatch {
    /// What a command that begins now is to hand to [`WallWatch::stood`].
    pub(crate) fn falls(&self) -> u32 {
        self.lock().falls
    }

    /// It did not come up for a command.
    pub(crate) fn fell(&self, why: &str) {
        let mut known = self.lock();
        let before = known.fell.as_ref().map_or(0, |fell| fell.in_a_row);
        known.fell = Some(WallFell { why: why.to_owned(), in_a_row: before + 1 });
        known.falls += 1;
    }

    /// It stood around a command. One that began before the wall fell says nothing about it.
    pub(crate) fn stood(&self, falls: u32) {
        let mut known = self.lock();
        if known.falls == falls {
            known.fell = None;
        }
    }

    /// Whether it fell last.
    pub(crate) fn now(&self) -> Option<WallFell> {
        self.lock().fell.clone()
    }

    /// What was is forgotten.
    pub(crate) fn forget(&self) {
        self.lock().fell = None;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_that_stands_again_never_fell_and_an_old_command_says_nothing_about_it() {
        let wall = WallWatch::default();
        let old = wall.falls();
        wall.fell("gone");
        wall.fell("still gone");
        assert_eq!(wall.now(), Some(WallFell { why: "still gone".to_owned(), in_a_row: 2 }));
        wall.stood(old);
        assert!(wall.now().is_some());
        wall.stood(wall.falls());
        assert_eq!(wall.now(), None);
        wall.fell("gone again");
        assert_eq!(wall.now().unwrap().in_a_row, 1);
        wall.forget();
        assert_eq!(wall.now(), None);
    }
}
