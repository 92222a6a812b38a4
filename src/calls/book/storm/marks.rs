//! Tests only: what must hold of any record and any timeline, whatever happened to the call.

use crate::clock::Timestamp;
use crate::model::{CallRecord, Timeline};

/// However wild it was, the story is short and in order.
pub(super) fn in_bounds(timeline: &Timeline) {
    assert!(timeline.len() <= 190 && timeline.is_sorted_by_key(|e| e.at_ms), "{timeline:?}");
}

/// Marks never run backwards.
pub(super) fn ordered(record: &CallRecord) {
    let rising = |marks: &[Option<Timestamp>]| {
        let there: Vec<_> = marks.iter().flatten().collect();
        assert!(there.is_sorted(), "{record:?}");
    };
    rising(&[Some(record.start_time), record.answer_time, record.connect_time, record.end_time]);
    assert_eq!(record.end_time.is_some(), record.status.ended());
    assert_eq!(record.reason.is_some(), record.status.ended());
    for leg in &record.legs {
        rising(&[Some(leg.rang_at), leg.answered_at, leg.connected_at, leg.left_at]);
    }
    if let Some(connected) = record.connect_time {
        let talked = record.legs.iter().filter(|l| l.connected_at.is_some_and(|at| at <= connected)).count();
        assert!(talked >= 2, "{record:?}");
    }
}
