//! The decision about a lane and what follows from a run, as others use them. A name that begins with a letter and a number is a
//! behaviour of `docs/routing.md`.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod classifier;
mod iterations;
mod policy;
mod prompts;
mod published;
mod reasons;
mod score;
mod taint;
mod verification;

use protocol::{Route, Signals};
use routing::{Ask, Policy, decide};

/// A risk-score policy as it is published.
const PUBLISHED: &str = "models:
  fast: {provider: anthropic, model: claude-haiku-5-5, max_context_tokens: 32000}
  strong: {provider: anthropic, model: claude-opus-5-5, max_context_tokens: 120000}
  verifier: {provider: openai, model: gpt-6-sol, max_context_tokens: 120000}
routing:
  fast_max_score: 6
  strong_min_score: 7
  always_strong_if: [schema_change, auth_code, production_incident]
  escalate_on: [failed_tests, patch_rejected, low_confidence_summary]
";

/// A LiteLLM file with three tiers.
const TIERS: &str = "model_list:
  - model_name: tier1
    litellm_params: {model: anthropic/claude-haiku-5-5, api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: tier2
    litellm_params: {model: anthropic/claude-sonnet-5-5, api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: tier3
    litellm_params: {model: anthropic/claude-opus-5-5, api_key: os.environ/ANTHROPIC_API_KEY}
router_settings:
  routing_strategy: simple-shuffle
  num_retries: 2
  fallbacks: [{tier1: [tier2]}, {tier2: [tier3]}]
";

/// A task that the built-in policy leaves to the score.
const DOCSTRING: &str = "Add a docstring to the parser.";

fn load(text: &str) -> Policy {
    Policy::load(text, "policy.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn error(text: &str) -> String {
    Policy::load(text, "policy.yaml").map(|policy| policy.hash().to_owned()).unwrap_err().to_string()
}

/// The mistake has all of these words.
#[track_caller]
fn says(text: &str, words: &[&str]) {
    let said = error(text);
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in\n{said}\nfor\n{text}");
    }
}

fn route(policy: &Policy, task: &str, signals: Signals) -> Route {
    decide(policy, &Ask { task, signals, ..Ask::default() })
}

fn lane(policy: &Policy, task: &str) -> String {
    route(policy, task, Signals::default()).lane
}

fn place(policy: &Policy, lane: &str) -> usize {
    policy.lanes.iter().position(|known| known.name == lane).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
