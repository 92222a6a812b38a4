//! A tunnel: one accepted byte stream that carries media, as its pump sees it. Owns the queue of what is to be
//! written and the bounds in both directions; knows no socket, no STUN, no RTP beyond its first byte, no clock.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use thiserror::Error;

use crate::api::TunnelId;
use crate::shard::{Command, Commands};

/// Bytes that wait for a tunnel's writer, and those that wait for the relay, at most.
pub const TUNNEL_BUFFER: usize = 64 * 1024;

/// Bytes handed to the writer at once at most, so that what it holds does not grow old in its hands.
const CHUNK: usize = 16 * 1024;

/// The relay or the other end closed the tunnel.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the tunnel is closed")]
pub struct TunnelClosed;

/// One byte stream that carries media. Dropping it closes it.
///
/// A pump reads the stream into [`push`](Self::push) and writes what [`next`](Self::next) yields, both through
/// a shared reference, so that the two directions may wait for themselves.
#[derive(Debug)]
pub struct Tunnel {
    id: TunnelId,
    pipe: Arc<Pipe>,
    commands: Commands,
}

impl Tunnel {
    /// A tunnel and the relay's end of it.
    pub(crate) fn new(id: TunnelId, commands: Commands) -> (Tunnel, NearEnd) {
        let pipe = Arc::new(Pipe::default());
        (Tunnel { id, pipe: Arc::clone(&pipe), commands }, NearEnd(pipe))
    }

    /// Takes bytes as they come from the stream, cut anywhere. What the relay has no time for, beyond
    /// [`TUNNEL_BUFFER`], is refused with the tunnel: a byte stream with a hole in it cannot be read on.
    ///
    /// # Errors
    /// The tunnel is closed: the pump should close the stream.
    pub fn push(&self, bytes: &[u8]) -> Result<(), TunnelClosed> {
        if self.pipe.lock().closed {
            return Err(TunnelClosed);
        }
        if self.pipe.upward.fetch_add(bytes.len(), Ordering::Relaxed) > TUNNEL_BUFFER {
            self.pipe.close();
            return Err(TunnelClosed);
        }
        let bytes = Bytes::copy_from_slice(bytes);
        self.commands.send(Command::TunnelBytes { id: self.id, bytes }).map_err(|_| TunnelClosed)
    }

    /// The next bytes to write to the stream, framed; `None` once the tunnel is closed. One caller at a time.
    /// Cancel safe: what was not yielded is yielded to the next call.
    pub async fn next(&self) -> Option<Bytes> {
        poll_fn(|context| self.pipe.poll_next(context)).await
    }

    /// Frames dropped so far because the stream was too slow.
    pub fn dropped(&self) -> u64 {
        self.pipe.lock().dropped
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.pipe.close();
        // Nobody to tell when the shard is gone: its tunnels are gone with it.
        let _ = self.commands.send(Command::TunnelClosed(self.id));
    }
}

/// The relay's end of a pipe. Dropping it closes the tunnel.
#[derive(Debug)]
pub(crate) struct NearEnd(Arc<Pipe>);

impl NearEnd {
    #[cfg(test)]
    pub(crate) fn unheard() -> NearEnd {
        NearEnd(Arc::default())
    }

    /// One whose pump is a function that yields what was written since it was last called.
    #[cfg(test)]
    pub(crate) fn heard() -> (NearEnd, impl Fn() -> Vec<u8>) {
        let pipe = Arc::new(Pipe::default());
        let near = NearEnd(Arc::clone(&pipe));
        (near, move || {
            let mut down = pipe.lock();
            std::iter::from_fn(|| down.take_chunk()).flatten().collect()
        })
    }

    /// Queues one framed datagram for the writer. If it does not fit, the oldest audio goes, then the oldest
    /// of anything: whoever listens over a slow path hears the present.
    pub(crate) fn write(&self, bytes: Bytes, audio: bool) {
        self.0.write(bytes, audio);
    }

