//! Text into styled lines that fit a width: markdown as it arrives, diffs, code, plain words. Nothing here touches a terminal, and
//! nothing that comes out of here can do more to one than show characters.

mod blocks;
mod code;
mod diff;
mod fold;
#[cfg(test)]
#[path = "looks_tests.rs"]
mod looks;
mod markdown;
mod patch;
mod stream;
mod table;
mod theme;
mod wrap;

pub(crate) use diff::diff;
pub(crate) use fold::{WIDEST, fold};
pub(crate) use markdown::markdown;
pub use patch::changed_lines;
pub(crate) use patch::{Change, change};
pub(crate) use stream::Stream;
pub use theme::Colors;
pub(crate) use theme::Theme;
pub(crate) use wrap::{clip, measure, plain, wrap};
