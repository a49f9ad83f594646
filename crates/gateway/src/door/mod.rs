//! Sockets, limits, who may come in.

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod files;
pub(crate) mod guard;
pub(crate) mod line;
pub(crate) mod paths;
pub(crate) mod phase;
pub(crate) mod strict;
