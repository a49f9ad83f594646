//! The commands of a chat, with a pipe where a person would type. The screen uses the same ones.

use crate::support::{Desk, Ended, Sim};

/// A chat of one agent with these lines, which ends well.
fn chat(desk: &Desk, sim: &Sim, lines: &[&str]) -> Ended {
    chat_with(desk, sim, &["--team", "solo"], lines)
}

fn chat_with(desk: &Desk, sim: &Sim, flags: &[&str], lines: &[&str]) -> Ended {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let arguments: Vec<&str> = ["chat"].into_iter().chain(flags.iter().copied()).collect();
    desk.agent_with(&sim.variables(), &arguments, &input).exits(0)
}

/// The id of the session that a chat was about last.
fn session(chat: &Ended) -> String {
    chat.err.lines().rev().find_map(|line| line.strip_prefix("session ")).unwrap().to_owned()
}

/// What was asked of the model: each message's text, of the last request.
fn asked(sim: &Sim) -> String {
    let requests = sim.requests();
    let messages = &requests.last().unwrap().request.messages;
    let texts = messages.iter().flat_map(|message| &message.blocks).filter_map(|block| match block {
        protocol::Block::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

const ANSWERS: &str = "- say: The first answer.\n- say: The second answer.\n- say: The third answer.";
const WRITES: &str = "- calls: [{tool: write, args: {path: new.txt, content: hello}}]\n- say: I tried.";

#[test]
fn help_lists_every_command_and_one_that_there_is_not_is_answered_with_the_nearest() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let ended = chat(&desk, &sim, &["/help", "/exprt", "/team now"]);
    for name in [
        "help", "team", "model", "plan", "review", "diff", "compact", "context", "cost", "why", "sessions", "resume",
        "export", "approve", "sandbox", "init", "clear", "quit",
    ] {
        ended.clone().says(&[&format!("  /{name}")]);
    }
    ended.says(&["did you mean /export?", "/team: found `now`; it takes nothing behind it"]);
    assert_eq!(sim.requests().len(), 0);
}

#[test]
fn in_plan_mode_nothing_is_changed_until_it_is_left() {
    let (desk, sim) = (Desk::new(), Sim::steps(&format!("{WRITES}\n{WRITES}")));
    let ended = chat(&desk, &sim, &["/plan off", "/plan Write it.", "/plan off", "Write it.", "y"]);
    ended.says(&["this is no plan mode", "mode plan: nothing but reading is done", "mode ask"]);
    let told: Vec<String> = sim.told();
    assert!(told[0].contains("only reads") || told[0].contains("not allowed"), "{told:?}");
    assert_eq!(desk.read("new.txt"), "hello", "the second turn could");
}

#[test]
fn the_mode_can_be_changed_and_asked_for() {
    let (desk, sim) = (Desk::new(), Sim::steps(WRITES));
    let ended = chat(&desk, &sim, &["/approve", "/approve yolo", "/approve auto", "Write it."]);
    ended.says(&["mode ask", "found `yolo`; allowed are ask, auto and plan", "mode auto"]);
    assert_eq!(desk.read("new.txt"), "hello", "without a question");
}

#[test]
fn a_diff_shows_changes_and_new_files() {
    let (desk, sim) = (Desk::new(), Sim::free());
    chat(&desk, &sim, &["/diff"]).says(&["nothing differs from the last commit"]);
    desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    desk.file("new.txt", "fresh\n");
    chat(&desk, &sim, &["/diff"]).says(&["-    41", "+    42", "+++ b/new.txt", "+fresh"]);
}

#[test]
fn cost_and_why_say_what_the_commands_of_the_shell_say() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let ended = chat(&desk, &sim, &["Hello", "/cost", "/why", "/why x", "/why 99"]);
    let session = session(&ended);
    let cost = desk.agent(&["cost", &session]).exits(0).out;
    let total = cost.lines().find(|line| line.contains("= total")).unwrap_or_else(|| panic!("{cost}"));
    ended.says(&[
        total,
        "in this session, cache hits",
        "delegation: none",
        "/why: found `x`; a step is a number",
        "at step 99",
    ]);
}

#[test]
fn sessions_are_listed_and_another_one_is_gone_on_with_in_the_same_chat() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let first = session(&chat(&desk, &sim, &["What is this?"]));
    let ended = chat(&desk, &sim, &["/resume", "/sessions", &format!("/resume {first}"), "And that?", "/resume 1999"]);
    ended.clone().says(&[&format!("  {first}  What is this?"), "answered", "no session begins with `1999`"]);
    assert_eq!(session(&ended), first, "the chat ended in it");
    assert!(sim.requests()[1].label.contains("user assistant user"), "{}", sim.requests()[1].label);
    chat_with(&desk, &sim, &["--resume", &first], &[&format!("/resume {first}")]).says(&["this is that session"]);
}

