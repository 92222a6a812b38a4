//! A browser for tests, without a browser: Chromium's own offer, STUN checks, a DTLS server and SRTP made of the
//! same protocol crates as the relay. Pure: the test moves its datagrams and its time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use rtc::crypto::providers::RingProvider;
use rtc::crypto::{HashAlgorithm, HmacAlgorithm, RTCCryptoProvider};
use rtc::dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType};
use rtc::dtls::crypto::Certificate;
use rtc::dtls::endpoint::{Endpoint, EndpointEvent};
pub use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile as Profile;
use rtc::rtp::Packet;
use rtc::shared::TransportProtocol;
use rtc::shared::marshal::Unmarshal;

use crate::path::Path;
use crate::replay;
use crate::rtcp::{self, Block, Item};
use crate::sdp::Fingerprint;
use crate::srtp::{self, Opener, ProtectionProfile, Sealer};
use crate::stun::{append_fingerprint, append_integrity};

pub const CHROMIUM: &str = include_str!("fixtures/chromium-offer.sdp");
pub const FIREFOX: &str = include_str!("fixtures/firefox-offer.sdp");
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

/// A binding request as a controlling agent sends it.
pub fn binding_request(
    username: &str,
    password: &str,
    use_candidate: bool,
    transaction: [u8; 12],
) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
    message.extend_from_slice(&transaction);
    let mut attribute = |kind: u16, value: &[u8]| {
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&(value.len() as u16).to_be_bytes());
        message.extend_from_slice(value);
        message.resize(message.len().next_multiple_of(4), 0);
    };
    attribute(0x0006, username.as_bytes());
    attribute(0x0024, &[0x6e, 0, 1, 0xff]);
    attribute(0x802A, &[1; 8]);
    if use_candidate {
        attribute(0x0025, &[]);
    }
    let provider = RingProvider::default();
    let mut mac = provider.crypto().new_hmac(HmacAlgorithm::Sha1, password.as_bytes()).unwrap();
    assert!(append_integrity(&mut message, &mut *mac));
    append_fingerprint(&mut message);
    message
}

/// What a browser understood of a datagram.
#[derive(Debug)]
pub enum Heard {
    /// The answer to a check.
    CheckPassed,
    Dtls,
    Audio(Packet),
    Reports(Vec<Item>),
    /// SRTP that is forged, repeated or sealed with other keys.
    Refused,
}

/// The credentials of the relay's answer.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub ufrag: String,
    pub pwd: String,
}

/// One peer connection.
pub struct Browser {
    pub path: Path,
    pub template: String,
    pub ufrag: String,
    pub fingerprint: Fingerprint,
    pub ssrc: u32,
    pub sequence: u16,
    /// Of the last packet sealed.
    index: u64,
    pub timestamp: u32,
    /// What the next packet carries.
    pub payload: Vec<u8>,
    pub payload_type: u8,
    /// What its packets say of their loudness (RFC 6464).
    pub level: u8,
    pub remote: Option<Credentials>,
    pub answer: String,
    pub dtls: Endpoint,
    pub keys: Option<(Sealer, Opener)>,
    greeted: bool,
    provider: Arc<dyn RTCCryptoProvider>,
}

impl Browser {
    pub fn new(path: Path, template: &str, ssrc: u32, profile: Profile) -> Browser {
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(RingProvider::default());
        let certificate =
            Certificate::generate_self_signed(vec!["browser".to_owned()], provider.crypto()).unwrap();
        let digest =
            provider.crypto().hash(HashAlgorithm::Sha256, certificate.certificate[0].as_ref()).unwrap();
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(vec![profile])
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .build(false, None)
            .unwrap();
        Browser {
            path,
            template: template.to_owned(),
            ufrag: "abcd".to_owned(),
            fingerprint: Fingerprint(digest.try_into().unwrap()),
            ssrc,
            sequence: 65_500,
            index: 0,
            timestamp: 1,
            payload: b"opus".to_vec(),
            payload_type: if template == FIREFOX { 109 } else { 111 },
            level: 0x85,
            remote: None,
            answer: String::new(),
            dtls: Endpoint::new(PEER, TransportProtocol::UDP, Some(Arc::new(config))),
            keys: None,
            greeted: false,
            provider,
        }
    }

    /// The template with this browser's ufrag, fingerprint and SSRC.
    pub fn offer(&self) -> String {
        let mut uplink = true;
        let lines = self.template.lines().map(|line| match line.split_once(':').map(|(name, _)| name) {
            Some("a=ice-ufrag") => format!("a=ice-ufrag:{}", self.ufrag),
            Some("a=fingerprint") => format!("a=fingerprint:sha-256 {}", self.fingerprint),
            Some("a=ssrc") if uplink => format!("a=ssrc:{} cname:test", self.ssrc),
            _ => {
                uplink &= line != "a=recvonly";
                line.to_owned()
            }
        });
        lines.collect::<Vec<_>>().join("\r\n") + "\r\n"
    }

