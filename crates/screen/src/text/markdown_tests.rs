use proptest::prelude::*;

use super::markdown;
use crate::text::code;
use crate::text::looks::{check, hostile, looks, words};
use crate::text::theme::{Colors, Theme};

/// Everything that models write.
const DOCUMENT: &str = r#"# Cache breaks in `window.rs`

The prefix **must stay** the same *byte for byte*, ~~mostly~~ always.
A line break stays one; see [the design](docs/design.md) and <https://example.org/cache>.

## What I found

1. `Window::open` sorts its tools twice, which costs a copy for each of the requests of a session.
2. A second thing:

   ```rust
   // Sorted once.
   let tools: Vec<Tool> = tools.sorted();
   ```

   - nested, with **bold** words that go on and on until they have to be broken somewhere
     1. deeper
3. 漢字かな交じり文は幅が二倍なので、ここで折り返されるはずです。

- [x] read the code
- [ ] fix it

> Quoted, and long enough that it does not fit on a line of forty columns.
>
> > And quoted again.

> [!WARNING]
> Prices change.

| Agent | Model | Steps | Dollars |
|:------|:-----:|------:|--------:|
| main | opus | 12 | 1.20 |
| sidekick | haiku, with a ladder of two more | 140 | 0.31 |

---

```sh
cargo test -p cache --all-features -- --nocapture 2>&1 | grep -v 'a rather long pattern'
```

<details>shown</details>

Term[^1] and [ref][docs].

[docs]: https://example.org
![a picture](shot.png)
"#;

fn plain(source: &str, width: u16) -> Vec<String> {
    words(&markdown(source, &Theme::new(Colors::None), width))
}

#[test]
fn a_rich_document_at_80_columns() {
    code::load();
    insta::assert_snapshot!(looks(&markdown(DOCUMENT, &Theme::new(Colors::Ansi), 80)));
}

#[test]
fn a_rich_document_at_40_columns() {
    insta::assert_snapshot!(looks(&markdown(DOCUMENT, &Theme::new(Colors::None), 40)));
}

#[test]
fn a_rich_document_at_20_columns() {
    insta::assert_snapshot!(looks(&markdown(DOCUMENT, &Theme::new(Colors::None), 20)));
}

#[test]
fn a_link_shows_where_it_leads_unless_its_words_do() {
    assert_eq!(
        plain("[here](http://evil) <http://a.b> <me@a.b> [](x)", 80),
        ["here (http://evil) http://a.b me@a.b (x)"]
    );
}

#[test]
fn definitions_are_shown_even_where_there_are_two_of_one_name() {
    assert_eq!(plain("[a]: b\n[a]: c\n\n[d][a]", 40), ["[a]: b", "[a]: c", "", "[d][a]"]);
}

#[test]
fn entities_cannot_spell_what_steers_a_terminal() {
    assert_eq!(plain("a&#27;[2Jb&#x202e;c `&#27;`", 40), ["ab\u{fffd}c `&#27;`"]);
}

#[test]
fn html_is_text() {
    assert_eq!(
        plain("<div class=\"a\">\nb\n</div>\n\nc <b>d</b>", 40),
        ["<div class=\"a\">", "b", "</div>", "", "c <b>d</b>"]
    );
}

#[test]
fn an_item_without_words_is_still_an_item() {
    assert_eq!(plain("- a\n-\n- c", 40), ["• a", "•", "• c"]);
}

#[test]
fn deep_lists_keep_their_marks_and_room_for_words() {
    let deep: String = (0..30).map(|depth| format!("{}- level {depth}\n", "  ".repeat(depth))).collect();
    let lines = plain(&deep, 30);
    assert_eq!(lines.len(), 30);
    assert!(lines.iter().all(|line| line.contains('•')), "{lines:?}");
}

#[test]
fn lists_without_blank_lines_have_none() {
    assert_eq!(plain("before:\n- a\n  - b\n- c\n\nafter", 40), ["before:", "• a", "  • b", "• c", "", "after"]);
    assert_eq!(plain("1. a\n\n   b\n\n2. c", 40), ["1. a", "", "   b", "", "2. c"]);
}

#[test]
fn long_code_is_cut_and_keeps_its_blanks() {
    assert_eq!(plain("```\n    a  b  c  d\n```", 12), ["      a  b", "  c  d"]);
}

#[test]
fn a_table_with_too_many_columns_is_told_row_by_row() {
    assert_eq!(
        plain("|name|of|more|words|\n|-|-|-|-|\n|aaaaaaaaa|b|c|d|", 12),
        ["name:", "  aaaaaaaaa", "of: b", "more: c", "words: d"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_it_is_it_fits_and_is_harmless(text in hostile(), width in 1_u16..100) {
        check(&markdown(&text, &Theme::new(Colors::None), width), width);
    }
}
