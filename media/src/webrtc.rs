//! One transport: ICE, DTLS and SRTP of one browser, its uplink and its slots. Owns what the browser and the
//! relay agreed on; does not know who else is in the room.

mod control;
mod deadlines;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use rtc::crypto::RTCCrypto;

use crate::answer::{Parts, Plan};
use crate::api::{Answer, Config, DownReason, OfferError, PathKind, Quality};
use crate::downlink::Downlink;
use crate::dtls::{Association, Identity, Outcome};
use crate::history::History;
use crate::ice::{Credentials, Paths};
use crate::missing::Missing;
use crate::outgoing::Outgoing;
use crate::path::Path;
use crate::quality::{Clock, Reception};
use crate::rtp;
use crate::sdp::{Fingerprint, Offer};
use crate::shedding::Shedding;
use crate::slots::{Slot, Source};
use crate::srtp::{Opener, Sealer};
use crate::stun::BindingRequest;

/// Between reports to the browser.
const REPORT: Duration = Duration::from_secs(1);
/// Between quality reports to the host.
const QUALITY: Duration = Duration::from_secs(5);

/// What a transport works with but does not own.
pub struct Context<'a> {
    pub now: Instant,
    pub clock: &'a Clock,
    pub outgoing: &'a mut Outgoing,
    /// Memory for the packet being written.
    pub scratch: &'a mut Vec<u8>,
}

/// What happened to a transport, for its owner to act on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact {
    Up(PathKind),
    Silent,
    Heard,
    PathChanged(PathKind),
    Quality(Quality),
    /// The browser's line carries so many slots now.
    Allowance(usize),
    Down(DownReason),
}

/// What an authenticated check means for the routing of datagrams.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Routing {
    /// Datagrams on this path belong to the transport now.
    pub bound: Option<Path>,
    /// Datagrams on this path do not belong to it any more.
    pub unbound: Option<Path>,
    /// This ufrag of ours is not valid any more.
    pub retired: Option<String>,
}

/// The keys, and when the next reports are due.
#[derive(Debug)]
struct Media {
    sealer: Sealer,
    opener: Opener,
    report_at: Instant,
    quality_at: Instant,
}

/// One peer connection of a browser.
#[derive(Debug)]
pub struct Transport {
    /// The browser's ufrag; another one in a later offer is an ICE restart.
    remote_ufrag: String,
    remote_fingerprint: Fingerprint,
    plan: Plan,
    session: u64,
    version: u32,
    /// Valid credentials, oldest first: at most those in use and those offered for a restart.
    credentials: Vec<Credentials>,
    paths: Paths,
    dtls: Association,
    media: Option<Media>,
    reception: Reception,
    missing: Missing,
    /// What is asked for again; kept for its memory.
    wanted: Vec<u16>,
    slots: Vec<Downlink>,
    /// What went out on slots that may be asked for again; from the first loss on.
    history: Option<History>,
    shedding: Shedding,
    /// Sends the receiver reports.
    report_ssrc: u32,
    rtt_ms: Option<f32>,
    silent: bool,
    facts: Vec<Fact>,
}

impl Transport {
    /// A transport for an offer; ICE and DTLS wait for the browser.
    pub fn new(
        now: Instant,
        offer: &Offer,
        max_slots: usize,
        identity: &Identity,
        rng: &mut StdRng,
    ) -> Result<Transport, OfferError> {
        let plan = Plan::of(offer, max_slots).map_err(OfferError::BadSdp)?;
        let unable = |_| OfferError::BadSdp("no DTLS association can be made for it");
        let dtls = Association::new(identity, offer.fingerprint).map_err(unable)?;
        let mut taken = plan.uplink.ssrcs.clone();
        let mut ssrc = || loop {
            let ssrc = rng.next_u32();
            if ssrc != 0 && !taken.contains(&ssrc) {
                taken.push(ssrc);
                return ssrc;
            }
        };
        let report_ssrc = ssrc();
        let ssrcs: Vec<u32> = plan.slots.iter().map(|_| ssrc()).collect();
        let slots = plan
            .slots
            .iter()
            .zip(ssrcs)
            .map(|(line, ssrc)| Downlink::new(Slot::new(now, ssrc, rng.random(), rng.random()), line));
        let slots = slots.collect();
        Ok(Transport {
            remote_ufrag: offer.ufrag.clone(),
            remote_fingerprint: offer.fingerprint,
            plan,
            // Some browsers read it as a signed number.
            session: rng.random::<u64>() >> 2,
            version: 0,
            credentials: Vec::new(),
            paths: Paths::new(now),
            dtls,
            media: None,
            reception: Reception::default(),
            missing: Missing::default(),
            wanted: Vec::new(),
            slots,
            history: None,
            shedding: Shedding::default(),
            report_ssrc,
            rtt_ms: None,
            silent: false,
            facts: Vec::new(),
        })
    }

