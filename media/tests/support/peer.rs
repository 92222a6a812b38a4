//! A browser's stand-in: a peer connection of the `webrtc` crate that sends a tone and listens in all its slots.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtc::ice::network_type::NetworkType;
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::rtp;
use rtc::rtp::extension::HeaderExtension;
use rtc::rtp::extension::audio_level_extension::AudioLevelExtension;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpHeaderExtensionCapability,
    RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::task::JoinHandle;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceCandidateInit, RTCSessionDescription, Registry, SettingEngineBuilder,
    register_default_interceptors,
};

use super::tone::{FRAME, RATE, Tone, share};

const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const OPUS: u8 = 111;

/// The way to the relay.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Udp,
    Udp6,
    Tcp,
}

/// What came in one slot.
#[derive(Default)]
struct Slot {
    packets: u64,
    sound: Vec<f32>,
}

/// All slots, by the order in which they were first heard.
#[derive(Clone, Default)]
struct Ears(Arc<Mutex<HashMap<u64, Slot>>>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Ears {
    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let ears = self.clone();
        tokio::spawn(async move { ears.listen(track).await });
    }
}

impl Ears {
    async fn listen(&self, track: Arc<dyn TrackRemote>) {
        let slot = {
            let mut slots = self.0.lock().unwrap();
            let slot = slots.len() as u64;
            slots.insert(slot, Slot::default());
            slot
        };
        let mut decoder = opus::Decoder::new(RATE as u32, opus::Channels::Mono).unwrap();
        while let Some(event) = track.poll().await {
            let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
            let mut samples = [0.0; FRAME * 6];
            let decoded = decoder.decode_float(&packet.payload, &mut samples, false).unwrap_or(0);
            let mut slots = self.0.lock().unwrap();
            let slot = slots.entry(slot).or_default();
            slot.packets += 1;
            slot.sound.extend_from_slice(&samples[..decoded]);
        }
    }
}

/// A person with a phone in his hand.
pub struct Peer {
    connection: Arc<dyn PeerConnection>,
    ears: Ears,
    mouth: JoinHandle<()>,
}

