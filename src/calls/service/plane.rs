//! The relay as the calls service sees it: a trait, so that tests can stand in for it.

use async_trait::async_trait;
use charla_media::api::{Answer, Offer, OfferError, ParticipantId, RoomId, TransportId};

/// What calls ask of the relay. Commands are taken in order and never fail: what is gone already changes nothing.
#[async_trait]
pub trait MediaPlane: Send + Sync + 'static {
    fn open_room(&self, room: RoomId);
    /// Closes a room and drops everything in it, after a last quality report of each transport.
    fn close_room(&self, room: RoomId);
    /// Opens (choosing `transport`) or shuts a participant's gate.
    fn gate(&self, room: RoomId, participant: ParticipantId, transport: TransportId, open: bool);
    fn drop_transport(&self, transport: TransportId);
    fn leave(&self, room: RoomId, participant: ParticipantId);
    /// Answers a browser's offer: a new transport, or an ICE restart of one that is here.
    async fn offer(&self, offer: Offer) -> Result<Answer, OfferError>;
}
