//! What it cost. Every total is a query over the ledger; none is kept.

use protocol::event::AgentTotals;
use protocol::{AgentId, DelegationId, SessionId, Timestamp, Usage, Usd};
use rusqlite::{Connection, Row, params};

use crate::column::{Moment, Picos};
use crate::database::Store;
use crate::error::StoreError;
use crate::read::{all, usage};

/// What costs are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The agent that called.
    Agent,
    /// The brain that was called, `provider/model`.
    Brain,
    /// What the call was for.
    Purpose,
}

/// The cost of a group of model calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The agent, brain or purpose; empty for a total.
    pub key: String,
    /// Model calls, every attempt counted.
    pub calls: u64,
    /// Steps: retries of one step and calls for other purposes do not count.
    pub steps: u32,
    /// Tokens.
    pub usage: Usage,
    /// Dollars; none where the price of any call is unknown.
    pub usd: Option<Usd>,
    /// Dollars of the calls whose price is known.
    pub at_least: Usd,
}

/// The ledger with what each row cost. A call that failed without a single token costs nothing even where the price is not
/// known; a call that was answered without usage may have cost anything.
const PRICED: &str = "(SELECT *, CASE
         WHEN picos IS NOT NULL THEN picos
         WHEN outcome <> 'ok' AND input + cache_read + cache_write_short + cache_write_long + output = 0 THEN 0
     END AS price FROM ledger)";

/// `sum` leaves NULL out, so that an unknown price would count as nothing: hence the comparison of the counts.
const SUMS: &str = "count(*) AS calls,
     count(DISTINCT CASE WHEN purpose = 'step' THEN json_array(session, agent, step) END) AS steps,
     coalesce(sum(input), 0) AS input,
     coalesce(sum(cache_read), 0) AS cache_read,
     coalesce(sum(cache_write_short), 0) AS cache_write_short,
     coalesce(sum(cache_write_long), 0) AS cache_write_long,
     coalesce(sum(output), 0) AS output,
     coalesce(sum(reasoning), 0) AS reasoning,
     coalesce(sum(price), 0) AS at_least,
     CASE WHEN count(price) = count(*) THEN coalesce(sum(price), 0) END AS usd";

/// Totals fail as reads do; a sum beyond nine million dollars is `Other`.
impl Store {
    /// Each agent's share of a session, in the order of their first calls. The brain is the one that last answered a step
    /// (or, where none ever did, the one called last).
    ///
    /// # Errors
    /// As all reads.
    pub fn totals(&self, session: &SessionId) -> Result<Vec<AgentTotals>, StoreError> {
        let sql = format!(
            "SELECT agent AS key, {SUMS},
                 (SELECT brain_name FROM ledger AS last WHERE last.session = ?1 AND last.agent = priced.agent
                  ORDER BY purpose = 'step' AND outcome = 'ok' DESC, id DESC LIMIT 1) AS brain
             FROM {PRICED} AS priced WHERE session = ?1 GROUP BY agent ORDER BY min(id)"
        );
        self.read(|db| {
            all(db, &sql, [session.as_str()], |row| {
                let cost = cost(row)?;
                let id = AgentId(cost.key);
                Ok(AgentTotals { id, brain: row.get("brain")?, steps: cost.steps, usage: cost.usage, usd: cost.usd })
            })
        })
    }

    /// Costs of one session, or of all, by agent, brain or purpose, in the order of their first calls.
    ///
    /// # Errors
    /// As all reads.
    pub fn cost_by(&self, session: Option<&SessionId>, by: By) -> Result<Vec<Cost>, StoreError> {
        let key = match by {
            By::Agent => "agent",
            By::Brain => "brain_name",
            By::Purpose => "purpose",
        };
        let group = format!("GROUP BY {key} ORDER BY min(id)");
        self.read(|db| match session {
            Some(id) => {
                let sql = format!("SELECT {key} AS key, {SUMS} FROM {PRICED} WHERE session = ?1 {group}");
                all(db, &sql, [id.as_str()], cost)
            }
            None => all(db, &format!("SELECT {key} AS key, {SUMS} FROM {PRICED} {group}"), [], cost),
        })
    }

    /// The whole session's cost: what a budget is compared with.
    ///
    /// # Errors
    /// As all reads.
    pub fn session_cost(&self, session: &SessionId) -> Result<Cost, StoreError> {
        self.read(|db| of_session(db, session))
    }

    /// What an agent has spent since a moment, as far as prices are known.
    ///
    /// # Errors
    /// As all reads.
    pub fn spent_since(&self, session: &SessionId, agent: &AgentId, since: Timestamp) -> Result<Usd, StoreError> {
        let sql = "SELECT coalesce(sum(picos), 0) FROM ledger WHERE session = ?1 AND agent = ?2 AND at >= ?3";
        self.read(|db| {
            let values = params![session.as_str(), agent.as_str(), Moment(since)];
            db.prepare_cached(sql)?.query_row(values, |row| row.get(0).map(|Picos(usd)| usd))
        })
    }

    /// One delegation's cost: what its receipt says.
    ///
    /// # Errors
    /// As all reads.
    pub fn delegation_cost(&self, session: &SessionId, delegation: &DelegationId) -> Result<Cost, StoreError> {
        let sql = format!("SELECT '' AS key, {SUMS} FROM {PRICED} WHERE session = ?1 AND delegation = ?2");
        self.read(|db| db.prepare_cached(&sql)?.query_row(params![session.as_str(), delegation.as_str()], cost))
    }
}

/// The sum of a session's rows; zeros where there are none.
pub(crate) fn of_session(db: &Connection, session: &SessionId) -> rusqlite::Result<Cost> {
    let sql = format!("SELECT '' AS key, {SUMS} FROM {PRICED} WHERE session = ?1");
    db.prepare_cached(&sql)?.query_row([session.as_str()], cost)
}

fn cost(row: &Row<'_>) -> rusqlite::Result<Cost> {
    Ok(Cost {
        key: row.get("key")?,
        calls: row.get("calls")?,
        steps: row.get("steps")?,
        usage: usage(row)?,
        usd: row.get::<_, Option<Picos>>("usd")?.map(|Picos(usd)| usd),
        at_least: row.get("at_least").map(|Picos(usd)| usd)?,
    })
}
