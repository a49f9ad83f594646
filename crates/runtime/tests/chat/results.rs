//! What a tool answered is shown whole, behind its event and after it was stored.

use crate::stage::{SOLO, Stage, text, turn};

const READER: &str = "  - id: reader
    when: {any: true}
    steps:
      - calls: [{tool: read, args: {files: [{path: README.md}]}}, {tool: read, args: {files: [{path: gone.md}]}}]
    otherwise: {say: Read.}
";

#[tokio::test]
async fn a_whole_answer_is_shown_as_the_model_is_told_it_behind_its_event_and_after_it_was_stored() {
    let stage = Stage::set(SOLO, READER).await;
    let session = stage.open();
    turn(&session, "Read it.").await;
    let saw = stage.person.saw();
    let results: Vec<&String> = saw.iter().filter(|line| line.starts_with("result solo")).collect();
    assert_eq!(results.len(), 2, "{saw:?}");
    assert!(stage.person.early.lock().unwrap().is_empty(), "stored first");
    for result in results {
        let mut words = result.splitn(4, ' ').skip(2);
        let (call, told) = (words.next().unwrap(), words.next().unwrap());
        let completed = saw.iter().position(|line| line.starts_with(&format!("completed read {call}"))).unwrap();
        assert!(completed < saw.iter().position(|line| line == result).unwrap());
        assert!(text(&stage.last()).contains(told), "{told}");
    }
}
