//! Logistic regression with a ridge: small, deterministic, and with the uncertainty of what it says.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use serde::{Deserialize, Serialize};

use super::error::LearnError;

/// Rounds of Newton's method; with a ridge it takes five to ten.
const ROUNDS: usize = 60;
/// A step that gains less than this share of the loss changes nothing that anybody would see.
const SMALL_GAIN: f64 = 1e-12;

/// The probability of "yes" from a row of numbers. Columns are centred and scaled by what they were in training, so that the ridge
/// weighs on all alike; the intercept is free of it. Fitted by Newton's method (iteratively re-weighted least squares).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    intercept: f64,
    /// For centred and scaled columns.
    coefficients: Vec<f64>,
    means: Vec<f64>,
    /// Standard deviations; 1 for a column that never changed.
    scales: Vec<f64>,
    /// Lower triangle, row by row, of the covariance of intercept and coefficients (Laplace's approximation); empty where it was
    /// left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    covariance: Vec<f64>,
}

impl Logistic {
    /// Fits it. `weights` are how often a row counts (all 1 where there are none); `ridge` is half the weight of the squared
    /// coefficients against the summed log likelihood, `1 / C` in the terms of other libraries.
    ///
    /// # Errors
    /// No rows; rows, labels and weights that do not fit each other; numbers that are not finite; only one outcome; a ridge below 0,
    /// or of 0 with columns that say the same.
    pub fn fit(rows: &[Vec<f64>], labels: &[bool], weights: Option<&[f64]>, ridge: f64) -> Result<Self, LearnError> {
        let targets: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
        Self::fit_shares(rows, &targets, weights, ridge)
    }

    /// As [`Logistic::fit`], for outcomes that are a share of a success (0 to 1), as where a task is scored by parts.
    ///
    /// # Errors
    /// As [`Logistic::fit`], and a share outside 0 to 1.
    pub fn fit_shares(
        rows: &[Vec<f64>],
        targets: &[f64],
        weights: Option<&[f64]>,
        ridge: f64,
    ) -> Result<Self, LearnError> {
        let weights = check(rows, targets, weights, ridge)?;
        // Columns that never change teach nothing: hashed features have many, and the work grows with the square of the others.
        let changing = changing(rows);
        let narrow: Vec<Vec<f64>> = rows.iter().map(|row| changing.iter().map(|at| row[*at]).collect()).collect();
        let spread = spread(&narrow, &weights);
        let design: Vec<Vec<f64>> = narrow.iter().map(|row| scaled(row, &spread.0, &spread.1)).collect();
        let problem = Problem { design: &design, targets, weights: &weights, ridge };
        let (beta, factor) = problem.solve()?;
        let covariance = lower_triangle(&factor.inverse(), &changing, rows.first().map_or(0, Vec::len), ridge);
        let mut model = Self {
            intercept: beta.iter().next().copied().unwrap_or_default(),
            coefficients: vec![0.0; rows.first().map_or(0, Vec::len)],
            means: rows.first().cloned().unwrap_or_default(),
            scales: vec![1.0; rows.first().map_or(0, Vec::len)],
            covariance,
        };
        for (i, at) in changing.iter().enumerate() {
            model.coefficients[*at] = beta[i + 1];
            model.means[*at] = spread.0[i];
            model.scales[*at] = spread.1[i];
        }
        Ok(model)
    }

    /// The probability of "yes", 0 to 1 and always a number: a column that is missing or not finite counts as average, further ones
    /// not at all.
    pub fn probability(&self, row: &[f64]) -> f64 {
        sigmoid(self.score(row))
    }

    /// Its log odds.
    pub fn score(&self, row: &[f64]) -> f64 {
        let design = scaled(row, &self.means, &self.scales);
        self.intercept + self.coefficients.iter().zip(design.iter().skip(1)).map(|(one, x)| one * x).sum::<f64>()
    }

    /// Without what [`Logistic::uncertainty`] needs: a much smaller file.
    #[must_use]
    pub fn without_uncertainty(mut self) -> Self {
        self.covariance.clear();
        self
    }

    /// The standard deviation of the log odds: large for rows that are unlike those it was fitted on. None where it was left out.
    pub fn uncertainty(&self, row: &[f64]) -> Option<f64> {
        if self.covariance.is_empty() {
            return None;
        }
        // Most hashed columns are at their average, where they add nothing.
        let design = scaled(row, &self.means, &self.scales);
        let loud: Vec<(usize, f64)> = design.into_iter().enumerate().filter(|(_, x)| *x != 0.0).collect();
        let mut sum = 0.0;
        for (at, (i, x)) in loud.iter().enumerate() {
            for (j, y) in loud.iter().take(at + 1) {
                let both = if i == j { 1.0 } else { 2.0 };
                sum += both * x * y * self.covariance.get(i * (i + 1) / 2 + j).copied().unwrap_or_default();
            }
        }
        Some(sum.max(0.0).sqrt())
    }

