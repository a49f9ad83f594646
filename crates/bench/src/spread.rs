//! Several measurements of the same thing.

/// Smallest, middle and largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
}

impl Spread {
    /// Of all measurements; none where nothing was measured.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let half = values.len() / 2;
        let median =
            if values.len().is_multiple_of(2) { f64::midpoint(values[half - 1], values[half]) } else { values[half] };
        Some(Self { min, median, max, runs: values.len() })
    }

    /// A line for a person: what it is, its spread, and what it should stay under.
    pub(crate) fn line(&self, name: &str, unit: &str, target: f64) -> String {
        let verdict = if self.median < target { "holds" } else { "MISSED" };
        format!(
            "{name:<30} {:>8.2} {unit:<2}  (min {:.2}, max {:.2}, {} runs)  under {target} {unit}: {verdict}",
            self.median, self.min, self.max, self.runs
        )
    }

    /// The median as it stands in the JSON object: two digits behind the point.
    pub(crate) fn rounded(&self) -> f64 {
        (self.median * 100.0).round() / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_of_an_even_number_of_runs_lies_between_the_two_in_the_middle() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 10.0]).unwrap();
        assert_eq!(spread, Spread { min: 1.0, median: 3.5, max: 10.0, runs: 4 });
        assert_eq!(Spread::of(vec![2.0, 9.0, 1.0]).unwrap().median, 2.0);
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn a_line_says_whether_the_target_holds() {
        let spread = Spread::of(vec![14.999]).unwrap();
        assert!(spread.line("x", "ms", 15.0).ends_with("under 15 ms: holds"));
        assert!(spread.line("x", "ms", 14.0).ends_with("under 14 ms: MISSED"));
        assert_eq!(spread.rounded(), 15.0);
    }
}
