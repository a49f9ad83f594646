//! The model that comes with the program: nothing in it is chosen by the data, so that its looks are shrunk alike.

use routing::during::{Checkpoint, Moment, RunModel};
use serde_json::Value;

use super::data::Runs;
use super::folds::{Choice, Setting, fitted, usable};

/// Where it looks, steps.
const AFTER: [u32; 6] = [10, 15, 20, 30, 45, 60];
const ABOUT: &str = "Fitted on recorded runs of GPT-5 and Claude Sonnet 4.5 on SWE-bench Pro by \
                     `cargo run --release -p bench -- monitor --fit --data DIR`; docs/during.md says how well it does.";

/// Fitted on every run, as JSON with six places behind the point.
pub(super) fn model(runs: &Runs) -> anyhow::Result<Value> {
    let checkpoints = AFTER.iter().map(|steps| on_all(runs, Moment::After(*steps))).collect::<anyhow::Result<_>>()?;
    let left_none: Vec<bool> = runs.0.iter().filter(|run| run.end.patch_chars == 0).map(|run| run.failed).collect();
    let failed = left_none.iter().filter(|failed| **failed).count();
    // One success and one failure more than were seen: nothing is certain.
    let without_patch = (failed as f64 + 1.0) / (left_none.len() as f64 + 2.0);
    let end = on_all(runs, Moment::End)?;
    let model = RunModel::new(ABOUT.to_owned(), runs.0.len(), checkpoints, end, without_patch)?;
    let mut json = serde_json::to_value(model)?;
    round(&mut json);
    Ok(json)
}

fn on_all(runs: &Runs, moment: Moment) -> anyhow::Result<Checkpoint> {
    let examples = runs.examples(moment);
    let every: Vec<usize> = usable(&examples).collect();
    fitted(&examples, &every, moment, Setting::of(moment), &Choice::plain(moment))
}

fn round(json: &mut Value) {
    match json {
        Value::Array(all) => all.iter_mut().for_each(round),
        Value::Object(all) => all.values_mut().for_each(round),
        Value::Number(number) if number.is_f64() => {
            let short = number.as_f64().map(|value| (value * 1e6).round() / 1e6);
            *json = short.map_or(Value::Null, Value::from);
        }
        _ => {}
    }
}
