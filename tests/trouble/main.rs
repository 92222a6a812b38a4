//! What befalls a server that runs for years: everybody comes back at once, its database goes away, its clock jumps.
#![allow(clippy::disallowed_methods)]

mod clock;
mod database;
mod herd;

#[path = "../support"]
mod support {
    pub mod mongod;
    pub mod pair;
    pub mod phone;
    pub mod server;
    pub mod socket;
}

/// Waits until something holds.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    assert!(
        tokio::time::timeout(2 * support::socket::DEADLINE, waiting).await.is_ok(),
        "never happened: {what}"
    );
}
