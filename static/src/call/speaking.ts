// Who speaks now. What this browser hears itself is there at once; what the server says reaches further than its few
// slots. Pure: levels, the server's word and the time go in.
import type { Id } from '../protocol'

/** Speech is louder; breath and a fan are not. */
export const SPEAKS_ABOVE = 0.02
/** Between two words nobody stops to speak. */
const HOLD_MS = 350

export interface Speaking { until: Readonly<Record<Id, number>> }
export const NOBODY: Speaking = { until: {} }

/** `levels`: loudness by person, 0 to 1. `told`: whom the server names. */
export function hear(before: Speaking, levels: Readonly<Record<Id, number>>, told: readonly Id[], now: number): Speaking {
  const until: Record<Id, number> = {}
  for (const [user, end] of Object.entries(before.until)) if (end > now) until[user] = end
  for (const user of told) if (!(user in levels)) until[user] = now + HOLD_MS
  for (const [user, level] of Object.entries(levels)) if (level > SPEAKS_ABOVE) until[user] = now + HOLD_MS
  return { until }
}

export const speakersOf = ({ until }: Speaking): Id[] => Object.keys(until).sort()
