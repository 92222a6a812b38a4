// Calls that run and that this tab is not in: what to offer for each. Pure.
import { hasEnded, type Call, type Id, type MissedCalls } from '../protocol'
import { legOf, ringsFor } from './outcome'

export type Running = Readonly<Record<Id, Call>>

export function know(known: Running, call: Call): Running {
  const { [call.id]: before, ...others } = known
  if (!hasEnded(call)) return { ...others, [call.id]: call }
  return before ? others : known
}
export const knowAll = (calls: readonly Call[]): Running => Object.fromEntries(calls.filter((call) => !hasEnded(call)).map((call) => [call.id, call]))

/** Join a call of others, answer one that rings, or take one's own over from another device. */
export type Offer = 'join' | 'answer' | 'takeOver'
export function offerOf(call: Call, me: Id, device: Id): Offer | null {
  const own = legOf(call, me)
  if (ringsFor(call, me)) return 'answer'
  if (own && own.leftAt === null) return own.device !== null && own.device !== device ? 'takeOver' : null
  if (own?.reason === 'removed') return null
  // A call between two that one has left is over for oneself until one is called again.
  return call.receiver === null || own ? 'join' : null
}

/** The running call of a conversation that is not `current`, and what can be done about it. */
export function offerIn(known: Running, conversation: Id, current: Id | null, me: Id, device: Id): { call: Call; offer: Offer } | null {
  for (const call of Object.values(known)) {
    if (call.conversation !== conversation || call.id === current) continue
    const offer = offerOf(call, me, device)
    if (offer) return { call, offer }
  }
  return null
}

/** What the list of conversations tells of calls in one of them; null: nothing. */
export interface Sign { call: Call | null; missed: number }
export function signOf(known: Running, missed: MissedCalls, conversation: Id): Sign | null {
  const call = Object.values(known).find((one) => one.conversation === conversation) ?? null
  const count = missed.conversations.find((one) => one.conversation === conversation)?.count ?? 0
  return call || count ? { call, missed: count } : null
}
