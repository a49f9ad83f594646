//! `read`: files with line numbers, several in one call.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use protocol::{ResultPart, ToolSpec};
use serde_json::{Value, json};

use crate::arguments::Fields;
use crate::filesystem::paths::{Place, Purpose, Workspace};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "read";
/// Most files of one call.
const MOST_FILES: usize = 20;
/// Most lines of one file in one call.
const MOST_LINES: usize = 2_000;
/// Most bytes of one file in one call, about 12,500 tokens.
const MOST_BYTES: usize = 50_000;
/// Most bytes of one call.
const MOST_BYTES_OF_ALL: usize = 120_000;
/// Longest line, bytes.
const LONGEST_LINE: usize = 2_000;
/// Beyond this a file is not looked at, bytes.
const LARGEST: u64 = 16 * 1024 * 1024;
/// A NUL in the first bytes makes a file binary (as git judges it).
const BINARY_PROBE: usize = 8_000;

/// The tool.
pub(crate) struct Read;

struct Wanted {
    path: String,
    offset: usize,
    limit: usize,
}

fn parse(arguments: &Value) -> Result<Vec<Wanted>, ToolError> {
    let fields = Fields::of(NAME, arguments, &["files"])?;
    let wanted = |fields: &Fields<'_>| {
        Ok(Wanted {
            path: fields.words("path")?.to_owned(),
            offset: fields.number("offset", 1..=u64::from(u32::MAX))?.unwrap_or(1) as usize,
            limit: fields.number("limit", 1..=MOST_LINES as u64)?.unwrap_or(MOST_LINES as u64) as usize,
        })
    };
    fields.some_objects("files", &["path", "offset", "limit"], 1..=MOST_FILES)?.iter().map(wanted).collect()
}

/// A file's text for the model, or what is wrong with the file.
fn read(context: &ToolContext, workspace: &Workspace, wanted: &Wanted, room: usize) -> Result<String, ToolError> {
    let place = workspace.place(&wanted.path, Purpose::Read)?;
    let file = workspace.open_file(&place).map_err(|error| workspace.explain(&place, Purpose::Read, error))?;
    let shown = &place.shown;
    let failed = |error: std::io::Error| ToolError::RespondToModel(format!("{shown} cannot be read: {error}"));
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(folder(workspace, &place));
    }
    if !metadata.is_file() {
        return Err(ToolError::RespondToModel(format!("{shown} is a pipe, socket or device; only files can be read")));
    }
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content).map_err(failed)?;
    let whole = metadata.len() <= LARGEST;
    if whole && let Ok(real) = workspace.base(&place).real(&place.relative) {
        context.session.files.record(&context.agent, &workspace.base(&place).path.join(real), &content);
    }
    if content[..content.len().min(BINARY_PROBE)].contains(&0) {
        return Ok(format!("== {shown} (binary, {} bytes, not shown)\n", metadata.len()));
    }
    let mut text = render(shown, &content, wanted, room);
    if !whole {
        let _ = writeln!(text, "(the file has {} bytes; only its first {LARGEST} can be read here)", metadata.len());
    }
    Ok(text)
}

fn folder(workspace: &Workspace, place: &Place) -> ToolError {
    let mut names: Vec<String> = workspace
        .walk(&workspace.base(place).path.join(&place.relative))
        .max_depth(Some(1))
        .build()
        .flatten()
        .skip(1)
        .take(11)
        .map(|entry| entry.file_name().to_string_lossy().to_string())
        .collect();
    if names.len() > 10 {
        names[10] = "…".to_owned();
    }
    ToolError::RespondToModel(format!("{} is a folder (holds {}); use list", place.shown, names.join(", ")))
}

fn render(shown: &str, content: &[u8], wanted: &Wanted, room: usize) -> String {
    let text = String::from_utf8_lossy(content);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines: Vec<&str> = text.lines().collect();
    let mut notes = String::new();
    if text.contains("\r\n") {
        notes.push_str(", CRLF");
    }
    if std::str::from_utf8(content).is_err() {
        notes.push_str(", not UTF-8: � stands for bytes that cannot be shown");
    }
    if lines.is_empty() {
        return format!("== {shown} (empty{notes})\n");
    }
    if wanted.offset > lines.len() {
        return format!("== {shown} (has {} lines{notes}; offset {} is behind its end)\n", lines.len(), wanted.offset);
    }
    let mut body = String::new();
    let mut next = wanted.offset;
    for line in lines.iter().skip(wanted.offset - 1).take(wanted.limit) {
        let shown_line = crate::arguments::cut(line, LONGEST_LINE);
        // At least one line is shown, or a file of long lines could never be read.
        if body.len() + shown_line.len() > room && next > wanted.offset {
            break;
        }
        let _ = writeln!(body, "{next}\t{shown_line}");
        if shown_line.len() < line.len() {
            let _ = writeln!(body, "(line {next} has {} bytes; its first {LONGEST_LINE} are shown)", line.len());
        }
        next += 1;
    }
    let (last, total) = (next - 1, lines.len());
    let header = format!("== {shown} (lines {}-{last} of {total}{notes})\n", wanted.offset);
    // A limit that the model set itself needs no note: the header says what there is.
    let asked = (wanted.offset - 1 + wanted.limit).min(total);
    let cut_short = last < asked || (last < total && wanted.limit == MOST_LINES);
    let more = match cut_short {
        true => format!("(lines {next}-{total} left out; read on with offset {next})\n"),
        false => String::new(),
    };
    format!("{header}{body}{more}")
}

#[async_trait::async_trait]
impl Tool for Read {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("read.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "files": {"type": "array", "items": {"type": "object", "properties": {
                    "path": {"type": "string"},
                    "offset": {"type": "integer", "minimum": 1},
                    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_LINES}
                }, "required": ["path"], "additionalProperties": false}}
            }, "required": ["files"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::ReadOnly
    }

    fn parallel(&self) -> bool {
        true
    }

    fn summary(&self, arguments: &Value) -> String {
        let files = arguments.get("files").and_then(Value::as_array);
        let name =
            |file: &Value| file.get("path").and_then(Value::as_str).map(|path| Path::new(path).display().to_string());
        let names: Vec<String> = files.into_iter().flatten().filter_map(name).collect();
        crate::arguments::cut(&names.join(", "), 100)
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let wanted = parse(&arguments)?;
        let context = context.clone();
        crate::filesystem::blocking(move || {
            let workspace = Workspace::open(&context)?;
            let mut text = String::new();
            let mut failures = 0;
            let most = context.session.read_cap(&context.agent).unwrap_or(MOST_BYTES_OF_ALL).min(MOST_BYTES_OF_ALL);
            for wanted in &wanted {
                let room = MOST_BYTES.min(most.saturating_sub(text.len()));
                if room == 0 {
                    let _ = writeln!(text, "== {} (not read: this call is full; read it in the next)", wanted.path);
                    continue;
                }
                match read(&context, &workspace, wanted, room) {
                    Ok(part) => text.push_str(&part),
                    Err(ToolError::RespondToModel(error)) => {
                        failures += 1;
                        let _ = writeln!(text, "== {} (error)\n{error}", wanted.path);
                    }
                    Err(fatal) => return Err(fatal),
                }
            }
            let text = text.trim_end_matches('\n').to_owned();
            Ok(ToolOutput {
                is_error: failures == wanted.len(),
                content: vec![ResultPart::Text { text }],
                ..ToolOutput::default()
            })
        })
        .await
    }
}
