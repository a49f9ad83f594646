//! One request from its bytes to its answer: read, checked, played, billed, recorded.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use catalogue::Catalogue;
use protocol::{Clock, Dialect, ErrorKind, ProviderError, Reply, Request, StopReason, Timestamp, Usage};
use tokio_util::sync::CancellationToken;

use crate::answer::{self, ItemVoice, Reasoning, Voice};
use crate::anthropic_cache::{AnthropicCache, Chain, Key, Writes};
use crate::block::Reader;
use crate::chat_cache::{ChatCache, ChatChain, ChatWrites};
use crate::chat_prompt::ChatPrompt;
use crate::delivery::{self, Act};
use crate::facts::Facts;
use crate::failure::Failure;
use crate::faults::{self, FaultState};
use crate::play::{self, Play, play};
use crate::prompt::Prompt;
use crate::record::{Records, RequestRecord, label};
use crate::responses_prompt::ResponsesPrompt;
use crate::responses_seal::Given;
use crate::scenario::{Fault, FaultKind, Scenario};
use crate::tokens::billed;
use crate::{anthropic_rules, chat_rules, ids, responses_rules, responses_seal, seal, stream};

/// Everything a running simulator knows.
pub(crate) struct Simulator {
    pub(crate) scenario: Scenario,
    pub(crate) catalogue: Catalogue,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: bool,
    pub(crate) stop: CancellationToken,
    pub(crate) traffic: Traffic,
    reader: Reader,
    serial: AtomicU64,
    anthropic: Mutex<AnthropicCache>,
    chat: Mutex<ChatCache>,
    given: Mutex<Given>,
    faults: Mutex<FaultState>,
    records: Mutex<Records>,
}

/// Answers that are being given, and those whose client left.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) open: AtomicUsize,
    pub(crate) abandoned: AtomicUsize,
}

/// A request as it came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) key: Option<&'a str>,
    pub(crate) target: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// An answer that is about to be given.
pub(crate) struct Exchange {
    /// It is a stream of events.
    pub(crate) stream: bool,
    pub(crate) acts: Vec<Act>,
    pub(crate) fault: Option<Fault>,
    /// None where nothing is cached by it.
    pub(crate) writes: Option<PendingWrites>,
    /// What the answer takes before its first byte, on the clock of the play.
    pub(crate) takes: Duration,
    usage: Usage,
}

