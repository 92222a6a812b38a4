//! Accounts on a real store: who gets in, who stays in, and what ends it.
#[path = "rest/house.rs"]
mod house;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use charla::accounts::{AccountError, Client, Credentials, GRACE, MAX_SESSIONS, Registration, token};
use charla::clock::Clock as _;
use charla::config::Registration as Mode;
use charla::ids::{SessionId, UserId};
use charla::model::{Actor, Role, User};
use charla::store::Unique;
use house::{House, PASSWORD, client};

fn credentials(username: &str, password: &str) -> Credentials {
    Credentials { username: username.into(), password: password.into() }
}

fn wish(username: &str, email: &str, password: &str) -> Registration {
    Registration { username: username.into(), email: email.into(), password: password.into() }
}

fn from(last: u8) -> Client {
    Client { user_agent: String::new(), address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)) }
}

async fn stored(house: &House, name: &str) -> User {
    house.store.user_by_login(name).await.unwrap().unwrap()
}

/// Puts a user there whose hash is not ours.
async fn import(house: &House, name: &str, hash: &str, disabled: bool) -> UserId {
    let now = house.clock.now();
    let id = UserId(house.random.object_id(now));
    let user = User {
        id,
        username: name.into(),
        email: format!("{name}@example.org"),
        password: hash.into(),
        role: Role::Member,
        disabled,
        created_at: now,
    };
    house.store.create_user(user).await.unwrap();
    id
}

