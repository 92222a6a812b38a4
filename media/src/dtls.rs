//! DTLS 1.2 of one transport, of which the relay is the client. The only file that names rtc-dtls. Owns the
//! handshake; knows neither paths nor what the keys it exports are used for.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::crypto::{HashAlgorithm, RTCCrypto, RTCCryptoProvider};
use rtc::dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc::dtls::crypto::Certificate;
use rtc::dtls::endpoint::{Endpoint, EndpointEvent};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::shared::TransportProtocol;
use rtc::shared::error::Error;

use crate::sdp::Fingerprint;
use crate::srtp::{self, LABEL_EXTRACTOR_DTLS_SRTP, Opener, ProtectionProfile, Sealer};

/// A handshake that takes longer has failed.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// A flight is sent again after this, then after twice as long each time (RFC 6347 4.2.4.1), up to the second.
/// The library, which knows but one interval, gives up after eight flights: 22 s in all.
const FIRST_RETRY: Duration = Duration::from_millis(400);
const LONGEST_RETRY: Duration = Duration::from_secs(4);
/// Bytes taken of a peer before he is authenticated; a real handshake has a few thousand.
const HANDSHAKE_BYTES: usize = 128 * 1024;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const FATAL: u8 = 2;
const RECORD_HEADER: usize = 13;

/// The endpoint finds its associations by address; it has one here, and the address means nothing.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// The certificate of this process and the cryptography it uses.
#[derive(Clone)]
pub struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    pub fingerprint: Fingerprint,
    profiles: Vec<SrtpProtectionProfile>,
}

impl Identity {
    /// Makes a self-signed certificate. Its key comes from the cryptography library's own randomness.
    pub fn generate(provider: Arc<dyn RTCCryptoProvider>, srtp_any: bool) -> Result<Identity, Error> {
        let certificate = Certificate::generate_self_signed(vec!["charla".to_owned()], provider.crypto())?;
        let first = certificate.certificate.first().ok_or(Error::ErrNoCertificates)?;
        let fingerprint = fingerprint(provider.crypto(), first.as_ref()).ok_or(Error::ErrNoCertificates)?;
        let mut profiles = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        if srtp_any {
            profiles.push(SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80);
        }
        Ok(Identity { provider, certificate, fingerprint, profiles })
    }

    /// The cryptography of this process.
    pub fn crypto(&self) -> &dyn RTCCrypto {
        self.provider.crypto()
    }

    fn builder(&self, peer: Fingerprint) -> ConfigBuilder {
        let provider = self.provider.clone();
        ConfigBuilder::default()
            .with_crypto_provider(self.provider.clone())
            .with_certificates(vec![self.certificate.clone()])
            .with_srtp_protection_profiles(self.profiles.clone())
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_flight_interval(FIRST_RETRY)
            // What the library would take by itself, with a warning in the log for each transport; no browser looks at it.
            .with_server_name("localhost".to_owned())
            // No CA signs a browser's certificate: the fingerprint in the SDP is what is verified.
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(Arc::new(move |chain: &[Vec<u8>], _: &[_]| {
                if is_peer(provider.crypto(), chain, peer) {
                    Ok(())
                } else {
                    Err(Error::ErrNoMatchingCertificateFingerprint)
                }
            })))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

fn fingerprint(crypto: &dyn RTCCrypto, der: &[u8]) -> Option<Fingerprint> {
    Some(Fingerprint(crypto.hash(HashAlgorithm::Sha256, der).ok()?.try_into().ok()?))
}

fn is_peer(crypto: &dyn RTCCrypto, chain: &[Vec<u8>], peer: Fingerprint) -> bool {
    chain.first().and_then(|der| fingerprint(crypto, der)) == Some(peer)
}

/// What became of an association.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing yet, or nothing new.
    Waiting,
    /// The handshake is done and the peer has the certificate he announced.
    Ready(Box<(Sealer, Opener)>),
    /// The peer said goodbye.
    Closed,
    Failed,
}

/// One association, from before its first flight on.
pub struct Association {
    endpoint: Endpoint,
    config: Arc<HandshakeConfig>,
    provider: Arc<dyn RTCCryptoProvider>,
    peer: Fingerprint,
    phase: Phase,
    /// Bytes that came before the handshake was done.
    taken: usize,
    /// How often the flight that is out was sent again.
    retries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Until when it must be done, and whether our last flight is out.
    Handshake {
        deadline: Instant,
        finished_sent: bool,
    },
    Ready,
    Over,
}

impl Association {
    /// An association that accepts none but `peer`. Nothing is sent before [`Association::start`].
    pub fn new(identity: &Identity, peer: Fingerprint) -> Result<Association, Error> {
        let config = Arc::new(identity.builder(peer).build(true, None)?);
        let provider = identity.provider.clone();
        Ok(Association {
            endpoint: endpoint(),
            config,
            provider,
            peer,
            phase: Phase::Idle,
            taken: 0,
            retries: 0,
        })
    }

    /// Sends the first flight, once.
    pub fn start(&mut self, now: Instant, send: impl FnMut(&[u8])) -> Outcome {
        if self.phase != Phase::Idle {
            return Outcome::Waiting;
        }
        self.phase = Phase::Handshake { deadline: now + HANDSHAKE_LIMIT, finished_sent: false };
        let connected = self.endpoint.connect(now, PEER, self.config.clone(), None);
        self.flush(send);
        if connected.is_ok() { Outcome::Waiting } else { self.fail() }
    }

