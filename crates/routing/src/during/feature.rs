//! The numbers that a run is judged by.

use serde::{Deserialize, Serialize};

use super::features::{RunEnd, RunFeatures, Stop};
use super::step::StepKind;

const EDITS: &[StepKind] = &[StepKind::Edit, StepKind::ScriptEdit];
const TRIES: &[StepKind] = &[StepKind::Check, StepKind::Reproduce];
const TESTS: &[StepKind] = &[StepKind::Check, StepKind::WriteTest];
/// A patch above this is large, characters. In the recorded runs two thirds of the larger ones fail, and under half of the others.
const LARGE_PATCH: u64 = 13_000;
/// A run below this is short, steps: half of the usual length.
const SHORT_RUN: f64 = 30.0;

/// One number of a run. Shares are of all steps so far; those of [`Feature::AT_END`] are known only when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Share of steps that reproduce the problem.
    ReproduceShare,
    /// The problem was reproduced at least once.
    Reproduced,
    /// Share of steps that read whole files.
    WholeShare,
    /// Share of steps that read parts of files.
    PartShare,
    /// Share of steps that list folders.
    ListShare,
    /// Share of steps that search.
    SearchShare,
    /// Share of steps that read tests or configuration.
    ContextShare,
    /// Share of steps without a tool call.
    IdleShare,
    /// Share of failed calls.
    FailedShare,
    /// Share of edits.
    EditShare,
    /// Share of checks and written tests.
    CheckShare,
    /// Failed calls among the last ten steps.
    FailedLately,
    /// Edits among the last ten steps.
    EditLately,
    /// Checks and reproductions among the last ten steps.
    CheckLately,
    /// Share of the steps before the first edit; 1 where there was none.
    FirstEdit,
    /// Something was edited.
    Edited,
    /// ln(1 + edits since the last check or reproduction).
    Unchecked,
    /// Entropy of the kinds of steps, nats.
    Mixture,
    /// ln(steps).
    Length,
    /// How far it is below half of the usual length: 0 (30 steps and more) to 1.
    Short,
    /// It is over and never said that it is done.
    CutShort,
    /// ln(1 + checks and reproductions since the last edit).
    ChecksSinceEdit,
    /// Checks and reproductions for each edit.
    ChecksPerEdit,
    /// Where the last edit was: 0 (never) to 1 (just now).
    LastEdit,
    /// Share of checks, reproductions and written tests among the steps since the first edit.
    TriedAfterEdit,
    /// ln(1 + steps since the last edit).
    SinceEdit,
    /// ln(1 + edits by shell commands and scripts).
    ScriptEdits,
    /// The agent itself said that it is done.
    Finished,
    /// It said so, and something was tried after the last edit.
    FinishedChecked,
    /// It ended because the context was full.
    ContextFull,
    /// ln(1 + characters of the patch).
    PatchSize,
    /// The patch has more than 13,000 characters.
    LargePatch,
    /// ln(1 + characters of what the model asked for).
    Asked,
    /// ln(1 + characters of what it got).
    Seen,
    /// ln(1 + tokens that it generated).
    Output,
    /// ln((1 + characters that it got) / steps).
    SeenPerStep,
    /// ln((1 + tokens generated) / steps).
    OutputPerStep,
    /// ln((1 + characters of the patch) / (1 + tokens generated)).
    PatchPerOutput,
}

impl Feature {
    /// All, in the order of [`RunFeatures::vector`].
    pub const ALL: [Self; 38] = [
        Self::ReproduceShare,
        Self::Reproduced,
        Self::WholeShare,
        Self::PartShare,
        Self::ListShare,
        Self::SearchShare,
        Self::ContextShare,
        Self::IdleShare,
        Self::FailedShare,
        Self::EditShare,
        Self::CheckShare,
        Self::FailedLately,
        Self::EditLately,
        Self::CheckLately,
        Self::FirstEdit,
        Self::Edited,
        Self::Unchecked,
        Self::Mixture,
        Self::Length,
        Self::Short,
        Self::CutShort,
        Self::ChecksSinceEdit,
        Self::ChecksPerEdit,
        Self::LastEdit,
        Self::TriedAfterEdit,
        Self::SinceEdit,
        Self::ScriptEdits,
        Self::Finished,
        Self::FinishedChecked,
        Self::ContextFull,
        Self::PatchSize,
        Self::LargePatch,
        Self::Asked,
        Self::Seen,
        Self::Output,
        Self::SeenPerStep,
        Self::OutputPerStep,
        Self::PatchPerOutput,
    ];

