//! Prices as people write them, read without floating point.

/// Picodollars per token in one dollar per million tokens.
const PICOS_PER_DOLLAR_PER_MTOK: i64 = 1_000_000;
const DECIMALS: usize = 6;

/// Reads a list price such as `0.125` (USD per million tokens) into picodollars per token. Six decimals come out even, so
/// nothing is ever rounded.
///
/// # Errors
/// Says in words what is wrong: not a plain decimal number, negative, more than six decimals, or more than a million dollars.
pub fn picos_per_token(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let problem = |what: &str| format!("price `{text}` {what}; write USD per million tokens, for example 0.125");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err(problem("is not a plain decimal number of zero or more"));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > DECIMALS {
        return Err(problem("has more than six decimals"));
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 6 {
        return Err(problem("is more than a million dollars"));
    }
    // Both parts are at most six digits here, so neither parse nor sum can overflow.
    let number = |part: &str| part.parse::<i64>().unwrap_or(0);
    Ok(number(whole) * PICOS_PER_DOLLAR_PER_MTOK + number(&format!("{fraction:0<DECIMALS$}")))
}

/// Writes picodollars per token as USD per million tokens: the inverse of [`picos_per_token`], without trailing zeros.
pub fn decimal_of(picos: i64) -> String {
    let (whole, fraction) = (picos / PICOS_PER_DOLLAR_PER_MTOK, (picos % PICOS_PER_DOLLAR_PER_MTOK).abs());
    let fraction = format!("{fraction:06}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn list_prices_become_whole_picodollars() {
        assert_eq!(picos_per_token("8"), Ok(8_000_000));
        assert_eq!(picos_per_token("0.10"), Ok(100_000));
        assert_eq!(picos_per_token("0.24375"), Ok(243_750));
        assert_eq!(picos_per_token(".006"), Ok(6_000));
        assert_eq!(picos_per_token("0"), Ok(0));
    }

    #[test]
    fn what_is_not_a_price_is_refused_in_words() {
        for (text, why) in
            [("", "plain"), ("-1", "plain"), ("1e3", "plain"), ("0.1234567", "six"), ("12345678", "million")]
        {
            let error = picos_per_token(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn writing_and_reading_a_price_gives_it_back(picos in 0i64..1_000_000_000_000) {
            prop_assert_eq!(picos_per_token(&decimal_of(picos)), Ok(picos));
        }

        #[test]
        fn no_text_makes_the_reader_fail_otherwise_than_in_words(text in "\\PC{0,20}") {
            let _ = picos_per_token(&text);
        }
    }
}
