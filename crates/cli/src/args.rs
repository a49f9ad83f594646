//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};

/// A coding agent: a premium model plans, decides and reviews; cheap ones do the legwork.
#[derive(Debug, Parser)]
#[command(name = "agent", version, about, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) common: Common,
}

const EXAMPLES: &str = "Examples:
  agent demo                          play a whole refactoring offline, no key needed
  agent chat                          talk to the team in this repository
  agent run \"rename Foo to Bar\"       one task, then exit
  git diff | agent run -              the task comes from standard input
  agent cost --by agent               what it cost

Exit codes: 0 done and verified, 1 not verified, 2 usage or configuration,
3 budget or limit, 4 provider unavailable, 5 needs a person, 6 refused,
70 internal error, 130 interrupted";

/// Options that every command takes.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct Common {
    /// Work in this folder instead of the current one.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// Models, prices and providers of your own (default: models.yaml in the configuration folder).
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) models: Option<PathBuf>,
}

/// Which team works, with which models.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct TeamArgs {
    /// Team: a built-in name (tandem, specialists, solo) or a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) team: Option<String>,
    /// Any server that speaks a known dialect, for example http://localhost:11434/v1.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// What that server speaks.
    #[arg(long, value_enum, requires = "base_url", default_value_t = DialectArg::Openai)]
    pub(crate) dialect: DialectArg,
    /// Environment variable that holds that server's key.
    #[arg(long, value_name = "NAME", requires = "base_url")]
    pub(crate) key_env: Option<String>,
    /// Model for all agents, or `premium=NAME` / `fast=NAME` (repeatable). PROVIDER/NAME picks the provider.
    #[arg(long, value_name = "[ALIAS=]MODEL")]
    pub(crate) model: Vec<String>,
    /// Use this folder's .agent/ files from now on.
    #[arg(long)]
    pub(crate) trust: bool,
    /// Use this folder's .agent/ files and its instructions in this run only.
    #[arg(long)]
    pub(crate) trust_workspace: bool,
    /// The person was asked and said no: go on as if the folder had no such files.
    #[arg(skip)]
    pub(crate) without_project: bool,
}

/// A wire format, by the name of its maker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DialectArg {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Chat Completions.
    #[default]
    Openai,
    /// OpenAI Responses.
    OpenaiResponses,
}

/// What may be done without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApproveArg {
    /// Ask before edits, and before commands that are not on the list.
    Ask,
    /// Edits in the workspace, and commands inside the sandbox, without asking; without a sandbox only what reads.
    Auto,
    /// Nothing that changes anything.
    Deny,
}

/// Limits and approvals of a session.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct SessionArgs {
    /// Dollars for all agents together.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    pub(crate) max_usd: Option<protocol::Usd>,
    /// Model calls of all agents together.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_steps: Option<u32>,
    /// What may be done without asking (chat: ask, run: auto).
    #[arg(long, value_enum)]
    pub(crate) approve: Option<ApproveArg>,
    /// Policy file: where tasks go, what checks them, when an agent gets another brain (default: this folder's, else yours).
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sandbox: SandboxArgs,
}

/// How far commands may go.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct SandboxArgs {
    /// How far commands may go: read-only, workspace (the default) or 'workspace+net(HOST,...)'.
    #[arg(long, value_name = "MODE", value_parser = sandbox_mode)]
    pub(crate) sandbox: Option<sandbox::Mode>,
    /// Run commands without a sandbox, this time.
    #[arg(long, conflicts_with = "sandbox")]
    pub(crate) no_sandbox: bool,
}

fn sandbox_mode(text: &str) -> Result<sandbox::Mode, String> {
    match text.parse() {
        Ok(sandbox::Mode::Off) => Err("to run commands without a sandbox, type --no-sandbox".to_owned()),
        Ok(mode) => Ok(mode),
        Err(error) => Err(format!("{error}")),
    }
}

