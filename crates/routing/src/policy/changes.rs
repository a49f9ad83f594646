//! What differs between two policies.

use std::collections::BTreeMap;

use super::{Field, Policy};

/// A field that is not the same in two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub path: String,
    /// Value and origin in the one; none where it has no such field.
    pub one: Option<(String, String)>,
    /// Value and origin in the other.
    pub other: Option<(String, String)>,
}

impl Policy {
    /// The fields whose values differ, in the order of the format; fields that only the other has come last.
    pub fn changes(&self, other: &Self) -> Vec<Change> {
        let (mine, theirs) = (self.show(), other.show());
        let by_path = |fields: &[Field]| -> BTreeMap<String, (String, String)> {
            fields.iter().map(|field| (field.path.clone(), (field.value.clone(), field.origin.clone()))).collect()
        };
        let (ones, others) = (by_path(&mine), by_path(&theirs));
        let missing = theirs.iter().filter(|field| !ones.contains_key(&field.path));
        mine.iter()
            .chain(missing)
            .map(|field| Change {
                path: field.path.clone(),
                one: ones.get(&field.path).cloned(),
                other: others.get(&field.path).cloned(),
            })
            .filter(|change| {
                change.one.as_ref().map(|(value, _)| value) != change.other.as_ref().map(|(value, _)| value)
            })
            .collect()
    }
}
