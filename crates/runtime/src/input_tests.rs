//! Tests of what is kept of an input.

use super::*;

fn shot() -> Input {
    let image =
        |name: &str| Image { name: name.to_owned(), media_type: "image/png".to_owned(), data: "aGk=".to_owned() };
    Input { text: "what is this?".to_owned(), images: vec![image("a.png"), image("docs/b [2].png")] }
}

#[test]
fn what_is_stored_comes_back_as_it_was_given() {
    let input = shot();
    assert_eq!(Input::stored(&input.text, &input.blocks_json()), input);
    assert_eq!(Input::from("only words").blocks_json(), "[]");
    assert_eq!(Input::stored("only words", "[]"), Input::from("only words"));
}

#[test]
fn an_image_leaves_its_name_where_it_cannot_go() {
    let item = shot().item();
    assert!(has_images(&item));
    let words = without_images(&item);
    assert!(!has_images(&words));
    assert_eq!(words.plain_text(), "what is this?\n[image: a.png]\n[image: docs/b [2].png]");
    assert_eq!(words.plain_text(), item.plain_text());
}

#[test]
fn words_alone_are_the_item_that_they_always_were() {
    assert_eq!(Input::from("hello").item(), Item::user("hello"));
}