#[test]
fn a_session_that_cannot_be_opened_leaves_the_chat_where_it_is() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let first = session(&chat(&desk, &sim, &["What is this?"]));
    std::fs::rename(&desk.root, desk.root.with_file_name("gone")).unwrap();
    std::fs::create_dir(&desk.root).unwrap();
    std::fs::create_dir(desk.base().join("other")).unwrap();
    std::fs::remove_dir(&desk.root).unwrap();
    let other = desk.base().join("other").display().to_string();
    let mut command = std::process::Command::new(crate::support::AGENT);
    command.current_dir(desk.base()).env_clear().envs(crate::support::toolchain()).envs(sim.variables());
    command.env("AGENT_HOME", &desk.home).args(["chat", "--team", "solo", "--cwd", &other]);
    let input = format!("/resume {first}\nAnd that?\n");
    let ended = Ended::of(assert_cmd::Command::from_std(command).write_stdin(input).output().unwrap()).exits(0);
    assert!(ended.err.contains("error: ") && ended.out.contains("The first answer."), "{}\n{}", ended.err, ended.out);
    assert_ne!(session(&ended), first);
}

#[test]
fn clear_begins_a_session_that_knows_nothing_of_the_last() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let ended = chat(&desk, &sim, &["What is this?", "/clear", "And that?"]);
    assert!(!asked(&sim).contains("What is this?"), "{}", asked(&sim));
    assert_eq!(ended.err.matches(" · team solo · ").count(), 2, "{}", ended.err);
    let list = desk.agent(&["sessions", "list", "--json"]).exits(0).json();
    let list = list["sessions"].as_array().unwrap().clone();
    assert_eq!(list.len(), 2);
    assert!(list.iter().all(|session| session["status"] == "answered"), "both were completed: {list:?}");
}

#[test]
fn an_export_is_written_once_and_never_over_a_file() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let ended = chat(&desk, &sim, &["What is this?", "/export", "/export README.md", "/export talk.md"]);
    let name = format!("session-{}.md", session(&ended));
    ended.clone().says(&[&format!("wrote {name}"), "README.md is there already", "wrote talk.md"]);
    let page = desk.read(&name);
    for part in ["# What is this?", "## You", "> What is this?", "## solo", "The first answer.", "| all | | 1 | $"] {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
    assert_eq!(desk.read("talk.md"), page);
    assert!(desk.read("README.md").starts_with("# Sample"));
    let printed = desk.agent(&["sessions", "export", &session(&ended)]).exits(0).out;
    assert!(printed.contains("> What is this?"), "{printed}");
    let json = desk.agent(&["sessions", "export", &session(&ended), "--format", "json"]).exits(0).json();
    assert_eq!(json["session"]["title"], "What is this?");
    assert!(json["events"].as_array().unwrap().iter().any(|event| event["type"] == "message"), "{json}");
    let refused = desk.agent(&["sessions", "export", &session(&ended), "--out", "README.md"]).exits(2);
    refused.says(&["README.md is there already"]);
}

#[test]
fn the_sandbox_is_shown_and_narrowed_but_never_switched_off() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let ended = chat(
        &desk,
        &sim,
        &["Hello", "/sandbox", "/sandbox off", "/sandbox read-only", "/sandbox nowhere", "And that?"],
    );
    ended.clone().says(&[
        "a chat never switches the sandbox off",
        "agent chat --resume ",
        "--no-sandbox",
        "sandbox mode `nowhere`",
    ]);
    assert!(asked(&sim).contains("Hello"), "it is the same session: {}", asked(&sim));
    assert_eq!(desk.agent(&["sessions", "list"]).exits(0).out.lines().count(), 1);
}

