//! An account for each request: its budget is held while it runs, each attempt becomes a row, the end of it is written down, whichever
//! way it ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalogue::Catalogue;
use protocol::{
    AgentId, Brain, Clock, DECISION_NOTE, Decision, DecisionKind, ErrorKind, LedgerRow, ProviderError, Purpose,
    RowOutcome, SessionId, Timestamp, Usage, Usd, WindowId,
};
use store::{GatewayRequest, NoteRecord, Store};
use tracing::Span;

use super::budget::{Budgets, Reservation};
use super::ledger::{Ledger, Record};
use super::metrics::Metrics;
use super::prices::{Prices, most_output};
use super::tally::{Added, Tally};
use super::tokens::Tokens;
use super::{Ending, span};
use crate::ask::{Ask, Class};
use crate::core::{Account, Accounts};
use crate::route::{Binding, Plan, Routers};

/// In front of the gateway's sessions in the store, so that they meet no session of the agent's own.
const SESSION: &str = "gw-";

/// Stands for the window of a row: what a client keeps in its context is not known here.
const WINDOW: &str = "gateway";

/// What accounts are kept with.
pub struct Settings {
    /// Where rows go.
    pub store: Store,
    /// Prices.
    pub catalogue: Arc<Catalogue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who may spend what.
    pub tokens: Arc<Tokens>,
    /// Hears what each answer was billed with; none where nobody wants to.
    pub routers: Option<Arc<Routers>>,
}

/// All accounts.
pub struct Books {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    tokens: Arc<Tokens>,
    routers: Option<Arc<Routers>>,
    prices: Prices,
    budgets: Arc<Budgets>,
    ledger: Ledger,
    metrics: Arc<Metrics>,
    tally: Tally,
    started: Timestamp,
}

impl Books {
    /// Opens the books and starts the thread that writes.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(settings: Settings) -> std::io::Result<Self> {
        let Settings { store, catalogue, clock, tokens, routers } = settings;
        let metrics = Arc::new(Metrics::default());
        let ledger = Ledger::start(store.clone(), metrics.clone())?;
        let started = clock.now();
        let inner = Inner {
            store,
            clock,
            tokens,
            routers,
            prices: Prices::new(catalogue),
            budgets: Arc::default(),
            ledger,
            metrics,
            tally: Tally::default(),
            started,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Counters and histograms.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.inner.metrics
    }

    /// Sums since the start.
    pub fn tally(&self) -> &Tally {
        &self.inner.tally
    }

    /// When the gateway started.
    pub fn started(&self) -> Timestamp {
        self.inner.started
    }

    /// Spent and held with a token.
    pub fn budget(&self, token: &str) -> (Usd, Usd) {
        self.inner.budgets.of(token)
    }

    /// Waits until every row that was handed over is on the disk.
    pub fn flush(&self) {
        self.inner.ledger.flush();
    }

    /// Writes what is left, and nothing after that.
    pub fn close(&self) {
        self.inner.ledger.close();
    }
}

impl Accounts for Books {
    fn open(&self, ask: &Arc<Ask>, plan: &Plan) -> Result<Box<dyn Account>, Box<ProviderError>> {
        let books = self.inner.clone();
        let hold = books.hold(ask, plan)?;
        books.metrics.began();
        let session = SessionId::new(format!("{SESSION}{}", ask.session));
        books.decided(ask, plan, &session);
        let span = span::request(ask, plan, &session);
        Ok(Box::new(Open {
            books,
            ask: ask.clone(),
            session,
            lane: plan.lane.clone(),
            hold,
            span,
            attempts: 0,
            waiting: None,
            spent: Spent::default(),
            last: None,
        }))
    }

    fn refused(&self, status: u16) {
        self.inner.metrics.refused(status);
    }
}

