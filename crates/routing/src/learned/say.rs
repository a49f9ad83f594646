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

/// Dollars that were set aside for a lane that was drawn to find out; none where the decision followed no draw.
pub fn set_aside(route: &Route) -> Option<f64> {
    let drawn = route.reasons.iter().find_map(|reason| reason.strip_prefix("explored:"))?;
    drawn.rsplit_once(':').and_then(|(_, dollars)| dollars.parse().ok())
}

/// What is said of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// To be stored with the decision.
    pub learned: Learned,
    /// Its lane was drawn to find out: it is followed however sure the router is of it. The dollars that this may cost at most, to be
    /// set aside from the budget.
    pub explored: Option<f64>,
}

impl Advisers {
    /// What is said of a task; none where nobody can be asked. `always_strong`: nothing is tried on it. `would` is the lane that the
    /// whole policy comes to, given a word of this router and the dollars of a draw: chances are those of the lanes that really run.
    pub fn say(
        &self,
        policy: &LearnedPolicy,
        features: &Features,
        kind: TaskType,
        always_strong: bool,
        would: impl Fn(&Learned, Option<f64>) -> String,
        rng: &mut impl Rng,
    ) -> Option<Said> {
        if policy.mode == Mode::Off {
            return None;
        }
        let serves = self.current.as_ref().filter(|_| policy.mode == Mode::On);
        let model = serves.or(self.shadow.as_ref()).or(self.current.as_ref())?;
        let aim = Aim::AtLeast(policy.success);
        let choice = model.choose(features, kind.as_str(), aim, policy.confidence);
        let success = model.lanes().iter().zip(&choice.predictions).map(|(lane, one)| (lane.lane.clone(), one.success));
        let mut explored = None;
        let mut learned = Learned {
            version: model.version,
            lane: choice.name.clone(),
            success: success.collect(),
            confidence: choice.confidence,
            propensity: 1.0,
            shadow: serves.is_none(),
        };
        let place = |name: &str| model.lanes().iter().position(|lane| lane.lane == name);
        let may_try = !always_strong && policy.explore.share > 0.0 && self.dollars_left > 0.0;
        if let (Some(_), Some(bandit), Some(first)) = (serves, &self.bandit, model.lanes().first())
            && may_try
            && let Some(otherwise) = place(&would(&learned, None))
            && let Some(lowest) = place(&would(&Learned { lane: first.lane.clone(), ..learned.clone() }, Some(0.0)))
        {
            let expected: Vec<f64> = choice.predictions.iter().map(|one| one.success).collect();
            let cost: Vec<f64> = choice.predictions.iter().map(|one| one.cost).collect();
            let prospects =
                Prospects { success: &expected, cost: &cost, a: policy.success_value, b: policy.cost_weight };
            let (share, dollars_left) = (policy.explore.share, self.dollars_left);
            let exploration = Exploration { share, dollars_left, always_strong, lowest };
            let draw = bandit.draw(features, otherwise, &prospects, &exploration, rng);
            learned.propensity = draw.propensity;
            if let Some(lane) = model.lanes().get(draw.lane).filter(|_| draw.explored) {
                learned.lane.clone_from(&lane.lane);
                learned.confidence = choice.confidence_in(draw.lane, aim);
                explored = Some(draw.at_most);
            }
        }
        Some(Said { learned, explored })
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
        said(advisers, policy, always_strong, 1).map(|said| said.learned)
    }

    fn said(advisers: &Advisers, policy: &LearnedPolicy, always_strong: bool, seed: u64) -> Option<Said> {
        said_of("Fix it.", advisers, policy, always_strong, seed)
    }

