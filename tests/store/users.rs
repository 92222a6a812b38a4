//! Users, sessions, one-time secrets.

use charla::clock::Timestamp;
use charla::ids::{SessionId, UserId};
use charla::model::Role;
use charla::store::{StoreError, Unique};

use super::bed::{Bed, hash, join, now, oid, session, user};

pub async fn a_user_is_found_by_name_and_address_without_regard_to_case(bed: Bed) {
    let store = bed.open().await;
    let mut anna = user("Änna.Ø");
    anna.email = "Anna@Example.ORG".into();
    store.create_user(anna.clone()).await.unwrap();
    let bert = join(&*store, "bert").await;
    assert_eq!(store.user(anna.id).await.unwrap(), Some(anna.clone()));
    for login in ["Änna.Ø", " äNNA.ø ", "ANNA@EXAMPLE.org"] {
        assert_eq!(store.user_by_login(login).await.unwrap().as_ref(), Some(&anna), "{login}");
    }
    for login in ["", "anna", "x' OR 1=1 --", "{\"$ne\": \"\"}"] {
        assert_eq!(store.user_by_login(login).await.unwrap(), None, "{login}");
    }
    assert_eq!(store.user(UserId(oid())).await.unwrap(), None);
    let found = store.users(&[bert, UserId(oid()), anna.id]).await.unwrap();
    assert_eq!(found.iter().map(|u| u.id).collect::<Vec<_>>(), [bert, anna.id]);
    assert_eq!(store.count_users().await.unwrap(), 2);
    assert!(!store.has_owner().await.unwrap());
    store.set_role(bert, Role::Owner).await.unwrap();
    assert!(store.has_owner().await.unwrap());
    assert_eq!(store.user(bert).await.unwrap().unwrap().role, Role::Owner);
    assert!(matches!(store.set_role(UserId(oid()), Role::Owner).await, Err(StoreError::Missing)));
    store.ping().await.unwrap();
}

