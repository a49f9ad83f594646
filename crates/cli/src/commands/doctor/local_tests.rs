use std::sync::Arc;

use protocol::Clock;
use simulator::{Config, free_play, serve};

use super::{Place, checks, plain};
use crate::clock::SystemClock;

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

#[tokio::test]
async fn a_server_that_is_there_is_named_with_the_flags_that_use_it() {
    let config = Config { scenario: free_play(), clock: clock(), listen: ([127, 0, 0, 1], 0).into(), log: false };
    let running = serve(config).await.unwrap();
    let url = format!("{}/v1", running.base_url());
    let found = checks(&clock(), &[Place { server: "Ollama", url: url.clone() }]).await;
    running.stop().await;
    assert_eq!(found.len(), 1);
    assert!(found[0].found.contains(&url), "{:?}", found[0]);
    let hint = found[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains(&format!("agent chat --base-url {url} --model ")), "{:?}", found[0]);
}

#[tokio::test]
async fn where_nothing_listens_one_line_says_where_it_was_looked_for() {
    // Port 1 of the loopback address: reserved, and answered with a refusal at once.
    let place = Place { server: "vLLM", url: "http://127.0.0.1:1/v1".to_owned() };
    let found = checks(&clock(), &[place]).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].found.contains("no model server") && found[0].found.contains("127.0.0.1:1"), "{:?}", found[0]);
}

#[test]
fn a_model_name_that_a_shell_would_read_otherwise_is_not_put_into_the_command() {
    assert_eq!(plain("qwen3-coder:30b"), "qwen3-coder:30b");
    for strange in ["a b", "$(id)", "`id`", "--help", "a;b"] {
        assert_eq!(plain(strange), "NAME");
    }
}
