//! Standing, one-time links, invitations, settings, blocks, mutes.

use std::collections::HashMap;

use charla::clock::Timestamp;
use charla::ids::{ConversationId, InvitationId, UserId};
use charla::model::{
    Block, Cursor, Invitation, Mute, Regard, Role, Settings, SettingsPatch, Standing, StandingChange,
    UserQuery,
};
use charla::store::{StoreError, Unique};
use mongodb::bson::doc;

use super::bed::{Bed, hash, join, now, oid, pair, session, user};

fn later(ms: i64) -> Timestamp {
    Timestamp(now().0 + ms)
}

pub async fn accounts_are_listed_in_pages_and_filtered(bed: Bed) {
    let store = bed.open().await;
    for name in ["Berta", "anton", "anna", "Änne", "zoe"] {
        join(&*store, name).await;
    }
    let mut gone = user("anna-gone");
    (gone.disabled, gone.role) = (true, Role::Admin);
    store.create_user(gone).await.unwrap();
    let list = async |query: UserQuery, limit| -> Vec<String> {
        store.list_users(&query, limit).await.unwrap().into_iter().map(|u| u.username).collect()
    };
    let all = UserQuery::default();
    assert_eq!(list(all.clone(), 99).await, ["anna", "anna-gone", "anton", "Berta", "zoe", "Änne"]);
    let mut paged = Vec::new();
    let mut query = all.clone();
    loop {
        let page = list(query.clone(), 2).await;
        let Some(last) = page.last() else { break };
        query.after = Some(last.to_lowercase());
        paged.extend(page);
    }
    assert_eq!(paged, list(all.clone(), 99).await);
    let an = UserQuery { prefix: "AN".into(), ..all.clone() };
    assert_eq!(list(an.clone(), 9).await, ["anna", "anna-gone", "anton"]);
    assert_eq!(list(UserQuery { after: Some("anna".into()), ..an.clone() }, 9).await, ["anna-gone", "anton"]);
    assert_eq!(list(UserQuery { disabled: Some(false), ..an.clone() }, 9).await, ["anna", "anton"]);
    assert_eq!(list(UserQuery { role: Some(Role::Admin), ..an }, 9).await, ["anna-gone"]);
    assert_eq!(list(all, 0).await, [""; 0]);
}

pub async fn a_server_never_loses_its_last_owner(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let mut owners = Vec::new();
    for n in 0..4 {
        let mut owner = user(&format!("owner{n}"));
        owner.role = Role::Owner;
        owners.push(owner.id);
        stores[0].create_user(owner).await.unwrap();
    }
    let tries = owners.clone().into_iter().enumerate().map(|(n, id)| {
        let store = stores[n % 2].clone();
        let change = match n {
            0 | 1 => StandingChange { disabled: Some(true), role: None },
            _ => StandingChange { disabled: None, role: Some(Role::Member) },
        };
        tokio::spawn(async move { store.change_standing(id, change).await.unwrap() })
    });
    let mut kept = 0;
    for one in tries.collect::<Vec<_>>() {
        kept += usize::from(one.await.unwrap() == Standing::LastOwner);
    }
    assert_eq!(kept, 1, "all go at once, and one has to stay");
    let list = stores[1].list_users(&UserQuery::default(), 9).await.unwrap();
    assert_eq!(list.iter().filter(|u| u.role == Role::Owner && !u.disabled).count(), 1);

    // Whoever was off comes back; nothing but what was asked changes.
    let off = list.iter().find(|u| u.disabled).unwrap();
    let on = StandingChange { disabled: Some(false), role: None };
    let Standing::Changed(back) = stores[0].change_standing(off.id, on).await.unwrap() else { panic!() };
    assert_eq!((back.role, back.disabled), (Role::Owner, false));
    assert_eq!(stores[1].user(off.id).await.unwrap(), Some(back));
    let nobody = stores[0].change_standing(UserId(oid()), on).await;
    assert!(matches!(nobody, Err(StoreError::Missing)));
}

