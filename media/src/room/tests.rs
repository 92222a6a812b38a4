//! Who hears whom: in small rooms, in large ones, and in those that grow.

use super::*;

fn room(people: usize) -> Room {
    let mut room = Room::new(RoomId(1), 8);
    for person in 0..people {
        let index = room.find_or_enter(ParticipantId(person as u64));
        room.participants[index].transports.push(100 + person);
    }
    room
}

fn open_with(room: &mut Room, person: usize, slots: usize) -> Vec<usize> {
    assert!(room.set_gate(person, Some((100 + person, slots)), person as u64));
    room.reassign(Instant::now())
}

fn open(room: &mut Room, person: usize) -> Vec<usize> {
    open_with(room, person, 2)
}

/// A large room whose people say something every 20 ms: `loud` people speak, the others are silent.
struct Hall {
    now: Instant,
    room: Room,
    /// What was told to change, and how often.
    changes: usize,
    speaking: Vec<(Instant, Vec<ParticipantId>)>,
}

impl Hall {
    fn new(people: usize) -> Hall {
        let mut room = room(people);
        for person in 0..people {
            open_with(&mut room, person, 8);
        }
        Hall { now: Instant::now(), room, changes: 0, speaking: Vec::new() }
    }

    /// So much time passes; these speak, as loud as is said (−dBov).
    fn talk(&mut self, milliseconds: u64, loud: &[(usize, u8)]) {
        for _ in 0..milliseconds / 20 {
            self.now += Duration::from_millis(20);
            for person in 0..self.room.participants.len() {
                let speaks = loud.iter().find(|(who, _)| *who == person);
                let level = speaks.map_or(127, |(_, level)| 0x80 | level);
                self.room.hear(self.now, person, Sound { level: Some(level), bytes: 80 });
            }
            while let Some(at) = self.room.look_at().filter(|at| *at <= self.now) {
                let looked = self.room.look(at.max(self.now));
                self.changes += looked.changed.len();
                self.speaking.extend(looked.speaking.map(|who| (self.now, who)));
            }
        }
    }

    fn heard(&self, index: usize) -> Vec<u64> {
        let mut heard: Vec<u64> = self.room.heard_by(index).iter().map(|(_, id)| id.0).collect();
        heard.sort_unstable();
        heard
    }
}

#[test]
fn nobody_is_heard_before_both_gates_are_open() {
    let mut room = room(2);
    assert_eq!(room.reassign(Instant::now()), []);
    assert_eq!(open(&mut room, 0), []);
    assert!(room.participants[0].routes.is_empty());
    assert_eq!(open(&mut room, 1), [0, 1]);
    assert_eq!(room.participants[0].routes, [Route { transport: 101, slot: 0 }]);
    assert_eq!(room.heard_by(0), [(0, ParticipantId(1))]);
}

#[test]
fn a_shut_gate_takes_both_directions_away() {
    let mut room = room(2);
    open(&mut room, 0);
    open(&mut room, 1);
    assert!(room.set_gate(1, None, 0));
    assert!(!room.set_gate(1, None, 0));
    assert_eq!(room.reassign(Instant::now()), [0]);
    assert!(room.participants[0].routes.is_empty() && room.participants[1].routes.is_empty());
}

#[test]
fn slots_are_kept_while_others_come_and_go() {
    let mut room = room(4);
    for person in 0..4 {
        open(&mut room, person);
    }
    assert_eq!(room.heard_by(0), [(0, ParticipantId(1)), (1, ParticipantId(2))]);
    assert!(room.remove_transport(1, 101));
    room.reassign(Instant::now());
    assert_eq!(room.heard_by(0), [(0, ParticipantId(3)), (1, ParticipantId(2))]);
    assert!(room.find(ParticipantId(1)).is_none());
}

#[test]
fn a_small_room_never_switches() {
    let mut hall = Hall::new(9);
    let before: Vec<_> = (0..9).map(|index| hall.room.heard_by(index)).collect();
    assert!(before.iter().all(|heard| heard.len() == 8));
    for round in 0..20 {
        hall.talk(500, &[(round % 9, 10), ((round + 3) % 9, 30)]);
    }
    assert_eq!(hall.changes, 0);
    assert_eq!((0..9).map(|index| hall.room.heard_by(index)).collect::<Vec<_>>(), before);
}

