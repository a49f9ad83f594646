//! A session on the chat's screen: what happens is handed on, what is asked waits there for its answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::AgentId;
use runtime::{Answer, Front, Shown};
use screen::{Ask, AskId, Asked, Feed, Reply};
use tokio::sync::oneshot;
use tools::{Approval, ApprovalRequest};

use super::plain::commands_in;
use crate::commands::count;

/// Where everything goes that is shown. Never blocks.
pub(crate) type Out = Arc<dyn Fn(Feed) + Send + Sync>;

/// Questions on the screen, by name, with who waits for each.
pub(crate) struct Questions {
    out: Out,
    next: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    questions: BTreeMap<AskId, oneshot::Sender<Reply>>,
    /// Nobody can answer any more.
    closed: bool,
}

/// Takes a question back when nobody waits for it any more.
struct Asking<'a> {
    questions: &'a Questions,
    id: AskId,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        // Whoever answered has taken it out already.
        if self.questions.waiting().questions.remove(&self.id).is_some() {
            (self.questions.out)(Feed::Withdrawn(self.id));
        }
    }
}

impl Questions {
    pub(crate) fn new(out: Out) -> Self {
        Self { out, next: AtomicU64::new(1), waiting: Mutex::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks; none when the screen is gone. Dropped before the answer, the question is withdrawn.
    pub(crate) async fn ask(&self, asked: Asked) -> Option<Reply> {
        let id = AskId(self.next.fetch_add(1, Ordering::Relaxed));
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            if waiting.closed {
                return None;
            }
            waiting.questions.insert(id, sender);
        }
        let _asking = Asking { questions: self, id };
        (self.out)(Feed::Ask(Ask { id, asked }));
        receiver.await.ok()
    }

    /// Gives an answer to whoever waits for it. One that comes too late is nobody's.
    pub(crate) fn answer(&self, id: AskId, reply: Reply) {
        let waiting = self.waiting().questions.remove(&id);
        if let Some(waiting) = waiting {
            waiting.send(reply).ok();
        }
    }

    /// Nobody can answer any more.
    pub(crate) fn close(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        waiting.questions.clear();
    }
}

/// The screen, as a session sees it.
pub(crate) struct ScreenFront {
    out: Out,
    questions: Arc<Questions>,
    /// Is told of every public event before it is shown.
    watch: Box<dyn Fn(&protocol::Event) + Send + Sync>,
}

impl ScreenFront {
    pub(crate) fn new(
        out: Out,
        questions: Arc<Questions>,
        watch: impl Fn(&protocol::Event) + Send + Sync + 'static,
    ) -> Self {
        Self { out, questions, watch: Box::new(watch) }
    }
}

#[async_trait::async_trait]
impl Front for ScreenFront {
    fn show(&self, shown: Shown<'_>) {
        let feed = match shown {
            Shown::Event(event) => {
                (self.watch)(event);
                Feed::Event(Box::new(event.clone()))
            }
            Shown::Text { agent, text } => Feed::Text { agent: agent.clone(), text: text.to_owned() },
            Shown::Thinking { agent, text } => Feed::Thinking { agent: agent.clone(), text: text.to_owned() },
            Shown::Progress { agent, call, line } => {
                Feed::Progress { agent: agent.clone(), call: call.clone(), line: line.to_owned() }
            }
            Shown::Result { agent, call, text } => {
                Feed::Result { agent: agent.clone(), call: call.clone(), text: text.to_owned() }
            }
            Shown::Notice(notice) => Feed::Notice(notice.to_owned()),
        };
        (self.out)(feed);
    }

    fn attended(&self) -> bool {
        true
    }

    async fn approve(&self, request: &ApprovalRequest) -> Approval {
        match self.answer(request, false).await {
            Answer::Once | Answer::Session => Approval::Yes,
            Answer::No(reason) => Approval::No(reason),
        }
    }

    async fn answer(&self, request: &ApprovalRequest, lasting: bool) -> Answer {
        let asked = approval(request, lasting);
        match self.questions.ask(asked).await {
            Some(Reply::Once) => Answer::Once,
            // What was not offered is not taken either.
            Some(Reply::Always) if lasting => Answer::Session,
            Some(Reply::Always) => Answer::Once,
            Some(Reply::No(reason)) if reason.trim().is_empty() => Answer::No("the user said no".to_owned()),
            Some(Reply::No(reason) | Reply::Words(reason)) => {
                Answer::No(format!("the user said no: {}", reason.trim()))
            }
            None => Answer::No("the user left".to_owned()),
        }
    }

    async fn ask(&self, agent: &AgentId, question: &str) -> Result<String, String> {
        let asked = Asked::Words { agent: agent.clone(), question: question.to_owned() };
        match self.questions.ask(asked).await {
            Some(Reply::Words(words)) if !words.trim().is_empty() => Ok(words),
            _ => Err("the user gave no answer".to_owned()),
        }
    }
}

/// The question as the screen puts it. How many commands there are is part of why it is asked.
fn approval(request: &ApprovalRequest, lasting: bool) -> Asked {
    let commands = if request.tool == "bash" { commands_in(&request.what) } else { 0 };
    let why = match commands {
        0 | 1 => request.why.clone(),
        several => format!("{} ({} in one line)", request.why, count(several as u64, "command")),
    };
    let always = lasting.then(|| {
        format!(
            "this very command, letter by letter, by {} until this chat ends; any other is asked for again",
            request.agent
        )
    });
    Asked::Approval {
        agent: request.agent.clone(),
        tool: request.tool.clone(),
        what: request.what.clone(),
        why,
        always,
    }
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
