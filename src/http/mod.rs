//! The REST face, the documents beside it and the page: how the services look over HTTP. Knows services and no store.

mod health;

use std::sync::Arc;

pub use health::Health;

use crate::accounts::Accounts;
use crate::calls::service::Calls;
use crate::clock::Clock;
use crate::config;
use crate::random::Random;
use crate::site::Site;

/// What `/trust` offers when this server's certificate comes from its own CA.
#[derive(Clone, Debug)]
pub struct TrustPage {
    /// The CA's certificate, PEM.
    pub ca_pem: String,
    /// Its SHA-256, as browsers and systems show it: `AB:CD:…`.
    pub fingerprint: String,
    /// The names and addresses the server's certificate is for.
    pub names: Vec<String>,
}

/// What the router works with.
#[derive(Clone)]
pub struct HttpDeps {
    pub accounts: Arc<Accounts>,
    pub calls: Calls,
    pub health: Arc<dyn Health>,
    pub site: Arc<Site>,
    pub trust: Option<TrustPage>,
    pub limits: config::Limits,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<Random>,
}

/// Everything this server answers over HTTP but `/socket.io/`.
pub fn router(_deps: HttpDeps) -> axum::Router {
    axum::Router::new()
}
