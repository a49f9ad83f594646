//! Hands the events of an answer on, and remembers what of it the caller has seen.

use protocol::{Clock, Reply, StreamEvent, Timestamp, Usage};

/// The events of one attempt on their way to the caller.
///
/// `Started` is held back until there is content, so that an attempt that fails before any is not seen at all.
pub(crate) struct Emitter<'a> {
    on_event: &'a mut (dyn FnMut(&StreamEvent) + Send),
    clock: &'a dyn Clock,
    at: Timestamp,
    started: Option<StreamEvent>,
    /// Content was handed on.
    pub(crate) shown: bool,
    /// Milliseconds to the first content.
    pub(crate) first_token_ms: Option<u64>,
    /// What was reported so far.
    pub(crate) usage: Usage,
    /// The answer, once it is whole.
    pub(crate) reply: Option<Reply>,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(on_event: &'a mut (dyn FnMut(&StreamEvent) + Send), clock: &'a dyn Clock, at: Timestamp) -> Self {
        Self {
            on_event,
            clock,
            at,
            started: None,
            shown: false,
            first_token_ms: None,
            usage: Usage::default(),
            reply: None,
        }
    }

    /// Hands on an event of a stream.
    pub(crate) fn streamed(&mut self, event: StreamEvent) {
        if !matches!(event, StreamEvent::Started { .. } | StreamEvent::Ping | StreamEvent::Finished { .. })
            && self.first_token_ms.is_none()
        {
            self.first_token_ms = Some(self.clock.now().since(self.at).as_millis() as u64);
        }
        self.hand_on(event);
    }

    /// Hands on an answer that came in one piece as the events it would have had, so that a screen need not know.
    pub(crate) fn whole(&mut self, reply: &Reply) {
        wire::replay(reply, usize::MAX).into_iter().for_each(|event| self.hand_on(event));
    }

    fn hand_on(&mut self, event: StreamEvent) {
        match &event {
            StreamEvent::Started { usage, .. } => {
                self.usage = *usage;
                self.started = Some(event);
                return;
            }
            StreamEvent::Ping => {}
            StreamEvent::Finished { reply } => {
                self.usage = reply.usage;
                self.show_start();
            }
            _ => {
                self.show_start();
                self.shown = true;
            }
        }
        (self.on_event)(&event);
        if let StreamEvent::Finished { reply } = event {
            self.reply = Some(reply);
        }
    }

    fn show_start(&mut self) {
        if let Some(started) = self.started.take() {
            (self.on_event)(&started);
        }
    }
}
