//! Dialects: each provider wire format read and written from both sides (read request, write request, read reply, write
//! reply), streamed and not. Pure: bytes in, bytes out. No HTTP (that is `brains` and `simulator`), no retries, no prices.

pub mod anthropic;
pub mod codec;
pub mod openai_chat;
pub mod openai_responses;
pub mod translate;

mod errors;
mod ids;
mod json;
mod marks;
mod node;
mod openai;
mod reader;
mod replay;
mod retarget;
mod sse;
mod words;

pub use codec::{Assembly, Codec, Rendered, ReplyReader, ReplyWriter, WireError, codec};
pub use replay::replay;
pub use retarget::retarget;
