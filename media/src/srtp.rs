//! SRTP (RFC 3711, RFC 7714) of one transport, in both profiles. The only file that names rtc-srtp, which carries
//! AES128_CM_HMAC_SHA1_80; the profile of every call but an old browser's, AEAD_AES_128_GCM, is sealed and opened
//! without allocation by `gcm`. Owns the session keys and the replay windows; knows neither rooms nor slots.

use std::fmt;

use rtc::crypto::RTCCrypto;
use rtc::rtp::Header;
use rtc::shared::error::Error;
use rtc::srtp::config::Config;
pub use rtc::srtp::config::LABEL_EXTRACTOR_DTLS_SRTP;
use rtc::srtp::context::Context;
use rtc::srtp::option::{srtcp_replay_protection, srtp_replay_protection};
pub use rtc::srtp::protection_profile::ProtectionProfile;

use crate::gcm::{self, RtpNonce};
use crate::replay::Streams;
use crate::rtp;

/// Packets behind the newest that rtc-srtp still takes, each once.
const REPLAY_WINDOW: usize = 128;
/// Unknown SSRCs that may be tried per transport with rtc-srtp. Its context keeps state for each before it is
/// authenticated, so one who forges a browser's address must not be able to try without end.
const MAX_TRIES: usize = 64;

/// HMAC_SHA1_80.
const CM_TAG: usize = 10;

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
    let local = (&keys.local_master_key[..], &keys.local_master_salt[..]);
    let remote = (&keys.remote_master_key[..], &keys.remote_master_salt[..]);
    if matches!(profile, ProtectionProfile::AeadAes128Gcm) {
        let derive = |(key, salt)| gcm::Keys::derive(key, salt, crypto);
        let failed = |error: rtc::crypto::CryptoError| Error::Crypto(error.to_string());
        let (sealing, opening) = (derive(local).map_err(failed)?, derive(remote).map_err(failed)?);
        let opening = Opening::Gcm { keys: opening, media: Streams::default(), control: Streams::default() };
        return Ok((Sealer(Sealing::Gcm { keys: sealing, control: 0 }), Opener(opening)));
    }
    let sealing = Context::new(local.0, local.1, profile, None, None, crypto)?;
    let (media, control) = (srtp_replay_protection(REPLAY_WINDOW), srtcp_replay_protection(REPLAY_WINDOW));
    let opening = Context::new(remote.0, remote.1, profile, Some(media), Some(control), crypto)?;
    let sealing = Box::new(Cm { context: sealing, header: Header::default() });
    let opening =
        Box::new(CmOpening { context: opening, media: Guard::default(), control: Guard::default() });
    Ok((Sealer(Sealing::Cm(sealing)), Opener(Opening::Cm(opening))))
}

/// How many bytes of keying material [`contexts`] wants.
pub fn keying_material_len(profile: ProtectionProfile) -> usize {
    Config { profile, ..Config::default() }.keying_material_len()
}

/// Protects what is sent.
pub struct Sealer(Sealing);

enum Sealing {
    Gcm {
        keys: gcm::Keys,
        /// Index of the last RTCP packet.
        control: u32,
    },
    Cm(Box<Cm>),
}

struct Cm {
    context: Context,
    /// Tells the context sequence number, SSRC and length of the header; kept for its memory.
    header: Header,
}

impl Sealer {
    /// Seals the RTP packet that fills `out` from `start` on and begins with `header`; `roc` is its rollover
    /// counter. The caller gives no (SSRC, `roc`, sequence number) twice. False when it cannot be sealed: what
    /// stands in `out` from `start` on must not be sent then.
    pub fn rtp(&mut self, header: &rtp::Header, roc: u32, out: &mut Vec<u8>, start: usize) -> bool {
        match &mut self.0 {
            Sealing::Gcm { keys, .. } => {
                let nonce = RtpNonce { ssrc: header.ssrc, roc, sequence: header.sequence };
                keys.seal_rtp(nonce, header.length(), out, start)
            }
            Sealing::Cm(cm) => {
                cm.header.sequence_number = header.sequence;
                cm.header.ssrc = header.ssrc;
                // The context asks for no more than the length of what it must leave readable; CSRCs give it that.
                cm.header.csrc.resize((header.length() - rtp::FIXED) / 4, 0);
                let sealed =
                    out.get(start..).map(|packet| cm.context.encrypt_rtp_with_header(packet, &cm.header));
                replace(out, start, sealed.and_then(Result::ok).as_deref())
            }
        }
    }

