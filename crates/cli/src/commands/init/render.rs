//! The text of the team file: written for someone who has never seen one.

use std::fmt::Write as _;

use super::check::Entry;

const HEAD: &str = "\
# How agents work in this repository. `agent init` wrote it; change what you like.
#
#   agent team check    says where a mistake is
#   agent team show     prints every setting with where it came from
#   agent team schema   prints the JSON Schema, for editors
#
# It is used by everyone who trusts this folder, and whoever trusted it is asked again after a change. Keys, addresses of
# providers and what runs without asking are never taken from here.
version: 1
";

const TANDEM: &str = "
# --- Agents -----------------------------------------------------------------------------------------------------------
# Left out, so the agents of the built-in team `tandem` work here:
#   main       thinks with `premium`: plans, delegates, reviews, answers you
#   sidekick   thinks with `fast`: explores, edits, runs tests, fixes what they find
# `premium` and `fast` are two models of the provider whose key is in the environment.
";

const OTHERS: &str = "
# --- Agents -----------------------------------------------------------------------------------------------------------
# Those of the built-in team. `premium` and `fast` are two models of the provider whose key is in the environment.
";

const VERIFY: &str = "
# --- Verification -----------------------------------------------------------------------------------------------------
# Commands that decide whether work is done: exit code 0 means passed. They run from this folder, without a terminal. Agents
# name them as what has to hold, and what they changed counts as verified only after they passed. Optional for each:
# `timeout_s`, the seconds after which it counts as failed (600).
";

const NOTHING: &str = "\
# No command was found in the files of this repository. Without one, no work ends as verified. For example:
# verify:
#   - name: tests
#     command: make test
#     timeout_s: 300
";

const ONLY_OFFERED: &str = "\
# Nothing is switched on yet. Take the `#` away from the next line and from what you want:
# verify:
";

const MORE: &str = "
# --- Not switched on --------------------------------------------------------------------------------------------------
";

/// Settings to take the `#` away from: what each is for, and its text.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    (
        "What a session may cost, all agents together. Where either is reached, work stops and is handed over to you.",
        "budget: {usd: 2.50, steps: 200}\n",
    ),
    (
        "Other models than those of the provider whose key is found. As PROVIDER/MODEL, or in full with settings.",
        "models:\n  premium: anthropic/claude-opus-5-5\n  fast: {provider: openai, model: gpt-6-luna, max_tokens: 8192}\n",
    ),
    (
        "How long cached prompts live, where the provider sells two lifetimes. A long prefix pays when you often take more \
         than\n# five minutes to answer.",
        "cache: {prefix: long, tail: short}\n",
    ),
];

/// One more specialist beside those of `tandem`. What an agent leaves out, its role fills in.
pub(super) const ONE_MORE: (&str, &str) = (
    "One more specialist. A list of agents replaces the built-in one, so `main` and `sidekick` stand in it too; what an agent\n\
     # leaves out, its role fills in.",
    "agents:
  - id: main
    role: coordinator
  - id: sidekick
    role: specialist
    specialty: \"explores the repository, edits to a precise brief, runs tests and linters, fixes what they find\"
  - id: librarian
    role: specialist
    specialty: \"keeps the documentation true to the code\"
    brain: {model: fast, max_tokens: 8192}
    modules:
      - filesystem: [read, glob, grep, edit]
      - git: [diff]
    limits: {steps: 15, usd: 0.20, minutes: 15}
    instructions: |
      Change documentation only. Name the line of code behind every statement that you change.
",
);

/// The file. The same team and entries give the same bytes.
pub(super) fn file(team: &str, builtin: &str, entries: &[Entry]) -> String {
    let mut text = format!("{HEAD}name: {team}\n");
    if team == crate::config::teams::DEFAULT {
        text.push_str(TANDEM);
    } else {
        text.push_str(OTHERS);
        text.push_str(agents(builtin));
    }
    text.push_str(VERIFY);
    verification(&mut text, entries);
    text.push_str(MORE);
    let one_more = (team == crate::config::teams::DEFAULT).then_some(&ONE_MORE);
    for (index, (what, example)) in EXAMPLES.iter().chain(one_more).enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        text.push_str(&format!("{gap}# {what}\n{}", commented(example, "# ")));
    }
    text
}

/// The agents of a built-in team as they are written there, comments included.
fn agents(builtin: &str) -> &str {
    builtin.find("\nagents:").map_or("", |at| &builtin[at + 1..])
}

fn verification(text: &mut String, entries: &[Entry]) {
    if entries.is_empty() {
        text.push_str(NOTHING);
        return;
    }
    let on = entries.iter().any(|entry| entry.found.aside.is_none());
    text.push_str(if on { "verify:\n" } else { ONLY_OFFERED });
    for entry in entries {
        let setting = format!("  - name: {}\n    command: {}\n", entry.name, scalar(&entry.found.command));
        let origin = &entry.found.origin;
        // Writing to a string cannot fail.
        let _ = match &entry.found.aside {
            None => write!(text, "  # Found in {origin}.\n{setting}"),
            Some(why) => write!(text, "  # Found in {origin}, not switched on: {why}.\n{}", aside(&setting, on)),
        };
    }
}

/// Within a list that is there the marks stand in its column.
fn aside(setting: &str, in_list: bool) -> String {
    match in_list {
        true => setting.lines().map(|line| format!("  # {}\n", line.strip_prefix("  ").unwrap_or(line))).collect(),
        false => commented(setting, "# "),
    }
}

fn commented(yaml: &str, mark: &str) -> String {
    yaml.lines().map(|line| format!("{mark}{line}\n")).collect()
}

/// A command as YAML: as it is where that is safe, otherwise in double quotes (JSON's are YAML's).
fn scalar(command: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ./_=-&".contains(c);
    let safe = command.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.') && command.chars().all(plain);
    if safe { command.to_owned() } else { serde_json::Value::from(command).to_string() }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
