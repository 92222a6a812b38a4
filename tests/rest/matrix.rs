//! Every route × every role. A route without a row here fails, so a new one cannot be forgotten.
use charla::chat::{Draft, GroupChange};
use charla::files::Upload;
use charla::model::{GroupRole, Target};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, ended_call};
use crate::schema::operations;

/// Who asks: the server's owner and an administrator (no members of the conversation), a member of it, an admin of the
/// group, somebody who was in the group, a stranger, nobody.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Owner,
    Admin,
    Member,
    GroupAdmin,
    Former,
    /// By the friend whom the paths name.
    Blocked,
    Stranger,
    Anonymous,
}
use Role::{Admin, Anonymous, Blocked, Former, GroupAdmin, Member, Owner, Stranger};

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

/// One route: what it is asked, and the status for each role.
struct Row {
    route: &'static str,
    body: Option<Value>,
    /// For owner, member, stranger and anonymous. An administrator is as the owner, an admin of the group as the member,
    /// who was in it as a stranger, unless `but` says otherwise.
    expect: [u16; 4],
    but: Vec<(Role, u16)>,
}

fn row(route: &'static str, body: Option<Value>, expect: [u16; 4]) -> Row {
    Row { route, body, expect, but: Vec::new() }
}

impl Row {
    fn but(mut self, role: Role, status: u16) -> Self {
        self.but.push((role, status));
        self
    }

    fn expected(&self, role: Role) -> u16 {
        let [owner, member, stranger, anonymous] = self.expect;
        let own = self.but.iter().find(|(who, _)| *who == role);
        own.map_or(
            match role {
                Owner | Admin => owner,
                Member | GroupAdmin => member,
                Former | Blocked | Stranger => stranger,
                Anonymous => anonymous,
            },
            |(_, status)| *status,
        )
    }
}

