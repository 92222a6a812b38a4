// Whether to ask how a call was: only after one that was poor as far as figures tell, and was long enough to have an
// opinion about. Pure.
import type { Strength } from './strength'

const LONG_ENOUGH_MS = 20_000
/** Of the five-second pieces of a call, so many poor ones. */
const POOR_PIECES = 2
const POOR_SHARE = 0.25

export interface Course { pieces: number; poor: number; lost: number }
export const NEW_COURSE: Course = { pieces: 0, poor: 0, lost: 0 }

export const withPiece = (course: Course, strength: Strength | null): Course =>
  strength === null ? course : { ...course, pieces: course.pieces + 1, poor: course.poor + (strength.bars <= 2 ? 1 : 0) }
export const withLoss = (course: Course): Course => ({ ...course, lost: course.lost + 1 })

export function wasPoor({ pieces, poor, lost }: Course, lastedMs: number): boolean {
  if (lastedMs < LONG_ENOUGH_MS) return false
  return lost > 0 || (poor >= POOR_PIECES && poor / Math.max(1, pieces) >= POOR_SHARE)
}

export const FAULTS = ['cutOut', 'late', 'quiet', 'noise', 'echo'] as const
export type Fault = (typeof FAULTS)[number]
/** What somebody said of a call; it stays in his browser. */
export interface Opinion { call: string; at: number; good: boolean; faults: Fault[] }
