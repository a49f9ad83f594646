//! Dollars in exact integer units.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of US dollars in picodollars (1e-12 USD).
///
/// A list price per million tokens with six decimals is a whole number of picodollars per token, so that
/// `tokens x price` never rounds. An `i64` holds nine million dollars. Serialised as a JSON number of dollars (a double
/// gives back the same picodollars for any amount below 4,000 USD).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(pub i64);

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Picodollars in one dollar.
    pub const PICOS: i64 = 1_000_000_000_000;

    /// From picodollars.
    pub const fn from_picos(picos: i64) -> Self {
        Self(picos)
    }

    /// The amount in picodollars.
    pub const fn picos(self) -> i64 {
        self.0
    }

    /// From dollars as written by a person (`--max-usd 0.5`), rounded to the nearest picodollar.
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * Self::PICOS as f64).round() as i64)
    }

    /// Dollars as a double: for display and ratios only, never to be added up.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / Self::PICOS as f64
    }
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Usd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

/// `$0.0123`: two decimals from a dollar on, four below it, six below a cent.
impl std::fmt::Display for Usd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let dollars = self.dollars().abs();
        match dollars {
            0.0 => f.write_str("$0.00"),
            _ if dollars < 0.01 => write!(f, "{sign}${dollars:.6}"),
            _ if dollars < 1.0 => write!(f, "{sign}${dollars:.4}"),
            _ => write!(f, "{sign}${dollars:.2}"),
        }
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::from_dollars)
    }
}

impl schemars::JsonSchema for Usd {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Usd".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number", "description": "US dollars"})
    }
}
