//! Groups over REST: made once however often that is asked for, coloured, given a picture that goes with its place.
use charla::accounts::SignedIn;
use charla::chat::GroupChange;
use charla::ids::UserId;
use serde_json::{Value, json};

use crate::house::{Answer, House};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";

fn id(who: &SignedIn) -> UserId {
    who.user.public.id
}

async fn ask(house: &House, who: &SignedIn, method: &str, path: &str, body: Value) -> Answer {
    house.ask(method, &format!("/api/v1/{path}")).bearer(&who.access_token).json(&body).send().await
}

async fn read(house: &House, who: &SignedIn, path: &str) -> Answer {
    house.get(&format!("/api/v1/{path}")).bearer(&who.access_token).send().await
}

/// An uploaded file's id.
async fn upload(house: &House, who: &SignedIn, bytes: &[u8]) -> String {
    let ask = house.post("/api/v1/files?name=x.png").bearer(&who.access_token);
    let answer = ask.raw("application/octet-stream", bytes).send().await.ok(201);
    answer["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_group_is_made_once_for_a_client_id() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let make = async |who: &SignedIn, client: &str, name: &str, members: &[UserId]| {
        ask(&house, who, "POST", "groups", json!({"clientId": client, "name": name, "members": members}))
            .await
    };
    let first = make(&ann, "g-1", "Choir", &[id(&bob)]).await.ok(201);
    let again = make(&ann, "g-1", "Another name", &[]).await.ok(200);
    assert_eq!((&again["id"], &again["name"], &again["lastSeq"]), (&first["id"], &json!("Choir"), &json!(1)));
    // Somebody else's client id is another, and so is none at all.
    let theirs = make(&bob, "g-1", "Choir", &[]).await.ok(201);
    let another = make(&ann, "g-2", "Choir", &[]).await.ok(201);
    let bare = ask(&house, &ann, "POST", "groups", json!({"name": "Choir", "members": []})).await.ok(201);
    let ids =
        [&first["id"], &theirs["id"], &another["id"], &bare["id"]].map(|id| id.as_str().unwrap().to_owned());
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    for bad in ["", "a b", &"x".repeat(65)] {
        make(&ann, bad, "Choir", &[]).await.problem("invalid");
    }
    // A retry after he has left it is no way back in.
    let path = format!("groups/{}/members/{}", ids[0], id(&ann));
    assert_eq!(ask(&house, &ann, "DELETE", &path, Value::Null).await.status, 204);
    make(&ann, "g-1", "Choir", &[id(&bob)]).await.problem("notFound");
}

#[tokio::test]
async fn a_group_has_a_colour_and_its_history_says_who_gave_it() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let group = house.chat.create_group(id(&ann), "g", &[id(&bob)]).await.unwrap().id;
    let paint = async |who: &SignedIn, color: Value| {
        ask(&house, who, "PUT", &format!("groups/{group}/color"), json!({ "color": color })).await
    };
    let rose = paint(&ann, json!("rose")).await.ok(200);
    assert_eq!((&rose["color"], &rose["rev"]), (&json!("rose"), &json!(1)));
    assert_eq!(rose["lastMessage"]["system"], json!({"kind": "colorChanged", "color": "rose"}));
    assert_eq!(paint(&ann, json!("rose")).await.ok(200)["rev"], 1, "a retry changes nothing");
    paint(&bob, json!("teal")).await.problem("forbidden");
    for bad in [json!("#ff0000"), json!("Rose"), json!(1)] {
        paint(&ann, bad).await.problem("badRequest");
    }
    ask(&house, &ann, "PUT", &format!("groups/{group}/color"), json!({})).await.problem("badRequest");
    let synced = house.chat.sync(id(&bob), None).await.unwrap();
    assert_eq!(serde_json::to_value(synced.conversations[0].conversation.color).unwrap(), "rose");
    let plain = paint(&ann, Value::Null).await.ok(200);
    assert!(plain.get("color").is_none());
    assert_eq!(plain["lastMessage"]["system"], json!({"kind": "colorChanged", "color": null}));
}

#[tokio::test]
async fn a_picture_is_for_members_and_goes_when_another_takes_its_place() {
    let house = House::new().await;
    let (ann, bob, eve) = (house.user("ann").await, house.user("bob").await, house.user("eve").await);
    let group = house.chat.create_group(id(&ann), "g", &[id(&bob)]).await.unwrap().id;
    let hang = async |who: &SignedIn, picture: Value| {
        ask(&house, who, "PUT", &format!("groups/{group}/picture"), json!({ "picture": picture })).await
    };
    let picture = upload(&house, &ann, PNG).await;
    hang(&bob, json!(picture)).await.problem("forbidden");
    hang(&eve, json!(picture)).await.problem("notFound");
    let hung = hang(&ann, json!(picture)).await.ok(200);
    assert_eq!((&hung["picture"], &hung["rev"]), (&json!(picture), &json!(1)));
    assert_eq!(hung["lastMessage"]["system"], json!({"kind": "pictureChanged", "picture": picture}));
    assert_eq!(hang(&ann, json!(picture)).await.ok(200)["rev"], 1, "a retry changes nothing");
    let path = format!("files/{picture}");
    for (who, status) in [(&ann, 200), (&bob, 200), (&eve, 404)] {
        assert_eq!(read(&house, who, &path).await.status, status);
    }
    // It may be neither sent nor hung up elsewhere.
    let said = format!("conversations/{group}/messages");
    ask(&house, &ann, "POST", &said, json!({"clientId": "x", "attachments": [picture]}))
        .await
        .problem("invalid");
    let other = house.chat.create_group(id(&ann), "h", &[]).await.unwrap().id;
    let elsewhere = json!({ "picture": picture });
    ask(&house, &ann, "PUT", &format!("groups/{other}/picture"), elsewhere).await.problem("invalid");
    // Nor may what is no image, too large, somebody else's or nowhere.
    let text = upload(&house, &ann, b"no image").await;
    let large = upload(&house, &ann, &[PNG, &vec![0; 1 << 20]].concat()).await;
    let bobs = upload(&house, &bob, PNG).await;
    for bad in [text, large, bobs, "0".repeat(24)] {
        hang(&ann, json!(bad)).await.problem("invalid");
    }

    let next = upload(&house, &ann, PNG).await;
    hang(&ann, json!(next)).await.ok(200);
    assert_eq!(read(&house, &ann, &path).await.status, 404);
    assert_eq!(house.files.collect().await.unwrap(), 1);
    let path = format!("files/{next}");
    assert_eq!(read(&house, &bob, &path).await.status, 200, "the same bytes are still there");
    // Whoever is put out of the group sees it no more; neither does anybody when it is taken away.
    let member = format!("groups/{group}/members/{}", id(&bob));
    assert_eq!(ask(&house, &ann, "DELETE", &member, Value::Null).await.status, 204);
    assert_eq!(read(&house, &bob, &path).await.status, 404);
    house.advance(std::time::Duration::from_secs(48 * 3600));
    house.files.collect().await.unwrap();
    assert!(
        house.files.open_for(id(&ann), next.parse().unwrap()).await.is_ok(),
        "a picture is no unsent file"
    );
    house.chat.change_group(id(&ann), group, &GroupChange::Picture(None)).await.unwrap();
    assert!(house.chat.conversation(id(&ann), group).await.unwrap().picture.is_none());
    assert!(house.files.open_for(id(&ann), next.parse().unwrap()).await.is_err());
    house.files.collect().await.unwrap();
    assert_eq!(std::fs::read_dir(house.dir.path().join("files")).unwrap().count(), 0, "no byte stays");
}
