//! The calls service with the embedded store, and a relay that only takes notes: what the tests of calls stand on.
#![allow(dead_code)] // no test file needs all of it

use std::sync::{Arc, Mutex};
use std::time::Duration;

use charla::calls::Limits;
use charla::calls::service::{Calls, Deps, MediaPlane, Plane};
use charla::clock::{Clock, SystemClock};
use charla::event::{Attendance, Audience, Availability, Event, Outbox, Whereabouts};
use charla::ids::{CallId, DeviceId, EpochId, UserId};
use charla::model::{CallRecord, CallStatus, Role, Target, User};
use charla::random::Random;
use charla::store::Store;
use charla_media::Media;
use charla_media::api::{self, Answer, Offer, OfferError, ParticipantId, PathKind, RoomId, TransportId};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;

#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    Open(RoomId),
    Close(RoomId),
    Gate(ParticipantId, TransportId),
    Mute(ParticipantId, bool),
    Drop(TransportId),
    Offer(RoomId, ParticipantId, TransportId),
}

#[derive(Default)]
pub struct Relay {
    pub notes: Mutex<Vec<Note>>,
    pub refuse: Mutex<Option<OfferError>>,
}

impl Relay {
    pub fn note(&self, note: Note) {
        self.notes.lock().unwrap().push(note);
    }
    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap().clone()
    }
    pub fn gates(&self) -> usize {
        self.notes().iter().filter(|n| matches!(n, Note::Gate(..))).count()
    }
    pub fn offers(&self) -> Vec<(RoomId, ParticipantId, TransportId)> {
        let offer = |n| match n {
            Note::Offer(room, participant, transport) => Some((room, participant, transport)),
            _ => None,
        };
        self.notes().into_iter().filter_map(offer).collect()
    }
}

impl MediaPlane for Relay {
    fn open_room(&self, room: RoomId) {
        self.note(Note::Open(room));
    }
    fn close_room(&self, room: RoomId) {
        self.note(Note::Close(room));
    }
    fn open_gate(&self, _: RoomId, participant: ParticipantId, transport: TransportId) {
        self.note(Note::Gate(participant, transport));
    }
    fn mute(&self, _: RoomId, participant: ParticipantId, muted: bool) {
        self.note(Note::Mute(participant, muted));
    }
    fn drop_transport(&self, transport: TransportId) {
        self.note(Note::Drop(transport));
    }
    fn offer(&self, offer: Offer) -> BoxFuture<'static, Result<Answer, OfferError>> {
        self.note(Note::Offer(offer.room, offer.participant, offer.transport));
        let outcome = match self.refuse.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => Ok(Answer { sdp: "answer".into(), slots: vec!["1".into(), "2".into()] }),
        };
        Box::pin(async move { outcome })
    }
    fn ice_servers(&self, _: std::time::Instant, _: &str) -> Vec<charla::event::IceServer> {
        Vec::new()
    }
}

/// Takes what devices are told, and knows who is here and who wants not to be disturbed.
#[derive(Default)]
pub struct Post {
    pub told: Mutex<Vec<(Audience, Event)>>,
    pub away: Mutex<Vec<UserId>>,
    pub undisturbed: Mutex<Vec<UserId>>,
}

impl Attendance for Post {
    fn availability(&self, user: UserId) -> Availability {
        let undisturbed = self.undisturbed.lock().unwrap().contains(&user);
        if undisturbed { Availability::DoNotDisturb } else { Availability::Free }
    }
}

impl Whereabouts for Post {
    fn devices(&self, user: UserId) -> u32 {
        u32::from(!self.away.lock().unwrap().contains(&user))
    }
}

impl Outbox for Post {
    fn publish(&self, to: Audience, event: Event) {
        self.told.lock().unwrap().push((to, event));
    }
}

impl Post {
    pub fn all(&self) -> Vec<(Audience, Event)> {
        self.told.lock().unwrap().clone()
    }
    pub fn has(&self, wanted: impl Fn(&Audience, &Event) -> bool) -> bool {
        self.all().iter().any(|(to, event)| wanted(to, event))
    }
    pub fn ended(&self, id: CallId) -> Option<CallRecord> {
        self.all().into_iter().find_map(|(_, event)| match event {
            Event::CallEnded(record) if record.id == id => Some(record),
            _ => None,
        })
    }
}

pub struct World {
    pub calls: Calls,
    pub store: Arc<dyn Store>,
    pub post: Arc<Post>,
    pub relay: Arc<Relay>,
    pub events: mpsc::UnboundedSender<api::Event>,
    pub random: Arc<Random>,
    pub node: String,
    pub epoch: EpochId,
    pub file: std::path::PathBuf,
    _dir: Arc<tempfile::TempDir>,
}

pub fn limits() -> Limits {
    Limits {
        ring: Duration::from_secs(60),
        connect: Duration::from_secs(60),
        reconnect: Duration::from_secs(60),
        grace: Duration::from_secs(60),
        ring_members: 4,
        participants: 6,
        devices: 5,
        transports: 100,
    }
}

