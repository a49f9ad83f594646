//! `agent gateway setup`: points other tools at the gateway.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gateway::setup::{Edit, Format, Model, Record, Settings, SetupError, Target, Tool, Undone, undo, write};

use super::disk;
use crate::config::providers::Providers;
use crate::config::{Context, files};
use crate::failure::Failure;
use crate::text;

/// What is asked for.
#[derive(Clone, Debug, Args)]
pub(crate) struct SetupArgs {
    /// The tool.
    tool: ToolArg,
    /// Where the gateway is.
    #[arg(long, default_value = "http://127.0.0.1:8787", value_name = "URL")]
    url: String,
    /// The model to ask for; `auto` leaves it to the gateway's policy.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The gateway runs with --no-token.
    #[arg(long)]
    no_token: bool,
    /// Write the settings into the tool's own file; what else is there stays.
    #[arg(long, conflicts_with = "undo")]
    write: bool,
    /// Take back what --write did.
    #[arg(long)]
    undo: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ToolArg {
    ClaudeCode,
    Codex,
    Opencode,
    Aider,
    Cursor,
}

impl ToolArg {
    fn tool(self) -> Tool {
        match self {
            Self::ClaudeCode => Tool::ClaudeCode,
            Self::Codex => Tool::Codex,
            Self::Opencode => Tool::Opencode,
            Self::Aider => Tool::Aider,
            Self::Cursor => Tool::Cursor,
        }
    }
}

/// Runs the command.
pub(super) fn run(context: &Context, asked: &SetupArgs) -> anyhow::Result<u8> {
    let tool = asked.tool.tool();
    let settings = tool.settings(&target(context, asked)?);
    let Some((format, path)) = settings.format.zip(file(context, tool)?) else {
        if asked.write || asked.undo {
            let hint = format!("`agent gateway setup {}` says what to do by hand", tool.name());
            return Err(Failure::usage_with(
                format!("{} has no file that settings could be written to", tool.name()),
                hint,
            ));
        }
        settings.then.iter().for_each(|line| text::line(line));
        return Ok(0);
    };
    let kept = Kept::of(disk::real(&path));
    match (asked.write, asked.undo) {
        (true, _) => apply(&kept, format, &settings.edits)?,
        (_, true) => return take_back(&kept, format, tool),
        _ => show(&kept, format, &settings.edits)?,
    }
    say_the_rest(&settings, asked.write, tool);
    Ok(0)
}

/// What the tool is pointed at.
fn target(context: &Context, asked: &SetupArgs) -> anyhow::Result<Target> {
    let url = asked.url.trim().trim_end_matches('/').trim_end_matches("/v1");
    let whole = url.starts_with("http://") || url.starts_with("https://");
    if !whole || url.contains(['"', '\\', ' ', '\n', '@', '?', '#']) {
        return Err(Failure::usage(format!(
            "--url {}: an address such as http://127.0.0.1:8787 is wanted, without user, query and path of a version",
            asked.url
        )));
    }
    let providers = Providers::find(&context.environment, &context.catalogue, &crate::args::TeamArgs::default());
    let served = |family: &str| {
        providers
            .configured()
            .filter_map(|name| context.catalogue.provider(name))
            .any(|provider| provider.family.as_deref() == Some(family))
    };
    let models = context.catalogue.models().filter(|model| served(&model.family));
    let models =
        models.map(|model| Model { id: model.name.clone(), limits: Some((model.context, model.max_output)) }).collect();
    Ok(Target { url: url.to_owned(), token: !asked.no_token, model: asked.model.clone(), models })
}

/// Where a tool keeps its settings.
fn file(context: &Context, tool: Tool) -> anyhow::Result<Option<PathBuf>> {
    let get = |name: &str| context.environment.get(name).map(PathBuf::from);
    let home = || get("HOME").ok_or_else(|| Failure::usage_with("no home folder: HOME is not set", "set HOME"));
    Ok(Some(match tool {
        Tool::ClaudeCode => {
            get("CLAUDE_CONFIG_DIR").map_or_else(|| home().map(|home| home.join(".claude")), Ok)?.join("settings.json")
        }
        Tool::Codex => {
            get("CODEX_HOME").map_or_else(|| home().map(|home| home.join(".codex")), Ok)?.join("config.toml")
        }
        Tool::Opencode => {
            let folder = get("XDG_CONFIG_HOME").map_or_else(|| home().map(|home| home.join(".config")), Ok)?;
            let folder = folder.join("opencode");
            let with_comments = folder.join("opencode.jsonc");
            if with_comments.is_file() { with_comments } else { folder.join("opencode.json") }
        }
        Tool::Aider => home()?.join(".aider.conf.yml"),
        Tool::Cursor => return Ok(None),
    }))
}

/// A tool's file, and what is kept beside it while it points here.
struct Kept {
    file: PathBuf,
    /// The file from before.
    before: PathBuf,
    /// What was changed.
    record: PathBuf,
}

impl Kept {
    fn of(file: PathBuf) -> Self {
        let beside = |end: &str| {
            let mut name = file.file_name().unwrap_or_default().to_owned();
            name.push(end);
            file.with_file_name(name)
        };
        Self { before: beside(".before-tandem"), record: beside(".tandem-undo"), file }
    }