#[test]
fn a_review_is_made_by_a_clean_context_and_told_in_the_chat() {
    let review = r#"{"approve": false, "summary": "It says 42.", "findings": [{"severity": "high", "file": "src/lib.rs", "line": 2, "title": "Not 41", "detail": "It was 41."}]}"#;
    let steps = format!("- say: {}\n- say: Later.", serde_json::Value::from(review));
    let (desk, sim) = (Desk::new(), Sim::steps(&steps));
    chat(&desk, &sim, &["/review"]).says(&["Nothing to review"]);
    assert_eq!(sim.requests().len(), 0);
    desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    let ended = chat(&desk, &sim, &["/review", "/review --output=x"]);
    ended.says(&["It says 42.", "src/lib.rs:2", "Not 41", "error: "]);
    assert_eq!(sim.requests().len(), 1, "a range that is an option asks nobody");
}

#[test]
fn init_writes_a_team_file_and_says_what_is_in_it() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let ended = chat(&desk, &sim, &["/init", "/init"]);
    ended.says(&["wrote .agent/team.yaml", "is there already"]);
    assert!(desk.read(".agent/team.yaml").contains("version: 1"));
}

#[test]
fn sec_51_a_shell_command_in_a_pipe_is_neither_run_nor_told_to_the_model() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let ended = chat(&desk, &sim, &["!touch pwned", "![shot](http://x.test/y.png)", "What was that?"]);
    ended.says(&["not run, and not told to the team: !touch pwned", "`!` works at a terminal only"]);
    assert!(!desk.root.join("pwned").exists());
    assert_eq!(sim.requests().len(), 1);
    assert!(!asked(&sim).contains("touch") && !asked(&sim).contains("x.test"), "{}", asked(&sim));
}

#[test]
fn a_mode_goes_along_to_the_next_session_but_is_none_of_what_that_one_began_with() {
    let (desk, sim) = (Desk::new(), Sim::steps(&format!("{WRITES}\n{WRITES}\n{ANSWERS}")));
    chat(&desk, &sim, &["/approve auto", "/clear", "Write it.", "/approve ask"]).says(&["mode auto"]);
    assert_eq!(desk.read("new.txt"), "hello", "auto went along");
    let again = chat_with(&desk, &sim, &["--resume"], &["/approve"]);
    again.says(&["mode ask: you are asked"]);
    // Plan mode goes along too; that the next session began in it makes no wall, and its model is told.
    let plan = ["/approve auto", "/plan", "/clear", "Write it again.", "/sandbox", "/plan off", "/sandbox read-only"];
    let plan = chat(&desk, &sim, &[&plan[..], &["/plan", "/sandbox workspace", "/plan off"]].concat());
    assert!(!plan.err.contains("commands run in: read-only\n  ok"), "{}", plan.err);
    assert_eq!(plan.err.matches("mode auto: ").count(), 3, "it goes back to what was before: {}", plan.err);
    assert!(asked(&sim).contains("<mode now=\"plan\""), "{}", asked(&sim));
}

#[test]
fn the_last_session_but_this_one_is_gone_back_to() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    chat(&desk, &sim, &["/resume -"]).says(&["there is no other session in this folder"]);
    let first = session(&chat(&desk, &sim, &["What is this?"]));
    desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    desk.ask(&Sim::free(), &["review"]);
    let ended = chat(&desk, &sim, &["And that?", "/resume", "/resume -"]);
    assert!(!ended.err.contains("review of"), "nobody goes on with a review: {}", ended.err);
    assert_eq!(session(&ended), first);
}

#[test]
fn who_leaves_at_a_question_does_nothing_more() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let first = session(&chat(&desk, &sim, &["What is this?"]));
    desk.file(".agent/commands/ship.md", "Ship.");
    let other = desk.base().join("other");
    std::fs::create_dir(&other).unwrap();
    let flags = ["--team", "solo", "--cwd", &other.display().to_string()];
    let ended = chat_with(&desk, &sim, &flags, &[&format!("/resume {first}"), "/quit", "And that?"]);
    assert_ne!(session(&ended), first);
    ended.says(&[".agent/commands was never used here"]);
    assert_eq!(sim.requests().len(), 1, "no turn was begun");
}

