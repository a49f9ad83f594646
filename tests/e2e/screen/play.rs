//! Models that wait where a test wants them to: the simulator on a clock that only the test moves.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use protocol::{Block, ManualClock, ResultPart, Role, Timestamp};
use simulator::{RequestRecord, Running, Scenario};

use crate::support::wait_until;

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// What one pause of an answer takes; [`Play::goes_on`] lets it pass.
const PAUSE: Duration = Duration::from_secs(1);

/// A simulator with a hand on its clock.
pub(super) struct Play {
    running: Running,
    clock: Arc<ManualClock>,
    url: String,
}

impl Play {
    /// Plays a scenario.
    pub(super) fn of(yaml: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000_000)));
        let config = simulator::Config {
            scenario: Scenario::from_yaml(yaml, "scenario.yaml").unwrap_or_else(|error| panic!("{error}\n{yaml}")),
            clock: clock.clone(),
            listen: "127.0.0.1:0".parse().unwrap(),
            log: false,
        };
        let running = RUNTIME.block_on(simulator::serve(config)).unwrap();
        let url = running.base_url();
        Self { running, clock, url }
    }

    /// Answers with these steps (a YAML list, not indented), whoever asks, then with `Done.`; each step of `paused` stops for a while
    /// after so many pieces of its answer.
    pub(super) fn steps(steps: &str, paused: &[(usize, usize)]) -> Self {
        let faults: String = paused.iter().map(|(step, pieces)| pause("any", *step, *pieces)).collect();
        let faults = if faults.is_empty() { String::new() } else { format!("faults:\n{faults}") };
        let steps: String = steps.lines().map(|line| format!("      {line}\n")).collect();
        Self::of(&format!(
            "name: test\n{faults}actors:\n{SUMMARY}  - id: any\n    when: {{any: true}}\n    steps:\n{steps}    otherwise: {{say: Done.}}\n"
        ))
    }

    /// A coordinator and its sidekick, each with steps of its own.
    pub(super) fn team(main: &str, sidekick: &str, faults: &str) -> Self {
        let indented = |text: &str| text.lines().map(|line| format!("      {line}\n")).collect::<String>();
        Self::of(&format!(
            "name: test\nfaults:\n{faults}actors:\n{SUMMARY}  - id: sidekick\n    when: {{system_contains: \"You are `sidekick`\"}}\n    steps:\n{}  \
             - id: main\n    when: {{any: true}}\n    steps:\n{}    otherwise: {{say: Done.}}\n",
            indented(sidekick),
            indented(main)
        ))
    }

    /// Variables that put it in Anthropic's place.
    pub(super) fn variables(&self) -> [(&str, &str); 2] {
        [("ANTHROPIC_BASE_URL", &self.url), ("ANTHROPIC_API_KEY", "sk-test-not-a-key")]
    }

    pub(super) fn requests(&self) -> Vec<RequestRecord> {
        self.running.requests()
    }

    /// Waits until so many requests came.
    #[track_caller]
    pub(super) fn was_asked(&self, times: usize) {
        wait_until(&format!("request {times}"), || self.requests().len() >= times);
    }

    /// Waits until a client left in the middle of an answer.
    #[track_caller]
    pub(super) fn was_left(&self) {
        wait_until("the end of the answer that nobody wants", || self.running.abandoned() > 0);
    }

    /// The answer that waits goes on.
    pub(super) fn goes_on(&self) {
        self.clock.advance(PAUSE);
    }

    /// No answer waits any more.
    pub(super) fn runs(&self) {
        self.clock.set_jumping(true);
        self.clock.advance(PAUSE * 1_000);
    }

    /// The words of the last request's last message of the user, tool results and all.
    pub(super) fn last_words(&self) -> String {
        let requests = self.requests();
        let last = requests.last().expect("nothing was asked");
        let message = last.request.messages.iter().rev().find(|message| message.role == Role::User);
        let blocks = message.map(|message| message.blocks.as_slice()).unwrap_or_default();
        blocks.iter().map(|block| words(block) + "\n").collect()
    }
}

fn words(block: &Block) -> String {
    let part = |part: &ResultPart| match part {
        ResultPart::Text { text } => text.clone(),
        _ => String::new(),
    };
    match block {
        Block::Text { text, .. } => text.clone(),
        Block::ToolResult { content, .. } => content.iter().map(part).collect(),
        _ => String::new(),
    }
}

/// A fault: this step of this actor stops after so many pieces (one: nothing of its words came yet, three: 48 characters).
pub(super) fn pause(actor: &str, step: usize, pieces: usize) -> String {
    let ms = PAUSE.as_millis();
    format!("  - {{on: {{actor: {actor}, step: {step}}}, kind: pause, after_chunks: {pieces}, ms: {ms}}}\n")
}

/// Whoever is asked to close a window does.
const SUMMARY: &str = "  - id: summary
    when: {last_user_contains: \"<compaction>\"}
    count: turn
    otherwise:
      say: |-
        ## Goal
        A test of the screen.
        ## Decisions
        none
        ## Done
        What was asked for up to here.
        ## Findings
        none
        ## Open
        Nothing.
";