    fn said_of(
        task: &str,
        advisers: &Advisers,
        policy: &LearnedPolicy,
        always_strong: bool,
        seed: u64,
    ) -> Option<Said> {
        let features = features_of("mend it", "here", &route(TaskType::BugFix));
        let rules = crate::Policy::load("learned: {mode: on}\n", "policy.yaml").unwrap();
        let would = |learned: &Learned, explored| {
            let ask = crate::Ask { task, learned: Some(learned), explored, ..crate::Ask::default() };
            crate::decide(&rules, &ask).lane
        };
        advisers.say(policy, &features, TaskType::BugFix, always_strong, would, &mut StdRng::seed_from_u64(seed))
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

    #[test]
    fn chances_are_those_of_the_lane_that_really_runs_where_the_router_is_not_sure() {
        let bandit = Bandit::new(&["fast".to_owned(), "strong".to_owned()], 1.0).unwrap();
        let advisers =
            Advisers { current: Some(trained()), bandit: Some(bandit), dollars_left: 10.0, ..Advisers::default() };
        // It is sure of no lane and falls back on the strong one; nobody follows it, and the docstring runs in the fast lane.
        let open = LearnedPolicy { success: 0.99, explore: Exploring { usd: 1.0, share: 1.0 }, ..policy(Mode::On) };
        let all: Vec<Said> =
            (0..60).map(|seed| said_of("Add a docstring.", &advisers, &open, false, seed).unwrap()).collect();
        let (drawn, stayed): (Vec<&Said>, Vec<&Said>) = all.iter().partition(|said| said.explored.is_some());
        assert!(!stayed.is_empty() && stayed.iter().all(|said| said.learned.lane == "strong"), "{}", stayed.len());
        let unsure = stayed[0].learned.confidence;
        assert!(unsure < open.confidence, "{unsure}");
        assert!(!drawn.is_empty(), "the strong lane is drawn now and then");
        assert!(drawn.iter().all(|said| said.learned.lane == "strong"), "the other lane is the strong one");
        let chances = drawn[0].learned.propensity + stayed[0].learned.propensity;
        assert!((chances - 1.0).abs() < 1e-9, "{chances}");
    }

    #[test]
    fn a_lane_that_is_drawn_says_how_sure_the_router_really_is_of_it_and_what_the_draw_may_cost() {
        let lanes = ["fast".to_owned(), "strong".to_owned()];
        let bandit = Bandit::new(&lanes, 1.0).unwrap();
        let advisers =
            Advisers { current: Some(trained()), bandit: Some(bandit), dollars_left: 10.0, ..Advisers::default() };
        // So high an aim that the router is not sure of the fast lane, and stays with the strong one.
        let open = LearnedPolicy { success: 0.999, explore: Exploring { usd: 1.0, share: 1.0 }, ..policy(Mode::On) };
        let all: Vec<Said> = (0..40).map(|seed| said(&advisers, &open, false, seed).unwrap()).collect();
        let drawn: Vec<&Said> = all.iter().filter(|said| said.explored.is_some()).collect();
        assert!(!drawn.is_empty() && drawn.len() < all.len(), "{} of 40", drawn.len());
        for said in drawn {
            assert_eq!(said.learned.lane, "fast");
            assert!(said.learned.confidence < open.confidence, "{}", said.learned.confidence);
            assert!(said.learned.propensity < 1.0);
            // The fast attempt, and the strong one should it fail, less the strong one that it stands for: a cent.
            let at_most = said.explored.unwrap();
            assert!((0.005..0.02).contains(&at_most), "{at_most}");
            // It is followed all the same, and the decision says what is set aside.
            let ask = crate::Ask {
                task: "Fix it.",
                learned: Some(&said.learned),
                explored: said.explored,
                ..crate::Ask::default()
            };
            let policy = crate::Policy::load("learned: {mode: on}\n", "policy.yaml").unwrap();
            let route = crate::decide(&policy, &ask);
            assert_eq!(route.lane, "fast");
            let reason = format!("explored:{:.2}:{at_most:.4}", said.learned.propensity);
            assert_eq!(route.reasons.last(), Some(&reason));
            assert!((set_aside(&route).unwrap() - at_most).abs() < 1e-4);
            assert_eq!(
                crate::decide(&policy, &crate::Ask { explored: None, ..ask }).lane,
                "strong",
                "unsure, and not drawn"
            );
        }
        let poor = Advisers { dollars_left: 0.001, ..advisers };
        assert!((0..40).all(|seed| said(&poor, &open, false, seed).unwrap().explored.is_none()), "more than is left");
    }
}
