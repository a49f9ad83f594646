//! `agent whatif`: what a recorded session would have cost otherwise, and what the sessions of another coding agent cost.

mod import;
mod logs;
mod session;

use std::path::{Path, PathBuf};

use bill::import::Format;
use catalogue::Catalogue;
use clap::ValueEnum;

use crate::config::{Context, files};
use crate::failure::Failure;
use crate::text;

/// Columns that sentences are broken at.
const WIDTH: usize = 80;

/// What is asked for.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WhatifArgs {
    /// Session id or its first characters; `-` or nothing is the last one in this folder. With --import the logs.
    #[arg(value_name = "SESSION|FILE")]
    what: Vec<String>,
    /// Read another coding agent's session logs: JSON Lines, plain or gzipped.
    #[arg(long, value_enum, value_name = "TOOL", conflicts_with = "team")]
    import: Option<FormatArg>,
    /// The team that would have worked: a built-in name or a file.
    #[arg(long, value_name = "NAME|FILE")]
    team: Option<String>,
    /// Other prices and more models, laid over those there are (the format of models.yaml).
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Price every call as this model.
    #[arg(long, value_name = "MODEL", requires = "import")]
    price_as: Option<String>,
    /// Model that delegated work would go to (default: the cheapest of the main model's maker and generation).
    #[arg(long, value_name = "MODEL", requires = "import")]
    sidekick: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// Whose logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// Transcripts of Claude Code (~/.claude/projects/*/*.jsonl).
    ClaudeCode,
    /// Rollouts of Codex (~/.codex/sessions/*/*/*/*.jsonl).
    Codex,
    /// One line per model call with its tokens.
    Calls,
}

/// Prices what is named.
pub(crate) fn run(context: &Context, asked: &WhatifArgs) -> anyhow::Result<u8> {
    let catalogue = catalogue(context, asked)?;
    match asked.import {
        Some(format) => {
            let format = match format {
                FormatArg::ClaudeCode => Format::ClaudeCode,
                FormatArg::Codex => Format::Codex,
                FormatArg::Calls => Format::Calls,
            };
            import::run(format, asked, &catalogue)
        }
        None => match asked.what.as_slice() {
            [] => session::run(context, None, asked, &catalogue),
            [session] => session::run(context, Some(session), asked, &catalogue),
            [_, second, ..] => Err(Failure::usage_with(
                format!("`{second}`: one session at a time"),
                "to read logs of another tool, say whose: --import claude-code, codex or calls",
            )),
        },
    }
}

/// The prices that hold here, with those of `--catalogue` over them.
fn catalogue(context: &Context, asked: &WhatifArgs) -> anyhow::Result<Catalogue> {
    let known = Catalogue::clone(&context.catalogue);
    match &asked.catalogue {
        Some(file) => Ok(known.overlay(&prices(file)?, &file.display().to_string())?),
        None => Ok(known),
    }
}

/// The text of `--catalogue`.
fn prices(file: &Path) -> anyhow::Result<String> {
    let what = match file {
        file if file.is_dir() => "is a folder",
        file if !file.exists() => "there is no such file",
        file => return files::read(file),
    };
    Err(Failure::usage_with(
        format!("--catalogue {}: {what}; prices in the format of models.yaml are expected", file.display()),
        "give the path of such a file; `agent models` shows the prices that hold without it",
    ))
}

/// A list of sentences under a heading.
fn sentences(heading: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    text::line(&format!("\n{heading}"));
    for sentence in sentences {
        text::line(&wrapped(sentence));
    }
}

fn wrapped(sentence: &str) -> String {
    let mut lines = vec![String::from("-")];
    for word in sentence.split(' ') {
        let full = lines.last().is_none_or(|line| line.chars().count() + 1 + word.chars().count() > WIDTH);
        if full {
            lines.push(String::from(" "));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}
