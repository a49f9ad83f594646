//! Where nobody is there to say yes, a run that is refused again and again ends instead of going round.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::RuntimeError;
use crate::session::Core;

/// Refused calls in a row that end a run without a person.
const IN_A_ROW: u32 = 5;
/// Refused calls that end it in all.
const IN_ALL: u32 = 20;
/// From here on the model is told how many are left.
const TOLD_FROM: u32 = 3;

/// Refused calls of this run, of all agents.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    in_a_row: AtomicU32,
    in_all: AtomicU32,
}

impl Denials {
    /// A call did what it was asked.
    pub(crate) fn none(&self) {
        self.in_a_row.store(0, Ordering::Release);
    }

    /// One more; how many now, in a row and in all.
    fn one(&self) -> (u32, u32) {
        let in_a_row = self.in_a_row.fetch_add(1, Ordering::AcqRel) + 1;
        (in_a_row, self.in_all.fetch_add(1, Ordering::AcqRel) + 1)
    }
}

/// What follows from a refused call.
pub(crate) enum Denied {
    /// The run goes on; what the model is told besides.
    GoOn(Option<String>),
    /// It ends.
    End(RuntimeError),
}

/// Commands in a row around which the wall did not come up, after which a run without a person ends.
const WALL_FELL: u32 = 3;

impl Core {
    /// What ends a run in which no command can be run any more: nobody is there to mend that, and each further step costs.
    pub(crate) fn walled_off(&self) -> Option<RuntimeError> {
        let fell = self.tools.wall_fell().filter(|fell| fell.in_a_row >= WALL_FELL && !self.front.attended())?;
        Some(RuntimeError::Sandbox(fell.why))
    }

    /// A call was refused. Where a person is there, they see it and stop it themselves.
    pub(crate) fn denied(&self) -> Denied {
        if self.front.attended() {
            return Denied::GoOn(None);
        }
        let (in_a_row, in_all) = self.authority.denials.one();
        if in_a_row >= IN_A_ROW || in_all >= IN_ALL {
            let how =
                if in_a_row >= IN_A_ROW { format!("{in_a_row} calls in a row") } else { format!("{in_all} calls") };
            return Denied::End(RuntimeError::Blocked(format!(
                "{how} were not allowed, and nobody is there to allow them: the run ends here"
            )));
        }
        let told = in_a_row >= TOLD_FROM || in_all + 2 >= IN_ALL;
        Denied::GoOn(told.then(|| {
            format!(
                "[{in_a_row} calls in a row and {in_all} in all were not allowed, and nobody is there to allow them. The run ends at \
                 {IN_A_ROW} in a row or {IN_ALL} in all: do what needs no yes, or end and say what you need]"
            )
        }))
    }
}
