//! What each event does: asks a service, shapes the answer. Knows services, no socket.

use std::sync::Arc;

use super::conn::Conn;
use super::protocol::{
    Ack, CallStats, CallUser, ClientEvent, EditMessage, Excuse, LeaveCall, LeaveReason, Mark, MediaOffer,
    NetworkTest, OneCall, OneMessage, ReactMessage, RejectCall, SendMessage, SetMuted, SetPresence,
    StartCall, Sync, Typing,
};
use crate::accounts::Accounts;
use crate::calls::CallError;
use crate::calls::service::{Calls, Leaving, MediaAnswer, Started};
use crate::chat::{Chat, ChatError, Draft, Sent, SyncView};
use crate::code::{Code, Refusal};
use crate::model::{CallRecord, Message, MissedCalls, SettingsPatch, Target};
use crate::network_test::{Begun, NetworkTests, TestError};

/// The services behind the events.
pub struct Handlers {
    pub accounts: Arc<Accounts>,
    pub chat: Arc<Chat>,
    pub calls: Calls,
    pub network_tests: NetworkTests,
}

impl Handlers {
    pub async fn handle(&self, conn: &Conn, event: ClientEvent) -> Ack {
        let (user, device) = (conn.actor.user, conn.device);
        match event {
            ClientEvent::SendMessage(SendMessage(draft)) => {
                sent(self.chat.send(user, Some(device), draft).await)
            }
            ClientEvent::EditMessage(EditMessage { message, content }) => {
                changed(self.chat.edit(user, Some(device), message, &content).await)
            }
            ClientEvent::DeleteMessage(OneMessage { message }) => {
                changed(self.chat.delete(user, Some(device), message).await)
            }
            ClientEvent::ReactMessage(ReactMessage { message, emoji, reacted }) => {
                changed(self.chat.react(user, Some(device), message, &emoji, reacted).await)
            }
            ClientEvent::MessageDelivered(Mark { conversation, seq }) => {
                done(self.chat.mark(user, conversation, seq, 0).await)
            }
            ClientEvent::MessageRead(Mark { conversation, seq }) => {
                done(self.chat.mark(user, conversation, seq, seq).await)
            }
            ClientEvent::Typing(Typing { conversation, typing }) => {
                done(self.chat.typing(user, conversation, typing).await)
            }
            ClientEvent::SetPresence(said) => self.set_presence(conn, &said).await,
            ClientEvent::Sync(Sync { since }) => self.sync(conn, since.as_deref()).await,
            ClientEvent::StartCall(StartCall(to)) => started(self.calls.start(user, device, to).await),
            ClientEvent::AcceptCall(OneCall { call }) => started(self.calls.accept(user, device, call).await),
            ClientEvent::RejectCall(rejection) => self.reject(conn, rejection).await,
            ClientEvent::JoinCall(OneCall { call }) => started(self.calls.join(user, device, call).await),
            ClientEvent::LeaveCall(leave) => self.leave(conn, leave).await,
            ClientEvent::EndCall(OneCall { call }) => done(self.calls.end(user, call).await),
            ClientEvent::InviteToCall(CallUser { call, user: other }) => {
                done(self.calls.invite(user, call, other).await)
            }
            ClientEvent::RemoveFromCall(CallUser { call, user: other }) => {
                done(self.calls.remove(user, call, other).await)
            }
            ClientEvent::MediaOffer(MediaOffer { call, sdp }) => {
                answered(self.calls.media_offer(user, device, call, sdp).await)
            }
            ClientEvent::IceServers(OneCall { call }) => {
                match self.calls.ice_servers(user, device, call).await {
                    Ok(ice_servers) => Ack::Ice { ok: true, ice_servers },
                    Err(error) => error.into(),
                }
            }
            ClientEvent::SetMuted(mute) => self.mute(conn, mute).await,
            ClientEvent::CallStats(CallStats { call, stats }) => {
                done(self.calls.call_stats(user, device, call, stats).await)
            }
            ClientEvent::NetworkTest(step) => self.test_network(conn, step).await,
        }
    }

    async fn leave(&self, conn: &Conn, LeaveCall { call, reason }: LeaveCall) -> Ack {
        let why = match reason {
            Some(LeaveReason::MicrophoneRefused) => Leaving::NoMicrophone,
            None => Leaving::HangUp,
        };
        done(self.calls.leave(conn.actor.user, conn.device, call, why).await)
    }

