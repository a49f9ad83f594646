//! Which demos there are. A new one is a folder in `examples/repos`, a file in `examples/scenarios`, and a row here.

use clap::builder::{PossibleValue, PossibleValuesParser};

/// A demo: a repository, a user's task in it, and the script of those who do it.
#[derive(Debug)]
pub(crate) struct Case {
    /// As named on the command line; the scenario is `examples/scenarios/NAME.yaml`.
    pub(crate) name: &'static str,
    /// One line for people.
    pub(crate) about: &'static str,
    /// The folder in `examples/repos`.
    pub(crate) repository: &'static str,
    /// The user's words. The scenario's main agent quotes them.
    pub(crate) task: &'static str,
    /// The command of the check `tests`, which decides.
    pub(crate) tests: &'static str,
}

impl Case {
    /// The program that the check starts, besides git all that a demo needs.
    pub(crate) fn program(&self) -> &'static str {
        self.tests.split(' ').next().unwrap_or(self.tests)
    }
}

const CARGO: &str = "cargo test --offline --quiet";
const NODE: &str = "node --test --test-reporter=dot";
const PYTHON: &str = "python3 -B -m unittest discover";

/// All of them, the one that is played without a name first.
pub(crate) static CASES: &[Case] = &[
    Case {
        name: "refactor",
        about: "a refactoring across a crate: delegation pays",
        repository: "shopfront",
        task: "We keep losing cents: amounts are f64 dollars all over this crate. Please replace them by an integer-cents \
               Money type. The printed output must not change. Rates and weights are not amounts, leave those alone.",
        tests: CARGO,
    },
    Case {
        name: "tiny",
        about: "a change so small that delegation loses money",
        repository: "greeter",
        task: "The evening should start at 17 o'clock, not at 18.",
        tests: CARGO,
    },
    Case {
        name: "es-modules",
        about: "a script and its end-to-end tests become ES modules: two real failures, and one that tests do not see",
        repository: "es-modules",
        task: "Please turn this search script into ES modules: import and export everywhere, tests included, no \
               createRequire. Callbacks stay callbacks. What it prints and its exit codes must not change.",
        tests: NODE,
    },
    Case {
        name: "remove-tracing",
        about: "an integration leaves 29 files; an indirect use that tests find, and one that only a review finds",
        repository: "remove-tracing",
        task: "Please take the tracing out of this service: spans, their export, the config keys, the middleware, tests and \
               docs. Nobody looks at it. Request ids, counters and the warnings about slow calls stay as they are.",
        tests: "python3 -m unittest -q && python3 scripts/leftovers.py span spans trace traces traced tracer tracing \
                traceparent exporter",
    },
    Case {
        name: "one-of",
        about: "a feature for a code generator: new tests that fail first, and a case that the user's words settle",
        repository: "one-of",
        task: "Please add oneOf to the generator. Discriminators work as in our API descriptions: a propertyName, and a mapping \
               that may name only some of the variants, the others go by their schema name. Modules of schemas without oneOf \
               must not change.",
        tests: "python3 -m unittest -q",
    },
    Case {
        name: "team-selector",
        about: "a requirement that is misread with green tests, and a review that notices",
        repository: "team-selector",
        task: "On the joint planning page I pick teams and want to see who they have in common, and how many that are. \
               Somebody on leave that week counts only for their home team. Guests do not count. The other pages must \
               not change.",
        tests: NODE,
    },
    Case {
        name: "reuse-extension",
        about: "a new extension, put together from the pieces that exist",
        repository: "reuse-extension",
        task: "The auditors need a monthly export: one gzipped CSV per month with names and account numbers masked, and \
               a list of checksums beside them. We have nearly all of that already, so please put it together from the \
               existing extensions. I do not want a second CSV writer to maintain.",
        tests: PYTHON,
    },
];

/// The demo of that name.
pub(crate) fn find(name: &str) -> Option<&'static Case> {
    CASES.iter().find(|case| case.name == name)
}

/// What the command line takes as a name, with a line on each.
pub(crate) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(CASES.iter().map(|case| PossibleValue::new(case.name).help(case.about)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::examples;

    /// On one line, whatever the file's line breaks.
    fn flat(text: &str) -> String {
        text.split_whitespace().filter(|word| *word != "#").collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_main_agent_of_every_case_quotes_the_users_words() {
        for case in CASES {
            let scenario = flat(&examples::scenario(case.name).unwrap());
            let quoted = scenario.matches(&flat(case.task)).count();
            assert!(quoted >= 2, "{}: at the top and in a brief, found {quoted} times", case.name);
        }
    }
}
