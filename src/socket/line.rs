//! The wire under a socket: a WebSocket's byte stream that can be cut from our side, notices a reader who does not read,
//! and counts what still waits to be read. Knows bytes, no protocol.
//!
//! Needed because a Socket.IO `disconnect` leaves the connection to the client's good will, fails when the socket's
//! buffer is full, and because a writer that waits for a full TCP window waits for ever.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use socketioxide::socket::Sid;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// One connection's wire, shared by its stream and its socket.
#[derive(Default)]
pub struct Line {
    cut: AtomicBool,
    /// Whether a byte stream hangs on it (not so for polling).
    attached: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    queued: AtomicU64,
    written: AtomicU64,
}

impl Line {
    /// Ends the stream at once; what was not yet written is lost.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.reader.wake();
        self.writer.wake();
    }

    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    /// Whether it has a byte stream.
    pub fn is_attached(&self) -> bool {
        self.attached.load(Ordering::Relaxed)
    }

    /// Counts bytes handed to the socket; answers how many then wait to be written. 0 without a byte stream, where a
    /// socket's buffer is bounded by its number of packets alone.
    pub fn queue(&self, bytes: u64) -> u64 {
        if !self.is_attached() {
            return 0;
        }
        // Frame headers count as written but not as queued: never let the one run ahead of the other.
        let written = self.written.load(Ordering::Relaxed);
        self.queued.fetch_max(written, Ordering::Relaxed);
        let queued = self.queued.fetch_add(bytes, Ordering::Relaxed) + bytes;
        queued.saturating_sub(written)
    }
}

/// Wires by the engine's session id: how a polling session that becomes a WebSocket finds its wire again.
#[derive(Default)]
pub struct Lines(Mutex<HashMap<Sid, Arc<Line>>>);

impl Lines {
    /// The wire of a session, made if there is none yet.
    pub fn of(&self, sid: Sid) -> Arc<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(sid).or_default().clone()
    }
    pub fn forget(&self, sid: Sid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&sid);
    }
}

/// A byte stream on a line.
pub struct Leash<S> {
    stream: S,
    line: Arc<Line>,
    /// How long a write may wait for the reader.
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    on_end: Option<Box<dyn FnOnce() + Send>>,
}

impl<S> Leash<S> {
    /// `on_end` runs when the stream is dropped.
    pub fn new(stream: S, line: Arc<Line>, patience: Duration, on_end: Box<dyn FnOnce() + Send>) -> Self {
        line.attached.store(true, Ordering::Relaxed);
        Self { stream, line, patience, waiting: None, on_end: Some(on_end) }
    }

    /// What a write that cannot go on right now comes to.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.line.writer.register(cx.waker());
        if self.line.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        if waiting.as_mut().poll(cx).is_ready() {
            self.line.cut();
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S> Drop for Leash<S> {
    fn drop(&mut self) {
        self.line.cut();
        if let Some(on_end) = self.on_end.take() {
            on_end();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Leash<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.line.reader.register(cx.waker());
        if self.line.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Leash<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Ready(result) => {
                self.waiting = None;
                if let Ok(count) = &result {
                    self.line.written.fetch_add(*count as u64, Ordering::Relaxed);
                }
                Poll::Ready(result)
            }
            Poll::Pending => self.wait(cx),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.line.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(result) => {
                self.waiting = None;
                Poll::Ready(result)
            }
            Poll::Pending => self.wait(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(cx) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => self.wait(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const LONG: Duration = Duration::from_secs(600);

    fn leash(
        capacity: usize,
        patience: Duration,
    ) -> (Leash<tokio::io::DuplexStream>, tokio::io::DuplexStream, Arc<Line>) {
        let (ours, theirs) = tokio::io::duplex(capacity);
        let line = Arc::new(Line::default());
        (Leash::new(ours, line.clone(), patience, Box::new(|| ())), theirs, line)
    }

    #[tokio::test]
    async fn a_cut_wakes_reader_and_writer() {
        let (leash, _theirs, line) = leash(8, LONG);
        let (mut read, mut write) = tokio::io::split(leash);
        let reading = tokio::spawn(async move { read.read_u8().await });
        let writing = tokio::spawn(async move { write.write_all(&[0; 64]).await });
        tokio::task::yield_now().await;
        line.cut();
        assert!(reading.await.unwrap().is_err());
        assert!(writing.await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_reader_who_does_not_read_is_cut_off() {
        let (mut leash, _theirs, line) = leash(8, Duration::from_millis(20));
        assert_eq!(leash.write_all(&[0; 64]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(line.is_cut());
    }

    #[tokio::test]
    async fn waiting_bytes_are_counted_and_headers_do_not_add_up() {
        let (mut leash, mut theirs, line) = leash(1 << 20, LONG);
        for _ in 0..1000 {
            assert_eq!(line.queue(100), 100);
            leash.write_all(&[0; 110]).await.unwrap();
            theirs.read_exact(&mut [0; 110]).await.unwrap();
        }
        assert_eq!(line.queue(50), 50);
        assert_eq!(line.queue(50), 100);
    }
}
