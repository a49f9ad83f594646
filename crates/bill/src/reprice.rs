//! What a recorded flow cost, and what it would have cost otherwise: with a perfect cache, with a cache that lives five minutes,
//! played by one premium model, and split between it and a sidekick.

pub mod meter;
pub mod models;
pub mod session;
pub mod split;

use std::collections::BTreeMap;

use catalogue::Catalogue;
use protocol::{Usage, Usd};

use crate::activity::Activity;
use crate::flow::{Call, Flow, Track};
use meter::{Lifetime, Meter};
use models::Rated;
use split::{Split, Work};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Every call is priced as this model.
    pub price_as: Option<String>,
    /// The model that the delegated part would go to.
    pub sidekick: Option<String>,
    /// How a delegation is thought to go.
    pub split: Split,
}

/// A model that was named and that the catalogue does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no model with a known price")]
pub struct UnknownModel(pub String);

/// The cost of some calls, in four ways. None where the price of any of them is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// Model calls.
    pub calls: u64,
    /// Tokens as recorded.
    pub usage: Usage,
    /// The tokens as recorded; all cache writes at the price of the short lifetime, like the three below.
    pub billed: Option<Usd>,
    /// The same of the calls whose price is known.
    pub at_least: Usd,
    /// The tokens as recorded; each cache write at the price of its own lifetime.
    pub billed_lifetimes: Option<Usd>,
    /// Whatever was sent before is read from the cache.
    pub perfect: Option<Usd>,
    /// The same, as long as no more than five minutes passed since the agent's last call.
    pub ttl5m: Option<Usd>,
}

/// A model's part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelPart {
    /// What its calls are priced as, `provider/model`; none for an unknown price.
    pub priced_as: Option<String>,
    /// Its calls.
    pub calls: u64,
    /// What they cost as recorded.
    pub billed: Option<Usd>,
}

/// A delegation estimate: the whole flow's dollars, by how much of the raw results main reads again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegated {
    /// The least.
    pub low: Usd,
    /// In between.
    pub usual: Usd,
    /// The most.
    pub high: Usd,
    /// Calls of main's that went to the sidekick.
    pub moved_calls: u64,
    /// In so many briefs.
    pub briefs: u64,
}

/// One premium model, alone and with a sidekick. Both with a cache of five minutes, so that they can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The premium model: the one asked for, or that of most of the main agent's calls.
    pub premium: String,
    /// The sidekick's model.
    pub sidekick: String,
    /// The premium model plays all of main's calls.
    pub solo: Usd,
    /// Exploration and tests go to the sidekick.
    pub delegated: Delegated,
    /// Exploration, tests and edits do.
    pub with_edits: Delegated,
}

/// Shares of tool calls by activity, 0 to 1, in the order of [`Activity::ALL`].
pub type Shares = [(Activity, f64); 5];

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Sessions.
    pub sessions: u64,
    /// All calls.
    pub all: Costs,
    /// The main agents' calls.
    pub main: Costs,
    /// By model as the log names it.
    pub models: BTreeMap<String, ModelPart>,
    /// One premium model and a split; none where a price is unknown, or no sidekick is.
    pub team: Option<Team>,
    /// Calls of an agent that came more than five minutes after its last one.
    pub late_calls: u64,
    /// Tool calls.
    pub tool_calls: u64,
    /// Of the tool calls.
    pub activity: Shares,
    /// Of the characters of their results.
    pub activity_by_result: Shares,
    /// Calls whose output is an estimate.
    pub estimated_outputs: u64,
    /// What the numbers rest on, a sentence each.
    pub assumptions: Vec<String>,
    /// What was left out, by kind.
    pub skipped: BTreeMap<String, u64>,
}

