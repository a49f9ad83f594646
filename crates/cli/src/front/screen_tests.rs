use protocol::CallId;

use super::*;

type Seen = Arc<Mutex<Vec<Feed>>>;

fn front() -> (Arc<ScreenFront>, Arc<Questions>, Seen) {
    let seen = Seen::default();
    let shown = seen.clone();
    let out: Out = Arc::new(move |feed| shown.lock().unwrap().push(feed));
    let questions = Arc::new(Questions::new(out.clone()));
    (Arc::new(ScreenFront::new(out, questions.clone(), |_| ())), questions, seen)
}

fn request(what: &str) -> ApprovalRequest {
    ApprovalRequest {
        agent: AgentId::from("main/sidekick"),
        tool: "bash".to_owned(),
        call: CallId::new("call-1"),
        what: what.to_owned(),
        why: "it writes".to_owned(),
    }
}

fn asked(seen: &Seen) -> Ask {
    let found = seen.lock().unwrap().iter().rev().find_map(|feed| match feed {
        Feed::Ask(ask) => Some(ask.clone()),
        _ => None,
    });
    found.unwrap()
}

async fn answered(lasting: bool, reply: Reply) -> Answer {
    let (front, questions, seen) = front();
    let request = request("make test");
    let answer = front.answer(&request, lasting);
    let reply = async {
        tokio::task::yield_now().await;
        questions.answer(asked(&seen).id, reply);
    };
    tokio::join!(answer, reply).0
}

#[tokio::test]
async fn an_answer_reaches_whoever_asked() {
    assert_eq!(answered(true, Reply::Once).await, Answer::Once);
    assert_eq!(answered(true, Reply::Always).await, Answer::Session);
    assert_eq!(answered(true, Reply::No(" ".to_owned())).await, Answer::No("the user said no".to_owned()));
    let reason = Reply::No("under docs".to_owned());
    assert_eq!(answered(true, reason).await, Answer::No("the user said no: under docs".to_owned()));
}

#[tokio::test]
async fn what_was_not_offered_does_not_last() {
    assert_eq!(answered(false, Reply::Always).await, Answer::Once);
}

#[tokio::test]
async fn a_question_says_what_a_lasting_yes_covers_and_how_many_commands_there_are() {
    let Asked::Approval { agent, what, why, always, .. } = approval(&request("make a; make b"), true) else { panic!() };
    assert_eq!((agent.as_str(), what.as_str()), ("main/sidekick", "make a; make b"));
    assert_eq!(why, "it writes (2 commands in one line)");
    assert!(always.unwrap().contains("by main/sidekick until this chat ends"));
    let Asked::Approval { why, always, .. } = approval(&request("make a"), false) else { panic!() };
    assert_eq!((why.as_str(), always), ("it writes", None));
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_withdrawn_and_a_late_answer_is_nobodys() {
    let (front, questions, seen) = front();
    let request = request("make");
    tokio::select! {
        biased;
        _ = front.answer(&request, true) => panic!("nobody answered"),
        () = tokio::task::yield_now() => {}
    }
    let id = asked(&seen).id;
    assert!(matches!(seen.lock().unwrap().last(), Some(Feed::Withdrawn(gone)) if *gone == id));
    questions.answer(id, Reply::Once);
}

#[tokio::test]
async fn an_answered_question_is_not_withdrawn_and_two_never_share_a_name() {
    let (front, questions, seen) = front();
    for _ in 0..2 {
        let who = AgentId::from("main");
        let answer = front.ask(&who, "which?");
        let reply = async {
            tokio::task::yield_now().await;
            questions.answer(asked(&seen).id, Reply::Words("this".to_owned()));
        };
        assert_eq!(tokio::join!(answer, reply).0.as_deref(), Ok("this"));
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert!(matches!((&seen[0], &seen[1]), (Feed::Ask(one), Feed::Ask(other)) if one.id != other.id));
}

#[tokio::test]
async fn a_screen_that_is_gone_answers_no() {
    let (front, questions, _) = front();
    let request = request("make");
    let answer = front.answer(&request, true);
    let close = async {
        tokio::task::yield_now().await;
        questions.close();
    };
    assert_eq!(tokio::join!(answer, close).0, Answer::No("the user left".to_owned()));
    assert!(front.ask(&AgentId::from("main"), "which?").await.is_err(), "nothing is asked of a screen that is gone");
}
