// What to say while sound is not there yet, or not there any more: nothing at first, then what is being done, then why
// it may take so long. Pure: the stage, how long it has lasted and what is known go in.
import type { Call, Id } from '../protocol'
import type { Cause } from './cause'
import { isGroupCall } from './outcome'
import type { Stage } from './outcome'
import { participantsOf } from './people'

/** Sound is there within a second where nothing is in its way. */
const NAMED_MS = 3000
export const SLOW_MS = 10_000

export interface Notice {
  /** Its key below `live.`. */
  key: 'through' | 'slow' | Exclude<Cause, 'unknown'> | 'offline' | 'kept' | 'keptOffline' | 'theirs' | 'theirsSlow'
  /** Whether testing the network would tell more. */
  offerTest: boolean
}

export interface Known {
  /** Whether the server is reached at all. */
  online: boolean
  /** What keeps the own sound. */
  cause: Cause
  /** The other one of a call between two answered, and his sound never came as far as the server. */
  awaiting: boolean
}

/** In a call of more than two, one who is not heard yet is no silence; his tile tells of him. */
export const isAwaiting = (call: Call | null, me: Id): boolean =>
  call !== null && !isGroupCall(call) && participantsOf(call, me).some(({ state }) => state === 'joining')

/** A server that does not answer is nothing that a test of the network would explain. */
const slowly = (cause: Cause): Notice => ({ key: cause === 'unknown' ? 'slow' : cause, offerTest: cause !== 'noSdpAnswer' })

export function noticeOf(stage: Stage, lastedMs: number, { online, cause, awaiting }: Known): Notice | null {
  const slow = lastedMs >= SLOW_MS
  switch (stage) {
    case 'connecting':
      if (lastedMs < NAMED_MS) return null
      if (!online) return { key: 'offline', offerTest: false }
      return slow ? slowly(cause) : { key: 'through', offerTest: false }
    case 'reconnecting':
      return online ? { key: 'kept', offerTest: slow } : { key: 'keptOffline', offerTest: false }
    case 'active':
      return awaiting && lastedMs >= NAMED_MS ? { key: slow ? 'theirsSlow' : 'theirs', offerTest: false } : null
    case 'idle':
    case 'asking':
    case 'calling':
    case 'incoming':
    case 'accepting':
    case 'ended':
      return null
  }
}
