//! What is known of a binding's model, as a translation needs it.

use catalogue::{CacheMode, Catalogue, Model};
use protocol::Dialect;
use protocol::request::Ttl;
use wire::translate::{CallIds, Target, ThinkingStyle};

use crate::ask::Ask;
use crate::route::Binding;

/// The target for a binding. An unknown model is taken for an ordinary one of its dialect.
pub(crate) fn of(catalogue: Option<&Catalogue>, ask: &Ask, binding: &Binding, dialect: Dialect) -> Target {
    let model = catalogue.and_then(|catalogue| catalogue.model(&binding.provider, &binding.model));
    let maker =
        catalogue.and_then(|catalogue| catalogue.provider(&binding.provider)).and_then(|known| known.family.as_deref());
    let family = model.map(|model| model.family.as_str()).or(maker).unwrap_or(&binding.provider);
    let mut target = Target {
        model: binding.model.clone(),
        owns_unnamed_seals: dialect == ask.dialect,
        shown_model: Some(ask.model.clone()),
        fallback_id: ask.id.to_string(),
        session: Some(ask.session.to_string()),
        ..Target::new(dialect, family)
    };
    target.unsealed_thinking = dialect == Dialect::AnthropicMessages && family != "anthropic";
    if let Some(catalogue) = catalogue.filter(|_| dialect == Dialect::OpenaiChat) {
        target.chat = catalogue.chat_flavor(&binding.provider, &binding.model);
        if !target.chat.reasoning_effort {
            target.efforts.clear();
        }
        target.strict_turns = target.chat.merge_user_messages;
        target.breakpoints = (target.chat.cache_control || target.chat.cache_breakpoints).then_some(Ttl::Short);
    }
    if family == "mistral" {
        target.call_ids = CallIds::Nine;
    }
    if let Some(model) = model {
        known(&mut target, model);
    }
    target
}

fn known(target: &mut Target, model: &Model) {
    let quirks = &model.quirks;
    let anthropic = target.dialect == Dialect::AnthropicMessages;
    target.max_output = u32::try_from(model.max_output).ok();
    target.sampling = !quirks.no_temperature;
    if quirks.no_stop {
        target.max_stops = 0;
    }
    target.forced_tool_choice = !quirks.no_forced_tool_choice;
    target.tools_with_effort = !(quirks.no_tools_with_effort && target.dialect == Dialect::OpenaiChat);
    target.thinking_always_on = quirks.thinking_always_on;
    target.thinking_off_up_to = quirks.thinking_off_up_to;
    if anthropic && !quirks.no_thinking_budget {
        target.thinking = ThinkingStyle::Budget;
    }
    target.prefill &= !quirks.no_prefill;
    let marked = matches!(model.cache_mode, CacheMode::Explicit | CacheMode::ImplicitOrAnthropic);
    if anthropic && !marked {
        target.breakpoints = None;
    }
}
