//! `grep`: a regular expression over the workspace.

use std::path::Path;

use globset::GlobMatcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder};
use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::filesystem::hits::{Hits, Mode};
use crate::filesystem::paths::{Purpose, Workspace};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "grep";
const FIELDS: &[&str] = &["pattern", "path", "glob", "context", "mode", "ignore_case", "limit"];
const MODES: &[(&str, Mode)] = &[("lines", Mode::Lines), ("files", Mode::Files), ("count", Mode::Count)];
const LIMIT: u64 = 100;
const HIGHEST_LIMIT: u64 = 1_000;
const MOST_CONTEXT: u64 = 20;
/// Memory for one line, bytes: a longer one makes its file unsearchable instead of the program large.
const LINE_MEMORY: usize = 16 * 1024 * 1024;

/// The tool.
pub(crate) struct Grep;

struct Search {
    pattern: String,
    path: Option<String>,
    glob: Option<GlobMatcher>,
    context: usize,
    mode: Mode,
    matcher: RegexMatcher,
    limit: usize,
}

fn parse(arguments: &Value) -> Result<Search, ToolError> {
    let fields = Fields::of(NAME, arguments, FIELDS)?;
    let pattern = fields.text("pattern")?;
    if pattern.is_empty() {
        return Err(fields.wrong("pattern", "must not be empty"));
    }
    let matcher = RegexMatcherBuilder::new()
        .case_insensitive(fields.flag("ignore_case")?)
        .line_terminator(Some(b'\n'))
        .build(pattern)
        .map_err(|error| {
            ToolError::RespondToModel(format!(
                "grep: `pattern` is not a regular expression: {error}. Escape special characters to search for them \
                 ({})",
                grep_regex_escape(pattern)
            ))
        })?;
    let text = |name| Ok::<_, ToolError>(fields.optional_text(name)?.filter(|text| !text.is_empty()));
    Ok(Search {
        pattern: pattern.to_owned(),
        path: text("path")?.map(str::to_owned),
        glob: text("glob")?.map(|glob| super::glob::matcher(NAME, glob)).transpose()?,
        context: fields.number("context", 0..=MOST_CONTEXT)?.unwrap_or(0) as usize,
        mode: fields.choice("mode", MODES)?.unwrap_or(Mode::Lines),
        matcher,
        limit: fields.number("limit", 1..=HIGHEST_LIMIT)?.unwrap_or(LIMIT) as usize,
    })
}

fn grep_regex_escape(pattern: &str) -> String {
    let special = |c: char| "\\.+*?()|[]{}^$#&-~".contains(c);
    pattern.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

fn search(context: &ToolContext, search: &Search) -> Result<String, ToolError> {
    let workspace = Workspace::open(context)?;
    let place = match &search.path {
        Some(path) => workspace.place(path, Purpose::Read)?,
        None => workspace.top(),
    };
    let folder = workspace.folder(&place)?;
    let mut searcher = SearcherBuilder::new()
        .binary_detection(BinaryDetection::quit(0))
        .heap_limit(Some(LINE_MEMORY))
        .line_number(true)
        .before_context(search.context)
        .after_context(search.context)
        .build();
    let mut hits = Hits::new(search.mode, search.limit);
    let mut unreadable = 0;
    let mut looked_at = 0;
    for entry in workspace.walk(&folder).build().flatten() {
        if context.cancel.is_cancelled() {
            return Err(ToolError::RespondToModel("grep: cancelled".to_owned()));
        }
        let inside = entry.path().strip_prefix(&folder).unwrap_or(Path::new(""));
        let named = if inside.as_os_str().is_empty() { Path::new(entry.file_name()) } else { inside };
        if !entry.file_type().is_some_and(|kind| kind.is_file())
            || search.glob.as_ref().is_some_and(|glob| !glob.is_match(named))
        {
            continue;
        }
        looked_at += 1;
        if one(context, &workspace, entry.path(), &mut searcher, search, &mut hits).is_none() {
            unreadable += 1;
        }
        if hits.full() {
            break;
        }
    }
    Ok(answer(search, &place.shown, hits, looked_at, unreadable))
}

/// Searches one file, opened anew beneath the workspace. None when it cannot be read.
fn one(
    context: &ToolContext,
    workspace: &Workspace,
    path: &Path,
    searcher: &mut Searcher,
    search: &Search,
    hits: &mut Hits,
) -> Option<()> {
    let place = workspace.place(path.to_str()?, Purpose::Read).ok()?;
    let file = workspace.open_file(&place).ok()?;
    // Something else may stand there by now, a device that never ends.
    file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    searcher.search_file(&search.matcher, &file, hits.file(&place.shown, &context.cancel)).ok()
}

fn answer(search: &Search, place: &str, hits: Hits, looked_at: usize, unreadable: usize) -> String {
    let skipped = if unreadable > 0 { format!("\n({unreadable} files could not be read)") } else { String::new() };
    if hits.is_empty() {
        return format!(
            "no match for {} in {place} ({looked_at} files searched; ignored and binary ones are not){skipped}",
            search.pattern
        );
    }
    format!("{}{skipped}", hits.finish())
}

#[async_trait::async_trait]
impl Tool for Grep {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("grep.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "pattern": {"type": "string"},
                "path": {"type": "string"},
                "glob": {"type": "string", "description": "only files whose name matches"},
                "context": {"type": "integer", "minimum": 0, "maximum": MOST_CONTEXT},
                "mode": {"type": "string", "enum": ["lines", "files", "count"]},
                "ignore_case": {"type": "boolean"},
                "limit": {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT}
            }, "required": ["pattern"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::ReadOnly
    }

    fn parallel(&self) -> bool {
        true
    }

    fn summary(&self, arguments: &Value) -> String {
        match glimpse(arguments, "path").as_str() {
            "" => glimpse(arguments, "pattern"),
            path => format!("{} in {path}", glimpse(arguments, "pattern")),
        }
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let wanted = parse(&arguments)?;
        let context = context.clone();
        crate::filesystem::blocking(move || search(&context, &wanted).map(ToolOutput::text)).await
    }
}
