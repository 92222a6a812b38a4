//! Every route × every role. A route without a row here fails, so a new one cannot be forgotten.
use charla::accounts::SignedIn;
use charla::chat::{Draft, GroupChange};
use charla::files::Upload;
use charla::ids::{CallId, ConversationId, FileId, MessageId};
use charla::model::{GroupRole, Target};
use serde_json::{Value, json};

use crate::house::{Answer, House, PASSWORD, ended_call};
use crate::schema::operations;

/// Who asks. The first two are no members of anything; then the owner of the group, who is also the one whose message,
/// file, call and session the paths name; an admin of the group, a member, somebody who was in it; somebody whom the
/// friend blocks, asked about his own message in their conversation; a stranger; nobody.
const ROLES: [Role; 9] =
    [Owner, Admin, GroupOwner, GroupAdmin, GroupMember, Former, Blocked, Stranger, Anonymous];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Owner,
    Admin,
    GroupOwner,
    GroupAdmin,
    GroupMember,
    Former,
    Blocked,
    Stranger,
    Anonymous,
}
use Role::{Admin, Anonymous, Blocked, Former, GroupAdmin, GroupMember, GroupOwner, Owner, Stranger};

/// What a row's path and body are about.
struct Subject {
    conversation: String,
    group: String,
    message: String,
    file: String,
    call: String,
    session: String,
    user: String,
}

/// One route: what it is asked, and the status for each role, in their order.
struct Row {
    route: &'static str,
    body: Option<Value>,
    expect: [u16; 9],
}

fn row(route: &'static str, body: Option<Value>, expect: [u16; 9]) -> Row {
    Row { route, body, expect }
}

// Rows that many routes share. Columns: the server's owner and admin; the group's owner, admin, member, former member;
// blocked, stranger, anonymous.
const EVERYONE: [u16; 9] = [200; 9];
const SIGNED: [u16; 9] = [200, 200, 200, 200, 200, 200, 200, 200, 401];
/// Of a conversation of two, and what was said in it: both, also across a block.
const PARTIES: [u16; 9] = [404, 404, 200, 404, 404, 404, 200, 404, 401];
/// The same for what speaks.
const SPEAKING: [u16; 9] = [404, 404, 200, 404, 404, 404, 404, 404, 401];
/// Shaping a group.
const LEADERS: [u16; 9] = [404, 404, 200, 200, 403, 404, 404, 404, 401];

fn administrators(status: u16) -> [u16; 9] {
    [status, status, 403, 403, 403, 403, 403, 403, 401]
}

