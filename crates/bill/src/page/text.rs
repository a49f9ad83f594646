//! Text and numbers as the page shows them.

/// Text that stands in the page as it is: no tag, no attribute's end, nothing invisible that reorders what is around it.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() => safe.push('\u{fffd}'),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                safe.push('\u{fffd}');
            }
            c => safe.push(c),
        }
    }
    safe
}

/// `12 345`, with spaces that do not break.
pub(super) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// A tick of tokens: `0`, `500`, `20k`, `1.5M`.
pub(super) fn tokens(number: f64) -> String {
    let short = |value: f64, unit: &str| {
        let text = format!("{value:.1}");
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match number {
        n if n >= 1e6 => short(n / 1e6, "M"),
        n if n >= 1e3 => short(n / 1e3, "k"),
        n => short(n, ""),
    }
}

/// A tick of dollars: as many decimals as it takes.
pub(super) fn dollars(number: f64) -> String {
    let decimals = match number {
        n if n <= 0.0 => return "$0".to_owned(),
        n if n >= 10.0 => 0,
        // One more than the first digit that is not 0: ticks are 1, 2, 2.5 or 5 of something.
        n => (1.0 - n.log10().floor()).max(0.0) as usize,
    };
    let text = format!("{number:.decimals$}");
    match text.contains('.') {
        true => format!("${}", text.trim_end_matches('0').trim_end_matches('.')),
        false => format!("${text}"),
    }
}

/// The step between ticks (1, 2, 2.5 or 5 of a power of ten), and the last tick: at most five, the last not below `most`.
pub(super) fn ticks(most: f64) -> (f64, f64) {
    if most <= 0.0 || !most.is_finite() {
        return (1.0, 1.0);
    }
    let rough = most / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|nice| nice * power).find(|step| *step >= rough * 0.999_999);
    let step = step.unwrap_or(10.0 * power);
    (step, (most / step - 1e-9).ceil() * step)
}

#[cfg(test)]
mod tests {
    use super::{dollars, escaped, ticks, tokens, whole};

    #[test]
    fn nothing_that_is_shown_can_end_a_tag_or_hide_what_follows() {
        assert_eq!(
            escaped("<b a=\"1\" c='2'>&\u{1b}\u{202e}\n漢"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\u{fffd}\u{fffd} 漢"
        );
    }

    #[test]
    fn numbers_are_short_on_an_axis_and_grouped_in_a_table() {
        assert_eq!(whole(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!([0.0, 500.0, 20_000.0, 1_500_000.0].map(tokens), ["0", "500", "20k", "1.5M"]);
        assert_eq!(
            [0.0, 0.0005, 0.025, 0.2, 1.5, 20.0].map(dollars),
            ["$0", "$0.0005", "$0.025", "$0.2", "$1.5", "$20"]
        );
    }

    #[test]
    fn ticks_are_round_and_reach_the_highest_value() {
        assert_eq!(ticks(0.0), (1.0, 1.0));
        assert_eq!(ticks(100.0), (20.0, 100.0));
        assert_eq!(ticks(87_000.0), (20_000.0, 100_000.0));
        for most in [1e-9, 0.0123, 3.0, 7.7, 123_456.0] {
            let (step, last) = ticks(most);
            assert!(last >= most * 0.999_999 && last <= step * 6.0, "{most}: {step} {last}");
        }
    }
}
