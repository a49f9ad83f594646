use catalogue::Catalogue;
use proptest::prelude::*;
use protocol::{Timestamp, Usage};

use super::*;
use crate::flow::{Session, Tool};

const OPUS: &str = "claude-opus-4-5-20251101";
const START: u64 = 1_795_219_200_000;

/// Picodollars per token of Opus 4.5, written down apart from the price list: 5, 25, 6.25, 10 and 0.50 dollars per million.
const INPUT: i64 = 5_000_000;
const OUTPUT: i64 = 25_000_000;
const WRITE: i64 = 6_250_000;
const LONG: i64 = 10_000_000;
const READ: i64 = 500_000;

fn tool(activity: Activity, result_chars: u64) -> Tool {
    Tool { name: "t".to_owned(), activity, result_chars, error: false }
}

/// A call after so many seconds.
fn call(second: u64, usage: [u64; 4], tools: Vec<Tool>) -> Call {
    let [input, cache_write_short, cache_read, output] = usage;
    Call {
        at: Timestamp(START + second * 1_000),
        model: OPUS.to_owned(),
        usage: Usage { input, cache_write_short, cache_read, output, ..Usage::default() },
        output_estimated: false,
        human: false,
        tools,
    }
}

fn flow(calls: Vec<Call>) -> Flow {
    let track = Track { sub_agent: None, calls };
    Flow { sessions: vec![Session { id: "s".to_owned(), tracks: vec![track] }], ..Flow::default() }
}

fn ask(flow: &Flow, question: &Question) -> Answer {
    answer(flow, question, &Catalogue::builtin()).unwrap()
}

/// Four calls on a context of 20,000 to 26,000 tokens; the cache was lost once.
fn lost_once() -> Flow {
    flow(vec![
        call(0, [10, 19_990, 0, 100], Vec::new()),
        call(60, [10, 1_990, 20_000, 100], Vec::new()),
        call(120, [10, 23_990, 0, 100], Vec::new()),
        call(600, [10, 1_990, 24_000, 100], Vec::new()),
    ])
}

#[test]
fn billed_is_the_sum_of_the_columns_times_their_prices() {
    let costs = ask(&lost_once(), &Question::default()).all;
    let sum = 40 * INPUT + (19_990 + 1_990 + 23_990 + 1_990) * WRITE + 44_000 * READ + 400 * OUTPUT;
    assert_eq!(costs.billed, Some(Usd::from_picos(sum)));
}

#[test]
fn writes_for_an_hour_are_billed_like_short_ones_and_at_their_own_price_beside_it() {
    let mut flow = lost_once();
    flow.sessions[0].tracks[0].calls[0].usage.cache_write_short = 0;
    flow.sessions[0].tracks[0].calls[0].usage.cache_write_long = 19_990;
    let (costs, before) = (ask(&flow, &Question::default()), ask(&lost_once(), &Question::default()));
    assert_eq!(costs.all.billed, before.all.billed);
    let more = costs.all.billed_lifetimes.unwrap() - costs.all.billed.unwrap();
    assert_eq!(more, Usd::from_picos(19_990 * (LONG - WRITE)));
    assert!(costs.assumptions.iter().any(|said| said.contains("one-hour")));
}

#[test]
fn a_perfect_cache_reads_all_that_was_sent_before_and_a_short_one_until_five_minutes_passed() {
    let costs = ask(&lost_once(), &Question::default()).all;
    // Prompts of 20,000, 22,000, 24,000 and 26,000 tokens.
    let perfect = (20_000 + 3 * 2_000) * WRITE + (20_000 + 22_000 + 24_000) * READ + 400 * OUTPUT;
    assert_eq!(costs.perfect, Some(Usd::from_picos(perfect)));
    let expired = perfect + 24_000 * (WRITE - READ);
    assert_eq!(costs.ttl5m, Some(Usd::from_picos(expired)), "the last call comes after eight minutes");
}