/// The id in a path is that of a conversation, a message, a file, a call or a session of the member.
#[allow(clippy::too_many_lines, reason = "a table")]
fn rows(subject: &Subject) -> Vec<Row> {
    let everyone = [200, 200, 200, 200];
    let signed = [200, 200, 200, 401];
    let member = [404, 200, 404, 401];
    // Of the direct conversation, the call and the session the group's admin knows nothing.
    let others = |row: Row| row.but(GroupAdmin, 404);
    let admin = |route, body, status| row(route, body, [status, 403, 403, 401]);
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
        row("POST /api/v1/conversations", Some(json!({"user": subject.user})), signed).but(Blocked, 404),
        others(row("GET /api/v1/conversations/{id}", None, member)),
        others(row("GET /api/v1/conversations/{id}/messages", None, member)),
        others(row(
            "POST /api/v1/conversations/{id}/messages",
            Some(json!({"clientId": "c", "content": "x"})),
            [404, 201, 404, 401],
        )),
        others(row("PUT /api/v1/conversations/{id}/read", Some(json!({"seq": 1})), member)),
        row("POST /api/v1/groups", Some(json!({"name": "x", "members": []})), [201, 201, 201, 401]),
        row("PUT /api/v1/groups/{id}", Some(json!({"name": "y"})), member),
        row("POST /api/v1/groups/{id}/members", Some(json!({"users": []})), member),
        row("PUT /api/v1/groups/{id}/members/{user}", Some(json!({"role": "member"})), member)
            .but(GroupAdmin, 403),
        // The admin of the group asks first; then there is nobody to take out any more.
        row("DELETE /api/v1/groups/{id}/members/{user}", None, [404, 404, 404, 401]).but(GroupAdmin, 204),
        admin("GET /api/v1/admin/users", None, 200),
        admin("GET /api/v1/admin/users/{id}", None, 200),
        admin("POST /api/v1/admin/users", Some(json!({"username": "friend", "email": "f@example.org"})), 409),
        admin("PATCH /api/v1/admin/users/{id}", Some(json!({"disabled": false})), 200),
        admin("POST /api/v1/admin/users/{id}/reset", None, 201),
        admin("GET /api/v1/admin/invitations", None, 200),
        admin("POST /api/v1/admin/invitations", Some(json!({})), 201),
        admin("DELETE /api/v1/admin/invitations/{id}", None, 404),
        row("POST /api/v1/auth/reset", Some(json!({"reset": "x", "newPassword": PASSWORD})), [403; 4]),
        others(row("GET /api/v1/messages/{id}", None, member)),
        others(row("PUT /api/v1/messages/{id}", Some(json!({"content": "new"})), member)),
        others(row(
            "PUT /api/v1/messages/{id}/reactions",
            Some(json!({"emoji": "\u{1F44D}", "reacted": true})),
            member,
        )),
        // Refused for its empty body, not for who asks.
        row("POST /api/v1/files", None, [400, 400, 400, 401]),
        others(row("GET /api/v1/files/{id}", None, member)),
        others(row("DELETE /api/v1/messages/{id}", None, member)),
        row("GET /api/v1/calls", None, signed),
        others(row("GET /api/v1/calls/{id}", None, member)),
        row("GET /api/v1/users/me/settings", None, signed),
        row("PATCH /api/v1/users/me/settings", Some(json!({})), signed),
        row("GET /api/v1/users/me/mutes", None, signed),
        row("GET /api/v1/users/presence", None, signed),
        others(row("PUT /api/v1/conversations/{id}/mute", Some(json!({})), member)),
        others(row("DELETE /api/v1/conversations/{id}/mute", None, [404, 204, 404, 401])),
        // Without a word to look for.
        row("GET /api/v1/messages/search", None, [400, 400, 400, 401]),
        others(row("GET /api/v1/messages/{id}/receipts", None, member)),
        row("GET /api/v1/users/me/blocks", None, signed),
        row("PUT /api/v1/users/me/blocks/{id}", None, [204, 204, 204, 401]),
        row("DELETE /api/v1/users/me/blocks/{id}", None, [204, 204, 204, 401]),
        // Last: they end sessions.
        others(row("DELETE /api/v1/auth/sessions/{id}", None, [404, 204, 404, 401])),
        row("POST /api/v1/auth/logout", None, [204, 204, 204, 401]),
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

#[allow(clippy::too_many_lines, reason = "a table")]
async fn matrix(by_cookie: bool) {
    let house = House::new().await;
    let (owner, member, stranger) =
        (house.user("owner").await, house.user("member").await, house.user("stranger").await);
    let friend = house.user("friend").await;
    let secret = house.accounts.make_claim().await.unwrap();
    let actor = house.accounts.cookie(&owner.refresh_token).await.unwrap();
    house.accounts.claim(actor, &secret).await.unwrap();
    let (admin, group_admin, former) =
        (house.user("admin").await, house.user("groupadmin").await, house.user("former").await);
    house.store.set_role(admin.user.public.id, charla::model::Role::Admin).await.unwrap();
    let blocked = house.user("blocked").await;
    house.chat.block(friend.user.public.id, blocked.user.public.id).await.unwrap();
    let conversation = house.chat.open(member.user.public.id, friend.user.public.id).await.unwrap();
    let others = [&friend, &group_admin, &former].map(|who| who.user.public.id);
    let group = house.chat.create_group(member.user.public.id, "g", &others).await.unwrap();
    for change in [
        GroupChange::SetRole(group_admin.user.public.id, GroupRole::Admin),
        GroupChange::Remove(former.user.public.id),
    ] {
        house.chat.change_group(member.user.public.id, group.id, &change).await.unwrap();
    }
    let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>("secret of friend".into())]);
    let upload = Upload { name: "friend.txt".into(), ..Upload::default() };
    let file = house.files.upload(member.user.public.id, upload, bytes).await.unwrap().id;
    let draft = Draft {
        client_id: "said".into(),
        to: Target::Conversation(conversation.id),
        content: "secret of friend".into(),
        reply_to: None,
        attachments: vec![file],
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
        file: file.to_string(),
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

    for row in rows {
        let Row { route, body, .. } = &row;
        let (method, path) = route.split_once(' ').unwrap();
        // Strangers first: what the member does may change the subject.
        for role in [Anonymous, Stranger, Blocked, Former, Owner, Admin, GroupAdmin, Member] {
            let ask = house.ask(method, &subject.path(path));
            let ask = match body {
                Some(body) => ask.json(body),
                None => ask,
            };
            let who = match role {
                Owner => Some(&owner),
                Admin => Some(&admin),
                GroupAdmin => Some(&group_admin),
                Former => Some(&former),
                Blocked => Some(&blocked),
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
            let expected = row.expected(role);
            assert_eq!(answer.status, expected, "{route} as {role:?}: {}", answer.text);
            if expected >= 400 && expected != 409 {
                assert!(!answer.text.contains("friend"), "{route} as {role:?} leaks");
            }
        }
    }
}
