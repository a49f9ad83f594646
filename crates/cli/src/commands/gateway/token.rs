//! `agent gateway token`: who may come in.

use std::collections::BTreeSet;

use clap::Subcommand;
use gateway::account::tokens;
use protocol::Usd;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::usage;
use crate::config::Context;
use crate::failure::Failure;
use crate::table::table;
use crate::text;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it, the one time that it can be seen.
    Add {
        /// By which it is named in lists and in the ledger.
        name: String,
        /// Dollars that may be spent with it.
        #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = crate::args::dollars)]
        budget: Option<Usd>,
        /// Models that may be used with it, as MODEL or PROVIDER/MODEL, `*` at the end for all that begin so.
        #[arg(long = "model", value_name = "A,B", value_delimiter = ',')]
        only: Vec<String>,
    },
    /// List the tokens, with what was spent.
    List {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Take a token back; a gateway that runs refuses it within a second.
    Revoke {
        /// Its name.
        name: String,
    },
}

/// Runs the command.
pub(super) fn run(context: &Context, command: TokenCommand) -> anyhow::Result<u8> {
    match command {
        TokenCommand::Add { name, budget, only } => add(context, &name, budget, only),
        TokenCommand::List { json } => list(context, json),
        TokenCommand::Revoke { name } => revoke(context, &name),
    }
}

fn add(context: &Context, name: &str, budget: Option<Usd>, models: Vec<String>) -> anyhow::Result<u8> {
    let limited = !models.is_empty();
    let models: BTreeSet<String> =
        models.into_iter().map(|model| model.trim().to_owned()).filter(|model| !model.is_empty()).collect();
    if limited && models.is_empty() {
        return Err(Failure::usage_with(
            "--model names no model, and a token without one is for all of them",
            "name models, such as --model 'claude-haiku-*', or leave --model out",
        ));
    }
    let token = tokens::add(&context.home.state, name, budget, models, context.clock.now());
    let token = token.map_err(|error| usage(&error))?;
    text::line(token.expose_secret());
    text::note(
        "this is the only time that the token is shown; clients send it as `authorization: Bearer TOKEN` or `x-api-key: TOKEN`",
    );
    Ok(0)
}

fn list(context: &Context, as_json: bool) -> anyhow::Result<u8> {
    let grants = tokens::list(&context.home.state).map_err(|error| usage(&error))?;
    let store = context.store()?;
    let mut rows = Vec::new();
    for grant in &grants {
        rows.push((grant, store.gateway_spent(&grant.name, grant.created_at)?));
    }
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(grant, spent)| {
                json!({
                    "name": grant.name,
                    "created_ms": grant.created_at,
                    "budget_usd": grant.budget(),
                    "spent_usd": spent,
                    "models": grant.models,
                })
            })
            .collect();
        text::json(&json!(rows).to_string());
        return Ok(0);
    }
    if rows.is_empty() {
        text::note(
            "there is no token yet: the gateway makes one at its first start, `agent gateway token add NAME` another",
        );
        return Ok(0);
    }
    let mut shown = table(&["token", "models", "spent", "budget"], 2);
    for (grant, spent) in rows {
        let budget = grant.budget().map_or_else(|| "no limit".to_owned(), |budget| budget.to_string());
        let models = grant.models.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let models = if models.is_empty() { "all".to_owned() } else { models };
        shown.add_row([grant.name.clone(), models, spent.to_string(), budget]);
    }
    text::line(&shown.trim_fmt());
    Ok(0)
}

fn revoke(context: &Context, name: &str) -> anyhow::Result<u8> {
    if tokens::revoke(&context.home.state, name).map_err(|error| usage(&error))? {
        text::note(&format!("token `{name}` lets nobody in any more"));
        return Ok(0);
    }
    Err(Failure::usage_with(format!("there is no token `{name}`"), "`agent gateway token list` names those there are"))
}
