use protocol::{Brain, ErrorKind, ProviderError};

use super::{Level, listed, unanswered};

#[test]
fn a_model_that_the_provider_does_not_list_is_warned_of_and_a_dated_name_counts() {
    let brain = |name: &str| Brain::new("anthropic".to_owned(), name.to_owned());
    let (opus, haiku) = (brain("claude-opus-5-5"), brain("claude-haiku-5-5"));
    let models = ["claude-opus-5-5-20261001".to_owned()];
    assert_eq!(listed("online".to_owned(), &models, &[&opus]).level, Level::Ok);
    let check = listed("online".to_owned(), &models, &[&opus, &haiku, &haiku]);
    assert_eq!(check.level, Level::Warn);
    assert!(check.found.ends_with("but claude-haiku-5-5 is not listed"), "{}", check.found);
}

#[test]
fn a_refused_key_stops_only_a_team_that_uses_the_provider_and_a_missing_list_stops_nobody() {
    let error = |kind| ProviderError::new(kind, "no");
    let level = |kind, used| unanswered("online".to_owned(), &error(kind), used).level;
    assert_eq!(level(ErrorKind::Auth, true), Level::Fail);
    assert_eq!(level(ErrorKind::Auth, false), Level::Warn);
    assert_eq!(level(ErrorKind::NotFound, true), Level::Warn);
}