    /// What each column adds to the log odds, against the average row.
    pub fn contributions(&self, row: &[f64]) -> Vec<f64> {
        let design = scaled(row, &self.means, &self.scales);
        self.coefficients.iter().zip(design.iter().skip(1)).map(|(one, x)| one * x).collect()
    }

    /// How many columns a row has.
    pub fn columns(&self) -> usize {
        self.coefficients.len()
    }

    /// What one unit of each column adds to the log odds.
    pub fn coefficients(&self) -> Vec<f64> {
        self.coefficients.iter().zip(&self.scales).map(|(one, scale)| one / scale).collect()
    }

    /// Whether a model that was read from somewhere fits together.
    ///
    /// # Errors
    /// Lists of unequal lengths, numbers that are not finite, a scale that is not above 0.
    pub fn check(&self) -> Result<(), LearnError> {
        let columns = self.columns();
        let problem = if self.means.len() != columns || self.scales.len() != columns {
            format!("has {columns} coefficients, {} means and {} scales", self.means.len(), self.scales.len())
        } else if !self.covariance.is_empty() && self.covariance.len() != (columns + 1) * (columns + 2) / 2 {
            format!("has {} covariances for {columns} coefficients", self.covariance.len())
        } else if !self.numbers().all(f64::is_finite) {
            "holds a number that is not finite".to_owned()
        } else if self.scales.iter().any(|scale| *scale <= 0.0) {
            "holds a scale that is not above 0".to_owned()
        } else {
            return Ok(());
        };
        Err(LearnError::Model { problem })
    }

    fn numbers(&self) -> impl Iterator<Item = f64> {
        let lists = [&self.coefficients, &self.means, &self.scales, &self.covariance];
        std::iter::once(self.intercept).chain(lists.into_iter().flatten().copied())
    }
}

/// What is solved: columns are centred and scaled, the first is the intercept's.
struct Problem<'a> {
    design: &'a [Vec<f64>],
    targets: &'a [f64],
    weights: &'a [f64],
    ridge: f64,
}

impl Problem<'_> {
    fn solve(&self) -> Result<(DVector<f64>, Cholesky<f64, Dyn>), LearnError> {
        let size = self.design.first().map_or(1, Vec::len);
        let mut beta = DVector::zeros(size);
        let mut loss = self.loss(&beta);
        for _ in 0..ROUNDS {
            let (gradient, factor) = self.curvature(&beta)?;
            let step = factor.solve(&gradient);
            if gradient.dot(&step) < SMALL_GAIN * (1.0 + loss) {
                // The last digits: rounding no longer lets the loss tell whether it is better.
                beta += step;
                break;
            }
            let Some((next, next_loss)) = self.shortened(&beta, &step, loss) else { break };
            beta = next;
            loss = next_loss;
        }
        let (_, factor) = self.curvature(&beta)?;
        Ok((beta, factor))
    }

    /// The step, halved until it makes nothing worse; none where no part of it does.
    fn shortened(&self, beta: &DVector<f64>, step: &DVector<f64>, loss: f64) -> Option<(DVector<f64>, f64)> {
        let mut part = 1.0;
        for _ in 0..30 {
            let next = beta + step * part;
            let next_loss = self.loss(&next);
            if next_loss.is_finite() && next_loss <= loss {
                return Some((next, next_loss));
            }
            part /= 2.0;
        }
        None
    }

    fn loss(&self, beta: &DVector<f64>) -> f64 {
        let fit: f64 = self
            .design
            .iter()
            .zip(self.targets)
            .zip(self.weights)
            .map(|((row, target), weight)| {
                let odds = dot(row, beta);
                weight * (log1p_exp(odds) - target * odds)
            })
            .sum();
        fit + self.ridge / 2.0 * beta.iter().skip(1).map(|one| one * one).sum::<f64>()
    }

    /// The gradient of what is made large, and the factorised matrix of second derivatives.
    fn curvature(&self, beta: &DVector<f64>) -> Result<(DVector<f64>, Cholesky<f64, Dyn>), LearnError> {
        let size = beta.len();
        let mut gradient = vec![0.0; size];
        let mut curve = vec![0.0; size * size];
        for ((row, target), weight) in self.design.iter().zip(self.targets).zip(self.weights) {
            let chance = sigmoid(dot(row, beta));
            let (miss, bend) = (weight * (target - chance), weight * chance * (1.0 - chance));
            for (i, x) in row.iter().enumerate() {
                if *x == 0.0 {
                    continue;
                }
                gradient[i] += miss * x;
                let bent = bend * x;
                for (cell, y) in curve[i * size..=i * size + i].iter_mut().zip(row) {
                    *cell += bent * y;
                }
            }
        }
        for i in 1..size {
            gradient[i] -= self.ridge * beta[i];
            curve[i * size + i] += self.ridge;
        }
        let mut matrix = DMatrix::from_row_slice(size, size, &curve);
        matrix.fill_upper_triangle_with_lower_triangle();
        let factor = Cholesky::new(matrix).ok_or_else(|| LearnError::Singular { what: WHAT.to_owned() })?;
        Ok((DVector::from_vec(gradient), factor))
    }
}

