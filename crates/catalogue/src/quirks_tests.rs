use super::*;

/// In the dialect that the model is asked in.
fn applied(provider: &str, model: &str, settings: Settings) -> (Settings, Vec<String>) {
    let dialect = Catalogue::builtin().dialect_for(provider, model).unwrap_or(Dialect::OpenaiChat);
    applied_in(dialect, provider, model, settings)
}

fn applied_in(dialect: Dialect, provider: &str, model: &str, mut settings: Settings) -> (Settings, Vec<String>) {
    let warnings = Catalogue::builtin().apply_quirks(provider, model, dialect, &mut settings);
    (settings, warnings)
}

#[test]
fn a_temperature_that_a_model_rejects_is_left_out_with_a_warning() {
    let warm = Settings { temperature: Some(0.2), ..Settings::default() };
    let (settings, warnings) = applied("anthropic", "claude-opus-5-5", warm.clone());
    assert_eq!(settings.temperature, None);
    assert_eq!(warnings, ["anthropic/claude-opus-5-5 takes no temperature: 0.2 was left out"]);
    let (settings, warnings) = applied("anthropic", "claude-haiku-5-5", warm.clone());
    assert_eq!((settings.temperature, warnings.len()), (Some(0.2), 0));
    let (settings, warnings) = applied("somewhere", "a-model", warm);
    assert_eq!((settings.temperature, warnings.len()), (Some(0.2), 0));
}

#[test]
fn a_forced_tool_choice_becomes_a_free_one_where_thinking_is_always_on() {
    let forced = Settings { tool_choice: ToolChoice::Any, ..Settings::default() };
    let (settings, warnings) = applied("anthropic", "claude-sonnet-5-5", forced.clone());
    assert_eq!((settings.tool_choice, warnings.len()), (ToolChoice::Auto, 1));
    let (settings, _) = applied("anthropic", "claude-opus-5-5", forced);
    assert_eq!(settings.tool_choice, ToolChoice::Any);
}

#[test]
fn thinking_is_asked_for_in_a_way_the_model_takes() {
    let asked = |thinking, effort| Settings { thinking: Some(thinking), effort, ..Settings::default() };
    let (settings, _) = applied("anthropic", "claude-opus-5-5", asked(Thinking::Budget(4_000), None));
    assert_eq!(settings.thinking, Some(Thinking::Adaptive));
    let (settings, _) = applied("anthropic", "claude-fable-5-1", asked(Thinking::Disabled, None));
    assert_eq!(settings.thinking, None);
    let (settings, _) = applied("anthropic", "claude-opus-5", asked(Thinking::Disabled, Some(Effort::High)));
    assert_eq!(settings.thinking, Some(Thinking::Disabled));
    let (settings, _) = applied("anthropic", "claude-opus-5", asked(Thinking::Disabled, Some(Effort::Max)));
    assert_eq!(settings.thinking, None);
}

#[test]
fn effort_gives_way_to_tools_on_chat_completions() {
    let hard = Settings { effort: Some(Effort::High), ..Settings::default() };
    let (settings, warnings) = applied_in(Dialect::OpenaiChat, "openai", "gpt-6.1-sol", hard.clone());
    assert_eq!((settings.effort, warnings.len()), (Some(Effort::None), 1));
    let (settings, warnings) = applied_in(Dialect::OpenaiChat, "openai", "gpt-5", hard.clone());
    assert_eq!((settings.effort, warnings.len()), (Some(Effort::High), 0));
    let (settings, _) = applied("anthropic", "claude-opus-5-5", hard);
    assert_eq!(settings.effort, Some(Effort::High));
}

#[test]
fn effort_stays_beside_tools_in_the_dialect_that_the_model_is_asked_in() {
    let hard = Settings { effort: Some(Effort::High), ..Settings::default() };
    for model in ["gpt-6.1-sol", "gpt-6-luna", "gpt-5"] {
        let (settings, warnings) = applied("openai", model, hard.clone());
        assert_eq!((settings.effort, warnings.len()), (Some(Effort::High), 0), "{model}");
    }
}

#[test]
fn more_output_than_the_model_can_give_is_not_asked_for() {
    let long = Settings { max_tokens: Some(100_000), stop: vec!["END".to_owned()], ..Settings::default() };
    let (settings, warnings) = applied("anthropic", "claude-haiku-4-5", long.clone());
    assert_eq!((settings.max_tokens, settings.stop.len(), warnings.len()), (Some(64_000), 1, 1));
    let (settings, _) = applied("openai", "gpt-6-luna", long);
    assert!(settings.stop.is_empty());
}
