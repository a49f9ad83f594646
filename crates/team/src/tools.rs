//! Which tools there are, how modules group them, and who gets which.

use crate::spec::Role;

/// Modules and their tools, as a team file names them, in the order in which tools stand in every schema. A tool of the
/// `git` module is called `git_diff` by the model, `diff` in the file.
pub(crate) const MODULES: &[(&str, &[(&str, &str)])] = &[
    (
        "filesystem",
        &[("read", "read"), ("list", "list"), ("glob", "glob"), ("grep", "grep"), ("edit", "edit"), ("write", "write")],
    ),
    ("shell", &[("bash", "bash"), ("processes", "processes")]),
    ("git", &[("diff", "git_diff"), ("status", "git_status"), ("commit", "git_commit")]),
    ("agents", &[("delegate", "delegate"), ("report", "report"), ("take_over", "take_over")]),
];

/// Tools that belong to no module.
pub(crate) const PLAIN: &[&str] = &["verify", "ask_user", "plan"];

/// Tools that change something, and that a coordinator with `take_over` has to open first.
pub(crate) const CHANGING: &[&str] = &["edit", "write", "bash", "processes"];

/// Tools of a coordinator that names none: it reads and judges, others work.
const COORDINATOR: &[&str] = &[
    "read",
    "edit",
    "write",
    "bash",
    "git_diff",
    "git_status",
    "git_commit",
    "delegate",
    "take_over",
    "verify",
    "ask_user",
    "plan",
];

/// Tools of a specialist that names none: everything but judging.
const SPECIALIST: &[&str] =
    &["read", "list", "glob", "grep", "edit", "write", "bash", "processes", "git_diff", "git_status", "report"];

/// Tools of an agent that works alone: everything but what needs another agent.
const SOLO: &[&str] = &[
    "read",
    "list",
    "glob",
    "grep",
    "edit",
    "write",
    "bash",
    "processes",
    "git_diff",
    "git_status",
    "git_commit",
    "verify",
    "ask_user",
    "plan",
];

/// The tools of an agent that names none.
pub(crate) fn defaults(role: Role, solo: bool) -> &'static [&'static str] {
    match (role, solo) {
        (_, true) => SOLO,
        (Role::Coordinator, false) => COORDINATOR,
        (Role::Specialist, false) => SPECIALIST,
    }
}

/// Every tool, in schema order.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    MODULES.iter().flat_map(|(_, tools)| tools.iter().map(|(_, tool)| *tool)).chain(PLAIN.iter().copied())
}

/// Why a role cannot have a tool, or nothing when it can.
pub(crate) fn refusal(tool: &str, role: Role, solo: bool) -> Option<&'static str> {
    match tool {
        "delegate" | "take_over" if solo => {
            Some("an agent that works alone has nobody to delegate to or take over from")
        }
        "report" if solo || role == Role::Coordinator => {
            Some("only a specialist reports; a coordinator answers the user")
        }
        "delegate" if role == Role::Specialist => Some("a specialist cannot delegate: delegation is one level deep"),
        "git_commit" if role == Role::Specialist && !solo => Some("a specialist does not commit: the coordinator does"),
        "take_over" if role == Role::Specialist => Some("only the coordinator takes work over"),
        "ask_user" if role == Role::Specialist => {
            Some("a specialist asks its coordinator, by a report with status needs_decision")
        }
        _ => None,
    }
}