#[test]
fn a_context_that_was_begun_anew_reads_what_it_read_in_fact() {
    let flow = flow(vec![call(0, [0, 50_000, 0, 0], Vec::new()), call(10, [0, 8_000, 12_000, 0], Vec::new())]);
    let costs = ask(&flow, &Question::default()).all;
    assert_eq!(costs.perfect, Some(Usd::from_picos(58_000 * WRITE + 12_000 * READ)));
    assert_eq!(costs.perfect, costs.billed);
}

#[test]
fn a_log_without_cache_writes_is_not_billed_for_any() {
    let mut flow = flow(vec![call(0, [12_000, 0, 0, 0], Vec::new()), call(10, [1_000, 0, 12_000, 0], Vec::new())]);
    flow.sessions[0].tracks[0].calls.iter_mut().for_each(|call| call.model = "gpt-5.6-sol".to_owned());
    let costs = ask(&flow, &Question::default()).all;
    assert_eq!(costs.perfect, costs.billed);
}

#[test]
fn an_unknown_price_makes_the_sum_unknown_and_never_zero() {
    let mut flow = lost_once();
    flow.sessions[0].tracks[0].calls[3].model = "somebody-elses-model".to_owned();
    let told = ask(&flow, &Question::default());
    assert_eq!((told.all.billed, told.all.perfect, told.all.ttl5m), (None, None, None));
    assert!(told.all.at_least > Usd::ZERO);
    assert_eq!(told.models["somebody-elses-model"].priced_as, None);
    let question = Question { price_as: Some("claude-opus-4-8".to_owned()), ..Question::default() };
    assert!(ask(&flow, &question).all.billed.is_some());
    let nobody = Question { price_as: Some("nobody".to_owned()), ..Question::default() };
    assert_eq!(answer(&flow, &nobody, &Catalogue::builtin()).unwrap_err(), UnknownModel("nobody".to_owned()));
}

#[test]
fn shares_are_of_calls_and_of_the_length_of_results() {
    let tools = vec![tool(Activity::Explore, 900), tool(Activity::Edit, 100), tool(Activity::Test, 0)];
    let told = ask(&flow(vec![call(0, [0, 100, 0, 0], tools)]), &Question::default());
    let share = |shares: &Shares, activity: Activity| shares.iter().find(|(one, _)| *one == activity).unwrap().1;
    assert!((share(&told.activity, Activity::Explore) - 1.0 / 3.0).abs() < 1e-9);
    assert!((share(&told.activity_by_result, Activity::Explore) - 0.9).abs() < 1e-9);
}

#[test]
fn the_sidekick_is_of_the_premium_model_s_maker_and_generation() {
    let catalogue = Catalogue::builtin();
    for (premium, sidekick) in [
        ("claude-opus-4-8", "anthropic/claude-haiku-4-5"),
        ("claude-opus-5-5", "anthropic/claude-haiku-5-5"),
        ("gpt-6.1-sol", "openai/gpt-6-luna"),
        ("claude-haiku-4-5-20251001", "anthropic/claude-haiku-5-5"),
    ] {
        let premium = models::find(&catalogue, premium).unwrap();
        assert_eq!(models::sidekick_of(&catalogue, &premium).unwrap().name.to_string(), sidekick);
    }
}

/// A question, six look-ups with long results, and five more calls.
fn explored() -> Flow {
    let mut calls = vec![call(0, [0, 20_000, 0, 200], Vec::new())];
    let mut context = 20_000;
    for n in 1..12 {
        let looks = (2..8).contains(&n);
        let tools = if looks { vec![tool(Activity::Explore, 10_110)] } else { vec![tool(Activity::Plan, 10)] };
        calls.push(call(n * 10, [0, 1_000, context, 200], tools));
        context += if looks { 3_300 } else { 300 };
    }
    flow(calls)
}

fn split(flow: &Flow) -> (Team, Answer) {
    let told = ask(flow, &Question::default());
    (told.team.clone().unwrap(), told)
}

