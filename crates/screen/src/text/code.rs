//! Code by its kinds of words. The syntaxes are a few megabytes: they are read once, by a thread that begins with the first coloured
//! [`Theme`], so that nothing on the screen waits for them, and so are the patterns of each language compiled. A block of code that begins before its
//! language is there stays as it is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

use ratatui::text::Span;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::theme::{Code, Colors, Theme};

static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
static BEGUN: Once = Once::new();

/// Longest line that is looked at, in bytes: the patterns go back and forth, and such lines are data.
const LONGEST: usize = 1_000;
/// As much of one block is looked at, in bytes; what follows is shown in one colour.
const MOST: usize = 32 * 1024;

/// Some lines of the languages that are seen most. The patterns of a language are compiled when they are first needed, which takes
/// tens of milliseconds: this is done here, where nobody waits.
const WARM: [(&str, &str); 8] = [
    ("rs", include_str!("warm/rs.txt")),
    ("py", include_str!("warm/py.txt")),
    ("js", include_str!("warm/js.txt")),
    ("sh", include_str!("warm/sh.txt")),
    ("json", include_str!("warm/json.txt")),
    ("toml", include_str!("warm/toml.txt")),
    ("yaml", include_str!("warm/yaml.txt")),
    ("go", include_str!("warm/go.txt")),
];

/// For languages that have no lines of their own above.
const WARM_ANY: &str =
    "// a\n# b\nfunction c(d) { return \"e\" + 'f' + 1; }\n<g h=\"i\">j</g>\nclass K { int l = 2; }\n";

/// The languages that are asked for, by the names of their syntaxes: true when their patterns are compiled.
static LANGUAGES: Mutex<BTreeMap<String, bool>> = Mutex::new(BTreeMap::new());

/// Begins to load the syntaxes, unless that has been done. Never waits.
pub(crate) fn begin() {
    BEGUN.call_once(|| aside(load));
}

/// Without a thread there are no colours, and nothing else is lost.
fn aside(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name("syntaxes".to_owned()).spawn(work).ok();
}

/// Loads the syntaxes and makes the usual languages ready: takes a good part of a second.
pub(crate) fn load() {
    let set = SYNTAXES.get_or_init(two_face::syntax::extra_newlines);
    rules();
    for (token, text) in WARM {
        if let Some(syntax) = set.find_syntax_by_token(token) {
            warm(set, syntax, text);
        }
    }
}

fn warm(set: &SyntaxSet, syntax: &SyntaxReference, text: &str) {
    if is_ready(&syntax.name) {
        return;
    }
    let mut state = ParseState::new(syntax);
    for line in text.split_inclusive('\n') {
        state.parse_line(line, set).ok();
    }
    languages().insert(syntax.name.clone(), true);
}

fn is_ready(name: &str) -> bool {
    languages().get(name) == Some(&true)
}

fn languages() -> MutexGuard<'static, BTreeMap<String, bool>> {
    LANGUAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A language that can be used without waiting. One that nobody has asked for yet is made ready aside, for the next block.
fn usable(language: &str) -> Option<&'static SyntaxReference> {
    let set = SYNTAXES.get()?;
    let syntax = syntax(set, language)?;
    if is_ready(&syntax.name) {
        return Some(syntax);
    }
    let is_new = languages().insert(syntax.name.clone(), false).is_none();
    if is_new {
        aside(move || warm(set, syntax, WARM_ANY));
    }
    None
}

/// Tells the words of one block of code apart, line by line. A block is of one kind: what is not there when it begins is not used for it.
#[derive(Clone)]
pub(crate) struct Painter {
    /// Where the parser stands; none for text without a known language.
    at: Option<(ParseState, ScopeStack)>,
    /// Bytes that may still be looked at.
    left: usize,
}

impl Painter {
    /// For a language as it is named behind a fence, or a file's extension.
    pub(crate) fn new(language: &str, theme: &Theme) -> Self {
        let syntax = if theme.colors() == Colors::None { None } else { usable(language) };
        let at = syntax.map(|syntax| (ParseState::new(syntax), ScopeStack::new()));
        Self { at, left: MOST }
    }

    /// For a file, by its name.
    pub(crate) fn for_path(path: &str, theme: &Theme) -> Self {
        Self::new(language_of(path), theme)
    }

