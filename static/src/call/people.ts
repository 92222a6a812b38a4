// Who is in a call, as the page shows them: in the order in which they came, so that nobody's place moves while others
// talk. Pure; names and roles are the caller's business.
import type { Call, EndReason, GroupRole, Id, Member } from '../protocol'
import { isInside } from './outcome'

export interface Participant {
  user: Id
  me: boolean
  /** Called and not answered; answered, without sound yet; here. */
  state: 'ringing' | 'joining' | 'here'
  muted: boolean
  /** Who of those who lead the call did that. */
  mutedBy: Id | null
}
/** Somebody who was called or was here, and is not any more. */
export interface Absent { user: Id; reason: EndReason | null }

export function participantsOf(call: Call, me: Id): Participant[] {
  const came = new Map(call.legs.map((leg) => [leg.user, leg.answeredAt ?? call.startTime]))
  return call.legs
    .filter((leg) => leg.leftAt === null)
    .map((leg): Participant => ({
      user: leg.user,
      me: leg.user === me,
      state: !isInside(leg, call) ? 'ringing' : leg.connectedAt === null && leg.user !== me && call.status === 'active' ? 'joining' : 'here',
      muted: leg.muted,
      mutedBy: leg.muted ? leg.mutedBy : null,
    }))
    .sort((a, b) => Number(a.state === 'ringing') - Number(b.state === 'ringing') || (came.get(a.user) ?? '').localeCompare(came.get(b.user) ?? '') || a.user.localeCompare(b.user))
}

export const absentOf = (call: Call): Absent[] =>
  call.legs.filter((leg) => leg.leftAt !== null).map(({ user, reason }) => ({ user, reason }))

export const countInside = (call: Call): number => call.legs.filter((leg) => isInside(leg, call)).length

const RANK: Record<GroupRole, number> = { owner: 2, admin: 1, member: 0 }
const rankIn = (members: readonly Member[], user: Id): number => {
  const role = members.find((member) => member.user.id === user)?.role
  return role ? RANK[role] : -1
}

/** Whether `me` may mute and remove `other` (PROTOCOL.md, "Leading"). The server decides; this is what is offered. */
export function mayLead(call: Call, members: readonly Member[], me: Id, other: Id): boolean {
  if (me === other) return false
  const principal = call.caller === me || call.receiver === me
  if (call.receiver !== null) return principal && other !== call.caller && other !== call.receiver
  const [own, theirs] = [rankIn(members, me), rankIn(members, other)]
  return (own >= RANK.admin && own > theirs) || (principal && own >= 0 && theirs <= RANK.member)
}

/** Whether `me` may end it for all. Between two, hanging up does that anyway. */
export function mayEnd(call: Call, members: readonly Member[], me: Id): boolean {
  if (call.legs.length <= 2 && call.receiver !== null) return false
  if (call.receiver !== null) return call.caller === me || call.receiver === me
  return rankIn(members, me) >= RANK.admin || (call.caller === me && rankIn(members, me) >= 0)
}

/** How large a tile is, by how many there are: one step less whenever a phone could not hold them. */
export type TileSize = 'whole' | 'large' | 'middle' | 'small' | 'dense'
export const tileSize = (count: number): TileSize =>
  count <= 1 ? 'whole' : count <= 4 ? 'large' : count <= 9 ? 'middle' : count <= 25 ? 'small' : 'dense'
