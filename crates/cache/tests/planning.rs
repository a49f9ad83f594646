//! Windows, prefix ledger, breakpoints, prediction: as sentences.

use std::time::Duration;

use cache::breakpoints::{PlanInput, plan};
use cache::economics::{Prices, Work, estimate};
use cache::window::BlockKind;
use cache::{Answered, Calibration, Forecast, Posture, TokenCounter, Window};
use proptest::prelude::*;
use protocol::{Position, Timestamp, Ttl, Usage};
use wire::Rendered;

const CLAUDE: Posture =
    Posture::Explicit { min_tokens: 512, ttl_short: Duration::from_secs(300), ttl_long: Duration::from_secs(3600) };

fn message(texts: &[&str]) -> Rendered {
    Rendered {
        open: "{\"role\":\"user\",\"content\":[".into(),
        blocks: texts.iter().map(|text| format!("{{\"type\":\"text\",\"text\":\"{text}\"}}")).collect(),
        close: "]}".into(),
    }
}

fn window(messages: usize) -> Window {
    let mut window = Window::open(vec!["{}".into()], vec!["{}".into()]);
    for number in 0..messages {
        window.append(message(&[&number.to_string()]), &[BlockKind::Other]);
    }
    window
}

fn input(last_end: usize) -> PlanInput {
    PlanInput {
        posture: CLAUDE,
        static_ttl: Ttl::Short,
        tail_ttl: Ttl::Short,
        pinned_messages: 0,
        last_end,
        write_tail: true,
    }
}

#[test]
fn a_short_step_marks_the_system_prompt_and_the_end() {
    let positions: Vec<Position> = plan(&window(4), &input(2)).iter().map(|b| b.at).collect();
    assert_eq!(positions, [Position::System(0), Position::Message { message: 3, block: 0 }]);
}

#[test]
fn nineteen_new_positions_need_no_extra_mark_and_twenty_do() {
    assert_eq!(plan(&window(1 + 19), &input(1)).len(), 2);
    let far = plan(&window(1 + 20), &input(1));
    assert_eq!(far.len(), 3);
    assert_eq!(far[1].at, Position::Message { message: 0, block: 0 });
}

#[test]
fn a_run_of_tool_results_is_one_position() {
    let mut window = window(1);
    let many: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = many.iter().map(String::as_str).collect();
    window.append(message(&texts), &[BlockKind::ToolResult; 30]);
    assert_eq!(window.blocks().last().map(|b| b.position), Some(1));
    assert_eq!(plan(&window, &input(1)).len(), 2);
}

#[test]
fn thinking_never_carries_the_mark() {
    let mut window = window(1);
    window.append(message(&["a", "b"]), &[BlockKind::Other, BlockKind::Thinking]);
    assert_eq!(plan(&window, &input(0)).last().map(|b| b.at), Some(Position::Message { message: 1, block: 0 }));
}

#[test]
fn a_long_tail_makes_the_head_long_too() {
    let plan = plan(&window(3), &PlanInput { tail_ttl: Ttl::Long, ..input(1) });
    assert!(plan.iter().all(|breakpoint| breakpoint.ttl == Ttl::Long));
}

#[test]
fn a_provider_that_caches_by_itself_gets_no_marks() {
    let posture =
        Posture::Implicit { min_tokens: 1024, granularity: 128, ttl: Duration::from_secs(600), breakpoints: false };
    assert!(plan(&window(3), &PlanInput { posture, ..input(1) }).is_empty());
}

#[test]
fn a_provider_that_also_caches_at_marks_gets_them_behind_what_stays_and_never_at_the_end() {
    let ttl = Duration::from_secs(1_800);
    let posture = Posture::Implicit { min_tokens: 1024, granularity: 1, ttl, breakpoints: true };
    let asked = PlanInput { posture, pinned_messages: 1, static_ttl: Ttl::Long, tail_ttl: Ttl::Long, ..input(1) };
    let plan = |messages: usize| plan(&window(messages), &asked);
    let positions = |messages: usize| plan(messages).iter().map(|it| it.at).collect::<Vec<_>>();
    assert_eq!(positions(40), [Position::System(0), Position::Message { message: 0, block: 0 }]);
    assert_eq!(positions(1), [Position::System(0)], "the provider marks the end");
    assert!(plan(40).iter().all(|it| it.ttl == Ttl::Short), "the long life costs twice the write");
}

#[test]
fn a_changed_piece_is_named() {
    let sent = window(3);
    let mut other = Window::open(vec!["{}".into()], vec!["{\"x\":1}".into()]);
    other.append(message(&["0"]), &[BlockKind::Other]);
    let broken = other.prefix().check_chain(sent.prefix()).unwrap_err();
    assert_eq!((broken.piece, broken.name()), (1, "system_changed"));
    assert!(other.prefix().check(&sent.prefix().mark()).is_err());
}

/// A request with all of the window, answered at the epoch.
fn answer(window: &Window) -> Answered {
    Answered {
        sent: window.prefix().mark(),
        end: window.blocks().len(),
        at: Timestamp(0),
        ttl: Ttl::Short,
        counted: window.counted_tokens(),
    }
}

