//! What hostile and broken clients may try over `/socket.io/`, and that everybody else does not notice.

mod support {
    pub mod house;
    pub mod polling;
    pub mod socket;
}

use std::time::Duration;

use charla::limit::Rate;
use charla::socket::SocketLimits;
use charla::socket::protocol::ClientEvent;
use serde_json::{Value, json};
use support::house::{House, wide};
use support::polling::{Polling, get};
use support::socket::{Refused, Socket, code, eventually};

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn only_our_own_page_and_programs_get_in() {
    let house = House::new().await;
    let cookie = house.person("ann").await.cookie;
    let own = house.origin.as_str();
    let port = own.rsplit(':').next().unwrap();
    let foreign = [
        "https://evil.example".to_owned(),
        "null".into(),
        String::new(),
        format!("http://127.0.0.1:{port}"),
        "https://127.0.0.1:1".into(),
        format!("{own}0"),
        format!("{own}.evil.example"),
        format!("https://localhost:{port}"),
    ];
    let mut refused: Vec<Vec<(&str, &str)>> = vec![vec![("cookie", &cookie)]];
    for origin in &foreign {
        refused.push(vec![("origin", origin)]);
        refused.push(vec![("origin", origin), ("cookie", &cookie)]);
        refused.push(vec![("origin", origin), ("cookie", &cookie), ("sec-fetch-site", "same-origin")]);
    }
    for site in ["cross-site", "same-site", "none"] {
        refused.push(vec![("cookie", &cookie), ("sec-fetch-site", site)]);
    }
    for headers in refused {
        assert_eq!(get(&house.url, "", &headers).await.0, 403, "polling {headers:?}");
        let websocket = Socket::engine(&house.url, &headers, None).await;
        assert_eq!(websocket.err(), Some(Refused::Http(403)), "websocket {headers:?}");
    }
    let welcome: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", own)],
        &[("origin", own), ("cookie", &cookie)],
        &[("cookie", &cookie), ("sec-fetch-site", "same-origin")],
        &[("cookie", "theme=dark")],
    ];
    for headers in welcome {
        assert_eq!(get(&house.url, "", headers).await.0, 200, "polling {headers:?}");
        assert!(Socket::engine(&house.url, headers, None).await.is_ok(), "websocket {headers:?}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "a@127.0.0.1"] {
        assert_eq!(get(&house.url, "", &[("host", host)]).await.0, 421, "{host}");
    }
}

#[tokio::test]
async fn whoever_does_not_connect_is_soon_gone() {
    let house = House::with(SocketLimits { connect_timeout: SHORT, ..wide() }).await;
    let ann = house.person("ann").await;
    let mut joined = ann.socket().await;
    let mut idle = Socket::engine(&house.url, &[], None).await.unwrap();
    let mut refused = Socket::engine(&house.url, &[], None).await.unwrap();
    refused.join(json!({"token": "nonsense"})).await.unwrap_err();
    let mut elsewhere = Socket::engine(&house.url, &[], None).await.unwrap();
    elsewhere.raw("40/admin,{}").await;
    for socket in [&mut idle, &mut refused, &mut elsewhere] {
        socket.closed().await;
    }
    let mut polling = Polling::open(&house.url).await;
    polling.gone().await;
    joined.ok("sync", json!({"since": null})).await;
}

