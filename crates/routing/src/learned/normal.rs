//! The normal distribution.

/// The share of a standard normal distribution below `z`.
pub(crate) fn below(z: f64) -> f64 {
    libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

/// Log odds of a probability, kept away from both ends so that it stays a number; what is no number counts as a half.
pub(crate) fn log_odds(probability: f64) -> f64 {
    let probability = if probability.is_nan() { 0.5 } else { probability };
    let kept = probability.clamp(1e-9, 1.0 - 1e-9);
    (kept / (1.0 - kept)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_those_of_the_tables() {
        for (z, share) in [(0.0, 0.5), (1.0, 0.841_344_746), (1.959_963_985, 0.975), (-1.644_853_627, 0.05)] {
            assert!((below(z) - share).abs() < 1e-8);
        }
    }

    #[test]
    fn log_odds_of_certainty_stay_numbers() {
        assert!(log_odds(1.0).is_finite() && log_odds(0.0).is_finite());
        assert_eq!((log_odds(0.5), log_odds(f64::NAN)), (0.0, 0.0));
    }
}