impl Exchange {
    /// Under this fault the connection is reset before any byte of an answer.
    pub(crate) fn is_reset(&self) -> bool {
        let at_once = |fault: &Fault| fault.after_chunks.is_none() && fault.after_bytes.is_none();
        self.fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::Reset && at_once(fault))
    }
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
            traffic: Traffic::default(),
            reader: Reader::default(),
            serial: AtomicU64::new(0),
            anthropic: Mutex::default(),
            chat: Mutex::default(),
            given: Mutex::default(),
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
    pub(crate) fn take(&self, asked: Asked<'_>) -> Result<Exchange, Box<Failure>> {
        let mut record = RequestRecord {
            dialect: asked.dialect,
            actor: None,
            step: 0,
            model: String::new(),
            body: asked.body.to_vec(),
            request: Request::default(),
            target: asked.target.to_owned(),
            headers: shown(asked.headers),
            images: 0,
            removed: Vec::new(),
            usage: Usage::default(),
            status: 200,
            label: String::new(),
        };
        let result = self.answer(asked.key, &mut record);
        match &result {
            Ok(exchange) if exchange.is_reset() => record.status = 0,
            Ok(exchange) => record.usage = exchange.usage,
            Err(failure) => record.status = failure.write(asked.dialect).0,
        }
        record.label = label(record.actor.as_deref(), &record.request, record.status, &record.usage);
        if self.log {
            tracing::info!(target: "simulator", "{}", record.label);
        }
        locked(&self.records).push(record);
        result.map_err(Box::new)
    }

    fn answer(&self, key: Option<&str>, record: &mut RequestRecord) -> Result<Exchange, Failure> {
        let (dialect, start) = (record.dialect, self.clock.now());
        if key.is_none() && self.scenario.require_key {
            let message = "x-api-key header is required (any value will do: this is the simulator)";
            return Err(refused(ErrorKind::Auth, message).into());
        }
        let read = wire::codec(dialect).read_request(&record.body);
        let read = read.map_err(|error| self.unreadable(dialect, &record.body, &error.to_string()))?;
        record.model.clone_from(&read.model);
        record.images = play::images(&read);
        record.request = read;
        let request = &record.request;
        let facts = self.facts(dialect, &request.model);
        let factor = self.scenario.factor(&request.model);
        let text = str::from_utf8(&record.body).map_err(|error| error.to_string())?;
        let workspace = blake3::hash(key.unwrap_or_default().as_bytes()).to_hex().to_string();
        let (measured, voice, removed) = match dialect {
            Dialect::AnthropicMessages => self.measure_messages(text, workspace, &facts, factor)?,
            Dialect::OpenaiChat => self.measure_chat(text, &workspace, &facts, factor)?,
            Dialect::OpenaiResponses => self.measure_responses(text, &workspace, &facts, factor)?,
        };
        record.removed = removed;
        let played = play(&self.scenario, request).map_err(|error| error.to_string())?;
        record.actor = Some(played.actor.clone());
        record.step = played.step;
        let struck =
            locked(&self.faults).strike(&self.scenario.faults, &played.actor, played.step, &request.model).cloned();
        let fault = struck.as_ref();
        let chat = dialect != Dialect::AnthropicMessages;
        self.admit(&facts, &measured, fault, chat, request.settings.stream)?;
        let (usage, writes) = self.bill(&measured, &facts, start);
        let reply = self.reply(dialect, request, &played, &voice, fault, usage);
        let chunks = stream::chunks(dialect, request, &reply, fault);
        let acts = delivery::acts(chunks, request.settings.stream, fault, &stream::ping(dialect, request));
        // A few tokens take no time worth counting.
        let takes = if reply.stop == StopReason::MaxTokens { 0 } else { played.advance_ms };
        let failed = fault.is_some_and(|fault| fault.kind == FaultKind::ErrorJson);
        Ok(Exchange {
            stream: request.settings.stream,
            acts,
            fault: struck,
            writes: Some(writes).filter(|_| !failed),
            takes: Duration::from_millis(takes),
            usage: if failed { Usage::default() } else { reply.usage },
        })
    }

    /// A body that the codec does not know. Where the vendor has words for it, they are taken.
    fn unreadable(&self, dialect: Dialect, body: &[u8], error: &str) -> Failure {
        let text = String::from_utf8_lossy(body);
        let prompt = ResponsesPrompt::read(&text, &self.reader).ok().filter(|_| dialect == Dialect::OpenaiResponses);
        let checked = prompt.map_or(Ok(()), |prompt| {
            responses_rules::check(&prompt, &self.facts(dialect, &prompt.model), &locked(&self.given))
        });
        checked.err().unwrap_or_else(|| error.to_owned().into())
    }

    /// Refusals that depend on the size of the prompt or on a fault.
    fn admit(
        &self,
        facts: &Facts,
        measured: &Measured,
        fault: Option<&Fault>,
        chat: bool,
        stream: bool,
    ) -> Result<(), Failure> {
        let (total, context) = (measured.total(), facts.context);
        let planned = fault.and_then(|fault| faults::refusal(fault, total, context.unwrap_or(total), chat));
        if let Some(failure) = planned {
            return Err(failure);
        }
        if !stream && fault.is_some_and(|fault| fault.kind == FaultKind::ErrorEvent) {
            return Err(faults::stream_error().into());
        }
        match context {
            Some(context) if total > context => {
                Err(refused(ErrorKind::Overflow, faults::overflow_text(total, context, chat)).into())
            }
            _ => Ok(()),
        }
    }

    fn facts(&self, dialect: Dialect, model: &str) -> Facts {
        let provider = match dialect {
            Dialect::AnthropicMessages => "anthropic",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => "openai",
        };
        Facts::of(&self.catalogue, provider, model)
    }

    fn measure_messages(
        &self,
        text: &str,
        workspace: String,
        facts: &Facts,
        factor: f64,
    ) -> Result<(Measured, Voice, Vec<String>), String> {
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
        let removed = sealed.unreadable.iter().filter_map(|at| prompt.pieces.get(*at));
        let removed = removed.map(|piece| format!("{}: model_mismatch", piece.path)).collect();
        let voice = Voice { model: prompt.model, factor, max_tokens: prompt.max_tokens, reasoning };
        Ok((Measured::Anthropic { chain, key }, voice, removed))
    }

    fn measure_chat(
        &self,
        text: &str,
        workspace: &str,
        facts: &Facts,
        factor: f64,
    ) -> Result<(Measured, Voice, Vec<String>), String> {
        let prompt = ChatPrompt::read(text, &self.reader)?;
        chat_rules::check(&prompt, facts)?;
        let chain = prompt.chain(workspace, factor);
        let reasoning = match prompt.effort.as_deref() {
            Some("none") => Reasoning::Off,
            _ if facts.openai => Reasoning::Hidden,
            _ => Reasoning::Open,
        };
        let max_tokens = prompt.max_completion_tokens.or(prompt.max_tokens);
        let voice = Voice { model: prompt.model, factor, max_tokens, reasoning };
        Ok((Measured::Chat(chain), voice, Vec::new()))
    }

    fn measure_responses(
        &self,
        text: &str,
        workspace: &str,
        facts: &Facts,
        factor: f64,
    ) -> Result<(Measured, Voice, Vec<String>), Failure> {
        let prompt = ResponsesPrompt::read(text, &self.reader)?;
        let given = locked(&self.given);
        responses_rules::check(&prompt, facts, &given)?;
        let checked = responses_seal::check(&prompt, facts, &given, workspace)?;
        drop(given);
        let removed: Vec<usize> = checked.removed.iter().map(|(at, _)| *at).collect();
        let chain = prompt.chain(workspace, &removed, factor);
        let named = prompt.include.iter().any(|name| name == responses_rules::ENCRYPTED);
        let reasoning = match prompt.effort.as_deref() {
            Some("none") => Reasoning::Off,
            _ => Reasoning::Item(ItemVoice {
                binding: checked.binding,
                summary: prompt.summary.is_some(),
                // Newer models seal what is not stored without being asked.
                encrypted: named || (!prompt.store && facts.billed_writes),
            }),
        };
        let max_tokens = prompt.max_output_tokens.and_then(|limit| u64::try_from(limit).ok());
        let voice = Voice { model: prompt.model, factor, max_tokens, reasoning };
        let removed = checked.removed.iter().map(|(at, reason)| format!("input[{at}]: {reason}"));
        Ok((Measured::Chat(chain), voice, removed.collect()))
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

    fn reply(
        &self,
        dialect: Dialect,
        request: &Request,
        played: &Play,
        voice: &Voice,
        fault: Option<&Fault>,
        usage: Usage,
    ) -> Reply {
        let head = match dialect {
            Dialect::AnthropicMessages => "msg_",
            Dialect::OpenaiChat => "chatcmpl-",
            Dialect::OpenaiResponses => "resp_",
        };
        let id = format!("{head}sim{:08}", self.number());
        let reply = answer::reply(id, played, voice, fault.map(|fault| fault.kind), usage, &self.reader);
        if let (Reasoning::Item(item), true) = (&voice.reasoning, reply.usage.reasoning > 0) {
            let sealed = responses_seal::seal(&item.binding, reply.usage.reasoning);
            let followers = ids::followers(&reply, &request.settings.native);
            locked(&self.given).note(&ids::reasoning(&reply.id), &sealed, followers);
        }
        reply
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

    /// Billed tokens of a prompt, without asking anything.
    pub(crate) fn count(&self, dialect: Dialect, body: &[u8]) -> Result<u64, Failure> {
        let text = str::from_utf8(body).map_err(|error| error.to_string())?;
        if dialect == Dialect::AnthropicMessages {
            let prompt = Prompt::read(text, &self.reader)?;
            return Ok(billed(prompt.tokens(), self.scenario.factor(&prompt.model)));
        }
        let prompt = ResponsesPrompt::read(text, &self.reader)?;
        Ok(prompt.chain("", &[], self.scenario.factor(&prompt.model)).total())
    }
}

/// Headers that carry a key.
const SECRET: [&str; 2] = ["authorization", "x-api-key"];

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let open = headers.iter().filter(|(name, _)| !SECRET.contains(&name.as_str()));
    open.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}
