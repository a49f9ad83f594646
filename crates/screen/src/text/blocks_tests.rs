use super::{Block, Blocks, is_rule, item};

fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Blocks::default();
    for line in text.lines() {
        blocks.line(line);
    }
    blocks.finish();
    let shown = |block| match block {
        Block::Text { source, gap, number } => {
            let gap = if gap { "gap " } else { "" };
            let number = number.map(|number| format!("#{number} ")).unwrap_or_default();
            format!("{gap}{number}{}", source.trim_end())
        }
        Block::Fence { language } => format!("fence {language}"),
        Block::Code(line) => format!("code {line}"),
    };
    blocks.take().into_iter().map(shown).collect()
}

#[test]
fn a_blank_line_ends_a_paragraph() {
    assert_eq!(blocks("a\nb\n\nc"), ["a\nb", "gap c"]);
}

#[test]
fn headings_fences_and_items_end_a_paragraph() {
    assert_eq!(
        blocks("a\n# b\nc\n- d\n```rust ignore\ne\n```\nf"),
        ["a", "# b", "c", "- d", "fence rust", "code e", "gap f"]
    );
}

#[test]
fn an_underlined_heading_is_one_block() {
    assert_eq!(blocks("a\n===\n\nb\n---\n"), ["a\n===", "gap b\n---"]);
}

#[test]
fn a_year_at_the_beginning_of_a_line_is_no_item_of_a_list() {
    assert_eq!(blocks("it was in\n1986. What a year"), ["it was in\n1986. What a year"]);
}

#[test]
fn items_are_blocks_and_count_on() {
    assert_eq!(
        blocks("1. a\n   b\n\n   c\n1. d\n   - e\n\n1. f\n2) g"),
        ["1. a\n   b\n\n   c", "#2 1. d\n   - e", "gap #3 1. f", "2) g"]
    );
}

#[test]
fn code_within_an_item_belongs_to_it() {
    assert_eq!(blocks("- a\n  ```\n  - b\n\n  c\n  ```\n- d"), ["- a\n  ```\n  - b\n\n  c\n  ```", "- d"]);
}

#[test]
fn a_fence_ends_with_as_many_marks_of_its_kind() {
    assert_eq!(blocks("````\n```\n~~~~\n````"), ["fence ", "code ```", "code ~~~~"]);
    assert_eq!(blocks("```not `a` fence"), ["```not `a` fence"]);
}

#[test]
fn code_by_indentation_goes_on_over_blank_lines() {
    assert_eq!(blocks("    a\n\n    b\nc"), ["    a\n\n    b", "c"]);
}

#[test]
fn languages_are_read_from_what_stands_behind_a_fence() {
    assert_eq!(
        blocks("```rust,ignore\n```\n~~~ {.python}\n~~~\n``` ts:src/a.ts"),
        ["fence rust", "fence python", "fence ts"]
    );
}

#[test]
fn rules_and_marks_are_told_apart() {
    for rule in ["---", "* * *", "_____", "- - -"] {
        assert!(is_rule(rule), "{rule}");
    }
    for other in ["--", "- a", "-*-", ""] {
        assert!(!is_rule(other), "{other}");
    }
    assert_eq!(item("-    a", 0).map(|item| item.inside), Some(5));
    assert_eq!(item("-     a", 0).map(|item| item.inside), Some(2));
    assert_eq!(item("10.\ta", 0).map(|item| item.inside), Some(4));
    assert!(item("-a", 0).is_none() && item("1234567890. a", 0).is_none());
}
