use super::{LONGEST, MOST, Painter, SYNTAXES, WARM_ANY, is_ready, language_of, load, syntax, usable, warm};
use crate::text::theme::{Code, Colors, Theme};

fn painter(language: &str) -> Painter {
    load();
    Painter::new(language, &Theme::new(Colors::Ansi))
}

fn kinds(language: &str, line: &str) -> Vec<(Code, String)> {
    let merged = painter(language).line(line).into_iter().map(|(kind, text)| (kind, text.to_owned()));
    merged.filter(|(kind, _)| *kind != Code::Plain).collect()
}

#[test]
fn words_of_a_language_are_told_apart() {
    let found = kinds("rust", "let a = add(\"b\", 1); // c");
    assert!(found.contains(&(Code::Keyword, "let".to_owned())), "{found:?}");
    assert!(found.contains(&(Code::Function, "add".to_owned())), "{found:?}");
    assert!(found.contains(&(Code::Constant, "1".to_owned())), "{found:?}");
    assert!(found.iter().any(|(kind, text)| *kind == Code::Text && text.contains('b')), "{found:?}");
    assert!(found.iter().any(|(kind, text)| *kind == Code::Comment && text.contains('c')), "{found:?}");
}

fn is_known(language: &str) -> bool {
    load();
    syntax(SYNTAXES.get().unwrap(), language).is_some()
}

#[test]
fn a_language_that_is_seldom_seen_is_there_when_it_has_been_made_ready() {
    load();
    // No other test asks for this one.
    let set = SYNTAXES.get().unwrap();
    let fortran = syntax(set, "f90").unwrap();
    assert!(!is_ready(&fortran.name));
    assert!(usable("f90").is_none(), "it would have to be waited for");
    warm(set, fortran, WARM_ANY);
    assert!(is_ready(&fortran.name) && usable("f90").is_some());
}

#[test]
fn the_names_that_models_use_are_known() {
    for language in [
        "rust",
        "rs",
        "python",
        "py",
        "python3",
        "ts",
        "tsx",
        "javascript",
        "jsx",
        "sh",
        "bash",
        "shell",
        "console",
        "zsh",
    ] {
        assert!(is_known(language), "{language}");
    }
    for language in [
        "json", "jsonc", "toml", "yaml", "yml", "go", "golang", "c", "cpp", "c++", "java", "html", "css", "sql", "diff",
    ] {
        assert!(is_known(language), "{language}");
    }
    for language in ["", "text", "no-such-language"] {
        assert!(!is_known(language), "{language}");
    }
}

#[test]
fn a_files_language_is_its_extension_or_its_name() {
    load();
    for path in ["src/lib.rs", "Makefile", "a.b/c.py", "Dockerfile"] {
        assert!(is_known(language_of(path)), "{path}");
    }
    assert!(Painter::for_path("src/lib.rs", &Theme::new(Colors::Rgb)).at.is_some());
}

#[test]
fn a_comment_goes_on_over_lines() {
    let mut painter = painter("rust");
    painter.line("/* a");
    assert_eq!(painter.line("b"), [(Code::Comment, "b")]);
}

#[test]
fn nothing_is_told_apart_without_colours() {
    load();
    let mut painter = Painter::new("rust", &Theme::new(Colors::None));
    assert_eq!(painter.line("let a = 1;"), [(Code::Plain, "let a = 1;")]);
}

#[test]
fn a_block_that_began_without_the_syntaxes_ends_without_them() {
    let mut painter = Painter { at: None, left: MOST };
    load();
    assert_eq!(painter.line("let a = 1;"), [(Code::Plain, "let a = 1;")]);
}

#[test]
fn all_of_a_line_is_in_its_parts() {
    let mut painter = painter("rust");
    for line in ["fn a<'b>(c: &'b str) -> [u8; 3] {", "", "    \"ä漢\".len() // 👩", "r#\"raw", "still\"#;"] {
        let parts = painter.line(line);
        assert_eq!(parts.iter().map(|(_, text)| *text).collect::<String>(), line);
    }
}

#[test]
fn long_lines_and_long_blocks_cost_no_more_than_their_length() {
    let mut painter = painter("rust");
    let long = "1 + ".repeat(LONGEST);
    assert_eq!(painter.line(&long).len(), 1);
    painter.left = 5;
    assert_eq!(painter.line("let a = 1;"), [(Code::Plain, "let a = 1;")]);
    assert_eq!(painter.line("let"), [(Code::Plain, "let")]);
}
