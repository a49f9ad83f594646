//! A session that is not one, for the tests that want the screen on a real terminal: what is sent comes back, and a few words do more.
//!
//! `lines N`: N finished lines · `stream N`: N words, as fast as they go · `slowly N`: N finished lines of a turn, one after the other ·
//! `deaf`: nothing is heeded any more · `panic`: as it says.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use protocol::AgentId;
use screen::{Act, Colors, Feed, History, Notify, Options, Said, Screen, Sender};

fn main() {
    #![expect(clippy::disallowed_methods, reason = "the clock that the screen is handed")]
    let begin = Instant::now();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        screen::restore();
        before(info);
    }));
    let options = Options {
        colors: Colors::Ansi,
        still: true,
        notify: Notify::Bell,
        tmux: false,
        root: PathBuf::from("/nowhere"),
        history: History::default(),
        now: Arc::new(move || u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX)),
    };
    let (acts, received) = mpsc::channel();
    let opened = Screen::open(options, move |act| {
        acts.send(act).ok();
    });
    let screen = match opened {
        Ok(screen) => screen,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").ok();
            return;
        }
    };
    let sender = screen.sender();
    sender.feed(said(format!("pid {}", std::process::id())));
    for act in received {
        if !answer(&act, &sender) {
            break;
        }
    }
    screen.wait();
    writeln!(std::io::stdout(), "after").ok();
}

fn said(text: String) -> Feed {
    Feed::Said(Said::Text(text))
}

/// Whether it goes on.
fn answer(act: &Act, sender: &Sender) -> bool {
    match act {
        Act::Leave => {
            sender.feed(Feed::Leave(vec!["left".to_owned()]));
            false
        }
        Act::Submit { text, .. } => {
            work(text, sender);
            true
        }
        Act::Command { name, .. } if name == "quit" => answer(&Act::Leave, sender),
        _ => true,
    }
}

fn work(text: &str, sender: &Sender) {
    let (word, number) = text.split_once(' ').unwrap_or((text, ""));
    let count: usize = number.parse().unwrap_or(0);
    match word {
        "lines" => {
            for line in 0..count {
                sender.feed(said(format!("L {line}")));
            }
        }
        "stream" => {
            let agent = AgentId::new("main");
            sender.feed(Feed::TurnBegan);
            for index in 0..count {
                let text = format!("word{index}{}", if index % 10 == 9 { "\n\n" } else { " " });
                sender.feed(Feed::Text { agent: agent.clone(), text });
            }
            sender.feed(Feed::TurnEnded("verified".to_owned()));
        }
        "slowly" => {
            sender.feed(Feed::TurnBegan);
            for line in 0..count {
                sender.feed(said(format!("L {line}")));
                std::thread::sleep(Duration::from_millis(12));
            }
            sender.feed(Feed::TurnEnded("verified".to_owned()));
        }
        "deaf" => {
            sender.feed(said("echo deaf".to_owned()));
            loop {
                std::thread::park();
            }
        }
        "panic" => {
            #[expect(clippy::panic, reason = "what is tested is a crash")]
            {
                panic!("asked to");
            }
        }
        _ => sender.feed(said(format!("echo {text}"))),
    }
}
