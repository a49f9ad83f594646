//! The figure's lines and its JSON.

use routing::during::Moment;
use serde_json::json;

use crate::figure::{Figure, progress};

use super::data::Runs;
use super::folds::Setting;
use super::{MOMENTS, SEEDS, Scored};

/// Probabilities from which a run would be escalated, for the lines.
const LIMITS: [f64; 4] = [0.5, 0.6, 0.7, 0.8];

/// Scores everything.
pub(super) fn figure(runs: &Runs) -> anyhow::Result<Figure> {
    let count = runs.home().count();
    let failed = runs.home().filter(|run| run.failed).count();
    let mut lines = vec![
        format!("GPT-5 on SWE-bench Pro: {count} runs, {failed} failed; scored by models that never saw the instance"),
        "area under the curve, mean of 5 seeds of 10 folds, 95 % interval over instances".to_owned(),
    ];
    let mut json = json!({});
    let mut intervals = json!({});
    let mut going = json!({});
    for (name, moment) in MOMENTS {
        progress(&format!("monitor: {name}"));
        let scored = Scored::of(runs, moment, Setting::of(moment), &SEEDS)?;
        let (area, interval) = (scored.all()?, scored.interval()?);
        lines.push(format!("{name:<8} {area:.3} ({:.3} to {:.3})", interval.low, interval.high));
        lines.extend(less(runs, moment)?);
        json[name] = rounded(area);
        intervals[name] = json!([rounded(interval.low), rounded(interval.high)]);
        if let Moment::After(steps) = moment {
            let some = scored.still_going(runs, steps as usize);
            let (area, interval) = (some.all()?, some.interval()?);
            let left = some.counted.iter().filter(|counted| **counted).count();
            let lost = some.counted.iter().zip(&some.failed).filter(|(counted, failed)| **counted && **failed).count();
            let between = format!("({:.3} to {:.3})", interval.low, interval.high);
            lines.push(format!(
                "         {area:.3} {between} among the {left} runs that are still going, {lost} of which fail"
            ));
            going[name] =
                json!({ "auc": rounded(area), "ci": [rounded(interval.low), rounded(interval.high)], "runs": left });
            lines.extend(limits(&some, steps));
        }
    }
    let without = runs.home().filter(|run| run.end.patch_chars == 0).count();
    lines.push(format!("         {:.3} by \"no patch\" alone, which {without} runs left", without_patch(runs)?));
    json["ci"] = intervals;
    json["still_going"] = going;
    json["runs"] = json!(count);
    json["failed"] = json!(failed);
    Ok(Figure { lines, json })
}

/// The same with nothing to choose, as the model that comes with the program is, and with less to learn from.
fn less(runs: &Runs, moment: Moment) -> anyhow::Result<Vec<String>> {
    let all = Setting { chooses: false, ..Setting::of(moment) };
    let mut lines = Vec::new();
    let turned = Setting { repository: !all.repository, ..all };
    let variants = [
        ("with features and ridge as in the model that comes with the program", all),
        ("the same without Sonnet's runs", Setting { others: false, ..all }),
        (if all.repository { "the same without the repository" } else { "the same with the repository" }, turned),
        ("by the repository alone", Setting { repository: true, steps: false, others: false, ..all }),
    ];
    for (name, setting) in variants {
        let area = Scored::of(runs, moment, setting, &SEEDS)?.all()?;
        lines.push(format!("         {area:.3} {name}"));
    }
    Ok(lines)
}

/// How many runs would be escalated from which probability on, and how many of those fail. By the first seed.
fn limits(scored: &Scored, steps: u32) -> Vec<String> {
    let Some(scores) = scored.scores.first() else { return Vec::new() };
    let counted = || (0..scores.len()).filter(|run| scored.counted[*run]);
    let all = counted().count().max(1);
    let line = |limit: &f64| {
        let odds = (limit / (1.0 - limit)).ln();
        let raised: Vec<usize> = counted().filter(|run| scores[*run] >= odds).collect();
        let failed = raised.iter().filter(|run| scored.failed[**run]).count();
        let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        format!(
            "         P(fail) from {limit:.1} on after {steps} steps: {:.0} % of them, {:.0} % of which fail",
            share(raised.len(), all),
            share(failed, raised.len())
        )
    };
    LIMITS.iter().map(line).collect()
}

fn without_patch(runs: &Runs) -> anyhow::Result<f64> {
    let scores = vec![runs.home().map(|run| if run.end.patch_chars == 0 { 1.0 } else { 0.0 }).collect()];
    let failed: Vec<bool> = runs.home().map(|run| run.failed).collect();
    let counted = vec![true; failed.len()];
    Scored { scores, failed, counted }.all()
}

fn rounded(value: f64) -> serde_json::Value {
    json!((value * 1e4).round() / 1e4)
}
