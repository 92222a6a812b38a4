//! SRTP (RFC 3711, RFC 7714) of one transport. The only file that names rtc-srtp. Owns the session keys and the
//! replay windows; knows neither rooms nor slots.

use std::fmt;

use bytes::BytesMut;
use rtc::crypto::RTCCrypto;
use rtc::rtp::Header;
use rtc::shared::error::Error;
use rtc::srtp::config::Config;
pub use rtc::srtp::config::LABEL_EXTRACTOR_DTLS_SRTP;
use rtc::srtp::context::Context;
use rtc::srtp::option::{srtcp_replay_protection, srtp_replay_protection};
pub use rtc::srtp::protection_profile::ProtectionProfile;

use crate::rtp;

/// Packets behind the newest that are still taken, each once.
const REPLAY_WINDOW: usize = 128;
/// Unknown SSRCs that may be tried per transport. The context keeps state for each before it is authenticated,
/// so one who forges a browser's address must not be able to try without end.
const MAX_TRIES: usize = 64;

/// Both directions of one transport.
pub fn contexts(
    profile: ProtectionProfile,
    keying_material: &[u8],
    is_client: bool,
    crypto: &dyn RTCCrypto,
) -> Result<(Sealer, Opener), Error> {
    let mut config = Config { profile, ..Config::default() };
    config.set_session_keys_from_keying_material(keying_material, is_client)?;
    let keys = &config.keys;
    let sealing = Context::new(&keys.local_master_key, &keys.local_master_salt, profile, None, None, crypto)?;
    let (media, control) = (srtp_replay_protection(REPLAY_WINDOW), srtcp_replay_protection(REPLAY_WINDOW));
    let (key, salt) = (&keys.remote_master_key, &keys.remote_master_salt);
    let opening = Context::new(key, salt, profile, Some(media), Some(control), crypto)?;
    let opener = Opener { context: opening, media: Guard::default(), control: Guard::default() };
    Ok((Sealer { context: sealing, header: Header::default() }, opener))
}

/// How many bytes of keying material [`contexts`] wants.
pub fn keying_material_len(profile: ProtectionProfile) -> usize {
    Config { profile, ..Config::default() }.keying_material_len()
}

/// Protects what is sent.
pub struct Sealer {
    context: Context,
    /// Tells the context sequence number, SSRC and length of the header; kept for its memory.
    header: Header,
}

impl Sealer {
    /// Seals the RTP packet `packet`, which starts with `header`.
    pub fn rtp(&mut self, header: &rtp::Header, packet: &[u8]) -> Result<BytesMut, Error> {
        self.header.sequence_number = header.sequence;
        self.header.ssrc = header.ssrc;
        // The context asks for no more than the length of what it must leave readable; CSRCs give it that.
        self.header.csrc.resize((header.length() - rtp::FIXED) / 4, 0);
        self.context.encrypt_rtp_with_header(packet, &self.header)
    }

    /// Seals a compound RTCP packet.
    pub fn rtcp(&mut self, compound: &[u8]) -> Result<BytesMut, Error> {
        self.context.encrypt_rtcp(compound)
    }
}

/// Opens what comes, each packet once.
pub struct Opener {
    context: Context,
    media: Guard,
    control: Guard,
}

impl Opener {
    /// Opens an RTP packet; `None` for one that is forged, repeated or too old.
    pub fn rtp(&mut self, sealed: &[u8]) -> Option<BytesMut> {
        let ssrc = rtp::ssrc(sealed)?;
        if !self.media.may_try(ssrc) {
            return None;
        }
        let opened = self.context.decrypt_rtp(sealed).ok()?;
        self.media.authenticated(ssrc);
        Some(opened)
    }

    /// Opens a compound RTCP packet; `None` as above.
    pub fn rtcp(&mut self, sealed: &[u8]) -> Option<BytesMut> {
        let ssrc = u32::from_be_bytes(sealed.get(4..8)?.try_into().ok()?);
        if !self.control.may_try(ssrc) {
            return None;
        }
        let opened = self.context.decrypt_rtcp(sealed).ok()?;
        self.control.authenticated(ssrc);
        Some(opened)
    }
}

/// Bounds the SSRCs for which a context keeps state.
#[derive(Default)]
struct Guard {
    known: Vec<u32>,
    tries: usize,
}

impl Guard {
    fn may_try(&mut self, ssrc: u32) -> bool {
        if self.known.contains(&ssrc) {
            return true;
        }
        self.tries += 1;
        self.tries <= MAX_TRIES
    }

    fn authenticated(&mut self, ssrc: u32) {
        if !self.known.contains(&ssrc) {
            self.known.push(ssrc);
        }
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opener").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::crypto::RTCCryptoProvider;
    use rtc::crypto::providers::RingProvider;

    use super::*;

    const PROFILES: [ProtectionProfile; 2] =
        [ProtectionProfile::AeadAes128Gcm, ProtectionProfile::Aes128CmHmacSha1_80];

    fn pair(profile: ProtectionProfile) -> (Sealer, Opener) {
        let provider = RingProvider::default();
        let material = vec![7; keying_material_len(profile)];
        let (sealer, _) = contexts(profile, &material, true, provider.crypto()).unwrap();
        let (_, opener) = contexts(profile, &material, false, provider.crypto()).unwrap();
        (sealer, opener)
    }

    fn packet(ssrc: u32, sequence: u16, level: Option<(u8, u8)>) -> (rtp::Header, Vec<u8>) {
        let header = rtp::Header {
            marker: false,
            padding: false,
            payload_type: 111,
            sequence,
            timestamp: 1,
            ssrc,
            csrc: 5,
            level,
        };
        let mut bytes = Vec::new();
        header.write(b"payload", &mut bytes);
        (header, bytes)
    }

    #[test]
    fn a_packet_is_opened_once() {
        for profile in PROFILES {
            for level in [None, Some((1, 0x85)), Some((20, 0x85))] {
                let (mut sealer, mut opener) = pair(profile);
                let (header, bytes) = packet(9, 1, level);
                let sealed = sealer.rtp(&header, &bytes).unwrap();
                assert_eq!(sealed[..header.length()], bytes[..header.length()]);
                assert_eq!(opener.rtp(&sealed).unwrap(), bytes);
                assert_eq!(opener.rtp(&sealed), None, "a replay");
                let mut forged = sealer.rtp(&packet(9, 2, level).0, &packet(9, 2, level).1).unwrap();
                let last = forged.len() - 1;
                forged[last] ^= 1;
                assert_eq!(opener.rtp(&forged), None);
            }
        }
    }

    #[test]
    fn forged_ssrcs_are_bounded_and_known_ones_go_on() {
        let (mut sealer, mut opener) = pair(ProtectionProfile::AeadAes128Gcm);
        let (header, bytes) = packet(9, 1, None);
        assert!(opener.rtp(&sealer.rtp(&header, &bytes).unwrap()).is_some());
        for ssrc in 1000..3000 {
            assert_eq!(opener.rtp(&packet(ssrc, 1, None).1), None);
        }
        assert_eq!(opener.media.tries, 1 + 2000);
        let (header, bytes) = packet(9, 2, None);
        assert!(opener.rtp(&sealer.rtp(&header, &bytes).unwrap()).is_some());
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (_, mut opener) = pair(ProtectionProfile::AeadAes128Gcm);
            prop_assert_eq!(opener.rtp(&bytes), None);
            prop_assert_eq!(opener.rtcp(&bytes), None);
        }
    }
}
