//! The figure `routing`: what ways of choosing a model, and of escalating, would have cost and achieved on recorded outcomes of
//! real models on real tasks.
//!
//! Everything that is chosen from data (coefficients, calibration, tiers, the best single model) is chosen on training folds and
//! scored on the fold that was held out: ten folds, several seeds, the mean over the seeds for each task. Cost and success are
//! relative to the strong model of the pair. Intervals are 95 % bootstraps over tasks.
//!
//! # What is charged
//!
//! All attempts that were made, failed cheap ones included, and each verdict. A verdict is priced as a model at $2 / $10 per million
//! tokens that reads task, change and receipts and answers briefly; it is charged to a perfect verifier as well. The last tier of a
//! cascade is not judged: nothing follows it. What a verifier accepts is computed as an expectation, not drawn.
//!
//! # What is known before the run
//!
//! Verified: text and repository. Pro: the repository (the texts are not in the data). CodeRouterBench: the dimension, and tokens of the
//! prompt as GPT-5.4 counts them; output tokens are not known before, the counts of some other models are constants that were filled
//! in afterwards, and names of tasks give their source away: none of them is used.

mod cascade;
mod data;
mod decision;
mod folds;
mod learner;
mod plain;
mod score;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde_json::json;

use crate::figure::{Figure, progress};

use self::data::Set;
use self::score::Row;

/// Reads the outcomes in `DIR/routing` and scores every policy on them.
///
/// # Errors
/// No folder was named, or its files cannot be read: [`crate::figure::Unusable`].
pub(crate) fn measure(data: Option<&Path>) -> anyhow::Result<Figure> {
    let sets = data::read(data)?;
    let mut rows = Vec::new();
    for set in &sets {
        progress(&format!("{}: {} tasks, {} models", set.name, set.tasks.len(), set.models.len()));
        rows.extend(of_set(set)?);
    }
    let mut lines = table::lines(&rows, &sets);
    let decision = decision::measure(&sets)?;
    lines.push(format!("a decision in process, in milliseconds: {decision} (target: p99 under 1)"));
    let json = json!({
        "figure": "routing",
        "folds": folds::FOLDS,
        "seeds": folds::SEEDS,
        "tables": rows.iter().map(Row::json).collect::<Vec<_>>(),
        "frontier": sets.iter().map(table::frontier).collect::<Vec<_>>(),
        "targets": table::targets(&rows),
        "decision": decision,
    });
    Ok(Figure { lines, json })
}

fn of_set(set: &Set) -> anyhow::Result<Vec<Row>> {
    let trained = learner::train(set)?;
    let mut rows = Vec::new();
    for group in &set.groups {
        let plays = plain::plays(set, group)
            .into_iter()
            .chain(learner::plays(set, group, &trained)?)
            .chain(cascade::plays(set, group))
            .collect();
        rows.extend(score::rows(set, group, plays));
    }
    Ok(rows)
}
