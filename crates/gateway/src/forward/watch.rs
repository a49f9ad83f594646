//! Watches an event stream go by: where its events end, what it reports as billed, whether it came to its end. The bytes are not
//! changed. Only the few events that say something about the whole answer are parsed; of the others a glance decides.

use memchr::memmem;
use protocol::{Dialect, ErrorKind, ProviderError, StreamEvent, Usage};
use wire::{ReplyReader, WireError};

use crate::forward::usage_chunk::is_usage_alone;

/// Longest line that is kept to be read. Beyond it the answer is forwarded all the same, and its usage stays unknown.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// What an event's name says about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// There was none, or an unknown one.
    Unknown,
    /// A piece of content: not looked at.
    Content,
    /// It is about the whole answer.
    Notable,
}

/// See the module.
pub(crate) struct Watch {
    dialect: Dialect,
    reader: Box<dyn ReplyReader>,
    /// The line that has begun, where it may matter.
    line: Vec<u8>,
    /// Something of a line has come, kept or not.
    in_line: bool,
    /// The last byte was a carriage return: a line feed belongs to it.
    after_return: bool,
    name: Name,
    /// The lines of a notable event.
    event: Vec<u8>,
    any: bool,
    /// A chunk with nothing but usage has gone by.
    pub(crate) usage_alone: bool,
    /// The answer has begun.
    pub(crate) began: bool,
    /// Its id and model, as its first event said them.
    pub(crate) identity: Option<(String, String)>,
    /// Events with a name that have gone by.
    pub(crate) named: u64,
    /// What was billed, as far as it was told.
    pub(crate) usage: Usage,
    /// The event that ends an answer was seen.
    pub(crate) over: bool,
    /// The error that the stream reported.
    pub(crate) error: Option<ProviderError>,
}

impl Watch {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            reader: wire::codec(dialect).reply_reader(),
            line: Vec::new(),
            in_line: false,
            after_return: false,
            name: Name::Unknown,
            event: Vec::new(),
            any: false,
            usage_alone: false,
            began: false,
            identity: None,
            named: 0,
            usage: Usage::default(),
            over: false,
            error: None,
        }
    }

    /// Takes the next bytes. Gives the place behind the last event that ends in them.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        let mut end = None;
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            if bytes[0] == b'\n' {
                at = 1;
                end = (!self.in_line && self.event.is_empty() && self.name == Name::Unknown).then_some(1);
            }
        }
        while let Some(length) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
            let blank = self.end_of_line(&bytes[at..at + length]);
            at += length + 1;
            if bytes[at - 1] == b'\r' {
                match bytes.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_return = true,
                }
            }
            if blank {
                end = Some(at);
            }
        }
        self.part_of_line(&bytes[at..]);
        end
    }

    /// The bytes have ended: what there is of a last line counts as one.
    pub(crate) fn finish(&mut self) {
        if self.in_line {
            self.end_of_line(b"");
        }
        self.end_of_event();
    }

    fn part_of_line(&mut self, part: &[u8]) {
        if part.is_empty() {
            return;
        }
        self.in_line = true;
        // The name of an event stands before its data: of content nothing is kept.
        if self.name != Name::Content && self.line.len() + part.len() <= LONGEST_LINE {
            self.line.extend_from_slice(part);
        }
    }

    /// Takes the rest of a line; whether it was a blank one.
    fn end_of_line(&mut self, rest: &[u8]) -> bool {
        if !self.in_line && rest.is_empty() {
            self.end_of_event();
            return true;
        }
        self.in_line = false;
        if self.line.is_empty() {
            self.whole_line(rest);
        } else {
            let mut line = std::mem::take(&mut self.line);
            line.extend_from_slice(rest);
            self.whole_line(&line);
        }
        false
    }

    fn whole_line(&mut self, line: &[u8]) {
        if let Some(name) = line.strip_prefix(b"event:") {
            self.name = name_of(self.dialect, name.trim_ascii());
            self.named += 1;
            if self.name != Name::Content {
                self.keep(line);
            }
        } else if let Some(data) = line.strip_prefix(b"data:")
            && (self.name == Name::Notable || (self.name == Name::Unknown && self.is_notable(data)))
        {
            self.name = Name::Notable;
            self.over |= ends(self.dialect, &self.event, data);
            self.usage_alone |= self.dialect == Dialect::OpenaiChat && is_usage_alone(data);
            self.keep(line);
        }
    }

    fn keep(&mut self, line: &[u8]) {
        self.event.extend_from_slice(line);
        self.event.push(b'\n');
    }

    fn is_notable(&mut self, data: &[u8]) -> bool {
        let first = !std::mem::replace(&mut self.any, true);
        let start = &data[..data.len().min(64)];
        let has = |needle: &[u8]| memmem::find(data, needle).is_some();
        match self.dialect {
            Dialect::AnthropicMessages => memmem::find(start, b"\"content_block_").is_none(),
            Dialect::OpenaiChat => {
                first
                    || data.trim_ascii_start().first() != Some(&b'{')
                    || is_told(data, b"\"usage\":", b'{')
                    || is_told(data, b"\"finish_reason\":", b'"')
                    || has(b"\"error\":")
                    || has(b"\"error\" :")
            }
            Dialect::OpenaiResponses => {
                ["created", "completed", "incomplete", "failed"]
                    .iter()
                    .any(|word| has(format!("\"response.{word}\"").as_bytes()))
                    || is_told(data, b"\"type\":", b'"') && has(b"\"error\"")
            }
        }
    }

    fn end_of_event(&mut self) {
        let notable = self.name == Name::Notable;
        self.name = Name::Unknown;
        let mut event = std::mem::take(&mut self.event);
        if notable && self.error.is_none() {
            event.push(b'\n');
            let events = self.reader.push(&event);
            self.note(events);
            // An error that came behind other events in the same bytes is told with the next call.
            let more = self.reader.push(b"");
            self.note(more);
        }
        event.clear();
        self.event = event;
    }

    fn note(&mut self, events: Result<Vec<StreamEvent>, WireError>) {
        match events {
            Ok(events) => {
                for event in events {
                    match event {
                        StreamEvent::Started { id, model, usage } => {
                            self.began = true;
                            self.identity = Some((id, model));
                            self.usage = usage;
                        }
                        StreamEvent::Finished { reply } => {
                            self.usage = reply.usage;
                            self.over = true;
                        }
                        _ => {}
                    }
                }
            }
            // What this reader does not understand may still be good for the client.
            Err(WireError::Provider(error))
                if error.kind != ErrorKind::Malformed && error.kind != ErrorKind::Truncated =>
            {
                self.error = Some(error);
            }
            Err(_) => {}
        }
    }

    /// What is known once the stream is over: a chat answer's usage is told only by the reader's own end.
    pub(crate) fn settle(&mut self) {
        if self.error.is_none() {
            let events = self.reader.finish();
            self.note(events);
        }
    }
}

