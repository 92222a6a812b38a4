// A call's figures in one word. Pure.
import type { Call, Id } from '../protocol'
import { legOf } from './outcome'

export type Grade = 'good' | 'fair' | 'poor' | 'unmeasured'
export interface Quality { grade: Grade; rttMs: number | null; lossPct: number; jitterMs: number }

/** As this user had it: his round trip, and the worse of both directions. */
export function qualityOf(call: Call, me: Id): Quality | null {
  const leg = legOf(call, me)
  if (!leg || leg.connectedAt === null) return null
  const { up, down, rttMs } = leg.quality
  const measured = up.packets + down.packets > 0
  const lossPct = Math.max(up.lossPct, down.lossPct)
  const jitterMs = Math.max(up.jitterMs, down.jitterMs)
  return { grade: measured ? gradeOf(rttMs ?? 0, lossPct, jitterMs) : 'unmeasured', rttMs, lossPct, jitterMs }
}

export function gradeOf(rttMs: number, lossPct: number, jitterMs: number): Exclude<Grade, 'unmeasured'> {
  if (lossPct < 2 && rttMs < 250 && jitterMs < 30) return 'good'
  return lossPct < 8 && rttMs < 500 && jitterMs < 80 ? 'fair' : 'poor'
}
