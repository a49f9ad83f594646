//! How much has to be said in the instructions of a team so that its agents' prompts begin with as many tokens as the scenario
//! says: measured on the bill of a first short session, not computed.

use std::time::Duration;

use super::player::{Cast, Stage};
use super::story::{Scenario, Story, Then, Turn, Unit};
use super::teams::Way;

/// Tokens of instructions, by agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instructions {
    pub(crate) main: usize,
    pub(crate) sidekick: usize,
}

/// Rounds of measuring: the second one corrects what the first one's text added beside its own tokens.
const ROUNDS: usize = 2;

/// A session with one step of main, one delegation and an answer.
fn probe(solo: bool) -> Story {
    let units = if solo { vec![Unit::Judge] } else { vec![Unit::Judge, Unit::Batch { steps: 1 }, Unit::Judge] };
    let turns = vec![Turn { units, then: Then::Over }];
    Story { turns, useful_again: 0.0, step: Duration::ZERO, side_step: Duration::ZERO }
}

/// Measures a cast in a team.
pub(crate) async fn instructions(
    stage: &Stage,
    sizes: &Scenario,
    cast: &Cast,
    way: Way,
) -> anyhow::Result<Instructions> {
    let wanted = Instructions {
        main: sizes.static_prefix_tokens + sizes.appended_tokens_per_step,
        sidekick: sizes.delegation.sidekick_static_prefix_tokens + sizes.delegation.brief_tokens,
    };
    let mut said = Instructions::default();
    for _ in 0..ROUNDS {
        let played = stage.play(&probe(way.is_solo()), cast, way, said).await?;
        said.main = (said.main + wanted.main).saturating_sub(played.first_prompt("main"));
        said.sidekick = (said.sidekick + wanted.sidekick).saturating_sub(played.first_prompt("sidekick"));
    }
    Ok(said)
}
