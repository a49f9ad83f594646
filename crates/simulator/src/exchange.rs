//! One request from its bytes to its answer: read, checked, played, billed, recorded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalogue::Catalogue;
use protocol::{Clock, Dialect, ErrorKind, ProviderError, Reply, Request, StopReason, Timestamp, Usage};
use tokio_util::sync::CancellationToken;

use crate::answer::{self, Reasoning, Voice};
use crate::anthropic_cache::{AnthropicCache, Chain, Key, Writes};
use crate::block::Reader;
use crate::chat_cache::{ChatCache, ChatChain, ChatWrites};
use crate::chat_prompt::ChatPrompt;
use crate::facts::Facts;
use crate::faults::{self, FaultState};
use crate::play::{Play, play};
use crate::prompt::Prompt;
use crate::record::{Records, RequestRecord, label};
use crate::scenario::{Fault, FaultKind, Scenario};
use crate::tokens::billed;
use crate::{anthropic_rules, chat_rules, seal};

/// Everything a running simulator knows.
pub(crate) struct Simulator {
    pub(crate) scenario: Scenario,
    pub(crate) catalogue: Catalogue,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: bool,
    pub(crate) stop: CancellationToken,
    reader: Reader,
    serial: AtomicU64,
    anthropic: Mutex<AnthropicCache>,
    chat: Mutex<ChatCache>,
    faults: Mutex<FaultState>,
    records: Mutex<Records>,
}

/// An answer that is about to be given.
pub(crate) struct Exchange {
    /// The request without its context: the settings say how the answer is written.
    pub(crate) request: Request,
    pub(crate) reply: Reply,
    pub(crate) fault: Option<Fault>,
    pub(crate) writes: PendingWrites,
    /// What the answer takes before its first byte, on the clock of the play.
    pub(crate) takes: Duration,
}

/// Cache entries that wait for the first byte of the answer.
pub(crate) enum PendingWrites {
    Anthropic(Writes),
    Chat(ChatWrites, Timestamp),
}

/// A request that passed every check, measured.
enum Measured {
    Anthropic { chain: Chain, key: Key },
    Chat(ChatChain),
}

