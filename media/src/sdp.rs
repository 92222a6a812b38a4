//! SDP as browsers offer it (RFC 8829): reads what the relay needs of an offer. Owns no state; knows neither
//! rooms nor transports. Everything that is kept and may be echoed is bounded and checked here.

use std::fmt;

/// Offers beyond this are refused unread, bytes.
pub const MAX_SDP: usize = 64 * 1024;
const MAX_LINE: usize = 4096;
const MAX_SECTIONS: usize = 32;
const MAX_SSRCS: usize = 8;
const MAX_TOKEN: usize = 64;
/// Longest ICE ufrag (RFC 8839 5.4).
const MAX_UFRAG: usize = 256;

const LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// An offer is unusable; the sentence names the reason and quotes nothing.
pub type Refusal = &'static str;

/// The SHA-256 of a DTLS certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            write!(formatter, "{}{byte:02X}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Which way media flows, seen from the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// One m-line of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `audio`, `video`, `application`.
    pub media: String,
    /// The transport protocol word, echoed when the m-line is refused.
    pub protocol: String,
    pub mid: String,
    pub flow: Flow,
    /// The payload type that the browser offers for opus/48000/2.
    pub opus: Option<u8>,
    /// The extension id that it offers for the audio level (RFC 6464).
    pub level: Option<u8>,
    /// The extension id that it offers for the mid (RFC 9143).
    pub mid_extension: Option<u8>,
    /// The SSRCs it announces.
    pub ssrcs: Vec<u32>,
    port: u16,
    bundle_only: bool,
    payload_types: Vec<u8>,
    /// The payload types for which it offers generic NACK (RFC 4585 4.2).
    nacks: Vec<u8>,
}

impl Section {
    /// Whether this m-line can carry audio through the relay.
    pub fn usable(&self) -> bool {
        self.media == "audio" && self.opus.is_some() && (self.port != 0 || self.bundle_only)
    }

    /// Whether packets of Opus may be asked for again.
    pub fn nack(&self) -> bool {
        self.opus.is_some_and(|opus| self.nacks.contains(&opus))
    }
}

/// What the relay needs of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub ufrag: String,
    pub fingerprint: Fingerprint,
    pub sections: Vec<Section>,
}

impl Offer {
    /// Reads an offer and checks that the relay can answer it.
    pub fn parse(sdp: &str) -> Result<Offer, Refusal> {
        if sdp.len() > MAX_SDP {
            return Err("it is longer than 64 kB");
        }
        let mut reader = Reader::default();
        for line in sdp.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.len() > MAX_LINE {
                return Err("a line is longer than 4096 bytes");
            }
            reader.line(line)?;
        }
        reader.finish()
    }
}

/// What stands at session level or in any bundled m-line alike.
#[derive(Default)]
struct Reader {
    started: bool,
    ufrag: Option<String>,
    fingerprint: Option<Fingerprint>,
    setup: Option<String>,
    bundle: Option<Vec<String>>,
    ice_lite: bool,
    flow: Option<Flow>,
    rtcp_mux: bool,
    sections: Vec<Section>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Refusal> {
        if let Some(version) = line.strip_prefix("v=") {
            self.started = version == "0";
        } else if let Some(media) = line.strip_prefix("m=") {
            if self.sections.len() == MAX_SECTIONS {
                return Err("it has more than 32 m-lines");
            }
            self.sections.push(media_line(media, self.flow)?);
        } else if let Some(attribute) = line.strip_prefix("a=") {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            self.transport_attribute(name, value)?;
            match self.sections.last_mut() {
                Some(section) => section_attribute(section, name, value)?,
                None => self.flow = flow(name).or(self.flow),
            }
        }
        Ok(())
    }

