//! Missed calls that nobody has looked at yet.

use charla::clock::Timestamp;
use charla::ids::{ConversationId, DeviceId, EpochId, UserId};
use charla::model::{CallRecord, CallStatus, EndReason, MissedCalls, MissedIn};

use super::bed::{Bed, now, oid};
use super::calls::call;

/// A call from somebody, in this conversation, that nobody has answered.
fn ringing(caller: UserId, receiver: UserId, conversation: ConversationId) -> CallRecord {
    CallRecord { conversation, ..call(caller, receiver, "here", EpochId(oid())) }
}

fn end(call: &mut CallRecord, reason: EndReason) {
    let at = now();
    for leg in call.legs.iter_mut().filter(|leg| leg.left_at.is_none()) {
        (leg.left_at, leg.reason) = (Some(at), Some(reason));
    }
    (call.end_time, call.reason) = (Some(at), Some(reason));
    call.status = CallStatus::Missed;
}

fn missed(of: &[(ConversationId, u64)]) -> MissedCalls {
    MissedCalls::of(of.iter().map(|&(conversation, count)| MissedIn { conversation, count }).collect())
}

pub async fn what_rang_in_vain_is_missed_until_it_is_seen(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let (anna, bert) = (UserId(oid()), UserId(oid()));
    let (first, other) = (ConversationId(oid()), ConversationId(oid()));
    let mut all = Vec::new();
    for (conversation, reason) in [
        (first, EndReason::NoAnswer),
        (first, EndReason::Cancelled),
        (other, EndReason::ServerRestart),
        (first, EndReason::Declined),
    ] {
        let mut made = ringing(anna, bert, conversation);
        store.create_call(made.clone()).await.unwrap();
        assert_eq!(second.missed_calls(bert).await.unwrap(), missed(&count(&all)), "it rings still");
        end(&mut made, reason);
        assert!(store.update_call(made.clone(), Vec::new()).await.unwrap());
        all.extend((reason != EndReason::Declined).then_some(made));
        assert_eq!(second.missed_calls(bert).await.unwrap(), missed(&count(&all)));
    }
    // Ended before it could ring.
    let mut busy = ringing(anna, bert, other);
    end(&mut busy, EndReason::Busy);
    store.create_call(busy).await.unwrap();
    assert_eq!(second.missed_calls(bert).await.unwrap(), missed(&[(other, 2), (first, 2)]));
    assert_eq!(second.missed_calls(anna).await.unwrap(), missed(&[]), "nobody misses his own");

    assert!(!store.see_missed_calls(anna, None, None).await.unwrap());
    assert!(!store.see_missed_calls(bert, Some(ConversationId(oid())), None).await.unwrap());
    let until = Some(all[0].start_time);
    assert!(store.see_missed_calls(bert, Some(first), until).await.unwrap());
    assert!(!store.see_missed_calls(bert, Some(first), until).await.unwrap(), "seen once");
    assert_eq!(second.missed_calls(bert).await.unwrap(), missed(&[(other, 2), (first, 1)]));
    assert!(second.see_missed_calls(bert, None, Some(all[2].start_time)).await.unwrap());
    assert_eq!(store.missed_calls(bert).await.unwrap(), missed(&[(other, 1)]));
    assert!(second.see_missed_calls(bert, Some(other), None).await.unwrap());
    assert_eq!(store.missed_calls(bert).await.unwrap(), missed(&[]));
}

/// By conversation, the newest first.
fn count(all: &[CallRecord]) -> Vec<(ConversationId, u64)> {
    let mut counts: Vec<(ConversationId, u64, Timestamp)> = Vec::new();
    for call in all {
        counts.retain(|(of, ..)| *of != call.conversation);
        let same = all.iter().filter(|other| other.conversation == call.conversation).count();
        counts.insert(0, (call.conversation, same as u64, call.start_time));
    }
    counts.into_iter().map(|(of, count, _)| (of, count)).collect()
}

pub async fn a_call_that_goes_on_may_be_missed_and_joined_after_all(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (UserId(oid()), UserId(oid()));
    let mut made = ringing(anna, bert, ConversationId(oid()));
    store.create_call(made.clone()).await.unwrap();
    (made.status, made.answer_time) = (CallStatus::Active, Some(now()));
    (made.legs[1].left_at, made.legs[1].reason) = (Some(now()), Some(EndReason::NoAnswer));
    assert!(store.update_call(made.clone(), Vec::new()).await.unwrap());
    assert_eq!(store.missed_calls(bert).await.unwrap(), missed(&[(made.conversation, 1)]));
    // What was seen stays seen, whatever else is written of the call.
    assert!(store.see_missed_calls(bert, None, None).await.unwrap());
    made.duration_seconds = 1;
    assert!(store.update_call(made.clone(), Vec::new()).await.unwrap());
    assert_eq!(store.missed_calls(bert).await.unwrap(), missed(&[]));
    assert_eq!(store.call(made.id).await.unwrap().as_ref(), Some(&made), "the record is as it was said");

    let mut again = ringing(anna, bert, made.conversation);
    store.create_call(again.clone()).await.unwrap();
    (again.status, again.answer_time) = (CallStatus::Active, Some(now()));
    (again.legs[1].left_at, again.legs[1].reason) = (Some(now()), Some(EndReason::NoAnswer));
    assert!(store.update_call(again.clone(), Vec::new()).await.unwrap());
    assert_eq!(store.missed_calls(bert).await.unwrap(), missed(&[(made.conversation, 1)]));
    let leg = &mut again.legs[1];
    (leg.left_at, leg.reason, leg.answered_at, leg.device) = (None, None, Some(now()), Some(DeviceId(oid())));
    assert!(store.update_call(again, Vec::new()).await.unwrap());
    assert_eq!(store.missed_calls(bert).await.unwrap(), missed(&[]), "he came to it in the end");
}