#[tokio::test]
async fn an_event_before_connect_ends_the_connection() {
    let house = House::new().await;
    for name in ClientEvent::NAMES {
        let mut socket = Socket::engine(&house.url, &[], None).await.unwrap();
        socket.post(name, json!({})).await;
        socket.closed().await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_the_namespace_does_not_stay() {
    let house = House::with(SocketLimits { grace: SHORT, ..wide() }).await;
    let ann = house.person("ann").await;
    let mut socket = ann.socket().await;
    socket.raw("41").await;
    socket.closed().await;
    let mut polling = Polling::open(&house.url).await;
    polling.join(&ann.token).await;
    polling.post("41").await;
    polling.gone().await;
    eventually("nobody is here", || house.fanout.is_empty()).await;
}

#[tokio::test]
async fn frames_over_the_limit_are_cut_and_an_sdp_passes() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let call = "0123456789abcdef01234567";
    let sdp = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n".repeat(1489);
    assert!((65_400..=65_536).contains(&sdp.len()));
    let mut socket = ann.socket().await;
    let ack = socket.ask("mediaOffer", json!({"call": call, "sdp": sdp})).await;
    assert_eq!(ack["ok"], false);
    assert_ne!(code(&ack), "badRequest");

    let limit = SocketLimits::default().frame_bytes;
    socket.raw(&"4".repeat(limit + 1)).await;
    socket.closed().await;
    let mut socket = ann.socket().await;
    socket.binary(&vec![0; limit + 1]).await;
    socket.closed().await;
    let mut socket = ann.socket().await;
    socket.fragments(&"x".repeat(1000), limit / 1000 + 2).await;
    socket.closed().await;
    let mut polling = Polling::open(&house.url).await;
    polling.join(&ann.token).await;
    let status = polling.post(&format!("42[\"{}\"]", "x".repeat(limit))).await;
    assert!((400..500).contains(&status), "{status}");
    polling.gone().await;
}

#[tokio::test]
async fn binary_packets_and_placeholders_are_not_taken() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let placeholder = json!({"_placeholder": true, "num": 0});
    for head in ["4510001-", "451-", "4599999999999999999999-", "461-1", "45-"] {
        let mut socket = ann.socket().await;
        socket.raw(&format!("{head}[\"sendMessage\",{placeholder}]")).await;
        socket.closed().await;
    }
    let mut socket = ann.socket().await;
    let many = vec![placeholder; 3000];
    assert_eq!(socket.refused("sendMessage", json!(many)).await, "badRequest");
    socket.binary(&[1, 2, 3]).await;
    socket.closed().await;
}

thread_local! {
    static PANICS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// From here on this thread's panics count, those of caught and spawned tasks too: a test's runtime has one thread.
fn count_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            before(info);
        }));
    });
}

fn panics() -> usize {
    PANICS.get()
}

