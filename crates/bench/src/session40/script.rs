//! A story as a scenario for the simulator.
//!
//! What is said next follows from what was told last (a file's name, a brief's number), never from the number of messages: a
//! window that was closed and opened again, or a specialist that starts afresh, is played on as well.

use std::time::Duration;

use serde_json::{Value, json};

use super::story::{Scenario, Story, Unit, side_calls};
use super::words::{CUE, Words};

/// Files that are read again in one step.
const READ_AGAIN: usize = 3;

/// Tokens of a scripted summary.
const SUMMARY: usize = 1_500;

/// Numbers of re-reading steps that one batch can have.
const AGAIN_PER_BATCH: usize = 100;

/// Most judgement steps and batches of a story, and most calls of a batch: the workspace has files for that many.
const MOST_STEPS: usize = 40;
const MOST_BATCHES: usize = 8;
const MOST_CALLS: usize = 13;

/// A story, ready to be played.
pub(crate) struct Script {
    /// The scenario file (JSON is YAML).
    pub(crate) scenario: String,
    /// What the user says, turn by turn.
    pub(crate) inputs: Vec<String>,
    /// Steps of main that it takes when nothing goes wrong.
    pub(crate) main_steps: usize,
}

/// Writes the script of a story.
///
/// # Errors
/// The words cannot be cut to size.
pub(crate) fn write(words: &Words, sizes: &Scenario, story: &Story, solo: bool) -> anyhow::Result<Script> {
    let author = Author { words, sizes, story };
    let main = if solo { author.solo() } else { author.main() };
    let main_steps = main.len();
    let (step, side) = (millis(story.step), millis(story.side_step));
    let actor = |id: &str, tool: &str, advance_ms: u64, lines: &[Line]| -> anyhow::Result<Value> {
        Ok(
            json!({"id": id, "when": {"has_tool": tool}, "advance_ms": advance_ms, "otherwise": {"cases": author.cases(lines)?}}),
        )
    };
    let summary = author.summary()?;
    let actors = json!([
        actor("sidekick", "report", side, &author.sidekick())?,
        actor("main", "delegate", step, &main)?,
        actor("solo", "ask_user", step, &main)?,
        // Whoever is asked to summarise what it has not seen.
        {"id": "scribe", "when": {"any": true}, "advance_ms": step, "otherwise": {"say": summary}},
    ]);
    let scenario = json!({"name": "session40", "token_factor": {"*": 1.0}, "actors": actors});
    let inputs = (0..story.turns.len()).map(|turn| author.input(turn)).collect::<anyhow::Result<_>>()?;
    Ok(Script { scenario: scenario.to_string(), inputs, main_steps })
}

/// The workspace in which every story can be played: path and text.
pub(crate) fn workspace(words: &Words, sizes: &Scenario) -> Vec<(String, String)> {
    let mut paths: Vec<String> = (0..MOST_STEPS).map(main_file).collect();
    for batch in 0..MOST_BATCHES {
        paths.extend((0..MOST_CALLS).map(|call| batch_file(batch, call)));
    }
    let text = |(number, path): (usize, String)| (path, words.file(number, sizes.appended_tokens_per_step));
    let mut files: Vec<(String, String)> = paths.into_iter().enumerate().map(text).collect();
    let index = (1..=(MOST_BATCHES + 1) * AGAIN_PER_BATCH).map(|line| format!("Note {line}.\n")).collect();
    files.push((INDEX.to_owned(), index));
    files
}

const INDEX: &str = "notes/index.md";

fn main_file(step: usize) -> String {
    format!("src/main_{step:02}.rs")
}

fn batch_file(batch: usize, call: usize) -> String {
    format!("src/b{}_{:02}.rs", batch + 1, call + 1)
}

/// How a file that was read stands in what comes back.
fn was_read(path: &str) -> String {
    format!("== {} ", path.replace('.', "\\."))
}

fn millis(span: Duration) -> u64 {
    span.as_millis() as u64
}

/// What is said when something was told.
struct Line {
    /// A pattern of what was told last.
    told: String,
    /// A pattern of what must not be in the context.
    lacks: Option<String>,
    does: Does,
}

