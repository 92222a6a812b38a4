//! Calls: who calls whom, who answers, when media may flow, and the record that stays. Owns the machines of a leg and
//! of a call, the Book of all live calls, and the one task that holds it. Knows no socket and no HTTP; only `service`
//! knows the relay, and SDP never enters the Book.

pub mod book;
pub mod call;
mod change;
mod error;
mod figures;
mod fingerprint;
pub mod leg;
mod limits;
pub mod media;
mod mos;
pub mod now;
pub mod quality;
pub mod record;
pub mod service;
pub mod stats;
mod timeline;
pub mod verdict;
#[cfg(test)]
mod walks;

pub use error::CallError;
pub use limits::Limits;
