//! `screenshots`: pictures of the chat's screen for the documents. The release binary plays a session in a terminal (tmux), its models
//! are played by the simulator, and what the terminal shows is drawn.
#![expect(clippy::disallowed_methods, reason = "writes the pictures")]

mod picture;
mod stage;
mod terminal;

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::binary;
use crate::figure::{Figure, progress};
use stage::Stage;
use terminal::Terminal;

const COLUMNS: u16 = 110;
const ROWS: u16 = 38;
/// Stands in every question whether something may be done.
const QUESTION: &str = "y yes";

/// Plays the session and writes its pictures.
pub(crate) fn take(out: Option<&Path>, agent: Option<&Path>) -> anyhow::Result<Figure> {
    let agent = match agent {
        Some(path) => path.canonicalize().with_context(|| format!("--agent {}", path.display()))?,
        None => binary::agent()?,
    };
    let folder = match out {
        Some(folder) => folder.to_owned(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screens"),
    };
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut album = Album { folder: folder.canonicalize()?, files: Vec::new() };
    let stage = Stage::set_up()?;
    let mut terminal = Terminal::open(&agent, &stage, COLUMNS, ROWS)?;
    session(&mut terminal, &stage, &mut album)?;
    let lines = album.files.iter().map(|file| file.display().to_string()).collect();
    Ok(Figure { lines, json: json!({ "files": album.files, "models": "played by a script" }) })
}

/// What a person does, and when it is looked at.
fn session(terminal: &mut Terminal, stage: &Stage, album: &mut Album) -> anyhow::Result<()> {
    terminal.shows("evening")?;
    terminal.types("When does the evening begin?")?;
    terminal.shows("evening begin?")?;
    terminal.presses("Enter")?;
    terminal.shows("against what AGENTS.md asks for.")?;
    terminal.rests()?;
    terminal.types("The evening should start at 17 o'clock, not at 18. Leave a table of the hours around it.")?;
    terminal.shows("around it.")?;
    album.add("composer", terminal)?;

    terminal.presses("Enter")?;
    terminal.shows(QUESTION)?;
    terminal.rests()?;
    album.add("diff", terminal)?;
    answer(terminal)?;
    // The tests of the sample are built and run, then the sidekick thinks.
    terminal.shows("cargo test --offline --quiet")?;
    terminal.rests()?;
    album.add("lanes", terminal)?;

    stage.goes_on();
    terminal.shows("scripts/table.sh --from 15 --to 19")?;
    terminal.shows(QUESTION)?;
    terminal.rests()?;
    album.add("approval", terminal)?;
    answer(terminal)?;
    terminal.shows("holds the hours around the change.")?;
    terminal.rests()?;
    album.add("report", terminal)?;

    terminal.presses("C-o")?;
    terminal.shows("No other hour is written down")?;
    terminal.rests()?;
    album.add("viewer", terminal)?;
    terminal.presses("q")?;
    terminal.rests()?;
    terminal.becomes(40, 24)?;
    terminal.types("/co")?;
    terminal.shows("/context")?;
    terminal.rests()?;
    album.add("narrow", terminal)
}

/// Says yes. A key that comes before the question could be read counts for nothing, so it is pressed until it is heard.
fn answer(terminal: &Terminal) -> anyhow::Result<()> {
    terminal.presses("y")
}

/// Where the pictures go.
struct Album {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Album {
    fn add(&mut self, name: &str, terminal: &Terminal) -> anyhow::Result<()> {
        let file = self.folder.join(format!("{name}.svg"));
        let drawn = picture::svg(&terminal.picture()?, terminal.columns);
        std::fs::write(&file, drawn).with_context(|| file.display().to_string())?;
        progress(&file.display().to_string());
        self.files.push(file);
        Ok(())
    }
}