#[tokio::test]
async fn a_user_registers_and_signs_in_by_name_or_email_in_any_case() {
    let house = House::new().await;
    let new =
        house.accounts.register(wish(" Alice ", "Alice@Example.org", PASSWORD), client()).await.unwrap();
    assert_eq!((new.user.public.username.as_str(), new.user.role), ("Alice", Role::Member));
    for name in ["Alice", "alice", " ALICE ", "alice@example.org", "ALICE@EXAMPLE.ORG", "Ａｌｉｃｅ"] {
        let signed_in = house.accounts.login(credentials(name, PASSWORD), client()).await.unwrap();
        assert_eq!(signed_in.user, new.user, "{name}");
        assert_ne!(signed_in.session, new.session);
    }
    let user = stored(&house, "alice").await;
    assert!(user.password.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[tokio::test]
async fn names_and_addresses_are_taken_without_regard_to_case_and_form() {
    let house = House::new().await;
    house.user("alice").await;
    for (username, email, which) in [
        ("ALICE", "other@example.org", Unique::Username),
        ("ａlice", "other@example.org", Unique::Username),
        ("  alice\t", "other@example.org", Unique::Username),
        ("bob", "ALICE@example.ORG", Unique::Email),
    ] {
        let refused = house.accounts.register(wish(username, email, PASSWORD), client()).await.unwrap_err();
        assert!(matches!(refused, AccountError::Taken(w) if w == which), "{username} {email}: {refused:?}");
    }
    assert_eq!(house.store.count_users().await.unwrap(), 1);
}

#[tokio::test]
async fn every_unusable_field_is_named_at_once() {
    let house = House::new().await;
    let Err(AccountError::Invalid(errors)) =
        house.accounts.register(wish("a b", "nobody", "short"), client()).await
    else {
        panic!("registered")
    };
    let fields: Vec<&str> = errors.iter().map(|e| e.field).collect();
    assert_eq!(fields, ["username", "email", "password"]);
    let long = wish("bob", "b@example.org", &"x".repeat(129));
    assert!(matches!(house.accounts.register(long, client()).await, Err(AccountError::Invalid(_))));
}

#[tokio::test]
async fn passwords_that_differ_at_the_73rd_byte_differ() {
    let house = House::new().await;
    let (right, wrong) = (format!("{}a", "x".repeat(72)), format!("{}b", "x".repeat(72)));
    house.accounts.register(wish("alice", "a@example.org", &right), client()).await.unwrap();
    assert!(house.accounts.login(credentials("alice", &right), client()).await.is_ok());
    for wrong in [&wrong, &"x".repeat(72)] {
        let refused = house.accounts.login(credentials("alice", wrong), client()).await;
        assert!(matches!(refused, Err(AccountError::WrongCredentials)));
    }
}

#[tokio::test]
async fn closed_registration_lets_nobody_in() {
    let house = House::with(|s| s.accounts.registration = Mode::Closed).await;
    let refused = house.accounts.register(wish("alice", "a@example.org", PASSWORD), client()).await;
    assert!(matches!(refused, Err(AccountError::RegistrationClosed)));
    assert_eq!(house.accounts.registration(), Mode::Closed);
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_one_answer() {
    let house = House::new().await;
    house.user("alice").await;
    let answers = [
        house.accounts.login(credentials("alice", "wrong"), from(1)).await,
        house.accounts.login(credentials("nobody", "wrong"), from(1)).await,
        house.accounts.login(credentials("alice@example.org", ""), from(1)).await,
        house.accounts.login(credentials("", ""), from(1)).await,
        house.accounts.login(credentials("alice", &"x".repeat(5000)), from(1)).await,
        house.accounts.login(credentials(&"x".repeat(5000), PASSWORD), from(1)).await,
    ];
    for answer in answers {
        assert!(matches!(answer, Err(AccountError::WrongCredentials)));
    }
}

#[tokio::test]
async fn wrong_passwords_are_limited_per_account_known_or_not() {
    let house = House::new().await;
    house.user("alice").await;
    for name in ["alice", "nobody"] {
        for turn in 0..10 {
            let refused = house.accounts.login(credentials(name, "wrong"), from(turn)).await;
            assert!(matches!(refused, Err(AccountError::WrongCredentials)), "{name} {turn}");
        }
        let spelled = name.to_uppercase();
        let refused = house.accounts.login(credentials(&spelled, "wrong"), from(99)).await;
        let Err(AccountError::TooMany(wait)) = refused else { panic!("{name}: the 11th was let through") };
        assert!(wait <= Duration::from_secs(90), "{wait:?}");
    }
    let refused = house.accounts.login(credentials("alice", PASSWORD), from(99)).await;
    assert!(matches!(refused, Err(AccountError::TooMany(_))), "even the right one has to wait");
    house.advance(Duration::from_secs(91));
    assert!(house.accounts.login(credentials("alice", PASSWORD), from(99)).await.is_ok());
}

#[tokio::test]
async fn wrong_passwords_are_limited_per_address_and_right_ones_are_not() {
    let house = House::with(|s| s.limits.logins_per_address = 10).await;
    house.user("alice").await;
    for _ in 0..15 {
        house.accounts.login(credentials("alice", PASSWORD), from(1)).await.unwrap();
    }
    for turn in 0..10 {
        let refused = house.accounts.login(credentials(&format!("name{turn}"), "wrong"), from(1)).await;
        assert!(matches!(refused, Err(AccountError::WrongCredentials)));
    }
    let refused = house.accounts.login(credentials("name11", "wrong"), from(1)).await;
    assert!(matches!(refused, Err(AccountError::TooMany(_))));
    assert!(house.accounts.login(credentials("alice", PASSWORD), from(2)).await.is_ok());
}

#[tokio::test]
async fn a_network_of_ipv6_is_one_address() {
    let house = House::with(|s| s.limits.registrations_per_address = 2).await;
    let at = |last: u16, net: u16| {
        let address = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, net, 1, 2, 3, last));
        Client { user_agent: String::new(), address }
    };
    for n in 0..2 {
        let new = wish(&format!("user{n}"), &format!("u{n}@example.org"), PASSWORD);
        house.accounts.register(new, at(n, 1)).await.unwrap();
    }
    let third = wish("user3", "u3@example.org", PASSWORD);
    assert!(matches!(house.accounts.register(third, at(9, 1)).await, Err(AccountError::TooMany(_))));
    let third = wish("user3", "u3@example.org", PASSWORD);
    assert!(house.accounts.register(third, at(9, 2)).await.is_ok());
}

#[tokio::test]
async fn hashes_of_the_original_and_of_older_settings_are_upgraded() {
    let house = House::new().await;
    let bcrypt = bcrypt::hash_with_result("old secret", 4).unwrap().to_string();
    import(&house, "alice", &bcrypt, false).await;
    let refused = house.accounts.login(credentials("alice", "wrong"), client()).await;
    assert!(matches!(refused, Err(AccountError::WrongCredentials)));
    assert_eq!(stored(&house, "alice").await.password, bcrypt, "a wrong password changes nothing");
    for _ in 0..2 {
        house.accounts.login(credentials("alice", "old secret"), client()).await.unwrap();
        assert!(stored(&house, "alice").await.password.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}

#[tokio::test]
async fn after_the_upgrade_every_byte_of_a_long_password_counts() {
    let house = House::new().await;
    let long = "y".repeat(80);
    import(&house, "alice", &bcrypt::hash_with_result(&long, 4).unwrap().to_string(), false).await;
    house.accounts.login(credentials("alice", &long), client()).await.unwrap();
    let refused = house.accounts.login(credentials("alice", &"y".repeat(79)), client()).await;
    assert!(matches!(refused, Err(AccountError::WrongCredentials)));
}

#[tokio::test]
async fn a_disabled_account_is_told_so_only_after_its_password() {
    let house = House::new().await;
    import(&house, "alice", &bcrypt::hash_with_result("old secret", 4).unwrap().to_string(), true).await;
    let wrong = house.accounts.login(credentials("alice", "wrong"), client()).await;
    assert!(matches!(wrong, Err(AccountError::WrongCredentials)));
    let right = house.accounts.login(credentials("alice", "old secret"), client()).await;
    assert!(matches!(right, Err(AccountError::Disabled)));
}

#[tokio::test]
async fn the_store_holds_no_token() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let claim = house.accounts.make_claim().await.unwrap();
    let fresh = house.accounts.refresh(&alice.refresh_token, client()).await.unwrap();
    let canaries =
        [&alice.refresh_token, &fresh.refresh_token, &alice.access_token, &claim, &PASSWORD.to_owned()];
    let files = files_below(house.dir.path());
    assert!(!files.is_empty());
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        for canary in canaries {
            assert!(!bytes.windows(canary.len()).any(|w| w == canary.as_bytes()));
        }
    }
}

fn files_below(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn access_tokens_end_by_time_and_with_their_session() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let actor = house.accounts.bearer(&alice.access_token).await.unwrap();
    assert_eq!(actor, Actor { user: alice.user.public.id, session: alice.session, role: Role::Member });
    assert_eq!(alice.expires_at.since(house.clock.now()), Duration::from_secs(15 * 60));
    house.advance(Duration::from_secs(15 * 60 - 1));
    assert!(house.accounts.bearer(&alice.access_token).await.is_ok());
    house.advance(Duration::from_secs(1));
    assert!(matches!(house.accounts.bearer(&alice.access_token).await, Err(AccountError::Unauthenticated)));
    let again = house.accounts.login(credentials("alice", PASSWORD), client()).await.unwrap();
    let actor = house.accounts.bearer(&again.access_token).await.unwrap();
    house.accounts.logout(actor).await.unwrap();
    assert!(house.accounts.bearer(&again.access_token).await.is_err());
    assert!(house.accounts.cookie(&again.refresh_token).await.is_err());
    assert!(house.accounts.cookie(&alice.refresh_token).await.is_ok(), "the other session lives");
    assert_eq!(house.published.revoked(), [again.session]);
}

#[tokio::test]
async fn an_access_token_never_outlives_its_session() {
    let house = House::with(|s| {
        s.accounts.session_days = 1;
        s.accounts.access_minutes = 3 * 24 * 60;
    })
    .await;
    let alice = house.user("alice").await;
    assert_eq!(alice.expires_at, alice.session_expires_at);
}

#[tokio::test]
async fn a_refresh_rotates_and_both_tokens_work_for_a_moment() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    house.advance(Duration::from_secs(3600));
    let fresh = house.accounts.refresh(&alice.refresh_token, client()).await.unwrap();
    assert_eq!(fresh.session, alice.session);
    assert_ne!(fresh.refresh_token, alice.refresh_token);
    assert_eq!(
        fresh.session_expires_at.since(alice.session_expires_at),
        Duration::from_secs(3600),
        "it slides"
    );
    house.advance(GRACE);
    assert!(house.accounts.cookie(&fresh.refresh_token).await.is_ok());
    assert!(house.accounts.cookie(&alice.refresh_token).await.is_ok(), "within the grace time");
    assert!(house.published.revoked().is_empty());
}

