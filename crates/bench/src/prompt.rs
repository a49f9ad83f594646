//! The figure `prompt`: what every request of the default team carries before the first word of a conversation, rendered
//! by the code that renders it in a session, and counted with `o200k_base`.

use std::collections::BTreeMap;

use anyhow::Context;
use catalogue::ModelRef;
use protocol::Dialect;
use serde_json::json;
use team::{AgentSpec, LoadOptions, Team, VerifyEntry};
use tiktoken_rs::CoreBPE;

use crate::figure::Figure;

/// What each agent has to stay under, in tokens.
const TARGET: usize = 3_000;

/// The verify entries that a typical repository has: they stand in main's prompt.
const VERIFY: [(&str, &str); 3] = [
    ("tests", "cargo test --workspace"),
    ("lint", "cargo clippy --workspace --all-targets -- -D warnings"),
    ("format", "cargo fmt --all --check"),
];

/// Tokens of one agent's fixed prompt.
#[derive(Clone, Copy, Debug)]
struct Fixed {
    system: usize,
    tools: usize,
}

impl Fixed {
    fn total(self) -> usize {
        self.system + self.tools
    }

    fn line(self, agent: &str) -> String {
        let total = self.total();
        let verdict = if total < TARGET { "holds" } else { "MISSED" };
        format!(
            "{agent:<10} {total:>5} tokens  (system {}, tools {})  under {TARGET}: {verdict}",
            self.system, self.tools
        )
    }
}

/// Measures main and sidekick of the default team.
pub(crate) fn measure() -> anyhow::Result<Figure> {
    let team = default_team()?;
    let bpe = tiktoken_rs::o200k_base_singleton();
    let main = fixed(&team, team.main(), bpe)?;
    let sidekick = fixed(&team, team.agent(&"sidekick".into()).context("the default team has no sidekick")?, bpe)?;
    Ok(Figure {
        lines: vec![
            format!("team {}, {} verify entries, Anthropic Messages, o200k_base", team.name, VERIFY.len()),
            main.line("main"),
            sidekick.line("sidekick"),
        ],
        json: json!({
            "main_tokens": main.total(),
            "sidekick_tokens": sidekick.total(),
            "main": {"system": main.system, "tools": main.tools},
            "sidekick": {"system": sidekick.system, "tools": sidekick.tools},
            "verify_entries": VERIFY.len(),
            "tokenizer": "o200k_base",
        }),
    })
}

fn default_team() -> anyhow::Result<Team> {
    let alias = |name: &str, model: &str| (name.to_owned(), ModelRef::new("anthropic", model));
    let options = LoadOptions {
        // No model's name stands in a prompt: any two will do.
        aliases: BTreeMap::from([alias("premium", "claude-opus-5-5"), alias("fast", "claude-haiku-5-5")]),
        known_tools: tools::known_tools().iter().map(|name| (*name).to_owned()).collect(),
        ..LoadOptions::default()
    };
    let text = team::builtin("tandem").context("there is no built-in team `tandem`")?;
    let mut team = team::load(text, "built-in tandem", &options)?;
    let entry = |(name, command): (&str, &str)| VerifyEntry {
        name: name.to_owned(),
        command: command.to_owned(),
        timeout_s: 600,
    };
    team.merge_verify(VERIFY.map(entry).to_vec(), "the benchmark");
    Ok(team)
}

/// Tokens of the bytes that stand before the conversation: JSON with its quotes and escapes, which is more than a vendor
/// counts of the same.
fn fixed(team: &Team, agent: &AgentSpec, bpe: &CoreBPE) -> anyhow::Result<Fixed> {
    let roster: Vec<(String, String)> = team
        .specialists()
        .filter(|other| agent.delegates_to.contains(&other.id))
        .map(|other| (other.id.to_string(), other.specialty.clone().unwrap_or_default()))
        .collect();
    let registry = tools::registry(&agent.tools, &roster)?;
    let codec = wire::codec(Dialect::AnthropicMessages);
    let count = |pieces: &[String]| pieces.iter().map(|piece| bpe.count_ordinary(piece)).sum();
    Ok(Fixed {
        system: count(&codec.render_system(&runtime::system_prompt(team, agent))),
        tools: count(&codec.render_tools(&registry.specs())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn main_and_sidekick_stay_under_three_thousand_tokens() {
        let figure = measure().unwrap();
        for agent in ["main_tokens", "sidekick_tokens"] {
            let tokens = figure.json[agent].as_u64().unwrap() as usize;
            // Both teach discipline and a dozen tools: far less would mean that something was not counted.
            assert!((800..TARGET).contains(&tokens), "{agent}: {tokens}");
        }
    }

    #[test]
    fn the_verify_entries_are_part_of_what_is_counted() {
        let bpe = tiktoken_rs::o200k_base_singleton();
        let with = default_team().unwrap();
        let mut without = with.clone();
        without.verify.clear();
        let (with, without) = (fixed(&with, with.main(), bpe).unwrap(), fixed(&without, without.main(), bpe).unwrap());
        assert!(with.system > without.system + 20, "{with:?} {without:?}");
        assert_eq!(with.tools, without.tools);
    }
}
