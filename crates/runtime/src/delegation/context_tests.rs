use super::*;

#[test]
fn paths_are_found_in_prose_and_line_numbers_left_out() {
    let found = paths_in("See src/cart.rs:12 and `tests/` or README.md; e.g. price. Version 1.2 and a/b-c_d.py.");
    assert_eq!(found, ["src/cart.rs", "README.md", "a/b-c_d.py"]);
}

#[test]
fn a_place_is_met_by_the_file_itself_and_by_a_file_in_a_named_folder() {
    assert!(same_place("src/cart.rs", "src/cart.rs"));
    assert!(same_place("src/cart.rs", "src"));
    assert!(same_place("src/cart.rs", "cart.rs"));
    assert!(!same_place("src/cart.rs", "src/car"));
    assert!(!same_place("src/cart.rs", "lib/cart.rs"));
}

#[test]
fn a_brief_names_places_in_scope_facts_and_objective() {
    let brief = Brief {
        objective: "Convert src/a.rs".into(),
        scope: Some("only src/".into()),
        facts: vec!["the price is in src/b.rs:3".into()],
        ..Brief::default()
    };
    assert_eq!(places(&brief), ["src/a.rs", "src/b.rs"]);
}
