// The call of this tab as the page shows it. What moves it is stores/engine.ts, which is loaded when it is wanted; what
// is said to it before waits in order.
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef } from 'vue'
import { IDLE, callOf, peerOf, stageOf } from '../call/outcome'
import type { CallState, Input } from '../call/types'
import type { Call, HopQuality, Id, PathName } from '../protocol'
import { useConnection } from './connection'
import type { Engine } from './engine'
import { useSession } from './session'

export const useCalls = defineStore('calls', () => {
  const state = shallowRef<CallState>(IDLE)
  /** Rises with every call that ended: the history is stale. */
  const endings = ref(0)
  /** Calls missed since their list was last looked at, on any device. */
  const missed = ref(0)
  /** False while no sound at all comes from the other one, for whatever reason. */
  const hearing = ref(true)
  /** The last five seconds of this tab's call, hop by hop; empty until the server told. */
  const quality = shallowRef<HopQuality[]>([])
  /** The way this tab's sound takes; null until the browser told. */
  const path = ref<PathName | null>(null)
  let engine: Engine | null = null
  let loading: Promise<Engine> | null = null
  const waiting: Input[] = []

  const stage = computed(() => stageOf(state.value, useConnection().connected))
  const call = computed(() => callOf(state.value))
  const peerUser = computed<Id | null>(() => {
    const me = useSession().user?.id
    return call.value && me ? peerOf(call.value, me) : null
  })

  function ready(): Promise<Engine> {
    loading ??= import('./engine').then(
      ({ createEngine }) => {
        engine = createEngine(reactive({ state, endings, hearing, quality, path }))
        for (const input of waiting.splice(0)) engine.dispatch(input)
        return engine
      },
      (error: unknown) => {
        // The network may be back at the next try.
        loading = null
        throw error
      },
    )
    return loading
  }

  /** Whether this means anything to a page that never had a call. */
  const begins = (input: Input): boolean =>
    input.type === 'start' || input.type === 'incoming' || (input.type === 'welcome' && input.calls.length > 0)

  function dispatch(input: Input): void {
    if (engine) return engine.dispatch(input)
    if (waiting.length === 0 && !begins(input)) return
    waiting.push(input)
    ready().catch(() => {})
  }

  function onWelcome(calls: Call[], epochChanged: boolean): void {
    dispatch({ type: 'welcome', calls, epochChanged, now: Date.now() })
  }

  function onQuality(id: Id, legs: HopQuality[]): void {
    if (callOf(state.value)?.id === id && state.value.phase !== 'ended') quality.value = legs
  }

  function onMissed(count: number): void {
    missed.value = count
  }

  /** Lets go of everything here and tells nobody: the call is another tab's now. */
  function abandon(): void {
    const id = callOf(state.value)?.id
    if (id) dispatch({ type: 'gone', call: id, elsewhere: true })
  }

  const start = async (conversation: Id): Promise<void> => (await ready()).start(conversation)
  const accept = async (): Promise<void> => (await ready()).accept()
  const useInput = async (id: string): Promise<void> => (await ready()).useInput(id)
  const useOutput = async (id: string): Promise<void> => (await ready()).useOutput(id)
  const levels = () => engine?.levels() ?? { mine: 0, theirs: 0 }

  return {
    state, stage, call, peerUser, hearing, quality, path, endings, missed,
    ready, dispatch, onWelcome, onQuality, onMissed, start, accept, abandon, useInput, useOutput, levels,
  }
})