/// What is said about the lane of a task.
#[derive(Debug, Clone, Default, clap::Args, serde::Serialize, serde::Deserialize)]
pub(crate) struct LaneArgs {
    /// Send the task to this lane, whatever the policy would say.
    #[arg(long, value_name = "LANE")]
    pub(crate) lane: Option<String>,
    /// Something you know of the task, for example files=12 or auth_code=true; it may only raise the lane.
    #[arg(long = "hint", value_name = "KEY=VALUE")]
    pub(crate) hints: Vec<String>,
}

pub(crate) fn dollars(text: &str) -> Result<protocol::Usd, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 && value < 1_000_000.0 => Ok(protocol::Usd::from_dollars(value)),
        _ => Err("an amount of dollars above 0, for example 0.50".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Talk to the team (the default).
    #[command(
        after_help = "Examples:\n  agent chat\n  agent chat --team solo --max-usd 2\n  agent chat --resume\n  agent chat --plain --notify off"
    )]
    Chat {
        #[command(flatten)]
        team: TeamArgs,
        #[command(flatten)]
        session: SessionArgs,
        /// Go on with a session: its id (or the first characters); `-` or nothing is the last one here.
        #[arg(long, value_name = "SESSION", num_args = 0..=1, default_missing_value = "")]
        resume: Option<String>,
        /// Plain lines instead of the screen, also at a terminal.
        #[arg(long)]
        plain: bool,
        /// How to call for attention while the window has no focus (default: AGENT_NOTIFY, else bell).
        #[arg(long, value_enum, value_name = "HOW")]
        notify: Option<crate::commands::NotifyArg>,
    },
    /// Do one task and exit.
    #[command(after_help = "Examples:\n  agent run \"make the parser accept trailing commas\" --max-usd 1\n  \
        git diff | agent run - --json\n  agent run \"fix the typo in the readme\" --lane fast --commit --pr -\n  agent run \"list the public API\" --output-schema api.schema.json")]
    Run {
        /// The task; `-` reads it from standard input.
        #[arg(required_unless_present = "print_event_schema")]
        task: Option<String>,
        #[command(flatten)]
        team: TeamArgs,
        #[command(flatten)]
        session: SessionArgs,
        #[command(flatten)]
        lane: LaneArgs,
        #[command(flatten)]
        artifact: crate::commands::artifact::ArtifactArgs,
        /// Print events as JSON Lines instead of text.
        #[arg(long)]
        json: bool,
        /// JSON Schema file that the final answer has to follow.
        #[arg(long, value_name = "FILE")]
        output_schema: Option<PathBuf>,
        /// Print the JSON Schema of the events and exit.
        #[arg(long)]
        print_event_schema: bool,
    },
    /// Play a refactoring with scripted models and real prices, offline.
    #[command(
        after_help = "Examples:\n  agent demo\n  agent demo --list\n  agent demo --scenario tiny\n  agent demo --json | tail -1"
    )]
    Demo {
        /// Which one.
        #[arg(long, value_name = "NAME", default_value = "refactor", value_parser = crate::demo::names())]
        scenario: String,
        /// List the scenarios instead of playing one.
        #[arg(long)]
        list: bool,
        /// Print events as JSON Lines instead of text.
        #[arg(long)]
        json: bool,
        /// Where the working copies and the diff are put (default: a new folder in the temporary directory).
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Find test and lint commands and write a commented .agent/team.yaml.
    #[command(after_help = "Examples:\n  agent init\n  agent init --team specialists --force")]
    Init {
        /// Start from this built-in team.
        #[arg(long, default_value = "tandem")]
        team: String,
        /// Replace an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Check and show teams.
    #[command(
        after_help = "Examples:\n  agent team check .agent/team.yaml\n  agent team show --json\n  agent team schema > team.schema.json"
    )]
    Team {
        #[command(subcommand)]
        command: TeamCommand,
    },
    /// Check, show and compare the policy: where a task goes, and when an agent gets another brain.
    #[command(
        after_help = "Examples:\n  agent policy check .agent/policy.yaml\n  agent policy show --json | jq .hash\n  \
        agent policy diff mine.yaml\n  agent policy drift"
    )]
    Policy {
        #[command(subcommand)]
        command: crate::commands::PolicyCommand,
    },
    /// Say where a task would go and why, without asking a model.
    #[command(
        after_help = "Examples:\n  agent route \"add a docstring to the parser\"\n  agent route \"fix the login\" --explain\n  \
        agent route \"bump the schema\" --hint schema_change=true --json"
    )]
    Route(crate::commands::RouteArgs),
    /// List known models and their prices.
    #[command(after_help = "Examples:\n  agent models\n  agent models claude --json")]
    Models {
        /// Only those whose provider or name contains this.
        filter: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// What sessions cost, on what, and what of it was for nothing.
    #[command(
        after_help = "Examples:\n  agent cost\n  agent cost 20261121-1013 --by brain\n  agent cost --since 7d --by activity\n  agent cost --all --by purpose --json\n  agent cost --html cost.html"
    )]
    Cost {
        /// Session id or its first characters; `-` or nothing is the last one in this folder.
        session: Option<String>,
        /// Only this view, with tokens (default: all views, waste, and the saving).
        #[arg(long, value_enum)]
        by: Option<ByArg>,
        /// Only calls since then, of all sessions where none is named: 30m, 12h, 7d, 2w, 2026-11-01.
        // A minus is explained by the parser of the value; clap would take it for an option.
        #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = crate::commands::Since::parse)]
        since: Option<crate::commands::Since>,
        /// All sessions together.
        #[arg(long, conflicts_with = "session")]
        all: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
        /// Write a page with charts to this file, `-` is standard output; an earlier page is replaced.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Let --html replace a file that is no such page.
        #[arg(long, requires = "html")]
        force: bool,
    },
    /// Why a task went to its lane; why the program delegated, compacted, switched models, kept a cache warm, refused.
    #[command(
        after_help = "Examples:\n  agent why\n  agent why 20261121-1013 --verbose\n  agent why 20261121-1013 7\n  agent why - 7 --json"
    )]
    Why {
        /// Session id or its first characters; `-` or nothing is the last one in this folder.
        session: Option<String>,
        /// Only what was decided after this step of an agent, with formulas and what happened next.
        step: Option<u32>,
        /// Formulas with their numbers, and what happened next, for all decisions.
        #[arg(long, short)]
        verbose: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// What a session would have cost otherwise, or what another tool's sessions cost.
    #[command(
        after_help = "Examples:\n  agent whatif --team solo\n  agent whatif 20261121-1013 --team my-team.yaml --catalogue prices.yaml\n  \
        agent whatif --import claude-code ~/.claude/projects/*/*.jsonl\n  agent whatif --import codex rollout.jsonl.gz --json"
    )]
    Whatif(crate::commands::WhatifArgs),
    /// By lane: what passed, what it cost per task that passed, how long it took, what went wrong.
    #[command(after_help = "Examples:\n  agent lanes\n  agent lanes --since 7d\n  agent lanes --json | jq .warnings")]
    Lanes(crate::commands::LanesArgs),
    /// Say what became of a session's work: taken, rejected, reverted.
    #[command(
        after_help = "Examples:\n  agent outcome 20261121-1013 --rejected --note \"wrong layer\"\n  agent outcome - --accepted\n  \
        agent outcome 20261121-1013 --reverted --turn 2\n  agent outcome - --from-git"
    )]
    Outcome(crate::commands::OutcomeArgs),
    /// The learned router: train, judge, show and retire its versions.
    #[command(
        after_help = "Examples:\n  agent router train\n  agent router eval --dry-run\n  agent router show\n  agent router reset"
    )]
    Router {
        #[command(subcommand)]
        command: crate::commands::RouterCommand,
    },
    /// Review a diff with another model and a clean context: what is wrong, where, how bad.
    Review(Box<crate::commands::ReviewArgs>),
    /// List, show, resume, export and remove sessions.
    #[command(
        after_help = "Examples:\n  agent sessions list\n  agent sessions show\n  agent sessions resume\n  agent sessions rm 20261121-1013"
    )]
    Sessions {
        #[command(subcommand)]
        command: crate::commands::SessionsCommand,
    },
    /// Serve a scenario: scripted models to try a team file for nothing.
    #[command(
        after_help = "Examples:\n  agent simulate\n  agent simulate examples/scenarios/refactor.yaml --listen 127.0.0.1:9000\n\n\
        Then, elsewhere:\n  ANTHROPIC_BASE_URL=http://127.0.0.1:9000 ANTHROPIC_API_KEY=any agent run \"look around\""
    )]
    Simulate {
        /// Scenario file (default: a free play that works with any team).
        scenario: Option<PathBuf>,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
        listen: std::net::SocketAddr,
        /// Print a line for each request.
        #[arg(long)]
        log: bool,
    },
    /// Serve other coding agents: any dialect in, any provider out, routed and translated, with one base URL.
    #[command(
        after_help = "Examples:\n  agent gateway\n  agent gateway --policy lanes.yaml\n  agent gateway setup claude-code --write\n  \
        agent gateway token add ci --budget 5\n\n\
        Signals: SIGTERM or Ctrl-C ends it once open streams have ended (30 s at most), a second one at once;\n\
        SIGHUP reads policy and keys again"
    )]
    Gateway(Box<crate::commands::GatewayArgs>),
    /// Check keys, providers, folders and tools of this machine.
    #[command(after_help = "Examples:\n  agent doctor\n  agent doctor --online --json\n  \
        agent doctor --base-url http://localhost:11434/v1 --model qwen3-coder\n\n\
        Exit codes: 0 a session can begin with these flags, 2 it cannot")]
    Doctor {
        #[command(flatten)]
        team: TeamArgs,
        /// Ask the providers that are set up for their models, with their keys.
        #[arg(long)]
        online: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Print completions for a shell.
    #[command(after_help = "Example:\n  agent completions bash > ~/.local/share/bash-completion/completions/agent")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ByArg {
    /// The agent that called.
    Agent,
    /// The model that was called.
    Brain,
    /// What the call was for.
    Purpose,
    /// What the work was: exploration, editing, testing, planning.
    Activity,
    /// How the call ended.
    Outcome,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TeamCommand {
    /// Check a team file; says file, line, column and what is allowed.
    Check {
        /// File or built-in name (default: the one `run` would use).
        team: Option<String>,
    },
    /// Show every resolved field and where it came from.
    Show {
        /// File or built-in name (default: the one `run` would use).
        team: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// List the teams there are.
    List {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of team files.
    Schema,
}

/// Help and version go to standard output with exit code 0; mistakes to standard error with 2.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    if let Err(error) = error.print()
        // Nobody reads it (`| head`).
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        crate::text::complain(&format!("the help cannot be written: {error}"));
        return ExitCode::from(70);
    }
    if let Some(command) = similar_command(error) {
        crate::text::hint(&format!("did you mean `{command}`?"));
    } else if is_loose_word(error) {
        crate::text::hint(
            "a task goes in quotes, for example agent run \"fix the failing test\"; `agent help` lists the commands",
        );
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// The command whose letters are nearest to an unknown word (`rnu`), where the parser itself suggests none.
fn similar_command(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    if error.get(ContextKind::SuggestedSubcommand).is_some() {
        return None;
    }
    let likeness = |name: &str| similar::TextDiff::from_chars(name, word.as_str()).ratio();
    let commands = Args::command();
    let best = commands.get_subcommands().map(|command| (likeness(command.get_name()), command.get_name()));
    let (likeness, name) = best.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= 0.6).then(|| name.to_owned())
}

/// A word that is no option and fits nowhere: often a task that was typed without quotes.
fn is_loose_word(error: &clap::Error) -> bool {
    let word = error.get(ContextKind::InvalidArg).or_else(|| error.get(ContextKind::InvalidSubcommand));
    matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand)
        && matches!(word, Some(ContextValue::String(word)) if !word.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_a_wrong_order_lead_to_the_command_that_was_meant() {
        let nearest = |word: &str| similar_command(&Args::try_parse_from(["agent", word]).unwrap_err());
        assert_eq!(nearest("rnu").as_deref(), Some("run"));
        assert_eq!(nearest("please"), None);
    }
}
