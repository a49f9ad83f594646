//! Which values of the environment the redactor is told of, before anything is written anywhere.

use std::path::Path;

use percent_encoding::percent_decode_str;

use super::home::Environment;

/// How the names of variables end whose values are secret.
const SECRET: [&str; 5] = ["_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "_PASSWD"];

/// Headers for a collector: `name=value,name=value`, values as they stand in addresses.
const HEADERS: (&str, &str) = ("OTEL_EXPORTER_OTLP_", "HEADERS");

/// Tells the redactor of every secret that the environment holds. Keys of providers follow when they are looked up: those in the
/// keyring, and those in variables with other names.
pub(crate) fn learn(environment: &Environment) {
    for (name, value) in environment.all() {
        of_variable(&name, &value).iter().for_each(|secret| {
            redact::global().learn(secret);
        });
    }
}

/// The secrets in a variable.
fn of_variable(name: &str, value: &str) -> Vec<String> {
    if name.starts_with(HEADERS.0) && name.ends_with(HEADERS.1) {
        return of_headers(value);
    }
    let upper = name.to_ascii_uppercase();
    // Where a key is kept (`SSL_CLIENT_KEY=/etc/...`) is no key.
    let is_place = Path::new(value).is_absolute() && Path::new(value).exists();
    let is_secret = SECRET.iter().any(|end| upper.ends_with(end)) && !is_place;
    is_secret.then(|| value.to_owned()).into_iter().collect()
}

/// The values of headers, with and without the word for the kind of credential before them.
fn of_headers(headers: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    for value in headers.split(',').filter_map(|header| header.split_once('=')).map(|(_, value)| value.trim()) {
        let plain = percent_decode_str(value).decode_utf8_lossy().into_owned();
        let bare = plain.split_once(' ').map(|(_, credential)| credential.to_owned());
        secrets.extend(bare);
        secrets.extend([value.to_owned(), plain]);
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_40_values_are_secret_by_the_names_of_their_variables() {
        for name in ["ANTHROPIC_API_KEY", "my_token", "AWS_SECRET_ACCESS_KEY", "CLIENT_SECRET", "DB_PASSWORD"] {
            assert_eq!(of_variable(name, "some-value-of-it"), ["some-value-of-it"], "{name}");
        }
        for (name, value) in [("PATH", "/usr/bin"), ("KEYBOARD", "qwerty-layout"), ("SSH_HOST_KEY", "/etc/hosts")] {
            assert!(of_variable(name, value).is_empty(), "{name}");
        }
    }

    #[test]
    fn sec_40_headers_for_a_collector_are_secret_in_every_form() {
        let secrets = of_variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer%20abc-1,x-team=blue");
        assert_eq!(secrets, ["abc-1", "Bearer%20abc-1", "Bearer abc-1", "blue", "blue"]);
    }
}
