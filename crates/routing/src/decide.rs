//! Which lane a task goes to. Pure: the same policy and the same question give the same answer, with every rule that had a say
//! named in the order in which the rules are asked.

use protocol::{Learned, Route, Signals, TaskType};

use crate::classifier::Label;
use crate::hints::Hints;
use crate::lanes::{Condition, Mode, STRONG, Stickiness, place_of};
use crate::policy::Policy;
use crate::signals::score;
use crate::task_type::{Kinds, kinds};
use crate::text_paths::named_paths;

/// What is asked. Everything but `task` and `hints` comes from the program's own looking.
#[derive(Clone, Debug, Default)]
pub struct Ask<'a> {
    /// The task's text. Its first sentence says what kind of work it is; whatever else it says can only raise.
    pub task: &'a str,
    /// What the repository, the diff and the store show: [`crate::signals::from`].
    pub signals: Signals,
    /// Touched files, for the commands that check them.
    pub paths: &'a [String],
    /// Commands that the team checks all work with.
    pub checks: &'a [String],
    /// What a client says.
    pub hints: Hints,
    /// What the classifier said, where it was asked.
    pub classifier: Option<Label>,
    /// What the learned router says, where it was asked.
    pub learned: Option<&'a Learned>,
    /// Its lane was drawn to find out: it is followed although it is not sure. The dollars set aside for that.
    pub explored: Option<f64>,
    /// The strongest lane that this session was in.
    pub sticky: Option<&'a str>,
    /// Tokens of the prompt, where they are known.
    pub prompt_tokens: Option<u64>,
}

/// Decides.
pub fn decide(policy: &Policy, ask: &Ask<'_>) -> Route {
    weigh(policy, ask).route(ask.learned, ask.explored)
}

/// Stands before the policy's commands where none checks the work yet, and some may: those of the files that will be touched.
pub const CHECKS_BY_PATH: &str = "checks_by_path:";

/// What every rule before the learned router's says of a task. The text is read once, however many words of that router are tried.
#[derive(Clone, Debug)]
pub struct Weighed<'a> {
    ask: &'a Ask<'a>,
    course: Course<'a>,
    signals: Signals,
    score: u32,
    task_type: TaskType,
}

/// Asks the rules up to the learned router's.
pub fn weigh<'a>(policy: &'a Policy, ask: &'a Ask<'a>) -> Weighed<'a> {
    let (signals, rose) = ask.hints.raise(&ask.signals);
    let kinds = kinds(&policy.task_table, &policy.routing.task_words, ask.task);
    let mut course = Course { policy, floor: 0, chosen: 0, reasons: Vec::new() };
    course.take_hints(&ask.hints, &rose);
    let counted = course.counted(ask, &kinds, &signals);
    course.always_strong(&counted);
    course.path_rules(&counted, ask.task);
    let score = score(&policy.routing.weights, &counted);
    let task_type = course.kind_and_score(&kinds, score);
    if let Some(label) = ask.classifier.filter(|_| policy.classifier.mode == Mode::On) {
        course.raise(label.place(policy.lanes.len()), format!("classifier:{}", label.as_str()));
    }
    Weighed { ask, course, signals, score, task_type }
}

impl Weighed<'_> {
    /// The decision with a word of the learned router, or without one; the rules behind it have their say as well. What the question
    /// itself holds of that word is not looked at.
    pub fn route(&self, learned: Option<&Learned>, explored: Option<f64>) -> Route {
        let (ask, mut course) = (self.ask, self.course.clone());
        let policy = course.policy;
        if let Some(learned) = learned {
            course.learned(learned, explored);
        }
        if let Some(lane) = ask.sticky.filter(|_| policy.routing.stickiness == Stickiness::Session) {
            course.stick(lane);
        }
        if let Some(tokens) = ask.prompt_tokens {
            course.fit(tokens);
        }
        let lane = policy.lanes.get(course.chosen).map_or(STRONG, |lane| lane.name.as_str()).to_owned();
        let verification = policy.checks_for(ask.checks, ask.paths);
        if verification.is_empty() && !policy.verification.is_empty() {
            let commands: Vec<&str> =
                policy.verification.iter().flat_map(|entry| &entry.run).map(String::as_str).collect();
            course.reasons.push(format!("{CHECKS_BY_PATH}{}", commands.join("; ")));
        }
        Route {
            task_type: self.task_type,
            signals: self.signals.clone(),
            score: self.score,
            lane,
            reasons: course.reasons,
            verification,
            policy: policy.hash().to_owned(),
            classifier: ask.classifier.map(|label| label.as_str().to_owned()),
            learned: learned.cloned(),
        }
    }
}

/// A decision on its way. `floor` is what nothing may go below; `chosen` is never below it.
#[derive(Clone, Debug)]
struct Course<'a> {
    policy: &'a Policy,
    floor: usize,
    chosen: usize,
    reasons: Vec<String>,
}