enum Does {
    Read(String),
    ReadAgain { files: Vec<String>, note: usize },
    Delegate(usize),
    Report(usize),
    Answer,
}

struct Author<'a> {
    words: &'a Words,
    sizes: &'a Scenario,
    story: &'a Story,
}

impl Author<'_> {
    /// Main, with a sidekick for the batches.
    fn main(&self) -> Vec<Line> {
        self.lines(|batch, _, told| {
            let line = Line { told, lacks: None, does: Does::Delegate(batch) };
            (vec![line], format!("Batch {} is done", batch + 1))
        })
    }

    /// One agent that does the batches too.
    fn solo(&self) -> Vec<Line> {
        self.lines(|batch, steps, mut told| {
            let mut lines = Vec::new();
            for step in 0..steps {
                let file = batch_file(batch, step);
                let next = was_read(&file);
                lines.push(Line { told: std::mem::replace(&mut told, next), lacks: None, does: Does::Read(file) });
            }
            (lines, told)
        })
    }

    /// The lines of whoever leads; `batch` makes those of a batch and says what was told at its end.
    fn lines(&self, batch: impl Fn(usize, usize, String) -> (Vec<Line>, String)) -> Vec<Line> {
        let mut lines = Vec::new();
        let (mut steps, mut batches) = (0, 0);
        for (number, turn) in self.story.turns.iter().enumerate() {
            let mut told = format!("## Part {} of the work", number + 1);
            for (at, unit) in turn.units.iter().enumerate() {
                match unit {
                    Unit::Judge if at + 1 == turn.units.len() => {
                        lines.push(Line { told: told.clone(), lacks: None, does: Does::Answer });
                    }
                    Unit::Judge => {
                        let file = main_file(steps);
                        let next = was_read(&file);
                        lines.push(Line {
                            told: std::mem::replace(&mut told, next),
                            lacks: None,
                            does: Does::Read(file),
                        });
                        steps += 1;
                    }
                    Unit::Batch { steps: size } => {
                        let (more, next) = batch(batches, *size as usize, told);
                        lines.extend(more);
                        told = next;
                        batches += 1;
                    }
                }
            }
        }
        lines
    }

    fn sidekick(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (batch, steps) in self.story.batches().into_iter().enumerate() {
            let brief = format!("# Brief\nBatch {}\\b", batch + 1);
            let first = batch_file(batch, 0);
            lines.push(Line { told: brief.clone(), lacks: None, does: Does::Read(first.clone()) });
            let again = self.useful_again(batch);
            let mut told = brief;
            let mut lacks = again.first().map(|oldest| was_read(oldest));
            for (round, files) in again.chunks(READ_AGAIN).enumerate() {
                let note = (batch + 1) * AGAIN_PER_BATCH + round;
                let next = format!("== {} \\(lines {note}-{note} ", INDEX.replace('.', "\\."));
                let does = Does::ReadAgain { files: files.to_vec(), note };
                lines.push(Line { told: std::mem::replace(&mut told, next), lacks: lacks.take(), does });
            }
            if !again.is_empty() {
                lines.push(Line { told, lacks: None, does: Does::Read(first) });
            }
            let calls = side_calls(steps) as usize;
            for call in 1..=calls {
                let does = if call == calls { Does::Report(batch) } else { Does::Read(batch_file(batch, call)) };
                lines.push(Line { told: was_read(&batch_file(batch, call - 1)), lacks: None, does });
            }
        }
        lines
    }

    /// Files of earlier batches that this one needs again: the newest ones.
    fn useful_again(&self, batch: usize) -> Vec<String> {
        let sizes = self.story.batches();
        let earlier: Vec<String> = sizes[..batch]
            .iter()
            .enumerate()
            .flat_map(|(at, steps)| (0..side_calls(*steps) as usize).map(move |call| batch_file(at, call)))
            .collect();
        let needed = (earlier.len() as f64 * self.story.useful_again).round() as usize;
        earlier[earlier.len() - needed.min(earlier.len())..].to_vec()
    }

    /// What was told latest in the story goes first: a message that has more than one mark is answered for its newest.
    fn cases(&self, lines: &[Line]) -> anyhow::Result<Vec<Value>> {
        let mut cases = vec![json!({"if": {"last_result": CUE}, "say": self.summary()?})];
        for (number, line) in lines.iter().enumerate().rev() {
            let mut case = self.says(&line.does, number)?;
            case["if"] = match &line.lacks {
                Some(lacks) => json!({"last_result": line.told, "lacks": lacks}),
                None => json!({"last_result": line.told}),
            };
            cases.push(case);
        }
        Ok(cases)
    }

    fn says(&self, does: &Does, number: usize) -> anyhow::Result<Value> {
        let output = self.sizes.output_tokens_per_step;
        let read = |files: Vec<Value>| -> anyhow::Result<Value> {
            let args = json!({"files": files});
            let spent = self.words.count("read") + self.words.count(&args.to_string());
            let say = self.words.prose(output.saturating_sub(spent), number)?;
            Ok(json!({"say": say, "calls": [{"tool": "read", "args": args}]}))
        };
        match does {
            Does::Answer => Ok(json!({"say": self.words.prose(output, number)?})),
            Does::Read(file) => read(vec![json!({"path": file})]),
            Does::ReadAgain { files, note } => {
                // First, so that it is still there where a long result is cut.
                let mark = json!({"path": INDEX, "offset": note, "limit": 1});
                read(std::iter::once(mark).chain(files.iter().map(|file| json!({"path": file}))).collect())
            }
            Does::Delegate(batch) => {
                let args = self.sized(
                    self.sizes.delegation.brief_tokens,
                    "delegate",
                    |text| self.brief(*batch, text),
                    number,
                )?;
                Ok(json!({"calls": [{"tool": "delegate", "args": args}], "advance_ms": 0}))
            }
            Does::Report(batch) => {
                let report = |text: String| {
                    json!({
                        "status": "complete",
                        "summary": format!("Batch {} is done. {text}", batch + 1),
                        "evidence": [{"at": format!("{}:1", batch_file(*batch, 0)), "note": "where it begins"}],
                    })
                };
                let args = self.sized(self.sizes.delegation.report_tokens, "report", report, number)?;
                Ok(json!({"calls": [{"tool": "report", "args": args}], "advance_ms": 0}))
            }
        }
    }

    fn brief(&self, batch: usize, text: String) -> Value {
        let known = |file: &String| format!("{file}:1 was read for an earlier batch and is needed again");
        let facts: Vec<String> = self.useful_again(batch).iter().map(known).collect();
        json!({
            "agent": "sidekick",
            "objective": format!("Batch {}: {text}", batch + 1),
            "facts": facts,
            "explore": true,
        })
    }

    /// Arguments of a call that counts so many tokens, by the length of the prose in it.
    fn sized(&self, tokens: usize, tool: &str, args: impl Fn(String) -> Value, number: usize) -> anyhow::Result<Value> {
        let mut length = tokens;
        let mut sized = args(String::new());
        for _ in 0..4 {
            sized = args(self.words.prose(length, number)?);
            let counted = self.words.count(tool) + self.words.count(&sized.to_string());
            length = (length + tokens).saturating_sub(counted);
        }
        Ok(sized)
    }

    fn input(&self, turn: usize) -> anyhow::Result<String> {
        let head = format!("## Part {} of the work\n", turn + 1);
        let rest = self.sizes.appended_tokens_per_step.saturating_sub(self.words.count(&head));
        Ok(head + &self.words.prose(rest, turn + 70)?)
    }

    fn summary(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        for (number, heading) in ["Goal", "Decisions", "Done", "Findings", "Open"].into_iter().enumerate() {
            // Headings of the documents that the prose is taken from would be more sections.
            let prose = self.words.prose(SUMMARY / 5, number + 90)?.replace('#', "");
            text.push_str(&format!("## {heading}\n{}\n", prose.trim()));
        }
        Ok(text)
    }
}