impl Inner {
    /// Holds what the request may cost where its token has a budget.
    fn hold(&self, ask: &Ask, plan: &Plan) -> Result<Option<Reservation>, Box<ProviderError>> {
        let Some(grant) = ask.token.as_deref().and_then(|name| self.tokens.grant(name)) else { return Ok(None) };
        if grant.budget_picos.is_none() {
            return Ok(None);
        }
        let most = match ask.class {
            Class::Count => Some(0),
            _ => most_output(&ask.body),
        };
        // Any of them may come to serve it: the dearest counts.
        let estimate = plan
            .bindings
            .iter()
            .map(|binding| self.prices.estimate(&binding.provider, &binding.model, ask.prompt_tokens, most, ask.at));
        let estimate = estimate.max().unwrap_or_default();
        let before = || {
            // A store that cannot be read lets nothing through.
            self.store.gateway_spent(&grant.name, grant.created_at).unwrap_or(Usd::from_picos(i64::MAX))
        };
        self.budgets.reserve(&grant, estimate, before).map(Some)
    }

    /// Writes down why a request goes where it goes, where that was decided for it.
    fn decided(&self, ask: &Ask, plan: &Plan, session: &SessionId) {
        if !plan.fresh {
            return;
        }
        let numbers = [
            ("prompt_tokens".to_owned(), ask.prompt_tokens as f64),
            ("bindings".to_owned(), plan.bindings.len() as f64),
        ];
        let score = plan.route.as_ref().map(|route| ("score".to_owned(), f64::from(route.score)));
        let decision = Decision {
            kind: DecisionKind::Route,
            agent: agent(ask.class),
            step: 0,
            window: WindowId::from(WINDOW),
            delegation: None,
            chosen: plan.lane.clone(),
            because: plan.reasons.join("; "),
            formula: String::new(),
            policy: plan.route.as_ref().map(|route| route.policy.clone()).unwrap_or_default(),
            numbers: numbers.into_iter().chain(score).collect::<BTreeMap<_, _>>(),
        };
        let Ok(json) = serde_json::to_string(&decision) else { return };
        let note = NoteRecord { agent: Some(decision.agent), kind: DECISION_NOTE.to_owned(), json, at: ask.at };
        self.ledger.put(Record::Decision { session: session.clone(), note });
    }
}

/// What all attempts of a request came to.
#[derive(Default)]
struct Spent {
    usage: Usage,
    usd: Usd,
    /// The price of an attempt is not known.
    unknown: bool,
}

/// The account of a request that runs. Dropping it is the end of the request.
struct Open {
    books: Arc<Inner>,
    ask: Arc<Ask>,
    session: SessionId,
    lane: String,
    hold: Option<Reservation>,
    span: Span,
    attempts: u32,
    /// The row of a failed attempt: whether another one follows is not known yet.
    waiting: Option<Box<LedgerRow>>,
    spent: Spent,
    last: Option<(Arc<Binding>, Ending)>,
}

impl Account for Open {
    fn attempt(&mut self, binding: &Arc<Binding>, ending: &Ending) -> Option<Usd> {
        self.attempts += 1;
        if let Some(mut row) = self.waiting.take() {
            if let RowOutcome::Failed(kind) = row.outcome {
                row.outcome = RowOutcome::Retried(kind);
            }
            self.put(row);
        }
        let now = self.books.clock.now();
        let at = Timestamp(now.0.saturating_sub(ending.ms));
        let usd = self.cost(binding, ending, at);
        self.spent.usage += ending.usage;
        self.spent.usd += usd.unwrap_or_default();
        self.spent.unknown |= usd.is_none();
        if let (Some(hold), Some(usd)) = (&mut self.hold, usd) {
            hold.settle(usd);
        }
        self.books.metrics.attempt(&binding.name, ending, usd);
        let row = Box::new(self.row(binding, ending, at, usd));
        match ending.error {
            None => {
                if let Some(routers) = &self.books.routers {
                    routers.now().served(&self.ask, binding, &ending.usage, now);
                }
                self.put(row);
            }
            Some(_) => self.waiting = Some(row),
        }
        self.last = Some((binding.clone(), ending.clone()));
        usd
    }
}

