//! What is sent to a binding: the client's own bytes where the dialect is the same, else a translation.

use std::sync::Arc;

use brains::Client;
use bytes::Bytes;
use catalogue::Catalogue;
use http::HeaderMap;
use protocol::{Dialect, Effort, ErrorKind, ProviderError, Request};
use wire::translate::{self, Reverse};
use wire::{ReplyReader, ReplyWriter, WireError};

use crate::ask::Ask;
use crate::forward::off_loop::off_loop;
use crate::forward::{headers, splice, target, usage_chunk};
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
    /// As it is, but for the chunk of usage that the client has not asked for.
    Same { hides_usage: bool },
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

/// What a request is made ready for.
#[derive(Clone, Copy)]
pub(crate) struct To<'a> {
    pub(crate) binding: &'a Arc<Binding>,
    pub(crate) catalogue: Option<&'a Catalogue>,
    /// How hard the lane thinks, where it says so. Only a translated request is changed by it.
    pub(crate) effort: Option<Effort>,
    /// Only the client's own dialect will do.
    pub(crate) native: bool,
    /// The server refused a tool's schema: they are reduced to what all servers take.
    pub(crate) plain_schemas: bool,
}

/// Makes a request ready for a binding.
///
/// # Errors
/// `InvalidRequest` where the request cannot be read, or cannot be said in the binding's dialect; `NotFound` where the binding has no
/// dialect that will do.
pub(crate) async fn ready(ask: &Arc<Ask>, read: &mut Read, to: To<'_>) -> Result<Sending, Box<ProviderError>> {
    let binding = to.binding;
    let own = binding.clients.iter().find(|(dialect, _)| *dialect == ask.dialect);
    let sealed = own.is_some() && !to.native && translate::is_sealed(&ask.body);
    match own {
        Some((_, client)) if !sealed => same(ask, to, client),
        Some((dialect, client)) => other(ask, read, to, *dialect, client).await,
        None if to.native => {
            let message = format!("`{}` does not speak {}, which this path needs", binding.name, ask.dialect.name());
            Err(Box::new(ProviderError::new(ErrorKind::NotFound, message)))
        }
        None => match binding.clients.first() {
            Some((dialect, client)) => other(ask, read, to, *dialect, client).await,
            None => Err(Box::new(ProviderError::new(
                ErrorKind::Server,
                format!("binding `{}` has no connection", binding.name),
            ))),
        },
    }
}

fn same(ask: &Arc<Ask>, to: To<'_>, client: &Arc<Client>) -> Result<Sending, Box<ProviderError>> {
    let binding = to.binding;
    let mut body = if ask.model == binding.model {
        ask.body.clone()
    } else {
        let spliced = splice::with_model(&ask.body, &binding.model);
        spliced
            .ok_or_else(|| ProviderError::new(ErrorKind::InvalidRequest, "model: exactly one is needed, as a string"))?
    };
    let asking = if tells_usage(ask, to) { usage_chunk::asking(&body) } else { None };
    let hides_usage = asking.is_some();
    if let Some(asking) = asking {
        body = asking;
    }
    Ok(Sending {
        client: Arc::clone(client),
        dialect: ask.dialect,
        body,
        headers: kept_together(headers::same(&ask.headers, &ask.id), ask, binding),
        path: ask.path_and_query.clone(),
        way: Way::Same { hides_usage },
    })
}

/// Whether the server tells what was billed where it is asked to, and not otherwise.
fn tells_usage(ask: &Ask, to: To<'_>) -> bool {
    let chat = ask.dialect == Dialect::OpenaiChat && ask.stream;
    to.catalogue
        .filter(|_| chat)
        .is_some_and(|catalogue| catalogue.chat_flavor(&to.binding.provider, &to.binding.model).include_usage)
}

async fn other(
    ask: &Arc<Ask>,
    read: &mut Read,
    to: To<'_>,
    dialect: Dialect,
    client: &Arc<Client>,
) -> Result<Sending, Box<ProviderError>> {
    let request = read.get(ask).await?;
    let target = target::of(to.catalogue, ask, to.binding, dialect);
    let (from, original, effort, plain) = (ask.dialect, Arc::clone(&request), to.effort, to.plain_schemas);
    let (body, reverse) = off_loop(ask.body.len(), move || {
        let mut request = Request::clone(&original);
        request.settings.effort = effort.or(request.settings.effort);
        let reverse = translate::prepare(&mut request, from, &target).map_err(refused)?;
        if plain && !translate::degrade_schemas(&mut request) {
            return Err(
                ProviderError::new(ErrorKind::InvalidRequest, "the tools' schemas are as plain as can be").into()
            );
        }
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
        headers: kept_together(headers::other(&ask.headers, &ask.id), ask, to.binding),
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

/// What a client is told about a request that cannot be read or said.
pub(crate) fn refused(error: WireError) -> ProviderError {
    match error {
        WireError::Provider(error) => error,
        other => {
            ProviderError { status: Some(400), ..ProviderError::new(ErrorKind::InvalidRequest, other.to_string()) }
        }
    }
}
