//! One model, many spellings.

/// Spellings under which a model may be listed, best first: as it is, then without what providers hang on to it.
///
/// Known decorations: a context marker (`claude-opus-5-5[1m]`), a date (`claude-opus-4-5-20251101`, `gpt-5-2026-08-07`), and
/// `-latest`.
pub(crate) fn candidates(model: &str) -> Vec<String> {
    let mut found = vec![key(model)];
    let mut add = |name: String| {
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    };
    let plain = key(model.split('[').next().unwrap_or(model));
    let undated = without_date(&plain).to_owned();
    let undecorated = undated.strip_suffix("-latest").unwrap_or(&undated).to_owned();
    add(plain);
    add(undated);
    add(undecorated);
    found
}

/// The spelling that look-ups compare: lower case, and dots as dashes (OpenRouter writes `claude-opus-5.5`).
pub(crate) fn key(model: &str) -> String {
    model.trim().to_ascii_lowercase().replace('.', "-")
}

/// Takes `-20251101` or `-2025-11-01` off the end.
fn without_date(name: &str) -> &str {
    let is_digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((head, tail)) = name.rsplit_once('-')
        && is_digits(tail, 8)
        && tail.starts_with("20")
    {
        return head;
    }
    let parts: Vec<&str> = name.rsplitn(4, '-').collect();
    if let [day, month, year, head] = parts[..]
        && is_digits(day, 2)
        && is_digits(month, 2)
        && is_digits(year, 4)
        && year.starts_with("20")
    {
        return head;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_markers_come_off_but_version_numbers_stay() {
        assert_eq!(candidates("claude-opus-4-5-20251101"), ["claude-opus-4-5-20251101", "claude-opus-4-5"]);
        assert_eq!(candidates("gpt-5-2026-08-07"), ["gpt-5-2026-08-07", "gpt-5"]);
        assert_eq!(candidates("Claude-Opus-5.5[1m]"), ["claude-opus-5-5[1m]", "claude-opus-5-5"]);
        assert_eq!(candidates("mistral-medium-2604"), ["mistral-medium-2604"]);
        assert_eq!(candidates("claude-opus-5-5"), ["claude-opus-5-5"]);
    }
}
