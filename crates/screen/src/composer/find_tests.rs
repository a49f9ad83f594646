use std::sync::Arc;

use super::super::testing::commands;
use super::{Finder, MOST};

fn list(names: &[&str]) -> Arc<[String]> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn names(finder: &mut Finder, list: &Arc<[String]>, query: &str) -> Vec<String> {
    finder.files(list, query).best.into_iter().map(|at| list[at].clone()).collect()
}

#[test]
fn the_beginning_of_a_name_is_better_than_its_middle() {
    let list = list(&["src/", "src/domain.rs", "src/main.rs", "tests/"]);
    let mut finder = Finder::new();
    assert_eq!(names(&mut finder, &list, "main"), ["src/main.rs", "src/domain.rs"]);
    assert_eq!(names(&mut finder, &list, "smrs"), ["src/main.rs", "src/domain.rs"]);
    assert_eq!(names(&mut finder, &list, "Main"), Vec::<String>::new());
}

#[test]
fn without_a_query_what_is_nearest_to_the_root_stands_first() {
    let list = list(&["a/", "a/b/", "a/b/c", "a/d", "z"]);
    assert_eq!(names(&mut Finder::new(), &list, ""), ["a/", "z", "a/b/", "a/d", "a/b/c"]);
}

#[test]
fn a_longer_query_finds_the_same_as_if_it_came_alone() {
    let list: Arc<[String]> = (0..3_000).map(|n| format!("dir{}/file{n}.rs", n % 7)).collect();
    let mut finder = Finder::new();
    for query in ["f", "fi", "fi2", "fi29", "fi2", "r", "", "dir3/9"] {
        assert_eq!(finder.files(&list, query), Finder::new().files(&list, query), "{query}");
    }
    assert_eq!(finder.files(&list, "").best.len(), MOST);
    assert_eq!(finder.files(&list, "").total, 3_000);
}

#[test]
fn commands_that_begin_so_stand_first_and_else_in_their_order() {
    let commands: Vec<_> = commands()
        .into_iter()
        .map(|mut c| {
            c.insert = c.insert.trim_start_matches('/').to_owned();
            c
        })
        .collect();
    let mut finder = Finder::new();
    let mut found = |query: &str| {
        finder.commands(&commands, query).into_iter().map(|at| commands[at].insert.clone()).collect::<Vec<_>>()
    };
    assert_eq!(found(""), ["help", "model", "compact", "cost"]);
    assert_eq!(found("co"), ["compact", "cost"]);
    assert_eq!(found("ct"), ["cost", "compact"]);
    assert_eq!(found("zz"), Vec::<String>::new());
}
