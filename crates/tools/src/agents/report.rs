//! `report`: how a specialist ends its work.

use protocol::{Evidence, Report, ReportStatus, ToolSpec};
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "report";
const FIELDS: &[&str] = &["status", "summary", "changes", "evidence", "doubts", "confidence"];
const STATUS: &[(&str, ReportStatus)] = &[
    ("complete", ReportStatus::Complete),
    ("partial", ReportStatus::Partial),
    ("blocked", ReportStatus::Blocked),
    ("needs_decision", ReportStatus::NeedsDecision),
];

/// Most tokens of a report, estimated at [`BYTES_PER_TOKEN`].
const MOST_TOKENS: usize = 2_000;
const BYTES_PER_TOKEN: usize = 4;

/// The tool.
pub(crate) struct ReportTool;

fn parse(arguments: &Value) -> Result<Report, ToolError> {
    let fields = Fields::of(NAME, arguments, FIELDS)?;
    let Some(status) = fields.choice("status", STATUS)? else {
        return Err(fields.wrong("status", "must be one of `complete`, `partial`, `blocked`, `needs_decision`"));
    };
    let report = Report {
        status,
        summary: fields.words("summary")?.to_owned(),
        changes: fields.texts("changes")?,
        evidence: fields.objects("evidence", &["at", "note"])?.iter().map(evidence).collect::<Result<_, _>>()?,
        doubts: fields.texts("doubts")?,
        confidence: fields.number("confidence", 0..=100)?.map(|number| number as u8),
    };
    if report.status == ReportStatus::NeedsDecision && report.doubts.is_empty() {
        return Err(fields.wrong("doubts", "must hold the question to decide when status is needs_decision"));
    }
    check_size(&report)?;
    Ok(report)
}

/// The report that a call's arguments make, read as the tool itself reads them; none where the tool would refuse them.
pub fn read_report(arguments: &Value) -> Option<Report> {
    parse(arguments).ok()
}

fn evidence(fields: &Fields<'_>) -> Result<Evidence, ToolError> {
    let at = fields.words("at")?;
    let line = at.rsplit_once(':').filter(|(path, _)| !path.is_empty()).map(|(_, line)| line);
    if !line.is_some_and(|line| line.parse::<u32>().is_ok_and(|number| number > 0)) {
        return Err(fields.wrong("at", "must be path:line, for example `src/lib.rs:12`"));
    }
    Ok(Evidence { at: at.to_owned(), note: fields.optional_text("note")?.unwrap_or_default().to_owned() })
}

fn check_size(report: &Report) -> Result<(), ToolError> {
    let bytes = report.summary.len()
        + report.changes.iter().chain(&report.doubts).map(String::len).sum::<usize>()
        + report.evidence.iter().map(|evidence| evidence.at.len() + evidence.note.len()).sum::<usize>();
    let tokens = bytes.div_ceil(BYTES_PER_TOKEN);
    if tokens > MOST_TOKENS {
        return Err(ToolError::RespondToModel(format!(
            "report: about {tokens} tokens ({bytes} bytes), at most {MOST_TOKENS} tokens ({} bytes) are allowed. \
             Leave out what the diff shows, and point to places by path:line instead of quoting them.",
            MOST_TOKENS * BYTES_PER_TOKEN
        )));
    }
    Ok(())
}

#[async_trait::async_trait]
impl Tool for ReportTool {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("report.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "status": {"type": "string", "enum": ["complete", "partial", "blocked", "needs_decision"]},
                "summary": {"type": "string"},
                "changes": {"type": "array", "items": {"type": "string"}},
                "evidence": {"type": "array", "items": {"type": "object", "properties": {
                    "at": {"type": "string", "description": "path:line"}, "note": {"type": "string"}
                }, "required": ["at", "note"], "additionalProperties": false}},
                "doubts": {"type": "array", "items": {"type": "string"}},
                "confidence": {"type": "integer", "minimum": 0, "maximum": 100}
            }, "required": ["status", "summary"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Control
    }

    fn summary(&self, arguments: &Value) -> String {
        format!("{}: {}", glimpse(arguments, "status"), glimpse(arguments, "summary"))
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let report = parse(&arguments)?;
        let text = context.host.report(&context.agent, report).await.map_err(ToolError::RespondToModel)?;
        Ok(ToolOutput::text(text))
    }
}
