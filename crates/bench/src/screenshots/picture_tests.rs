use super::*;

#[test]
fn a_drawing_has_the_words_and_their_colours_and_no_empty_lines_around_them() {
    let captured = "\n  \n\u{1b}[31mred\u{1b}[0m plain <b>\n\nlast\n\n\n";
    let drawn = svg(captured, 40);
    assert!(drawn.starts_with("<svg "), "{drawn}");
    assert!(drawn.contains("<tspan class=\"fg-red\">red</tspan>"), "{drawn}");
    assert!(drawn.contains(".fg-red { fill: #FF7B72 }"), "{drawn}");
    assert!(drawn.contains("plain &lt;b&gt;"), "{drawn}");
    assert_eq!(drawn.matches("<tspan x=").count(), 3, "{drawn}");
    assert!(!drawn.contains("<script") && !drawn.contains("@import"), "{drawn}");
}

#[test]
fn a_drawing_is_as_wide_as_its_terminal_and_the_same_each_time() {
    assert!(svg("a", 40).contains("width=\"356px\""), "{}", svg("a", 40));
    assert_eq!(svg("\u{1b}[1;38;2;1;2;3mx", 80), svg("\u{1b}[1;38;2;1;2;3mx", 80));
}

#[test]
fn nothing_at_all_is_drawn_as_an_empty_screen() {
    assert!(svg("\n\n", 40).contains("<rect"));
    assert!(svg("", 40).contains("<rect"));
}

#[test]
fn a_sign_that_has_to_be_escaped_is_one_column_wide_all_the_same() {
    let drawn = svg("\u{1b}[7m>n no\u{1b}[0m & x", 40);
    assert!(drawn.contains("\u{2588}".repeat(5).as_str()) && !drawn.contains("\u{2588}".repeat(6).as_str()), "{drawn}");
    assert!(drawn.contains("&gt;n no") && drawn.contains(" &amp; x"), "{drawn}");
}