/// Payloads that are no payload of any event.
fn nonsense() -> Vec<String> {
    let id = "0123456789abcdef01234567";
    let mut payloads: Vec<String> = [
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "\"x\"",
        "[]",
        "[[]]",
        "{}",
        "[{}]",
        "{\"call\":null}",
        "{\"\":{}}",
        "{\"conversation\":{\"$ne\":\"\"}}",
        "{\"call\":{\"$gt\":\"\"}}",
        "{\"toUser\":{\"$regex\":\".*\"}}",
        "{\"since\":{\"$ne\":null}}",
        "{\"since\":7}",
        "{\"groupId\":\"x\"}",
        "{\"userID\":1,\"userName\":[]}",
        "{\"constructor\":{},\"__proto__\":{\"ok\":true}}",
        "\"\\ud800\"",
        "{} ,{}",
        "{},",
        "{",
        "]",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    for wrong in
        ["null", "7", "-7", "1.5", "\"text\"", "[]", "{}", "{\"$ne\":1}", "true", "18446744073709551616"]
    {
        for field in
            ["conversation", "toUser", "call", "clientId", "content", "seq", "typing", "sdp", "muted"]
        {
            payloads.push(format!("{{\"{field}\":{wrong}}}"));
        }
        payloads.push(format!("{{\"conversation\":\"{id}\",\"seq\":{wrong}s}}"));
        payloads.push(format!("{{\"call\":\"{id}\",\"sdp\":{wrong},\"muted\":{wrong}}}"));
    }
    payloads.push(format!("{{\"call\":\"{id}\",\"call\":\"{id}\"}}"));
    payloads.push(format!("[{}]", "7,".repeat(20_000) + "7"));
    payloads.push("[".repeat(5_000));
    payloads.push("{\"a\":".repeat(2_000) + "1" + &"}".repeat(2_000));
    payloads
}

#[tokio::test]
async fn no_payload_of_any_event_harms_the_server() {
    count_panics();
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut control = bob.socket().await;
    for name in ClientEvent::NAMES {
        let mut socket = ann.socket().await;
        let mut number = 1000;
        for payload in nonsense() {
            number += 1;
            let packet = format!("[\"{name}\",{payload}]");
            // Without an ack asked for, with one, and then a proof that the socket lives or was closed in order.
            socket.raw(&format!("42{packet}")).await;
            socket.raw(&format!("42{number}{packet}")).await;
            match socket.try_ack(number).await {
                Some(ack) if ["sync", "setPresence"].contains(name) && payload == "{}" => {
                    assert_eq!(ack["ok"], true);
                }
                Some(ack) => drop(code(&ack)),
                // It is no JSON, so it was no packet.
                None => socket = ann.socket().await,
            }
        }
        control.raw(&format!("42[\"{name}\"]")).await;
        assert_eq!(control.refused(name, Value::Null).await, "badRequest", "{name}");
    }
    control.ok("sync", json!({"since": null})).await;
    assert_eq!(panics(), 0);
}

/// Packets that are no packet, or not one that a client may send.
const PACKETS: &[&str] = &[
    // What crashed the original.
    "42[\"register\"]",
    "42[\"joinGroup\",{\"groupId\":\"x\"}]",
    "42[\"sendPrivateMessage\",{}]",
    "",
    "4",
    "5",
    "6",
    "7",
    "9",
    "x",
    "\0",
    "2",
    "3",
    "3probe",
    "2probe",
    "0{}",
    "1",
    "40",
    "40{}",
    "40/admin,{}",
    "40/,",
    "41/admin,",
    "42",
    "42[]",
    "42[1]",
    "42[null]",
    "42[[]]",
    "42[{}]",
    "42{}",
    "42\"x\"",
    "42/admin,[\"x\"]",
    "42/",
    "42/é",
    "421",
    "42-1[\"typing\"]",
    "42999999999999999999999999[\"typing\",{}]",
    "43",
    "43[]",
    "431",
    "431[]",
    "43999[1]",
    "44",
    "44{}",
    "44{\"message\":\"x\"}",
    "45",
    "450-[\"typing\",{}]",
    "450-1[\"typing\",{}]",
    "451-",
    "46",
    "460-1[]",
    "47",
    "48",
    "49",
    "42[\"connect\"]",
    "42[\"disconnect\"]",
    "421[\"newMessage\",{}]",
    "42[\"\\u0000\",{}]",
    "42[\"typing\",{}",
    "42[\"welcome\",{}]",
    "4\u{1F600}",
];

#[tokio::test]
async fn no_packet_harms_the_server() {
    count_panics();
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut control = bob.socket().await;
    for packet in PACKETS {
        let mut socket = ann.socket().await;
        socket.raw(packet).await;
        // Another one behind it: acked, or the connection is closed.
        let id = socket.post("typing", Value::Null).await;
        if let Some(ack) = socket.try_ack(id).await {
            assert_eq!(code(&ack), "badRequest");
        }
        assert_eq!(control.refused("noSuchEvent", json!({})).await, "badRequest");
    }
    control.ok("sync", json!({"since": null})).await;
    assert_eq!(panics(), 0);
}

#[tokio::test]
async fn the_sender_is_the_session() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut socket = ann.socket().await;
    let mut draft = json!({"clientId": "c1", "toUser": bob.id, "content": "hi", "fromUser": bob.id});
    assert_eq!(socket.refused("sendMessage", draft.clone()).await, "badRequest");
    draft.as_object_mut().unwrap().remove("fromUser");
    assert_eq!(socket.ok("sendMessage", draft).await["message"]["fromUser"], json!(ann.id));
}

