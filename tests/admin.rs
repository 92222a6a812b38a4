//! Administration on a real store: accounts, links, invitations, and what each ends.
#[path = "rest/house.rs"]
mod house;

use std::time::Duration;

use charla::accounts::SignedIn;
use charla::config::Registration as Mode;
use charla::model::Role;
use house::{House, PASSWORD};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn owner(house: &House, name: &str) -> SignedIn {
    let person = house.user(name).await;
    house.store.set_role(person.user.public.id, Role::Owner).await.unwrap();
    person
}

async fn ask(house: &House, who: &SignedIn, method: &str, path: &str, body: Value) -> (u16, Value) {
    let ask = house.ask(method, &format!("/api/v1/{path}")).bearer(&who.access_token);
    let ask = if body.is_null() { ask } else { ask.json(&body) };
    let answer = ask.send().await;
    (answer.status.as_u16(), answer.json)
}

fn secret(link: &Value, name: &str) -> String {
    let link = link.as_str().unwrap();
    let start = format!("https://{}/#{name}=", house::HOST);
    link.strip_prefix(&start).unwrap_or_else(|| panic!("{link}")).to_owned()
}

fn id(person: &SignedIn) -> String {
    person.user.public.id.to_string()
}

#[tokio::test]
async fn who_is_switched_off_is_out_at_once_and_who_is_switched_on_comes_back() {
    let house = House::new().await;
    let (olga, bob) = (owner(&house, "olga").await, house.user("bob").await);
    let path = format!("admin/users/{}", id(&bob));
    let (status, body) = ask(&house, &olga, "PATCH", &path, json!({"disabled": true})).await;
    assert_eq!((status, &body["disabled"], &body["role"]), (200, &json!(true), &json!("member")));
    assert_eq!(house.published.revoked(), [bob.session]);
    assert_eq!(ask(&house, &bob, "GET", "users/me", Value::Null).await.0, 401);
    let login = json!({"username": "bob", "password": PASSWORD});
    house.post("/api/v1/auth/login").json(&login).send().await.problem("forbidden");
    let (_, list) = ask(&house, &olga, "GET", "admin/users?disabled=true", Value::Null).await;
    assert_eq!(list["users"][0]["username"], "bob");
    // Another process that looks learns it too, once.
    house.accounts.notice().await.unwrap();
    assert_eq!(house.published.revoked(), [bob.session]);
    house.accounts.notice().await.unwrap();
    assert_eq!(house.published.revoked(), []);

    assert_eq!(ask(&house, &olga, "PATCH", &path, json!({"disabled": false})).await.0, 200);
    house.post("/api/v1/auth/login").json(&login).send().await.ok(200);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let house = House::new().await;
    let (olga, bob) = (owner(&house, "olga").await, house.user("bob").await);
    let own = format!("admin/users/{}", id(&olga));
    for change in [json!({"disabled": true}), json!({"role": "admin"}), json!({"role": "member"})] {
        let (status, body) = ask(&house, &olga, "PATCH", &own, change).await;
        assert_eq!((status, &body["code"]), (409, &json!("conflict")));
    }
    let path = format!("admin/users/{}", id(&bob));
    assert_eq!(ask(&house, &olga, "PATCH", &path, json!({"role": "owner"})).await.0, 200);
    assert_eq!(ask(&house, &olga, "PATCH", &own, json!({"role": "member"})).await.0, 200);
    assert_eq!(ask(&house, &olga, "GET", "admin/users", Value::Null).await.0, 403);
    assert_eq!(ask(&house, &bob, "GET", "admin/users", Value::Null).await.0, 200);
}

