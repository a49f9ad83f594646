//! The bytes there and back.

mod attempt;
mod estimate;
pub(crate) mod headers;
mod job;
mod live;
pub(crate) mod off_loop;
mod relay;
mod reply;
mod send;
mod splice;
mod target;
mod trial;
mod usage_chunk;
mod watch;
mod whole;

pub(crate) use job::Demand;
pub(crate) use reply::answer;
