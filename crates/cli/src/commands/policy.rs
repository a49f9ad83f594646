//! `agent policy`.

use std::path::Path;

use routing::Policy;
use serde_json::json;

use crate::args::{PolicyCommand, TeamArgs};
use crate::config::{Context, policy};
use crate::failure::Failure;
use crate::text;

/// Exit code of what is refused.
const REFUSED: u8 = 6;

/// Values up to this many characters leave the origins in one column.
const VALUE: usize = 8;

/// Runs the subcommand.
pub(crate) fn run(context: &Context, command: PolicyCommand) -> anyhow::Result<u8> {
    match command {
        PolicyCommand::Check { file } => check(context, file.as_deref()),
        PolicyCommand::Show { file, json } => show(context, file.as_deref(), json),
    }
}

fn check(context: &Context, file: Option<&Path>) -> anyhow::Result<u8> {
    let policy = policy::look(context, file)?;
    text::line(&format!("{}: ok; hash {}", policy.source(), policy.hash()));
    Ok(0)
}

fn show(context: &Context, file: Option<&Path>, json: bool) -> anyhow::Result<u8> {
    let (policy, unused) = shown(context, file)?;
    let fields = policy.show();
    if json {
        let fields: Vec<_> = fields
            .iter()
            .map(|field| json!({ "path": field.path, "value": field.value, "origin": field.origin }))
            .collect();
        let page = json!({ "source": policy.source(), "hash": policy.hash(), "fields": fields, "not_in_use": unused });
        text::json(&page.to_string());
        return Ok(0);
    }
    text::line(&format!("policy from {}", policy.source()));
    text::line(&format!("hash {}", policy.hash()));
    let width = fields.iter().map(|field| field.path.len()).max().unwrap_or_default();
    for field in fields {
        text::line(&format!("{:width$}  {:<VALUE$}  {}", field.path, field.value, field.origin));
    }
    if let Some(why) = unused {
        text::line(&format!("not in use: {why}"));
    }
    Ok(0)
}

/// A file that was named, else the policy that a session here would go by. One that a session would refuse is shown too, with
/// the reason.
fn shown(context: &Context, file: Option<&Path>) -> anyhow::Result<(Policy, Option<String>)> {
    if file.is_some() {
        return Ok((policy::look(context, file)?, None));
    }
    match policy::find(context, None, &TeamArgs::default()) {
        Ok(policy) => Ok((policy, None)),
        Err(error) => match error.downcast_ref::<Failure>() {
            Some(refused) if refused.code == REFUSED => {
                Ok((policy::look(context, None)?, Some(refused.message.clone())))
            }
            _ => Err(error),
        },
    }
}
