//! Files: in, out to those who may see the message, and away with it; nothing in them can run in the page.
use std::path::PathBuf;
use std::time::Duration;

use charla::accounts::SignedIn;
use serde_json::{Value, json};

use crate::house::{Answer, House};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
const OGG: &[u8] = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0OpusHead";

async fn upload(house: &House, who: &SignedIn, query: &str, bytes: &[u8]) -> Answer {
    let path = format!("/api/v1/files?{query}");
    house.post(&path).bearer(&who.access_token).raw("application/octet-stream", bytes).send().await
}

async fn read(house: &House, who: &SignedIn, file: &Value) -> Answer {
    let path = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
    house.get(&path).bearer(&who.access_token).send().await
}

async fn send(house: &House, who: &SignedIn, conversation: &str, client: &str, files: &[&Value]) -> Answer {
    let ids: Vec<&Value> = files.iter().map(|file| &file["id"]).collect();
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let body = json!({"clientId": client, "attachments": ids});
    house.post(&path).bearer(&who.access_token).json(&body).send().await
}

fn on_disk(house: &House) -> Vec<PathBuf> {
    let dir = std::fs::read_dir(house.dir.path().join("files")).unwrap();
    dir.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_file_is_for_those_who_may_see_its_message_and_goes_with_it() {
    let house = House::new().await;
    let (alice, bob, eve) = (house.user("alice").await, house.user("bob").await, house.user("eve").await);
    let with = house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id.to_string();
    let file = upload(&house, &alice, "name=C:%5Ca%20b.png", PNG).await.ok(201);
    let shown =
        json!({"id": file["id"], "kind": "image", "name": "a b.png", "mime": "image/png", "size": PNG.len()});
    assert_eq!(file, shown);
    // Before it was sent: its owner alone.
    for (who, status) in [(&alice, 200), (&bob, 404), (&eve, 404)] {
        assert_eq!(read(&house, who, &file).await.status, status);
    }
    send(&house, &bob, &with, "stolen", &[&file]).await.problem("invalid");
    let sent = send(&house, &alice, &with, "one", &[&file]).await.ok(201);
    assert_eq!(sent["attachments"], json!([shown]));
    assert_eq!(send(&house, &alice, &with, "one", &[&file]).await.ok(200)["id"], sent["id"]);
    send(&house, &alice, &with, "two", &[&file]).await.problem("invalid");
    for (who, status) in [(&alice, 200), (&bob, 200), (&eve, 404)] {
        let answer = read(&house, who, &file).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.text == String::from_utf8_lossy(PNG), status == 200);
    }
    // Another's file with the same bytes lies in the same place, and stays when this one goes.
    let same = upload(&house, &eve, "name=mine.png", PNG).await.ok(201);
    assert_eq!(on_disk(&house).len(), 1);
    let path = format!("/api/v1/messages/{}", sent["id"].as_str().unwrap());
    house.ask("DELETE", &path).bearer(&alice.access_token).send().await.ok(200);
    assert_eq!(read(&house, &alice, &file).await.status, 404);
    assert_eq!(house.files.collect().await.unwrap(), 1);
    assert_eq!(read(&house, &eve, &same).await.text, String::from_utf8_lossy(PNG));
    // What is not sent within a day is gone.
    house.advance(Duration::from_secs(23 * 3600));
    assert_eq!(house.files.collect().await.unwrap(), 0);
    house.advance(Duration::from_secs(2 * 3600));
    assert_eq!(house.files.collect().await.unwrap(), 1);
    assert_eq!(on_disk(&house), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn nothing_in_a_file_can_run_in_the_page() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::new().await;
    let alice = house.user("alice").await;
    for (name, bytes, kind, way) in [
        ("a.png", PNG, "image/png", "inline"),
        ("a.png", SVG, "application/octet-stream", "attachment"),
        ("x.html", b"<!DOCTYPE html><script>alert(1)</script>", "application/octet-stream", "attachment"),
        ("x.js", b"alert(1)", "application/octet-stream", "attachment"),
    ] {
        let file = upload(&house, &alice, &format!("name={name}"), bytes).await.ok(201);
        let headers = read(&house, &alice, &file).await.headers;
        assert_eq!(headers["content-type"], kind);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["content-security-policy"], "sandbox; default-src 'none'; frame-ancestors 'none'");
        assert_eq!(headers["content-disposition"], format!("{way}; filename*=UTF-8''{name}"));
        assert_eq!(headers["cache-control"], "private, no-cache");
        assert!(headers.get("last-modified").is_none());
    }
    for path in on_disk(&house) {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_file_comes_in_parts_and_is_not_sent_again_to_whoever_has_it() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let file = upload(&house, &alice, "name=%C3%BC.txt", b"0123456789").await.ok(201);
    let path = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
    let ask = || house.get(&path).bearer(&alice.access_token);
    let whole = ask().send().await;
    assert_eq!((whole.status.as_u16(), whole.text.as_str()), (200, "0123456789"));
    assert_eq!(whole.headers["content-disposition"], "attachment; filename*=UTF-8''%C3%BC.txt");
    let part = ask().header("range", "bytes=2-4").send().await;
    assert_eq!((part.status.as_u16(), part.text.as_str()), (206, "234"));
    assert_eq!(part.headers["content-range"], "bytes 2-4/10");
    let last = ask().header("range", "bytes=-3").send().await;
    assert_eq!((last.status.as_u16(), last.text.as_str()), (206, "789"));
    for beyond in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let refused = ask().header("range", beyond).send().await;
        assert_eq!(
            (refused.status.as_u16(), refused.headers["content-range"].to_str().unwrap()),
            (416, "bytes */10")
        );
        assert_eq!(refused.headers["content-type"], "application/problem+json", "{beyond}");
        refused.problem("rangeNotSatisfiable");
    }
    let tag = whole.headers["etag"].to_str().unwrap();
    let known = ask().header("if-none-match", tag).send().await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
    assert_eq!(ask().header("if-none-match", "\"other\"").send().await.status, 200);
}

