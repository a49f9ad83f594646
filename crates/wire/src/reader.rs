//! What reading a streamed answer has in common in every dialect: bytes to events, one failure, one end.

use protocol::{ErrorKind, StreamEvent};
use sse_stream::Sse;

use crate::codec::{ReplyReader, WireError};
use crate::sse::Decoder;

/// What a dialect makes of the events.
pub(crate) trait Machine: Send {
    /// Takes one event.
    fn take(&mut self, event: &Sse, out: &mut Vec<StreamEvent>) -> Result<(), WireError>;

    /// The stream has ended without more to say.
    fn end(&mut self, out: &mut Vec<StreamEvent>) -> Result<(), WireError>;

    /// `Finished` was given out.
    fn finished(&self) -> bool;
}

/// A [`ReplyReader`] around a dialect's machine.
pub(crate) struct EventReader<M> {
    decoder: Decoder,
    machine: M,
    failed: Option<WireError>,
}

impl<M: Machine> EventReader<M> {
    pub(crate) fn new(machine: M) -> Self {
        Self { decoder: Decoder::new(), machine, failed: None }
    }

    fn feed(&mut self, bytes: &[u8]) -> Vec<StreamEvent> {
        let (events, broken) = self.decoder.push(bytes);
        let mut out = Vec::new();
        for event in events {
            if self.machine.finished() {
                return out;
            }
            if let Err(error) = self.machine.take(&event, &mut out) {
                self.failed = Some(error);
                return out;
            }
        }
        if let (Some(error), false) = (broken, self.machine.finished()) {
            self.failed = Some(error.into());
        }
        out
    }
}

impl<M: Machine> ReplyReader for EventReader<M> {
    /// What came before a failure is given out first and the failure with the next call, so that it does not matter
    /// whether both arrived in one piece.
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<StreamEvent>, WireError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let out = self.feed(bytes);
        match &self.failed {
            Some(error) if out.is_empty() => Err(error.clone()),
            _ => Ok(out),
        }
    }

    fn finish(&mut self) -> Result<Vec<StreamEvent>, WireError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.machine.finished() {
            return Ok(Vec::new());
        }
        // A last event without its blank line counts where it is whole (some servers end on `data: [DONE]`); where it
        // was cut it is no more than a sign of the missing end.
        let mut out = self.feed(b"\n\n");
        if let Some(error) = self.failed.take_if(|error| !is_malformed(error)) {
            self.failed = Some(error.clone());
            return Err(error);
        }
        self.failed = None;
        if !self.machine.finished() {
            self.machine.end(&mut out)?;
        }
        Ok(out)
    }
}

fn is_malformed(error: &WireError) -> bool {
    matches!(error, WireError::Provider(error) if error.kind == ErrorKind::Malformed)
}