    /// In a bundle these say the same everywhere; the first counts (RFC 9143 7.1.3).
    fn transport_attribute(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "ice-ufrag" => {
                if value.len() < 4 || value.len() > MAX_UFRAG || !value.bytes().all(is_ice_char) {
                    return Err("its ice-ufrag is malformed");
                }
                self.ufrag.get_or_insert_with(|| value.to_owned());
            }
            "fingerprint" => {
                if let Some(fingerprint) = fingerprint(value)? {
                    self.fingerprint.get_or_insert(fingerprint);
                }
            }
            "setup" => {
                self.setup.get_or_insert_with(|| value.to_owned());
            }
            "group" if self.sections.is_empty() => {
                if let Some(mids) = value.strip_prefix("BUNDLE ") {
                    self.bundle.get_or_insert_with(|| mids.split(' ').map(str::to_owned).collect());
                }
            }
            "ice-lite" => self.ice_lite = true,
            "rtcp-mux" => self.rtcp_mux = true,
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Offer, Refusal> {
        if !self.started {
            return Err("it is not SDP");
        }
        if self.ice_lite {
            return Err("both sides would be ICE-lite");
        }
        if !matches!(self.setup.as_deref(), Some("actpass" | "passive")) {
            return Err("its setup is neither actpass nor passive");
        }
        if !self.rtcp_mux {
            return Err("it has no rtcp-mux");
        }
        let bundle = self.bundle.ok_or("it has no BUNDLE group")?;
        let mut mids = Vec::new();
        for section in &self.sections {
            // An m-line that was refused before may come without one.
            let named = !section.mid.is_empty();
            if (section.usable() && !named) || (named && mids.contains(&&section.mid)) {
                return Err("an m-line has no mid of its own");
            }
            mids.push(&section.mid);
            if section.usable() && !bundle.contains(&section.mid) {
                return Err("an audio m-line is not in the BUNDLE group");
            }
        }
        Ok(Offer {
            ufrag: self.ufrag.ok_or("it has no ice-ufrag")?,
            fingerprint: self.fingerprint.ok_or("it has no sha-256 fingerprint")?,
            sections: self.sections,
        })
    }
}

fn media_line(line: &str, flow: Option<Flow>) -> Result<Section, Refusal> {
    const MALFORMED: Refusal = "an m-line is malformed";
    let mut words = line.split(' ');
    let media = words.next().filter(|word| is_token(word)).ok_or(MALFORMED)?;
    let port = words
        .next()
        .and_then(|word| word.split('/').next())
        .and_then(|word| word.parse().ok())
        .ok_or(MALFORMED)?;
    let protocol = words.next().filter(|word| word.split('/').all(is_token)).ok_or(MALFORMED)?;
    let payload_types = words.filter_map(|word| word.parse().ok()).filter(|number| *number < 128).collect();
    Ok(Section {
        media: media.to_owned(),
        protocol: protocol.to_owned(),
        mid: String::new(),
        flow: flow.unwrap_or(Flow::SendRecv),
        opus: None,
        level: None,
        mid_extension: None,
        ssrcs: Vec::new(),
        port,
        bundle_only: false,
        payload_types,
        nacks: Vec::new(),
    })
}

fn section_attribute(section: &mut Section, name: &str, value: &str) -> Result<(), Refusal> {
    match name {
        "mid" => {
            if !is_token(value) {
                return Err("a mid is malformed");
            }
            section.mid = value.to_owned();
        }
        "rtpmap" => {
            if let Some((number, codec)) = value.split_once(' ')
                && codec.eq_ignore_ascii_case("opus/48000/2")
                && let Ok(number) = number.parse()
                && section.payload_types.contains(&number)
            {
                section.opus.get_or_insert(number);
            }
        }
        "extmap" => {
            let mut words = value.split(' ');
            let id = words.next().and_then(|word| word.split('/').next()).and_then(|word| word.parse().ok());
            let Some(id) = id.filter(|id: &u8| *id != 0 && *id != 15) else { return Ok(()) };
            match words.next() {
                Some(LEVEL_URI) => section.level = Some(id),
                Some(MID_URI) => section.mid_extension = Some(id),
                _ => {}
            }
        }
        "ssrc" => {
            if let Some(ssrc) = value.split(' ').next().and_then(|word| word.parse().ok())
                && !section.ssrcs.contains(&ssrc)
                && section.ssrcs.len() < MAX_SSRCS
            {
                section.ssrcs.push(ssrc);
            }
        }
        "rtcp-fb" => {
            if let Some((number, "nack")) = value.split_once(' ') {
                let every = section.payload_types.iter().copied().filter(|_| number == "*");
                let one = number.parse().ok().filter(|number| section.payload_types.contains(number));
                let fresh: Vec<u8> =
                    every.chain(one).filter(|number| !section.nacks.contains(number)).collect();
                section.nacks.extend(fresh);
            }
        }
        "bundle-only" => section.bundle_only = true,
        _ => section.flow = flow(name).unwrap_or(section.flow),
    }
    Ok(())
}

fn flow(name: &str) -> Option<Flow> {
    match name {
        "sendrecv" => Some(Flow::SendRecv),
        "sendonly" => Some(Flow::SendOnly),
        "recvonly" => Some(Flow::RecvOnly),
        "inactive" => Some(Flow::Inactive),
        _ => None,
    }
}

/// `Ok(None)` for a hash that the relay does not compute; another line may have one that it does.
fn fingerprint(value: &str) -> Result<Option<Fingerprint>, Refusal> {
    const MALFORMED: Refusal = "its fingerprint is malformed";
    let (hash, digits) = value.split_once(' ').ok_or(MALFORMED)?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return Ok(None);
    }
    let mut bytes = [0; 32];
    let mut pairs = digits.trim().split(':');
    for byte in &mut bytes {
        let hex = |pair: &&str| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        let pair = pairs.next().filter(hex).ok_or(MALFORMED)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| MALFORMED)?;
    }
    if pairs.next().is_some() { Err(MALFORMED) } else { Ok(Some(Fingerprint(bytes))) }
}

