//! Whatever is done in whatever order: a window has one brain, its bytes only grow, and no word of the user is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use catalogue::Catalogue;
use proptest::prelude::*;
use protocol::{AgentId, Brain, WindowId};
use runtime::{InputMode, Session};
use store::WindowRecord;
use wire::{Assembly, Rendered};

use crate::asked::{is_compaction, projection, projection_of, text};
use crate::stage::{SUMMARY, Stage, answered, brain, never};

const TEAM: &str = "\
compaction: {at_tokens: 4500, keep_tail: 1000, summary_max: 1000}
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - {id: helper, brain: {provider: anthropic, model: claude-haiku-5-5}}
";

const ACTORS: &str = "  - id: helper
    when: {has_tool: report}
    advance_ms: 40000
    otherwise:
      cases:
        - if: {last_result: \"(?s)# Brief[^#]*$\"}
          thinking: A look.
          calls: [{tool: read, args: {files: [{path: w1.txt}]}}]
        - calls: [{tool: report, args: {status: complete, summary: seen, evidence: [{at: \"w1.txt:1\"}]}}]
  - id: main
    when: {has_tool: delegate}
    otherwise:
      cases:
        - if: {last_result: \"(?s)Read number [0-9]+\\\\.\\\\s*$\"}
          thinking: One file.
          calls: [{tool: read, args: {files: [{path: w2.txt}]}}]
        - if: {last_result: \"(?s)Send number [0-9]+\\\\.\\\\s*$\"}
          thinking: Not mine to do.
          calls: [{tool: delegate, args: {agent: helper, objective: Look around., explore: true}}]
        - say: Understood.
";

const MODELS: [&str; 4] =
    ["anthropic/claude-opus-5-5", "anthropic/claude-sonnet-5-5", "anthropic/claude-haiku-5-5", "openai/gpt-6-luna"];

const AGENTS: [&str; 2] = ["main", "helper"];

#[derive(Clone, Debug)]
enum Step {
    Say,
    Read,
    Send,
    Steer,
    Want {
        agent: usize,
        model: usize,
        now: bool,
    },
    Compact {
        agent: usize,
    },
    Wait {
        minutes: u64,
    },
    Rest {
        minutes: u64,
    },
    /// The process is gone when the provider was asked so often in a turn; another one takes over.
    Kill {
        sending: bool,
        after: usize,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Say),
        4 => Just(Step::Read),
        3 => Just(Step::Send),
        1 => Just(Step::Steer),
        3 => (0..2_usize, 0..MODELS.len(), any::<bool>()).prop_map(|(agent, model, now)| Step::Want { agent, model, now }),
        2 => (0..2_usize).prop_map(|agent| Step::Compact { agent }),
        1 => (1..90_u64).prop_map(|minutes| Step::Wait { minutes }),
        1 => (1..90_u64).prop_map(|minutes| Step::Rest { minutes }),
        2 => (any::<bool>(), 1..4_usize).prop_map(|(sending, after)| Step::Kill { sending, after }),
        1 => Just(Step::Reopen),
    ]
}

/// A session that is played, and what the user said in it.
struct Play {
    stage: Stage,
    session: Session,
    said: Vec<String>,
}

impl Play {
    async fn begin() -> Self {
        let stage = Stage::set(TEAM, "", &format!("{SUMMARY}{ACTORS}")).await;
        stage.walk(2, 1_800);
        let session = stage.open();
        let mut play = Self { stage, session, said: Vec::new() };
        play.say("Say").await;
        play
    }

    fn words(&mut self, verb: &str) -> String {
        let words = format!("{verb} number {}.", self.said.len());
        self.said.push(words.clone());
        words
    }

    async fn say(&mut self, verb: &str) {
        let words = self.words(verb);
        answered(self.session.turn(&words, &never()).await.unwrap());
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Say => self.say("Say").await,
            Step::Read => self.say("Read").await,
            Step::Send => self.say("Send").await,
            Step::Steer => {
                let words = self.words("Steer");
                self.session.input(&words, InputMode::Steer).unwrap();
                self.say("Say").await;
            }
            Step::Want { agent, model, now } => {
                let agent = AgentId::from(AGENTS[*agent]);
                self.session.want_model(&agent, brain(MODELS[*model]), *now, &never()).await.unwrap();
            }
            Step::Compact { agent } => {
                self.session.compact(&AgentId::from(AGENTS[*agent]), None, &never()).await.unwrap();
            }
            Step::Wait { minutes } => self.stage.clock.advance(Duration::from_secs(minutes * 60)),
            Step::Rest { minutes } => {
                use protocol::Clock as _;
                let until = self.stage.clock.now().plus(Duration::from_secs(minutes * 60));
                self.stage.clock.set_jumping(true);
                self.session.rest(Some(until), &never()).await.unwrap();
                self.stage.clock.set_jumping(false);
            }
            Step::Kill { sending, after } => {
                let words = self.words(if *sending { "Send" } else { "Read" });
                let asked = self.stage.requests().len() + after;
                let cancel = never();
                tokio::select! {
                    biased;
                    () = self.stage.asked(asked) => {}
                    outcome = self.session.turn(&words, &cancel) => drop(answered(outcome.unwrap())),
                }
                self.reopen();
                answered(self.session.go_on(&never()).await.unwrap());
            }
            Step::Reopen => self.reopen(),
        }
    }

    fn reopen(&mut self) {
        self.session = self.stage.resume(&self.session.id().clone());
    }

    fn windows(&self) -> Vec<WindowRecord> {
        AGENTS.iter().flat_map(|agent| self.stage.windows(&self.session, agent)).collect()
    }

    /// All that was ever in a window, as it is stored.
    fn stored(&self, window: &WindowRecord) -> Vec<String> {
        let items = self.stage.store().items(self.session.id(), &window.agent, 0).unwrap();
        let own = items.iter().filter(|item| item.window == window.id);
        let messages: Vec<Rendered> = own.map(|item| serde_json::from_str(&item.rendered).unwrap()).collect();
        let chat = Catalogue::builtin().chat_flavor(&window.brain.provider, &window.brain.model);
        projection_of(&wire::codec(window.dialect).assemble(&Assembly {
            model: &window.brain.model,
            tools: &window.tools,
            system: &window.system,
            messages: &messages,
            breakpoints: &[],
            settings: &protocol::Settings { chat, ..protocol::Settings::default() },
        }))
    }

    fn assert_one_brain_per_window(&self) {
        let mut brains: BTreeMap<WindowId, Brain> =
            self.windows().into_iter().map(|window| (window.id, window.brain)).collect();
        for row in self.stage.ledger(&self.session) {
            let known = brains.entry(row.window.clone()).or_insert_with(|| row.brain.clone());
            assert_eq!(*known, row.brain, "window {} has two brains", row.window);
        }
    }

    fn assert_items_belong_to_windows(&self) {
        let windows = self.windows();
        for agent in AGENTS {
            for item in self.stage.store().items(self.session.id(), &AgentId::from(agent), 0).unwrap() {
                assert!(
                    windows.iter().any(|window| window.id == item.window && window.agent == item.agent),
                    "{item:?}"
                );
            }
        }
    }

    /// Every request is the beginning of one window, as that window is stored; a compaction with its instruction behind it.
    fn assert_requests_are_beginnings_of_windows(&self) {
        let windows: Vec<(WindowRecord, Vec<String>)> =
            self.windows().into_iter().map(|window| (window.clone(), self.stored(&window))).collect();
        for request in self.stage.requests().iter().filter(|request| !request.request.tools.is_empty()) {
            assert_eq!(request.status, 200, "{}", request.label);
            let mut sent = projection(request);
            if is_compaction(request) {
                sent.pop();
            }
            let of = windows
                .iter()
                .find(|(window, stored)| window.brain.model == request.model && stored.starts_with(&sent));
            assert!(of.is_some(), "no window begins like {}", request.label);
        }
    }

    async fn assert_no_word_is_lost(&mut self) {
        self.say("Say").await;
        let last = self.stage.last();
        for words in &self.said {
            assert!(text(&last).contains(words), "`{words}` is lost");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_window_has_one_brain_whatever_happens_in_whatever_order(steps in prop::collection::vec(step(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut play = Play::begin().await;
            for step in &steps {
                play.take(step).await;
            }
            play.assert_no_word_is_lost().await;
            play.assert_one_brain_per_window();
            play.assert_items_belong_to_windows();
            play.assert_requests_are_beginnings_of_windows();
        });
    }
}
