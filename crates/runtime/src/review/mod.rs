//! Reviews: another look at a diff by a brain that did not make it, on a clean context. A person asks for one of any range; the policy's
//! lanes ask for one of a turn's work (`lanes::review`). Both ask, fit and read the same way.

mod asking;
mod diff;
mod findings;
mod subject;

use cache::TokenCounter;
use protocol::{Brain, ErrorKind, LedgerRow, ProviderError, Usd};
use serde::{Deserialize, Serialize};
use store::{NoteRecord, Write};
use tokio_util::sync::CancellationToken;
use tools::{DiffOf, RangeError};

pub(crate) use self::asking::{Asking, ask, or_empty};
use self::diff::FileDiff;
use self::findings::Said;
pub use self::findings::{Finding, FoundAt, Review, ReviewVerdict, Severity};
pub(crate) use self::subject::Subject;
use crate::error::RuntimeError;
use crate::front::Shown;
use crate::session::{Core, Session};
use crate::tail::{OwnCommand, OwnEnd};

const SYSTEM: &str = include_str!("../prompts/review_diff.md");

/// Name of the note that keeps a review.
const REVIEW_NOTE: &str = "review";

/// Most tokens of one request: what is longer is reviewed file by file. A reviewer that is shown more sees less of it.
const PART: u64 = 48_000;
/// Most requests of one review.
const PARTS: usize = 12;
/// Most tokens of an answer.
const MOST: u32 = 4_000;
/// Tokens that are left for the task of a part at most; the rest is the diff's.
const TASK: usize = 8_000;
/// Room for the answer and what the provider adds, in a model's prompt.
const SPARE: u64 = 8_000;

/// What is to be reviewed, and by whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewWish {
    /// What `git diff` takes in one word (`main..HEAD`, `HEAD~3`); none for all that is not committed, new files included.
    pub range: Option<String>,
    /// What the change was to do, in the user's words; empty where nothing is said.
    pub task: String,
    /// Who reviews; none for the policy's verifier where the session has one, else the main agent's brain.
    pub brain: Option<Brain>,
}

impl Session {
    /// What differs from the last commit, files included that git does not know yet; with a `range`, what `git diff` would show of it.
    /// Places that no agent may see are left out.
    ///
    /// # Errors
    /// [`RuntimeError::Input`] for a range that cannot be shown, or where there is no git repository; [`RuntimeError::Tool`] where git fails.
    pub async fn difference(&self, range: Option<&str>, cancel: &CancellationToken) -> Result<DiffOf, RuntimeError> {
        tools::diff_of(&self.core.tools, range, cancel).await.map_err(|error| match error {
            RangeError::Git(words) => RuntimeError::Tool { tool: "git".to_owned(), message: words },
            other => RuntimeError::Input(other.to_string()),
        })
    }

    /// Reviews a diff. The main agent is told of it with its next step.
    ///
    /// # Errors
    /// [`RuntimeError::Input`] for a range that cannot be shown, or where there is no git repository; [`RuntimeError::Limit`] where the
    /// budget is used up; what asking a model fails with.
    pub async fn review(&self, wish: &ReviewWish, cancel: &CancellationToken) -> Result<Review, RuntimeError> {
        let core = &self.core;
        let difference = self.difference(wish.range.as_deref(), cancel).await?;
        if cancel.is_cancelled() {
            return Err(RuntimeError::Interrupted);
        }
        let files = diff::files(&redact::global().redact_known(&difference.diff));
        let range = wish.range.clone().unwrap_or_else(|| "the working tree against HEAD".to_owned());
        if files.is_empty() {
            return Ok(Review::nothing(range));
        }
        let brain = core.reviewer(wish)?;
        let mut work = Work { core, brain, wish, files: &files, review: Review::nothing(range), disapproved: false };
        work.review.files = files.iter().map(|file| file.path.clone()).collect();
        if difference.cut {
            work.review.left_out.push("the end of the diff: it is longer than 4 MB".to_owned());
        }
        let since = core.store.ledger(&core.session)?.len();
        work.all_parts(cancel).await?;
        let rows = core.store.ledger(&core.session)?;
        let review = work.done(rows.get(since..).unwrap_or_default());
        core.keep_review(wish, &review)?;
        Ok(review)
    }
}

