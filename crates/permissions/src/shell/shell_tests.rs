use super::*;

fn argv(line: &str) -> Vec<Vec<Option<String>>> {
    let reading = read(line);
    assert!(reading.doubts.is_empty(), "{line:?}: {:?}", reading.doubts);
    reading.simples.iter().map(|simple| simple.words.iter().map(|word| word.value.clone()).collect()).collect()
}

fn words(line: &str) -> Vec<String> {
    argv(line).concat().into_iter().map(|word| word.expect("a word that is known")).collect()
}

#[test]
fn quotes_and_escapes_are_resolved_as_a_shell_does() {
    assert_eq!(
        words(r#"\rm "r"m 'a b' "x\"y" a\ b "\n" a'b'"c"d ''"#),
        ["rm", "rm", "a b", "x\"y", "a b", "\\n", "abcd", ""]
    );
    assert_eq!(words("echo a \\\n b \"c\\\nd\" \\\n e"), ["echo", "a", "b", "cd", "e"]);
    assert_eq!(words("echo a#b x=1 HEAD@{1} {} \\; !x"), ["echo", "a#b", "x=1", "HEAD@{1}", "{}", ";", "!x"]);
}

#[test]
fn what_only_running_tells_is_not_a_word() {
    for word in [
        "$x", "\"$x\"", "${x:-y}", "$(a)", "`a`", "$'a'", "$\"a\"", "{a,b}", "{1..3}", "$((1+1))", "~root", "=ls",
        "a$b",
    ] {
        let reading = read(&format!("ls {word}"));
        let known = reading.simples[0].words[1].value.is_some();
        assert!(!known || !reading.doubts.is_empty(), "{word}");
    }
}

#[test]
fn every_command_of_a_line_is_found_also_inside_of_what_is_not_understood() {
    for line in [
        "a; rm x",
        "a && rm x",
        "a || rm x",
        "a | rm x",
        "a |& rm x",
        "a & rm x",
        "a\nrm x",
        "(a; rm x)",
        "{ a; rm x; }",
        "! rm x",
        "echo $(rm x)",
        "echo `rm x`",
        "echo \"$(rm x)\"",
        "cat <(rm x)",
        "a > >(rm x)",
        "if a; then rm x; fi",
        "x=$(rm x) a",
        "while a; do rm x; done",
        "for i in 1; do rm x; done",
        "case x in x) rm x;; esac",
        "f() { rm x; }",
        "cat <<E\n$(rm x)\nE",
        "echo ${x:-$(rm x)}",
        "[[ $(rm x) ]]",
        "echo $(echo $(rm x))",
        "export A=$(rm x)",
        "cat <<< $(rm x)",
        "(( a[$(rm x)] ))",
        "[ -f $(rm x) ]",
        "x=$(rm x)",
    ] {
        let reading = read(line);
        let found = reading.simples.iter().any(|simple| simple.words.first().is_some_and(|word| word.raw == "rm"));
        assert!(found, "{line}: {:?}", reading.simples);
    }
}

#[test]
fn what_is_not_on_the_list_of_constructs_is_not_understood() {
    for line in [
        "a &",
        "a & b",
        "for i in 1; do a; done",
        "while a; do b; done",
        "until a; do b; done",
        "case x in x) a;; esac",
        "f() { a; }",
        "function f { a; }",
        "[[ -f a ]]",
        "((x=1))",
        "cat <<E\na\nE",
        "cat <<'E'\na\nE",
        "a 'unclosed",
        "a \"unclosed",
        "a $(",
        "a )",
        "a && ",
        "&& a",
        "a > f b",
        "a {x}> f",
        "export A=b",
        "declare -x A",
        "unset A",
        "select x in a; do b; done",
        "a | ",
        "a;; b",
        "ls !(a)",
        "ls @(a|b)",
    ] {
        assert!(!read(line).doubts.is_empty(), "{line} is understood: {:?}", read(line).simples);
    }
}

#[test]
fn redirections_are_told_by_what_they_do() {
    let directions = |line: &str| {
        let reading = read(line);
        assert!(reading.doubts.is_empty(), "{line}: {:?}", reading.doubts);
        reading
            .simples
            .iter()
            .flat_map(|simple| simple.redirects.clone())
            .map(|redirect| redirect.direction)
            .collect::<Vec<_>>()
    };
    assert_eq!(directions("a 2>&1 >&2 2>&-"), [Direction::None; 3]);
    assert_eq!(directions("a >f >>f >|f &>f &>>f 2>f >&f"), [Direction::Out; 7]);
    assert_eq!(directions("a <f"), [Direction::In]);
    assert_eq!(directions("(a; b) > f"), [Direction::Out]);
    assert_eq!(directions("> f"), [Direction::Out]);
    assert_eq!(directions("a && b > f"), [Direction::Out]);
    assert_eq!(directions("a <<< 'x'"), [Direction::None]);
}

#[test]
fn wildcards_at_the_beginning_are_told_from_others() {
    let glob = |word: &str| read(&format!("ls {word}")).simples[0].words[1].glob;
    for word in ["*", "*.rs", "?x", "[a]*", "-*", "--x*", "\"$x\"*"] {
        assert_eq!(glob(word), Glob::Leading, "{word}");
    }
    for word in ["src/*.rs", "./*", "a?", "--x=*"] {
        assert_eq!(glob(word), Glob::Inside, "{word}");
    }
    for word in ["'*'", "\\*", "\"*\"", "a", "["] {
        assert_eq!(glob(word), Glob::None, "{word}");
    }
}
