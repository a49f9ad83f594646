use proptest::prelude::*;

use super::Input;

fn taken(arguments: &str, size: usize) -> String {
    let mut input = Input::default();
    let chars: Vec<char> = arguments.chars().collect();
    chars.chunks(size).map(|piece| input.push(&piece.iter().collect::<String>())).collect()
}

#[test]
fn text_is_told_as_soon_as_it_is_sure() {
    let mut input = Input::default();
    let pieces = ["{ \"inp", "ut\" : \"a\\", "nb\\u00", "e9\\ud83d", "\\ude00c", "d\", \"x\": \"y\"}"];
    let told: Vec<String> = pieces.iter().map(|piece| input.push(piece)).collect();
    assert_eq!(told, ["", "a", "\nb", "é", "😀c", "d"]);
}

#[test]
fn arguments_of_another_form_tell_nothing() {
    for arguments in [
        "ls -l",
        r#"{"code":"x"}"#,
        r#"{"input":["a"]}"#,
        "[]",
        "{}",
        "",
        r#"{"input":"\q"}"#,
        r#"{"input":"\ud83dx"}"#,
    ] {
        for size in [1, 3, 99] {
            assert_eq!(taken(arguments, size), "", "{arguments}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_tells_the_same_text(text in "[a-z\"\\\\\n{}é😀\u{7}]{0,20}", size in 1..9usize, ascii in any::<bool>()) {
        let mut arguments = serde_json::json!({ "input": text }).to_string();
        if ascii {
            arguments = arguments.replace('😀', r"\ud83d\ude00").replace('é', r"\u00E9");
        }
        prop_assert_eq!(taken(&arguments, size), text);
    }
}
