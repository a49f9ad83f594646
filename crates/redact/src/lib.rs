//! Secrets taken out of what is recorded, and untrusted text made harmless for a terminal. It knows nothing of sessions, files or
//! commands, and opens nothing: text goes in, text comes out.
//!
//! **One redactor stands at every sink.** [`global`] is that one, for the whole process. Whoever loads a key tells it with
//! [`Redactor::learn`]; whoever writes to a log, an export, a crash file, an error or to telemetry sends the text through
//! [`redact_for_record`] first.
//!
//! **Never redact what a person approves.** A question must show the command, path and host it is about as they are: a mask that can
//! hide them is a way to smuggle something past the person. Show [`visible`] text there and nothing else; only the record of the
//! question is redacted.

#![forbid(unsafe_code)]

mod characters;
mod forms;
mod inert;
mod patterns;
mod redactor;
mod sequence;
mod visible;
mod writer;

pub use characters::MARKS;
pub use inert::{inert, inert_json};
pub use patterns::Kind;
pub use redactor::{Redactor, SHORTEST, global, redact_for_record};
pub use visible::{Visible, visible};
pub use writer::{RedactingMakeWriter, RedactingWriter};
