//! A task on its way through the lanes: real files, real checks, the models played by the simulator. The fast lane's model and
//! the strong lane's are told apart by their names.

mod asked;
mod down;
mod judged;
mod killed;
mod monitored;
mod ways;

use protocol::{AttemptEnd, LedgerRow, Purpose};
use simulator::RequestRecord;
use store::{AttemptFilter, AttemptRecord, Store};

use crate::support::{Desk, Ended, Sim};

const FAST: &str = "claude-haiku-5-5";
const STRONG: &str = "claude-opus-5-5";

/// What the fast lane's model says, and nobody else: no word of it may be seen in the strong lane.
const MARKER: &str = "MARMALADE";

/// A task that belongs to the fast lane, and that is only done when something changed.
const SMALL: &str = "Add a docstring to the answer.";

/// A task that belongs to the strong lane.
const LARGE: &str = "Implement the answer.";

/// Says what is wrong in words that stand nowhere else.
const CHECK: &str =
    "grep -q 42 src/lib.rs || { echo \"found $(grep -o '4[0-9]' src/lib.rs), wanted the other one\"; exit 1; }\n";

/// The lead of a lane and the model that is cheapest in the team; one check.
const TEAM: &str = "version: 1
name: lanes
verify:
  - {name: answer, command: sh check.sh}
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - {id: sidekick, brain: {provider: anthropic, model: claude-haiku-5-5}}
";

/// The team without its check.
fn unchecked() -> String {
    TEAM.replace("verify:\n  - {name: answer, command: sh check.sh}\n", "")
}

/// Two steps that look and then change the answer with open hands.
fn changes(from: &str, to: &str) -> String {
    let look = "calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]";
    format!("- say: {MARKER}, I look.\n  {look}\n{}", change(from, to))
}

/// One step that changes the answer, read anew so that a step that is asked for again does no harm.
fn change(from: &str, to: &str) -> String {
    let read = "{tool: read, args: {files: [{path: src/lib.rs}]}}";
    let edit = format!("{{tool: edit, args: {{path: src/lib.rs, edits: [{{old: \"{from}\", new: \"{to}\"}}]}}}}");
    format!("- calls: [{read}, {edit}]\n")
}

/// The same by the lead of the strong lane, who has to open its hands first.
fn takes_over(from: &str, to: &str) -> String {
    format!("- calls: [{{tool: take_over, args: {{reason: a number}}}}]\n{}", change(from, to))
}

/// One answer that ends an attempt.
fn done() -> String {
    format!("- say: {MARKER}, that is it.\n")
}

/// A repository, a team, and models that follow a script in each lane.
struct Stage {
    desk: Desk,
    sim: Sim,
    team: String,
}

impl Stage {
    /// Steps of the model of each lane; both end with an answer.
    fn new(fast: &str, strong: &str) -> Self {
        Self::with("", fast, strong)
    }

    /// The same, with actors or faults of a scenario before them.
    fn with(before: &str, fast: &str, strong: &str) -> Self {
        let lane = |id: &str, model: &str, steps: &str| {
            let steps: String = steps.lines().map(|line| format!("      {line}\n")).collect();
            let steps = if steps.is_empty() { steps } else { format!("    steps:\n{steps}") };
            format!("  - id: {id}\n    when: {{model: {model}}}\n{steps}    otherwise: {{say: Done.}}\n")
        };
        let actors = if before.contains("actors:") { "" } else { "actors:\n" };
        let (fast, strong) = (lane("fast", FAST, fast), lane("strong", STRONG, strong));
        let desk = Desk::new();
        let team = desk.aside("team.yaml", TEAM);
        let stage = Self { desk, sim: Sim::play(&format!("name: lanes\n{before}{actors}{fast}{strong}")), team };
        stage.commit("check.sh", CHECK);
        stage
    }

    fn git(&self, arguments: &[&str]) {
        let name = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let output = self.desk.command("git").args(name).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A file that the last commit has.
    fn commit(&self, file: &str, text: &str) {
        self.desk.file(file, text);
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", "more"]);
    }

    /// Another team in the place of the usual one.
    fn team(mut self, text: &str) -> Self {
        self.team = self.desk.aside("team.yaml", text);
        self
    }

    /// A policy file, for `--policy`.
    fn policy(&self, text: &str) -> String {
        self.desk.aside("policy.yaml", &format!("version: 1\n{text}"))
    }

    /// `agent run` with the team.
    fn run(&self, task: &str, more: &[&str]) -> Ended {
        let arguments: Vec<&str> =
            ["run", task, "--team", &self.team].into_iter().chain(more.iter().copied()).collect();
        self.desk.ask(&self.sim, &arguments)
    }

    /// Every attempt there was, in order.
    fn attempts(&self) -> Vec<AttemptRecord> {
        Store::open(&self.desk.home).unwrap().attempts(&AttemptFilter::default()).unwrap()
    }

    /// `LANE NUMBER RESULT` of every attempt; `open` where it has no end.
    fn rows(&self) -> Vec<String> {
        let result = |end: &AttemptEnd| match (end.passed, &end.failure) {
            (_, Some(failure)) => failure.clone(),
            (Some(true), None) => "passed".to_owned(),
            (Some(false), None) => "failed".to_owned(),
            (None, None) => "answered".to_owned(),
        };
        let row = |record: AttemptRecord| {
            let ended = record.end.as_ref().map_or_else(|| "open".to_owned(), result);
            format!("{} {} {ended}", record.attempt.route.lane, record.attempt.number)
        };
        self.attempts().into_iter().map(row).collect()
    }

    /// The ledger of the only session.
    fn ledger(&self) -> Vec<LedgerRow> {
        let store = Store::open(&self.desk.home).unwrap();
        let session = self.attempts()[0].attempt.session.clone();
        store.ledger(&session).unwrap()
    }

    /// The models that were asked, in order.
    fn models(&self) -> Vec<String> {
        self.sim.requests().into_iter().map(|request| request.model).collect()
    }

    /// The requests that an actor answered.
    fn asked(&self, actor: &str) -> Vec<RequestRecord> {
        self.sim.requests().into_iter().filter(|request| request.actor.as_deref() == Some(actor)).collect()
    }
}

fn body(request: &RequestRecord) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

#[track_caller]
fn holds(request: &RequestRecord, words: &[&str]) {
    let body = body(request);
    words.iter().for_each(|word| assert!(body.contains(word), "`{word}` is missing in\n{body}"));
}

/// What the classifier said of the first task.
fn label(stage: &Stage) -> Option<String> {
    stage.attempts()[0].attempt.route.classifier.clone()
}

/// The lines of standard error that begin like this, in order, each without that beginning.
fn lines_of<'a>(ended: &'a Ended, start: &str) -> Vec<&'a str> {
    ended.err.lines().filter_map(|line| line.strip_prefix(start)).collect()
}

/// What calls beside the steps were paid.
fn aside(ledger: &[LedgerRow]) -> Vec<&LedgerRow> {
    ledger.iter().filter(|row| row.purpose == Purpose::Auxiliary).collect()
}
