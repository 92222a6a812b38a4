// How strong the connection of a live call is: bars, a word, and the figures behind them. Pure.
import type { CallStats, HopQuality, Id, PathName } from '../protocol'
import { gradeOf, type Grade } from './quality'

export type Bars = 1 | 2 | 3 | 4
/** One direction, from mouth to ear: the loss and jitter of our hop, the estimate of the whole way. */
export interface Side { mos: number | null; lossPct: number; jitterMs: number }
export interface Strength {
  bars: Bars
  grade: Exclude<Grade, 'unmeasured'>
  rttMs: number | null
  /** How we hear the other one; null while nothing was to come. */
  hear: Side | null
  /** How the other one hears us. */
  said: Side | null
}

/** A clean network has an estimated 4.1; the steps are where a listener begins to notice, to mind, to ask again. */
const STEPS: readonly [number, Bars][] = [[3.8, 4], [3.4, 3], [2.8, 2]]
const WORDS: Readonly<Record<Bars, Strength['grade']>> = { 4: 'good', 3: 'good', 2: 'fair', 1: 'poor' }
const WITHOUT_MOS: Readonly<Record<Strength['grade'], Bars>> = { good: 4, fair: 2, poor: 1 }

/** As `me` has it: the worse of both directions. Null until something was measured. */
export function strengthOf(hops: readonly HopQuality[], me: Id): Strength | null {
  const mine = hops.filter((hop) => hop.user === me)
  const [first] = mine
  if (!first) return null
  const rttMs = mine.find((hop) => hop.rttMs !== null)?.rttMs ?? null
  const bars = Math.min(...mine.map(barsOf)) as Bars
  return { bars, grade: WORDS[bars], rttMs, hear: sideOf(mine, 'down'), said: sideOf(mine, 'up') }
}

function sideOf(hops: readonly HopQuality[], direction: HopQuality['direction']): Side | null {
  const hop = hops.find((one) => one.direction === direction)
  return hop ? { mos: hop.mos, lossPct: hop.lossPct, jitterMs: hop.jitterMs } : null
}

function barsOf(hop: HopQuality): Bars {
  const { mos, rttMs, lossPct, jitterMs } = hop
  if (mos === null) return WITHOUT_MOS[gradeOf(rttMs ?? 0, lossPct, jitterMs)]
  return STEPS.find(([least]) => mos >= least)?.[1] ?? 1
}

/** The way that the packets take now, as the browser tells it. */
export function pathOf({ candidate, protocol }: CallStats): PathName | null {
  if (candidate === 'relay') return protocol === 'tls' ? 'turn-tls' : 'turn-tcp'
  if (protocol === 'tcp') return 'ice-tcp'
  return protocol === 'udp' ? 'udp' : null
}

export const PATH_NAMES: Readonly<Record<PathName, string>> = { udp: 'UDP', 'ice-tcp': 'TCP', 'turn-tcp': 'TURN/TCP', 'turn-tls': 'TURN/TLS' }
