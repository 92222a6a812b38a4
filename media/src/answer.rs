//! The SDP answer (RFC 8829 5.3): what the relay takes of an offer and the text that says so. Owns no state;
//! knows neither rooms nor transports.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::api::Config;
use crate::sdp::{Fingerprint, Flow, Offer, Refusal, Section};

/// The m-line on which the browser sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uplink {
    pub mid: String,
    pub payload_type: u8,
    /// Extension id of the audio level.
    pub level: Option<u8>,
    /// The relay may ask for packets again (RFC 4585).
    pub nack: bool,
    /// The SSRCs it announced; empty when it announced none.
    pub ssrcs: Vec<u32>,
}

/// An m-line on which the relay sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downlink {
    pub mid: String,
    pub payload_type: u8,
    /// Extension id of the audio level.
    pub level: Option<u8>,
    /// The browser may ask for packets again.
    pub nack: bool,
}

/// What becomes of one m-line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Uplink,
    /// Index into [`Plan::slots`].
    Slot(usize),
    Refused,
}

/// What the relay takes of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub uplink: Uplink,
    pub slots: Vec<Downlink>,
    roles: Vec<Role>,
}

impl Plan {
    /// The first sending audio m-line is the uplink, the first `max_slots` receiving ones are the slots,
    /// everything else is refused.
    pub fn of(offer: &Offer, max_slots: usize) -> Result<Plan, Refusal> {
        let mut uplink = None;
        let mut slots = Vec::new();
        let mut roles = Vec::new();
        for section in &offer.sections {
            let role = match (section.flow, section.opus) {
                (Flow::SendOnly | Flow::SendRecv, Some(payload_type))
                    if section.usable() && uplink.is_none() =>
                {
                    let (mid, ssrcs) = (section.mid.clone(), section.ssrcs.clone());
                    let (level, nack) = (section.level, section.nack());
                    uplink = Some(Uplink { mid, payload_type, level, nack, ssrcs });
                    Role::Uplink
                }
                (Flow::RecvOnly, Some(payload_type)) if section.usable() && slots.len() < max_slots => {
                    let (mid, level, nack) = (section.mid.clone(), section.level, section.nack());
                    slots.push(Downlink { mid, payload_type, level, nack });
                    Role::Slot(slots.len() - 1)
                }
                _ => Role::Refused,
            };
            roles.push(role);
        }
        let uplink = uplink.ok_or("no m-line sends Opus audio")?;
        Ok(Plan { uplink, slots, roles })
    }

    /// Whether `later`, an ICE restart's plan, keeps what was negotiated. SSRCs may change: the relay takes any. Whether
    /// packets may be asked for again stays as it was first agreed.
    pub fn keeps(&self, later: &Plan) -> bool {
        fn lines(plan: &Plan) -> impl Iterator<Item = (&str, u8, Option<u8>)> {
            let slots = plan.slots.iter().map(|slot| (slot.mid.as_str(), slot.payload_type, slot.level));
            let uplink = &plan.uplink;
            std::iter::once((uplink.mid.as_str(), uplink.payload_type, uplink.level)).chain(slots)
        }
        lines(self).eq(lines(later))
    }
}

/// What the text of an answer is made of.
pub struct Parts<'a> {
    pub offer: &'a Offer,
    pub plan: &'a Plan,
    /// Identifies the session in the `o=` line, the same for every answer of a transport.
    pub session: u64,
    /// Counts the answers of a transport.
    pub version: u32,
    pub ufrag: &'a str,
    pub pwd: &'a str,
    pub fingerprint: Fingerprint,
    pub config: &'a Config,
    /// SSRC of each slot.
    pub ssrcs: &'a [u32],
}

