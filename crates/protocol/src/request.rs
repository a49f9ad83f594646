//! A model request in neutral form: what every dialect can read into and write from.

use serde::{Deserialize, Serialize};

use crate::brain::{Dialect, Effort};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The user, the runtime, and tool results.
    User,
    /// The model.
    Assistant,
    /// An instruction in mid-conversation (newer models take it; others get it as a user message).
    System,
}

/// Where an image's bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ImageSource {
    /// Base64 data of a media type such as `image/png`.
    Base64 {
        /// For example `image/png`.
        media_type: String,
        /// The bytes, base64.
        data: String,
    },
    /// To be fetched by the provider.
    Url {
        /// The address.
        url: String,
    },
}

/// A piece of a tool's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResultPart {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// An image.
    Image {
        /// The image.
        source: ImageSource,
    },
}

/// A piece of a message. The order of blocks is meaning, and is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Text of whoever speaks.
    Text {
        /// The text.
        text: String,
    },
    /// A model's reasoning. `text` and `signature` go back exactly as they came, or not at all.
    Thinking {
        /// The reasoning; may be empty (display omitted) with a signature that must be replayed.
        text: String,
        /// The provider's seal, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// Reasoning that only the provider can read.
    RedactedThinking {
        /// Opaque data.
        data: String,
    },
    /// The model asks for a tool.
    ToolCall {
        /// The model's id of the call.
        id: String,
        /// The tool's name.
        name: String,
        /// The arguments as the model wrote them: JSON text, not yet checked to be JSON.
        arguments: String,
    },
    /// What the tool said.
    ToolResult {
        /// Id of the call this answers.
        call_id: String,
        /// The answer, in pieces.
        content: Vec<ResultPart>,
        /// The tool failed.
        #[serde(default)]
        is_error: bool,
    },
    /// An image of the user's.
    Image {
        /// The image.
        source: ImageSource,
    },
    /// A block that only one dialect knows (for example a server tool's). It goes back to that dialect as it came;
    /// writing it to another dialect is an error.
    Opaque {
        /// The dialect that knows it.
        dialect: Dialect,
        /// Its JSON text.
        json: String,
    },
}

impl Block {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub blocks: Vec<Block>,
}

/// A tool as the model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// `^[a-zA-Z0-9_-]{1,64}$`.
    pub name: String,
    /// What it does, when to use it.
    pub description: String,
    /// JSON Schema of the arguments, an object. Its key order is sent as it is.
    pub schema: serde_json::Value,
}

/// Life of a cache entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ttl {
    /// Anthropic 5 minutes.
    Short,
    /// Anthropic 1 hour.
    Long,
}

/// A place in a request: behind this piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Behind tool number `0..`.
    Tool(usize),
    /// Behind system block number `0..`.
    System(usize),
    /// Behind a block of a message.
    Message {
        /// Number of the message.
        message: usize,
        /// Number of the block within it.
        block: usize,
    },
}

/// "Write the cache up to here, and try to read it from here."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Breakpoint {
    /// Behind which piece.
    pub at: Position,
    /// For how long.
    pub ttl: Ttl,
}

/// Whether and which tool the model has to call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// None.
    None,
    /// At least one.
    Any,
    /// This one.
    Tool(String),
}

/// Thinking as Anthropic's dialect asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// The model decides how much.
    Adaptive,
    /// At most this many tokens.
    Budget(u32),
    /// None.
    Disabled,
}

/// What a Chat Completions server wants otherwise than OpenAI. Defaults are OpenAI's own current models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatFlavor {
    /// Name of the field that bounds the output: `max_completion_tokens`, or `max_tokens` for most other servers.
    pub max_tokens_field: String,
    /// Ask for usage in the stream (`stream_options.include_usage`).
    pub include_usage: bool,
    /// Send `prompt_cache_key`.
    pub cache_key: bool,
    /// Send `reasoning_effort`.
    pub reasoning_effort: bool,
    /// Replayed assistant messages must carry `reasoning_content` (DeepSeek, Kimi), empty where there is none.
    pub replay_reasoning_content: bool,
    /// Anthropic-style `cache_control` markers on text parts (OpenRouter with Claude models).
    pub cache_control: bool,
    /// OpenAI's own `prompt_cache_breakpoint` markers on text parts (GPT-5.6 and later, at OpenAI itself).
    pub cache_breakpoints: bool,
    /// Consecutive user messages are sent as one: chat templates of several open models (Mistral, Gemma) refuse two in a
    /// row. Costs the cache of the last message where another one follows it.
    pub merge_user_messages: bool,
}

impl Default for ChatFlavor {
    fn default() -> Self {
        Self {
            max_tokens_field: "max_completion_tokens".to_owned(),
            include_usage: true,
            cache_key: true,
            reasoning_effort: true,
            replay_reasoning_content: false,
            cache_control: false,
            cache_breakpoints: false,
            merge_user_messages: false,
        }
    }
}

/// What a call of a tool is, in the words of the client that offers the tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NativeKind {
    /// A function with an object of arguments.
    #[default]
    Function,
    /// A tool that takes plain text. Elsewhere it is a function whose arguments are `{"input": TEXT}`.
    Custom,
    /// The client's own search for further tools.
    ToolSearch,
}

/// A tool that the client names otherwise than the request does: there it is called by `name` alone, as any function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeTool {
    /// The name in [`Request::tools`] and in calls.
    pub name: String,
    /// What a call of it is.
    pub kind: NativeKind,
    /// The group that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The client's name of it, within its group.
    pub own_name: String,
}

/// What is needed to say tools and calls to the client again as it said them (OpenAI Responses only).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NativeTools {
    /// Tools, in the order they were met.
    pub tools: Vec<NativeTool>,
    /// Ids of calls in the conversation that are not calls of functions.
    pub calls: Vec<(String, NativeKind)>,
}

impl NativeTools {
    /// Whether every tool is a plain function.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.calls.is_empty()
    }
}

/// Everything of a request that is not context.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Upper bound of generated tokens. Anthropic requires it (the writer then puts 8,192).
    pub max_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Stop sequences.
    pub stop: Vec<String>,
    /// Effort.
    pub effort: Option<Effort>,
    /// Thinking.
    pub thinking: Option<Thinking>,
    /// Whether a tool has to be called.
    pub tool_choice: ToolChoice,
    /// Several tool calls in one answer; `None` leaves the provider's default.
    pub parallel_tool_calls: Option<bool>,
    /// Stream the answer.
    pub stream: bool,
    /// Groups requests that share a prefix (OpenAI `prompt_cache_key`, at most 64 characters).
    pub cache_key: Option<String>,
    /// JSON Schema that the final answer has to follow.
    pub response_schema: Option<serde_json::Value>,
    /// What a Chat Completions server wants otherwise.
    pub chat: ChatFlavor,
    /// The client's own words for its tools.
    #[serde(skip_serializing_if = "NativeTools::is_empty")]
    pub native: NativeTools,
    /// Top-level fields this program does not know, as `(name, JSON text)` in the order they came. They go back to the
    /// dialect they came from only.
    pub extra: Vec<(String, String)>,
}

/// A whole request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The model's name.
    pub model: String,
    /// Tools, in the order they are sent.
    pub tools: Vec<ToolSpec>,
    /// System prompt, in blocks.
    pub system: Vec<String>,
    /// The conversation.
    pub messages: Vec<Message>,
    /// Cache breakpoints, in prompt order. Content itself never carries a marker.
    pub breakpoints: Vec<Breakpoint>,
    /// Everything else.
    pub settings: Settings,
}