    /// Seals the compound RTCP packet that fills `out` from `start` on. False as above.
    pub fn rtcp(&mut self, out: &mut Vec<u8>, start: usize) -> bool {
        match &mut self.0 {
            Sealing::Gcm { keys, control } => {
                // One count for all SSRCs: each sees it grow, and no index comes twice under one key.
                *control = control.saturating_add(1);
                keys.seal_rtcp(*control, out, start)
            }
            Sealing::Cm(cm) => {
                let sealed = out.get(start..).map(|compound| cm.context.encrypt_rtcp(compound));
                replace(out, start, sealed.and_then(Result::ok).as_deref())
            }
        }
    }
}

fn replace(out: &mut Vec<u8>, start: usize, sealed: Option<&[u8]>) -> bool {
    out.truncate(start);
    out.extend_from_slice(sealed.unwrap_or_default());
    sealed.is_some()
}

/// Opens what comes, each packet once.
pub struct Opener(Opening);

enum Opening {
    Gcm { keys: gcm::Keys, media: Streams, control: Streams },
    Cm(Box<CmOpening>),
}

struct CmOpening {
    context: Context,
    media: Guard,
    control: Guard,
}

impl Opener {
    /// Opens an RTP packet into `out` (cleared first). False for one that is forged, repeated or too old.
    pub fn rtp(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        let (Some(ssrc), Some(sequence)) = (rtp::ssrc(sealed), rtp::sequence(sealed)) else { return false };
        match &mut self.0 {
            Opening::Gcm { keys, media, .. } => {
                let (Some(readable), Some(candidate)) =
                    (rtp::header_length(sealed), media.rtp(ssrc, sequence))
                else {
                    return false;
                };
                let nonce = RtpNonce { ssrc, roc: (candidate.index >> 16) as u32, sequence };
                let opened = keys.open_rtp(nonce, readable, sealed, out);
                if opened {
                    media.take(candidate);
                }
                opened
            }
            Opening::Cm(cm) => {
                let opened = cm.media.may_try(ssrc).then(|| cm.context.decrypt_rtp(sealed).ok()).flatten();
                out.extend_from_slice(opened.as_deref().unwrap_or_default());
                cm.media.settle(ssrc, opened.is_some())
            }
        }
    }

    /// Opens a compound RTCP packet into `out`. False as above.
    pub fn rtcp(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        let Some(ssrc) = sealed.get(4..).and_then(<[u8]>::first_chunk) else { return false };
        let ssrc = u32::from_be_bytes(*ssrc);
        match &mut self.0 {
            Opening::Gcm { keys, control, .. } => {
                let Some(candidate) = gcm::rtcp_index(sealed).and_then(|index| control.rtcp(ssrc, index))
                else {
                    return false;
                };
                let opened = keys.open_rtcp(sealed, out);
                if opened {
                    control.take(candidate);
                }
                opened
            }
            Opening::Cm(cm) => {
                let may_try = says_encrypted(sealed) && cm.control.may_try(ssrc);
                let opened = may_try.then(|| cm.context.decrypt_rtcp(sealed).ok()).flatten();
                out.extend_from_slice(opened.as_deref().unwrap_or_default());
                cm.control.settle(ssrc, opened.is_some())
            }
        }
    }
}

/// Whether the E flag of an AES-CM packet is set. rtc-srtp takes one without it as it is, its tag unseen; a browser
/// sends none (RFC 5764 knows no profile without encryption).
fn says_encrypted(sealed: &[u8]) -> bool {
    let at = sealed.len().checked_sub(CM_TAG + 4);
    at.is_some_and(|at| sealed[at] & 0x80 != 0)
}

