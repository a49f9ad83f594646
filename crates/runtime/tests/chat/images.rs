//! Images in a prompt: sent, kept, counted, and refused where nobody could see them.

use std::path::PathBuf;

use protocol::event::SessionStatus;
use protocol::{AgentId, Block, ImageSource};
use runtime::{Input, InputMode, Lane, Lanes, RuntimeError, Session};

use crate::stage::{SOLO, SUMMARY, Stage, TALKER, assert_append_only, never, text, turn};

/// The smallest picture there is, and bytes behind it to make it as large as it needs to be.
fn png(bytes: usize) -> Vec<u8> {
    let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89".to_vec();
    image.resize(bytes.max(image.len()), 7);
    image
}

fn of(provider: &str, model: &str) -> String {
    format!("agents:\n  - {{id: solo, brain: {{provider: {provider}, model: {model}}}}}\n")
}

async fn with(session: &Session, text: &str, images: &[&str]) -> Input {
    let paths: Vec<PathBuf> = images.iter().map(PathBuf::from).collect();
    Input { text: text.to_owned(), images: session.images(&paths).await.unwrap() }
}

/// Images of a request, as media type and length of the base64 text.
fn images(request: &protocol::Request) -> Vec<(String, usize)> {
    let blocks = request.messages.iter().flat_map(|message| &message.blocks);
    let image = |block: &Block| match block {
        Block::Image { source: ImageSource::Base64 { media_type, data } } => Some((media_type.clone(), data.len())),
        _ => None,
    };
    blocks.filter_map(image).collect()
}

#[tokio::test]
async fn images_go_with_the_words_in_every_dialect_and_stay_where_they_are() {
    for team in [SOLO.to_owned(), of("openai", "gpt-6.1-sol"), of("chatty", "gpt-6.1-sol")] {
        let stage = Stage::set(&team, TALKER).await;
        stage.file("shot.png", png(0));
        stage.file("docs/two.jpg", b"\xff\xd8\xff\xe0 a photograph");
        let session = stage.open();
        let input = with(&session, "What is wrong here?", &["shot.png", "docs/two.jpg"]).await;
        assert_eq!(turn(&session, input).await, SessionStatus::Answered);
        let types: Vec<String> = images(&stage.last().request).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(types, ["image/png", "image/jpeg"], "{team}");
        let told = text(&stage.last());
        assert!(told.contains("What is wrong here?") && told.contains("[image: docs/two.jpg]"), "{told}");
        turn(&session, "And now?").await;
        assert_eq!(stage.last().images, 2, "what was sent stays");
        assert_append_only(&stage.requests());
    }
}

#[tokio::test]
async fn an_image_is_counted_as_an_image_and_not_as_the_text_that_it_is_sent_as() {
    let stage = Stage::set(SOLO, TALKER).await;
    stage.file("large.png", png(2_000_000));
    let session = stage.open();
    let input = with(&session, "What is it?", &["large.png"]).await;
    assert_eq!(turn(&session, input).await, SessionStatus::Answered);
    turn(&session, "Really?").await;
    let status = session.status().unwrap();
    assert_eq!(status[0].number, 1, "no window was closed for it");
    assert!((1_500..30_000).contains(&status[0].context), "{}", status[0].context);
    assert_eq!(stage.last().images, 1);
}

#[tokio::test]
async fn a_model_that_is_not_known_to_see_is_never_sent_one_and_nothing_is_stored() {
    let mut stage = Stage::set(&of("deepseek", "deepseek-v4-pro"), TALKER).await;
    stage.file("shot.png", png(0));
    let session = stage.open();
    let input = with(&session, "What is it?", &["shot.png"]).await;
    let outcome = session.turn_with(input.clone(), &never()).await.unwrap();
    assert_eq!(outcome.status, SessionStatus::Failed);
    let said = stage.person.errors.lock().unwrap().join("\n");
    assert!(said.contains("deepseek/deepseek-v4-pro is not known to take images"), "{said}");
    assert!(said.contains("`images: true`") && said.contains("models.yaml"), "{said}");
    let queued = session.input_with(&input, InputMode::Queue).unwrap_err();
    assert!(matches!(queued, RuntimeError::Input(_)), "{queued}");
    assert!(stage.requests().is_empty());
    assert!(stage.store().inputs(session.id(), false).unwrap().is_empty(), "nothing was stored");
    // Words alone go on as ever, and whoever knows better can say so.
    assert_eq!(turn(&session, "What is here?").await, SessionStatus::Answered);
    stage.models("models:\n  deepseek/deepseek-v4-pro: {images: true}\n");
    let session = stage.open();
    assert_eq!(turn(&session, input).await, SessionStatus::Answered);
    assert_eq!(stage.last().images, 1);
}

#[tokio::test]
async fn what_is_no_image_is_refused_with_the_place_and_what_is_allowed() {
    let stage = Stage::set(SOLO, TALKER).await;
    stage.file("notes.png", "only words");
    let session = stage.open();
    let refused = session.images(&["notes.png".into()]).await.unwrap_err();
    assert_eq!(refused.to_string(), "notes.png: not an image that models take; allowed: PNG, JPEG, GIF, WebP");
    assert!(session.images(&["gone.png".into()]).await.unwrap_err().to_string().contains("there is no such file"));
}

