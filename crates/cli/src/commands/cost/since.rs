//! The moment that `--since` names.

use std::time::Duration;

use protocol::Timestamp;

/// From when on calls are on the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long before now.
    Ago(Duration),
    /// A moment.
    At(Timestamp),
}

impl Since {
    /// Reads `7d`, `12h`, `30m`, `2w`, `2026-11-01` (midnight UTC) or a moment like `2026-11-01T08:00:00Z`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let allowed = "a span like 30m, 12h, 7d or 2w, a date like 2026-11-01 (midnight UTC), or a moment like \
                       2026-11-01T08:00:00Z";
        let wrong = || match text.strip_prefix('-').and_then(span) {
            Some(_) => format!("a span counts back from now by itself, write {}; allowed is {allowed}", &text[1..]),
            None => format!("allowed is {allowed}"),
        };
        span(text).map(Self::Ago).or_else(|| moment(text).map(Self::At)).ok_or_else(wrong)
    }

    /// The moment, as seen from now. A span longer than time itself begins with it.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => Timestamp(now.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))),
            Self::At(at) => at,
        }
    }
}

fn span(text: &str) -> Option<Duration> {
    let seconds = match text.chars().last()? {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let count: u64 = text[..text.len() - 1].parse().ok()?;
    count.checked_mul(seconds).map(Duration::from_secs)
}

fn moment(text: &str) -> Option<Timestamp> {
    let midnight = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|moment| moment.timestamp())
    };
    let at = text.parse::<jiff::Timestamp>().ok().or_else(midnight)?;
    u64::try_from(at.as_millisecond()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_counts_from_now_and_a_date_from_midnight() {
        let now = Timestamp(1_793_500_000_000);
        let since = |text: &str| Since::parse(text).map(|since| since.moment(now).0);
        assert_eq!(since("7d"), Ok(now.0 - 7 * 86_400_000));
        assert_eq!(since("30m"), Ok(now.0 - 1_800_000));
        assert_eq!(since("2026-11-01"), Ok(1_793_491_200_000));
        assert_eq!(since("2026-11-01T08:00:00Z"), Ok(1_793_520_000_000));
        assert_eq!(since("99999999w"), Ok(0));
        assert!(Since::parse("-7d").is_err_and(|why| why.contains("write 7d;")));
        for wrong in ["", "d", "7", "-7d", "7y", "yesterday", "2026-13-01", "ä"] {
            assert!(since(wrong).is_err_and(|why| why.contains("7d")), "{wrong}");
        }
    }
}