    /// Takes an answer; gives the credentials that it replaced.
    pub fn take_answer(&mut self, sdp: &str) -> Option<Credentials> {
        let value = |name: &str| sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let fresh = Credentials { ufrag: value("a=ice-ufrag:"), pwd: value("a=ice-pwd:") };
        self.answer = sdp.to_owned();
        self.remote.replace(fresh)
    }

    /// The SSRCs of the slots, as the answer announces them.
    pub fn slot_ssrcs(&self) -> Vec<u32> {
        let numbers = self
            .answer
            .lines()
            .filter_map(|line| line.strip_prefix("a=ssrc:")?.split(' ').next()?.parse().ok());
        numbers.collect()
    }

    /// A connectivity check.
    pub fn check(&self, use_candidate: bool) -> Vec<u8> {
        let remote = self.remote.as_ref().unwrap();
        binding_request(&format!("{}:{}", remote.ufrag, self.ufrag), &remote.pwd, use_candidate, [9; 12])
    }

    /// The next 20 ms of audio, sealed.
    pub fn audio(&mut self) -> BytesMut {
        let mut packet = vec![0x90, self.payload_type];
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(&[0xBE, 0xDE, 0, 2, 0x22, 9, 9, 9, 0x10, self.level, 0, 0]);
        packet.extend_from_slice(&self.payload);
        let header = crate::rtp::Header {
            marker: false,
            padding: false,
            payload_type: self.payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            csrc: 0,
            level: Some((1, 0)),
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(960);
        // 24 bytes are left readable in both layouts: 12 and extensions here, 16 and a level there.
        assert_eq!(header.length(), 24);
        self.index = replay::extend(self.index, header.sequence);
        let roc = (self.index >> 16) as u32;
        assert!(self.keys.as_mut().unwrap().0.rtp(&header, roc, &mut packet, 0));
        packet[..].into()
    }

    /// A receiver report on one slot, sealed.
    pub fn report(&mut self, block: &Block) -> BytesMut {
        let mut compound = Vec::new();
        rtcp::write_receiver_report(1, Some(block), &mut compound);
        assert!(self.keys.as_mut().unwrap().0.rtcp(&mut compound, 0));
        compound[..].into()
    }

    /// Asks for packets of a slot again, sealed.
    pub fn nack(&mut self, ssrc: u32, sequences: &[u16]) -> BytesMut {
        let mut feedback = Vec::new();
        rtcp::write_nack(1, ssrc, sequences, &mut feedback);
        assert!(self.keys.as_mut().unwrap().0.rtcp(&mut feedback, 0));
        feedback[..].into()
    }

    /// Takes a datagram.
    pub fn handle(&mut self, now: Instant, datagram: &[u8]) -> Heard {
        match datagram {
            [0..=3, ..] => {
                assert_eq!(datagram[..2], [1, 1], "a success");
                Heard::CheckPassed
            }
            // As a server rtc-dtls forgets to repeat its flight once a ClientHello comes again; browsers do not.
            [22, _, _, 0, 0, _, _, _, _, _, _, _, _, 1, ..] if self.greeted => Heard::Dtls,
            [20..=63, ..] => {
                for event in self.dtls.read(now, PEER, None, datagram.into()).unwrap_or_default() {
                    if let EndpointEvent::HandshakeComplete = event {
                        self.export();
                    }
                }
                Heard::Dtls
            }
            [_, kind, ..] => {
                let (Some((_, opener)), mut out) = (&mut self.keys, Vec::new()) else {
                    return Heard::Refused;
                };
                if (192..=223).contains(kind) {
                    let mut items = Vec::new();
                    let heard = opener.rtcp(datagram, &mut out) && rtcp::read(&out, |item| items.push(item));
                    if heard { Heard::Reports(items) } else { Heard::Refused }
                } else if opener.rtp(datagram, &mut out) {
                    Heard::Audio(Packet::unmarshal(&mut &out[..]).unwrap())
                } else {
                    Heard::Refused
                }
            }
            _ => Heard::Refused,
        }
    }

    /// DTLS datagrams to send.
    pub fn handshake(&mut self, now: Instant) -> Vec<BytesMut> {
        if self.dtls.poll_timeout(&PEER).is_some_and(|due| due <= now) {
            // A handshake that fails shows in the test's own expectation.
            let _ = self.dtls.handle_timeout(PEER, now);
        }
        let flight: Vec<BytesMut> =
            std::iter::from_fn(|| self.dtls.poll_transmit()).map(|transmit| transmit.message).collect();
        // The first flight of a server that is not a mere HelloVerifyRequest.
        self.greeted |= flight.iter().any(|datagram| datagram.get(13) == Some(&2));
        flight
    }

    /// Closes as a browser does: with a close_notify.
    pub fn close(&mut self, now: Instant) {
        self.dtls.close(now).unwrap();
    }

    fn export(&mut self) {
        let state = self.dtls.get_connection_state(PEER).unwrap();
        let profile = match state.srtp_protection_profile() {
            Profile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            _ => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let length = srtp::keying_material_len(profile);
        let material = state.export_keying_material(srtp::LABEL_EXTRACTOR_DTLS_SRTP, &[], length).unwrap();
        self.keys = Some(srtp::contexts(profile, material.as_ref(), false, self.provider.crypto()).unwrap());
    }
}