/// A review under way.
struct Work<'a> {
    core: &'a Core,
    brain: Brain,
    wish: &'a ReviewWish,
    files: &'a [FileDiff],
    review: Review,
    /// The reviewer would not merge it.
    disapproved: bool,
}

impl<'a> Work<'a> {
    async fn all_parts(&mut self, cancel: &CancellationToken) -> Result<(), RuntimeError> {
        let room = self.core.room_of(&self.brain).min(PART);
        let mut parts = self.parts(room);
        let all = parts.len();
        for left in parts.drain(PARTS.min(all)..) {
            self.review.left_out.push(format!("{}: the diff is too long for one review", named(&left)));
        }
        let mut unread = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            self.core.can_pay()?;
            if parts.len() > 1 {
                let words = format!("review: part {} of {}, {}", at + 1, parts.len(), named(part));
                self.core.front.show(Shown::Notice(&words));
            }
            if let Err(why) = self.part(part, room, cancel).await? {
                self.review.left_out.push(format!("{}: {}, {why}", named(part), self.brain));
                unread.push(why);
            }
            self.review.requests += 1;
        }
        if unread.len() < parts.len() {
            return Ok(());
        }
        // Nobody said anything that can be read.
        let error = ProviderError::new(ErrorKind::Malformed, unread.pop().unwrap_or_default());
        Err(RuntimeError::Provider { brain: self.brain.to_string(), error })
    }

    /// Files together, as many as fit a request.
    fn parts(&self, room: u64) -> Vec<Vec<&'a FileDiff>> {
        // What stands around the diff of a part.
        let frame = self.tokens(SYSTEM) + self.tokens(&self.task());
        let room = room.saturating_sub(frame);
        let mut parts: Vec<Vec<&'a FileDiff>> = Vec::new();
        let mut left = 0;
        for file in self.files {
            let tokens = self.tokens(&file.text);
            match parts.last_mut().filter(|_| tokens <= left) {
                Some(part) => part.push(file),
                None => {
                    parts.push(vec![file]);
                    left = room;
                }
            }
            left = left.saturating_sub(tokens);
        }
        parts
    }

    /// Asks about one part. The inner error says why there is no answer.
    async fn part(
        &mut self,
        part: &[&FileDiff],
        room: u64,
        cancel: &CancellationToken,
    ) -> Result<Result<(), String>, RuntimeError> {
        let diff: String = part.iter().map(|file| file.text.as_str()).collect();
        let whole = Subject { task: self.task(), receipts: None, diff, most: usize::MAX };
        let fitted = whole.fitted(room.saturating_sub(self.tokens(SYSTEM)), |text| self.tokens(text));
        if fitted.diff.len() < whole.diff.len() {
            let left = whole.diff.len() - fitted.diff.len();
            self.review.left_out.push(format!("{}: about {left} bytes at the end", named(part)));
        }
        let asking = Asking { brain: &self.brain, system: SYSTEM, most: MOST, text: fitted.text() };
        let said = match ask::<Said>(self.core, asking, cancel).await? {
            Ok(said) => said,
            Err(why) => return Ok(Err(why)),
        };
        self.disapproved |= !said.approve;
        if !said.summary.trim().is_empty() {
            let before = if self.review.summary.is_empty() { "" } else { "\n" };
            self.review.summary.push_str(&format!("{before}{}", said.summary.trim()));
        }
        let exists = |place: &str| tools::place_exists(&self.core.root, place);
        let findings = said.findings.into_iter().map(|finding| finding.checked(self.files, exists));
        self.review.findings.extend(findings);
        Ok(Ok(()))
    }

    fn task(&self) -> String {
        crate::fragments::cut(&self.wish.task, TASK)
    }

    fn tokens(&self, text: &str) -> u64 {
        self.core.tokens(&self.brain.model, TokenCounter::count(text))
    }

    /// The review with its verdict: what the reviewer says, and what it says without saying so.
    fn done(self, rows: &[LedgerRow]) -> Review {
        let Self { brain, mut review, disapproved, .. } = self;
        review.findings.sort_by_key(|finding| finding.severity);
        let worst = review.findings.first().map(|finding| finding.severity);
        review.verdict = match worst {
            Some(Severity::High) => ReviewVerdict::Objections,
            _ if disapproved => ReviewVerdict::Objections,
            // Whoever writes a long diff does not decide what is not looked at.
            _ if !review.left_out.is_empty() => ReviewVerdict::Incomplete,
            _ => ReviewVerdict::Approved,
        };
        review.brain = brain.to_string();
        review.usd = rows.iter().map(|row| row.usd).sum::<Option<Usd>>();
        review
    }
}

