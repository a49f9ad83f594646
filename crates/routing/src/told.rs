//! A decision as lines for a person.

use protocol::Route;

use crate::decide::CHECKS_BY_PATH;
use crate::signals::UNREADABLE;

/// The lines of a decision, in a fixed order: what is known, the score, the lane, the model, each command that checks the work,
/// the rules that had a say; behind the first what the classifier said, where it was asked. `model` is what the lane works with here.
pub fn lines(route: &Route, model: &str) -> Vec<String> {
    let signals = &route.signals;
    let mut lines = vec![format!(
        "classifier: files={} schema_change={} auth_code={} failures={} new_code={}",
        signals.files, signals.schema_change, signals.auth_code, signals.failures, signals.new_code
    )];
    lines.extend(route.classifier.as_ref().map(|label| format!("classifier_label: {label}")));
    lines.extend([
        format!("risk_score: {}", route.score),
        format!("selected_lane: {}", route.lane),
        format!("model: {model}"),
    ]);
    let by_path = route.reasons.iter().find_map(|reason| reason.strip_prefix(CHECKS_BY_PATH));
    match by_path {
        Some(commands) => lines.push(format!("verification: none yet; by path: {commands}")),
        None if route.verification.is_empty() => lines.push("verification: none".to_owned()),
        None => {}
    }
    lines.extend(route.verification.iter().map(|command| format!("verification: {command}")));
    let reasons = route.reasons.iter().filter(|reason| !reason.starts_with(CHECKS_BY_PATH));
    let reasons: Vec<&str> = reasons.map(String::as_str).collect();
    lines.push(format!("reasons: {}", if reasons.is_empty() { "none".to_owned() } else { reasons.join(", ") }));
    lines
}

/// What a reason means.
pub fn in_words(reason: &str) -> String {
    let (rule, about) = reason.split_once(':').unwrap_or((reason, ""));
    match rule {
        "hint" => format!("the caller says so: `{about}`; hints only raise"),
        "hint_refused" => {
            format!("a hint could not be taken ({}): such a task goes to the strongest lane", about.replace(':', ", "))
        }
        "always_strong" => format!("`{about}` holds, and the policy always sends that to the strongest lane"),
        "path" if about == UNREADABLE => {
            "git could not say which files differ, or the name of one is no plain text: nobody knows what is touched"
                .to_owned()
        }
        "path" => format!("a touched file matches the path rule `{about}`"),
        "text_path" => format!("the task names a file that matches the path rule `{about}`; a text only raises"),
        "text" => {
            format!("more is asked for besides (`{about}`); what stands beside or behind the task itself only raises")
        }
        "task_type" if about == "unknown" => "no words of the first sentence say what kind of work it is".to_owned(),
        "task_type" => format!("the first sentence says what kind of work it is: `{about}`"),
        "reads_only" => "the task only looks: files that lie changed in the workspace do not count".to_owned(),
        "score" => format!("the risk score of the signals is {about}"),
        "classifier" => format!("the classifier says `{about}`; it only raises"),
        "learned" => format!("what came of earlier tasks says so, with a confidence of {about}"),
        "explored" => {
            let (chance, dollars) = about.split_once(':').unwrap_or((about, "?"));
            format!(
                "drawn with a chance of {chance} to find out; at most ${dollars} of the budget for that are set aside"
            )
        }
        "checks_by_path" => format!("which of these commands check the work shows when files are touched: {about}"),
        "sticky" => format!("the session was in lane `{about}` before and stays there"),
        "context" => format!("the prompt is too long for lane `{about}`"),
        "override" => format!("the policy had chosen the lane `{about}`"),
        "escalated" => format!("an attempt before did not do ({})", about.replace(':', ", ")),
        "fallback" => format!("the model of a lane could not answer ({})", about.replace(':', ", ")),
        "forced" => format!("the person named the lane `{about}`"),
        _ => "a rule that this version does not know".to_owned(),
    }
}
