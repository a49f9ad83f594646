//! Seals of reasoning, with the name of whoever made them.
//!
//! A provider seals its reasoning and takes it back unchanged, or not at all: another provider's seal is a 400. A client
//! replays what it was given and cannot know who that was. So a seal that crosses from one dialect to another bears its
//! maker's name in front, and comes back with it.

/// What a named seal begins with. It needs no escaping in JSON, so that it can be looked for in a body's bytes.
pub(super) const MARK: &str = "tandem-seal.";

/// A seal with its maker's name.
pub(super) fn name(family: &str, seal: &str) -> String {
    format!("{MARK}{}.{seal}", plain(family))
}

/// A maker's name and the seal itself, where it bears a name.
pub(super) fn open(seal: &str) -> Option<(&str, &str)> {
    seal.strip_prefix(MARK)?.split_once('.')
}

/// Whether the name is this family's.
pub(super) fn is_of(name: &str, family: &str) -> bool {
    name == plain(family)
}

fn plain(family: &str) -> String {
    family.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
