//! `agent doctor`: would the same flags work with `agent chat`, and if not, why not?

mod check;
mod files;
mod local;
mod machine;
mod models;
pub(crate) mod programs;

use std::sync::Arc;

use catalogue::Catalogue;
use serde_json::json;

use self::check::{Check, Level};
use crate::args::{Common, TeamArgs};
use crate::clock::SystemClock;
use crate::config::Context;
use crate::config::home::{Environment, Home, workspace};
use crate::text;

/// Exit code where nothing can run: configuration.
const UNUSABLE: u8 = 2;

/// Looks at everything; 0 where a session can begin, 2 where it cannot. `models` is what was wrong with the models file.
pub(crate) async fn run(
    context: Context,
    models: Option<anyhow::Error>,
    team: TeamArgs,
    json: bool,
    online: bool,
) -> anyhow::Result<u8> {
    let mut checks = machine::checks(&context).await;
    checks.extend(files::checks(&context, models.as_ref()));
    checks.extend(models::checks(&context, &team, online).await);
    checks.extend(local::checks(&context.clock, &local::usual()).await);
    let broken = checks.iter().find(|check| check.level == Level::Fail);
    let exit_code = if broken.is_some() { UNUSABLE } else { 0 };
    if json {
        text::json(&json!({ "usable": broken.is_none(), "exit_code": exit_code, "checks": checks }).to_string());
        return Ok(exit_code);
    }
    checks.iter().for_each(|check| text::line(&shown(check)));
    match broken {
        None => text::line("\nusable: `agent chat` can begin"),
        Some(check) => {
            text::line(&format!("\nnot usable yet: see `{}` above; `agent demo` needs no provider", check.name))
        }
    }
    Ok(exit_code)
}

/// The context of someone whose models file cannot be read: the report says so, and goes on without it.
///
/// # Errors
/// No home folder, or no workspace: then there is nothing to look at.
pub(crate) fn without_models(common: &Common) -> anyhow::Result<Context> {
    let environment = Environment::read();
    let home = Home::find(&environment)?;
    let root = workspace(common.cwd.as_deref())?;
    Ok(Context { environment, home, root, clock: Arc::new(SystemClock), catalogue: Arc::new(Catalogue::builtin()) })
}

fn shown(check: &Check) -> String {
    let line = format!("{:<5} {:<20} {}", check.level.as_str(), check.name, check.found);
    match &check.hint {
        Some(hint) => format!("{line}\n{:<27}-> {hint}", ""),
        None => line,
    }
}
