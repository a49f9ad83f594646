use super::super::testing::{Known, box_with, empty_box, submitted};
use super::super::{Composer, History, Typed};

#[test]
fn a_name_is_completed_by_tab_or_enter() {
    let mut composer = empty_box();
    composer.types("fix @main");
    assert_eq!(composer.offered(), [">src/main.rs", "src/domain.rs"]);
    assert_eq!(composer.types("<Tab>"), Some(Typed::Nothing));
    assert_eq!(composer.seen(), "fix @src/main.rs |");
    assert!(!composer.is_open());
    composer.types("and @main<Down><Enter>");
    assert_eq!(composer.seen(), "fix @src/main.rs and @src/domain.rs |");
    assert_eq!(composer.types("<Enter>"), submitted("fix @src/main.rs and @src/domain.rs"));
}

#[test]
fn a_folder_goes_on_into_its_files() {
    let mut composer = empty_box();
    composer.types("@src<Tab>");
    assert_eq!(composer.seen(), "@src/|");
    assert!(composer.offered().contains(&"src/main.rs".to_owned()));
    composer.types("ma<Tab>");
    assert_eq!(composer.seen(), "@src/main.rs |");
}

#[test]
fn a_name_with_blanks_is_quoted() {
    let mut composer = empty_box();
    composer.types("see @cdpng<Tab>please");
    assert_eq!(composer.seen(), "see @\"a b/c d.png\" please|");
    let mut composer = empty_box();
    composer.types("@a b<Back><Back><Tab>");
    assert_eq!(composer.seen(), "@\"a b/|");
    composer.types("c<Tab>");
    assert_eq!(composer.seen(), "@\"a b/c d.png\" |");
}

#[test]
fn only_a_word_s_beginning_is_completed() {
    let mut composer = empty_box();
    composer.types("me@src");
    assert!(!composer.is_open());
    composer.types(" @");
    assert_eq!(composer.offered()[0], ">a b/", "what is nearest to the root stands first");
    composer.types("zzzz");
    assert!(!composer.is_open(), "a word that is no file stays a word");
    assert_eq!(composer.types("<Enter>"), submitted("me@src @zzzz"));
}

#[test]
fn a_name_in_the_middle_of_a_line_is_replaced_whole() {
    let mut composer = empty_box();
    composer.types("@dom and more<Home><Right><Right><Del><Tab>");
    assert_eq!(composer.seen(), "@src/domain.rs |and more");
}

#[test]
fn esc_closes_the_completion_for_this_word_only() {
    let mut composer = empty_box();
    assert_eq!(composer.types("@ma<Esc>"), Some(Typed::Nothing));
    composer.types("i");
    assert!(!composer.is_open());
    assert_eq!(composer.types("<Esc>"), None, "the second one is the screen's");
    composer.types(" @ma");
    assert!(composer.is_open());
    composer.types("<Esc><Tab>");
    assert!(composer.is_open(), "Tab opens it again");
}

#[test]
fn a_whole_name_is_sent_by_enter_at_once() {
    let mut composer = empty_box();
    assert_eq!(composer.types("@notes.md<Enter>"), submitted("@notes.md"));
}

#[test]
fn tab_completes_even_while_a_turn_runs() {
    let mut composer = empty_box();
    composer.set_working(true);
    composer.types("@notes<Tab>");
    assert_eq!(composer.seen(), "@notes.md |");
}

#[test]
fn the_selection_goes_round_and_moving_away_closes() {
    let mut composer = empty_box();
    composer.types("@main<Up>");
    assert_eq!(composer.offered(), ["src/main.rs", ">src/domain.rs"]);
    composer.types("<Down><C-n><C-p>");
    assert_eq!(composer.offered(), [">src/main.rs", "src/domain.rs"]);
    composer.types("<Home>");
    assert!(!composer.is_open());
    composer.types("<End>");
    assert!(!composer.is_open(), "moving opens nothing");
}

#[test]
fn files_are_looked_up_again_when_the_completion_opens_and_shown_when_they_are_there() {
    let known = Known::new(&[]);
    let mut composer = Composer::new(known.clone(), History::default());
    assert_eq!(*known.looks.lock().unwrap(), [0]);
    composer.tick(7_000);
    *known.is_walking.lock().unwrap() = true;
    composer.types("@no");
    assert_eq!(known.looks.lock().unwrap()[1], 7_000);
    assert!(composer.waiting() && !composer.is_open());
    assert!(!composer.tick(7_050));
    known.set(&["nearby.rs", "notes.md", "zz"]);
    *known.is_walking.lock().unwrap() = false;
    assert!(composer.tick(7_100));
    assert_eq!(composer.offered(), [">notes.md"]);
    assert!(!composer.waiting());
    composer.types("<Back><Down>");
    let chosen = composer.offered()[1].clone();
    known.set(&["n", "nearby.rs", "notes.md", "zz"]);
    assert!(composer.tick(7_150));
    assert!(composer.offered().contains(&chosen), "a fresher list keeps the choice: {:?}", composer.offered());
}

#[test]
fn a_command_is_offered_in_the_first_column_of_the_first_line() {
    let mut composer = empty_box();
    composer.types("/");
    assert_eq!(composer.offered(), [">help", "model", "compact", "cost"]);
    composer.types("co");
    assert_eq!(composer.offered(), [">compact", "cost"]);
    composer.types("<Tab>");
    assert_eq!(composer.seen(), "/compact |");
    let mut composer = empty_box();
    composer.types(" /co");
    assert!(!composer.is_open());
    composer.types("<C-j>/co");
    assert!(!composer.is_open());
    let mut composer = empty_box();
    composer.types("/usr/");
    assert!(!composer.is_open());
}

#[test]
fn enter_runs_a_command_that_takes_nothing_and_waits_for_what_others_take() {
    let mut composer = empty_box();
    let command =
        |name: &str, arguments: &str| Some(Typed::Command { name: name.to_owned(), arguments: arguments.to_owned() });
    assert_eq!(composer.types("/cos<Enter>"), command("cost", ""));
    assert_eq!(composer.types("/mo<Enter>"), Some(Typed::Nothing));
    assert_eq!(composer.seen(), "/model |");
    assert_eq!(composer.hint(), Some("[AGENT] MODEL"));
    composer.types("x");
    assert_eq!(composer.hint(), None);
    assert_eq!(composer.types("<Enter>"), command("model", "x"));
    assert_eq!(composer.types("/model<Enter>"), command("model", ""));
}

#[test]
fn the_shell_completes_nothing() {
    let mut composer = empty_box();
    composer.types("!/co @ma");
    assert!(!composer.is_open());
}

#[test]
fn fifty_thousand_files_are_offered_as_two_hundred_of_them() {
    let names: Vec<String> = (0..50_000).map(|n| format!("d{}/f{n}", n % 100)).collect();
    let mut composer = box_with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    composer.types("@f4999");
    assert_eq!(composer.offered().len(), 8);
    let popup = composer.popup.as_ref().unwrap();
    assert!(popup.items.len() <= 200 && popup.total >= popup.items.len());
    assert!(composer.offered()[0].contains("f4999"));
}
