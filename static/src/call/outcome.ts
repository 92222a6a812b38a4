// How a call ended, as its user should hear it; and what a live call looks like to him. Pure.
import { hasEnded, type Call, type Id, type Leg } from '../protocol'
import type { CallState, OutcomeKey } from './types'

export const IDLE: CallState = { phase: 'idle' }

/** The call this state is about, if the server knows it. */
export function callOf(state: CallState): Call | null {
  return 'call' in state ? state.call : null
}

export const peerOf = (call: Call, me: Id): Id => (call.caller === me ? call.receiver : call.caller)
export const legOf = (call: Call, user: Id): Leg | undefined => call.legs.find((leg) => leg.user === user)

/** The sentence's key for an ended call, seen by `me`. */
export function outcomeOf(call: Call, me: Id): OutcomeKey {
  const mine = call.caller === me
  switch (call.reason) {
    case 'declined': return mine ? 'declined' : 'youDeclined'
    case 'cancelled': return mine ? 'cancelled' : 'missed'
    case 'noAnswer': return mine ? 'noAnswer' : 'missed'
    case 'busy': return mine ? 'busy' : 'missed'
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
