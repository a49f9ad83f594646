//! Whether a version of the router is taken, or goes: by what was logged, with the confidence that the policy states.

use std::collections::HashMap;
use std::fmt;

use protocol::Timestamp;
use routing::Policy;
use routing::learned::{
    Aim, Estimate, Experience, LearnError, PromotionRules, RouterModel, Standing, Worth, compare, promote, roll_back,
};
use serde_json::{Value, json};
use store::{RouterRecord, RouterState, Store};

use super::experience::{Experiences, Known};
use super::{all, model_of};

/// What was found about a version.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) version: u32,
    pub(crate) state: RouterState,
    /// What it was compared with.
    pub(crate) against: String,
    /// None where nothing could be compared.
    pub(crate) estimate: Option<Estimate>,
    /// What it becomes; none where it stays what it is.
    pub(crate) to: Option<RouterState>,
    pub(crate) because: String,
}

/// The current version is judged first, then the one in the shadow: against the current one, or the policy's own choices.
pub(crate) fn verdicts(store: &Store, policy: &Policy) -> anyhow::Result<Vec<Verdict>> {
    verdicts_on(store, policy, None)
}

/// The same on the newest attempts only.
pub(crate) fn verdicts_on(store: &Store, policy: &Policy, newest: Option<usize>) -> anyhow::Result<Vec<Verdict>> {
    let mut found = Vec::new();
    let current = store.router_in(RouterState::Current)?;
    if let Some(record) = &current {
        found.push(of_current(store, policy, record, newest)?);
    }
    if let Some(record) = store.router_in(RouterState::Shadow)? {
        let serves = current.filter(|_| found.iter().all(|verdict| verdict.to.is_none()));
        found.push(of_shadow(store, policy, &record, serves.as_ref(), newest)?);
    }
    Ok(found)
}

/// Makes the verdicts true.
pub(crate) fn carry_out(store: &Store, verdicts: &[Verdict], now: Timestamp) -> anyhow::Result<()> {
    for verdict in verdicts {
        if let Some(to) = verdict.to {
            store.set_router_state(verdict.version, to, &verdict.because, now)?;
        }
    }
    Ok(())
}

fn of_current(store: &Store, policy: &Policy, record: &RouterRecord, newest: Option<usize>) -> anyhow::Result<Verdict> {
    let verdict = Verdict {
        version: record.version,
        state: RouterState::Current,
        against: "the policy alone".to_owned(),
        estimate: None,
        to: None,
        because: String::new(),
    };
    let model = match model_of(record) {
        Ok(model) => model,
        // What cannot be read cannot serve.
        Err(because) => return Ok(Verdict { to: Some(RouterState::Retired), because, ..verdict }),
    };
    let logged = Logged::of(all(store, policy, Some(record.since))?, &model, newest);
    if logged.attempts.is_empty() {
        return Ok(Verdict {
            because: "nothing that it has a say in was logged since it serves".to_owned(),
            ..verdict
        });
    }
    let estimate = logged.compare(&model, policy, None)?;
    let said = roll_back(&estimate, &rules(policy));
    let to = (said.standing == Standing::RolledBack).then_some(RouterState::Retired);
    Ok(Verdict { estimate: Some(estimate), to, because: said.because, ..verdict })
}

fn of_shadow(
    store: &Store,
    policy: &Policy,
    record: &RouterRecord,
    current: Option<&RouterRecord>,
    newest: Option<usize>,
) -> anyhow::Result<Verdict> {
    let against = current.map_or("the policy alone".to_owned(), |current| format!("version {}", current.version));
    let verdict = Verdict {
        version: record.version,
        state: RouterState::Shadow,
        against,
        estimate: None,
        to: None,
        because: String::new(),
    };
    let model = match model_of(record) {
        Ok(model) => model,
        Err(because) => return Ok(Verdict { to: Some(RouterState::Retired), because, ..verdict }),
    };
    // It must not be judged by what it was trained on.
    let logged = Logged::of(all(store, policy, Some(record.at))?, &model, newest);
    if logged.attempts.is_empty() {
        return Ok(Verdict {
            because: "nothing that it has a say in was logged since it was trained".to_owned(),
            ..verdict
        });
    }
    let serves = current.and_then(|current| model_of(current).ok());
    let estimate = logged.compare(&model, policy, serves.as_ref())?;
    let said = promote(&estimate, &rules(policy));
    let to = (said.standing == Standing::Serving).then_some(RouterState::Current);
    Ok(Verdict { estimate: Some(estimate), to, because: said.because, ..verdict })
}