/// Bounds the SSRCs for which rtc-srtp keeps state.
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

    /// Remembers an SSRC that was authentic; tells whether it was.
    fn settle(&mut self, ssrc: u32, authentic: bool) -> bool {
        if authentic && !self.known.contains(&ssrc) {
            self.known.push(ssrc);
        }
        authentic
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
        header.append(b"payload", &mut bytes);
        (header, bytes)
    }

    fn seal(sealer: &mut Sealer, roc: u32, (header, bytes): &(rtp::Header, Vec<u8>)) -> Vec<u8> {
        // Something stands before it, as in the arena.
        let mut out = [b"before", &bytes[..]].concat();
        assert!(sealer.rtp(header, roc, &mut out, 6));
        assert_eq!(out[..6], *b"before");
        out.split_off(6)
    }

    fn open(opener: &mut Opener, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"what was here".to_vec();
        opener.rtp(sealed, &mut out).then_some(out)
    }

    #[test]
    fn a_packet_is_opened_once() {
        for profile in PROFILES {
            for level in [None, Some((1, 0x85)), Some((20, 0x85))] {
                let (mut sealer, mut opener) = pair(profile);
                let plain = packet(9, 1, level);
                let sealed = seal(&mut sealer, 0, &plain);
                let readable = plain.0.length();
                assert_eq!(sealed[..readable], plain.1[..readable]);
                assert_eq!(open(&mut opener, &sealed), Some(plain.1));
                assert_eq!(open(&mut opener, &sealed), None, "a replay");
                let mut forged = seal(&mut sealer, 0, &packet(9, 2, level));
                let last = forged.len() - 1;
                forged[last] ^= 1;
                assert_eq!(open(&mut opener, &forged), None);
                forged[last] ^= 1;
                assert!(open(&mut opener, &forged).is_some(), "the forgery left no trace");
            }
        }
    }

    #[test]
    fn reports_are_opened_once() {
        for profile in PROFILES {
            let (mut sealer, mut opener) = pair(profile);
            let mut plain = Vec::new();
            crate::rtcp::write_receiver_report(8, None, &mut plain);
            let (mut sealed, mut out) = ([b"x", &plain[..]].concat(), Vec::new());
            assert!(sealer.rtcp(&mut sealed, 1));
            assert!(opener.rtcp(&sealed[1..], &mut out));
            assert_eq!(out, plain);
            assert!(!opener.rtcp(&sealed[1..], &mut out), "a replay");
            let mut next = plain.clone();
            assert!(sealer.rtcp(&mut next, 0));
            next[10] ^= 1;
            assert!(!opener.rtcp(&next, &mut out), "a forgery");
            let clear = [&plain[..], &[0; 4 + CM_TAG]].concat();
            assert!(!opener.rtcp(&clear, &mut out), "a forgery that says it is not encrypted");
        }
    }

    #[test]
    fn forged_ssrcs_leave_no_trace_and_known_ones_go_on() {
        for profile in PROFILES {
            let (mut sealer, mut opener) = pair(profile);
            assert!(open(&mut opener, &seal(&mut sealer, 0, &packet(9, 1, None))).is_some());
            for ssrc in 1000..3000 {
                assert_eq!(open(&mut opener, &packet(ssrc, 1, None).1), None);
            }
            assert!(open(&mut opener, &seal(&mut sealer, 0, &packet(9, 2, None))).is_some());
            if let Opening::Cm(cm) = &opener.0 {
                assert_eq!(cm.media.tries, 1 + 2000);
            }
        }
    }

    /// The same keys in rtc-srtp: what seals (`true`) or what opens.
    fn other_library(material: &[u8], seals: bool) -> Context {
        let (provider, profile) = (RingProvider::default(), ProtectionProfile::AeadAes128Gcm);
        let mut config = Config { profile, ..Config::default() };
        config.set_session_keys_from_keying_material(material, seals).unwrap();
        let (key, salt) = (&config.keys.local_master_key, &config.keys.local_master_salt);
        let (key, salt) = if seals {
            (key, salt)
        } else {
            (&config.keys.remote_master_key, &config.keys.remote_master_salt)
        };
        Context::new(key, salt, profile, None, None, provider.crypto()).unwrap()
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for profile in PROFILES {
                let (_, mut opener) = pair(profile);
                let mut out = Vec::new();
                prop_assert!(!opener.rtp(&bytes, &mut out));
                prop_assert!(!opener.rtcp(&bytes, &mut out));
            }
        }

        /// Both directions, over a rollover and with gaps: byte for byte what rtc-srtp makes, and it opens ours.
        #[test]
        fn another_library_seals_and_opens_the_same(
            material in prop::collection::vec(any::<u8>(), 56), ssrc: u32, first in 1u16..0x8000,
            steps in prop::collection::vec(1u16..3000, 1..80), level in prop::option::of((1u8..=255, any::<u8>())),
        ) {
            let provider = RingProvider::default();
            let profile = ProtectionProfile::AeadAes128Gcm;
            let (mut sealer, _) = contexts(profile, &material, true, provider.crypto()).unwrap();
            let (_, mut opener) = contexts(profile, &material, false, provider.crypto()).unwrap();
            let (mut theirs, mut open_theirs) = (other_library(&material, true), other_library(&material, false));
            let mut index = u64::from(first);
            for step in steps {
                index += u64::from(step);
                let plain = packet(ssrc, index as u16, level);
                let sealed = seal(&mut sealer, (index >> 16) as u32, &plain);
                prop_assert_eq!(&theirs.encrypt_rtp(&plain.1).unwrap()[..], &sealed[..]);
                prop_assert_eq!(open(&mut opener, &sealed), Some(plain.1));
                let mut compound = Vec::new();
                crate::rtcp::write_receiver_report(ssrc, None, &mut compound);
                let mut sealed = compound.clone();
                prop_assert!(sealer.rtcp(&mut sealed, 0));
                prop_assert_eq!(&theirs.encrypt_rtcp(&compound).unwrap()[..], &sealed[..]);
                prop_assert_eq!(&open_theirs.decrypt_rtcp(&sealed).unwrap()[..], &compound[..]);
            }
        }
    }
}
