#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
use std::time::Duration;

use protocol::ManualClock;

use super::*;

const NOW: Timestamp = Timestamp(1_795_219_200_000);

fn made(state: &Path, name: &str) -> String {
    add(state, name, None, BTreeSet::new(), NOW).unwrap().expose_secret().to_owned()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn name(admitted: Result<Option<Arc<str>>, Denied>) -> Option<String> {
    admitted.ok().flatten().map(|name| name.to_string())
}

#[test]
fn gw_17_a_token_comes_in_by_either_header_and_by_its_own_name() {
    let state = tempfile::tempdir().unwrap();
    let (ci, me) = (made(state.path(), "ci"), made(state.path(), "me"));
    let tokens = Tokens::open(state.path(), false).unwrap();
    let admit = |pairs: &[(&'static str, &str)]| name(tokens.admit(&headers(pairs)));
    assert_eq!(admit(&[("authorization", &format!("Bearer {ci}"))]).as_deref(), Some("ci"));
    assert_eq!(admit(&[("authorization", &format!("bearer  {me}"))]).as_deref(), Some("me"));
    assert_eq!(admit(&[("x-api-key", &ci)]).as_deref(), Some("ci"));
    // Claude Code's key helper sends both.
    assert_eq!(admit(&[("x-api-key", &ci), ("authorization", &format!("Bearer {ci}"))]).as_deref(), Some("ci"));
    assert_eq!(name(tokens.admit_password(&me)).as_deref(), Some("me"));
}

#[test]
fn gw_17_whatever_is_no_token_is_refused_in_words_that_do_not_repeat_it() {
    let state = tempfile::tempdir().unwrap();
    let (ci, me) = (made(state.path(), "ci"), made(state.path(), "me"));
    let tokens = Tokens::open(state.path(), false).unwrap();
    let long = "A".repeat(64 * 1024);
    let bearer = |token: &str| format!("Bearer {token}");
    let cases: Vec<Vec<(&'static str, String)>> = vec![
        vec![],
        vec![("x-api-key", String::new())],
        vec![("authorization", String::new())],
        vec![("authorization", "Bearer".to_owned())],
        vec![("authorization", "Bearer ".to_owned())],
        vec![("authorization", format!("Basic {ci}"))],
        vec![("authorization", ci.clone())],
        vec![("authorization", bearer("' OR 1=1 --"))],
        vec![("authorization", bearer(&long))],
        vec![("x-api-key", long.clone())],
        vec![("x-api-key", "\u{fc}\u{fc}".to_owned())],
        vec![("x-api-key", ci[..ci.len() - 1].to_owned())],
        vec![("x-api-key", format!("{ci}0"))],
        vec![("x-api-key", ci.to_uppercase())],
        vec![("authorization", bearer(&ci)), ("authorization", bearer(&ci))],
        vec![("x-api-key", ci.clone()), ("x-api-key", ci.clone())],
        vec![("authorization", bearer(&ci)), ("x-api-key", me.clone())],
        vec![("authorization", bearer(&ci)), ("x-api-key", "sk-other".to_owned())],
        vec![("proxy-authorization", bearer(&ci))],
        vec![("cookie", format!("token={ci}"))],
    ];
    for case in cases {
        let pairs: Vec<(&'static str, &str)> = case.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let denied = tokens.admit(&headers(&pairs)).unwrap_err();
        assert_eq!(denied.kind, ErrorKind::Auth, "{pairs:?}");
        for secret in [&ci[4..12], "OR 1=1", "AAAA", "sk-other"] {
            assert!(!denied.message.contains(secret), "{}", denied.message);
        }
    }
    assert!(tokens.admit_password(&long).is_err() && tokens.admit_password("").is_err());
}

#[test]
fn gw_17_the_token_is_nowhere_on_the_disk_and_its_file_is_the_users_alone() {
    let state = tempfile::tempdir().unwrap();
    let token = made(state.path(), "ci");
    assert!(token.starts_with(PREFIX) && token.len() == PREFIX.len() + 64);
    let tokens = Tokens::open(state.path(), false).unwrap();
    let text = std::fs::read_to_string(path(state.path())).unwrap();
    assert!(text.contains("\"ci\"") && !text.contains(&token[4..20]));
    assert!(!format!("{tokens:?}").contains(&token[4..20]));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path(state.path())), 0o600);
        assert_eq!(mode(path(state.path()).parent().unwrap()), 0o700);
    }
}

#[tokio::test]
async fn gw_17_a_revoked_token_is_refused_within_a_second_by_a_gateway_that_runs() {
    let state = tempfile::tempdir().unwrap();
    let (ci, me) = (made(state.path(), "ci"), made(state.path(), "me"));
    let tokens = Arc::new(Tokens::open(state.path(), false).unwrap());
    let clock = Arc::new(ManualClock::new(NOW));
    let cancel = CancellationToken::new();
    let watching = {
        let (tokens, clock, cancel) = (tokens.clone(), clock.clone(), cancel.clone());
        tokio::spawn(async move { tokens.watch(clock.as_ref(), &cancel).await })
    };
    assert!(revoke(state.path(), "ci").unwrap());
    let new = made(state.path(), "new");
    let mut passed = Duration::ZERO;
    while tokens.admit(&headers(&[("x-api-key", &ci)])).is_ok() {
        assert!(passed < Duration::from_secs(1), "a second has passed");
        clock.advance(Duration::from_millis(50));
        passed += Duration::from_millis(50);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(name(tokens.admit(&headers(&[("x-api-key", &me)]))).as_deref(), Some("me"));
    assert_eq!(name(tokens.admit(&headers(&[("x-api-key", &new)]))).as_deref(), Some("new"));
    cancel.cancel();
    watching.await.unwrap();
}

#[test]
fn a_file_that_is_damaged_or_gone_lets_nobody_in() {
    let state = tempfile::tempdir().unwrap();
    let ci = made(state.path(), "ci");
    let tokens = Tokens::open(state.path(), false).unwrap();
    let comes_in = || tokens.admit(&headers(&[("x-api-key", &ci)])).is_ok();
    assert!(comes_in());
    let good = std::fs::read_to_string(path(state.path())).unwrap();
    for bad in [
        "",
        "{}",
        "[1]",
        &good.replace("\"version\": 1", "\"version\": 2"),
        &good.replace("\"hash\": \"", "\"hash\": \"z"),
    ] {
        std::fs::write(path(state.path()), bad).unwrap();
        assert!(matches!(tokens.look(), Err(TokenError::Damaged { .. })), "{bad}");
        assert!(!comes_in(), "{bad}");
        assert!(matches!(add(state.path(), "x", None, BTreeSet::new(), NOW), Err(TokenError::Damaged { .. })));
    }
    std::fs::write(path(state.path()), &good).unwrap();
    tokens.look().unwrap();
    assert!(comes_in());
    std::fs::remove_file(path(state.path())).unwrap();
    tokens.look().unwrap();
    assert!(!comes_in());
}

#[test]
fn names_are_plain_and_unique_and_lists_show_what_a_token_may() {
    let state = tempfile::tempdir().unwrap();
    let models = BTreeSet::from(["claude-haiku-*".to_owned()]);
    add(state.path(), "ci", Some(Usd::from_dollars(2.5)), models.clone(), NOW).unwrap();
    for bad in ["", "a b", "../x", &"x".repeat(65), "a/b", "ü"] {
        assert!(matches!(add(state.path(), bad, None, BTreeSet::new(), NOW), Err(TokenError::Name(_))), "{bad}");
    }
    assert!(matches!(add(state.path(), "ci", None, BTreeSet::new(), NOW), Err(TokenError::Taken(_))));
    let listed = list(state.path()).unwrap();
    assert_eq!((listed.len(), listed[0].budget(), &listed[0].models), (1, Some(Usd::from_dollars(2.5)), &models));
    assert!(!revoke(state.path(), "nobody").unwrap());
}

#[test]
fn a_token_for_some_models_is_for_those_by_any_of_their_names() {
    let of = |patterns: &[&str]| Grant {
        name: "t".to_owned(),
        created_at: NOW,
        budget_picos: None,
        models: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
        hash: String::new(),
    };
    assert!(of(&[]).allows(Some("any"), "thing"));
    let haiku = of(&["claude-haiku-*", "openai/gpt-6"]);
    assert!(haiku.allows(Some("anthropic"), "claude-haiku-5-5"));
    assert!(haiku.allows(Some("openrouter"), "anthropic/claude-haiku-5.5"));
    assert!(haiku.allows(Some("openai"), "gpt-6"));
    assert!(haiku.allows(None, "anthropic/claude-haiku-5-5"));
    assert!(!haiku.allows(Some("azure"), "gpt-6"));
    assert!(!haiku.allows(Some("openai"), "gpt-6-pro"));
    assert!(!haiku.allows(Some("anthropic"), "claude-opus-5-5"));
}

#[test]
fn switched_off_everybody_comes_in_without_a_name() {
    let state = tempfile::tempdir().unwrap();
    let tokens = Tokens::open(state.path(), true).unwrap();
    assert_eq!(tokens.admit(&HeaderMap::new()), Ok(None));
    assert_eq!(tokens.admit(&headers(&[("x-api-key", "anything")])), Ok(None));
}
