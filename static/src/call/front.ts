// Who stands in front where a call has more people than a page shows at once: those who spoke last. Nobody's place moves
// while he is in front, so that eyes find him again. Pure: who speaks, who is there and the time go in.
import type { Id } from '../protocol'

/** With fewer, everybody is in sight and keeps the place in which he came. */
export const MANY = 25
/** So many are in front: two rows on a telephone. */
export const IN_FRONT = 8

export interface Front {
  /** In their places. */
  users: readonly Id[]
  /** When each was last heard (ms). */
  heard: Readonly<Record<Id, number>>
}
export const NO_FRONT: Front = { users: [], heard: {} }

/** Who begins to speak takes the place of who has been silent for longest. `here`: everybody, in the order they came. */
export function withSpeakers(before: Front, speakers: readonly Id[], here: readonly Id[], now: number): Front {
  if (here.length <= MANY) return NO_FRONT
  const users = before.users.filter((user) => here.includes(user))
  const heard: Record<Id, number> = {}
  for (const user of users) heard[user] = speakers.includes(user) ? now : (before.heard[user] ?? now)
  for (const user of speakers) {
    if (users.includes(user) || !here.includes(user)) continue
    const silent = users.filter((one) => !speakers.includes(one)).toSorted((a, b) => (heard[a] ?? 0) - (heard[b] ?? 0))
    // More voices than places: the rest are named above the tiles.
    if (users.length >= IN_FRONT && silent.length === 0) break
    const place = users.length < IN_FRONT ? users.length : users.indexOf(silent[0] ?? '')
    delete heard[users[place] ?? '']
    users[place] = user
    heard[user] = now
  }
  return { users, heard }
}

/** Those in front in their places, then all others as they came. */
export function arranged<P extends { user: Id }>(people: readonly P[], { users }: Front): readonly P[] {
  if (users.length === 0) return people
  const ahead = users.flatMap((user) => people.find((one) => one.user === user) ?? [])
  return [...ahead, ...people.filter(({ user }) => !users.includes(user))]
}
