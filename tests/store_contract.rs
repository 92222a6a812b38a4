//! The store's contract, on SQLite and on a real mongod; what only one of them must do; and what a kill may not take.
#![allow(clippy::disallowed_methods)]

#[path = "store/bed.rs"]
mod bed;
#[path = "store/calls.rs"]
mod calls;
#[path = "store/changes.rs"]
mod changes;
#[path = "store/conversations.rs"]
mod conversations;
#[path = "store/departures.rs"]
mod departures;
#[path = "store/engines.rs"]
mod engines;
#[path = "store/files.rs"]
mod files;
#[path = "store/first.rs"]
mod first;
#[path = "store/groups.rs"]
mod groups;
#[path = "store/kill.rs"]
mod kill;
#[path = "store/messages.rs"]
mod messages;
#[path = "store/missed.rs"]
mod missed;
#[path = "store/model.rs"]
mod model;
#[path = "support/mongod.rs"]
mod mongod;
#[path = "store/people.rs"]
mod people;
#[path = "store/search.rs"]
mod search;
#[path = "store/sync.rs"]
mod sync;
#[path = "store/users.rs"]
mod users;

/// Runs each of these on both engines.
macro_rules! on_both {
    ($($module:ident :: $test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$module::$test(super::bed::Bed::sqlite()).await; })+
        }
        mod on_mongodb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$module::$test(super::bed::Bed::mongodb()).await; })+
        }
    };
}

on_both! {
    users::a_user_is_found_by_name_and_address_without_regard_to_case,
    users::names_and_addresses_are_taken_once,
    users::users_are_found_by_prefix,
    users::a_password_is_replaced_only_if_it_still_is_the_old_one,
    users::a_session_rotates_once_and_shows_theft,
    users::sessions_end_alone_together_and_by_time,
    users::a_claim_is_taken_once,
    search::words_are_found_in_ones_own_conversations_newest_first,
    search::the_index_follows_edits_and_deletions,
    search::a_search_sees_what_history_would_show,
    search::no_word_is_read_as_a_command,
    people::accounts_are_listed_in_pages_and_filtered,
    people::a_server_never_loses_its_last_owner,
    people::ended_sessions_are_written_down_for_others,
    people::a_reset_is_taken_once_and_the_newest_counts,
    people::a_reset_that_breaks_half_way_leaves_all_as_it_was,
    people::an_invitation_lets_in_as_many_as_it_says,
    people::settings_are_changed_field_by_field,
    people::blocks_shut_one_way_and_are_seen_the_other,
    people::a_conversation_is_muted_for_one_member,
    conversations::a_pair_has_one_conversation,
    conversations::conversations_are_listed_newest_first_in_pages,
    conversations::unread_is_counted_among_the_newest,
    conversations::watermarks_rise_and_status_follows,
    groups::a_group_is_kept_to_the_last_field,
    groups::who_comes_sees_from_then_on_and_who_goes_nothing,
    groups::of_changes_at_once_each_is_decided_on_what_the_others_left,
    groups::marks_and_changes_of_the_members_meet_whole,
    groups::of_first_marks_at_once_the_highest_holds,
    messages::messages_get_rising_numbers_and_pages_cut_them,
    messages::a_retry_is_the_same_message,
    messages::only_members_write_and_replies_stay_inside,
    messages::what_is_visible_is_a_prefix_under_many_writers,
    changes::a_change_is_kept_to_the_last_field_and_a_retry_changes_nothing,
    changes::only_who_sees_a_message_changes_it,
    changes::changes_come_by_sync_once_and_in_their_order,
    changes::of_changes_at_once_none_is_lost,
    files::a_file_is_bound_to_one_message_and_given_up_with_it,
    files::unsent_files_are_given_up_and_quotas_hold,
    sync::the_first_sync_tells_the_newest_and_the_next_only_what_changed,
    sync::long_absences_come_in_pages,
    sync::a_token_of_another_place_is_refused,
    sync::nothing_is_missed_under_concurrent_writers,
    departures::who_went_is_told_once_and_in_order,
    departures::nobody_keeps_what_he_is_out_of,
    groups::a_look_is_kept_and_its_picture_goes_with_it,
    groups::a_group_is_made_once,
    calls::a_record_is_kept_to_the_last_field,
    calls::a_call_ends_once_and_never_opens_again,
    calls::the_timeline_is_kept_beside_the_record_until_the_end,
    calls::calls_are_listed_filtered_and_paged,
    calls::a_crash_leaves_stale_calls_and_a_heartbeat,
    missed::what_rang_in_vain_is_missed_until_it_is_seen,
    missed::a_call_that_goes_on_may_be_missed_and_joined_after_all,
    engines::a_closed_store_refuses_and_has_lost_nothing,
}