    /// The parts of a line, which has no line break, with the kind of each.
    pub(crate) fn line<'a>(&mut self, line: &'a str) -> Vec<(Code, &'a str)> {
        let plain = || vec![(Code::Plain, line)];
        if self.left < line.len() || line.len() > LONGEST {
            self.left = if self.left < line.len() { 0 } else { self.left };
            return plain();
        }
        self.left -= line.len();
        let (Some(set), Some((state, scopes))) = (SYNTAXES.get(), self.at.as_mut()) else { return plain() };
        let Ok(operations) = state.parse_line(&format!("{line}\n"), set) else {
            self.at = None;
            return plain();
        };
        let mut parts: Vec<(Code, &str)> = Vec::new();
        let mut begin = 0;
        for (at, operation) in operations {
            if at > begin {
                add(&mut parts, kind(scopes), line.get(begin..at.min(line.len())).unwrap_or_default());
                begin = at;
            }
            if scopes.apply(&operation).is_err() {
                self.at = None;
                return plain();
            }
        }
        add(&mut parts, kind(scopes), line.get(begin..).unwrap_or_default());
        parts
    }

    /// A line in the theme's colours.
    pub(crate) fn spans(&mut self, line: &str, theme: &Theme) -> Vec<Span<'static>> {
        self.line(line).into_iter().map(|(kind, text)| Span::styled(text.to_owned(), theme.syntax(kind))).collect()
    }
}

/// A file's extension, or its name where it has none.
fn language_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(_, extension)| extension)
}

fn add<'a>(parts: &mut Vec<(Code, &'a str)>, kind: Code, text: &'a str) {
    if !text.is_empty() {
        parts.push((kind, text));
    }
}

/// A language by the names that models give it.
fn syntax<'a>(set: &'a SyntaxSet, language: &str) -> Option<&'a SyntaxReference> {
    let language = language.trim().to_ascii_lowercase();
    let token = match language.as_str() {
        "" | "text" | "txt" | "plain" | "plaintext" | "output" | "log" => return None,
        "shell" | "console" | "shell-session" | "shellsession" | "zsh" => "sh",
        "golang" => "go",
        "jsx" | "mjs" | "cjs" => "js",
        "jsonc" | "json5" | "jsonl" => "json",
        "py3" | "python3" => "py",
        "c++" => "cpp",
        other => other,
    };
    set.find_syntax_by_token(token)
}

/// What a scope means, the longest name that fits first.
fn rules() -> &'static [(Scope, Code)] {
    static RULES: OnceLock<Vec<(Scope, Code)>> = OnceLock::new();
    RULES.get_or_init(|| {
        let mut named = [
            ("comment", Code::Comment),
            ("string", Code::Text),
            ("constant", Code::Constant),
            ("support.constant", Code::Constant),
            ("keyword", Code::Keyword),
            ("keyword.operator", Code::Plain),
            ("keyword.operator.word", Code::Keyword),
            ("keyword.operator.logical.python", Code::Keyword),
            ("storage", Code::Keyword),
            ("entity.name", Code::Type),
            ("entity.name.function", Code::Function),
            ("entity.name.tag", Code::Keyword),
            ("entity.other.attribute-name", Code::Type),
            ("support.function", Code::Function),
            ("support.macro", Code::Function),
            ("support.type", Code::Type),
            ("support.class", Code::Type),
            ("variable.function", Code::Function),
            ("variable.annotation", Code::Type),
            ("variable.language", Code::Keyword),
            ("meta.interpolation", Code::Plain),
            ("markup.heading", Code::Keyword),
            ("markup.inserted", Code::Added),
            ("markup.deleted", Code::Removed),
        ];
        named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        named.iter().filter_map(|(name, code)| Some((Scope::new(name).ok()?, *code))).collect()
    })
}

/// The innermost scope that means something decides.
fn kind(scopes: &ScopeStack) -> Code {
    let meaning = |scope: &Scope| rules().iter().find(|(rule, _)| rule.is_prefix_of(*scope)).map(|(_, code)| *code);
    scopes.as_slice().iter().rev().find_map(meaning).unwrap_or(Code::Plain)
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
