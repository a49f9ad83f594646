use serde_json::json;

use super::*;

fn message<T>(result: Result<T, ToolError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn an_unknown_field_is_named_with_the_allowed_ones() {
    let arguments = json!({"path": "a", "lines": 3});
    assert_eq!(
        message(Fields::of("list", &arguments, &["path", "depth"])),
        "list: unknown field `lines`; allowed: `path`, `depth`"
    );
}

#[test]
fn arguments_that_are_not_an_object_are_refused() {
    let arguments = json!(["a"]);
    assert_eq!(
        message(Fields::of("list", &arguments, &["path"])),
        "list: the arguments must be an object with `path`; found [\"a\"]"
    );
}

#[test]
fn a_wrong_field_deep_inside_is_named_with_its_place() {
    let arguments = json!({"files": [{"path": "a"}, {"path": "b", "limit": "many"}]});
    let fields = Fields::of("read", &arguments, &["files"]).unwrap();
    let files = fields.objects("files", &["path", "limit"]).unwrap();
    assert_eq!(
        message(files[1].number("limit", 1..=2000)),
        "read: `files[1].limit` must be a whole number from 1 to 2000; found \"many\""
    );
}

#[test]
fn null_counts_as_left_out() {
    let arguments = json!({"path": null, "depth": null, "all": null, "names": null});
    let fields = Fields::of("list", &arguments, &["path", "depth", "all", "names"]).unwrap();
    assert_eq!(fields.optional_text("path").unwrap(), None);
    assert_eq!(fields.number("depth", 1..=5).unwrap(), None);
    assert!(!fields.flag("all").unwrap());
    assert!(fields.texts("names").unwrap().is_empty());
}

#[test]
fn a_missing_string_says_that_nothing_was_found() {
    let arguments = json!({});
    let fields = Fields::of("glob", &arguments, &["pattern"]).unwrap();
    assert_eq!(message(fields.text("pattern")), "glob: `pattern` must be a string; found nothing");
}

#[test]
fn a_choice_lists_what_is_allowed() {
    let arguments = json!({"mode": "tree"});
    let fields = Fields::of("grep", &arguments, &["mode"]).unwrap();
    assert_eq!(
        message(fields.choice("mode", &[("lines", 1), ("count", 2)])),
        "grep: `mode` must be one of `lines`, `count`; found \"tree\""
    );
}

#[test]
fn a_whole_number_written_as_a_float_is_taken() {
    let arguments = json!({"depth": 2.0});
    let fields = Fields::of("list", &arguments, &["depth"]).unwrap();
    assert_eq!(fields.number("depth", 1..=5).unwrap(), Some(2));
}

#[test]
fn a_long_value_is_cut_between_characters() {
    assert_eq!(cut("äöü", 3), "ä…");
    assert_eq!(cut("abc", 3), "abc");
}