/// Prices a flow.
///
/// # Errors
/// When a model of the question has no known price.
pub fn answer(flow: &Flow, question: &Question, catalogue: &Catalogue) -> Result<Answer, UnknownModel> {
    let named = |name: &String| models::find(catalogue, name).ok_or_else(|| UnknownModel(name.clone()));
    let price_as = question.price_as.as_ref().map(named).transpose()?;
    let sidekick = question.sidekick.as_ref().map(named).transpose()?;
    let book = models::Book::new(flow, catalogue, price_as.clone());
    let main: Vec<&Track> = flow.tracks().filter(|track| track.sub_agent.is_none()).collect();
    let team = team(flow, &main, &book, price_as, sidekick, question, catalogue);
    let mut answer = Answer {
        sessions: flow.sessions.len() as u64,
        all: costs(flow.tracks(), &book),
        main: costs(main.iter().copied(), &book),
        models: parts(flow, &book),
        late_calls: flow.tracks().map(|track| late(&track.calls)).sum(),
        tool_calls: flow.calls().map(|call| call.tools.len() as u64).sum(),
        activity: shares(flow, |_| 1),
        activity_by_result: shares(flow, |tool| tool.result_chars),
        estimated_outputs: flow.calls().filter(|call| call.output_estimated).count() as u64,
        assumptions: Vec::new(),
        skipped: flow.skipped.clone(),
        team,
    };
    answer.assumptions = assumptions(&answer, question);
    Ok(answer)
}

fn costs<'a>(tracks: impl Iterator<Item = &'a Track>, book: &models::Book<'_>) -> Costs {
    let mut sum = Costs {
        billed: Some(Usd::ZERO),
        billed_lifetimes: Some(Usd::ZERO),
        perfect: Some(Usd::ZERO),
        ttl5m: Some(Usd::ZERO),
        ..Costs::default()
    };
    let add = |sum: &mut Option<Usd>, more: Option<Usd>| *sum = sum.zip(more).map(|(sum, more)| sum + more);
    for track in tracks {
        let mut own = Some(Usd::ZERO);
        for call in &track.calls {
            let model = book.of(&call.model);
            let billed = model.map(|model| model.cost(&short_lived(&call.usage), call.at));
            sum.calls += 1;
            sum.usage += call.usage;
            sum.at_least += billed.unwrap_or_default();
            add(&mut own, billed);
            add(&mut sum.billed_lifetimes, model.map(|model| model.cost(&call.usage, call.at)));
        }
        add(&mut sum.billed, own);
        // The few tokens behind the last cache marker count as written here, and were not: a perfect cache is no worse.
        let perfect = play(track, book, Lifetime::Endless);
        add(&mut sum.perfect, perfect.zip(own).map(|(perfect, own)| perfect.min(own)));
        add(&mut sum.ttl5m, play(track, book, Lifetime::FIVE_MINUTES));
    }
    sum
}

/// The same tokens with all cache writes of the short lifetime: a log that does not tell lifetimes apart says no more.
fn short_lived(usage: &Usage) -> Usage {
    Usage { cache_write_short: usage.cache_write(), cache_write_long: 0, ..*usage }
}

/// A track played by its own models under another cache; none where a price is unknown.
fn play(track: &Track, book: &models::Book<'_>, lifetime: Lifetime) -> Option<Usd> {
    let mut meter = Meter::new(lifetime, reports_writes(&track.calls));
    for call in &track.calls {
        meter.recorded(book.of(&call.model)?, call);
    }
    Some(meter.usd())
}

/// Whether the log says what was written to the cache: what it does not say was not billed as such.
pub(crate) fn reports_writes(calls: &[Call]) -> bool {
    calls.iter().any(|call| call.usage.cache_write() > 0)
}

fn parts(flow: &Flow, book: &models::Book<'_>) -> BTreeMap<String, ModelPart> {
    let mut parts: BTreeMap<String, ModelPart> = BTreeMap::new();
    for call in flow.calls() {
        let model = book.of(&call.model);
        let part = parts.entry(call.model.clone()).or_insert_with(|| ModelPart {
            priced_as: model.map(|model| model.name.to_string()),
            calls: 0,
            billed: model.map(|_| Usd::ZERO),
        });
        part.calls += 1;
        let more = model.map(|model| model.cost(&short_lived(&call.usage), call.at));
        part.billed = part.billed.zip(more).map(|(sum, more)| sum + more);
    }
    parts
}

fn late(calls: &[Call]) -> u64 {
    let gap = |pair: &&[Call]| Lifetime::FIVE_MINUTES.is_over(pair[0].at, pair[1].at);
    calls.windows(2).filter(gap).count() as u64
}

fn shares(flow: &Flow, weight: impl Fn(&crate::flow::Tool) -> u64) -> Shares {
    let mut sums = Activity::ALL.map(|activity| (activity, 0_u64));
    for tool in flow.calls().flat_map(|call| &call.tools) {
        sums[tool.activity as usize].1 += weight(tool);
    }
    let total: u64 = sums.iter().map(|(_, sum)| sum).sum();
    sums.map(|(activity, sum)| (activity, if total == 0 { 0.0 } else { sum as f64 / total as f64 }))
}