#[test]
fn in_a_large_room_who_speaks_is_heard_and_who_is_silent_holds_no_slot() {
    let mut hall = Hall::new(100);
    assert!(hall.heard(50).is_empty());
    hall.talk(200, &[(3, 20), (70, 25)]);
    assert_eq!(hall.heard(50), [3, 70]);
    assert_eq!(hall.heard(3), [70], "nobody hears himself");
    assert_eq!(hall.room.participants[3].routes.len(), 99);
    hall.talk(3500, &[(70, 25)]);
    assert_eq!(hall.heard(50), [70], "muted");
    hall.talk(4000, &[]);
    assert!((0..100).all(|index| hall.heard(index).is_empty()));
    assert_eq!(hall.room.look_at(), None, "a silent room costs nothing");
}

#[test]
fn the_loudest_share_the_slots_and_the_quietest_makes_place() {
    let mut hall = Hall::new(30);
    let mut loud: Vec<(usize, u8)> = (0..8).map(|who| (who, 20 + who as u8)).collect();
    hall.talk(3000, &loud);
    assert_eq!(hall.heard(29), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(hall.heard(4).len(), 7);
    loud.push((20, 10));
    hall.talk(100, &loud);
    assert_eq!(hall.heard(29), [0, 1, 2, 3, 4, 5, 6, 7], "not at once");
    hall.talk(700, &loud);
    assert_eq!(hall.heard(29), [0, 1, 2, 3, 4, 5, 6, 20]);
    let changes = hall.changes;
    hall.talk(10_000, &loud);
    assert_eq!(hall.changes, changes, "slots do not flap");
}

#[test]
fn a_room_that_grows_keeps_the_slots_of_those_who_speak() {
    let mut hall = Hall::new(10);
    assert!(hall.room.set_gate(9, None, 0));
    hall.room.reassign(hall.now);
    hall.talk(400, &[(1, 20), (5, 20)]);
    let before = hall.room.heard_by(0);
    assert!(hall.room.set_gate(9, Some((109, 8)), 99));
    hall.room.reassign(hall.now);
    let kept: Vec<_> = before.into_iter().filter(|(_, id)| [1, 5].contains(&id.0)).collect();
    assert_eq!(hall.room.heard_by(0), kept);
}

#[test]
fn a_receiver_of_few_slots_hears_the_loudest_of_the_stage() {
    let mut hall = Hall::new(20);
    hall.talk(100, &[]);
    hall.talk(3000, &[(1, 20), (2, 30), (3, 40)]);
    hall.room.participants[10].allowance = 1;
    assert_eq!(hall.room.reassign(hall.now), [10]);
    assert_eq!(hall.heard(10), [1]);
    assert_eq!(hall.heard(11), [1, 2, 3]);
    hall.talk(3000, &[(1, 40), (2, 20), (3, 40)]);
    assert_eq!(hall.heard(10), [2]);
    assert!(hall.room.participants[3].routes.iter().all(|route| route.transport != 110));
}

#[test]
fn who_speaks_is_told_when_it_changes_and_not_in_company_of_two() {
    let mut hall = Hall::new(3);
    hall.talk(2000, &[(1, 20)]);
    hall.talk(2000, &[]);
    let told: Vec<_> = hall.speaking.iter().map(|(_, who)| who.clone()).collect();
    assert_eq!(told, [vec![ParticipantId(1)], vec![]]);
    hall.speaking.clear();
    for round in 0..30 {
        hall.talk(80, &[(round % 3, 20), ((round + 1) % 3, 20)]);
        hall.talk(20 * (round as u64 % 40), &[((round + 1) % 3, 20)]);
    }
    hall.talk(200, &[(0, 20), (1, 20), (2, 20)]);
    let apart = hall.speaking.windows(2).map(|pair| pair[1].0 - pair[0].0).min();
    assert!(apart.unwrap() >= TELL && hall.speaking.len() > 10, "{:?}", hall.speaking);
    hall.room.set_gate(0, None, 0);
    hall.room.reassign(hall.now);
    hall.talk(1000, &[(1, 20), (2, 20)]);
    assert_eq!(hall.speaking.last().map(|(_, who)| who.clone()), Some(vec![]));
    hall.speaking.clear();
    hall.talk(1000, &[(1, 20), (2, 20)]);
    assert!(hall.speaking.is_empty());
}
