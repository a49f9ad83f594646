//! A lane in which nobody answers, and caps on steps: what the policy says of both is followed.

use super::{
    FAST, LARGE, MARKER, SMALL, STRONG, Stage, TEAM, body, change, changes, done, holds, lines_of, takes_over,
};

/// An actor's requests fail from one on, as often as they are asked again.
fn busy(actor: &str, from: u32, kind: &str) -> String {
    let at =
        |nth: u32| format!("  - {{on: {{actor: {actor}, nth_request: {nth}}}, kind: {kind}, retry_after_ms: 1}}\n");
    (from..from + 12).map(at).collect()
}

fn faults(faults: &[String]) -> String {
    format!("faults:\n{}", faults.concat())
}

#[test]
fn t05_a_lane_in_which_nobody_answers_is_left_for_the_one_that_the_policy_names() {
    let stage = Stage::with(&faults(&[busy("fast", 1, "http_529")]), "", &takes_over("41", "42"));
    let ended = stage.run(SMALL, &[]).exits(0);
    assert_eq!(stage.models(), [[FAST; 3].as_slice(), &[STRONG; 3]].concat(), "three tries, then the next lane");
    assert_eq!(stage.rows(), ["fast 1 overloaded", "strong 2 passed"]);
    let second = stage.attempts().pop().unwrap().attempt;
    assert_eq!(second.escalated_from, Some(("fast".to_owned(), "overloaded".to_owned())));
    assert_eq!(
        (second.brain.model.as_str(), second.route.reasons),
        (STRONG, vec!["fallback:fast:overloaded".to_owned()])
    );
    assert_eq!(lines_of(&ended, "selected_lane: "), ["fast", "strong"]);
    ended.says(&["attempt 2\n", "did not answer"]);
}

