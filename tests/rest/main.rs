//! The REST face, asked as clients ask: every refusal, every route, every role.
mod auth;
mod documents;
mod errors;
mod files;
mod gates;
mod groups;
mod hostile;
mod house;
mod lists;
mod matrix;
mod page;
mod resources;
mod schema;
mod tokens;
