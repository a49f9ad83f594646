//! The offline demo: a whole refactoring with scripted models and real prices. Files, git, tests, verification, ledger and
//! cache billing are the real thing; only the models' words come from a scenario file.

mod copy;
mod play;
mod repos;
mod table;

pub(crate) use copy::{WorkingCopy, folder, save};
pub(crate) use play::{Played, play};
pub(crate) use table::{Comparison, render};

use crate::args::DemoScenario;

/// Everything that a demo consists of.
pub(crate) struct Demo {
    /// As named on the command line.
    pub(crate) name: &'static str,
    /// The example repository, as `(path, text)`.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// The scenario file.
    pub(crate) scenario: &'static str,
    /// The user's words.
    pub(crate) task: &'static str,
    /// Name and command of the check that decides.
    pub(crate) verify: (&'static str, &'static str),
}

/// The demo of that name.
pub(crate) fn find(name: DemoScenario) -> Demo {
    const TESTS: (&str, &str) = ("tests", "cargo test --offline --quiet");
    match name {
        DemoScenario::Refactor => Demo {
            name: "refactor",
            files: repos::SHOPFRONT,
            scenario: include_str!("../../../../examples/scenarios/refactor.yaml"),
            task: "We keep losing cents: amounts are f64 dollars all over this crate. Please replace them by an integer-cents \
                   Money type. The printed output must not change. Rates and weights are not amounts, leave those alone.",
            verify: TESTS,
        },
        DemoScenario::Tiny => Demo {
            name: "tiny",
            files: repos::GREETER,
            scenario: include_str!("../../../../examples/scenarios/tiny.yaml"),
            task: "The evening should start at 17 o'clock, not at 18.",
            verify: TESTS,
        },
    }
}
