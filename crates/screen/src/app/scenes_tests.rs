//! Every state of the screen as it looks, wide and narrow.

use protocol::AgentId;
use protocol::event::EventBody;

use super::desk::{Desk, approval, status};
use super::events_tests::{brief, finished, step};
use crate::feed::{Asked, Candidate, Feed, Mode, Said};
use crate::terminal::virtual_terminal::Virtual;
use crate::text::Colors;

const DIFF: &str = "--- a/src/parse.rs\n+++ b/src/parse.rs\n@@ -38,5 +38,8 @@ fn parse(text: &str) -> Tree {\n     let mut tree = Tree::new();\n-    let first = text.chars().next().unwrap();\n+    let Some(first) = text.chars().next() else {\n+        return tree;\n+    };\n+    // The first character decides.\n     tree.push(first);\n     tree\n }\n";

fn scene(name: &str, mut play: impl FnMut(&mut Desk)) {
    let mut shown = String::new();
    for (width, height) in [(100, 30), (40, 15)] {
        let mut desk = Desk::new(Colors::None);
        play(&mut desk);
        let screen = desk.screen(width, height);
        for line in screen.lines() {
            let columns = crate::text::measure(line);
            assert!(columns <= usize::from(width), "{columns} columns of {width}: {line}");
        }
        let screen: String = screen.lines().map(|line| format!("|{line}\n")).collect();
        let cursor = desk.cursor.map_or("none".to_owned(), |at| format!("{},{} of the viewport", at.x, at.y));
        shown.push_str(&format!("{width}x{height}, cursor {cursor}\n{screen}\n"));
        // Colours change nothing but colours: the same words stand there, but for the sign that turns.
        let mut coloured = Desk::new(Colors::Rgb);
        coloured.app.still = true;
        play(&mut coloured);
        assert_eq!(coloured.screen(width, height), desk.screen(width, height), "in colours");
        assert_eq!(on_a_terminal(&mut play, width, height), desk.screen(width, height), "on a terminal");
    }
    insta::assert_snapshot!(name.replace(' ', "_"), shown);
}

/// The same written to a terminal, escape codes and all, and read off it.
fn on_a_terminal(play: &mut impl FnMut(&mut Desk), width: u16, height: u16) -> String {
    let mut desk = Desk::new(Colors::Rgb);
    desk.app.still = true;
    play(&mut desk);
    let mut terminal = Virtual::of(desk.app, width, height);
    terminal.at(desk.now);
    terminal.screen().trim_end().to_owned()
}

fn at_work(desk: &mut Desk) {
    desk.typed("make the parser accept empty files").key("enter").begin();
    desk.says("main", "I'll have the sidekick do it.").event("main", step(0.1)).message("main", "");
    desk.event("main", EventBody::DelegationStarted { to: AgentId::from("sidekick"), brief: brief() });
}

#[test]
fn idle() {
    scene("idle", |_| {});
}

#[test]
fn streaming() {
    scene("streaming", |desk| {
        desk.typed("explain `parse`").key("enter").begin();
        desk.says(
            "main",
            "# How it parses\n\nIt reads **one** character:\n\n- first this\n- then that\n\nAnd it goes on",
        );
        desk.wait(3_000);
    });
}

#[test]
fn two_specialists() {
    scene("two specialists", |desk| {
        at_work(desk);
        desk.event("main", EventBody::DelegationStarted { to: AgentId::from("explorer"), brief: brief() });
        desk.started("sidekick", "bash", "cargo test -p parser --all-features").event("sidekick", step(0.004));
        desk.wait(65_000);
    });
}

#[test]
fn folded_output() {
    scene("folded output", |desk| {
        at_work(desk);
        let long: String = (0..134).map(|line| format!("test parser::tests::case_{line} ... ok\n")).collect();
        desk.call("sidekick", "read", "src/parse.rs", 3, "text").call("sidekick", "grep", "fn parse", 3, "hits");
        desk.call("sidekick", "bash", "cargo test -p parser", 3_240, &long);
    });
}

#[test]
fn an_edit() {
    scene("an edit", |desk| {
        at_work(desk);
        desk.event("sidekick", EventBody::FileChanged { path: "src/parse.rs".to_owned(), diff: DIFF.to_owned() });
    });
}

#[test]
fn a_whole_turn() {
    scene("a whole turn", |desk| {
        at_work(desk);
        desk.call("sidekick", "read", "src/parse.rs, src/lexer.rs", 3, "text");
        let check = EventBody::VerificationFinished {
            command: "cargo test -p parser".to_owned(),
            exit_code: Some(0),
            ms: 3_200,
        };
        desk.event("sidekick", check).event("main", finished("sidekick", true)).wait(42_000);
        desk.says("main", "Empty files parse now.").message("main", "");
        desk.feed(Feed::TurnEnded("verified".to_owned()));
    });
}

