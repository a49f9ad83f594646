//! Lanes over several tasks of one session: what is seen is seen anew for each, and what the caller said was said of the first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use protocol::Signals;
use routing::Hints;
use runtime::{Lane, Lanes, Look, Session, Sight};

use crate::stage::{SOLO, Stage, brain, turn};

const WORKER: &str = "  - id: worker
    when: {any: true}
    otherwise: {say: It is in the first file.}
";

/// Two lanes; each look sees a file more than the one before. Each task is decided for itself.
async fn looked_at(lanes: Lanes) -> (Stage, Session) {
    let mut stage = Stage::set(SOLO, "", WORKER).await;
    stage.policy("routing: {stickiness: off}\n");
    let lane = |name: &str, model: &str| Lane {
        name: name.to_owned(),
        brain: brain(&format!("anthropic/{model}")),
        review: false,
    };
    let looks = Arc::new(AtomicU32::new(0));
    let look = Look::new(move || {
        let files = looks.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Sight { signals: Signals { files, auth_code: files > 2, ..Signals::default() }, ..Sight::default() })
    });
    let two = vec![lane("fast", "claude-haiku-5-5"), lane("strong", "claude-opus-5-5")];
    stage.lanes(Lanes { lanes: two, look: Some(look), ..lanes });
    let session = stage.open();
    (stage, session)
}

/// Lane, files and reasons of each attempt.
fn routes(session: &Session) -> Vec<(String, u32, String)> {
    let of = |record: store::AttemptRecord| {
        let route = record.attempt.route;
        (route.lane, route.signals.files, route.reasons.join(" "))
    };
    session.attempts().unwrap().into_iter().map(of).collect()
}

const TASK: &str = "Which file has it, add a docstring?";

#[tokio::test]
async fn the_repository_is_looked_at_anew_for_every_task_of_a_session() {
    let (_stage, session) = looked_at(Lanes::default()).await;
    for _ in 0..3 {
        turn(&session, TASK).await;
    }
    let files: Vec<u32> = routes(&session).into_iter().map(|(_, files, _)| files).collect();
    assert_eq!(files, [1, 2, 3]);
}

#[tokio::test]
async fn a_lane_and_hints_that_were_given_with_a_task_do_not_hold_for_the_next_one() {
    let forced = Lanes { forced: Some("strong".to_owned()), ..Lanes::default() };
    let hinted = Lanes { hints: Hints::written(&["lane=strong"]), ..Lanes::default() };
    for (lanes, said) in [(forced, "forced:strong"), (hinted, "hint:lane")] {
        let (_stage, session) = looked_at(lanes).await;
        turn(&session, TASK).await;
        turn(&session, TASK).await;
        let routes = routes(&session);
        assert_eq!((routes[0].0.as_str(), routes[1].0.as_str()), ("strong", "fast"), "{routes:?}");
        assert!(routes[0].2.contains(said) && !routes[1].2.contains(said), "{routes:?}");
    }
}

#[tokio::test]
async fn a_look_that_fails_stops_the_task_with_its_words() {
    let (mut stage, _) = looked_at(Lanes::default()).await;
    let look = Look::new(|| Err("the store cannot be read".to_owned()));
    let lane = Lane { name: "fast".to_owned(), brain: brain("anthropic/claude-haiku-5-5"), review: false };
    stage.lanes(Lanes { lanes: vec![lane], look: Some(look), ..Lanes::default() });
    let session = stage.open();
    let outcome = session.turn(TASK, &crate::stage::never()).await.unwrap();
    assert_ne!(outcome.status, protocol::event::SessionStatus::Answered);
    assert!(stage.requests().is_empty(), "nobody is asked");
}
