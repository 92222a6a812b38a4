//! The rules of chat over a real store: what is stored, who is told, who is refused.

#[path = "talks/groups.rs"]
mod groups;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use charla::chat::{Chat, ChatError, ChatLimits, Draft, GroupChange};
use charla::clock::{Clock as _, ManualClock, Timestamp};
use charla::code::{Code, Refusal};
use charla::event::{Audience, Event, Outbox};
use charla::ids::{ConversationId, DeviceId, MessageId, UserId};
use charla::limit::Rate;
use charla::model::{GroupRole, Message, Page, Role, SystemNote, Target, User};
use charla::random::Random;
use charla::store::{Store, sqlite::Sqlite};

#[derive(Default)]
struct Told(Mutex<Vec<(Audience, Event)>>);

impl Outbox for Told {
    fn publish(&self, to: Audience, event: Event) {
        self.0.lock().unwrap().push((to, event));
    }
}

struct Scene {
    chat: Chat,
    store: Arc<dyn Store>,
    told: Arc<Told>,
    clock: Arc<ManualClock>,
    random: Arc<Random>,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        Self::with(ChatLimits::default()).await
    }

    async fn with(limits: ChatLimits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(dir.path().join("charla.db")).await.unwrap());
        let (told, random) = (Arc::new(Told::default()), Arc::new(Random::seeded(7)));
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        let chat = Chat::new(store.clone(), told.clone(), clock.clone(), random.clone(), limits);
        Self { chat, store, told, clock, random, _dir: dir }
    }

    async fn user(&self, name: &str) -> UserId {
        let id = UserId(self.random.object_id(self.clock.now()));
        let user = User {
            id,
            username: name.into(),
            email: format!("{name}@example.org"),
            password: String::new(),
            role: Role::Member,
            disabled: false,
            created_at: self.clock.now(),
        };
        self.store.create_user(user).await.unwrap();
        id
    }

    fn told(&self) -> Vec<(Audience, Event)> {
        std::mem::take(&mut *self.told.0.lock().unwrap())
    }

    async fn send(&self, from: UserId, to: UserId, client_id: &str) -> Message {
        self.chat.send(from, None, draft(client_id, Target::User(to))).await.unwrap().message
    }
}

fn draft(client_id: &str, to: Target) -> Draft {
    Draft {
        client_id: client_id.into(),
        to,
        content: format!("text of {client_id}"),
        reply_to: None,
        attachments: Vec::new(),
    }
}

fn device(number: u8) -> DeviceId {
    DeviceId(bson::oid::ObjectId::from_bytes([number; 12]))
}

fn code<T: std::fmt::Debug>(result: Result<T, ChatError>) -> Code {
    Refusal::from(result.unwrap_err()).code
}

#[tokio::test]
async fn a_message_is_stored_then_told_to_every_device_but_the_sending_one() {
    let scene = Scene::new().await;
    let (ann, bob) = (scene.user("ann").await, scene.user("bob").await);
    let sent = scene.chat.send(ann, Some(device(1)), draft("one", Target::User(bob))).await.unwrap();
    assert!(sent.fresh);
    assert_eq!(scene.store.message(sent.message.id).await.unwrap().as_ref(), Some(&sent.message));
    let told = scene.told();
    let [(audience, Event::NewMessage(message))] = &told[..] else { panic!("{told:?}") };
    assert_eq!(message, &sent.message);
    let Audience::Users { users, except } = audience else { panic!("{audience:?}") };
    assert_eq!(users.len(), 2);
    assert!(users.contains(&ann) && users.contains(&bob));
    assert_eq!(*except, Some((ann, device(1))));

    let again = scene.chat.send(ann, Some(device(2)), draft("one", Target::User(bob))).await.unwrap();
    assert_eq!((again.fresh, again.message), (false, sent.message.clone()));
    let told = scene.told();
    let [(_, Event::NewMessage(message))] = &told[..] else { panic!("{told:?}") };
    assert_eq!(message, &sent.message, "it has not arrived yet: the first telling may have been lost");

    scene.chat.mark(bob, sent.message.conversation, sent.message.seq, 0).await.unwrap();
    scene.told();
    let again = scene.chat.send(ann, Some(device(2)), draft("one", Target::User(bob))).await.unwrap();
    assert_eq!((again.fresh, again.message.id), (false, sent.message.id));
    assert_eq!(scene.told(), [], "what has arrived is told to nobody again");

    let to = Target::Conversation(sent.message.conversation);
    let answer = scene.chat.send(bob, None, draft("one", to)).await.unwrap();
    assert!(answer.fresh, "client ids are each sender's own");
    assert_eq!(answer.message.seq, 2);
    assert!(matches!(&scene.told()[..], [(Audience::Users { except: None, .. }, _)]));
}

