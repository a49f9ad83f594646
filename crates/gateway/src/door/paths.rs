//! Which path is what. The query does not matter, and `/v1` in front may be left out.

use http::Method;
use protocol::Dialect;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// A model.
    Model {
        dialect: Dialect,
        /// Tokens are to be counted.
        counts: bool,
        /// Only an upstream of the same dialect can do it.
        native: bool,
    },
    /// What would be decided, with nothing sent.
    Preview,
    /// A page that anybody may see.
    Open,
    /// Any other page.
    Page,
    /// Nothing: the path is one of ours, the method is not.
    WrongMethod,
}

/// A path as it is read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) what: For,
    /// With `/v1` in front, where it belongs there.
    pub(crate) path: String,
}

/// What a method and a path ask for.
pub(crate) fn place(method: &Method, path: &str) -> Place {
    let bare = path.strip_prefix("/v1").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let bare = if bare.len() > 1 { bare.trim_end_matches('/') } else { bare };
    let asked = |dialect, counts, native| {
        if method == Method::POST { For::Model { dialect, counts, native } } else { For::WrongMethod }
    };
    let reads = method == Method::GET || method == Method::HEAD;
    let versioned = |what| Place { what, path: format!("/v1{bare}") };
    match bare {
        "/messages" => versioned(asked(Dialect::AnthropicMessages, false, false)),
        "/messages/count_tokens" => versioned(asked(Dialect::AnthropicMessages, true, true)),
        "/chat/completions" => versioned(asked(Dialect::OpenaiChat, false, false)),
        "/responses" => versioned(asked(Dialect::OpenaiResponses, false, false)),
        "/responses/compact" => versioned(asked(Dialect::OpenaiResponses, false, true)),
        "/responses/input_tokens" => versioned(asked(Dialect::OpenaiResponses, true, true)),
        "/route" => versioned(if method == Method::POST { For::Preview } else { For::WrongMethod }),
        "/models" => versioned(if reads { For::Page } else { For::WrongMethod }),
        _ if bare.starts_with("/models/") => versioned(if reads { For::Page } else { For::WrongMethod }),
        "/healthz" | "/readyz" | "/api/hello" if reads => Place { what: For::Open, path: path.to_owned() },
        _ if reads || method == Method::POST => Place { what: For::Page, path: path.to_owned() },
        _ => Place { what: For::WrongMethod, path: path.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_the_same_with_and_without_its_version() {
        for path in ["/v1/messages", "/messages", "/v1/messages/"] {
            let place = place(&Method::POST, path);
            assert_eq!(
                place.what,
                For::Model { dialect: Dialect::AnthropicMessages, counts: false, native: false },
                "{path}"
            );
            assert_eq!(place.path, "/v1/messages");
        }
        assert_eq!(place(&Method::POST, "/responses").path, "/v1/responses");
        assert_eq!(place(&Method::GET, "/v1/models/a/b").what, For::Page);
        assert_eq!(place(&Method::GET, "/v1/messages").what, For::WrongMethod);
        assert_eq!(place(&Method::HEAD, "/api/hello").what, For::Open);
        assert_eq!(place(&Method::OPTIONS, "/v1/messages").what, For::WrongMethod);
        assert_eq!(place(&Method::GET, "/v1extra/messages").what, For::Page);
    }
}