impl Parts<'_> {
    /// Writes the answer.
    pub fn sdp(&self) -> String {
        let mut out = String::with_capacity(1024 * (1 + self.plan.roles.len()));
        let taken: Vec<&str> = self.taken().map(|(_, section)| section.mid.as_str()).collect();
        let (session, version, bundle) = (self.session, self.version, taken.join(" "));
        line(&mut out, format_args!("v=0\r\no=- {session} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0"));
        line(&mut out, format_args!("a=ice-lite\r\na=group:BUNDLE {bundle}\r\na=msid-semantic: WMS *"));
        let mut first = true;
        for (role, section) in self.plan.roles.iter().zip(&self.offer.sections) {
            match role {
                Role::Refused => refused(&mut out, section),
                Role::Uplink => {
                    let uplink = &self.plan.uplink;
                    self.open_section(&mut out, &uplink.mid, uplink.payload_type, uplink.level, uplink.nack);
                    line(&mut out, format_args!("a=recvonly"));
                }
                Role::Slot(index) => self.slot(&mut out, *index),
            }
            if *role != Role::Refused && std::mem::take(&mut first) {
                candidates(&mut out, self.config);
            }
        }
        out
    }

    fn taken(&self) -> impl Iterator<Item = (&Role, &Section)> {
        self.plan.roles.iter().zip(&self.offer.sections).filter(|(role, _)| **role != Role::Refused)
    }

    fn slot(&self, out: &mut String, index: usize) {
        let (Some(slot), Some(ssrc)) = (self.plan.slots.get(index), self.ssrcs.get(index)) else { return };
        self.open_section(out, &slot.mid, slot.payload_type, slot.level, slot.nack);
        // A stream of its own for each slot, or browsers would play them in lip-sync with each other.
        line(
            out,
            format_args!("a=sendonly\r\na=msid:slot{index} slot{index}\r\na=ssrc:{ssrc} cname:slot{index}"),
        );
    }

    fn open_section(&self, out: &mut String, mid: &str, payload_type: u8, level: Option<u8>, nack: bool) {
        let (ufrag, pwd, fingerprint) = (self.ufrag, self.pwd, self.fingerprint);
        line(
            out,
            format_args!("m=audio 9 UDP/TLS/RTP/SAVPF {payload_type}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}"),
        );
        line(out, format_args!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}"));
        line(out, format_args!("a=fingerprint:sha-256 {fingerprint}\r\na=setup:active"));
        line(out, format_args!("a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:{payload_type} opus/48000/2"));
        line(out, format_args!("a=fmtp:{payload_type} minptime=10;useinbandfec=1;usedtx=1"));
        if nack {
            line(out, format_args!("a=rtcp-fb:{payload_type} nack"));
        }
        if let Some(id) = level {
            line(out, format_args!("a=extmap:{id} urn:ietf:params:rtp-hdrext:ssrc-audio-level"));
        }
    }
}

fn refused(out: &mut String, section: &Section) {
    let (media, protocol) = (&section.media, &section.protocol);
    // A data channel's m-line has a word where others have payload types.
    let format = if media == "application" { "webrtc-datachannel" } else { "0" };
    line(out, format_args!("m={media} 0 {protocol} {format}\r\nc=IN IP4 0.0.0.0\r\na=inactive"));
    if !section.mid.is_empty() {
        line(out, format_args!("a=mid:{}", section.mid));
    }
}

fn candidates(out: &mut String, config: &Config) {
    let udp = if config.tcp_only { &[][..] } else { &config.announce_udp };
    let mut foundation = 0;
    for (index, address) in udp.iter().enumerate() {
        foundation += 1;
        candidate(out, foundation, "udp", udp_priority(index), *address, "");
    }
    for (index, address) in config.announce_tcp.iter().enumerate() {
        foundation += 1;
        candidate(out, foundation, "tcp", tcp_priority(index), *address, " tcptype passive");
    }
    line(out, format_args!("a=end-of-candidates"));
}

fn candidate(
    out: &mut String,
    foundation: usize,
    protocol: &str,
    priority: u32,
    address: SocketAddr,
    rest: &str,
) {
    let (ip, port) = (address.ip(), address.port());
    line(out, format_args!("a=candidate:{foundation} 1 {protocol} {priority} {ip} {port} typ host{rest}"));
}

/// RFC 8445 5.1.2.1: a host candidate, the earlier address preferred.
fn udp_priority(index: usize) -> u32 {
    priority(126, 65_535 - index.min(1000) as u32)
}

/// RFC 6544 4.2: below UDP; passive candidates have direction preference 4 of 7.
fn tcp_priority(index: usize) -> u32 {
    priority(90, (4 << 13) + 8191 - index.min(1000) as u32)
}