#[tokio::test]
async fn nothing_is_told_that_was_not_stored() {
    let scene = Scene::new().await;
    let (ann, bob) = (scene.user("ann").await, scene.user("bob").await);
    let conversation = scene.send(ann, bob, "one").await.conversation;
    scene.told();
    scene.store.close().await;
    let to = Target::Conversation(conversation);
    assert_eq!(code(scene.chat.send(ann, None, draft("two", to)).await), Code::Unavailable);
    assert_eq!(scene.told(), []);
}

#[tokio::test]
async fn what_may_not_be_sent_is_refused() {
    let scene = Scene::new().await;
    let (ann, bob, eve) = (scene.user("ann").await, scene.user("bob").await, scene.user("eve").await);
    let elsewhere = scene.send(ann, eve, "elsewhere").await;
    scene.told();
    let with = |change: fn(&mut Draft)| {
        let mut draft = draft("ok", Target::User(bob));
        change(&mut draft);
        scene.chat.send(ann, None, draft)
    };
    assert_eq!(code(with(|d| d.content = " \n".into()).await), Code::Invalid);
    assert_eq!(code(with(|d| d.content = "x".repeat(4097)).await), Code::TooLarge);
    assert_eq!(code(with(|d| d.client_id = "no spaces".into()).await), Code::Invalid);
    let nobody = UserId(bson::oid::ObjectId::from_bytes([9; 12]));
    assert_eq!(code(scene.chat.send(ann, None, draft("a", Target::User(nobody))).await), Code::NotFound);
    assert_eq!(code(scene.chat.send(ann, None, draft("a", Target::User(ann))).await), Code::Invalid);
    assert_eq!(code(scene.chat.open(ann, ann).await), Code::Invalid);
    for reply_to in [elsewhere.id, MessageId(bson::oid::ObjectId::from_bytes([9; 12]))] {
        let reply = Draft { reply_to: Some(reply_to), ..draft("a", Target::User(bob)) };
        assert_eq!(code(scene.chat.send(ann, None, reply).await), Code::Invalid);
    }
    assert_eq!(scene.told(), []);
    assert_eq!(
        scene
            .chat
            .sync(bob, None)
            .await
            .unwrap()
            .conversations
            .iter()
            .map(|c| c.messages.len())
            .sum::<usize>(),
        0
    );
}

#[tokio::test]
async fn a_stranger_finds_nothing() {
    let scene = Scene::new().await;
    let (ann, bob, eve) = (scene.user("ann").await, scene.user("bob").await, scene.user("eve").await);
    let theirs = scene.send(ann, bob, "secret").await.conversation;
    let nowhere = ConversationId(bson::oid::ObjectId::from_bytes([9; 12]));
    scene.told();
    for id in [theirs, nowhere] {
        let page = Page::Before { seq: None, limit: 10 };
        assert_eq!(code(scene.chat.conversation(eve, id).await), Code::NotFound);
        assert_eq!(code(scene.chat.history(eve, id, page).await), Code::NotFound);
        assert_eq!(code(scene.chat.mark(eve, id, 1, 1).await), Code::NotFound);
        assert_eq!(code(scene.chat.typing(eve, id, true).await), Code::NotFound);
        let to = Target::Conversation(id);
        assert_eq!(code(scene.chat.send(eve, None, draft("a", to)).await), Code::NotFound);
    }
    assert_eq!(scene.chat.conversations(eve, None, 50).await.unwrap(), []);
    assert_eq!(scene.chat.sync(eve, None).await.unwrap().conversations, []);
    assert_eq!(scene.told(), []);
}