pub async fn ended_sessions_are_written_down_for_others(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*one, "anna").await, join(&*one, "bert").await);
    let mut made = Vec::new();
    for owner in [anna, anna, bert] {
        made.push(session(owner));
        one.create_session(made.last().unwrap().clone()).await.unwrap();
    }
    let at = now();
    let mut ended = one.revoke_sessions(anna, at).await.unwrap();
    ended.sort();
    let mut expected = vec![made[0].id, made[1].id];
    expected.sort();
    assert_eq!(ended, expected);
    assert_eq!(two.session(made[0].id).await.unwrap(), None);
    assert!(two.session(made[2].id).await.unwrap().is_some());
    let mut told = two.revoked_since(at).await.unwrap();
    told.sort();
    assert_eq!(told.iter().map(|r| r.session).collect::<Vec<_>>(), expected);
    assert!(told.iter().all(|r| (r.user, r.at) == (anna, at)));
    assert_eq!(two.revoked_since(Timestamp(at.0 + 1)).await.unwrap(), []);
    // It is forgotten after an hour.
    one.revoke_sessions(bert, Timestamp(at.0 + 3_600_001)).await.unwrap();
    assert_eq!(two.revoked_since(at).await.unwrap().len(), 1);
}

pub async fn a_reset_is_taken_once_and_the_newest_counts(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let anna = join(&*one, "anna").await;
    let (first, second, until) = (hash(), hash(), later(1_000_000));
    one.put_reset(first, anna, until).await.unwrap();
    assert_eq!(two.reset_user(&first, now()).await.unwrap(), Some(anna));
    one.put_reset(second, anna, until).await.unwrap();
    assert_eq!(two.reset_user(&first, now()).await.unwrap(), None);
    assert_eq!(two.reset_user(&second, until).await.unwrap(), None, "too late");
    assert_eq!(two.take_reset(&second, until, "x").await.unwrap(), None, "too late");
    let tries = (0..8).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { store.take_reset(&second, now(), &format!("new{n}")).await.unwrap() })
    });
    let mut taken = Vec::new();
    for (n, one_try) in tries.collect::<Vec<_>>().into_iter().enumerate() {
        taken.extend(one_try.await.unwrap().map(|reset| (reset.user, format!("new{n}"))));
    }
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].0, one.user(anna).await.unwrap().unwrap().password), (anna, taken[0].1.clone()));
    assert!(matches!(one.put_reset(first, UserId(oid()), until).await, Err(StoreError::Missing)));

    let claim = hash();
    one.put_claim(claim, until).await.unwrap();
    assert!(two.has_claim(&claim, now()).await.unwrap() && two.has_claim(&claim, now()).await.unwrap());
    assert!(!two.has_claim(&claim, until).await.unwrap() && !two.has_claim(&first, now()).await.unwrap());
}

/// Makes the database itself refuse that an ended session is written down, or take it again.
async fn refuse(bed: &Bed, refused: bool) {
    if let Some(path) = bed.url.strip_prefix("sqlite:") {
        let change = match refused {
            true => {
                "CREATE TRIGGER broken BEFORE INSERT ON revocations BEGIN SELECT RAISE(ABORT, 'broken'); END"
            }
            false => "DROP TRIGGER broken",
        };
        return rusqlite::Connection::open(path).unwrap().execute_batch(change).unwrap();
    }
    let name = bed.url.rsplit('/').next().unwrap();
    let db = mongodb::Client::with_uri_str(&bed.url).await.unwrap().database(name);
    let validator = if refused {
        doc! { "at": { "$exists": false } }
    } else {
        doc! {}
    };
    db.run_command(doc! { "collMod": "revocations", "validator": validator }).await.unwrap();
}

/// What breaks between its steps, as a crash does, leaves either the link or what it is for.
pub async fn a_reset_that_breaks_half_way_leaves_all_as_it_was(bed: Bed) {
    let store = bed.open().await;
    let anna = join(&*store, "anna").await;
    let (link, at) = (hash(), now());
    store.put_reset(link, anna, later(1_000_000)).await.unwrap();
    let (one, two) = (session(anna), session(anna));
    store.create_session(one.clone()).await.unwrap();
    store.create_session(two.clone()).await.unwrap();
    let before = store.user(anna).await.unwrap().unwrap().password;
    refuse(&bed, true).await;
    store.take_reset(&link, at, "new").await.unwrap_err();
    assert_eq!(store.user(anna).await.unwrap().unwrap().password, before);
    assert_eq!(store.reset_user(&link, at).await.unwrap(), Some(anna), "the link still works");
    assert_eq!(store.sessions_of(anna).await.unwrap().len(), 2);
    refuse(&bed, false).await;
    let taken = store.take_reset(&link, at, "new").await.unwrap().unwrap();
    let mut ended = taken.ended;
    ended.sort();
    let mut expected = vec![one.id, two.id];
    expected.sort();
    assert_eq!((taken.user, ended), (anna, expected));
    assert_eq!(store.user(anna).await.unwrap().unwrap().password, "new");
    assert_eq!(
        (store.sessions_of(anna).await.unwrap().len(), store.revoked_since(at).await.unwrap().len()),
        (0, 2)
    );
}

