//! The policy's lanes with the brains that they have here, and what is known of a task before it begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::{Brain, Timestamp};
use routing::{Hints, Policy};
use runtime::{Lane, Lanes, Look, Sight};
use store::Store;
use team::Team;

use super::Names;
use crate::args::LaneArgs;
use crate::commands::router;
use crate::config::Context;
use crate::config::lanes::of_team;
use crate::config::repository::signals_of_repository;
use crate::failure::Failure;

/// What a session needs to send its tasks to lanes.
pub(super) fn of(
    (context, store): (&Context, &Store),
    policy: &Arc<Policy>,
    team: &Team,
    names: &Names,
    said: &LaneArgs,
) -> anyhow::Result<Lanes> {
    let LanesHere { lanes, shuffle, verifier, told } = brains(policy, team, names, context.clock.now())?;
    told.iter().for_each(|words| crate::text::warn(words));
    if let Some(name) = &said.lane
        && !lanes.iter().any(|lane| lane.name == *name)
    {
        let known: Vec<&str> = lanes.iter().map(|lane| lane.name.as_str()).collect();
        return Err(Failure::usage_with(
            format!("--lane {name}: {} has no such lane", policy.source()),
            format!("it has {}", known.join(", ")),
        ));
    }
    let hints = Hints::written(&said.hints);
    let (forced, patience) = (said.lane.clone(), context.classifier_patience());
    let look = Some(look(context, store, policy));
    Ok(Lanes { lanes, shuffle, verifier, look, hints, forced, patience, ..Lanes::default() })
}

/// Looks at the repository as it stands, and asks the store who can be asked and what is left to be spent on trying.
fn look(context: &Context, store: &Store, policy: &Arc<Policy>) -> Look {
    let context = Context {
        environment: context.environment.clone(),
        home: context.home.clone(),
        root: context.root.clone(),
        clock: context.clock.clone(),
        catalogue: context.catalogue.clone(),
    };
    let (store, policy) = (store.clone(), policy.clone());
    Look::new(move || {
        let advisers = router::advisers(&store, &policy).map_err(|error| format!("{error:#}"))?;
        // What the store knows of earlier attempts is added where the task is known.
        let (signals, paths) = signals_of_repository(&context, &policy, 0);
        Ok(Sight { signals, paths, advisers })
    })
}

/// The lanes that can be used.
pub(crate) struct LanesHere {
    /// Cheap to strong.
    pub(crate) lanes: Vec<Lane>,
    /// By the lane's name those among whom a session's brain is drawn.
    pub(crate) shuffle: BTreeMap<String, Vec<(Brain, u32)>>,
    /// Who reviews.
    pub(crate) verifier: Option<Brain>,
    /// What is to be said of the models.
    pub(crate) told: Vec<String>,
}

/// Finds the brain of every lane: the one it names, otherwise the team's. `fast` is then the cheapest brain that the team has
/// beside main's own, every other lane main's.
///
/// # Errors
/// A lane's model that cannot be had here, with the lane's name.
pub(crate) fn brains(policy: &Policy, team: &Team, names: &Names, now: Timestamp) -> anyhow::Result<LanesHere> {
    let mut told = Vec::new();
    let mut named = |place: &str, text: &str| {
        let (brain, unlisted) = named(policy, team, names, place, text)?;
        told.extend(unlisted);
        anyhow::Ok(brain)
    };
    let (mut lanes, mut shuffle) = (Vec::new(), BTreeMap::new());
    for (at, lane) in policy.lanes.iter().enumerate() {
        let brain = match lane.written() {
            Some(text) => named(&format!("lane {}:", lane.name), &text)?,
            None => of_team(team, &names.catalogue, at, policy.lanes.len(), now).clone(),
        };
        let several = lane.shuffle.iter().map(|share| {
            Ok((named(&format!("lane {}:", lane.name), &share.brain.written(lane.effort))?, share.weight))
        });
        let several = several.collect::<anyhow::Result<Vec<_>>>()?;
        if !several.is_empty() {
            shuffle.insert(lane.name.clone(), several);
        }
        lanes.push(Lane { name: lane.name.clone(), brain, review: lane.review });
    }
    let verifier = policy.verifier.as_ref().and_then(|verifier| verifier.written());
    let verifier = verifier.map(|text| named("verifier:", &text)).transpose()?;
    Ok(LanesHere { lanes, shuffle, verifier, told })
}

/// Who reviews, where the policy names somebody.
///
/// # Errors
/// As [`brains`].
pub(crate) fn verifier(policy: &Policy, team: &Team, names: &Names) -> anyhow::Result<Option<Brain>> {
    let verifier = policy.verifier.as_ref().and_then(|verifier| verifier.written());
    let Some(text) = verifier else { return Ok(None) };
    let (brain, told) = named(policy, team, names, "verifier:", &text)?;
    told.iter().for_each(|words| crate::text::warn(words));
    Ok(Some(brain))
}

/// The brain that a place of the policy names: the team's own where it has that model, and what is to be said of it.
fn named(
    policy: &Policy,
    team: &Team,
    names: &Names,
    place: &str,
    text: &str,
) -> anyhow::Result<(Brain, Option<String>)> {
    let (choice, unlisted) = names.choice(place, text).map_err(|error| {
        Failure::usage_with(format!("{}: {error:#}", policy.source()), "name a model that is set up here")
    })?;
    let own = team.brains().find(|brain| {
        brain.provider == choice.at.provider
            && brain.model == choice.at.model
            && (choice.effort.is_none() || brain.effort == choice.effort)
    });
    let brain = own.cloned().unwrap_or_else(|| Brain {
        effort: choice.effort,
        max_tokens: team.main().brain.max_tokens,
        ..Brain::new(choice.at.provider, choice.at.model)
    });
    Ok((brain, unlisted))
}
