//! The list of models, by which `doctor` sees that address and key are right.

use std::time::Duration;

use bytes::Bytes;
use protocol::{Dialect, ErrorKind, ProviderError};
use reqwest::Method;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::text::excerpt;
use crate::transport::Outgoing;

/// A person waits for this one.
const PATIENCE: Duration = Duration::from_secs(15);

/// Longest list that is read.
const LONGEST: usize = 16 * 1024 * 1024;

impl Client {
    /// The models that the provider offers to this key, in its own order: `GET /v1/models`, one attempt, at most 15 seconds.
    ///
    /// # Errors
    /// Those of any call; [`ErrorKind::Malformed`] when the answer is no list of models.
    pub async fn models(&self) -> Result<Vec<String>, ProviderError> {
        tokio::time::timeout(PATIENCE, self.list()).await.unwrap_or_else(|_| {
            let message = format!("no list of models within {} s", PATIENCE.as_secs());
            Err(ProviderError::new(ErrorKind::Timeout, message))
        })
    }

    async fn list(&self) -> Result<Vec<String>, ProviderError> {
        let path = match self.endpoint.dialect {
            // Otherwise the first 20.
            Dialect::AnthropicMessages => "/v1/models?limit=1000",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => "/v1/models",
        };
        let url = self.base.join(path);
        let request = Outgoing { method: Method::GET, url, headers: self.headers.clone(), body: Bytes::new() };
        let mut opened = self.exchange(&request, &CancellationToken::new()).await.map_err(|fault| fault.error)?;
        let (body, _) = opened.body.rest(LONGEST, Vec::new()).await?;
        ids(&body).ok_or_else(|| {
            let message = format!("the answer is no list of models; it begins: {}", excerpt(&body));
            ProviderError::new(ErrorKind::Malformed, message)
        })
    }
}

/// `{"data": [{"id": ...}]}` of both vendors, or the list itself as some servers send it. A server without models may say
/// `"data": null`.
fn ids(body: &[u8]) -> Option<Vec<String>> {
    let mut listing: Value = serde_json::from_slice(body).ok()?;
    let models = match listing.get_mut("data") {
        Some(Value::Null) => return Some(Vec::new()),
        Some(data) => data.take(),
        None => listing,
    };
    let models = models.as_array()?;
    models.iter().map(|model| Some(model.get("id")?.as_str()?.to_owned())).collect()
}
