// What to tell somebody about his own microphone while he is in a call: that he talks while muted or without holding the
// key, or that nothing comes from it at all. Pure: levels and the time go in, at most one thing to say comes out.

/** Loud enough to be speech into this microphone. */
const TALKS_ABOVE = 0.06
/** One word is a cough; this much speech within the last while is meant to be heard. */
const TALKED_MS = 600
const WITHIN_MS = 2000
const SAY_UNHEARD_MS = 5000
/** Every real microphone has some noise; none at all for so long is a dead one. */
const DEAD_BELOW = 1e-5
const DEAD_MS = 4000

export interface Ear {
  /** When loud moments were, of late; each stands for the time since the look before it. */
  talked: readonly { at: number; ms: number }[]
  lookedAt: number | null
  /** Why nothing was sent at the last look. */
  closed: Closed | null
  sayUnheardUntil: number
  /** Since when there was no sound at all. */
  deadSince: number | null
}
export const FRESH_EAR: Ear = { talked: [], lookedAt: null, closed: null, sayUnheardUntil: -Infinity, deadSince: null }

/** Why nothing is sent: he muted himself, or the key to talk is not held. */
export type Closed = 'muted' | 'keyUp'
export type Trouble = 'talkingMuted' | 'talkingKeyUp' | 'silentMicrophone'

/** `level` is what the microphone hears, whether or not it is sent; null: there is none to listen to. */
export function listen(before: Ear, level: number | null, closed: Closed | null, now: number): { ear: Ear; trouble: Trouble | null } {
  if (level === null) return { ear: FRESH_EAR, trouble: null }
  const ms = before.lookedAt === null ? 0 : Math.min(now - before.lookedAt, 250)
  const as = closed === before.closed ? before : FRESH_EAR
  const recent = as.talked.filter(({ at }) => now - at < WITHIN_MS)
  const talked = closed && level > TALKS_ABOVE ? [...recent, { at: now, ms }] : closed ? recent : []
  const total = talked.reduce((sum, one) => sum + one.ms, 0)
  const sayUnheardUntil = !closed ? -Infinity : total >= TALKED_MS ? now + SAY_UNHEARD_MS : as.sayUnheardUntil
  const deadSince = level > DEAD_BELOW ? null : (before.deadSince ?? now)
  const ear: Ear = { talked, lookedAt: now, closed, sayUnheardUntil, deadSince }
  if (now < sayUnheardUntil) return { ear, trouble: closed === 'keyUp' ? 'talkingKeyUp' : 'talkingMuted' }
  const dead = closed !== 'muted' && deadSince !== null && now - deadSince >= DEAD_MS
  return { ear, trouble: dead ? 'silentMicrophone' : null }
}
