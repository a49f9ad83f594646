//! The typed, size-capped pieces of context that the runtime adds. Every one of them is written here, so that what agents
//! are told besides the user's words can be read in one place.

use std::path::Path;

use protocol::{Brief, FragmentKind, Item};
use tools::ApprovalMode;

use crate::rights::{as_data, flagged};
use crate::setup::ProjectContext;
use crate::tail::OwnCommand;

/// Longest project instructions that are passed on, in bytes (the published cap of another agent, 32 KiB).
const INSTRUCTIONS_CAP: usize = 32 * 1024;

fn fragment(kind: FragmentKind, text: String) -> Item {
    Item::Fragment { kind, text }
}

/// Where the agent works, and what the project says. The first item of every agent's transcript; no clock, no listing.
pub(crate) fn environment(root: &Path, project: &ProjectContext) -> Item {
    let mut text = format!("<environment>\nworkspace: {}\nplatform: {}\n", root.display(), std::env::consts::OS);
    if let Some(branch) = &project.branch {
        text.push_str(&format!("git branch: {branch}\n"));
    }
    text.push_str("</environment>");
    for (name, instructions) in &project.instructions {
        let shown = cut(instructions, INSTRUCTIONS_CAP);
        text.push_str(&format!("\n<project_instructions file=\"{name}\">\n{shown}\n</project_instructions>"));
    }
    fragment(FragmentKind::Environment, text)
}

/// A brief, as the specialist reads it.
pub(crate) fn brief(brief: &Brief, checks: &[(String, String)]) -> String {
    let mut text = format!("# Brief\n{}\n", brief.objective.trim());
    if brief.explore {
        text.push_str("\nThis is exploration: change nothing. The report must carry `path:line` evidence.\n");
    }
    if let Some(said) = &brief.user_said {
        text.push_str(&format!("\n## The user's words\n{}\n", said.trim()));
    }
    if !checks.is_empty() {
        text.push_str("\n## Acceptance, run by the runtime\n");
        for (name, command) in checks {
            let line = if name == command { format!("- `{command}`\n") } else { format!("- {name}: `{command}`\n") };
            text.push_str(&line);
        }
    }
    if let Some(notes) = &brief.acceptance_notes {
        text.push_str(&format!("\n## Also required\n{}\n", notes.trim()));
    }
    if let Some(scope) = &brief.scope {
        text.push_str(&format!("\n## Scope\n{}\n", scope.trim()));
    }
    if !brief.facts.is_empty() {
        text.push_str("\n## Known\n");
        brief.facts.iter().for_each(|fact| text.push_str(&format!("- {}\n", fact.trim())));
    }
    if let Some(form) = &brief.return_form {
        text.push_str(&format!("\n## Report\n{}\n", form.trim()));
    }
    text
}

/// A specialist stopped without reporting.
pub(crate) fn must_report() -> Item {
    fragment(
        FragmentKind::Reminder,
        "<reminder>End with the `report` tool: a delegation is over only when you have reported. If something is in the \
         way, report `partial`, `blocked` or `needs_decision`.</reminder>"
            .to_owned(),
    )
}

/// Few steps are left of a cap.
pub(crate) fn steps_left(left: u32) -> Item {
    fragment(
        FragmentKind::Budget,
        format!(
            "<reminder>{left} steps are left of this delegation's limit. Finish what you are at and report; what is open \
             belongs into `doubts`.</reminder>"
        ),
    )
}

/// The output limit cut an answer.
pub(crate) fn go_on() -> Item {
    fragment(
        FragmentKind::Reminder,
        "<reminder>Your answer was cut off at the output limit. Go on where it stopped.</reminder>".to_owned(),
    )
}

/// Words by which [`repeating`] is known.
pub(crate) const REPEATING: &str = "You made the same call";

/// The same call gives the same result again and again.
pub(crate) fn repeating(times: usize) -> Item {
    fragment(
        FragmentKind::Drift,
        format!(
            "<reminder>{REPEATING} {times} times with the same result. It will not change by itself: do \
             something else, or say what is in the way.</reminder>"
        ),
    )
}

/// Words by which [`exploring`] is known.
pub(crate) const EXPLORING_YOURSELF: &str = "of your steps so far went into reading and searching yourself";

