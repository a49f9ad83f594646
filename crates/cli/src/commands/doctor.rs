//! `agent doctor`.

use crate::args::TeamArgs;
use crate::config::Context;

pub(crate) async fn run(_context: Context, _team: TeamArgs, _json: bool) -> anyhow::Result<u8> {
    Ok(0)
}
