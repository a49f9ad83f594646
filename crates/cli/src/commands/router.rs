//! `agent router`: versions of the learned router, trained and judged on this machine's own ledger of attempts.

mod by_itself;
mod experience;
mod review;

use clap::Subcommand;
use protocol::Timestamp;
use routing::learned::{Advisers, Bandit, RouterModel, TrainSettings};
use routing::{Mode, Policy};
use serde_json::{Value, json};
use store::{AttemptFilter, RouterRecord, RouterState, Store};

use super::lanes::names;
use super::why::count;
use crate::args::TeamArgs;
use crate::config::{Context, policy};
use crate::failure::Failure;
use crate::table::table;
use crate::text;
pub(super) use by_itself::{after_outcome, after_run};
use experience::{Experiences, experiences, spent_on_trying};

/// How cautious the bandit is about what it has not seen: the precision of its coefficients before the first outcome.
const BANDIT_PRECISION: f64 = 1.0;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RouterCommand {
    /// Train a new version on the attempts there are; it is asked in the shadow first.
    Train {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Compare the version in the shadow with the current one on what was logged since; take it where it is better with the policy's
    /// confidence, and take the current one back where it is worse than what was before.
    Eval {
        /// Only compare; change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// List the versions, what they are for, and what they rest on.
    Show {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Retire all versions: from then on the policy decides alone.
    Reset,
}

/// Runs the subcommand.
pub(crate) fn run(context: &Context, command: RouterCommand) -> anyhow::Result<u8> {
    let store = context.store()?;
    let now = context.clock.now();
    match command {
        RouterCommand::Train { json } => train(&store, &in_force(context)?, now, json),
        RouterCommand::Eval { dry_run, json } => eval(&store, &in_force(context)?, now, dry_run, json),
        RouterCommand::Show { json } => show(&store, &policy::look(context, None)?, json),
        RouterCommand::Reset => {
            let retired = store.retire_router("reset", now)?;
            text::note(&format!("{} retired; the policy decides alone", count(retired as u64, "version")));
            Ok(0)
        }
    }
}

/// What is promoted has a say about money: a policy that is not trusted does not decide about it.
fn in_force(context: &Context) -> anyhow::Result<Policy> {
    policy::find(context, None, &TeamArgs::default())
}

fn all(store: &Store, policy: &Policy, since: Option<Timestamp>) -> anyhow::Result<Experiences> {
    experiences(store, policy, &store.attempts(&AttemptFilter { since, ..AttemptFilter::default() })?)
}

fn train(store: &Store, policy: &Policy, now: Timestamp, as_json: bool) -> anyhow::Result<u8> {
    let experiences = all(store, policy, None)?;
    let version = store.next_router_version()?;
    let attempts: Vec<_> = experiences.known.iter().map(|one| one.experience.clone()).collect();
    let model = RouterModel::train(version, &names(policy), &attempts, &TrainSettings::default()).map_err(|error| {
        Failure::usage_with(
            error.to_string(),
            "attempts come from `agent run`; those that checks could judge are learned from: `agent lanes` counts them",
        )
    })?;
    let why = format!("trained on {}", count(model.trained_on as u64, "outcome"));
    store.put_router_model(version, &model.to_json()?, &why, now)?;
    store.set_router_state(version, RouterState::Shadow, &why, now)?;
    if as_json {
        let lanes: Vec<Value> =
            model.lanes().iter().map(|lane| json!({ "lane": lane.lane, "evidence": lane.evidence })).collect();
        let told = json!({
            "version": version, "state": RouterState::Shadow, "trained_on": model.trained_on, "left_out": experiences.left_out,
            "signal": model.has_signal(), "lanes": lanes,
        });
        text::json(&told.to_string());
        return Ok(0);
    }
    text::line(&format!("version {version}, in the shadow: {why} ({} left out)", experiences.left_out));
    text::line(&evidence(&model));
    if !model.has_signal() {
        text::note(
            "no signal: what is known before a run does not tell successes from failures here, so the safe lane stays",
        );
    }
    text::note("`agent router eval` compares it with what decides now, when more attempts have been logged");
    Ok(0)
}

/// What the version knows of each lane.
fn evidence(model: &RouterModel) -> String {
    let mut table = table(&["Lane", "Outcomes", "Success", "AUC", "95 %", "Signal"], 1);
    for lane in model.lanes() {
        let evidence = &lane.evidence;
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        table.add_row([
            lane.lane.clone(),
            evidence.rows.to_string(),
            or_none(evidence.success.map(|share| format!("{:.0} %", share * 100.0))),
            or_none(evidence.auc.map(|auc| format!("{auc:.2}"))),
            or_none(evidence.interval.as_ref().map(|interval| format!("{:.2}-{:.2}", interval.low, interval.high))),
            if evidence.signal { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table.trim_fmt()
}

fn eval(store: &Store, policy: &Policy, now: Timestamp, dry_run: bool, as_json: bool) -> anyhow::Result<u8> {
    let verdicts = review::verdicts(store, policy)?;
    if !dry_run {
        review::carry_out(store, &verdicts, now)?;
    }
    if as_json {
        let told: Vec<Value> = verdicts.iter().map(review::Verdict::as_json).collect();
        text::json(&json!({ "verdicts": told, "carried_out": !dry_run }).to_string());
        return Ok(0);
    }
    if verdicts.is_empty() {
        text::note("there is no version to compare: `agent router train` makes one");
    }
    for verdict in &verdicts {
        text::line(&verdict.to_string());
    }
    if dry_run && verdicts.iter().any(|verdict| verdict.to.is_some()) {
        text::note("nothing was changed (--dry-run)");
    }
    Ok(0)
}

/// The versions that a run asks, with what came out since the serving one was made. One that this program cannot use is said, and
/// left out: the policy then decides alone.
pub(crate) fn advisers(store: &Store, policy: &Policy) -> anyhow::Result<Advisers> {
    let settings = &policy.learned;
    if settings.mode == Mode::Off {
        return Ok(Advisers::default());
    }
    let usable = |state| -> anyhow::Result<Option<(RouterRecord, RouterModel)>> {
        let Some(record) = store.router_in(state)? else { return Ok(None) };
        match model_of(&record) {
            Ok(model) => Ok(Some((record, model))),
            Err(why) => {
                text::warn(&format!("version {} of the learned router is not asked: {why}", record.version));
                Ok(None)
            }
        }
    };
    let (current, shadow) = (usable(RouterState::Current)?, usable(RouterState::Shadow)?);
    let mut advisers = Advisers { shadow: shadow.map(|(_, model)| model), ..Advisers::default() };
    if let Some((record, model)) = current {
        if settings.explore.share > 0.0 {
            let since = all(store, policy, Some(record.at))?;
            let spent = spent_on_trying(&store.attempts(&AttemptFilter::default())?);
            advisers.dollars_left = (settings.explore.usd - spent).max(0.0);
            advisers.bandit = Some(bandit(&model, &since)?);
        }
        advisers.current = Some(model);
    }
    Ok(advisers)
}

/// A version's model, or why this program cannot use it.
fn model_of(record: &RouterRecord) -> Result<RouterModel, String> {
    RouterModel::from_json(&record.json).map_err(|error| error.to_string())
}

fn show(store: &Store, policy: &Policy, as_json: bool) -> anyhow::Result<u8> {
    let records = store.router_models()?;
    if as_json {
        let versions: Vec<Value> = records.iter().map(version).collect();
        text::json(&json!({ "versions": versions }).to_string());
        return Ok(0);
    }
    if records.is_empty() {
        text::note("there is no version yet: `agent router train` makes one from the attempts there are");
        return Ok(0);
    }
    for record in &records {
        text::line(&format!(
            "version {}: {} since {}: {}",
            record.version,
            record.state.as_str(),
            date(record.since),
            record.why
        ));
        if record.state == RouterState::Retired {
            continue;
        }
        match model_of(record) {
            Ok(model) => {
                text::line(&evidence(&model));
                text::line(&learned_since(store, policy, record, &model)?);
            }
            Err(why) => text::line(&why),
        }
    }
    Ok(0)
}

/// What came out since the version was made, as the bandit has learned it.
fn learned_since(store: &Store, policy: &Policy, record: &RouterRecord, model: &RouterModel) -> anyhow::Result<String> {
    let since = all(store, policy, Some(record.at))?;
    let outcomes = bandit(model, &since)?.outcomes();
    let told: Vec<String> = outcomes.iter().map(|(lane, outcomes)| format!("{lane} {outcomes}")).collect();
    Ok(format!("outcomes since: {}", told.join(", ")))
}

/// The bandit beside a version: nothing of it is stored, it learns anew from the outcomes since the version was made.
fn bandit(model: &RouterModel, since: &Experiences) -> anyhow::Result<Bandit> {
    let lanes: Vec<String> = model.lanes().iter().map(|lane| lane.lane.clone()).collect();
    let mut bandit = Bandit::new(&lanes, BANDIT_PRECISION)?;
    for one in &since.known {
        let experience = &one.experience;
        let predictions = model.predict(experience.features.as_slice(), &experience.task_type);
        let expected = model.lanes().iter().zip(predictions).find(|(lane, _)| lane.lane == experience.lane);
        if let Some((_, expected)) = expected {
            let (success, weight) = (experience.success, experience.weight);
            bandit.learn(&experience.lane, &experience.features, expected.success, success, weight);
        }
    }
    Ok(bandit)
}

fn version(record: &RouterRecord) -> Value {
    let model = model_of(record);
    let lanes = model.as_ref().map(|model| {
        let lane = |lane: &routing::learned::LaneModel| json!({ "lane": lane.lane, "evidence": lane.evidence });
        model.lanes().iter().map(lane).collect::<Vec<_>>()
    });
    json!({
        "version": record.version,
        "state": record.state,
        "since_ms": record.since,
        "why": record.why,
        "made_at_ms": record.at,
        "trained_on": model.as_ref().map(|model| model.trained_on).ok(),
        "lanes": lanes.as_ref().ok(),
        "problem": lanes.as_ref().err(),
    })
}

fn date(at: Timestamp) -> String {
    let moment = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    moment.map_or_else(|| at.0.to_string(), |moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
}
