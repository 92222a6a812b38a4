//! Call records and heartbeats.

use charla::clock::Timestamp;
use charla::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use charla::model::{
    CallFilter, CallRecord, CallStatus, Cursor, DirectionFigures, DirectionQuality, EndReason, FiguresEntry,
    Happening, LegQuality, LegRecord, PathName, TimelineEntry,
};
use charla::store::{StoreError, Unique};

use super::bed::{Bed, now, oid};

fn leg(user: UserId) -> LegRecord {
    LegRecord {
        user,
        device: None,
        rang_at: now(),
        answered_at: None,
        connected_at: None,
        left_at: None,
        reason: None,
        setup_ms: None,
        paths: Vec::new(),
        reconnects: 0,
        muted: false,
        muted_by: None,
        rings_on: 0,
        quality: LegQuality::default(),
    }
}

/// One that rings.
pub fn call(caller: UserId, receiver: UserId, node: &str, epoch: EpochId) -> CallRecord {
    CallRecord {
        id: CallId(oid()),
        conversation: ConversationId(oid()),
        caller,
        receiver: Some(receiver),
        start_time: now(),
        answer_time: None,
        connect_time: None,
        end_time: None,
        duration_seconds: 0,
        status: CallStatus::Ringing,
        reason: None,
        legs: vec![leg(caller), leg(receiver)],
        node: node.into(),
        epoch: Some(epoch),
    }
}

fn end(call: &mut CallRecord, status: CallStatus) {
    call.status = status;
    call.end_time = Some(now());
    call.reason = Some(EndReason::HungUp);
}

