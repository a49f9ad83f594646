//! What each kind of text looks like. Roles, not colours, are what the rest of the screen names.

use ratatui::style::{Color, Modifier, Style};

use super::code;

/// How many colours the terminal is to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colors {
    /// None: bold, dim, underlined and reversed only.
    None,
    /// The terminal's own sixteen, which its owner has made readable on their background.
    #[default]
    Ansi,
    /// 256 or more: the same sixteen for text, and tints behind the changed lines of a diff.
    Rgb,
}

/// Kinds of code that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Everything else.
    Plain,
    /// Comments.
    Comment,
    /// Strings and characters.
    Text,
    /// Numbers and other constants.
    Constant,
    /// Words of the language.
    Keyword,
    /// Functions, where they are made and where they are called.
    Function,
    /// Types, attributes, keys.
    Type,
    /// A line that a diff adds.
    Added,
    /// A line that a diff takes out.
    Removed,
}

/// Styles by role. Cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Theme {
    colors: Colors,
}

/// One colour for each agent, the main one first; yellow, red and green mean something else.
const AGENTS: [Color; 6] =
    [Color::Cyan, Color::Magenta, Color::Blue, Color::LightCyan, Color::LightMagenta, Color::LightBlue];

/// Text on a tint: both are set, so that the pair can be read whatever the terminal's background is.
const ON_TINT: Color = Color::Indexed(255);
/// Behind an added line, and behind its changed words (`#005f00`, `#008700`).
const ADDED_TINTS: [Color; 2] = [Color::Indexed(22), Color::Indexed(28)];
/// Behind a removed line, and behind its changed words (`#5f0000`, `#af0000`).
const REMOVED_TINTS: [Color; 2] = [Color::Indexed(52), Color::Indexed(124)];

impl Theme {
    /// A theme. Where there are colours, the syntaxes for code begin to be loaded behind the scenes.
    pub(crate) fn new(colors: Colors) -> Self {
        if colors != Colors::None {
            code::begin();
        }
        Self { colors }
    }

    /// How many colours there are.
    pub(crate) fn colors(&self) -> Colors {
        self.colors
    }

    /// Usual text.
    pub(crate) fn plain(&self) -> Style {
        Style::new()
    }

