#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests put programs into real folders")]

use std::io::Write as _;

use tempfile::TempDir;

use super::*;

/// A `secret-tool` that does this, and an environment in which it is found.
fn with(script: &str) -> (TempDir, Environment) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-tool");
    // Not written by this process: what another test starts in that moment would hold it open, and nothing that is written to runs.
    let mut writer = Command::new("sh");
    writer.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(&path).stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
    let pairs = [
        ("PATH", folder.path().display().to_string()),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere".to_owned()),
        ("ANTHROPIC_API_KEY", "not for it".to_owned()),
    ];
    let environment = Environment::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)));
    (folder, environment)
}

/// As it answers: items on one output, their attributes on the other; keys with and without an end of line.
const TWO: &str = r#"
case "$1" in
  search) [ "$*" = "search --all service tandem" ] || exit 1
    echo "[/1]"; echo "secret = sk-one"; echo "attribute.service = tandem" >&2; echo "attribute.username = anthropic" >&2
    echo "[/2]"; echo "secret = sk-two"; echo "attribute.username = openai" >&2;;
  lookup) [ "$2 $3 $4" = "service tandem username" ] || exit 1
    case "$5" in anthropic) printf sk-one;; openai) echo sk-two;; *) exit 1;; esac;;
esac"#;

#[test]
fn keys_are_found_by_the_providers_name() {
    let (_folder, environment) = with(TWO);
    let ring = Keyring::open(&environment);
    let key = |provider: &str| ring.key(provider).map(|key| key.expose_secret().to_owned());
    assert_eq!(ring.nothing(), None);
    assert_eq!(key("anthropic").as_deref(), Some("sk-one"));
    assert_eq!(key("openai").as_deref(), Some("sk-two"));
    assert_eq!(key("mistral"), None);
}

#[test]
fn the_program_is_told_nothing_of_the_environment_but_the_way_to_the_keyring() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let (_folder, environment) = with(&format!("/usr/bin/env > {}", told.display()));
    Keyring::open(&environment);
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.contains("DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere"), "{told}");
    assert!(!told.contains("ANTHROPIC"), "{told}");
}

#[test]
fn what_is_missing_is_said() {
    let nothing = |script: &str| {
        let (_folder, environment) = with(script);
        Keyring::open(&environment).nothing().unwrap()
    };
    assert!(nothing("exit 0").contains("no item of service `tandem`"));
    assert!(nothing("echo no bus >&2; exit 1").contains("cannot reach it"));
    assert!(
        nothing("echo '[/1]'; echo 'label = '; echo 'attribute.gkr:compat:hashed:username = 55' >&2")
            .contains("locked")
    );
    // It waits for somebody who is not there.
    assert!(nothing("exec sleep 600").contains("does not answer"));
    let bare = Environment::of([("PATH".to_owned(), "/usr/bin".to_owned())].into_iter());
    assert!(Keyring::open(&bare).nothing().unwrap().contains("D-Bus"));
    // Not the one of whatever folder the program is started in.
    let (_folder, environment) = with(TWO);
    let relative = environment.with([("PATH".to_owned(), ".:bin:".to_owned())]);
    assert!(Keyring::open(&relative).nothing().unwrap().contains("not installed"));
}