#[test]
fn a_path_is_no_command() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    chat(&desk, &sim, &["/usr/bin is missing", "//help is a word"]);
    assert!(
        asked(&sim).contains("/usr/bin is missing") && asked(&sim).contains("\n/help is a word"),
        "{}",
        asked(&sim)
    );
}

#[test]
fn own_commands_say_their_text_with_the_words_behind_them() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let config = desk.home.join("config/commands");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("greet.md"), "# Greet somebody\n\nSay hello to $1, from $ARGUMENTS.").unwrap();
    std::fs::write(config.join("help.md"), "mine").unwrap();
    let ended = chat(&desk, &sim, &["/help", "/greet \"Ann Lee\" Bob"]);
    ended.says(&["/greet [words]", "Greet somebody", "/help is built in"]);
    assert!(asked(&sim).contains("Say hello to Ann Lee, from \"Ann Lee\" Bob."), "{}", asked(&sim));
}

#[test]
fn a_folders_own_commands_are_used_only_once_they_are_trusted_as_they_are() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    desk.file(".agent/commands/ship.md", "Ship version one.");
    let no = chat(&desk, &sim, &["n", "/ship"]);
    no.says(&[".agent/commands was never used here", "commands for this chat", "/ship", "there is no command /ship"]);
    assert_eq!(sim.requests().len(), 0);
    chat(&desk, &sim, &["y", "/ship"]).says(&["use it?"]);
    assert!(asked(&sim).contains("Ship version one."), "{}", asked(&sim));
    let again = chat(&desk, &sim, &["/ship"]);
    assert!(!again.err.contains("use it?"), "{}", again.err);
    desk.file(".agent/commands/ship.md", "Ship version two.");
    chat(&desk, &sim, &["n", "/ship"]).says(&["changed since you trusted it", "there is no command /ship"]);
    // A run has no use for them and does not ask.
    desk.ask(&sim, &["run", "Hello", "--team", "solo"]).exits(0);
    let trusted = chat_with(&desk, &sim, &["--team", "solo", "--trust"], &["/ship"]);
    assert!(!trusted.err.contains("use it?") && asked(&sim).contains("Ship version two."), "{}", trusted.err);
}

#[test]
fn the_projects_command_wins_over_the_users_and_that_is_said() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    let config = desk.home.join("config/commands");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("ship.md"), "My own.").unwrap();
    desk.file(".agent/commands/ship.md", "The project's.");
    let ended = chat_with(&desk, &sim, &["--team", "solo", "--trust-workspace"], &["/ship"]);
    ended.says(&["/ship is this project's"]);
    assert!(asked(&sim).contains("The project's."), "{}", asked(&sim));
}

#[test]
fn an_image_of_the_folder_that_is_named_goes_along() {
    let (desk, sim) = (Desk::new(), Sim::steps(ANSWERS));
    // The smallest image there is: one pixel.
    let png: &[u8] = &[
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1,
        8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5,
        0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    ];
    desk.file("shot.png", png);
    std::fs::write(desk.base().join("private.png"), png).unwrap();
    std::os::unix::fs::symlink(desk.base().join("private.png"), desk.root.join("link.png")).unwrap();
    let private = format!("And on @{} and @../private.png and @link.png?", desk.base().join("private.png").display());
    chat(&desk, &sim, &["What is on @shot.png?", "And on @gone.png?", &private]);
    let images = |at: usize| {
        let blocks =
            sim.requests()[at].request.messages.iter().flat_map(|message| message.blocks.clone()).collect::<Vec<_>>();
        blocks.iter().filter(|block| matches!(block, protocol::Block::Image { .. })).count()
    };
    assert_eq!((images(0), images(1)), (1, 1));
    assert_eq!(images(2), 1, "what is outside of the folder is words");
}

#[test]
fn a_wrong_word_for_notifications_is_told_only_where_there_is_a_screen() {
    let (desk, sim) = (Desk::new(), Sim::free());
    chat_with(&desk, &sim, &["--team", "solo", "--plain", "--notify", "osc9"], &["/quit"]);
    let refused = desk.agent_with(&sim.variables(), &["chat", "--notify", "loud"], "").exits(2);
    refused.says(&["bell", "osc9", "off"]);
}
