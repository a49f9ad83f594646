use proptest::prelude::*;
use serde_json::json;

use super::*;

fn target() -> Target {
    let models = vec![Model { id: "claude-haiku-5-5".to_owned(), limits: Some((200_000, 64_000)) }];
    Target { url: "http://127.0.0.1:8787".to_owned(), token: true, model: None, models }
}

fn written(tool: Tool, before: Option<&str>) -> (String, Record, Format) {
    let settings = tool.settings(&target());
    let format = settings.format.unwrap();
    let (after, record) = write(format, before, None, &settings.edits).unwrap();
    (after, record, format)
}

const CLAUDE: &str = r#"{
  "permissions": { "allow": ["Bash(ls:*)"] },
  "env": {
    "FOO": "1",
    "ANTHROPIC_BASE_URL": "https://old.example"
  },
  "model": "opus"
}
"#;

const CODEX: &str = r#"# mine
model = "gpt-6"   # the good one
model_provider = "openai"   # as it comes

[mcp_servers.docs]
command = "docs"

[model_providers.other]
name = "Other"
base_url = "https://other.example/v1"
"#;

const OPENCODE: &str = r#"{
  // comments are allowed here
  "theme": "dark",
  "provider": {
    "mine": { "npm": "x" }, // kept
  },
}
"#;

const AIDER: &str = "# options\nmodel: sonnet   # quick\nread:\n  - CONVENTIONS.md\nauto-commits: false\n";

