//! One attempt at one binding, on the books from beginning to end: whichever way it ends, also when the client leaves, the binding's
//! health and the request's account hear of it once.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use protocol::{ErrorKind, ProviderError, Timestamp, Usage, Usd};

use crate::account::Ending;
use crate::core::{Account, Outcome};
use crate::route::Binding;
use crate::serve::Shared;

/// What the log of a request says where the client had left.
const LEFT: u16 = 499;

/// The account of a request, in the hands of whichever attempt is under way.
pub(crate) type Books = Arc<Mutex<Box<dyn Account>>>;

/// See the module.
pub(crate) struct Trial {
    shared: Arc<Shared>,
    books: Books,
    pub(crate) binding: Arc<Binding>,
    at: Timestamp,
    first_byte_ms: Option<u64>,
    status: u16,
    headers: Option<HeaderMap>,
    /// What was billed, as far as it was told.
    pub(crate) usage: Usage,
    ended: bool,
}

impl Trial {
    /// Begins one that the binding has admitted.
    pub(crate) fn begin(shared: &Arc<Shared>, books: &Books, binding: &Arc<Binding>) -> Self {
        Self {
            shared: Arc::clone(shared),
            books: Arc::clone(books),
            binding: Arc::clone(binding),
            at: shared.setup.clock.now(),
            first_byte_ms: None,
            status: 0,
            headers: None,
            usage: Usage::default(),
            ended: false,
        }
    }

    /// The head of its answer has come.
    pub(crate) fn answered(&mut self, status: u16, headers: HeaderMap) {
        self.status = status;
        self.headers = Some(headers);
    }

    /// The first byte of its answer's body has come.
    pub(crate) fn first_byte(&mut self) {
        self.first_byte_ms = Some(self.ms());
    }

    /// The headers of its answer.
    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.clone().unwrap_or_default()
    }

    /// It is over. `status` is what the client is sent, or would be if nothing else were tried. Gives the cost where it is known.
    pub(crate) fn end(&mut self, status: u16, error: Option<&ProviderError>) -> Option<Usd> {
        if std::mem::replace(&mut self.ended, true) {
            return None;
        }
        let (ms, first_byte_ms) = (self.ms(), self.first_byte_ms);
        let outcome = Outcome { status: self.status, headers: self.headers.as_ref(), error, first_byte_ms, ms };
        self.shared.setup.router.ended(&self.binding, &outcome);
        let ending = Ending {
            status,
            usage: self.usage,
            first_byte_ms,
            ms,
            error: error.map(|error| error.kind),
            request_id: self.request_id().or_else(|| error.and_then(|error| error.request_id.clone())),
        };
        self.books.lock().unwrap_or_else(PoisonError::into_inner).attempt(&self.binding, &ending)
    }

    fn request_id(&self) -> Option<String> {
        let headers = self.headers.as_ref()?;
        let id = headers.get("request-id").or_else(|| headers.get("x-request-id"))?;
        Some(id.to_str().ok()?.to_owned())
    }

    fn ms(&self) -> u64 {
        u64::try_from(self.shared.setup.clock.now().since(self.at).as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if !self.ended {
            self.end(LEFT, Some(&ProviderError::new(ErrorKind::Cancelled, "the client left")));
        }
    }
}
