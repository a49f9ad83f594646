//! Results that were known already: the same call again, and files that a caller reads after its specialist did.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{AgentId, DelegationId, Timestamp};

use crate::account::records::Records;
use crate::account::steps::{Call, Step};
use crate::activity::Activity;

/// The tool that reads files.
const READ: &str = "read";

/// Reads and searches that an agent had made before in the same window, with no edit by anybody in between: the number of
/// the step and of the call in it.
pub fn repeats(records: &Records, steps: &[Step]) -> Vec<(usize, usize)> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let row = &records.rows[step.row];
        for (at, call) in step.calls.iter().enumerate().filter(|(_, call)| !call.failed) {
            if call.edits {
                known.clear();
            } else if call.activity == Activity::Explore
                && !known.insert((&row.agent, &row.window, &call.tool, &call.arguments))
            {
                found.push((number, at));
            }
        }
    }
    found
}

/// A read by a caller of a file that its specialist had read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reread {
    /// Number of the step.
    pub step: usize,
    /// Number of the call in it.
    pub call: usize,
    /// The file.
    pub file: String,
    /// It was changed after the specialist had read it: a review, not a repetition.
    pub changed: bool,
}

/// What a specialist read, for whom, in which delegation.
struct Read<'a> {
    delegation: &'a DelegationId,
    caller: &'a AgentId,
    changed: bool,
}

/// Files that a caller read after its specialist had, in a delegation that was over by then.
pub fn rereads(records: &Records, steps: &[Step]) -> Vec<Reread> {
    let mut read: BTreeMap<&str, Read<'_>> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let row = &records.rows[step.row];
        for (at, call) in step.calls.iter().enumerate().filter(|(_, call)| !call.failed) {
            if call.edits {
                forget(&mut read, call);
            } else if call.tool == READ {
                for file in &call.files {
                    match (&row.delegation, super::caller(records, row.delegation.as_ref())) {
                        (Some(delegation), Some(caller)) => {
                            read.insert(file, Read { delegation, caller, changed: false });
                        }
                        _ => found.extend(
                            read.get(file.as_str())
                                .filter(|read| *read.caller == row.agent && is_over(records, read.delegation, row.at))
                                .map(|read| Reread {
                                    step: number,
                                    call: at,
                                    file: file.clone(),
                                    changed: read.changed,
                                }),
                        ),
                    }
                }
            }
        }
    }
    found
}

fn is_over(records: &Records, delegation: &DelegationId, at: Timestamp) -> bool {
    let closed = records.delegation(delegation).and_then(|delegation| delegation.closed.as_ref());
    closed.is_some_and(|closed| closed.at <= at)
}

/// An edit makes new what was read of its files; of all files where it does not say which.
fn forget(read: &mut BTreeMap<&str, Read<'_>>, edit: &Call) {
    for (file, read) in read.iter_mut() {
        read.changed |= edit.files.is_empty() || edit.files.iter().any(|edited| edited == file);
    }
}