impl Open {
    fn put(&self, row: Box<LedgerRow>) {
        self.books.ledger.put(Record::Attempt { request: self.ask.id.clone(), row });
    }

    /// A failure without a single token costs nothing, and neither does counting.
    fn cost(&self, binding: &Binding, ending: &Ending, at: Timestamp) -> Option<Usd> {
        let free = ending.usage == Usage::default() && (ending.error.is_some() || self.ask.class == Class::Count);
        if free {
            return Some(Usd::ZERO);
        }
        self.books.prices.cost(&binding.provider, &binding.model, &ending.usage, at)
    }

    fn row(&self, binding: &Binding, ending: &Ending, at: Timestamp, usd: Option<Usd>) -> LedgerRow {
        LedgerRow {
            session: self.session.clone(),
            agent: agent(self.ask.class),
            window: WindowId::from(WINDOW),
            delegation: None,
            step: 0,
            purpose: purpose(self.ask.class),
            brain: Brain::new(binding.provider.as_str(), binding.model.as_str()),
            at,
            first_token_ms: ending.first_byte_ms,
            ms: ending.ms,
            outcome: ending.error.map_or(RowOutcome::Ok, RowOutcome::Failed),
            usage: ending.usage,
            usd,
            predicted_cache_read: 0,
            cache_note: None,
            request_id: ending.request_id.clone(),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(row) = self.waiting.take() {
            self.put(row);
        }
        let last = self.last.take();
        let ending = last.as_ref().map(|(_, ending)| ending);
        let error = ending.map_or(Some(ErrorKind::Cancelled), |ending| ending.error);
        let status = ending.map_or(0, |ending| ending.status);
        let now = self.books.clock.now();
        let usd = (!self.spent.unknown).then_some(self.spent.usd);
        let requested_usd =
            self.books.prices.requested(self.ask.dialect, &self.ask.model, &self.spent.usage, self.ask.at);
        self.books.metrics.ended(self.ask.dialect, self.ask.class, &self.lane, status);
        if let (Some(_), Some(requested)) = (usd, requested_usd) {
            self.books.metrics.compared(requested);
        }
        let binding = last.as_ref().map(|(binding, _)| binding.name.as_str());
        self.books.tally.add(&Added {
            requested: &self.ask.model,
            binding: binding.unwrap_or_default(),
            failed: error.is_some(),
            usage: self.spent.usage,
            usd,
            requested_usd,
            first_byte_ms: ending.and_then(|ending| ending.first_byte_ms),
            ms: ending.map_or(0, |ending| ending.ms),
        });
        let request = GatewayRequest {
            session: self.session.clone(),
            request: self.ask.id.to_string(),
            at: self.ask.at,
            token: self.ask.token.as_deref().map(str::to_owned),
            dialect: self.ask.dialect,
            class: self.ask.class.as_str().to_owned(),
            requested: self.ask.model.chars().take(256).collect(),
            lane: self.lane.clone(),
            binding: binding.map(str::to_owned),
            status,
            attempts: self.attempts,
            first_byte_ms: ending.and_then(|ending| ending.first_byte_ms),
            ms: now.since(self.ask.at).as_millis() as u64,
            error,
            usd,
            requested_usd,
        };
        let served = last.as_ref().map(|(binding, ending)| (binding.as_ref(), ending));
        span::ended(&self.span, &request, served, &self.spent.usage);
        self.books.ledger.put(Record::Request(Box::new(request)));
    }
}

/// Who calls, in the words of the ledger: the main loop goes on with tool results as the same agent.
fn agent(class: Class) -> AgentId {
    AgentId::from(match class {
        Class::Main | Class::ToolResult => Class::Main.as_str(),
        other => other.as_str(),
    })
}

fn purpose(class: Class) -> Purpose {
    match class {
        Class::Main | Class::ToolResult | Class::SubAgent => Purpose::Step,
        Class::Compaction => Purpose::Compaction,
        Class::Title | Class::Probe | Class::Count => Purpose::Auxiliary,
    }
}

#[cfg(test)]
#[path = "books_tests.rs"]
mod tests;
