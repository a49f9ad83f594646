use super::{EXPRESSION, Kind, find};

/// Put together here, so that no scanner takes this file for a leak.
fn samples() -> Vec<(Kind, String)> {
    let body = "aB3dE6gH9jK2mN5pQ8sT1vW4xY7z0AbCdEfGhIjK";
    let upper = "ABCDEFGHIJ234567";
    vec![
        (Kind::ApiKey, format!("sk-{body}")),
        (Kind::ApiKey, format!("sk-proj-{body}")),
        (Kind::ApiKey, format!("sk-ant-api03-{body}-{body}")),
        (Kind::ApiKey, "sk-CANARY-0f8fad5b-d9cb-469f-a165-70867728950e".to_owned()),
        (Kind::ApiKey, format!("sk_live_{body}")),
        (Kind::ApiKey, format!("gsk_{body}")),
        (Kind::CodeHostToken, format!("ghp_{}", &body[..36])),
        (Kind::CodeHostToken, format!("github_pat_{body}_{body}")),
        (Kind::CodeHostToken, format!("glpat-{}", &body[..20])),
        (Kind::CloudKey, format!("AKIA{upper}")),
        (Kind::CloudKey, format!("AIza{}", &body[..35])),
        (Kind::ChatToken, format!("xoxb-1234567890-{body}")),
        (Kind::GatewayToken, format!("agw-{}", "0123456789abcdef".repeat(4))),
        (Kind::Jwt, format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{body}")),
    ]
}

#[test]
fn every_pattern_is_read() {
    assert!(EXPRESSION.is_some());
}

#[test]
fn sec_40_every_kind_is_found_in_every_surrounding() {
    for (kind, secret) in samples() {
        for (before, after) in
            [("", ""), ("key is ", " ok"), ("\"", "\","), ("x=", "\n"), ("(", ")"), ("\u{1b}[1m ", "\u{1b}[0m")]
        {
            let text = format!("{before}{secret}{after}");
            let found = find(&text);
            assert_eq!(found, [(before.len()..before.len() + secret.len(), kind)], "{text}");
        }
    }
}

fn taken(text: &str) -> Vec<(&str, Kind)> {
    find(text).into_iter().map(|(place, kind)| (&text[place], kind)).collect()
}

#[test]
fn sec_40_passwords_in_addresses_and_headers_are_found_and_the_host_stays() {
    assert_eq!(taken("git clone https://me:hunter2@a.test/x.git"), [("hunter2", Kind::UrlPassword)]);
    assert_eq!(taken("postgres://app:p%40ss@db.test:5432/x"), [("p%40ss", Kind::UrlPassword)]);
    assert_eq!(taken("Authorization: Basic dXNlcjpwYXNzd29yZA=="), [("dXNlcjpwYXNzd29yZA==", Kind::Credential)]);
    assert_eq!(taken(r#"{"x-api-key": "abc123def456"}"#), [("abc123def456", Kind::Credential)]);
    assert_eq!(taken(r#"{\"authorization\":\"Bearer abc123def456\"}"#), [("abc123def456", Kind::Credential)]);
    assert_eq!(taken("curl -H 'authorization: bearer T0kenT0kenT0ken'"), [("T0kenT0kenT0ken", Kind::Credential)]);
    assert_eq!(taken("sent Bearer T0kenT0kenT0kenX"), [("T0kenT0kenT0kenX", Kind::Credential)]);
    let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzKEYx";
    assert_eq!(taken(&format!("aws_secret_access_key = {secret}")), [(secret, Kind::CloudKey)]);
    assert_eq!(taken("DB_PASSWORD=correcthorse"), [("correcthorse", Kind::Variable)]);
}

#[test]
fn sec_40_private_keys_are_found_whole_and_cut_short() {
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
    let key = format!("-----BEGIN {0}PRIVATE KEY-----\n{line}\n{line}\n-----END {0}PRIVATE KEY-----", "RSA ");
    assert_eq!(taken(&format!("a\n{key}\nb")), [(key.as_str(), Kind::PrivateKey)]);
    let cut = format!("-----BEGIN PRIVATE KEY-----\n{line}");
    assert_eq!(taken(&format!("a {cut}")), [(cut.as_str(), Kind::PrivateKey)]);
}

#[test]
fn ordinary_work_is_left_alone() {
    for text in [
        "max_tokens = 4096; let token = lexer.next_token();",
        "see https://user@a.test:8080/x and ssh://git@a.test/x.git",
        "http://a.test:8080/path@2 time 12:30 a@b.test",
        "pip install sk-learn-contrib-helper-package",
        "task-0123456789abcdef0123456789 disk-sk",
        "uses bearer authentication-with-tokens",
        "authorization: required",
        "commit 4a55494f0e8b8a3d2c1b0a9f8e7d6c5b4a392817",
        "AKIA is the beginning; ghp_ too; xox; eyJ.a.b",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "API_TOKEN=$TOKEN SECRET=[secret: variable]",
    ] {
        assert_eq!(taken(text), [], "{text}");
    }
}
