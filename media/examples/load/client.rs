//! A lean WebRTC client without sockets or clock: offers, checks connectivity, answers the relay's DTLS, seals
//! and opens audio. Made to cost little beside the relay it loads; it trusts the relay's certificate unseen.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use charla_media::api::TransportId;
use rtc::crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc::dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc::dtls::crypto::Certificate;
use rtc::dtls::endpoint::{Endpoint, EndpointEvent};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::shared::TransportProtocol;
use rtc::srtp::config::{Config as SrtpConfig, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc::srtp::context::Context;
use rtc::srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc::srtp::protection_profile::ProtectionProfile;
use rtc::stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, RawAttribute,
};
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{BINDING_REQUEST, Message, TransactionId};
use rtc::stun::textattrs::TextAttribute;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Connectivity is checked this often: until the relay answers, and to keep its consent.
const CHECK_SOON: Duration = Duration::from_millis(100);
const CHECK_LATER: Duration = Duration::from_secs(4);

/// What all clients of a process share: a certificate is dear to make.
pub struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    handshake: Arc<HandshakeConfig>,
    fingerprint: String,
}

impl Identity {
    pub fn new() -> Result<Identity> {
        let provider = rtc::crypto::default_provider()?;
        let certificate = Certificate::generate_self_signed(vec!["load".to_owned()], provider.crypto())?;
        let digest = provider.crypto().hash(HashAlgorithm::Sha256, certificate.certificate[0].as_ref())?;
        let mut fingerprint = String::new();
        for byte in digest.iter() {
            let colon = if fingerprint.is_empty() { "" } else { ":" };
            write!(fingerprint, "{colon}{byte:02X}")?;
        }
        let handshake = ConfigBuilder::default()
            .with_crypto_provider(Arc::clone(&provider))
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .build(false, None)?;
        Ok(Identity { provider, handshake: Arc::new(handshake), fingerprint })
    }
}

/// The relay as its answer shows it.
struct Server {
    ufrag: String,
    password: String,
}

/// SRTP in both directions.
struct Keys {
    up: Context,
    down: Context,
}

/// One peer connection.
pub struct Client {
    pub id: TransportId,
    provider: Arc<dyn RTCCryptoProvider>,
    fingerprint: String,
    slots: usize,
    ssrc: u32,
    sequence: u16,
    server: Option<Server>,
    dtls: Endpoint,
    keys: Option<Keys>,
    pub outgoing: VecDeque<BytesMut>,
    check_at: Option<Instant>,
    packet: Vec<u8>,
}

impl Client {
    /// A client that can hear `slots` others.
    pub fn new(identity: &Identity, id: TransportId, slots: usize) -> Client {
        let handshake = Some(Arc::clone(&identity.handshake));
        Client {
            id,
            provider: Arc::clone(&identity.provider),
            fingerprint: identity.fingerprint.clone(),
            slots,
            ssrc: 0x1000_0000 + id.0 as u32,
            sequence: 0,
            server: None,
            dtls: Endpoint::new(inside(), TransportProtocol::UDP, handshake),
            keys: None,
            outgoing: VecDeque::new(),
            check_at: None,
            packet: Vec::new(),
        }
    }

    /// The offer: one sendonly line, and a recvonly one per slot, as a browser writes it.
    pub fn offer(&self) -> String {
        let mids: Vec<String> = (0..=self.slots).map(|mid| mid.to_string()).collect();
        let mut sdp = format!(
            "v=0\r\no=- {} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=extmap-allow-mixed\r\n\
             a=msid-semantic: WMS\r\n",
            self.id.0,
            mids.join(" ")
        );
        for mid in mids {
            let sends = mid == "0";
            sdp += &format!(
                "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
                 a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\na=fingerprint:sha-256 {}\r\n\
                 a=setup:actpass\r\na=mid:{mid}\r\na=extmap:1 {AUDIO_LEVEL}\r\na={}\r\na=rtcp-mux\r\n\
                 a=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n",
                self.ufrag(),
                "loadloadloadloadloadload",
                self.fingerprint,
                if sends { "sendonly" } else { "recvonly" },
            );
            if sends {
                sdp += &format!("a=msid:- voice\r\na=ssrc:{} cname:load\r\n", self.ssrc);
            }
        }
        sdp
    }

    /// Takes the relay's answer and starts checking. Returns where the relay is.
    pub fn answer(&mut self, now: Instant, sdp: &str) -> Result<SocketAddr> {
        let attribute = |name: &str| {
            let found = sdp.lines().find_map(|line| line.trim().strip_prefix("a=")?.strip_prefix(name));
            found.ok_or_else(|| format!("the answer has no {name}"))
        };
        let candidates = sdp.lines().filter_map(|line| line.trim().strip_prefix("a=candidate:"));
        let address = candidates
            .map(|candidate| candidate.split(' ').collect::<Vec<_>>())
            .find(|fields| fields.get(2).is_some_and(|protocol| protocol.eq_ignore_ascii_case("udp")))
            .and_then(|fields| {
                Some(SocketAddr::new(fields.get(4)?.parse().ok()?, fields.get(5)?.parse().ok()?))
            })
            .ok_or("the answer has no UDP candidate")?;
        let (ufrag, password) = (attribute("ice-ufrag:")?.to_owned(), attribute("ice-pwd:")?.to_owned());
        self.server = Some(Server { ufrag, password });
        self.check_at = Some(now);
        Ok(address)
    }