/// An RFC 8866 token, not longer than anything that browsers write.
fn is_token(word: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte);
    !word.is_empty() && word.len() <= MAX_TOKEN && word.bytes().all(legal)
}

fn is_ice_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHROMIUM: &str = include_str!("fixtures/chromium-offer.sdp");
    const FIREFOX: &str = include_str!("fixtures/firefox-offer.sdp");

    #[test]
    fn chromium_is_understood() {
        let offer = Offer::parse(CHROMIUM).unwrap();
        assert_eq!(offer.ufrag, "dKhB");
        assert!(offer.fingerprint.to_string().starts_with("DB:E9:7E:FF"));
        assert_eq!(offer.sections.len(), 9);
        let first = &offer.sections[0];
        assert_eq!((first.mid.as_str(), first.flow, first.opus), ("0", Flow::SendOnly, Some(111)));
        assert_eq!((first.level, first.mid_extension), (Some(1), Some(4)));
        assert_eq!(first.ssrcs, [4113680165]);
        assert!(offer.sections.iter().all(Section::usable));
        assert!(
            offer.sections[1..]
                .iter()
                .all(|section| section.flow == Flow::RecvOnly && section.ssrcs.is_empty())
        );
    }

    #[test]
    fn firefox_is_understood() {
        let offer = Offer::parse(FIREFOX).unwrap();
        assert_eq!(offer.sections.len(), 3);
        assert_eq!(offer.sections[0].flow, Flow::SendOnly);
        assert!(offer.sections.iter().all(|section| section.usable() && section.opus == Some(109)));
        assert_eq!((offer.sections[0].level, offer.sections[0].mid_extension), (Some(1), Some(3)));
        assert_eq!(offer.sections[0].ssrcs, [3463951252]);
    }

    #[test]
    fn nack_is_found_for_opus_alone() {
        let nack = |line: &str| {
            let offer = CHROMIUM.replace("a=rtcp-fb:111 transport-cc", line);
            Offer::parse(&offer).unwrap().sections.iter().map(Section::nack).collect::<Vec<_>>()
        };
        assert_eq!(nack("a=rtcp-fb:111 transport-cc\r\na=rtcp-fb:111 nack"), [true; 9]);
        assert_eq!(nack("a=rtcp-fb:* nack"), [true; 9]);
        for other in ["a=rtcp-fb:111 nack pli", "a=rtcp-fb:63 nack", "a=rtcp-fb:300 nack", "a=rtcp-fb:nack"] {
            assert_eq!(nack(other), [false; 9], "{other}");
        }
    }

    #[test]
    fn what_cannot_be_answered_is_refused_with_a_reason() {
        let chromium = |from: &str, to: &str| Offer::parse(&CHROMIUM.replace(from, to)).unwrap_err();
        assert_eq!(chromium("a=setup:actpass", "a=setup:active"), "its setup is neither actpass nor passive");
        assert_eq!(chromium("sha-256", "sha-1"), "it has no sha-256 fingerprint");
        assert_eq!(chromium("DB:E9", "DB:+9"), "its fingerprint is malformed");
        assert_eq!(chromium("DB:E9", "DB:E9:E9"), "its fingerprint is malformed");
        assert_eq!(chromium("a=ice-ufrag:dKhB", "a=ice-ufrag:d\u{e9}\u{e9}B"), "its ice-ufrag is malformed");
        assert_eq!(chromium("a=mid:3", "a=mid:2"), "an m-line has no mid of its own");
        assert_eq!(chromium("a=mid:3", "a=mid:a b"), "a mid is malformed");
        assert_eq!(
            chromium("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
            "an audio m-line is not in the BUNDLE group"
        );
        assert_eq!(chromium("a=rtcp-mux", "a=x"), "it has no rtcp-mux");
        assert_eq!(chromium("t=0 0", "a=ice-lite"), "both sides would be ICE-lite");
        assert_eq!(chromium("v=0", "w=0"), "it is not SDP");
        assert_eq!(Offer::parse("").unwrap_err(), "it is not SDP");
        assert_eq!(Offer::parse(&"a".repeat(MAX_SDP + 1)).unwrap_err(), "it is longer than 64 kB");
        assert_eq!(Offer::parse(&"a".repeat(MAX_LINE + 1)).unwrap_err(), "a line is longer than 4096 bytes");
        let many = format!("v=0\r\n{}", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(33));
        assert_eq!(Offer::parse(&many).unwrap_err(), "it has more than 32 m-lines");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(?s).{0,400}") {
            let _ = Offer::parse(&text);
        }

        #[test]
        fn any_mutilated_offer_is_taken(at in 0usize..8000, cut in 0usize..50, insert in "(?s).{0,10}") {
            let mut text = CHROMIUM.to_owned();
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.replace_range(at..end, &insert);
            let _ = Offer::parse(&text);
        }
    }
}
