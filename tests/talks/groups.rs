//! What is told of groups, and of what becomes of a message, to whom.

use super::*;

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
