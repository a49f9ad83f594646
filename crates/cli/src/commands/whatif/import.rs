//! Session logs of another coding agent: what they cost, how well they were cached, what the work was, and a split.

use bill::activity::Activity;
use bill::import::Format;
use bill::reprice::{self, Answer, Costs, Delegated, ModelPart, Question, Shares, Team};
use catalogue::Catalogue;
use protocol::Usd;
use serde_json::{Map, Value, json};

use super::{WhatifArgs, logs, sentences};
use crate::failure::Failure;
use crate::table::table;
use crate::text;

/// Reads, prices and prints.
pub(super) fn run(format: Format, asked: &WhatifArgs, catalogue: &Catalogue) -> anyhow::Result<u8> {
    if asked.what.is_empty() {
        return Err(Failure::usage_with(
            "--import needs the logs to read",
            format!("for example: agent whatif --import {} {}", format.as_str(), usual_place(format)),
        ));
    }
    let flow = logs::read(format, &asked.what)?;
    let question =
        Question { price_as: asked.price_as.clone(), sidekick: asked.sidekick.clone(), ..Question::default() };
    let answer = reprice::answer(&flow, &question, catalogue).map_err(|error| {
        Failure::usage_with(
            error.to_string(),
            "`agent models` lists those there are; --catalogue FILE adds one, in the format of models.yaml",
        )
    })?;
    if asked.json {
        text::json(&as_json(&answer).to_string());
    } else {
        print(&answer);
    }
    Ok(0)
}

pub(super) fn usual_place(format: Format) -> &'static str {
    match format {
        Format::ClaudeCode => "~/.claude/projects/*/*.jsonl",
        Format::Codex => "~/.codex/sessions/*/*/*/*.jsonl",
        Format::Calls => "calls.jsonl",
    }
}

fn as_json(answer: &Answer) -> Value {
    let all = &answer.all;
    let team = answer.team.as_ref();
    let of = |pick: fn(&Team) -> Usd| team.map(pick);
    json!({
        "sessions": answer.sessions,
        "calls": all.calls,
        "models": answer.models.iter().map(|(name, part)| (name.clone(), model(part))).collect::<Map<_, _>>(),
        "billed_usd": all.billed,
        "billed_at_least_usd": all.at_least,
        "billed_by_lifetime_usd": all.billed_lifetimes,
        "perfect_cache_usd": all.perfect,
        "ttl5m_usd": all.ttl5m,
        "solo_usd": of(|team| team.solo),
        "delegated_usd": of(|team| team.delegated.usual),
        "delegated_low_usd": of(|team| team.delegated.low),
        "delegated_high_usd": of(|team| team.delegated.high),
        "delegated_with_edits_usd": of(|team| team.with_edits.usual),
        "delegated_with_edits_low_usd": of(|team| team.with_edits.low),
        "delegated_with_edits_high_usd": of(|team| team.with_edits.high),
        "premium": team.map(|team| &team.premium),
        "sidekick": team.map(|team| &team.sidekick),
        "moved_calls": team.map(|team| team.delegated.moved_calls),
        "briefs": team.map(|team| team.delegated.briefs),
        "main": costs(&answer.main),
        "usage": all.usage,
        "cache_hit_rate": all.usage.hit_rate(),
        "calls_after_five_minutes": answer.late_calls,
        "tool_calls": answer.tool_calls,
        "activity": shares(&answer.activity),
        "activity_by_result_chars": shares(&answer.activity_by_result),
        "estimated_outputs": answer.estimated_outputs,
        "assumptions": answer.assumptions,
        "skipped": answer.skipped,
    })
}

fn model(part: &ModelPart) -> Value {
    json!({ "priced_as": part.priced_as, "calls": part.calls, "billed_usd": part.billed })
}

fn costs(costs: &Costs) -> Value {
    json!({
        "calls": costs.calls,
        "billed_usd": costs.billed,
        "perfect_cache_usd": costs.perfect,
        "ttl5m_usd": costs.ttl5m,
    })
}

