//! The recorded runs, as they stand in the data.
#![expect(clippy::disallowed_methods, reason = "reads the recorded runs from the folder that was named")]

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use routing::during::{Example, Moment, RunEnd, StepKind, Stop};
use serde::Deserialize;

use crate::figure::Unusable;

const STEPS: &str = "routing/swebench-pro-steps.jsonl";
const RUNS: &str = "routing/swebench-pro-runs.csv";
/// The brain whose runs are scored: its names in the two files.
const HOME: (&str, &str) = ("gpt5", "GPT-5");
/// The other one.
const OTHER: (&str, &str) = ("claude45", "Claude Sonnet 4.5");

/// A recorded run.
#[derive(Debug)]
pub(super) struct Run {
    /// The task.
    pub(super) instance: String,
    /// Where.
    pub(super) repository: String,
    /// It is not GPT-5's.
    pub(super) other_brain: bool,
    /// What it did.
    pub(super) steps: Vec<StepKind>,
    /// How it ended.
    pub(super) end: RunEnd,
    /// The task was not resolved.
    pub(super) failed: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Runs(pub(super) Vec<Run>);

impl Runs {
    /// Reads them from the data folder.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let text = |name: &str| {
            let path = folder.join(name);
            let unusable = |error: std::io::Error| {
                Unusable(format!("{}: {error}; --data names the folder that holds `routing`", path.display()))
            };
            std::fs::read_to_string(&path).map_err(unusable)
        };
        let (steps, runs) = (text(STEPS)?, text(RUNS)?);
        Self::parse(&steps, &runs).map_err(|error| Unusable(format!("{}: {error:#}", folder.display())).into())
    }

    /// From the texts of the two files.
    pub(super) fn parse(steps: &str, runs: &str) -> anyhow::Result<Self> {
        let totals = totals(runs)?;
        let mut lines = steps.lines().filter(|line| !line.trim().is_empty());
        let alphabet = alphabet(lines.next().context("swebench-pro-steps.jsonl is empty")?)?;
        let mut all = Vec::new();
        for (number, line) in lines.enumerate() {
            // The first line is the legend.
            let place = number + 2;
            all.push(one(line, &alphabet, &totals).with_context(|| format!("swebench-pro-steps.jsonl, line {place}"))?);
        }
        all.sort_by(|a: &Run, b: &Run| (&a.instance, a.other_brain).cmp(&(&b.instance, b.other_brain)));
        Ok(Self(all))
    }

    /// The runs that are scored.
    pub(super) fn home(&self) -> impl Iterator<Item = &Run> {
        self.0.iter().filter(|run| !run.other_brain)
    }

    /// Each run as it looks at a moment; none at the end for a run that left no patch.
    pub(super) fn examples(&self, moment: Moment) -> Vec<Option<Example>> {
        let look = |run: &Run| {
            (moment != Moment::End || run.end.patch_chars > 0).then(|| Example {
                values: Example::values_at(moment, &run.steps, run.end),
                failed: run.failed,
                repository: run.repository.clone(),
                other_brain: run.other_brain,
            })
        };
        self.0.iter().map(look).collect()
    }
}

#[derive(Deserialize)]
struct Line {
    model: String,
    repo: String,
    inst: String,
    exit_status: String,
    low_seq: String,
}

#[derive(Deserialize)]
struct Total {
    inst: String,
    model: String,
    resolved: u8,
    submitted: u8,
    out_tokens: u64,
    patch_chars: u64,
    obs_chars: u64,
    act_chars: u64,
}

fn totals(text: &str) -> anyhow::Result<HashMap<(String, String), Total>> {
    let mut totals = HashMap::new();
    for total in csv::Reader::from_reader(text.as_bytes()).deserialize::<Total>() {
        let total = total.context("swebench-pro-runs.csv")?;
        totals.insert((total.model.clone(), total.inst.clone()), total);
    }
    Ok(totals)
}

/// What each letter of the fine alphabet means.
fn alphabet(legend: &str) -> anyhow::Result<HashMap<char, StepKind>> {
    #[derive(Deserialize)]
    struct Legend {
        #[serde(rename = "_legend_low")]
        low: HashMap<char, String>,
    }
    let legend: Legend =
        serde_json::from_str(legend).context("the first line of swebench-pro-steps.jsonl is no legend")?;
    let known = |(letter, label): (char, String)| {
        let kind = StepKind::of_label(&label)
            .with_context(|| format!("the legend's {letter} is `{label}`, which no kind of step is"))?;
        Ok((letter, kind))
    };
    legend.low.into_iter().map(known).collect()
}

fn one(
    line: &str,
    alphabet: &HashMap<char, StepKind>,
    totals: &HashMap<(String, String), Total>,
) -> anyhow::Result<Run> {
    let line: Line = serde_json::from_str(line)?;
    let (_, model) = [HOME, OTHER]
        .into_iter()
        .find(|(short, _)| *short == line.model)
        .with_context(|| format!("the model is `{}`; known are `{}` and `{}`", line.model, HOME.0, OTHER.0))?;
    let total = totals
        .get(&(model.to_owned(), line.inst.clone()))
        .with_context(|| format!("{} of {model} is not in swebench-pro-runs.csv", line.inst))?;
    let letter =
        |letter: char| alphabet.get(&letter).copied().with_context(|| format!("{letter} is not in the legend"));
    let stop = match line.exit_status.as_str() {
        "submitted" => Stop::Submitted,
        status if status.contains("exit_context") => Stop::ContextFull,
        _ => Stop::CutOff,
    };
    Ok(Run {
        instance: line.inst,
        repository: line.repo,
        other_brain: model != HOME.1,
        steps: line.low_seq.chars().map(letter).collect::<anyhow::Result<_>>()?,
        end: RunEnd {
            stop,
            patch_chars: if total.submitted == 0 { 0 } else { total.patch_chars },
            asked_chars: Some(total.act_chars),
            seen_chars: Some(total.obs_chars),
            output_tokens: Some(total.out_tokens),
        },
        failed: total.resolved == 0,
    })
}