/// The attempts in lanes that the version knows, where the learned router has a say.
struct Logged {
    attempts: Vec<Experience>,
    /// The lane that the policy alone would choose, for each.
    by_policy: Vec<String>,
}

impl Logged {
    fn of(experiences: Experiences, model: &RouterModel, newest: Option<usize>) -> Self {
        let knows = |lane: &str| model.lanes().iter().any(|known| known.lane == lane);
        let usable = |one: &Known| one.free && knows(&one.experience.lane) && knows(&one.by_policy);
        let mut usable: Vec<Known> = experiences.known.into_iter().filter(usable).collect();
        usable.sort_by_key(|one| one.at);
        usable.drain(..newest.map_or(0, |newest| usable.len().saturating_sub(newest)));
        let (attempts, by_policy) = usable.into_iter().map(|one| (one.experience, one.by_policy)).unzip();
        Self { attempts, by_policy }
    }

    /// The model against the one that serves, or against the policy alone.
    fn compare(
        &self,
        model: &RouterModel,
        policy: &Policy,
        serves: Option<&RouterModel>,
    ) -> Result<Estimate, LearnError> {
        // Which attempt is asked about is told by its place in memory: it says nothing of itself that is unique.
        let places: HashMap<*const Experience, &String> =
            self.attempts.iter().map(std::ptr::from_ref).zip(&self.by_policy).collect();
        let alone =
            |one: &Experience| places.get(&std::ptr::from_ref(one)).map_or(one.lane.clone(), |lane| (*lane).clone());
        let held = |one: &Experience| serves.map_or_else(|| alone(one), |serves| wants(serves, policy, one));
        compare(&self.attempts, model, |one| wants(model, policy, one), held, worth(policy))
    }
}

fn wants(model: &RouterModel, policy: &Policy, one: &Experience) -> String {
    let aim = Aim::AtLeast(policy.learned.success);
    model.choose(&one.features, &one.task_type, aim, policy.learned.confidence).name
}

fn worth(policy: &Policy) -> Worth {
    Worth { a: policy.learned.success_value, b: policy.learned.cost_weight }
}

fn rules(policy: &Policy) -> PromotionRules {
    PromotionRules { confidence: policy.learned.confidence, ..PromotionRules::default() }
}

impl Verdict {
    pub(crate) fn as_json(&self) -> Value {
        json!({
            "version": self.version,
            "state": self.state,
            "against": self.against,
            "estimate": self.estimate,
            "chance_of_better": self.estimate.as_ref().map(Estimate::chance_of_better),
            "becomes": self.to,
            "because": self.because,
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} ({}) against {}: ", self.version, self.state.as_str(), self.against)?;
        if let Some(estimate) = &self.estimate {
            write!(
                f,
                "{} attempts, {} decided differently, {} of them as it would; utility {:.4} against {:.4} for each, gain {:+.4} \
                 ({:+.4} to {:+.4}); ",
                estimate.rows,
                estimate.differing,
                estimate.matched,
                estimate.candidate,
                estimate.current,
                estimate.gain,
                estimate.interval.low,
                estimate.interval.high
            )?;
        }
        match self.to {
            Some(RouterState::Current) => write!(f, "taken: {}", self.because),
            Some(_) => write!(f, "retired: {}", self.because),
            None => write!(f, "stays: {}", self.because),
        }
    }
}
