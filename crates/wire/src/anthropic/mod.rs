//! Anthropic Messages, `POST /v1/messages`.

mod assemble;
mod blocks;
mod errors;
mod render;
mod reply;
mod request;
mod stream;
mod usage;
mod write;

use protocol::{Dialect, Message, ProviderError, Reply, Request, Settings, ToolSpec};

use crate::codec::{Assembly, Codec, Rendered, ReplyReader, ReplyWriter, WireError};
use crate::reader::EventReader;

/// The dialect of Claude, and of every server that imitates it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anthropic;

impl Codec for Anthropic {
    fn dialect(&self) -> Dialect {
        Dialect::AnthropicMessages
    }

    fn path(&self) -> &'static str {
        "/v1/messages"
    }

    fn render_tools(&self, tools: &[ToolSpec]) -> Vec<String> {
        tools.iter().map(render::tool).collect()
    }

    fn render_system(&self, system: &[String]) -> Vec<String> {
        render::system(system)
    }

    fn render_message(&self, message: &Message, _: &Settings) -> Result<Rendered, WireError> {
        render::message(message)
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

    fn reply_writer(&self, _: &Request) -> Box<dyn ReplyWriter> {
        Box::new(write::Writer::default())
    }

    fn read_error(&self, status: u16, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> ProviderError {
        crate::errors::read(status, header, body)
    }

    fn write_error(&self, error: &ProviderError) -> (u16, Vec<u8>) {
        errors::write(error)
    }
}