pub async fn a_record_is_kept_to_the_last_field(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let mut made = call(UserId(oid()), UserId(oid()), "here", EpochId(oid()));
    store.create_call(made.clone()).await.unwrap();
    assert_eq!(second.call(made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(second.call(CallId(oid())).await.unwrap(), None);
    assert!(matches!(second.create_call(made.clone()).await, Err(StoreError::Taken(Unique::Id))));

    made.answer_time = Some(now());
    made.connect_time = Some(now());
    made.status = CallStatus::Active;
    made.legs[1] = LegRecord {
        device: Some(DeviceId(oid())),
        answered_at: Some(now()),
        connected_at: Some(now()),
        left_at: Some(now()),
        reason: Some(EndReason::MediaLost),
        setup_ms: Some(123),
        paths: vec![PathName::Udp, PathName::IceTcp],
        reconnects: 3,
        muted: true,
        muted_by: Some(UserId(oid())),
        quality: LegQuality {
            rtt_ms: Some(12.34),
            worst_rtt_ms: Some(0.1),
            concealed_pct: Some(0.7),
            worst_concealed_pct: Some(33.3),
            jitter_buffer_ms: Some(61.5),
            worst_jitter_buffer_ms: None,
            up: DirectionQuality {
                packets: 5_000_000_000,
                lost: 7,
                loss_pct: 0.3,
                worst_loss_pct: 12.7,
                jitter_ms: 1.7,
                worst_jitter_ms: 99.9,
                mos: Some(4.01),
                worst_mos: Some(1.0),
            },
            down: DirectionQuality::default(),
        },
        ..leg(made.receiver.unwrap())
    };
    assert!(second.update_call(made.clone(), Vec::new()).await.unwrap());
    assert_eq!(store.call(made.id).await.unwrap(), Some(made.clone()));
    end(&mut made, CallStatus::Completed);
    made.duration_seconds = 4711;
    assert!(store.update_call(made.clone(), Vec::new()).await.unwrap());
    assert_eq!(second.call(made.id).await.unwrap(), Some(made));
}

pub async fn the_timeline_is_kept_beside_the_record_until_the_end(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let mut made = call(UserId(oid()), UserId(oid()), "here", EpochId(oid()));
    let entry = |at_ms, what| TimelineEntry { at_ms, user: made.receiver, what };
    let figures = FiguresEntry {
        seconds: 5,
        rtt_ms: Some(12.3),
        concealed_pct: None,
        jitter_buffer_ms: Some(0.1),
        playout_gap_pct: None,
        up: Some(DirectionFigures { loss_pct: 99.9, jitter_ms: 0.0, mos: Some(1.25) }),
        down: None,
    };
    let first = vec![entry(0, Happening::Ring)];
    let last = vec![
        entry(0, Happening::Ring),
        entry(7, Happening::Connected { path: Some(PathName::IceTcp) }),
        entry(5_000_000_000, Happening::Figures(figures)),
        TimelineEntry { at_ms: u64::MAX, user: None, what: Happening::Ended { reason: EndReason::HungUp } },
    ];
    assert_eq!(store.call_timeline(made.id).await.unwrap(), []);
    store.create_call(made.clone()).await.unwrap();
    assert_eq!(second.call_timeline(made.id).await.unwrap(), []);
    assert!(store.update_call(made.clone(), first.clone()).await.unwrap());
    assert_eq!(second.call_timeline(made.id).await.unwrap(), first);
    end(&mut made, CallStatus::Completed);
    assert!(store.update_call(made.clone(), last.clone()).await.unwrap());
    assert!(!second.update_call(made.clone(), first).await.unwrap());
    assert_eq!(second.call_timeline(made.id).await.unwrap(), last);
    assert_eq!(second.call(made.id).await.unwrap(), Some(made));
}

pub async fn a_call_ends_once_and_never_opens_again(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let made = call(UserId(oid()), UserId(oid()), "here", EpochId(oid()));
    assert!(!one.update_call(made.clone(), Vec::new()).await.unwrap(), "there is no such call yet");
    one.create_call(made.clone()).await.unwrap();
    let endings = [
        CallStatus::Completed,
        CallStatus::Missed,
        CallStatus::Rejected,
        CallStatus::Cancelled,
        CallStatus::Failed,
    ];
    let tries = (0..15).map(|n: usize| {
        let store = if n < 8 { one.clone() } else { two.clone() };
        let mut record = made.clone();
        // Every third try is a late mark of a call that still goes on.
        match n % 3 {
            0 => record.status = CallStatus::Active,
            _ => end(&mut record, endings[n % 5]),
        }
        tokio::spawn(async move { (store.update_call(record.clone(), Vec::new()).await.unwrap(), record) })
    });
    let mut ended = Vec::new();
    for one_try in tries.collect::<Vec<_>>() {
        let (did, record) = one_try.await.unwrap();
        if did && record.status.ended() {
            ended.push(record);
        }
    }
    assert_eq!(ended.len(), 1);
    assert_eq!(two.call(made.id).await.unwrap().as_ref(), Some(&ended[0]));
    assert!(!one.update_call(made.clone(), Vec::new()).await.unwrap());
    assert_eq!(two.call(made.id).await.unwrap().as_ref(), Some(&ended[0]));
}

pub async fn calls_are_listed_filtered_and_paged(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert, carl) = (UserId(oid()), UserId(oid()), UserId(oid()));
    let mut all = Vec::new();
    for n in 0..9 {
        let (caller, receiver) = [(anna, bert), (bert, anna), (anna, carl)][n % 3];
        let mut made = call(caller, receiver, "here", EpochId(oid()));
        if n > 6 {
            made.start_time = all.last().map_or(made.start_time, |c: &CallRecord| c.start_time);
        }
        store.create_call(made.clone()).await.unwrap();
        if n < 4 {
            made.duration_seconds = if n == 1 { 60 } else { 5 };
            end(&mut made, if n % 2 == 0 { CallStatus::Missed } else { CallStatus::Completed });
            assert!(store.update_call(made.clone(), Vec::new()).await.unwrap());
        }
        all.push(made);
    }
    store.create_call(call(bert, carl, "here", EpochId(oid()))).await.unwrap();
    all.sort_by_key(|c| std::cmp::Reverse((c.start_time, c.id)));
    let list = async |filter: &CallFilter| store.calls_of(anna, filter, None, 50).await.unwrap();
    let expect =
        |keep: &dyn Fn(&CallRecord) -> bool| all.iter().filter(|c| keep(c)).cloned().collect::<Vec<_>>();
    assert_eq!(list(&CallFilter::default()).await, all);
    let filter = CallFilter { with: Some(carl), ..CallFilter::default() };
    assert_eq!(list(&filter).await, expect(&|c| c.receiver == Some(carl)));
    let filter = CallFilter { status: Some(CallStatus::Missed), ..CallFilter::default() };
    assert_eq!(list(&filter).await, expect(&|c| c.status == CallStatus::Missed));
    let (from, to) = (all[7].start_time, all[4].start_time);
    let filter = CallFilter { from: Some(from), to: Some(to), ..CallFilter::default() };
    assert_eq!(list(&filter).await, expect(&|c| c.start_time >= from && c.start_time < to));
    let filter = CallFilter {
        with: Some(bert),
        status: Some(CallStatus::Ringing),
        from: Some(from),
        ..CallFilter::default()
    };
    let keep =
        |c: &CallRecord| c.receiver != Some(carl) && c.status == CallStatus::Ringing && c.start_time >= from;
    assert_eq!(list(&filter).await, expect(&keep));
    let filter = CallFilter { conversation: Some(all[2].conversation), ..CallFilter::default() };
    assert_eq!(list(&filter).await, [all[2].clone()]);
    let filter = CallFilter { min_seconds: Some(61), ..CallFilter::default() };
    assert_eq!(list(&filter).await, []);
    let filter = CallFilter { min_seconds: Some(60), ..CallFilter::default() };
    assert_eq!(list(&filter).await, expect(&|c| c.duration_seconds >= 60));
    let stranger = store.calls_of(UserId(oid()), &CallFilter::default(), None, 50).await.unwrap();
    assert_eq!(stranger, []);

    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = store.calls_of(anna, &CallFilter::default(), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Cursor { at: last.start_time, id: last.id });
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert_eq!(store.calls_of(anna, &CallFilter::default(), None, 0).await.unwrap(), []);
}

pub async fn a_crash_leaves_stale_calls_and_a_heartbeat(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let (before, current) = (EpochId(oid()), EpochId(oid()));
    let (anna, bert) = (UserId(oid()), UserId(oid()));
    let left = call(anna, bert, "here", before);
    let mut ended = call(anna, bert, "here", before);
    for call in [&left, &ended, &call(anna, bert, "here", current), &call(anna, bert, "there", before)] {
        store.create_call(call.clone()).await.unwrap();
    }
    end(&mut ended, CallStatus::Completed);
    assert!(store.update_call(ended, Vec::new()).await.unwrap());
    assert_eq!(second.stale_calls("here", current).await.unwrap(), std::slice::from_ref(&left));
    assert_eq!(second.stale_calls("nowhere", current).await.unwrap(), []);
    let mut swept = left;
    end(&mut swept, CallStatus::Failed);
    assert!(second.update_call(swept, Vec::new()).await.unwrap());
    assert_eq!(store.stale_calls("here", current).await.unwrap(), []);

    assert_eq!(store.last_heartbeat("here", before).await.unwrap(), None);
    for at in [5, 9, 7] {
        store.heartbeat("here", before, Timestamp(at)).await.unwrap();
        store.heartbeat("here", current, Timestamp(at * 100)).await.unwrap();
    }
    assert_eq!(second.last_heartbeat("here", before).await.unwrap(), Some(Timestamp(9)));
    assert_eq!(second.last_heartbeat("here", current).await.unwrap(), Some(Timestamp(900)));
    assert_eq!(second.last_heartbeat("there", before).await.unwrap(), None);
}
