//! The one request builder: a step, a compaction, a ping and a summary elsewhere are all made here, from the window's own bytes
//! wherever there is a window.

use bytes::Bytes;
use cache::breakpoints::{PlanInput, plan};
use cache::{Expectation, Forecast};
use protocol::event::EventBody;
use protocol::{Brain, Breakpoint, Dialect, Item, Request, Settings};
use wire::{Assembly, Rendered};

use crate::agent::{Agent, Sent};
use crate::error::RuntimeError;
use crate::session::Core;

/// Messages that stay through the session: where the agent works and what the project says.
const PINNED_MESSAGES: usize = 1;

/// Smallest answer that can be asked for, by dialect: OpenAI's newer models refuse less than 16 tokens.
const SMALLEST_ANSWER: u32 = 1;
const SMALLEST_CHAT_ANSWER: u32 = 16;

/// A request that is ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// To whom.
    pub(crate) brain: Brain,
    /// In what.
    pub(crate) dialect: Dialect,
    /// The body.
    pub(crate) body: Bytes,
    /// What of it should come from the cache.
    pub(crate) expected: Expectation,
}

/// The next step of an agent, and the part of it that a ping would repeat.
pub(crate) fn build_step(core: &Core, agent: &Agent) -> Result<(Built, Sent), RuntimeError> {
    let expected = expectation(core, agent)?;
    let breakpoints = plan(&agent.window, &plan_input(core, agent, true));
    let body = assemble(agent, agent.window.messages(), &breakpoints, &core.settings(agent));
    let sent = Sent { messages: agent.window.messages().len(), breakpoints };
    Ok((Built { brain: agent.brain.clone(), dialect: agent.codec.dialect(), body, expected }, sent))
}

/// The window as it is with an instruction behind it. Nothing of it is written to the cache: the window is about to close.
pub(crate) fn build_compaction(core: &Core, agent: &Agent, instruction: &Item) -> Result<Built, RuntimeError> {
    let expected = expectation(core, agent)?;
    let settings = core.settings(agent);
    let mut messages = agent.window.messages().to_vec();
    messages.push(agent.render(instruction, &settings)?);
    let breakpoints = plan(&agent.window, &plan_input(core, agent, false));
    let most = agent.spec.compaction.summary_max.min(agent.brain.max_tokens);
    let settings = Settings { max_tokens: Some(most), ..settings };
    Ok(Built {
        brain: agent.brain.clone(),
        dialect: agent.codec.dialect(),
        body: assemble(agent, &messages, &breakpoints, &settings),
        expected,
    })
}

/// The last request again, byte for byte but for the length of the answer. None before the first of this process.
pub(crate) fn build_ping(core: &Core, agent: &Agent, forecast: &Forecast) -> Option<Built> {
    let sent = agent.sent.as_ref()?;
    let settings = Settings { max_tokens: Some(smallest_answer(agent.codec.dialect())), ..core.settings(agent) };
    let body = assemble(agent, agent.window.messages().get(..sent.messages)?, &sent.breakpoints, &settings);
    let expected = forecast.expect(&agent.posture, core.clock.now());
    Some(Built { brain: agent.brain.clone(), dialect: agent.codec.dialect(), body, expected })
}

fn smallest_answer(dialect: Dialect) -> u32 {
    match dialect {
        Dialect::AnthropicMessages => SMALLEST_ANSWER,
        Dialect::OpenaiChat | Dialect::OpenaiResponses => SMALLEST_CHAT_ANSWER,
    }
}

/// A clean context for a brain that has seen nothing yet: user text only.
pub(crate) fn build_clean(core: &Core, agent: &Agent, brain: &Brain, texts: &[String]) -> Result<Built, RuntimeError> {
    let most = agent.spec.compaction.summary_max.min(brain.max_tokens);
    build_apart(core, &Clean { name: "summary", brain, system: None, most, texts })
}

/// What a clean context is made of.
pub(crate) struct Clean<'a> {
    /// What it is for; requests of one name share a prefix.
    pub(crate) name: &'a str,
    /// Who is asked.
    pub(crate) brain: &'a Brain,
    /// What it is told once.
    pub(crate) system: Option<&'a str>,
    /// Most tokens of the answer.
    pub(crate) most: u32,
    /// The user's side, in order.
    pub(crate) texts: &'a [String],
}

/// A request that no window has a part in.
pub(crate) fn build_apart(core: &Core, clean: &Clean<'_>) -> Result<Built, RuntimeError> {
    let brain = clean.brain;
    let dialect = core.client(brain)?.dialect();
    let most = clean.most.min(brain.max_tokens).max(smallest_answer(dialect));
    let settings = Settings { max_tokens: Some(most), cache_key: None, ..core.settings_of(brain, dialect, clean.name) };
    let request = Request {
        model: brain.model.clone(),
        system: clean.system.map(str::to_owned).into_iter().collect(),
        messages: clean.texts.iter().map(|text| Item::user(text.clone()).to_message()).collect(),
        settings,
        ..Request::default()
    };
    let body = wire::codec(dialect)
        .write_request(&request)
        .map_err(|error| RuntimeError::Wire { brain: brain.to_string(), error })?;
    let expected = Expectation { cache_read: 0, reason: Some("clean_context") };
    Ok(Built { brain: brain.clone(), dialect, body: Bytes::from(body), expected })
}

fn plan_input(core: &Core, agent: &Agent, write_tail: bool) -> PlanInput {
    PlanInput {
        posture: agent.posture,
        static_ttl: agent.static_ttl,
        tail_ttl: core.tail_ttl,
        pinned_messages: PINNED_MESSAGES,
        last_end: agent.forecast.end,
        write_tail,
    }
}

fn assemble(agent: &Agent, messages: &[Rendered], breakpoints: &[Breakpoint], settings: &Settings) -> Bytes {
    Bytes::from(agent.codec.assemble(&Assembly {
        model: &agent.brain.model,
        tools: agent.window.tools(),
        system: agent.window.system(),
        messages,
        breakpoints,
        settings,
    }))
}

/// What should come from the cache. A prefix that is not the one sent before is a fault of the program's, and said.
fn expectation(core: &Core, agent: &Agent) -> Result<Expectation, RuntimeError> {
    if let Some(sent) = &agent.forecast.sent
        && let Err(broken) = agent.window.prefix().check(sent)
    {
        // Nothing in the program can do this; if something did, it is found here and not on the bill.
        debug_assert!(false, "{}: {broken}", agent.spec.id);
        core.journal.event(
            Some(&agent.spec.id),
            EventBody::Error {
                code: "cache_break".to_owned(),
                message: broken.to_string(),
                hint: "the session goes on, at the price of writing the cache again; please report this".to_owned(),
            },
        )?;
        return Ok(Expectation { cache_read: 0, reason: Some(broken.name()) });
    }
    Ok(agent.forecast.expect(&agent.posture, core.clock.now()))
}
