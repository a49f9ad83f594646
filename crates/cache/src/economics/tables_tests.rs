//! The tables of the section "Windows" in `docs/cost.md` are what the functions give.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::fmt::Write;
use std::time::Duration;

use protocol::Usd;

use super::Prices;
use super::compaction::*;
use super::context::*;
use super::keep_warm::*;
use super::samples::*;
use super::switching::*;

/// Prints a table, and fails unless the document shows it.
fn shown(table: &str) {
    println!("{table}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cost.md");
    let document = std::fs::read_to_string(path).unwrap();
    assert!(document.contains(&format!("```text\n{table}```")), "docs/cost.md shows another table than\n{table}");
}

#[test]
fn windows_table_of_thresholds() {
    let mut table = format!("{:<12}{:>9}{:>7}{:>10}{:>13}\n", "brain", "F", "calls", "K*", "K*, Q=$0.50");
    for (name, prices, tier, window) in [
        ("Fable 5.2", FABLE_5_2, None, 1_000_000),
        ("Opus 5.5", OPUS_5_5, None, 1_000_000),
        ("Opus 5", OPUS_5, None, 1_000_000),
        ("Sonnet 5.5", SONNET_5_5, None, 1_000_000),
        ("Haiku 5.5", HAIKU_5_5, Some(100_000), 1_000_000),
        ("GPT-6 astra", ASTRA_6, Some(272_000), 1_000_000),
        ("GLM 5.3", GLM_5_3, None, 1_000_000),
        ("Grok 4.7", GROK_4_7, Some(200_000), 1_000_000),
    ] {
        let caps = Caps { tier, window, quality: None };
        let plain = threshold(&prices, &SHAPE, &caps);
        let costing = threshold(&prices, &WindowShape { quality: Usd::from_dollars(0.5), ..SHAPE }, &caps);
        let capped = costing.capped_by.map_or(String::new(), |kind| format!(" ({})", kind.as_str()));
        let (fixed, calls) = (plain.fixed.to_string(), plain.calls);
        writeln!(table, "{name:<12}{fixed:>9}{calls:>7.1}{:>10}{:>13}{capped}", plain.tokens, costing.tokens).unwrap();
    }
    shown(&table);
}

#[test]
fn windows_table_of_cold_contexts() {
    let cold = cold_resume(&OPUS_5_5, &[HAIKU_5_5_LARGE, LUNA_6], &SHAPE, 150_000, 0);
    let before = before_wait(&OPUS_5_5, &SHAPE, 150_000, 0.0, 0);
    let mut table = String::new();
    for (way, cost) in [
        ("go on cold", cold.continue_cold),
        ("summary by Opus 5.5, cold", cold.own),
        ("summary by Haiku 5.5", cold.compact[0]),
        ("summary by GPT-6 luna", cold.compact[1]),
        ("compacted before it expired", before.compact),
    ] {
        writeln!(table, "{way:<28}{:>8.4}", cost.dollars()).unwrap();
    }
    shown(&table);
}

#[test]
fn windows_table_of_switches() {
    let mut table = format!("{:<26}{:>8}{:>8}{:>8}\n", "from, to", "30000", "80000", "150000");
    for (name, from, to, large) in [
        ("Fable 5.2, Opus 5.5", FABLE_5_2, OPUS_5_5, OPUS_5_5),
        ("Opus 5.5, Sonnet 5.5", OPUS_5_5, SONNET_5_5, SONNET_5_5),
        ("Opus 5.5, DeepSeek v4 pro", OPUS_5_5, V4_PRO, V4_PRO),
        ("Opus 5.5, GLM 5.3", OPUS_5_5, GLM_5_3, GLM_5_3),
        ("Opus 5, Sonnet 5", OPUS_5, SONNET_5, SONNET_5),
        ("Opus 5, Haiku 4.5", OPUS_5, HAIKU_4_5, HAIKU_4_5),
        ("Opus 5.5, Haiku 5.5", OPUS_5_5, HAIKU_5_5, HAIKU_5_5_LARGE),
        ("Opus 5.5, GPT-6 luna", OPUS_5_5, LUNA_6, LUNA_6),
        ("Sonnet 5.5, Opus 5.5", SONNET_5_5, OPUS_5_5, OPUS_5_5),
    ] {
        let calls = |context, to: &Prices| {
            calls_to_pay_back(&from, to, 1.0, context, 3_000, 500).map_or("never".to_owned(), |calls| calls.to_string())
        };
        let found = [calls(30_000, &to), calls(80_000, &to), calls(150_000, &large)];
        writeln!(table, "{name:<26}{:>8}{:>8}{:>8}", found[0], found[1], found[2]).unwrap();
    }
    shown(&table);
}

#[test]
fn windows_table_of_pings() {
    let mut table = format!("{:<14}{:>12}{:>12}{:>18}\n", "brain", "chance", "most pings", "longest gap, min");
    for (name, prices) in [
        ("Fable 5.2", FABLE_5_2),
        ("Opus 5.5", OPUS_5_5),
        ("Opus 5", OPUS_5),
        ("Haiku 5.5", HAIKU_5_5),
        ("GPT-5.5", GPT_5_5),
        ("GLM 5.3", GLM_5_3),
    ] {
        let life = Duration::from_secs(300);
        let warmth = Warmth { prices, cached: 50_000, life, most_pings: 12, least_saving: Warmth::LEAST_SAVING };
        let plan = next_ping(&warmth, ping_due(life), 0, &Waiting::ForWork);
        let (chance, minutes) = (plan.break_even * 100.0, gap_worth_pinging(&prices, life).as_secs_f64() / 60.0);
        writeln!(table, "{name:<14}{chance:>10.1} %{:>12}{minutes:>18.0}", most_pings(&prices)).unwrap();
    }
    shown(&table);
}

#[test]
fn windows_table_of_contexts() {
    let mut table = format!("{:<16}{:>6}{:>7}\n", "brain", "warm", "cold");
    for (name, prices) in
        [("Opus 5.5", OPUS_5_5), ("Sonnet 5.5", SONNET_5_5), ("Haiku 5.5", HAIKU_5_5), ("DeepSeek flash", V4_FLASH)]
    {
        let share = |warm| {
            let input = ContextInput {
                prices,
                fresh_prices: None,
                held: 60_000,
                useful: 0,
                calls: 8,
                warm,
                harness: 0,
                harness_warm: true,
                output_per_token: 0.16,
            };
            keep_context(&input).break_even_share
        };
        writeln!(table, "{name:<16}{:>6.2}{:>7.2}", share(true), share(false)).unwrap();
    }
    shown(&table);
}