    /// Whether audio can flow.
    pub fn connected(&self) -> bool {
        self.keys.is_some()
    }

    /// Takes one datagram. Audio comes back opened, header and payload; anything else is dealt with inside.
    pub fn handle(&mut self, now: Instant, datagram: &[u8]) -> Option<BytesMut> {
        match datagram {
            [128..=191, 192..=223, ..] => None,
            [128..=191, ..] => self.keys.as_mut()?.down.decrypt_rtp(datagram).ok(),
            [20..=63, ..] => {
                let events = self.dtls.read(now, inside(), None, BytesMut::from(datagram)).ok()?;
                if events.iter().any(|event| matches!(event, EndpointEvent::HandshakeComplete)) {
                    self.keys = self.derive().ok();
                }
                self.take_dtls();
                None
            }
            _ => None,
        }
    }

    /// When [`Client::handle_timeout`] must be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.check_at.into_iter().chain(self.dtls.poll_timeout(&inside())).min()
    }

    /// Does what is due: checks, DTLS retransmissions.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return;
        }
        if self.check_at.is_some_and(|at| at <= now) {
            let pause = if self.connected() { CHECK_LATER } else { CHECK_SOON };
            self.check_at = Some(now + pause);
            self.outgoing.extend(self.check().ok());
        }
        if self.dtls.poll_timeout(&inside()).is_some_and(|at| at <= now) {
            // A lost handshake shows as a client that never connects.
            let _ = self.dtls.handle_timeout(inside(), now);
            self.take_dtls();
        }
    }

    /// One audio packet of 20 ms, sealed.
    pub fn seal(&mut self, payload: &[u8]) -> Option<BytesMut> {
        let keys = self.keys.as_mut()?;
        self.packet.clear();
        self.packet.extend_from_slice(&[0x90, 111]);
        self.packet.extend_from_slice(&self.sequence.to_be_bytes());
        self.packet.extend_from_slice(&(u32::from(self.sequence) * 960).to_be_bytes());
        self.packet.extend_from_slice(&self.ssrc.to_be_bytes());
        // One extension of one byte: speech at -30 dBov (RFC 6464).
        self.packet.extend_from_slice(&[0xBE, 0xDE, 0, 1, 0x10, 0x80 | 30, 0, 0]);
        self.packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        keys.up.encrypt_rtp(&self.packet).ok()
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<BytesMut> {
        self.outgoing.pop_front()
    }

    fn ufrag(&self) -> String {
        format!("l{:07}", self.id.0)
    }

    /// A binding request that chooses this path (RFC 8445 7.2.2).
    fn check(&self) -> Result<BytesMut> {
        let server = self.server.as_ref().ok_or("no answer yet")?;
        let raw = |kind, value: &[u8]| {
            Box::new(RawAttribute { typ: kind, length: value.len() as u16, value: value.to_vec() })
        };
        let username = format!("{}:{}", server.ufrag, self.ufrag());
        let mut message = Message::new();
        message.build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId::new()),
            Box::new(TextAttribute::new(ATTR_USERNAME, username)),
            raw(ATTR_PRIORITY, &1_853_824_767_u32.to_be_bytes()),
            raw(ATTR_ICE_CONTROLLING, &self.id.0.to_be_bytes()),
            raw(ATTR_USE_CANDIDATE, &[]),
            Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                server.password.clone(),
                self.provider.crypto(),
            )),
            Box::new(FINGERPRINT),
        ])?;
        Ok(BytesMut::from(&message.raw[..]))
    }

    fn take_dtls(&mut self) {
        while let Some(transmit) = self.dtls.poll_transmit() {
            self.outgoing.push_back(transmit.message);
        }
    }

    fn derive(&self) -> Result<Keys> {
        let state = self.dtls.get_connection_state(inside()).ok_or("no DTLS connection")?;
        let profile = ProtectionProfile::AeadAes128Gcm;
        let mut config = SrtpConfig { profile, ..Default::default() };
        let material =
            state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len())?;
        config.set_session_keys_from_keying_material(material.as_ref(), state.is_client())?;
        let (keys, crypto) = (&config.keys, self.provider.crypto());
        let (local, remote) = (
            (&keys.local_master_key, &keys.local_master_salt),
            (&keys.remote_master_key, &keys.remote_master_salt),
        );
        Ok(Keys {
            up: Context::new(local.0, local.1, profile, None, None, crypto)?,
            down: Context::new(
                remote.0,
                remote.1,
                profile,
                Some(srtp_replay_protection(64)),
                Some(srtcp_replay_protection(64)),
                crypto,
            )?,
        })
    }
}

/// DTLS runs inside of whatever path carries it: it sees one peer that never moves.
fn inside() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}
