//! Words that more than one dialect shares.

use protocol::{Effort, Settings};

/// The providers' name of an effort.
pub(crate) fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Xhigh => "xhigh",
        Effort::Max => "max",
    }
}

/// The effort of a name, where it is one we know.
pub(crate) fn read_effort(name: &str) -> Option<Effort> {
    use Effort::{High, Low, Max, Medium, Minimal, None as Zero, Xhigh};
    [Zero, Minimal, Low, Medium, High, Xhigh, Max].into_iter().find(|&known| effort(known) == name)
}

/// The JSON text of a top-level field that is sent back as it came. Where a field could be read only in part, its typed
/// setting holds that part and this the whole; the whole is what is written.
pub(crate) fn extra<'a>(settings: &'a Settings, name: &str) -> Option<&'a str> {
    settings.extra.iter().find(|(known, _)| known == name).map(|(_, json)| json.as_str())
}

/// Text that a provider would refuse as empty.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
