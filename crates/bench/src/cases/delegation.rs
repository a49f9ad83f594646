//! How a session was delegated, as `agent why` measures it: one definition for the bench and for people.

use std::process::Command;

use anyhow::{Context, bail};
use serde::Deserialize;

/// The `metrics` of `agent why SESSION --json`. What they mean is said in `bill::metrics`.
#[derive(Debug, Deserialize)]
pub(super) struct Measured {
    pub(super) delegations: u32,
    pub(super) first_handoff_step: Option<u32>,
    pub(super) own_exploration_share: Option<f64>,
    pub(super) rereads: u32,
    pub(super) corrective_edits: u32,
    pub(super) rounds_per_delegation: Option<f64>,
}

#[derive(Deserialize)]
struct Why {
    metrics: Measured,
}

/// Asks the given program, whose state folder holds the session.
pub(super) fn measure(agent: &mut Command, session: &str) -> anyhow::Result<Measured> {
    let output = agent.args(["why", session, "--json"]).output().context("`agent why` cannot be started")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`agent why {session}` ended with {}: {}", output.status, said.trim());
    }
    read(&String::from_utf8_lossy(&output.stdout))
}

pub(super) fn read(text: &str) -> anyhow::Result<Measured> {
    let why: Why = serde_json::from_str(text).context("`agent why --json` prints something else than expected")?;
    Ok(why.metrics)
}
