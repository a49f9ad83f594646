//! How a browser shows a token: as the password that it asks for. Client programs send it as they do for models.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;

use crate::core::{Denied, Page};

/// Longest credential that is decoded, in characters.
const LONGEST: usize = 512;

/// The password of `authorization: Basic`, whatever the user's name is.
pub(super) fn password(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all("authorization").iter();
    let value = values.next()?.to_str().ok().filter(|value| value.len() <= LONGEST)?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(decoded(coded.trim())?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

/// Base64, with padding or without.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let padding = DecodePaddingMode::Indifferent;
    let engine = GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(padding));
    engine.decode(text).ok()
}

/// Asks for it.
pub(super) fn asked(denied: &Denied) -> Page {
    let headers = vec![
        ("content-type", "text/plain; charset=utf-8".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("www-authenticate", "Basic realm=\"agent gateway\", charset=\"UTF-8\"".to_owned()),
    ];
    let body = format!("{}\nIn a browser, give the token as the password; any user name will do.\n", denied.message);
    Page { status: 401, headers, body: body.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value.parse().unwrap());
        password(&headers)
    }

    #[test]
    fn the_password_is_what_stands_behind_the_users_name() {
        assert_eq!(of("Basic dXNlcjphZ3ctMTI=").as_deref(), Some("agw-12"));
        assert_eq!(of("basic OmE6Yg").as_deref(), Some("a:b"), "no name, a colon in it, no padding");
        for wrong in ["Bearer dXNlcjphZ3ctMTI=", "Basic", "Basic !!!", "Basic dXNlcg==", "Basic /w==", ""] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        assert_eq!(of(&format!("Basic {}", "A".repeat(1_000))), None);
    }
}
