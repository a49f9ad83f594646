//! A screen to test with: what is typed and fed, and what stands there then.

use std::path::Path;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::event::EventBody;
use protocol::{AgentId, CallId, Event, SessionId, Usd};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::{App, Input, Options, Signal};
use crate::composer::{Files, History};
use crate::feed::{Act, Agent, Ask, AskId, Asked, Candidate, Feed, Status};
pub(crate) use crate::terminal::virtual_terminal::key;
use crate::text::Colors;

struct Known;

impl Files for Known {
    fn list(&self) -> Arc<[String]> {
        ["docs/guide.md", "src/lib.rs", "src/main.rs"].map(str::to_owned).into()
    }

    fn refresh(&self, _now_ms: u64) {}

    fn name(&self, path: &Path) -> Option<String> {
        (path == Path::new("shot.png")).then(|| "shot.png".to_owned())
    }
}

/// A screen with a clock.
pub(crate) struct Desk {
    pub(crate) app: App,
    pub(crate) now: u64,
    /// What went to the scrollback, as text.
    pub(crate) history: Vec<String>,
    /// All that was asked for.
    pub(crate) acts: Vec<Act>,
    pub(crate) signals: Vec<Signal>,
    pub(crate) cursor: Option<Position>,
    seq: u64,
    last_tool: String,
}

pub(crate) fn text_of(line: &Line<'_>) -> String {
    line.spans.iter().map(|span| span.content.as_ref()).collect()
}

impl Desk {
    /// A session that has begun, of a main agent and two specialists.
    pub(crate) fn new(colors: Colors) -> Self {
        let app = App::new(Options { colors, still: false, files: Arc::new(Known), history: History::default() });
        let (history, acts, signals) = (Vec::new(), Vec::new(), Vec::new());
        let mut desk = Self { app, now: 1_000, history, acts, signals, cursor: None, seq: 0, last_tool: String::new() };
        let agent = |id: &str, brain: &str| Agent { id: AgentId::from(id), brain: brain.to_owned() };
        let agents = vec![
            agent("main", "anthropic/opus-5-5"),
            agent("sidekick", "anthropic/haiku-5"),
            agent("explorer", "openai/mini-6"),
        ];
        desk.feed(Feed::Session { id: "s-12".to_owned(), team: "default".to_owned(), agents });
        let command = |insert: &str, about: &str, takes: &str| Candidate {
            insert: insert.to_owned(),
            about: about.to_owned(),
            takes: takes.to_owned(),
        };
        desk.feed(Feed::Commands(vec![
            command("cost", "what it cost so far", ""),
            command("compact", "closes main's window now", ""),
            command("model", "who thinks next", "[AGENT] MODEL"),
        ]));
        desk.feed(Feed::Status(Box::new(status())));
        desk
    }

    pub(crate) fn input(&mut self, input: Input) -> &mut Self {
        let acts = self.app.update(input, self.now);
        self.acts.extend(acts);
        self.signals.extend(self.app.take_signals());
        self
    }

    pub(crate) fn feed(&mut self, feed: Feed) -> &mut Self {
        self.input(Input::Feed(feed))
    }

    pub(crate) fn event(&mut self, agent: &str, body: EventBody) -> &mut Self {
        self.seq += 1;
        let agent = Some(AgentId::from(agent));
        self.feed(Feed::Event(Box::new(Event { v: 1, session: SessionId::from("s-12"), seq: self.seq, agent, body })))
    }

    /// Time goes by, and the screen is told where it asked for it.
    pub(crate) fn wait(&mut self, ms: u64) -> &mut Self {
        let until = self.now + ms;
        while let Some(next) = self.app.next_tick_ms(self.now).filter(|next| self.now + next <= until) {
            self.now += next;
            self.input(Input::Tick);
        }
        self.now = until;
        self
    }

    /// A key by its name: `enter`, `ctrl-c`, `shift-tab`, `y`.
    pub(crate) fn key(&mut self, name: &str) -> &mut Self {
        self.input(Input::Key(key(name)))
    }

