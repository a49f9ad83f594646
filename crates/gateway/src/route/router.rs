//! The decision about each request, and what is remembered of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brains::Client;
use catalogue::ModelRef;
use protocol::{Clock, Dialect, Route, Signals, Timestamp, Usage};

use super::binding::Binding;
use super::config::{ConfigError, Connections, RouterConfig};
use super::lanes::{self, Served};
use super::models::{self, Listed};
use super::sessions::{Key, Session, Sessions};
use super::{Place, Plan, REQUESTED, Refusal, order, switching};
use crate::ask::{Ask, Class};

/// Decides who serves a request. Of one configuration; a changed one makes another router ([`Router::renewed`]).
pub struct Router {
    config: RouterConfig,
    connections: Arc<Connections>,
    sessions: Arc<Sessions>,
    lanes: Vec<Served>,
    /// A client for each provider and dialect: their addresses can be used, and the first request for a model finds them.
    _ready: Vec<(Dialect, Arc<Client>)>,
    /// Bindings of models that clients asked for by name.
    requested: Mutex<HashMap<String, Arc<[Arc<Binding>]>>>,
}

/// Most models whose bindings are kept ready; names come from clients.
const READY: usize = 512;

/// What a client wants by the names it uses.
enum Wish {
    /// This lane.
    Lane(usize, String),
    /// This model and nothing else.
    Model(Arc<[Arc<Binding>]>, String),
    /// Whatever the policy decides.
    Policy,
}

/// What was decided, before bindings are put in order.
struct Choice {
    /// None: the bindings of a model that was asked for.
    lane: Option<usize>,
    bindings: Arc<[Arc<Binding>]>,
    reasons: Vec<String>,
    route: Option<Arc<Route>>,
    fresh: bool,
    /// The session begins a new window.
    anew: bool,
}

impl Router {
    /// A router that has seen nothing yet. Connects to nothing.
    ///
    /// # Errors
    /// [`ConfigError`]: a lane, a provider or a key that the policy names is not there, an address cannot be used.
    pub fn new(config: RouterConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Self::of(config, Arc::new(Connections::new(clock)), Arc::new(Sessions::new()))
    }

    /// A router of another configuration that goes on with the sessions, the health and, where address and key are the same, the
    /// connections of this one. Requests in flight keep what they have.
    ///
    /// # Errors
    /// As [`Router::new`]; then nothing changed.
    pub fn renewed(&self, config: RouterConfig) -> Result<Self, ConfigError> {
        Self::of(config, Arc::clone(&self.connections), Arc::clone(&self.sessions))
    }

    fn of(config: RouterConfig, connections: Arc<Connections>, sessions: Arc<Sessions>) -> Result<Self, ConfigError> {
        let mut ready = Vec::new();
        for endpoint in &config.endpoints {
            ready.extend(connections.clients(&config, endpoint, None, None)?);
        }
        let lanes = lanes::of_policy(&config, &connections)?;
        if let Some(name) = config.force.as_deref().filter(|name| config.policy.lane(name).is_none()) {
            let known = lanes.iter().map(|lane| &*lane.name).collect::<Vec<_>>().join(", ");
            return Err(ConfigError::Lane { name: name.to_owned(), known });
        }
        for model in config.policy.gateway.bindings.keys() {
            let at = model.parse().unwrap_or_else(|_| catalogue::ModelRef::new(model.as_str(), ""));
            lanes::of_model(&config, &connections, &at, &format!("gateway.bindings.{model}"))?;
        }
        Ok(Self { config, connections, sessions, lanes, _ready: ready, requested: Mutex::default() })
    }

    /// Decides about a request, and writes down what has to be known of its session.
    ///
    /// # Errors
    /// [`Refusal`]: a lane or a model that is not there.
    pub fn plan(&self, ask: &Ask, now: Timestamp) -> Result<Plan, Refusal> {
        self.decide(ask, now, true)
    }

    /// The same without writing anything down.
    ///
    /// # Errors
    /// As [`Router::plan`].
    pub fn preview(&self, ask: &Ask, now: Timestamp) -> Result<Plan, Refusal> {
        self.decide(ask, now, false)
    }

    /// Tells what an answer was billed with, and who gave it: that one has the session's cache now.
    pub fn served(&self, ask: &Ask, binding: &Binding, usage: &Usage, now: Timestamp) {
        binding.health.settle(0, usage.prompt() + usage.output, now);
        if ask.class.is_session() {
            self.sessions.change(&key(ask), |session| {
                session.binding = binding.name.as_str().into();
                session.output += usage.output;
                session.tokens.1 = usage.prompt().max(1);
                session.last = session.last.max(now);
            });
        }
    }

