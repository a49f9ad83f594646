//! What the learned router says of a task that is about to begin: the version that serves, followed or not, and the one in the
//! shadow, which is only written down.

use protocol::{Learned, Route, TaskType};
use rand::Rng;

use super::bandit::{Bandit, Exploration, Prospects};
use super::features::{Features, TaskFacts, ToolNeeds};
use super::model::{Aim, RouterModel};
use crate::lanes::{LearnedPolicy, Mode};

/// The row of a task as it is seen before the run: the same for learning and for asking. What is not stored with an attempt
/// (tokens of context, how much waiting hurts) is left at nothing in both.
pub fn features_of(text: &str, repository: &str, route: &Route) -> Features {
    Features::of(&TaskFacts {
        text,
        context_tokens: 0,
        tools: needs(route.task_type),
        latency: 0.0,
        task_type: route.task_type.as_str(),
        repository,
        signals: &route.signals,
        score: route.score,
    })
}

/// The tools that a type of task needs.
fn needs(kind: TaskType) -> ToolNeeds {
    let (edit, run) = match kind {
        TaskType::Navigation | TaskType::Search | TaskType::Review | TaskType::Architecture => (false, false),
        TaskType::Docstring | TaskType::Reformat => (true, false),
        _ => (true, true),
    };
    ToolNeeds { read: true, edit, run, network: false }
}

/// The versions that can be asked.
#[derive(Clone, Debug, Default)]
pub struct Advisers {
    /// The one that serves.
    pub current: Option<RouterModel>,
    /// The one that only has to show what it would do.
    pub shadow: Option<RouterModel>,
    /// What was learned since the serving version was made.
    pub bandit: Option<Bandit>,
    /// Dollars left for exploration.
    pub dollars_left: f64,
}

impl Advisers {
    /// What is said of a task; none where nobody can be asked. `always_strong`: nothing is tried on it.
    pub fn say(
        &self,
        policy: &LearnedPolicy,
        features: &Features,
        kind: TaskType,
        always_strong: bool,
        rng: &mut impl Rng,
    ) -> Option<Learned> {
        if policy.mode == Mode::Off {
            return None;
        }
        let serves = self.current.as_ref().filter(|_| policy.mode == Mode::On);
        let model = serves.or(self.shadow.as_ref()).or(self.current.as_ref())?;
        let choice = model.choose(features, kind.as_str(), Aim::AtLeast(policy.success), policy.confidence);
        let success = model.lanes().iter().zip(&choice.predictions).map(|(lane, one)| (lane.lane.clone(), one.success));
        let mut said = Learned {
            version: model.version,
            lane: choice.name.clone(),
            success: success.collect(),
            confidence: choice.confidence,
            propensity: 1.0,
            shadow: serves.is_none(),
        };
        if let (Some(_), Some(bandit)) = (serves, &self.bandit) {
            let expected: Vec<f64> = choice.predictions.iter().map(|one| one.success).collect();
            let cost: Vec<f64> = choice.predictions.iter().map(|one| one.cost).collect();
            let prospects =
                Prospects { success: &expected, cost: &cost, a: policy.success_value, b: policy.cost_weight };
            let exploration =
                Exploration { share: policy.explore.share, dollars_left: self.dollars_left, always_strong };
            let draw = bandit.draw(features, choice.lane, &prospects, &exploration, rng);
            said.propensity = draw.propensity;
            if let Some(lane) = model.lanes().get(draw.lane).filter(|_| draw.explored) {
                // What was drawn is followed: the confidence is that of the draw, which the budget allowed.
                (said.lane, said.confidence) = (lane.lane.clone(), 1.0);
            }
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::super::{Ending, Experience, TrainSettings};
    use super::*;
    use crate::lanes::Exploring;

    fn route(kind: TaskType) -> Route {
        crate::decide(&crate::Policy::builtin(), &crate::Ask { task: kind.as_str(), ..crate::Ask::default() })
    }

    /// Both lanes always succeed; the fast one costs a tenth.
    fn trained() -> RouterModel {
        let features = features_of("mend it", "here", &route(TaskType::BugFix));
        let row = |lane: &str, usd: f64| {
            Experience::new(features.clone(), "bug_fix", lane, Ending::Verified, None).costing(usd)
        };
        let rows: Vec<Experience> =
            (0..400).map(|at| if at % 2 == 0 { row("fast", 0.01) } else { row("strong", 0.1) }).collect();
        let lanes = ["fast".to_owned(), "strong".to_owned()];
        RouterModel::train(3, &lanes, &rows, &TrainSettings::default()).unwrap()
    }

    fn policy(mode: Mode) -> LearnedPolicy {
        LearnedPolicy {
            mode,
            confidence: 0.95,
            success: 0.9,
            success_value: 1.0,
            cost_weight: 1.0,
            explore: Exploring::default(),
        }
    }

    fn say(advisers: &Advisers, policy: &LearnedPolicy, always_strong: bool) -> Option<Learned> {
        let features = features_of("mend it", "here", &route(TaskType::BugFix));
        advisers.say(policy, &features, TaskType::BugFix, always_strong, &mut StdRng::seed_from_u64(1))
    }

    #[test]
    fn nobody_is_asked_where_it_is_off_or_nothing_was_trained() {
        let advisers = Advisers { current: Some(trained()), ..Advisers::default() };
        assert_eq!(say(&advisers, &policy(Mode::Off), false), None);
        assert_eq!(say(&Advisers::default(), &policy(Mode::On), false), None);
    }

    #[test]
    fn a_version_in_the_shadow_says_what_it_would_do_and_is_not_followed() {
        let advisers = Advisers { shadow: Some(trained()), ..Advisers::default() };
        let said = say(&advisers, &policy(Mode::On), false).unwrap();
        assert_eq!((said.lane.as_str(), said.shadow, said.version), ("fast", true, 3));
        let serving = Advisers { current: Some(trained()), ..Advisers::default() };
        assert!(say(&serving, &policy(Mode::Shadow), false).unwrap().shadow, "the mode has the last word");
        assert!(!say(&serving, &policy(Mode::On), false).unwrap().shadow);
    }

    #[test]
    fn nothing_is_explored_without_a_budget_or_on_a_task_that_is_always_strong() {
        let lanes = ["fast".to_owned(), "strong".to_owned()];
        let bandit = Bandit::new(&lanes, 1.0).unwrap();
        let advisers = Advisers { current: Some(trained()), bandit: Some(bandit), ..Advisers::default() };
        let explore = Exploring { usd: 1.0, share: 1.0 };
        let open = LearnedPolicy { explore, ..policy(Mode::On) };
        let said = say(&advisers, &open, false).unwrap();
        assert_eq!((said.lane.as_str(), said.propensity), ("fast", 1.0), "no dollars are left");
        let rich = Advisers { dollars_left: 10.0, ..advisers };
        assert!(say(&rich, &open, false).unwrap().propensity < 1.0);
        assert_eq!(say(&rich, &open, true).unwrap().propensity, 1.0);
    }
}