/// The lead explores where a specialist would do it for less.
pub(crate) fn exploring(share: u32) -> Item {
    fragment(
        FragmentKind::Drift,
        format!(
            "<reminder>{share} % {EXPLORING_YOURSELF}. What you read stays in your context at your price: hand exploration to a \
             specialist with one brief that asks for all you want to know, and read only what you have to judge.</reminder>"
        ),
    )
}

/// The runtime's own verification failed at the end of a turn.
pub(crate) fn verification_failed(output: &str) -> Item {
    let output = as_data(output);
    fragment(
        FragmentKind::Reminder,
        format!(
            "<verification>The runtime ran the project's checks on the result, and they do not pass:\n{output}\nHave it \
             mended (a follow-up to the specialist that made the change is cheapest), or say what is in the way.</verification>"
        ),
    )
}

/// The work is not good enough yet, for another reason than checks that fail.
pub(crate) fn not_yet(objections: &str) -> Item {
    let text = if objections.trim().is_empty() {
        "<verification>The task asks for a change, and nothing has changed. Make the change, or say what is in the way.</verification>"
            .to_owned()
    } else {
        let objections = as_data(objections.trim());
        format!("<verification>{objections}\nMend it, or say why an objection does not hold.</verification>")
    };
    fragment(FragmentKind::Reminder, text)
}

/// In a cheap lane the lead has nobody cheaper to send.
pub(crate) fn open_hands() -> Item {
    fragment(
        FragmentKind::Drift,
        "<lane>This task is small: do it yourself. `edit`, `write` and `bash` are open to you without `take_over`; delegate only \
         what can go on beside your own work. The runtime runs the project's checks on the result.</lane>"
            .to_owned(),
    )
}

/// Most of a diff and of failing output that crosses to the next lane, in bytes.
const CROSSES: usize = 24_000;

/// Why a window is opened in another lane: the work was not good enough.
pub(crate) const ESCALATED: &str = "escalated";

/// Why a window is opened in another lane: nobody answered.
pub(crate) const FALLBACK: &str = "fallback";

/// Whether a window with this reason was opened in another lane than the one before it.
pub(crate) fn changes_lane(reason: &str) -> bool {
    matches!(reason, ESCALATED | FALLBACK)
}

/// What a lane is told that takes the place of one in which nobody answered.
pub(crate) fn fell_back(why: &str, diff: &str) -> Item {
    let mut text = format!("<fallback reason=\"{why}\">\nAnother agent began this, and can no longer be asked.\n");
    if diff.trim().is_empty() {
        text.push_str("\nIt changed nothing.\n");
    } else {
        text.push_str(&format!(
            "\n# Its diff, in the files as they are now\n{}\n",
            as_data(&cut(diff.trim(), CROSSES))
        ));
    }
    text.push_str("\nGo on from there; nothing of it was checked.\n</fallback>");
    fragment(FragmentKind::Drift, text)
}

/// What the next lane is told of the one that failed.
pub(crate) fn escalated(trigger: &str, failing: &str, diff: &str) -> Item {
    let mut text = format!(
        "<escalation reason=\"{trigger}\">\nAnother agent tried this before, and its work was not good enough.\n"
    );
    if !failing.trim().is_empty() {
        text.push_str(&format!("\n# What fails\n{}\n", as_data(&cut(failing.trim(), CROSSES))));
    }
    if diff.trim().is_empty() {
        text.push_str("\nIt changed nothing.\n");
    } else {
        text.push_str(&format!(
            "\n# Its diff, in the files as they are now\n{}\n",
            as_data(&cut(diff.trim(), CROSSES))
        ));
    }
    text.push_str("\nJudge what of it to keep; it is not yours to defend.\n</escalation>");
    fragment(FragmentKind::Drift, text)
}

/// The final answer does not follow the schema that the user asked for.
pub(crate) fn schema_mismatch(problem: &str) -> Item {
    fragment(
        FragmentKind::Reminder,
        format!(
            "<reminder>Your final answer has to be one JSON value that follows the given schema, without any other text \
             around it. It does not: {problem}</reminder>"
        ),
    )
}

/// The schema that the final answer has to follow.
pub(crate) fn answer_schema(schema: &serde_json::Value) -> Item {
    fragment(
        FragmentKind::Reminder,
        format!(
            "<answer_format>When the work is done, answer with one JSON value that follows this JSON Schema, and nothing \
             else:\n{schema}\n</answer_format>"
        ),
    )
}