fn invitation(max_uses: u32, expires_at: Timestamp) -> Invitation {
    let id = InvitationId(oid());
    let (created_at, created_by) = (now(), Some(UserId(oid())));
    Invitation { id, note: "Änne & co".into(), created_by, created_at, expires_at, max_uses, uses: 0 }
}

pub async fn an_invitation_lets_in_as_many_as_it_says(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let (secret, late, free) = (hash(), hash(), hash());
    let five = invitation(5, later(1_000_000));
    stores[0].create_invitation(five.clone(), secret).await.unwrap();
    stores[0].create_invitation(invitation(5, Timestamp(5)), late).await.unwrap();
    let again = stores[0].create_invitation(invitation(1, later(1)), secret).await;
    assert!(matches!(again, Err(StoreError::Taken(Unique::Id))));
    for (secret, usable) in [(secret, true), (late, false), (free, false)] {
        assert_eq!(stores[1].has_invitation(&secret, now()).await.unwrap(), usable);
    }
    assert!(!stores[0].create_invited_user(user("late"), &late, now()).await.unwrap());

    let tries = (0..12).map(|n| {
        let store = stores[n % 2].clone();
        tokio::spawn(async move {
            store.create_invited_user(user(&format!("guest{n}")), &secret, now()).await.unwrap()
        })
    });
    let mut admitted = 0;
    for one in tries.collect::<Vec<_>>() {
        admitted += u64::from(one.await.unwrap());
    }
    assert_eq!((admitted, stores[0].count_users().await.unwrap()), (5, 5));
    assert!(!stores[0].has_invitation(&secret, now()).await.unwrap());

    // Whoever finds the name taken has used nothing up.
    stores[0].create_invitation(invitation(1, later(1_000_000)), free).await.unwrap();
    let taken = stores[1].list_users(&UserQuery::default(), 1).await.unwrap().remove(0);
    let twin = stores[0].create_invited_user(user(&taken.username), &free, now()).await;
    assert!(matches!(twin, Err(StoreError::Taken(Unique::Username))));
    assert!(stores[0].create_invited_user(user("at.last"), &free, now()).await.unwrap());

    let list = stores[1].invitations(None, 9).await.unwrap();
    assert_eq!(list.iter().map(|i| i.uses).collect::<Vec<_>>(), [1, 0, 5]);
    assert_eq!(list[2], Invitation { uses: 5, ..five.clone() });
    let cursor = Cursor { at: list[0].created_at, id: list[0].id };
    assert_eq!(stores[1].invitations(Some(cursor), 1).await.unwrap(), list[1..2]);
    assert_eq!(stores[1].invitations(None, 0).await.unwrap(), []);
    assert!(stores[0].revoke_invitation(five.id).await.unwrap());
    assert!(!stores[0].revoke_invitation(five.id).await.unwrap());
    assert_eq!(stores[1].invitations(None, 9).await.unwrap(), list[..2]);
}