#[tokio::test]
async fn an_admin_has_power_over_members_only() {
    let house = House::new().await;
    let (olga, ada, bob) = (owner(&house, "olga").await, house.user("ada").await, house.user("bob").await);
    house.store.set_role(ada.user.public.id, Role::Admin).await.unwrap();
    let (theirs, bobs) = (format!("admin/users/{}", id(&olga)), format!("admin/users/{}", id(&bob)));
    for (method, path, body, expected) in [
        ("PATCH", theirs.clone(), json!({"disabled": true}), 403),
        ("POST", format!("{theirs}/reset"), Value::Null, 403),
        ("PATCH", bobs.clone(), json!({"role": "admin"}), 403),
        ("PATCH", bobs.clone(), json!({"role": "member"}), 200),
        ("PATCH", bobs.clone(), json!({"disabled": true}), 200),
        ("POST", format!("{bobs}/reset"), Value::Null, 201),
        ("POST", "admin/users".into(), json!({"username": "x1x", "email": "x@y", "role": "owner"}), 403),
        ("POST", "admin/users".into(), json!({"username": "x1x", "email": "x@y"}), 201),
        ("GET", "admin/users/000000000000000000000000".into(), Value::Null, 404),
    ] {
        assert_eq!(ask(&house, &ada, method, &path, body).await.0, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn a_link_sets_a_password_once_within_a_day() {
    let house = House::new().await;
    let (olga, bob) = (owner(&house, "olga").await, house.user("bob").await);
    let path = format!("admin/users/{}/reset", id(&bob));
    let old = secret(&ask(&house, &olga, "POST", &path, Value::Null).await.1["link"], "reset");
    let reset = secret(&ask(&house, &olga, "POST", &path, Value::Null).await.1["link"], "reset");
    assert!(reset.len() >= 40);
    let set = async |secret: &str, password: &str| {
        let body = json!({"reset": secret, "newPassword": password});
        let answer = house.post("/api/v1/auth/reset").json(&body).send().await;
        (answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(set(&old, "a new password").await, (403, "forbidden".into()), "a newer one was made");
    assert_eq!(set(&reset, "short").await, (422, "invalid".into()));
    // Until it is used the old password works, and so do sessions.
    assert_eq!(ask(&house, &bob, "GET", "users/me", Value::Null).await.0, 200);
    assert_eq!(set(&reset, "a new password").await.0, 204);
    assert_eq!(house.published.revoked(), [bob.session]);
    assert_eq!(set(&reset, "another password").await, (403, "forbidden".into()));
    let login = |password: &str| json!({"username": "bob", "password": password});
    house.post("/api/v1/auth/login").json(&login(PASSWORD)).send().await.problem("wrongCredentials");
    house.post("/api/v1/auth/login").json(&login("a new password")).send().await.ok(200);

    let late = secret(&ask(&house, &olga, "POST", &path, Value::Null).await.1["link"], "reset");
    house.advance(DAY);
    assert_eq!(set(&late, "too late for this").await, (403, "forbidden".into()));
}

#[tokio::test]
async fn who_is_made_an_account_chooses_the_password_himself() {
    let house = House::new().await;
    let olga = owner(&house, "olga").await;
    let body = json!({"username": "Bea", "email": "bea@example.org", "role": "admin"});
    let (status, made) = ask(&house, &olga, "POST", "admin/users", body.clone()).await;
    assert_eq!((status, &made["user"]["role"]), (201, &json!("admin")));
    assert_eq!(ask(&house, &olga, "POST", "admin/users", body).await.0, 409);
    let odd = json!({"username": "B a", "email": "nobody"});
    let (status, problem) = ask(&house, &olga, "POST", "admin/users", odd).await;
    assert_eq!((status, problem["errors"].as_array().unwrap().len()), (422, 2));
    for guess in ["", "AAAAAAAA"] {
        let login = json!({"username": "bea", "password": guess});
        house.post("/api/v1/auth/login").json(&login).send().await.problem("wrongCredentials");
    }
    let reset = secret(&made["link"], "reset");
    let body = json!({"reset": reset, "newPassword": PASSWORD});
    house.post("/api/v1/auth/reset").json(&body).send().await.ok(204);
    let login = json!({"username": "bea", "password": PASSWORD});
    house.post("/api/v1/auth/login").json(&login).send().await.ok(200);
}

#[tokio::test]
async fn registration_is_by_invitation_where_it_is_meant_to_be() {
    let house = House::with(|s| s.accounts.registration = Mode::Invite).await;
    assert_eq!(house.get("/api/v1/info").send().await.ok(200)["registration"], "invite");
    let register = async |name: &str, more: Value| {
        let mut body =
            json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = house.post("/api/v1/auth/register").json(&body).send().await;
        (answer.status.as_u16(), answer.json)
    };
    assert_eq!(register("bob", json!({})).await.1["code"], "registrationClosed");
    assert_eq!(register("bob", json!({"invite": "guess"})).await.1["code"], "forbidden");
    assert_eq!(register("bob", json!({"claim": "guess"})).await.1["code"], "forbidden");

    // The owner link opens the door, and still makes the owner.
    let claim = house.accounts.make_claim().await.unwrap();
    let (status, olga) = register("olga", json!({"claim": claim})).await;
    assert_eq!(status, 201, "{olga}");
    let token = olga["accessToken"].as_str().unwrap().to_owned();
    let claimed = house.post("/api/v1/auth/claim").bearer(&token).json(&json!({"claim": claim})).send().await;
    assert_eq!(claimed.ok(200)["role"], "owner");
    assert_eq!(register("late", json!({"claim": claim})).await.1["code"], "forbidden");

    let made = house.post("/api/v1/admin/invitations").bearer(&token);
    let made = made.json(&json!({"maxUses": 2, "note": "choir"})).send().await.ok(201);
    let invite = secret(&made["link"], "invite");
    assert_eq!(register("bob", json!({"invite": invite})).await.0, 201);
    assert_eq!(register("BOB", json!({"invite": invite})).await.1["code"], "taken");
    assert_eq!(register("cleo", json!({"invite": invite})).await.0, 201);
    assert_eq!(register("dan", json!({"invite": invite})).await.1["code"], "forbidden", "used up");
    let list = house.get("/api/v1/admin/invitations").bearer(&token).send().await.ok(200);
    assert_eq!(
        (&list["invitations"][0]["uses"], &list["invitations"][0]["note"]),
        (&json!(2), &json!("choir"))
    );
    assert!(!list.to_string().contains(&invite));

    for (more, expected) in [
        (json!({"maxUses": 0}), 422),
        (json!({"expiresInHours": 0}), 422),
        (json!({"expiresInHours": 8761}), 422),
        (json!({"note": "a\nb"}), 422),
    ] {
        let answer = house.post("/api/v1/admin/invitations").bearer(&token).json(&more).send().await;
        assert_eq!(answer.status, expected, "{more}");
    }
    let hour = json!({"expiresInHours": 1});
    let made = house.post("/api/v1/admin/invitations").bearer(&token).json(&hour).send().await.ok(201);
    house.advance(Duration::from_secs(3600));
    let invite = secret(&made["link"], "invite");
    assert_eq!(register("eve", json!({"invite": invite})).await.1["code"], "forbidden", "too old");
}

#[tokio::test]
async fn closed_is_closed_but_for_the_owner() {
    let house = House::with(|s| s.accounts.registration = Mode::Closed).await;
    let claim = house.accounts.make_claim().await.unwrap();
    let body = |extra: &str, value: &str| {
        let mut body = json!({"username": "bob", "email": "b@example.org", "password": PASSWORD});
        body[extra] = json!(value);
        body
    };
    house.post("/api/v1/auth/register").json(&body("invite", "x")).send().await.problem("registrationClosed");
    house.post("/api/v1/auth/register").json(&body("claim", "x")).send().await.problem("forbidden");
    house.post("/api/v1/auth/register").json(&body("claim", &claim)).send().await.ok(201);
}

#[tokio::test]
async fn people_are_found_page_by_page() {
    let house = House::new().await;
    let olga = house.user("olga").await;
    for n in 0..5 {
        house.user(&format!("guest{n}")).await;
    }
    let (mut names, mut path) = (Vec::new(), "users?query=G&limit=2".to_owned());
    loop {
        let (status, page) = ask(&house, &olga, "GET", &path, Value::Null).await;
        assert_eq!(status, 200);
        names.extend(page["users"].as_array().unwrap().iter().map(|u| u["username"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("users?query=G&limit=2&after={next}");
    }
    assert_eq!(names, ["guest0", "guest1", "guest2", "guest3", "guest4"]);
    assert_eq!(ask(&house, &olga, "GET", "users?after=%20", Value::Null).await.0, 422);
}