#[tokio::test]
async fn a_replaced_token_ends_the_session_once_its_successor_was_used() {
    let house = House::new().await;
    for by_refresh in [true, false] {
        let name = format!("alice{by_refresh}");
        let alice = house.user(&name).await;
        house.advance(Duration::from_secs(1));
        let fresh = house.accounts.refresh(&alice.refresh_token, client()).await.unwrap();
        house.advance(Duration::from_secs(1));
        house.accounts.cookie(&fresh.refresh_token).await.unwrap();
        house.advance(GRACE);
        let refused = if by_refresh {
            house.accounts.refresh(&alice.refresh_token, client()).await.map(|_| ())
        } else {
            house.accounts.cookie(&alice.refresh_token).await.map(|_| ())
        };
        assert!(matches!(refused, Err(AccountError::Unauthenticated)));
        assert_eq!(house.published.revoked(), [alice.session]);
        assert!(house.accounts.cookie(&fresh.refresh_token).await.is_err(), "for the thief too");
        assert!(house.accounts.bearer(&fresh.access_token).await.is_err());
    }
}

#[tokio::test]
async fn the_new_access_token_counts_as_a_use_and_the_old_one_does_not() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    house.advance(Duration::from_secs(5));
    let fresh = house.accounts.refresh(&alice.refresh_token, client()).await.unwrap();
    house.advance(GRACE + Duration::from_secs(1));
    house.accounts.bearer(&alice.access_token).await.unwrap();
    assert!(house.accounts.cookie(&alice.refresh_token).await.is_ok(), "the answer may have been lost");
    house.accounts.bearer(&fresh.access_token).await.unwrap();
    assert!(house.accounts.cookie(&alice.refresh_token).await.is_err());
    assert_eq!(house.published.revoked(), [alice.session]);
}