pub async fn settings_are_changed_field_by_field(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let (anna, bert) = (join(&*stores[0], "anna").await, join(&*stores[0], "bert").await);
    assert_eq!(stores[0].settings_of(&[anna, bert]).await.unwrap(), HashMap::new());
    let unchanged = stores[0].change_settings(anna, SettingsPatch::default()).await.unwrap();
    assert_eq!(unchanged, Settings::default());
    let patches = [
        SettingsPatch { show_last_seen: Some(false), ..SettingsPatch::default() },
        SettingsPatch { show_read_receipts: Some(false), ..SettingsPatch::default() },
        SettingsPatch { show_online: Some(false), ..SettingsPatch::default() },
        SettingsPatch { show_typing: Some(false), ..SettingsPatch::default() },
        SettingsPatch { do_not_disturb: Some(true), ..SettingsPatch::default() },
    ];
    let changes = patches.into_iter().enumerate().map(|(n, patch)| {
        let store = stores[n % 2].clone();
        tokio::spawn(async move { store.change_settings(anna, patch).await.unwrap() })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.unwrap();
    }
    let all = Settings {
        show_last_seen: false,
        show_read_receipts: false,
        show_online: false,
        show_typing: false,
        do_not_disturb: true,
    };
    assert_eq!(stores[1].settings_of(&[bert, anna]).await.unwrap(), HashMap::from([(anna, all)]));
    let nobody = stores[0].change_settings(UserId(oid()), patches[0]).await;
    assert!(matches!(nobody, Err(StoreError::Missing)));

    let (early, late) = (now(), later(60_000));
    stores[0].saw(anna, late).await.unwrap();
    stores[1].saw(anna, early).await.unwrap();
    assert_eq!(stores[1].last_seen(&[bert, anna]).await.unwrap(), HashMap::from([(anna, late)]));
}

pub async fn blocks_shut_one_way_and_are_seen_the_other(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let anna = join(&*store, "anna").await;
    let bert = join(&*store, "bert").await;
    let cleo = join(&*store, "cleo").await;
    let block = Block { user: anna, blocked: bert, at: now() };
    assert_eq!(store.reach(anna, bert).await.unwrap(), Regard::Open);
    assert!(store.block(block).await.unwrap());
    assert!(!second.block(block).await.unwrap());
    assert_eq!(second.reach(anna, bert).await.unwrap(), Regard::Blocked);
    assert_eq!(second.reach(bert, anna).await.unwrap(), Regard::Shut);
    assert_eq!(second.reach(cleo, anna).await.unwrap(), Regard::Open);
    let other = Block { user: bert, blocked: anna, at: now() };
    store.block(other).await.unwrap();
    assert_eq!(store.reach(anna, bert).await.unwrap(), Regard::Shut, "the stronger one counts");
    let mut around = store.blocks_around(anna).await.unwrap();
    around.sort();
    let mut both = vec![block, other];
    both.sort();
    assert_eq!(around, both);
    assert_eq!(store.blocks_around(cleo).await.unwrap(), []);
    assert!(store.unblock(anna, bert).await.unwrap() && !store.unblock(anna, bert).await.unwrap());
    assert_eq!(store.blocks_around(anna).await.unwrap(), [other]);

    for (user, blocked) in [(anna, anna), (anna, UserId(oid())), (UserId(oid()), anna)] {
        let wrong = store.block(Block { user, blocked, at: now() }).await;
        assert!(matches!(wrong, Err(StoreError::Missing)), "{user} {blocked}");
    }
    assert_eq!(store.reach(anna, UserId(oid())).await.unwrap(), Regard::Shut);
    let off = StandingChange { disabled: Some(true), role: None };
    store.change_standing(cleo, off).await.unwrap();
    assert_eq!(store.reach(anna, cleo).await.unwrap(), Regard::Shut, "as if she had blocked");
}

pub async fn a_conversation_is_muted_for_one_member(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let mute = |until| Mute { conversation: id, until };
    store.mute(anna, mute(Some(Timestamp(77)))).await.unwrap();
    assert_eq!(store.mutes_of(anna).await.unwrap(), [mute(Some(Timestamp(77)))]);
    store.mute(anna, mute(None)).await.unwrap();
    assert_eq!(store.mutes_of(anna).await.unwrap(), [mute(None)]);
    assert_eq!(store.mutes_of(bert).await.unwrap(), []);
    store.unmute(anna, id).await.unwrap();
    store.unmute(anna, id).await.unwrap();
    assert_eq!(store.mutes_of(anna).await.unwrap(), []);
    let cleo = join(&*store, "cleo").await;
    assert!(matches!(store.mute(cleo, mute(None)).await, Err(StoreError::Missing)));
    let nowhere = Mute { conversation: ConversationId(oid()), until: None };
    assert!(matches!(store.mute(anna, nowhere).await, Err(StoreError::Missing)));
}
