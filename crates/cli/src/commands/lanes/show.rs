//! Lanes as text.

use bill::lanes::{Boundary, Overhead, Report, Row, TypeRow};
use protocol::Usd;

use crate::commands::why::count;
use crate::table::table;

/// Where there is nothing to tell.
const NONE: &str = "-";

/// Name of the last line.
const TOTAL: &str = "= total";

/// The lanes, the types of task, the classifier.
pub(super) fn whole(report: &Report, overhead: Option<&Overhead>) -> String {
    let mut parts = vec![lanes(report), types(&report.task_types)];
    parts.extend(classifier(report.boundary.as_ref(), overhead));
    parts.push(LEGEND.to_owned());
    parts.join("\n\n")
}

const LEGEND: &str = "Passed: of the attempts that checks could judge; what was rejected did not pass. Escalated: of the tasks. \
                      Rejected: by a\nreview, by `agent outcome`, or reverted. Cost per passed task: with the failed attempts.";

fn lanes(report: &Report) -> String {
    let headers = [
        "Lane",
        "Attempts",
        "Passed",
        "Escalated",
        "Median latency",
        "Rejected",
        "Cost per passed task",
        "Typical use",
        "Common failure",
    ];
    let mut table = table(&headers, 1);
    for row in report.lanes.iter().chain([&report.total]) {
        let name = if row.lane.is_empty() { TOTAL } else { &row.lane };
        table.add_row([
            name.to_owned(),
            part(row.attempts, row.attempt_share.filter(|_| !row.lane.is_empty())),
            part(row.passed, row.pass_rate),
            part(row.escalated, row.escalation_rate),
            row.median_ms.map_or_else(|| NONE.to_owned(), time),
            part(row.rejected, row.rejection_rate),
            per_passed(row),
            row.typical_use.map_or(NONE, |kind| kind.as_str()).to_owned(),
            row.common_failure.clone().unwrap_or_else(|| NONE.to_owned()),
        ]);
    }
    table.trim_fmt()
}

fn types(rows: &[TypeRow]) -> String {
    let mut table = table(&["Type of task", "Tasks", "Passed", "Cost", "Per task", "Per passed task"], 1);
    for row in rows {
        let known = |usd: Option<Usd>, of: u64| match (row.usd, usd, of) {
            (None, ..) => "unknown".to_owned(),
            (_, Some(usd), 1..) => usd.to_string(),
            _ => NONE.to_owned(),
        };
        table.add_row([
            row.task_type.to_string(),
            row.tasks.to_string(),
            row.passed.to_string(),
            known(row.usd, 1),
            known(row.usd_per_task, row.tasks),
            known(row.usd_per_passed_task, row.passed),
        ]);
    }
    table.trim_fmt()
}

/// `4 (80 %)`
fn part(number: u64, share: Option<f64>) -> String {
    match share {
        Some(share) if number > 0 => format!("{number} ({:.0} %)", share * 100.0),
        Some(_) => number.to_string(),
        None if number > 0 => number.to_string(),
        None => NONE.to_owned(),
    }
}

fn per_passed(row: &Row) -> String {
    match (row.usd, row.usd_per_passed_task) {
        (_, Some(usd)) => usd.to_string(),
        (None, None) => "unknown".to_owned(),
        (Some(_), None) => NONE.to_owned(),
    }
}

fn time(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

fn classifier(boundary: Option<&Boundary>, overhead: Option<&Overhead>) -> Option<String> {
    let mut lines = Vec::new();
    if let Some(overhead) = overhead {
        let usd = overhead.usd.map_or("at an unknown price".to_owned(), |usd| format!("for {usd}"));
        let took = overhead.median_ms.map_or(String::new(), |ms| format!(", {} in the median", time(ms)));
        lines.push(format!("Classifier: {} {usd}{took}.", count(overhead.calls, "call")));
    }
    if let Some(boundary) = boundary {
        let right = boundary.right().map_or(NONE.to_owned(), |right| format!("{:.0} %", right * 100.0));
        lines.push(format!(
            "Its labels at the boundary of the first lane: {right} right where it is known; {} failed, {} overridden.",
            boundary.failed, boundary.overridden
        ));
        let mut table = table(&["", "first lane was enough", "was not", "nobody knows"], 1);
        for (name, judged) in [("said low", boundary.low), ("said medium or high", boundary.above)] {
            table.add_row([
                name.to_owned(),
                judged.enough.to_string(),
                judged.not_enough.to_string(),
                judged.unknown.to_string(),
            ]);
        }
        lines.push(table.trim_fmt());
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{part, time};

    #[test]
    fn p43_what_there_is_nothing_to_tell_of_is_a_hyphen_and_no_share_of_nothing() {
        assert_eq!(
            (part(0, None), part(0, Some(0.0)), part(4, Some(0.8))),
            ("-".into(), "0".into(), "4 (80 %)".into())
        );
        assert_eq!(
            [0, 999, 1_000, 59_999, 60_000, 125_400].map(time),
            ["0 ms", "999 ms", "1.0 s", "60.0 s", "1 min 0 s", "2 min 5 s"]
        );
    }
}