#[tokio::test]
async fn a_lost_answer_to_a_refresh_signs_nobody_out() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    house.advance(Duration::from_secs(5));
    house.accounts.refresh(&alice.refresh_token, client()).await.unwrap();
    house.advance(Duration::from_secs(24 * 3600));
    let fresh = house.accounts.refresh(&alice.refresh_token, client()).await.unwrap();
    assert_eq!(fresh.session, alice.session);
    assert!(house.accounts.cookie(&fresh.refresh_token).await.is_ok());
}

#[tokio::test]
async fn many_refreshes_at_once_leave_one_live_session() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let tries = (0..8).map(|_| house.accounts.refresh(&alice.refresh_token, client()));
    let answers = futures_util::future::join_all(tries).await;
    let live: Vec<_> = answers.into_iter().flatten().collect();
    assert!(!live.is_empty());
    assert!(house.published.revoked().is_empty());
    let mut works = 0;
    for signed_in in &live {
        works += usize::from(house.accounts.cookie(&signed_in.refresh_token).await.is_ok());
    }
    assert!((1..=2).contains(&works), "the newest and the one before: {works}");
}

#[tokio::test]
async fn sessions_expire_and_say_so() {
    let house = House::with(|s| s.accounts.session_days = 2).await;
    let old = house.user("alice").await;
    house.advance(Duration::from_secs(24 * 3600));
    let young = house.accounts.login(credentials("alice", PASSWORD), client()).await.unwrap();
    assert!(house.accounts.is_live(old.session).await.unwrap());
    house.advance(Duration::from_secs(24 * 3600));
    assert!(house.accounts.cookie(&old.refresh_token).await.is_err(), "even before the sweep");
    assert!(!house.accounts.is_live(old.session).await.unwrap());
    let actor = house.accounts.cookie(&young.refresh_token).await.unwrap();
    assert_eq!(house.accounts.sessions(actor).await.unwrap().len(), 1);
    house.accounts.expire().await.unwrap();
    assert_eq!(house.published.revoked(), [old.session]);
    house.accounts.expire().await.unwrap();
    assert_eq!(house.published.revoked(), []);
    assert!(house.accounts.is_live(young.session).await.unwrap());
}

#[tokio::test]
async fn a_session_is_ended_by_its_user_alone() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let alice_actor = house.accounts.cookie(&alice.refresh_token).await.unwrap();
    let bob_actor = house.accounts.cookie(&bob.refresh_token).await.unwrap();
    let refused = house.accounts.end_session(bob_actor, alice.session).await;
    assert!(matches!(refused, Err(AccountError::NotFound)));
    let phone = house.accounts.login(credentials("alice", PASSWORD), client()).await.unwrap();
    house.accounts.end_session(alice_actor, phone.session).await.unwrap();
    assert_eq!(house.published.revoked(), [phone.session]);
    let twice = house.accounts.end_session(alice_actor, phone.session).await;
    assert!(matches!(twice, Err(AccountError::NotFound)));
    let sessions = house.accounts.sessions(alice_actor).await.unwrap();
    assert_eq!(sessions.iter().map(|s| s.id).collect::<Vec<SessionId>>(), [alice.session]);
}

