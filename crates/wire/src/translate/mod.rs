//! A request of one dialect made fit for a model that speaks another one (or the same one, where another model than the one
//! asked for answers), and its answer put back into the client's words. Pure and without memory: the same request gives the
//! same bytes, and a longer history has the shorter one as its prefix.
//!
//! In the order of a request:
//! 1. `codec(from).read_request(body)`. Keep this request: the client's reply writer is made from it, and every attempt at
//!    another server starts from a copy of it.
//! 2. [`prepare`] the copy for the [`Target`].
//! 3. `codec(target.dialect).write_request`. Where the server blames a tool's schema ([`blames_schema`]),
//!    [`degrade_schemas`] and send once more.
//! 4. Every event, or the whole reply, through the [`Reverse`] and then through the client's writer.

mod arguments;
mod cache;
mod documents;
mod foreign;
mod pairs;
mod reverse;
mod schemas;
mod seals;
mod settings;
mod talk;
mod target;
mod thinking;
mod tools;
mod turns;

use memchr::memmem;
use protocol::{Block, Dialect, Request};

pub use reverse::Reverse;
pub use schemas::{blames_schema, degrade_schemas};
pub use target::{CallIds, Target, ThinkingStyle};

use crate::codec::WireError;
use arguments::Optional;
use talk::Talk;

/// Makes a request that was read from the dialect `from` fit for the target.
///
/// # Errors
/// [`WireError::Untranslatable`], or [`WireError::Invalid`] with the place, where the request holds something that has no form
/// at the target and cannot be left out without changing what was said.
pub fn prepare(request: &mut Request, from: Dialect, target: &Target) -> Result<Reverse, WireError> {
    if from == Dialect::OpenaiResponses && target.dialect != from {
        // Files can be said elsewhere; what only OpenAI has is then looked at by the dialect itself.
        let mut talk = Talk::take(request);
        foreign::convert(&mut talk, target)?;
        talk.put(request);
        crate::openai_responses::depart(request)?;
    }
    crate::retarget(request, from, target.dialect);
    request.settings.chat.clone_from(&target.chat);
    if !target.model.is_empty() {
        request.model.clone_from(&target.model);
    }
    let optional = if target.fills_optional { Optional::of(&request.tools) } else { Optional::default() };
    let mut talk = Talk::take(request);
    foreign::convert(&mut talk, target)?;
    turns::without_attribution(request, target);
    turns::lead(request, &mut talk);
    let names = tools::rename(request, &mut talk, target.tool_name_limit);
    thinking::strip(&mut talk, from, target);
    for (old, new) in pairs::mend(&mut talk, target.call_ids) {
        let calls = &mut request.settings.native.calls;
        if let Some((_, kind)) = calls.iter().find(|(id, _)| *id == old).cloned() {
            calls.push((new, kind));
        }
    }
    thinking::lead(&mut talk, from, target);
    documents::without_images(&mut talk, target);
    turns::arrange(&mut talk, from, target);
    talk.put(request);
    thinking::fit(request, from, target);
    settings::fit(request, from, target);
    without_tools(request, target);
    cache::place(request, target);
    let foreign = from != target.dialect;
    let keeps_seals = from != Dialect::OpenaiChat && (foreign || !target.owns_unnamed_seals);
    Ok(Reverse {
        names,
        seal: keeps_seals.then(|| target.family.clone()),
        model: target.shown_model.clone(),
        id: target.fallback_id.clone(),
        estimate: if from == Dialect::AnthropicMessages && foreign { reverse::estimate(request) } else { 0 },
        foreign,
        optional,
        held: None,
    })
}

/// An empty list, for servers that want one where the history has calls.
fn without_tools(request: &mut Request, target: &Target) {
    let is_call = |block: &Block| matches!(block, Block::ToolCall { .. });
    let called = request.messages.iter().flat_map(|message| &message.blocks).any(is_call);
    let listed = request.settings.extra.iter().any(|(name, _)| name == "tools");
    if target.empty_tools_with_history && request.tools.is_empty() && !listed && called {
        request.settings.extra.push(("tools".to_owned(), "[]".to_owned()));
    }
}

/// Whether a body carries reasoning that was sealed for another server: it can then not be passed through unchanged, even
/// where the dialect is the same, but has to be prepared.
pub fn is_sealed(body: &[u8]) -> bool {
    // The last two are how thinking of another maker's goes through clients of Responses.
    [seals::MARK, "\"th1:", "\"rt1:"].iter().any(|mark| memmem::find(body, mark.as_bytes()).is_some())
}
