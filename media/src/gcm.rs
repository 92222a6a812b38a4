//! AEAD_AES_128_GCM for SRTP and SRTCP (RFC 7714): the session keys of one direction, sealing and opening in place.
//! Pure. Keeps no account of packets: whoever calls it says which index a packet has, and never says one twice.

use rtc::crypto::{AeadAlgorithm, AeadCipher, BlockCipherAlgorithm, CryptoError, RTCCrypto};

/// What sealing adds to an RTP packet.
const TAG: usize = 16;
/// Of a compound RTCP packet this much stays readable: the first header and its SSRC.
const RTCP_READABLE: usize = 8;
/// The E flag that stands before the index (RFC 7714 9.2).
const ENCRYPTED: u32 = 1 << 31;
/// The SRTCP index has 31 bits.
const RTCP_INDEX_MAX: u32 = ENCRYPTED - 1;

const BLOCK: usize = 16;
const SALT: usize = 12;

/// What a session key is derived for (RFC 3711 4.3.2).
#[derive(Clone, Copy)]
enum Label {
    RtpKey = 0,
    RtpSalt = 2,
    RtcpKey = 3,
    RtcpSalt = 5,
}

/// One key and its salt.
struct Half {
    cipher: Box<dyn AeadCipher>,
    salt: [u8; SALT],
}

/// The keys of one direction.
pub struct Keys {
    rtp: Half,
    rtcp: Half,
}

impl Keys {
    /// Derives the session keys (RFC 3711 4.3, RFC 7714 11), with a key derivation rate of 0.
    pub fn derive(
        master_key: &[u8],
        master_salt: &[u8],
        crypto: &dyn RTCCrypto,
    ) -> Result<Keys, CryptoError> {
        let block = |label| derive(crypto, master_key, master_salt, label);
        let half = |key, salt| Half::new(&block(key)?, &block(salt)?, crypto);
        Ok(Keys { rtp: half(Label::RtpKey, Label::RtpSalt)?, rtcp: half(Label::RtcpKey, Label::RtcpSalt)? })
    }

    /// Seals the RTP packet that fills `out` from `start` on, behind its first `readable` bytes (the header), and
    /// appends the tag. False when the library refuses; `out` holds nothing to send then.
    pub fn seal_rtp(&mut self, nonce: RtpNonce, readable: usize, out: &mut Vec<u8>, start: usize) -> bool {
        let Some((header, payload)) =
            out.get_mut(start..).and_then(|packet| packet.split_at_mut_checked(readable))
        else {
            return false;
        };
        let mut tag = [0; TAG];
        let nonce = salted(nonce.bytes(), &self.rtp.salt);
        let sealed = self.rtp.cipher.seal_in_place(&nonce, header, payload, &mut tag).is_ok();
        out.extend_from_slice(&tag);
        sealed
    }

    /// Opens the RTP packet `sealed`, of which the first `readable` bytes are the header, into `out`. False for one
    /// that is not authentic; `out` is empty then.
    pub fn open_rtp(&mut self, nonce: RtpNonce, readable: usize, sealed: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        let Some((packet, tag)) = split_tag(sealed).filter(|(packet, _)| packet.len() >= readable) else {
            return false;
        };
        out.extend_from_slice(packet);
        let (header, payload) = out.split_at_mut(readable);
        let nonce = salted(nonce.bytes(), &self.rtp.salt);
        let opened = self.rtp.cipher.open_in_place(&nonce, header, payload, tag).is_ok();
        if !opened {
            out.clear();
        }
        opened
    }

    /// Seals the compound RTCP packet that fills `out` from `start` on. False as for [`Keys::seal_rtp`].
    pub fn seal_rtcp(&mut self, index: u32, out: &mut Vec<u8>, start: usize) -> bool {
        let Some((readable, rest)) = out
            .get_mut(start..)
            .and_then(|packet| packet.split_at_mut_checked(RTCP_READABLE))
            .filter(|_| index <= RTCP_INDEX_MAX)
        else {
            return false;
        };
        let trailer = (index | ENCRYPTED).to_be_bytes();
        let mut tag = [0; TAG];
        let nonce = salted(rtcp_nonce(readable, index), &self.rtcp.salt);
        let sealed =
            self.rtcp.cipher.seal_in_place(&nonce, &rtcp_aad(readable, trailer), rest, &mut tag).is_ok();
        out.extend_from_slice(&tag);
        out.extend_from_slice(&trailer);
        sealed
    }

    /// Opens a compound RTCP packet into `out`. False as for [`Keys::open_rtp`].
    pub fn open_rtcp(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        let Some(index) = rtcp_index(sealed) else { return false };
        let Some((rest, trailer)) = sealed.split_last_chunk::<4>() else { return false };
        let Some((packet, tag)) = split_tag(rest).filter(|(packet, _)| packet.len() >= RTCP_READABLE) else {
            return false;
        };
        out.extend_from_slice(packet);
        let (readable, rest) = out.split_at_mut(RTCP_READABLE);
        let nonce = salted(rtcp_nonce(readable, index), &self.rtcp.salt);
        let opened = self.rtcp.cipher.open_in_place(&nonce, &rtcp_aad(readable, *trailer), rest, tag).is_ok();
        if !opened {
            out.clear();
        }
        opened
    }
}

impl Half {
    fn new(key: &[u8; BLOCK], salt: &[u8; BLOCK], crypto: &dyn RTCCrypto) -> Result<Half, CryptoError> {
        let cipher = crypto.new_aead(AeadAlgorithm::Aes128Gcm, key)?;
        let mut half = Half { cipher, salt: [0; SALT] };
        half.salt.copy_from_slice(&salt[..SALT]);
        Ok(half)
    }
}