fn shares(shares: &Shares) -> Value {
    shares.iter().map(|(activity, share)| (activity.as_str().to_owned(), json!(share))).collect::<Map<_, _>>().into()
}

fn print(answer: &Answer) {
    let all = &answer.all;
    text::line(&format!(
        "{}, {}, {}",
        counted(answer.sessions, "session"),
        counted(all.calls, "model call"),
        counted(answer.tool_calls, "tool call")
    ));
    text::line(&models(answer));
    text::line(&prices(answer));
    text::line(&format!(
        "\nCache: {:.1} % of the prompt tokens were read from it. {} came more than\nfive minutes after the agent's last one.",
        all.usage.hit_rate() * 100.0,
        counted(answer.late_calls, "call")
    ));
    if answer.tool_calls > 0 {
        text::line(&work(answer));
    }
    sentences("Assumptions", &answer.assumptions);
    let skipped: Vec<String> = answer.skipped.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
    sentences("Left out, with how often", if skipped.is_empty() { &[] } else { &skipped });
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn dollars(usd: Option<Usd>) -> String {
    usd.map_or_else(|| "unknown".to_owned(), |usd| usd.to_string())
}

fn models(answer: &Answer) -> String {
    let mut table = table(&["model", "priced as", "calls", "billed"], 2);
    for (name, part) in &answer.models {
        let priced_as = part.priced_as.clone().unwrap_or_else(|| "(no known price)".to_owned());
        table.add_row([name.clone(), priced_as, part.calls.to_string(), dollars(part.billed)]);
    }
    let table = format!("\n{}", table.trim_fmt());
    if answer.models.values().all(|part| part.priced_as.is_some()) {
        return table;
    }
    format!(
        "{table}\nWhat has a known price adds up to {}. --catalogue FILE adds prices,\n--price-as MODEL prices all calls as \
         one model.",
        answer.all.at_least
    )
}

fn prices(answer: &Answer) -> String {
    let all = &answer.all;
    let mut table = table(&["", "cost", "of billed", "of one model"], 1);
    let share = |usd: Option<Usd>, of: Option<Usd>| {
        let share = usd.zip(of).filter(|(_, of)| of.picos() > 0).map(|(usd, of)| usd.dollars() / of.dollars() * 100.0);
        share.map_or_else(String::new, |share| format!("{share:.0} %"))
    };
    let mut row = |name: &str, usd: Option<Usd>, range: String| {
        table.add_row([name.to_owned(), dollars(usd), share(usd, all.billed), range]);
    };
    row("billed", all.billed, String::new());
    if all.usage.cache_write_long > 0 {
        row("  one-hour writes at their own price", all.billed_lifetimes, String::new());
    }
    row("with a perfect cache", all.perfect, String::new());
    row("with a cache of five minutes", all.ttl5m, String::new());
    let Some(team) = &answer.team else { return format!("\n{}", table.trim_fmt()) };
    row("one premium model", Some(team.solo), "100 %".to_owned());
    let range = |split: &Delegated| {
        let of = |usd: Usd| share(Some(usd), Some(team.solo)).replace(" %", "");
        format!("{} % ({}-{})", of(split.usual), of(split.low), of(split.high))
    };
    row("  exploration and tests delegated", Some(team.delegated.usual), range(&team.delegated));
    row("  edits too", Some(team.with_edits.usual), range(&team.with_edits));
    format!("\n{}\nOne model: {}. Sidekick: {}.", table.trim_fmt(), team.premium, team.sidekick)
}

fn work(answer: &Answer) -> String {
    let mut table = table(&["tool calls", "calls", "results"], 1);
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    for ((activity, calls), (_, results)) in answer.activity.iter().zip(&answer.activity_by_result) {
        table.add_row([name(*activity).to_owned(), percent(*calls), percent(*results)]);
    }
    format!("\n{}\nresults: share of the characters of all tool results", table.trim_fmt())
}

fn name(activity: Activity) -> &'static str {
    bill::account::activity_name(activity)
}