    pub(crate) fn typed(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.input(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    pub(crate) fn paste(&mut self, text: &str) -> &mut Self {
        self.input(Input::Paste(text.to_owned()))
    }

    pub(crate) fn ask(&mut self, id: u64, asked: Asked) -> &mut Self {
        self.feed(Feed::Ask(Ask { id: AskId(id), asked }))
    }

    pub(crate) fn begin(&mut self) -> &mut Self {
        self.feed(Feed::TurnBegan)
    }

    /// A call from its beginning to its answer.
    pub(crate) fn call(&mut self, agent: &str, tool: &str, summary: &str, ms: u64, answer: &str) -> &mut Self {
        self.started(agent, tool, summary).completed(agent, tool, ms, None).answer(agent, answer)
    }

    pub(crate) fn started(&mut self, agent: &str, tool: &str, summary: &str) -> &mut Self {
        let call = CallId::new(format!("{agent}-{tool}"));
        self.event(agent, EventBody::ToolStarted { tool: tool.to_owned(), call, summary: summary.to_owned() })
    }

    pub(crate) fn completed(&mut self, agent: &str, tool: &str, ms: u64, error: Option<&str>) -> &mut Self {
        let call = CallId::new(format!("{agent}-{tool}"));
        self.last_tool = tool.to_owned();
        let (ok, error) = (error.is_none(), error.map(str::to_owned));
        self.event(agent, EventBody::ToolCompleted { tool: tool.to_owned(), call, ok, error, ms })
    }

    /// The answer of the call that ended last.
    pub(crate) fn answer(&mut self, agent: &str, text: &str) -> &mut Self {
        let call = CallId::new(format!("{agent}-{}", self.last_tool));
        self.feed(Feed::Result { agent: AgentId::from(agent), call, text: text.to_owned() })
    }

    pub(crate) fn says(&mut self, agent: &str, text: &str) -> &mut Self {
        self.feed(Feed::Text { agent: AgentId::from(agent), text: text.to_owned() })
    }

    pub(crate) fn message(&mut self, agent: &str, text: &str) -> &mut Self {
        self.event(agent, EventBody::Message { text: text.to_owned(), is_final: false })
    }

    /// A frame as a terminal of that size would show it: the scrollback's end, the viewport below it.
    pub(crate) fn screen(&mut self, width: u16, height: u16) -> String {
        let full = self.app.full_screen();
        if !full {
            let lines = self.app.take_history(width);
            self.history.extend(lines.iter().map(text_of));
        }
        let rows = if full { height } else { self.app.height(width, height) };
        let area = Rect::new(0, 0, width, rows);
        let mut buffer = Buffer::empty(area);
        self.cursor = self.app.draw(area, &mut buffer, self.now);
        let above = usize::from(height - rows);
        let kept = if full { 0 } else { self.history.len().saturating_sub(above) };
        let mut shown: Vec<String> = if full { Vec::new() } else { self.history[kept..].to_vec() };
        for y in 0..rows {
            let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
            shown.push(row);
        }
        shown.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
    }

    /// All that went to the scrollback so far, at 80 columns.
    pub(crate) fn scrollback(&mut self) -> String {
        self.screen(80, 24);
        self.history.join("\n")
    }

    pub(crate) fn take_acts(&mut self) -> Vec<Act> {
        std::mem::take(&mut self.acts)
    }
}

pub(crate) fn status() -> Status {
    Status {
        usd: Some(Usd::from_dollars(0.4213)),
        usd_turn: Some(Usd::from_dollars(0.1042)),
        saved: Some(0.62),
        hit_rate: 0.97,
        cache_left_ms: Some(250_000),
        context: 41_200,
        closes_at: 118_000,
        brain: "anthropic/opus-5-5".to_owned(),
        wanted: None,
        branch: Some("main".to_owned()),
        sandbox: "workspace".to_owned(),
        unguarded: None,
        mode: crate::feed::Mode::Ask,
    }
}

pub(crate) fn approval(what: &str, always: Option<&str>) -> Asked {
    Asked::Approval {
        agent: AgentId::from("main/sidekick"),
        tool: "bash".to_owned(),
        what: what.to_owned(),
        why: "it writes outside of what is known to be harmless (1 command)".to_owned(),
        always: always.map(str::to_owned),
    }
}
