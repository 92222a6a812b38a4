//! Journeys through the relay with real peers: the `webrtc` crate over real sockets, tones encoded with Opus,
//! found again in the decoded sound of the other side.

mod support;

use charla_media::api::{DownReason, Event, PathKind};
use support::host::{Host, Leg};
use support::peer::Network;
use support::until;

const A: f32 = 1000.0;
const B: f32 = 440.0;

/// Two people in a room, silent before the gates open, heard after, both ways, until one leaves.
async fn call(network: Network, kind: PathKind) {
    let host = Host::start(network).await;
    let (a, b) = (Leg::new(1, 1), Leg::new(1, 2));
    let alice = host.join(a, network, A, 8).await;
    let bob = host.join(b, network, B, 8).await;
    assert_eq!(host.count(|event| matches!(event, Event::Up { path, .. } if *path == kind)), 2);

    // Both talk; the relay hears them and keeps it to itself.
    host.receives(100).await;
    assert_eq!((alice.packets(), bob.packets()), (0, 0), "nothing is heard before the gates open");
    host.gate(a, true);
    host.receives(100).await;
    assert_eq!((alice.packets(), bob.packets()), (0, 0), "nor before both are open");
    assert_eq!(host.count(|event| matches!(event, Event::FirstAudio { .. })), 0);

    host.gate(b, true);
    until("Bob hears Alice", async || bob.hears(A)).await;
    until("Alice hears Bob", async || alice.hears(B)).await;
    assert!(!bob.hears(B) && !alice.hears(A), "nobody hears himself");
    for leg in [a, b] {
        let first = |event: &Event| matches!(event, Event::FirstAudio { transport, .. } if *transport == leg.transport);
        host.happens("first audio", first).await;
        assert_eq!(host.count(first), 1);
    }

    restart(&host, a, &alice, &bob).await;
    until("Bob hears Alice after her ICE restart", async || bob.hears(A)).await;
    until("Alice hears Bob after her ICE restart", async || alice.hears(B)).await;

    host.media.leave(a.room, a.participant);
    host.receives(20).await;
    let heard = bob.packets();
    host.receives(60).await;
    assert_eq!(bob.packets(), heard, "nothing is heard of who has left");
    assert_eq!(host.stats().await.transports, 1);
    assert_eq!(host.stats().await.panics, 0);
    host.media.stop();
}

/// New ICE credentials for a transport that is up; the room must not notice.
async fn restart(host: &Host, leg: Leg, peer: &support::peer::Peer, other: &support::peer::Peer) {
    let before = peer.remote_ufrag().await;
    host.negotiate(leg, peer, true).await.unwrap();
    assert_ne!(peer.remote_ufrag().await, before, "the relay has new credentials too");
    host.happens(
        "media takes the new path",
        |event| matches!(event, Event::PathChanged { transport, .. } if *transport == leg.transport),
    )
    .await;
    // What is still under way came by the old path; what counts is what comes later.
    host.receives(50).await;
    peer.forget();
    other.forget();
    assert_eq!(host.stats().await.transports, 2, "a restart makes no second transport");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_over_udp() {
    call(Network::Udp, PathKind::Udp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_over_ipv6() {
    // Containers may have no IPv6, not even on loopback.
    match std::net::UdpSocket::bind("[::1]:0") {
        Ok(_) => call(Network::Udp6, PathKind::Udp).await,
        Err(error) => eprintln!("not shown: this machine has no IPv6 ({error})"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_over_ice_tcp() {
    call(Network::Tcp, PathKind::IceTcp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hear_each_other_and_the_next_room_hears_nothing() {
    const C: f32 = 2500.0;
    let host = Host::start(Network::Udp).await;
    let legs = [Leg::new(1, 1), Leg::new(1, 2), Leg::new(1, 3)];
    let mut peers = Vec::new();
    for (leg, hertz) in legs.into_iter().zip([A, B, C]) {
        peers.push((host.join(leg, Network::Udp, hertz, 8).await, hertz));
        host.gate(leg, true);
    }
    let stranger = host.join(Leg::new(2, 4), Network::Udp, 700.0, 8).await;
    host.gate(Leg::new(2, 4), true);
    for (peer, own) in &peers {
        for hertz in [A, B, C].into_iter().filter(|hertz| hertz != own) {
            until("everybody hears everybody else", async || peer.hears(hertz)).await;
        }
    }
    assert_eq!(stranger.packets(), 0);

    // A gate that shuts again silences one without the others.
    host.gate(legs[0], false);
    host.receives(100).await;
    let heard = peers[0].0.packets();
    peers[1].0.forget();
    until("the others go on", async || peers[1].0.hears(C)).await;
    assert!(!peers[1].0.hears(A));
    assert_eq!(peers[0].0.packets(), heard, "who is shut out hears nothing either");
    host.media.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hanging_up_is_reported_and_leaves_nothing_behind() {
    let host = Host::start(Network::Udp).await;
    let (a, b) = (Leg::new(1, 1), Leg::new(1, 2));
    let alice = host.join(a, Network::Udp, A, 2).await;
    let bob = host.join(b, Network::Udp, B, 2).await;
    host.gate(a, true);
    host.gate(b, true);
    until("Bob hears Alice", async || bob.hears(A)).await;
    alice.close().await;
    host.happens("Alice's transport is down", |event| {
        matches!(event, Event::Down { transport, reason: DownReason::Closed, .. } if *transport == a.transport)
    })
    .await;
    assert_eq!(host.stats().await.transports, 1);
    host.media.close_room(b.room);
    assert_eq!(host.stats().await.transports, 0);
    host.media.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_joins_and_leaves_leave_no_transport_behind() {
    let host = Host::start(Network::Udp).await;
    for round in 0..12 {
        // The same room and the same person come back every time, with another device.
        let leg = Leg { transport: charla_media::api::TransportId(100 + round), ..Leg::new(1, 1) };
        let peer = host.join(leg, Network::Udp, A, 8).await;
        host.gate(leg, true);
        match round % 4 {
            0 => host.media.leave(leg.room, leg.participant),
            1 => host.media.drop_transport(leg.transport),
            2 => host.media.close_room(leg.room),
            _ => {
                peer.close().await;
                until("the relay notices", async || host.stats().await.transports == 0).await;
            }
        }
        assert_eq!(host.stats().await.transports, 0, "round {round}");
    }
    let offered = host.media.offer(charla_media::api::Offer {
        room: charla_media::api::RoomId(9),
        participant: charla_media::api::ParticipantId(1),
        transport: charla_media::api::TransportId(1),
        sdp: String::new(),
    });
    assert!(offered.await.is_err(), "no room, no answer");
    assert_eq!(host.stats().await.panics, 0);
    host.media.stop();
}