fn name_of(dialect: Dialect, name: &[u8]) -> Name {
    let (notable, content): (&[&[u8]], &[u8]) = match dialect {
        Dialect::AnthropicMessages => {
            (&[b"message_start", b"message_delta", b"message_stop", b"error"], b"content_block_")
        }
        Dialect::OpenaiChat => (&[b"error"], b"\0"),
        Dialect::OpenaiResponses => (
            &[b"response.created", b"response.completed", b"response.incomplete", b"response.failed", b"error"],
            b"response.",
        ),
    };
    if notable.contains(&name) {
        Name::Notable
    } else if name.starts_with(content) || name == b"ping" {
        Name::Content
    } else {
        Name::Unknown
    }
}

/// Whether this data is the end of an answer. `head` holds the event's name, where it has one.
fn ends(dialect: Dialect, head: &[u8], data: &[u8]) -> bool {
    let says =
        |word: &[u8]| memmem::find(head, word).is_some() || memmem::find(&data[..data.len().min(256)], word).is_some();
    match dialect {
        Dialect::AnthropicMessages => says(b"message_stop"),
        Dialect::OpenaiChat => data.trim_ascii() == b"[DONE]" || is_told(data, b"\"finish_reason\":", b'"'),
        Dialect::OpenaiResponses => {
            let ends: [&[u8]; 3] = [b"response.completed", b"response.incomplete", b"response.failed"];
            ends.iter().any(|end| says(end))
                || ends.iter().any(|end| memmem::find(data, &[b"\"", *end, b"\""].concat()).is_some())
        }
    }
}

/// Whether a member stands there with a value that begins like this. A member's name inside a string has its quotes escaped and
/// does not match.
pub(crate) fn is_told(data: &[u8], member: &[u8], begins: u8) -> bool {
    memmem::find_iter(data, member).any(|at| data[at + member.len()..].trim_ascii_start().first() == Some(&begins))
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
