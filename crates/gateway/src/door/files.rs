//! How many files the process may have open: a connection to a client and one to its upstream each take one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open beside connections.
const OTHERS: u64 = 256;

/// Raises the process's own limit towards what this many connections need, as far as the system lets it.
pub(crate) fn raise(connections: usize) {
    let wanted = (connections as u64).saturating_mul(2).saturating_add(OTHERS);
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|current| *current < wanted) else { return };
    let raised = limit.maximum.map_or(wanted, |most| most.min(wanted));
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }) {
        tracing::warn!(%error, current, wanted, "the limit of open files stays as it is; under load connections will be refused");
    } else if raised < wanted {
        tracing::warn!(raised, wanted, "the system allows fewer open files than the connection limit needs");
    }
}