    /// Makes credentials at `now` for the first answer or for a restart. Gives the new ufrag, and one that is not valid
    /// any more: that of a restart which the browser abandoned.
    pub fn add_credentials(
        &mut self,
        now: Instant,
        rng: &mut StdRng,
        crypto: &dyn RTCCrypto,
    ) -> Result<(String, Option<String>), OfferError> {
        let fresh = Credentials::generate(rng, crypto);
        let fresh = fresh.map_err(|_| OfferError::BadSdp("no ICE credentials can be made for it"))?;
        let ufrag = fresh.ufrag.clone();
        let retired = (self.credentials.len() > 1).then(|| self.credentials.remove(1).ufrag);
        self.credentials.push(fresh);
        self.paths.offered(now);
        Ok((ufrag, retired))
    }

    /// Checks a later offer of the same transport: true for an ICE restart, false for the same offer again.
    pub fn is_restart(&self, offer: &Offer, max_slots: usize) -> Result<bool, OfferError> {
        let plan = Plan::of(offer, max_slots).map_err(OfferError::BadSdp)?;
        if !self.plan.keeps(&plan) {
            return Err(OfferError::BadSdp("its m-lines differ from those negotiated"));
        }
        if offer.fingerprint != self.remote_fingerprint {
            return Err(OfferError::BadSdp("its fingerprint differs from the one negotiated"));
        }
        Ok(offer.ufrag != self.remote_ufrag)
    }

    /// The answer with the newest credentials.
    pub fn answer(&mut self, offer: &Offer, identity: &Identity, config: &Config) -> Answer {
        self.remote_ufrag.clone_from(&offer.ufrag);
        self.version += 1;
        let (ufrag, pwd) = self.credentials.last().map_or(("", ""), |newest| (&newest.ufrag, &newest.pwd));
        let ssrcs: Vec<u32> = self.slots.iter().map(|line| line.slot.ssrc).collect();
        let parts = Parts {
            offer,
            plan: &self.plan,
            session: self.session,
            version: self.version,
            ufrag,
            pwd,
            fingerprint: identity.fingerprint,
            config,
            ssrcs: &ssrcs,
        };
        Answer { sdp: parts.sdp(), slots: self.plan.slots.iter().map(|slot| slot.mid.clone()).collect() }
    }

    /// Our ufrags that are valid.
    pub fn ufrags(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().map(|credentials| credentials.ufrag.as_str())
    }

    /// The proven paths.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// How many slots it has.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Whether keys exist.
    pub fn is_up(&self) -> bool {
        self.media.is_some()
    }

    /// Whether anything happened since they were taken.
    pub fn has_facts(&self) -> bool {
        !self.facts.is_empty()
    }

    /// Takes what happened since the last call.
    pub fn take_facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    /// A path closed, or belongs to another transport now.
    pub fn forget(&mut self, path: Path) {
        self.paths.forget(path);
    }

    /// Answers a check if it is authentic; `None` otherwise. `from` is the address that the browser shows.
    pub fn check(
        &mut self,
        cx: &mut Context<'_>,
        request: &BindingRequest<'_>,
        path: Path,
        from: std::net::SocketAddr,
    ) -> Option<Routing> {
        let index =
            self.credentials.iter().position(|credentials| credentials.ufrag == request.local_ufrag)?;
        let mac = self.credentials[index].mac();
        if !request.verify(mac) || !request.answer(from, mac, cx.scratch) {
            return None;
        }
        cx.outgoing.push(path, cx.scratch);
        let mut routing = Routing::default();
        // A restart is done once the browser chooses a path with the new credentials.
        if index > 0 && request.use_candidate {
            routing.retired = Some(self.credentials.remove(0).ufrag);
        }
        let before = self.paths.chosen();
        let checked = self.paths.check(cx.now, path, request.use_candidate);
        routing.bound = checked.new.then_some(path);
        routing.unbound = checked.forgotten;
        self.heard();
        if checked.moved {
            if self.is_up() && before != Some(path) {
                self.facts.push(Fact::PathChanged(path.kind()));
            }
            let outgoing = &mut *cx.outgoing;
            let outcome = self.dtls.start(cx.now, |bytes| outgoing.push(path, bytes));
            self.settle(cx.now, outcome);
        }
        Some(routing)
    }