#[tokio::test]
async fn the_session_seen_longest_ago_makes_room() {
    let house = House::new().await;
    let first = house.user("alice").await;
    let second = house.accounts.login(credentials("alice", PASSWORD), client()).await.unwrap();
    house.advance(Duration::from_secs(100));
    house.accounts.cookie(&first.refresh_token).await.unwrap();
    // The other ones are put there without the cost of a password.
    let mut row = house.store.session(second.session).await.unwrap().unwrap();
    row.last_seen_at = house.clock.now();
    for _ in 0..MAX_SESSIONS - 2 {
        row.id = SessionId(house.random.object_id(house.clock.now()));
        row.token_hash = token::hash(&house.random.token());
        row.previous_hash = None;
        house.store.create_session(row.clone()).await.unwrap();
    }
    house.accounts.login(credentials("alice", PASSWORD), client()).await.unwrap();
    assert_eq!(house.published.revoked(), [second.session]);
    let actor = house.accounts.cookie(&first.refresh_token).await.unwrap();
    assert_eq!(house.accounts.sessions(actor).await.unwrap().len(), MAX_SESSIONS);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let phone = house.accounts.login(credentials("alice", PASSWORD), client()).await.unwrap();
    let actor = house.accounts.cookie(&alice.refresh_token).await.unwrap();
    let refused = house.accounts.change_password(actor, "wrong", "a new password").await;
    assert!(matches!(refused, Err(AccountError::WrongCredentials)));
    let refused = house.accounts.change_password(actor, PASSWORD, "short").await;
    assert!(matches!(refused, Err(AccountError::Invalid(e)) if e[0].field == "newPassword"));
    assert!(house.published.revoked().is_empty());
    house.accounts.change_password(actor, PASSWORD, "a new password").await.unwrap();
    assert_eq!(house.published.revoked(), [phone.session]);
    assert!(house.accounts.bearer(&phone.access_token).await.is_err());
    assert!(house.accounts.cookie(&alice.refresh_token).await.is_ok());
    assert!(house.accounts.login(credentials("alice", PASSWORD), client()).await.is_err());
    assert!(house.accounts.login(credentials("alice", "a new password"), client()).await.is_ok());
}

#[tokio::test]
async fn a_stolen_session_cannot_try_passwords_for_ever() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let actor = house.accounts.cookie(&alice.refresh_token).await.unwrap();
    for _ in 0..10 {
        let refused = house.accounts.change_password(actor, "wrong", "a new password").await;
        assert!(matches!(refused, Err(AccountError::WrongCredentials)));
    }
    let refused = house.accounts.change_password(actor, "wrong", "a new password").await;
    assert!(matches!(refused, Err(AccountError::TooMany(_))));
}

#[tokio::test]
async fn the_owner_link_works_once_and_for_a_day() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let actor = house.accounts.cookie(&alice.refresh_token).await.unwrap();
    assert!(!house.accounts.claimable());
    let late = house.accounts.make_claim().await.unwrap();
    assert!(house.accounts.claimable());
    house.advance(Duration::from_secs(24 * 3600 + 1));
    assert!(!house.accounts.claimable());
    assert!(matches!(house.accounts.claim(actor, &late).await, Err(AccountError::BadClaim)));
    let secret = house.accounts.make_claim().await.unwrap();
    assert!(matches!(house.accounts.claim(actor, "guess").await, Err(AccountError::BadClaim)));
    assert_eq!(house.accounts.claim(actor, &secret).await.unwrap().role, Role::Owner);
    assert!(!house.accounts.claimable());
    assert!(matches!(house.accounts.claim(actor, &secret).await, Err(AccountError::BadClaim)));
    let actor = house.accounts.cookie(&alice.refresh_token).await.unwrap();
    assert_eq!(actor.role, Role::Owner, "at once, in the session that claimed");
}

#[tokio::test]
async fn guesses_at_the_owner_link_are_limited() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let actor = house.accounts.cookie(&alice.refresh_token).await.unwrap();
    for _ in 0..10 {
        assert!(matches!(house.accounts.claim(actor, "guess").await, Err(AccountError::BadClaim)));
    }
    assert!(matches!(house.accounts.claim(actor, "guess").await, Err(AccountError::TooMany(_))));
}

#[tokio::test]
async fn people_are_found_by_the_beginning_of_their_name() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    for name in ["Alina", "albert", "bob"] {
        house.user(name).await;
    }
    let actor = house.accounts.cookie(&alice.refresh_token).await.unwrap();
    let names = async |prefix: &str, limit| -> Vec<String> {
        let (found, _) = house.accounts.find_users(actor, prefix, None, limit).await.unwrap();
        found.into_iter().map(|u| u.username).collect()
    };
    assert_eq!(names("AL", 10).await, ["albert", "Alina"]);
    assert_eq!(names("al", 1).await, ["albert"]);
    assert_eq!(names("ali", 1).await, ["Alina"], "oneself takes no place");
    assert_eq!(names("", 10).await, ["albert", "Alina", "bob"]);
    assert!(names("%", 10).await.is_empty());
    assert!(names(&"x".repeat(5000), 10).await.is_empty());
}

#[tokio::test]
async fn what_the_server_could_not_check_is_no_attempt() {
    let house = House::new().await;
    house.store.close().await;
    for _ in 0..20 {
        let refused = house.accounts.login(credentials("alice", PASSWORD), from(1)).await;
        assert!(matches!(refused, Err(AccountError::Store(_))), "{refused:?}");
    }
}
