//! `agent init`.

use crate::config::{Context, files, teams};
use crate::failure::Failure;
use crate::text;

pub(crate) fn run(context: &Context, team: &str, force: bool) -> anyhow::Result<u8> {
    let path = teams::project_file(&context.root);
    if path.exists() && !force {
        return Err(Failure::usage_with(
            format!("{} is there already", path.display()),
            "look at it with `agent team show`, or replace it with --force",
        ));
    }
    let _ = teams::named(team)?;
    let text = files::read(&path)?;
    text::line(&text);
    Ok(0)
}
