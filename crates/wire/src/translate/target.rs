//! What a translation has to know about the model that a request goes to. Plain data: who knows the models fills it in.

use protocol::request::{ChatFlavor, Ttl};
use protocol::{Dialect, Effort};

/// How a model is asked to think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ThinkingStyle {
    /// By an effort alone (OpenAI and most others).
    #[default]
    Effort,
    /// By a token budget (Claude models up to 4.5).
    Budget,
    /// It decides itself, guided by an effort (newer Claude models).
    Adaptive,
    /// Not at all: words about thinking are left out.
    Off,
}

/// What ids of tool calls may look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CallIds {
    /// `[a-zA-Z0-9_-]`, at most 64 characters.
    #[default]
    Any,
    /// Exactly nine letters or digits (Mistral).
    Nine,
}

/// The model that a request is translated for.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a server, each of them yes or no")]
pub struct Target {
    /// What it speaks.
    pub dialect: Dialect,
    /// Its name as its server spells it; empty to leave the one in the request.
    pub model: String,
    /// Whose reasoning it can read: the maker's name (`anthropic`, `openai`). Seals of reasoning are told apart by it.
    pub family: String,
    /// Reasoning in the history whose seal bears no name was sealed by this family. True only where the client has been
    /// talking to this family without translation.
    pub owns_unnamed_seals: bool,
    /// The model that the client is told has answered; none leaves what the server says.
    pub shown_model: Option<String>,
    /// Id of an answer whose server gives none.
    pub fallback_id: String,
    /// Groups the requests of one conversation (`prompt_cache_key`).
    pub session: Option<String>,

    /// Takes images.
    pub images: bool,
    /// Takes documents (PDF).
    pub documents: bool,
    /// How it is asked to think.
    pub thinking: ThinkingStyle,
    /// Efforts it knows, from low to high; empty: it takes no effort.
    pub efforts: Vec<Effort>,
    /// Thinking cannot be switched off.
    pub thinking_always_on: bool,
    /// Thinking may be switched off only up to this effort.
    pub thinking_off_up_to: Option<Effort>,
    /// Takes reasoning without a seal in its history (imitations of Anthropic's dialect).
    pub unsealed_thinking: bool,
    /// Most tokens it generates in one answer.
    pub max_output: Option<u32>,
    /// Takes `temperature` and `top_p`.
    pub sampling: bool,
    /// Most stop sequences it takes; 0: none.
    pub max_stops: usize,
    /// Can be made to call a tool.
    pub forced_tool_choice: bool,
    /// Takes tools together with an effort.
    pub tools_with_effort: bool,
    /// Longest name of a tool, in characters.
    pub tool_name_limit: usize,
    /// What ids of calls may look like.
    pub call_ids: CallIds,
    /// Takes an instruction of the system's in mid-conversation.
    pub mid_system: bool,
    /// Takes an assistant's message at the end, to go on from it.
    pub prefill: bool,
    /// Needs the conversation to begin with the user, and a model's turn between tool results and the user's words (chat
    /// templates of several open models).
    pub strict_turns: bool,
    /// Wants an empty list of tools where the history has calls and the request has no tools (some proxies).
    pub empty_tools_with_history: bool,
    /// Its models fill optional arguments that they mean to leave out with `null` or `""`: these are taken out of calls.
    pub fills_optional: bool,
    /// Top-level fields that it refuses, by name; they are left out even where the dialect stays the same.
    pub refuses: Vec<String>,
    /// Put cache breakpoints where the client set none, and for how long. None where the server caches by itself.
    pub breakpoints: Option<Ttl>,
    /// What a Chat Completions server wants otherwise.
    pub chat: ChatFlavor,
}

impl Target {
    /// An ordinary current model of that dialect, of which nothing else is known.
    pub fn new(dialect: Dialect, family: impl Into<String>) -> Self {
        use Effort::{High, Low, Max, Medium, Minimal, None as Zero, Xhigh};
        let anthropic = dialect == Dialect::AnthropicMessages;
        Self {
            dialect,
            model: String::new(),
            family: family.into(),
            owns_unnamed_seals: false,
            shown_model: None,
            fallback_id: String::new(),
            session: None,
            images: true,
            documents: dialect != Dialect::OpenaiChat,
            thinking: if anthropic { ThinkingStyle::Adaptive } else { ThinkingStyle::Effort },
            efforts: if anthropic {
                vec![Low, Medium, High, Xhigh, Max]
            } else {
                vec![Zero, Minimal, Low, Medium, High, Xhigh]
            },
            thinking_always_on: false,
            thinking_off_up_to: None,
            unsealed_thinking: false,
            max_output: None,
            sampling: true,
            max_stops: if anthropic { usize::MAX } else { 4 },
            forced_tool_choice: true,
            tools_with_effort: true,
            tool_name_limit: 64,
            call_ids: CallIds::Any,
            mid_system: !anthropic,
            prefill: !anthropic,
            strict_turns: false,
            empty_tools_with_history: false,
            fills_optional: false,
            refuses: Vec::new(),
            breakpoints: anthropic.then_some(Ttl::Short),
            chat: ChatFlavor::default(),
        }
    }
}