/// Whoever has signed in.
fn signed(status: u16) -> [u16; 9] {
    [status, status, status, status, status, status, status, status, 401]
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn rows(subject: &Subject) -> Vec<Row> {
    let admin = |route, body, status| row(route, body, administrators(status));
    vec![
        row("GET /api/v1/health/live", None, EVERYONE),
        row("GET /api/v1/health/ready", None, EVERYONE),
        row("GET /api/v1/info", None, EVERYONE),
        // Refused for their bodies, not for who asks.
        row("POST /api/v1/auth/register", Some(json!({})), [400; 9]),
        row("POST /api/v1/auth/login", Some(json!({})), [400; 9]),
        row("POST /api/v1/auth/refresh", Some(json!({"refreshToken": "x"})), [401; 9]),
        row("POST /api/v1/auth/claim", Some(json!({"claim": "x"})), signed(403)),
        row(
            "POST /api/v1/auth/password",
            Some(json!({"oldPassword": PASSWORD, "newPassword": "x"})),
            signed(422),
        ),
        row("GET /api/v1/auth/sessions", None, SIGNED),
        row("GET /api/v1/users/me", None, SIGNED),
        row("GET /api/v1/users", None, SIGNED),
        row("GET /api/v1/users/{id}", None, SIGNED),
        row("GET /api/v1/conversations", None, SIGNED),
        row(
            "POST /api/v1/conversations",
            Some(json!({"user": subject.user})),
            [200, 200, 200, 200, 200, 200, 404, 200, 401],
        ),
        row("GET /api/v1/conversations/{id}", None, PARTIES),
        row("GET /api/v1/conversations/{id}/messages", None, PARTIES),
        row(
            "POST /api/v1/conversations/{id}/messages",
            Some(json!({"clientId": "c", "content": "x"})),
            [404, 404, 201, 404, 404, 404, 404, 404, 401],
        ),
        row("PUT /api/v1/conversations/{id}/read", Some(json!({"seq": 1})), PARTIES),
        row("POST /api/v1/groups", Some(json!({"name": "x", "members": []})), signed(201)),
        row("PUT /api/v1/groups/{id}", Some(json!({"name": "y"})), LEADERS),
        row("PUT /api/v1/groups/{id}/color", Some(json!({"color": "teal"})), LEADERS),
        row("PUT /api/v1/groups/{id}/picture", Some(json!({"picture": null})), LEADERS),
        row("POST /api/v1/groups/{id}/members", Some(json!({"users": []})), LEADERS),
        row(
            "PUT /api/v1/groups/{id}/members/{user}",
            Some(json!({"role": "member"})),
            [404, 404, 200, 403, 403, 404, 404, 404, 401],
        ),
        row("DELETE /api/v1/groups/{id}/members/{user}", None, [404, 404, 204, 204, 403, 404, 404, 404, 401]),
        admin("GET /api/v1/admin/users", None, 200),
        admin("GET /api/v1/admin/users/{id}", None, 200),
        admin("POST /api/v1/admin/users", Some(json!({"username": "friend", "email": "f@example.org"})), 409),
        admin("PATCH /api/v1/admin/users/{id}", Some(json!({"disabled": false})), 200),
        admin("POST /api/v1/admin/users/{id}/reset", None, 201),
        admin("GET /api/v1/admin/invitations", None, 200),
        admin("POST /api/v1/admin/invitations", Some(json!({})), 201),
        admin("DELETE /api/v1/admin/invitations/{id}", None, 404),
        row("POST /api/v1/auth/reset", Some(json!({"reset": "x", "newPassword": PASSWORD})), [403; 9]),
        row("GET /api/v1/messages/{id}", None, PARTIES),
        row("PUT /api/v1/messages/{id}", Some(json!({"content": "new"})), SPEAKING),
        row(
            "PUT /api/v1/messages/{id}/reactions",
            Some(json!({"emoji": "\u{1F44D}", "reacted": true})),
            SPEAKING,
        ),
        // Refused for its empty body, not for who asks.
        row("POST /api/v1/files", None, signed(400)),
        row("GET /api/v1/files/{id}", None, PARTIES),
        row("GET /api/v1/calls", None, SIGNED),
        row("GET /api/v1/calls/missed", None, SIGNED),
        row("POST /api/v1/calls/missed/seen", Some(json!({})), SIGNED),
        row("GET /api/v1/calls/{id}", None, PARTIES),
        row("GET /api/v1/users/me/settings", None, SIGNED),
        row("PATCH /api/v1/users/me/settings", Some(json!({})), SIGNED),
        row("GET /api/v1/users/me/mutes", None, SIGNED),
        row("GET /api/v1/users/presence", None, SIGNED),
        row("PUT /api/v1/conversations/{id}/mute", Some(json!({})), PARTIES),
        row("DELETE /api/v1/conversations/{id}/mute", None, [404, 404, 204, 404, 404, 404, 204, 404, 401]),
        // Without a word to look for.
        row("GET /api/v1/messages/search", None, signed(400)),
        row("GET /api/v1/messages/{id}/receipts", None, PARTIES),
        row("DELETE /api/v1/messages/{id}", None, PARTIES),
        row("GET /api/v1/users/me/blocks", None, SIGNED),
        row("PUT /api/v1/users/me/blocks/{id}", None, signed(204)),
        row("DELETE /api/v1/users/me/blocks/{id}", None, signed(204)),
        // Last: they end sessions.
        row("DELETE /api/v1/auth/sessions/{id}", None, [404, 404, 204, 404, 404, 404, 404, 404, 401]),
        row("POST /api/v1/auth/logout", None, signed(204)),
    ]
}

impl Subject {
    fn path(&self, route: &str) -> String {
        let id = match route {
            r if r.starts_with("/api/v1/conversations") => &self.conversation,
            r if r.starts_with("/api/v1/groups") => &self.group,
            r if r.starts_with("/api/v1/messages") => &self.message,
            r if r.starts_with("/api/v1/files") => &self.file,
            r if r.starts_with("/api/v1/calls") => &self.call,
            r if r.starts_with("/api/v1/auth/sessions") => &self.session,
            _ => &self.user,
        };
        let query = if route == "/api/v1/files" { "?name=x" } else { "" };
        format!("{route}{query}").replace("{id}", id).replace("{user}", &self.user)
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should() {
    for by_cookie in [false, true] {
        matrix(by_cookie).await;
    }
}

/// What somebody has said to another one with a file, and a call between them.
async fn said(house: &House, by: &SignedIn, to: &SignedIn) -> (ConversationId, MessageId, FileId, CallId) {
    let (author, other) = (by.user.public.id, to.user.public.id);
    let conversation = house.chat.open(author, other).await.unwrap().id;
    let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>("secret of friend".into())]);
    let upload = Upload { name: "friend.txt".into(), ..Upload::default() };
    let file = house.files.upload(author, upload, bytes).await.unwrap().id;
    let draft = Draft {
        client_id: "said".into(),
        to: Target::Conversation(conversation),
        content: "secret of friend".into(),
        reply_to: None,
        attachments: vec![file],
    };
    let message = house.chat.send(author, None, draft).await.unwrap().message.id;
    (conversation, message, file, ended_call(house, by, to, conversation).await)
}

struct Scene {
    house: House,
    /// In the order of `ROLES`, without the last.
    people: Vec<SignedIn>,
    friend: SignedIn,
    group: ConversationId,
    subject: Subject,
    /// What the blocked one is asked about.
    shut: Subject,
}

impl Scene {
    async fn new() -> Self {
        let house = House::new().await;
        let mut people = Vec::new();
        for role in &ROLES[..8] {
            people.push(house.user(&format!("{role:?}")).await);
        }
        let friend = house.user("friend").await;
        let secret = house.accounts.make_claim().await.unwrap();
        let actor = house.accounts.cookie(&people[0].refresh_token).await.unwrap();
        house.accounts.claim(actor, &secret).await.unwrap();
        let id = |n: usize| people[n].user.public.id;
        house.store.set_role(id(1), charla::model::Role::Admin).await.unwrap();
        let others = [friend.user.public.id, id(3), id(4), id(5)];
        let group = house.chat.create_group(id(2), "g", &others).await.unwrap().id;
        for change in [GroupChange::SetRole(id(3), GroupRole::Admin), GroupChange::Remove(id(5))] {
            house.chat.change_group(id(2), group, &change).await.unwrap();
        }
        let again = json!({"username": "GroupOwner", "password": PASSWORD});
        house.post("/api/v1/auth/login").json(&again).send().await.ok(200);
        let actor = house.accounts.cookie(&people[2].refresh_token).await.unwrap();
        let sessions = house.accounts.sessions(actor).await.unwrap();
        let session = sessions.iter().find(|s| s.id != people[2].session).unwrap().id;
        let subject =
            |(conversation, message, file, call): (ConversationId, MessageId, FileId, CallId)| Subject {
                conversation: conversation.to_string(),
                group: group.to_string(),
                message: message.to_string(),
                file: file.to_string(),
                call: call.to_string(),
                session: session.to_string(),
                user: friend.user.public.id.to_string(),
            };
        let shut = subject(said(&house, &people[6], &friend).await);
        let subject = subject(said(&house, &people[2], &friend).await);
        house.chat.block(friend.user.public.id, id(6)).await.unwrap();
        Self { house, people, friend, group, subject, shut }
    }

    /// One cell.
    async fn ask(&self, row: &Row, role: usize, by_cookie: bool) -> Answer {
        let (method, path) = row.route.split_once(' ').unwrap();
        if row.route.ends_with("/members/{user}") {
            // Whom the role before may have taken out.
            let back = GroupChange::Add(vec![self.friend.user.public.id]);
            self.house.chat.change_group(self.people[2].user.public.id, self.group, &back).await.unwrap();
        }
        let subject = if ROLES[role] == Blocked { &self.shut } else { &self.subject };
        let ask = self.house.ask(method, &subject.path(path));
        let ask = match &row.body {
            Some(body) => ask.json(body),
            None => ask,
        };
        let ask = match self.people.get(role) {
            Some(who) if by_cookie => ask.page(&who.refresh_token),
            Some(who) => ask.bearer(&who.access_token),
            None => ask,
        };
        ask.send().await
    }
}

async fn matrix(by_cookie: bool) {
    let scene = Scene::new().await;
    let rows = rows(&scene.subject);
    let mut routes: Vec<&str> = rows.iter().map(|r| r.route).collect();
    routes.sort_unstable();
    let mut documented: Vec<String> = operations().into_iter().map(|(m, p, _)| format!("{m} {p}")).collect();
    documented.sort_unstable();
    assert_eq!(routes, documented, "every route has a row, and every row a route");
    for row in rows {
        // Strangers first: what the parties do may change the subject.
        for role in (0..ROLES.len()).rev() {
            let answer = scene.ask(&row, role, by_cookie).await;
            let (route, who, expected) = (row.route, ROLES[role], row.expect[role]);
            assert_eq!(answer.status, expected, "{route} as {who:?}: {}", answer.text);
            if expected >= 400 && expected != 409 {
                assert!(!answer.text.contains("friend"), "{route} as {who:?} leaks");
            }
        }
    }
}