#[test]
fn the_forecast_follows_the_bill_and_the_clock() {
    let window = window(2);
    let mut forecast = Forecast::default();
    assert_eq!(forecast.expect(&CLAUDE, Timestamp(0)).reason, Some("window_opened"));
    let usage = Usage { input: 3, cache_read: 1_000, cache_write_short: 500, ..Usage::default() };
    forecast.answered(answer(&window), &CLAUDE, &usage);
    assert_eq!(forecast.expect(&CLAUDE, Timestamp(299_999)).cache_read, 1_500);
    assert_eq!(forecast.expect(&CLAUDE, Timestamp(300_000)).reason, Some("expired"));
}

#[test]
fn an_implicit_cache_is_expected_in_whole_units() {
    let posture =
        Posture::Implicit { min_tokens: 1024, granularity: 128, ttl: Duration::from_secs(600), breakpoints: false };
    let mut forecast = Forecast::default();
    let usage = Usage { input: 2_000, ..Usage::default() };
    forecast.answered(answer(&window(1)), &posture, &usage);
    assert_eq!(forecast.expect(&posture, Timestamp(1)).cache_read, 1_920);
}

#[test]
fn a_miss_is_more_than_five_percent_and_two_thousand_tokens() {
    assert!(Forecast::is_miss(10_000, 7_000));
    assert!(!Forecast::is_miss(10_000, 8_500));
    assert!(!Forecast::is_miss(100_000, 96_000));
}

#[test]
fn calibration_learns_a_models_factor() {
    let mut calibration = Calibration::default();
    assert_eq!(calibration.apply("claude-x", 100), 130);
    for _ in 0..10 {
        calibration.observe("claude-x", 1_000, 1_210);
    }
    assert_eq!(calibration.apply("claude-x", 1_000), 1_210);
}

#[test]
fn the_loaded_tokenizer_counts_pathological_text_too() {
    let estimate = TokenCounter::count("hello world, how are you");
    TokenCounter::load();
    assert!(TokenCounter::is_loaded());
    assert_eq!(TokenCounter::count("hello world"), 2);
    assert!(estimate.abs_diff(TokenCounter::count("hello world, how are you")) <= 3);
    assert!(TokenCounter::count(&"ä".repeat(100_000)) > 10_000);
}

#[test]
fn one_call_is_hardly_worth_a_brief_and_eight_are() {
    // List prices of a premium model and a cheap one, picodollars per token.
    let premium =
        Prices { input: 4_000_000, output: 20_000_000, write: 5_000_000, write_long: 8_000_000, read: 200_000 };
    let cheap = Prices { input: 100_000, output: 500_000, write: 125_000, write_long: 200_000, read: 10_000 };
    let work = |steps: u64| Work {
        steps,
        entered: 2_900 * steps,
        output: 400 * steps,
        brief: 600,
        report: 1_000,
        caller_context: 80_000,
        specialist_context: 12_000,
        remaining_calls: 20,
    };
    let (one, eight) = (estimate(&premium, &cheap, &work(1)), estimate(&premium, &cheap, &work(8)));
    assert!(eight.gain().picos() > 5 * one.gain().picos().max(1), "{one:?} {eight:?}");
    assert!(estimate(&premium, &premium, &work(1)).gain().picos() < 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn appending_never_breaks_the_prefix(first in 0usize..30, more in 0usize..30) {
        let before = window(first);
        let mut after = before.clone();
        for number in 0..more {
            after.append(message(&[&format!("more {number}")]), &[BlockKind::Other]);
        }
        prop_assert!(after.prefix().check(&before.prefix().mark()).is_ok());
        prop_assert!(after.prefix().check_chain(before.prefix()).is_ok());
    }

    #[test]
    fn a_plan_keeps_the_vendors_rules_whatever_the_window(
        kinds in prop::collection::vec(prop::collection::vec(0u8..4, 1..6), 1..40),
        last_end in 0usize..60,
        pinned in 0usize..5,
    ) {
        let mut window = Window::open(vec!["{}".into()], vec!["{}".into()]);
        for blocks in &kinds {
            let kinds: Vec<BlockKind> = blocks.iter().map(|kind| match kind {
                0 => BlockKind::ToolCall,
                1 => BlockKind::ToolResult,
                2 => BlockKind::Thinking,
                _ => BlockKind::Other,
            }).collect();
            window.append(message(&vec!["x"; kinds.len()]), &kinds);
        }
        let plan = plan(&window, &PlanInput { pinned_messages: pinned, ..input(last_end) });
        prop_assert!(plan.len() <= 4);
        let mut seen = Vec::new();
        for breakpoint in &plan {
            prop_assert!(!seen.contains(&breakpoint.at), "twice at one place");
            seen.push(breakpoint.at);
            if let Position::Message { message, block } = breakpoint.at {
                let placed = window.blocks().iter().find(|b| b.message == message && b.block == block).unwrap();
                prop_assert!(placed.kind != BlockKind::Thinking);
            }
        }
    }
}
