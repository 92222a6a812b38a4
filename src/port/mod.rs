//! The one port: accepts connections, looks at their first bytes and serves what they turn out to be. Owns listening,
//! TLS, the caps and the deadlines. Knows no service and no route: the router and the relay are handed to it.

pub mod authority;
pub mod caps;
pub mod classify;
#[cfg(test)]
mod first_bytes;
pub mod listen;
pub mod proxy;
mod stream;
pub mod tls;
mod web;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use bytes::BytesMut;
use charla_media::api::TunnelKind;
use charla_media::{Media, Tunnel};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::caps::Caps;
use self::classify::Kind;
use self::stream::{Looked, look, unwrap_proxy};
use crate::config::Network;
use crate::peer::Peer;
use crate::site::Site;

/// How long a client may take for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// To show by its first bytes what it speaks; again inside TLS.
    pub first_bytes: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the headers of a request, and from one request to the next (HTTP/1); for the answer to a ping (HTTP/2).
    pub headers: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// From ping to ping on an HTTP/2 connection.
    pub ping: Duration,
    /// For media on a tunnel to say something: browsers check every few seconds.
    pub tunnel: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            first_bytes: Duration::from_secs(5),
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(10),
            body: Duration::from_secs(15),
            ping: Duration::from_secs(20),
            tunnel: Duration::from_secs(40),
        }
    }
}

/// What connections are served with.
pub struct Port {
    pub tls: Arc<ServerConfig>,
    pub router: Router,
    pub media: Media,
    pub site: Arc<Site>,
    pub caps: Caps,
    pub trusted_proxies: Vec<Network>,
    pub deadlines: Deadlines,
}

/// Audio that waits in the kernel grows old: on a tunnel, only so many unsent bytes may.
const TUNNEL_UNSENT: u32 = 4096;
/// After the system refused a connection for want of descriptors.
const BREATH: Duration = Duration::from_millis(100);

impl Port {
    /// Accepts and serves until `stop`, then lets the requests in hand finish. Returns when all connections are
    /// closed: the caller decides how long he waits.
    pub async fn serve(self, listeners: Vec<TcpListener>, stop: CancellationToken) {
        let port = Arc::new(self);
        let connections = TaskTracker::new();
        let loops = TaskTracker::new();
        for listener in listeners {
            loops.spawn(port.clone().accept(listener, connections.clone(), stop.clone()));
        }
        loops.close();
        loops.wait().await;
        connections.close();
        connections.wait().await;
    }