#[tokio::test]
async fn a_flood_is_throttled_and_others_do_not_notice() {
    let events = Rate { burst: 10, refill: Duration::from_millis(50) };
    let house = House::with(SocketLimits { events, ..wide() }).await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut flooder, mut other) = (ann.socket().await, bob.socket().await);
    let mut ids = Vec::new();
    for number in 0..60 {
        let draft = json!({"clientId": format!("f{number}"), "toUser": bob.id, "content": "x"});
        ids.push(flooder.post("sendMessage", draft).await);
    }
    let mut wait = None;
    for id in ids {
        let ack = flooder.ack(id).await;
        if ack["ok"] == false {
            assert_eq!(code(&ack), "tooMany");
            wait = ack["error"]["retryAfterMs"].as_u64();
        }
    }
    let wait = wait.expect("some were refused");
    assert!((1..=50).contains(&wait), "{wait}");
    other.ok("sync", json!({"since": null})).await;
    tokio::time::sleep(Duration::from_millis(wait)).await;
    flooder.ok("sync", json!({"since": null})).await;

    for _ in 0..2000 {
        flooder.raw("42[\"typing\",{}]").await;
    }
    flooder.closed().await;
    other.ok("sync", json!({"since": null})).await;
}

#[tokio::test]
async fn events_of_one_user_count_together() {
    let user_events = Rate { burst: 5, refill: Duration::from_secs(3600) };
    let house = House::with(SocketLimits { user_events, ..wide() }).await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut one, mut two) = (ann.socket().await, ann.socket().await);
    for _ in 0..5 {
        one.ok("sync", json!({"since": null})).await;
    }
    assert_eq!(two.refused("sync", json!({"since": null})).await, "tooMany");
    bob.socket().await.ok("sync", json!({"since": null})).await;
}

#[tokio::test]
async fn whoever_answers_no_ping_is_gone() {
    let limits = SocketLimits { ping_interval: SHORT, ping_timeout: SHORT, patience: SHORT, ..wide() };
    let house = House::with(limits).await;
    let ann = house.person("ann").await;
    let silent = ann.socket().await;
    eventually("it was here", || house.fanout.len() == 1).await;
    eventually("it is gone", || house.fanout.is_empty()).await;
    drop(silent);
}

#[tokio::test]
async fn polling_works_and_ends_with_its_session() {
    let house = House::with(SocketLimits { grace: SHORT, ..wide() }).await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut anns = Polling::open(&house.url).await;
    let welcome = anns.join(&ann.token).await;
    assert!(welcome.starts_with("42[\"welcome\""), "{welcome}");
    let mut bobs = bob.socket().await;
    let sent = bobs.ok("sendMessage", json!({"clientId": "b", "toUser": ann.id, "content": "hello"})).await;
    let told: Value = serde_json::from_str(anns.next().await.strip_prefix("42").unwrap()).unwrap();
    assert_eq!(told, json!(["newMessage", {"message": sent["message"]}]));
    anns.post("427[\"typing\",null]").await;
    assert!(anns.next().await.starts_with("437[{\"ok\":false"));
    let actor = house.accounts.bearer(&ann.token).await.unwrap();
    house.accounts.logout(actor).await.unwrap();
    assert_eq!(anns.next().await, "42[\"sessionRevoked\",{}]");
    anns.gone().await;
    eventually("she has left", || house.fanout.len() == 1).await;
}

#[tokio::test]
async fn a_polling_session_becomes_a_websocket_or_ends() {
    let house = House::with(SocketLimits { upgrade_timeout: SHORT, ..wide() }).await;
    let ann = house.person("ann").await;
    let mut polling = Polling::open(&house.url).await;
    polling.join(&ann.token).await;
    let mut upgraded = polling.upgrade().await;
    upgraded.ok("sync", json!({"since": null})).await;
    let actor = house.accounts.bearer(&ann.token).await.unwrap();

    // Half an upgrade, then silence or death: the session must not stay as a ghost.
    let mut stalled = Polling::open(&house.url).await;
    stalled.join(&ann.token).await;
    let probe = stalled.probe().await;
    let mut dropped = Polling::open(&house.url).await;
    dropped.join(&ann.token).await;
    drop(dropped.probe().await);
    eventually("one is left", || house.fanout.len() == 1).await;
    drop(probe);

    house.accounts.logout(actor).await.unwrap();
    upgraded.event("sessionRevoked").await;
    upgraded.closed().await;
}
