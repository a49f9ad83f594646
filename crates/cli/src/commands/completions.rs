//! `agent completions`.

use clap::CommandFactory;

use crate::args::Args;
use crate::text;

/// Prints the completion script of a shell.
pub(crate) fn run(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "agent", &mut script);
    text::part(&String::from_utf8_lossy(&script));
    Ok(0)
}
