use std::collections::BTreeMap;

use catalogue::{Catalogue, ModelRef};
use protocol::{Brain, Brief, Effort, LedgerRow, Usage, Usd};
use team::LoadOptions;

use super::*;
use crate::story::{HAIKU, OPUS, Story, price, tokens};

const READ: (&str, &str, &str) = ("read", r#"{"path": "a.rs"}"#, "some text");

fn team(yaml: &str) -> Team {
    let aliases = [("premium", OPUS), ("fast", HAIKU)]
        .map(|(alias, model)| (alias.to_owned(), ModelRef::new("anthropic", model)));
    let options = LoadOptions { aliases: BTreeMap::from(aliases), ..LoadOptions::default() };
    team::load(yaml, "team.yaml", &options).unwrap()
}

/// Main asks, the sidekick takes three steps, main answers.
fn delegated() -> Story {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 5_000, 100), &[("delegate", "{}", "report")]);
    story.window("sidekick", HAIKU, 0);
    story.delegate("d1", "sidekick", Brief::default());
    story.step("sidekick", tokens(0, 3_000, 50), &[READ]);
    story.step("sidekick", tokens(3_000, 4_000, 50), &[READ]);
    story.step("sidekick", tokens(7_000, 1_000, 50), &[]);
    story.close("d1", true, true, &[]);
    story.step("main", tokens(5_000, 600, 80), &[]);
    story
}

fn played(story: &Story, team: Option<&Team>) -> Replay {
    replay(&story.records(), team, &Catalogue::builtin()).unwrap()
}

#[test]
fn the_same_team_at_the_same_prices_costs_what_was_recorded() {
    for team in [None, Some(team("version: 1\nname: again\n"))] {
        let replay = played(&delegated(), team.as_ref());
        assert_eq!(Some(replay.whatif), replay.recorded);
        assert_eq!(replay.replayed, replay.recorded);
        let sum: Usd = replay.agents.iter().map(|part| part.whatif).sum();
        assert_eq!(sum, replay.whatif);
    }
}

#[test]
fn another_brain_is_priced_for_its_own_agent_only() {
    let other = team(
        "version: 1\nname: dear\nagents:\n  - {id: main, role: coordinator, brain: {model: premium}}\n  \
         - {id: sidekick, role: specialist, brain: {model: premium}}\n",
    );
    let replay = played(&delegated(), Some(&other));
    let parts: Vec<(&str, bool)> =
        replay.agents.iter().map(|part| (part.agent.as_str(), Some(part.whatif) == part.recorded)).collect();
    assert_eq!(parts, [("main", true), ("sidekick", false)]);
    let opus = price(OPUS);
    let usage = [tokens(0, 3_000, 50), tokens(3_000, 4_000, 50), tokens(7_000, 1_000, 50)];
    assert_eq!(replay.agents[1].whatif, usage.iter().map(|usage| opus.cost(usage)).sum());
}

#[test]
fn a_team_of_one_does_everything_in_its_own_context() {
    let solo = team("version: 1\nname: alone\nagents:\n  - {id: one, brain: {model: premium}}\n");
    let replay = played(&delegated(), Some(&solo));
    // The sidekick's own first prompt is left out; what entered afterwards is written once and carried.
    let usage = [
        tokens(0, 5_000, 100),
        tokens(5_000, 0, 50),
        tokens(5_000, 4_000, 50),
        tokens(9_000, 1_000, 50),
        tokens(10_000, 600, 80),
    ];
    assert_eq!(replay.whatif, usage.iter().map(|usage| price(OPUS).cost(usage)).sum());
    assert_eq!((replay.agents[1].context.as_str(), replay.agents[1].whatif), ("main", Usd::ZERO));
}

#[test]
fn a_cache_is_lost_when_the_other_model_s_lifetime_has_passed() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 5_000, 10), &[READ]);
    story.now += 20 * 60_000;
    story.step("main", tokens(0, 6_000, 10), &[]);
    let long = team(
        "version: 1\nname: long\ncache: {prefix: long, tail: long}\nagents:\n  - {id: main, brain: {model: premium}}\n",
    );
    let write = |tokens: u64| Usage { cache_write_long: tokens, output: 10, ..Usage::default() };
    let kept = [write(5_000), Usage { cache_read: 5_000, ..write(1_000) }];
    assert_eq!(played(&story, Some(&long)).whatif, kept.iter().map(|usage| price(OPUS).cost(usage)).sum());
}

/// Ten steps that each bring 3,000 tokens into a context of 10,000; half-way it was closed with a summary of 800.
fn compacted() -> Story {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 10_000, 100), &[READ]);
    for n in 0..4 {
        story.step("main", tokens(10_000 + n * 3_000, 3_000, 100), &[READ]);
    }
    story.summary("main", tokens(22_000, 100, 800), true);
    story.window("main", OPUS, 1);
    story.step("main", tokens(9_000, 2_000, 100), &[READ]);
    for n in 0..4 {
        story.step("main", tokens(11_000 + n * 3_000, 3_000, 100), &[READ]);
    }
    story
}

