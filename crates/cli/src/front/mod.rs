//! What a person or a script sees of a session.

mod json;
mod keyboard;
pub(crate) mod lane;
mod paste;
mod plain;
mod screen;

pub(crate) use json::JsonFront;
pub(crate) use keyboard::{Asked, Keyboard, TypedLine, is_goodbye};
pub(crate) use paste::Marks;
pub(crate) use plain::{Asking, PlainFront};
pub(crate) use screen::{Out, Questions, ScreenFront};