/// `src/a.rs and 3 more`.
fn named(part: &[&FileDiff]) -> String {
    let first = part.first().map(|file| file.path.as_str()).unwrap_or_default();
    match part.len() {
        0 | 1 => first.to_owned(),
        more => format!("{first} and {} more", more - 1),
    }
}

impl Review {
    /// Nothing differs.
    fn nothing(range: String) -> Self {
        Self {
            verdict: ReviewVerdict::Nothing,
            range,
            brain: String::new(),
            summary: String::new(),
            findings: Vec::new(),
            files: Vec::new(),
            left_out: Vec::new(),
            requests: 0,
            usd: Some(Usd::ZERO),
        }
    }
}

/// A review as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    #[serde(borrow)]
    task: std::borrow::Cow<'a, str>,
    #[serde(flatten)]
    review: Review,
}

impl Core {
    /// Who reviews: whom the person names, the policy's verifier, otherwise the main agent's brain.
    fn reviewer(&self, wish: &ReviewWish) -> Result<Brain, RuntimeError> {
        let verifier = self.lanes.setup.as_ref().and_then(|lanes| lanes.verifier.clone());
        let brain = match wish.brain.clone().or(verifier) {
            Some(brain) => brain,
            None => self.main_brain()?,
        };
        self.client(&brain)?;
        Ok(brain)
    }

    /// Prompt tokens that one request to a brain may have: what it takes, and what the policy lets a reviewer have.
    fn room_of(&self, brain: &Brain) -> u64 {
        let model = self.catalogue.model(&brain.provider, &brain.model);
        let takes = model.map_or(u64::MAX, |model| model.context.saturating_sub(u64::from(MOST) + SPARE));
        self.policy.verifier.as_ref().map_or(takes, |verifier| takes.min(verifier.max_context_tokens))
    }

    /// Keeps a review, and puts it where the main agent is told of it.
    fn keep_review(&self, wish: &ReviewWish, review: &Review) -> Result<(), RuntimeError> {
        let kept = Kept { task: wish.task.as_str().into(), review: review.clone() };
        let json = serde_json::to_string(&kept).unwrap_or_default();
        let note = NoteRecord { agent: None, kind: REVIEW_NOTE.to_owned(), json, at: self.clock.now() };
        let _one_at_a_time = self.own_commands_running();
        let told = OwnCommand {
            call: self.next_own("review")?,
            command: ["/review", wish.range.as_deref().unwrap_or_default()].join(" ").trim_end().to_owned(),
            ended: Some(OwnEnd { how: review.verdict.as_str().to_owned(), output: review.markdown() }),
        };
        self.journal.commit(vec![Write::Note(note), told.note(self)], Vec::new())?;
        self.input_came();
        Ok(())
    }
}