#[tokio::test]
async fn what_may_not_be_uploaded_is_refused_and_leaves_nothing() {
    let house = House::with(|settings| {
        settings.files.max_bytes = 1000;
        settings.files.quota_bytes = 1500;
        settings.files.types = vec!["text/*".into(), "audio/*".into()];
    })
    .await;
    let alice = house.user("alice").await;
    let put = async |query: &str, bytes: &[u8]| upload(&house, &alice, query, bytes).await;
    put("name=a.txt", &[b'x'; 1001]).await.problem("tooLarge");
    put("name=a.txt", b"").await.problem("badRequest");
    put("name=a.txt", PNG).await.problem("invalid");
    put("name=", b"x").await.problem("invalid");
    put("", b"x").await.problem("badRequest");
    put("name=a.txt&path=/etc", b"x").await.problem("badRequest");
    put("name=a.ogg&waveform=1", OGG).await.problem("invalid");
    put("name=a.ogg&durationMs=0", OGG).await.problem("invalid");
    put("name=a.ogg&durationMs=9&waveform=256", OGG).await.problem("invalid");
    put(&format!("name=a.ogg&durationMs=9&waveform={}1", "1,".repeat(64)), OGG).await.problem("invalid");
    put("name=a.ogg&durationMs=9", b"no sound").await.problem("invalid");
    let voice = put("name=a.ogg&durationMs=1500&waveform=0,128,255", OGG).await.ok(201);
    assert_eq!(
        (&voice["kind"], &voice["durationMs"], &voice["waveform"]),
        (&json!("voice"), &json!(1500), &json!([0, 128, 255]))
    );
    put("name=a.txt", &[b'x'; 1000]).await.ok(201);
    put("name=b.txt", &[b'y'; 900]).await.problem("tooLarge");
    assert_eq!(on_disk(&house).len(), 2, "only what was taken");
}
