//! Model servers on this machine, on the ports that they use unless told otherwise.

use std::sync::Arc;
use std::time::Duration;

use brains::{Auth, Client, Endpoint, Policy};
use futures::future::join_all;
use protocol::{Clock, Dialect, ErrorKind, ProviderError};

use super::check::Check;

/// A server that is usually found at an address.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) server: &'static str,
    pub(super) url: String,
}

/// Nothing on this machine needs longer to list its models, and a person waits.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Names of models that are shown.
const SHOWN: usize = 5;

/// The usual places.
pub(super) fn usual() -> Vec<Place> {
    let at = |server, port: u16| Place { server, url: format!("http://127.0.0.1:{port}/v1") };
    vec![at("Ollama", 11_434), at("vLLM", 8_000), at("llama.cpp", 8_080)]
}

/// Asks all of them at once. One line for each server that is there, or one that says where none was.
pub(super) async fn checks(clock: &Arc<dyn Clock>, places: &[Place]) -> Vec<Check> {
    let found: Vec<Check> =
        join_all(places.iter().map(|place| probe(clock, place))).await.into_iter().flatten().collect();
    if !found.is_empty() {
        return found;
    }
    let looked: Vec<String> = places.iter().map(|place| format!("{} at {}", place.server, place.url)).collect();
    vec![Check::ok("local", format!("no model server at the usual places ({})", looked.join(", ")))]
}

async fn probe(clock: &Arc<dyn Clock>, place: &Place) -> Option<Check> {
    let endpoint = Endpoint {
        name: "local".to_owned(),
        dialect: Dialect::OpenaiChat,
        base_url: place.url.clone(),
        key: None,
        auth: Auth::None,
        headers: Vec::new(),
    };
    let policy = Policy { max_retries: 0, first_byte: PATIENCE, idle: PATIENCE, connect: PATIENCE };
    let client = Client::new(endpoint, policy, clock.clone(), None).ok()?;
    let answer = tokio::time::timeout(PATIENCE, client.models()).await.ok()?;
    reading(place, answer)
}

/// What an answer means. Whatever else listens on a port that many programs use is not spoken of.
fn reading(place: &Place, answer: Result<Vec<String>, ProviderError>) -> Option<Check> {
    let Place { server, url } = place;
    let title = "local";
    match answer {
        Ok(models) if models.is_empty() => Some(
            Check::ok(title, format!("{server} (or something like it) at {url}, without a model"))
                .with_hint("load or pull a model there, then come back"),
        ),
        Ok(models) => {
            let first: Vec<&str> = models.iter().take(SHOWN).map(String::as_str).collect();
            let more = if models.len() > SHOWN { ", ..." } else { "" };
            let name = models.first().map_or("NAME", |name| plain(name));
            Some(
                Check::ok(
                    title,
                    format!("{server} (or something like it) at {url}, models: {}{more}", first.join(", ")),
                )
                .with_hint(format!("use it with: agent chat --base-url {url} --model {name}")),
            )
        }
        Err(error) if error.kind == ErrorKind::Auth => Some(
            Check::ok(title, format!("{server} (or something like it) at {url}, which wants a key"))
                .with_hint(format!("use it with: agent chat --base-url {url} --key-env VARIABLE --model NAME")),
        ),
        Err(_) => None,
    }
}

/// A name that can be pasted into a shell as it is; another one is left to the user.
fn plain(name: &str) -> &str {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._:/@-".contains(c);
    if !name.starts_with('-') && name.chars().all(safe) { name } else { "NAME" }
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