pub async fn names_and_addresses_are_taken_once(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let anna = user("anna");
    one.create_user(anna.clone()).await.unwrap();
    let mut again = user("ANNA ");
    assert!(matches!(two.create_user(again.clone()).await, Err(StoreError::Taken(Unique::Username))));
    (again.username, again.email) = ("other".into(), "ANNA@example.org".into());
    assert!(matches!(two.create_user(again.clone()).await, Err(StoreError::Taken(Unique::Email))));
    (again.email, again.id) = ("other@example.org".into(), anna.id);
    assert!(matches!(two.create_user(again).await, Err(StoreError::Taken(Unique::Id))));

    let tries = (0..12).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { store.create_user(user("bert")).await })
    });
    let mut made = 0;
    for one_try in tries.collect::<Vec<_>>() {
        match one_try.await.unwrap() {
            Ok(()) => made += 1,
            Err(StoreError::Taken(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((made, one.count_users().await.unwrap()), (1, 2));
}

pub async fn users_are_found_by_prefix(bed: Bed) {
    let store = bed.open().await;
    for name in ["anton", "Anna", "annabel", "bert", "äon", "a%b", "a_c", "a.d"] {
        join(&*store, name).await;
    }
    let mut gone = user("anna-gone");
    gone.disabled = true;
    store.create_user(gone).await.unwrap();
    let names = async |prefix: &str, limit| -> Vec<String> {
        store.find_users(prefix, limit).await.unwrap().into_iter().map(|u| u.username).collect()
    };
    assert_eq!(names("ANN", 9).await, ["Anna", "annabel"]);
    assert_eq!(names("an", 2).await, ["Anna", "annabel"]);
    assert_eq!(names("a%", 9).await, ["a%b"]);
    assert_eq!(names("a_", 9).await, ["a_c"]);
    assert_eq!(names("a.", 9).await, ["a.d"]);
    assert_eq!(names("Ä", 9).await, ["äon"]);
    assert_eq!(names("z", 9).await, [""; 0]);
    assert_eq!(names("a", 0).await, [""; 0]);
    assert_eq!(names("", 99).await.len(), 8);
}

pub async fn a_password_is_replaced_only_if_it_still_is_the_old_one(bed: Bed) {
    let store = bed.open().await;
    let anna = user("anna");
    store.create_user(anna.clone()).await.unwrap();
    assert!(store.replace_password(anna.id, &anna.password, "new").await.unwrap());
    assert!(!store.replace_password(anna.id, &anna.password, "newer").await.unwrap());
    assert!(!store.replace_password(UserId(oid()), "new", "newer").await.unwrap());
    assert_eq!(store.user(anna.id).await.unwrap().unwrap().password, "new");
}

pub async fn a_session_rotates_once_and_shows_theft(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let anna = join(&*store, "anna").await;
    let made = session(anna);
    store.create_session(made.clone()).await.unwrap();
    assert!(matches!(store.create_session(made.clone()).await, Err(StoreError::Taken(Unique::Id))));
    assert!(matches!(store.create_session(session(UserId(oid()))).await, Err(StoreError::Missing)));
    assert_eq!(second.session(made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(second.session_by_token(&made.token_hash).await.unwrap(), Some(made.clone()));

    // Many refresh with the same token at once: one wins.
    let (at, until) = (now(), Timestamp(now().0 + 5_000_000));
    let tries = (0..8).map(|n| {
        let store = if n % 2 == 0 { store.clone() } else { second.clone() };
        let (id, old, new) = (made.id, made.token_hash, hash());
        tokio::spawn(
            async move { store.rotate_session(id, &old, &new, at, until).await.unwrap().then_some(new) },
        )
    });
    let mut won = Vec::new();
    for one_try in tries.collect::<Vec<_>>() {
        won.extend(one_try.await.unwrap());
    }
    assert_eq!(won.len(), 1);
    let rotated = store.session_by_token(&won[0]).await.unwrap().unwrap();
    assert_eq!((rotated.token_hash, rotated.previous_hash), (won[0], Some(made.token_hash)));
    assert_eq!((rotated.rotated_at, rotated.last_seen_at, rotated.expires_at), (at, at, until));

    // The old token still leads to the session, as its previous one: who uses it late is a thief.
    assert_eq!(store.session_by_token(&made.token_hash).await.unwrap(), Some(rotated));
    assert!(store.rotate_session(made.id, &won[0], &hash(), now(), until).await.unwrap());
    assert_eq!(store.session_by_token(&made.token_hash).await.unwrap(), None);
    assert!(store.session_by_token(&won[0]).await.unwrap().is_some());
}

pub async fn sessions_end_alone_together_and_by_time(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let mut made = Vec::new();
    for owner in [anna, anna, anna, anna, bert] {
        made.push(session(owner));
        store.create_session(made.last().unwrap().clone()).await.unwrap();
    }
    let ids = async |user| -> Vec<SessionId> {
        store.sessions_of(user).await.unwrap().into_iter().map(|s| s.id).collect()
    };
    assert_eq!(ids(anna).await, [made[3].id, made[2].id, made[1].id, made[0].id]);

    let later = Timestamp(made[0].last_seen_at.0 + 60_000);
    store.touch_session(made[0].id, later).await.unwrap();
    store.touch_session(made[0].id, made[0].created_at).await.unwrap();
    assert_eq!(store.session(made[0].id).await.unwrap().unwrap().last_seen_at, later);
    store.touch_session(SessionId(oid()), later).await.unwrap();

    assert!(store.end_session(made[1].id).await.unwrap());
    assert!(!store.end_session(made[1].id).await.unwrap());
    assert_eq!(store.session_by_token(&made[1].token_hash).await.unwrap(), None);
    let mut ended = store.end_sessions(anna, Some(made[0].id)).await.unwrap();
    ended.sort();
    let mut expected = vec![made[2].id, made[3].id];
    expected.sort();
    assert_eq!(ended, expected);
    assert_eq!(store.expire_sessions(Timestamp(made[0].expires_at.0 - 1)).await.unwrap(), []);
    assert_eq!(store.expire_sessions(made[0].expires_at).await.unwrap(), [made[0].id]);
    assert_eq!(store.end_sessions(bert, None).await.unwrap(), [made[4].id]);
    assert_eq!((ids(anna).await, ids(bert).await), (vec![], vec![]));
}

pub async fn a_claim_is_taken_once(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let (secret, late) = (hash(), hash());
    let until = Timestamp(now().0 + 1_000_000);
    one.put_claim(secret, until).await.unwrap();
    one.put_claim(late, Timestamp(5)).await.unwrap();
    assert!(!two.take_claim(&late, Timestamp(5)).await.unwrap());
    assert!(!two.take_claim(&hash(), now()).await.unwrap());
    let tries = (0..8).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { store.take_claim(&secret, now()).await.unwrap() })
    });
    let mut taken = 0;
    for one_try in tries.collect::<Vec<_>>() {
        taken += usize::from(one_try.await.unwrap());
    }
    assert_eq!(taken, 1);
}