fn closing(setting: &str) -> Team {
    team(&format!(
        "version: 1\nname: other\ncompaction: {{at_tokens: {setting}, keep_tail: 1000}}\nagents:\n  - {{id: main, brain: {{model: premium}}}}\n"
    ))
}

#[test]
fn windows_are_closed_as_often_as_another_setting_says() {
    let counts = |setting: &str| played(&compacted(), Some(&closing(setting))).compactions;
    assert_eq!(counts("auto"), (1, 1), "where they were closed in fact");
    assert_eq!(counts("never"), (1, 0));
    // A window begins again at 11,800 tokens: tools and system prompt, a summary of 800, a tail of 1,000.
    assert_eq!(counts("18000"), (1, 4));
    assert_eq!(counts("30000"), (1, 1));
    let auto = played(&compacted(), Some(&closing("auto")));
    assert_eq!(auto.replayed, Some(auto.whatif));
}

#[test]
fn a_summary_that_was_thrown_away_closes_no_window_and_is_paid_for() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 10_000, 100), &[READ]);
    story.summary("main", tokens(10_000, 600, 300), false);
    story.step("main", tokens(10_000, 3_000, 100), &[READ]);
    story.summary("main", tokens(13_000, 600, 300), true);
    let replay = played(&story, None);
    assert_eq!(replay.compactions, (0, 0), "the one that was found good has no window after it yet");
    let usage =
        [tokens(0, 10_000, 100), tokens(10_000, 600, 300), tokens(10_000, 3_000, 100), tokens(13_000, 600, 300)];
    assert_eq!(replay.replayed, Some(usage.iter().map(|usage| price(OPUS).cost(usage)).sum()));
    story.window("main", OPUS, 1);
    story.step("main", tokens(4_000, 2_000, 100), &[]);
    assert_eq!(played(&story, None).compactions, (1, 1));
    assert_eq!(played(&story, Some(&closing("never"))).compactions, (1, 0));
}

#[test]
fn every_model_of_an_agent_is_named_with_its_effort() {
    let mut story = Story::new();
    story.window("main", HAIKU, 0);
    story.user("go");
    story.step("main", tokens(0, 5_000, 10), &[READ]);
    story.window("main", OPUS, 1);
    let row = story.row("main", tokens(0, 5_000, 10));
    let brain = Brain { effort: Some(Effort::High), ..row.brain.clone() };
    story.called(LedgerRow { brain, ..row });
    story.step("main", tokens(5_000, 100, 10), &[]);
    let replay = played(&story, None);
    let names = ["anthropic/claude-haiku-5-5", "anthropic/claude-opus-5-5@high", "anthropic/claude-opus-5-5"];
    assert_eq!(replay.agents[0].recorded_brains, names);
    let solo = team("version: 1\nname: alone\nagents:\n  - {id: one, brain: {model: fast, effort: low}}\n");
    let part = played(&story, Some(&solo)).agents.remove(0);
    assert_eq!((part.recorded_brains.len(), part.brains), (3, vec!["anthropic/claude-haiku-5-5@low".to_owned()]));
}

#[test]
fn a_session_without_compaction_carries_everything_to_its_end() {
    let replay = played(&compacted(), Some(&closing("never")));
    // What the step after the summary brought in cannot be seen: it is thought to be as much as the others'.
    let mut usage = vec![tokens(0, 10_000, 100)];
    usage.extend((0..9).map(|n| tokens(10_000 + n * 3_000, 3_000, 100)));
    assert_eq!(replay.whatif, usage.iter().map(|usage| price(OPUS).cost(usage)).sum());
}

#[test]
fn a_session_of_one_agent_is_split_by_estimate_under_a_team() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    for n in 0..6 {
        story.step("main", tokens(n * 8_000, 8_000, 300), &[READ]);
    }
    story.step("main", tokens(48_000, 2_000, 300), &[]);
    let replay = played(&story, Some(&team("version: 1\nname: two\n")));
    let (some, _) = replay.delegated.unwrap();
    assert_eq!((some.moved_calls, some.briefs), (6, 1));
    assert!(some.usual < replay.whatif);
    assert_eq!(Some(replay.whatif), replay.recorded, "main alone costs what it cost");
}

#[test]
fn what_cannot_be_played_is_said_with_who_and_where() {
    let records = delegated().records();
    let error = |yaml: &str| replay(&records, Some(&team(yaml)), &Catalogue::builtin()).unwrap_err().to_string();
    let helper = "version: 1\nname: x\nagents:\n  - {id: main, role: coordinator, brain: {model: premium}}\n  \
                  - {id: helper, role: specialist, brain: {model: fast}}\n";
    assert_eq!(
        error(helper),
        "team x has no agent `sidekick`, who worked in this session; its agents are main, helper"
    );
    let unknown = helper.replace("helper", "sidekick").replace("model: fast", "model: anthropic/nobody-1");
    assert_eq!(error(&unknown), "no price is known for anthropic/nobody-1, the brain of `sidekick` in team x");
    let nothing = replay(&Story::new().records(), None, &Catalogue::builtin()).unwrap_err();
    assert!(matches!(nothing, ReplayError::Empty(_)));
}
