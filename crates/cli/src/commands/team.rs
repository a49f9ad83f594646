//! `agent team`.

use serde_json::json;

use crate::args::{TeamArgs, TeamCommand};
use crate::config::providers::Providers;
use crate::config::teams::{self, TeamText};
use crate::config::{Context, files};
use crate::text;

/// Values up to this many characters leave the origins in one column.
const VALUE: usize = 20;

/// Runs the subcommand.
pub(crate) fn run(context: &Context, command: TeamCommand) -> anyhow::Result<u8> {
    match command {
        TeamCommand::Check { team } => check(context, team.as_deref()),
        TeamCommand::Show { team, json } => show(context, team.as_deref(), json),
        TeamCommand::List { json } => list(context, json),
        TeamCommand::Schema => schema(),
    }
}

/// The JSON Schema of team files.
pub(crate) fn schema() -> anyhow::Result<u8> {
    text::line(&serde_json::to_string_pretty(&team::json_schema())?);
    Ok(0)
}

fn check(context: &Context, wanted: Option<&str>) -> anyhow::Result<u8> {
    let found = text_of(context, wanted)?;
    let team = load(context, &found)?;
    let names: Vec<String> = team.agents.iter().map(|agent| format!("{} ({})", agent.id, agent.brain)).collect();
    text::line(&format!("{}: ok; {}", found.source, names.join(", ")));
    team.warnings.iter().for_each(|warning| text::warn(warning));
    Ok(0)
}

fn show(context: &Context, wanted: Option<&str>, json: bool) -> anyhow::Result<u8> {
    let found = text_of(context, wanted)?;
    let team = load(context, &found)?;
    if json {
        let fields: Vec<_> = team
            .show()
            .into_iter()
            .map(|field| json!({ "path": field.path, "value": field.value, "origin": field.origin }))
            .collect();
        text::json(
            &json!({
                "team": team.name, "source": found.source, "fields": fields, "notes": team.notes, "warnings": team.warnings
            })
            .to_string(),
        );
        return Ok(0);
    }
    text::line(&format!("team {} from {}", team.name, found.source));
    fields(&team.show());
    for note in &team.notes {
        text::line(&format!("note: {note}"));
    }
    for warning in &team.warnings {
        text::line(&format!("warning: {warning}"));
    }
    Ok(0)
}

/// A field a line: its path, its value, where it came from. Long values take the room they need and no other line pays for it.
fn fields(fields: &[team::Field]) {
    let width = fields.iter().map(|field| field.path.len()).max().unwrap_or_default();
    // Lines of a text go on under its first.
    let indent = format!("\n{:width$}  ", "");
    for field in fields {
        let value = field.value.trim_end().replace('\n', &indent);
        text::line(&format!("{:width$}  {value:<VALUE$}  {}", field.path, field.origin));
    }
}

fn list(context: &Context, json: bool) -> anyhow::Result<u8> {
    let mut teams: Vec<(String, String)> =
        team::builtin_names().iter().map(|name| ((*name).to_owned(), "built in".to_owned())).collect();
    for (name, path) in
        [("user", context.home.config.join("team.yaml")), ("project", teams::project_file(&context.root))]
    {
        if path.is_file() {
            teams.push((name.to_owned(), path.display().to_string()));
        }
    }
    if json {
        let teams: Vec<_> = teams.iter().map(|(name, origin)| json!({ "name": name, "origin": origin })).collect();
        text::json(&json!({ "teams": teams }).to_string());
    } else {
        teams.iter().for_each(|(name, origin)| text::line(&format!("{name:<12} {origin}")));
    }
    Ok(0)
}

/// Looking at a file needs no trust: nothing in it is used.
fn text_of(context: &Context, wanted: Option<&str>) -> anyhow::Result<TeamText> {
    if let Some(name) = wanted {
        return teams::named(name);
    }
    let project = teams::project_file(&context.root);
    match files::read_if_there(&project)? {
        Some(text) => Ok(TeamText { text, source: ".agent/team.yaml".to_owned(), from_project: true }),
        None => teams::find(context, &TeamArgs::default()),
    }
}

/// Resolves with whatever models are set up here; without any, with the first preset, so that a file can be checked anywhere.
fn load(context: &Context, found: &TeamText) -> anyhow::Result<team::Team> {
    let flags = TeamArgs::default();
    let mut aliases =
        Providers::find(&context.environment, &context.catalogue, &flags).aliases(&context.catalogue, &flags)?;
    if let Some(presets) = context.catalogue.presets("anthropic") {
        aliases.entry("premium".to_owned()).or_insert(presets.premium);
        aliases.entry("fast".to_owned()).or_insert(presets.fast);
    }
    teams::load_with(found, aliases, teams::Chosen::default(), &context.catalogue)
}
