//! The shape that every dialect has.

use protocol::{Breakpoint, Dialect, Message, ProviderError, Reply, Request, Settings, StreamEvent, ToolSpec};

/// A message as bytes, rendered once and never again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rendered {
    /// What stands before the blocks (`{"role":"user","content":[`), empty where a block is a whole message.
    pub open: String,
    /// The blocks, each a complete JSON value without a cache marker. A breakpoint is placed behind one of them.
    pub blocks: Vec<String>,
    /// What stands behind the blocks.
    pub close: String,
}

/// The pieces of a request body, all but the tail already rendered.
#[derive(Clone, Debug)]
pub struct Assembly<'a> {
    /// The model's name.
    pub model: &'a str,
    /// Rendered tools.
    pub tools: &'a [String],
    /// Rendered system blocks.
    pub system: &'a [String],
    /// Rendered messages.
    pub messages: &'a [Rendered],
    /// Where the cache is written and read.
    pub breakpoints: &'a [Breakpoint],
    /// Everything else.
    pub settings: &'a Settings,
}

/// What cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not this dialect: where, and what is wrong with it, in words a client can be shown in a 400.
    #[error("{path}: {message}")]
    Invalid {
        /// Path in the JSON, for example `messages.3.content.0`.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// The content has no form in the target dialect.
    #[error("cannot be said in this dialect: {0}")]
    Untranslatable(String),
    /// The provider reported an error, before or inside the stream.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// Reads an answer as its bytes come in. Any cut of the bytes gives the same events.
pub trait ReplyReader: Send {
    /// Takes the next bytes.
    ///
    /// Where events came before the error in the same bytes, they are returned first and the error with the next call.
    ///
    /// # Errors
    /// An error event inside the stream, or bytes that are not the dialect's.
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<StreamEvent>, WireError>;

    /// The bytes have ended. The remaining events, the last of them `Finished`, unless it was returned already.
    ///
    /// # Errors
    /// `ErrorKind::Truncated` when the terminal event is missing.
    fn finish(&mut self) -> Result<Vec<StreamEvent>, WireError>;
}

/// Writes an answer as a stream.
pub trait ReplyWriter: Send {
    /// The bytes that say this event; empty where the dialect has no word for it.
    fn push(&mut self, event: &StreamEvent) -> Vec<u8>;

    /// The bytes that report an error inside a stream that has begun.
    fn error(&mut self, error: &ProviderError) -> Vec<u8>;
}

/// One dialect, from both sides. All functions are deterministic: the same input gives the same bytes.
pub trait Codec: Send + Sync {
    /// Which.
    fn dialect(&self) -> Dialect;

    /// Path that requests are posted to, appended to a base URL that carries no version (`/v1/messages`).
    fn path(&self) -> &'static str;

    /// One JSON value per tool.
    fn render_tools(&self, tools: &[ToolSpec]) -> Vec<String>;

    /// One JSON value per system block.
    fn render_system(&self, system: &[String]) -> Vec<String>;

    /// One message. The bytes do not depend on what comes before or after it.
    ///
    /// # Errors
    /// [`WireError::Untranslatable`] for a block that only another dialect knows.
    fn render_message(&self, message: &Message, settings: &Settings) -> Result<Rendered, WireError>;

    /// The request body. Rendered pieces are copied, not parsed; markers are spliced in.
    fn assemble(&self, assembly: &Assembly<'_>) -> Vec<u8>;

    /// A whole neutral request as a body: render everything, then assemble.
    ///
    /// # Errors
    /// As [`Codec::render_message`].
    fn write_request(&self, request: &Request) -> Result<Vec<u8>, WireError> {
        let tools = self.render_tools(&request.tools);
        let system = self.render_system(&request.system);
        let messages = request
            .messages
            .iter()
            .map(|message| self.render_message(message, &request.settings))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self.assemble(&Assembly {
            model: &request.model,
            tools: &tools,
            system: &system,
            messages: &messages,
            breakpoints: &request.breakpoints,
            settings: &request.settings,
        }))
    }

    /// Reads a request body.
    ///
    /// # Errors
    /// [`WireError::Invalid`], naming the place.
    fn read_request(&self, body: &[u8]) -> Result<Request, WireError>;

    /// Reads a whole answer (not streamed).
    ///
    /// # Errors
    /// [`WireError::Invalid`], or [`WireError::Provider`] for an error object with status 200.
    fn read_reply(&self, body: &[u8]) -> Result<Reply, WireError>;

    /// Writes a whole answer.
    fn write_reply(&self, reply: &Reply) -> Vec<u8>;

    /// Writes a whole answer to this request: a client that named its tools in words of its own is answered in them.
    fn write_reply_to(&self, _: &Request, reply: &Reply) -> Vec<u8> {
        self.write_reply(reply)
    }

    /// A reader of a streamed answer.
    fn reply_reader(&self) -> Box<dyn ReplyReader>;

    /// A writer of a streamed answer to this request (it may have asked for usage in the stream, or not).
    fn reply_writer(&self, request: &Request) -> Box<dyn ReplyWriter>;

    /// Reads an answer that is not 2xx. `header` looks up a response header by lower-case name.
    fn read_error(&self, status: u16, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> ProviderError;

    /// Writes an error answer: status and body.
    fn write_error(&self, error: &ProviderError) -> (u16, Vec<u8>);
}

/// The codec of a dialect.
pub fn codec(dialect: Dialect) -> &'static dyn Codec {
    match dialect {
        Dialect::AnthropicMessages => &crate::anthropic::Anthropic,
        Dialect::OpenaiChat => &crate::openai_chat::OpenaiChat,
        Dialect::OpenaiResponses => &crate::openai_responses::OpenaiResponses,
    }
}