    /// What a run is judged by while it goes on: the kinds of its steps and their order, nothing else.
    pub const SO_FAR: [Self; 21] = [
        Self::ReproduceShare,
        Self::Reproduced,
        Self::WholeShare,
        Self::PartShare,
        Self::ListShare,
        Self::IdleShare,
        Self::FailedShare,
        Self::EditShare,
        Self::FailedLately,
        Self::EditLately,
        Self::CheckLately,
        Self::FirstEdit,
        Self::Edited,
        Self::Unchecked,
        Self::Length,
        Self::CutShort,
        Self::ChecksSinceEdit,
        Self::ChecksPerEdit,
        Self::LastEdit,
        Self::TriedAfterEdit,
        Self::SearchShare,
    ];

    /// What it is judged by when it is over.
    pub const AT_END: [Self; 26] = [
        Self::ReproduceShare,
        Self::Reproduced,
        Self::WholeShare,
        Self::IdleShare,
        Self::EditLately,
        Self::CheckLately,
        Self::Unchecked,
        Self::ChecksSinceEdit,
        Self::ChecksPerEdit,
        Self::LastEdit,
        Self::SinceEdit,
        Self::TriedAfterEdit,
        Self::Length,
        Self::ScriptEdits,
        Self::Mixture,
        Self::Finished,
        Self::FinishedChecked,
        Self::ContextFull,
        Self::PatchSize,
        Self::LargePatch,
        Self::Asked,
        Self::Seen,
        Self::Output,
        Self::SeenPerStep,
        Self::OutputPerStep,
        Self::PatchPerOutput,
    ];

    /// Whether it is known while a run goes on.
    pub fn is_known_during(self) -> bool {
        (self as usize) < Self::Finished as usize
    }

    /// Its value for a run; NaN where it is not known.
    pub fn of(self, run: &RunFeatures) -> f64 {
        use StepKind as Kind;
        let steps = run.total();
        match self {
            Self::ReproduceShare => run.share(&[Kind::Reproduce]),
            Self::Reproduced => flag(run.count(&[Kind::Reproduce]) > 0.0),
            Self::WholeShare => run.share(&[Kind::ReadWhole]),
            Self::PartShare => run.share(&[Kind::ReadPart]),
            Self::ListShare => run.share(&[Kind::List]),
            Self::SearchShare => run.share(&[Kind::Search]),
            Self::ContextShare => run.share(&[Kind::ReadContext]),
            Self::IdleShare => run.share(&[Kind::Idle]),
            Self::FailedShare => run.share(&[Kind::Failed]),
            Self::EditShare => run.share(EDITS),
            Self::CheckShare => run.share(TESTS),
            Self::FailedLately => run.lately(&[Kind::Failed]),
            Self::EditLately => run.lately(EDITS),
            Self::CheckLately => run.lately(TRIES),
            Self::FirstEdit => run.first_edit.map_or(1.0, |first| f64::from(first) / steps),
            Self::Edited => flag(run.edited()),
            Self::Unchecked => f64::from(run.unchecked).ln_1p(),
            Self::Mixture => run.mixture(),
            Self::Length => length(steps),
            Self::Short => shortness(steps),
            Self::CutShort => flag(run.ended().is_some() && run.count(&[Kind::Submit]) == 0.0),
            Self::ChecksSinceEdit => f64::from(run.checks_since).ln_1p(),
            Self::ChecksPerEdit => run.count(TRIES) / run.count(EDITS).max(1.0),
            Self::LastEdit => f64::from(run.last_edit) / steps,
            Self::TriedAfterEdit => tried_after(run),
            Self::SinceEdit => f64::from(run.steps.saturating_sub(run.last_edit)).ln_1p(),
            Self::ScriptEdits => run.count(&[Kind::ScriptEdit]).ln_1p(),
            _ => run.ended().map_or(f64::NAN, |end| self.at_end(run, end)),
        }
    }

    fn at_end(self, run: &RunFeatures, end: &RunEnd) -> f64 {
        let size = |count: Option<u64>| count.map_or(f64::NAN, |count| (count as f64).ln_1p());
        let steps = run.total().ln();
        let finished = end.stop == Stop::Submitted;
        match self {
            Self::Finished => flag(finished),
            Self::FinishedChecked => flag(finished && run.edited() && run.unchecked == 0),
            Self::ContextFull => flag(end.stop == Stop::ContextFull),
            Self::PatchSize => size(Some(end.patch_chars)),
            Self::LargePatch => flag(end.patch_chars > LARGE_PATCH),
            Self::Asked => size(end.asked_chars),
            Self::Seen => size(end.seen_chars),
            Self::Output => size(end.output_tokens),
            Self::SeenPerStep => size(end.seen_chars) - steps,
            Self::OutputPerStep => size(end.output_tokens) - steps,
            Self::PatchPerOutput => size(Some(end.patch_chars)) - size(end.output_tokens),
            _ => f64::NAN,
        }
    }