#[test]
fn t05_a_lane_that_falls_silent_in_the_middle_hands_on_the_task_and_the_diff_and_no_transcript() {
    let stage = Stage::with(&faults(&[busy("fast", 3, "http_500")]), &changes("41", "43"), &takes_over("43", "42"));
    stage.run(SMALL, &[]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 server", "strong 2 passed"]);
    let first = &stage.asked("strong")[0];
    holds(first, &[SMALL, "-    41", "+    43", "can no longer be asked"]);
    assert!(!body(first).contains(MARKER));
    assert!(first.request.messages.iter().all(|message| message.role == protocol::Role::User));
    assert_eq!(stage.attempts()[0].end.as_ref().unwrap().passed, None, "nobody could judge it");
}

#[test]
fn t05_more_retries_are_made_where_the_policy_says_so() {
    let stage = Stage::with(&faults(&[busy("fast", 1, "http_500")]), "", &takes_over("41", "42"));
    let policy = stage.policy("routing: {fallbacks: {num_retries: 4}}\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0);
    let fast = stage.models().iter().filter(|model| *model == FAST).count();
    assert!((5..=6).contains(&fast), "the client tries three times at once: {fast}");
    assert_eq!(stage.rows(), ["fast 1 server", "strong 2 passed"]);
}

#[test]
fn t12_when_every_lane_is_down_one_error_lists_them_and_the_session_can_go_on_later() {
    let both = faults(&[busy("fast", 1, "http_529"), busy("strong", 1, "http_529")]);
    let stage = Stage::with(&both, "", "");
    let ended = stage.run(SMALL, &[]).exits(4);
    assert_eq!(stage.rows(), ["fast 1 overloaded", "strong 2 overloaded"]);
    ended.says(&[
        "no lane could answer: fast (anthropic/claude-haiku-5-5): overloaded; strong (anthropic/claude-opus-5-5): ",
    ]);
    assert_eq!(stage.models(), [[FAST; 3].as_slice(), &[STRONG; 3]].concat());
}

#[test]
fn t07_a_bad_key_leads_to_no_other_lane_and_neither_does_a_policy_without_fallbacks() {
    let stage = Stage::with(&faults(&["  - {on: {actor: fast}, kind: unauthorized, times: 9}\n".to_owned()]), "", "");
    stage.run(SMALL, &[]).exits(4);
    assert_eq!(stage.models(), [FAST]);
    let stage = Stage::with(&faults(&[busy("fast", 1, "http_529")]), "", "");
    let policy = stage.policy("routing: {fallbacks: {on_failure: {fast: []}}}\n");
    stage.run(SMALL, &["--policy", &policy]).exits(4);
    assert_eq!((stage.models(), stage.rows()), (vec![FAST.to_owned(); 3], vec!["fast 1 overloaded".to_owned()]));
}

#[test]
fn t09_a_prompt_that_is_too_long_goes_to_the_lane_that_takes_more() {
    let long = "  - {on: {actor: fast}, kind: overflow, times: 9}\n".to_owned();
    let stage = Stage::with(&faults(&[long]), "", &takes_over("41", "42"));
    stage.run(SMALL, &[]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 overflow", "strong 2 passed"]);
}

#[test]
fn t24_a_cap_of_the_policy_on_steps_hands_the_task_to_a_person_whatever_lanes_it_went_through() {
    let fast = [changes("41", "43"), done()].concat();
    let stage = Stage::new(&fast, &takes_over("43", "42"));
    let policy = stage.policy("iterations: {main: 4}\nrouting: {on_failure: escalate}\n");
    let ended = stage.run(SMALL, &["--policy", &policy]).exits(5);
    assert_eq!(stage.models(), [FAST, FAST, FAST, STRONG], "four steps in all");
    assert_eq!(stage.rows(), ["fast 1 failed_tests", "strong 2 iteration_limit"]);
    let task = stage.attempts()[0].attempt.task.clone();
    ended.says(&[
        "iteration_limit: main has taken the 4 steps",
        &format!("(task {task})"),
        "a person has to look at it",
    ]);
}

#[test]
fn t24_complete_in_the_last_step_of_the_cap_is_in_time() {
    let stage = Stage::new(&changes("41", "42"), "");
    let policy = stage.policy("iterations: {main: 3}\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0);
    assert_eq!((stage.models().len(), stage.rows()), (3, vec!["fast 1 passed".to_owned()]));
}

#[test]
fn t25_the_cap_counts_steps_of_the_model_and_not_its_calls_of_tools() {
    let look = |limit| format!("{{tool: read, args: {{files: [{{path: src/lib.rs, offset: 1, limit: {limit}}}]}}}}");
    let looks: Vec<String> = (1..7).map(look).collect();
    let many = format!("- calls: [{}]\n", looks.join(", "));
    let stage = Stage::new(&[many, change("41", "42")].concat(), "");
    let policy = stage.policy("iterations: {main: 3}\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0);
    assert_eq!(
        (stage.models().len(), stage.rows()),
        (3, vec!["fast 1 passed".to_owned()]),
        "eight calls in three steps"
    );
}

#[test]
fn p05_a_task_that_a_lane_cannot_take_goes_one_lane_up_and_is_sent_whole() {
    let stage = Stage::new("", &takes_over("41", "42"));
    let policy = stage.policy("lanes: [{name: fast, max_context_tokens: 200}, {name: strong}]\n");
    let task = format!("{SMALL} {}THE END.", "Mind every line of it. ".repeat(60));
    stage.run(&task, &["--policy", &policy]).exits(0).says(&["context:fast"]);
    assert_eq!(stage.rows(), ["strong 1 passed"]);
    holds(&stage.asked("strong")[0], &[&task]);
}

#[test]
fn t26_a_further_delegation_of_a_task_does_not_begin_to_count_anew() {
    let report = "{status: complete, summary: Looked.}";
    let sidekick = format!(
        "actors:
  - id: sidekick
    when: {{has_tool: report}}
    steps:
      - calls: [{{tool: read, args: {{files: [{{path: src/lib.rs}}]}}}}]
      - calls: [{{tool: read, args: {{files: [{{path: README.md}}]}}}}]
    otherwise: {{calls: [{{tool: report, args: {report}}}]}}
"
    );
    let brief = |what: &str| {
        format!("- calls: [{{tool: delegate, args: {{agent: sidekick, objective: {what}, acceptance: [answer]}}}}]\n")
    };
    let strong = [brief("Read the answer"), brief("Read it again"), takes_over("41", "42")].concat();
    let stage = Stage::with(&sidekick, "", &strong);
    let policy = stage.policy("iterations: {delegation: 4}\n");
    stage.run(LARGE, &["--policy", &policy]).exits(0);
    let steps = stage.asked("sidekick").len();
    assert_eq!(steps, 4, "of both delegations together");
    let told = stage.asked("strong").iter().any(|request| body(request).contains("iteration_limit: sidekick"));
    assert!(told, "the lead is told");
}

#[test]
fn a_session_has_one_of_a_lanes_models_and_keeps_it() {
    let stage = Stage::new("", "");
    let shuffle = "[{brain: claude-haiku-5-5, weight: 1}, {brain: claude-sonnet-5-5, weight: 1}]";
    let policy = stage.policy(&format!("lanes: [{{name: fast, shuffle: {shuffle}}}, {{name: strong}}]\n"));
    let sonnet = "actors:\n  - {id: other, when: {model: claude-sonnet-5-5}, otherwise: {say: Done.}}\n";
    let stage = Stage { sim: Stage::with(sonnet, "", "").sim, ..stage };
    for _ in 0..6 {
        let before = stage.models().len();
        stage.run("Where is the readme?", &["--policy", &policy]).exits(0);
        stage.desk.ask(&stage.sim, &["sessions", "resume", "--task", "Where is the answer?"]).exits(0);
        let models = stage.models()[before..].to_vec();
        assert!(models.len() >= 2 && models.iter().all(|model| *model == models[0]), "{models:?}");
        assert!([FAST, "claude-sonnet-5-5"].contains(&models[0].as_str()));
    }
}

#[test]
fn a_plan_whose_brief_was_carried_out_and_that_fails_its_checks_is_charged_with_the_failure() {
    let report = "{status: complete, summary: Done.}";
    let sidekick = format!(
        "actors:
  - id: sidekick
    when: {{has_tool: report}}
    steps:
      - calls: [{{tool: read, args: {{files: [{{path: src/lib.rs}}]}}}}, {{tool: edit, args: {{path: src/lib.rs, edits: [{{old: \"41\", new: \"43\"}}]}}}}]
    otherwise: {{calls: [{{tool: report, args: {report}}}]}}
"
    );
    let brief = "{agent: sidekick, objective: Set the answer to 43., acceptance: [plan]}";
    let strong = [format!("- calls: [{{tool: delegate, args: {brief}}}]\n"), done(), takes_over("43", "42")].concat();
    let team = TEAM.replace("verify:\n", "verify:\n  - {name: plan, command: grep -q 4 src/lib.rs}\n");
    let stage = Stage::with(&sidekick, "", &strong).team(&team);
    let ended = stage.run(LARGE, &[]).exits(0);
    assert_eq!(stage.rows(), ["strong 1 failed_tests", "strong 2 passed"]);
    let at_fault: Vec<bool> = stage.attempts().iter().map(|one| one.end.as_ref().unwrap().plan_at_fault).collect();
    assert_eq!(at_fault, [true, false]);
    ended.says(&["the plan was at fault: all that was delegated was done as its briefs asked"]);
}
