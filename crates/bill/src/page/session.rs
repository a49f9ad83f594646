//! The charts of one session: what each call was billed, and how large the contexts grew.

use std::collections::BTreeMap;

use catalogue::Catalogue;
use protocol::{AgentId, LedgerRow, RowOutcome, Usd};

use super::chart::{self, Bar, Frame, Line, Mark, Part};
use super::text::{dollars, tokens, whole};
use crate::account::records::{Records, usd_of};
use crate::account::{brain_name, outcome, purpose};

/// Kinds of tokens from the bottom of a bar up, as CSS classes.
pub(super) const KINDS: [(&str, &str); 4] =
    [("read", "cache read"), ("write", "cache write"), ("uncached", "uncached input"), ("output", "output")];

/// Class of dollars whose kind is not known: the price list has another price than the one that was billed.
const UNKNOWN: &str = "unknown";

/// Most bars in a chart; beyond that neighbours become one.
const MOST_BARS: usize = 180;

/// One session's calls as they are drawn.
pub(super) struct Drawn<'a> {
    records: &'a Records,
    catalogue: &'a Catalogue,
    agents: &'a [AgentId],
    /// The rows that were billed any token, by number.
    rows: Vec<usize>,
}

impl<'a> Drawn<'a> {
    /// Takes the rows that are on the bill.
    pub(super) fn new(
        records: &'a Records,
        catalogue: &'a Catalogue,
        agents: &'a [AgentId],
        on_it: impl Fn(&LedgerRow) -> bool,
    ) -> Self {
        let billed = |row: &LedgerRow| row.usage.prompt() + row.usage.output > 0;
        let rows = records.rows.iter().enumerate().filter(|(_, row)| billed(row) && on_it(row)).map(|(n, _)| n);
        Self { records, catalogue, agents, rows: rows.collect() }
    }

