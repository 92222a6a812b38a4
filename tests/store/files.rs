//! What is known of files: bound to one message, counted against a quota, given up with the message.

use charla::clock::Timestamp;
use charla::ids::{ConversationId, FileId, UserId};
use charla::model::{Attachment, AttachmentKind, Carrier, Page, StoredFile};
use charla::store::{MessageChange, NewMessage, Revised, StoreError};

use super::bed::{Bed, hash, join, message, now, oid, pair};

pub fn file(owner: UserId, size: u64) -> StoredFile {
    let shown = Attachment {
        id: FileId(oid()),
        kind: AttachmentKind::Voice,
        name: "Gr\u{fc}\u{df}e.webm".into(),
        mime: "audio/webm".into(),
        size,
        duration_ms: Some(1234),
        waveform: vec![0, 17, 255],
    };
    StoredFile { shown, owner, hash: hash(), created_at: now(), carrier: None }
}

fn with(conversation: ConversationId, from: UserId, client_id: &str, files: &[&StoredFile]) -> NewMessage {
    let attachments = files.iter().map(|file| file.shown.id).collect();
    NewMessage { attachments, ..message(conversation, from, client_id) }
}

pub async fn a_file_is_bound_to_one_message_and_given_up_with_it(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let (one, two, other) = (file(anna, 10), file(anna, 20), file(bert, 5));
    for file in [&one, &two, &other] {
        assert!(store.create_file(file.clone(), 1000).await.unwrap());
        assert_eq!(store.file(file.shown.id).await.unwrap().as_ref(), Some(file));
    }
    assert_eq!(store.file(FileId(oid())).await.unwrap(), None);
    let refused = store.append_message(with(id, anna, "theirs", &[&one, &other])).await;
    assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
    assert_eq!(store.file(one.shown.id).await.unwrap().unwrap().carrier, None, "nothing of it");

    let sent = store.append_message(with(id, anna, "mine", &[&two, &one])).await.unwrap();
    assert_eq!(sent.message.attachments, [two.shown.clone(), one.shown.clone()]);
    assert_eq!((sent.fresh, sent.message.seq), (true, 1));
    let again = store.append_message(with(id, anna, "mine", &[&two, &one])).await.unwrap();
    assert_eq!((again.fresh, &again.message), (false, &sent.message));
    let twice = store.append_message(with(id, anna, "twice", &[&one])).await;
    assert!(matches!(twice, Err(StoreError::Missing)), "{twice:?}");
    assert_eq!(
        store.messages(id, Page::After { seq: 0, limit: 9 }).await.unwrap(),
        std::slice::from_ref(&sent.message)
    );
    assert_eq!(
        store.file(one.shown.id).await.unwrap().unwrap().carrier,
        Some(Carrier::Message(sent.message.id))
    );

    assert!(store.hash_in_use(&one.hash).await.unwrap());
    let gone = store.change_message(sent.message.id, anna, MessageChange::Delete, now()).await.unwrap();
    assert!(matches!(gone, Revised::Changed(m) if m.attachments.is_empty()));
    assert_eq!(store.file(one.shown.id).await.unwrap(), None);
    assert!(!store.hash_in_use(&one.hash).await.unwrap());
    let mut given_up = store.given_up_files(Timestamp(0), 9).await.unwrap();
    given_up.sort_unstable();
    let mut expected = [(one.shown.id, one.hash), (two.shown.id, two.hash)];
    expected.sort_unstable();
    assert_eq!(given_up, expected);
    for (id, _) in given_up {
        store.forget_file(id).await.unwrap();
    }
    store.forget_file(other.shown.id).await.unwrap();
    assert_eq!(store.given_up_files(Timestamp(0), 9).await.unwrap(), []);
    assert!(store.file(other.shown.id).await.unwrap().is_some(), "not given up, not forgotten");
}

pub async fn unsent_files_are_given_up_and_quotas_hold(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let (early, kept, late) = (file(anna, 40), file(anna, 40), file(anna, 20));
    for (file, fits) in [(&early, true), (&kept, true), (&file(anna, 21), false), (&late, true)] {
        assert_eq!(store.create_file(file.clone(), 100).await.unwrap(), fits);
    }
    assert!(!store.create_file(file(anna, 1), 100).await.unwrap());
    assert!(store.create_file(file(bert, 100), 100).await.unwrap(), "each has a quota of his own");
    let stranger = store.create_file(file(UserId(oid()), 1), 100).await;
    assert!(matches!(stranger, Err(StoreError::Missing)), "{stranger:?}");
    store.append_message(with(id, anna, "kept", &[&kept])).await.unwrap();
    let given_up = store.given_up_files(late.created_at, 9).await.unwrap();
    assert_eq!(given_up, [(early.shown.id, early.hash)], "not what was sent, not what came later");
    let refused = store.append_message(with(id, anna, "early", &[&early])).await;
    assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
    assert!(store.create_file(file(anna, 40), 100).await.unwrap(), "there is room again");
}