impl World {
    pub async fn new(limits: Limits) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let file = dir.path().join("charla.db");
        let store = charla::store::open::open(&format!("sqlite:{}", file.display())).await.unwrap();
        Self::run(limits, store, "one".into(), file, dir).await
    }
    pub async fn run(
        limits: Limits,
        store: Arc<dyn Store>,
        node: String,
        file: std::path::PathBuf,
        dir: Arc<tempfile::TempDir>,
    ) -> Self {
        let relay = Arc::new(Relay::default());
        let (events, facts) = mpsc::unbounded_channel();
        let facts = futures_util::stream::unfold(facts, |mut facts| async move {
            facts.recv().await.map(|event| (event, facts))
        });
        let plane = (relay.clone() as Arc<dyn MediaPlane>, facts.boxed());
        Self::launch(limits, (store, node, file, dir), (relay, events), plane).await
    }
    /// On a relay in earnest, which is handed back; nothing is noted then.
    pub async fn on_a_relay(limits: Limits) -> (Self, Media) {
        let (media, events) = Media::start(api::Config::new(vec!["127.0.0.1:0".parse().unwrap()])).unwrap();
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let file = dir.path().join("charla.db");
        let store = charla::store::open::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let plane = Arc::new(Plane { media: media.clone(), turn_urls: Vec::new() });
        let notes = (Arc::new(Relay::default()), mpsc::unbounded_channel().0);
        let place = (store, "one".into(), file, dir);
        (Self::launch(limits, place, notes, (plane, events.boxed())).await, media)
    }
    async fn launch(
        limits: Limits,
        (store, node, file, dir): (Arc<dyn Store>, String, std::path::PathBuf, Arc<tempfile::TempDir>),
        (relay, events): (Arc<Relay>, mpsc::UnboundedSender<api::Event>),
        (media, media_events): (Arc<dyn MediaPlane>, BoxStream<'static, api::Event>),
    ) -> Self {
        let (post, random) = (Arc::new(Post::default()), Arc::new(Random::system()));
        let epoch = EpochId(random.object_id(SystemClock.now()));
        let deps = Deps {
            store: Arc::clone(&store),
            outbox: post.clone(),
            attendance: post.clone(),
            whereabouts: post.clone(),
            clock: Arc::new(SystemClock),
            random: Arc::clone(&random),
            media,
            media_events,
            limits,
            node: node.clone(),
            epoch,
        };
        let calls = Calls::launch(deps).await.unwrap();
        Self { calls, store, post, relay, events, random, node, epoch, file, _dir: dir }
    }
    /// The same database, another run of a server.
    pub async fn again(&self, node: &str) -> Self {
        self.again_with(node, limits()).await
    }
    pub async fn again_with(&self, node: &str, limits: Limits) -> Self {
        let (store, file, dir) = (Arc::clone(&self.store), self.file.clone(), Arc::clone(&self._dir));
        Self::run(limits, store, node.into(), file, dir).await
    }
    pub async fn person(&self, name: &str) -> (UserId, DeviceId) {
        let id = UserId(self.random.object_id(SystemClock.now()));
        let user = User {
            id,
            username: name.into(),
            email: format!("{name}@example.org"),
            password: "-".into(),
            role: Role::Member,
            disabled: false,
            created_at: SystemClock.now(),
        };
        self.store.create_user(user).await.unwrap();
        (id, self.device())
    }
    pub fn device(&self) -> DeviceId {
        DeviceId(self.random.object_id(SystemClock.now()))
    }
    pub async fn stored(&self, id: CallId) -> CallRecord {
        self.store.call(id).await.unwrap().expect("the record is stored")
    }
    /// Both sides warm, answered and connected.
    pub async fn talk(&self, a: (UserId, DeviceId), b: (UserId, DeviceId)) -> CallId {
        let id = self.calls.start(a.0, a.1, Target::User(b.0)).await.unwrap().call.id;
        self.calls.media_offer(a.0, a.1, id, sdp("AA")).await.unwrap();
        self.calls.media_offer(b.0, b.1, id, sdp("BB")).await.unwrap();
        for (room, participant, transport) in self.relay.offers() {
            let (path, at) = (PathKind::Udp, SystemClock.instant());
            self.events.send(api::Event::Up { room, participant, transport, path, at }).unwrap();
        }
        self.calls.accept(b.0, b.1, id).await.unwrap();
        until("both legs are connected", || {
            self.post.has(|_, e| matches!(e, Event::CallUpdated(r) if r.id == id && r.connect_time.is_some()))
        })
        .await;
        id
    }
    pub async fn until_stored(&self, id: CallId, status: CallStatus) -> CallRecord {
        for _ in 0..3000 {
            let record = self.stored(id).await;
            if record.status == status {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the record of {id} never became {status:?}: {:?}", self.stored(id).await);
    }
}

pub fn sdp(print: &str) -> String {
    format!("v=0\r\na=fingerprint:sha-256 {print}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n")
}

pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited 30 s until {what}");
}