#[tokio::test]
async fn marks_rise_are_told_once_and_show_in_views() {
    let scene = Scene::new().await;
    let (ann, bob) = (scene.user("ann").await, scene.user("bob").await);
    let mut conversation = scene.chat.open(ann, bob).await.unwrap();
    assert_eq!((conversation.last_seq, &conversation.last_message, conversation.unread), (0, &None, 0));
    let id = conversation.id;
    assert_eq!(scene.chat.open(bob, ann).await.unwrap().id, id, "one conversation per pair");
    let mut newest = scene.send(ann, bob, "one").await;
    for number in 2..=4 {
        newest = scene.send(ann, bob, &number.to_string()).await;
    }
    scene.told();

    let receipt = scene.chat.mark(bob, id, 3, 2).await.unwrap();
    assert_eq!((receipt.user, receipt.delivered_seq, receipt.read_seq), (bob, 3, 2));
    let told = scene.told();
    let [(Audience::Users { users, except: None }, Event::Receipt(said))] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((said, users.len()), (&receipt, 2));
    for (delivered, read) in [(0, 0), (3, 2), (1, 1)] {
        assert_eq!(scene.chat.mark(bob, id, delivered, read).await.unwrap(), receipt);
    }
    assert_eq!(scene.told(), []);
    assert_eq!(scene.chat.mark(bob, id, 999, 0).await.unwrap().delivered_seq, 4, "never above the newest");

    conversation = scene.chat.conversation(bob, id).await.unwrap();
    assert_eq!((conversation.last_seq, conversation.unread), (4, 2));
    assert_eq!(conversation.last_message.as_ref().map(|m| m.id), Some(newest.id));
    let names: Vec<_> = conversation.members.iter().map(|m| m.user.username.as_str()).collect();
    assert!(names.contains(&"ann") && names.contains(&"bob"));
    assert_eq!(scene.chat.conversations(bob, None, 1000).await.unwrap(), [conversation]);
    assert_eq!(scene.chat.conversation(ann, id).await.unwrap().unread, 0);
}

#[tokio::test]
async fn typing_is_told_to_the_other_alone() {
    let scene = Scene::new().await;
    let (ann, bob) = (scene.user("ann").await, scene.user("bob").await);
    let conversation = scene.chat.open(ann, bob).await.unwrap().id;
    scene.chat.typing(ann, conversation, true).await.unwrap();
    let expected = Event::Typing { conversation, user: ann, typing: true };
    assert_eq!(scene.told(), [(Audience::users([bob]), expected)]);
}

#[tokio::test]
async fn sync_goes_on_from_its_token_and_refuses_a_foreign_one() {
    let scene = Scene::new().await;
    let (ann, bob) = (scene.user("ann").await, scene.user("bob").await);
    scene.send(ann, bob, "old").await;
    let mut since = scene.chat.sync(bob, None).await.unwrap().since;
    let mut sent = Vec::new();
    for number in 0..250 {
        scene.clock.advance(Duration::from_secs(1));
        sent.push(scene.send(ann, bob, &number.to_string()).await.id);
    }
    let (mut got, mut pages) = (Vec::new(), 0);
    loop {
        let page = scene.chat.sync(bob, Some(&since)).await.unwrap();
        got.extend(page.conversations.iter().flat_map(|c| c.messages.iter().map(|m| m.id)));
        (since, pages) = (page.since, pages + 1);
        if !page.more {
            break;
        }
    }
    assert_eq!(got, sent);
    assert!(pages >= 3, "pages are bounded");
    for bad in ["", "x", "null", "{}", "../..", "9999999999999999999999"] {
        assert_eq!(code(scene.chat.sync(bob, Some(bad)).await), Code::BadRequest, "{bad}");
    }
}

#[tokio::test]
async fn a_flood_of_one_does_not_touch_another() {
    let sends = Rate { burst: 5, refill: Duration::from_millis(100) };
    let scene = Scene::with(ChatLimits { sends, ..ChatLimits::default() }).await;
    let (ann, bob) = (scene.user("ann").await, scene.user("bob").await);
    for number in 0..5 {
        scene.send(ann, bob, &number.to_string()).await;
    }
    let error = scene.chat.send(ann, None, draft("more", Target::User(bob))).await.unwrap_err();
    let refusal = Refusal::from(error);
    assert_eq!(refusal.code, Code::TooMany);
    let wait = refusal.retry_after.unwrap();
    assert!(wait <= Duration::from_millis(100));
    scene.send(bob, ann, "mine").await;
    scene.clock.advance(wait);
    scene.send(ann, bob, "more").await;
}
