//! A byte stream whose first bytes were looked at, and which holds its connection's place for as long as it lives.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::caps::Permit;
use super::classify::{ENOUGH, Kind, Verdict, classify};
use super::proxy;

/// A stream that gives out `seen` before it reads on.
#[derive(Debug)]
pub struct Looked<S> {
    seen: BytesMut,
    inner: S,
    /// Given back when the stream is gone: an upgraded connection (a WebSocket) outlives its HTTP.
    _permit: Option<Arc<Permit>>,
}

/// Takes the PROXY header off a connection of a proxy: whose it is (`None` where the proxy speaks for itself), and what
/// came behind the header. `None` in all if it is not there within `patience`.
pub async fn unwrap_proxy<S>(inner: &mut S, patience: Duration) -> Option<(Option<SocketAddr>, BytesMut)>
where
    S: AsyncRead + Unpin,
{
    let mut seen = BytesMut::with_capacity(proxy::LONGEST);
    let reading = async {
        loop {
            match proxy::read(&seen) {
                proxy::Verdict::Header(header) => return Some(header),
                proxy::Verdict::None | proxy::Verdict::Broken => return None,
                proxy::Verdict::More => {}
            }
            let mut buffer = [0; 256];
            match inner.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(n) => seen.extend_from_slice(&buffer[..n]),
            }
        }
    };
    let header = tokio::time::timeout(patience, reading).await.ok().flatten()?;
    seen.advance(header.length);
    Some((header.client, seen))
}

/// Reads until the first bytes, of which some may have been `seen`, tell what the stream carries. `None` if they tell nothing we speak, or if they do not
/// come within `patience`.
pub async fn look<S>(
    mut inner: S,
    mut seen: BytesMut,
    permit: Option<Arc<Permit>>,
    patience: Duration,
) -> Option<(Kind, Looked<S>)>
where
    S: AsyncRead + Unpin,
{
    let kind = tokio::time::timeout(patience, async {
        loop {
            match classify(&seen) {
                Verdict::Known(kind) => return Some(kind),
                Verdict::Foreign => return None,
                Verdict::More => {}
            }
            let room = ENOUGH.saturating_sub(seen.len()).max(1);
            let mut buffer = [0; ENOUGH];
            match inner.read(&mut buffer[..room]).await {
                Ok(0) | Err(_) => return None,
                Ok(n) => seen.extend_from_slice(&buffer[..n]),
            }
        }
    });
    let kind = kind.await.ok().flatten()?;
    Some((kind, Looked { seen, inner, _permit: permit }))
}

impl<S> Looked<S> {
    /// The stream below.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Looked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.seen.is_empty() {
            return Pin::new(&mut self.inner).poll_read(cx, buf);
        }
        let n = self.seen.len().min(buf.remaining());
        buf.put_slice(&self.seen[..n]);
        self.seen.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Looked<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn what_was_looked_at_is_read_again() {
        let (mut near, far) = tokio::io::duplex(64);
        let writer = tokio::spawn(async move {
            for byte in b"GET / HTTP/1.1\r\nand all the rest" {
                near.write_all(&[*byte]).await.unwrap();
            }
        });
        let (kind, mut stream) = look(far, BytesMut::new(), None, PATIENCE).await.unwrap();
        assert_eq!(kind, Kind::Http);
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "GET / HTTP/1.1\r\nand all the rest");
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn silence_an_early_end_and_foreign_bytes_are_nothing() {
        let (_near, far) = tokio::io::duplex(64);
        assert!(look(far, BytesMut::new(), None, Duration::from_millis(20)).await.is_none());
        let (near, far) = tokio::io::duplex(64);
        drop(near);
        assert!(look(far, BytesMut::new(), None, PATIENCE).await.is_none());
        let (mut near, far) = tokio::io::duplex(64);
        near.write_all(b"SSH-2.0").await.unwrap();
        assert!(look(far, BytesMut::new(), None, PATIENCE).await.is_none());
    }
}
