//! What is played: its sizes, the files, the user's words, and the scenario for the simulator.

use serde_json::{Value, json};

use crate::session40::words::Words;

/// Files that are read in a turn.
const READS: usize = 8;

/// Steps of a turn: the reads, the change, the answer.
pub(crate) const STEPS_PER_TURN: usize = READS + 2;

/// The sizes of a session, texts in tokens of `o200k_base` (a Claude model makes a quarter more of them).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Turns.
    pub(crate) turns: usize,
    /// Steps that a window is to take.
    pub(crate) window: usize,
    /// Tokens of a file.
    pub(crate) file: usize,
    /// Tokens said beside a call.
    pub(crate) said: usize,
    /// Tokens of the project's instructions.
    pub(crate) project: usize,
    /// Tokens of a summary.
    pub(crate) summary: usize,
    /// `compaction: at_tokens`, in the model's tokens.
    pub(crate) at_tokens: u64,
    /// `compaction: keep_tail`, in the model's tokens.
    pub(crate) keep_tail: u64,
}

impl Plan {
    /// 300 steps, five compactions.
    pub(crate) fn long() -> Self {
        Self {
            turns: 30,
            window: 50,
            file: 850,
            said: 180,
            project: 7_000,
            summary: 1_200,
            at_tokens: 67_500,
            keep_tail: 2_500,
        }
    }

    /// Steps in all.
    pub(crate) fn steps(&self) -> usize {
        self.turns * STEPS_PER_TURN
    }

    /// Compactions that fit.
    #[cfg(test)]
    pub(crate) fn compactions(&self) -> usize {
        self.steps() / self.window - 1
    }

    /// The team: one agent that does everything, with a check of its work.
    pub(crate) fn team(&self) -> String {
        let Self { at_tokens, keep_tail, .. } = self;
        format!(
            "version: 1
name: session300
agents:
  - id: solo
    brain: {{model: anthropic/claude-opus-5-5, max_tokens: 8192}}
    modules: [filesystem, shell, git, verify, ask_user, plan]
verify:
  - {{name: check, command: sh check.sh}}
compaction: {{at_tokens: {at_tokens}, keep_tail: {keep_tail}}}
"
        )
    }

    /// The files: path and text.
    pub(crate) fn workspace(&self, words: &Words) -> Vec<(String, String)> {
        let mut files = vec![("check.sh".to_owned(), CHECK.to_owned())];
        for turn in 0..self.turns {
            for read in 0..READS {
                let path = file(turn, read);
                let next = match read + 1 {
                    READS => format!("Next: edit {path}"),
                    next => format!("Next: read {}", file(turn, next)),
                };
                let text = words.file(turn * READS + read, self.file);
                files.push((path, format!("// {next}\n{text}{OPEN}\n")));
            }
        }
        files
    }

    /// What the project says.
    pub(crate) fn instructions(&self, words: &Words) -> anyhow::Result<String> {
        words.prose(self.project, 3)
    }

    /// What the user says, turn by turn.
    pub(crate) fn input(&self, turn: usize, words: &Words) -> anyhow::Result<String> {
        let constraint = words.prose(40, turn + 70)?.replace('\n', " ");
        let first = file(turn, 0);
        Ok(format!(
            "Part {}: go through its files and close the last one. Mind this: {constraint}\nBegin with: {first}",
            turn + 1
        ))
    }

    /// The scenario (JSON is YAML).
    pub(crate) fn scenario(&self, words: &Words) -> anyhow::Result<String> {
        let say = |number: usize| words.prose(self.said, number);
        let read = |condition: &str, number: usize| -> anyhow::Result<Value> {
            Ok(json!({
                "if": {"last_result": condition},
                "capture": {"file": {"from": "last_result", "regex": condition}},
                "thinking": words.prose(40, number + 20)?,
                "say": say(number)?,
                "calls": [{"tool": "read", "args": {"files": [{"path": "{{file}}"}]}}],
            }))
        };
        let edit = "Next: edit (\\S+)";
        let cases = json!([
            {"if": {"last_result": "</compaction>\\s*$"}, "say": self.summary(words)?},
            read("Begin with: (\\S+)\\s*$", 1)?,
            {"if": {"last_result": DONE}, "say": say(2)?},
            {
                "if": {"last_result": edit},
                "capture": {"file": {"from": "last_result", "regex": edit}},
                "say": say(3)?,
                "calls": [{"tool": "edit", "args": {"path": "{{file}}", "edits": [{"old": OPEN, "new": DONE}]}}],
            },
            read("Next: read (\\S+)", 4)?,
        ]);
        let actor = json!({"id": "solo", "when": {"any": true}, "advance_ms": STEP_MS, "otherwise": {"cases": cases}});
        Ok(json!({"name": "session300", "actors": [actor]}).to_string())
    }

    fn summary(&self, words: &Words) -> anyhow::Result<String> {
        let mut text = String::new();
        for (number, heading) in ["Goal", "Decisions", "Done", "Findings", "Open"].into_iter().enumerate() {
            // Headings of the documents that the prose is taken from would be more sections.
            let prose = words.prose(self.summary / 5, number + 90)?.replace('#', "");
            text.push_str(&format!("## {heading}\n{}\n", prose.trim()));
        }
        Ok(text)
    }
}

/// What an answer takes, in milliseconds of the play.
const STEP_MS: u64 = 8_000;

/// The last line of a file, before and after it is closed.
const OPEN: &str = "// Status: open";
const DONE: &str = "// Status: done";

/// The team's check: the files are there, and something was closed.
const CHECK: &str = "grep -rq 'Status: done' src\n";

fn file(turn: usize, read: usize) -> String {
    format!("src/part_{:02}/file_{}.rs", turn + 1, read + 1)
}