    async fn mute(&self, conn: &Conn, SetMuted { call, muted, user: other }: SetMuted) -> Ack {
        let (user, device) = (conn.actor.user, conn.device);
        match other.filter(|other| *other != user) {
            Some(other) if muted => done(self.calls.mute_other(user, call, other).await),
            Some(_) => Refusal::new(Code::Forbidden, "Only they can turn their microphone on.").into(),
            None => done(self.calls.set_muted(user, device, call, muted).await),
        }
    }

    /// Declines first, so that it stops ringing whatever becomes of the message. Said again after a lost ack, it declines
    /// nothing twice and sends nothing twice.
    async fn reject(&self, conn: &Conn, RejectCall { call, message }: RejectCall) -> Ack {
        let (user, device) = (conn.actor.user, conn.device);
        if let Err(error) = self.calls.reject(user, device, call).await {
            return error.into();
        }
        let Some(Excuse { client_id, content }) = message else { return Ack::DONE };
        let caller = match self.calls.get(user, call).await {
            Ok(record) => record.caller,
            Err(error) => return error.into(),
        };
        let draft =
            Draft { client_id, to: Target::User(caller), content, reply_to: None, attachments: Vec::new() };
        sent(self.chat.send(user, None, draft).await)
    }

    async fn set_presence(&self, conn: &Conn, said: &SetPresence) -> Ack {
        let (user, device) = (conn.actor.user, conn.device);
        if let Some(away) = said.away {
            self.chat.set_away(user, device, away).await;
        }
        match said.do_not_disturb {
            None => Ack::DONE,
            undisturbed => {
                let patch = SettingsPatch { do_not_disturb: undisturbed, ..SettingsPatch::default() };
                done(self.chat.change_settings(user, patch).await)
            }
        }
    }

    async fn test_network(&self, conn: &Conn, step: NetworkTest) -> Ack {
        let (tests, user, device) = (&self.network_tests, conn.actor.user, conn.device);
        match step {
            NetworkTest::Start {} => begun(tests.start(user, device)),
            NetworkTest::Offer { test, way, peer, sdp } => {
                match tests.offer((user, device), test, (way, peer), sdp).await {
                    Ok(sdp) => Ack::TestAnswer { ok: true, sdp },
                    Err(error) => error.into(),
                }
            }
            NetworkTest::Stop { test } => done(tests.stop(user, device, test)),
        }
    }

    async fn sync(&self, conn: &Conn, since: Option<&str>) -> Ack {
        let page = match self.chat.sync(conn.actor.user, since).await {
            Ok(page) => page,
            Err(error) => return error.into(),
        };
        let SyncView { since, more, left, conversations } = page;
        Ack::Synced { ok: true, since, more, left, conversations, calls: self.live_calls(conn).await }
    }

    /// The user's live calls. None if the calls service is gone, for then so are they: chat goes on.
    pub async fn live_calls(&self, conn: &Conn) -> Vec<CallRecord> {
        self.calls.live(conn.actor.user).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "no calls to tell");
            Vec::new()
        })
    }

    /// The calls that the user has missed. None if the calls service is gone, as above.
    pub async fn missed_calls(&self, conn: &Conn) -> MissedCalls {
        self.calls.missed(conn.actor.user).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "no missed calls to tell");
            MissedCalls::default()
        })
    }
}

fn done<T, E: Into<Refusal>>(result: Result<T, E>) -> Ack {
    match result {
        Ok(_) => Ack::DONE,
        Err(error) => Ack::from(error),
    }
}

fn started(result: Result<Started, CallError>) -> Ack {
    match result {
        Ok(Started { call, ice_servers }) => Ack::Call { ok: true, call, ice_servers },
        Err(error) => error.into(),
    }
}

fn sent(result: Result<Sent, ChatError>) -> Ack {
    match result {
        Ok(Sent { message, .. }) => Ack::Sent { ok: true, message },
        Err(error) => error.into(),
    }
}

fn changed(result: Result<Message, ChatError>) -> Ack {
    match result {
        Ok(message) => Ack::Sent { ok: true, message },
        Err(error) => error.into(),
    }
}

fn begun(result: Result<Begun, TestError>) -> Ack {
    match result {
        Ok(Begun { test, ice_servers }) => Ack::TestBegun { ok: true, test, ice_servers },
        Err(error) => error.into(),
    }
}

fn answered(result: Result<MediaAnswer, CallError>) -> Ack {
    match result {
        Ok(MediaAnswer { sdp, participant }) => Ack::Answer { ok: true, sdp, participant },
        Err(error) => error.into(),
    }
}
