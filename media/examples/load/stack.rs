//! A client on another WebRTC stack, str0m, with its own SDP, ICE, DTLS, SRTP and RTCP: what it connects and hears
//! was not made by the crates that the relay is made of.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

use crate::peer::{Peer, Result};

/// What all clients of a process share: a certificate is dear to make.
#[derive(Clone)]
pub struct Identity {
    provider: std::sync::Arc<CryptoProvider>,
    certificate: DtlsCert,
}

impl Identity {
    pub fn new() -> Result<Identity> {
        let provider = str0m::crypto::from_feature_flags();
        let certificate = provider.dtls_provider.generate_certificate().ok_or("no certificate")?;
        Ok(Identity { provider: std::sync::Arc::new(provider), certificate })
    }
}

/// One peer connection.
pub struct Client {
    rtc: Rtc,
    local: SocketAddr,
    relay: SocketAddr,
    slots: usize,
    pending: Option<SdpPendingOffer>,
    uplink: Option<Mid>,
    ice: bool,
    dtls: bool,
    sequence: u64,
    next: Instant,
    outgoing: VecDeque<Vec<u8>>,
}

impl Client {
    /// A client at the address `local` that can hear `slots` others.
    pub fn new(identity: &Identity, now: Instant, local: SocketAddr, slots: usize) -> Result<Client> {
        let config = RtcConfig::new()
            .set_crypto_provider(identity.provider.clone())
            .set_dtls_cert(identity.certificate.clone())
            .clear_codecs()
            .enable_opus(true, false)
            .set_rtp_mode(true)
            .set_stats_interval(None);
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        Ok(Client {
            rtc,
            local,
            relay: local,
            slots,
            pending: None,
            uplink: None,
            ice: false,
            dtls: false,
            sequence: 1,
            next: now,
            outgoing: VecDeque::new(),
        })
    }

    fn drain(&mut self, heard: &mut dyn FnMut(&[u8])) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.next = at;
                    return;
                }
                Ok(Output::Transmit(transmit)) => self.outgoing.push_back(transmit.contents.to_vec()),
                Ok(Output::Event(Event::RtpPacket(packet))) => heard(&packet.payload),
                Ok(Output::Event(Event::IceConnectionStateChange(state))) => {
                    self.ice = matches!(state, IceConnectionState::Connected | IceConnectionState::Completed);
                }
                Ok(Output::Event(Event::Connected)) => self.dtls = true,
                Ok(Output::Event(_)) => {}
                // Shows as a client that hears nothing.
                Err(_) => {
                    self.next += Duration::from_secs(3600);
                    return;
                }
            }
        }
    }
}

impl Peer for Client {
    fn offer(&mut self) -> Result<String> {
        let mut changes = self.rtc.sdp_api();
        self.uplink = Some(changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None));
        for _ in 0..self.slots {
            changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = changes.apply().ok_or("nothing to offer")?;
        self.pending = Some(pending);
        Ok(offer.to_sdp_string())
    }

    fn answer(&mut self, now: Instant, sdp: &str) -> Result<SocketAddr> {
        self.relay = super::relay_address(sdp)?;
        let pending = self.pending.take().ok_or("not offered")?;
        self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(sdp)?)?;
        self.handle_timeout(now);
        Ok(self.relay)
    }

    fn connected(&self) -> bool {
        self.ice && self.dtls
    }

    fn handle(&mut self, now: Instant, datagram: &[u8], heard: &mut dyn FnMut(&[u8])) {
        if let Ok(receive) = Receive::new(Protocol::Udp, self.relay, self.local, datagram) {
            // What it refuses it does not hear.
            let _ = self.rtc.handle_input(Input::Receive(now, receive));
            self.drain(heard);
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next)
    }

    fn handle_timeout(&mut self, now: Instant) {
        let _ = self.rtc.handle_input(Input::Timeout(now));
        self.drain(&mut |_| {});
    }

    fn speak(&mut self, now: Instant, payload: &[u8]) -> Result<()> {
        let mid = self.uplink.ok_or("not offered")?;
        let opus = |params: &&str0m::format::PayloadParams| params.spec().codec == Codec::Opus;
        let pt = self.rtc.codec_config().params().iter().find(opus).ok_or("no Opus")?.pt();
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).ok_or("no uplink")?;
        let levels =
            ExtensionValues { audio_level: Some(-30), voice_activity: Some(true), ..Default::default() };
        let time = (self.sequence * 960) as u32;
        stream.write_rtp(RtpWrite::new(pt, self.sequence.into(), time, now, payload).ext_vals(levels));
        self.sequence += 1;
        self.handle_timeout(now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }
}
