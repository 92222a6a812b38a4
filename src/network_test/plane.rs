//! The relay as network tests see it: a trait, so that tests can stand in for it. Unlike a call, a network test wants
//! nothing back but the answer: the browser measures.

use charla_media::api::{Answer, Offer, OfferError, ParticipantId, RoomId, TransportId};
use futures_util::future::BoxFuture;

use super::live::Seat;

/// What network tests ask of the relay. Commands count in the order of the calls; what is gone changes nothing.
pub trait TestPlane: Send + Sync + 'static {
    fn open_room(&self, room: RoomId);
    /// Closes a room and drops everything in it.
    fn close_room(&self, room: RoomId);
    /// Lets media flow to and from a participant, over `transport`.
    fn open_gate(&self, room: RoomId, participant: ParticipantId, transport: TransportId);
    fn offer(&self, offer: Offer) -> BoxFuture<'static, Result<Answer, OfferError>>;
}

impl TestPlane for charla_media::Media {
    fn open_room(&self, room: RoomId) {
        Self::open_room(self, room);
    }
    fn close_room(&self, room: RoomId) {
        Self::close_room(self, room);
    }
    fn open_gate(&self, room: RoomId, participant: ParticipantId, transport: TransportId) {
        Self::gate(self, room, participant, transport, true);
    }
    fn offer(&self, offer: Offer) -> BoxFuture<'static, Result<Answer, OfferError>> {
        Box::pin(Self::offer(self, offer))
    }
}

pub(super) fn offer(seat: Seat, sdp: String) -> Offer {
    let Seat { room, participant, transport, .. } = seat;
    Offer { room, participant, transport, sdp }
}