/// Which RTP packet it is: never the same twice under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpNonce {
    pub ssrc: u32,
    /// The rollover counter.
    pub roc: u32,
    pub sequence: u16,
}

impl RtpNonce {
    /// RFC 7714 8.1.
    fn bytes(self) -> [u8; SALT] {
        let mut bytes = [0; SALT];
        bytes[2..6].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes[6..10].copy_from_slice(&self.roc.to_be_bytes());
        bytes[10..].copy_from_slice(&self.sequence.to_be_bytes());
        bytes
    }
}

/// The index that a sealed compound packet says it has; `None` for one that is not encrypted.
pub fn rtcp_index(sealed: &[u8]) -> Option<u32> {
    let word = u32::from_be_bytes(*sealed.last_chunk()?);
    (word & ENCRYPTED != 0).then_some(word & RTCP_INDEX_MAX)
}

/// RFC 7714 9.1; the SSRC stands in the readable part.
fn rtcp_nonce(readable: &[u8], index: u32) -> [u8; SALT] {
    let mut bytes = [0; SALT];
    bytes[2..6].copy_from_slice(&readable[4..RTCP_READABLE]);
    bytes[8..].copy_from_slice(&index.to_be_bytes());
    bytes
}

fn rtcp_aad(readable: &[u8], trailer: [u8; 4]) -> [u8; RTCP_READABLE + 4] {
    let mut aad = [0; RTCP_READABLE + 4];
    aad[..RTCP_READABLE].copy_from_slice(readable);
    aad[RTCP_READABLE..].copy_from_slice(&trailer);
    aad
}

fn salted(mut nonce: [u8; SALT], salt: &[u8; SALT]) -> [u8; SALT] {
    nonce.iter_mut().zip(salt).for_each(|(byte, salt)| *byte ^= salt);
    nonce
}

fn split_tag(sealed: &[u8]) -> Option<(&[u8], &[u8])> {
    sealed.split_at_checked(sealed.len().checked_sub(TAG)?)
}

/// AES in counter mode as a pseudo-random function: no key or salt needs more than its first block.
fn derive(crypto: &dyn RTCCrypto, key: &[u8], salt: &[u8], label: Label) -> Result<[u8; BLOCK], CryptoError> {
    let mut block = [0; BLOCK];
    block.iter_mut().zip(salt).for_each(|(byte, salt)| *byte = *salt);
    block[7] ^= label as u8;
    crypto.block_encrypt(BlockCipherAlgorithm::Aes128, key, &mut block)?;
    Ok(block)
}

#[cfg(test)]
mod tests {
    use rtc::crypto::RTCCryptoProvider;
    use rtc::crypto::providers::RingProvider;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> =
            text.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// The session key and salt of RFC 7714 16 and 17.
    fn keys_of_the_rfc() -> Keys {
        let provider = RingProvider::default();
        let (key, mut salt) = (hex("000102030405060708090a0b0c0d0e0f"), hex("517569642070726f2071756f"));
        salt.resize(BLOCK, 0);
        let half = || {
            Half::new(&key[..].try_into().unwrap(), &salt[..].try_into().unwrap(), provider.crypto()).unwrap()
        };
        Keys { rtp: half(), rtcp: half() }
    }

    #[test]
    fn the_vectors_of_rfc_7714_16_1() {
        let plain = hex("8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
            69736120 696e2070 61727465 73207472 6573");
        let sealed = hex("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
            0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce");
        let nonce = RtpNonce { ssrc: 0x5501_a0b2, roc: 0, sequence: 0xf17b };
        let mut keys = keys_of_the_rfc();
        assert_eq!(salted(nonce.bytes(), &keys.rtp.salt)[..], hex("51753c65 80c2726f 20718414"));
        let mut out = vec![1, 2, 3];
        out.extend_from_slice(&plain);
        assert!(keys.seal_rtp(nonce, 12, &mut out, 3));
        assert_eq!(out[3..], sealed);
        assert!(keys.open_rtp(nonce, 12, &sealed, &mut out));
        assert_eq!(out, plain);
    }

    #[test]
    fn the_vectors_of_rfc_7714_17_1() {
        let plain = hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
            deadbeef deadbeef deadbeef deadbeef deadbeef");
        let sealed = hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
            c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4");
        let mut keys = keys_of_the_rfc();
        let mut out = vec![9];
        out.extend_from_slice(&plain);
        assert!(keys.seal_rtcp(0x5d4, &mut out, 1));
        assert_eq!(out[1..], sealed);
        assert_eq!(rtcp_index(&sealed), Some(0x5d4));
        assert!(keys.open_rtcp(&sealed, &mut out));
        assert_eq!(out, plain);
    }

    #[test]
    fn what_is_too_short_is_refused() {
        let mut keys = keys_of_the_rfc();
        let nonce = RtpNonce { ssrc: 1, roc: 0, sequence: 1 };
        for length in 0..40 {
            let (bytes, mut out) = (vec![0x80; length], vec![7]);
            assert!(!keys.open_rtp(nonce, 12, &bytes, &mut out) && out.is_empty());
            assert!(!keys.open_rtcp(&bytes, &mut out) && out.is_empty());
        }
        assert!(!keys.seal_rtp(nonce, 12, &mut vec![0; 11], 0));
        assert!(!keys.seal_rtcp(1, &mut vec![0; 7], 0));
        assert!(!keys.seal_rtcp(RTCP_INDEX_MAX + 1, &mut vec![0; 70], 0));
    }
}
