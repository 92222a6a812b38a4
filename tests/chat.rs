//! The rules of chat over a real store: what is stored, who is told, who is refused.

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

fn told_of(told: &[(Audience, Event)], user: UserId) -> Vec<&Event> {
    let hears = |to: &Audience| matches!(to, Audience::Users { users, .. } if users.contains(&user));
    told.iter().filter(|(to, _)| hears(to)).map(|(_, event)| event).collect()
}

#[tokio::test]
async fn a_group_tells_whom_it_should_and_shows_each_what_is_his() {
    let scene = Scene::new().await;
    let (ann, bob, cat) = (scene.user("ann").await, scene.user("bob").await, scene.user("cat").await);
    let group = scene.chat.create_group(ann, " Team ", &[bob, ann, bob]).await.unwrap();
    assert_eq!((group.name.as_deref(), group.members.len(), group.last_seq), (Some("Team"), 2, 1));
    let id = group.id;
    let write = async |by, client_id: &str| {
        scene.chat.send(by, None, draft(client_id, Target::Conversation(id))).await.map(|sent| sent.message)
    };
    let early = write(ann, "early").await.unwrap();
    assert_eq!((early.to_user, early.to_group), (None, Some(id)));
    assert_eq!(code(write(cat, "x").await), Code::NotFound);
    scene.told();

    scene.chat.change_group(ann, id, &GroupChange::Add(vec![cat])).await.unwrap();
    let told = scene.told();
    assert!(
        matches!(told_of(&told, cat)[..], [Event::NewMessage(note), Event::ConversationUpdated { rev: 1, .. }]
        if note.seq == 3 && note.system == Some(SystemNote::Added { users: vec![cat] }))
    );
    scene.chat.change_group(ann, id, &GroupChange::Add(vec![cat])).await.unwrap();
    assert_eq!(scene.told(), [], "as it is already");
    for page in [
        Page::After { seq: 0, limit: 9 },
        Page::Before { seq: None, limit: 9 },
        Page::Before { seq: Some(4), limit: 9 },
    ] {
        let seen = scene.chat.history(cat, id, page).await.unwrap();
        assert_eq!(seen.iter().map(|m| m.seq).collect::<Vec<_>>(), [3], "{page:?}");
    }
    let reply = Draft { reply_to: Some(early.id), ..draft("re", Target::Conversation(id)) };
    assert_eq!(
        code(scene.chat.send(cat, None, reply.clone()).await),
        Code::Invalid,
        "he cannot see that one"
    );
    scene.chat.send(bob, None, reply).await.unwrap();

    let rename = GroupChange::Rename("Ours".into());
    assert_eq!(code(scene.chat.change_group(cat, id, &rename).await), Code::Forbidden);
    scene.told();
    scene.chat.change_group(ann, id, &GroupChange::Remove(cat)).await.unwrap();
    let told = scene.told();
    assert!(matches!(told_of(&told, cat)[..], [Event::ConversationUpdated { rev: 2, .. }]));
    write(ann, "late").await.unwrap();
    assert_eq!(told_of(&scene.told(), cat), Vec::<&Event>::new());
    assert_eq!(code(scene.chat.history(cat, id, Page::After { seq: 0, limit: 9 }).await), Code::NotFound);
    assert_eq!(code(scene.chat.conversation(cat, id).await), Code::NotFound);
    assert_eq!(code(scene.chat.typing(cat, id, true).await), Code::NotFound);
    assert_eq!(code(scene.chat.mark(cat, id, 3, 3).await), Code::NotFound);
    assert_eq!(code(write(cat, "y").await), Code::NotFound);
    assert_eq!(code(scene.chat.change_group(cat, id, &rename).await), Code::NotFound);
    assert!(scene.chat.sync(cat, None).await.unwrap().conversations.is_empty());

    scene.chat.change_group(ann, id, &GroupChange::Remove(ann)).await.unwrap();
    let left = scene.chat.conversation(bob, id).await.unwrap();
    assert_eq!(left.members[0].role, GroupRole::Owner, "the ownership passes on");
    assert_eq!(left.last_message.unwrap().system, Some(SystemNote::Left {}));
    scene.chat.change_group(bob, id, &GroupChange::Remove(bob)).await.unwrap();
    assert_eq!(code(scene.chat.conversation(bob, id).await), Code::NotFound);
}

fn updated(told: &[(Audience, Event)], user: UserId) -> Vec<&Message> {
    let mut updates = Vec::new();
    for event in told_of(told, user) {
        if let Event::MessageUpdated(message) = event {
            updates.push(message);
        }
    }
    updates
}

