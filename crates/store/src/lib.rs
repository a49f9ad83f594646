//! What survives the process: sessions, windows with their rendered prefix, transcripts, inputs, tool runs, delegations,
//! the ledger, the public events, attempts at tasks and what came of them, versions of the learned router, requests through the
//! gateway. One SQLite file; one
//! [`Store::commit`] is one durable write, all or nothing.
//!
//! Not for: deciding anything (the runtime does), rendering (`wire` does; its bytes are kept here as they are), keys and
//! other secrets (they never come here), telling the time (every moment is an argument).

mod attempts;
mod column;
mod commit;
mod cost;
mod database;
mod error;
mod gateway;
mod history;
mod lookup;
mod read;
mod record;
mod router;
mod schema;

pub use attempts::{AttemptFilter, AttemptRecord, OutcomeRecord};
pub use cost::{By, Cost};
pub use database::{FaultPlan, Store};
pub use error::StoreError;
pub use gateway::GatewayRequest;
pub use history::{ChangingCall, TranscriptItem, WindowOpening};
pub use record::{
    ASIDE_NOTE, DelegationClosed, DelegationRecord, InputMode, InputRecord, NoteRecord, SessionRecord, SessionSummary,
    StoredItem, ToolDone, ToolIntent, ToolRun, WindowRecord, Write,
};
pub use router::{RouterRecord, RouterState};
pub use schema::VERSION as SCHEMA_VERSION;
