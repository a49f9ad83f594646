//! No effect without a decision before it, in runs that nobody thought out.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use protocol::event::EventBody;
use runtime::{Answer, Front, Shown};
use tools::ApprovalMode;

use crate::stage::{SOLO, Stage, turn};

/// Runs that one provider plays.
const BATCH: usize = 50;

#[derive(Clone, Debug)]
struct Run {
    mode: ApprovalMode,
    calls: Vec<usize>,
    answers: Vec<usize>,
    away: bool,
}

/// Calls that change something, that cannot, that only look, and some that are wrong. `@n` is the run's number, `@m` the call's.
const CALLS: [&str; 10] = [
    "{tool: write, args: {path: f@n-@m.txt, content: x}}",
    "{tool: bash, args: {command: \"touch f@n-@m.txt\"}}",
    "{tool: bash, args: {command: \"ls\"}}",
    "{tool: read, args: {files: [{path: README.md}]}}",
    "{tool: write, args: {path: .agent/f@n-@m.txt, content: x}}",
    "{tool: bash, args: {command: \"echo x > f@n-@m.txt\"}}",
    "{tool: edit, args: {path: README.md, edits: [{old: \"A shop\", new: \"A shop\"}]}}",
    "{tool: write, args: {path: ../f@n-@m.txt, content: x}}",
    "{tool: nothing, args: {}}",
    "{tool: bash, args: {command: \"mkdir -p f@n-@m.txt\"}}",
];

fn runs(count: usize, seed: u64) -> Vec<Run> {
    let modes = prop_oneof![Just(ApprovalMode::Ask), Just(ApprovalMode::Auto), Just(ApprovalMode::Deny)];
    let strategy = (
        modes,
        prop::collection::vec(0..CALLS.len(), 1..6),
        prop::collection::vec(0..5_usize, 6),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(mode, calls, answers, away)| Run { mode, calls, answers, away });
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn script(runs: &[Run]) -> String {
    runs
        .iter()
        .enumerate()
        .map(|(number, run)| {
            let call = |(at, which): (usize, &usize)| {
                let text = CALLS[*which].replace("@n", &number.to_string()).replace("@m", &at.to_string());
                format!("            - {text}\n")
            };
            let calls: String = run.calls.iter().enumerate().map(call).collect();
            format!(
                "  - id: r{number}\n    when: {{last_user_contains: \"run {number}.\"}}\n    count: turn\n    steps:\n      - calls:\n\
                 {calls}    otherwise: {{say: Done.}}\n"
            )
        })
        .collect()
}

#[tokio::test]
async fn perm_12_no_effect_comes_without_a_decision_before_it() {
    let count = std::env::var("AGENT_TRACE_RUNS").ok().and_then(|count| count.parse().ok()).unwrap_or(200);
    let (mut effects, mut questions) = (0, 0);
    for batch in 0..usize::div_ceil(count, BATCH) {
        let runs = runs(BATCH.min(count - batch * BATCH), batch as u64);
        let mut stage = Stage::set(SOLO, &script(&runs)).await;
        for (number, run) in runs.iter().enumerate() {
            let (found, asked) = play(&mut stage, number, run).await;
            effects += found;
            questions += asked;
        }
    }
    assert!(
        effects > count / 4 && questions > count / 4,
        "{effects} effects and {questions} questions in {count} runs"
    );
}

#[tokio::test]
async fn perm_12_an_effect_without_a_decision_would_be_noticed() {
    let stage = Stage::set(SOLO, &script(&runs(1, 1))).await;
    let session = stage.open();
    let body = EventBody::ToolCompleted {
        tool: "bash".to_owned(),
        call: protocol::CallId::from("never_decided"),
        ok: true,
        error: None,
        ms: 0,
    };
    let event = protocol::Event { v: 1, session: session.id().clone(), seq: 9, agent: None, body };
    stage.person.show(Shown::Event(&event));
    assert_eq!(*stage.person.unfounded.lock().unwrap(), ["never_decided"]);
}

/// Plays a run; how many effects it had and how many questions it asked.
async fn play(stage: &mut Stage, number: usize, run: &Run) -> (usize, usize) {
    stage.mode = run.mode;
    stage.person.away.store(run.away, std::sync::atomic::Ordering::SeqCst);
    stage.person.forget();
    for answer in &run.answers {
        match answer {
            0 | 1 => stage.person.will_say(Answer::Once),
            2 => stage.person.will_say(Answer::Session),
            3 => stage.person.will_say(Answer::No("no".to_owned())),
            _ => stage.person.will_do(|session| session.set_approval_mode(ApprovalMode::Deny), Answer::Once),
        }
    }
    let session = stage.open();
    turn(&session, &format!("Do run {number}.")).await;
    let unfounded = stage.person.unfounded.lock().unwrap().clone();
    assert!(unfounded.is_empty(), "{run:?}: {unfounded:?}");
    let audit = session.audit().unwrap();
    let mut effects = 0;
    for (at, which) in run.calls.iter().enumerate() {
        let name = if CALLS[*which].contains(".agent/") { ".agent/" } else { "" };
        let there = stage.has(&format!("{name}f{number}-{at}.txt"));
        let call = format!("toolu_r{number}_0_{at}");
        let decisions: Vec<_> = audit.iter().filter(|entry| entry.call.as_str() == call).collect();
        let last = decisions.last().is_some_and(|last| last.lets_through());
        assert!(!there || last, "{run:?}, call {at}: {decisions:?}");
        // And where every decision let it through, it came to be.
        let harmless = matches!(which, 2 | 3 | 6 | 7 | 8);
        let all = !decisions.is_empty() && decisions.iter().all(|entry| entry.lets_through());
        assert!(there || !all || harmless, "{run:?}, call {at}: {decisions:?}");
        effects += usize::from(there);
    }
    assert!(!stage.has(&format!("../f{number}-0.txt")), "{run:?}");
    let asked = stage
        .person
        .events
        .lock()
        .unwrap()
        .iter()
        .filter(|event| matches!(event, EventBody::ApprovalRequested { .. }))
        .count();
    (effects, asked)
}
