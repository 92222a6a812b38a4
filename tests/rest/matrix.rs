//! Every route × every role. A route without a row here fails, so a new one cannot be forgotten.
use charla::chat::Draft;
use charla::model::Target;
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, ended_call};
use crate::schema::operations;

/// Who asks: the server's owner (no member of the conversation), a member of it, a stranger, nobody.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Owner,
    Member,
    Stranger,
    Anonymous,
}
use Role::{Anonymous, Member, Owner, Stranger};

/// What a row's path and body are about.
struct Subject {
    conversation: String,
    group: String,
    message: String,
    call: String,
    session: String,
    user: String,
}

/// One route: what it is asked, and the status for owner, member, stranger and anonymous.
struct Row {
    route: &'static str,
    body: Option<Value>,
    expect: [u16; 4],
}

fn row(route: &'static str, body: Option<Value>, expect: [u16; 4]) -> Row {
    Row { route, body, expect }
}

/// The id in a path is that of a conversation, a message, a call or a session of the member.
fn rows(subject: &Subject) -> Vec<Row> {
    let everyone = [200, 200, 200, 200];
    let signed = [200, 200, 200, 401];
    let member = [404, 200, 404, 401];
    vec![
        row("GET /api/v1/health/live", None, everyone),
        row("GET /api/v1/health/ready", None, everyone),
        row("GET /api/v1/info", None, everyone),
        // Refused for their bodies, not for who asks.
        row("POST /api/v1/auth/register", Some(json!({})), [400; 4]),
        row("POST /api/v1/auth/login", Some(json!({})), [400; 4]),
        row("POST /api/v1/auth/refresh", Some(json!({"refreshToken": "x"})), [401; 4]),
        row("POST /api/v1/auth/claim", Some(json!({"claim": "x"})), [403, 403, 403, 401]),
        row(
            "POST /api/v1/auth/password",
            Some(json!({"oldPassword": PASSWORD, "newPassword": "x"})),
            [422, 422, 422, 401],
        ),
        row("GET /api/v1/auth/sessions", None, signed),
        row("GET /api/v1/users/me", None, signed),
        row("GET /api/v1/users", None, signed),
        row("GET /api/v1/users/{id}", None, signed),
        row("GET /api/v1/conversations", None, signed),
        row("POST /api/v1/conversations", Some(json!({"user": subject.user})), signed),
        row("GET /api/v1/conversations/{id}", None, member),
        row("GET /api/v1/conversations/{id}/messages", None, member),
        row(
            "POST /api/v1/conversations/{id}/messages",
            Some(json!({"clientId": "c", "content": "x"})),
            [404, 201, 404, 401],
        ),
        row("PUT /api/v1/conversations/{id}/read", Some(json!({"seq": 1})), member),
        row("POST /api/v1/groups", Some(json!({"name": "x", "members": []})), [201, 201, 201, 401]),
        row("PUT /api/v1/groups/{id}", Some(json!({"name": "y"})), member),
        row("POST /api/v1/groups/{id}/members", Some(json!({"users": []})), member),
        row("PUT /api/v1/groups/{id}/members/{user}", Some(json!({"role": "admin"})), member),
        row("DELETE /api/v1/groups/{id}/members/{user}", None, [404, 204, 404, 401]),
        row("GET /api/v1/messages/{id}", None, member),
        row("PUT /api/v1/messages/{id}", Some(json!({"content": "new"})), member),
        row(
            "PUT /api/v1/messages/{id}/reactions",
            Some(json!({"emoji": "\u{1F44D}", "reacted": true})),
            member,
        ),
        row("DELETE /api/v1/messages/{id}", None, member),
        row("GET /api/v1/calls", None, signed),
        row("GET /api/v1/calls/{id}", None, member),
        // Last: they end sessions.
        row("DELETE /api/v1/auth/sessions/{id}", None, [404, 204, 404, 401]),
        row("POST /api/v1/auth/logout", None, [204, 204, 204, 401]),
    ]
}

impl Subject {
    fn path(&self, route: &str) -> String {
        let id = match route {
            r if r.starts_with("/api/v1/conversations") => &self.conversation,
            r if r.starts_with("/api/v1/groups") => &self.group,
            r if r.starts_with("/api/v1/messages") => &self.message,
            r if r.starts_with("/api/v1/calls") => &self.call,
            r if r.starts_with("/api/v1/auth/sessions") => &self.session,
            _ => &self.user,
        };
        route.replace("{id}", id).replace("{user}", &self.user)
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should() {
    for by_cookie in [false, true] {
        matrix(by_cookie).await;
    }
}

async fn matrix(by_cookie: bool) {
    let house = House::new().await;
    let (owner, member, stranger) =
        (house.user("owner").await, house.user("member").await, house.user("stranger").await);
    let friend = house.user("friend").await;
    let secret = house.accounts.make_claim().await.unwrap();
    let actor = house.accounts.cookie(&owner.refresh_token).await.unwrap();
    house.accounts.claim(actor, &secret).await.unwrap();
    let conversation = house.chat.open(member.user.public.id, friend.user.public.id).await.unwrap();
    let group = house.chat.create_group(member.user.public.id, "g", &[friend.user.public.id]).await.unwrap();
    let draft = Draft {
        client_id: "said".into(),
        to: Target::Conversation(conversation.id),
        content: "secret of friend".into(),
        reply_to: None,
    };
    let message = house.chat.send(member.user.public.id, None, draft).await.unwrap().message;
    let call = ended_call(&house, &member, &friend, conversation.id).await;
    let again = json!({"username": "member", "password": PASSWORD});
    house.post("/api/v1/auth/login").json(&again).send().await.ok(200);
    let sessions =
        house.accounts.sessions(house.accounts.cookie(&member.refresh_token).await.unwrap()).await.unwrap();
    let other = sessions.iter().find(|s| s.id != member.session).unwrap();
    let subject = Subject {
        conversation: conversation.id.to_string(),
        group: group.id.to_string(),
        message: message.id.to_string(),
        call: call.to_string(),
        session: other.id.to_string(),
        user: friend.user.public.id.to_string(),
    };
    let rows = rows(&subject);
    let mut routes: Vec<&str> = rows.iter().map(|r| r.route).collect();
    routes.sort_unstable();
    let mut documented: Vec<String> = operations().into_iter().map(|(m, p, _)| format!("{m} {p}")).collect();
    documented.sort_unstable();
    assert_eq!(routes, documented, "every route has a row, and every row a route");

    for Row { route, body, expect } in rows {
        let (method, path) = route.split_once(' ').unwrap();
        // Strangers first: what the member does may change the subject.
        for role in [Anonymous, Stranger, Owner, Member] {
            let ask = house.ask(method, &subject.path(path));
            let ask = match &body {
                Some(body) => ask.json(body),
                None => ask,
            };
            let who = match role {
                Owner => Some(&owner),
                Member => Some(&member),
                Stranger => Some(&stranger),
                Anonymous => None,
            };
            let ask = match who {
                Some(who) if by_cookie => ask.page(&who.refresh_token),
                Some(who) => ask.bearer(&who.access_token),
                None => ask,
            };
            let answer = ask.send().await;
            let expected = expect[role as usize];
            assert_eq!(answer.status, expected, "{route} as {role:?}: {}", answer.text);
            if expected >= 400 {
                assert!(!answer.text.contains("friend"), "{route} as {role:?} leaks");
            }
        }
    }
}
