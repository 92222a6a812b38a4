//! What a running server does again and again until it stops: ends what has expired, learns what other processes ended,
//! takes new certificates. Knows the services it calls, and none of what they do.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::accounts::Accounts;
use crate::chat::Chat;
use crate::clock::Clock;
use crate::config::Config;
use crate::files::Files;
use crate::port::tls::Certificates;
use crate::startup::addresses::{self, Machine};

const TICK: Duration = Duration::from_secs(1);
const NOTICE_EVERY: Duration = Duration::from_secs(1);
const COLLECT_EVERY: Duration = Duration::from_secs(10);
const EXPIRE_EVERY: Duration = Duration::from_secs(10);
const CERTIFICATE_EVERY: Duration = Duration::from_secs(10);

/// Ends sessions that have expired, every few seconds.
pub(crate) async fn expire(accounts: Arc<Accounts>, stop: CancellationToken) {
    while !pause(EXPIRE_EVERY, &stop).await {
        if let Err(e) = accounts.expire().await {
            tracing::warn!(error = %e, "expired sessions could not be ended");
        }
    }
}

/// Ends every second what ends by itself: typing, and being here without a device.
pub(crate) async fn tick(chat: Arc<Chat>, stop: CancellationToken) {
    while !pause(TICK, &stop).await {
        chat.tick().await;
    }
}

/// Learns every second which sessions another process has ended.
pub(crate) async fn notice(accounts: Arc<Accounts>, stop: CancellationToken) {
    while !pause(NOTICE_EVERY, &stop).await {
        if let Err(e) = accounts.notice().await {
            tracing::warn!(error = %e, "no look at what other processes ended");
        }
    }
}

/// Forgets files that were given up, every few seconds.
pub(crate) async fn collect(files: Arc<Files>, stop: CancellationToken) {
    while !pause(COLLECT_EVERY, &stop).await {
        if let Err(e) = files.collect().await {
            tracing::warn!(error = %e, "files that were given up could not be removed");
        }
    }
}

/// Takes new certificates as they come or are due.
pub(crate) async fn renew(
    certificates: Arc<Certificates>,
    config: Config,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let mut last_complaint = String::new();
    while !pause(CERTIFICATE_EVERY, &stop).await {
        let (certificates, config, now) = (certificates.clone(), config.clone(), clock.now());
        // Files are read, keys are made.
        let refreshed = tokio::task::spawn_blocking(move || {
            certificates.refresh(&addresses::names(&config, &Machine::here()), now)
        });
        match refreshed.await {
            Ok(Ok(fresh)) => {
                if fresh {
                    tracing::info!("a new certificate is in use");
                }
                last_complaint.clear();
            }
            Ok(Err(e)) if e.to_string() == last_complaint => {}
            Ok(Err(e)) => {
                last_complaint = e.to_string();
                tracing::error!(error = %e, "the new certificate cannot be used, the old one stays");
            }
            Err(e) => tracing::error!(error = %e, "looking for a new certificate failed"),
        }
    }
}

/// True if the server stops meanwhile.
async fn pause(time: Duration, stop: &CancellationToken) -> bool {
    tokio::time::timeout(time, stop.cancelled()).await.is_ok()
}