impl Course<'_> {
    fn last(&self) -> usize {
        self.policy.lanes.len().saturating_sub(1)
    }

    /// A rule that only raises, and below which nothing goes from now on. It is named where it is not weaker than what is
    /// chosen already.
    fn raise(&mut self, lane: usize, reason: String) {
        if lane > 0 && lane >= self.chosen {
            self.reasons.push(reason);
        }
        self.floor = self.floor.max(lane);
        self.chosen = self.chosen.max(lane);
    }

    fn take_hints(&mut self, hints: &Hints, rose: &[&'static str]) {
        for refused in &hints.refused {
            self.raise(self.last(), format!("hint_refused:{refused}"));
        }
        self.reasons.extend(rose.iter().map(|name| format!("hint:{name}")));
        if let Some(lane) = &hints.lane {
            // A lane that does not exist is a mistake of somebody unknown.
            match place_of(&self.policy.lanes, lane) {
                Some(place) => self.raise(place, "hint:lane".to_owned()),
                None => self.raise(self.last(), "hint_refused:lane:unknown".to_owned()),
            }
        }
        if let Some(kind) = hints.task_type {
            let place = self.policy.place_of_kind(kind);
            self.raise(place, "hint:task_type".to_owned());
        }
    }

    /// The signals that count. Files that lie changed in the workspace say nothing of a task that only reads: it leaves them as they
    /// are. What a hint claims, and what failed before, counts all the same.
    fn counted(&mut self, ask: &Ask<'_>, kinds: &Kinds, seen: &Signals) -> Signals {
        if !kinds.only_read(ask.task) {
            return seen.clone();
        }
        let tree_apart = Signals {
            failures: ask.signals.failures,
            production_incident: ask.signals.production_incident,
            ..Signals::default()
        };
        let (counted, _) = ask.hints.raise(&tree_apart);
        if counted != *seen {
            self.reasons.push("reads_only".to_owned());
        }
        counted
    }

    fn always_strong(&mut self, signals: &Signals) {
        for name in &self.policy.routing.always_strong_if {
            let holds = match Condition::named(name) {
                Some(condition) => condition.holds(signals),
                None => signals.paths.contains(name),
            };
            if holds {
                self.raise(self.last(), format!("always_strong:{name}"));
            }
        }
    }

    /// Rules on touched files, and on files that the text names: a text can raise as well as a file.
    fn path_rules(&mut self, signals: &Signals, task: &str) {
        let named = named_paths(task);
        let rules = &self.policy.path_rules;
        for (word, touched) in [("path", true), ("text_path", false)] {
            for rule in rules {
                let hit = if touched {
                    signals.paths.contains(&rule.name)
                } else {
                    !signals.paths.contains(&rule.name) && named.iter().any(|path| rule.matches(path))
                };
                if hit {
                    let place = place_of(&self.policy.lanes, &rule.lane).unwrap_or(self.last());
                    self.raise(place, format!("{word}:{}", rule.name));
                }
            }
        }
    }

    /// The kind of task and the score choose together: the stronger of the two. What later sentences name can only raise.
    fn kind_and_score(&mut self, kinds: &Kinds, score: u32) -> TaskType {
        let policy = self.policy;
        let rest = kinds.rest.iter().map(|kind| (policy.place_of_kind(*kind), *kind)).max_by_key(|(place, _)| *place);
        if let Some((place, kind)) = rest.filter(|(place, _)| *place > policy.place_of_kind(kinds.own)) {
            self.raise(place, format!("text:{kind}"));
        }
        let chosen_before = self.chosen;
        for (place, reason) in [
            (policy.place_of_kind(kinds.own), format!("task_type:{}", kinds.own)),
            (policy.place_of_score(score), format!("score:{score}")),
        ] {
            // One that is overruled had no say.
            if place >= chosen_before {
                self.reasons.push(reason);
            }
            self.chosen = self.chosen.max(place);
        }
        kinds.own
    }

    /// The learned router may lower what the kind or the score chose, where it is sure or has drawn a lane to find out; nothing else.
    fn learned(&mut self, learned: &Learned, explored: Option<f64>) {
        let settings = &self.policy.learned;
        if settings.mode != Mode::On || learned.shadow {
            return;
        }
        let Some(place) = place_of(&self.policy.lanes, &learned.lane) else { return };
        let sure = learned.confidence >= settings.confidence && learned.confidence <= 1.0;
        let wanted = place.max(self.floor);
        if let Some(dollars) = explored.filter(|_| wanted == place) {
            self.chosen = wanted;
            self.reasons.push(format!("explored:{:.2}:{dollars:.4}", learned.propensity));
        } else if sure && wanted != self.chosen {
            self.chosen = wanted;
            self.reasons.push(format!("learned:{:.2}", learned.confidence));
        }
    }

    fn stick(&mut self, lane: &str) {
        if let Some(place) = place_of(&self.policy.lanes, lane).filter(|place| *place > self.chosen) {
            self.raise(place, format!("sticky:{lane}"));
        }
    }

    /// A lane whose model takes less than the prompt is passed over; the last one has to do.
    fn fit(&mut self, tokens: u64) {
        while let Some(lane) = self.policy.lanes.get(self.chosen).filter(|lane| tokens > lane.max_context_tokens) {
            self.reasons.push(format!("context:{}", lane.name));
            if self.chosen >= self.last() {
                break;
            }
            self.chosen += 1;
        }
    }
}