    async fn accept(
        self: Arc<Self>,
        listener: TcpListener,
        connections: TaskTracker,
        stop: CancellationToken,
    ) {
        let refused = AtomicU64::new(0);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.cancelled() => return,
            };
            let (stream, remote) = match accepted {
                Ok(accepted) => accepted,
                Err(e) if is_passing(&e) => continue,
                Err(e) => {
                    tracing::warn!(error = %e, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
            let proxied = self.trusted_proxies.iter().any(|proxy| proxy.contains(remote.ip()));
            let permit = if proxied { self.caps.take_for_proxy() } else { self.caps.take(remote.ip()) };
            match permit {
                Ok(permit) => {
                    let (port, stop) = (self.clone(), stop.clone());
                    connections.spawn(async move {
                        if proxied {
                            port.proxied(stream, remote, permit, &stop).await;
                        } else {
                            port.connection(stream, BytesMut::new(), remote, permit, &stop).await;
                        }
                    });
                }
                Err(full) => {
                    // The first, the second, the fourth …: a flood must not flood the log.
                    let count = refused.fetch_add(1, Ordering::Relaxed) + 1;
                    if count.is_power_of_two() {
                        tracing::warn!(?full, count, "connections over the limit are refused");
                    }
                }
            }
        }
    }

    /// A connection of a trusted proxy. Without a header it is closed: whoever is behind the proxy could write one else.
    async fn proxied(
        &self,
        mut stream: TcpStream,
        proxy: SocketAddr,
        mut permit: caps::Permit,
        stop: &CancellationToken,
    ) {
        let unwrapped = tokio::select! {
            unwrapped = unwrap_proxy(&mut stream, self.deadlines.first_bytes) => unwrapped,
            () = stop.cancelled() => None,
        };
        let Some((client, seen)) = unwrapped else {
            return tracing::debug!(%proxy, "a proxy's connection without a PROXY header is closed");
        };
        let remote = client.unwrap_or(proxy);
        match self.caps.give(&mut permit, remote.ip()) {
            Ok(()) => self.connection(stream, seen, remote, permit, stop).await,
            Err(full) => tracing::debug!(?full, "a proxied connection over the limit is closed"),
        }
    }

    async fn connection(
        &self,
        stream: TcpStream,
        seen: BytesMut,
        remote: SocketAddr,
        permit: caps::Permit,
        stop: &CancellationToken,
    ) {
        let permit = Some(Arc::new(permit));
        let looked = tokio::select! {
            looked = look(stream, seen, permit, self.deadlines.first_bytes) => looked,
            () = stop.cancelled() => None,
        };
        match looked {
            Some((Kind::Tls, stream)) => self.secure(stream, remote, stop).await,
            Some((Kind::IceTcp, stream)) => {
                hurry(stream.inner());
                self.tunnel(stream, remote, TunnelKind::IceTcp, stop).await;
            }
            Some((Kind::Turn, stream)) => {
                hurry(stream.inner());
                self.tunnel(stream, remote, TunnelKind::Turn { tls: false }, stop).await;
            }
            Some((Kind::Http, stream)) => web::redirect(stream, &self.site, &self.deadlines).await,
            None => {}
        }
    }

    async fn secure(&self, stream: Looked<TcpStream>, remote: SocketAddr, stop: &CancellationToken) {
        let acceptor = TlsAcceptor::from(self.tls.clone());
        let handshake = tokio::time::timeout(self.deadlines.handshake, acceptor.accept(stream));
        let mut stream = match handshake.await {
            Ok(Ok(stream)) => stream,
            Ok(Err(e)) => return tracing::debug!(error = %e, "a TLS handshake failed"),
            Err(_) => return tracing::debug!("a TLS handshake took too long"),
        };
        stream.get_mut().1.set_buffer_limit(Some(TLS_BUFFER));
        let looked = tokio::select! {
            looked = look(stream, BytesMut::new(), None, self.deadlines.first_bytes) => looked,
            () = stop.cancelled() => None,
        };
        match looked {
            Some((Kind::Http, stream)) => {
                let peer = Peer { address: remote };
                web::serve(stream, peer, self.router.clone(), &self.deadlines, stop).await;
            }
            // A TURN client says no ALPN: whoever may have chosen h2 before shows here what it speaks.
            Some((Kind::Turn, stream)) => {
                hurry(stream.inner().get_ref().0.inner());
                self.tunnel(stream, remote, TunnelKind::Turn { tls: true }, stop).await;
            }
            // These make no sense in here.
            Some((Kind::Tls | Kind::IceTcp, _)) | None => {}
        }
    }

    async fn tunnel<S>(
        &self,
        stream: Looked<S>,
        remote: SocketAddr,
        kind: TunnelKind,
        stop: &CancellationToken,
    ) where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let tunnel = self.media.tunnel(remote, kind);
        tokio::select! {
            () = pump(stream, &tunnel, self.deadlines.tunnel) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Lets little of what is sent wait in the kernel.
fn hurry(stream: &TcpStream) {
    if let Err(e) = socket2::SockRef::from(stream).set_tcp_notsent_lowat(TUNNEL_UNSENT) {
        tracing::debug!(error = %e, "audio over TCP may be late");
    }
}

/// Plain text that waits for encryption at most, bytes.
const TLS_BUFFER: usize = 32 * 1024;

/// Carries bytes both ways until either side has done, or the far side is silent.
async fn pump<S>(stream: Looked<S>, tunnel: &Tunnel, silence: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut reader, mut writer) = tokio::io::split(stream);
    let up = async {
        let mut buffer = vec![0; 4096];
        while let Ok(Ok(1..)) = tokio::time::timeout(silence, async {
            let n = reader.read(&mut buffer).await?;
            tunnel.push(&buffer[..n]).map_err(io::Error::other)?;
            io::Result::Ok(n)
        })
        .await
        {}
    };
    let down = async {
        while let Some(bytes) = tunnel.next().await {
            // TLS keeps what the socket would not take until it is flushed.
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// The peer went away before we came; the next one may be fine.
fn is_passing(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(e.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
