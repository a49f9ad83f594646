//! What stands in front of every request: what stays the same first, the same bytes each time, nothing in them that changes.

use std::time::Duration;

use runtime::InputMode;
use simulator::RequestRecord;

use crate::asked::{assert_extends, projection, text};
use crate::stage::{INSTRUCTIONS, SOLO, SOLO_CHAT, SOLO_RESPONSES, SUMMARY, Stage, WALKER, turn};

async fn set(team: &str) -> Stage {
    let stage = Stage::set(team, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(3, 400);
    stage
}

/// Tools, system prompt and the project's part, as they are sent.
fn in_front(request: &RequestRecord) -> Vec<String> {
    let pieces = projection(request);
    let project = pieces.iter().position(|piece| piece.contains(INSTRUCTIONS)).expect("the project's part");
    pieces[..=project].to_vec()
}

#[tokio::test]
async fn t20_what_stays_comes_first_and_each_request_begins_with_the_bytes_of_the_one_before() {
    for team in [SOLO, SOLO_CHAT, SOLO_RESPONSES] {
        let stage = set(team).await;
        let session = stage.open();
        turn(&session, "Be brief. Walk on from next: w1.txt").await;
        stage.clock.advance(Duration::from_secs(90));
        turn(&session, "And now?").await;
        let requests = stage.requests();
        assert_eq!(requests.len(), 5);
        for pair in requests.windows(2) {
            assert_extends(&pair[1], &pair[0]);
            let hash = |request: &RequestRecord| {
                let shared = projection(&pair[0]).len();
                projection(request)[..shared].iter().map(String::as_str).collect::<Vec<_>>().join("\n")
            };
            assert_eq!(hash(&pair[0]), hash(&pair[1]));
            // Whatever was marked for the cache is read by the next one.
            let marked = pair[0].usage.cache_read + pair[0].usage.cache_write();
            assert_eq!(pair[1].usage.cache_read, marked, "{}", pair[1].label);
        }
        let pieces = projection(&requests[0]);
        let task = pieces.iter().position(|piece| piece.contains("Be brief.")).unwrap();
        assert!(in_front(&requests[0]).len() <= task, "the task stands behind all that stays");
    }
}

#[tokio::test]
async fn t21_what_belongs_to_a_task_is_said_in_the_users_turn_and_never_in_front() {
    for team in [SOLO, SOLO_CHAT, SOLO_RESPONSES] {
        let stage = set(team).await;
        let session = stage.open();
        turn(&session, "The ferry leaves at noon.").await;
        session.input("Mind the tide.", InputMode::Steer).unwrap();
        turn(&session, "Walk on from next: w1.txt").await;
        let first = in_front(&stage.requests()[0]);
        for request in &stage.requests() {
            assert_eq!(in_front(request), first, "{}", request.label);
            for words in ["ferry", "tide", "w1.txt"] {
                assert!(first.iter().all(|piece| !piece.contains(words)), "`{words}` stands in front");
            }
        }
        let last = stage.last();
        assert!(text(&last).contains("The ferry leaves at noon.") && text(&last).contains("Mind the tide."));
    }
}

#[tokio::test]
async fn t22_another_day_another_session_and_another_bill_leave_the_front_as_it_is() {
    for team in [SOLO, SOLO_CHAT, SOLO_RESPONSES] {
        let stage = set(team).await;
        let earlier = stage.open();
        turn(&earlier, "Walk on from next: w1.txt").await;
        let front = in_front(&stage.last());
        stage.clock.advance(Duration::from_secs(3 * 86_400 + 17));
        let later = stage.open();
        turn(&later, "Something else.").await;
        assert_eq!(in_front(&stage.last()), front);
        let front = front.join("\n");
        for never in [earlier.id().as_str(), "2026-11", "claude-opus", "gpt-6"] {
            assert!(!front.contains(never), "`{never}` stands in front");
        }
    }
}

#[tokio::test]
async fn t22_tools_have_one_order_whatever_the_order_of_the_team_file() {
    let mut seen = Vec::new();
    for modules in [
        "[filesystem, shell, git]",
        "[git, shell, filesystem]",
        "[shell, {filesystem: [write, read]}, filesystem, git]",
    ] {
        let team = format!(
            "agents:\n  - {{id: solo, brain: {{provider: anthropic, model: claude-opus-5-5}}, modules: {modules}}}\n"
        );
        let stage = set(&team).await;
        let session = stage.open();
        turn(&session, "Hello.").await;
        let last = stage.last();
        assert!(last.request.tools.len() > 5);
        seen.push(projection(&last)[..last.request.tools.len()].to_vec());
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}
