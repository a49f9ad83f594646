use super::*;

fn thinking() -> Item {
    let blocks = vec![Block::Thinking { text: "Hm.".to_owned(), signature: None }];
    Item::Assistant { blocks, stop: protocol::StopReason::EndTurn }
}

#[test]
fn halves_are_the_halves_of_the_items_where_both_say_something() {
    let items = [Item::user("one"), Item::user("two"), Item::user("three"), Item::user("four")];
    assert_eq!(
        halves(&items, 1_000),
        ("[user]\none\n[user]\ntwo".to_owned(), "[user]\nthree\n[user]\nfour".to_owned())
    );
}

#[test]
fn a_single_item_is_cut_in_its_middle_and_no_part_is_empty() {
    let long = "a line of words\n".repeat(40);
    for items in
        [vec![Item::user(long.clone())], vec![thinking(), Item::user(long.clone())], vec![Item::user(long), thinking()]]
    {
        let (first, second) = halves(&items, 1_000);
        assert!(first.starts_with("[user]\na line") && first.ends_with("words"), "{first}");
        assert!(second.starts_with("a line of words\n") && second.ends_with("words"), "{second}");
        assert_eq!(first.matches("a line").count() + second.matches("a line").count(), 40, "nothing is lost");
        assert!(first.len().abs_diff(second.len()) < 40, "{} and {}", first.len(), second.len());
    }
}

#[test]
fn text_without_blanks_is_cut_between_characters() {
    let (first, second) = halves(&[Item::user("\u{e4}".repeat(99))], 1_000);
    assert_eq!(first.matches('\u{e4}').count() + second.matches('\u{e4}').count(), 99);
    assert!(!first.is_empty() && !second.is_empty());
}
