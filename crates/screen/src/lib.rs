//! The chat's screen: what a session shows ([`Feed`]) drawn on a terminal, and what a person does there ([`Act`]). It runs nothing,
//! asks no model and knows no store: `cli` feeds it and does what is asked.

mod app;
mod composer;
mod feed;
mod terminal;
mod text;
mod view;

pub use composer::History;
pub use feed::{Act, Agent, Ask, AskId, Asked, Attachment, Candidate, Feed, Mode, Reply, Said, Status};
pub use terminal::{Notify, Options, Screen, ScreenError, Sender, Unusable, restore, usable};
pub use text::{Colors, changed_lines};
