use ratatui::style::{Color, Modifier, Style};

use super::{Code, Colors, Theme};

fn roles(theme: &Theme) -> Vec<Style> {
    let kinds = [
        Code::Plain,
        Code::Comment,
        Code::Text,
        Code::Constant,
        Code::Keyword,
        Code::Function,
        Code::Type,
        Code::Added,
        Code::Removed,
    ];
    let mut roles = vec![
        theme.plain(),
        theme.dim(),
        theme.accent(),
        theme.strong(),
        theme.emphasis(),
        theme.struck(),
        theme.good(),
        theme.warn(),
        theme.error(),
        theme.selected(),
        theme.border(),
        theme.code(),
        theme.heading(1),
        theme.heading(3),
        theme.link(),
        theme.added(),
        theme.removed(),
        theme.added_count(),
        theme.removed_count(),
        theme.added_word(),
        theme.removed_word(),
    ];
    roles.extend((0..20).map(|index| theme.agent(index)));
    roles.extend(kinds.map(|kind| theme.syntax(kind)));
    roles.extend(kinds.iter().filter_map(|kind| theme.syntax_on_tint(*kind)));
    roles
}

#[test]
fn without_colours_there_are_bold_dim_underlined_and_reversed_only() {
    let allowed = Modifier::BOLD | Modifier::DIM | Modifier::UNDERLINED | Modifier::REVERSED;
    for style in roles(&Theme::new(Colors::None)) {
        assert_eq!((style.fg, style.bg), (None, None));
        assert!(allowed.contains(style.add_modifier), "{style:?}");
    }
}

#[test]
fn sixteen_colours_are_the_terminals_own_and_leave_its_background() {
    for style in roles(&Theme::new(Colors::Ansi)) {
        assert!(!matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{style:?}");
        assert_eq!(style.bg, None);
    }
}

#[test]
fn a_tint_brings_its_own_colour_of_text() {
    let theme = Theme::new(Colors::Rgb);
    for style in roles(&theme) {
        assert_eq!(style.bg.is_some(), style.bg.is_some() && style.fg.is_some(), "{style:?}");
        // Numbered colours are there with 256 as well.
        assert!(!matches!(style.fg, Some(Color::Rgb(..))) && !matches!(style.bg, Some(Color::Rgb(..))), "{style:?}");
    }
    assert!(theme.added().bg.is_some() && theme.removed().bg.is_some());
}

#[test]
fn changed_words_differ_from_their_line_however_many_colours_there_are() {
    for colors in [Colors::None, Colors::Ansi, Colors::Rgb] {
        let theme = Theme::new(colors);
        assert_ne!(theme.added(), theme.added_word());
        assert_ne!(theme.removed(), theme.removed_word());
    }
}

#[test]
fn agents_keep_their_colour_and_neighbours_differ() {
    let theme = Theme::new(Colors::Ansi);
    assert_eq!(theme.agent(0), theme.agent(6));
    assert_ne!(theme.agent(0), theme.agent(1));
}
