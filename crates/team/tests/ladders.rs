//! Ladders from cheap to strong, and efforts behind the names of models.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use catalogue::{Catalogue, ModelRef};
use protocol::Effort;
use team::{Choice, LoadOptions, Team, builtin, builtin_names, load};

fn options() -> LoadOptions {
    let alias = |name: &str, model: &str| (name.to_owned(), ModelRef::new("anthropic", model));
    LoadOptions {
        aliases: [alias("premium", "claude-opus-5-5"), alias("fast", "claude-haiku-5-5")].into(),
        catalogue: Catalogue::builtin(),
        ..LoadOptions::default()
    }
}

fn team(text: &str) -> Team {
    load(text, "team.yaml", &options()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_ladder_that_leads_down_is_told_with_its_place_and_the_right_order() {
    let team = team("agents:\n  - id: main\n    ladder:\n      - premium\n      - fast\n");
    assert_eq!(team.warnings.len(), 1, "{:?}", team.warnings);
    let warning = &team.warnings[0];
    assert!(warning.starts_with("team.yaml:5:9: agents[0].ladder[1]: anthropic/claude-haiku-5-5 ($"), "{warning}");
    assert!(
        warning.ends_with("in this order: anthropic/claude-haiku-5-5, anthropic/claude-opus-5-5"),
        "what to write: {warning}"
    );
    assert_eq!(team.agents[0].ladder.len(), 2, "it can be used all the same");
}

#[test]
fn efforts_of_one_model_go_up_too() {
    let down = team("agents:\n  - id: main\n    brain: premium@high\n    ladder: [fast, premium@high, premium@low]\n");
    assert_eq!(down.warnings.len(), 1, "{:?}", down.warnings);
    assert!(down.warnings[0].contains("agents[0].ladder[2]: anthropic/claude-opus-5-5 (effort low) thinks less"));
    assert!(down.warnings[0].ends_with("write the lower effort first"), "{}", down.warnings[0]);
}

#[test]
fn nothing_is_said_of_a_ladder_that_leads_up_or_whose_prices_are_not_known() {
    for ladder in ["[fast, premium]", "[premium]", "[fast, premium@low, premium]", "[home/large, premium, home/small]"]
    {
        let text = format!("agents:\n  - id: main\n    brain: premium\n    ladder: {ladder}\n");
        assert_eq!(team(&text).warnings, Vec::<String>::new(), "{ladder}");
    }
    for name in builtin_names() {
        assert_eq!(team(builtin(name).unwrap()).warnings, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn an_effort_stands_behind_a_name_wherever_a_brain_is_written() {
    let team = team(
        "models:
  strong: openai/gpt-6.1-sol@high
  quick: {model: fast@low, max_tokens: 99}
compaction: {summarizer: fast@minimal}
agents:
  - id: main
    brain: strong
    ladder: [premium@low, strong@medium, strong]
  - id: side
    brain: {model: quick, temperature: 0.5}
    ladder: [quick, anthropic/claude-opus-5-5@max]
",
    );
    let [main, side] = &team.agents[..] else { panic!("two agents") };
    let efforts = |brains: &[protocol::Brain]| brains.iter().map(|brain| brain.effort).collect::<Vec<_>>();
    assert_eq!((main.brain.to_string().as_str(), main.brain.effort), ("openai/gpt-6.1-sol", Some(Effort::High)));
    assert_eq!(efforts(&main.ladder), [Some(Effort::Low), Some(Effort::Medium), Some(Effort::High)]);
    assert_eq!((side.brain.model.as_str(), side.brain.effort), ("claude-haiku-5-5", Some(Effort::Low)));
    assert_eq!((side.brain.max_tokens, side.brain.temperature), (99, Some(0.5)), "settings of the alias stay");
    assert_eq!(efforts(&side.ladder), [Some(Effort::Low), Some(Effort::Max)]);
    let summarizer = main.compaction.summarizer.as_ref().unwrap();
    assert_eq!((summarizer.model.as_str(), summarizer.effort), ("claude-haiku-5-5", Some(Effort::Minimal)));
    let shown = team.show().into_iter().find(|field| field.path.ends_with("main.ladder")).unwrap();
    assert!(shown.value.ends_with("openai/gpt-6.1-sol@medium, openai/gpt-6.1-sol@high"), "{}", shown.value);
}

#[test]
fn an_alias_may_be_the_one_of_the_environment_with_an_effort() {
    let brain = team("models: {premium: premium@high}\nagents:\n  - id: main\n").main().brain.clone();
    assert_eq!((brain.model.as_str(), brain.effort), ("claude-opus-5-5", Some(Effort::High)));
}

#[test]
fn an_effort_chosen_for_the_run_goes_before_what_the_file_says() {
    let text = "agents:\n  - id: main\n    brain: {model: premium, effort: low}\n  - id: side\n    brain: fast@low\n";
    let efforts = |options: &LoadOptions| -> Vec<Option<Effort>> {
        load(text, "team.yaml", options).unwrap().agents.iter().map(|agent| agent.brain.effort).collect()
    };
    let choice = Choice { at: ModelRef::new("openai", "gpt-6.1-sol"), effort: Some(Effort::Max) };
    let alias = LoadOptions { chosen: [("premium".to_owned(), choice.clone())].into(), ..options() };
    assert_eq!(efforts(&alias), [Some(Effort::Max), Some(Effort::Low)]);
    let all = LoadOptions { chosen_for_all: Some(choice.clone()), ..options() };
    assert_eq!(efforts(&all), [Some(Effort::Max), Some(Effort::Max)]);
    let all = LoadOptions { chosen_for_all: Some(choice.at.into()), ..options() };
    assert_eq!(efforts(&all), [Some(Effort::Low), Some(Effort::Low)], "none chosen: the file's stay");
}
