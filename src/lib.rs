//! Charla: a self-hosted chat and voice-call server. This file wires the rooms together and owns nothing else.
pub mod accounts;
pub mod calls;
pub mod chat;
pub mod clock;
pub mod code;
pub mod config;
pub mod event;
pub mod http;
pub mod ids;
pub mod limit;
pub mod model;
pub mod peer;
pub mod policy;
pub mod random;
pub mod site;
pub mod socket;
pub mod store;