    fn last(&self) -> anyhow::Result<Option<Record>> {
        let text = files::read_if_there(&self.record)?;
        text.map(|text| Record::parse(&text)).transpose().map_err(|error| wrong(&self.record, &error))
    }
}

fn wrong(path: &Path, error: &SetupError) -> anyhow::Error {
    Failure::usage(format!("{}: {error}", path.display()))
}

fn show(kept: &Kept, format: Format, edits: &[Edit]) -> anyhow::Result<()> {
    let (text, _) = write(format, None, None, edits).map_err(|error| wrong(&kept.file, &error))?;
    text::line(&format!("in {}:\n", kept.file.display()));
    text::line(text.trim_end());
    Ok(())
}

fn apply(kept: &Kept, format: Format, edits: &[Edit]) -> anyhow::Result<()> {
    let text = files::read_if_there(&kept.file)?;
    let last = kept.last()?;
    let (after, record) =
        write(format, text.as_deref(), last.as_ref(), edits).map_err(|error| wrong(&kept.file, &error))?;
    // The way back is there before the first step.
    if let (None, Some(text)) = (&last, &text) {
        files::write(&kept.before, text)?;
    }
    files::write(&kept.record, &record.text())?;
    disk::write(&kept.file, &after)?;
    text::line(&format!("wrote {}", kept.file.display()));
    Ok(())
}

fn take_back(kept: &Kept, format: Format, tool: Tool) -> anyhow::Result<u8> {
    let Some(record) = kept.last()? else {
        return Err(Failure::usage_with(
            format!("{} was not changed by this program, or that was taken back already", kept.file.display()),
            format!("`agent gateway setup {} --write` changes it", tool.name()),
        ));
    };
    let text = files::read_if_there(&kept.file)?;
    let before = files::read_if_there(&kept.before)?;
    let undone =
        undo(format, text.as_deref(), before.as_deref(), &record).map_err(|error| wrong(&kept.file, &error))?;
    match undone {
        Undone::Restored(text) => {
            disk::write(&kept.file, &text)?;
            text::line(&format!("{} is as it was before", kept.file.display()));
        }
        Undone::Removed => {
            disk::remove(&kept.file)?;
            text::line(&format!("{} is gone, as before", kept.file.display()));
        }
        Undone::Edited(text) => {
            disk::write(&kept.file, &text)?;
            text::line(&format!(
                "{} was changed by somebody else since: that stays, the settings of the gateway are as before",
                kept.file.display()
            ));
        }
    }
    disk::remove(&kept.before)?;
    disk::remove(&kept.record)?;
    Ok(0)
}

fn say_the_rest(settings: &Settings, written: bool, tool: Tool) {
    if !settings.shell.is_empty() {
        text::line("\nin the shell that starts it:\n");
        settings.shell.iter().for_each(|line| text::line(line));
    }
    text::line("\nthen:\n");
    settings.then.iter().for_each(|line| text::line(line));
    if written {
        text::note(&format!("`agent gateway setup {} --undo` takes it back", tool.name()));
    } else {
        text::note("--write puts the settings into that file, keeping everything else");
    }
}