#[tokio::test]
async fn a_queued_image_waits_through_the_end_of_the_program() {
    let stage = Stage::set(SOLO, TALKER).await;
    stage.file("shot.png", png(50_000));
    let session = stage.open();
    let input = with(&session, "What is it?", &["shot.png"]).await;
    session.input_with(&input, InputMode::Queue).unwrap();
    assert!(session.input_with(&input, InputMode::Steer).unwrap_err().to_string().contains("queue this"));
    let id = session.id().clone();
    drop(session);
    std::fs::remove_file(stage.path("shot.png")).unwrap();
    let session = stage.resume(&id);
    let next = session.next_input().unwrap().expect("it waits");
    assert_eq!(next, input);
    turn(&session, next).await;
    assert_eq!(images(&stage.last().request), [("image/png".to_owned(), input.images[0].data.len())]);
    assert_eq!(session.next_input().unwrap(), None, "once");
    drop(session);
    // And once it is part of the transcript it is sent again by whoever goes on, byte for byte.
    let session = stage.resume(&id);
    turn(&session, "And?").await;
    assert_append_only(&stage.requests());
    assert_eq!(stage.last().images, 1);
}

#[tokio::test]
async fn the_same_words_with_and_without_an_image_are_two_inputs() {
    let stage = Stage::set(SOLO, TALKER).await;
    stage.file("shot.png", png(0));
    let session = stage.open();
    session.input("What is it?", InputMode::Queue).unwrap();
    let input = with(&session, "What is it?", &["shot.png"]).await;
    turn(&session, input).await;
    assert_eq!(stage.last().images, 1);
    assert_eq!(session.next_input().unwrap(), Some(Input::from("What is it?")), "the other one still waits");
}

#[tokio::test]
async fn an_image_alone_is_a_prompt() {
    let stage = Stage::set(SOLO, TALKER).await;
    stage.file("shot.png", png(0));
    let session = stage.open();
    let input = with(&session, "", &["shot.png"]).await;
    assert_eq!(turn(&session, input).await, SessionStatus::Answered);
    assert_eq!(stage.last().images, 1);
}

#[tokio::test]
async fn a_closed_window_leaves_the_name_of_an_image_and_the_words_around_it() {
    let walker = "  - id: walker
    when: {has_tool: read}
    count: turn
    steps:
      - calls: [{tool: read, args: {files: [{path: long.txt}]}}]
    otherwise: {say: Seen.}
";
    let stage = Stage::set(SOLO, &format!("{SUMMARY}{walker}")).await;
    stage.file("shot.png", png(0));
    stage.file("long.txt", "a line of the long file, which says little\n".repeat(1_500));
    let session = stage.open();
    let input = with(&session, "Never rename the button in this picture.", &["shot.png"]).await;
    turn(&session, input).await;
    for _ in 0..3 {
        turn(&session, "Read it again.").await;
    }
    assert_eq!(stage.last().images, 1);
    let closed = session.compact(&AgentId::from("solo"), None, &never()).await.unwrap();
    assert!(closed.contains("window 2"), "{closed}");
    turn(&session, "Go on.").await;
    assert_eq!(stage.last().images, 0);
    let told = text(&stage.last());
    assert!(told.contains("Never rename the button in this picture.\n[image: shot.png]"), "{told}");
    assert_eq!(told.matches("Never rename the button").count(), 1, "once");
}

#[tokio::test]
async fn an_image_that_nobody_has_answered_yet_is_in_the_next_window_too() {
    let walker = "  - id: walker
    when: {has_tool: read}
    count: turn
    steps:
      - calls: [{tool: read, args: {files: [{path: long.txt}]}}]
    otherwise: {say: Seen.}
";
    let team = format!("compaction: {{at_tokens: 20000, keep_tail: 4000, summary_max: 1000}}\n{SOLO}");
    let stage = Stage::set(&team, &format!("{SUMMARY}{walker}")).await;
    stage.file("shot.png", png(0));
    stage.file("long.txt", "a line of the long file, which says little\n".repeat(1_500));
    let session = stage.open();
    while session.status().unwrap().first().is_none_or(|status| status.context < status.closes_at) {
        turn(&session, "Read it.").await;
    }
    let (windows, asked) = (session.status().unwrap()[0].number, stage.requests().len());
    let input = with(&session, "What is it?", &["shot.png"]).await;
    turn(&session, input).await;
    assert_eq!(session.status().unwrap()[0].number, windows + 1, "the window was closed before the first step");
    let of_turn: Vec<_> = stage.requests().drain(asked..).collect();
    let images: Vec<usize> = of_turn.iter().map(|record| record.images).collect();
    assert!(images.len() >= 2 && images[1..].iter().all(|images| *images == 1), "{images:?}");
}

#[tokio::test]
async fn the_lane_that_takes_over_is_shown_the_image_too() {
    let lane = |name: &str, model: &str| Lane {
        name: name.to_owned(),
        brain: protocol::Brain::new("anthropic", model),
        review: false,
    };
    let lanes = vec![lane("fast", "claude-haiku-5-5"), lane("strong", "claude-opus-5-5")];
    let mut stage = Stage::down(SOLO, "claude-haiku-*", TALKER).await;
    stage.lanes = Some(Lanes { lanes, ..Lanes::default() });
    stage.file("shot.png", png(0));
    let session = stage.open();
    let input = with(&session, "Which button is it, add a docstring?", &["shot.png"]).await;
    assert_eq!(turn(&session, input).await, SessionStatus::Answered);
    let last = stage.last();
    assert!(last.model.contains("opus"), "{}", last.label);
    assert_eq!(last.images, 1);
    assert_eq!(text(&last).matches("[image: shot.png]").count(), 1);
}
