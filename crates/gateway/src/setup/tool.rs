//! The tools, and what each wants to be told. Sources: the tools' own documentation of their settings.

use serde_json::{Map, Value, json};

use super::{Edit, Format};

/// The variable that holds a client's token: settings name it, so that the token stands in no file.
pub const TOKEN_VARIABLE: &str = "AGENT_GATEWAY_TOKEN";

/// By which the gateway goes in a tool's list of providers.
const NAME: &str = "tandem";

/// The same for people.
const SHOWN: &str = "Tandem gateway";

/// A tool that can be pointed at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Claude Code.
    ClaudeCode,
    /// Codex.
    Codex,
    /// opencode.
    Opencode,
    /// aider.
    Aider,
    /// Cursor.
    Cursor,
}

/// A model that the gateway serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// By which it is asked for.
    pub id: String,
    /// Longest prompt and answer, in tokens, where they are known.
    pub limits: Option<(u64, u64)>,
}

/// What a tool is pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The gateway's address without a version (`http://127.0.0.1:8787`).
    pub url: String,
    /// Whether clients need a token.
    pub token: bool,
    /// The model to ask for; none leaves it to the tool, or to the gateway's policy where the tool wants one.
    pub model: Option<String>,
    /// Models there are.
    pub models: Vec<Model>,
}

/// What a tool is to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Format of its file; none where it has none that could be written.
    pub format: Option<Format>,
    /// What to set there.
    pub edits: Vec<Edit>,
    /// Lines for a shell: what has to be in the environment.
    pub shell: Vec<String>,
    /// How to see that it works, or what to do by hand.
    pub then: Vec<String>,
}

impl Target {
    fn versioned(&self) -> String {
        format!("{}/v1", self.url.trim_end_matches('/'))
    }

    fn bare(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    fn model_or_auto(&self) -> &str {
        self.model.as_deref().unwrap_or("auto")
    }

    fn token_line(&self, variable: &str) -> Vec<String> {
        match (self.token, variable == TOKEN_VARIABLE) {
            (true, true) => vec![format!("export {TOKEN_VARIABLE}=...  # the token that the gateway showed")],
            (true, false) => vec![format!("export {variable}=\"${TOKEN_VARIABLE}\"")],
            (false, true) => Vec::new(),
            (false, false) => vec![format!("export {variable}=none")],
        }
    }
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::ClaudeCode, Self::Codex, Self::Opencode, Self::Aider, Self::Cursor];

    /// As it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Opencode => "opencode",
            Self::Aider => "aider",
            Self::Cursor => "cursor",
        }
    }

    /// What it is to be told.
    pub fn settings(self, target: &Target) -> Settings {
        match self {
            Self::ClaudeCode => claude_code(target),
            Self::Codex => codex(target),
            Self::Opencode => opencode(target),
            Self::Aider => aider(target),
            Self::Cursor => cursor(target),
        }
    }
}

/// `settings.json`: `env` is set for every session; `apiKeyHelper` is a command that prints the credential.
fn claude_code(target: &Target) -> Settings {
    let mut edits = vec![Edit::set(&["env", "ANTHROPIC_BASE_URL"], target.bare())];
    if target.token {
        edits.push(Edit::set(&["apiKeyHelper"], format!("printenv {TOKEN_VARIABLE}")));
    } else {
        // It wants some credential before it asks anybody; this one is none.
        edits.push(Edit::set(&["env", "ANTHROPIC_AUTH_TOKEN"], "none"));
    }
    edits.extend(target.model.as_deref().map(|model| Edit::set(&["model"], model)));
    Settings {
        format: Some(Format::Json),
        edits,
        shell: target.token_line(TOKEN_VARIABLE),
        then: vec!["claude -p \"say hello\"".to_owned()],
    }
}

/// `config.toml`: a provider that speaks Responses, the one dialect that Codex knows.
fn codex(target: &Target) -> Settings {
    let of = |name: &'static str| ["model_providers", NAME, name];
    let mut edits = vec![
        Edit::set(&["model_provider"], NAME),
        Edit::set(&of("name"), SHOWN),
        Edit::set(&of("base_url"), target.versioned()),
        Edit::set(&of("wire_api"), "responses"),
    ];
    if target.token {
        edits.push(Edit::set(&of("env_key"), TOKEN_VARIABLE));
    }
    edits.extend(target.model.as_deref().map(|model| Edit::set(&["model"], model)));
    Settings {
        format: Some(Format::Toml),
        edits,
        shell: target.token_line(TOKEN_VARIABLE),
        then: vec!["codex exec \"say hello\"".to_owned()],
    }
}

/// `opencode.json`: a provider with its models; `{env:NAME}` stands for a variable.
fn opencode(target: &Target) -> Settings {
    let key = if target.token { format!("{{env:{TOKEN_VARIABLE}}}") } else { "none".to_owned() };
    let own = Model { id: target.model_or_auto().to_owned(), limits: None };
    let known = |own: &Model| target.models.iter().any(|model| model.id == own.id);
    let models = target.models.iter().chain(Some(&own).filter(|own| !known(own)));
    let models: Map<String, Value> = models.map(|model| (model.id.clone(), opencode_model(model))).collect();
    let of = |name: &'static str| ["provider", NAME, name];
    let edits = vec![
        Edit::set(&of("npm"), "@ai-sdk/openai-compatible"),
        Edit::set(&of("name"), SHOWN),
        Edit::set(&of("options"), json!({ "baseURL": target.versioned(), "apiKey": key })),
        Edit::set(&of("models"), models),
        Edit::set(&["model"], format!("{NAME}/{}", target.model_or_auto())),
    ];
    Settings {
        format: Some(Format::Json),
        edits,
        shell: target.token_line(TOKEN_VARIABLE),
        then: vec!["opencode run \"say hello\"".to_owned()],
    }
}

fn opencode_model(model: &Model) -> Value {
    let mut entry = json!({ "name": model.id, "tool_call": true });
    if let Some((context, output)) = model.limits {
        entry["limit"] = json!({ "context": context, "output": output });
    }
    entry
}

/// `.aider.conf.yml`: options by their long names; the key only from the environment.
fn aider(target: &Target) -> Settings {
    let edits = vec![
        Edit::set(&["openai-api-base"], target.versioned()),
        Edit::set(&["model"], format!("openai/{}", target.model_or_auto())),
    ];
    let shell = target.token_line(TOKEN_VARIABLE).into_iter().chain(target.token_line("OPENAI_API_KEY")).collect();
    Settings {
        format: Some(Format::Yaml),
        edits,
        shell,
        then: vec!["aider --message \"say hello\" --yes-always".to_owned()],
    }
}

/// Kept in the editor's own database, and sent by its makers' servers: an address of this machine is out of their reach.
fn cursor(target: &Target) -> Settings {
    let key = if target.token { "the gateway's token" } else { "any word" };
    Settings {
        format: None,
        edits: Vec::new(),
        shell: Vec::new(),
        then: vec![
            "Cursor keeps these settings itself, so they are made by hand:".to_owned(),
            "1. Cursor Settings > Models > API Keys".to_owned(),
            format!("2. OpenAI API Key: {key}"),
            format!("3. Override OpenAI Base URL: {}", target.versioned()),
            format!("4. Add a custom model: {}", target.model_or_auto()),
            "Cursor's servers call that address: one of this machine (127.0.0.1) they cannot reach. It has to be a public https address \
             in front of the gateway."
                .to_owned(),
        ],
    }
}
