//! OpenAI Chat Completions, `POST /v1/chat/completions`, as OpenAI speaks it and as the many servers do that imitate it.

mod assemble;
mod errors;
mod messages;
mod render;
mod reply;
mod request;
mod stream;
mod tool_calls;
mod usage;
mod write;

use protocol::{Dialect, Message, ProviderError, Reply, Request, Settings, ToolSpec};

use crate::codec::{Assembly, Codec, Rendered, ReplyReader, ReplyWriter, WireError};
use crate::openai;
use crate::reader::EventReader;

/// The dialect of most servers that are not Anthropic's.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenaiChat;

impl Codec for OpenaiChat {
    fn dialect(&self) -> Dialect {
        Dialect::OpenaiChat
    }

    fn path(&self) -> &'static str {
        "/v1/chat/completions"
    }

    fn render_tools(&self, tools: &[ToolSpec]) -> Vec<String> {
        tools.iter().map(render::tool).collect()
    }

    /// Each block as a JSON string: whether they become one string or an array of parts is decided when the request is put
    /// together.
    fn render_system(&self, system: &[String]) -> Vec<String> {
        openai::system(system)
    }

    fn render_message(&self, message: &Message, settings: &Settings) -> Result<Rendered, WireError> {
        render::message(message, &settings.chat)
    }

    fn assemble(&self, assembly: &Assembly<'_>) -> Vec<u8> {
        assemble::assemble(assembly)
    }

    fn write_request(&self, request: &Request) -> Result<Vec<u8>, WireError> {
        assemble::write_request(request)
    }

    fn read_request(&self, body: &[u8]) -> Result<Request, WireError> {
        request::read(body)
    }

    fn read_reply(&self, body: &[u8]) -> Result<Reply, WireError> {
        reply::read(body)
    }

    fn write_reply(&self, reply: &Reply) -> Vec<u8> {
        reply::write(reply)
    }

    fn reply_reader(&self) -> Box<dyn ReplyReader> {
        Box::new(EventReader::new(stream::Machine::default()))
    }

    fn reply_writer(&self, request: &Request) -> Box<dyn ReplyWriter> {
        Box::new(write::Writer::new(request.settings.chat.include_usage))
    }

    fn read_error(&self, status: u16, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> ProviderError {
        crate::errors::read(status, header, body)
    }

    fn write_error(&self, error: &ProviderError) -> (u16, Vec<u8>) {
        errors::write(error)
    }
}
