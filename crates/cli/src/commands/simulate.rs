//! `agent simulate`: scripted models on a local port.

use std::net::SocketAddr;
use std::path::PathBuf;

use simulator::{Config, Scenario, free_play, serve};

use super::start::watch_interrupts;
use crate::config::{Context, files};
use crate::text;

/// Serves until interrupted.
pub(crate) async fn run(
    context: Context,
    scenario: Option<PathBuf>,
    listen: SocketAddr,
    log: bool,
) -> anyhow::Result<u8> {
    let scenario = match scenario {
        Some(path) => Scenario::from_yaml(&files::read(&path)?, &path.display().to_string())?,
        None => free_play(),
    };
    let running = serve(Config { scenario, clock: context.clock.clone(), listen, log }).await?;
    let url = running.base_url();
    text::line(&format!("listening on {url}"));
    text::note(&format!(
        "models are played by a script; point any team at it:\n  ANTHROPIC_BASE_URL={url} ANTHROPIC_API_KEY=any agent run \"look around\"\n  \
         agent run \"look around\" --base-url {url}/v1 --model any\nCtrl-C ends it"
    ));
    watch_interrupts().cancelled().await;
    running.stop().await;
    Ok(0)
}
