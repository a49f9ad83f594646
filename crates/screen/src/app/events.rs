//! What the session shows, turned into history, lanes and figures.

use protocol::event::{ArtifactKind, EventBody};
use protocol::ledger::Purpose;
use protocol::{AgentId, CallId, DecisionKind, Event, Usd};

use super::entry::{Body, Folded, Tone, Typing, Written};
use super::lanes::{Call, Mood};
use super::{App, PLACEHOLDER, PLACEHOLDER_AT_WORK, Turn, briefs};
use crate::feed::{Agent, Feed, Said};
use crate::text::{changed_lines, plain};
use crate::view::line::{first_line, model, time};

/// Drawn lines of output that the history shows where a command went well, and where it failed.
const SHOWN_OK: usize = 6;
const SHOWN_FAILED: usize = 12;
/// Drawn lines of a specialist's words.
const SHOWN_WORDS: usize = 3;
/// Drawn lines of an edit.
const SHOWN_DIFF: usize = 40;
/// Drawn lines of what a person asked for.
const SHOWN_SAID: usize = 200;
/// Most reasoning of one step that is kept, in bytes.
const MOST_REASONING: usize = 256 << 10;

impl App {
    pub(super) fn feed(&mut self, feed: Feed, now_ms: u64) {
        match feed {
            Feed::Event(event) => self.event(*event, now_ms),
            Feed::Text { agent, text } => self.text(&agent, &text, now_ms),
            Feed::Thinking { agent, text } => {
                let lane = self.lanes.of(&agent, now_ms);
                lane.mood = Mood::Thinking;
                if lane.reasoning.len() < MOST_REASONING {
                    lane.reasoning.push_str(&text);
                }
            }
            Feed::Progress { agent, call, line } => {
                let lane = self.lanes.of(&agent, now_ms);
                if let Some(call) = lane.calls.iter_mut().find(|one| one.id == call) {
                    call.says = Some(first_line(&line)).filter(|line| !line.is_empty());
                }
            }
            Feed::Result { agent, call, text } => self.result(&agent, &call, text),
            Feed::Notice(words) => self.notice(&words),
            Feed::Said(said) => self.said(said),
            Feed::Ask(ask) => self.questions.ask(ask),
            Feed::Withdrawn(id) => self.questions.withdraw(id),
            Feed::TurnBegan => self.begin_turn(now_ms),
            Feed::TurnEnded(how) => self.end_turn(&how, now_ms),
            Feed::Queued(number) => self.queued = number,
            Feed::Status(status) => {
                if let Some(turn) = &mut self.turn {
                    turn.told = status.usd_turn.is_some();
                }
                self.status = Some((*status, now_ms));
            }
            Feed::Session { id, team, agents } => self.session(&id, &team, agents),
            Feed::Commands(commands) => self.composer.set_commands(commands),
            Feed::Earlier(earlier) => self.earlier(earlier),
            Feed::Leave(lines) => self.leave(lines),
        }
    }

    /// A note, or a warning where it calls itself one.
    fn notice(&mut self, words: &str) {
        let words = redact::inert(words);
        let (tone, text) = if words.starts_with("warning: ") {
            (Tone::Warn, words.into_owned())
        } else if words.starts_with("hint: ") {
            (Tone::Dim, words.into_owned())
        } else {
            (Tone::Dim, format!("note: {words}"))
        };
        self.told.show(Body::Note { tone, text });
    }

    fn session(&mut self, id: &str, team: &str, agents: Vec<Agent>) {
        self.told.end_words();
        let brains: Vec<String> =
            agents.iter().map(|agent| format!("{} {}", plain(agent.id.as_str()), model(&agent.brain))).collect();
        self.lanes.reset(agents);
        self.turn = None;
        self.composer.set_placeholder(PLACEHOLDER);
        self.status = None;
        self.queued = 0;
        // What was sent before a session was open is its first prompt, and stands there already: `sent` stays.
        self.asked = false;
        self.note(&format!("session {} · team {} · {}", plain(id), plain(team), brains.join(", ")));
    }

    fn earlier(&mut self, earlier: Vec<(AgentId, String)>) {
        if earlier.is_empty() {
            return;
        }
        self.asked = true;
        self.note("earlier in this session:");
        for (who, text) in earlier {
            let body = match who.as_str() {
                _ if self.lanes.is_main(&who) => Body::Words(text),
                "" | "user" | "you" => Body::Typed { typing: Typing::Prompt, text },
                _ => aside(&who, &text),
            };
            self.told.show(body);
        }
    }

