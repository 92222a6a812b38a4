//! The relay as the calls service sees it: a trait, so that tests can stand in for it, and the translation between the
//! relay's words and the Book's.

use std::time::Instant;

use charla_media::Media;
use charla_media::api::{
    Answer, Direction, Event, Offer, OfferError, ParticipantId, PathKind, Quality, RoomId, TransportId,
};
use futures_util::future::BoxFuture;

use crate::calls::CallError;
use crate::calls::book::act::{News, Participant, Room, Transport};
use crate::calls::quality::{self, Report};
use crate::event::IceServer;
use crate::model::PathName;

/// What calls ask of the relay. Commands count in the order of the calls and never fail: what is gone already changes
/// nothing.
pub trait MediaPlane: Send + Sync + 'static {
    fn open_room(&self, room: RoomId);
    /// Closes a room and drops everything in it, after a last quality report of each transport.
    fn close_room(&self, room: RoomId);
    /// Lets media flow to and from a participant, over `transport`.
    fn open_gate(&self, room: RoomId, participant: ParticipantId, transport: TransportId);
    /// Lets nothing of what a participant says be forwarded, whatever his gate; or lets it again.
    fn mute(&self, room: RoomId, participant: ParticipantId, muted: bool);
    fn drop_transport(&self, transport: TransportId);
    /// Answers a browser's offer: a new transport, or an ICE restart of one that is here. The offer counts from the
    /// call on, whether or not the future is awaited.
    fn offer(&self, offer: Offer) -> BoxFuture<'static, Result<Answer, OfferError>>;
    /// How a client reaches the relay beyond the candidates of its answers, with credentials made at `now` for one leg.
    fn ice_servers(&self, now: Instant, whose: &str) -> Vec<IceServer>;
}

/// The relay of this process, and the URLs under which it serves TURN.
pub struct Plane {
    pub media: Media,
    pub turn_urls: Vec<String>,
}

impl MediaPlane for Plane {
    fn open_room(&self, room: RoomId) {
        self.media.open_room(room);
    }
    fn close_room(&self, room: RoomId) {
        self.media.close_room(room);
    }
    fn open_gate(&self, room: RoomId, participant: ParticipantId, transport: TransportId) {
        self.media.gate(room, participant, transport, true);
    }
    fn mute(&self, room: RoomId, participant: ParticipantId, muted: bool) {
        self.media.mute(room, participant, muted);
    }
    fn drop_transport(&self, transport: TransportId) {
        self.media.drop_transport(transport);
    }
    fn offer(&self, offer: Offer) -> BoxFuture<'static, Result<Answer, OfferError>> {
        Box::pin(self.media.offer(offer))
    }
    fn ice_servers(&self, now: Instant, whose: &str) -> Vec<IceServer> {
        let Some(credential) = self.media.turn_credential(now, whose).filter(|_| !self.turn_urls.is_empty())
        else {
            return Vec::new();
        };
        vec![IceServer {
            urls: self.turn_urls.clone(),
            username: Some(credential.username),
            credential: Some(credential.password),
        }]
    }
}

/// A fact of the relay in the Book's words.
pub(super) enum Fact {
    Transport(Transport, News, Instant),
    RoomFailed(Room),
    /// Who speaks in a room now.
    Speaking(Room, Vec<Participant>),
    /// Not for the Book.
    Nothing,
}

pub(super) fn fact(event: Event) -> Fact {
    let (transport, news, at) = match event {
        Event::Up { transport, path, at, .. } => (transport, News::Up(path_name(path)), at),
        Event::Silent { transport, at, .. } => (transport, News::Silent, at),
        Event::Heard { transport, at, .. } => (transport, News::Heard, at),
        Event::PathChanged { transport, path, at, .. } => (transport, News::PathChanged(path_name(path)), at),
        Event::Quality { transport, quality, at, .. } => (transport, News::Quality(report(quality)), at),
        Event::Down { transport, reason, at, .. } => {
            tracing::debug!(transport = transport.0, ?reason, "a transport went down");
            (transport, News::Down, at)
        }
        Event::Slots { transport, slots, at, .. } => {
            let slots = slots.into_iter().map(|(index, p)| (index, Participant(p.0))).collect();
            (transport, News::Slots(slots), at)
        }
        Event::RoomFailed { room, .. } => return Fact::RoomFailed(Room(room.0)),
        Event::Speaking { room, speaking, .. } => {
            return Fact::Speaking(Room(room.0), speaking.into_iter().map(|p| Participant(p.0)).collect());
        }
        Event::FirstAudio { room, participant, .. } => {
            tracing::debug!(room = room.0, participant = participant.0, "first audio");
            return Fact::Nothing;
        }
    };
    Fact::Transport(Transport(transport.0), news, at)
}

fn path_name(path: PathKind) -> PathName {
    match path {
        PathKind::Udp => PathName::Udp,
        PathKind::IceTcp => PathName::IceTcp,
        PathKind::TurnTcp => PathName::TurnTcp,
        PathKind::TurnTls => PathName::TurnTls,
    }
}

fn report(quality: Quality) -> Report {
    let side = |d: Direction| quality::Direction {
        packets: d.packets,
        lost: d.lost,
        loss_pct: d.loss_pct,
        jitter_ms: d.jitter_ms,
    };
    Report { rtt_ms: quality.rtt_ms, up: side(quality.up), down: side(quality.down) }
}

pub(super) fn refusal(error: OfferError) -> CallError {
    match error {
        OfferError::NoRoom => CallError::ENDED,
        OfferError::BadSdp(why) => CallError::UnusableOffer(format!("the offer is not usable: {why}")),
        OfferError::Full => CallError::TooMany,
        OfferError::Crowded => CallError::Crowded,
        OfferError::NotYours => CallError::Internal,
        OfferError::Stopped => CallError::Unavailable,
    }
}
