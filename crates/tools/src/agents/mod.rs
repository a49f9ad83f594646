//! The tools by which agents work together: a brief goes down, a report comes up, or the caller takes the work over.

mod delegate;
mod report;
mod take_over;

pub(crate) use delegate::Delegate;
pub(crate) use report::ReportTool;
pub use report::read_report;
pub(crate) use take_over::TakeOver;