fn priority(type_preference: u32, local_preference: u32) -> u32 {
    (type_preference << 24) + (local_preference << 8) + 255
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{text}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROMIUM: &str = include_str!("fixtures/chromium-offer.sdp");
    const FIREFOX: &str = include_str!("fixtures/firefox-offer.sdp");

    fn answer(offer: &str, config: &Config) -> (Plan, String) {
        let offer = Offer::parse(offer).unwrap();
        let plan = Plan::of(&offer, config.max_slots).unwrap();
        let ssrcs: Vec<u32> = (1000..).take(plan.slots.len()).collect();
        let fingerprint = Fingerprint([0xAB; 32]);
        let (ufrag, pwd) = ("ufragufr", "passwordpasswordpassword");
        let parts = Parts {
            offer: &offer,
            plan: &plan,
            session: 7,
            version: 1,
            ufrag,
            pwd,
            fingerprint,
            config,
            ssrcs: &ssrcs,
        };
        let sdp = parts.sdp();
        (plan, sdp)
    }

    fn config() -> Config {
        Config {
            announce_udp: vec!["192.0.2.1:443".parse().unwrap(), "[2001:db8::1]:443".parse().unwrap()],
            announce_tcp: vec!["192.0.2.1:443".parse().unwrap()],
            ..Config::new(Vec::new())
        }
    }

    fn count(text: &str, part: &str) -> usize {
        text.matches(part).count()
    }

    #[test]
    fn chromium_is_answered_in_its_own_numbers() {
        let (plan, sdp) = answer(CHROMIUM, &config());
        assert_eq!(plan.slots.len(), 8);
        assert!(sdp.contains("a=group:BUNDLE 0 1 2 3 4 5 6 7 8\r\n"));
        assert_eq!(count(&sdp, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"), 9);
        assert_eq!((count(&sdp, "a=recvonly\r\n"), count(&sdp, "a=sendonly\r\n")), (1, 8));
        assert_eq!(count(&sdp, "a=setup:active\r\n"), 9);
        assert!(sdp.contains("a=candidate:1 1 udp 2130706431 192.0.2.1 443 typ host\r\n"));
        assert!(sdp.contains("a=candidate:2 1 udp 2130706175 2001:db8::1 443 typ host\r\n"));
        assert!(sdp.contains("a=candidate:3 1 tcp 1520435199 192.0.2.1 443 typ host tcptype passive\r\n"));
        assert_eq!((count(&sdp, "a=candidate"), count(&sdp, "a=end-of-candidates\r\n")), (3, 1));
        assert_eq!(count(&sdp, "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"), 9);
        assert!(sdp.contains("a=msid:slot7 slot7\r\na=ssrc:1007 cname:slot7\r\n"));
        assert!(!sdp.contains("transport-cc") && !sdp.contains("rtcp-fb"));
    }

    #[test]
    fn firefox_is_answered_in_its_own_numbers() {
        let (plan, sdp) = answer(FIREFOX, &config());
        assert_eq!((plan.uplink.payload_type, plan.slots.len()), (109, 2));
        assert_eq!(count(&sdp, "a=rtpmap:109 opus/48000/2\r\n"), 3);
    }

    #[test]
    fn nack_is_answered_where_it_is_offered_and_does_not_bind_a_restart() {
        let asks = CHROMIUM.replace("a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 nack");
        let (plan, sdp) = answer(&asks, &config());
        assert_eq!(count(&sdp, "a=rtcp-fb:111 nack\r\n"), 9);
        assert!(plan.uplink.nack && plan.slots.iter().all(|slot| slot.nack));
        let (other, _) = answer(CHROMIUM, &config());
        assert!(plan.keeps(&other) && other.keeps(&plan));
    }

    #[test]
    fn tcp_only_leaves_udp_out() {
        let (_, sdp) = answer(CHROMIUM, &Config { tcp_only: true, ..config() });
        assert_eq!((count(&sdp, " udp "), count(&sdp, " tcp ")), (0, 1));
    }

    #[test]
    fn what_is_not_wanted_gets_port_zero_and_stays_out_of_the_bundle() {
        let video = CHROMIUM.replacen("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=video 9 UDP/TLS/RTP/SAVPF 96", 2);
        let video = video.replacen("a=recvonly", "a=sendonly", 2);
        let (plan, sdp) = answer(&video, &Config { max_slots: 2, ..config() });
        assert_eq!((plan.uplink.mid.as_str(), plan.slots.len()), ("2", 2));
        assert_eq!((count(&sdp, "m=video 0 "), count(&sdp, "m=audio 0 ")), (2, 4));
        assert!(sdp.contains("a=group:BUNDLE 2 3 4\r\n"));
    }

    #[test]
    fn an_offer_that_sends_nothing_is_refused() {
        let offer = Offer::parse(&CHROMIUM.replace("a=sendonly", "a=recvonly")).unwrap();
        assert_eq!(Plan::of(&offer, 8).unwrap_err(), "no m-line sends Opus audio");
    }

    #[test]
    fn a_restart_must_keep_what_was_negotiated() {
        let plan = |text: &str| Plan::of(&Offer::parse(text).unwrap(), 8).unwrap();
        assert!(plan(CHROMIUM).keeps(&plan(&CHROMIUM.replace("dKhB", "other").replace("4113680165", "7"))));
        assert!(!plan(CHROMIUM).keeps(&plan(FIREFOX)));
    }
}
