//! The attempts of one request: binding after binding, until an answer begins that stands, or nothing more may be tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use protocol::{Dialect, ErrorKind, ProviderError, Usd};
use wire::translate;

use crate::ask::Ask;
use crate::door::body::Load;
use crate::forward::attempt::attempt;
use crate::forward::relay::Flow;
use crate::forward::send::Read;
use crate::forward::trial::{Books, Trial};
use crate::route::{Binding, Plan};
use crate::serve::Shared;

/// What a request's path says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Tokens are to be counted.
    pub(crate) counts: bool,
    /// Only an upstream of the client's dialect will do.
    pub(crate) native: bool,
}

/// A request that is to be answered.
pub(crate) struct Job {
    pub(crate) shared: Arc<Shared>,
    pub(crate) ask: Arc<Ask>,
    pub(crate) plan: Plan,
    pub(crate) books: Books,
    pub(crate) read: Read,
    pub(crate) demand: Demand,
    /// Something was sent to the client: what fails from now on has failed.
    pub(crate) committed: Arc<AtomicBool>,
    /// The request's body, for as long as it may be sent again.
    pub(crate) _load: Load,
}

/// How an answer begins.
pub(crate) enum Begun {
    /// As a stream.
    Stream(Box<Flow>),
    /// All of it is there.
    Whole(Box<Whole>),
    /// Not at all.
    Failed(Box<Failed>),
}

/// A whole answer.
pub(crate) struct Whole {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) cost: Option<Usd>,
    pub(crate) binding: Arc<Binding>,
}

/// Why there is no answer.
pub(crate) struct Failed {
    pub(crate) error: ProviderError,
    /// The provider's own words, where there are any, in this dialect.
    pub(crate) words: Option<Words>,
    pub(crate) binding: Option<Arc<Binding>>,
}

/// An error as the provider wrote it.
pub(crate) struct Words {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) dialect: Dialect,
    /// It was the beginning of an event stream with status 200.
    pub(crate) streamed: bool,
}

/// An attempt that did not do.
pub(crate) struct Miss {
    pub(crate) failed: Failed,
    pub(crate) trial: Trial,
    /// Another attempt at the same binding can help.
    pub(crate) again: bool,
    /// Another binding may be asked.
    pub(crate) elsewhere: bool,
    /// What was sent was a translation.
    pub(crate) translated: bool,
    /// For the pause before the next attempt; none where nothing was sent.
    pub(crate) client: Option<Arc<brains::Client>>,
}

/// Tries the bindings of the plan.
pub(crate) async fn begin(mut job: Job) -> Begun {
    let mut last: Option<Failed> = None;
    // A binding that is being left alone is passed over; why, is said only where nothing was tried at all.
    let mut passed_over: Option<Failed> = None;
    let mut made = 0;
    for (place, binding) in job.plan.bindings.clone().into_iter().enumerate() {
        let mut try_ = Try { place, retry: 0, plain_schemas: false };
        loop {
            if !job.may_try(made) {
                return given_up(last.or(passed_over));
            }
            if let Err(error) = job.admitted(&binding, try_.retry).await {
                passed_over.get_or_insert(Failed { error: *error, words: None, binding: None });
                break;
            }
            made += 1;
            let trial = Trial::begin(&job.shared, &job.books, &binding);
            let miss = match attempt(&mut job, &binding, try_, trial).await {
                Ok(begun) => return begun,
                Err(miss) => miss,
            };
            let next = job.after(*miss, &mut last, &mut try_).await;
            match next {
                Next::Same => {}
                Next::Other => break,
                Next::Nobody => return given_up(last.or(passed_over)),
            }
        }
    }
    given_up(last.or(passed_over))
}

/// Which attempt at a binding it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    /// The binding's number in the plan.
    pub(crate) place: usize,
    /// Number of the attempt, from 0.
    retry: u32,
    /// With tool schemas that every server takes.
    pub(crate) plain_schemas: bool,
}

/// Who is asked after a failed attempt.
enum Next {
    Same,
    Other,
    Nobody,
}

impl Job {
    /// Writes down a failed attempt, decides what follows, and waits for it.
    async fn after(&self, mut miss: Miss, last: &mut Option<Failed>, try_: &mut Try) -> Next {
        miss.trial.end(miss.failed.status(self.ask.dialect), Some(&miss.failed.error));
        drop(miss.trial);
        let error = &miss.failed.error;
        tracing::debug!(request = %self.ask.id, %error, "attempt failed");
        let pause = miss.client.as_ref().and_then(|client| client.pause(try_.retry as usize, error));
        let schema = miss.translated && !try_.plain_schemas && translate::blames_schema(error);
        if try_.plain_schemas && miss.client.is_none() {
            // Nothing was left to change: what the server said stands.
            return Next::Nobody;
        }
        // One provider that does not know the model says nothing about the next one; its "no" is the answer only if all say so.
        if error.kind != ErrorKind::NotFound || last.is_none() {
            *last = Some(miss.failed);
        }
        if schema {
            try_.plain_schemas = true;
            return Next::Same;
        }
        if !miss.again && !miss.elsewhere {
            return Next::Nobody;
        }
        if !miss.again || try_.retry == self.plan.retries || !self.pause(pause).await {
            return Next::Other;
        }
        try_.retry += 1;
        Next::Same
    }

    /// Whether another attempt may begin. The first one always may.
    fn may_try(&self, made: u32) -> bool {
        made == 0 || (made < self.plan.attempts && !self.is_committed() && !self.left().is_zero())
    }

    /// Lets an attempt through. Where the binding was asked before, what it has still to be left alone for is waited for.
    async fn admitted(&self, binding: &Arc<Binding>, retry: u32) -> Result<(), Box<ProviderError>> {
        let router = &self.shared.setup.router;
        match router.admit(binding) {
            Err(error) if retry > 0 => {
                let wait = error.retry_after_ms.map(Duration::from_millis);
                if self.pause(wait).await { router.admit(binding) } else { Err(error) }
            }
            admitted => admitted,
        }
    }

    /// Whether the client has been sent something.
    pub(crate) fn is_committed(&self) -> bool {
        self.committed.load(Ordering::Acquire)
    }

    /// How long the first byte of an answer is still waited for.
    pub(crate) fn left(&self) -> Duration {
        self.plan.deadline.saturating_sub(self.shared.setup.clock.now().since(self.ask.at))
    }

    /// Waits before the same binding is tried again. False where that would take too long.
    async fn pause(&self, pause: Option<Duration>) -> bool {
        let most = self.shared.setup.limits.patience.min(self.left());
        let Some(pause) = pause.filter(|pause| *pause <= most) else { return false };
        self.shared.setup.clock.sleep(pause).await;
        true
    }
}

impl Failed {
    /// The status that the client is told.
    pub(crate) fn status(&self, dialect: Dialect) -> u16 {
        match &self.words {
            Some(words) if words.dialect == dialect && words.status != 200 => words.status,
            _ => wire::codec(dialect).write_error(&self.error).0,
        }
    }
}

fn given_up(last: Option<Failed>) -> Begun {
    let failed = last.unwrap_or_else(|| Failed {
        error: ProviderError::new(ErrorKind::Overloaded, "nobody can serve this model at the moment"),
        words: None,
        binding: None,
    });
    Begun::Failed(Box::new(failed))
}
