//! What kind of terminal there is, for the screen.

use std::sync::Arc;

use screen::{Colors, History, Notify, Options};

use super::NotifyArg;
use crate::config::Context;
use crate::config::home::Environment;
use crate::failure::Failure;

/// Whether a screen can be shown here.
pub(super) fn is_usable(context: &Context) -> bool {
    screen::usable(context.environment.get("TERM")).is_ok()
}

/// How the screen is to be, by flag and environment.
///
/// # Errors
/// `AGENT_NOTIFY` is none of the words (exit code 2).
pub(super) fn options(context: &Context, flag: Option<NotifyArg>, history: Vec<String>) -> anyhow::Result<Options> {
    let environment = &context.environment;
    let clock = context.clock.clone();
    Ok(Options {
        colors: colors(environment),
        notify: notify(environment, flag)?,
        tmux: environment.get("TMUX").is_some(),
        still: false,
        root: context.root.clone(),
        history: History::load(history),
        now: Arc::new(move || clock.now().0),
    })
}

/// `NO_COLOR` is obeyed; all colours only where the terminal says that it has them.
fn colors(environment: &Environment) -> Colors {
    let is = |name: &str, words: &[&str]| {
        environment.get(name).is_some_and(|value| words.iter().any(|word| value.to_lowercase().contains(word)))
    };
    if environment.get("NO_COLOR").is_some() {
        Colors::None
    } else if is("COLORTERM", &["truecolor", "24bit"]) || is("TERM", &["direct", "truecolor"]) {
        Colors::Rgb
    } else {
        Colors::Ansi
    }
}

fn notify(environment: &Environment, flag: Option<NotifyArg>) -> anyhow::Result<Notify> {
    Ok(match (flag, environment.get("AGENT_NOTIFY")) {
        (Some(NotifyArg::Bell), _) | (None, None | Some("bell")) => Notify::Bell,
        (Some(NotifyArg::Osc9), _) | (None, Some("osc9")) => Notify::Desktop,
        (Some(NotifyArg::Off), _) | (None, Some("off")) => Notify::Off,
        (None, Some(other)) => {
            return Err(Failure::usage(format!("AGENT_NOTIFY: found `{other}`; allowed are bell, osc9 and off")));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn colours_are_those_that_the_terminal_says_it_has_and_none_where_nobody_wants_them() {
        let of = |variables: &[(&str, &str)]| colors(&environment(variables));
        assert_eq!(of(&[("TERM", "xterm-256color")]), Colors::Ansi);
        assert_eq!(of(&[("COLORTERM", "truecolor")]), Colors::Rgb);
        assert_eq!(of(&[("TERM", "xterm-direct")]), Colors::Rgb);
        assert_eq!(of(&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]), Colors::None);
        assert_eq!(of(&[("NO_COLOR", "")]), Colors::Ansi, "an empty one says nothing");
    }

    #[test]
    fn the_flag_stands_above_the_environment_and_a_wrong_word_is_told() {
        let of = |flag, value: &[(&str, &str)]| notify(&environment(value), flag).map_err(|error| error.to_string());
        assert_eq!(of(None, &[]), Ok(Notify::Bell));
        assert_eq!(of(None, &[("AGENT_NOTIFY", "osc9")]), Ok(Notify::Desktop));
        assert_eq!(of(Some(NotifyArg::Off), &[("AGENT_NOTIFY", "loud")]), Ok(Notify::Off));
        assert!(of(None, &[("AGENT_NOTIFY", "loud")]).unwrap_err().contains("bell, osc9 and off"));
    }
}
