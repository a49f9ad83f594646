//! Text for people: amounts, columns and rules.

use crate::error::ShopError;

/// Half a cent: amounts that differ by less are the same amount.
pub const TOLERANCE: f64 = 0.005;

/// Rounds to whole cents, half up (away from zero for negative amounts).
pub fn round_cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

/// An amount as printed on invoices: `$1,234.50`, `-$3.00`.
pub fn format_amount(amount: f64) -> String {
    let rounded = round_cents(amount);
    let sign = if rounded < 0.0 { "-" } else { "" };
    let text = format!("{:.2}", rounded.abs());
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    format!("{sign}${}.{cents}", group_thousands(whole))
}

/// An amount for CSV files: `1234.50`, no currency sign and no grouping.
pub fn plain_amount(amount: f64) -> String {
    let rounded = round_cents(amount);
    // -0.0 would print as `-0.00`.
    format!("{:.2}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// Reads `12`, `12.5`, `12.50`, `$12.50` or `1,234.50`.
///
/// # Errors
/// [`ShopError::BadAmount`] for anything else, signs and fractions of a cent included.
pub fn parse_amount(text: &str) -> Result<f64, ShopError> {
    let bad = || ShopError::BadAmount(text.to_string());
    let digits = text.trim().trim_start_matches('$').replace(',', "");
    let (whole, cents) = digits.split_once('.').unwrap_or((&digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(cents) || cents.len() > 2 {
        return Err(bad());
    }
    digits.parse::<f64>().map_err(|_| bad())
}

/// Puts a comma after every third digit from the right.
fn group_thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Left-aligned text of exactly `width` characters; what is too long is cut.
pub fn left(text: &str, width: usize) -> String {
    let cut: String = text.chars().take(width).collect();
    format!("{cut:<width$}")
}

/// Right-aligned text of at least `width` characters.
pub fn right(text: &str, width: usize) -> String {
    format!("{text:>width$}")
}

/// A line of dashes.
pub fn rule(width: usize) -> String {
    "-".repeat(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_signed() {
        assert_eq!(format_amount(0.0), "$0.00");
        assert_eq!(format_amount(1234.5), "$1,234.50");
        assert_eq!(format_amount(1234567.891), "$1,234,567.89");
        assert_eq!(format_amount(-3.0), "-$3.00");
    }

    #[test]
    fn plain_amounts_have_no_decoration() {
        assert_eq!(plain_amount(1234.5), "1234.50");
        assert_eq!(plain_amount(-0.001), "0.00");
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for text in ["1234.5", "1,234.50", " $1234.50 "] {
            assert!((parse_amount(text).unwrap() - 1234.5).abs() < TOLERANCE, "{text}");
        }
        assert!((parse_amount("12").unwrap() - 12.0).abs() < TOLERANCE);
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in ["", "abc", "1.234", "-5", "1.", ".5", "1e3"] {
            assert_eq!(parse_amount(text), Err(ShopError::BadAmount(text.to_string())));
        }
    }

    #[test]
    fn columns_keep_their_width() {
        assert_eq!(left("mug", 5), "mug  ");
        assert_eq!(left("stoneware", 5), "stone");
        assert_eq!(right("$1.00", 8), "   $1.00");
        assert_eq!(rule(4), "----");
    }
}