    /// Takes a DTLS datagram.
    pub fn handshake(&mut self, cx: &mut Context<'_>, datagram: &[u8]) {
        let (chosen, outgoing) = (self.paths.chosen(), &mut *cx.outgoing);
        let send = |bytes: &[u8]| chosen.into_iter().for_each(|path| outgoing.push(path, bytes));
        let outcome = self.dtls.read(cx.now, datagram, send);
        self.settle(cx.now, outcome);
    }

    /// Opens an SRTP packet that came on a proven path into `out`; false for one that is not authentic.
    pub fn open(&mut self, now: Instant, path: Path, sealed: &[u8], out: &mut Vec<u8>) -> bool {
        let opened = self.media.as_mut().is_some_and(|media| media.opener.rtp(sealed, out));
        if opened {
            self.paths.heard(now, path);
            self.heard();
        }
        opened
    }

    /// Reads and counts an opened packet; `None` for what was not negotiated.
    pub fn receive<'a>(&mut self, cx: &mut Context<'_>, opened: &'a [u8]) -> Option<rtp::Packet<'a>> {
        let packet = rtp::Packet::parse(opened, self.plan.uplink.level)?;
        if packet.payload_type != self.plan.uplink.payload_type {
            return None;
        }
        self.reception.packet(packet.ssrc, packet.sequence, packet.timestamp, cx.clock.arrival(cx.now));
        if self.plan.uplink.nack {
            self.missing.packet(cx.now, packet.ssrc, packet.sequence);
        }
        Some(packet)
    }

    /// Sends a packet of `source` on a slot; true when it went out.
    pub fn send(
        &mut self,
        cx: &mut Context<'_>,
        slot: usize,
        source: Source,
        csrc: u32,
        packet: &rtp::Packet<'_>,
    ) -> bool {
        let (Some(path), Some(media), Some(line)) =
            (self.paths.chosen(), &mut self.media, self.slots.get_mut(slot))
        else {
            return false;
        };
        let Some((header, roc)) = line.header(cx.now, source, csrc, packet) else { return false };
        let sent = cx.outgoing.write(path, |out| {
            let start = out.len();
            header.append(packet.payload, out);
            media.sealer.rtp(&header, roc, out, start)
        });
        if sent {
            line.sending.packet(packet.payload.len());
            if let (true, Some(history)) = (line.repeats, &mut self.history) {
                history.keep(header.ssrc, header.sequence, cx.outgoing.last().unwrap_or_default());
            }
        }
        sent
    }

    /// Whether packets are missing that may be asked for: the next deadline may have come nearer.
    pub fn is_missing(&self) -> bool {
        self.missing.due().is_some()
    }

    /// How many slots its line carries.
    pub fn allowance(&self) -> usize {
        self.shedding.allowance(self.slots.len())
    }

    /// The share lost on a slot, in 256ths, if the browser said so lately.
    pub fn slot_loss(&self, now: Instant, slot: usize) -> Option<u8> {
        self.slots.get(slot)?.loss(now)
    }

    fn heard(&mut self) {
        if std::mem::take(&mut self.silent) {
            self.facts.push(Fact::Heard);
        }
    }

    fn settle(&mut self, now: Instant, outcome: Outcome) {
        match outcome {
            Outcome::Waiting => {}
            Outcome::Ready(contexts) => {
                let (sealer, opener) = *contexts;
                self.media =
                    Some(Media { sealer, opener, report_at: now + REPORT, quality_at: now + QUALITY });
                let kind = self.paths.chosen().map_or(PathKind::Udp, Path::kind);
                self.facts.push(Fact::Up(kind));
            }
            Outcome::Closed => self.facts.push(Fact::Down(DownReason::Closed)),
            Outcome::Failed => self.facts.push(Fact::Down(DownReason::DtlsFailed)),
        }
    }
}
