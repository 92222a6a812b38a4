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
mod tests;