impl Peer {
    /// A peer that sends a tone of `hertz` as soon as it can, and can hear `slots` others.
    pub async fn new(network: Network, hertz: f32, slots: usize) -> Peer {
        let mut media = MediaEngine::default();
        media.register_default_codecs().unwrap();
        let level = RTCRtpHeaderExtensionCapability { uri: AUDIO_LEVEL.to_owned() };
        media.register_header_extension(level, RtpCodecKind::Audio, None).unwrap();
        let registry = register_default_interceptors(Registry::new(), &mut media).unwrap();
        let (udp, tcp, kind) = match network {
            Network::Udp => (vec!["127.0.0.1:0"], vec![], NetworkType::Udp4),
            Network::Udp6 => (vec!["[::1]:0"], vec![], NetworkType::Udp6),
            Network::Tcp => (vec![], vec!["127.0.0.1:0"], NetworkType::Tcp4),
        };
        let settings = SettingEngineBuilder::new()
            .with_network_types(vec![kind])
            .with_include_loopback_candidate(true)
            // As browsers do: a restart comes from new sockets.
            .with_discard_local_candidates_during_ice_restart(true)
            .build();
        let ears = Ears::default();
        let connection = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(ears.clone()))
            .with_udp_addrs(udp)
            .with_tcp_addrs(tcp)
            .build()
            .await
            .unwrap();
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let ssrc = 1000 + hertz as u32;
        let track = Arc::new(TrackLocalStaticRTP::new(voice(ssrc)));
        connection.add_transceiver_from_track(track.clone(), direction(true)).await.unwrap();
        for _ in 0..slots {
            connection.add_transceiver_from_kind(RtpCodecKind::Audio, direction(false)).await.unwrap();
        }
        Peer { connection, ears, mouth: tokio::spawn(speak(track, ssrc, Tone::new(hertz))) }
    }

    /// An offer; `restart` asks for new ICE credentials.
    pub async fn offer(&self, restart: bool) -> String {
        let options = restart.then_some(RTCOfferOptions { ice_restart: true });
        let offer = self.connection.create_offer(options).await.unwrap();
        self.connection.set_local_description(offer).await.unwrap();
        self.connection.local_description().await.unwrap().sdp
    }

    /// Takes the relay's answer. This client dials TCP only for candidates that come one by one.
    pub async fn answer(&self, sdp: &str) {
        let description = RTCSessionDescription::answer(sdp.to_owned()).unwrap();
        self.connection.set_remote_description(description).await.unwrap();
        let candidates = sdp.lines().filter_map(|line| line.trim().strip_prefix("a=candidate:"));
        for candidate in candidates.filter(|candidate| candidate.contains("tcptype passive")) {
            let candidate =
                RTCIceCandidateInit { candidate: format!("candidate:{candidate}"), ..Default::default() };
            self.connection.add_ice_candidate(candidate).await.unwrap();
        }
    }

    /// The relay's ICE user name, as last negotiated.
    pub async fn remote_ufrag(&self) -> Option<String> {
        let sdp = self.connection.remote_description().await?.sdp;
        sdp.lines().find_map(|line| line.trim().strip_prefix("a=ice-ufrag:").map(str::to_owned))
    }

    /// Packets heard so far, in all slots.
    pub fn packets(&self) -> u64 {
        self.ears.0.lock().unwrap().values().map(|slot| slot.packets).sum()
    }

    /// Whether the last half second of what was heard in some slot is this tone.
    pub fn hears(&self, hertz: f32) -> bool {
        self.ears.0.lock().unwrap().values().any(|slot| {
            let enough = slot.sound.len().checked_sub(RATE / 2);
            enough.is_some_and(|start| share(&slot.sound[start..], hertz) > 0.8)
        })
    }

    /// Forgets the sound that was heard, so that only what comes from now on counts.
    pub fn forget(&self) {
        for slot in self.ears.0.lock().unwrap().values_mut() {
            slot.sound.clear();
        }
    }

    /// Hangs up as a browser does that closes its page properly.
    pub async fn close(self) {
        self.mouth.abort();
        self.connection.close().await.unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.mouth.abort();
    }
}

/// Sends a frame every 20 ms for ever; before DTLS is done they go nowhere.
async fn speak(track: Arc<TrackLocalStaticRTP>, ssrc: u32, mut tone: Tone) {
    let level = HeaderExtension::AudioLevel(AudioLevelExtension { level: 10, voice: true });
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    for sequence in 0_u32.. {
        clock.tick().await;
        let header = rtp::Header {
            version: 2,
            payload_type: OPUS,
            sequence_number: sequence as u16,
            timestamp: sequence.wrapping_mul(FRAME as u32),
            ssrc,
            ..Default::default()
        };
        let packet = rtp::Packet { header, payload: tone.frame().into() };
        // Not bound yet: nobody hears the first frames anyway.
        let _ = track.write_rtp_with_extensions(packet, std::slice::from_ref(&level)).await;
    }
}

fn voice(ssrc: u32) -> rtc::media_stream::MediaStreamTrack {
    let codec = RTCRtpCodec {
        mime_type: "audio/opus".to_owned(),
        clock_rate: RATE as u32,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    };
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec,
        ..Default::default()
    };
    let (stream, track) = (format!("stream{ssrc}"), format!("track{ssrc}"));
    rtc::media_stream::MediaStreamTrack::new(
        stream,
        track,
        "voice".to_owned(),
        RtpCodecKind::Audio,
        vec![coding],
    )
}

fn direction(sends: bool) -> Option<RTCRtpTransceiverInit> {
    let direction =
        if sends { RTCRtpTransceiverDirection::Sendonly } else { RTCRtpTransceiverDirection::Recvonly };
    Some(RTCRtpTransceiverInit { direction, streams: Vec::new(), send_encodings: Vec::new() })
}
