//! The play itself, with small sizes.

use std::time::Duration;

use protocol::Purpose;

use super::calibrate::instructions;
use super::player::{Cast, Stage};
use super::story::{File, Story, Then, Turn, Unit};
use super::teams::Way;

const SMALL: &str = r#"{"pairs": [], "scenario": {"steps": 8, "mechanical_steps": [[2, 7]], "idle_minutes_before_step": {},
    "static_prefix_tokens": 6000, "appended_tokens_per_step": 800, "output_tokens_per_step": 200, "minutes_per_step": 0.5,
    "delegation": {"brief_tokens": 300, "report_tokens": 300, "sidekick_static_prefix_tokens": 5000, "sidekick_calls": 8}}}"#;

/// Two turns with a batch each and a gap between them; a part of the first batch is needed again in the second.
fn story(gap: Duration, useful_again: f64) -> Story {
    let units = || vec![Unit::Judge, Unit::Batch { steps: 3 }, Unit::Judge];
    let turns = vec![Turn { units: units(), then: Then::Idle(gap) }, Turn { units: units(), then: Then::Over }];
    Story { turns, useful_again, step: Duration::from_secs(30), side_step: Duration::from_secs(15) }
}

#[tokio::test(flavor = "multi_thread")]
async fn ways_differ_in_what_their_names_say_and_prompts_begin_as_large_as_the_scenario_says() {
    let file: File = serde_json::from_str(SMALL).unwrap();
    let stage = Stage::new(&file).unwrap();
    let cast = Cast::new("claude-opus-5-5", "claude-haiku-5-5");
    let said = instructions(&stage, &file.scenario, &cast, Way::Fresh).await.unwrap();
    let story = story(Duration::from_secs(600), 1.0);
    let mut played = Vec::new();
    for way in [Way::Persistent, Way::Fresh, Way::FreshPings] {
        played.push(stage.play(&story, &cast, way, said).await.unwrap());
    }
    let [persistent, fresh, pinged] = &played[..] else { panic!("three ways") };
    for (agent, tokens) in [("main", 6_800_usize), ("sidekick", 5_300)] {
        let first = fresh.first_prompt(agent);
        assert!(first.abs_diff(tokens) <= 20, "{agent}: {first} tokens");
    }
    let steps = |play: &super::player::Played| play.calls(Purpose::Step);
    assert_eq!(steps(fresh), steps(persistent) + 2, "four files are read again, three at a time");
    assert_eq!((fresh.calls(Purpose::KeepWarm), pinged.calls(Purpose::KeepWarm)), (0, 2), "ten minutes are two pings");
    let last = |play: &super::player::Played| {
        let of_main = |row: &&protocol::LedgerRow| row.agent.as_str() == "main" && row.purpose == Purpose::Step;
        // The first step of the second turn is the fourth one of main.
        play.rows.iter().filter(of_main).nth(3).map(|row| row.usage.cache_read)
    };
    assert_eq!(last(fresh), Some(0), "the cache expired in the gap");
    assert!(last(pinged) > Some(6_000), "and was kept alive in the other");
}