impl Measured {
    fn total(&self) -> u64 {
        match self {
            Self::Anthropic { chain, .. } => chain.total(),
            Self::Chat(chain) => chain.total(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is counters and maps that are whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(kind: ErrorKind, message: impl Into<String>) -> ProviderError {
    ProviderError::new(kind, message)
}

impl Simulator {
    pub(crate) fn new(scenario: Scenario, clock: Arc<dyn Clock>, log: bool) -> Self {
        Self {
            scenario,
            catalogue: Catalogue::builtin(),
            clock,
            log,
            stop: CancellationToken::new(),
            reader: Reader::default(),
            serial: AtomicU64::new(0),
            anthropic: Mutex::default(),
            chat: Mutex::default(),
            faults: Mutex::default(),
            records: Mutex::default(),
        }
    }

    /// What was asked so far.
    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        locked(&self.records).list()
    }

    /// Drops what was asked so far.
    pub(crate) fn forget(&self) {
        locked(&self.records).clear();
    }

    /// Answers a request, or refuses it, and keeps a record of it.
    pub(crate) fn take(
        &self,
        dialect: Dialect,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Exchange, Box<ProviderError>> {
        let mut record = RequestRecord {
            dialect,
            actor: None,
            step: 0,
            model: String::new(),
            body: body.to_vec(),
            request: Request::default(),
            usage: Usage::default(),
            status: 200,
            label: String::new(),
        };
        let result = self.answer(key, &mut record);
        match &result {
            Ok(Exchange { fault: Some(Fault { kind: FaultKind::Reset, after_chunks: None, .. }), .. }) => {
                record.status = 0
            }
            Ok(exchange) => record.usage = exchange.reply.usage,
            Err(error) => record.status = wire::codec(dialect).write_error(error).0,
        }
        record.label = label(record.actor.as_deref(), &record.request, record.status, &record.usage);
        if self.log {
            tracing::info!(target: "simulator", "{}", record.label);
        }
        locked(&self.records).push(record);
        result.map_err(Box::new)
    }

    fn answer(&self, key: Option<&str>, record: &mut RequestRecord) -> Result<Exchange, ProviderError> {
        let (dialect, start) = (record.dialect, self.clock.now());
        if key.is_none() && self.scenario.require_key {
            let message = "x-api-key header is required (any value will do: this is the simulator)";
            return Err(refused(ErrorKind::Auth, message));
        }
        let invalid = |message: String| refused(ErrorKind::InvalidRequest, message);
        let read = wire::codec(dialect).read_request(&record.body).map_err(|error| invalid(error.to_string()))?;
        record.model.clone_from(&read.model);
        record.request = read;
        let request = &record.request;
        let facts = self.facts(dialect, &request.model);
        let factor = self.scenario.factor(&request.model);
        let text = str::from_utf8(&record.body).map_err(|error| invalid(error.to_string()))?;
        let workspace = blake3::hash(key.unwrap_or_default().as_bytes()).to_hex().to_string();
        let (measured, voice) = match dialect {
            Dialect::AnthropicMessages => self.measure_messages(text, workspace, &facts, factor),
            Dialect::OpenaiChat => self.measure_chat(text, &workspace, &facts, factor),
        }
        .map_err(invalid)?;
        let played = play(&self.scenario, request).map_err(|error| invalid(error.to_string()))?;
        record.actor = Some(played.actor.clone());
        record.step = played.step;
        let fault = locked(&self.faults).strike(&self.scenario.faults, &played.actor, played.step).cloned();
        let chat = dialect == Dialect::OpenaiChat;
        self.admit(&facts, &measured, fault.as_ref(), chat, request.settings.stream)?;
        let (usage, writes) = self.bill(&measured, &facts, start);
        let reply = self.reply(&played, &voice, fault.as_ref(), usage, chat);
        let head = Request { model: request.model.clone(), settings: request.settings.clone(), ..Request::default() };
        // A few tokens take no time worth counting.
        let takes = if reply.stop == StopReason::MaxTokens { 0 } else { played.advance_ms };
        Ok(Exchange { request: head, reply, fault, writes, takes: Duration::from_millis(takes) })
    }

    /// Refusals that depend on the size of the prompt or on a fault.
    fn admit(
        &self,
        facts: &Facts,
        measured: &Measured,
        fault: Option<&Fault>,
        chat: bool,
        stream: bool,
    ) -> Result<(), ProviderError> {
        let (total, context) = (measured.total(), facts.context);
        let planned = fault.and_then(|fault| faults::refusal(fault, total, context.unwrap_or(total), chat));
        if let Some(error) = planned {
            return Err(error);
        }
        if !stream && fault.is_some_and(|fault| fault.kind == FaultKind::ErrorEvent) {
            return Err(faults::stream_error());
        }
        match context {
            Some(context) if total > context => {
                Err(refused(ErrorKind::Overflow, faults::overflow_text(total, context, chat)))
            }
            _ => Ok(()),
        }
    }

    fn facts(&self, dialect: Dialect, model: &str) -> Facts {
        let provider = match dialect {
            Dialect::AnthropicMessages => "anthropic",
            Dialect::OpenaiChat => "openai",
        };
        Facts::of(&self.catalogue, provider, model)
    }

    fn measure_messages(
        &self,
        text: &str,
        workspace: String,
        facts: &Facts,
        factor: f64,
    ) -> Result<(Measured, Voice), String> {
        let prompt = Prompt::read(text, &self.reader)?;
        anthropic_rules::check(&prompt, facts)?;
        let sealed = seal::check(&prompt, facts)?;
        let chain = Chain::new(&prompt, &sealed.unreadable, factor);
        let key = Key {
            workspace,
            model: prompt.model.clone(),
            speed: prompt.speed.clone(),
            effort: prompt.effort.clone().filter(|_| facts.effort_keyed),
        };
        let off = prompt.thinking.as_ref().is_some_and(|thinking| thinking.kind == "disabled");
        let reasoning = if off { Reasoning::Off } else { Reasoning::Sealed(sealed.binding) };
        let voice = Voice { model: prompt.model, factor, max_tokens: prompt.max_tokens, reasoning };
        Ok((Measured::Anthropic { chain, key }, voice))
    }

    fn measure_chat(
        &self,
        text: &str,
        workspace: &str,
        facts: &Facts,
        factor: f64,
    ) -> Result<(Measured, Voice), String> {
        let prompt = ChatPrompt::read(text, &self.reader)?;
        chat_rules::check(&prompt, facts)?;
        let chain = ChatChain::new(&prompt, workspace, factor);
        let reasoning = match prompt.effort.as_deref() {
            Some("none") => Reasoning::Off,
            _ if facts.openai => Reasoning::Hidden,
            _ => Reasoning::Open,
        };
        let max_tokens = prompt.max_completion_tokens.or(prompt.max_tokens);
        let voice = Voice { model: prompt.model, factor, max_tokens, reasoning };
        Ok((Measured::Chat(chain), voice))
    }

    fn bill(&self, measured: &Measured, facts: &Facts, start: Timestamp) -> (Usage, PendingWrites) {
        match measured {
            Measured::Anthropic { chain, key } => {
                let (usage, writes) = locked(&self.anthropic).bill(key.clone(), chain, facts.min_cacheable, start);
                (usage, PendingWrites::Anthropic(writes))
            }
            Measured::Chat(chain) => {
                let (usage, writes) = locked(&self.chat).bill(chain, facts, start);
                (usage, PendingWrites::Chat(writes, start))
            }
        }
    }

    fn reply(&self, played: &Play, voice: &Voice, fault: Option<&Fault>, usage: Usage, chat: bool) -> Reply {
        let id =
            if chat { format!("chatcmpl-sim{:08}", self.number()) } else { format!("msg_sim{:08}", self.number()) };
        answer::reply(id, played, voice, fault.map(|fault| fault.kind), usage, &self.reader)
    }

    /// The next number, for ids of answers and requests.
    pub(crate) fn number(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The answer's first byte goes out: what it wrote can be read from now on.
    pub(crate) fn commit(&self, writes: &PendingWrites) {
        let now = self.clock.now();
        match writes {
            PendingWrites::Anthropic(writes) => locked(&self.anthropic).commit(writes, now),
            PendingWrites::Chat(writes, start) => locked(&self.chat).commit(writes, *start, now),
        }
    }

    /// Billed tokens of a Messages prompt, without asking anything.
    pub(crate) fn count(&self, body: &[u8]) -> Result<u64, ProviderError> {
        let invalid = |message: String| refused(ErrorKind::InvalidRequest, message);
        let text = str::from_utf8(body).map_err(|error| invalid(error.to_string()))?;
        let prompt = Prompt::read(text, &self.reader).map_err(invalid)?;
        Ok(billed(prompt.tokens(), self.scenario.factor(&prompt.model)))
    }
}