/// One premium model, and a split.
fn team<'a>(
    flow: &Flow,
    main: &[&Track],
    book: &models::Book<'a>,
    price_as: Option<Rated<'a>>,
    sidekick: Option<Rated<'a>>,
    question: &Question,
    catalogue: &'a Catalogue,
) -> Option<Team> {
    let premium = price_as.or_else(|| most_used(main, book))?;
    let sidekick = sidekick.or_else(|| models::sidekick_of(catalogue, &premium))?;
    // Sub-agents that there were stay as they were, alone and in the split.
    let others = flow.tracks().filter(|track| track.sub_agent.is_some());
    let others: Usd = others.map(|track| play(track, book, Lifetime::FIVE_MINUTES)).sum::<Option<Usd>>()?;
    let solo: Usd = main.iter().map(|track| split::solo(&track.calls, &premium)).sum();
    let estimate = |activities: &[Activity]| {
        let work = Work { main: &premium, sidekick: &sidekick, activities };
        let [low, usual, high] = split::REREAD.map(|share| {
            main.iter().map(|track| question.split.play(&track.calls, &work, share)).sum::<split::Outcome>()
        });
        let usd = |outcome: &split::Outcome| outcome.usd + others;
        let (low, high) = (usd(&low), usd(&high));
        Delegated { low, usual: usd(&usual), high, moved_calls: usual.moved_calls, briefs: usual.briefs }
    };
    Some(Team {
        solo: solo + others,
        delegated: estimate(&[Activity::Explore, Activity::Test]),
        with_edits: estimate(&[Activity::Explore, Activity::Test, Activity::Edit]),
        premium: premium.name.to_string(),
        sidekick: sidekick.name.to_string(),
    })
}

/// The model of most of the main agents' calls; of several the first by name.
fn most_used<'a>(main: &[&Track], book: &models::Book<'a>) -> Option<Rated<'a>> {
    let mut calls: BTreeMap<&str, u64> = BTreeMap::new();
    for call in main.iter().flat_map(|track| &track.calls) {
        *calls.entry(&call.model).or_default() += 1;
    }
    let (model, _) = calls.into_iter().rev().max_by_key(|(_, calls)| *calls)?;
    book.of(model).cloned()
}

fn assumptions(answer: &Answer, question: &Question) -> Vec<String> {
    let mut said = Vec::new();
    let usage = &answer.all.usage;
    if let Some(model) = &question.price_as {
        said.push(format!("Every call is priced as {model}."));
    }
    said.push(
        "Prices are the list prices at the time of each call, without discounts; a model name with a date has the price of \
         the name without it."
            .to_owned(),
    );
    if answer.estimated_outputs > 0 {
        said.push(format!(
            "Output is what the log says, or characters / {} where that is more: {} of {} calls are logged with less output \
             than their text takes.",
            crate::flow::CHARS_PER_TOKEN,
            answer.estimated_outputs,
            answer.all.calls
        ));
    }
    if usage.cache_write_long > 0 {
        said.push(format!(
            "`billed` has all cache writes at the price of the five-minute lifetime, like the rows it is compared with. {} \
             of {} written tokens were logged with the one-hour lifetime; at its own price each, the bill is {}.",
            usage.cache_write_long,
            usage.cache_write(),
            answer.all.billed_lifetimes.map_or_else(|| "unknown".to_owned(), |usd| usd.to_string())
        ));
    }
    said.push(
        "With a perfect cache each call reads all that its agent sent before and writes the rest; with the five-minute cache \
         it writes everything again when more than five minutes passed. After a compaction (a prompt under 80 % of the one \
         before), at an agent's first call and when the model changes, it reads what was read in fact."
            .to_owned(),
    );
    if let Some(team) = &answer.team {
        said.push(format!(
            "One model: {} plays all calls of the main agent with the five-minute cache. Sub-agents in the log stay as they \
             are, with the same cache, here and in the split.",
            team.premium
        ));
        said.push(question.split.in_words(&team.sidekick));
    }
    said
}

#[cfg(test)]
#[path = "reprice/tests.rs"]
mod tests;
