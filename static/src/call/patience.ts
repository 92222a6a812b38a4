// What to say while sound is not there yet, or not there any more: nothing at first, then what is being done, then why
// it may take so long. Pure: the stage, how long it has lasted and what is known go in.
import type { Stage } from './outcome'

/** Sound is there within a second where nothing is in its way. */
const NAMED_MS = 3000
export const SLOW_MS = 10_000

export interface Notice {
  /** Its key below `live.`. */
  key: 'through' | 'slow' | 'offline' | 'kept' | 'keptOffline'
  /** Whether testing the network would tell more. */
  offerTest: boolean
}

/** `online` is whether the server is reached at all. */
export function noticeOf(stage: Stage, lastedMs: number, online: boolean): Notice | null {
  const slow = lastedMs >= SLOW_MS
  switch (stage) {
    case 'connecting':
      if (!online && lastedMs >= NAMED_MS) return { key: 'offline', offerTest: false }
      if (slow) return { key: 'slow', offerTest: true }
      return lastedMs >= NAMED_MS ? { key: 'through', offerTest: false } : null
    case 'reconnecting':
      return online ? { key: 'kept', offerTest: slow } : { key: 'keptOffline', offerTest: false }
    case 'idle':
    case 'asking':
    case 'calling':
    case 'incoming':
    case 'accepting':
    case 'active':
    case 'ended':
      return null
  }
}
