//! The words that every other crate shares: items, usage, money, ids, requests and replies in neutral form, briefs and
//! reports, and the small public event schema. Types only: no I/O, no policy, no provider's wire format (that is `wire`).

pub mod brain;
pub mod clock;
pub mod decision;
pub mod delegation;
pub mod error;
pub mod event;
pub mod ids;
pub mod item;
pub mod ledger;
pub mod money;
pub mod reply;
pub mod request;
pub mod route;
pub mod usage;

pub use brain::{Brain, Dialect, Effort};
pub use clock::{Clock, ManualClock, Timestamp};
pub use decision::{DECISION_NOTE, Decision, DecisionKind};
pub use delegation::{Brief, CommandReceipt, Evidence, FileChange, Receipt, Report, ReportStatus};
pub use error::{ErrorKind, ProviderError};
pub use event::{Event, EventBody};
pub use ids::{AgentId, CallId, DelegationId, SessionId, WindowId};
pub use item::{FragmentKind, Item, ToolOutcome};
pub use ledger::{LedgerRow, Purpose, RowOutcome};
pub use money::Usd;
pub use reply::{Reply, StopReason, StreamEvent};
pub use request::{
    Block, Breakpoint, ImageSource, Message, Position, Request, ResultPart, Role, Settings, ToolChoice, ToolSpec, Ttl,
};
pub use route::{Attempt, AttemptEnd, Learned, Outcome, Route, Signals, TaskType};
pub use usage::Usage;