    fn leave(&mut self, lines: Vec<String>) {
        self.told.end_words();
        self.close_all_reads();
        for text in lines {
            self.told.show(Body::Note { tone: Tone::Plain, text: redact::inert(&text).into_owned() });
        }
        self.questions.clear();
        self.viewer = None;
        self.help = None;
        self.over = true;
    }

    fn begin_turn(&mut self, now_ms: u64) {
        self.turn = Some(Turn { began_ms: now_ms, usd: Some(Usd::ZERO), told: false, stopping: false });
        self.composer.set_placeholder(PLACEHOLDER_AT_WORK);
        let main = self.lanes.main();
        self.lanes.of(&main, now_ms).begin(now_ms);
    }

    fn end_turn(&mut self, how: &str, now_ms: u64) {
        self.told.end_words();
        self.close_all_reads();
        self.lanes.lanes.truncate(1);
        let main = self.lanes.main();
        self.keep_reasoning(&main, now_ms);
        self.lanes.of(&main, now_ms).end(now_ms);
        self.composer.set_placeholder(PLACEHOLDER);
        let Some(turn) = self.turn.take() else { return };
        let ms = now_ms.saturating_sub(turn.began_ms);
        // What the ledger says outranks what was seen to come by, where it was asked since the last call.
        let told = self.status.as_ref().filter(|_| turn.told).and_then(|(status, _)| status.usd_turn);
        self.told.show(Body::TurnEnd {
            how: plain(how),
            ms,
            usd: turn.usd.map(|seen| told.map_or(seen, |told| told.max(seen))),
        });
        self.call_at_end(how, now_ms);
    }

    fn text(&mut self, agent: &AgentId, text: &str, now_ms: u64) {
        self.lanes.of(agent, now_ms).mood = Mood::Writing;
        if self.is_main(agent) {
            if !self.told.is_speaking() {
                self.keep_reasoning(agent, now_ms);
                self.close_reads(agent, now_ms);
            }
            self.told.speak(text);
        }
    }

    /// What was thought goes where it can be opened.
    fn keep_reasoning(&mut self, agent: &AgentId, now_ms: u64) {
        let text = std::mem::take(&mut self.lanes.of(agent, now_ms).reasoning);
        if !text.trim().is_empty() {
            self.told.keep(folded(format!("{} thought", plain(agent.as_str())), None, Written::Markdown, text, 0));
        }
    }

    /// Calls that only read are told, because something else follows.
    fn close_reads(&mut self, agent: &AgentId, now_ms: u64) {
        if let Some((what, ms)) = self.lanes.of(agent, now_ms).reads.take() {
            self.told.show(Body::Done { agent: agent.clone(), what, failed: None, ms });
        }
    }

    fn close_all_reads(&mut self) {
        for lane in &mut self.lanes.lanes {
            if let Some((what, ms)) = lane.reads.take() {
                self.told.show(Body::Done { agent: lane.agent.clone(), what, failed: None, ms });
            }
        }
    }

    fn event(&mut self, event: Event, now_ms: u64) {
        let agent = event.agent.unwrap_or_else(|| self.lanes.main());
        match event.body {
            EventBody::TurnStarted { input } => self.prompt(input),
            EventBody::Message { text, .. } => self.message(&agent, text, now_ms),
            EventBody::StepCompleted { purpose, usd, .. } => self.step(&agent, purpose, usd),
            EventBody::ToolStarted { tool, call, summary } => {
                self.end_words_of(&agent);
                self.keep_reasoning(&agent, now_ms);
                let (tool, summary) = (plain(&tool), plain(&summary));
                let lane = self.lanes.of(&agent, now_ms);
                lane.calls.push(Call { id: call, tool, summary, says: None });
            }
            EventBody::ToolCompleted { tool, call, ok, error, ms } => {
                let failed = (!ok).then(|| error.unwrap_or_default());
                self.completed(&agent, (&tool, &call), failed, ms, now_ms);
            }
            EventBody::DelegationStarted { to, brief } => {
                self.end_words_of(&agent);
                self.close_reads(&agent, now_ms);
                self.lanes.of(&agent, now_ms).waits_for.push(to.clone());
                let lane = self.lanes.of(&to, now_ms);
                lane.begin(now_ms);
                lane.explores = brief.explore;
                let from_to = format!("{} -> {}", plain(agent.as_str()), plain(to.as_str()));
                let heading = format!("{from_to}: {}", first_line(&brief.objective));
                let text = briefs::brief(&brief);
                self.told.show(folded(format!("{from_to}, brief"), Some(heading), Written::Plain, text, 0));
            }
            EventBody::DelegationFinished { to, report, receipt, usd, .. } => {
                self.close_reads(&to, now_ms);
                let lane = self.lanes.remove(&to);
                self.lanes.of(&agent, now_ms).waits_for.retain(|one| *one != to);
                let verified = match (receipt.verified, lane.is_some_and(|lane| lane.explores)) {
                    (true, _) => ", verified",
                    (false, true) => "",
                    (false, false) => ", not verified",
                };
                let status = briefs::status(report.as_ref());
                let steps = crate::view::line::count(receipt.steps as usize, "step", "steps");
                let cost = usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
                let from_to = format!("{} -> {}", plain(to.as_str()), plain(agent.as_str()));
                let heading = format!("{from_to}: {status}{verified}, {steps}, {cost}");
                let text = briefs::report(report.as_ref(), &receipt);
                self.told.show(folded(format!("{from_to}, report"), Some(heading), Written::Plain, text, 0));
                if let Some(report) = report.filter(|report| !report.summary.trim().is_empty()) {
                    self.note(&format!("  {}", first_line(&report.summary)));
                }
            }
            EventBody::FileChanged { path, diff } => {
                self.end_words_of(&agent);
                self.close_reads(&agent, now_ms);
                let (added, removed) = changed_lines(&diff);
                let heading = format!("* {}  changed {} (+{added} -{removed})", plain(agent.as_str()), plain(&path));
                let title = format!("{} changed {}", plain(agent.as_str()), plain(&path));
                self.told.show(folded(title, Some(heading), Written::Diff, diff, SHOWN_DIFF));
            }
            body => self.told_of(&agent, body, now_ms),
        }
    }

