//! The commands of a chat: one table, from which help, completion, suggestions and the guide are made.

use screen::Candidate;

use super::own::Own;

/// When a command may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At any time.
    Always,
    /// Only while nobody works.
    BetweenTurns,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Help,
    Team,
    Model,
    Plan,
    Review,
    Diff,
    Compact,
    Context,
    Cost,
    Why,
    Sessions,
    Resume,
    Export,
    Approve,
    Sandbox,
    Init,
    Clear,
    Quit,
}

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Without its `/`.
    pub(super) name: &'static str,
    /// What may follow it; empty where nothing does.
    pub(super) takes: &'static str,
    /// What it does, in a few words.
    pub(super) about: &'static str,
    pub(super) when: When,
    pub(super) kind: Kind,
}

const fn command(kind: Kind, name: &'static str, takes: &'static str, about: &'static str, when: When) -> Command {
    Command { name, takes, about, when, kind }
}

/// All of them, in the order in which they are listed.
pub(super) const COMMANDS: [Command; 18] = [
    command(Kind::Help, "help", "", "this list", When::Always),
    command(Kind::Team, "team", "", "who works, with which model", When::Always),
    command(
        Kind::Model,
        "model",
        "[AGENT] MODEL[@EFFORT] [now]",
        "another model from the next window on, with its price",
        When::BetweenTurns,
    ),
    command(
        Kind::Plan,
        "plan",
        "[TASK | off]",
        "reading only: nothing can be changed, the answer is a plan; `off` goes back",
        When::Always,
    ),
    command(
        Kind::Review,
        "review",
        "[RANGE]",
        "a look at your changes, or at RANGE, by a clean context",
        When::BetweenTurns,
    ),
    command(
        Kind::Diff,
        "diff",
        "[RANGE]",
        "what differs from the last commit, new files too, or from RANGE",
        When::Always,
    ),
    command(Kind::Compact, "compact", "[AGENT] [what matters]", "close a window now", When::BetweenTurns),
    command(Kind::Context, "context", "", "each agent's window: number, model, fill, cache", When::Always),
    command(Kind::Cost, "cost", "", "what it cost so far, and on what", When::Always),
    command(Kind::Why, "why", "[STEP]", "what was decided, by which numbers", When::Always),
    command(Kind::Sessions, "sessions", "", "the newest sessions", When::Always),
    command(Kind::Resume, "resume", "[SESSION]", "go on with another session", When::BetweenTurns),
    command(Kind::Export, "export", "[FILE]", "write the session as Markdown", When::Always),
    command(Kind::Approve, "approve", "[ask | auto | plan]", "when you are asked", When::Always),
    command(Kind::Sandbox, "sandbox", "[MODE]", "how far commands may go; MODE changes it", When::Always),
    command(Kind::Init, "init", "", "find test and lint commands, write .agent/team.yaml", When::BetweenTurns),
    command(Kind::Clear, "clear", "", "begin a new session", When::BetweenTurns),
    command(Kind::Quit, "quit", "", "leave (the session can be resumed)", When::Always),
];

/// The command of a name.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    let name = if name == "exit" { "quit" } else { name };
    COMMANDS.iter().find(|command| command.name == name)
}

/// What `/` offers.
pub(super) fn candidates(own: &Own) -> Vec<Candidate> {
    let built_in = COMMANDS.iter().map(|command| Candidate {
        insert: command.name.to_owned(),
        about: command.about.to_owned(),
        takes: command.takes.to_owned(),
    });
    let own = own.all().iter().map(|command| Candidate {
        insert: command.name.clone(),
        about: command.about.clone(),
        takes: command.takes.clone(),
    });
    built_in.chain(own).collect()
}

/// The list for `/help`. `beside` says what else can be typed at this face.
pub(super) fn help(own: &Own, beside: &str) -> String {
    let line = |name: &str, takes: &str, about: &str| {
        let usage = format!("/{name} {takes}");
        format!("  {:<36} {about}", usage.trim_end()).trim_end().to_owned()
    };
    let mut lines = vec![beside.to_owned()];
    lines.extend(COMMANDS.iter().map(|command| line(command.name, command.takes, command.about)));
    if !own.all().is_empty() {
        lines.push("Your own:".to_owned());
        lines.extend(own.all().iter().map(|command| line(&command.name, &command.takes, &command.about)));
    }
    lines.join("\n")
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