    /// The features of a run that goes on, as a look after `steps` steps expects them: such a run is as long as the look, whatever
    /// it has reached. Only a run that is over can be shorter.
    pub(super) fn as_long_as(values: &mut [f64], steps: u32) {
        let steps = f64::from(steps.max(1));
        for (feature, value) in [(Self::Length, length(steps)), (Self::Short, shortness(steps))] {
            if let Some(place) = values.get_mut(feature as usize) {
                *place = value;
            }
        }
    }

    /// The value as a person would say it.
    pub fn in_words(self, value: f64) -> String {
        let share = |what: &str| format!("{:.0} % of the steps {what}", value * 100.0);
        let lately = |what: &str| format!("{:.0} of the last ten steps {what}", value * 10.0);
        let yes = |yes: &str, no: &str| if value > 0.5 { yes.to_owned() } else { no.to_owned() };
        let count = value.exp_m1().round();
        match self {
            Self::ReproduceShare => share(StepKind::Reproduce.in_words()),
            Self::Reproduced => yes("the problem was reproduced", "the problem was never reproduced"),
            Self::WholeShare => share(StepKind::ReadWhole.in_words()),
            Self::PartShare => share(StepKind::ReadPart.in_words()),
            Self::ListShare => share(StepKind::List.in_words()),
            Self::SearchShare => share(StepKind::Search.in_words()),
            Self::ContextShare => share(StepKind::ReadContext.in_words()),
            Self::IdleShare => share(StepKind::Idle.in_words()),
            Self::FailedShare => share(StepKind::Failed.in_words()),
            Self::EditShare => share(StepKind::Edit.in_words()),
            Self::CheckShare => share("checked or wrote tests"),
            Self::FailedLately => lately(StepKind::Failed.in_words()),
            Self::EditLately => lately(StepKind::Edit.in_words()),
            Self::CheckLately => lately("checked or reproduced"),
            Self::FirstEdit if value >= 1.0 => "no edit yet".to_owned(),
            Self::FirstEdit => format!("the first edit came after {:.0} % of the steps", value * 100.0),
            Self::Edited => yes("something was edited", "nothing was edited"),
            Self::Unchecked => counted(count, "edit", "since the last check"),
            Self::Mixture => format!("the mixture of kinds of steps is {value:.1} nats"),
            Self::Length => counted(value.exp().round(), "step", "so far"),
            Self::Short if value > 0.0 => "it is shorter than usual".to_owned(),
            Self::Short => "it is not short".to_owned(),
            Self::CutShort => yes("it ended without saying that it is done", "it was not cut short"),
            Self::ChecksSinceEdit => counted(count, "check", "since the last edit"),
            Self::ChecksPerEdit => format!("{value:.1} checks for each edit"),
            Self::LastEdit if value <= 0.0 => "no edit yet".to_owned(),
            Self::LastEdit => format!("the last edit came at {:.0} % of the steps", value * 100.0),
            Self::TriedAfterEdit => format!("{:.0} % of the steps since the first edit checked it", value * 100.0),
            Self::SinceEdit => counted(count, "step", "since the last edit"),
            Self::ScriptEdits => counted(count, "edit", "by shell commands"),
            Self::Finished => yes("it ended by saying that it is done", "it did not end by itself"),
            Self::FinishedChecked => yes(
                "it tried its last edit and then said that it is done",
                "it did not try its last edit and then say that it is done",
            ),
            Self::ContextFull => yes("it ended with a full context", "its context was not full"),
            Self::PatchSize => counted(count, "character", "of patch"),
            Self::LargePatch => yes("the patch is large", "the patch is not large"),
            Self::Asked => counted(count, "character", "asked for"),
            Self::Seen => counted(count, "character", "of results"),
            Self::Output => counted(count, "token", "generated"),
            Self::SeenPerStep => counted(value.exp().round(), "character", "of results a step"),
            Self::OutputPerStep => counted(value.exp().round(), "token", "generated a step"),
            Self::PatchPerOutput => format!("{:.2} characters of patch for each generated token", value.exp()),
        }
    }
}

fn length(steps: f64) -> f64 {
    steps.ln()
}

fn shortness(steps: f64) -> f64 {
    (SHORT_RUN - steps).max(0.0) / SHORT_RUN
}

fn tried_after(run: &RunFeatures) -> f64 {
    run.first_edit.map_or(0.0, |first| f64::from(run.tried_after) / f64::from(run.steps.saturating_sub(first).max(1)))
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

fn counted(count: f64, one: &str, rest: &str) -> String {
    let ending = if count == 1.0 { "" } else { "s" };
    let count = if count == 0.0 { "no".to_owned() } else { format!("{count:.0}") };
    format!("{count} {one}{ending} {rest}")
}