    /// So many bytes of what was pushed have been served.
    pub(crate) fn served(&self, bytes: usize) {
        self.0.upward.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for NearEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What the pump and the shard share.
#[derive(Debug, Default)]
struct Pipe {
    downward: Mutex<Downward>,
    /// Bytes pushed and not yet served.
    upward: AtomicUsize,
}

#[derive(Debug, Default)]
struct Downward {
    frames: VecDeque<Frame>,
    bytes: usize,
    dropped: u64,
    closed: bool,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Frame {
    bytes: Bytes,
    audio: bool,
}

impl Pipe {
    fn write(&self, bytes: Bytes, audio: bool) {
        let waker = {
            let mut down = self.lock();
            if down.closed {
                return;
            }
            down.bytes += bytes.len();
            down.frames.push_back(Frame { bytes, audio });
            while down.bytes > TUNNEL_BUFFER && down.drop_oldest() {}
            down.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the stream for the pump: what is queued goes with it.
    fn close(&self) {
        let waker = {
            let mut down = self.lock();
            down.closed = true;
            down.frames.clear();
            down.bytes = 0;
            down.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll_next(&self, context: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut down = self.lock();
        if down.closed {
            return Poll::Ready(None);
        }
        if let Some(chunk) = down.take_chunk() {
            return Poll::Ready(Some(chunk));
        }
        down.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Every critical section leaves the queue whole, so a poisoned lock holds nothing broken.
    fn lock(&self) -> MutexGuard<'_, Downward> {
        self.downward.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Downward {
    fn drop_oldest(&mut self) -> bool {
        let oldest_audio = self.frames.iter().position(|frame| frame.audio).unwrap_or(0);
        let Some(frame) = self.frames.remove(oldest_audio) else { return false };
        self.bytes -= frame.bytes.len();
        self.dropped += 1;
        true
    }

    fn take_chunk(&mut self) -> Option<Bytes> {
        let first = self.frames.pop_front()?.bytes;
        self.bytes -= first.len();
        let fits = |taken: usize, frame: &Frame| taken + frame.bytes.len() <= CHUNK;
        if !self.frames.front().is_some_and(|frame| fits(first.len(), frame)) {
            return Some(first);
        }
        let mut chunk = BytesMut::from(first);
        while let Some(frame) = self.frames.pop_front_if(|frame| fits(chunk.len(), frame)) {
            self.bytes -= frame.bytes.len();
            chunk.extend_from_slice(&frame.bytes);
        }
        Some(chunk.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(tag: u8, len: usize) -> Bytes {
        Bytes::from(vec![tag; len])
    }

    fn next(pipe: &Pipe) -> Option<Bytes> {
        match pipe.poll_next(&Context::from_waker(Waker::noop())) {
            Poll::Ready(chunk) => chunk,
            Poll::Pending => Some(Bytes::new()),
        }
    }

    #[test]
    fn a_slow_writer_loses_the_oldest_audio_and_nothing_else() {
        let pipe = Pipe::default();
        pipe.write(frame(1, 100), false);
        for tag in 0..100 {
            pipe.write(frame(100 + tag, 1000), true);
        }
        let mut got = Vec::new();
        loop {
            let chunk = next(&pipe).unwrap();
            if chunk.is_empty() {
                break;
            }
            assert!(chunk.len() <= CHUNK);
            got.extend_from_slice(&chunk);
        }
        assert!(got.len() <= TUNNEL_BUFFER, "{}", got.len());
        assert_eq!(got[0], 1, "the handshake is kept");
        let audio: Vec<u8> = got[100..].chunks(1000).map(|frame| frame[0]).collect();
        let kept = audio.len();
        assert_eq!(audio, (0..100).skip(100 - kept).map(|tag| 100 + tag).collect::<Vec<u8>>(), "the newest");
        assert_eq!(pipe.lock().dropped, 100 - kept as u64);
        assert_eq!(pipe.lock().bytes, 0);
    }

    #[test]
    fn without_audio_the_oldest_goes() {
        let pipe = Pipe::default();
        for tag in 0..70 {
            pipe.write(frame(tag, 1000), false);
        }
        assert_eq!(next(&pipe).unwrap()[0], 5);
    }

    #[test]
    fn a_frame_larger_than_the_bound_is_dropped_itself() {
        let pipe = Pipe::default();
        pipe.write(frame(1, TUNNEL_BUFFER + 1), true);
        assert_eq!(next(&pipe), Some(Bytes::new()));
    }

    #[test]
    fn closing_wakes_the_writer_and_frees_the_queue() {
        let pipe = Pipe::default();
        pipe.write(frame(1, 10), true);
        pipe.close();
        assert_eq!(next(&pipe), None);
        pipe.write(frame(1, 10), true);
        assert_eq!(pipe.lock().frames.len(), 0);
    }
}