const WHAT: &str = "logistic regression";

fn check(rows: &[Vec<f64>], targets: &[f64], weights: Option<&[f64]>, ridge: f64) -> Result<Vec<f64>, LearnError> {
    if rows.is_empty() {
        return Err(LearnError::TooFew { what: WHAT.to_owned(), found: 0, needed: 2 });
    }
    if targets.len() != rows.len() {
        return Err(LearnError::shape("labels", targets.len(), rows.len()));
    }
    let weights = weights.map_or_else(|| vec![1.0; rows.len()], <[f64]>::to_vec);
    if weights.len() != rows.len() {
        return Err(LearnError::shape("weights", weights.len(), rows.len()));
    }
    let width = rows.first().map_or(0, Vec::len);
    if let Some(row) = rows.iter().find(|row| row.len() != width) {
        return Err(LearnError::shape("features of a row", row.len(), width));
    }
    if let Some(value) = rows.iter().flatten().find(|value| !value.is_finite()) {
        return Err(LearnError::value("a feature", value, "a finite number"));
    }
    if let Some(weight) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
        return Err(LearnError::value("a weight", weight, "a finite number from 0"));
    }
    if let Some(target) = targets.iter().find(|target| !(0.0..=1.0).contains(*target)) {
        return Err(LearnError::value("an outcome", target, "0 to 1"));
    }
    if !ridge.is_finite() || ridge < 0.0 {
        return Err(LearnError::value("ridge", ridge, "a finite number from 0"));
    }
    let yes: f64 = targets.iter().zip(&weights).map(|(target, weight)| target * weight).sum();
    let all: f64 = weights.iter().sum();
    if all <= 0.0 {
        return Err(LearnError::value("the sum of the weights", all, "a number above 0"));
    }
    if yes <= 0.0 || yes >= all {
        return Err(LearnError::OneOutcome { what: WHAT.to_owned(), all: yes > 0.0 });
    }
    Ok(weights)
}

/// The columns that are not the same in all rows.
fn changing(rows: &[Vec<f64>]) -> Vec<usize> {
    let Some(first) = rows.first() else { return Vec::new() };
    let mut still: Vec<usize> = (0..first.len()).collect();
    for row in rows {
        still.retain(|at| row[*at] == first[*at]);
    }
    let mut changes = vec![true; first.len()];
    still.into_iter().for_each(|at| changes[at] = false);
    (0..first.len()).filter(|at| changes[*at]).collect()
}

/// Means and standard deviations; 1 for a column that changes by no more than rounding.
fn spread(rows: &[Vec<f64>], weights: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let all: f64 = weights.iter().sum();
    let columns = rows.first().map_or(0, Vec::len);
    let mut means = vec![0.0; columns];
    for (row, weight) in rows.iter().zip(weights) {
        means.iter_mut().zip(row).for_each(|(mean, value)| *mean += weight * value / all);
    }
    let mut scales = vec![0.0; columns];
    for (row, weight) in rows.iter().zip(weights) {
        let off = row.iter().zip(&means).map(|(value, mean)| value - mean);
        scales.iter_mut().zip(off).for_each(|(scale, off)| *scale += weight * off * off / all);
    }
    for (scale, mean) in scales.iter_mut().zip(&means) {
        *scale = scale.sqrt();
        if *scale <= 1e-9 * mean.abs().max(1.0) || !scale.is_finite() {
            *scale = 1.0;
        }
    }
    (means, scales)
}

/// The row with a 1 before it, centred and scaled.
fn scaled(row: &[f64], means: &[f64], scales: &[f64]) -> Vec<f64> {
    let mut design = Vec::with_capacity(means.len() + 1);
    design.push(1.0);
    for (column, (mean, scale)) in means.iter().zip(scales).enumerate() {
        let value = row.get(column).copied().filter(|value| value.is_finite());
        design.push(value.map_or(0.0, |value| (value - mean) / scale));
    }
    design
}

fn dot(row: &[f64], beta: &DVector<f64>) -> f64 {
    row.iter().zip(beta.iter()).map(|(x, one)| x * one).sum()
}

/// 1 / (1 + e^-x) without overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

fn log1p_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The covariance of intercept and all columns from that of the changing ones. Of the others only the ridge is known, which is a
/// belief that they matter little: a row that is the first to differ there is less certain.
fn lower_triangle(known: &DMatrix<f64>, changing: &[usize], columns: usize, ridge: f64) -> Vec<f64> {
    let start = |row: usize| row * (row + 1) / 2;
    let mut triangle = vec![0.0; start(columns + 1)];
    for row in 0..=columns {
        triangle[start(row) + row] = 1.0 / ridge.max(1.0);
    }
    let place = |at: usize| if at == 0 { 0 } else { changing[at - 1] + 1 };
    for i in 0..=changing.len() {
        for j in 0..=i {
            triangle[start(place(i)) + place(j)] = known[(i, j)];
        }
    }
    triangle
}

#[cfg(test)]
#[path = "logistic_tests.rs"]
mod tests;