/// The user's words while a turn runs. Not a new turn: what was granted and counted for this one stays.
pub(crate) fn steering(text: &str) -> Item {
    fragment(FragmentKind::Steering, text.to_owned())
}

/// How a fragment begins that tells the mode, up to its name.
const MODE: &str = "<mode now=\"";

fn mode_name(mode: ApprovalMode) -> &'static str {
    match mode {
        ApprovalMode::Ask => "ask",
        ApprovalMode::Auto => "auto",
        ApprovalMode::Deny => "plan",
    }
}

/// The mode is another one. `was_reading`: up to now nothing but reading was done.
pub(crate) fn mode(now: ApprovalMode, was_reading: bool, delegates: bool) -> Item {
    let again = if was_reading { "Reading only is over: what your tools can do, they may do again. " } else { "" };
    let words = match now {
        ApprovalMode::Ask => format!(
            "{again}The user is asked before files change and before commands that are not known to be harmless."
        ),
        ApprovalMode::Auto => format!(
            "{again}Edits inside the workspace and commands that the rules allow need no yes from now on; the user is asked for the rest."
        ),
        ApprovalMode::Deny => {
            let others =
                if delegates { " That holds for every agent you delegate to: hand over exploration only." } else { "" };
            format!(
                "The user switched this session to reading only, to see a plan first. Changing files, committing, and commands that do \
                 more than read are refused until the user switches back; trying again does not help, so do not try.{others} Read and \
                 search what you need, then say what should be done: which files and places, how, in which order, and how it will be \
                 checked. Ask where the user has to decide."
            )
        }
    };
    fragment(FragmentKind::Drift, format!("{MODE}{}\">{words}</mode>", mode_name(now)))
}

/// The mode that an item tells, if it tells one.
pub(crate) fn mode_of(item: &Item) -> Option<ApprovalMode> {
    let Item::Fragment { kind: FragmentKind::Drift, text } = item else { return None };
    let name = text.strip_prefix(MODE)?.split('"').next()?;
    [ApprovalMode::Ask, ApprovalMode::Auto, ApprovalMode::Deny].into_iter().find(|mode| mode_name(*mode) == name)
}

/// How a fragment begins that tells of a command of the user's own, up to its name.
const OWN_COMMAND: &str = "<user_command id=\"";

/// Most bytes of the output of a user's own command that are told.
const OWN_OUTPUT: usize = 20_000;

/// What the user ran themselves, with what it printed.
pub(crate) fn own_command(own: &OwnCommand) -> Item {
    let (how, output) = match &own.ended {
        Some(end) => (end.how.as_str(), ends(end.output.trim_end(), OWN_OUTPUT)),
        None => ("interrupted, effects unknown", String::new()),
    };
    let marked = flagged(&output).map(|words| format!("\n{words}")).unwrap_or_default();
    let output = if output.is_empty() { "(no output)".to_owned() } else { output };
    let id = &own.call;
    let ran = as_data(&format!("The user ran `{}` ({how}):\n{output}", own.command));
    fragment(FragmentKind::Drift, format!("{OWN_COMMAND}{id}\">{ran}{marked}</user_command>"))
}

/// The name of the user's own command that an item tells of, if it tells of one.
pub(crate) fn own_command_of(item: &Item) -> Option<&str> {
    let Item::Fragment { kind: FragmentKind::Drift, text } = item else { return None };
    text.strip_prefix(OWN_COMMAND)?.split('"').next()
}

/// The turn was interrupted by the user.
pub(crate) fn interrupted() -> Item {
    fragment(
        FragmentKind::Interrupted,
        "<interrupted>The user interrupted here. What was running was stopped.</interrupted>".to_owned(),
    )
}

/// The first `cap` bytes of a text, cut at a character, with a note where something is missing.
pub(crate) fn cut(text: &str, cap: usize) -> String {
    if text.len() <= cap {
        return text.to_owned();
    }
    let mut end = cap;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n[... {} bytes left out]", &text[..end], text.len() - end)
}

/// Beginning and end of a text that is longer than `cap` bytes, with a note where something is missing.
fn ends(text: &str, cap: usize) -> String {
    if text.len() <= cap {
        return text.to_owned();
    }
    let head = &text[..text.floor_char_boundary(cap / 2)];
    let tail = &text[text.ceil_char_boundary(text.len() - cap / 2)..];
    format!("{head}\n[... {} bytes left out]\n{tail}", text.len() - head.len() - tail.len())
}