#[test]
fn approval_of_a_command() {
    scene("approval of a command", |desk| {
        at_work(desk);
        desk.ask(1, approval("cargo test -p parser && git clean -fdx target/debug", None)).wait(600);
    });
}

#[test]
fn approval_that_may_last() {
    scene("approval that may last", |desk| {
        at_work(desk);
        let covers = "the very same command by sidekick until this chat ends";
        desk.ask(1, approval("cargo test -p parser", Some(covers))).wait(600);
    });
}

#[test]
fn approval_of_a_diff() {
    scene("approval of a diff", |desk| {
        at_work(desk);
        let asked = Asked::Approval {
            agent: AgentId::from("main/sidekick"),
            tool: "edit".to_owned(),
            what: DIFF.to_owned(),
            why: "it changes a file".to_owned(),
            always: None,
        };
        desk.ask(1, asked).wait(600);
    });
}

#[test]
fn a_no_with_a_reason() {
    scene("a no with a reason", |desk| {
        at_work(desk);
        desk.ask(1, approval("rm -r target", None)).wait(600).key("e").typed("the cache is needed");
    });
}

#[test]
fn a_question() {
    scene("a question", |desk| {
        at_work(desk);
        let question = "An empty file can be an empty tree or an error. Which of the two is meant here?";
        let asked = Asked::Words { agent: AgentId::from("main"), question: question.to_owned() };
        desk.ask(1, asked).wait(600).typed("an empty tree");
    });
}

#[test]
fn confirm() {
    scene("confirm", |desk| {
        let text = "This folder has its own team (.agent/team.yaml).\nOnce trusted, what it says is done.";
        desk.ask(1, Asked::Confirm { title: "Trust /home/me/parser?".to_owned(), text: text.to_owned() }).wait(600);
    });
}

#[test]
fn choice() {
    scene("choice", |desk| {
        let one = |number: u32| Candidate {
            insert: format!("s-{number:02}"),
            about: format!("2 days ago, $0.{number:02}, mend the parser"),
            takes: String::new(),
        };
        desk.ask(1, Asked::Choice { title: "Resume which session?".to_owned(), of: (1..30).map(one).collect() });
        desk.key("down").key("down");
    });
}

#[test]
fn plan_mode() {
    scene("plan mode", |desk| {
        desk.feed(Feed::Status(Box::new(crate::feed::Status { mode: Mode::Plan, ..status() })));
    });
}

#[test]
fn unguarded() {
    scene("unguarded", |desk| {
        let words = "commands run without a sandbox, as you";
        let unguarded = Some(words.to_owned());
        let sandbox = "off".to_owned();
        let wanted = Some("anthropic/haiku-5".to_owned());
        desk.feed(Feed::Status(Box::new(crate::feed::Status { unguarded, sandbox, wanted, ..status() })));
    });
}

#[test]
fn queued_and_steered() {
    scene("queued and steered", |desk| {
        at_work(desk);
        desk.typed("leave the lexer alone").key("enter").typed("then write a test").key("tab").feed(Feed::Queued(1));
        desk.typed("half a dra");
    });
}

#[test]
fn interrupted() {
    scene("interrupted", |desk| {
        at_work(desk);
        desk.wait(5_000).key("esc").feed(Feed::TurnEnded("interrupted".to_owned()));
    });
}

#[test]
fn an_error() {
    scene("an error", |desk| {
        desk.typed("go on").key("enter").begin();
        desk.event(
            "main",
            EventBody::Error {
                code: "auth".to_owned(),
                message: "anthropic refused the key (401)".to_owned(),
                hint: "set ANTHROPIC_API_KEY, or run `agent doctor`".to_owned(),
            },
        );
        desk.feed(Feed::TurnEnded("unavailable".to_owned()));
    });
}

#[test]
fn the_viewer() {
    scene("the viewer", |desk| {
        at_work(desk);
        let long: String = (0..134).map(|line| format!("test parser::tests::case_{line} ... ok\n")).collect();
        desk.call("sidekick", "bash", "cargo test -p parser", 3_240, &long);
        desk.screen(100, 30);
        desk.key("ctrl-o");
    });
}

#[test]
fn the_transcript() {
    scene("the transcript", |desk| {
        at_work(desk);
        desk.event("main", finished("sidekick", true)).says("main", "Done.").message("main", "");
        desk.feed(Feed::TurnEnded("verified".to_owned())).key("ctrl-t");
    });
}

#[test]
fn the_keys() {
    scene("the keys", |desk| {
        desk.key("?");
    });
}

#[test]
fn completion() {
    scene("completion", |desk| {
        desk.typed("/co");
    });
}

#[test]
fn what_a_command_said() {
    scene("what a command said", |desk| {
        desk.typed("/cost").key("enter");
        desk.feed(Feed::Said(Said::Text(
            "agent     steps  cost\nmain          3  $0.40\nsidekick      9  $0.02".into(),
        )));
    });
}

#[test]
fn control_c_once() {
    scene("ctrl-c once", |desk| {
        desk.key("ctrl-c");
    });
}
