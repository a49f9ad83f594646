//! Steps to make sequences of.

use routing::{CallFacts, Monitor, Policy, StepFacts, Verdict};

/// A call whose signature and result are these numbers.
pub(crate) fn call(signature: u64, result: u64) -> CallFacts {
    CallFacts { tool: "read".to_owned(), signature, result, ..CallFacts::default() }
}

/// A step with these calls.
pub(crate) fn step(calls: Vec<CallFacts>) -> StepFacts {
    StepFacts { calls, ..StepFacts::default() }
}

/// Looks at something new; `n` is what it sees.
pub(crate) fn look(n: u64) -> StepFacts {
    step(vec![call(n, n), call(n + 1_000_000, n + 1_000_000)])
}

/// Edits a file.
pub(crate) fn edit(path: &str, n: u64) -> StepFacts {
    step(vec![edit_call(path, n)])
}

pub(crate) fn edit_call(path: &str, n: u64) -> CallFacts {
    CallFacts { tool: "edit".to_owned(), edits: Some(path.to_owned()), ..call(n, n) }
}

/// Runs the tests; what they print is `n`.
pub(crate) fn test_call(passed: bool, n: u64) -> CallFacts {
    CallFacts { tool: "bash".to_owned(), check: Some(passed), error: !passed, ..call(7, n) }
}

/// Edits a file and runs the tests in the same step.
pub(crate) fn edit_and_test(path: &str, passed: bool, n: u64) -> StepFacts {
    step(vec![edit_call(path, n), test_call(passed, 9_000_000 + n)])
}

/// A call that fails.
pub(crate) fn error(n: u64) -> StepFacts {
    step(vec![error_call(n)])
}

pub(crate) fn error_call(n: u64) -> CallFacts {
    CallFacts { error: true, ..call(n, n) }
}

/// What the monitor says of each step under the built-in policy.
pub(crate) fn verdicts(monitor: &mut Monitor, steps: &[StepFacts]) -> Vec<Verdict> {
    let policy = Policy::builtin();
    steps.iter().map(|step| monitor.observe(&policy.monitor, step)).collect()
}
