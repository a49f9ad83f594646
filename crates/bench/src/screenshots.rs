//! `screenshots`: pictures of the chat's screen for the documents. The release binary plays a session in a terminal (tmux), its models
//! are played by the simulator, and what the terminal shows is drawn.
#![expect(clippy::disallowed_methods, reason = "writes the pictures")]

mod picture;
mod stage;
mod terminal;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::binary;
use crate::figure::{Figure, progress};
use stage::Stage;
use terminal::Terminal;

/// Columns and rows.
const WIDE: (u16, u16) = (110, 38);
const NARROW: (u16, u16) = (40, 24);
/// What is on its way is there after it.
const A_MOMENT: Duration = Duration::from_millis(500);
/// Stands in every question whether something may be done.
const QUESTION: &str = "n no e";

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
    session(&Terminal::open(&agent, &stage, WIDE, &["--team", &stage.team()])?, &stage, &mut album)?;
    narrow(&Terminal::open(&agent, &stage, NARROW, &["--resume"])?, &mut album)?;
    let lines = album.files.iter().map(|file| file.display().to_string()).collect();
    Ok(Figure { lines, json: json!({ "files": album.files, "models": "played by a script" }) })
}

/// What a person does, and when it is looked at.
fn session(terminal: &Terminal, stage: &Stage, album: &mut Album) -> anyhow::Result<()> {
    terminal.shows("evening")?;
    terminal.types("When does the evening begin?")?;
    terminal.shows("evening begin?")?;
    terminal.presses("Enter")?;
    terminal.shows("against what AGENTS.md asks for.")?;
    terminal.rests(A_MOMENT)?;
    terminal.types("The evening should start at 17 o'clock, not at 18. Leave a table of the hours around it.")?;
    terminal.shows("around it.")?;
    album.add("composer", terminal)?;

    terminal.presses("Enter")?;
    terminal.shows(QUESTION)?;
    terminal.rests(A_MOMENT)?;
    album.add("diff", terminal)?;
    answer(terminal)?;
    // The tests of the sample are built and run, then the sidekick thinks.
    terminal.shows("[exit 0,")?;
    terminal.rests(A_MOMENT)?;
    album.add("lanes", terminal)?;

    stage.goes_on();
    terminal.shows("scripts/table.sh --from 15 --to 19")?;
    terminal.shows(QUESTION)?;
    terminal.rests(A_MOMENT)?;
    album.add("approval", terminal)?;
    answer(terminal)?;
    terminal.shows("holds the hours around the change.")?;
    terminal.rests(A_MOMENT)?;
    album.add("report", terminal)?;

    terminal.presses("C-o")?;
    terminal.shows("No other hour is written down")?;
    terminal.rests(A_MOMENT)?;
    album.add("viewer", terminal)?;
    terminal.presses("q")?;
    terminal.rests(A_MOMENT)?;
    terminal.types("/quit")?;
    terminal.presses("Enter")?;
    terminal.rests(A_MOMENT)
}

/// The same session taken up again in a small window.
fn narrow(terminal: &Terminal, album: &mut Album) -> anyhow::Result<()> {
    terminal.shows("holds the hours around the change.")?;
    terminal.rests(A_MOMENT)?;
    terminal.types("/co")?;
    terminal.shows("/context")?;
    terminal.rests(A_MOMENT)?;
    album.add("narrow", terminal)
}

/// Says yes, once a person could have read the question: keys that come at once are no answer.
fn answer(terminal: &Terminal) -> anyhow::Result<()> {
    terminal.rests(Duration::from_secs(1))?;
    terminal.presses("y")?;
    terminal.hides(QUESTION)
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