#[tokio::test]
async fn what_becomes_of_a_message_is_told_to_every_device_but_the_acting_one() {
    let scene = Scene::new().await;
    let (ann, bob, eve) = (scene.user("ann").await, scene.user("bob").await, scene.user("eve").await);
    let sent = scene.send(ann, bob, "one").await;
    scene.told();
    let edited = scene.chat.edit(ann, Some(device(1)), sent.id, "better\r\n").await.unwrap();
    assert_eq!(
        (edited.content.as_str(), edited.rev, edited.edited_at),
        ("better\n", 1, Some(scene.clock.now()))
    );
    let told = scene.told();
    let [(Audience::Users { users, except }, Event::MessageUpdated(message))] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((message, users.len(), *except), (&edited, 2, Some((ann, device(1)))));
    assert_eq!(scene.chat.edit(ann, None, sent.id, "better\n").await.unwrap(), edited, "a retry");
    assert_eq!(updated(&scene.told(), bob), [&edited], "told again: the first telling may have been lost");

    let liked = scene.chat.react(bob, None, sent.id, "\u{2764}", true).await.unwrap();
    assert_eq!(
        (liked.reactions[0].emoji.as_str(), &liked.reactions[0].users),
        ("\u{2764}\u{FE0F}", &vec![bob])
    );
    assert_eq!(updated(&scene.told(), ann), [&liked]);
    for (who, expected) in [(bob, Code::Forbidden), (eve, Code::NotFound)] {
        assert_eq!(code(scene.chat.edit(who, None, sent.id, "x").await), expected);
        assert_eq!(code(scene.chat.delete(who, None, sent.id).await), expected);
    }
    assert_eq!(code(scene.chat.react(eve, None, sent.id, "\u{1F44D}", true).await), Code::NotFound);
    assert_eq!(code(scene.chat.message(eve, sent.id).await), Code::NotFound);
    for bad in ["", " ", "a\0b"] {
        assert_eq!(code(scene.chat.edit(ann, None, sent.id, bad).await), Code::Invalid);
    }
    assert_eq!(code(scene.chat.edit(ann, None, sent.id, &"x".repeat(4097)).await), Code::TooLarge);
    assert_eq!(code(scene.chat.react(bob, None, sent.id, "no", true).await), Code::Invalid);
    assert_eq!(scene.told(), []);

    let gone = scene.chat.delete(ann, None, sent.id).await.unwrap();
    assert_eq!((gone.content.as_str(), gone.reactions.len(), gone.rev), ("", 0, 3));
    assert_eq!(updated(&scene.told(), bob), [&gone]);
    assert_eq!(scene.chat.message(bob, sent.id).await.unwrap(), gone);
    assert_eq!(code(scene.chat.edit(ann, None, sent.id, "x").await), Code::Conflict);
    assert_eq!(code(scene.chat.react(bob, None, sent.id, "\u{1F44D}", true).await), Code::Conflict);
    let missed = scene.chat.sync(bob, None).await.unwrap();
    assert_eq!(missed.conversations[0].messages, [gone]);
    let more = scene.send(ann, bob, "more").await;
    for emoji in ["\u{1F600}", "\u{1F601}", "\u{1F602}", "\u{1F603}", "\u{1F604}", "\u{1F605}", "\u{1F606}"] {
        let full = scene.chat.react(bob, None, more.id, emoji, true).await;
        assert_eq!(full.is_err(), emoji == "\u{1F606}", "{emoji}");
    }
}

#[tokio::test]
async fn who_came_later_is_neither_told_of_what_was_said_before_nor_quoted_it() {
    let scene = Scene::new().await;
    let (ann, bob, cat) = (scene.user("ann").await, scene.user("bob").await, scene.user("cat").await);
    let id = scene.chat.create_group(ann, "Team", &[bob]).await.unwrap().id;
    let said = |client_id: &str| draft(client_id, Target::Conversation(id));
    let early = scene.chat.send(bob, None, said("early")).await.unwrap().message;
    scene.chat.change_group(ann, id, &GroupChange::Add(vec![cat])).await.unwrap();
    scene.told();
    scene.chat.edit(bob, None, early.id, "changed").await.unwrap();
    let told = scene.told();
    assert_eq!((updated(&told, ann).len(), told_of(&told, cat).len()), (1, 0));
    assert_eq!(code(scene.chat.react(cat, None, early.id, "\u{1F44D}", true).await), Code::NotFound);

    let reply = Draft { reply_to: Some(early.id), ..said("reply") };
    let reply = scene.chat.send(bob, None, reply).await.unwrap().message;
    let told = scene.told();
    let quote = |user| match told_of(&told, user)[..] {
        [Event::NewMessage(message)] => message.quote.as_ref().map(|quote| quote.content.as_str()),
        ref other => panic!("{other:?}"),
    };
    assert_eq!((quote(ann), quote(bob), quote(cat)), (Some("changed"), Some("changed"), None));
    let page = Page::Before { seq: None, limit: 1 };
    assert!(scene.chat.history(ann, id, page).await.unwrap()[0].quote.is_some());
    assert!(scene.chat.history(cat, id, page).await.unwrap()[0].quote.is_none());
    assert!(scene.chat.conversation(cat, id).await.unwrap().last_message.unwrap().quote.is_none());
    assert!(scene.chat.message(cat, reply.id).await.unwrap().quote.is_none());
    let synced = scene.chat.sync(cat, None).await.unwrap();
    assert!(synced.conversations[0].messages.iter().all(|m| m.quote.is_none() && m.seq >= 3));
    let liked = scene.chat.react(cat, None, reply.id, "\u{1F44D}", true).await.unwrap();
    assert!(liked.quote.is_none());

    // Whoever is out of it has no hand in it any more, not even over what he wrote; who is above him has.
    scene.chat.change_group(ann, id, &GroupChange::Remove(bob)).await.unwrap();
    scene.told();
    assert_eq!(code(scene.chat.edit(bob, None, reply.id, "x").await), Code::NotFound);
    assert_eq!(code(scene.chat.delete(bob, None, reply.id).await), Code::NotFound);
    assert_eq!(code(scene.chat.message(bob, reply.id).await), Code::NotFound);
    assert_eq!(code(scene.chat.delete(cat, None, reply.id).await), Code::Forbidden);
    scene.chat.delete(ann, None, reply.id).await.unwrap();
    let told = scene.told();
    assert_eq!((updated(&told, cat).len(), told_of(&told, bob).len()), (1, 0));
}
