//! Other tools are pointed at the gateway, and back.

use std::path::PathBuf;

use super::{Gateway, body};
use crate::support::{Desk, Ended, Sim};

fn setup(desk: &Desk, arguments: &[&str]) -> Ended {
    let all: Vec<&str> = ["gateway", "setup"].into_iter().chain(arguments.iter().copied()).collect();
    desk.agent_with(&[("ANTHROPIC_API_KEY", "sk-canary")], &all, "")
}

fn user_file(desk: &Desk, name: &str) -> PathBuf {
    desk.base().join("user").join(name)
}

#[test]
fn settings_are_printed_written_and_taken_back_to_the_byte() {
    let desk = Desk::new();
    let tools = [
        ("claude-code", ".claude/settings.json", "{\n    \"theme\": \"dark\"   \n}"),
        ("codex", ".codex/config.toml", "# mine\nmodel = 'gpt-6'\n"),
        ("opencode", ".config/opencode/opencode.json", "{ \"theme\": \"x\" } // mine\n"),
        ("aider", ".aider.conf.yml", "# mine\ndark-mode: true\n"),
    ];
    for (tool, name, before) in tools {
        let file = user_file(&desk, name);
        let printed = setup(&desk, &[tool]).exits(0);
        assert!(
            printed.out.contains("127.0.0.1:8787") && printed.out.contains("AGENT_GATEWAY_TOKEN"),
            "{}",
            printed.out
        );
        assert!(!file.exists(), "printing writes nothing");
        // There is no file yet.
        setup(&desk, &[tool, "--write"]).exits(0).says(&["--undo"]);
        assert!(std::fs::read_to_string(&file).unwrap().contains("127.0.0.1:8787"));
        setup(&desk, &[tool, "--undo"]).exits(0);
        assert!(!file.exists());
        // There is one, linked from elsewhere.
        let real = desk.base().join(format!("dotfiles-{tool}"));
        std::fs::write(&real, before).unwrap();
        std::os::unix::fs::symlink(&real, &file).unwrap();
        setup(&desk, &[tool, "--write", "--url", "http://127.0.0.1:9999/v1/"]).exits(0);
        setup(&desk, &[tool, "--write", "--model", "claude-haiku-5-5"]).exits(0);
        let after = std::fs::read_to_string(&file).unwrap();
        assert!(after.contains("claude-haiku-5-5") && after.contains("8787") && !after.contains("9999"), "{after}");
        assert!(!after.contains("canary"), "{after}");
        assert!(file.is_symlink(), "the link stays");
        setup(&desk, &[tool, "--undo"]).exits(0).exits(0);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
        setup(&desk, &[tool, "--undo"]).exits(2).says(&["was not changed by this program"]);
        let left: Vec<_> =
            std::fs::read_dir(real.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("tandem")), "{left:?}");
    }
}

#[test]
fn what_a_tool_asks_for_when_nothing_is_said_is_there_without_any_policy() {
    let (desk, sim) = (Desk::new(), Sim::free());
    for tool in ["opencode", "aider"] {
        assert!(setup(&desk, &[tool]).exits(0).out.contains("/auto\""));
    }
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    for (model, served) in
        [("auto", "anthropic/claude-"), ("lane:fast", "anthropic/claude-haiku"), ("premium", "anthropic/claude-opus")]
    {
        let answered = gateway.messages(gateway.token(), &body(model, "Look around.")).is(200);
        assert!(answered.header("x-agent-model").unwrap().starts_with(served), "{model}: {:?}", answered.headers);
    }
    let listed = gateway.get("/v1/models", &[("x-api-key", gateway.token())]).is(200).json();
    assert_eq!(listed["data"][0]["id"], "auto");
}

#[test]
fn rights_of_a_file_stay_and_what_somebody_else_changed_since_stays_too() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    let file = user_file(&desk, ".claude/settings.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "{\"model\": \"opus\"}\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    setup(&desk, &["claude-code", "--write"]).exits(0);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    let text = std::fs::read_to_string(&file).unwrap().replace("opus", "sonnet");
    std::fs::write(&file, text).unwrap();
    let ended = setup(&desk, &["claude-code", "--undo"]).exits(0);
    assert!(ended.out.contains("changed by somebody else since"), "{}", ended.out);
    let left: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({ "model": "sonnet" }));
}

#[test]
fn a_file_that_cannot_be_read_is_left_as_it_is() {
    let desk = Desk::new();
    let file = user_file(&desk, ".codex/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "model = \n").unwrap();
    setup(&desk, &["codex", "--write"]).exits(2).says(&["config.toml", "TOML", "nothing was changed"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "model = \n");
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    setup(&desk, &["cursor", "--write"]).exits(2).says(&["by hand"]);
    assert!(setup(&desk, &["cursor"]).exits(0).out.contains("Override OpenAI Base URL: http://127.0.0.1:8787/v1"));
    for bad in ["127.0.0.1:8787", "ftp://x", "http://user@x", "http://x?y"] {
        setup(&desk, &["codex", "--url", bad]).exits(2).says(&["--url", bad]);
    }
}
