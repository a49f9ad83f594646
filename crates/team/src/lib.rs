//! Teams: the YAML file that declares agents, verification, budget and caching, read strictly and resolved to what the
//! runtime works with. It runs nothing, asks no provider and opens no file: it gets text, and says with file, line and
//! column what is wrong with it.

mod builtin;
mod effort;
mod error;
mod load;
mod resolve;
mod schema;
mod settings;
mod show;
mod spec;
mod tools;

pub use builtin::{builtin, builtin_names};
pub use catalogue::ModelRef;
pub use effort::{Choice, UnknownEffort, split_effort};
pub use error::{TeamError, TeamErrorKind};
pub use load::{LoadOptions, alias_names, load};
pub use schema::json_schema;
pub use settings::{CacheSettings, CompactAt, Compaction, ContextMode, EscalateTo, KeepWarm, PrefixLife};
pub use show::Field;
pub use spec::{AgentSpec, Audience, Budget, Limits, Role, Team, VerifyEntry};