    /// What may be passed over.
    pub(crate) fn dim(&self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What should be seen first: keys, names, the prompt.
    pub(crate) fn accent(&self) -> Style {
        self.colored(Color::Cyan, Modifier::BOLD)
    }

    /// What stands out without meaning anything else.
    pub(crate) fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Stressed words: italic, and underlined where nothing but the plainest marks may be sent.
    pub(crate) fn emphasis(&self) -> Style {
        Style::new().add_modifier(self.marks(Modifier::ITALIC, Modifier::UNDERLINED))
    }

    /// Words that are struck out. Without colours nothing shows it: put a sign beside it.
    pub(crate) fn struck(&self) -> Style {
        Style::new().add_modifier(self.marks(Modifier::CROSSED_OUT, Modifier::DIM))
    }

    /// Went well.
    pub(crate) fn good(&self) -> Style {
        self.colored(Color::Green, Modifier::empty())
    }

    /// Wants attention.
    pub(crate) fn warn(&self) -> Style {
        self.colored(Color::Yellow, Modifier::BOLD)
    }

    /// Went wrong.
    pub(crate) fn error(&self) -> Style {
        self.colored(Color::Red, Modifier::BOLD)
    }

    /// A row or button that Enter would take.
    pub(crate) fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Frames and rules.
    pub(crate) fn border(&self) -> Style {
        self.dim()
    }

    /// Code between words. Without colours it is bold; put its backticks beside it.
    pub(crate) fn code(&self) -> Style {
        match self.colors {
            Colors::None => self.strong(),
            Colors::Ansi | Colors::Rgb => Style::new().fg(Color::Cyan),
        }
    }

    /// A heading; the first level is underlined.
    pub(crate) fn heading(&self, level: u8) -> Style {
        let underlined = if level <= 1 { Modifier::UNDERLINED } else { Modifier::empty() };
        self.strong().add_modifier(underlined)
    }

    /// The words of a link.
    pub(crate) fn link(&self) -> Style {
        self.colored(Color::Blue, Modifier::UNDERLINED)
    }

    /// An agent's name, by its place in the team.
    pub(crate) fn agent(&self, index: usize) -> Style {
        self.colored(AGENTS.get(index % AGENTS.len()).copied().unwrap_or(Color::Cyan), Modifier::BOLD)
    }

    /// An added line of a diff.
    pub(crate) fn added(&self) -> Style {
        self.changed(Color::Green, ADDED_TINTS[0])
    }

    /// A removed line of a diff.
    pub(crate) fn removed(&self) -> Style {
        self.changed(Color::Red, REMOVED_TINTS[0])
    }

    /// How many lines were added, and other counts on no tint.
    pub(crate) fn added_count(&self) -> Style {
        self.colored(Color::Green, Modifier::empty())
    }

    /// How many lines were removed.
    pub(crate) fn removed_count(&self) -> Style {
        self.colored(Color::Red, Modifier::empty())
    }

    /// Words of an added line that the removed one does not have.
    pub(crate) fn added_word(&self) -> Style {
        self.changed_word(Color::Green, ADDED_TINTS[1])
    }

    /// Words of a removed line that the added one does not have.
    pub(crate) fn removed_word(&self) -> Style {
        self.changed_word(Color::Red, REMOVED_TINTS[1])
    }

    /// Code of a kind, on the terminal's own background.
    pub(crate) fn syntax(&self, kind: Code) -> Style {
        if self.colors == Colors::None {
            return Style::new();
        }
        match kind {
            Code::Plain => Style::new(),
            Code::Comment => self.dim(),
            Code::Text | Code::Added => Style::new().fg(Color::Green),
            Code::Constant => Style::new().fg(Color::Cyan),
            Code::Keyword => Style::new().fg(Color::Magenta),
            Code::Function => Style::new().fg(Color::Blue),
            Code::Type => Style::new().fg(Color::Yellow),
            Code::Removed => Style::new().fg(Color::Red),
        }
    }

    /// Code of a kind on a changed line of a diff, whose background is dark wherever it has one; none where the line has one colour.
    pub(crate) fn syntax_on_tint(&self, kind: Code) -> Option<Style> {
        let color = match (self.colors, kind) {
            (Colors::None | Colors::Ansi, _) => return None,
            (Colors::Rgb, Code::Plain | Code::Added | Code::Removed) => ON_TINT,
            (Colors::Rgb, Code::Comment) => Color::Indexed(250),
            (Colors::Rgb, Code::Text) => Color::Indexed(150),
            (Colors::Rgb, Code::Constant) => Color::Indexed(159),
            (Colors::Rgb, Code::Keyword) => Color::Indexed(183),
            (Colors::Rgb, Code::Function) => Color::Indexed(117),
            (Colors::Rgb, Code::Type) => Color::Indexed(222),
        };
        Some(Style::new().fg(color))
    }

    fn changed(&self, color: Color, tint: Color) -> Style {
        match self.colors {
            Colors::None => Style::new(),
            Colors::Ansi => Style::new().fg(color),
            Colors::Rgb => Style::new().fg(ON_TINT).bg(tint),
        }
    }

    fn changed_word(&self, color: Color, tint: Color) -> Style {
        match self.colors {
            Colors::None => Style::new().add_modifier(Modifier::REVERSED),
            Colors::Ansi => Style::new().fg(color).add_modifier(Modifier::REVERSED),
            Colors::Rgb => Style::new().fg(Color::Indexed(231)).bg(tint).add_modifier(Modifier::BOLD),
        }
    }

    fn colored(&self, color: Color, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        match self.colors {
            Colors::None => style,
            Colors::Ansi | Colors::Rgb => style.fg(color),
        }
    }

    fn marks(&self, usual: Modifier, plainest: Modifier) -> Modifier {
        if self.colors == Colors::None { plainest } else { usual }
    }
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;