    /// Rows that are drawn.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'a LedgerRow> {
        self.rows.iter().map(|n| &self.records.rows[*n])
    }

    /// Tokens of each call by kind.
    pub(super) fn tokens(&self) -> String {
        self.bars("tokens", "Tokens of each model call by kind", tokens, |row| {
            tokens_of(row).into_iter().map(|(class, tokens)| (class, tokens as f64)).collect()
        })
    }

    /// Dollars of each call by kind.
    pub(super) fn dollars(&self) -> String {
        self.bars("dollars", "Dollars of each model call by kind of token", dollars, |row| {
            dollars_of(self.catalogue, row).into_iter().map(|(class, usd)| (class, usd.dollars())).collect()
        })
    }

    fn bars(
        &self,
        id: &str,
        title: &str,
        tick: fn(f64) -> String,
        parts: impl Fn(&LedgerRow) -> Vec<(&'static str, f64)>,
    ) -> String {
        let per_bar = self.rows.len().div_ceil(MOST_BARS).max(1);
        let bars: Vec<Bar> = self.rows.chunks(per_bar).map(|rows| self.bar(rows, &parts)).collect();
        let below = match per_bar {
            1 => format!("model calls 1 to {}, in order", self.rows.len()),
            _ => format!("{} model calls in order, {per_bar} in each bar", self.rows.len()),
        };
        chart::stacked(&Frame { id, title, below: &below, tick, places: bars.len() }, &bars)
    }

    fn bar(&self, rows: &[usize], parts: &impl Fn(&LedgerRow) -> Vec<(&'static str, f64)>) -> Bar {
        let mut sums: BTreeMap<&'static str, f64> = BTreeMap::new();
        for row in rows {
            for (class, value) in parts(&self.records.rows[*row]) {
                *sums.entry(class).or_default() += value;
            }
        }
        let order = KINDS.iter().map(|(class, _)| *class).chain([UNKNOWN]);
        let parts = order.filter_map(|class| Some(Part { class, value: *sums.get(class)? })).collect();
        let says: Vec<String> = rows.iter().map(|row| self.says(&self.records.rows[*row])).collect();
        let first = rows.first().map(|row| &self.records.rows[*row].agent);
        Bar { says: says.join("; "), strip: first.map(|agent| self.class(agent)).unwrap_or_default(), parts }
    }

    fn says(&self, row: &LedgerRow) -> String {
        let kinds: Vec<String> = KINDS
            .iter()
            .zip(tokens_of(row))
            .filter(|(_, (_, tokens))| *tokens > 0)
            .map(|((_, name), (_, tokens))| format!("{name} {}", whole(tokens)))
            .collect();
        let usd = usd_of(row).map_or("price unknown".to_owned(), |usd| usd.to_string());
        let how = if row.outcome == RowOutcome::Ok { purpose(row) } else { outcome(row) };
        format!("{} step {}, {how}: {}, {usd}", row.agent, row.step, kinds.join(", "))
    }

    /// CSS class of an agent.
    fn class(&self, agent: &AgentId) -> String {
        class_of(self.agents, agent)
    }

    /// Context of each agent over the session, with windows and changes of the model.
    pub(super) fn contexts(&self) -> String {
        let mut lines: Vec<Line> = Vec::new();
        let mut marks = Vec::new();
        for agent in self.agents {
            for window in self.records.windows.iter().filter(|window| window.agent == *agent) {
                let of_it =
                    |row: &LedgerRow| row.agent == *agent && row.window == window.id && row.outcome == RowOutcome::Ok;
                let places = self.rows().enumerate().filter(|(_, row)| of_it(row));
                let points: Vec<(usize, f64, String)> =
                    places.map(|(place, row)| (place, row.usage.prompt() as f64, self.says(row))).collect();
                if let Some(first) = points.first() {
                    marks.extend(self.mark(agent, window, first.0));
                    lines.push(Line { class: self.class(agent), points });
                }
            }
        }
        let below = format!("model calls 1 to {}, in order", self.rows.len());
        let title = "Prompt tokens of each agent's calls, with windows and changes of the model";
        let frame = Frame { id: "contexts", title, below: &below, tick: tokens, places: self.rows.len() };
        chart::lines(&frame, &lines, &marks)
    }

    /// The mark of a window that is not the agent's first.
    fn mark(&self, agent: &AgentId, window: &store::WindowOpening, place: usize) -> Option<Mark> {
        let own = self.records.windows.iter().filter(|other| other.agent == *agent);
        let number = own.clone().position(|other| other.id == window.id)?;
        let before = own.clone().nth(number.checked_sub(1)?)?;
        let (old, new) = (brain_name(&before.brain), brain_name(&window.brain));
        let switched = old != new;
        let reason = &window.reason;
        let says = match switched {
            true => format!("{agent}: window {} ({reason}), from {old} to {new}", number + 1),
            false => format!("{agent}: window {} ({reason})", number + 1),
        };
        // Beside the line there is room for the model, not for who provides it.
        let model = new.split_once('/').map_or(new.as_str(), |(_, model)| model);
        let label = if switched { model.to_owned() } else { String::new() };
        Some(Mark { class: if switched { "switch" } else { "window" }, whose: self.class(agent), place, says, label })
    }
}

/// CSS class of an agent: its number among those of the page.
pub(super) fn class_of(agents: &[AgentId], agent: &AgentId) -> String {
    let number = agents.iter().position(|known| known == agent).unwrap_or(agents.len());
    format!("agent-{}", number % 6)
}

fn tokens_of(row: &LedgerRow) -> [(&'static str, u64); 4] {
    let usage = &row.usage;
    let values = [usage.cache_read, usage.cache_write(), usage.input, usage.output];
    std::array::from_fn(|n| (KINDS[n].0, values[n]))
}

/// A row's dollars by kind of token. They add up to what was billed, whatever the price list says by now.
fn dollars_of(catalogue: &Catalogue, row: &LedgerRow) -> Vec<(&'static str, Usd)> {
    let Some(billed) = usd_of(row) else { return Vec::new() };
    let usage = &row.usage;
    let price = catalogue.model(&row.brain.provider, &row.brain.model).map(|model| model.price(row.at, usage.prompt()));
    let parts = price.map(|price| {
        let picos = |tokens: u64, each: i64| i128::from(tokens) * i128::from(each);
        [
            picos(usage.cache_read, price.cache_read),
            picos(usage.cache_write_short, price.cache_write_short)
                + picos(usage.cache_write_long, price.cache_write_long),
            picos(usage.input, price.input),
            picos(usage.output, price.output),
        ]
    });
    let listed = parts.map_or(0, |parts| parts.iter().sum());
    match parts {
        Some(parts) if listed == i128::from(billed.picos()) => KINDS
            .iter()
            .zip(parts)
            .map(|((class, _), picos)| (*class, Usd::from_picos(i64::try_from(picos).unwrap_or(i64::MAX))))
            .collect(),
        _ => vec![(UNKNOWN, billed)],
    }
}