    /// All bindings that are known, each once.
    pub fn bindings(&self) -> Vec<Arc<Binding>> {
        let requested = self.requested.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Arc<Binding>> = self
            .lanes
            .iter()
            .flat_map(|lane| &lane.bindings)
            .chain(requested.values().flat_map(|it| it.iter()))
            .cloned()
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|one, other| one.name == other.name);
        all
    }

    /// What can be asked for, for `GET /v1/models`.
    pub fn models(&self) -> Vec<Listed> {
        let at = |binding: &Arc<Binding>| ModelRef::new(binding.provider.as_str(), binding.model.as_str());
        let serve = |lane: &Served| {
            let behind = lane.behind.iter().filter_map(|place| self.lanes.get(*place));
            let own = lane.bindings.iter().map(at);
            own.chain(behind.flat_map(|lane| &lane.bindings).map(at)).collect::<Vec<_>>()
        };
        let lanes: Vec<(&str, Vec<ModelRef>)> = match self.routes() {
            true => self.lanes.iter().map(|lane| (&*lane.name, serve(lane))).collect(),
            false => Vec::new(),
        };
        models::listed(&self.config, &lanes)
    }

    /// Sessions that are remembered.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// What it was made of.
    pub fn config(&self) -> &RouterConfig {
        &self.config
    }

    /// Whether lanes have models, so that there is something to decide.
    fn routes(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.bindings.is_empty())
    }

    fn decide(&self, ask: &Ask, now: Timestamp, write: bool) -> Result<Plan, Refusal> {
        let known = self.sessions.get(&key(ask), self.idle(), now);
        let choice = match self.wish(ask)? {
            Wish::Lane(place, reason) => self.in_lane(ask, place, vec![reason], None)?,
            Wish::Model(bindings, reason) => {
                Choice { lane: None, bindings, reasons: vec![reason], route: None, fresh: true, anew: false }
            }
            Wish::Policy => self.by_policy(ask, known.as_ref(), now)?,
        };
        let plan = self.planned(ask, &choice, known.as_ref(), now);
        if write && ask.class.is_session() {
            self.remember(ask, &plan, &choice, known, now);
        }
        Ok(plan)
    }

    /// What names and headers say. A force is a person's, so it may lead anywhere; hints are not asked here.
    fn wish(&self, ask: &Ask) -> Result<Wish, Refusal> {
        let lane = |name: &str, reason: &str| self.place(name).map(|place| Wish::Lane(place, reason.to_owned()));
        match ask.force.as_deref() {
            Some("auto") => return self.automatic(ask),
            Some(REQUESTED) => return Ok(Wish::Model(self.requested(ask, &ask.model)?, REQUESTED.to_owned())),
            Some(name) => return lane(name, "force:header"),
            None => {}
        }
        let gateway = &self.config.policy.gateway;
        if let Some(name) = self.config.force.as_deref().or(gateway.force.as_deref()) {
            return lane(name, "force:config");
        }
        let name = models::bare(&ask.model);
        if let Some(named) = name.strip_prefix("lane:") {
            return lane(named, "asked:lane");
        }
        if name == "auto" {
            return self.automatic(ask);
        }
        match gateway.models.get(name) {
            Some(target) if target.contains('/') => {
                return Ok(Wish::Model(self.requested(ask, target)?, format!("alias:{target}")));
            }
            Some(target) => return lane(target, "alias:lane"),
            None => {}
        }
        if let Some(place) = self.lanes.iter().position(|lane| &*lane.name == name && !lane.bindings.is_empty()) {
            return Ok(Wish::Lane(place, "asked:lane".to_owned()));
        }
        let pinned =
            name.split_once('/').is_some_and(|(provider, _)| models::endpoint(&self.config, provider).is_some());
        match () {
            () if pinned => Ok(Wish::Model(self.requested(ask, name)?, "asked:model".to_owned())),
            () if self.routes() => Ok(Wish::Policy),
            () => Ok(Wish::Model(self.requested(ask, name)?, REQUESTED.to_owned())),
        }
    }

    fn automatic(&self, ask: &Ask) -> Result<Wish, Refusal> {
        let can = self.routes() || self.usual(0).is_some();
        if can { Ok(Wish::Policy) } else { Err(Refusal::nothing_to_choose(&ask.model)) }
    }

    fn place(&self, name: &str) -> Result<usize, Refusal> {
        let lane = self.config.policy.lane(name);
        let place = lane.and_then(|lane| self.lanes.iter().position(|known| *known.name == *lane.name));
        place.ok_or_else(|| Refusal::unknown_lane(name, &self.lanes.iter().map(|lane| &*lane.name).collect::<Vec<_>>()))
    }

    fn providers(&self) -> Vec<&str> {
        self.config.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect()
    }

    /// The bindings of a model by the name that a client or the policy uses.
    fn requested(&self, ask: &Ask, name: &str) -> Result<Arc<[Arc<Binding>]>, Refusal> {
        let known = format!("{name} {}", ask.dialect.name());
        let lock = || self.requested.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bindings) = lock().get(&known) {
            return Ok(Arc::clone(bindings));
        }
        let refused = || Refusal::unknown_model(name, &self.providers());
        let at = models::resolve(&self.config, name, Some(ask.dialect)).ok_or_else(refused)?;
        // A provider that is set up has an address that can be used: the router would not have been made otherwise.
        let bindings = lanes::of_model(&self.config, &self.connections, &at, name).map_err(|_| refused())?;
        if bindings.is_empty() {
            return Err(refused());
        }
        let bindings: Arc<[Arc<Binding>]> = bindings.into();
        let mut ready = lock();
        if ready.len() >= READY {
            ready.clear();
        }
        ready.insert(known, Arc::clone(&bindings));
        Ok(bindings)
    }

    fn in_lane(
        &self,
        ask: &Ask,
        place: usize,
        reasons: Vec<String>,
        route: Option<Arc<Route>>,
    ) -> Result<Choice, Refusal> {
        let own = self.lanes.get(place).map(|lane| lane.bindings.as_slice()).unwrap_or_default();
        let bindings = if own.is_empty() { self.requested(ask, self.without_own(ask, place))? } else { own.into() };
        Ok(Choice { lane: Some(place), bindings, reasons, route, fresh: true, anew: false })
    }

    /// Who works in a lane that names no model: the one that was asked for, or, where none was, the team's usual one.
    fn without_own<'a>(&self, ask: &'a Ask, place: usize) -> &'a str {
        let name = models::bare(&ask.model);
        let is_lane = |name: &str| self.lanes.iter().any(|lane| &*lane.name == name);
        let names_none = name == "auto"
            || is_lane(name.strip_prefix("lane:").unwrap_or(name))
            || self.config.policy.gateway.models.get(name).is_some_and(|target| is_lane(target));
        self.usual(place).filter(|_| names_none).unwrap_or(&ask.model)
    }

    /// The alias of the usual model for the first lane, or for a stronger one; none where nobody is set up who has one.
    fn usual(&self, place: usize) -> Option<&'static str> {
        let name = if place == 0 && self.lanes.len() > 1 { models::FAST } else { models::PREMIUM };
        self.config.aliases.contains_key(name).then_some(name)
    }

    fn by_policy(&self, ask: &Ask, known: Option<&Session>, now: Timestamp) -> Result<Choice, Refusal> {
        let gateway = &self.config.policy.gateway;
        let aside = match ask.class {
            Class::Title | Class::Probe => match &gateway.auxiliary {
                Some(lane) => Some(self.place(lane)?),
                None => (!self.lanes.first().is_none_or(|lane| lane.bindings.is_empty())).then_some(0),
            },
            Class::Compaction => gateway.compaction.as_deref().map(|lane| self.place(lane)).transpose()?,
            _ => None,
        };
        if let Some(place) = aside {
            return self.in_lane(ask, place, vec![format!("auxiliary:{}", ask.class.as_str())], None);
        }
        let at = known.and_then(|session| {
            let place = self.lanes.iter().position(|lane| lane.name == session.lane)?;
            Some((session, place))
        });
        let Some((session, place)) = at else { return self.decided(ask, None, None) };
        match self.why_anew(ask, session, place, now)? {
            Some(why) => self.decided(ask, Some(why), Some(session)),
            None => {
                let choice =
                    self.in_lane(ask, place, vec![format!("session:{}", session.lane)], session.route.clone())?;
                Ok(Choice { fresh: false, ..choice })
            }
        }
    }

    /// Why a session is decided anew; none while it stays. Calls beside the session go where it is.
    fn why_anew(
        &self,
        ask: &Ask,
        session: &Session,
        place: usize,
        now: Timestamp,
    ) -> Result<Option<&'static str>, Refusal> {
        if !ask.class.is_session() {
            return Ok(None);
        }
        let Some(lane) = self.lanes.get(place) else { return Ok(None) };
        let catalogue = &self.config.catalogue;
        let serves = lane.bindings.iter().find(|binding| *binding.name == *session.binding).or(lane.bindings.first());
        if let Some(why) = switching::lost(session, ask, serves.map(|binding| &**binding), catalogue, now) {
            return Ok(Some(why));
        }
        if ask.prompt_tokens > lane.max_context_tokens && place + 1 < self.lanes.len() {
            return Ok(Some("context"));
        }
        let same_policy = session.route.as_ref().is_some_and(|route| route.policy == self.config.policy.hash());
        if session.hints == ask.hints && same_policy {
            return Ok(None);
        }
        // Something else is known now; it moves the session only where that pays.
        let wanted = self.place(&self.route(ask, Some(session)).lane)?;
        let to = self.lanes.get(wanted).and_then(|lane| lane.bindings.first());
        let pays = wanted != place
            && serves.zip(to).is_some_and(|(from, to)| switching::pays(session, ask, from, to, catalogue, now));
        Ok(pays.then_some("pays"))
    }

    fn decided(&self, ask: &Ask, why: Option<&str>, session: Option<&Session>) -> Result<Choice, Refusal> {
        let route = Arc::new(self.route(ask, session));
        let place = self.place(&route.lane)?;
        let mut reasons: Vec<String> = why.map(|why| format!("redecided:{why}")).into_iter().collect();
        reasons.extend(route.reasons.iter().cloned());
        Ok(Choice { anew: why.is_some(), ..self.in_lane(ask, place, reasons, Some(route))? })
    }

    /// The policy's decision. Of a client's repository nothing is known; all that it says can only raise.
    fn route(&self, ask: &Ask, session: Option<&Session>) -> Route {
        let sticky = session.and_then(|session| self.lanes.get(session.strongest)).map(|lane| &*lane.name);
        routing::decide(
            &self.config.policy,
            &routing::Ask {
                task: &ask.task,
                signals: Signals::default(),
                hints: ask.hints.clone(),
                sticky,
                prompt_tokens: Some(ask.prompt_tokens),
                ..routing::Ask::default()
            },
        )
    }

    /// Puts the bindings in order, those of the lanes that stand in behind them.
    fn planned(&self, ask: &Ask, choice: &Choice, known: Option<&Session>, now: Timestamp) -> Plan {
        let lane = choice.lane.and_then(|place| self.lanes.get(place));
        let name: Arc<str> = lane.map_or_else(|| REQUESTED.into(), |lane| Arc::clone(&lane.name));
        let kept = known.filter(|session| session.lane == name).map(|session| &*session.binding);
        let spread = kept.is_none() && ask.class.is_session();
        let mut bindings = order::best_first(&choice.bindings, &ask.session, kept, spread, now);
        let mut places =
            vec![Place { lane: Arc::clone(&name), effort: lane.and_then(|lane| lane.effort) }; bindings.len()];
        for behind in lane.into_iter().flat_map(|lane| &lane.behind).filter_map(|place| self.lanes.get(*place)) {
            for binding in order::best_first(&behind.bindings, &ask.session, None, false, now) {
                if !bindings.iter().any(|known| known.name == binding.name) {
                    bindings.push(binding);
                    places.push(Place { lane: Arc::clone(&behind.name), effort: behind.effort });
                }
            }
        }
        let (policy, gateway) = (&self.config.policy, &self.config.policy.gateway);
        Plan {
            lane: name.to_string(),
            bindings,
            places,
            reasons: choice.reasons.clone(),
            route: choice.route.clone(),
            fresh: choice.fresh,
            retries: policy.routing.fallbacks.num_retries,
            attempts: gateway.attempts,
            deadline: Duration::from_secs(u64::from(gateway.deadline_s)),
        }
    }

    fn remember(&self, ask: &Ask, plan: &Plan, choice: &Choice, known: Option<Session>, now: Timestamp) {
        let lane: Arc<str> = plan.lane.as_str().into();
        let goes_on = known.as_ref().is_some_and(|session| session.lane == lane && !choice.anew);
        let place = choice.lane.unwrap_or_default();
        let before = known.as_ref().map_or(place, |session| session.strongest);
        let binding = plan.bindings.first().map(|binding| binding.name.as_str()).unwrap_or_default().into();
        let window = known.filter(|_| goes_on);
        let session = Session {
            lane,
            strongest: before.max(place),
            route: plan.route.clone(),
            binding,
            head: ask.head,
            messages: ask.messages,
            calls: window.as_ref().map_or(0, |session| session.calls) + 1,
            tokens: (window.as_ref().map_or(ask.prompt_tokens, |session| session.tokens.0), ask.prompt_tokens),
            output: window.as_ref().map_or(0, |session| session.output),
            // A session that stays was decided with what it said first.
            hints: window.filter(|_| !choice.fresh).map_or_else(|| ask.hints.clone(), |session| session.hints),
            last: now,
        };
        self.sessions.put(key(ask), session, self.config.policy.gateway.sessions as usize, self.idle());
    }

    fn idle(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.config.policy.gateway.session_minutes))
    }
}

fn key(ask: &Ask) -> Key {
    (ask.token.clone(), Arc::clone(&ask.session))
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("lanes", &self.lanes).finish_non_exhaustive()
    }
}
