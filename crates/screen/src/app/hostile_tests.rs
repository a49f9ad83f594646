//! Whatever is fed and typed, on whatever size: no panic, no control character, a composer or a question in sight.

use proptest::prelude::*;
use protocol::AgentId;
use protocol::delegation::{Brief, Receipt};
use protocol::event::EventBody;
use protocol::{CallId, Usage};

use super::Input;
use super::desk::{Desk, approval, text_of};
use crate::feed::{Agent, AskId, Asked, Candidate, Feed, Said, Status};
use crate::text::Colors;

#[derive(Clone, Debug)]
enum Doing {
    Key(&'static str),
    Typed(String),
    Paste(String),
    Wait(u64),
    Draw(u16, u16),
    Says(&'static str, String),
    Message(&'static str, String),
    Call(&'static str, &'static str, String, bool),
    Delegate(String),
    Report,
    Change(String),
    Ask(u64, u8, String),
    Withdraw(u64),
    Turn(bool),
    Status(String, u64),
    Said(u8, String),
    Session(String),
    Focus(bool),
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z ]{0,12}",
        Just("\u{1b}[2J\u{1b}]0;title\u{7}".to_owned()),
        Just("\u{9b}A\r\u{8}\0".to_owned()),
        Just("\u{202e}\u{200b}\u{feff}".to_owned()),
        Just("日本語👩\u{200d}👩\u{200d}👧e\u{301}".to_owned()),
        Just("\n\n\t```rust\nfn x() {}\n".to_owned()),
        Just("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\u{1b}b\n".to_owned()),
        Just("| a | b |\n|---|---|\n| 1 | \u{1b}[31m |\n\n".to_owned()),
        Just("x".repeat(300)),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

const AGENTS: [&str; 4] = ["main", "sidekick", "explorer", "\u{1b}[1mevil\n"];
const KEYS: [&str; 33] = [
    "enter",
    "esc",
    "tab",
    "shift-tab",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "pgup",
    "pgdn",
    "backspace",
    "ctrl-c",
    "ctrl-d",
    "ctrl-o",
    "ctrl-t",
    "ctrl-l",
    "ctrl-z",
    "ctrl-r",
    "ctrl-j",
    "alt-enter",
    "?",
    "/",
    "@",
    "!",
    "y",
    "a",
    "n",
    "e",
    "q",
    "t",
    "g",
];

fn doing() -> impl Strategy<Value = Doing> {
    let agent = || prop::sample::select(AGENTS.to_vec());
    let tool = || prop::sample::select(vec!["read", "grep", "bash", "edit", "git_diff", "\u{1b}tool"]);
    prop_oneof![
        6 => prop::sample::select(KEYS.to_vec()).prop_map(Doing::Key),
        3 => hostile().prop_map(Doing::Typed),
        1 => hostile().prop_map(Doing::Paste),
        2 => (0_u64..3_000).prop_map(Doing::Wait),
        4 => (1_u16..120, 1_u16..40).prop_map(|(width, height)| Doing::Draw(width, height)),
        3 => (agent(), hostile()).prop_map(|(agent, text)| Doing::Says(agent, text)),
        2 => (agent(), hostile()).prop_map(|(agent, text)| Doing::Message(agent, text)),
        3 => (agent(), tool(), hostile(), any::<bool>())
            .prop_map(|(agent, tool, text, ok)| Doing::Call(agent, tool, text, ok)),
        1 => hostile().prop_map(Doing::Delegate),
        1 => Just(Doing::Report),
        1 => hostile().prop_map(Doing::Change),
        2 => (0_u64..4, 0_u8..4, hostile()).prop_map(|(id, kind, text)| Doing::Ask(id, kind, text)),
        1 => (0_u64..4).prop_map(Doing::Withdraw),
        2 => any::<bool>().prop_map(Doing::Turn),
        1 => (hostile(), any::<u64>()).prop_map(|(text, number)| Doing::Status(text, number)),
        1 => (0_u8..4, hostile()).prop_map(|(kind, text)| Doing::Said(kind, text)),
        1 => hostile().prop_map(Doing::Session),
        1 => any::<bool>().prop_map(Doing::Focus),
    ]
}

fn asked(kind: u8, text: String) -> Asked {
    let one = Candidate { insert: text.clone(), about: text.clone(), takes: text.clone() };
    match kind {
        0 => approval(&text, Some(&text)),
        1 => Asked::Words { agent: AgentId::from(text.as_str()), question: text },
        2 => Asked::Confirm { title: text.clone(), text },
        _ => Asked::Choice { title: text, of: vec![one; 3] },
    }
}

fn said(kind: u8, text: String) -> Said {
    match kind {
        0 => Said::Text(text),
        1 => Said::Markdown(text),
        2 => Said::Diff(text),
        _ => Said::Error { message: text.clone(), hint: Some(text) },
    }
}

fn status(text: String, number: u64) -> Status {
    Status {
        saved: Some(number as f64 / 1e6 - 1.0),
        hit_rate: number as f64,
        cache_left_ms: Some(number),
        context: number,
        closes_at: number / 2,
        brain: text.clone(),
        wanted: Some(text.clone()),
        branch: Some(text.clone()),
        sandbox: text.clone(),
        unguarded: number.is_multiple_of(2).then_some(text),
        ..Status::default()
    }
}

fn play(desk: &mut Desk, doing: Doing) {
    match doing {
        Doing::Key(name) => desk.key(name),
        Doing::Typed(text) => desk.typed(&text),
        Doing::Paste(text) => desk.paste(&text),
        Doing::Wait(ms) => desk.wait(ms),
        Doing::Draw(width, height) => {
            check(desk, width, height);
            &mut *desk
        }
        Doing::Says(agent, text) => desk.says(agent, &text),
        Doing::Message(agent, text) => desk.message(agent, &text),
        Doing::Call(agent, tool, text, ok) => {
            let error = (!ok).then_some(text.as_str());
            desk.started(agent, tool, &text).completed(agent, tool, 5, error).answer(agent, &text)
        }
        Doing::Delegate(objective) => {
            let brief = Brief { objective, ..Brief::default() };
            desk.event("main", EventBody::DelegationStarted { to: AgentId::from("sidekick"), brief })
        }
        Doing::Report => {
            let to = AgentId::from("sidekick");
            let (receipt, usage) = (Receipt::default(), Usage::default());
            desk.event("main", EventBody::DelegationFinished { to, report: None, receipt, usage, usd: None })
        }
        Doing::Change(diff) => desk.event("sidekick", EventBody::FileChanged { path: diff.clone(), diff }),
        Doing::Ask(id, kind, text) => desk.ask(id, asked(kind, text)),
        Doing::Withdraw(id) => desk.feed(Feed::Withdrawn(AskId(id))),
        Doing::Turn(true) => desk.begin(),
        Doing::Turn(false) => desk.feed(Feed::TurnEnded("\u{1b}[31mbad".to_owned())),
        Doing::Status(text, number) => desk.feed(Feed::Status(Box::new(status(text, number)))),
        Doing::Said(kind, text) => desk.feed(Feed::Said(said(kind, text))),
        Doing::Session(text) => {
            let agents = vec![Agent { id: AgentId::from("main"), brain: text.clone() }];
            desk.feed(Feed::Session { id: text.clone(), team: text, agents })
        }
        Doing::Focus(focused) => desk.input(Input::Focus(focused)),
    };
    desk.feed(Feed::Progress {
        agent: AgentId::from("main"),
        call: CallId::new("main-bash"),
        line: "\u{1b}[2Kline".to_owned(),
    });
}

/// Draws, and looks at every cell and at every line of the history.
fn check(desk: &mut Desk, width: u16, height: u16) {
    let full = desk.app.full_screen();
    for line in desk.app.take_history(width) {
        let text = text_of(&line);
        assert!(!text.contains(char::is_control), "{text:?}");
        let columns = crate::text::measure(&text);
        assert!(columns <= usize::from(width.max(2)), "{columns} columns of {width}: {text:?}");
    }
    let wanted = desk.app.height(width, height);
    assert!(wanted <= height && wanted > 0, "{wanted} rows of {height}");
    let shown = desk.screen(width, height);
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    if let Some(cursor) = desk.cursor {
        assert!(cursor.x < width && cursor.y < height, "{cursor:?} in {width}x{height}");
    }
    let typing = !full && desk.app.help.is_none() && desk.app.questions.first().is_none();
    assert!(!typing || desk.cursor.is_some(), "the box is in sight at {width}x{height}:\n{shown}");
    for signal in &desk.signals {
        let (super::Signal::Notify(text) | super::Signal::Title(text)) = signal else { continue };
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_inputs_and_sizes_is_drawn_without_harm(
        doings in prop::collection::vec(doing(), 1..60),
        colors in prop::sample::select(vec![Colors::None, Colors::Rgb]),
    ) {
        let mut desk = Desk::new(colors);
        for doing in doings {
            play(&mut desk, doing);
        }
        check(&mut desk, 40, 10);
        check(&mut desk, 100, 30);
        let acts = desk.take_acts();
        drop(acts);
    }
}
