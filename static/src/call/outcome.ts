// How a call ended, as its user should hear it; and what a live call looks like to him. Pure.
import { hasEnded, type Call, type Id, type Leg } from '../protocol'
import type { CallState, OutcomeKey, Tone } from './types'

export const IDLE: CallState = { phase: 'idle' }

/** The call this state is about, if the server knows it. */
export function callOf(state: CallState): Call | null {
  return 'call' in state ? state.call : null
}

/** The other one of a call between two; in a group call the caller, or the first of the others. */
export function peerOf(call: Call, me: Id): Id {
  if (call.caller !== me) return call.caller
  return call.receiver ?? call.legs.find((leg) => leg.user !== me)?.user ?? me
}
/** Whether `user` is called to it, and neither answered nor left. */
export function ringsFor(call: Call, user: Id): boolean {
  const leg = legOf(call, user)
  return leg !== undefined && !hasEnded(call) && call.caller !== user && leg.answeredAt === null && leg.leftAt === null
}
export const legOf = (call: Call, user: Id): Leg | undefined => call.legs.find((leg) => leg.user === user)

/** The sentence's key for an ended call, seen by `me`. */
export function outcomeOf(call: Call, me: Id): OutcomeKey {
  const mine = call.caller === me
  const own = legOf(call, me)
  // In a call of more than two everybody has an end of his own.
  if (own?.reason === 'removed') return 'removed'
  if (call.legs.length > 2 && own && !mine && own.answeredAt === null) return own.reason === 'declined' ? 'youDeclined' : 'missed'
  switch (call.reason) {
    case 'declined': return mine ? 'declined' : 'youDeclined'
    case 'cancelled': return mine ? 'cancelled' : 'missed'
    case 'noAnswer': return mine ? 'noAnswer' : 'missed'
    case 'unreachable': return mine ? 'unreachable' : 'missed'
    case 'busy': return mine ? 'busy' : 'missed'
    case 'doNotDisturb': return mine ? 'doNotDisturb' : 'missed'
    case 'microphoneRefused': return own?.reason === 'microphoneRefused' && own.answeredAt === null ? 'missed' : 'theirMicrophone'
    case 'removed': return mine ? 'cancelled' : 'missed'
    case 'vanished': return !mine && call.answerTime === null ? 'missed' : 'vanished'
    case 'connectFailed':
    case 'mediaLost':
    case 'serverRestart':
    case 'relayFailed':
      return call.reason
    case 'hungUp':
    case null:
      return byStatus(call, mine)
  }
}

function byStatus(call: Call, mine: boolean): OutcomeKey {
  switch (call.status) {
    case 'missed': return mine ? 'noAnswer' : 'missed'
    case 'rejected': return mine ? 'declined' : 'youDeclined'
    case 'cancelled': return mine ? 'cancelled' : 'missed'
    case 'busy': return mine ? 'busy' : 'missed'
    case 'failed': return 'connectFailed'
    case 'completed':
    case 'ringing':
    case 'active':
      return 'completed'
  }
}

export type Stage = 'idle' | 'asking' | 'calling' | 'incoming' | 'accepting' | 'connecting' | 'active' | 'reconnecting' | 'ended'

/** What to show; `online` is whether the socket is up. */
export function stageOf(state: CallState, online: boolean): Stage {
  switch (state.phase) {
    case 'idle': return 'idle'
    case 'starting': return state.sent ? 'calling' : 'asking'
    case 'outgoing': return 'calling'
    case 'incoming': return 'incoming'
    case 'accepting': return 'accepting'
    case 'active':
      if (state.media === 'new') return 'connecting'
      return state.media === 'up' && online ? 'active' : 'reconnecting'
    case 'ended': return 'ended'
  }
}

/** Whether this live call is on `device`, so that a fresh page there should take it up again. */
export function isOurs(call: Call, me: Id, device: Id): boolean {
  if (hasEnded(call)) return false
  const leg = legOf(call, me)
  return leg !== undefined && leg.device === device && leg.leftAt === null && (call.status === 'active' || call.caller === me)
}

/**
 * What is heard at the end. Nothing where another device of the same person goes on: he talks there already.
 */
const TONES: Readonly<Record<OutcomeKey, Tone | null>> = {
  completed: 'ended', cancelled: 'ended', youDeclined: 'ended', removed: 'ended',
  missed: 'missed', declined: 'declined', busy: 'busy', doNotDisturb: 'busy', noAnswer: 'unanswered', unreachable: 'unanswered',
  connectFailed: 'failed', mediaLost: 'failed', vanished: 'failed', serverRestart: 'failed', relayFailed: 'failed', theirMicrophone: 'failed',
  refused: 'failed', micDenied: 'failed', micMissing: 'failed', micBusy: 'failed', micInsecure: 'failed',
  answeredElsewhere: null, declinedElsewhere: null, movedElsewhere: null,
}
export const toneOf = (key: OutcomeKey): Tone | null => TONES[key]

/** In it now: neither called only, nor gone. */
export const isInside = (leg: Leg, call: Call): boolean =>
  leg.leftAt === null && (leg.answeredAt !== null || (leg.user === call.caller && leg.device !== null))

/** Who else came and went, as sounds: one of each at most. In a call of two its end says enough. */
export function comings(before: Call, now: Call, me: Id): Tone[] {
  const inside = (call: Call) => new Set(call.legs.filter((leg) => leg.user !== me && isInside(leg, call)).map((leg) => leg.user))
  const [were, are] = [inside(before), inside(now)]
  if (before.status !== 'active' || now.legs.length <= 2) return []
  const tones: Tone[] = []
  if ([...are].some((user) => !were.has(user))) tones.push('came')
  if ([...were].some((user) => !are.has(user))) tones.push('went')
  return tones
}

/** A group's call, or one that grew beyond two. */
export const isGroupCall = (call: Call): boolean => call.receiver === null || call.legs.length > 2