    /// Takes a datagram that came on a proven path.
    pub fn read(&mut self, now: Instant, datagram: &[u8], send: impl FnMut(&[u8])) -> Outcome {
        let mut datagram = BytesMut::from(datagram);
        if let Phase::Handshake { finished_sent, .. } = self.phase {
            self.taken += datagram.len();
            if self.taken > HANDSHAKE_BYTES {
                return self.fail();
            }
            if finished_sent {
                datagram = without_repeated_flight(&datagram);
            }
        } else if self.phase != Phase::Ready {
            return Outcome::Waiting;
        }
        if datagram.is_empty() {
            return Outcome::Waiting;
        }
        let alert = datagram[0] == ALERT;
        let before = self.endpoint.poll_timeout(&PEER);
        let result = self.endpoint.read(now, PEER, None, datagram);
        if self.endpoint.poll_timeout(&PEER) != before {
            self.retries = 0;
        }
        let alerted = self.flush(send);
        match result {
            Ok(events) => events.into_iter().fold(Outcome::Waiting, |outcome, event| match event {
                EndpointEvent::HandshakeComplete => self.ready(),
                EndpointEvent::PeerClosed => {
                    self.phase = Phase::Over;
                    Outcome::Closed
                }
                _ => outcome,
            }),
            // Before the handshake is done an alert, his or ours, ends it; what is merely unreadable is dropped.
            Err(_) if self.phase != Phase::Ready && (alert || alerted) => self.fail(),
            Err(_) => Outcome::Waiting,
        }
    }

    /// When [`Association::timeout`] must be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let Phase::Handshake { deadline, .. } = self.phase else { return None };
        Some(self.retry_at().map_or(deadline, |retry| retry.min(deadline)))
    }

    /// Sends a flight again, or gives up.
    pub fn timeout(&mut self, now: Instant, send: impl FnMut(&[u8])) -> Outcome {
        let Phase::Handshake { deadline, .. } = self.phase else { return Outcome::Waiting };
        if now >= deadline {
            return self.fail();
        }
        if self.retry_at().is_none_or(|retry| now < retry) {
            return Outcome::Waiting;
        }
        self.retries += 1;
        let result = self.endpoint.handle_timeout(PEER, now);
        self.flush(send);
        match result {
            Ok(()) => Outcome::Waiting,
            // The library gives up after eight flights. As long as the peer said nothing at all, begin anew:
            // his network may be slower to open than ours.
            Err(_) if self.taken == 0 => {
                self.endpoint = endpoint();
                let connected = self.endpoint.connect(now, PEER, self.config.clone(), None);
                if connected.is_ok() { Outcome::Waiting } else { self.fail() }
            }
            Err(_) => self.fail(),
        }
    }

    /// Says goodbye to the peer.
    pub fn close(&mut self, now: Instant, send: impl FnMut(&[u8])) {
        if self.phase == Phase::Ready {
            self.endpoint.stop(now, PEER);
            self.flush(send);
        }
        self.phase = Phase::Over;
    }

    /// The library counts one interval from a flight; the longer ones are added here.
    fn retry_at(&self) -> Option<Instant> {
        let pause = FIRST_RETRY.saturating_mul(2u32.saturating_pow(self.retries)).min(LONGEST_RETRY);
        self.endpoint.poll_timeout(&PEER).map(|retry| retry + (pause - FIRST_RETRY))
    }

    fn fail(&mut self) -> Outcome {
        self.phase = Phase::Over;
        Outcome::Failed
    }

    fn ready(&mut self) -> Outcome {
        match self.export() {
            Some(contexts) => {
                self.phase = Phase::Ready;
                Outcome::Ready(Box::new(contexts))
            }
            None => self.fail(),
        }
    }

    /// The SRTP contexts of the finished handshake; `None` when the peer is not who he said.
    fn export(&self) -> Option<(Sealer, Opener)> {
        let state = self.endpoint.get_connection_state(PEER)?;
        let crypto = self.provider.crypto();
        // The handshake verified it already; media must not depend on that alone.
        if !is_peer(crypto, &state.peer_certificates, self.peer) {
            return None;
        }
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            _ => return None,
        };
        let length = srtp::keying_material_len(profile);
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], length).ok()?;
        srtp::contexts(profile, material.as_ref(), state.is_client(), crypto).ok()
    }

    /// Hands out what waits to be sent; true when a fatal alert was among it.
    fn flush(&mut self, mut send: impl FnMut(&[u8])) -> bool {
        let mut alerted = false;
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let message = &transmit.message[..];
            if let Phase::Handshake { finished_sent, .. } = &mut self.phase {
                *finished_sent |= records(message).any(|record| record[0] == CHANGE_CIPHER_SPEC);
            }
            alerted |= records(message)
                .any(|record| record[0] == ALERT && record.get(RECORD_HEADER) == Some(&FATAL));
            send(message);
        }
        alerted
    }
}

impl fmt::Debug for Association {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Association").field("phase", &self.phase).finish_non_exhaustive()
    }
}

fn endpoint() -> Endpoint {
    Endpoint::new(PEER, TransportProtocol::UDP, None)
}

/// Takes the server's repeated flight out of a datagram. Once our last flight is out, rtc-dtls stops its
/// retransmission timer when that flight comes again, and the handshake would hang if ours was lost.
fn without_repeated_flight(datagram: &[u8]) -> BytesMut {
    let new = |record: &&[u8]| !(record[0] == HANDSHAKE && record[3..5] == [0, 0]);
    records(datagram).filter(new).flatten().copied().collect::<Vec<u8>>().as_slice().into()
}

/// The DTLS records in a datagram, as far as they are whole.
fn records(mut datagram: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length: [u8; 2] = datagram.get(RECORD_HEADER - 2..RECORD_HEADER)?.try_into().ok()?;
        let (record, rest) =
            datagram.split_at_checked(RECORD_HEADER + usize::from(u16::from_be_bytes(length)))?;
        datagram = rest;
        Some(record)
    })
}
