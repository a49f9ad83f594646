//! The shapes in which a known secret turns up.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What most programs leave alone in an address.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// From this length on, a part of a secret still says what it is: its beginning is a secret too.
const LONG: usize = 20;

/// Characters of the beginning of a long secret that are looked for. Programs like to show keys cut short.
pub(crate) const HEAD: usize = 12;

/// Characters after a vendor's prefix that make a beginning this secret's own.
const OWN: usize = 6;

/// Beginnings that all keys of a vendor have: they are no secret.
const VENDORS: [&str; 12] = [
    "sk-ant-api03-",
    "sk-ant-admin01-",
    "sk-ant-oat01-",
    "sk-ant-",
    "sk-proj-",
    "sk-svcacct-",
    "sk-or-v1-",
    "sk-",
    "github_pat_",
    "agw-",
    "xoxb-",
    "gsk_",
];

/// Lines of a secret (of a private key, say) that are long enough to be looked for alone.
const LINE: usize = 16;

/// Everything to look for, and the beginning of it where that is telling.
pub(crate) fn of(secret: &str) -> (Vec<String>, Option<String>) {
    let mut forms: Vec<String> =
        secret.lines().map(str::trim).filter(|line| line.len() >= LINE && *line != secret).map(str::to_owned).collect();
    forms.push(secret.to_owned());
    forms.push(in_json(secret));
    for set in [NON_ALPHANUMERIC, &UNRESERVED] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        forms.push(in_small_hexadecimal(&encoded));
        forms.push(encoded);
    }
    for shift in 0..3 {
        forms.push(base64(&STANDARD_NO_PAD, secret, shift));
        forms.push(base64(&URL_SAFE_NO_PAD, secret, shift));
    }
    (forms, head(secret))
}

fn in_json(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(secret).to_owned()
}

/// `%2F` as `%2f`.
fn in_small_hexadecimal(encoded: &str) -> String {
    let mut left = 0;
    encoded
        .chars()
        .map(|c| {
            left = if c == '%' { 2 } else { i32::max(left - 1, -1) };
            if left >= 0 { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

/// The characters that a secret always has in base64 when `shift` bytes (and any number of threes) stand before it, as in
/// `user:secret`. What its neighbours reach into is left out.
fn base64(engine: &impl base64::Engine, secret: &str, shift: usize) -> String {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(secret.as_bytes());
    let encoded = engine.encode(&bytes);
    let from = (shift * 8).div_ceil(6);
    let to = bytes.len() * 8 / 6;
    encoded.get(from..to).unwrap_or_default().to_owned()
}

/// The beginning that tells a long secret from others.
fn head(secret: &str) -> Option<String> {
    let vendor =
        VENDORS.iter().filter(|prefix| secret.starts_with(**prefix)).map(|prefix| prefix.len()).max().unwrap_or(0);
    let length = usize::max(HEAD, vendor + OWN);
    let is_long = secret.chars().count() >= usize::max(LONG, length + OWN);
    is_long.then(|| secret.chars().take(length).collect())
}

#[cfg(test)]
mod tests {
    use super::{STANDARD_NO_PAD, base64, head, in_small_hexadecimal, of};
    use base64::Engine as _;

    #[test]
    fn base64_is_found_whatever_stands_around_it() {
        let secret = "s3cret/with+odd=chars";
        for (before, after) in [("", ""), ("u", "x"), ("us", "xy"), ("user:", "\n"), ("abcdef", "")] {
            let whole = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
            let form = base64(&STANDARD_NO_PAD, secret, before.len() % 3);
            assert!(form.len() >= 24 && whole.contains(&form), "{whole} {form}");
        }
    }

    #[test]
    fn percent_signs_are_followed_by_small_letters_and_nothing_else_changes() {
        assert_eq!(in_small_hexadecimal("A%2FB%3DCD"), "A%2fB%3dCD");
    }

    #[test]
    fn the_beginning_of_a_key_is_more_than_its_vendor() {
        assert_eq!(head("sk-CANARY-0123-4567-89ab").as_deref(), Some("sk-CANARY-01"));
        assert_eq!(head("sk-ant-api03-abcdefghijklmnop").as_deref(), Some("sk-ant-api03-abcdef"));
        assert_eq!(head("correct-horse"), None);
    }

    #[test]
    fn lines_of_a_long_secret_are_secrets() {
        let (forms, _) = of("-----BEGIN X-----\nMIIEvQIBADANBgkqhki\nshort\n");
        assert!(forms.iter().any(|form| form == "MIIEvQIBADANBgkqhki"));
        assert!(!forms.iter().any(|form| form == "short"));
    }
}