    /// Events that are one line and nothing else.
    fn told_of(&mut self, agent: &AgentId, body: EventBody, now_ms: u64) {
        let who = plain(agent.as_str());
        let (tone, text) = match body {
            EventBody::VerificationFinished { command, exit_code, ms } => {
                let (tone, came_to) = match exit_code {
                    Some(0) => (Tone::Good, "passed".to_owned()),
                    Some(code) => (Tone::Bad, format!("failed with exit code {code}")),
                    None => (Tone::Bad, "killed".to_owned()),
                };
                (tone, format!("check {}: {came_to}, {}", plain(&command), time(ms)))
            }
            EventBody::WindowOpened { brain, reason, number } if number > 1 => {
                (Tone::Dim, format!("* {who}  goes on in window {number} with {} ({})", plain(&brain), plain(&reason)))
            }
            EventBody::Decision { kind: DecisionKind::Compact, chosen, because } if chosen == "keep" => {
                (Tone::Warn, format!("* {who}  {}", plain(&because)))
            }
            EventBody::Decision { kind: DecisionKind::Escalate, because, .. } => {
                (Tone::Warn, format!("* {who}  {}", plain(&because)))
            }
            EventBody::RouteDecided { attempt, brain, route } => {
                self.told.end_words();
                let heading = briefs::route_line(&route, &brain, attempt);
                let text = briefs::route(&route, &brain);
                self.told.show(folded("route".to_owned(), Some(heading), Written::Plain, text, 0));
                return;
            }
            EventBody::Artifact { kind, at, error } => {
                let what = match kind {
                    ArtifactKind::Commit => "commit",
                    ArtifactKind::PullRequest => "pull request",
                };
                match error {
                    Some(error) => (Tone::Bad, format!("no {what}: {}", plain(&error))),
                    None => (Tone::Good, format!("{what}: {}", plain(&at.unwrap_or_default()))),
                }
            }
            EventBody::BudgetWarning { spent, limit } => (Tone::Warn, format!("budget: {spent} of {limit} spent")),
            EventBody::Error { message, hint, .. } => {
                self.told.end_words();
                self.close_reads(agent, now_ms);
                self.told.show(failure(&message, &hint));
                return;
            }
            _ => return,
        };
        self.close_reads(agent, now_ms);
        self.told.show(Body::Note { tone, text });
    }

    /// A turn began with this: shown once, though it was shown when it was sent.
    fn prompt(&mut self, input: String) {
        self.told.end_words();
        if self.sent.take().is_some_and(|sent| sent.trim() == input.trim()) {
            return;
        }
        self.told.show(Body::Typed { typing: Typing::Prompt, text: input });
    }

    /// An agent's message is whole.
    fn message(&mut self, agent: &AgentId, text: String, now_ms: u64) {
        self.keep_reasoning(agent, now_ms);
        self.close_reads(agent, now_ms);
        self.lanes.of(agent, now_ms).mood = Mood::Thinking;
        if self.is_main(agent) {
            if !self.told.is_speaking() {
                self.told.speak(&text);
            }
            self.told.end_words();
        } else if !text.trim().is_empty() {
            self.told.show(aside(agent, &text));
        }
    }

