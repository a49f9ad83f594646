use super::Shelf;
use crate::app::entry::{Body, Folded, Tone, Written};

fn note(text: &str) -> Body {
    Body::Note { tone: Tone::Plain, text: text.to_owned() }
}

fn output(text: &str) -> Body {
    Body::Folded(Folded {
        title: "output".to_owned(),
        heading: None,
        tone: Tone::Dim,
        written: Written::Plain,
        text: text.to_owned(),
        shown: 4,
        asked_for: false,
        first_told: false,
    })
}

#[test]
fn what_can_be_opened_is_numbered_and_found_by_its_number_and_its_neighbours() {
    let mut shelf = Shelf::new(1 << 20);
    for body in [note("a"), output("one"), note("b"), output("two"), note("c")] {
        shelf.put(body);
    }
    assert_eq!(shelf.numbered(2), Some(3));
    assert_eq!(shelf.newest(), Some(3));
    assert_eq!(shelf.neighbour(3, false), Some(1));
    assert_eq!(shelf.neighbour(1, true), Some(3));
    assert_eq!(shelf.neighbour(1, false), None);
    assert_eq!(shelf.neighbour(3, true), None);
}

#[test]
fn the_oldest_go_when_there_is_too_much_and_the_others_keep_their_places() {
    let mut shelf = Shelf::new(10_000);
    for number in 0..100 {
        shelf.put(output(&format!("{number} {}", "x".repeat(1_000))));
    }
    assert!(shelf.dropped() > 80, "{}", shelf.dropped());
    assert_eq!(shelf.places().end, 100);
    assert!(shelf.get(0).is_none());
    assert_eq!(shelf.numbered(100), Some(99));
    assert_eq!(shelf.numbered(1), None);
}

#[test]
fn one_thing_larger_than_the_shelf_is_still_kept_until_the_next() {
    let mut shelf = Shelf::new(100);
    shelf.put(output(&"x".repeat(1_000)));
    assert_eq!(shelf.newest(), Some(0));
    shelf.put(output("small"));
    assert_eq!(shelf.places(), 1..2);
}
