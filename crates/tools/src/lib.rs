//! What agents can do: the tool trait, the registry, and the tools themselves (files, search, edit, shell, git, delegation).
//! The one place that touches the user's files and starts processes. No models, no transcripts: those are `runtime`'s.

mod agents;
mod arguments;
mod ask_user;
mod builtin;
mod evidence;
mod filesystem;
mod git;
pub mod host;
mod images;
pub mod permissions;
mod plan;
mod session;
mod shell;
pub mod snapshot;
pub mod tool;
mod verify;

pub use agents::read_report;
pub use builtin::{UnknownTool, known_tools, registry};
pub use evidence::place_exists;
pub use filesystem::ledger::SeenFile;
pub use git::{Commit, DiffOf, RangeError, commit, diff_of};
pub use host::{Approval, ApprovalRequest, CheckResult, DelegationAnswer, Host, PlanStatus, PlanStep, Settled};
pub use images::{Image, MOST_IMAGES, read_images};
pub use permissions::{ApprovalMode, Guards, Wall};
pub use session::{SessionTools, SessionToolsConfig};
pub use shell::check::{CheckOutcome, run_check};
pub use shell::person::{PersonsRun, run_for_person};
pub use shell::wall::WallFell;
pub use tool::{Effect, Registry, Tool, ToolContext, ToolError, ToolOutput};
