//! `agent route`: where a task would go, and why, without asking a model.

use std::path::PathBuf;

use clap::Args;
use protocol::{Brain, Route, Timestamp};
use routing::{Hints, Policy, in_words, lines};
use runtime::{Known, Lane, Lanes};
use serde_json::json;
use team::Team;

use super::router;
use crate::args::TeamArgs;
use crate::config::providers::Providers;
use crate::config::repository::signals_of_repository;
use crate::config::{Context, files, lanes, policy, teams};
use crate::failure::Failure;
use crate::text;

/// Stands for the provider of a model that is not set up here.
const UNKNOWN: &str = "?";

/// What is asked.
#[derive(Clone, Debug, Args)]
pub(crate) struct RouteArgs {
    /// The task; `-` reads it from standard input.
    pub(crate) task: String,
    /// Policy file (default: the one of this folder, else yours, else the built-in one).
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Something you know of the task, for example files=12 or auth_code=true; it may only raise the lane.
    #[arg(long = "hint", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub(crate) hints: Vec<String>,
    /// Say what every reason means, and where the policy came from.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) team: TeamArgs,
}

/// Runs the command.
pub(crate) fn run(context: &Context, asked: &RouteArgs) -> anyhow::Result<u8> {
    let task = if asked.task == "-" { files::read_stdin()? } else { asked.task.clone() };
    if task.trim().is_empty() {
        return Err(Failure::usage("the task is empty; say what is to be done, or `-` to read it from standard input"));
    }
    let policy = policy::find(context, asked.policy.as_deref(), &asked.team)?;
    let store = context.store()?;
    let crew = Crew::find(context, &asked.team)?;
    let (signals, paths) = signals_of_repository(context, &policy, 0);
    let checks: Vec<String> = crew.team.verify.iter().map(|entry| entry.command.clone()).collect();
    let hints = Hints::written(&asked.hints);
    for refused in hints.refused() {
        let keys = routing::HINT_KEYS.join(", ");
        text::warn(&format!(
            "hint refused ({refused}): the task goes to the strongest lane; hints are KEY=VALUE with {keys}"
        ));
    }
    let lanes = Lanes { lanes: crew.lanes(context, &policy), signals, paths, hints, ..Lanes::default() };
    let lanes = Lanes { advisers: router::advisers(&store, &policy)?, ..lanes };
    let repository = context.root.display().to_string();
    let failures = store.failures_of(&runtime::fingerprint(&task), &repository, Timestamp(0))?;
    let known = Known { task: &task, repository: &repository, checks: &checks, failures, ..Known::default() };
    let route = runtime::choose_lane(&policy, &lanes, &known, None);
    let brain = lanes.lanes.iter().find(|lane| lane.name == route.lane).map(|lane| &lane.brain);
    let model = brain.map(shown).unwrap_or_default();
    if asked.json {
        text::json(&in_json(&route, &model, &policy, asked.explain).to_string());
        return Ok(0);
    }
    lines(&route, &model).iter().for_each(|line| text::line(line));
    if asked.explain {
        explain(&route, &policy);
    }
    Ok(0)
}

/// `provider/model@effort`; a model that nobody here could say more of, as it is written.
fn shown(brain: &Brain) -> String {
    if brain.provider == UNKNOWN { brain.model.clone() } else { bill::account::brain_name(brain) }
}

/// The same fields as the lines, and the whole decision.
fn in_json(route: &Route, model: &str, policy: &Policy, explained: bool) -> serde_json::Value {
    let signals = &route.signals;
    let mut page = json!({
        "classifier": {
            "files": signals.files,
            "schema_change": signals.schema_change,
            "auth_code": signals.auth_code,
            "failures": signals.failures,
            "new_code": signals.new_code,
        },
        "risk_score": route.score,
        "selected_lane": route.lane,
        "model": model,
        "verification": route.verification,
        "reasons": route.reasons,
        "task_type": route.task_type,
        "production_incident": signals.production_incident,
        "paths": signals.paths,
        "policy": { "source": policy.source(), "hash": route.policy },
    });
    if explained {
        page["explained"] =
            route.reasons.iter().map(|reason| json!({ "reason": reason, "means": in_words(reason) })).collect();
    }
    page
}

fn explain(route: &Route, policy: &Policy) {
    text::line("");
    for reason in &route.reasons {
        text::line(&format!("{reason}: {}", in_words(reason)));
    }
    let limits: Vec<String> = policy.routing.score_limits.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = policy.lanes.iter().map(|lane| lane.name.as_str()).collect();
    text::line(&format!("lanes: {}; highest scores of all but the last: {}", names.join(", "), limits.join(", ")));
    text::line(&format!("policy: {} ({})", policy.source(), route.policy));
}

/// The team that `run` would use, with whatever models are set up here.
struct Crew {
    team: Team,
    aliases: std::collections::BTreeMap<String, catalogue::ModelRef>,
    providers: Providers,
}

impl Crew {
    /// Without any provider the first preset stands in: no model is asked.
    fn find(context: &Context, flags: &TeamArgs) -> anyhow::Result<Self> {
        let found = teams::find(context, flags)?;
        let providers = Providers::find(&context.environment, &context.catalogue, flags);
        let mut aliases = providers.aliases(&context.catalogue, flags)?;
        if let Some(presets) = context.catalogue.presets("anthropic") {
            aliases.entry("premium".to_owned()).or_insert(presets.premium);
            aliases.entry("fast".to_owned()).or_insert(presets.fast);
        }
        let chosen = providers.chosen(&context.catalogue, flags)?;
        teams::check_chosen(&found, &chosen, &providers.known_aliases(&context.catalogue))?;
        let team = teams::load_with(&found, aliases.clone(), chosen, &context.catalogue)?;
        Ok(Self { team, aliases, providers })
    }

    /// The lanes with their brains: what the policy names, as far as it is known here, else the team's.
    fn lanes(&self, context: &Context, policy: &Policy) -> Vec<Lane> {
        let of = |(place, lane): (usize, &routing::Lane)| {
            let brain = match lane.written() {
                Some(written) => {
                    match self.providers.choice(&format!("lane {}:", lane.name), &written, &self.aliases) {
                        Ok(choice) => {
                            Brain { effort: choice.effort, ..Brain::new(choice.at.provider, choice.at.model) }
                        }
                        // Nobody is set up who could say more.
                        Err(_) => Brain::new(UNKNOWN, written),
                    }
                }
                None => {
                    let (catalogue, now) = (&context.catalogue, context.clock.now());
                    lanes::of_team(&self.team, catalogue, place, policy.lanes.len(), now).clone()
                }
            };
            Lane { name: lane.name.clone(), brain, review: lane.review }
        };
        policy.lanes.iter().enumerate().map(of).collect()
    }
}
