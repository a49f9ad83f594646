use super::*;

fn with<T>(read: impl FnOnce(&Agents<'_>) -> T) -> T {
    let all = ["main", "sidekick"].map(AgentId::from);
    read(&Agents { main: &all[0], all: &all })
}

fn read_model(words: &str) -> Result<(String, String, bool), String> {
    with(|agents| model(words, agents, &|word| matches!(word, "fast" | "premium")))
        .map(|read| (read.agent.to_string(), read.name, read.now))
}

fn read_compact(words: &str) -> Result<(String, Option<String>), String> {
    with(|agents| compact(words, agents)).map(|read| (read.agent.to_string(), read.focus))
}

#[test]
fn commands_that_take_nothing_say_what_they_found() {
    assert_eq!(nothing("/cost", "  "), Ok(()));
    for (command, instead) in [("/cost", "agent cost --by agent"), ("/context", "every agent"), ("/team", "type /team")]
    {
        let error = nothing(command, "sidekick").unwrap_err();
        assert!(error.starts_with(&format!("{command}: found `sidekick`; it takes nothing behind it")), "{error}");
        assert!(error.contains(instead), "{error}");
    }
}

#[test]
fn a_model_is_for_the_agent_that_is_named_or_for_main() {
    let read = |agent: &str, name: &str, now: bool| Ok((agent.to_owned(), name.to_owned(), now));
    assert_eq!(read_model("fast"), read("main", "fast", false));
    assert_eq!(read_model(" sidekick  openai/gpt-5@low now "), read("sidekick", "openai/gpt-5@low", true));
    assert_eq!(read_model("gpt-5 now"), read("main", "gpt-5", true));
}

#[test]
fn a_wrong_model_command_says_what_it_found_what_is_allowed_and_gives_an_example() {
    for (words, found) in [
        ("", "which model?"),
        ("sidekick", "which model?"),
        (
            "sidekik fast",
            "found `sidekik`, which is no agent of this team; agents are main, sidekick; did you mean `sidekick`?",
        ),
        ("explorer fast now", "found `explorer`, which is no agent of this team; agents are main, sidekick"),
        ("Sidekick", "did you mean `sidekick`?"),
        ("now", "found `now` where the model should be"),
        ("main fast later", "found `later` behind the model; allowed is `now`"),
        ("fast now please", "found `please` behind the model; allowed is `now`"),
        ("fast high", "An effort is written fast@high"),
    ] {
        let error = read_model(words).unwrap_err();
        assert!(error.starts_with("/model: ") && error.contains(found), "{words}: {error}");
        assert!(error.contains(MODEL) && error.contains("for example /model "), "{words}: {error}");
    }
}

#[test]
fn what_matters_in_a_compaction_is_any_words_but_a_mistyped_agent() {
    assert_eq!(read_compact(""), Ok(("main".to_owned(), None)));
    assert_eq!(read_compact("sidekick"), Ok(("sidekick".to_owned(), None)));
    assert_eq!(read_compact("main the parser"), Ok(("main".to_owned(), Some("the parser".to_owned()))));
    assert_eq!(read_compact("domain rules"), Ok(("main".to_owned(), Some("domain rules".to_owned()))));
    let error = read_compact("sidekik the parser").unwrap_err();
    assert!(error.contains("found `sidekik`; agents are main, sidekick. Type /compact sidekick"), "{error}");
    assert!(error.contains("/compact main sidekik the parser"), "how to say it all the same: {error}");
}

#[test]
fn a_command_that_there_is_not_is_answered_with_the_nearest() {
    let known = || ["/help", "/compact", "/quit"].into_iter();
    assert_eq!(unknown("/compct", known()), "there is no command /compct, did you mean /compact? /help lists them");
    assert_eq!(unknown("/dance", known()), "there is no command /dance; /help lists them");
}

#[test]
fn modes_and_steps_are_read_strictly() {
    assert_eq!(approve(" auto "), Ok(Some(ApprovalMode::Auto)));
    assert_eq!(approve("deny"), approve("plan"));
    assert_eq!((approve(""), step(" ")), (Ok(None), Ok(None)));
    assert!(approve("yolo").unwrap_err().contains("found `yolo`; allowed are ask, auto and plan"));
    assert_eq!(step("7"), Ok(Some(7)));
    assert!(step("x").unwrap_err().contains("found `x`; a step is a number"));
}

#[test]
fn images_are_named_by_an_at_sign_at_the_begin_of_a_word() {
    let found: Vec<_> = images("see @a.png, @\"b c.JPG\" and (@x.gif) me@d.png @lib.rs @e.webp?!").collect();
    assert_eq!(found, ["a.png", "b c.JPG", "e.webp"]);
}