#[test]
fn a_run_of_look_ups_costs_less_when_a_sidekick_makes_it() {
    let (team, _) = split(&explored());
    assert_eq!((team.delegated.moved_calls, team.delegated.briefs), (6, 1));
    assert!(team.delegated.usual < team.solo, "{team:?}");
    assert!(team.delegated.low < team.delegated.usual && team.delegated.usual < team.delegated.high);
    assert_eq!(team.with_edits, team.delegated, "nothing was edited");
}

#[test]
fn too_few_calls_in_a_row_or_a_word_in_between_stay_with_main() {
    let mut flow = explored();
    let calls = &mut flow.sessions[0].tracks[0].calls;
    calls[4].human = true;
    calls[6].tools.push(tool(Activity::Edit, 10));
    // Two look-ups, two from the person's word on, then one with an edit in it.
    let (team, _) = split(&flow);
    assert_eq!((team.delegated.moved_calls, team.delegated.usual), (0, team.solo));
    assert_eq!(team.with_edits.moved_calls, 4, "with edits the four after the word are a run");
}

#[test]
fn a_split_of_one_run_adds_up_by_hand() {
    let calls = vec![
        call(0, [0, 10_000, 0, 100], vec![tool(Activity::Explore, 3_370)]),
        call(10, [0, 1_000, 10_000, 100], vec![tool(Activity::Explore, 3_370)]),
        call(20, [0, 1_000, 11_000, 100], vec![tool(Activity::Explore, 3_370)]),
        call(30, [0, 1_000, 12_000, 100], Vec::new()),
    ];
    let catalogue = Catalogue::builtin();
    let premium = models::find(&catalogue, OPUS).unwrap();
    let work = Work { main: &premium, sidekick: &premium, activities: &[Activity::Explore] };
    let plain = Split { effort: 1.0, base: 9_000, ..Split::default() };
    let outcome = plain.play(&calls, &work, 0.0);
    // Main: one call that writes the brief, and one that reads brief and report; the raw 3,000 tokens are gone.
    let main = 10_000 * WRITE + 250 * OUTPUT + 10_000 * READ + 950 * WRITE + 100 * OUTPUT;
    // Sidekick: 9,250 tokens written; three more calls that each read all and write 1,000; the last reports.
    let reads = 9_250 + 10_250 + 11_250;
    let sidekick = (9_250 + 3_000) * WRITE + reads * READ + (300 + 700) * OUTPUT;
    assert_eq!((outcome.usd, outcome.moved_calls), (Usd::from_picos(main + sidekick), 3));
}

#[test]
fn sub_agents_stay_as_they_were_alone_and_in_the_split() {
    let (before, _) = split(&explored());
    let mut flow = explored();
    let calls = vec![call(5, [0, 9_000, 0, 10], Vec::new())];
    flow.sessions[0].tracks.push(Track { sub_agent: Some("x".to_owned()), calls });
    let (team, told) = split(&flow);
    let more = Usd::from_picos(9_000 * WRITE + 10 * OUTPUT);
    assert_eq!((team.solo, team.delegated.usual), (before.solo + more, before.delegated.usual + more));
    assert_eq!((told.main.calls, told.all.calls), (12, 13));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_perfect_cache_costs_no_more_than_any_other(
        calls in prop::collection::vec((0_u64..900, 0_u64..40, 0_u64..9_000, 0_u64..60_000, 0_u64..500), 1..30)
    ) {
        let mut second = 0;
        let one = |(gap, input, write, read, output): (u64, u64, u64, u64, u64)| {
            second += gap;
            call(second, [input, write, read, output], Vec::new())
        };
        let costs = ask(&flow(calls.into_iter().map(one).collect()), &Question::default()).all;
        prop_assert!(costs.perfect <= costs.billed);
        prop_assert!(costs.perfect <= costs.ttl5m);
    }
}
