//! Leaving out what a model would answer with a 400.

use protocol::request::Thinking;
use protocol::{Dialect, Effort, Settings, ToolChoice};

use crate::catalogue::Catalogue;
use crate::model::{Model, Quirks};

impl Catalogue {
    /// Takes out of the settings what the model rejects in this dialect, and says so in words, a sentence each. The request
    /// is taken to have tools, as every agent's has. An unknown model gets what was asked for.
    pub fn apply_quirks(&self, provider: &str, model: &str, dialect: Dialect, settings: &mut Settings) -> Vec<String> {
        let Some(known) = self.model(provider, model) else { return Vec::new() };
        let mut warnings = Warnings { who: format!("{provider}/{model}"), said: Vec::new() };
        sampling(&known.quirks, settings, &mut warnings);
        thinking(&known.quirks, settings, &mut warnings);
        if known.quirks.no_forced_tool_choice && matches!(settings.tool_choice, ToolChoice::Any | ToolChoice::Tool(_)) {
            settings.tool_choice = ToolChoice::Auto;
            warnings.say("cannot be made to call a tool: it was left to decide");
        }
        if dialect == Dialect::OpenaiChat {
            chat_effort(&known.quirks, settings, &mut warnings);
        }
        output_limit(known, settings, &mut warnings);
        warnings.said
    }
}

struct Warnings {
    who: String,
    said: Vec<String>,
}

impl Warnings {
    fn say(&mut self, what: &str) {
        self.said.push(format!("{} {what}", self.who));
    }
}

fn sampling(quirks: &Quirks, settings: &mut Settings, warnings: &mut Warnings) {
    if quirks.no_temperature {
        if let Some(temperature) = settings.temperature.take() {
            warnings.say(&format!("takes no temperature: {temperature} was left out"));
        }
        if let Some(top_p) = settings.top_p.take() {
            warnings.say(&format!("takes no top_p: {top_p} was left out"));
        }
    }
    if quirks.no_stop && !settings.stop.is_empty() {
        settings.stop.clear();
        warnings.say("takes no stop sequences: they were left out");
    }
}

fn thinking(quirks: &Quirks, settings: &mut Settings, warnings: &mut Warnings) {
    match settings.thinking {
        Some(Thinking::Budget(tokens)) if quirks.no_thinking_budget => {
            settings.thinking = Some(Thinking::Adaptive);
            warnings.say(&format!("takes no thinking budget: it decides itself instead of {tokens} tokens"));
        }
        Some(Thinking::Disabled) if quirks.thinking_always_on => {
            settings.thinking = None;
            warnings.say("always thinks: that cannot be switched off");
        }
        Some(Thinking::Disabled) if quirks.thinking_off_up_to.is_some_and(|most| settings.effort > Some(most)) => {
            settings.thinking = None;
            warnings.say("cannot have thinking switched off at this effort: it was left on");
        }
        _ => {}
    }
}

fn chat_effort(quirks: &Quirks, settings: &mut Settings, warnings: &mut Warnings) {
    let asked = settings.effort.filter(|effort| *effort != Effort::None);
    if quirks.no_tools_with_effort && asked.is_some() {
        // `none` said aloud, because leaving it out would mean the model's own default.
        settings.effort = Some(Effort::None);
        warnings.say("takes tools on Chat Completions only with effort `none`: the effort was set to it");
    }
}

fn output_limit(model: &Model, settings: &mut Settings, warnings: &mut Warnings) {
    let Ok(most) = u32::try_from(model.max_output) else { return };
    if let Some(asked) = settings.max_tokens.filter(|asked| *asked > most) {
        settings.max_tokens = Some(most);
        warnings.say(&format!("generates at most {most} tokens: max_tokens {asked} was lowered to it"));
    }
}

#[cfg(test)]
#[path = "quirks_tests.rs"]
mod tests;
