//! Ids of tool calls and cache keys in the form a provider takes.

/// An id of `[a-zA-Z0-9_-]`, at most 64 characters (Anthropic's rule, and within OpenAI's). A conforming id is kept. Any other
/// one becomes its legal characters and a hash, so that the call and its result, rendered apart, still match.
pub(crate) fn call_id(id: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !id.is_empty() && id.len() <= 64 && id.chars().all(legal) {
        return id.to_owned();
    }
    let head: String = id.chars().map(|c| if legal(c) { c } else { '_' }).take(55).collect();
    format!("{head}_{}", digest(id))
}

/// A text of at most 64 characters: cut, and told apart by a hash, where it is longer.
pub(crate) fn short(text: &str) -> String {
    if text.chars().count() <= 64 {
        return text.to_owned();
    }
    let head: String = text.chars().take(55).collect();
    format!("{head}_{}", digest(text))
}

/// An id of exactly nine letters or digits (Mistral's rule).
pub(crate) fn nine(id: &str) -> String {
    if id.len() == 9 && id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    blake3::hash(id.as_bytes()).to_hex().chars().take(9).collect()
}

/// Eight hexadecimal digits.
pub(crate) fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(8).collect()
}

/// An id for a call that came without one: the same answer gives the same id.
pub(crate) fn made_up(reply_id: &str, number: usize, name: &str, arguments: &str) -> String {
    let hash = blake3::hash(format!("{reply_id}\n{number}\n{name}\n{arguments}").as_bytes()).to_hex();
    format!("call_{}", hash.chars().take(24).collect::<String>())
}
