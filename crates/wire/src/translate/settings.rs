//! Limits, sampling, stop sequences and tool choice, as far as the target takes them.

use protocol::request::Thinking;
use protocol::{Dialect, Request, Settings, ToolChoice};

use super::target::Target;
use crate::words::is_blank;

/// What is asked for where the client sets no limit, the dialect needs one, and the model's own is not known or higher.
const USUAL_OUTPUT: u32 = 32_000;

/// The same where nothing is known of the model.
const CAREFUL_OUTPUT: u32 = 8_192;

/// The least that Responses takes as `max_output_tokens`.
const LEAST_RESPONSES_OUTPUT: u32 = 16;

/// The least thinking budget that Anthropic takes.
const LEAST_BUDGET: u32 = 1_024;

/// Everything but how hard to think, which is settled before.
pub(super) fn fit(request: &mut Request, from: Dialect, target: &Target) {
    let tools: Vec<String> = request.tools.iter().map(|tool| tool.name.clone()).collect();
    let settings = &mut request.settings;
    settings.extra.retain(|(name, _)| !target.refuses.contains(name));
    if settings.cache_key.is_none() {
        settings.cache_key.clone_from(&target.session);
    }
    tool_choice(settings, &tools, target);
    sampling(settings, from, target);
    // Anthropic refuses a stop sequence of white space, the others an empty one.
    let blank = |stop: &String| {
        if target.dialect == Dialect::AnthropicMessages { is_blank(stop) } else { stop.is_empty() }
    };
    settings.stop.retain(|stop| !blank(stop));
    settings.stop.truncate(target.max_stops);
    output(settings, from, target);
}

fn tool_choice(settings: &mut Settings, tools: &[String], target: &Target) {
    // A list that goes back as it came may name more than is known here.
    let listed = settings.extra.iter().any(|(name, _)| name == "tools");
    let possible = match &settings.tool_choice {
        ToolChoice::Auto | ToolChoice::None => true,
        ToolChoice::Any => target.forced_tool_choice,
        ToolChoice::Tool(name) => target.forced_tool_choice && (listed || tools.contains(name)),
    };
    let none = tools.is_empty() && !listed;
    if !possible || none {
        settings.tool_choice = ToolChoice::Auto;
        settings.extra.retain(|(name, _)| name != "tool_choice");
    }
    // Several calls at once are every provider's default.
    if none || settings.parallel_tool_calls == Some(true) {
        settings.parallel_tool_calls = None;
    }
}

fn sampling(settings: &mut Settings, from: Dialect, target: &Target) {
    if !target.sampling {
        settings.temperature = None;
        settings.top_p = None;
    }
    if target.dialect == Dialect::AnthropicMessages && from != target.dialect {
        settings.temperature = settings.temperature.map(|temperature| temperature.clamp(0.0, 1.0));
        // Newer models take one of them.
        if settings.temperature.is_some() {
            settings.top_p = None;
        }
    }
}

fn output(settings: &mut Settings, from: Dialect, target: &Target) {
    let anthropic = target.dialect == Dialect::AnthropicMessages;
    if settings.max_tokens.is_none() && anthropic {
        settings.max_tokens = Some(target.max_output.map_or(CAREFUL_OUTPUT, |most| most.min(USUAL_OUTPUT)));
    }
    let least = match target.dialect {
        Dialect::OpenaiResponses => LEAST_RESPONSES_OUTPUT,
        // 0 is Anthropic's word for "only fill the cache".
        dialect => u32::from(dialect != from),
    };
    let most = target.max_output.unwrap_or(u32::MAX);
    settings.max_tokens = settings.max_tokens.map(|asked| asked.max(least).min(most));
    let (Some(Thinking::Budget(budget)), Some(limit)) = (&settings.thinking, settings.max_tokens) else { return };
    if *budget >= limit || (from != target.dialect && *budget > limit / 2) {
        // The budget is part of the limit: half of it is left for the answer.
        settings.thinking = Some(limit / 2).filter(|half| *half >= LEAST_BUDGET).map(Thinking::Budget);
        settings.extra.retain(|(name, _)| name != "thinking");
    }
}
