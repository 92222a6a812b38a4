//! What reads and rewrites bytes from the network, open to the fuzzer alone, and the little that it needs to sign.

pub mod answer {
    pub use crate::answer::Downlink;
}

pub mod downlink {
    pub use crate::downlink::Downlink;
}

pub mod quality {
    pub use crate::quality::{Clock, Reception, Sending, middle, round_trip_ms};
}

pub mod rtcp {
    pub use crate::rtcp::{Block, Item, read, wanted, write_nack, write_receiver_report};
}

pub mod rtp {
    pub use crate::rtp::{Header, Packet, header_length, ssrc};
}

pub mod slots {
    pub use crate::slots::{Slot, Source};
}

pub mod stun {
    use std::net::SocketAddr;

    use rtc::crypto::providers::RingProvider;
    use rtc::crypto::{HashAlgorithm, HmacAlgorithm, Mac, RTCCryptoProvider as _};

    pub use crate::stun::{BindingRequest, Message};

    /// A MAC with this key.
    pub fn mac(key: &[u8]) -> Box<dyn Mac> {
        RingProvider::default().crypto().new_hmac(HmacAlgorithm::Sha1, key).expect("HMAC-SHA1 takes any key")
    }

    /// The key of long-term credentials (RFC 8489 9.2.2).
    pub fn turn_key(username: &str, realm: &str, password: &str) -> Vec<u8> {
        let text = format!("{username}:{realm}:{password}");
        RingProvider::default()
            .crypto()
            .hash(HashAlgorithm::Md5, text.as_bytes())
            .expect("MD5 takes any text")
    }

    /// A message with these attributes, signed and with a fingerprint.
    pub fn signed(kind: u16, attributes: &[(u16, &[u8])], key: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        crate::stun::begin(kind, &[7; 12], &mut out);
        attributes.iter().for_each(|(kind, value)| crate::stun::put_attribute(*kind, value, &mut out));
        assert!(crate::stun::append_integrity(&mut out, &mut *mac(key)), "HMAC-SHA1 signs any text");
        crate::stun::append_fingerprint(&mut out);
        out
    }

    /// Reads an address that is masked with the cookie and a transaction.
    pub fn xor_address(value: &[u8], transaction: &[u8]) -> Option<SocketAddr> {
        crate::stun::xor_address(value, transaction)
    }
}
