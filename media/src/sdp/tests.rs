//! Offers of real browsers, and what is none.

use proptest::prelude::*;

use super::*;

const CHROMIUM: &str = include_str!("../fixtures/chromium-offer.sdp");
const FIREFOX: &str = include_str!("../fixtures/firefox-offer.sdp");

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
        offer.sections[1..].iter().all(|section| section.flow == Flow::RecvOnly && section.ssrcs.is_empty())
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