fn files() -> [(Tool, &'static str); 4] {
    [(Tool::ClaudeCode, CLAUDE), (Tool::Codex, CODEX), (Tool::Opencode, OPENCODE), (Tool::Aider, AIDER)]
}

#[test]
fn claude_code_is_told_by_its_environment_and_a_helper_and_keeps_the_rest() {
    let (after, ..) = written(Tool::ClaudeCode, Some(CLAUDE));
    assert_eq!(
        after,
        CLAUDE.replace("https://old.example", "http://127.0.0.1:8787").replace(
            "\"model\": \"opus\"\n",
            "\"model\": \"opus\",\n  \"apiKeyHelper\": \"printenv AGENT_GATEWAY_TOKEN\"\n"
        )
    );
}

#[test]
fn codex_gets_a_provider_and_keeps_comments_and_tables() {
    let (after, ..) = written(Tool::Codex, Some(CODEX));
    let expected = CODEX.replace("\"openai\"   # as", "\"tandem\"   # as")
        + "\n[model_providers.tandem]\nname = \"Tandem gateway\"\nbase_url = \"http://127.0.0.1:8787/v1\"\n\
           wire_api = \"responses\"\nenv_key = \"AGENT_GATEWAY_TOKEN\"\n";
    assert_eq!(after, expected);
}

#[test]
fn opencode_gets_a_provider_with_its_models_and_keeps_comments() {
    let (after, ..) = written(Tool::Opencode, Some(OPENCODE));
    for kept in ["// comments are allowed here", "\"theme\": \"dark\"", "\"mine\": { \"npm\": \"x\" }", "// kept"] {
        assert!(after.contains(kept), "{kept} in\n{after}");
    }
    let settings = read(Format::Json, &after).unwrap();
    assert_eq!(
        settings["provider"]["tandem"],
        json!({
            "npm": "@ai-sdk/openai-compatible",
            "name": "Tandem gateway",
            "options": { "baseURL": "http://127.0.0.1:8787/v1", "apiKey": "{env:AGENT_GATEWAY_TOKEN}" },
            "models": {
                "claude-haiku-5-5": {
                    "name": "claude-haiku-5-5", "tool_call": true, "limit": { "context": 200_000, "output": 64_000 }
                },
                "auto": { "name": "auto", "tool_call": true },
            },
        })
    );
    assert_eq!(settings["model"], "tandem/auto");
}

#[test]
fn aider_gets_two_options() {
    let (after, ..) = written(Tool::Aider, Some(AIDER));
    let expected = AIDER.replace("model: sonnet   # quick", "model: \"openai/auto\"")
        + "openai-api-base: \"http://127.0.0.1:8787/v1\"\n";
    assert_eq!(after, expected);
}

#[test]
fn files_that_are_not_there_are_made() {
    for (tool, _) in files() {
        for begun in [None, Some(""), Some("\n")] {
            let (after, record, format) = written(tool, begun);
            let settings = read(format, &after).unwrap();
            assert!(settings.as_object().is_some_and(|fields| !fields.is_empty()), "{after}");
            let undone = undo(format, Some(&after), begun, &record).unwrap();
            let expected = begun.map_or(Undone::Removed, |text| Undone::Restored(text.to_owned()));
            assert_eq!(undone, expected);
        }
    }
}

#[test]
fn a_change_is_taken_back_to_the_byte() {
    for (tool, before) in files() {
        let (after, record, format) = written(tool, Some(before));
        let record = Record::parse(&record.text()).unwrap();
        assert_eq!(undo(format, Some(&after), Some(before), &record).unwrap(), Undone::Restored(before.to_owned()));
        // Written again for another address, and taken back.
        let other = Target { url: "https://gateway.example/".to_owned(), ..target() };
        let (again, second) = write(format, Some(&after), Some(&record), &tool.settings(&other).edits).unwrap();
        assert!(again.contains("https://gateway.example") && !again.contains("127.0.0.1"), "{again}");
        assert_eq!(undo(format, Some(&again), Some(before), &second).unwrap(), Undone::Restored(before.to_owned()));
        assert_eq!(undo(format, None, Some(before), &second).unwrap(), Undone::Removed, "somebody removed the file");
    }
}

#[test]
fn what_somebody_else_changed_since_stays_when_a_change_is_taken_back() {
    let added = [
        (CLAUDE, "\"FOO\": \"1\"", "\"FOO\": \"2\""),
        (CODEX, "\"gpt-6\"", "\"gpt-7\""),
        (OPENCODE, "dark", "light"),
        (AIDER, "false", "true"),
    ];
    for ((tool, before), (_, old, new)) in files().into_iter().zip(added) {
        let (after, record, format) = written(tool, Some(before));
        let edited = after.replace(old, new);
        assert_ne!(edited, after);
        let Undone::Edited(text) = undo(format, Some(&edited), Some(before), &record).unwrap() else {
            panic!("{edited}")
        };
        assert_eq!(read(format, &text).unwrap(), read(format, &before.replace(old, new)).unwrap(), "{text}");
        // Also where it was written again in between.
        let (again, second) = write(format, Some(&edited), Some(&record), &tool.settings(&target()).edits).unwrap();
        let Undone::Edited(text) = undo(format, Some(&again), Some(before), &second).unwrap() else {
            panic!("{again}")
        };
        assert_eq!(read(format, &text).unwrap(), read(format, &before.replace(old, new)).unwrap(), "{text}");
    }
}

#[test]
fn the_token_stands_in_no_file() {
    for (tool, before) in files() {
        let settings = tool.settings(&target());
        let (after, ..) = written(tool, Some(before));
        assert!(after.contains(TOKEN_VARIABLE) || tool == Tool::Aider);
        assert!(settings.shell.iter().any(|line| line.contains(TOKEN_VARIABLE)), "{:?}", settings.shell);
        let open = Target { token: false, ..target() };
        assert!(tool.settings(&open).shell.iter().all(|line| !line.contains(TOKEN_VARIABLE)));
    }
}

#[test]
fn what_cannot_be_read_or_changed_safely_is_left_alone() {
    let fails = |tool: Tool, text: &str| {
        let settings = tool.settings(&target());
        write(settings.format.unwrap(), Some(text), None, &settings.edits).unwrap_err().to_string()
    };
    assert!(fails(Tool::ClaudeCode, "{ \"env\": ").contains("not readable as JSON"));
    assert!(fails(Tool::ClaudeCode, "[]").contains("the whole file"));
    assert!(fails(Tool::ClaudeCode, "{ \"env\": 3 }").contains("`env` is not a section"));
    assert!(fails(Tool::Codex, "model_provider = ").contains("not readable as TOML"));
    assert!(fails(Tool::Codex, "model_providers = 3\n").contains("not a section"));
    assert!(fails(Tool::Aider, "a: [").contains("not readable as YAML"));
    assert!(fails(Tool::Aider, "model:\n  nested: 1\n").contains("cannot be changed safely"));
    assert!(
        fails(Tool::Aider, "text: |\n  a\n...\n").contains("cannot be changed safely"),
        "behind the end of the document"
    );
    assert!(fails(Tool::Aider, "- a\n").contains("the whole file"));
    assert!(Record::parse("{}").is_err());
}

#[test]
fn cursor_is_told_by_hand_and_what_cannot_work() {
    let settings = Tool::Cursor.settings(&target());
    assert_eq!((settings.format, settings.edits.len()), (None, 0));
    assert!(settings.then.concat().contains("cannot reach"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_settings_of_claude_code_survive(
        fields in prop::collection::btree_map("[a-zA-Z]{1,8}", "[ -~]{0,12}", 0..6),
        env in prop::collection::btree_map("[A-Z_]{1,12}", "[ -~]{0,12}", 0..4),
    ) {
        let mut before = json!(fields);
        if !env.is_empty() {
            before["env"] = json!(env);
        } else if before.get("env").is_some() {
            before["env"] = json!({});
        }
        let text = serde_json::to_string_pretty(&before).unwrap();
        let (after, record, format) = written(Tool::ClaudeCode, Some(&text));
        let mut expected = before.clone();
        expected["env"]["ANTHROPIC_BASE_URL"] = json!("http://127.0.0.1:8787");
        expected["apiKeyHelper"] = json!("printenv AGENT_GATEWAY_TOKEN");
        prop_assert_eq!(read(format, &after).unwrap(), expected);
        let edited = after + "\n";
        let undone = undo(format, Some(&edited), Some(&text), &record).unwrap();
        let Undone::Edited(undone) = undone else { panic!("{undone:?}") };
        prop_assert_eq!(read(format, &undone).unwrap(), before);
    }
}
