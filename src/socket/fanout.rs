//! The map of all sockets: who is here on which device, and how an event reaches them. The one owner of that state.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};

use socketioxide::socket::Sid;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::conn::Conn;
use super::protocol::ServerEvent;
use crate::event::{Audience, Event, Outbox, Whereabouts};
use crate::ids::{DeviceId, SessionId, UserId};

/// Devices without a socket whose session is remembered. One is in a call at most for as long as it may reconnect, so
/// that those who left longest ago need not be known any more.
const ABSENT_MAX: usize = 20_000;

#[derive(Default)]
struct Map {
    by_user: HashMap<UserId, Vec<Arc<Conn>>>,
    by_session: HashMap<SessionId, Vec<Arc<Conn>>>,
    /// In the order they left.
    absent: VecDeque<(SessionId, UserId, DeviceId)>,
    /// Who wants to hear of absent devices whose session has ended.
    orphans: Option<UnboundedSender<(UserId, DeviceId)>>,
}

/// All authenticated sockets. Services publish into it; the socket layer enters and leaves.
#[derive(Clone, Default)]
pub struct Fanout(Arc<RwLock<Map>>);

impl Fanout {
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a socket, unless it has left already. Answers the older sockets of the same device, which should go.
    pub(super) fn enter(&self, conn: &Arc<Conn>) -> Vec<Arc<Conn>> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if conn.is_gone() {
            return Vec::new();
        }
        map.absent.retain(|(_, user, device)| (*user, *device) != (conn.actor.user, conn.device));
        let of_user = map.by_user.entry(conn.actor.user).or_default();
        let older = of_user.iter().filter(|other| other.device == conn.device).cloned().collect();
        of_user.push(conn.clone());
        map.by_session.entry(conn.actor.session).or_default().push(conn.clone());
        older
    }

    /// Removes a socket. It cannot be entered again.
    pub(super) fn leave(&self, conn: &Conn) {
        fn drop_from<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<Arc<Conn>>>, key: K, sid: Sid) {
            if let Some(conns) = map.get_mut(&key) {
                conns.retain(|other| other.sid != sid);
                if conns.is_empty() {
                    map.remove(&key);
                }
            }
        }
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        conn.mark_gone();
        drop_from(&mut map.by_user, conn.actor.user, conn.sid);
        drop_from(&mut map.by_session, conn.actor.session, conn.sid);
        let here = map
            .by_user
            .get(&conn.actor.user)
            .is_some_and(|conns| conns.iter().any(|c| c.device == conn.device));
        if !here {
            if map.absent.len() >= ABSENT_MAX {
                map.absent.pop_front();
            }
            map.absent.push_back((conn.actor.session, conn.actor.user, conn.device));
        }
    }

    /// Devices whose session ends while they have no socket: nobody can be told, but their calls must end.
    pub(super) fn orphans(&self) -> UnboundedReceiver<(UserId, DeviceId)> {
        let (sender, receiver) = unbounded_channel();
        self.0.write().unwrap_or_else(PoisonError::into_inner).orphans = Some(sender);
        receiver
    }

    fn orphan(&self, session: SessionId) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<_> = map.absent.iter().filter(|(s, ..)| *s == session).copied().collect();
        map.absent.retain(|(s, ..)| *s != session);
        for (_, user, device) in gone {
            if let Some(orphans) = &map.orphans {
                // Nobody listens any more: the server stops, and with it all calls.
                let _ = orphans.send((user, device));
            }
        }
    }

    /// Whether the user has a socket on this device.
    pub fn has_device(&self, user: UserId, device: DeviceId) -> bool {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.by_user.get(&user).is_some_and(|conns| conns.iter().any(|conn| conn.device == device))
    }

    /// How many sockets a user has.
    pub fn sockets_of(&self, user: UserId) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_user.get(&user).map_or(0, Vec::len)
    }

    /// How many sockets there are.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_user.values().map(Vec::len).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Asks every client to leave: the server stops.
    pub fn close_all(&self) {
        let all: Vec<Arc<Conn>> = {
            let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
            map.by_user.values().flatten().cloned().collect()
        };
        for conn in all {
            conn.close();
        }
    }

    fn find(&self, audience: &Audience) -> Vec<Arc<Conn>> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_user = |user: &UserId| map.by_user.get(user).into_iter().flatten();
        match audience {
            Audience::Users { users, except } => users
                .iter()
                .flat_map(of_user)
                .filter(|conn| *except != Some((conn.actor.user, conn.device)))
                .cloned()
                .collect(),
            Audience::Device(user, device) => {
                of_user(user).filter(|conn| conn.device == *device).cloned().collect()
            }
            Audience::Session(session) => map.by_session.get(session).cloned().unwrap_or_default(),
        }
    }
}

impl Whereabouts for Fanout {
    fn devices(&self, user: UserId) -> u32 {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let conns = map.by_user.get(&user).into_iter().flatten();
        // A device that is just being reconnected has two sockets.
        let devices: BTreeSet<_> = conns.map(|conn| conn.device).collect();
        u32::try_from(devices.len()).unwrap_or(u32::MAX)
    }
}

impl Outbox for Fanout {
    fn publish(&self, to: Audience, event: Event) {
        let ends_session = match &event {
            Event::SessionRevoked(session) => Some(*session),
            _ => None,
        };
        let conns = self.find(&to);
        let event = ServerEvent::from(event);
        for conn in conns {
            conn.tell(event.clone());
            if ends_session.is_some() {
                conn.close();
            }
        }
        if let Some(session) = ends_session {
            self.orphan(session);
        }
    }
}
