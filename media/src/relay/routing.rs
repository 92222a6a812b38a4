//! What the relay does with a datagram: finds its transport by ufrag or by path, and carries media from one
//! transport to others. The path of every packet in a call.

use std::net::SocketAddr;
use std::time::Instant;

use super::*;
use crate::speakers::Sound;

impl Relay {
    pub(super) fn handle_stun(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        let Some(request) = BindingRequest::parse(bytes) else {
            self.drops.malformed += 1;
            return;
        };
        let (Some(&index), Some(from)) = (self.legs_by_ufrag.get(request.local_ufrag), self.remote(path))
        else {
            self.drops.unknown += 1;
            return;
        };
        // Nobody takes a path from one who is heard on it: the address would be forged.
        let taken = self.legs_by_path.get(&path).filter(|other| **other != index);
        let other = taken.and_then(|other| self.legs.get(*other));
        if other.is_some_and(|other| other.transport.paths().speaks_on(now, path)) {
            self.drops.unauthentic += 1;
            return;
        }
        let Some(routing) =
            self.with(now, index, |leg, cx| leg.transport.check(cx, &request, path, from)).flatten()
        else {
            self.drops.unauthentic += 1;
            return;
        };
        self.route(index, routing);
        self.settle(now, index);
    }

    pub(super) fn handle_dtls(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        let Some(&index) = self.legs_by_path.get(&path) else {
            self.drops.unknown += 1;
            return;
        };
        self.with(now, index, |leg, cx| leg.transport.handshake(cx, bytes));
        self.settle(now, index);
    }

    pub(super) fn handle_rtcp(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        let Some(&index) = self.legs_by_path.get(&path) else {
            self.drops.unknown += 1;
            return;
        };
        if self.with(now, index, |leg, cx| leg.transport.control(cx, path, bytes)) != Some(true) {
            self.drops.unauthentic += 1;
        }
        self.report_facts(now, index);
    }

    pub(super) fn handle_rtp(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        let Some(&index) = self.legs_by_path.get(&path) else {
            self.drops.unknown += 1;
            return;
        };
        // Out of the relay while it is read: every receiver's transport is reached through `self`.
        let mut opened = std::mem::take(&mut self.opened);
        let open = |leg: &mut Leg, _: &mut Context<'_>| leg.transport.open(now, path, bytes, &mut opened);
        let authentic = self.with(now, index, open) == Some(true);
        let forwarded = authentic && self.forward(now, index, &opened);
        self.opened = opened;
        if !authentic {
            self.drops.unauthentic += 1;
            return;
        }
        if forwarded {
            self.first_audio(now, index);
        }
        if self.legs.get(index).is_some_and(|leg| leg.transport.is_missing()) {
            self.settle(now, index);
        } else {
            self.report_facts(now, index);
        }
    }

    /// Sends an opened packet to everyone who hears its participant; true when it went to someone.
    fn forward(&mut self, now: Instant, index: usize, opened: &[u8]) -> bool {
        let mut cx =
            Context { now, clock: &self.clock, outgoing: &mut self.outgoing, scratch: &mut self.scratch };
        let Some(leg) = self.legs.get_mut(index) else { return false };
        let Some(packet) = leg.transport.receive(&mut cx, opened) else {
            self.drops.malformed += 1;
            return false;
        };
        let (room, whose) = (leg.room, leg.participant);
        let Some(home) = self.rooms.get_mut(room) else { return false };
        let Some(speaker) = home.participants.get(whose) else { return false };
        let open = match speaker.gate {
            Gate::Open { transport, epoch, .. } if transport == index => Some(epoch),
            Gate::Open { .. } | Gate::Shut => None,
        };
        let Some(epoch) = open else {
            self.drops.shut += 1;
            return false;
        };
        if speaker.muted {
            self.drops.muted += 1;
            return false;
        }
        let sound = Sound { level: packet.level, bytes: packet.payload.len() };
        if let Some(due) = home.hear(now, whose, sound) {
            self.room_timers.arm(room, Some(due));
        }
        let Some(speaker) = home.participants.get(whose) else { return false };
        let source = Source { epoch, ssrc: packet.ssrc };
        let mut forwarded = false;
        for route in &speaker.routes {
            if let Some(receiver) = self.legs.get_mut(route.transport) {
                forwarded |= receiver.transport.send(&mut cx, route.slot, source, speaker.id.csrc(), &packet);
            }
        }
        forwarded
    }

    /// Reports the first packet that was forwarded after a gate opened.
    fn first_audio(&mut self, now: Instant, index: usize) {
        let Some(leg) = self.legs.get(index) else { return };
        let Some(room) = self.rooms.get_mut(leg.room) else { return };
        let id = room.id;
        let Some(speaker) = room.participants.get_mut(leg.participant) else { return };
        if let Gate::Open { forwarded, .. } = &mut speaker.gate
            && !std::mem::replace(forwarded, true)
        {
            let (participant, transport) = (speaker.id, leg.id);
            self.events.push_back(Event::FirstAudio { room: id, participant, transport, at: now });
        }
    }

    /// Keeps the tables in step with what a check proved.
    fn route(&mut self, index: usize, routing: Routing) {
        if let Some(path) = routing.bound
            && let Some(before) = self.legs_by_path.insert(path, index)
            && before != index
            && let Some(leg) = self.legs.get_mut(before)
        {
            // A browser behind this address is gone or has let its port go; the other's credentials prove it.
            leg.transport.forget(path);
        }
        if let Some(path) = routing.unbound {
            self.legs_by_path.remove(&path);
        }
        if let Some(ufrag) = routing.retired {
            self.legs_by_ufrag.remove(&ufrag);
        }
    }

    /// The address that the one at the other end of `path` shows.
    fn remote(&self, path: Path) -> Option<SocketAddr> {
        match path {
            Path::Udp { remote, .. } => Some(remote),
            Path::Tunnel(tunnel, _) => self.tunnels.get(&tunnel).map(|(_, remote)| *remote),
        }
    }
}