    fn end_words_of(&mut self, agent: &AgentId) {
        if self.is_main(agent) {
            self.told.end_words();
        }
    }

    fn step(&mut self, agent: &AgentId, purpose: Purpose, usd: Option<Usd>) {
        if let Some(lane) = self.lanes.lanes.iter_mut().find(|lane| lane.agent == *agent) {
            lane.steps += u32::from(purpose == Purpose::Step);
            lane.usd = lane.usd.zip(usd).map(|(so_far, more)| so_far + more);
        }
        self.asked = true;
        if let Some(turn) = &mut self.turn {
            turn.told = false;
            turn.usd = turn.usd.zip(usd).map(|(so_far, more)| so_far + more);
        }
    }

    /// A call ended. What only reads waits for its like; what the history tells otherwise is not told twice.
    fn completed(
        &mut self,
        agent: &AgentId,
        (tool, call): (&str, &CallId),
        failed: Option<String>,
        ms: u64,
        now_ms: u64,
    ) {
        let tool = plain(tool);
        let failed = failed.map(|why| first_line(&why));
        let summary = self.lanes.end_call(agent, call, &tool, failed.clone(), now_ms);
        let is_told_otherwise = matches!(tool.as_str(), "delegate" | "report" | "ask_user");
        if failed.is_none() && (is_told_otherwise || self.lanes.of(agent, now_ms).reads.add(&tool, &summary, ms)) {
            return;
        }
        self.close_reads(agent, now_ms);
        let what = format!("{tool} {summary}").trim_end().to_owned();
        // `failed: error: …` says it twice.
        let failed = failed.map(|why| why.strip_prefix("error: ").unwrap_or(&why).to_owned());
        self.told.show(Body::Done { agent: agent.clone(), what, failed, ms });
    }

    /// What a tool answered: a command's is shown in part, the rest can be opened.
    fn result(&mut self, agent: &AgentId, call: &CallId, text: String) {
        if text.trim().is_empty() {
            return;
        }
        let Some(ended) = self.lanes.answered(agent, call) else { return };
        let title = format!("{} {} {}", plain(agent.as_str()), ended.tool, ended.summary).trim_end().to_owned();
        let ok = ended.failed.is_none();
        let shown = if ok { SHOWN_OK } else { SHOWN_FAILED };
        let first_told = ended.failed.is_some_and(|why| !why.is_empty() && first_line(&text) == why);
        match ended.tool.as_str() {
            "delegate" | "report" | "ask_user" | "edit" | "write" if ok => {}
            "read" | "grep" | "glob" | "list" | "git_diff" | "git_status" => {
                let written = if ended.tool == "git_diff" { Written::Diff } else { Written::Plain };
                self.told.keep(folded(title, None, written, text, 0));
            }
            _ => {
                let body = Folded { first_told, ..part(title, None, Written::Plain, text, shown) };
                // Where that was all of it, it stands there already.
                let is_told = body.not_told().trim().is_empty();
                if is_told { self.told.keep(Body::Folded(body)) } else { self.told.show(Body::Folded(body)) }
            }
        }
    }

    fn said(&mut self, said: Said) {
        let (written, text) = match said {
            Said::Error { message, hint } => {
                self.told.show(failure(&message, hint.as_deref().unwrap_or_default()));
                return;
            }
            Said::Text(text) => (Written::Plain, text),
            Said::Markdown(text) => (Written::Markdown, text),
            Said::Diff(text) => (Written::Diff, text),
        };
        let title = format!("answer: {}", first_line(&text));
        self.told.show(Body::Folded(Folded {
            title,
            heading: None,
            tone: Tone::Plain,
            written,
            text,
            shown: SHOWN_SAID,
            asked_for: true,
            first_told: false,
        }));
    }
}

/// A specialist's words.
fn aside(agent: &AgentId, text: &str) -> Body {
    let who = plain(agent.as_str());
    folded(format!("{who} says"), None, Written::Plain, format!("{who}: {}", text.trim()), SHOWN_WORDS)
}

fn failure(message: &str, hint: &str) -> Body {
    Body::Failure { message: redact::inert(message).into_owned(), hint: redact::inert(hint).into_owned() }
}

fn folded(title: String, heading: Option<String>, written: Written, text: String, shown: usize) -> Body {
    Body::Folded(part(title, heading, written, text, shown))
}

fn part(title: String, heading: Option<String>, written: Written, text: String, shown: usize) -> Folded {
    Folded { title, heading, tone: Tone::Dim, written, text, shown, asked_for: false, first_told: false }
}
