//! A request that is refused, with what only some of the vendors' error answers carry.

use protocol::{Dialect, ErrorKind, ProviderError};
use serde_json::{Value, json};

/// What a proxy in front of a provider says when there is nobody behind it.
const PAGE: &str =
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n";

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: ProviderError,
    /// The parameter that OpenAI blames (`input[2].id`).
    pub(crate) param: Option<String>,
    /// OpenAI's word for what is wrong, where it is not the kind's usual one.
    pub(crate) code: Option<&'static str>,
    /// The answer is no error object but a page of a proxy's.
    pub(crate) is_page: bool,
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self { error, param: None, code: None, is_page: false }
    }
}

/// The text of a 400.
impl From<String> for Failure {
    fn from(message: String) -> Self {
        ProviderError::new(ErrorKind::InvalidRequest, message).into()
    }
}

impl Failure {
    /// A 400 that blames a parameter.
    pub(crate) fn of(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::from(message.into()) }
    }

    /// With OpenAI's code.
    pub(crate) fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// With another status than the kind's usual one.
    pub(crate) fn status(mut self, status: u16) -> Self {
        self.error.status = Some(status);
        self
    }

    /// A page of a proxy's.
    pub(crate) fn page() -> Self {
        let mut error = ProviderError::new(ErrorKind::Server, PAGE);
        error.status = Some(502);
        Self { is_page: true, ..error.into() }
    }

    /// Status and body.
    pub(crate) fn write(&self, dialect: Dialect) -> (u16, Vec<u8>) {
        if self.is_page {
            return (502, PAGE.as_bytes().to_vec());
        }
        let (status, body) = wire::codec(dialect).write_error(&self.error);
        if dialect == Dialect::AnthropicMessages || (self.param.is_none() && self.code.is_none()) {
            return (status, body);
        }
        let mut value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(error) = value.get_mut("error").and_then(Value::as_object_mut) {
            error.insert("param".to_owned(), json!(self.param));
            if self.code.is_some() {
                error.insert("code".to_owned(), json!(self.code));
            }
        }
        (status, value.to_string().into_bytes())
    }
}
