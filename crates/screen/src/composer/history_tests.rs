use super::{History, MOST, Walk};

fn of(lines: &[&str]) -> History {
    History::load(lines.iter().map(|line| (*line).to_owned()).collect())
}

#[test]
fn no_two_neighbours_are_equal_and_none_is_empty() {
    let mut history = of(&["a", "a", " ", "b", "a"]);
    assert_eq!(history.entries(), ["a", "b", "a"]);
    history.add("a".to_owned(), "a".to_owned());
    assert_eq!(history.len(), 3);
}

#[test]
fn the_oldest_go() {
    let mut history = History::load((0..1_500).map(|n| n.to_string()).collect());
    assert_eq!((history.len(), history.entries()[0].as_str()), (MOST, "500"));
    history.add("new".to_owned(), "new".to_owned());
    assert_eq!((history.len(), history.entries()[0].as_str()), (MOST, "501"));
}

#[test]
fn a_search_finds_the_newest_first_and_each_text_once() {
    let history = of(&["fix Main", "test", "fix main", "test"]);
    assert_eq!(history.search("main"), [2, 0]);
    assert_eq!(history.search("Main"), [0], "capital letters count where there are some");
    assert_eq!(history.search(""), [3, 2, 0]);
    assert_eq!(history.search("none"), [0_usize; 0]);
}

#[test]
fn a_walk_stops_at_both_ends_and_keeps_what_was_typed_on_its_way() {
    let history = of(&["one", "two"]);
    let mut walk = Walk::new(&history);
    assert_eq!(walk.step(false, &history, "draft".to_owned()), None);
    assert_eq!(walk.step(true, &history, "draft".to_owned()), Some(1));
    assert_eq!(walk.step(true, &history, "two, changed".to_owned()), Some(0));
    assert_eq!(walk.step(true, &history, "one".to_owned()), None);
    assert_eq!(walk.step(false, &history, "one".to_owned()), Some(1));
    assert_eq!((walk.kept(1), walk.kept(2)), (Some("two, changed"), Some("draft")));
}
