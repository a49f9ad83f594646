use super::*;

const TEXT: &str = "\
version: 1
agents:
  - id: main
    modules: [plan, {filesystem: [read, grep]}]
  - id: side
    brain: {provider: x, 'odd key': 2}
";

fn path(steps: &[&str]) -> Path {
    Path(steps.iter().map(|step| step.parse().map_or_else(|_| Step::Key((*step).to_owned()), Step::Index)).collect())
}

fn at(line: usize, column: usize) -> Option<Place> {
    Some(Place { line, column })
}

#[test]
fn every_value_and_key_has_a_place() {
    assert_eq!(place_of(TEXT, &path(&["version"])), at(1, 10));
    assert_eq!(place_of(TEXT, &path(&["agents", "0", "id"])), at(3, 9));
    assert_eq!(place_of(TEXT, &path(&["agents", "0", "modules", "1", "filesystem", "1"])), at(4, 41));
    assert_eq!(place_of(TEXT, &path(&["agents", "1", "brain"])), at(6, 12));
    assert_eq!(place_of_key(TEXT, &path(&["agents", "1", "brain", "odd key"])), at(6, 26));
    assert_eq!(place_of_key(TEXT, &path(&["agents", "1"])), at(5, 5));
}

#[test]
fn what_is_not_there_has_no_place() {
    for steps in [&["nothing"][..], &["agents", "7"], &["version", "deeper"], &["agents", "id"]] {
        assert_eq!(place_of(TEXT, &path(steps)), None, "{steps:?}");
    }
}

#[test]
fn a_key_that_stands_twice_is_found_where_it_stands_again() {
    let bad = check_keys("a: 1\nb:\n  c: 1\n  c: 2\n", &|_, _| None).unwrap_err();
    assert_eq!((bad.place.line, bad.place.column, bad.path.to_string().as_str()), (4, 3, "b"));
    assert!(bad.problem.contains("`c`"), "{}", bad.problem);
}

#[test]
fn a_key_that_is_objected_to_is_found_with_its_path() {
    let bad = check_keys(TEXT, &|_, key| (key == "provider").then(|| "no".to_owned())).unwrap_err();
    assert_eq!((bad.place.line, bad.path.to_string().as_str(), bad.problem.as_str()), (6, "agents[1].brain", "no"));
    assert_eq!(check_keys(TEXT, &|_, _| None), Ok(()));
}
