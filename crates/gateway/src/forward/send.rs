//! What is sent to a binding: the client's own bytes where the dialect is the same, else a translation.

use std::sync::Arc;

use brains::Client;
use bytes::Bytes;
use http::HeaderMap;
use protocol::{Dialect, ErrorKind, ProviderError, Request};
use wire::translate::{self, Reverse, Target};
use wire::{ReplyReader, ReplyWriter, WireError};

use crate::ask::Ask;
use crate::forward::off_loop::off_loop;
use crate::forward::{headers, splice};
use crate::route::Binding;

/// A request, ready for one binding.
pub(crate) struct Sending {
    pub(crate) client: Arc<Client>,
    pub(crate) dialect: Dialect,
    pub(crate) body: Bytes,
    pub(crate) headers: HeaderMap,
    pub(crate) path: String,
    pub(crate) way: Way,
}

/// How the answer comes back.
pub(crate) enum Way {
    /// As it is.
    Same,
    /// Read in one dialect and written in another.
    Other(Box<Other>),
}

/// Both halves of a translation.
pub(crate) struct Other {
    pub(crate) reader: Box<dyn ReplyReader>,
    pub(crate) writer: Box<dyn ReplyWriter>,
    pub(crate) reverse: Reverse,
}

/// The client's request, read at most once however many bindings are tried.
#[derive(Default)]
pub(crate) struct Read(Option<Arc<Request>>);

impl Read {
    /// The request.
    ///
    /// # Errors
    /// `InvalidRequest`, naming the place.
    pub(crate) async fn get(&mut self, ask: &Arc<Ask>) -> Result<Arc<Request>, Box<ProviderError>> {
        if let Some(request) = &self.0 {
            return Ok(Arc::clone(request));
        }
        let own = Arc::clone(ask);
        let read = move || {
            wire::codec(own.dialect).read_request(&own.body).map(Arc::new).map_err(|error| refused(error).into())
        };
        let request = off_loop(ask.body.len(), read).await?;
        self.0 = Some(Arc::clone(&request));
        Ok(request)
    }
}

/// Makes a request ready for a binding. What is `native` can only be done in the client's own dialect.
///
/// # Errors
/// `InvalidRequest` where the request cannot be read, or cannot be said in the binding's dialect; `NotFound` where the binding has no
/// dialect that will do.
pub(crate) async fn ready(
    ask: &Arc<Ask>,
    read: &mut Read,
    binding: &Arc<Binding>,
    native: bool,
) -> Result<Sending, Box<ProviderError>> {
    let own = binding.clients.iter().find(|(dialect, _)| *dialect == ask.dialect);
    let sealed = own.is_some() && !native && translate::is_sealed(&ask.body);
    match own {
        Some((_, client)) if !sealed => same(ask, binding, client),
        Some((dialect, client)) => other(ask, read, binding, *dialect, client).await,
        None if native => {
            let message = format!("`{}` does not speak {}, which this path needs", binding.name, ask.dialect.name());
            Err(Box::new(ProviderError::new(ErrorKind::NotFound, message)))
        }
        None => match binding.clients.first() {
            Some((dialect, client)) => other(ask, read, binding, *dialect, client).await,
            None => Err(Box::new(ProviderError::new(
                ErrorKind::Server,
                format!("binding `{}` has no connection", binding.name),
            ))),
        },
    }
}

fn same(ask: &Arc<Ask>, binding: &Arc<Binding>, client: &Arc<Client>) -> Result<Sending, Box<ProviderError>> {
    let body = if ask.model == binding.model {
        ask.body.clone()
    } else {
        let spliced = splice::with_model(&ask.body, &binding.model);
        spliced
            .ok_or_else(|| ProviderError::new(ErrorKind::InvalidRequest, "model: exactly one is needed, as a string"))?
    };
    Ok(Sending {
        client: Arc::clone(client),
        dialect: ask.dialect,
        body,
        headers: kept_together(headers::same(&ask.headers, &ask.id), ask, binding),
        path: ask.path_and_query.clone(),
        way: Way::Same,
    })
}

async fn other(
    ask: &Arc<Ask>,
    read: &mut Read,
    binding: &Arc<Binding>,
    dialect: Dialect,
    client: &Arc<Client>,
) -> Result<Sending, Box<ProviderError>> {
    let request = read.get(ask).await?;
    let target = target(ask, binding, dialect);
    let (from, original) = (ask.dialect, Arc::clone(&request));
    let (body, reverse) = off_loop(ask.body.len(), move || {
        let mut request = Request::clone(&original);
        let reverse = translate::prepare(&mut request, from, &target).map_err(refused)?;
        request.model.clone_from(&target.model);
        let body = wire::codec(dialect).write_request(&request).map_err(refused)?;
        Ok((Bytes::from(body), reverse))
    })
    .await?;
    let codec = wire::codec(dialect);
    let other = Other { reader: codec.reply_reader(), writer: wire::codec(from).reply_writer(&request), reverse };
    Ok(Sending {
        client: Arc::clone(client),
        dialect,
        body,
        headers: kept_together(headers::other(&ask.headers, &ask.id), ask, binding),
        path: codec.path().to_owned(),
        way: Way::Other(Box::new(other)),
    })
}

/// With the header by which the provider keeps a conversation where its cache is, unless the client says that itself.
fn kept_together(mut headers: HeaderMap, ask: &Ask, binding: &Binding) -> HeaderMap {
    if let Some((name, value)) = binding.affinity(&ask.session) {
        headers.entry(name).or_insert(value);
    }
    headers
}

fn target(ask: &Ask, binding: &Binding, dialect: Dialect) -> Target {
    Target {
        model: binding.model.clone(),
        fallback_id: ask.id.to_string(),
        session: Some(ask.session.to_string()),
        shown_model: Some(ask.model.clone()),
        ..Target::new(dialect, binding.provider.clone())
    }
}

/// What a client is told about a request that cannot be read or said.
pub(crate) fn refused(error: WireError) -> ProviderError {
    match error {
        WireError::Provider(error) => error,
        other => {
            ProviderError { status: Some(400), ..ProviderError::new(ErrorKind::InvalidRequest, other.to_string()) }
        }
    }
}
