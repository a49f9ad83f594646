//! OpenAI Responses, `POST /v1/responses`.
//!
//! - Tools that are no plain functions (grammars, namespaces, the client's own search) stand in a neutral request as
//!   functions; [`protocol::request::NativeTools`] says what they are to the client, and the writers of answers are made from
//!   the request as it was read.
//! - Reasoning goes through other dialects and back under the seals that [`is_seal`] tells.
//! - A request that leaves for another dialect passes [`depart`] first.

mod assemble;
mod depart;
mod errors;
mod input;
mod items;
mod names;
mod output;
mod render;
mod reply;
mod request;
mod seal;
mod slot;
mod stream;
mod tools;
mod usage;
mod write;

use protocol::request::NativeTools;
use protocol::{Dialect, Message, ProviderError, Reply, Request, Settings, ToolSpec};

pub use depart::depart;
pub use seal::{SEAL, is_seal};
pub use write::failed_event;

use crate::codec::{Assembly, Codec, Rendered, ReplyReader, ReplyWriter, WireError};
use crate::openai;
use crate::reader::EventReader;

/// OpenAI's newer dialect.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenaiResponses;

impl Codec for OpenaiResponses {
    fn dialect(&self) -> Dialect {
        Dialect::OpenaiResponses
    }

    fn path(&self) -> &'static str {
        "/v1/responses"
    }

    fn render_tools(&self, tools: &[ToolSpec]) -> Vec<String> {
        tools.iter().map(render::tool).collect()
    }

    /// Each block as a JSON string: whether it becomes the instructions or a part of a message is decided when the request
    /// is put together.
    fn render_system(&self, system: &[String]) -> Vec<String> {
        openai::system(system)
    }

    fn render_message(&self, message: &Message, settings: &Settings) -> Result<Rendered, WireError> {
        render::message(message, settings)
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
        reply::write(reply, &NativeTools::default())
    }

    fn write_reply_to(&self, request: &Request, reply: &Reply) -> Vec<u8> {
        reply::write(reply, &request.settings.native)
    }

    fn reply_reader(&self) -> Box<dyn ReplyReader> {
        Box::new(EventReader::new(stream::Machine::default()))
    }

    fn reply_writer(&self, request: &Request) -> Box<dyn ReplyWriter> {
        Box::new(write::Writer::new(request.settings.native.clone()))
    }

    fn read_error(&self, status: u16, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> ProviderError {
        crate::errors::read(status, header, body)
    }

    fn write_error(&self, error: &ProviderError) -> (u16, Vec<u8>) {
        errors::write(error)
    }
}
