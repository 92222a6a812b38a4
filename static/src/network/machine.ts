// One run of the network test, from the button to the last way. Pure: what happened goes in, the next state comes out.
import type { Problem } from '../protocol'
import type { Figures } from './figures'
import { WAYS, type Way } from './ways'

/** What is known of one way. `untested` is one that could not be tried, for a reason that is not the network's. */
export type WayState =
  | { step: 'waiting' }
  | { step: 'connecting' }
  | { step: 'measuring'; setupMs: number }
  | { step: 'works'; figures: Figures }
  | { step: 'blocked' }
  | { step: 'silent'; setupMs: number }
  | { step: 'absent' }
  | { step: 'untested'; problem: Problem | null }
export type Ways = Readonly<Record<Way, WayState>>

export type TestState =
  | { phase: 'idle' }
  | { phase: 'running'; run: number; ways: Ways }
  | { phase: 'done'; run: number; ways: Ways }
  | { phase: 'refused'; run: number; problem: Problem }

export type Input =
  | { type: 'start'; run: number }
  | { type: 'refused'; run: number; problem: Problem }
  | { type: 'way'; run: number; way: Way; now: WayState }
  | { type: 'leave' }

export const IDLE: TestState = { phase: 'idle' }
const everyWay = (state: WayState): Ways => ({ udp: state, 'ice-tcp': state, 'turn-tcp': state, 'turn-tls': state })

export const isOver = (way: WayState): boolean => !['waiting', 'connecting', 'measuring'].includes(way.step)

export function step(state: TestState, input: Input): TestState {
  switch (input.type) {
    case 'start':
      return state.phase === 'running' ? state : { phase: 'running', run: input.run, ways: everyWay({ step: 'waiting' }) }
    case 'refused':
      return isOf(state, input.run) ? { phase: 'refused', run: input.run, problem: input.problem } : state
    case 'way': {
      // What comes from an earlier run, or after a way was decided, changes nothing.
      if (!isOf(state, input.run) || isOver(state.ways[input.way])) return state
      const ways = { ...state.ways, [input.way]: input.now }
      return { phase: WAYS.every((way) => isOver(ways[way])) ? 'done' : 'running', run: input.run, ways }
    }
    case 'leave':
      return IDLE
  }
}

function isOf(state: TestState, run: number): state is Extract<TestState, { phase: 'running' }> {
  return state.phase === 'running' && state.run === run
}

/** How far the run is, 0 to 1: what a progress bar shows. */
export function progressOf(state: TestState): number {
  if (state.phase === 'done') return 1
  if (state.phase !== 'running') return 0
  const worth = { waiting: 0, connecting: 0.25, measuring: 0.6 } as Record<string, number>
  return WAYS.reduce((all, way) => all + (worth[state.ways[way].step] ?? 1), 0) / WAYS.length
}
