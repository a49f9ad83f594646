use super::*;

#[test]
fn a_terminal_that_says_nonsense_is_given_up_like_one_that_says_nothing() {
    let inline = Inline::new();
    let mut finding = Finding::new(Some(0));
    let mut out = Vec::new();
    assert_eq!(finding.step(&inline, 0, &mut out), Step::Wait);
    finding.answered(9_999, 10);
    assert_eq!(finding.step(&inline, 10, &mut out), Step::Wait);
    assert_eq!(finding.step(&inline, 150, &mut out), Step::There);
    assert_eq!(finding.wait_ms(150), None);
}

#[test]
fn an_answer_to_what_was_asked_at_the_start_shows_that_there_are_answers() {
    let mut finding = Finding::new(None);
    assert!(!finding.is_answered());
    finding.answered(80, 700);
    assert!(finding.is_answered());
    let mut out = Vec::new();
    assert_eq!(finding.step(&Inline::new(), 1000, &mut out), Step::Wait);
    assert_eq!(finding.wait_ms(1000), Some(2000));
}
